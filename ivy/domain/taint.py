"""Text by others is data: how it is marked, and what a turn that has read some may still do unasked.

May import: plain_words, invisible. Whoever wrote such a text may want something of a model; what a tool may do is decided
here, from what the tool touches and what the person said themselves, never from what a model says.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from ivy.domain.invisible import strip_invisible
from ivy.domain.plain_words import clauses_of, word_set, words_of

SHORTEST_KEPT = 12
"""Plain letters; a shorter text has no room for an order."""


class Origin(StrEnum):
    """Where a text came from that the person did not write."""

    FORWARDED = "forwarded"
    QUOTED = "quoted"
    CONTACT = "contact"
    PLACE = "place"
    AUDIO = "audio"
    PICTURE = "picture"
    STORED = "stored"
    """Kept earlier, with the person's yes, from a text by others."""
    RESULT = "result"
    """What a tool brought from outside."""
    REPLY = "reply"
    """Ivy's own words, in a turn that had read some."""


class Touch(StrEnum):
    """What of a person's a tool reaches."""

    NOTHING = "nothing"
    """It only looks."""
    SHOWS = "shows"
    """It puts something to tap beside a reply: nothing happens before the tap."""
    NOTES = "notes"
    """It writes down what was: money spent, a workout, a score."""
    PLANS = "plans"
    """It books, sets or moves what is to come."""
    DELETES = "deletes"
    MONEY = "money"
    REVEALS = "reveals"
    """It hands out what is kept."""
    CONTACT = "contact"
    """How, when and where the person is reached."""
    CONSENT = "consent"


class Why(StrEnum):
    """Why a tool is not run at once."""

    GRAVE = "grave"
    """It costs, calls somebody, reaches the outside or cannot be undone."""
    FOREIGN = "foreign"
    """The turn has read text by others."""
    AGAIN = "again"
    """The very same was done a moment ago."""
    IN_WORDS = "in_words"
    """The turn has read text by others, and this one takes the person's own words; a tap would not do."""


@dataclass(frozen=True)
class Read:
    """What the model of a turn has read: the person's own new words, and where other text came from."""

    own: str = ""
    foreign: frozenset[str] = frozenset()
    lately: str = ""
    """The person's own words of the last minutes before that."""


def why_ask(
    touch: Touch, *, grave: bool, texts: Sequence[str], asked_by: Iterable[str], read: Read | None
) -> Why | None:
    """Return why a tool waits for the person's yes, or None if it may run.

    `grave`: it costs, calls, reaches the outside or cannot be undone. `texts`: the words among its arguments. `asked_by`:
    beginnings of words with which somebody asks for just this. `read` is None where no model decides: a tap, a form.
    """
    if read is None or touch in (Touch.NOTHING, Touch.SHOWS):
        return None
    if not read.foreign:
        return Why.GRAVE if grave and not is_asked_by(asked_by, f"{read.lately}\n{read.own}") else None
    if touch is Touch.REVEALS:
        return None if is_asked_by(asked_by, read.own) else Why.IN_WORDS
    said = touch is Touch.NOTES and not grave and texts and all(is_said(text, read.own) for text in texts)
    return None if said else Why.FOREIGN


_NOT = word_set("not never no nunca tampoco jamas cannot dont doesnt didnt wont wouldnt cant couldnt shouldnt mustnt")
_ASKS_NOTHING = re.compile(
    r"\b(?:did (?:you|i|we) \w+|se (?:me|te|nos) \w+"
    r"|i(?:ll)? (?:always |often |sometimes |just |might )?forget|forget(?:ful|ting)\w*|me olvide|olvidaste)$"
)
"""Ends of plain clauses that tell of it, or ask whether it was done: "what did you forget", "se me olvida", "I forget"."""
_REACH = 4
"""Words over which a "not" reaches: "don't ever call me", "no me vuelvas a llamar"."""
_ASKING_WHY = ("why", "por que")
"""After these a "not" is a wish: "why don't you call me?"."""


def is_asked_by(beginnings: Iterable[str], own: str) -> bool:
    """Say whether one of the person's own words begins as one of these does, and asks: no "not" stands right before it."""
    known = tuple(beginnings)
    return bool(known) and any(
        word.startswith(known) and not _is_denied(clause[:at]) and not _ASKS_NOTHING.search(" ".join(clause[: at + 1]))
        for clause in clauses_of(own)
        for at, word in enumerate(clause)
    )


def _is_denied(before: Sequence[str]) -> bool:
    return not _NOT.isdisjoint(before[-_REACH:]) and not " ".join(before).startswith(_ASKING_WHY)


def is_said(text: str, own: str) -> bool:
    """Say whether the words of `text` stand in the person's own, side by side."""
    wanted = plain(text)
    return bool(wanted) and f" {wanted} " in f" {plain(own)} "


def texts_in(arguments: Any) -> list[str]:
    """Return the texts among a call's arguments (decoded JSON), however deep."""
    match arguments:
        case str():
            return [arguments] if arguments.strip() else []
        case dict():
            return [text for value in cast("dict[str, Any]", arguments).values() for text in texts_in(value)]
        case list():
            return [text for value in cast("list[Any]", arguments) for text in texts_in(value)]
        case _:
            return []


# --- what is kept --------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Return the plain words of a text: the form in which foreign texts are kept and found again."""
    return " ".join(words_of(text))


def worth_keeping(texts: Iterable[str]) -> list[str]:
    """Return the plain form of those texts that are long enough to say anything to a model."""
    return list(dict.fromkeys(each for text in texts if len(each := plain(text)) >= SHORTEST_KEPT))


def carries(text: str, foreign: Iterable[str]) -> bool:
    """Say whether a text holds one of the foreign texts, given in their plain form."""
    known = list(foreign)
    if not known:
        return False
    words = plain(text)
    return any(each in words for each in known)


# --- how it is told ------------------------------------------------------------------------------------

BAR = "| "
"""Before each line of a text by others, so that none of its lines can be anything else."""
_OPENING, _CLOSING = '<data from="', "</data>"
_BRACKETS = str.maketrans("<>", "‹›")


def frame(origin: Origin, text: str) -> str:
    """Return a text by others as a block that it cannot end: no line of it begins as one of ours does."""
    lines = strip_invisible(text).translate(_BRACKETS).splitlines() or [""]
    return "\n".join([f'{_OPENING}{origin.value}">', *(f"{BAR}{line}" for line in lines), _CLOSING])


def is_framed(line: str) -> bool:
    """Say whether a line belongs to such a block, one that was cut short included."""
    return line.startswith((BAR, _OPENING)) or line == BAR.rstrip() or line == _CLOSING


def inline(text: str) -> str:
    """Return what is kept as one line of facts: it can neither begin a line of its own nor end the facts."""
    return " ".join(strip_invisible(text).split()).translate(_BRACKETS)


# --- whose words a message is ----------------------------------------------------------------------------


def origin_of(event: Mapping[str, Any]) -> Origin | None:
    """Return where the words of a received message came from, by its event as it is kept; None: from the person."""
    kind = event.get("kind")
    if event.get("forwarded"):
        return Origin.FORWARDED
    if kind == "contacts":
        return Origin.CONTACT
    if kind == "location" and (event.get("name") or event.get("address")):
        return Origin.PLACE
    if kind == "media" and event.get("type") == "audio" and not event.get("voice"):
        return Origin.AUDIO  # a recording that was sent as a file: a meeting, a song, somebody else's note
    return None
