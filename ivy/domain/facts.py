"""What is known of a person, and which of two things that cannot both be true holds. May import: plain_words.

A fact with a subject stands in a slot of which one holds at a time: what is said later takes its place, and what took its
place is linked. Nothing that was said is lost but by forgetting.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ivy.domain.plain_words import words_of

PROMPT_MARK = "You note down what one person says about themself"
"""How the words begin by which a model is asked for facts: an emulated one knows them by it."""
LONGEST_TEXT = 200
LONGEST_SUBJECT = 40
SURE_ENOUGH = 0.5
"""What a model is less sure of is not kept."""


class Kind(StrEnum):
    """What sort of thing is known."""

    PREFERENCE = "preference"
    FACT = "fact"
    GOAL = "goal"
    CONSTRAINT = "constraint"
    """What must be minded: an allergy, an injury, a diet."""
    RELATION = "relation"
    SCHEDULE = "schedule"


class Way(StrEnum):
    """How it became known: TOLD by "remember", NOTICED by a model in what they wrote."""

    TOLD = "told"
    NOTICED = "noticed"


class Ended(StrEnum):
    """Why a fact holds no more."""

    NOT = ""
    SUPERSEDED = "superseded"
    DENIED = "denied"
    FORGOTTEN = "forgotten"


class Acts(StrEnum):
    """Whether Ivy behaves by a fact: not at all, to be asked, asked, yes, no."""

    NOT = ""
    ASK = "ask"
    ASKED = "asked"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class Claim:
    """One thing that a person said: when, in which message, and how surely it was understood (0 to 1)."""

    kind: Kind
    subject: str
    value: str
    text: str
    quote: str
    message_id: str
    way: Way
    confidence: float
    said_at: datetime


@dataclass(frozen=True)
class Fact:
    """A claim that was kept; it holds from `since` until `until`, and `replaced_by` names what contradicts it."""

    id: str
    kind: Kind
    subject: str
    value: str
    text: str
    quote: str
    message_id: str
    way: Way
    confidence: float
    since: datetime
    last_said: datetime
    until: datetime | None = None
    replaced_by: str = ""
    ended: Ended = Ended.NOT
    acts: Acts = Acts.NOT

    @property
    def holds(self) -> bool:
        return self.until is None


@dataclass(frozen=True)
class Taken:
    """What a claim did: the fact that keeps it, all facts that are new or changed, and the one that it replaced."""

    fact: Fact
    changed: tuple[Fact, ...]
    replaced: Fact | None = None


def take(known: Sequence[Fact], claim: Claim, new_id: str) -> Taken:
    """Return what is known once somebody said this. `known`: all facts of its kind and subject, whether they hold or not.

    In whatever order claims of one slot are taken, what was said last holds; what comes late goes into the past.
    """
    facts = [fact for fact in known if fact.ended is not Ended.FORGOTTEN]
    if not claim.subject:
        same = next((fact for fact in facts if fact.holds and meaning(fact) == meaning(claim)), None)
        return _restated(same, claim) if same else _added(claim, new_id)
    live = next((fact for fact in facts if fact.holds), None)
    if live is None:
        return _added(claim, new_id)
    if (claim.said_at, meaning(claim)) < (live.last_said, meaning(live)):
        return _into_the_past(facts, live, claim, new_id)
    if meaning(claim) == meaning(live):
        return _restated(live, claim)
    added = _fact(claim, new_id)
    closed = _superseded(live, added.id, claim.said_at)
    return Taken(added, (closed, added), live)


def meaning(said: Claim | Fact) -> str:
    """Return what two sayings share that say the same: their value, or else their plain words."""
    return said.value or " ".join(words_of(said.text))


def _fact(claim: Claim, fact_id: str) -> Fact:
    return Fact(
        fact_id,
        claim.kind,
        claim.subject,
        claim.value,
        claim.text,
        claim.quote,
        claim.message_id,
        claim.way,
        claim.confidence,
        claim.said_at,
        claim.said_at,
    )


def _added(claim: Claim, new_id: str) -> Taken:
    added = _fact(claim, new_id)
    return Taken(added, (added,))


def _restated(fact: Fact, claim: Claim) -> Taken:
    again = replace(
        fact,
        last_said=max(fact.last_said, claim.said_at),
        since=min(fact.since, claim.said_at) if not fact.subject else fact.since,
        confidence=max(fact.confidence, claim.confidence),
    )
    return Taken(again, (again,))


def _superseded(fact: Fact, by: str, at: datetime) -> Fact:
    return replace(
        fact, until=max(at, fact.since), replaced_by=by, ended=Ended.SUPERSEDED, last_said=min(fact.last_said, at)
    )


def _into_the_past(facts: Sequence[Fact], live: Fact, claim: Claim, new_id: str) -> Taken:
    """Put a claim that comes late where it belongs: after what was said before it, and replaced by what came next."""
    later = [fact for fact in facts if (fact.since, meaning(fact)) > (claim.said_at, meaning(claim))]
    following = min(later, key=lambda fact: (fact.since, meaning(fact)), default=live)
    until = max(claim.said_at, following.since if following in later else live.last_said)
    added = replace(_fact(claim, new_id), until=until, replaced_by=following.id, ended=Ended.SUPERSEDED, acts=Acts.NOT)
    before = [fact for fact in facts if fact.replaced_by == following.id and fact.since <= claim.said_at]
    return Taken(added, (*(_superseded(fact, new_id, claim.said_at) for fact in before), added))


def chain_of(known: Iterable[Fact], fact: Fact) -> list[Fact]:
    """Return a fact with all that was known about the same: what is forgotten together."""
    if not fact.subject:
        return [fact]
    return [each for each in known if (each.kind, each.subject) == (fact.kind, fact.subject) and each.text]


# --- what a claim must be --------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """A message of a person's own: its words, and when they sent it."""

    message_id: str
    words: str
    said_at: datetime


def claim_of(
    source: Source, *, kind: str, subject: str, value: str, text: str, quote: str, confidence: float
) -> Claim | None:
    """Return what a model noticed in a message, or None if it does not stand there, is no fact, or is not sure enough."""
    said = words_of(quote)
    if kind not in set(Kind) or not said or not is_within(said, words_of(source.words)):
        return None
    told, sure = " ".join(text.split()), min(max(confidence, 0.0), 1.0)
    if not told or len(told) > LONGEST_TEXT or not sure >= SURE_ENOUGH:  # no number at all is not enough either
        return None
    about = " ".join(words_of(subject.replace("_", " ")))[:LONGEST_SUBJECT]
    shown = beginning(quote)
    plain_value = " ".join(value.split())[:LONGEST_SUBJECT]
    return Claim(Kind(kind), about, plain_value, told, shown, source.message_id, Way.NOTICED, sure, source.said_at)


def beginning(words: str) -> str:
    """Return the beginning of what somebody said, on one line, no longer than a fact may be, and cut between words."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT + 1].rpartition(" ")[0] or line[:LONGEST_TEXT]


def is_within(words: Sequence[str], text: Sequence[str]) -> bool:
    """Say whether words stand in a text one after another."""
    length = len(words)
    return any(tuple(text[at : at + length]) == tuple(words) for at in range(len(text) - length + 1))


# --- what Ivy behaves by ---------------------------------------------------------------------------


class Behaviour(StrEnum):
    """What a preference may change: when and how Ivy gets in touch, and how it writes. The subject of such a fact."""

    CALL_TIME = "call time"
    CONTACT_WAY = "contact way"
    LANGUAGE = "language"
    TONE = "tone"
    UNITS = "units"


VALUES: dict[Behaviour, re.Pattern[str]] = {
    Behaviour.CALL_TIME: re.compile(r"morning|afternoon|evening|(?:[01]\d|2[0-3]):[0-5]\d"),
    Behaviour.CONTACT_WAY: re.compile(r"voice|text|mixed"),
    Behaviour.LANGUAGE: re.compile(r"en|es"),
    Behaviour.TONE: re.compile(r"brief|warm"),
    Behaviour.UNITS: re.compile(r"metric|imperial"),
}
"""What each may be; a call time is a part of the day, or local HH:MM."""


def behaviour_of(said: Claim | Fact) -> Behaviour | None:
    """Return what Ivy would do otherwise by this, or None if it is only to be known."""
    if said.kind not in (Kind.PREFERENCE, Kind.SCHEDULE) or said.subject not in set(Behaviour):
        return None
    behaviour = Behaviour(said.subject)
    return behaviour if VALUES[behaviour].fullmatch(said.value) else None
