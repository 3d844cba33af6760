""" "That's wrong" under what a call was understood to say: by any way of the chat, the same, and once."""

from datetime import timedelta

import pytest
from trio.testing import MockClock

from ivy.domain.sentences import ENGLISH, Say, say
from ivy.domain.streaks import Outcome
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.retell_people import scripted
from ivy.store import streaks
from tests.journeys.play import ANA, Lives, Play
from tests.journeys.test_phone_calls import DAWN, VOICE, lives_by_phone, phones

DAY = DAWN.date()
TITLE = ENGLISH[Say.OPTION_WRONG]


async def says_it(play: Play, way: str) -> None:
    if way == "tap":
        await play.taps(TITLE)
    elif way == "words":
        await play.says(TITLE)
    else:
        await play.whatsapp.person_sends(ANA, payloads.reaction(play.messages()[-1].wamid, "👎"))


@pytest.mark.parametrize("way", ["tap", "words", "thumb"])
async def test_what_a_call_took_for_left_out_is_put_right_in_the_chat(
    lives: Lives, autojump_clock: MockClock, way: str
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play, morning="06:05", evening="09:00")
        await play.says("plan a run today")
        phones(play).person_answers(
            ANA,
            lambda _phone, variables, _metadata, _at: (
                scripted("skip the run", "bye") if variables["ivy_kind"] == "evening" else scripted("hello", "bye")
            ),
        )
        await play.until(DAWN + timedelta(hours=3, minutes=20))
        assert await play.rows_of().read(streaks.of_day, DAY) is Outcome.SKIPPED
        told = play.heard()[-1]
        assert told == f"{ENGLISH[Say.CALL_NOTED]} {say(Say.WORKOUT_SKIPPED, 'en', workout='run')}"
        old = play.offers()[TITLE]
        await says_it(play, way)
        await play.quiet()
        assert play.heard()[-1].startswith("Thanks for telling me. I've put that right")
        assert await play.rows_of().read(streaks.of_day, DAY) is Outcome.EXCUSED
        assert await play.rows("SELECT state FROM workouts") == [{"state": "planned"}]
        await play.whatsapp.person_sends(ANA, payloads.tap(old, TITLE))
        await play.quiet()
        assert play.heard()[-1] == ENGLISH[Say.TAP_OVER]
        assert await play.one("SELECT count(*) FROM user_preferences WHERE key LIKE 'appeal:%'") == 1
        await play.taps(ENGLISH[Say.OPTION_DONE])
        await play.quiet()
        assert await play.rows_of().read(streaks.of_day, DAY) is Outcome.KEPT
