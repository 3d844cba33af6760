"""When Ivy contacts a person by their own choice, and in `schedules` the rows that fire. May import: scope, schedules, the domain.

A new time always gets new schedules, since a slot's job is known by its schedule: an old one never stands for a new one.
Who moves keeps their times of day: `schedules.move_to_zone` moves these rows with all others, in the same commit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.domain.consent import Purpose
from ivy.domain.jobs import CALL_SLOT, NUDGE
from ivy.domain.slots import By, SlotKind, cron_of, nudge_at
from ivy.store import people, schedules
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope

NUDGED = "slot:"
"""How the `ref` of a nudge's schedule begins; the slot's id follows."""


@dataclass(frozen=True)
class Slot:
    """One slot; `wall` (naive local) and `next_at` are its next time, None while it is off.

    `consent_id` is the person's word that chose it: it overrides quiet and calling hours. `unanswered` counts in a row.
    """

    id: str
    user_id: str
    kind: SlotKind
    by: By
    at: str
    days: str
    nudge_minutes: int
    consent_id: int | None
    is_on: bool
    unanswered: int
    last_missed: str = ""
    zone: str = ""
    wall: datetime | None = None
    next_at: datetime | None = None

    @property
    def cron(self) -> str:
        return cron_of(self.kind, self.at, self.days)


_SELECT = (
    "SELECT c.*, s.zone, s.next_wall, s.next_at_ms FROM call_slots c"
    f" LEFT JOIN schedules s ON s.kind = '{CALL_SLOT.name}' AND s.ref_id = c.id AND s.user_id = c.user_id"
)
_ORDER = "ORDER BY CASE c.kind WHEN 'morning' THEN 1 WHEN 'evening' THEN 2 WHEN 'weekly' THEN 3 ELSE 4 END"


def set_slot(
    scope: Scope,
    kind: SlotKind,
    by: By,
    at: str,
    days: str,
    *,
    consent_id: int | None,
    nudge_minutes: int = 0,
    new_id: Callable[[], str],
    now: datetime,
) -> Slot:
    """Let a person be contacted at local `at` (HH:MM) on `days` (cron); a slot of this kind is changed, and on again.

    Raises: BadSlot, BadCron, UnknownZone.
    """
    cron = cron_of(kind, at, days)
    row = scope.execute(
        "INSERT INTO call_slots (id, user_id, kind, by, at, days, nudge_minutes, consent_id, changed_at_ms)"
        " VALUES (:id, :user, :kind, :by, :at, :days, :nudge, :consent, :now)"
        " ON CONFLICT (user_id, kind) DO UPDATE SET by = excluded.by, at = excluded.at, days = excluded.days,"
        " nudge_minutes = excluded.nudge_minutes, consent_id = excluded.consent_id, state = 'on', unanswered = 0,"
        " changed_at_ms = excluded.changed_at_ms RETURNING id",
        id=new_id(),
        kind=kind.value,
        by=by.value,
        at=at,
        days=days,
        nudge=nudge_minutes,
        consent=consent_id,
        now=stamp(now),
    ).fetchone()
    slot_id, zone = str(row["id"]), people.load(scope).zone
    _unschedule(scope, slot_id)
    planned = [(CALL_SLOT, slot_id, cron)]
    if nudge_minutes:
        planned.append((NUDGE, f"{NUDGED}{slot_id}", cron_of(kind, nudge_at(at, nudge_minutes), days)))
    for job, ref, line in planned:
        schedules.add(
            scope.connection,
            schedule_id=new_id(),
            kind=job,
            user_id=scope.user_id,
            zone=zone,
            cron=line,
            ref_id=ref,
            now=now,
        )
    found = load(scope, slot_id)
    assert found is not None  # noqa: S101 - written a moment ago
    return found


def set_nudge(scope: Scope, slot: Slot, minutes: int, *, new_id: Callable[[], str], now: datetime) -> None:
    """Let a text come this long before the calls of a slot that is on; 0: none. The slot itself stays as it is."""
    scope.execute(
        "UPDATE call_slots SET nudge_minutes = :minutes WHERE user_id = :user AND id = :id", minutes=minutes, id=slot.id
    )
    schedules.remove(scope, NUDGE, f"{NUDGED}{slot.id}")
    if minutes:
        schedules.add(
            scope.connection,
            schedule_id=new_id(),
            kind=NUDGE,
            user_id=scope.user_id,
            zone=people.load(scope).zone,
            cron=cron_of(slot.kind, nudge_at(slot.at, minutes), slot.days),
            ref_id=f"{NUDGED}{slot.id}",
            now=now,
        )


def off(scope: Scope, kind: SlotKind, *, now: datetime) -> bool:
    """Contact the person no more at this slot; return False if they have none that is on."""
    row = scope.execute(
        "UPDATE call_slots SET state = 'off', changed_at_ms = :now WHERE user_id = :user AND kind = :kind AND state = 'on'"
        " RETURNING id",
        kind=kind.value,
        now=stamp(now),
    ).fetchone()
    if row is not None:
        _unschedule(scope, row["id"])
    return row is not None


def of(scope: Scope) -> list[Slot]:
    """Return the person's slots that are on, the daily ones first."""
    return [_slot(row) for row in scope.execute(f"{_SELECT} WHERE c.user_id = :user AND c.state = 'on' {_ORDER}")]


def of_kind(scope: Scope, kind: SlotKind) -> Slot | None:
    """Return the person's slot of a kind, on or off."""
    row = scope.execute(f"{_SELECT} WHERE c.user_id = :user AND c.kind = :kind", kind=kind.value).fetchone()
    return row and _slot(row)


def load(scope: Scope, slot_id: str) -> Slot | None:
    """Return a slot, on or off: for the job of a slot or of its nudge."""
    row = scope.execute(f"{_SELECT} WHERE c.user_id = :user AND c.id = :id", id=slot_id).fetchone()
    return row and _slot(row)


def everyone(connection: Connection) -> list[Slot]:
    """Return all people's slots that are on, the next first. For operators."""
    rows = connection.execute(f"{_SELECT} WHERE c.state = 'on' ORDER BY s.next_at_ms IS NULL, s.next_at_ms, c.id")
    return [_slot(row) for row in rows]


def note_unanswered(scope: Scope, slot_id: str, call_id: str) -> None:
    """Count one more contact in a row that got no answer, once a call: by the first of its attempts."""
    scope.execute(
        "UPDATE call_slots SET unanswered = unanswered + 1, last_missed = :call WHERE user_id = :user AND id = :id"
        " AND last_missed <> :call",
        id=slot_id,
        call=call_id,
    )


def note_answered(scope: Scope, slot_id: str) -> None:
    scope.execute("UPDATE call_slots SET unanswered = 0 WHERE user_id = :user AND id = :id", id=slot_id)


def consent_of(scope: Scope, purpose: Purpose) -> int | None:
    """Return the row in which the person last agreed to a purpose; None if they have not, or took it back."""
    row = scope.execute(
        "SELECT id, granted FROM consents WHERE user_id = :user AND purpose = :purpose ORDER BY id DESC LIMIT 1",
        purpose=purpose.value,
    ).fetchone()
    return row["id"] if row and row["granted"] else None


def _unschedule(scope: Scope, slot_id: str) -> None:
    schedules.remove(scope, CALL_SLOT, slot_id)
    schedules.remove(scope, NUDGE, f"{NUDGED}{slot_id}")


def _slot(row: Row) -> Slot:
    due = row["next_at_ms"]
    return Slot(
        id=row["id"],
        user_id=row["user_id"],
        kind=SlotKind(row["kind"]),
        by=By(row["by"]),
        at=row["at"],
        days=row["days"],
        nudge_minutes=row["nudge_minutes"],
        consent_id=row["consent_id"],
        is_on=row["state"] == "on",
        unanswered=row["unanswered"],
        last_missed=row["last_missed"],
        zone=row["zone"] or "",
        wall=None if due is None else datetime.fromisoformat(row["next_wall"]),
        next_at=None if due is None else unstamp(due),
    )
