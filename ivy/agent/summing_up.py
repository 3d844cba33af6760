"""The weekly summary: a tap for "that's not right" (E15), at times one for one more workout (E11). May import: tools and below."""

from collections.abc import Sequence
from datetime import date, timedelta

from ivy.agent import appealing, questions, raising
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import weekly
from ivy.domain.contents import LONGEST_BODY
from ivy.domain.routing import For
from ivy.domain.sentences import Say, say
from ivy.domain.splitting import split_text
from ivy.domain.streaks import Outcome
from ivy.domain.weekly import Numbers
from ivy.domain.when import describe_day
from ivy.store import commitments, people, preferences, streaks, summaries
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.summaries import Summary

QUESTION, DAY_QUESTION = "weekly_summary", "summary_day"
LASTS = timedelta(days=6)
SHOW, WRONG = "show", "wrong"
TEMPLATE = "weekly_summary_ready"
BY, MAIL = "digest_channel", "mail"
"""The preference that says by which channel summaries come, and its one value beside none."""


def send(scope: Scope, person: Person, numbers: Numbers, prose: str, desk: Desk) -> bool:
    """Tell somebody their week; return False if it was told before. A mail has no buttons, and needs none of them."""
    text, by_mail = weekly.summary(numbers, prose, person.speech), _by_mail(scope)
    proposed = None if by_mail else raising.proposed(scope, person, numbers.week, desk.now)
    *before, last = split_text(_with_proposal(text, person, proposed), LONGEST_BODY)
    pending, content = questions.put(scope, person, _asking(person, numbers.week, last, proposed), desk)
    values = {"week": weekly.span(numbers, person.locale)}
    template = questions.with_template(pending, desk, TEMPLATE, values, (SHOW,))
    more = {"purpose": For.DIGEST, "asked_for": False}
    if by_mail:
        ids = desk.send(scope, text, channel=MAIL, **more)
    else:
        ids = desk.send(scope, *before, **more)
        ids += desk.send(scope, content, action_id=pending.id, template=template, **more)
    if proposed is not None:
        commitments.note_asked(scope, numbers.week)
    return summaries.keep(scope, numbers, prose, ids[-1], now=desk.now)


def _asking(person: Person, week: date, text: str, proposed: int | None) -> Asking:
    wrong = (WRONG, say(Say.OPTION_THATS_WRONG, person.speech))
    payload = {"week": week.isoformat()}
    if proposed is None:
        return Asking(QUESTION, text, (wrong,), LASTS, payload, down=WRONG)
    options = (*raising.options(person, proposed), wrong)
    # No thumb answers it: a heart is for the week, and no promise of one more.
    return Asking(QUESTION, text, options, LASTS, {**payload, "more": proposed})


def _with_proposal(text: str, person: Person, proposed: int | None) -> str:
    return text if proposed is None else f"{text}\n\n{raising.line(person, proposed)}"


def _by_mail(scope: Scope) -> bool:
    return preferences.recall(scope, BY) == MAIL and bool(people.address(scope, MAIL).external_id)


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Show the summary that a template announced, or put right what is wrong in it."""
    week = date.fromisoformat(str(pending.payload["week"]))
    summary = summaries.of_week(scope, week)
    if option in raising.OPTIONS:
        raising.answered(scope, person, pending, option, desk)
        return True
    if option == WRONG or summary is None:
        _put_right(scope, person, summary, desk)
        return True
    proposed = _still_proposed(scope, person, pending)
    *before, last = split_text(_with_proposal(_shown(summary, person), person, proposed), LONGEST_BODY)
    desk.send(scope, *before)
    questions.ask(scope, person, _asking(person, week, last, proposed), desk)
    return True


def _still_proposed(scope: Scope, person: Person, pending: Pending) -> int | None:
    """Return what was proposed when the summary was announced, if that is still to be."""
    more = pending.payload.get("more")
    return more if more and not person.coach_is_quiet and raising.holds(scope, more) else None


def _shown(summary: Summary, person: Person) -> str:
    """Return a week that was announced before, in words; what counts towards something is left out in care."""
    if not person.is_cared_for:
        return weekly.summary(summary.numbers, summary.prose, person.speech)
    return weekly.summary(weekly.without_counts(summary.numbers), "", person.speech)


def _put_right(scope: Scope, person: Person, summary: Summary | None, desk: Desk) -> None:
    """A day that Ivy took for missed is believed at once; of several each has a tap, and words are written down by a turn."""
    told = summary.numbers.missed_days if summary is not None else ()
    days = [each for each in told if streaks.of_day(scope, each) is Outcome.MISSED]  # not what was said since
    if len(days) == 1:
        appealing.put_right(scope, person, days[0], desk)
    elif days:
        _ask_which(scope, person, days, desk)
    else:
        desk.tell(scope, person, Say.SUMMARY_WRONG)


def _ask_which(scope: Scope, person: Person, days: Sequence[date], desk: Desk) -> None:
    options = tuple((each.isoformat(), describe_day(each, person.locale)) for each in days)
    asking = Asking(DAY_QUESTION, say(Say.SUMMARY_WRONG, person.speech), options, LASTS, {})
    questions.ask(scope, person, asking, desk)


def day_answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Put right the day that was not missed; what is left of the others has its tap again."""
    appealing.put_right(scope, person, date.fromisoformat(option), desk)
    others = [date.fromisoformat(name) for name, _title in pending.options if name != option]
    if left := [each for each in others if streaks.of_day(scope, each) is Outcome.MISSED]:
        _ask_which(scope, person, left, desk)
    return True
