"""Where scores are going: a straight line through them, and on how many it stands. May import: the standard library.

Under four points nothing is claimed. Source: C-s-trends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction

FEWEST = 4
SPANS = (4, 12)
"""In weeks."""
STEADY = Fraction(1, 20)
"""Points a week; a slope no steeper than that, up or down, is called steady."""


class Direction(Enum):
    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    UNKNOWN = "unknown"
    """Too few points to say."""


@dataclass(frozen=True)
class Trend:
    """The line through `n` scores of the last `weeks` weeks. `slope` is points a week, None under FEWEST points."""

    weeks: int
    n: int
    slope: Fraction | None = None

    @property
    def direction(self) -> Direction:
        if self.slope is None:
            return Direction.UNKNOWN
        if abs(self.slope) <= STEADY:
            return Direction.STEADY
        return Direction.UP if self.slope > 0 else Direction.DOWN


def trend(points: Iterable[tuple[date, int]], today: date, weeks: int) -> Trend:
    """Return the least-squares line through the scores of the last `weeks` weeks, today included; one a date, the last counts.

    Exact: the order of the points does not matter, and neither does the day they are counted from.
    """
    first = today - timedelta(weeks=weeks) + timedelta(days=1)
    within = {day: score for day, score in points if first <= day <= today}
    n = len(within)
    return Trend(weeks, n, _slope(within) * 7 if n >= FEWEST else None)


def _slope(scores: dict[date, int]) -> Fraction:
    """Return points a day; two dates at least."""
    n = len(scores)
    x = [day.toordinal() for day in scores]
    middle, level = Fraction(sum(x), n), Fraction(sum(scores.values()), n)
    shared = sum((day - middle) * (score - level) for day, score in zip(x, scores.values(), strict=True))
    return Fraction(shared / sum((day - middle) ** 2 for day in x))
