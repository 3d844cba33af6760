"""One person's week in numbers, and in words that are true whatever the numbers are. May import: the domain.

The numbers come from the store; nothing here counts anything. What is nothing is left out: a week is never zero of something.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ivy.domain.currencies import exponent
from ivy.domain.money import Money, format_money
from ivy.domain.said import language
from ivy.domain.sentences import Say, say
from ivy.domain.time_words import SHORT_MONTHS

DAYS = 7
MARKS = {"kept": "✅", "partial": "🟡", "rest": "😌", "excused": "😌"}
"""What stands for a day; every other one has a dot, whatever became of it."""
NO_MARK = "·"
_INITIALS = {"en": "MTWTFSS", "es": "LMXJVSD"}
_MEASURES = {"energy": Say.MEASURE_ENERGY, "mood": Say.MEASURE_MOOD, "confidence": Say.MEASURE_CONFIDENCE}


@dataclass(frozen=True)
class WeekScore:
    """The last score of a measure in the week, and the last one before the week, if there is one."""

    measure: str
    score: int
    before: int | None = None

    @property
    def change(self) -> int:
        return 0 if self.before is None else self.score - self.before


@dataclass(frozen=True)
class Numbers:
    """What the store counted. `days` are seven, Monday first: kept, partial, rest, excused, skipped, missed, planned or "".

    `planned`, `done`, `partial` and `skipped` count workouts, `planned_done` those done that were planned, `rest` and
    `missed` days; `kept_21` of `planned_21` days of the last 21 were kept.
    """

    week: date
    days: tuple[str, ...]
    planned: int = 0
    planned_done: int = 0
    done: int = 0
    partial: int = 0
    skipped: int = 0
    rest: int = 0
    missed: int = 0
    minutes: int = 0
    streak: int = 0
    kept_21: int = 0
    planned_21: int = 0
    pledged: tuple[Money, ...] = ()
    scores: tuple[WeekScore, ...] = ()
    calls_due: int = 0
    calls_answered: int = 0

    @property
    def last_day(self) -> date:
        return self.week + timedelta(days=DAYS - 1)

    @property
    def missed_days(self) -> tuple[date, ...]:
        """The days that Ivy took for missed: they may have been something else."""
        return tuple(self.week + timedelta(days=n) for n, day in enumerate(self.days) if day == "missed")

    @property
    def is_empty(self) -> bool:
        """Nothing happened that a summary could tell."""
        happened = (self.planned, self.done, self.partial, self.rest, self.missed, self.calls_due, *self.pledged)
        return not any(happened) and not self.scores


def week_of(day: date) -> date:
    """Return the Monday of the week that a summary on this local day is about: from Thursday on its own, else the last."""
    middle = day - timedelta(days=3)
    return middle - timedelta(days=middle.weekday())


def week_told_at(wall: datetime) -> date:
    """Return the Monday of the week that a summary at this naive local time is about."""
    return week_of(wall.date())


def allowed(numbers: Numbers) -> frozenset[Decimal]:
    """Return every number that sentences about this week may contain: those of `facts`, so that fewer can be mixed up.

    Nothing is none of them: what is not is left unsaid.
    """
    counts = [
        *(numbers.planned, numbers.planned_done, numbers.done, numbers.partial, numbers.rest),
        *(numbers.minutes, numbers.streak, numbers.calls_answered),
        *(each.score for each in numbers.scores),
        *(each.before for each in numbers.scores if each.before is not None),
    ]
    given = {Decimal(count) for count in counts} | {_major(each) for each in numbers.pledged}
    return frozenset(number for number in given if number)


def facts(numbers: Numbers, locale: str) -> dict[str, str]:
    """Return what a model is told of a week, by name: nothing that is nothing."""
    counts = {
        "workouts planned": numbers.planned,
        "planned workouts done": numbers.planned_done,
        "workouts done in all": numbers.done,
        "workouts done in part": numbers.partial,
        "rest days": numbers.rest,
        "minutes of training": numbers.minutes,
        "streak in days": numbers.streak,
        "calls answered": numbers.calls_answered,
    }
    told = {name: str(count) for name, count in counts.items() if count}
    if numbers.pledged:
        told["pledged to charity"] = _money(numbers, locale)
    for each in numbers.scores:
        before = "" if each.before is None else f", before that {each.before}"
        told[f"{each.measure} from 1 to 10"] = f"{each.score}{before}"
    return told


def without_counts(numbers: Numbers) -> Numbers:
    """Return a week without streak, days kept and pledges: for somebody to whom nothing of that is to be said."""
    return replace(numbers, streak=0, kept_21=0, planned_21=0, pledged=())


# --- in words --------------------------------------------------------------------------------------


def fixed_prose(numbers: Numbers, locale: str) -> str:
    """Return one or two sentences about a week that are true of it."""
    if 0 < numbers.planned == numbers.planned_done:
        return say(Say.WEEK_PROSE_ALL, locale, done=numbers.planned_done, planned=numbers.planned)
    if numbers.done:
        return say(Say.WEEK_PROSE_SOME, locale, done=numbers.done)
    return say(Say.WEEK_PROSE_QUIET, locale)


def summary(numbers: Numbers, prose: str, locale: str) -> str:
    """Return the whole message: title, prose if there is any, the days, and a line for each number that is one."""
    title = say(Say.WEEK_TITLE, locale, span=span(numbers, locale))
    return "\n".join(
        [title, *([prose] if prose else []), "", days_line(numbers, locale), *_lines(numbers, locale)]
    ).rstrip()


def span(numbers: Numbers, locale: str) -> str:
    return between(numbers.week, numbers.last_day, locale)


def between(first: date, last: date, locale: str) -> str:
    """Return "16 to 22 Nov", "28 Sep to 4 Oct", "16 al 22 nov"."""
    tongue = language(locale)
    month = "" if first.month == last.month else f" {SHORT_MONTHS[tongue][first.month - 1]}"
    to = "al" if tongue == "es" else "to"
    return f"{first.day}{month} {to} {last.day} {SHORT_MONTHS[tongue][last.month - 1]}"


def days_line(numbers: Numbers, locale: str) -> str:
    """Return "M ✅  T ·  W 😌": what was done shows, what was not does not stand out."""
    marks = (MARKS.get(day, NO_MARK) for day in numbers.days)
    return "  ".join(f"{name} {mark}" for name, mark in zip(_INITIALS[language(locale)], marks, strict=True))


def _lines(numbers: Numbers, locale: str) -> Iterator[str]:
    if numbers.planned_done:
        yield say(Say.WEEK_DONE_OF, locale, done=numbers.planned_done, planned=numbers.planned)
    if numbers.done > numbers.planned_done:
        yield say(Say.WEEK_DONE, locale, done=numbers.done)
    if numbers.partial:
        yield say(Say.WEEK_PARTIAL, locale, count=numbers.partial)
    if numbers.minutes:
        yield say(Say.WEEK_MINUTES, locale, minutes=numbers.minutes)
    if numbers.rest:
        yield say(Say.WEEK_REST, locale, count=numbers.rest)
    if numbers.streak:
        yield say(Say.WEEK_STREAK, locale, days=numbers.streak)
    if numbers.kept_21:
        yield say(Say.WEEK_LAST_21, locale, kept=numbers.kept_21, planned=numbers.planned_21)
    if numbers.pledged:
        yield say(Say.WEEK_PLEDGED, locale, amount=_money(numbers, locale))
    for each in numbers.scores:
        yield _score(each, locale)
    if numbers.calls_answered:
        yield say(Say.WEEK_CALLS, locale, answered=numbers.calls_answered, due=numbers.calls_due)


def _score(score: WeekScore, locale: str) -> str:
    name = say(_MEASURES[score.measure], locale)
    if score.change:
        return say(Say.WEEK_SCORE_CHANGE, locale, measure=name, score=score.score, change=f"{score.change:+d}")
    return say(Say.WEEK_SCORE, locale, measure=name, score=score.score)


def _money(numbers: Numbers, locale: str) -> str:
    return " + ".join(format_money(each, locale) for each in numbers.pledged)


def _major(money: Money) -> Decimal:
    return Decimal(money.amount_minor).scaleb(-exponent(money.currency))
