"""What somebody says of themself in a voice note is known as if they had written it, and told with its source."""

from trio.testing import MockClock

from ivy.emulators import sample_files
from tests.journeys.files import VOICE, send, speak
from tests.journeys.play import Lives
from tests.journeys.test_remembering import NOON, QUIET, holding

SISTER = "remember that my sister is called Zita"


async def test_what_a_voice_note_asks_to_remember_is_told_with_its_source(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await speak(play, SISTER)
        await play.hears(1)
        (fact,) = await holding(play)
        (note,) = await play.rows("SELECT id, kind FROM messages_v2 WHERE direction = 'in'")
        assert (fact.text, fact.quote, fact.message_id) == ("my sister is called Zita", SISTER, note["id"])
        assert note["kind"] == "media"
        assert f"“{SISTER}”" in await play.talk("where do you have that from?")


async def test_what_a_voice_note_says_by_the_way_is_noticed_and_what_was_forwarded_is_not(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await speak(play, "I prefer morning calls")
        await play.hears(1)
        shelf, audio = play.world.vendors.whatsapp.media, sample_files.ogg_opus(4, seed=2)
        play.world.vendors.transcription.say(audio, "I live in Madrid")
        told = shelf.content_of("audio", shelf.put(audio, VOICE), voice=True)
        await play.whatsapp.person_sends(play.messages()[0].person.phone, {**told, "context": {"forwarded": True}})
        song = sample_files.ogg_opus(4, seed=3)
        play.world.vendors.transcription.say(song, "my sister is called Eva")
        await send(play, "audio", song, VOICE)
        await play.quiet(QUIET + 10)
        assert [fact.text for fact in await holding(play)] == ["I prefer morning calls"]
        assert await play.one("SELECT count(*) FROM fact_sources") == 1
        assert "“I prefer morning calls”" in await play.talk("where do you have that from?")
