"""What a phone call is, whoever carries it: its kinds, its states, its outcome, and how reports of it join.

May import: the domain's plain words. A provider tells of a call in any order, twice or never: `join` gives the same record.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from ivy.domain.plain_words import word_set, words_of
from ivy.errors import IvyError


class CallKind(StrEnum):
    """Why Ivy and a person speak. INBOUND: they called; HELLO: thirty seconds, to know the voice; TEST: an operator's.

    NOTICE: it carries one message that could not be written, and nothing else comes of it.
    """

    MORNING = "morning"
    EVENING = "evening"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    RESCUE = "rescue"
    TEST = "test"
    HELLO = "hello"
    INBOUND = "inbound"
    NOTICE = "notice"


HUNG_UP_AT_ONCE = 20.0
"""Seconds: the agent waits up to ten for a hello, and its first sentence takes the rest.

Whoever picks up and hangs up within them without a word, or after a hello, does not want to talk now: they declined.
"""
TALK = 3
"""Answers of a person's, each to words of the agent's, that make a talk."""
WORDS, A_HELLO = "…", "…?"
"""What is kept in the place of what somebody said."""
_HELLO = word_set(
    "hello hi hey there good morning afternoon evening ivy hola alo halo bueno buenos buenas dias tardes noches diga digame "
    "oigo quien es habla who is this it calling"
)
"""What everybody says before they know who calls."""


class CallState(StrEnum):
    """DUE: its time has come; QUEUED: it waits for a line; DIALING: asked of the provider; the rest says itself."""

    DUE = "due"
    QUEUED = "queued"
    DIALING = "dialing"
    LIVE = "live"
    ENDED = "ended"
    ANALYSED = "analysed"
    FAILED = "failed"
    ABANDONED = "abandoned"


class CallOutcome(StrEnum):
    """What became of it, for the person. COMPLETED means that they spoke; FAILED is a fault of ours or the provider's."""

    COMPLETED = "completed"
    MISSED = "missed"
    DECLINED = "declined"
    VOICEMAIL = "voicemail"
    OPTED_OUT = "opted_out"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Again(StrEnum):
    """Whether another attempt is worth it. FAULT: soon, or by another provider; MEND: not before the operator did something."""

    NO = "no"
    LADDER = "ladder"
    FAULT = "fault"
    MEND = "mend"
    NEVER = "never"
    """The number, or the person, is not to be called any more."""
    AT_WISH = "at_wish"
    """They asked for another time."""


@dataclass(frozen=True)
class Verdict:
    """What a provider's reason for the end of a call means."""

    outcome: CallOutcome
    again: Again = Again.NO
    known: bool = True
    """False for a reason that no list of ours has: kept, and treated as a fault."""
    needs_words: bool = False
    """COMPLETED only if the person spoke; otherwise they missed it."""
    by_person: bool = False
    """They ended it themselves: at once and without a word, they declined it."""
    by_silence: bool = False
    """It ended because nobody said any more: after a hello alone, they missed it."""


@dataclass(frozen=True)
class Spoken:
    """One turn of a call; `by` is "agent" or "person", times are seconds of the call or None."""

    by: str
    text: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Report:
    """All that is known of a call, or what one message of its provider adds to that.

    `duration_seconds` may be 0, times are UTC. `seen` are the events heard of: started, ended, analysed.
    """

    provider: str = ""
    provider_call_id: str = ""
    our_id: str = ""
    direction: str = ""
    from_number: str = ""
    to_number: str = ""
    seen: tuple[str, ...] = ()
    reason: str = ""
    """The provider's own word for the end."""
    verdict: Verdict | None = None
    in_voicemail: bool | None = None
    voicemail_left: bool | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_seconds: float | None = None
    spoken: tuple[Spoken, ...] = ()
    summary: str = ""
    sentiment: str = ""
    extracted: dict[str, str] = field(default_factory=dict[str, str])
    recording_url: str = ""
    cost_micros: int | None = None
    latency_ms: int | None = None
    """The median wait for an answer of the agent's."""

    @property
    def is_over(self) -> bool:
        return self.verdict is not None

    @property
    def person_spoke(self) -> bool:
        return any(turn.by == "person" and turn.text.strip() for turn in self.spoken)

    @property
    def outcome(self) -> CallOutcome | None:
        """Return what became of the call, as far as is known; None while it goes on."""
        if self.verdict is None:
            return None
        outcome = self.verdict.outcome
        if outcome in (CallOutcome.COMPLETED, CallOutcome.MISSED) and self.in_voicemail and not self._is_talk:
            return CallOutcome.VOICEMAIL
        if outcome is CallOutcome.COMPLETED and self.verdict.needs_words and not self._talked(self.verdict):
            return CallOutcome.DECLINED if self._hung_up_at_once else CallOutcome.MISSED
        return outcome

    @property
    def _is_talk(self) -> bool:
        """Say whether they answered the agent several times: no machine does, whatever the provider took them for."""
        heard = [turn.by for turn in self.spoken if turn.by != "person" or _masked(turn.text) == WORDS]
        answers = [one for one in pairwise(heard) if one == ("agent", "person")]
        return len(answers) >= TALK

    def _talked(self, verdict: Verdict) -> bool:
        if not (self._hung_up_at_once or verdict.by_silence):
            return self.person_spoke
        return any(turn.by == "person" and _masked(turn.text) == WORDS for turn in self.spoken)

    @property
    def _hung_up_at_once(self) -> bool:
        lasted = self.duration_seconds
        return bool(self.verdict and self.verdict.by_person) and lasted is not None and lasted < HUNG_UP_AT_ONCE

    @property
    def again(self) -> Again:
        if self.verdict is None:
            return Again.NO
        if self.verdict.again is Again.NO and self.outcome in (CallOutcome.MISSED, CallOutcome.VOICEMAIL):
            return Again.LADDER
        return self.verdict.again


def join(one: Report, other: Report) -> Report:
    """Return what two reports of one call tell together; the same whichever came first, and however often each did."""
    return Report(
        provider=_fuller(one.provider, other.provider),
        provider_call_id=_fuller(one.provider_call_id, other.provider_call_id),
        our_id=_fuller(one.our_id, other.our_id),
        direction=_fuller(one.direction, other.direction),
        from_number=_fuller(one.from_number, other.from_number),
        to_number=_fuller(one.to_number, other.to_number),
        seen=tuple(sorted({*one.seen, *other.seen})),
        reason=_fuller(one.reason, other.reason),
        verdict=_surer(one.verdict, other.verdict),
        in_voicemail=_either(one.in_voicemail, other.in_voicemail),
        voicemail_left=_either(one.voicemail_left, other.voicemail_left),
        started_at=min((at for at in (one.started_at, other.started_at) if at), default=None),
        ended_at=max((at for at in (one.ended_at, other.ended_at) if at), default=None),
        duration_seconds=_larger(one.duration_seconds, other.duration_seconds),
        spoken=max(one.spoken, other.spoken, key=lambda turns: (len(turns), repr(turns))),
        summary=_fuller(one.summary, other.summary),
        sentiment=_fuller(one.sentiment, other.sentiment),
        extracted={key: _fuller(one.extracted.get(key, ""), other.extracted.get(key, "")) for key in _keys(one, other)},
        recording_url=_fuller(one.recording_url, other.recording_url),
        cost_micros=_larger(one.cost_micros, other.cost_micros),
        latency_ms=_larger(one.latency_ms, other.latency_ms),
    )


def _keys(one: Report, other: Report) -> list[str]:
    return sorted({*one.extracted, *other.extracted})


def _fuller(one: str, other: str) -> str:
    """Words beat none, the longer the shorter; between equals the choice is arbitrary and always the same."""
    return max(one, other, key=lambda words: (len(words), words))


def _either(one: bool | None, other: bool | None) -> bool | None:
    known = [value for value in (one, other) if value is not None]
    return any(known) if known else None


N = TypeVar("N", int, float)


def _larger(one: N | None, other: N | None) -> N | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _surer(one: Verdict | None, other: Verdict | None) -> Verdict | None:
    """A reason that we know beats one that we do not."""
    return max((each for each in (one, other) if each), key=lambda each: (each.known, repr(each)), default=None)


def without_words(report: Report) -> Report:
    """Return a report that still tells who spoke, and when, but not what they said: that is kept apart, and not as long."""
    return replace(report, spoken=tuple(replace(turn, text=_masked(turn.text)) for turn in report.spoken))


def _masked(text: str) -> str:
    if not text.strip() or text in (WORDS, A_HELLO):
        return text.strip()
    said = words_of(text)
    return A_HELLO if said and _HELLO.issuperset(said) else WORDS


# --- states ------------------------------------------------------------------------------------------


class IllegalStep(IvyError, ValueError):
    """A call cannot go from one state to the other."""


_STEPS: dict[CallState, frozenset[CallState]] = {
    CallState.DUE: frozenset({CallState.QUEUED, CallState.DIALING, CallState.ABANDONED, CallState.FAILED}),
    CallState.QUEUED: frozenset({CallState.DIALING, CallState.ABANDONED, CallState.FAILED}),
    CallState.DIALING: frozenset(
        {CallState.LIVE, CallState.ENDED, CallState.ANALYSED, CallState.FAILED, CallState.QUEUED, CallState.ABANDONED}
    ),
    CallState.LIVE: frozenset({CallState.ENDED, CallState.ANALYSED, CallState.FAILED}),
    CallState.ENDED: frozenset({CallState.ANALYSED}),
    CallState.ANALYSED: frozenset(),
    CallState.FAILED: frozenset({CallState.ENDED, CallState.ANALYSED}),
    CallState.ABANDONED: frozenset(),
}
"""DIALING goes back to QUEUED only when the provider surely placed nothing; FAILED may turn out to have ended after all."""


def step(state: CallState, to: CallState) -> CallState:
    """Return the new state; staying is always allowed. Raises: IllegalStep."""
    if to is not state and to not in _STEPS[state]:
        raise IllegalStep(f"A call that is {state.value} cannot become {to.value}.")
    return to


def state_after(state: CallState, report: Report) -> CallState:
    """Return the state that a report brings a call to: only ever forwards."""
    if report.verdict is not None:
        wanted = CallState.ANALYSED if "analysed" in report.seen else CallState.ENDED
        if report.verdict.outcome is CallOutcome.FAILED:
            wanted = CallState.FAILED
    elif "started" in report.seen:
        wanted = CallState.LIVE
    else:
        return state
    return wanted if wanted is state or wanted in _STEPS[state] else state
