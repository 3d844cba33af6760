"""What an operator must know: one open row a fault, what was told of it, and when it was over. May import: binding, the domain.

Order is by the time at which things were reported, not by that of arrival: a late word of an old fault does not reopen
it, and a late word of an old recovery does not hide a newer fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.advice import Advice, Severity
from ivy.store.binding import Connection, Row

REMIND_AFTER = timedelta(hours=24)
"""A critical fault that is still open is told again."""


@dataclass(frozen=True)
class Alert:
    """One fault. `count`: how often it was reported; `resolved_at` None while it is open."""

    id: int
    key: str
    severity: Severity
    title: str
    advice: str
    first_at: datetime
    last_at: datetime
    count: int
    resolved_at: datetime | None
    told_at: datetime | None


def raise_alert(connection: Connection, advice: Advice, *, at: datetime, now: datetime, again: bool = True) -> bool:
    """Open a fault, or count it once more; return True if there is news to tell: it is new, or worse than it was.

    `again` is False for a state that is looked at over and over and not reported: it counts once.
    """
    row = _open(connection, advice.key)
    if row is None:
        return not _was_over(connection, advice.key, at) and _insert(connection, advice, at, now)
    worse = advice.severity.rank > Severity(row["severity"]).rank
    if stamp(at) >= row["last_at_ms"]:
        connection.execute(
            "UPDATE alerts SET severity = ?, title = ?, advice = ?, last_at_ms = ?, until_ms = ?,"
            " told_at_ms = CASE WHEN ? THEN NULL ELSE told_at_ms END WHERE id = ?",
            (advice.severity, advice.title, advice.advice, stamp(at), _until(advice, at), worse, row["id"]),
        )
    if again:
        connection.execute("UPDATE alerts SET count = count + 1 WHERE id = ?", (row["id"],))
    return worse and stamp(at) >= row["last_at_ms"]


def _insert(connection: Connection, advice: Advice, at: datetime, now: datetime) -> bool:
    until = _until(advice, at)
    if until is not None and until <= stamp(now):
        return False  # heard of too late: it is over already
    connection.execute(
        "INSERT INTO alerts (key, severity, title, advice, first_at_ms, last_at_ms, until_ms) VALUES (?, ?, ?, ?, ?5, ?5, ?6)",
        (advice.key, advice.severity, advice.title, advice.advice, stamp(at), until),
    )
    return True


def _until(advice: Advice, at: datetime) -> int | None:
    if advice.until is not None:
        return stamp(advice.until)
    return None if advice.lasts is None else stamp(at + advice.lasts)


def _open(connection: Connection, key: str) -> Row | None:
    return connection.execute("SELECT * FROM alerts WHERE key = ? AND resolved_at_ms IS NULL", (key,)).fetchone()


def _was_over(connection: Connection, key: str, at: datetime) -> bool:
    """Say whether the fault is known to have ended after `at`."""
    return bool(
        connection.execute(
            "SELECT 1 FROM alerts WHERE key = ? AND resolved_at_ms IS NOT NULL AND resolved_at_ms > ?", (key, stamp(at))
        ).fetchone()
    )


def resolve(connection: Connection, key: str, *, at: datetime, now: datetime) -> bool:
    """End a fault; return True if one was open and not newer than `at`. One that nobody was told of is not told any more."""
    return bool(
        connection.execute(
            "UPDATE alerts SET resolved_at_ms = ?1, told_at_ms = CASE WHEN told_at_ms IS NULL THEN ?2 END"
            " WHERE key = ?3 AND resolved_at_ms IS NULL AND last_at_ms <= ?1",
            (stamp(at), stamp(now), key),
        ).rowcount
    )


def lapse(connection: Connection, *, now: datetime) -> int:
    """End what had an end of its own, without a word to anybody; return how many."""
    return connection.execute(
        "UPDATE alerts SET resolved_at_ms = until_ms, told_at_ms = coalesce(told_at_ms, ?1)"
        " WHERE resolved_at_ms IS NULL AND until_ms <= ?1",
        (stamp(now),),
    ).rowcount


def take(connection: Connection, advice: Advice, *, at: datetime, now: datetime) -> bool:
    """Open or end a fault, as the advice says; return True if that is news."""
    if advice.resolved:
        return resolve(connection, advice.key, at=at, now=now)
    return raise_alert(connection, advice, at=at, now=now)


def open_alerts(connection: Connection) -> list[Alert]:
    """Return what is the matter now, the worst first, then the oldest."""
    rows = connection.execute("SELECT * FROM alerts WHERE resolved_at_ms IS NULL ORDER BY first_at_ms, id").fetchall()
    return sorted(map(_alert, rows), key=lambda alert: -alert.severity.rank)


def untold(connection: Connection, *, now: datetime) -> list[Alert]:
    """Return what an operator has not heard, oldest first: new faults, ends of told ones, critical ones open for a day more."""
    rows = connection.execute(
        "SELECT * FROM alerts WHERE told_at_ms IS NULL"
        " UNION ALL SELECT * FROM alerts WHERE resolved_at_ms IS NULL AND severity = 'critical' AND told_at_ms <= ?"
        " ORDER BY id",
        (stamp(now - REMIND_AFTER),),
    )
    return [_alert(row) for row in rows]


def mark_told(connection: Connection, told: Sequence[Alert], *, now: datetime) -> None:
    """Say that an operator heard of these, unless they got worse or ended since they were read."""
    for alert in told:
        connection.execute(
            "UPDATE alerts SET told_at_ms = ? WHERE id = ? AND severity = ? AND resolved_at_ms IS ?",
            (stamp(now), alert.id, alert.severity, None if alert.resolved_at is None else stamp(alert.resolved_at)),
        )


def forget(connection: Connection, *, before: datetime) -> int:
    """Drop faults that were over before an instant; return how many."""
    return connection.execute(
        "DELETE FROM alerts WHERE resolved_at_ms IS NOT NULL AND resolved_at_ms < ?",
        (stamp(before),),
    ).rowcount


def _alert(row: Row) -> Alert:
    return Alert(
        id=row["id"],
        key=row["key"],
        severity=Severity(row["severity"]),
        title=row["title"],
        advice=row["advice"],
        first_at=unstamp(row["first_at_ms"]),
        last_at=unstamp(row["last_at_ms"]),
        count=row["count"],
        resolved_at=None if row["resolved_at_ms"] is None else unstamp(row["resolved_at_ms"]),
        told_at=None if row["told_at_ms"] is None else unstamp(row["told_at_ms"]),
    )
