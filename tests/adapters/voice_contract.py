"""What every provider of phone calls promises Ivy, whoever it is. A second provider passes all of it as it stands.

A promise is a function of a `Ground`: one provider's adapter in front of its emulator. A provider's own test file makes the
ground, and runs each promise of `CONTRACT`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import permutations
from typing import Any, Protocol

import pytest

from ivy.domain.calls import Again, CallOutcome, CallState, Report, join, state_after
from ivy.emulators.faults import Fault, Refuse, ResetAfter, ResetBefore, Slow, Truncated, gateway_page
from ivy.errors import (
    BadSignature,
    OutcomeUnknown,
    Unreadable,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
)
from ivy.ports import Dial, Voice

ANA, STRANGER = "+573001112233", "+447700900123"
WAIT = timedelta(seconds=7)


class Plays(Enum):
    """What the person does when their phone rings."""

    TALKS = auto()
    SAYS_NOTHING = auto()
    DOES_NOT_ANSWER = auto()
    IS_BUSY = auto()
    DECLINES = auto()
    IS_A_MAILBOX = auto()
    WANTS_NO_CALLS = auto()
    IS_CUT_OFF = auto()
    """The provider fails in the middle of it."""


class Answers(Enum):
    """What the provider answers to the next thing it is asked."""

    TOO_MANY = auto()
    """With the advice to come again after WAIT."""
    UNPAID = auto()
    WRONG_KEY = auto()
    NOT_THIS_CALL = auto()
    """It refuses the request itself; its words quote the number that was to be called."""
    BROKEN = auto()


@dataclass(frozen=True)
class Posted:
    """Something that the provider posted to Ivy; header names are in lower case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Greeted:
    """A caller who was put through, as the provider has the call."""

    language: str
    variables: Mapping[str, str]
    report: Report


class Ground(Protocol):
    """One provider's adapter in front of its emulator. Calls go on while a promise waits; time is virtual."""

    @property
    def voice(self) -> Voice: ...

    @property
    def key(self) -> str:
        """A secret that no error may quote."""
        ...

    def now(self) -> datetime: ...

    def variables(self) -> dict[str, str]:
        """Return every variable that a call needs."""
        ...

    def sign(self, body: bytes, *, at: datetime) -> dict[str, str]:
        """Return the headers with which the provider would post a body."""
        ...

    def answer(self, what: Answers) -> None: ...

    def break_off(self, fault: Fault) -> None:
        """Let something go wrong on the way of the next call that is asked for."""
        ...

    def person(self, phone: str, plays: Plays) -> None: ...

    async def over(self) -> tuple[Posted, ...]:
        """Wait until every call is over; return all that was posted about them, in order."""
        ...

    async def somebody_calls(self, phone: str, answer: Callable[[bytes], bytes]) -> Greeted | None:
        """Let somebody call; `answer` gets the question what to do with them, and its answer is obeyed."""
        ...

    def placed(self) -> int:
        """Return how many calls the provider was made to place."""
        ...

    def function(self, our_id: str, tool: str, arguments: Mapping[str, Any], person_turns: int) -> bytes:
        """Return what the provider posts when the agent uses a tool after so many turns of the person's."""
        ...

    def unheard_of(self, body: bytes) -> bytes:
        """Return an event of a call's end with a reason that nobody has heard of."""
        ...

    def another_event(self) -> bytes:
        """Return an event that means nothing to Ivy."""
        ...


def a_call(ground: Ground, our_id: str = "0193f2aa", **more: Any) -> Dial:
    usual: dict[str, Any] = {
        "user_id": "u7",
        "to": ANA,
        "language": "en",
        "variables": ground.variables(),
        "longest_seconds": 300,
    }
    return Dial(our_id, **{**usual, **more})


async def played(ground: Ground, plays: Plays, **more: Any) -> list[Report]:
    """Place one call and return everything that is reported of it."""
    ground.person(ANA, plays)
    await ground.voice.dial(a_call(ground, **more))
    reports: list[Report] = []
    for posted in await ground.over():
        ground.voice.verify(posted.body, posted.headers)
        reports += ground.voice.parse(posted.body)
    assert reports
    return reports


def joined(reports: list[Report]) -> Report:
    record = reports[0]
    for report in reports[1:]:
        record = join(record, report)
    return record


# --- signatures ------------------------------------------------------------------------------------------


async def it_believes_what_the_provider_signed_and_nothing_else(ground: Ground) -> None:
    body = ground.another_event()
    headers = ground.sign(body, at=ground.now())
    ground.voice.verify(body, headers)
    ground.voice.verify(body, {**headers, "user-agent": "anything"}, repeated=frozenset({"accept"}))
    for changed in (body + b" ", body[:-1], b""):
        with pytest.raises(BadSignature):
            ground.voice.verify(changed, headers)
    for name in headers:
        with pytest.raises(BadSignature):
            ground.voice.verify(body, {**headers, name: headers[name][:-1]})
        with pytest.raises(BadSignature):
            ground.voice.verify(body, headers, repeated=frozenset({name}))
    with pytest.raises(BadSignature):
        ground.voice.verify(body, {})


# --- reports ---------------------------------------------------------------------------------------------


async def a_call_is_told_of_from_ringing_to_its_analysis(ground: Ground) -> None:
    reports = await played(ground, Plays.TALKS)
    record, state = joined(reports), CallState.DIALING
    for report in reports:
        state = state_after(state, report)
    assert state is CallState.ANALYSED
    assert record.provider == ground.voice.name
    assert (record.our_id, record.direction, record.to_number) == ("0193f2aa", "outbound", ANA)
    assert set(record.seen) == {"started", "ended", "analysed"}
    assert record.outcome is CallOutcome.COMPLETED
    assert record.person_spoke
    assert {turn.by for turn in record.spoken} == {"agent", "person"}
    assert record.started_at and record.ended_at and record.started_at < record.ended_at <= ground.now()
    assert record.duration_seconds and record.duration_seconds > 0
    assert record.cost_micros and record.cost_micros > 1000
    assert record.summary


async def every_order_of_its_reports_makes_the_same_record(ground: Ground) -> None:
    reports = await played(ground, Plays.TALKS)
    assert len(reports) == 3
    for order in permutations([*reports, *reports], 4):
        some = list(order)
        whole = joined([*some, *reports])
        assert whole == joined(reports)


async def what_it_tells_when_asked_is_what_it_reported(ground: Ground) -> None:
    record = joined(await played(ground, Plays.TALKS))
    asked = await ground.voice.get(record.provider_call_id)
    assert asked is not None
    assert join(record, asked) == record
    assert replace(asked, seen=record.seen) == record


async def _ends(ground: Ground, plays: Plays, outcome: CallOutcome, again: Again) -> Report:
    record = joined(await played(ground, plays))
    assert (record.outcome, record.again) == (outcome, again)
    asked = await ground.voice.get(record.provider_call_id)
    assert asked is not None and asked.outcome is outcome
    assert record.reason and record.verdict is not None and record.verdict.known
    return record


async def a_phone_that_rings_out_is_a_missed_call(ground: Ground) -> None:
    record = await _ends(ground, Plays.DOES_NOT_ANSWER, CallOutcome.MISSED, Again.LADDER)
    assert "started" not in record.seen
    assert record.spoken == ()


async def a_busy_line_is_a_missed_call(ground: Ground) -> None:
    await _ends(ground, Plays.IS_BUSY, CallOutcome.MISSED, Again.LADDER)


async def somebody_who_says_nothing_was_not_reached(ground: Ground) -> None:
    await _ends(ground, Plays.SAYS_NOTHING, CallOutcome.MISSED, Again.LADDER)


async def somebody_who_declines_is_not_tried_again(ground: Ground) -> None:
    await _ends(ground, Plays.DECLINES, CallOutcome.DECLINED, Again.NO)


async def a_mailbox_is_no_completed_call(ground: Ground) -> None:
    record = await _ends(ground, Plays.IS_A_MAILBOX, CallOutcome.VOICEMAIL, Again.LADDER)
    assert record.voicemail_left is not True


async def a_message_is_left_where_one_was_asked_for(ground: Ground) -> None:
    record = joined(await played(ground, Plays.IS_A_MAILBOX, voicemail="Hi, it's Ivy. I'll text you."))
    assert record.outcome is CallOutcome.VOICEMAIL
    assert record.voicemail_left is True


async def a_wish_not_to_be_called_is_final(ground: Ground) -> None:
    await _ends(ground, Plays.WANTS_NO_CALLS, CallOutcome.OPTED_OUT, Again.NEVER)


async def a_fault_of_the_providers_is_nobodys_missed_call(ground: Ground) -> None:
    await _ends(ground, Plays.IS_CUT_OFF, CallOutcome.FAILED, Again.FAULT)


async def an_end_that_nobody_has_heard_of_is_a_fault(ground: Ground) -> None:
    ground.person(ANA, Plays.TALKS)
    await ground.voice.dial(a_call(ground))
    posted = await ground.over()
    (report,) = ground.voice.parse(ground.unheard_of(posted[-1].body))
    assert (report.outcome, report.again) == (CallOutcome.FAILED, Again.FAULT)
    assert report.verdict is not None and not report.verdict.known
    known = [each for one in posted for each in ground.voice.parse(one.body)]
    assert joined([report, *known]).outcome is CallOutcome.COMPLETED


async def events_that_mean_nothing_make_no_report(ground: Ground) -> None:
    assert ground.voice.parse(ground.another_event()) == ()
    for body in (b"", b"{", b"[]", b"\xff\xfe", b"null"):
        with pytest.raises(Unreadable):
            ground.voice.parse(body)


# --- placing a call ----------------------------------------------------------------------------------------


async def a_call_is_placed_once_however_often_it_is_asked_for(ground: Ground) -> None:
    ids = {await ground.voice.dial(a_call(ground)) for _again in range(3)}
    assert len(ids) == 1 and ids != {""}
    assert ground.placed() == 1
    assert {await ground.voice.dial(a_call(ground, "0193f2bb"))}.isdisjoint(ids)
    assert ground.placed() == 2


async def a_call_speaks_its_own_language_and_knows_its_variables(ground: Ground) -> None:
    ground.person(ANA, Plays.TALKS)
    for language in ("en", "es"):
        await ground.voice.dial(a_call(ground, f"0193f2-{language}", language=language))
    posted = b" ".join(each.body for each in await ground.over())
    assert all(value.encode() in posted for value in ground.variables().values() if value.isalnum())


async def a_call_that_would_stammer_is_not_placed(ground: Ground) -> None:
    name = next(iter(ground.variables()))
    wrong: tuple[Dial, ...] = (
        a_call(ground, variables={**ground.variables(), name: 7}),
        a_call(ground, variables={**ground.variables(), name: None}),
        a_call(ground, variables={**ground.variables(), name: "\ud83c"}),
        a_call(ground, variables={key: value for key, value in ground.variables().items() if key != name}),
        a_call(ground, to="3001112233"),
        a_call(ground, our_id=""),
    )
    for call in wrong:
        with pytest.raises(VendorRefused):
            await ground.voice.dial(call)
    assert ground.placed() == 0


async def each_refusal_says_what_to_do_next(ground: Ground) -> None:
    expected: dict[Answers, type[VendorError]] = {
        Answers.TOO_MANY: VendorBusy,
        Answers.UNPAID: VendorMisconfigured,
        Answers.WRONG_KEY: VendorMisconfigured,
        Answers.NOT_THIS_CALL: VendorRefused,
        Answers.BROKEN: OutcomeUnknown,
    }
    for what, kind in expected.items():
        ground.answer(what)
        with pytest.raises(VendorError) as caught:
            await ground.voice.dial(a_call(ground))
        assert type(caught.value) is kind, what
        assert ANA not in str(caught.value) and ground.key not in str(caught.value)
        if isinstance(caught.value, VendorBusy):
            assert caught.value.throttled
            assert caught.value.after == WAIT
    assert ground.placed() == 0


async def a_call_that_surely_was_not_placed_may_be_tried_again(ground: Ground) -> None:
    ground.break_off(Refuse())
    with pytest.raises(VendorBusy) as caught:
        await ground.voice.dial(a_call(ground))
    assert not caught.value.throttled
    assert ground.placed() == 0


async def a_call_that_may_have_been_placed_is_unknown_until_it_is_looked_up(ground: Ground) -> None:
    faults: tuple[tuple[Fault, bool], ...] = (
        (ResetBefore(), False),
        (ResetAfter(), True),
        (Slow(600), True),
        (Truncated(), True),
        (gateway_page(200), True),
        (gateway_page(502), True),
        (gateway_page(504, done=False), False),
        (gateway_page(404, done=False), False),
    )
    placed = 0
    for number, (fault, was_placed) in enumerate(faults):
        our_id = f"0193f2-{number}"
        ground.break_off(fault)
        with pytest.raises(OutcomeUnknown):
            await ground.voice.dial(a_call(ground, our_id))
        placed += was_placed
        found = await ground.voice.look_up(our_id)
        assert (found is not None) == was_placed, fault
        if found is not None:
            assert found.our_id == our_id
            assert await ground.voice.dial(a_call(ground, our_id)) == found.provider_call_id
        assert ground.placed() == placed


async def asking_never_leaves_anything_unknown(ground: Ground) -> None:
    provider_call_id = await ground.voice.dial(a_call(ground))
    asks: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: ground.voice.get(provider_call_id),
        lambda: ground.voice.look_up("0193f2aa"),
        ground.voice.lines,
    )
    for ask in asks:
        ground.answer(Answers.BROKEN)
        with pytest.raises(VendorBusy):
            await ask()
        await ask()


# --- asking about calls ------------------------------------------------------------------------------------


async def a_call_is_found_by_either_id_or_surely_not_there(ground: Ground) -> None:
    assert await ground.voice.look_up("0193f2aa") is None
    for other in ("0193f2", "0193f2aaa"):
        await ground.voice.dial(a_call(ground, other))
    assert await ground.voice.look_up("0193f2aa") is None
    provider_call_id = await ground.voice.dial(a_call(ground))
    for found in (await ground.voice.look_up("0193f2aa"), await ground.voice.get(provider_call_id)):
        assert found is not None
        assert (found.our_id, found.provider_call_id) == ("0193f2aa", provider_call_id)
        assert not found.is_over
    assert await ground.voice.get("nobody") is None


async def a_call_that_was_looked_up_has_its_words(ground: Ground) -> None:
    record = joined(await played(ground, Plays.TALKS))
    found = await ground.voice.look_up("0193f2aa")
    assert found is not None and found.spoken == record.spoken


async def hanging_up_ends_a_call_and_may_be_repeated(ground: Ground) -> None:
    ground.person(ANA, Plays.SAYS_NOTHING)
    provider_call_id = await ground.voice.dial(a_call(ground))
    await ground.voice.hang_up(provider_call_id)
    await ground.over()
    report = await ground.voice.get(provider_call_id)
    assert report is not None and report.outcome is CallOutcome.CANCELLED
    await ground.voice.hang_up(provider_call_id)
    await ground.voice.hang_up("nobody")


async def its_lines_are_counted(ground: Ground) -> None:
    ground.person(ANA, Plays.SAYS_NOTHING)
    before = await ground.voice.lines()
    assert before.now == 0 < before.limit
    await ground.voice.dial(a_call(ground))
    assert (await ground.voice.lines()).now == 1
    await ground.over()
    assert await ground.voice.lines() == before


# --- what it asks of us ------------------------------------------------------------------------------------


async def a_function_carries_whose_call_it_is_and_when_it_was_asked(ground: Ground) -> None:
    body = ground.function("0193f2aa", "save_plan", {"workout": "a run", "minutes": 20}, 3)
    found = ground.voice.read_function(body, "save_plan")
    assert (found.our_id, found.tool, found.utterance) == ("0193f2aa", "save_plan", 3)
    assert found.provider_call_id
    assert json.loads(found.arguments) == {"workout": "a run", "minutes": 20}
    later = ground.voice.read_function(ground.function("0193f2aa", "save_plan", {}, 4), "save_plan")
    assert later.utterance == 4
    for wrong in (b"", b"{}", b"[]", ground.another_event()):
        with pytest.raises(Unreadable):
            ground.voice.read_function(wrong, "save_plan")


async def a_caller_is_named_and_put_through_with_what_ivy_says(ground: Ground) -> None:
    rung: list[str] = []

    def answer(body: bytes) -> bytes:
        ringing = ground.voice.read_ringing(body)
        rung.extend((ringing.from_number, ringing.to_number))
        return ground.voice.take("0193f2cc", "u7", "es", {**ground.variables(), "ivy_name": "Samuel"})

    greeted = await ground.somebody_calls(ANA, answer)
    assert greeted is not None and rung[0] == ANA and rung[1].startswith("+")
    assert greeted.language == "es"
    assert greeted.variables["ivy_name"] == "Samuel"
    assert (greeted.report.our_id, greeted.report.direction) == ("0193f2cc", "inbound")
    assert greeted.report.from_number == ANA


async def a_stranger_is_put_through_with_nobodys_ids(ground: Ground) -> None:
    greeted = await ground.somebody_calls(STRANGER, lambda _body: ground.voice.take("", "", "en", ground.variables()))
    assert greeted is not None and greeted.report.our_id == ""
    for wrong in (b"", b"{}", b"[]", ground.another_event()):
        with pytest.raises(Unreadable):
            ground.voice.read_ringing(wrong)


CONTRACT: tuple[Callable[[Ground], Awaitable[None]], ...] = (
    it_believes_what_the_provider_signed_and_nothing_else,
    a_call_is_told_of_from_ringing_to_its_analysis,
    every_order_of_its_reports_makes_the_same_record,
    what_it_tells_when_asked_is_what_it_reported,
    a_phone_that_rings_out_is_a_missed_call,
    a_busy_line_is_a_missed_call,
    somebody_who_says_nothing_was_not_reached,
    somebody_who_declines_is_not_tried_again,
    a_mailbox_is_no_completed_call,
    a_message_is_left_where_one_was_asked_for,
    a_wish_not_to_be_called_is_final,
    a_fault_of_the_providers_is_nobodys_missed_call,
    an_end_that_nobody_has_heard_of_is_a_fault,
    events_that_mean_nothing_make_no_report,
    a_call_is_placed_once_however_often_it_is_asked_for,
    a_call_speaks_its_own_language_and_knows_its_variables,
    a_call_that_would_stammer_is_not_placed,
    each_refusal_says_what_to_do_next,
    a_call_that_surely_was_not_placed_may_be_tried_again,
    a_call_that_may_have_been_placed_is_unknown_until_it_is_looked_up,
    asking_never_leaves_anything_unknown,
    a_call_is_found_by_either_id_or_surely_not_there,
    a_call_that_was_looked_up_has_its_words,
    hanging_up_ends_a_call_and_may_be_repeated,
    its_lines_are_counted,
    a_function_carries_whose_call_it_is_and_when_it_was_asked,
    a_caller_is_named_and_put_through_with_what_ivy_says,
    a_stranger_is_put_through_with_nobodys_ids,
)
