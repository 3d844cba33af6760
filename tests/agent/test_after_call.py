"""What a call that is over brings about: danger first, then silence, and nothing that an unproved caller said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import after_call, calls_said, stopping
from ivy.daemon import calling
from ivy.daemon.context import Context
from ivy.domain.calls import Again, CallKind, CallOutcome, Report, Spoken, Verdict, join
from ivy.domain.consent import UNTIL_ANSWERED, Purpose
from ivy.domain.dialing import Refuse
from ivy.domain.sentences import ENGLISH, Say
from ivy.store import calls, consents, people
from ivy.store.calls import Call
from ivy.store.scope import PersonStore, Scope
from tests.agent.around_calls import DAY, Life, ended, life_of


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    made = life_of(context, person)
    await made.agrees(Purpose.CALLS)
    await made.agrees(Purpose.MESSAGES)
    return made


def over(life: Life, outcome: CallOutcome, *said: str, **more: Any) -> Call:
    call = ended(life, outcome, **more)
    spoken = tuple(Spoken("person", text) for text in said)
    return replace(
        call, report=replace(call.report, spoken=spoken, seen=("ended", "analysed"), extracted=more_of(said))
    )


def more_of(said: Sequence[str]) -> dict[str, str]:
    return {"workout_done": "yes", "workout_kind": "run"} if any("ran" in each for each in said) else {}


async def settled(life: Life, call: Call, was: CallOutcome | None = None) -> None:
    def write(scope: Scope) -> None:
        own = calling.own_hours(people.load(scope), life.context)
        after_call.settle(scope, call, own, life.desk, was=was)

    await life.rows.write(write)


async def suspended(life: Life) -> bool:
    until = (await life.person()).suspended_until
    return until is not None and until > life.now


async def test_danger_is_heard_before_a_provider_says_that_they_want_no_calls(
    life: Life, autojump_clock: MockClock
) -> None:
    await settled(life, over(life, CallOutcome.OPTED_OUT, "I want to kill myself"))
    assert len(await life.ask("SELECT id FROM reviews")) == 1
    assert "988" in (await life.said())[0]


@pytest.mark.parametrize(
    ("said", "asks"),
    [("please stop calling me", False), ("don't call me again", False), ("leave me alone", True), ("stop", True)],
)
async def test_who_wants_more_than_no_calls_is_asked_how_much(
    life: Life, said: str, asks: bool, autojump_clock: MockClock
) -> None:
    await settled(life, over(life, CallOutcome.OPTED_OUT, said))
    assert ENGLISH[Say.NO_MORE_CALLS] in await life.said()
    assert await suspended(life) is asks


async def test_a_pause_that_is_over_hides_no_spoken_stop(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(people.suspend, life.now - timedelta(days=9))
    await settled(life, over(life, CallOutcome.COMPLETED, "please stop contacting me"))
    assert await suspended(life)


SPOKEN_STOPS = [
    "stop calling me",
    "please never call me again",
    "don't call me anymore",
    "deja de llamarme",
    "no me llames nunca más",
    "no me llames más por favor",
]


@pytest.mark.parametrize("kind", [CallKind.INBOUND, CallKind.RESCUE])
@pytest.mark.parametrize("said", SPOKEN_STOPS)
async def test_a_spoken_stop_is_heard_in_a_pause_that_lasts(
    life: Life, said: str, kind: CallKind, autojump_clock: MockClock
) -> None:
    friday = life.now + timedelta(days=4)
    await life.rows.write(people.suspend, friday)
    call = over(life, CallOutcome.COMPLETED, said, kind=kind, asked_by="person")
    await settled(life, call)
    assert (await life.person()).suspended_until == UNTIL_ANSWERED
    assert (await life.said())[-1] == ENGLISH[Say.STOP_QUESTION]
    await settled(life, call, was=CallOutcome.COMPLETED)  # its analysis comes later
    assert (await life.said()).count(ENGLISH[Say.STOP_QUESTION]) == 1
    await life.taps(stopping.answered, "calls")
    assert (await life.person()).suspended_until == friday  # the pause that they chose stays
    assert Purpose.CALLS not in await life.rows.read(consents.current)
    await settled(life, call, was=CallOutcome.COMPLETED)  # answered: it is not asked again about the same call
    assert (await life.person()).suspended_until == friday


@pytest.mark.parametrize(
    ("answer", "days", "said"),
    [
        ("nothing", 4, "Okay, I stay quiet until Fri 27 Nov, as you asked before."),
        ("today", 4, "Okay, I stay quiet until Fri 27 Nov, as you asked before."),
        ("today", 0, ENGLISH[Say.STOP_TODAY]),
        ("nothing", 0, ENGLISH[Say.STOP_NOTHING]),
    ],
)
async def test_a_pause_is_not_shortened_by_the_answer(
    life: Life, answer: str, days: int, said: str, autojump_clock: MockClock
) -> None:
    until = life.now + timedelta(days=days)
    await life.rows.write(people.suspend, until if days else None)
    await settled(life, over(life, CallOutcome.COMPLETED, "stop contacting me"))
    await life.does(stopping.suspend_and_ask)  # and they write the like before they answer
    await life.taps(stopping.answered, answer)
    now = (await life.person()).suspended_until
    assert (now == until) if days else (now is None or now < life.now + timedelta(days=1))
    assert (await life.said())[-1] == said


async def test_a_wish_for_no_calls_today_leaves_the_pause(life: Life, autojump_clock: MockClock) -> None:
    friday = life.now + timedelta(days=4)
    await life.rows.write(people.suspend, friday)
    await settled(life, over(life, CallOutcome.COMPLETED, "stop calling me"))
    await life.does(calls_said.none_today)
    assert (await life.person()).suspended_until == friday


async def test_who_has_not_answered_yet_is_not_asked_twice(life: Life, autojump_clock: MockClock) -> None:
    await life.does(stopping.suspend_and_ask)
    await settled(life, over(life, CallOutcome.COMPLETED, "leave me alone"))
    assert (await life.said()).count(ENGLISH[Say.STOP_QUESTION]) == 1


@pytest.mark.parametrize("proved", [False, True])
async def test_what_an_unproved_caller_says_writes_nothing(life: Life, proved: bool, autojump_clock: MockClock) -> None:
    call = over(life, CallOutcome.COMPLETED, "I did it, I ran today", kind=CallKind.INBOUND)
    call = replace(call, direction="in", proved_at=life.now if proved else None)
    await settled(life, call)
    assert bool(await life.ask("SELECT id FROM workouts")) is proved


async def test_who_wants_to_be_called_back_is_asked_when_once(life: Life, autojump_clock: MockClock) -> None:
    call = over(life, CallOutcome.COMPLETED, "call me later", again=Again.AT_WISH)
    await settled(life, call)
    await settled(life, call, was=CallOutcome.COMPLETED)
    assert (await life.said()).count(ENGLISH[Say.CALL_WHEN]) == 1


@pytest.mark.parametrize("truth", [CallOutcome.COMPLETED, CallOutcome.DECLINED, CallOutcome.MISSED])
def test_what_a_provider_says_late_beats_what_was_taken_for_lost(truth: CallOutcome) -> None:
    lost = Report(seen=("lost",), reason="lost", verdict=Verdict(CallOutcome.FAILED, Again.NO, known=False))
    late = Report(seen=("ended",), verdict=Verdict(truth, Again.NO))
    assert join(lost, late).verdict == join(late, lost).verdict == late.verdict


@pytest.mark.parametrize(
    ("evening", "is_fault"),
    [(CallOutcome.FAILED, True), (CallOutcome.COMPLETED, False), (CallOutcome.MISSED, False), (None, False)],
)
async def test_a_morning_that_took_place_hides_no_evening_that_failed(
    life: Life, evening: CallOutcome | None, is_fault: bool, autojump_clock: MockClock
) -> None:
    def write(scope: Scope) -> bool:
        for kind, hours, outcome in ((CallKind.MORNING, 0, CallOutcome.COMPLETED), (CallKind.EVENING, 13, evening)):
            if outcome is not None:
                call = ended(life, outcome, kind=kind, call_id=kind.value)
                keep(scope, replace(call, due_at=call.due_at + timedelta(hours=hours)))
        return calls.failed_by_fault(scope, DAY)

    assert await life.rows.write(write) is is_fault


def keep(scope: Scope, call: Call) -> None:
    calls.ask(scope, call, now=call.due_at)
    scope.execute(
        "UPDATE calls SET state = 'ended', outcome = :outcome WHERE user_id = :user AND id = :id",
        outcome=call.outcome and call.outcome.value,
        id=call.id,
    )


async def test_another_try_that_waited_over_midnight_does_not_ring(life: Life, autojump_clock: MockClock) -> None:
    life.set(datetime(2026, 11, 24, 4, 45, tzinfo=UTC))  # 23:45 of the Monday, in New York
    missed = ended(life, CallOutcome.MISSED, kind=CallKind.EVENING, again=Again.LADDER)
    await life.rows.write(keep, missed)
    await settled(life, missed)
    (row,) = await life.ask("SELECT id FROM calls WHERE attempt = 2")
    again = await life.rows.read(calls.load, row["id"])
    assert again is not None
    life.passes(minutes=14)  # 23:59
    ringing = await life.rows.store.read(calling.decide, again, life.context)
    assert not isinstance(ringing, Refuse) or "another try" not in ringing.rule
    life.passes(minutes=1)
    decided = await life.rows.store.read(calling.decide, again, life.context)
    assert decided == Refuse("it was another try for a day that is over", fault=True)
