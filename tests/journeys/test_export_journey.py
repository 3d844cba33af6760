"""A person's expenses as a file: one message, once, and what is in it."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from ivy.cli.world import World
from ivy.config import Config, MediaSection, SmsSection
from ivy.daemon.handlers import media as house
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import Answer, Refuse, Slow
from ivy.emulators.model_faults import slow
from ivy.store import files as folder_of_files
from ivy.store import media
from tests.journeys.files import half_written, kept
from tests.journeys.play import ANA, Lives, Play
from tests.reliability.lives import PHONE, Killer, accepted, live, tell_statuses

EXPORT = "export my expenses"


async def spend(play: Play, *sentences: str) -> None:
    for sentence in sentences:
        await play.talk(sentence)


def received(play: Play) -> list[dict[str, Any]]:
    """Return what Meta was asked to send as documents."""
    return [sent.request["document"] for sent in play.messages() if sent.type == "document"]


def rows_in(play: Play, document: dict[str, Any]) -> list[list[str]]:
    """Return the cells of a document, as Meta's shelf has it."""
    item = play.whatsapp.media.get(document["id"])
    assert item is not None
    assert item.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(item.content.decode("utf-8-sig"), newline="")))


async def test_expenses_come_as_one_document_with_one_sentence(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await spend(play, "I spent $50 on lunch", "I spent $7.50 on coffee, black")
        sentence = await play.talk(EXPORT)
        await play.quiet()
        assert sentence == "Here is the file with your expenses: Sun 1 Nov to Mon 30 Nov (2 expenses)."
        assert len(play.heard()) == 3
        (document,) = received(play)
        assert document["filename"] == "expenses-2026-11-01-2026-11-30.csv"
        assert rows_in(play, document) == [
            ["day", "amount", "currency", "category", "description"],
            ["2026-11-23", "50.00", "USD", "food", "lunch"],
            ["2026-11-23", "7.50", "USD", "food", "coffee, black"],
        ]
        (upload,) = play.whatsapp.media.uploads()
        assert upload.mime == "text/plain"
        (row,) = await play.rows("SELECT direction, state, type, bytes FROM media")
        assert row == {"direction": "out", "state": "kept", "type": "document", "bytes": len(upload.content)}
        message = play.messages()[-1]
        assert await play.one(
            "SELECT count(*) FROM media JOIN messages_v2 m ON m.id = message_id WHERE m.external_id = ?", message.wamid
        )
        assert await play.one("SELECT state FROM messages_v2 ORDER BY rowid DESC LIMIT 1") == "delivered"


async def test_a_formula_in_a_description_is_only_text(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await spend(play, "I spent $50 on =HYPERLINK(1)")
        await play.talk(EXPORT)
        cell = rows_in(play, received(play)[0])[1][4]
        assert cell.startswith("'=")


async def test_the_same_file_asked_for_again_is_not_uploaded_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await spend(play, "I spent $50 on lunch")
        await play.talk(EXPORT)
        await play.talk(EXPORT)
        assert len({document["id"] for document in received(play)}) == 1
        assert (len(received(play)), len(play.whatsapp.media.uploads()), len(kept(play))) == (2, 1, 1)
        assert await play.one("SELECT count(*) FROM media") == 2


async def test_without_expenses_there_is_no_file(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        assert (await play.talk(EXPORT)).startswith("No expenses:")
        assert (received(play), kept(play)) == ([], [])


async def test_an_upload_that_fails_is_tried_again_and_the_file_comes_once(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await spend(play, "I spent $50 on lunch")
        play.world.vendors.faults["whatsapp"].add(Answer(503), path="/media", times=2)
        play.world.vendors.faults["whatsapp"].add(Refuse(), path="/media")
        await play.says(EXPORT)
        await play.quiet(300)
        assert len(received(play)) == 1


async def test_a_full_disk_is_owned_up_to(
    lives: Lives, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lives() as play:
        await play.knows()
        await spend(play, "I spent $50 on lunch")
        monkeypatch.setattr(folder_of_files, "RESERVE", 2**62)
        assert await play.talk(EXPORT) == ENGLISH[Say.DOCUMENT_LATER]
        assert (kept(play), half_written(play)) == ([], [])
        monkeypatch.undo()
        await play.talk(EXPORT)
        assert len(received(play)) == 1


async def test_by_sms_it_is_said_where_files_can_be_had(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(sms=SmsSection(enabled=True))) as play:
        await play.knows()
        sms = play.world.vendors.sms
        for text in ("I spent $50 on lunch", EXPORT):
            await sms.person_says(ANA, text)
            await play.quiet()
        assert ENGLISH[Say.DOCUMENT_ELSEWHERE] in " ".join(sent.body for sent in sms.sent)
        assert kept(play) == []


async def test_stop_while_the_file_is_asked_for_is_followed_by_silence(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await spend(play, "I spent $50 on lunch")
        play.world.vendors.faults["anthropic"].add(Slow(0))
        play.world.vendors.anthropic.faults.add(slow(0), slow(5))
        await play.says(EXPORT)
        await trio.sleep(4)  # the tool has run, the sentence has not come
        await play.says("STOP")
        await play.quiet(600)
        assert play.heard()[1:] == [ENGLISH[Say.STOPPED]]
        assert received(play) == []


async def test_the_file_goes_when_its_time_is_over(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(media=MediaSection(keep_days=1))) as play:
        await play.knows()
        await spend(play, "I spent $50 on lunch")
        await play.talk(EXPORT)
        assert len(kept(play)) == 1
        digests = await play.rows_of().read(media.held)
        assert [path.name for path in kept(play)] == digests
        await trio.sleep(26 * 3600)
        assert kept(play) == []


# --- killed at every step ----------------------------------------------------------------------------

WAMIDS = ("wamid.HBgMfirst==", "wamid.HBgMthen==")


async def ask_once(world: World, killer: Killer, folder: Path) -> dict[str, Any]:
    await world.add_person(PHONE)
    await world.vendors.whatsapp.person_says(PHONE, "I spent $50 on lunch", external_id=WAMIDS[0])
    await trio.sleep(60)
    killer.armed = True
    await world.vendors.whatsapp.person_says(PHONE, EXPORT, external_id=WAMIDS[1])
    await trio.sleep(60)
    return {}


async def come_back(world: World, killer: Killer, folder: Path) -> dict[str, Any]:
    await world.vendors.whatsapp.person_says(PHONE, EXPORT, external_id=WAMIDS[1])
    tell_statuses(world, folder)
    await trio.sleep(150)
    await house.tidy(world.store, world.daemon.context.files, now=world.clock.now())
    return {
        "documents": await world.store.read(
            lambda connection: connection.execute("SELECT count(*) FROM messages_v2 WHERE kind = 'file'").fetchone()[0]
        ),
        "files": len([path for path in world.daemon.context.files.folder.rglob("*") if path.is_file()]),
        "dead": await world.store.read(
            lambda connection: connection.execute("SELECT count(*) FROM dead_letters").fetchone()[0]
        ),
    }


def test_a_daemon_killed_anywhere_sends_the_file_once(tmp_path: Path) -> None:
    calm = tmp_path / "calm"
    calm.mkdir()
    steps = int(live(calm, ask_once, number=1).report["steps"])
    for at in range(7, steps, steps // 8):
        folder = tmp_path / str(at)
        folder.mkdir()
        assert live(folder, ask_once, number=1, kill_at=at).killed
        report = live(folder, come_back, number=2).report
        assert (report["documents"], report["files"], report["dead"]) == (1, 1, 0), (at, report)
        sent = [each for each in accepted(folder) if each["text"].startswith("Here is the file")]
        assert len(sent) == 1, (at, accepted(folder))
