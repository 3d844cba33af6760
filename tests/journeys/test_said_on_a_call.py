"""What somebody asks for on the phone is done by the same tools as in the chat: a reserve day, a day without calls."""

from datetime import timedelta

import pytest
from trio.testing import MockClock

from ivy.domain.calls import CallOutcome
from ivy.domain.consent import Purpose
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.domain.streaks import Outcome
from ivy.emulators.retell_people import scripted
from ivy.store import calls_off, consents, people, streaks
from tests.journeys.play import Lives
from tests.journeys.test_phone_calls import ANA, DAWN, VOICE, had, lives_by_phone, phones

TODAY = DAWN.date()


async def test_a_reserve_day_is_taken_on_the_phone(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        for back in (1, 2):
            day = TODAY - timedelta(days=back)
            await play.rows_of().write(streaks.record, day, Outcome.KEPT, source="text", now=play.now)
        await play.says("plan a run today at 6pm")
        phones(play).person_answers(ANA, scripted("I have a fever", "use a reserve day today", "bye"))
        await play.until(DAWN + timedelta(hours=2))
        (call,) = await had(play)
        assert call.outcome is CallOutcome.COMPLETED
        assert await play.rows_of().read(streaks.of_day, TODAY) is Outcome.RESERVE
        assert (await play.rows_of().read(streaks.current)).current == 2
        assert await play.rows("SELECT tool, status FROM tool_executions WHERE turn_id LIKE 'call:%'") == [
            {"tool": "use_reserve", "status": "done"}
        ]


@pytest.mark.parametrize("words", ["I can't take calls today", "I'm ill. Please don't call me today. Bye"])
async def test_no_calls_today_said_on_the_phone_keeps_the_evening_quiet(
    lives: Lives, autojump_clock: MockClock, words: str
) -> None:
    """Whether a function of the call wrote it down, or only the transcript knows of it."""
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.says("hola")  # the window of the chat is open
        phones(play).person_answers(ANA, scripted(words, "bye", "bye", "bye", "bye", "bye"))
        await play.until(DAWN + timedelta(hours=2))
        assert await play.rows_of().read(calls_off.is_left_out, TODAY)
        await play.until(DAWN + timedelta(hours=17))
        morning, evening = await had(play)
        assert morning.outcome is CallOutcome.COMPLETED
        assert (evening.state.value, evening.reason) == ("abandoned", "they want no calls today")
        assert len(phones(play).placed) == 1
        told = play.heard().count(ENGLISH[Say.NO_CALLS_TODAY])
        assert told == (0 if words.startswith("I can't") else 1)  # the agent said it already
        await play.until(DAWN + timedelta(hours=25, minutes=30))
        assert len(phones(play).placed) == 2


@pytest.mark.parametrize(
    ("words", "locale", "question"),
    [
        ("please stop calling me", "en-US", ENGLISH[Say.STOP_QUESTION]),
        ("no me llames nunca más", "es-CO", SPANISH[Say.STOP_QUESTION]),
    ],
)
async def test_a_stop_said_in_a_pause_is_heard_and_the_pause_stays(
    lives: Lives, words: str, locale: str, question: str, autojump_clock: MockClock
) -> None:
    friday = DAWN + timedelta(days=4)
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.rows_of().write(people.set_locale, locale)
        await play.rows_of().write(people.suspend, friday)
        phones(play).person_answers(ANA, scripted(words, "bye", "bye", "bye", "bye", "bye"))
        await play.says("call me" if locale == "en-US" else "llámame")  # in a pause only what they ask for
        await play.quiet(600)
        (call,) = await had(play)
        assert call.outcome in (CallOutcome.COMPLETED, CallOutcome.OPTED_OUT)
        assert sum(text.startswith(question) for text in play.heard()) == (call.outcome is CallOutcome.COMPLETED)
        await play.talk("calls" if locale == "en-US" else "las llamadas")
        assert Purpose.CALLS not in await play.rows_of().read(consents.current)
        assert (await play.rows_of().read(people.load)).suspended_until == friday
