"""A replay as a plan in people: who hears of it once, when, and what is left; and the pace at which it runs.

May import: the domain.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ivy.domain.contents import (
    LONGEST_BODY,
    LONGEST_TEXT,
    AnyContent,
    Buttons,
    Choices,
    Emoji,
    File,
    Template,
    Words,
)
from ivy.domain.jobs import CALL_CHECK, EMBED, INBOUND, MARK_READ, PREWRITE, REMEMBER, SEND, TELL_OPERATOR, TURN


class What(StrEnum):
    """What a plan does with one letter."""

    NOW = "now"
    LATER = "later"
    """When the person wakes, or what holds it ends."""
    TEMPLATE = "template"
    """Their window is closed: a template says it, or tells them that it waits."""
    HELD = "held"
    """Their window is closed, and no template may be sent: it waits until they write."""
    TOO_LATE = "too_late"
    OPTED_OUT = "opted_out"
    ARRIVED = "arrived"
    LOST = "lost"
    POISON = "poison"
    NEXT = "next"
    """It cannot be said in the one message that they get: it stays for a next replay."""

    @property
    def goes(self) -> bool:
        """Whether the letter goes back to work."""
        return self in (What.NOW, What.LATER, What.TEMPLATE, What.HELD)


# --- one message each ------------------------------------------------------------------------------

SILENT = frozenset(kind.name for kind in (INBOUND, MARK_READ, EMBED, REMEMBER, PREWRITE, TELL_OPERATOR, CALL_CHECK))
"""Kinds of work that say nothing to anybody by themselves."""
ROOM_FOR_OPENING = 300
ROOM_FOR_ANSWER = 1500
"""Of an answer that is still to be found, beside words that were."""
PERHAPS = "the first may have arrived"
"""Noted of a letter of whose sending nothing was heard."""
GAP = "\n\n"


@dataclass(frozen=True)
class Letter:
    """One letter that may go back to work. `content` is its message's, None where it is no message yet."""

    id: str
    kind: str
    whose: str
    """The person's id, the address of a stranger, or "" for nobody's."""
    content: AnyContent | None = None
    asked_for: bool = True
    """Of a message: what nobody asked for is never said as part of what was, whose rules are other ones."""

    @property
    def speaks(self) -> bool:
        return bool(self.whose) and self.kind not in SILENT

    @property
    def joins(self) -> bool:
        """Whether its words can be said together with others."""
        return (
            self.kind == SEND.name
            and self.content is not None
            and not isinstance(self.content, File | Template | Emoji)
            and bool(self.content.in_words().strip())
        )


@dataclass(frozen=True)
class Bundle:
    """Letters that go back to work as one: one message if they speak."""

    letters: tuple[Letter, ...]

    @property
    def speaks(self) -> bool:
        return self.letters[0].speaks


def arrange(letters: Iterable[Letter]) -> tuple[list[Bundle], list[Letter]]:
    """Return the bundles, and what is left for a next replay; `letters` are in order of age.

    Each letter is in exactly one place, and nobody has more than one bundle that speaks. As many words that were decided are
    joined as one message holds; an answer that is still to be found, a turn, stands last: it says them with its own.
    """
    bundles: list[Bundle] = []
    left: list[Letter] = []
    of_person: dict[str, list[Letter]] = {}
    for letter in letters:
        if letter.speaks:
            of_person.setdefault(letter.whose, []).append(letter)
        else:
            bundles.append(Bundle((letter,)))
    for theirs in of_person.values():
        taken = _together(theirs)
        bundles.append(Bundle(tuple(taken)))
        left += [letter for letter in theirs if letter not in taken]
    return bundles, left


def _together(theirs: Sequence[Letter]) -> list[Letter]:
    sends = [letter for letter in theirs if letter.kind == SEND.name]
    answer = next((letter for letter in theirs if letter.kind == TURN.name), None)
    first = next((letter for letter in sends if letter.asked_for), None) or answer or (sends or theirs)[0]
    taken, room = [first], LONGEST_TEXT - ROOM_FOR_OPENING - _length(first)
    if not first.joins:
        return taken
    for letter in theirs:
        if letter is first or not letter.joins or letter.asked_for is not first.asked_for:
            continue
        if (room := room - len(GAP) - _length(letter)) < 0:
            break
        taken.append(letter)
    return [*taken, answer] if answer is not None and room >= ROOM_FOR_ANSWER else taken


def _length(letter: Letter) -> int:
    return 0 if letter.content is None else len(letter.content.in_words())


def join(contents: Sequence[AnyContent], opening: str = "") -> tuple[AnyContent, bool]:
    """Return several contents as one, and whether what can be tapped under the last is still there."""
    *before, last = contents
    said = [*filter(None, [opening]), *(content.in_words() for content in before)]
    if isinstance(last, Buttons) and not last.header and not last.footer:
        body = GAP.join([*said, last.body])
        if len(body) <= LONGEST_BODY:
            return Buttons(body, last.options), True
    if isinstance(last, Choices) and not last.header and not last.footer:
        body = GAP.join([*said, last.body])
        if len(body) <= LONGEST_TEXT:
            return Choices(body, last.label, last.sections), True
    return Words(GAP.join([*said, last.in_words()])), False


# --- the pace --------------------------------------------------------------------------------------

FIRST, SECOND = 1, 10
PATIENCE = timedelta(seconds=20)
"""How long it is waited for what nobody hears, and for the last ones."""
LOOK_AGAIN = timedelta(seconds=1)
LOOK_SELDOM = timedelta(seconds=10)
"""How often it is looked whether the first ones are settled, once they take longer than that."""


@dataclass(frozen=True)
class Progress:
    """How far a plan is, in bundles. `open` are released and not settled yet; `owed` are those of them that somebody hears.

    What a vendor was too busy for is not settled: it is tried again. What waits for its person's morning is none of it.
    """

    waiting: int
    released: int
    open: int
    last_released_at: datetime | None = None
    owed: int = 0


@dataclass(frozen=True)
class Release:
    """Send the next `count` back to work, and look again after `pause`."""

    count: int
    pause: timedelta


@dataclass(frozen=True)
class Look:
    """Look again at `at`."""

    at: datetime


@dataclass(frozen=True)
class Stop:
    """Something died of what the plan has not shown."""

    cause: str


@dataclass(frozen=True)
class Over:
    """Nothing is left to do."""


def next_step(progress: Progress, rate: float, now: datetime) -> Release | Look | Over:
    """Decide what a running plan does now: one, then ten, then `rate` a second.

    The first ones show whether all is well, so the others wait until those are sent or dead, whenever that is.
    """
    last = progress.last_released_at
    is_fresh = last is not None and now < last + PATIENCE
    is_watching = progress.open > 0 and is_fresh
    if progress.waiting == 0:
        return Look(now + LOOK_AGAIN) if is_watching else Over()
    if progress.released == 0:
        return Release(FIRST, LOOK_AGAIN)
    if progress.released <= FIRST + SECOND and (is_watching or progress.owed > 0):
        return Look(now + (LOOK_AGAIN if is_fresh else LOOK_SELDOM))
    if progress.released < FIRST + SECOND:
        return Release(FIRST + SECOND - progress.released, LOOK_AGAIN)
    count = max(1, int(rate))
    pause = timedelta(seconds=count / rate)
    if last is not None and now < last + pause:
        return Look(last + pause)
    return Release(count, pause)
