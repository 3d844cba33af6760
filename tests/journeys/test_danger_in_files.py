"""Words of danger that come with a picture, a recording, a form or a text with files: none waits, none is lost."""

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, SmsSection
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import Refuse, Slow
from tests.journeys.files import photograph, speak
from tests.journeys.play import ANA, Lives, Play
from tests.journeys.test_care import CRY, waiting
from tests.journeys.test_forms_journey import FILLED, mind, push, reply, send_back, sent_form, token_of

SMS = Config(sms=SmsSection(enabled=True))
PICTURE = ("https://api.twilio.com/Media/ME1", "image/jpeg")


async def stop(play: Play) -> None:
    assert await play.talk("STOP") == ENGLISH[Say.STOPPED]


def answers(play: Play) -> list[str]:
    return [text for text in play.heard() if "988" in text]


async def test_the_words_under_a_picture_do_not_wait_for_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.faults["whatsapp"].add(Refuse(), path="/attachments", times=3)
        await photograph(play, caption=CRY)
        assert "988" in (await play.hears(1, within=10))[0]
        assert len(play.whatsapp.media.fetches) == 0
        await play.quiet(24 * 3600)
        assert len(play.whatsapp.media.fetches) == 1
        assert (len(answers(play)), play.asked_models()) == (1, 0), "once, and no model adds to it"
        assert ENGLISH[Say.PICTURE_CONSENT] not in play.heard()
        (review,) = await waiting(play)
        assert (review.words, review.source) == (CRY, "chat")
        assert await play.dead() == []


@pytest.mark.parametrize("sent", ["picture", "voice"])
async def test_a_stop_right_after_it_sets_no_cry_aside(lives: Lives, autojump_clock: MockClock, sent: str) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.faults["whatsapp"].add(Slow(8), path="/attachments")
        await (photograph(play, caption=CRY) if sent == "picture" else speak(play, CRY))
        await trio.sleep(5)
        await play.says("STOP")
        await play.quiet(600)
        (review,) = await waiting(play)
        assert review.words == CRY
        assert ENGLISH[Say.STOPPED] in play.heard()
        assert play.asked_models() == 0


async def test_what_is_written_in_a_text_with_a_picture_is_heard(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        sms = play.world.vendors.sms
        said = ("I spent $7 on coffee", CRY, "STOP")
        for words in said:
            await sms.person_says(ANA, words, media=(PICTURE,))
            await play.quiet(90)
        told = [each.body for each in sms.sent]
        assert "7.00" in told[0] and "988" in told[1]
        assert ENGLISH[Say.UNSUPPORTED] not in told
        assert [review.words for review in await waiting(play)] == [CRY]
        assert await play.one("SELECT status FROM users") == "stopped"


async def test_a_picture_without_words_by_text_is_owned_up_to(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SMS) as play:
        await play.knows()
        await play.world.vendors.sms.person_says(ANA, "", media=(PICTURE,))
        await play.quiet(90)
        assert [each.body for each in play.world.vendors.sms.sent] == [ENGLISH[Say.UNSUPPORTED]]


@pytest.mark.parametrize("why", ["foreign", "late", "wrong", "over"])
async def test_a_form_that_is_not_acted_on_is_listened_to(lives: Lives, autojump_clock: MockClock, why: str) -> None:
    brain, _given = mind()
    async with lives(brain=brain) as play:
        await play.knows()
        await push(play)
        sent = await sent_form(play)
        token = {} if why == "foreign" else {"flow_token": token_of(sent)}
        if why == "over":
            await send_back(play, sent, reply({**FILLED, **token}))
            await play.hears(2)
        elif why == "late":
            await play.quiet(25 * 3600)
        before = len(play.heard())
        said = {**FILLED, "note": CRY, **token} | ({"date": "tomorrow"} if why == "wrong" else {})
        await play.whatsapp.person_sends(ANA, reply(said))
        await play.quiet()
        (answer,) = play.heard()[before:]
        assert "988" in answer
        (review,) = await waiting(play)
        assert review.words == CRY
