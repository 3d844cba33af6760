"""A message and its one call: written together, settled once, in whatever order the ends of the call are heard of."""

from dataclasses import replace
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import after_call, notice_calls
from ivy.agent.desk import Desk
from ivy.config import Config, RoutingSection
from ivy.daemon import calling, wiring
from ivy.daemon.context import Context
from ivy.domain.calls import CallKind, CallOutcome, CallState, Report, Spoken, Verdict
from ivy.domain.contents import Buttons, Option, Words
from ivy.domain.routing import CALL, For
from ivy.errors import ConfigError
from ivy.ports import Address
from ivy.store import calls, outbox, transcripts
from ivy.store.calls import Call
from ivy.store.outbox import Outgoing
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from tests.agent.around_calls import Life, life_of

TEXT = "Water the plants."
READ = (Spoken("agent", f"You asked me to remind you: {TEXT}"), Spoken("person", "yes"))


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    return life_of(context, person)


async def queued(life: Life, content: Any = TEXT, **more: Any) -> Outgoing:
    (message_id,) = await life.does(say, content, **{"channel": CALL, **more})
    return await message_of(life, message_id)


def say(scope: Scope, _person: Person, content: Any, desk: Desk, **more: Any) -> list[str]:
    return desk.send(scope, content, **more)


async def message_of(life: Life, message_id: str) -> Outgoing:
    return await life.rows.read(lambda scope: outbox.outgoing(scope.connection, message_id))


async def leaves(life: Life, message: Outgoing) -> bool:
    def begin(scope: Scope, person: Person, desk: Desk) -> bool:
        return notice_calls.begin(scope, person, message, Address(phone=person.phone or ""), desk)

    began = await life.does(begin)
    await life.ask("SELECT 1")
    return began


async def the_call(life: Life) -> Call:
    (call,) = await life.rows.read(calls.recent)
    return call


async def done(life: Life) -> None:
    """Let the job that marked the message be over, as the worker does."""
    await life.rows.write(lambda scope: scope.connection.execute("UPDATE jobs SET state = 'done' WHERE kind = 'send'"))


async def ends(life: Life, outcome: CallOutcome | None, *spoken: Spoken, **more: Any) -> None:
    """Let the call be known to have ended so, and look at what follows."""
    call = await the_call(life)
    report = Report(verdict=Verdict(outcome) if outcome else None, spoken=spoken, **more)
    state = CallState.ENDED if outcome else CallState.ABANDONED
    over = replace(call, outcome=outcome, report=report, state=state, reason="" if outcome else "calling hours")

    def follow(scope: Scope, person: Person, desk: Desk) -> None:
        if spoken:
            transcripts.keep(scope, call.id, spoken, now=life.now)
        after_call.settle(scope, over, calling.own_hours(person, life.context), desk)

    await life.does(follow)


async def sends_waiting(life: Life) -> int:
    (row,) = await life.ask("SELECT count(*) AS n FROM jobs WHERE kind = 'send' AND state = 'ready'")
    return row["n"]


async def test_a_message_has_one_call_however_often_it_is_asked_for(life: Life, autojump_clock: MockClock) -> None:
    message = await queued(life)
    assert await leaves(life, message)
    call = await the_call(life)
    assert (call.kind, call.slot, call.asked_by) == (CallKind.NOTICE, f"notice:{message.id}", "message")
    kept = await message_of(life, message.id)
    assert (kept.state, kept.external_id) == ("accepted", call.id)
    assert not await leaves(life, message)
    await life.rows.write(lambda scope: outbox.unsend(scope.connection, message.id, now=life.now, reason="a test"))
    assert not await leaves(life, message)
    (row,) = await life.got()
    assert (row["state"], row["reason"]) == ("failed", "it has had its one call")
    assert (await the_call(life)).id == call.id


async def test_what_was_withdrawn_asks_for_no_call(life: Life, autojump_clock: MockClock) -> None:
    message = await queued(life)
    await life.rows.write(outbox.withdraw, now=life.now, reason="they said stop")
    assert not await leaves(life, message)
    assert await life.rows.read(calls.recent) == []


@pytest.mark.parametrize(
    ("purpose", "asked_for", "theirs"),
    [(For.REMINDER, True, True), (For.REMINDER, False, False), (For.NOTICE, True, False), (For.CHECKIN, True, False)],
)
async def test_only_a_reminder_that_they_set_has_a_time_that_they_chose(
    life: Life, autojump_clock: MockClock, purpose: For, asked_for: bool, theirs: bool
) -> None:
    await leaves(life, await queued(life, purpose=purpose, asked_for=asked_for))
    call = await the_call(life)
    assert call.chosen is theirs
    told = await life.rows.read(notice_calls.facts, call)
    assert told == ({"message": TEXT, "reminder": TEXT} if theirs else {"message": TEXT})


async def test_no_other_call_repeats_a_message(life: Life, autojump_clock: MockClock) -> None:
    assert (
        await life.rows.read(notice_calls.facts, Call("c1", "ana", CallKind.MORNING, life.now.date(), life.now)) == {}
    )


async def test_what_is_read_out_is_what_was_first_decided(life: Life, autojump_clock: MockClock) -> None:
    first = await queued(life, Buttons("⏰ water it", (Option("a", "Done"),)), channel="whatsapp")
    second = await queued(life, Words("⏰ water it\n1. Done"), channel="sms", instead_of=first.id)
    assert await life.rows.read(notice_calls.text_of, second) == "water it."
    long = await queued(life, "word " * 200, channel="whatsapp")
    assert await life.rows.read(notice_calls.text_of, long) == ""


@pytest.mark.parametrize(
    ("outcome", "told", "state", "why"),
    [
        (CallOutcome.COMPLETED, {"spoken": READ}, "delivered", ""),
        (CallOutcome.COMPLETED, {"spoken": READ[1:]}, "accepted", "they hung up before it was read out"),
        (CallOutcome.VOICEMAIL, {"voicemail_left": True}, "delivered", ""),
        (CallOutcome.VOICEMAIL, {"voicemail_left": False}, "accepted", notice_calls.WHY[CallOutcome.VOICEMAIL]),
        (CallOutcome.VOICEMAIL, {}, "accepted", notice_calls.WHY[CallOutcome.VOICEMAIL]),
        (CallOutcome.MISSED, {}, "accepted", "nobody answered the call"),
        (CallOutcome.DECLINED, {}, "accepted", "they declined the call"),
        (CallOutcome.OPTED_OUT, {"spoken": READ}, "accepted", "they asked for no more calls"),
        (CallOutcome.CANCELLED, {}, "accepted", "the call was stopped"),
        (CallOutcome.FAILED, {"reason": "dial_failed"}, "accepted", "dial_failed"),
        (CallOutcome.FAILED, {}, "accepted", "it failed"),
        (None, {}, "accepted", "calling hours"),
    ],
)
async def test_the_end_of_the_call_is_the_status_of_the_message(
    life: Life, autojump_clock: MockClock, outcome: CallOutcome | None, told: dict[str, Any], state: str, why: str
) -> None:
    message = await queued(life, purpose=For.REMINDER)
    await leaves(life, message)
    await done(life)
    spoken = told.pop("spoken", ())
    for _time in range(2):
        await ends(life, outcome, *spoken, **told)
    (status,) = await life.ask("SELECT state, errors FROM message_statuses WHERE channel = 'call'")
    assert (await message_of(life, message.id)).state == state
    assert status["state"] == ("delivered" if state == "delivered" else "failed")
    assert why in status["errors"]
    said_no = outcome is CallOutcome.OPTED_OUT  # which is answered in a message of its own, if they had agreed before
    assert await sends_waiting(life) == (0 if state == "delivered" else 1) or said_no
    assert await life.ask("SELECT 1 FROM pending_actions") == []


async def test_a_call_under_way_says_nothing_of_its_message(life: Life, autojump_clock: MockClock) -> None:
    await leaves(life, await queued(life))

    def look(scope: Scope, person: Person, desk: Desk) -> None:
        after_call.settle(scope, live(scope), calling.own_hours(person, life.context), desk)

    await life.does(look)
    assert await life.ask("SELECT 1 FROM message_statuses") == []


def live(scope: Scope) -> Call:
    (call,) = calls.recent(scope)
    return replace(call, state=CallState.LIVE)


@pytest.mark.parametrize("handed_on", ["cancelled", "failed"])
async def test_what_was_read_out_after_all_is_noted_and_brings_nothing_back(
    life: Life, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, handed_on: str
) -> None:
    message = await queued(life)
    await leaves(life, message)
    await done(life)
    await ends(life, CallOutcome.FAILED)
    await life.rows.write(lambda scope: outbox.set_state(scope.connection, message.id, handed_on, now=life.now))
    await ends(life, CallOutcome.COMPLETED, *READ)
    assert (await message_of(life, message.id)).state == handed_on
    assert "may come twice" in caplog.text
    states = await life.ask("SELECT state FROM message_statuses ORDER BY state")
    assert [row["state"] for row in states] == ["delivered", "failed"]


async def test_a_failure_heard_after_it_was_read_out_changes_nothing(life: Life, autojump_clock: MockClock) -> None:
    message = await queued(life)
    await leaves(life, message)
    await done(life)
    await ends(life, CallOutcome.COMPLETED, *READ)
    await ends(life, CallOutcome.VOICEMAIL)
    assert (await message_of(life, message.id)).state == "delivered"
    assert await sends_waiting(life) == 0


def test_a_ladder_that_cannot_be_is_refused_at_the_start() -> None:
    wiring.check(Config(routing=RoutingSection(reminder=("call", "mail"))))
    with pytest.raises(ConfigError, match=r'routing\.reminder: "phone" is no channel'):
        wiring.check(Config(routing=RoutingSection(reminder=("whatsapp", "phone"))))
