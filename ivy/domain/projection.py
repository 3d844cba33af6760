"""What the coming month will cost: from days that were, or from numbers somebody names; and what would cost less.

May import: reply_months, the standard library. Micro-dollars throughout. A range is meant to hold nine months in ten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from ivy.domain.reply_months import Replies, charged

MONTH = 30
"""Days that are projected, unless somebody says otherwise."""
NINE_IN_TEN = 1.645
"""Standard deviations to either side."""
MODEL, MESSAGE, CALL = "model", "message", "call"


@dataclass(frozen=True)
class Line:
    """What one kind of cost comes to."""

    kind: str
    low: int
    likely: int
    high: int


@dataclass(frozen=True)
class Instead:
    """A setting that does nearly the same for less; `saves` is of the likely month."""

    setting: str
    saves: int


@dataclass(frozen=True)
class Projection:
    """A month: its kinds, their sum, and what would be cheaper, the most first.

    `replies`: how many are likely; `charged`: how many of them come after a calendar month's free ones. From past days only.
    """

    lines: tuple[Line, ...]
    total: Line
    people: float
    days: int
    instead: tuple[Instead, ...] = ()
    replies: int = 0
    charged: int = 0

    @property
    def per_person(self) -> int:
        return round(self.total.likely / self.people) if self.people else 0


# --- from days that were -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """Whole days, in order: what each cost by kind, and how many people Ivy had on it.

    `replies`: those among the messages that a calendar month has some of for nothing; None where none are.
    """

    by_day: Sequence[Mapping[str, int]]
    people_by_day: Sequence[int]
    people_now: int
    replies: Replies | None = None


def from_past(past: Past, *, days: int = MONTH) -> Projection:
    """Return what `days` more cost for as many people as there are now, if they go on as before.

    Whole weeks at the end are looked at, where there is one, each day of the week by itself: a Sunday is no Monday. Replies are
    counted, not their cost: where in a month the past and the days to come lie decides what of them is free.
    """
    span = len(past.by_day) - len(past.by_day) % 7 or len(past.by_day)
    by_day, pace = past.by_day[-span:], _Pace(past.people_by_day[-span:], past.people_now, days)
    if not sum(pace.people) or not past.people_now:
        return Projection((), Line("total", 0, 0, 0), past.people_now, days)
    if past.replies is not None:
        by_day = [
            {kind: micros - (paid if kind == MESSAGE else 0) for kind, micros in day.items()}
            for day, paid in zip(by_day, past.replies.charged_by_day[-span:], strict=True)
        ]
    kinds = sorted({kind for day in by_day for kind in day} | ({MESSAGE} if past.replies else set()))
    lines = tuple(_line(kind, [day.get(kind, 0) for day in by_day], pace) for kind in kinds)
    total = _line("total", [sum(day.values()) for day in by_day], pace)
    steady = Projection(lines, total, past.people_now, days)
    return steady if past.replies is None else _with_replies(steady, past.replies, pace)


@dataclass(frozen=True)
class _Pace:
    """How past days become days to come: the people of each past day, those of now, and how many days."""

    people: Sequence[int]
    now: int
    days: int

    def expected(self, by_day: Sequence[int]) -> list[float]:
        """Return what each day to come is likely to have, from as many past days as `people` has."""
        usual = sum(by_day) / sum(self.people)
        week = 7 if len(by_day) % 7 == 0 else 1
        people = [sum(self.people[day::week]) for day in range(week)]
        per_person = [sum(by_day[day::week]) / count if all(people) else usual for day, count in enumerate(people)]
        return [per_person[day % week] * self.now for day in range(self.days)]


def _line(kind: str, by_day: Sequence[int], pace: _Pace) -> Line:
    """Return the sum of `days` days like these: their spread, and how little is known of the mean, widen it."""
    n, days, likely = len(by_day), pace.days, sum(pace.expected(by_day))
    usual = sum(by_day) / n
    spread = sqrt(sum((each - usual) ** 2 for each in by_day) / max(1, n - 1))
    wide = NINE_IN_TEN * (spread * likely / days / usual if usual else 0.0) * sqrt(days + days * days / n)
    return Line(kind, round(max(0.0, likely - wide)), round(likely), round(likely + wide))


def _with_replies(steady: Projection, replies: Replies, pace: _Pace) -> Projection:
    """Add what replies cost: few, likely and many of them, each beyond what its calendar month has for nothing."""
    by_day = replies.by_day[-len(pace.people) :]
    expected, count = pace.expected(by_day), _line("replies", by_day, pace)
    parts = [each / count.likely if count.likely else 0.0 for each in (count.low, count.likely, count.high)]
    found = [charged([part * each for each in expected], replies) for part in parts]
    cost = Line(MESSAGE, *(round(each.micros) for each in found))
    lines = tuple(_sum((line, cost), MESSAGE) if line.kind == MESSAGE else line for line in steady.lines)
    likely = round(found[1].replies)
    return replace(steady, lines=lines, total=_sum((steady.total, cost)), replies=count.likely, charged=likely)


# --- from numbers that somebody names ------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    low: float
    likely: float
    high: float


@dataclass(frozen=True)
class Units:
    """What one of each costs, in micro-dollars: a turn, a message in the window and out of it, a minute on the phone."""

    turn: Range
    reply: float
    template: float
    minute: float


@dataclass(frozen=True)
class Habits:
    """What one person does on one day."""

    turns: float = 5.0
    templates: float = 1.0
    calls: float = 0.0
    minutes_a_call: float = 3.0


MESSAGES_A_TURN = Range(1.0, 1.2, 2.0)
ANSWERED = Range(0.5, 1.0, 1.15)
"""The part of the planned minutes that are spoken: some never pick up, some calls run long."""


def from_numbers(
    people: float, habits: Habits, units: Units, *, days: int = MONTH, free_replies: int = 0
) -> Projection:
    """Return what a month costs for people with these habits."""
    person_days = people * days
    turns = person_days * habits.turns
    lines = (
        Line(MODEL, round(turns * units.turn.low), round(turns * units.turn.likely), round(turns * units.turn.high)),
        _messages(turns, person_days * habits.templates, units, free_replies),
        _calls(person_days * habits.calls * habits.minutes_a_call, units.minute),
    )
    return Projection(lines, _sum(lines), people, days)


def _messages(turns: float, templates: float, units: Units, free_replies: int) -> Line:
    def cost(a_turn: float) -> int:
        return round(max(0.0, turns * a_turn - free_replies) * units.reply + templates * units.template)

    return Line(MESSAGE, cost(MESSAGES_A_TURN.low), cost(MESSAGES_A_TURN.likely), cost(MESSAGES_A_TURN.high))


def _calls(minutes: float, unit: float) -> Line:
    low, likely, high = (round(minutes * part * unit) for part in (ANSWERED.low, ANSWERED.likely, ANSWERED.high))
    return Line(CALL, low, likely, high)


def _sum(lines: Iterable[Line], kind: str = "total") -> Line:
    found = tuple(lines)
    return Line(kind, *(sum(getattr(line, part) for line in found) for part in ("low", "likely", "high")))


# --- what would be cheaper -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spoken:
    """The calls of a likely month. `evening`: the part of their minutes, and `evening_calls` of their number, in evening calls.

    `text`: what the one message costs that stands in for a call, as a template outside the window: it is never more.
    """

    calls: float = 0.0
    evening: float = 0.0
    evening_calls: float = 0.0
    text: float = 0.0


def cheaper(projection: Projection, *, cheap_part: float, spoken: Spoken) -> tuple[Instead, ...]:
    """Return settings that do nearly the same for less, the one that saves most first.

    `cheap_part`: what the cheap model costs of the usual one (1: there is none). Of calls what texts cost then is taken away.
    """
    likely = {line.kind: line.likely for line in projection.lines}
    calls, models = likely.get(CALL, 0), likely.get(MODEL, 0)
    texts = spoken.calls * spoken.text
    found = [
        Instead("a text instead of every call", round(calls - texts)),
        Instead("a text instead of the evening call", round(calls * spoken.evening - texts * spoken.evening_calls)),
        Instead("the cheap model as models.primary", round(models * (1 - min(1.0, cheap_part)))),
    ]
    return tuple(sorted((each for each in found if each.saves > 0), key=lambda each: -each.saves))


def voice_of_a_month(minutes_a_day: float, minute: float, *, days: int = MONTH) -> int:
    """Return what being phoned so long a day costs one person in a month."""
    return round(minutes_a_day * minute * days)
