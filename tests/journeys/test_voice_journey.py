"""A voice note becomes words, and the words what they ask for; what is not heard is owned up to."""

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, SpendSection, TranscriptionSection
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import Duplicate, Refuse, Slow
from ivy.emulators.model_faults import ModelFault, slow
from ivy.store import messages, stories
from ivy.store.binding import Connection
from ivy.store.stories import Story
from tests.journeys.files import SURE_OF_ITSELF, buttons, kept, photograph, speak, tap
from tests.journeys.play import Lives, Play, plain

WISH = "remind me tomorrow at 9am to call John"
NO_KEY = Config(transcription=TranscriptionSection(model=""))
STOPPED = ENGLISH[Say.STOPPED]


async def reminders_of(play: Play) -> list[str]:
    return [row["text"] for row in await play.rows("SELECT text FROM reminders ORDER BY rowid")]


async def heard_costs(play: Play) -> list[int]:
    """Return what hearing was billed at, in micro-dollars, attempts that cost nothing left out."""
    rows = await play.rows("SELECT amount_micros FROM cost_ledger WHERE kind = 'transcription' AND amount_micros > 0")
    assert await play.one("SELECT count(*) FROM cost_ledger WHERE kind = 'transcription' AND state = 'reserved'") == 0
    return [row["amount_micros"] for row in rows]


async def why(play: Play, words: str) -> Story:
    """Ask what `ivy why` would tell."""

    def read(connection: Connection) -> Story:
        return stories.tell(connection, stories.find(connection, words), now=play.now)

    return await play.world.store.read(read)


# --- heard -------------------------------------------------------------------------------------------


async def test_a_voice_note_sets_a_reminder_with_one_reply_and_one_price(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        wamid = await speak(play, WISH)
        (reply,) = await play.hears(1)
        await play.quiet()
        assert "call John" in reply
        assert len(play.heard()) == 1
        assert await reminders_of(play) == ["call John"]
        assert await heard_costs(play) == [300]  # four seconds at $0.0045 a minute
        story = await why(play, wamid)
        assert any(WISH in event.words for event in story.events)
        assert story.ending == "Nothing of it is open."
        said = await play.rows_of().read(messages.last_words, limit=5)
        assert [row["body"] for row in said] == [reply, WISH]
        assert await play.dead() == []


async def test_a_webhook_that_comes_twice_is_fetched_and_heard_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.whatsapp.deliveries.faults.add(Duplicate(3))
        await speak(play, WISH)
        await play.quiet()
        assert len(play.whatsapp.media.fetches) == len(play.world.vendors.transcription.requests) == 1
        assert await reminders_of(play) == ["call John"]
        assert len(play.heard()) == 1


async def test_a_quick_reply_may_be_spoken_and_needs_no_model(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today at 6pm")
        asked = play.asked_models()
        await speak(play, "Done!")
        assert (await play.hears(2))[1].startswith("Logged: run, done.")
        assert play.asked_models() == asked
        assert await play.one("SELECT state FROM workouts") == "done"


async def test_several_voice_notes_are_one_turn_in_the_order_they_were_spoken(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.transcription.faults.add(slow(6))  # the first takes longest
        for number, words in enumerate(("I spent $5 on coffee", "I spent $6 on tea", "I spent $7 on bread")):
            await speak(play, words, seed=number)
            await trio.sleep(1)
        await play.says("I spent $8 on milk")
        await play.quiet()
        (reply,) = play.heard()
        places = [reply.index(amount) for amount in ("5.00", "6.00", "7.00", "8.00")]
        assert places == sorted(places)
        assert await play.one("SELECT count(*) FROM turns") == 1


async def test_words_beside_a_note_that_takes_for_ever_are_answered_all_the_same(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.transcription.faults.add(slow(50))
        await speak(play, WISH)
        await play.says("I spent $8 on milk")
        assert "8.00" in (await play.hears(1, within=25))[0]
        assert "call John" in (await play.hears(2))[1]


# --- not sure ----------------------------------------------------------------------------------------


async def test_an_unsure_transcript_is_read_back_and_yes_runs_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SURE_OF_ITSELF) as play:
        await play.knows()
        await speak(play, WISH, confidence=0.3)
        (question,) = await play.hears(1)
        assert question == ENGLISH[Say.VOICE_UNSURE].format(text=WISH)
        assert list(buttons(play)) == ["Yes", "No"]
        assert (play.asked_models(), await reminders_of(play)) == (0, [])
        assert "call John" in await tap(play, "Yes")
        await play.quiet()
        assert await reminders_of(play) == ["call John"]
        assert len(play.heard()) == 2
        assert await heard_costs(play) == [300]


@pytest.mark.parametrize("by", ["tap", "word", "thumb"])
async def test_no_asks_to_say_it_again_and_does_nothing(lives: Lives, autojump_clock: MockClock, by: str) -> None:
    async with lives(config=SURE_OF_ITSELF) as play:
        await play.knows()
        await speak(play, WISH, confidence=0.3)
        await play.hears(1)
        if by == "tap":
            await tap(play, "No")
        elif by == "word":
            await play.talk("no")
        else:
            await play.whatsapp.person_reacts(play.messages()[0].person.phone, play.messages()[0].wamid, "👎")
        assert (await play.hears(2))[1] == ENGLISH[Say.VOICE_AGAIN]
        await play.quiet()
        assert (play.asked_models(), await reminders_of(play), len(play.heard())) == (0, [], 2)


@pytest.mark.parametrize("confidence", [0.1, 0.99])
async def test_a_spoken_stop_stops_at_once_however_sure_it_is(
    lives: Lives, autojump_clock: MockClock, confidence: float
) -> None:
    async with lives(config=SURE_OF_ITSELF) as play:
        await play.knows()
        await speak(play, "Stop.", seconds=2, confidence=confidence)
        assert await play.hears(1) == [STOPPED]
        await play.quiet()
        assert await play.one("SELECT status FROM users") == "stopped"
        assert (play.asked_models(), len(play.heard())) == (0, 1)


# --- not heard ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "words", "fault", "key"),
    [
        (Config(), "", None, Say.VOICE_NOT_HEARD),
        (Config(), None, None, Say.VOICE_NOT_HEARD),
        (Config(), "Thanks for watching!", None, Say.VOICE_NOT_HEARD),
        (NO_KEY, WISH, None, Say.VOICE_NO_EARS),
        (Config(), WISH, ModelFault(status=401), Say.VOICE_NO_EARS),
        (Config(), WISH, ModelFault(status=429, code="insufficient_quota"), Say.VOICE_NO_EARS),
        (Config(spend=SpendSection(daily_cap_usd=0.0002)), WISH, None, Say.VOICE_NO_EARS),
    ],
    ids=["silence", "noise", "made up", "no ears", "no key", "no money", "daily cap"],
)
async def test_what_is_not_heard_is_owned_up_to_in_one_sentence(
    lives: Lives, autojump_clock: MockClock, config: Config, words: str | None, fault: ModelFault | None, key: Say
) -> None:
    async with lives(config=config) as play:
        await play.knows()
        if fault:
            play.world.vendors.transcription.faults.add(fault)
        await speak(play, words)
        assert await play.hears(1) == [ENGLISH[key]]
        await play.quiet(3600)
        assert len(play.heard()) == 1
        assert plain(play.heard())
        assert (play.asked_models(), await reminders_of(play)) == (0, [])
        assert await play.dead() == []
        assert len(kept(play)) == 1


async def test_a_recording_that_is_too_long_is_not_paid_for(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await speak(play, WISH, seconds=901)
        assert await play.hears(1) == [ENGLISH[Say.VOICE_TOO_LONG]]
        assert (await heard_costs(play), len(play.world.vendors.transcription.requests)) == ([], 0)


async def test_a_transcriber_that_blinks_is_asked_again_and_nobody_notices(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.transcription.faults.add(ModelFault(status=503), times=3)
        await speak(play, WISH)
        assert "call John" in (await play.hears(1))[0]
        await play.quiet()
        assert (len(play.heard()), await heard_costs(play)) == (1, [300])
        assert len(play.whatsapp.media.fetches) == 1


async def test_a_transcriber_that_is_down_is_told_of_once_and_what_it_hears_late_is_asked_about(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.faults["transcription"].add(Refuse(), times=14)
        await speak(play, WISH)
        assert await play.hears(1) == [ENGLISH[Say.VOICE_WAITS]]
        (_told, question) = await play.hears(2, within=6 * 3600)
        assert question == ENGLISH[Say.VOICE_LATE].format(text=WISH)
        assert await reminders_of(play) == []
        assert "call John" in await tap(play, "Yes")
        await play.quiet()
        assert (len(play.heard()), await reminders_of(play), await heard_costs(play)) == (3, ["call John"], [300])
        assert await play.dead() == []


# --- stop, and the end of a life ---------------------------------------------------------------------


@pytest.mark.parametrize("waits_for", ["file", "ears"])
async def test_stop_while_a_note_is_under_way_is_followed_by_silence(
    lives: Lives, autojump_clock: MockClock, waits_for: str
) -> None:
    async with lives() as play:
        await play.knows()
        if waits_for == "file":
            play.world.vendors.faults["whatsapp"].add(Slow(6), path="/attachments")
        else:
            play.world.vendors.transcription.faults.add(slow(6))
        await speak(play, WISH)
        await trio.sleep(3)
        assert await play.talk("STOP") == STOPPED
        await play.quiet(3600)
        assert play.heard() == [STOPPED]
        assert (play.asked_models(), await reminders_of(play)) == (0, [])
        await play.talk("START")
        await play.quiet(3600)
        assert (len(play.heard()), await reminders_of(play)) == (2, [])
        await speak(play, "remind me tomorrow at 10am to water the plants", seed=2)
        await play.hears(3)
        assert await reminders_of(play) == ["water the plants"]


async def test_stop_while_a_picture_is_to_be_tried_again_ends_the_trying(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.faults["whatsapp"].add(Refuse(), path="/attachments", times=99)
        await photograph(play)
        await trio.sleep(10)
        assert await play.talk("STOP") == STOPPED
        asked = len(play.whatsapp.media.look_ups)
        await play.quiet(24 * 3600)
        assert len(play.whatsapp.media.look_ups) <= asked + 1
        assert (play.heard(), kept(play)) == ([STOPPED], [])


@pytest.mark.parametrize("fails", ["file", "ears"])
@pytest.mark.parametrize("words", [WISH, "START", "I want to kill myself tonight"])
async def test_what_was_spoken_before_a_stop_is_heard_however_late(
    lives: Lives, autojump_clock: MockClock, fails: str, words: str
) -> None:
    """Stop takes nothing of it away: it is written down, and a cry in it opens a review; nobody is talked to about the rest."""
    async with lives() as play:
        await play.knows()
        if fails == "file":
            play.world.vendors.faults["whatsapp"].add(Refuse(), path="/attachments", times=14)
        else:
            play.world.vendors.faults["transcription"].add(Refuse(), times=14)
        await speak(play, words)
        await trio.sleep(10)
        assert await play.talk("STOP") == STOPPED
        await play.quiet(6 * 3600)
        assert await play.one("SELECT transcript FROM media") == words
        assert await play.one("SELECT body FROM messages_v2 WHERE kind = 'media'") == words
        reviews = await play.one("SELECT count(*) FROM reviews")
        if "kill" in words:
            assert reviews == 1
            assert play.heard()[0] == STOPPED and "988" in play.heard()[1] and len(play.heard()) == 2
        else:
            assert (reviews, play.heard()) == (0, [STOPPED])
        assert (play.asked_models(), await reminders_of(play)) == (0, [])
        assert await play.one("SELECT status FROM users") == "stopped"
        assert await play.dead() == []


@pytest.mark.parametrize("words", ["stop", "please stop messaging me so much"])
@pytest.mark.parametrize("then", ["", "START"])
async def test_a_wish_for_silence_from_before_a_stop_adds_nothing_to_it_and_undoes_no_start(
    lives: Lives, autojump_clock: MockClock, words: str, then: str
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.faults["transcription"].add(Refuse(), times=5)
        await speak(play, words)
        await trio.sleep(10)
        assert await play.talk("STOP") == STOPPED
        if then:
            await trio.sleep(20)
            await play.talk(then)
        before = play.heard()
        await play.quiet(6 * 3600)
        assert await play.one("SELECT transcript FROM media") == words
        assert play.heard() == before
        assert await play.one("SELECT status FROM users") == ("active" if then else "stopped")
        assert await play.one("SELECT suspended_until_ms FROM users") is None


async def test_a_daemon_cut_off_before_anybody_listened_goes_on_and_pays_once(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(abrupt=True) as play:
        await play.knows()
        play.world.vendors.faults["transcription"].add(Refuse(), times=99)
        await speak(play, WISH)
        await trio.sleep(5)
        assert len(kept(play)) == len(play.whatsapp.media.fetches) == 1
    async with lives() as play:
        play.world.vendors.transcription.say(kept(play)[0].read_bytes(), WISH)
        assert "call John" in (await play.hears(1))[0]
        await play.quiet()
        assert play.whatsapp.media.fetches == []
        assert (await reminders_of(play), await heard_costs(play), len(play.heard())) == (["call John"], [300], 1)


async def test_a_daemon_cut_off_while_somebody_listens_books_that_as_paid(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(abrupt=True) as play:
        await play.knows()
        play.world.vendors.transcription.faults.add(slow(30))
        await speak(play, WISH)
        await trio.sleep(5)
        assert len(play.world.vendors.transcription.requests) == 1
    async with lives() as play:
        play.world.vendors.transcription.say(kept(play)[0].read_bytes(), WISH)
        await play.hears(1)
        await play.quiet()
        assert play.whatsapp.media.fetches == []
        assert (await reminders_of(play), await heard_costs(play)) == (["call John"], [300, 300])
