"""Files that hang, swell, lie or lead astray: refused through the whole daemon, cleaned up, one plain sentence."""

import pytest
import trio
from trio.testing import MockClock

from ivy.domain.media import CAPS, MEGABYTE, Type
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators import sample_files
from ivy.emulators.faults import Refuse
from ivy.emulators.whatsapp_media import BadDownload, Lie
from ivy.emulators.whatsapp_payloads import as_bytes
from tests.journeys.files import VOICE, half_written, kept, send, speak
from tests.journeys.play import Lives, Play, plain

WISH = "remind me tomorrow at 9am to call John"


async def refused(play: Play, key: Say, *, state: str = "refused") -> None:
    """Check that one plain sentence came of a file, and nothing else."""
    assert await play.hears(1, within=600) == [ENGLISH[key]]
    await play.quiet(3600)
    assert len(play.heard()) == 1
    assert plain(play.heard())
    assert (kept(play), half_written(play)) == ([], [])
    assert play.asked_models() == 0
    assert await play.one("SELECT count(*) FROM reminders") == 0
    (row,) = await play.rows("SELECT state, sha256, mime FROM media")
    assert row == {"state": state, "sha256": "", "mime": ""}
    assert await play.one("SELECT count(*) FROM cost_ledger WHERE kind = 'transcription'") == 0


@pytest.mark.parametrize(
    ("lie", "bad", "key"),
    [
        (Lie(size=CAPS[Type.AUDIO] + 1), None, Say.MEDIA_TOO_LARGE),
        (None, BadDownload(size=CAPS[Type.AUDIO] + 1), Say.MEDIA_TOO_LARGE),
        (Lie(size=0), BadDownload(size=CAPS[Type.AUDIO] + 1, hides_size=True), Say.MEDIA_TOO_LARGE),
        (Lie(mime="image/jpeg"), None, Say.MEDIA_REFUSED),
        (Lie(mime="text/html"), None, Say.MEDIA_REFUSED),
        (Lie(sha256="0" * 64), None, Say.MEDIA_LOST),
        (None, BadDownload(content=sample_files.ogg_opus(4, seed=9)), Say.MEDIA_LOST),
        (None, BadDownload(content=b"<html>Sorry</html>"), Say.MEDIA_LOST),
        (Lie(url="https://files.example/v/1"), None, Say.MEDIA_LOST),
        (Lie(url="https://lookaside.fbsbx.com.example/x"), None, Say.MEDIA_LOST),
        (Lie(url="https://lookaside.fbsbx.com@example.org/x"), None, Say.MEDIA_LOST),
        (Lie(url="http://127.0.0.1:8711/livez"), None, Say.MEDIA_LOST),
        (Lie(url="https://[::1]/x"), None, Say.MEDIA_LOST),
        (Lie(url="http://lookaside.fbsbx.com/x"), None, Say.MEDIA_LOST),
        (Lie(url="file:///etc/passwd"), None, Say.MEDIA_LOST),
        (None, BadDownload(redirect="https://files.example/v/1"), Say.MEDIA_LOST),
        (None, BadDownload(redirect="http://127.0.0.1/"), Say.MEDIA_LOST),
        (None, BadDownload(redirect="http://169.254.169.254/latest/meta-data/"), Say.MEDIA_LOST),
        (None, BadDownload(redirect="//localhost/"), Say.MEDIA_LOST),
    ],
)
async def test_a_file_that_misbehaves_is_refused_with_one_sentence(
    lives: Lives, autojump_clock: MockClock, lie: Lie | None, bad: BadDownload | None, key: Say
) -> None:
    async with lives() as play:
        await play.knows()
        if lie:
            play.whatsapp.media.lies.add(lie)
        if bad:
            play.whatsapp.media.bad_downloads.add(bad)
        await speak(play, WISH)
        await refused(play, key)
        assert len(play.world.vendors.transcription.requests) == 0
        assert {fetch.host for fetch in play.whatsapp.media.fetches} <= {"lookaside.fbsbx.com"}
        assert await play.dead() == []


@pytest.mark.parametrize(
    ("kind", "content", "mime", "key"),
    [
        ("image", b"MZ\x90\0" * 500, "image/jpeg", Say.MEDIA_REFUSED),
        ("image", sample_files.pdf(), "image/png", Say.MEDIA_REFUSED),
        ("document", b"<html><script>alert(1)</script>", "text/plain", Say.MEDIA_REFUSED),
        ("document", b"PK\x03\x04" + bytes(500), "application/zip", Say.MEDIA_REFUSED),
        ("audio", sample_files.jpeg(), VOICE, Say.MEDIA_REFUSED),
        ("image", b"", "image/jpeg", Say.MEDIA_REFUSED),
        ("image", sample_files.jpeg(size=5 * MEGABYTE + 1_000), "image/jpeg", Say.MEDIA_TOO_LARGE),
        ("sticker", sample_files.png(), "image/webp", Say.MEDIA_REFUSED),
    ],
)
async def test_bait_from_a_person_is_refused_with_one_sentence(
    lives: Lives, autojump_clock: MockClock, kind: str, content: bytes, mime: str, key: Say
) -> None:
    async with lives() as play:
        await play.knows()
        await send(play, kind, content, mime)
        await refused(play, key)


async def test_a_refused_files_caption_is_answered_all_the_same(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await send(play, "image", b"MZ\x90\0" * 500, "image/jpeg", caption="I spent $7 on coffee")
        sorry, reply = await play.hears(2)
        assert sorry == ENGLISH[Say.MEDIA_REFUSED]
        assert "7.00" in reply


# --- slow, gone, cut ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad", [BadDownload(hang_after=1_000), BadDownload(hang_after=0), BadDownload(drip_seconds=95)]
)
async def test_a_download_that_hangs_for_good_holds_nobody_up_and_is_told_of_once(
    lives: Lives, autojump_clock: MockClock, bad: BadDownload
) -> None:
    async with lives() as play:
        await play.knows()
        play.whatsapp.media.bad_downloads.add(bad, times=999)
        await speak(play, WISH)
        await play.hears(1, within=300)
        assert "7.00" in await play.talk("I spent $7 on coffee", within=20)
        await play.quiet(6 * 3600)
        assert play.heard()[0] == ENGLISH[Say.MEDIA_WAITS]
        assert len(play.heard()) == 2
        while half_written(play):  # one may be under way at this very moment
            await trio.sleep(1)
        assert kept(play) == []


async def test_a_download_that_hangs_once_is_nobodys_business(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.whatsapp.media.bad_downloads.add(BadDownload(drop_after=100))
        play.whatsapp.media.bad_downloads.add(BadDownload(status=500))
        play.world.vendors.faults["whatsapp"].add(Refuse(), path="/attachments")
        await speak(play, WISH)
        assert "call John" in (await play.hears(1))[0]
        await play.quiet()
        assert (len(play.heard()), len(kept(play)), half_written(play)) == (1, 1, [])


@pytest.mark.parametrize("status", [401, 404])
async def test_an_address_that_has_outlived_its_five_minutes_is_looked_up_again(
    lives: Lives, autojump_clock: MockClock, status: int
) -> None:
    async with lives() as play:
        await play.knows()
        play.whatsapp.media.bad_downloads.add(BadDownload(status=status))
        await speak(play, WISH)
        assert "call John" in (await play.hears(1))[0]
        assert len(play.whatsapp.media.look_ups) == 2


async def test_the_address_in_an_old_webhook_is_never_used(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        shelf, item = play.whatsapp.media, play.whatsapp.media.put(sample_files.pdf(), "application/pdf")
        told = shelf.content_of("document", item)
        await trio.sleep(301)  # it was on its way for so long that its address is over
        told["document"]["url"] = "https://evil.example/x"
        await play.whatsapp.person_sends("+12025550143", told)
        assert await play.hears(1) == [ENGLISH[Say.FILE_KEPT]]
        assert [fetch.host for fetch in shelf.fetches] == ["lookaside.fbsbx.com"]


async def test_a_file_that_meta_has_no_more_is_asked_for_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        told = play.whatsapp.media.content_of(
            "document", play.whatsapp.media.put(sample_files.pdf(), "application/pdf")
        )
        told["document"]["id"] = "8800000000009999"  # after a week, Meta knows it no more
        await play.whatsapp.person_sends("+12025550143", told)
        await refused(play, Say.MEDIA_LOST)


async def test_an_id_that_is_a_path_is_never_asked_for(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        told = play.whatsapp.media.content_of("image", play.whatsapp.media.put(sample_files.jpeg(), "image/jpeg"))
        told["image"]["id"] = "../../me/accounts?x="
        await play.whatsapp.person_sends("+12025550143", told)
        await refused(play, Say.MEDIA_LOST)
        assert play.whatsapp.media.look_ups == []


async def test_the_token_is_shown_to_the_first_host_only(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await speak(play, WISH)
        await play.hears(1)
        assert [(fetch.host, fetch.with_token) for fetch in play.whatsapp.media.fetches] == [
            ("lookaside.fbsbx.com", True)
        ]
        raw = as_bytes({"rows": await play.rows("SELECT * FROM media")}).decode()
        assert "attachments" not in raw  # the address with its signature is nowhere kept
