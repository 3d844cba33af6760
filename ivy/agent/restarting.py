"""A fresh start, on Mondays, birthdays and after a trip, for who kept no day for a week: in what goes to them that morning anyway.

May import: the store and below. One tap for the two-minute version, for rest, or to be called, as for "I want to skip".
"""

from collections.abc import Sequence
from datetime import date, datetime

from ivy.agent import questions, rescue
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.agent.reviewing import OPEN
from ivy.domain import birthdays, fresh_starts
from ivy.domain.facts import Kind
from ivy.domain.facts_said import BIRTHDAY
from ivy.domain.fresh_starts import LOOKED_BACK, Fresh
from ivy.domain.schedule import local_date, next_wall, to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.slots import SlotKind
from ivy.domain.streaks import Outcome
from ivy.store import call_slots, facts, ratings, streaks, trips
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "fresh_start"
NO = "no"
"""The button of the template of a morning that is not for today."""
SAYS = {Fresh.WEEK: Say.FRESH_WEEK, Fresh.BACK: Say.FRESH_BACK, Fresh.BIRTHDAY: Say.FRESH_BIRTHDAY}


def of_morning(scope: Scope, person: Person, day: date, now: datetime) -> Fresh | None:
    """Return whether the morning of a local date is one for a fresh start. Most days end after a look or two."""
    if person.status != "active" or person.coach_is_quiet:
        return None
    fresh = fresh_starts.fresh_day(day, _back_on(scope, person, now), _birthday_in(scope, person, day))
    if fresh is None:
        return None
    kept = [each for each, outcome in streaks.events(scope) if outcome is Outcome.KEPT and each <= day]
    since = local_date(ratings.known_since(scope), person.zone)
    return fresh if fresh_starts.is_out_of_it(day, max(kept, default=None), since) else None


def _back_on(scope: Scope, person: Person, now: datetime) -> date | None:
    """Return the local date of the first morning contact after they came back from a trip."""
    back_at = trips.load(scope).back_at
    if back_at is None or now - back_at > LOOKED_BACK:
        return None
    slot = call_slots.of_kind(scope, SlotKind.MORNING)
    return next_wall(slot.cron, to_wall(back_at, person.zone)).date() if slot else None


def _birthday_in(scope: Scope, person: Person, day: date) -> date | None:
    """Return the date of their birthday in the year of a day, if they told it."""
    told = next((fact for fact in facts.of_slot(scope, Kind.FACT, BIRTHDAY) if fact.holds), None)
    if told is None:
        return None
    # What an earlier Ivy kept has their words only.
    found = birthdays.of_value(told.value) or birthdays.read(
        told.text, person.locale, local_date(told.since, person.zone)
    )
    return found.in_year(day.year) if found else None


def question(scope: Scope, person: Person, fresh: Fresh, planned: str, payload: dict[str, str], desk: Desk) -> Asking:
    """Return the question of such a morning. `planned` says what is planned for it, "" for nothing; `payload` names the day."""
    text = say(SAYS[fresh], person.speech, small=rescue.small_version(scope, person, desk))
    titled = tuple((name, say(title, person.speech)) for name, title in _options(scope, person, desk))
    kept = {**payload, "fresh": fresh.value, "planned": planned}
    said = " ".join(filter(None, (planned, text)))
    return Asking(QUESTION, said, titled, rescue.ANSWER_WITHIN, kept, up=rescue.SMALL)


def _options(scope: Scope, person: Person, desk: Desk) -> Sequence[tuple[str, Say]]:
    call = [(rescue.CALL, Say.OPTION_CALL_ME)] if rescue.may_be_called(scope, person, desk) else []
    return [(rescue.SMALL, Say.OPTION_TWO_MINUTES), *call, (rescue.REST, Say.OPTION_REST_TODAY)]


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """The two-minute version, rest, or a call, as a rescue has them; from a template also: show it, not today."""
    if option == NO:
        desk.tell(scope, person, Say.NO_HURRY)
    elif option == OPEN:
        kept = {name: str(pending.payload[name]) for name in ("checkin", "day")}
        fresh, planned = Fresh(str(pending.payload["fresh"])), str(pending.payload["planned"])
        questions.ask(scope, person, question(scope, person, fresh, planned, kept, desk), desk)
    else:
        return rescue.answered(scope, person, pending, option, heard, desk)
    return True
