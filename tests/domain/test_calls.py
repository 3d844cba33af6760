"""Reports of one call join to the same record in any order; a call's state only ever goes forwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.calls import (
    Again,
    CallOutcome,
    CallState,
    IllegalStep,
    Report,
    Spoken,
    Verdict,
    join,
    state_after,
    step,
    without_words,
)
from tests.cases import each_case

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SPOKE = (Spoken("agent", "Hi, it's Ivy", 0.0, 1.5), Spoken("person", "hello", 2.0, 2.5))
DONE = Verdict(CallOutcome.COMPLETED, needs_words=True)
STARTED = Report("retell", "c1", "ours", "out", seen=("started",), started_at=AT)
ENDED = Report(
    "retell", "c1", "ours", seen=("ended",), reason="user_hangup", verdict=DONE, started_at=AT,
    ended_at=AT + timedelta(minutes=2), duration_seconds=120.0, spoken=SPOKE, cost_micros=20_000,
)  # fmt: skip
ANALYSED = Report(
    "retell", "c1", "ours", seen=("analysed",), reason="user_hangup", verdict=DONE, summary="They run at six.",
    in_voicemail=False, extracted={"plan_workout": "run"}, cost_micros=22_000,
)  # fmt: skip
EVENTS = (STARTED, ENDED, ANALYSED)

words = st.text(alphabet="ab", max_size=2)
said = words | st.sampled_from(["Hello?", " ", "…"])
verdicts = st.none() | st.builds(Verdict, st.sampled_from(CallOutcome), st.sampled_from(Again), *[st.booleans()] * 4)
turns = st.lists(st.builds(Spoken, st.sampled_from(["agent", "person"]), said), max_size=2).map(tuple)
moments = st.none() | st.sampled_from([AT, AT + timedelta(minutes=1)])
reports = st.builds(
    Report,
    provider=words,
    provider_call_id=words,
    our_id=words,
    seen=st.sets(st.sampled_from(["started", "ended", "analysed"])).map(lambda seen: tuple(sorted(seen))),
    reason=words,
    verdict=verdicts,
    in_voicemail=st.none() | st.booleans(),
    started_at=moments,
    ended_at=moments,
    duration_seconds=st.none() | st.sampled_from([0.0, 12.5]),
    spoken=turns,
    summary=words,
    extracted=st.dictionaries(st.sampled_from(["a", "b"]), words, max_size=2),
    cost_micros=st.none() | st.integers(0, 3),
)


SILENT = Report(seen=("ended",), verdict=Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=True))


@pytest.mark.parametrize(
    ("seconds", "by_person", "outcome", "again"),
    [
        (2.0, True, CallOutcome.DECLINED, Again.NO),
        (19.9, True, CallOutcome.DECLINED, Again.NO),
        (20.0, True, CallOutcome.MISSED, Again.LADDER),
        (2.0, False, CallOutcome.MISSED, Again.LADDER),
        (None, True, CallOutcome.MISSED, Again.LADDER),
    ],
)
def test_who_picks_up_and_hangs_up_at_once_does_not_want_to_talk_now(
    seconds: float | None, by_person: bool, outcome: CallOutcome, again: Again
) -> None:
    verdict = Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=by_person)
    told = Report(seen=("ended",), verdict=verdict, duration_seconds=seconds)
    assert (told.outcome, told.again) == (outcome, again)


def test_a_machine_or_a_word_heard_later_is_no_hanging_up() -> None:
    at_once = join(SILENT, Report(duration_seconds=3.0))
    assert at_once.outcome is CallOutcome.DECLINED
    assert join(at_once, Report(in_voicemail=True)).outcome is CallOutcome.VOICEMAIL
    talked = (*SPOKE, Spoken("person", "I run at six"))
    machine = Report(spoken=(Spoken("agent", "Hi"), Spoken("person", "Leave a message"), Spoken("person", "Goodbye")))
    assert join(at_once, replace(machine, in_voicemail=True)).outcome is CallOutcome.VOICEMAIL
    talk = Report(spoken=(Spoken("agent", "and?"), Spoken("person", "I run at six")) * 3, in_voicemail=True)
    assert join(at_once, talk).outcome is without_words(join(at_once, talk)).outcome is CallOutcome.COMPLETED
    assert join(at_once, Report(spoken=talked)).outcome is CallOutcome.COMPLETED


@pytest.mark.parametrize(
    ("said", "is_hello"),
    [
        ("Hello?", True), ("¿Aló? ¿Quién es?", True), ("Hi, who is this?", True), ("¡Buenos días!", True),
        ("Hello, I ran this morning", False), ("not now", False), ("sí", False), ("", True),
    ],
)  # fmt: skip
def test_a_hello_is_no_talk_where_they_hang_up_at_once_or_fall_silent(said: str, is_hello: bool) -> None:
    spoken = (Spoken("agent", "Hi Ana, it's Ivy"), Spoken("person", said))
    fell_silent = Verdict(CallOutcome.COMPLETED, needs_words=True, by_silence=True)
    for report, without in (
        (replace(SILENT, duration_seconds=8.0, spoken=spoken), CallOutcome.DECLINED),
        (Report(seen=("ended",), verdict=fell_silent, duration_seconds=52.0, spoken=spoken), CallOutcome.MISSED),
    ):
        expected = without if is_hello else CallOutcome.COMPLETED
        assert report.outcome is without_words(report).outcome is expected
    listened = replace(SILENT, duration_seconds=90.0, spoken=spoken)
    assert listened.outcome is (CallOutcome.COMPLETED if said else CallOutcome.MISSED)


def together(told: tuple[Report, ...]) -> Report:
    record = Report()
    for report in told:
        record = join(record, report)
    return record


@pytest.mark.parametrize(
    "lost", [(), (STARTED,), (ANALYSED,), (STARTED, ANALYSED)], ids=["none", "first", "last", "both"]
)
def test_every_order_with_doubles_and_losses_tells_the_same(lost: tuple[Report, ...]) -> None:
    kept = tuple(each for each in EVENTS if each not in lost)
    records = {repr(together(order)) for order in permutations((*kept, *kept))}
    assert records == {repr(together(kept))}
    assert together(kept).outcome is CallOutcome.COMPLETED


@given(reports, reports, reports)
def test_joining_knows_no_order_and_no_doubles(one: Report, two: Report, three: Report) -> None:
    assert join(one, two) == join(two, one)
    assert join(join(one, two), three) == join(one, join(two, three))
    assert join(one, one) == join(one, Report())


@given(reports)
def test_without_words_nobody_knows_what_was_said_but_that_it_was(report: Report) -> None:
    bare = without_words(report)
    assert bare.person_spoke == report.person_spoke and len(bare.spoken) == len(report.spoken)
    assert all(turn.text in ("", "…", "…?") for turn in bare.spoken)
    assert bare.outcome is report.outcome
    assert without_words(bare) == bare


# --- what became of it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "outcome", "again"),
    [
        (Report(verdict=DONE, spoken=SPOKE), CallOutcome.COMPLETED, Again.NO),
        (Report(verdict=DONE), CallOutcome.MISSED, Again.LADDER),
        (Report(verdict=DONE, spoken=SPOKE, in_voicemail=True), CallOutcome.VOICEMAIL, Again.LADDER),
        (Report(verdict=Verdict(CallOutcome.MISSED, Again.LADDER)), CallOutcome.MISSED, Again.LADDER),
        (Report(verdict=Verdict(CallOutcome.FAILED, Again.FAULT), in_voicemail=True), CallOutcome.FAILED, Again.FAULT),
        (Report(verdict=Verdict(CallOutcome.OPTED_OUT, Again.NEVER)), CallOutcome.OPTED_OUT, Again.NEVER),
        (Report(), None, Again.NO),
    ],
)
def test_what_became_of_it(report: Report, outcome: CallOutcome | None, again: Again) -> None:
    assert (report.outcome, report.again, report.is_over) == (outcome, again, outcome is not None)


def test_a_reason_that_we_know_beats_one_that_we_do_not() -> None:
    known, unknown = Verdict(CallOutcome.MISSED), Verdict(CallOutcome.FAILED, known=False)
    assert join(Report(verdict=unknown), Report(verdict=known)).verdict == known


# --- states ------------------------------------------------------------------------------------------

ORDER = [CallState.DUE, CallState.QUEUED, CallState.DIALING, CallState.LIVE, CallState.ENDED, CallState.ANALYSED]
LAST = (CallState.ANALYSED, CallState.ABANDONED)


@pytest.mark.parametrize("state", CallState)
def test_staying_is_no_step(state: CallState) -> None:
    assert step(state, state) is state


@each_case(("state", "to"), list(product(CallState, CallState)))
def test_only_a_call_that_was_surely_not_placed_goes_back(state: CallState, to: CallState) -> None:
    try:
        step(state, to)
    except IllegalStep:
        assert state is not to
        return
    if state in ORDER and to in ORDER and ORDER.index(to) < ORDER.index(state):
        assert (state, to) == (CallState.DIALING, CallState.QUEUED)
    assert state not in LAST or state is to


@given(st.sampled_from(CallState), st.lists(reports, max_size=5))
def test_reports_never_bring_a_call_back(state: CallState, told: list[Report]) -> None:
    record = Report()
    for report in told:
        record = join(record, report)
        after = state_after(state, record)
        assert after is step(state, after)
        state = after


def test_the_usual_way() -> None:
    assert state_after(CallState.DIALING, Report()) is CallState.DIALING
    assert state_after(CallState.DIALING, STARTED) is CallState.LIVE
    assert state_after(CallState.LIVE, ENDED) is CallState.ENDED
    assert state_after(CallState.ENDED, together(EVENTS)) is CallState.ANALYSED
    assert state_after(CallState.DIALING, Report(verdict=Verdict(CallOutcome.FAILED))) is CallState.FAILED
    assert state_after(CallState.ABANDONED, ENDED) is CallState.ABANDONED
