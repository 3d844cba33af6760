"""What counts for each date once a word about one of them was taken back: as if it had never been said.

May import: streaks. A good word may excuse later days (`streaks.spared`): with it they come back too, but for what another
good word excuses by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ivy.domain.streaks import Outcome, spared

GOOD = frozenset({Outcome.KEPT, Outcome.REST, Outcome.EXCUSED})


class By(Enum):
    """Whose an event of a day is."""

    WORD = "word"
    """The person's, about a workout or a reserve day."""
    VERDICT = "verdict"
    """A day that was closed, or excused: it stands under their words."""
    APPEAL = "appeal"
    """The verdict that a miss was wrong, on their good word."""
    FOLLOWED = "followed"
    """What followed from a word about another day."""
    TAKEN_BACK = "taken back"
    """Their words about the day hold no more."""
    UNSAID = "unsaid"
    """Their appeals of the day hold no more."""


@dataclass(frozen=True)
class Said:
    """One event of a date, in the order in which they came; None is a word that says nothing of the streak."""

    day: date
    outcome: Outcome | None
    by: By


ENDS = {By.TAKEN_BACK: By.WORD, By.UNSAID: By.APPEAL}


def standing(said: Iterable[Said]) -> dict[date, Outcome]:
    """Return what counts for each date, by the words and verdicts that stand and by what follows from them."""
    heard: dict[date, Outcome] = {}
    for each in _standing(said):
        if each.outcome is None:
            heard.pop(each.day, None)
            continue
        excused = spared(heard.items(), each.day, each.outcome)
        heard |= {each.day: each.outcome, **dict.fromkeys(excused, Outcome.EXCUSED)}
    return heard


def holds(said: Iterable[Said], day: date, by: By) -> bool:
    """Say whether something of that kind was said of a date and was not taken back."""
    return any((each.day, each.by) == (day, by) for each in _standing(said))


def _standing(said: Iterable[Said]) -> list[Said]:
    """Leave out what was taken back, what followed, and good words in whose place another word came."""
    left: list[Said] = []
    for each in said:
        if each.by in ENDS:
            left = [one for one in left if (one.day, one.by) != (each.day, ENDS[each.by])]
        elif each.by is not By.FOLLOWED:
            left.append(each)
    last = {each.day: each for each in left}
    return [each for each in left if each is last[each.day] or each.outcome not in GOOD]
