"""What waits for a yes, from the words to the effect: asked once, in our words, and done once or not at all."""

from datetime import timedelta

import pytest
from trio.testing import MockClock

from ivy.config import CallsSection, Config, VoiceSection
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.faults import Refuse
from tests.journeys.play import ANA, Lives, Play, after

BEN = "+12025550177"
VOICE = Config(voice=VoiceSection(enabled=True))
FORWARDED = {"context": {"forwarded": True}}
ANSWERED = "SELECT count(*) FROM ai_usage WHERE role IN ('primary', 'fallback')"
CALLED = "SELECT count(*) FROM calls"
SPENT = "SELECT count(*) FROM expenses WHERE deleted_at_ms IS NULL"


async def forwards(play: Play, text: str, who: str = ANA) -> None:
    """Let somebody forward a text, and hear what Ivy makes of it."""
    before = len(play.heard(who))
    await play.whatsapp.person_sends(who, payloads.text(text) | FORWARDED)
    await play.hears(before + 1, who)
    await play.quiet(10)


async def asks(play: Play, words: str, who: str = ANA) -> str:
    """Let somebody write what is asked about before it is done; return the question."""
    before = len(play.heard(who))
    await play.says(words, who)
    return (await play.hears(before + 2, who))[before + 1]


async def test_a_call_that_somebody_plainly_asks_for_is_simply_made(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=VOICE) as play:
        await play.knows()
        assert "6:00 pm" in await play.talk("call me at 6pm")
        await play.quiet(5)
        assert await play.one(CALLED) == 1
        assert await play.one("SELECT count(*) FROM pending_actions WHERE kind = 'confirm'") == 0


@pytest.mark.parametrize("answer", ["tap", "sí, dale", "👍", "claro que sí"])
async def test_after_words_by_others_a_call_takes_a_yes_and_is_made_once(
    lives: Lives, autojump_clock: MockClock, answer: str
) -> None:
    async with lives(config=VOICE) as play:
        await play.knows(locale="es-CO", zone="America/Bogota", currency="COP")
        await forwards(play, "Hola, ¿cómo va todo por allá?")
        question = await asks(play, "llámame a las 6 pm")
        assert question.startswith(f"{SPANISH[Say.CONFIRM_FOREIGN]}\n• ")
        assert "18:00" in question
        assert list(play.offers()) == ["Sí", "No"]
        assert await play.one(CALLED) == 0
        used = await play.one(ANSWERED)
        if answer == "tap":
            await play.taps("Sí")
        else:
            await play.says(answer)
        await play.quiet(30)
        assert await play.one(ANSWERED) == used
        assert play.heard()[-1] == question.partition("• ")[2]
        assert await play.one(CALLED) == 1
        await play.taps("Sí")
        await play.quiet(30)
        assert play.heard()[-1] == SPANISH[Say.TAP_OVER]
        assert await play.one(CALLED) == 1
        assert await play.dead() == []


async def test_the_minutes_for_calls_are_counted_again_when_a_yes_comes(
    lives: Lives, autojump_clock: MockClock
) -> None:
    """Two ask for a daily call, of which there are minutes for one; both were asked about while there were."""
    few = Config(voice=VoiceSection(enabled=True), calls=CallsSection(minutes_per_day=4))
    booked = "SELECT count(*) FROM call_slots WHERE by = 'voice'"
    async with lives(config=few) as play:
        for who in (ANA, BEN):
            await play.knows(who, name=who)
            await forwards(play, "See you all on Friday!", who)
            assert "6:30 am" in await asks(play, "from now on call me every day at 6:30 am", who)
        assert await play.one(booked) == 0
        await play.taps("Yes", ANA)
        await play.quiet(30)
        assert await play.one(booked) == 1
        await play.taps("Yes", BEN)
        await play.quiet(30)
        assert await play.one(booked) == 1
        assert ENGLISH[Say.CONFIRM_CHANGED] in play.heard(BEN)


async def test_a_no_leaves_it_and_other_words_leave_it_open(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("book dentist on friday at 10am")
        await forwards(play, "Lovely weather here")
        question = await asks(play, "cancel the dentist")
        assert question.startswith(ENGLISH[Say.CONFIRM_FOREIGN])
        assert "Cancelled: dentist, Fri 27 Nov" in question
        await play.whatsapp.person_sends(ANA, payloads.text("yes") | FORWARDED)  # somebody else's yes is none
        await play.quiet(30)
        assert await play.one("SELECT state FROM calendar_events") == "booked"
        await play.taps("No")
        await play.quiet(30)
        assert play.heard()[-1] == ENGLISH[Say.CONFIRM_NO]
        assert await play.one("SELECT state FROM calendar_events") == "booked"


async def test_the_newest_question_is_the_one_that_counts(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await forwards(play, "Lovely weather here")
        await asks(play, "book dentist on friday at 10am")
        old = play.offers()["Yes"]
        await asks(play, "book haircut tomorrow 4pm for 30 minutes")
        await play.whatsapp.person_taps(ANA, old, "Yes")
        await play.quiet(30)
        assert play.heard()[-1] == ENGLISH[Say.TAP_OVER]
        assert await play.one("SELECT count(*) FROM calendar_events") == 0
        await play.says("yes please")  # that Ivy kindly said no to the old one does not take the new one away
        await play.quiet(30)
        await play.taps("Yes")
        await play.quiet(30)
        assert await play.one("SELECT count(*) FROM calendar_events") == 1
        assert await play.one("SELECT title FROM calendar_events") == "haircut"


async def test_after_half_an_hour_nothing_is_asked_any_more(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await forwards(play, "Lovely weather here")
        await play.quiet(timedelta(minutes=31).total_seconds())
        assert "Booked" in await play.talk("book dentist on friday at 10am")
        (context,) = await play.rows(
            "SELECT payload FROM turn_steps WHERE kind = 'context' ORDER BY at_ms DESC LIMIT 1"
        )
        assert "weather" not in context["payload"]


@pytest.mark.parametrize(("answer", "count"), [("Yes", 2), ("No", 1)])
async def test_the_same_expense_twice_asks_again(
    lives: Lives, autojump_clock: MockClock, answer: str, count: int
) -> None:
    async with lives() as play:
        await play.knows()
        first = await play.talk("I spent $50 on lunch")
        await play.quiet(60)
        question = await asks(play, "I spent $50 on lunch")
        assert question == f"{ENGLISH[Say.CONFIRM_AGAIN]}\n• {first}"
        assert await play.one(SPENT) == 1
        await play.taps(answer)
        await play.quiet(30)
        assert await play.one(SPENT) == count
        await play.quiet(900)
        assert play.heard()[-1] in (first, ENGLISH[Say.CONFIRM_NO])


async def test_a_turn_that_was_cut_off_still_knows_what_it_read(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("book dentist on friday at 10am")
        play.fail_first_model(times=50)
        play.fail("openai", Refuse(), times=50)
        await play.whatsapp.person_sends(ANA, payloads.text("Lovely weather here") | FORWARDED)
        await play.says("cancel the dentist")
        await play.quiet(20)
        assert await play.one("SELECT foreign_from FROM turns ORDER BY started_at_ms DESC LIMIT 1") == "forwarded"
        assert await play.one("SELECT count(*) FROM turn_steps WHERE kind = 'answer'") == 2
    async with lives(after(minutes=5)) as play:
        await play.quiet(900)
        assert play.heard()[-1].startswith(ENGLISH[Say.CONFIRM_FOREIGN])
        assert await play.one("SELECT state FROM calendar_events") == "booked"


async def test_forwarded_words_stop_and_answer_nothing_and_a_file_goes_out_on_ones_own(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("I spent $50 on lunch")
        await forwards(play, "STOP")
        assert await play.one("SELECT status FROM users") == "active"
        assert (await play.talk("export my expenses")).startswith("Here is the file")
        await play.quiet(30)
        assert [each.type for each in play.messages()].count("document") == 1
