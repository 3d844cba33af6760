"""Stop and start, what a person agreed to, and whether Ivy may reach them. May import: the domain.

A missed "stop" is worse than a question too many: what is not a bare keyword, but asks for silence, asks back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from ivy.domain import stop_phrases
from ivy.domain.plain_words import clauses_of, is_emoji, words_of


class StopMeaning(Enum):
    STOP = "stop"
    """A bare keyword: acts at once, on everything."""
    STOP_LIKE = "stop_like"
    """A sentence that asks for silence: suspends what nobody asked for, and asks how much to stop."""
    START = "start"
    """The way back; without meaning for somebody who has not stopped."""
    NONE = "none"


class StopScope(Enum):
    """The answer to "today, calls, or everything?"; NOTHING is "keep going"."""

    TODAY = "today"
    CALLS = "calls"
    EVERYTHING = "everything"
    NOTHING = "nothing"


def stop_meaning(text: str) -> StopMeaning:
    """Judge a whole message, in any of six languages; only what the person wrote now, nothing quoted or forwarded."""
    clauses = clauses_of(text)
    phrases = {_bare(clause) for clause in clauses} - {""}
    said = {phrase for phrase in phrases if phrase not in stop_phrases.ALONE_POLITE}
    if (said and said <= stop_phrases.STOP) or _spelled_out(clauses) in stop_phrases.STOP:
        return StopMeaning.STOP
    if said & stop_phrases.PLAIN_ANYWHERE or any(map(_asks_for_silence, clauses)):
        return StopMeaning.STOP_LIKE
    return StopMeaning.START if said and said <= stop_phrases.START else StopMeaning.NONE


def stop_answer(text: str) -> StopScope | None:
    """Read the answer to "today, calls, or everything?", or None: a bare "no" or "nada" may mean either thing."""
    if stop_meaning(text) is StopMeaning.STOP:
        return StopScope.EVERYTHING
    if _bare(words_of(text)) in stop_phrases.CARRY_ON:
        return StopScope.NOTHING
    # A "no" of its own ("no, everything") is not one that belongs to what follows ("not everything").
    clauses = [clause for clause in clauses_of(text) if clause != ("no",)]
    spoken = " ".join(word for clause in clauses for word in clause if not is_emoji(word))
    said = set(spoken.replace("nada mas", "").split()) - stop_phrases.SCOPE_NOISE
    scopes = said - stop_phrases.NOT
    if not scopes or not scopes <= stop_phrases.TODAY | stop_phrases.CALLS | stop_phrases.EVERYTHING:
        return None
    return _scope(scopes, negated=scopes != said)


def _scope(said: set[str], *, negated: bool) -> StopScope | None:
    """`said` are scope words only. "All calls" is calls, "everything for today" is today, "calls today" is unclear.

    "No calls" asks for the same as "calls"; "not everything" and "not today" leave the question open.
    """
    calls, today = bool(said & stop_phrases.CALLS), bool(said & stop_phrases.TODAY)
    if calls:
        return None if today else StopScope.CALLS
    if negated:
        return None
    return StopScope.TODAY if today else StopScope.EVERYTHING


def _bare(clause: tuple[str, ...]) -> str:
    """A clause without polite words, a repeated word once; of emojis only the ones that say stop, where no word is."""
    words = [word for word in clause if not is_emoji(word) and word not in stop_phrases.POLITE]
    kept = words or [word for word in clause if word in stop_phrases.STOP]
    return " ".join(word for word, before in zip(kept, ["", *kept], strict=False) if word != before)


def _spelled_out(clauses: tuple[tuple[str, ...], ...]) -> str:
    """ "S T O P" and "s.t.o.p." as one word; anything else as nothing."""
    letters = [word for clause in clauses for word in clause]
    return "".join(letters) if all(len(letter) == 1 for letter in letters) and len(letters) > 2 else ""


def _asks_for_silence(clause: tuple[str, ...]) -> bool:
    words = [word for word in clause if not is_emoji(word)]
    if not words:
        return set(clause) <= stop_phrases.STOP_LIKE_EMOJI
    sentence = " ".join(words)
    return len(words) <= stop_phrases.LONGEST_CLAUSE and any(p.fullmatch(sentence) for p in stop_phrases.STOP_LIKE)


# --- consent ---------------------------------------------------------------------------------------

UNTIL_ANSWERED = datetime(9999, 1, 1, tzinfo=UTC)
"""`suspended_until` of somebody who has not yet said how much to stop."""


class PersonStatus(Enum):
    INVITED = "invited"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


class Purpose(Enum):
    """What a person agrees to, one by one.

    HEALTH is to keep and speak of what they tell about their health, IMAGES to show pictures they send to a model.
    """

    MESSAGES = "messages"
    CALLS = "calls"
    HEALTH = "health"
    IMAGES = "images"


@dataclass(frozen=True)
class Consent:
    granted: frozenset[Purpose] = frozenset()


@dataclass(frozen=True)
class Permission:
    """`rule` names what decided, in words an operator can show; `until` is when a refusal ends by itself."""

    allowed: bool
    rule: str
    until: datetime | None = None


def may_contact(
    status: PersonStatus,
    consents: Consent,
    suspended_until: datetime | None,
    purpose: Purpose,
    *,
    asked_for: bool,
    now: datetime,
) -> Permission:
    """Decide whether Ivy may reach a person for `purpose`.

    Somebody who writes may always be answered, stopped or not: `asked_for` stands in for the consent to messages,
    never for the one to calls or health. Who has stopped gets nothing else, asked for or not.
    """
    answering = asked_for and purpose is Purpose.MESSAGES
    if answering:
        return Permission(True, "an answer to what they wrote")
    if status is PersonStatus.STOPPED:
        return Permission(False, "they said stop")
    if purpose not in consents.granted:
        return Permission(False, f"no consent to {purpose.value}")
    if asked_for:
        return Permission(True, "asked for, with consent")
    if status is not PersonStatus.ACTIVE:
        return Permission(False, f"{status.value}: only what they ask for")
    if suspended_until is not None and now < suspended_until:
        return Permission(False, "suspended: only what they ask for", until=suspended_until)
    return Permission(True, "consent given")
