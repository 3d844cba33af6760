"""Words about calls: the wrong verdict, the day without, and the way back to them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import call_asking, calls_said, misjudged, missed_call, nudging, stopping
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.config import Config, Secret, StoreSection, VoiceSection
from ivy.daemon import calling
from ivy.daemon.context import Context
from ivy.daemon.handlers import call_over, call_reports
from ivy.domain.calls import CallKind, CallOutcome, CallState, Report, Spoken, Verdict
from ivy.domain.consent import UNTIL_ANSWERED, Purpose
from ivy.domain.dialing import Refuse
from ivy.domain.jobs import CALL_OVER
from ivy.domain.safety import Risk
from ivy.domain.sentences import ENGLISH, Say
from ivy.domain.slots import By, SlotKind
from ivy.store import call_slots, calls, consents, feedback, jobs, people, reviews
from ivy.store.binding import Connection
from ivy.store.call_slots import Slot
from ivy.store.calls import Call
from ivy.store.feedback import Kind
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from tests.agent.around_calls import Life, life_of

MACHINE = Report(
    provider="retell", seen=("ended",), verdict=Verdict(CallOutcome.COMPLETED, needs_words=True), in_voicemail=True
)
TALK = replace(MACHINE, seen=("analysed",), spoken=(Spoken("agent", "and?"), Spoken("person", "I run at six")) * 3)
SORRY = ENGLISH[Say.MISJUDGED]


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    life = life_of(context, person)
    voice = VoiceSection(enabled=True, number="+12025550100")
    config = Config(store=StoreSection(seal_key=Secret("a key of the tests")), voice=voice)
    life.context = replace(life.context, config=config)
    await life.rows.write(people.set_phone, "+12025550177")
    await life.rows.write(people.set_mode, "voice")
    await life.agrees(Purpose.CALLS)
    return life


async def slot(life: Life, kind: SlotKind = SlotKind.MORNING, by: By = By.VOICE, *, nudge: int = 0) -> str:
    def write(scope: Scope) -> str:
        consent = call_slots.consent_of(scope, Purpose.CALLS)
        new_id = life.context.new_id
        at = "07:00" if kind is SlotKind.MORNING else "20:00"
        more: dict[str, Any] = {"consent_id": consent, "nudge_minutes": nudge, "new_id": new_id, "now": life.now}
        return call_slots.set_slot(scope, kind, by, at, "*", **more).id

    return await life.rows.write(write)


def asks(scope: Scope, person: Person, kind: str, asked_by: str, desk: Desk) -> Call:
    return call_asking.ask_for_call(scope, person, kind, desk, asked_by=asked_by)


def writes_instead(scope: Scope, _person: Person, slot: Slot, desk: Desk) -> None:
    missed_call.contact_by(scope, slot, By.TEXT, desk)


def hears_stop(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    return stopping.heard(scope, person, heard.words, desk)


async def rings(life: Life, asked_by: str = "schedule") -> Call:
    """Let a call of the morning have been dialled just now."""

    call = await life.does(asks, "morning", asked_by)
    await life.rows.write(
        lambda scope: scope.connection.execute(
            "UPDATE calls SET state = 'dialing', provider = 'retell', placed_at_ms = due_at_ms WHERE id = ?", (call.id,)
        )
    )
    life.passes(minutes=1)
    return call


async def tells(life: Life, call: Call, report: Report) -> None:
    """Let the provider report, and what follows be looked at."""
    named = replace(report, our_id=call.id, provider_call_id=f"theirs-{call.id}")
    store = life.rows.store
    await store.write(lambda connection: call_reports.take(connection, [named], life.desk))
    await follows(life)


async def follows(life: Life) -> None:
    """Let the jobs of calls that are over be done."""

    def settle(connection: Connection) -> None:
        while found := jobs.claim(connection, CALL_OVER.queue.value, 10, now=life.now):
            for job in found:
                if job.kind == CALL_OVER.name:
                    call_over.settle(connection, job, life.context)
                jobs.finish(connection, job, now=life.now)

    await life.rows.store.write(settle)


async def writes(life: Life, heard: Callable[[Scope, Person, Heard, Desk], bool], words: str) -> bool:
    kept = await life.writes(words)

    def run(scope: Scope, person: Person, desk: Desk) -> bool:
        return heard(scope, person, Heard(words, kept.message_id, kept.external_id), desk)

    return await life.does(run)


# --- a verdict that was wrong ----------------------------------------------------------------------------


async def test_a_talk_that_was_taken_for_an_answering_machine_is_apologised_for_once(
    life: Life, autojump_clock: MockClock
) -> None:
    name = await slot(life)
    call = await rings(life)
    await tells(life, call, MACHINE)
    assert await life.said() == [ENGLISH[Say.MISSED_CALL]]
    await life.rows.write(call_slots.note_unanswered, name, call.id)
    life.passes(minutes=2)
    await tells(life, call, TALK)
    await tells(life, call, replace(TALK, summary="They run at six."))
    assert await life.said() == [ENGLISH[Say.MISSED_CALL], SORRY]
    found = await life.rows.read(calls.load, call.id)
    assert found is not None and found.outcome is CallOutcome.COMPLETED
    assert await life.rows.read(feedback.is_kept, Kind.APPEAL, call.day.isoformat())  # the day will cost nothing
    assert await life.ask("SELECT unanswered FROM call_slots") == [{"unanswered": 0}]


async def test_where_they_heard_nothing_of_a_wrong_verdict_nothing_is_said(
    life: Life, autojump_clock: MockClock
) -> None:
    call = await rings(life)
    store = life.rows.store
    named = replace(MACHINE, our_id=call.id, provider_call_id="theirs")
    await store.write(lambda connection: call_reports.take(connection, [named], life.desk))
    await tells(life, call, TALK)  # both are known before anything follows
    assert SORRY not in await life.said()


async def test_who_is_cared_for_is_apologised_to_without_a_word_of_the_streak(
    life: Life, autojump_clock: MockClock
) -> None:
    await tells(life, await rings(life), MACHINE)
    await life.rows.write(
        lambda scope: reviews.open_review(scope, "r1", Risk.EATING, source="chat", ref="m1", words="x", now=life.now)
    )
    assert await writes(life, misjudged.heard, "No, I did answer!")
    assert (await life.said())[1:] == [ENGLISH[Say.MISJUDGED_IN_CARE]]
    assert "streak" in SORRY and "streak" not in ENGLISH[Say.MISJUDGED_IN_CARE]


async def test_who_says_that_they_were_there_is_believed_once(life: Life, autojump_clock: MockClock) -> None:
    await slot(life)
    assert not await writes(life, misjudged.heard, "I was there")  # nobody rang
    call = await rings(life)
    await tells(life, call, MACHINE)
    assert not await writes(life, misjudged.heard, "good morning")
    assert await writes(life, misjudged.heard, "No, I did answer!")
    assert not await writes(life, misjudged.heard, "I was there")
    assert (await life.said())[1:] == [SORRY]
    assert await life.rows.read(feedback.is_kept, Kind.APPEAL, call.day.isoformat())


async def test_i_was_there_the_next_day_is_about_something_else(life: Life, autojump_clock: MockClock) -> None:
    call = await rings(life)
    await tells(life, call, MACHINE)
    life.passes(hours=13)
    assert not await writes(life, misjudged.heard, "I was there")


async def test_a_slot_that_became_a_text_by_a_wrong_verdict_is_a_call_again(
    life: Life, autojump_clock: MockClock
) -> None:
    name = await slot(life)
    await life.rows.write(call_slots.note_unanswered, name, "an earlier call")
    call = await rings(life)
    call = replace(call, outcome=CallOutcome.VOICEMAIL, report=MACHINE, placed_at=call.due_at)
    assert await life.does(missed_call.ask_about_slot, call)
    found = await life.rows.read(call_slots.load, name)
    assert found is not None
    await life.does(writes_instead, found)
    await tells(life, call, replace(MACHINE, voicemail_left=True))
    await tells(life, call, TALK)
    found = await life.rows.read(call_slots.load, name)
    assert found is not None and found.by is By.VOICE


# --- no calls today --------------------------------------------------------------------------------------


async def test_no_me_llames_hoy_is_a_day_without_calls_and_nothing_else(life: Life, autojump_clock: MockClock) -> None:
    name = await slot(life, SlotKind.EVENING, nudge=10)
    asked = await life.does(asks, "hello", "person")
    assert await writes(life, calls_said.heard, "No me llames hoy")
    assert await life.said() == [ENGLISH[Say.NO_CALLS_TODAY]]
    found = await life.rows.read(calls.load, asked.id)
    assert found is not None and found.state is CallState.ABANDONED
    assert Purpose.CALLS in await life.rows.read(consents.current)
    assert [each.by for each in await life.rows.read(call_slots.of)] == [By.VOICE]
    (evening,) = await life.rows.read(call_slots.of)
    assert evening.next_at is not None
    planned = Call("c-2", life.rows.user_id, CallKind.EVENING, asked.day, life.now, chosen=True)
    decided = await life.rows.store.read(calling.decide, planned, life.context)
    assert isinstance(decided, Refuse) and decided.rule == "they want no calls today" and not decided.fault
    again = replace(planned, asked_by="person")  # asked for after it
    decided = await life.rows.store.read(calling.decide, again, life.context)
    assert not isinstance(decided, Refuse) or decided.rule != "they want no calls today"
    due_at = evening.next_at - timedelta(minutes=10)
    ref = f"{call_slots.NUDGED}{name}"
    nudge = await life.rows.read(lambda scope: nudging.due(scope, people.load(scope), ref, due_at, due_at))
    assert isinstance(nudge, str)
    life.passes(days=1)
    decided = await life.rows.store.read(calling.decide, replace(planned, due_at=life.now), life.context)
    assert not isinstance(decided, Refuse) or decided.rule != "they want no calls today"
    nudge = await life.rows.read(lambda scope: nudging.due(scope, people.load(scope), ref, life.now, life.now))
    assert not isinstance(nudge, str)


async def test_only_no_calls_today_answers_how_much_to_stop(life: Life, autojump_clock: MockClock) -> None:
    await life.does(stopping.suspend_and_ask)
    assert (await life.person()).suspended_until == UNTIL_ANSWERED
    assert await writes(life, calls_said.heard, "just no calls today")
    assert (await life.person()).suspended_until is None


async def test_who_has_stopped_hears_nothing_new(life: Life, autojump_clock: MockClock) -> None:
    await life.does(stopping.stop, "STOP")
    assert not await writes(life, calls_said.heard, "don't call me today")
    assert not await writes(life, calls_said.heard, "call me again")


# --- calls again -----------------------------------------------------------------------------------------


async def stops_and_starts(life: Life) -> None:
    await life.does(stopping.stop, "STOP")
    assert await writes(life, hears_stop, "START")


async def test_after_stop_and_start_calls_come_back_by_their_own_words(life: Life, autojump_clock: MockClock) -> None:
    await slot(life)
    await slot(life, SlotKind.EVENING, By.TEXT)
    await stops_and_starts(life)
    assert (await life.said())[-1] == f"{ENGLISH[Say.STARTED_AGAIN]} {ENGLISH[Say.CALLS_STAY_OFF]}"
    assert Purpose.CALLS not in await life.rows.read(consents.current)
    assert await writes(life, calls_said.heard, "Call me again")
    assert (await life.said())[-1] == ENGLISH[Say.CALLS_AGAIN]
    assert Purpose.CALLS in await life.rows.read(consents.current)
    (last, *_) = await life.ask("SELECT proof, id FROM consents ORDER BY id DESC")
    assert "Call me again" in last["proof"]
    found = await life.rows.read(call_slots.of)
    assert [(each.by, each.consent_id) for each in found] == [(By.VOICE, last["id"])] * 2  # by their mode: all calls
    assert not await writes(life, calls_said.heard, "call me again")  # it means something else now


async def test_who_never_had_calls_hears_nothing_of_them(life: Life, autojump_clock: MockClock) -> None:
    await life.ask("SELECT 1")
    await life.rows.write(lambda scope: scope.connection.execute("DELETE FROM consents"))
    await stops_and_starts(life)
    assert (await life.said())[-1] == ENGLISH[Say.STARTED_AGAIN]
    assert not await writes(life, calls_said.heard, "call me again")


async def test_where_nobody_is_phoned_no_call_is_promised(life: Life, autojump_clock: MockClock) -> None:
    await slot(life)
    life.context = replace(life.context, config=Config(store=life.context.config.store))
    await stops_and_starts(life)
    assert (await life.said())[-1] == ENGLISH[Say.STARTED_AGAIN]
    assert await writes(life, calls_said.heard, "puedes llamarme")
    assert (await life.said())[-1] == ENGLISH[Say.CALLS_CANNOT]
    assert Purpose.CALLS not in await life.rows.read(consents.current)


async def test_where_no_time_of_theirs_is_by_phone_a_turn_asks_which(life: Life, autojump_clock: MockClock) -> None:
    await stops_and_starts(life)
    assert not await writes(life, calls_said.heard, "call me again")
    assert Purpose.CALLS in await life.rows.read(consents.current)
