"""Each step of an onboarding as a question: its words and what can be tapped. May import: the store and below."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta

from ivy.agent.desk import Desk
from ivy.agent.questions import Asking
from ivy.domain import giving, places
from ivy.domain.money import Money, format_money
from ivy.domain.onboarding import MOST_MISSED, Progress, Step, realistic
from ivy.domain.places import COMMON, MOST_PLACES, Place
from ivy.domain.sentences import Say, say
from ivy.domain.slots import USUAL, Mode, SlotKind
from ivy.domain.when import describe_clock
from ivy.store import people
from ivy.store.pending_actions import Named
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "onboarding"
CHAT = "whatsapp"
HELLO = "hello"
"""The question whether to call for half a minute, which is no step: nothing waits for it."""
LASTS = timedelta(days=7)
HELLO_LASTS = timedelta(hours=12)
YES, NO, OTHER, NOW, NOBODY = "yes", "no", "other", "now", "nobody"
SELF, COMPANY = "individual", "company"
HOURS = ("06:00", "06:30", "07:00", "07:30", "08:00", "09:00")
WEEKS = range(1, 8)
MOST_CHARITIES = 8
GOALS = {"move": Say.ONB_MOVE, "strong": Say.ONB_STRONG, "feel": Say.ONB_FEEL}
_YES_NO = ((YES, Say.OPTION_YES), (NO, Say.OPTION_NO))


@dataclass(frozen=True)
class Talk:
    """One person's onboarding in one commit."""

    scope: Scope
    person: Person
    progress: Progress
    desk: Desk

    @property
    def number(self) -> str:
        """Their number in E.164, as given or as they write from; "" while only a name of theirs shows."""
        return self.person.phone or people.address(self.scope, CHAT).phone

    @property
    def may_call(self) -> bool:
        """Whether calls can be offered: Ivy phones, and knows their number or has a button that shares it."""
        return self.desk.config.voice.enabled and (bool(self.number) or self.desk.channel != people.SOLO)

    def say(self, key: Say, **facts: str | int) -> str:
        return say(key, self.person.speech, **facts)

    def clock(self, at: str) -> str:
        return describe_clock(time.fromisoformat(at), self.person.locale)


@dataclass(frozen=True)
class Question:
    text: str
    options: tuple[Named, ...] = ()
    yes_no: bool = False
    """A thumb, or a "yes", means the first option, and its opposite the second."""


def asking_of(step: Step, question: Question, before: str) -> Asking:
    """Return a question as it is put: after the words that lead to it."""
    text = f"{before}\n\n{question.text}" if before else question.text
    up, down = (question.options[0][0], question.options[1][0]) if question.yes_no else ("", "")
    return Asking(QUESTION, text, question.options, LASTS, {"step": step.value}, up=up, down=down)


def question_of(talk: Talk, step: Step) -> Question:
    """Return what is asked at a step; what could not be read is asked about with an example, then with more to tap."""
    return _QUESTIONS[step](talk)


def spots(talk: Talk) -> list[Place]:
    """Return the places that the person may be at, told apart by their clocks."""
    return places.places(talk.progress.zones, talk.desk.now, talk.person.locale)[:MOST_PLACES]


def _zone(talk: Talk) -> Question:
    missed, found = talk.progress.missed, spots(talk)
    if missed >= MOST_MISSED and not found:
        found = places.places(COMMON, talk.desk.now, talk.person.locale)
    if len(found) == 1 and not missed:
        return Question(talk.say(Say.ONB_ZONE, time=found[0].clock), _yes_no(talk), yes_no=True)
    rows = tuple((place.zone, f"{place.clock} {place.name}") for place in found)
    text = talk.say(Say.ONB_ZONE_AGAIN if missed else Say.ONB_ZONES if rows else Say.ONB_ZONE_WORDS)
    return Question(text, (*rows, (OTHER, talk.say(Say.ONB_OTHER_TIME))) if rows else ())


def _contact(talk: Talk) -> Question:
    missed, at = talk.progress.missed, talk.progress.at or USUAL[SlotKind.MORNING].at
    calls = talk.may_call
    if not calls:
        options = tuple(_way(talk, Mode.TEXT, hour) for hour in (HOURS if missed >= MOST_MISSED else (at,)))
    elif missed >= MOST_MISSED and not talk.progress.at:
        options = (
            *(_way(talk, Mode.VOICE, hour) for hour in HOURS[:5]),
            *(_way(talk, Mode.TEXT, hour) for hour in HOURS[1:5]),
        )
    else:
        options = tuple(_way(talk, mode, at) for mode in (Mode.VOICE, Mode.TEXT, Mode.MIXED))
    usual = Say.ONB_CONTACT if calls else Say.ONB_CONTACT_TEXT
    if missed:
        return Question(talk.say(Say.ONB_CONTACT_AGAIN), options)
    return Question(f"{talk.say(Say.ONB_SUMS_UP)} {talk.say(usual)}", options)


def _way(talk: Talk, mode: Mode, at: str) -> Named:
    titles = {Mode.VOICE: Say.ONB_CALL_AT, Mode.TEXT: Say.ONB_WRITE_AT, Mode.MIXED: Say.ONB_BOTH_AT}
    return f"{mode.value}@{at}", talk.say(titles[mode], time=talk.clock(at))


def _goal(talk: Talk) -> Question:
    return Question(talk.say(Say.ONB_GOAL), tuple((name, talk.say(title)) for name, title in GOALS.items()))


def _week(talk: Talk) -> Question:
    return Question(talk.say(Say.ONB_WEEK), tuple((str(times), str(times)) for times in WEEKS))


def _week_sure(talk: Talk) -> Question:
    promised = talk.progress.promised
    proposed = realistic(promised)
    options = (
        (str(proposed), talk.say(Say.ONB_BEGIN_WITH, times=proposed)),
        (str(promised), talk.say(Say.ONB_KEEP_AT, times=promised)),
    )
    return Question(talk.say(Say.ONB_WEEK_SURE, promised=promised, proposed=proposed), options, yes_no=True)


def _charity(talk: Talk) -> Question:
    charities = talk.desk.config.giving.charities
    named = tuple((each, giving.name_of(each, charities)) for each in list(charities)[:MOST_CHARITIES])
    return Question(talk.say(Say.ONB_CHARITY), (*named, (NOBODY, talk.say(Say.ONB_NOBODY))))


def _amount(talk: Talk) -> Question:
    currency = talk.person.currency
    usual = giving.usual(talk.desk.config.giving, currency).amount
    options = tuple(
        (str(usual * times), format_money(Money(usual * times, currency), talk.person.locale))
        for times in (1, 2, 5)
        if usual
    )
    return Question(talk.say(Say.ONB_AMOUNT), options)


def _slot(key: Say, kind: SlotKind) -> Callable[[Talk], Question]:
    def question(talk: Talk) -> Question:
        return Question(talk.say(key, time=talk.clock(USUAL[kind].at)), _yes_no(talk), yes_no=True)

    return question


def _yes_no(talk: Talk) -> tuple[Named, ...]:
    return tuple((name, talk.say(title)) for name, title in _YES_NO)


def _health(talk: Talk) -> Question:
    return Question(talk.say(Say.ONB_HEALTH), _yes_no(talk), yes_no=True)


def _track(talk: Talk) -> Question:
    options = ((SELF, talk.say(Say.ONB_MYSELF)), (COMPANY, talk.say(Say.ONB_EMPLOYER)))
    return Question(talk.say(Say.ONB_TRACK), options)


def _phone(talk: Talk) -> Question:
    return Question(talk.say(Say.ONB_PHONE))


_QUESTIONS: dict[Step, Callable[[Talk], Question]] = {
    Step.ZONE: _zone,
    Step.CONTACT: _contact,
    Step.PHONE: _phone,
    Step.HEALTH: _health,
    Step.TRACK: _track,
    Step.GOAL: _goal,
    Step.WEEK: _week,
    Step.WEEK_SURE: _week_sure,
    Step.CHARITY: _charity,
    Step.AMOUNT: _amount,
    Step.EVENING: _slot(Say.ONB_EVENING, SlotKind.EVENING),
    Step.WEEKLY: _slot(Say.ONB_WEEKLY, SlotKind.WEEKLY),
}
