"""The coach's day: it phones, plans, writes down, phones again; and what happens when nobody answers."""

from datetime import UTC, datetime, timedelta

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from ivy.agent import call_doors
from ivy.agent.missed_call import SAYS
from ivy.clock import stamp
from ivy.config import CallsSection, CharitySection, Config, GivingSection, VoiceSection
from ivy.domain.calls import CallOutcome
from ivy.domain.consent import Purpose
from ivy.domain.giving import Wallet
from ivy.domain.sentences import ENGLISH, Say
from ivy.domain.slots import By, SlotKind
from ivy.emulators.faults import (
    Answer,
    Delay,
    Drop,
    Duplicate,
    Fault,
    Refuse,
    ResetAfter,
    ResetBefore,
    Slow,
    Swap,
    Truncated,
)
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_calls import Turn
from ivy.emulators.retell_people import Declines, HangsUp, NoAnswer, Voicemail, scripted
from ivy.store import call_slots, calls, consents, people, wallets
from ivy.store.calls import Call
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives, Play

VOICE = Config(
    voice=VoiceSection(enabled=True), giving=GivingSection(charities={"water": CharitySection(name="Water")})
)
PLAN = "if it is six pm then I run, and if it rains then ten minutes of stairs"
DAWN = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
"""Six in the morning in New York."""


def phones(play: Play) -> RetellEmulator:
    retell = play.world.vendors.retell
    assert retell is not None
    return retell


async def lives_by_phone(play: Play, *, morning: str = "07:00", evening: str = "20:00", who: str = ANA) -> None:
    """Let somebody have agreed to be phoned, in the morning and in the evening."""
    await play.knows(who)

    def agree(scope: Scope) -> None:
        consents.record(scope, Purpose.CALLS, granted=True, proof="test", now=play.now)
        people.set_phone(scope, who)
        consent = call_slots.consent_of(scope, Purpose.CALLS)
        for kind, at in ((SlotKind.MORNING, morning), (SlotKind.EVENING, evening)):
            call_slots.set_slot(
                scope,
                kind,
                By.VOICE,
                at,
                "*",
                consent_id=consent,
                new_id=play.world.daemon.context.new_id,
                now=play.now,
            )

    await play.rows_of(who).write(agree)


async def had(play: Play) -> list[Call]:
    return list(reversed(await play.rows_of().read(calls.recent)))


async def test_a_morning_call_plans_the_day_and_an_evening_call_ends_it(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.rows_of().write(wallets.save, Wallet("water", 100, "USD", 200, 4000), now=play.now)
        retell = phones(play)
        retell.person_answers(
            ANA,
            lambda _phone, variables, _metadata, _at: (
                scripted(PLAN, "bye")
                if variables["ivy_kind"] == "morning"
                else scripted("log a run of 45 minutes", "thanks, bye")
            ),
        )
        await play.until(DAWN + timedelta(hours=2))
        (morning,) = await had(play)
        assert (morning.state.value, morning.outcome and morning.outcome.value) == ("analysed", "completed")
        (workout,) = await play.rows("SELECT kind, state, at_wall, source FROM workouts")
        assert workout == {"kind": "run", "state": "planned", "at_wall": "18:00", "source": "call"}
        await play.until(DAWN + timedelta(hours=16))
        morning, evening = await had(play)
        assert evening.kind.value == "evening"
        assert await play.rows("SELECT state, minutes FROM workouts") == [{"state": "done", "minutes": 45}]
        assert await play.one("SELECT count(*) FROM streak_events WHERE outcome = 'kept'") == 1
        assert await play.rows("SELECT charity, amount_minor FROM donations") == [
            {"charity": "water", "amount_minor": 100}
        ]


@pytest.mark.every
@pytest.mark.parametrize("off", ["down", "disabled"])
async def test_the_day_goes_on_by_phone_while_whatsapp_is_off(
    lives: Lives, autojump_clock: MockClock, off: str
) -> None:
    config = VOICE if off == "down" else replace(VOICE, whatsapp=replace(VOICE.whatsapp, enabled=False))
    async with lives(DAWN, config=config) as play:
        await lives_by_phone(play)
        if off == "down":
            play.fail("whatsapp", Refuse(), times=100_000)
        phones(play).person_answers(
            ANA,
            lambda _phone, variables, _metadata, _at: scripted(
                *((PLAN, "bye") if variables["ivy_kind"] == "morning" else ("log a run of 45 minutes", "thanks, bye"))
            ),
        )
        await play.until(DAWN + timedelta(hours=16))
        assert [call.outcome and call.outcome.value for call in await had(play)] == ["completed", "completed"]
        assert await play.rows("SELECT state, minutes FROM workouts") == [{"state": "done", "minutes": 45}]
        assert await play.one("SELECT count(*) FROM streak_events WHERE outcome = 'kept'") == 1
        assert await play.dead() == []


@pytest.mark.parametrize(
    ("talker", "outcome"), [(NoAnswer(), "missed"), (Declines(), "declined"), (Voicemail(), "voicemail")]
)
async def test_a_call_that_nobody_takes_becomes_one_message(
    lives: Lives, autojump_clock: MockClock, talker: NoAnswer | Declines | Voicemail, outcome: str
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        retell = phones(play)
        retell.person_answers(ANA, talker)
        await play.says("hola")
        await play.until(DAWN + timedelta(hours=3))
        found = await had(play)
        assert {call.outcome and call.outcome.value for call in found} == {outcome}
        assert len(found) == (1 if outcome == "declined" else 3)
        assert len({call.to_number for call in retell.placed}) == 1
        assert play.heard()[1:] == [ENGLISH[SAYS[CallOutcome(outcome)]]]


async def test_who_picks_up_and_hangs_up_at_once_is_not_rung_again_that_morning(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        phones(play).person_answers(ANA, HangsUp())
        await play.says("hola")
        await play.until(DAWN + timedelta(hours=3))
        (call,) = await had(play)
        assert call.outcome is CallOutcome.DECLINED
        assert play.heard()[1:] == [ENGLISH[SAYS[CallOutcome.DECLINED]]]
        assert await play.one("SELECT unanswered FROM call_slots WHERE kind = 'morning'") == 1


async def test_who_answers_in_the_chat_is_not_rung_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.says("hola")
        phones(play).person_answers(ANA, NoAnswer())
        await play.until(DAWN + timedelta(minutes=64))
        await play.says("good morning, I was in the shower")
        await play.until(DAWN + timedelta(hours=3))
        assert len(phones(play).placed) == 1
        _, again = await had(play)
        assert (again.state.value, again.reason) == ("abandoned", "they answered meanwhile")


async def test_two_mornings_that_nobody_answered_make_the_slot_a_text(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play, evening="23:30")
        await play.says("hola")
        phones(play).person_answers(ANA, NoAnswer())
        await play.until(DAWN + timedelta(hours=27))
        slot = await play.rows_of().read(call_slots.of_kind, SlotKind.MORNING)
        assert slot is not None and slot.by is By.TEXT
        before = len(phones(play).placed)
        await play.until(DAWN + timedelta(hours=60))
        mornings = [call for call in await had(play) if call.kind.value == "morning"]
        assert {call.day.day for call in mornings} == {23, 24}
        assert before <= len(phones(play).placed)


# --- the provider fails ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [ResetAfter(), Slow(60), Answer(500), Truncated()], ids=["reset", "slow", "500", "cut off"]
)
async def test_an_answer_that_is_lost_after_the_call_was_placed_is_looked_up_and_not_dialled_again(
    lives: Lives, autojump_clock: MockClock, fault: Fault
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        retell = phones(play)
        retell.person_answers(ANA, scripted(PLAN, "bye"))
        play.world.vendors.faults["retell"].add(fault, path="create-phone-call")
        await play.until(DAWN + timedelta(hours=2))
        assert len(retell.placed) == 1
        (call,) = await had(play)
        assert call.outcome is CallOutcome.COMPLETED
        assert await play.one("SELECT count(*) FROM workouts") == 1
        assert await play.dead() == []


@pytest.mark.parametrize("fault", [Refuse(), ResetBefore(), Answer(429)], ids=["refused", "reset", "429"])
async def test_a_call_that_was_surely_not_placed_is_dialled_again_in_its_window(
    lives: Lives, autojump_clock: MockClock, fault: Fault
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        retell = phones(play)
        retell.person_answers(ANA, scripted(PLAN, "bye"))
        play.world.vendors.faults["retell"].add(fault, path="create-phone-call")
        await play.until(DAWN + timedelta(hours=2))
        assert len(retell.placed) == 1
        (call,) = await had(play)
        assert call.outcome is CallOutcome.COMPLETED


async def test_a_provider_that_is_down_all_morning_costs_a_message_and_no_streak(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        retell = phones(play)
        play.world.vendors.faults["retell"].add(Refuse(), times=500)
        await play.says("hola")
        await play.until(DAWN + timedelta(hours=3))
        assert retell.placed == []
        (call,) = await had(play)
        assert (call.state.value, call.outcome) == ("failed", CallOutcome.FAILED)
        assert len(play.heard()) == 2
        assert await play.one("SELECT coalesce(sum(amount_micros), 0) FROM cost_ledger WHERE kind = 'call'") == 0
        assert await play.one("SELECT count(*) FROM streak_events WHERE outcome = 'missed'") == 0


async def test_a_call_whose_webhooks_are_all_lost_is_asked_about(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        retell = phones(play)
        retell.person_answers(ANA, scripted(PLAN, "bye"))
        retell.outgoing.faults.add(Drop(), times=20)
        await play.until(DAWN + timedelta(hours=3))
        (call,) = await had(play)
        assert call.outcome is CallOutcome.COMPLETED
        assert await play.one("SELECT state FROM cost_ledger WHERE kind = 'call'") == "settled"


async def test_a_missed_call_whose_webhooks_are_lost_is_written_about_within_five_minutes(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        retell = phones(play)
        retell.person_answers(ANA, NoAnswer())
        retell.outgoing.faults.add(Drop(), times=20)
        await play.says("hola")
        before = len(await play.hears(1))
        await play.until(DAWN + timedelta(hours=3))
        first = (await had(play))[0]
        assert first.outcome is CallOutcome.MISSED and first.placed_at is not None
        sent = await play.rows("SELECT sent_at_ms FROM messages_v2 WHERE direction = 'out' ORDER BY sent_at_ms")
        assert sent[before]["sent_at_ms"] <= stamp(first.placed_at + timedelta(minutes=5))


@pytest.mark.uncounted
async def test_fifty_calls_due_at_once_never_take_more_than_ten_lines(lives: Lives, autojump_clock: MockClock) -> None:
    config = Config(
        voice=VoiceSection(enabled=True), calls=CallsSection(concurrent=10, per_second=5, minutes_per_day=3000)
    )
    async with lives(DAWN, config=config) as play:
        phone_numbers = [f"+1202555{number:04d}" for number in range(50)]
        for number in phone_numbers:
            await lives_by_phone(play, who=number)
            phones(play).person_answers(number, scripted(PLAN, "bye"))
        most = 0
        async with trio.open_nursery() as nursery:

            async def look() -> None:
                nonlocal most
                while True:
                    most = max(most, await play.one("SELECT count(*) FROM calls WHERE state IN ('dialing', 'live')"))
                    await trio.sleep(1)

            nursery.start_soon(look)
            await play.until(DAWN + timedelta(hours=2))
            nursery.cancel_scope.cancel()
        assert 5 <= most <= 10
        assert len(phones(play).placed) == 50
        outcomes = await play.rows("SELECT outcome, count(*) AS n FROM calls GROUP BY outcome")
        assert outcomes == [{"outcome": "completed", "n": 50}]


@pytest.mark.parametrize("fault", [Duplicate(3), Swap(), Delay(90)], ids=["thrice", "swapped", "late"])
async def test_webhooks_in_any_order_tell_the_same(
    lives: Lives, autojump_clock: MockClock, fault: Duplicate | Swap | Delay
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        phones(play).person_answers(ANA, scripted(PLAN, "bye"))
        phones(play).outgoing.faults.add(fault)
        await play.until(DAWN + timedelta(hours=2))
        (call,) = await had(play)
        assert (call.state.value, call.outcome) == ("analysed", CallOutcome.COMPLETED)
        assert await play.one("SELECT count(*) FROM workouts") == 1
        assert await play.one("SELECT count(*) FROM cost_ledger WHERE kind = 'call' AND state = 'settled'") == 1
        assert play.heard() == []


# --- stop --------------------------------------------------------------------------------------------


async def test_stop_calling_me_said_on_the_phone_ends_calls_at_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.says("hola")
        phones(play).person_answers(ANA, scripted("please stop calling me"))
        await play.until(DAWN + timedelta(hours=2))
        (call,) = await had(play)
        assert call.outcome is CallOutcome.OPTED_OUT
        assert play.heard()[-1] == ENGLISH[Say.NO_MORE_CALLS]
        assert Purpose.CALLS not in await play.rows_of().read(consents.current)
        await play.until(DAWN + timedelta(hours=40))
        assert len(phones(play).placed) == 1


async def test_stop_in_the_chat_ends_calls_too(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.says("STOP")
        await play.until(DAWN + timedelta(hours=40))
        assert phones(play).placed == []
        assert play.heard() == [ENGLISH[Say.STOPPED]]


# --- asked for ---------------------------------------------------------------------------------------


async def test_call_me_rings_at_once_even_at_night(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN - timedelta(hours=4), config=VOICE) as play:
        await play.knows()
        await play.rows_of().write(people.set_phone, ANA)
        phones(play).person_answers(ANA, scripted("log a run of 45 minutes", "bye"))
        assert await play.talk("call me now") == "I'm calling you now."
        await play.quiet(300)
        (call,) = await had(play)
        assert (call.chosen, call.asked_by, call.outcome) == (True, "person", CallOutcome.COMPLETED)
        assert await play.one("SELECT minutes FROM workouts") == 45


# --- who calls us ------------------------------------------------------------------------------------


async def test_a_caller_hears_their_first_name_only_until_they_tap(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.says("hola")
        await play.quiet()
        call = await phones(play).person_calls(ANA, scripted("log a run of 45 minutes", "bye"))
        await play.quiet(300)
        assert call is not None
        assert await play.one("SELECT count(*) FROM workouts") == 0
        assert play.heard()[-1] == ENGLISH[Say.IS_IT_YOU]
        assert not any("streak" in turn.content.lower() for turn in call.entries if isinstance(turn, Turn))


@pytest.mark.parametrize("language", ["en", "es"])
async def test_after_the_tap_the_agent_learns_whom_it_speaks_with_once(
    lives: Lives, language: str, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.rows_of().write(people.set_locale, f"{language}-US")
        await play.says("hola")
        await play.quiet()

        async def taps() -> None:
            await play.hears(2)
            await play.taps({"en": "Yes, it is me", "es": "Sí, soy yo"}[language])

        lines = ("log a run of 45 minutes", "if it is six pm then I do yoga", "take a rest day tomorrow", "bye")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(taps)
            call = await phones(play).person_calls(ANA, scripted(*lines))
        await play.quiet(300)
        assert call is not None
        known = call_doors.PROVED[language].partition("\n")[0]
        results = [str(each["content"]) for each in call.entries if isinstance(each, dict) and "content" in each]
        told = [known in each for each in results]
        assert told.count(True) == 1, results
        assert not told[-1]


async def test_a_stranger_who_calls_learns_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        call = await phones(play).person_calls("+12025550999", scripted("log a run of 45 minutes", "bye"))
        await play.quiet(300)
        assert call is not None and call.variables.get("ivy_name", "") == ""
        assert await play.one("SELECT count(*) FROM workouts") == await play.one("SELECT count(*) FROM calls") == 0
