"""What somebody holds themself to: read from where each part is kept; what they promised; their lock; what was proposed.

May import: people, wallets, call_slots, workouts, scope, the domain.
"""

from datetime import date, datetime, timedelta

from ivy.clock import stamp
from ivy.domain.easing import Commitment, in_four_weeks
from ivy.domain.giving import PartialGives
from ivy.domain.money import Money
from ivy.domain.raising import Asked, Week
from ivy.domain.slots import SlotKind
from ivy.domain.streaks import Outcome
from ivy.domain.weekly import DAYS
from ivy.domain.workouts import WorkoutState
from ivy.store import call_slots, people, wallets, workouts
from ivy.store.people import Person
from ivy.store.scope import Scope

_DAILY = (SlotKind.MORNING, SlotKind.EVENING)


def of(scope: Scope) -> Commitment:
    """Return it as it is now."""
    person, wallet, slots = people.load(scope), wallets.load(scope), call_slots.of(scope)
    often = {slot.kind: in_four_weeks(slot.days, monthly=slot.kind is SlotKind.MONTHLY) for slot in slots}
    return Commitment(
        sessions=person.sessions_per_week,
        minimum_minutes=person.minimum_minutes,
        part_gives=PartialGives(person.partial_gives),
        gift=None if wallet is None else Money(wallet.amount_minor, wallet.currency),
        contacts=sum(often.values()),
        at=tuple(sorted(slot.at for slot in slots if slot.kind in _DAILY)),
        locked=is_locked(scope),
    )


def is_locked(scope: Scope) -> bool:
    """Say whether an easing waits for the next planning day."""
    row = scope.execute("SELECT locked_at_ms FROM commitments WHERE user_id = :user").fetchone()
    return row is not None and row["locked_at_ms"] is not None


def lock(scope: Scope, at: datetime | None) -> None:
    """Let easings wait from now on; None: no more."""
    _set(scope, "locked_at_ms", None if at is None else stamp(at))


def promise(scope: Scope, sessions: int) -> None:
    """Keep how many workouts a week the person called realistic."""
    _set(scope, "promised", sessions)


def promised(scope: Scope) -> int:
    """Return how many workouts a week they called realistic; 0 if they never did."""
    row = scope.execute("SELECT promised FROM commitments WHERE user_id = :user").fetchone()
    return row["promised"] if row else 0


def weeks(scope: Scope, person: Person, last: date, count: int) -> list[Week]:
    """Return full weeks, Monday to Sunday by the person's dates, up to the one that begins on `last`, with what was kept."""
    return [_week(scope, person, last - timedelta(weeks=back)) for back in reversed(range(count))]


def _week(scope: Scope, person: Person, monday: date) -> Week:
    found = workouts.between(scope, monday, monday + timedelta(days=DAYS - 1))
    kept = [each for each in found if workouts.day_outcome([each], person.minimum_minutes) is Outcome.KEPT]
    planned = [each for each in found if each.planned and each.state is not WorkoutState.REST]
    return Week(monday, len(planned), sum(each.planned for each in kept), len(kept))


def asked(scope: Scope) -> Asked:
    """Return when one more was proposed last, and how often in a row that was refused."""
    row = scope.execute("SELECT raise_week, raise_refused FROM commitments WHERE user_id = :user").fetchone()
    if row is None or not row["raise_week"]:
        return Asked()
    return Asked(date.fromisoformat(row["raise_week"]), row["raise_refused"])


def note_asked(scope: Scope, week: date) -> None:
    """Keep that one more was proposed in the week that begins on a Monday."""
    _set(scope, "raise_week", week.isoformat())


def note_answer(scope: Scope, *, refused: bool) -> None:
    """Count one more refusal in a row, or none any more."""
    _set(scope, "raise_refused", asked(scope).refused + 1 if refused else 0)


def _set(scope: Scope, column: str, value: int | str | None) -> None:
    scope.execute(
        f"INSERT INTO commitments (user_id, {column}) VALUES (:user, :value)"
        f" ON CONFLICT (user_id) DO UPDATE SET {column} = excluded.{column}",
        value=value,
    )
