"""Who stayed, and how sure that is: the days looked at, a share with its interval, groups too small to be shown.

May import: the standard library. Source: E2 (what works in month three may have lost its effect by month six) and E19.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

HORIZONS = (30, 90, 180)
"""In days after the first one, which is day 0."""
AROUND = timedelta(days=3)
"""On each side of a horizon: seven days, so that whoever trains once a week is seen."""
LEAST = 5
"""People in the smallest group of which anything is told."""
Z = 1.959964
"""Of the normal distribution, for 95 of 100."""
FEW, BESIDE = "few", "beside"
"""Why a group is hidden: it is too small, or it is the one by which a smaller one could be found by subtraction."""


@dataclass(frozen=True)
class Share:
    """A part of a whole, 0 to 1, with its 95 % interval."""

    share: float
    low: float
    high: float

    def overlaps(self, other: "Share") -> bool:
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Cell:
    """How many people of a group stayed. All is None of a hidden one; `share` is None where there is nobody."""

    group: str
    people: int | None
    retained: int | None
    share: Share | None
    hidden: str = ""


def window(began: date, horizon: int) -> tuple[date, date]:
    """Return the first and the last of the seven local dates around a horizon, of somebody whose day 0 was `began`."""
    middle = began + timedelta(days=horizon)
    return middle - AROUND, middle + AROUND


def is_over(began: date, horizon: int, today: date) -> bool:
    """Say whether the seven days are over by the person's own date: before that nobody can be counted as gone."""
    return window(began, horizon)[1] < today


def wilson(of_them: int, people: int) -> Share:
    """Return a share with Wilson's interval, which is honest for few people too. 0 <= `of_them` <= `people`, people > 0."""
    share, square = of_them / people, Z * Z
    middle = (share + square / (2 * people)) / (1 + square / people)
    half = Z * sqrt(share * (1 - share) / people + square / (4 * people * people)) / (1 + square / people)
    # At the ends it reaches the share itself; arithmetic misses that by a hair.
    return Share(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def hidden(sizes: Mapping[str, int]) -> dict[str, str]:
    """Return which groups of a whole are hidden, and why.

    Where all hidden ones together are fewer than LEAST, the next smallest is hidden too: else the whole less what is shown
    would tell of them. A group of nobody tells of nobody.
    """
    found = {group: FEW for group, size in sizes.items() if 0 < size < LEAST}
    if found and sum(sizes[group] for group in found) < LEAST:
        others = sorted((size, group) for group, size in sizes.items() if size >= LEAST)
        found |= {group: BESIDE for _, group in others[:1]}
    return found


def cell(group: str, retained: int, people: int, why_hidden: str = "") -> Cell:
    """Return one group as it is shown; a group of fewer than LEAST is hidden, whatever is said of it."""
    why = why_hidden or (FEW if 0 < people < LEAST else "")
    if why:
        return Cell(group, None, None, None, why)
    return Cell(group, people, retained, wilson(retained, people) if people else None)


def cells(people: Iterable[tuple[str, bool]]) -> tuple[Cell, ...]:
    """Return the groups of a whole, in their order, of people as (group, stayed)."""
    found: dict[str, list[bool]] = {}
    for group, stayed in people:
        found.setdefault(group, []).append(stayed)
    out = hidden({group: len(each) for group, each in found.items()})
    return tuple(cell(group, sum(found[group]), len(found[group]), out.get(group, "")) for group in sorted(found))


def clustered(days: Sequence[tuple[int, int]]) -> Share | None:
    """Return the share of days of several people, each as (kept, planned); None where nothing was planned.

    Days of one person are alike, so many days of few people are less sure than Wilson's interval takes them for: the wider
    one counts, of Wilson's and that of the ratio estimator over people (Cochran, Sampling Techniques, 2.11).
    """
    planned = sum(each for _, each in days)
    if not planned:
        return None
    plain = wilson(sum(kept for kept, _ in days), planned)
    people = sum(each > 0 for _, each in days)
    if people < 2:
        return Share(plain.share, 0.0, 1.0)  # one person's days say nothing of anybody else
    squares = sum((kept - plain.share * each) ** 2 for kept, each in days)
    half = Z * sqrt(people / (people - 1) * squares) / planned
    low, high = max(0.0, plain.share - half), min(1.0, plain.share + half)
    return Share(plain.share, min(low, plain.low), max(high, plain.high))
