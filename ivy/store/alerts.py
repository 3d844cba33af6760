"""What an operator must know: one open row a fault, which way was told of it, when it was over. May import: binding, the domain.

Order is by the time at which things were reported, not by that of arrival: a late word of an old fault does not reopen
it, and a late word of an old recovery does not hide a newer fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.advice import Advice, Severity
from ivy.store.binding import Connection, Row

NEWS = "alerts"
"""`Store.wake_of` this is set when an alert is opened, gets worse, or ends."""
REMIND_AFTER = timedelta(hours=24)
"""A critical fault that is still open is told again."""
_RANK = "instr('info warning critical', {})"
"""How bad a severity is, as SQL."""


@dataclass(frozen=True)
class Alert:
    """One fault. `count`: how often it was reported; `resolved_at` None while it is open.

    `told_at`: when an operator last heard of it, by the way that was asked about, or by any. `told_as`: how bad it was then.
    """

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
    told_as: Severity | None = None

    @property
    def is_urgent(self) -> bool:
        """Whether it is worth waking somebody: critical, and news, not the reminder that it is still there."""
        return self.severity is Severity.CRITICAL and self.resolved_at is None and self.told_as is not Severity.CRITICAL


def raise_alert(connection: Connection, advice: Advice, *, at: datetime, now: datetime, again: bool = True) -> bool:
    """Open a fault, or count it once more; return True if there is news to tell: it is new, or worse than it was.

    `again` is False for a state that is looked at over and over and not reported: it counts once.
    """
    row = _open(connection, advice.key)
    if row is None:
        return not _was_over(connection, advice.key, at, now) and _insert(connection, advice, at, now)
    worse = advice.severity.rank > Severity(row["severity"]).rank
    if stamp(at) >= row["last_at_ms"]:
        connection.execute(
            "UPDATE alerts SET severity = ?, title = ?, advice = ?, last_at_ms = ?, until_ms = ? WHERE id = ?",
            (advice.severity, advice.title, advice.advice, stamp(at), _until(advice, at), row["id"]),
        )
        connection.execute(  # that it got better is no news; that it gets worse again is
            f"UPDATE alert_told SET severity = ?1 WHERE alert_id = ?2 AND {_RANK.format('severity')} > {_RANK.format('?1')}",
            (advice.severity, row["id"]),
        )
    if again:
        connection.execute("UPDATE alerts SET count = count + 1 WHERE id = ?", (row["id"],))
    if got_worse := worse and stamp(at) >= row["last_at_ms"]:
        connection.touch(NEWS)
    return got_worse


def _insert(connection: Connection, advice: Advice, at: datetime, now: datetime) -> bool:
    until = _until(advice, at)
    if until is not None and until <= stamp(now):
        return False  # heard of too late: it is over already
    connection.execute(
        "INSERT INTO alerts (key, severity, title, advice, first_at_ms, last_at_ms, until_ms) VALUES (?, ?, ?, ?, ?5, ?5, ?6)",
        (advice.key, advice.severity, advice.title, advice.advice, stamp(at), until),
    )
    connection.touch(NEWS)
    return True


def _until(advice: Advice, at: datetime) -> int | None:
    if advice.until is not None:
        return stamp(advice.until)
    return None if advice.lasts is None else stamp(at + advice.lasts)


def _open(connection: Connection, key: str) -> Row | None:
    return connection.execute("SELECT * FROM alerts WHERE key = ? AND resolved_at_ms IS NULL", (key,)).fetchone()


def _was_over(connection: Connection, key: str, at: datetime, now: datetime) -> bool:
    """Say whether the fault is known to have ended after `at`."""
    return bool(
        connection.execute(
            "SELECT 1 FROM alerts WHERE key = ? AND resolved_at_ms IS NOT NULL AND resolved_at_ms > ?"
            " AND resolved_at_ms <= ?",  # an end to come was seen by a clock that was ahead
            (key, stamp(at), stamp(now)),
        ).fetchone()
    )


def resolve(connection: Connection, key: str, *, at: datetime, now: datetime) -> bool:
    """End a fault; return True if one was open and not newer than `at`. One that nobody was told of is not told any more."""
    ended = connection.execute(
        "UPDATE alerts SET resolved_at_ms = ?1, told_at_ms = coalesce(told_at_ms, ?2)"
        " WHERE key = ?3 AND resolved_at_ms IS NULL AND (last_at_ms <= ?1 OR last_at_ms > ?2)",
        (stamp(at), stamp(now), key),
    ).rowcount
    if ended:
        connection.touch(NEWS)
    return bool(ended)


def lapse(connection: Connection, *, now: datetime) -> int:
    """End what had an end of its own, without a word to anybody; return how many."""
    ended = connection.execute(
        "UPDATE alerts SET resolved_at_ms = until_ms, told_at_ms = coalesce(told_at_ms, ?1)"
        " WHERE resolved_at_ms IS NULL AND until_ms <= ?1 RETURNING id",
        (stamp(now),),
    ).fetchall()
    for row in ended:
        connection.execute("UPDATE alert_told SET over_at_ms = ? WHERE alert_id = ?", (stamp(now), row["id"]))
    return len(ended)


def take(connection: Connection, advice: Advice, *, at: datetime, now: datetime) -> bool:
    """Open or end a fault, as the advice says; return True if that is news."""
    if advice.resolved:
        return resolve(connection, advice.key, at=at, now=now)
    return raise_alert(connection, advice, at=at, now=now)


def open_alerts(connection: Connection) -> list[Alert]:
    """Return what is the matter now, the worst first, then the oldest."""
    rows = connection.execute("SELECT * FROM alerts WHERE resolved_at_ms IS NULL ORDER BY first_at_ms, id").fetchall()
    return sorted(map(_alert, rows), key=lambda alert: -alert.severity.rank)


def any_open(connection: Connection) -> bool:
    """Say whether something is the matter, or its end is still to be told to somebody who heard of it."""
    return bool(
        connection.execute(
            "SELECT EXISTS (SELECT 1 FROM alerts WHERE resolved_at_ms IS NULL)"
            " OR EXISTS (SELECT 1 FROM alert_told WHERE over_at_ms IS NULL)"
        ).fetchone()[0]
    )


def listed(connection: Connection, *, limit: int) -> list[Alert]:
    """Return alerts of the past too, the newest first."""
    rows = connection.execute("SELECT * FROM alerts ORDER BY first_at_ms DESC, id DESC LIMIT +?", (limit,))
    return [_alert(row) for row in rows]


# --- what was told, by which way ---------------------------------------------------------------------


def untold(connection: Connection, route: str, *, now: datetime) -> list[Alert]:
    """Return what is news to a way, oldest first.

    New faults, those that got worse, the ends of those it was told of, critical ones that are open for a day more.
    """
    rows = connection.execute(
        "SELECT alerts.*, told.told_at_ms AS way_told_at_ms, told.severity AS told_as FROM alerts"
        " LEFT JOIN alert_told told ON told.alert_id = alerts.id AND told.route = ?1"
        " WHERE alerts.resolved_at_ms IS NULL AND (told.alert_id IS NULL"
        f" OR {_RANK.format('alerts.severity')} > {_RANK.format('told.severity')}"
        " OR (alerts.severity = 'critical' AND told.told_at_ms <= ?2))"
        " UNION ALL SELECT alerts.*, told.told_at_ms, told.severity FROM alert_told told"
        " JOIN alerts ON alerts.id = told.alert_id"
        " WHERE told.route = ?1 AND told.over_at_ms IS NULL AND alerts.resolved_at_ms IS NOT NULL ORDER BY id",
        (route, stamp(now - REMIND_AFTER)),
    )
    return [
        replace(
            _alert(row),
            told_at=None if row["way_told_at_ms"] is None else unstamp(row["way_told_at_ms"]),
            told_as=None if row["told_as"] is None else Severity(row["told_as"]),
        )
        for row in rows
    ]


def mark_told(connection: Connection, told: Sequence[Alert], route: str, *, now: datetime, sending: str = "") -> None:
    """Say that a way was told of these, as they were when they were read. `sending`: the job that did it."""
    for alert in told:
        if alert.resolved_at is not None:
            connection.execute(
                "UPDATE alert_told SET over_at_ms = ?, sending = ? WHERE alert_id = ? AND route = ?",
                (stamp(now), sending, alert.id, route),
            )
            continue
        connection.execute(
            "INSERT INTO alert_told (alert_id, route, severity, told_at_ms, sending) SELECT id, ?2, ?3, ?4, ?5 FROM alerts"
            " WHERE id = ?1 ON CONFLICT DO UPDATE SET severity = excluded.severity, told_at_ms = excluded.told_at_ms,"
            " sending = excluded.sending",
            (alert.id, route, alert.severity, stamp(now), sending),
        )
        connection.execute("UPDATE alerts SET told_at_ms = ? WHERE id = ?", (stamp(now), alert.id))


def take_back(connection: Connection, sending: str) -> int:
    """Say that what a sending told was not heard after all: it is news again; return of how many alerts."""
    its_own = "sending = ? AND sending <> ''"
    ended = connection.execute(
        f"UPDATE alert_told SET over_at_ms = NULL, sending = '' WHERE {its_own} AND over_at_ms IS NOT NULL", (sending,)
    ).rowcount
    return ended + connection.execute(f"DELETE FROM alert_told WHERE {its_own}", (sending,)).rowcount


def told_by(connection: Connection, alert_id: int) -> dict[str, datetime]:
    """Return when each way was last told of an alert."""
    rows = connection.execute(
        "SELECT route, coalesce(over_at_ms, told_at_ms) AS at_ms FROM alert_told WHERE alert_id = ? ORDER BY route",
        (alert_id,),
    )
    return {row["route"]: unstamp(row["at_ms"]) for row in rows}


def find_open(connection: Connection, key: str) -> Alert | None:
    """Return the open alert of a key."""
    row = _open(connection, key)
    return None if row is None else _alert(row)


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
