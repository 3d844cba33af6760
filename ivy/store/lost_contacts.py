"""What a person was to be asked in writing and was not, by no fault of theirs. May import: scope, calls, people, preferences.

A slot that came too late is noted here; a check-in that was begun tells by its messages whether anybody got it.
A day is judged by what is known when it is closed: what arrives later changes nothing any more.
"""

from datetime import UTC, date, datetime, time, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.arrival import Sending, has_reached
from ivy.domain.calls import CallKind, CallOutcome
from ivy.domain.schedule import to_instant
from ivy.store import calls, people, preferences
from ivy.store.calls import Call
from ivy.store.scope import Scope

_KEPT = "slot_lost:"
KEPT_FOR = timedelta(days=14)
"""No day that is older is ever closed."""
_A_DAY = timedelta(days=1)


def note(scope: Scope, day: date, kind: CallKind, due_at: datetime, *, reason: str, now: datetime) -> None:
    """Remember that a text of a local date never was begun; what is too old to matter is forgotten with it."""
    for key in preferences.beginning(scope, _KEPT):
        if date.fromisoformat(key.split(":")[1]) < day - KEPT_FOR:
            preferences.forget(scope, key)
    preferences.remember(scope, f"{_KEPT}{day}:{kind.value}", f"{stamp(due_at)} {reason}", source="slot", now=now)


def was_lost(scope: Scope, day: date) -> bool:
    """Say whether a check-in of a local date did not reach them, and neither did a later one, nor a call."""
    sent = _checkins(scope, day)
    lost = [at for at, reached in sent if not reached]
    lost += [unstamp(int(value.split()[0])) for value in preferences.beginning(scope, f"{_KEPT}{day}:").values()]
    spoke = [call.due_at for call in calls.of_day(scope, day) if _took_place(call)]
    reached = [*(at for at, was_reached in sent if was_reached), *spoke]
    return any(all(other < at for other in reached) for at in lost)


def _took_place(call: Call) -> bool:
    return call.outcome is CallOutcome.COMPLETED and call.kind is not CallKind.NOTICE


def _checkins(scope: Scope, day: date) -> list[tuple[datetime, bool]]:
    """Return when each check-in of a day was begun, and whether any message of it arrived: by another channel counts."""
    midnight = datetime.combine(day, time(), UTC)  # the local day is somewhere around it, and its question names it
    rows = scope.execute(
        "SELECT m.action_id, m.channel, m.state, m.at_ms, coalesce(m.sent_at_ms, m.at_ms) AS left_at_ms"
        " FROM messages_v2 m JOIN pending_actions p ON p.id = m.action_id AND p.user_id = m.user_id"
        " WHERE m.user_id = :user AND m.at_ms >= :first AND m.at_ms < :end AND m.direction = 'out' AND m.purpose = 'checkin'"
        " AND m.action_id <> '' AND json_extract(p.payload, '$.checkin') LIKE '%:' || :day ORDER BY m.at_ms",
        first=stamp(midnight - _A_DAY),
        end=stamp(midnight + 2 * _A_DAY),
        day=day.isoformat(),
    )
    begun, sendings = dict[str, datetime](), dict[str, list[Sending]]()
    for row in rows:
        begun.setdefault(row["action_id"], unstamp(row["at_ms"]))
        sending = Sending(row["channel"], row["state"], unstamp(row["left_at_ms"]))
        sendings.setdefault(row["action_id"], []).append(sending)
    last_word = _last_word(scope, day) if begun else None
    return [(begun[action], has_reached(sent, last_word)) for action, sent in sendings.items()]


def _last_word(scope: Scope, day: date) -> datetime | None:
    """Return when they last wrote or tapped on a local date."""
    zone = people.load(scope).zone
    first, end = (to_instant(datetime.combine(each, time()), zone) for each in (day, day + _A_DAY))
    row = scope.execute(
        "SELECT max(at_ms) AS at_ms FROM messages_v2 WHERE user_id = :user AND at_ms >= :first AND at_ms < :end"
        " AND direction = 'in'",
        first=stamp(first),
        end=stamp(end),
    ).fetchone()
    return None if row["at_ms"] is None else unstamp(row["at_ms"])
