"""The recovery ladder of those who have one, over a whole day without an answer: call, tries, the evening, a text."""

from datetime import timedelta

from trio.testing import MockClock

from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.retell_people import NoAnswer
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives
from tests.journeys.test_phone_calls import DAWN, VOICE, had, lives_by_phone, phones


def elite(scope: Scope) -> None:
    scope.execute("UPDATE users SET tier = 'elite' WHERE id = :user")


async def test_a_day_of_calls_that_nobody_answers_ends_in_one_text(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.rows_of().write(elite)
        phones(play).person_answers(ANA, NoAnswer())
        await play.says("hola")
        await play.until(DAWN + timedelta(hours=13))
        assert play.heard()[1:] == [ENGLISH[Say.MISSED_CALL]]  # the evening is the other time
        await play.until(DAWN + timedelta(hours=15.9))
        missed = ENGLISH[Say.MISSED_CALL]
        assert play.heard()[1:] == [missed, missed, ENGLISH[Say.CHECKIN_EVENING_FREE]]
        assert [call.kind.value for call in await had(play)] == ["morning"] * 3 + ["evening"] * 3


async def test_who_wrote_meanwhile_is_not_asked_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.rows_of().write(elite)
        phones(play).person_answers(ANA, NoAnswer())
        await play.until(DAWN + timedelta(hours=14, minutes=40, seconds=10))  # the last try rings
        await play.says("sorry, at the cinema")
        await play.until(DAWN + timedelta(hours=15.9))
        assert ENGLISH[Say.CHECKIN_EVENING_FREE] not in play.heard()
