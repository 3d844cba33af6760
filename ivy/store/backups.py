"""What was backed up and when, and what this database was restored from. May import: binding, the domain."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.schedule import to_instant
from ivy.store.binding import Connection, Row

KEPT = 400
"""Rows: more than a year of daily backups."""


@dataclass(frozen=True)
class Backup:
    """One backup, or one that failed: then `error` says why. `seconds` is how long it took."""

    at: datetime
    file: str
    bytes: int
    seconds: float
    verified: bool
    error: str


@dataclass(frozen=True)
class Standing:
    """How backups stand: the newest that was read again, the newest attempt, and the first attempt there ever was."""

    last_good: Backup | None = None
    last: Backup | None = None
    first_at: datetime | None = None
    has_people: bool = False
    """There is somebody whose words would be lost."""
    restored_at: datetime | None = None
    restored_from: datetime | None = None
    """When this database was last put back, and from a backup of when."""


def keep(connection: Connection, backup: Backup) -> None:
    """Write down what became of a backup."""
    connection.execute(
        "INSERT INTO backups (at_ms, file, bytes, seconds, verified, error) VALUES (?, ?, ?, ?, ?, ?)",
        (stamp(backup.at), backup.file, backup.bytes, backup.seconds, int(backup.verified), backup.error),
    )
    connection.execute("DELETE FROM backups WHERE id <= (SELECT max(id) FROM backups) - ?", (KEPT,))


def standing(connection: Connection) -> Standing:
    """Return how backups stand."""
    good, last = (
        connection.execute(f"SELECT * FROM backups {which} ORDER BY id DESC LIMIT 1").fetchone()
        for which in ("WHERE verified = 1", "")
    )
    first = connection.execute("SELECT min(at_ms) FROM backups").fetchone()[0]
    people = connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None
    restored = connection.execute("SELECT at_ms, taken_at_ms FROM restores ORDER BY id DESC LIMIT 1").fetchone()
    return Standing(
        good and _backup(good),
        last and _backup(last),
        None if first is None else unstamp(first),
        people,
        None if restored is None else unstamp(restored["at_ms"]),
        None if restored is None else unstamp(restored["taken_at_ms"]),
    )


def can_be_kept(connection: Connection) -> bool:
    """Say whether this database is new enough to know of backups: one is made before every upgrade, too."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'backups'").fetchone() is not None


def lost_day(connection: Connection, day: date, zone: str) -> bool:
    """Say whether words of a person on a local date, or on the next, may be lost: written to another life of this database."""
    begins, ends = (to_instant(datetime.combine(each, datetime.min.time()), zone) for each in (day, day + _TWO_DAYS))
    return bool(
        connection.execute(
            "SELECT 1 FROM restores WHERE worked_until_ms > taken_at_ms AND taken_at_ms < ? AND worked_until_ms > ?",
            (stamp(ends), stamp(begins)),
        ).fetchone()
    )


_TWO_DAYS = timedelta(days=2)


def _backup(row: Row) -> Backup:
    return Backup(unstamp(row["at_ms"]), row["file"], row["bytes"], row["seconds"], bool(row["verified"]), row["error"])
