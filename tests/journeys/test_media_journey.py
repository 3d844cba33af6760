"""Pictures, documents, stickers, contacts and places: what Ivy does with each, and what it leaves alone."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, MediaSection
from ivy.domain.consent import Purpose
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators import sample_files
from ivy.emulators.faults import Duplicate, Slow
from ivy.emulators.whatsapp_payloads import location
from ivy.store import consents, media
from tests.journeys.files import buttons, half_written, kept, photograph, pictures_shown, send, speak, tap
from tests.journeys.play import ANA, BEN, Lives, Play

PHOTO = base64.b64encode(sample_files.jpeg(seed=1)).decode()
OTHER_PHOTO = base64.b64encode(sample_files.jpeg(seed=2)).decode()
ASKED = ENGLISH[Say.PICTURE_CONSENT]


async def agree(play: Play, *, granted: bool = True, who: str = ANA) -> None:
    """Let somebody have agreed, or not, to show their pictures."""
    await play.rows_of(who).write(consents.record, Purpose.IMAGES, granted=granted, proof="test", now=play.now)


# --- pictures ----------------------------------------------------------------------------------------


async def test_with_consent_a_picture_and_its_caption_reach_the_model(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await agree(play)
        await photograph(play, caption="I spent $7 on coffee")
        (reply,) = await play.hears(1)
        await play.quiet()
        assert "7.00" in reply
        assert pictures_shown(play) == [[PHOTO], [PHOTO]]  # before the tool and after it
        assert len(play.heard()) == 1


async def test_pictures_and_words_sent_together_are_one_turn(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await agree(play)
        play.world.vendors.faults["whatsapp"].add(Slow(4), path="/attachments")
        await photograph(play, seed=1)
        await photograph(play, seed=2)
        await play.says("I spent $7 on coffee")
        await play.hears(1)
        await play.quiet()
        assert pictures_shown(play) == [[PHOTO, OTHER_PHOTO]] * 2
        assert len(play.heard()) == await play.one("SELECT count(*) FROM turns") == 1


async def test_without_consent_it_is_asked_once_and_yes_answers_about_that_picture(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await photograph(play, seed=1)
        assert await play.hears(1) == [ASKED]
        assert list(buttons(play)) == ["Yes", "No"]
        assert play.asked_models() == 0
        await tap(play, "Yes")
        assert pictures_shown(play) == [[PHOTO]]
        await photograph(play, seed=2)
        await play.hears(3)
        assert pictures_shown(play)[1:] == [[OTHER_PHOTO]]
        assert play.heard().count(ASKED) == 1
        (proof,) = await play.rows("SELECT proof, granted FROM consents WHERE purpose = 'images'")
        assert proof["granted"] == 1
        assert "'Yes'" in proof["proof"]


async def test_after_a_no_pictures_are_kept_unseen_and_one_plain_sentence_says_so(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await photograph(play, seed=1)
        await play.hears(1)
        assert await tap(play, "No") == ENGLISH[Say.PICTURE_NO]
        await photograph(play, seed=2)
        assert (await play.hears(3))[2] == ENGLISH[Say.PICTURE_KEPT]
        await play.quiet()
        assert (play.asked_models(), len(play.heard()), len(kept(play))) == (0, 3, 2)
        await play.talk("what did I send you?")
        assert pictures_shown(play) == [[]]


async def test_a_picture_that_nobody_answered_for_is_not_asked_about_by_the_next(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        for seed in (1, 2, 3):
            await photograph(play, seed=seed)
        await play.quiet()
        assert play.heard().count(ASKED) == 1
        first = play.messages()[0]
        action = first.request["interactive"]["action"]["buttons"][0]["reply"]["id"]
        await play.whatsapp.person_taps(ANA, action, "Yes")
        await play.quiet()
        assert len(play.heard()) == 2
        assert len(pictures_shown(play)) == 1
        assert len(pictures_shown(play)[0]) == 3


async def test_the_words_under_a_picture_are_answered_without_showing_it(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await photograph(play, caption="I spent $7 on coffee")
        await play.hears(2)
        await play.quiet()
        assert sorted(play.heard(), key=len, reverse=True)[0] == ASKED
        assert sum("7.00" in text for text in play.heard()) == 1
        assert not any(pictures_shown(play))
        assert await play.one("SELECT count(*) FROM expenses") == 1
        asked = next(each for each in play.messages() if each.text == ASKED)
        action = asked.request["interactive"]["action"]["buttons"][0]["reply"]["id"]
        await play.whatsapp.person_taps(ANA, action, "Yes")
        await play.quiet()
        assert await play.one("SELECT count(*) FROM expenses") == 1


async def test_consent_is_taken_back_in_words_and_given_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await agree(play)
        assert "no longer look" in await play.talk("stop looking at my pictures")
        await photograph(play)
        assert (await play.hears(2))[1] == ENGLISH[Say.PICTURE_KEPT]
        assert not any(pictures_shown(play))
        await play.talk("you may look at my pictures")
        await photograph(play, seed=2)
        await play.hears(4)
        assert pictures_shown(play)[-1] == [OTHER_PHOTO]


async def test_stop_takes_the_pictures_back_too(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await agree(play)
        await play.talk("STOP")
        await play.talk("START")
        await photograph(play)
        await play.hears(3)
        assert not any(pictures_shown(play))


async def test_somebody_elses_consent_is_not_mine(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await agree(play, who=BEN)
        await photograph(play, ANA)
        await photograph(play, BEN)  # the same picture: one file, two owners
        await play.hears(1)
        await play.hears(1, BEN)
        assert play.heard() == [ASKED]
        assert pictures_shown(play) == [[PHOTO]]
        assert len(kept(play)) == 1


# --- other kinds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "content", "mime", "key"),
    [
        ("document", sample_files.pdf(), "application/pdf", Say.FILE_KEPT),
        ("video", b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(500), "video/mp4", Say.FILE_KEPT),
        ("sticker", sample_files.webp(), "image/webp", Say.STICKER),
    ],
)
async def test_a_file_without_words_is_kept_and_that_is_said(
    lives: Lives, autojump_clock: MockClock, kind: str, content: bytes, mime: str, key: Say
) -> None:
    async with lives() as play:
        await play.knows()
        await send(play, kind, content, mime)
        assert await play.hears(1) == [ENGLISH[key]]
        await play.quiet()
        assert (len(play.heard()), play.asked_models()) == (1, 0)
        assert [path.read_bytes() for path in kept(play)] == [content]


async def test_a_documents_caption_is_answered_and_its_name_is_no_path(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        name = "../../../../etc/passwd\0.pdf"
        more = {"filename": name, "caption": "I spent $7 on coffee"}
        await send(play, "document", sample_files.pdf(), "application/pdf", **more)
        assert "7.00" in (await play.hears(1))[0]
        await play.quiet()
        (path,) = kept(play)
        assert path.name in await play.rows_of().read(media.held)
        assert len(play.heard()) == 1


async def test_the_number_somebody_shares_when_asked_is_theirs_from_now_on(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows(phone=None, status="invited", invite_code="IVY-7K3M-Q2")
        await play.talk("IVY-7K3M-Q2", "ZZ.900000001")
        card = {
            "name": {"formatted_name": "Ana"},
            "phones": [{"phone": ANA, "wa_id": ANA[1:]}],
            "origin": "contact_request",
        }
        await play.whatsapp.person_sends("ZZ.900000001", {"type": "contacts", "contacts": [card]})
        assert (await play.hears(2, "ZZ.900000001"))[1] == ENGLISH[Say.NUMBER_THANKS]
        assert await play.one("SELECT phone FROM users") == ANA
        assert play.asked_models() == 0


async def test_a_place_is_words_like_any_others(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.whatsapp.person_sends(ANA, location(4.711, -74.0721, name="Parque 93", address="Bogotá"))
        await play.hears(1)
        assert await play.one("SELECT body FROM messages_v2 WHERE direction = 'in'") == (
            "[location] Parque 93, Bogotá (4.71100, -74.07210)"
        )
        (asked,) = play.world.vendors.anthropic.requests
        assert "Parque 93" in str(asked.body)


async def test_a_file_that_is_told_of_twice_is_fetched_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.whatsapp.deliveries.faults.add(Duplicate(3))
        await send(play, "document", sample_files.pdf(), "application/pdf")
        await play.quiet()
        assert len(play.whatsapp.media.fetches) == len(play.heard()) == 1


# --- how long kept -----------------------------------------------------------------------------------


async def test_a_file_goes_when_its_time_is_over_and_its_words_stay(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(media=MediaSection(keep_days=2))) as play:
        await play.knows()
        await speak(play, "I spent $7 on coffee")
        await play.hears(1)
        await trio.sleep(47 * 3600)
        assert len(kept(play)) == 1
        await trio.sleep(2 * 3600)
        assert (kept(play), half_written(play)) == ([], [])
        (row,) = await play.rows("SELECT state, transcript, sha256 FROM media")
        assert row == {"state": "expired", "transcript": "I spent $7 on coffee", "sha256": ""}


async def test_an_erased_person_leaves_no_file_and_nobody_else_loses_theirs(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        for who, seeds in ((ANA, (1, 2)), (BEN, (2,))):  # the second picture is both's
            for seed in seeds:
                await photograph(play, who, seed=seed)
        await speak(play, "I spent $7 on coffee")
        await play.quiet()
        assert len(kept(play)) == 3
        folder = play.world.daemon.context.files.folder
    ivy(lives.folder, "users", "erase", play.ids[ANA], "--yes")
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in left] == [sample_files.jpeg(seed=2)]


def ivy(folder: Path, *words: str) -> None:
    """Run a command beside the daemon's file."""
    (folder / "ivy.toml").touch()
    command = [sys.executable, "-m", "ivy", "--config", str(folder / "ivy.toml"), *words]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
