"""A message that could not be written is read out on the phone: once, to those who agreed, at an hour that suits them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from ivy.config import CallsSection, Config, MailSection, SmsSection, VoiceSection
from ivy.domain.consent import Purpose
from ivy.domain.routing import For
from ivy.emulators.faults import Answer, Delay, Drop, Duplicate, Refuse, Swap, WebhookFault
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_calls import Turn
from ivy.emulators.retell_people import Busy, Declines, HangsUp, HangUp, NoAnswer, Talker, Voicemail, scripted
from ivy.store import calls, consents, jobs, people, people_data, reminders, switches
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.reminders import Timing
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives, Play, after

MAILBOX = "ana@example.org"
PHONE = Config(voice=VoiceSection(enabled=True))
WITH_MAIL = Config(voice=VoiceSection(enabled=True), mail=MailSection(enabled=True))
ALL = Config(voice=VoiceSection(enabled=True), sms=SmsSection(enabled=True), mail=MailSection(enabled=True))
DUE = after(minutes=30)
WORDS = "water the plants"
HEARD = "You asked me to remind you: water the plants. Did you get that?"
LISTENS = scripted("Oh, hi Ivy", "Yes, thank you", greeting="Hello?")
NIGHT = after(hours=14)
"""Eleven at night in New York."""


def phones(play: Play) -> RetellEmulator:
    retell = play.world.vendors.retell
    assert retell is not None
    return retell


def said(play: Play, at: int = -1) -> list[str]:
    """Return what the agent said in a call."""
    return [turn.content for turn in phones(play).placed[at].entries if isinstance(turn, Turn) and turn.role == "agent"]


async def lives_here(play: Play, *, by_phone: bool = True, mail: bool = True, opens: bool = True) -> None:
    """Let Ana be there, with a phone and a mailbox, having written a moment ago."""
    await play.knows()

    def agree(scope: Scope) -> None:
        consents.record(scope, Purpose.CALLS, granted=by_phone, proof="test", now=play.now)
        people.set_phone(scope, ANA)
        if mail:
            people.alias(scope.connection, scope.user_id, "mail", "id", MAILBOX, now=play.now)

    await play.rows_of().write(agree)
    if opens:
        await play.talk("hello")


async def reminded(play: Play, *, times: int = 10_000) -> None:
    """Let a reminder of hers come due while WhatsApp does not work."""
    new_id = play.world.daemon.context.new_id
    once = Timing(new_id(), "UTC", wall=DUE.replace(tzinfo=None))
    await play.rows_of().write(reminders.add, new_id(), WORDS, once, now=play.now)
    await play.until(DUE - timedelta(seconds=15))
    play.fail("whatsapp", Refuse(), times=times)


async def had(play: Play) -> list[Call]:
    return list(reversed(await play.rows_of().read(calls.recent)))


async def states(play: Play) -> list[tuple[str, str]]:
    rows = await play.rows(
        "SELECT channel, state FROM messages_v2 WHERE direction = 'out' AND purpose <> 'reply' ORDER BY rowid"
    )
    return [(row["channel"], row["state"]) for row in rows]


def mails(play: Play) -> int:
    return len(play.world.vendors.mail.of(MAILBOX))


async def test_a_reminder_is_read_out_when_whatsapp_is_down_and_there_is_no_sms(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=WITH_MAIL) as play:
        await lives_here(play)
        phones(play).person_answers(ANA, LISTENS)
        await reminded(play)
        await play.quiet(1800)
        (call,) = await had(play)
        assert (call.kind.value, call.outcome and call.outcome.value, call.attempt) == ("notice", "completed", 1)
        assert (call.chosen, call.reserved_seconds) == (True, 180)
        opener, read, closing = said(play)
        assert "it's Ivy, your AI coach" in opener
        assert read == HEARD
        assert closing.startswith("Good, that was all.")
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "delivered")]
        assert mails(play) == 0
        assert await play.dead() == []
        message = await play.one("SELECT id FROM messages_v2 WHERE channel = 'call'")
        for thing in (message, call.id):
            story = await play.story(thing)
            assert "A phone call (notice) is due, asked for by message." in story
            assert "call says: delivered." in story
        assert await play.one("SELECT count(*) FROM streak_events") == 0
        assert await play.one("SELECT count(*) FROM pending_actions WHERE kind = 'missed_call'") == 0


@pytest.mark.parametrize(
    ("talker", "outcome", "why"),
    [
        (NoAnswer(), "missed", "nobody answered the call"),
        (Busy(), "missed", "nobody answered the call"),
        (Declines(), "declined", "they declined the call"),
        (HangsUp(), "declined", "they declined the call"),
        (scripted(then=HangUp("Not now")), "completed", "they hung up before it was read out"),
    ],
    ids=["no answer", "busy", "declined", "hung up", "not heard"],
)
async def test_a_call_that_did_not_deliver_it_leads_to_mail_and_to_no_other_call(
    lives: Lives, autojump_clock: MockClock, talker: Talker, outcome: str, why: str
) -> None:
    async with lives(config=WITH_MAIL) as play:
        await lives_here(play)
        phones(play).person_answers(ANA, talker)
        await reminded(play)
        await play.quiet(2 * 3600)
        assert [call.outcome and call.outcome.value for call in await had(play)] == [outcome]
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "cancelled"), ("mail", "accepted")]
        assert mails(play) == 1
        assert WORDS in play.world.vendors.mail.of(MAILBOX)[0].text
        reason = await play.one("SELECT reason FROM messages_v2 WHERE channel = 'call'")
        assert reason == f"goes by mail: not delivered: {why}"
        assert len(phones(play).placed) == 1
        assert await play.one("SELECT count(*) FROM pending_actions WHERE kind = 'missed_call'") == 0
        assert await play.dead() == []


async def test_a_machine_gets_the_text_of_their_own_reminder_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=WITH_MAIL) as play:
        await lives_here(play)
        phones(play).person_answers(ANA, Voicemail())
        await reminded(play)
        await play.quiet(3600)
        (left,) = said(play)
        assert left == "Hi Ana, it's Ivy, your AI coach, with a reminder that you set: water the plants."
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "delivered")]
        assert (mails(play), len(phones(play).placed)) == (0, 1)


async def test_a_machine_gets_nothing_that_is_not_their_own(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=WITH_MAIL) as play:
        await lives_here(play)
        phones(play).person_answers(ANA, Voicemail())
        await play.queues("Your results are here.", channel="call", purpose=For.NOTICE)
        await play.quiet(3600)
        assert said(play) in ([], [""])
        assert await states(play) == [("call", "cancelled"), ("mail", "accepted")]


@pytest.mark.parametrize("why", ["no consent", "switched off", "no voice", "too long"])
async def test_who_is_not_to_be_phoned_is_not(lives: Lives, autojump_clock: MockClock, why: str) -> None:
    config = Config(mail=MailSection(enabled=True)) if why == "no voice" else WITH_MAIL
    async with lives(config=config) as play:
        await lives_here(play, by_phone=why != "no consent", opens=False)
        if why == "switched off":
            await play.world.store.write(switch_off, play)
        await play.queues("word " * (200 if why == "too long" else 3), purpose=For.NOTICE)
        await play.quiet(600)
        assert await states(play) == [("whatsapp", "cancelled"), ("mail", "accepted")]
        assert await had(play) == []


def switch_off(connection: Connection, play: Play) -> None:
    switches.set_value(connection, "voice", "off", by="test", now=play.now)


async def test_at_night_it_waits_until_people_may_be_phoned(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NIGHT, config=PHONE) as play:
        await lives_here(play, opens=False)
        phones(play).person_answers(ANA, LISTENS)
        await play.queues("Your booking moved to Friday.", purpose=For.NOTICE, patience=timedelta(hours=20))
        await play.quiet(3600)
        (held,) = (await play.overview()).held
        assert held.messages == 1
        assert await had(play) == []
        await play.until(NIGHT + timedelta(hours=16))
        (call,) = await had(play)
        assert call.placed_at is not None
        assert call.placed_at.hour >= 13  # eight in the morning in New York
        assert call.outcome is not None
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "delivered")]


async def test_what_nobody_may_be_phoned_for_in_time_lapses_with_the_rule(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NIGHT, config=PHONE) as play:
        await lives_here(play, opens=False)
        await play.queues("Your booking moved to Friday.", purpose=For.NOTICE, patience=timedelta(hours=2))
        await play.quiet(3 * 3600)
        (row,) = await play.rows("SELECT state, reason FROM messages_v2 WHERE channel = 'call'")
        assert row["state"] == "lapsed"
        assert "hours" in row["reason"]
        assert await had(play) == []


async def test_a_reminder_that_they_set_for_the_night_rings_in_the_night(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NIGHT, config=PHONE) as play:
        await lives_here(play, opens=False)
        phones(play).person_answers(ANA, LISTENS)
        await play.queues("Take the bread out.", purpose=For.REMINDER, patience=timedelta(hours=3))
        await play.quiet(600)
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "delivered")]


async def test_texts_come_before_calls_and_calls_before_mail(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=ALL) as play:
        await lives_here(play, opens=False)
        phones(play).person_answers(ANA, LISTENS)
        await play.queues("One.", purpose=For.NOTICE)
        await play.quiet(600)
        assert [each.body for each in play.world.vendors.sms.sent] == ["One."]
        assert phones(play).placed == []


async def test_two_messages_are_two_calls_one_after_the_other(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=PHONE) as play:
        await lives_here(play, opens=False)
        phones(play).person_answers(ANA, LISTENS)
        await play.queues("One.", purpose=For.NOTICE)
        await play.queues("Two.", purpose=For.NOTICE)
        await play.quiet(1200)
        first, second = await had(play)
        assert first.ended_at is not None
        assert second.placed_at is not None
        assert first.ended_at <= second.placed_at
        assert "One." in said(play, 0)[1]
        assert "Two." in said(play, 1)[1]
        assert await states(play) == [("whatsapp", "cancelled")] * 2 + [("call", "delivered")] * 2


async def test_no_more_calls_said_in_it_ends_calls_and_the_message_goes_by_mail(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=WITH_MAIL) as play:
        await lives_here(play, opens=False)
        phones(play).person_answers(ANA, scripted("Stop calling me"))
        await play.queues("One.", purpose=For.NOTICE)
        await play.quiet(600)
        assert Purpose.CALLS not in await play.rows_of().read(consents.current)
        assert [call.outcome and call.outcome.value for call in await had(play)] == ["opted_out"]
        assert ("mail", "accepted") in await states(play)


@pytest.mark.parametrize("fault", [Refuse(), Answer(500)], ids=["down", "500"])
async def test_a_provider_that_fails_leads_to_mail(
    lives: Lives, autojump_clock: MockClock, fault: Refuse | Answer
) -> None:
    async with lives(config=WITH_MAIL) as play:
        await lives_here(play, opens=False)
        play.world.vendors.faults["retell"].add(fault, times=5000)
        await play.queues("One.", purpose=For.NOTICE)
        await play.quiet(5 * 3600)
        assert phones(play).placed == []
        assert ("mail", "accepted") in await states(play)
        assert mails(play) == 1
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE state = 'delivered'") == 0
        assert play.heard() == []


async def test_a_crash_between_marking_and_dialling_makes_one_call(lives: Lives, autojump_clock: MockClock) -> None:
    placed = 0
    async with lives(config=PHONE, abrupt=True) as play:
        await lives_here(play, opens=False)
        await play.queues("One.", purpose=For.NOTICE)
        with trio.fail_after(60):
            while not await play.rows("SELECT 1 FROM calls"):
                await trio.lowlevel.checkpoint()
        placed += len(phones(play).placed)
        assert await play.rows("SELECT state FROM calls") == [{"state": "due"}]
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "accepted")]
    async with lives(after(minutes=1), config=PHONE) as play:
        phones(play).person_answers(ANA, LISTENS)
        await play.quiet(1200)
        placed += len(phones(play).placed)
        assert placed == 1
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "delivered")]
        assert len(await had(play)) == 1


async def test_a_dead_letter_that_is_replayed_rings_nobody_twice(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=PHONE) as play:
        await lives_here(play, opens=False)
        phones(play).person_answers(ANA, NoAnswer())
        await play.queues("One.", purpose=For.NOTICE)
        await play.quiet(600)
        (letter,) = await play.dead()
        assert "nobody answered the call" in letter["reason"]
        assert await play.world.store.write(jobs.revive, letter["id"], now=play.now)
        await play.quiet(600)
        assert len(await play.dead()) == 1
        assert len(phones(play).placed) == 1
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "failed")]


TALKERS: dict[str, Talker] = {
    "listens": LISTENS,
    "no answer": NoAnswer(),
    "declines": Declines(),
    "hangs up": HangsUp(),
    "machine": Voicemail(),
    "unnoticed machine": Voicemail(detected=False),
    "not now": scripted(then=HangUp("Not now")),
}
WEBHOOKS: dict[str, WebhookFault | None] = {
    "in order": None,
    "thrice": Duplicate(3),
    "swapped": Swap(),
    "late": Delay(90),
    "lost": Drop(),
}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    talker=st.sampled_from(sorted(TALKERS)),
    webhooks=st.sampled_from(sorted(WEBHOOKS)),
    mail=st.booleans(),
    purpose=st.sampled_from([For.REMINDER, For.NOTICE]),
)
async def test_a_message_has_one_call_and_is_delivered_by_one_rung_at_most(
    tmp_path_factory: pytest.TempPathFactory,
    migrated: Path,
    autojump_clock: MockClock,
    talker: str,
    webhooks: str,
    mail: bool,
    purpose: For,
) -> None:
    async with Lives(tmp_path_factory.mktemp("lives"), migrated)(config=WITH_MAIL) as play:
        await lives_here(play, mail=mail, opens=False)
        phones(play).person_answers(ANA, TALKERS[talker])
        if (fault := WEBHOOKS[webhooks]) is not None:
            phones(play).outgoing.faults.add(fault, times=20)
        await play.queues("The gate is open until six.", purpose=purpose, patience=timedelta(hours=6))
        await play.quiet(5 * 3600)
        assert len(phones(play).placed) == 1
        assert [call.kind.value for call in await had(play)] == ["notice"]
        by_channel = dict(await states(play))
        by_phone = by_channel["call"] == "delivered"
        assert mails(play) == (1 if mail and not by_phone else 0)
        assert by_channel["call"] == ("delivered" if by_phone else "cancelled" if mail else "failed")
        assert by_phone or talker != "listens"
        assert len(await play.dead()) == (0 if by_phone or mail else 1)


async def test_what_was_read_out_is_exported_and_erased(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=PHONE) as play:
        await lives_here(play, opens=False)
        phones(play).person_answers(ANA, LISTENS)
        await play.queues("Water the plants at Mona's.", purpose=For.NOTICE)
        await play.quiet(600)
        kept = await play.rows_of().read(everything)
        assert [row["kind"] for row in kept["calls"]] == ["notice"]
        assert "Mona" in str(kept["transcripts"])
        await play.rows_of().write(people_data.erase)
        for table in ("calls", "transcripts", "call_events", "message_statuses"):
            assert await play.one(f"SELECT count(*) FROM {table}") == 0


def everything(scope: Scope) -> dict[str, list[dict[str, Any]]]:
    return {each.table: people_data.rows(scope, each) for each in people_data.owned(scope.connection)}


async def test_minutes_that_are_used_up_are_no_lost_message(lives: Lives, autojump_clock: MockClock) -> None:
    config = Config(voice=PHONE.voice, calls=CallsSection(minutes_per_person_month=1), mail=MailSection(enabled=True))
    async with lives(config=config) as play:
        await lives_here(play, opens=False)
        await play.queues("One.", purpose=For.NOTICE)
        await play.quiet(600)
        assert await had(play) == []
        assert await states(play) == [("whatsapp", "cancelled"), ("call", "cancelled"), ("mail", "accepted")]
