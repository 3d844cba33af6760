"""One more workout a week, proposed under the weekly summary once two weeks were kept (E11). May import: tools and below.

Never a contact of its own. A tap changes the plan by the tool that their words would call.
"""

from datetime import date, datetime

from ivy.agent import checkins
from ivy.agent.acting import by_tap
from ivy.agent.desk import Desk
from ivy.domain import raising
from ivy.domain.sentences import Say, say
from ivy.domain.streaks import Outcome
from ivy.store import commitments, people, streaks
from ivy.store.pending_actions import Named, Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.commitment import ChangeCommitment, change_commitment

MORE, KEEP = "more", "keep"
OPTIONS = (MORE, KEEP)


def proposed(scope: Scope, person: Person, week: date, now: datetime) -> int | None:
    """Return how many a week to propose under the summary of the week that begins on a Monday, or None."""
    weeks = commitments.weeks(scope, person, week, raising.KEPT_WEEKS)
    return raising.raised(
        person.sessions_per_week,
        commitments.promised(scope),
        weeks,
        commitments.asked(scope),
        this_week=week,
        begins=checkins.may_begin(person, now) and not _finds_back(scope, weeks[0].monday),
    )


def _finds_back(scope: Scope, since: date) -> bool:
    """Say whether a day since then was missed: whoever comes back is asked for nothing more."""
    return any(day >= since and outcome is Outcome.MISSED for day, outcome in streaks.events(scope))


def holds(scope: Scope, more: int) -> bool:
    """Say whether a proposal of before is still one more than the plan."""
    return people.load(scope).sessions_per_week == more - 1


def line(person: Person, more: int) -> str:
    return say(Say.RAISE_QUESTION, person.speech, more=more, now=more - 1)


def options(person: Person, more: int) -> tuple[Named, ...]:
    return (
        (MORE, say(Say.OPTION_RAISE, person.speech, more=more)),
        (KEEP, say(Say.OPTION_RAISE_KEEP, person.speech, now=more - 1)),
    )


def answered(scope: Scope, person: Person, pending: Pending, option: str, desk: Desk) -> None:
    """One more a week from now on, or as it is."""
    more = int(pending.payload["more"])
    if person.is_cared_for or not holds(scope, more):
        desk.tell(scope, person, Say.TAP_OVER)
        return
    commitments.note_answer(scope, refused=option == KEEP)
    if option == KEEP:
        desk.tell(scope, person, Say.RAISE_KEPT, now=more - 1)
        return
    turn = by_tap(person, desk)
    desk.write(scope, change_commitment.run(ChangeCommitment(sessions=str(more)), turn)(scope))
