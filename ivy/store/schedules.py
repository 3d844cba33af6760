"""What is to happen at somebody's wall-clock time: intent and zone are kept, instants computed. May import: the domain.

Each slot fires once: its job's key names the schedule, the local date and the wall time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import Kind
from ivy.domain.schedule import next_occurrence, to_instant
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope

LONGEST_LOOK_BACK = timedelta(days=2)
"""What was missed before that is worth nothing to anybody."""
WALL = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class Due:
    """A slot whose time has come: `job_key` is its one name."""

    schedule_id: str
    kind: str
    user_id: str | None
    ref_id: str
    wall: datetime
    at: datetime

    @property
    def job_key(self) -> str:
        return f"{self.kind}:{self.schedule_id}:{self.wall.strftime(WALL)}"


def add(
    connection: Connection,
    *,
    schedule_id: str,
    kind: Kind,
    user_id: str | None,
    zone: str,
    cron: str = "",
    wall: datetime | None = None,
    ref_id: str = "",
    now: datetime,
) -> datetime:
    """Add a schedule: once at a naive local `wall`, or each time `cron` says; return the first instant."""
    if wall is None:
        first = next_occurrence(cron, zone, now)
        wall, at = first.wall, first.instant
    else:
        at = to_instant(wall, zone)
    connection.execute(
        "INSERT INTO schedules (id, kind, user_id, ref_id, cron, zone, next_wall, next_at_ms, created_at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (schedule_id, kind.name, user_id, ref_id, cron, zone, wall.strftime(WALL), stamp(at), stamp(now)),
    )
    connection.touch("scheduler", stamp(at))
    return at


def ensure(scope: Scope, kind: Kind, *, zone: str, cron: str, new_id: Callable[[], str], now: datetime) -> bool:
    """See that a person has the one schedule of a kind that everybody has; return False if they had it."""
    if of_thing(scope, kind, scope.user_id) is not None:
        return False
    add(
        scope.connection,
        schedule_id=new_id(),
        kind=kind,
        user_id=scope.user_id,
        zone=zone,
        cron=cron,
        ref_id=scope.user_id,
        now=now,
    )
    return True


def take_due(connection: Connection, *, now: datetime, limit: int = 200) -> list[Due]:
    """Return slots whose time has come and move each schedule to its next slot after now, in this transaction.

    Of slots missed while the daemon was down only the latest is returned: a daily reminder is late once, not three times.
    """
    rows = connection.execute(
        "SELECT * FROM schedules WHERE next_at_ms <= ? ORDER BY next_at_ms LIMIT +?", (stamp(now), limit)
    ).fetchall()
    return [_take(connection, row, now) for row in rows]


def _take(connection: Connection, row: Row, now: datetime) -> Due:
    wall, at = datetime.strptime(row["next_wall"], WALL), unstamp(row["next_at_ms"])  # noqa: DTZ007 - wall time is naive
    following: tuple[str, int] | None = None
    seen = max(at, now - LONGEST_LOOK_BACK)
    while row["cron"]:
        occurrence = next_occurrence(row["cron"], row["zone"], max(at, seen))
        if occurrence.instant > now:
            following = (occurrence.wall.strftime(WALL), stamp(occurrence.instant))
            break
        wall, at = occurrence.wall, occurrence.instant
    connection.execute(
        "UPDATE schedules SET next_wall = ?, next_at_ms = ? WHERE id = ?",
        (*(following or (wall.strftime(WALL), None)), row["id"]),
    )
    return Due(row["id"], row["kind"], row["user_id"], row["ref_id"], wall, at)


def next_at(connection: Connection) -> datetime | None:
    """Return when the next slot is due; None if nothing is scheduled."""
    row = connection.execute("SELECT min(next_at_ms) AS at FROM schedules WHERE next_at_ms IS NOT NULL").fetchone()
    return None if row["at"] is None else unstamp(row["at"])


def move_to_zone(scope: Scope, zone: str, *, now: datetime) -> int:
    """Keep a person's wall-clock times and compute their instants anew: they live in another zone now. Return how many."""
    rows = scope.execute("SELECT * FROM schedules WHERE user_id = :user AND next_at_ms IS NOT NULL").fetchall()
    for row in rows:
        wall = datetime.strptime(row["next_wall"], WALL)  # noqa: DTZ007 - wall time is naive
        at = to_instant(wall, zone)
        if row["cron"]:
            following = next_occurrence(row["cron"], zone, now)
            wall, at = following.wall, following.instant
        scope.execute(
            "UPDATE schedules SET zone = :zone, next_wall = :wall, next_at_ms = :at WHERE id = :id AND user_id = :user",
            zone=zone,
            wall=wall.strftime(WALL),
            at=stamp(at),
            id=row["id"],
        )
    scope.connection.touch("scheduler")
    return len(rows)


def remove(scope: Scope, kind: Kind, ref_id: str) -> None:
    """Forget the schedule of a thing."""
    scope.execute(
        "DELETE FROM schedules WHERE user_id = :user AND kind = :kind AND ref_id = :ref", kind=kind.name, ref=ref_id
    )


def of_thing(scope: Scope, kind: Kind, ref_id: str) -> Row | None:
    """Return the schedule row of a thing."""
    return scope.execute(
        "SELECT * FROM schedules WHERE user_id = :user AND kind = :kind AND ref_id = :ref", kind=kind.name, ref=ref_id
    ).fetchone()
