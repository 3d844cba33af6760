"""From a message with a file to words, or to one honest sentence: with a real store, folder, Meta and transcriber."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from quart_trio import QuartTrio
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.transcription import OpenAITranscriber
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.media import MediaDoor
from ivy.agent.desk import Desk
from ivy.clock import VirtualClock
from ivy.config import Config, TranscriptionSection
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.daemon.handlers.media import MediaRoom, MediaSettings, buried, forget, room_of, take, tidy
from ivy.domain.heard import Certainty
from ivy.domain.inbound import Media, Sender
from ivy.domain.media import Reason
from ivy.emulators import sample_files
from ivy.emulators.in_process import in_process
from ivy.emulators.model_faults import ModelFault, slow
from ivy.emulators.transcription import TranscriptionEmulator
from ivy.emulators.whatsapp_media import BadDownload, Lie, MediaShelf, Shelved
from ivy.errors import VendorBusy
from ivy.store import media, people_data, spending
from ivy.store.database import Store
from ivy.store.files import INCOMING, Files
from ivy.store.jobs import Job
from ivy.store.media import Item
from ivy.store.scope import PersonStore, Scope
from ivy.store.sealing import Sealer, new_key
from ivy.threads import InlineThreads

TOKEN, NUMBER = "EAAtoken", "106540352242922"
VOICE, PHOTO = sample_files.ogg_opus(6), sample_files.jpeg(800, 600)


@dataclass
class Said:
    """What the agent is told."""

    heard_words: list[tuple[str, str, Certainty]] = field(default_factory=list[tuple[str, str, Certainty]])
    here: list[Item] = field(default_factory=list[Item])
    sorry: list[Reason] = field(default_factory=list[Reason])
    waiting: list[str] = field(default_factory=list[str])

    def heard(self, scope: Scope, message_id: str, text: str, sure: Certainty, desk: Desk) -> None:
        self.heard_words.append((message_id, text, sure))

    def kept(self, scope: Scope, message_id: str, item: Item, desk: Desk) -> None:
        self.here.append(item)

    def waits(self, scope: Scope, message_id: str, item: Item, desk: Desk) -> None:
        self.waiting.append(item.state)

    def refused(self, scope: Scope, message_id: str, reason: Reason, desk: Desk) -> None:
        self.sorry.append(reason)


@dataclass
class Room:
    context: Context
    person: PersonStore
    shelf: MediaShelf
    ear: TranscriptionEmulator
    files: Files
    said: Said
    room: MediaRoom

    async def sent(self, item: Shelved, type_: str, message: str = "m1") -> Job:
        told = self.shelf.content_of(type_, item)[type_]
        event = Media(
            Sender("whatsapp", "US.1"),
            f"wamid.{message}",
            self.context.clock.now(),
            type_,
            item.id,
            told["mime_type"],
            sha256=told["sha256"],
        )
        now = self.context.clock.now()
        await self.person.write(media.want, f"file-{message}", message, event, keep_days=30, now=now)
        return job_of(message, self.context)

    async def voice(self) -> Job:
        return await self.sent(self.shelf.put(VOICE, "audio/ogg; codecs=opus"), "audio")

    async def done(self, job: Job, room: MediaRoom | None = None) -> Outcome:
        outcome = await take(job, self.context, room or self.room)
        if not isinstance(outcome, Dropped | Later):
            await self.context.store.write(outcome)
        return outcome

    async def row(self, message: str = "m1") -> Item:
        item = await self.person.read(media.of_message, message)
        assert item is not None
        return item

    def leftovers(self) -> list[Path]:
        return list((self.files.folder / INCOMING).iterdir())

    async def spent(self) -> int:
        return await self.context.store.read(spending.spent_on, spending.utc_day(self.context.clock.now()))


def job_of(message: str, context: Context, claim: int = 1) -> Job:
    now, limit = context.clock.now(), timedelta(minutes=3)
    return Job(
        f"job-{message}", "media", "media", "", f"media:{message}", "ana", {"message": message}, "trace", 0, claim, now,
        now + timedelta(hours=1), limit, (),
    )  # fmt: skip


@pytest.fixture
async def room(
    store: Store, person: PersonStore, clock: VirtualClock, chance: Random, tmp_path: Path
) -> AsyncGenerator[Room]:
    meta, ear = QuartTrio(__name__), TranscriptionEmulator()
    ear.say(VOICE, "remind me to call Ben at nine", confidence=0.9)
    shelf = MediaShelf(token=TOKEN, phone_number_id=NUMBER, now=clock.now)
    shelf.add_routes(meta, lambda _version, _number: None)
    files = Files(tmp_path / "media", InlineThreads())
    await files.prepare()
    said = Said()
    async with (
        open_client(transport=in_process(meta)) as to_meta,
        open_client(transport=in_process(ear.app)) as to_ear,
    ):
        graph = Graph(to_meta, base_url="https://graph.facebook.com", version="v26.0", token=TOKEN, app_secrets=())
        nothing: Any = None  # a file asks for no agent, no prices of messages and no templates
        context = Context(
            store=store,
            clock=clock,
            chance=chance,
            config=Config(transcription=TranscriptionSection(usd_per_minute=0.006)),
            channels={},
            sealer=Sealer([new_key()]),
            agent_of=nothing,
            rates=nothing,
            pack=nothing,
            files=files,
            fetchers={"whatsapp": MediaDoor(to_meta, graph, NUMBER, token=TOKEN, threads=InlineThreads())},
            transcriber=OpenAITranscriber(to_ear, InlineThreads(), "whisper-1", api_key="key"),
        )
        yield Room(context, person, shelf, ear, files, said, room_of(context, said))


async def test_a_voice_note_becomes_the_persons_words(room: Room, autojump_clock: MockClock) -> None:
    await room.done(await room.voice())
    assert room.said.heard_words == [("m1", "remind me to call Ben at nine", Certainty.SURE)]
    row = await room.row()
    assert (row.state, row.kind.mime, row.bytes) == ("kept", "audio/ogg", len(VOICE))
    assert row.heard is not None
    assert (row.heard.text, row.heard.seconds) == ("remind me to call Ben at nine", 6.0)
    assert row.heard.confidence == pytest.approx(0.9)
    assert room.files.path(row.sha256).read_bytes() == VOICE
    assert await room.spent() == 600


async def test_an_unsure_transcript_is_marked_so(room: Room, autojump_clock: MockClock) -> None:
    room.ear.say(VOICE, "remind me to fall hen", confidence=0.2)
    await room.done(await room.voice())
    assert room.said.heard_words == [("m1", "remind me to fall hen", Certainty.UNSURE)]


async def test_silence_is_owned_up_to(room: Room, autojump_clock: MockClock) -> None:
    room.ear.say(VOICE, "")
    await room.done(await room.voice())
    assert (room.said.sorry, room.said.heard_words) == ([Reason.UNHEARD], [])
    assert (await room.row()).reason == "unheard"


async def test_a_photo_is_kept_and_the_turn_goes_on(room: Room, autojump_clock: MockClock) -> None:
    await room.done(await room.sent(room.shelf.put(PHOTO, "image/jpeg"), "image"))
    assert [(item.kind.width, item.kind.height) for item in room.said.here] == [(800, 600)]
    assert await room.person.read(media.image_of, "m1") is not None
    assert len(room.ear.requests) == 0


@pytest.mark.parametrize(
    ("lie", "bad", "reason"),
    [
        (Lie(sha256="0" * 64), None, Reason.DAMAGED),
        (Lie(mime="audio/mpeg"), None, Reason.LYING),
        (Lie(size=17 * 1024 * 1024), None, Reason.TOO_LARGE),
        (Lie(url="https://evil.example/x"), None, Reason.UNSAFE),
        (None, BadDownload(redirect="https://127.0.0.1/x"), Reason.UNSAFE),
        (None, BadDownload(size=17 * 1024 * 1024, hides_size=True), Reason.TOO_LARGE),
        (None, BadDownload(content=b"<html>" + VOICE), Reason.DAMAGED),
    ],
)
async def test_a_file_that_misbehaves_ends_in_one_sentence_and_nothing_kept(
    room: Room, lie: Lie | None, bad: BadDownload | None, reason: Reason, autojump_clock: MockClock
) -> None:
    job = await room.voice()
    if lie:
        room.shelf.lies.add(lie)
    if bad:
        room.shelf.bad_downloads.add(bad)
    await room.done(job)
    assert room.said.sorry == [reason]
    assert (await room.row()).state == "refused"
    assert room.leftovers() == []
    assert await room.files.digests(before=room.context.clock.now() + timedelta(days=9999)) == []
    assert await room.spent() == 0


@pytest.mark.parametrize(
    ("content", "mime", "type_", "reason"),
    [
        (b"MZ\x90\0" * 50, "image/jpeg", "image", Reason.UNKNOWN),
        (PHOTO, "image/png", "image", Reason.LYING),
        (sample_files.pdf(), "application/pdf", "image", Reason.NOT_TAKEN),
        (b"PK\x03\x04" + bytes(99), "application/zip", "document", Reason.NOT_TAKEN),
    ],
)
async def test_a_person_who_sends_bait_is_told_kindly(
    room: Room, content: bytes, mime: str, type_: str, reason: Reason, autojump_clock: MockClock
) -> None:
    await room.done(await room.sent(room.shelf.put(content, mime), type_))
    assert room.said.sorry == [reason]
    assert room.leftovers() == []


async def test_a_hung_download_is_tried_again_and_then_owned_up_to(room: Room, autojump_clock: MockClock) -> None:
    job = await room.voice()
    room.shelf.bad_downloads.add(BadDownload(hang_after=1_000))
    with pytest.raises(VendorBusy):
        await take(job, room.context, room.room)
    assert (room.leftovers(), (await room.row()).state) == ([], "wanted")
    for _ in range(2):  # a dead letter that is buried again says nothing more
        await room.context.store.write(buried, job, "given up", room.context.desk(job), room.said)
    assert room.said.sorry == [Reason.UNREACHABLE]
    await room.done(job)  # replayed by the operator
    assert room.said.heard_words


async def test_nobody_listens_twice(room: Room, autojump_clock: MockClock) -> None:
    job = await room.voice()
    await take(job, room.context, room.room)  # and the daemon dies before the commit
    assert room.said.heard_words == []
    await room.done(replace(job, claim_no=2))
    assert len(room.said.heard_words) == len(room.ear.requests) == len(room.shelf.fetches) == 1
    assert await room.spent() == 600


async def test_a_transcriber_that_is_down_is_tried_again_without_fetching_again(
    room: Room, autojump_clock: MockClock
) -> None:
    job = await room.voice()
    room.ear.faults.add(ModelFault(status=500), slow(100))
    for claim in (1, 2):
        with pytest.raises(VendorBusy):
            await take(replace(job, claim_no=claim), room.context, room.room)
    assert await room.spent() == 600  # the slow one may have listened: it stays billed
    await room.done(replace(job, claim_no=3))
    assert room.said.heard_words
    assert len(room.shelf.fetches) == 1
    assert await room.spent() == 1_200


@pytest.mark.parametrize("fault", [ModelFault(status=401), ModelFault(status=429, code="insufficient_quota")])
async def test_a_transcriber_without_key_or_money_stops_no_queue(
    room: Room, fault: ModelFault, autojump_clock: MockClock
) -> None:
    room.ear.faults.add(fault)
    await room.done(await room.voice())
    assert (room.said.sorry, await room.spent()) == ([Reason.UNHEARABLE], 0)


async def test_without_a_transcriber_or_money_ivy_says_so(room: Room, autojump_clock: MockClock) -> None:
    job = await room.voice()
    await room.done(job, replace(room.room, transcriber=None))
    dear = replace(room.room, settings=MediaSettings(micros_per_minute=10**9))
    await room.done(job, dear)
    short = replace(room.room, settings=MediaSettings(longest_recording_seconds=5))
    await room.done(job, short)
    assert room.said.sorry == [Reason.UNHEARABLE, Reason.UNHEARABLE, Reason.TOO_LONG]
    assert len(room.ear.requests) == 0


async def test_an_operator_may_take_less_than_whatsapp_does(room: Room, autojump_clock: MockClock) -> None:
    await room.done(await room.voice(), replace(room.room, settings=MediaSettings(largest_bytes=len(VOICE) - 1)))
    assert room.said.sorry == [Reason.TOO_LARGE]


async def test_the_room_is_as_it_is_configured(room: Room, autojump_clock: MockClock) -> None:
    assert room.room.settings.micros_per_minute == 6_000


async def test_a_full_disk_makes_it_wait(room: Room, tmp_path: Path, autojump_clock: MockClock) -> None:
    full = Files(tmp_path / "media", InlineThreads(), free=lambda _folder: 0)
    outcome = await room.done(await room.voice(), replace(room.room, files=full))
    assert isinstance(outcome, Later)
    assert (room.said.sorry, room.leftovers(), (await room.row()).state) == ([], [], "wanted")


async def test_a_person_erased_meanwhile_leaves_no_file(room: Room, autojump_clock: MockClock) -> None:
    job = await room.voice()
    row = await room.row()
    erasing = Erasing(room)
    assert isinstance(await room.done(job, replace(room.room, fetchers={"whatsapp": erasing})), Dropped)
    assert row.state == "wanted"
    assert await room.files.digests(before=room.context.clock.now() + timedelta(days=9999)) == []


@dataclass
class Erasing:
    """A door during whose download the person is erased."""

    room: Room

    async def fetch(self, media_id: str, sink: object, *, cap: int, seconds: float, sha256: str = "") -> str:
        door = self.room.room.fetchers["whatsapp"]
        told = await door.fetch(media_id, sink, cap=cap, seconds=seconds, sha256=sha256)  # pyright: ignore[reportArgumentType]
        await self.room.person.write(people_data.erase)
        return told

    async def upload(self, path: Path, *, mime: str, filename: str) -> str:
        raise NotImplementedError


async def test_files_go_when_their_time_is_over_and_when_nobody_names_them(
    room: Room, autojump_clock: MockClock
) -> None:
    await room.done(await room.voice())
    await room.done(await room.sent(room.shelf.put(PHOTO, "image/jpeg"), "image", "m2"))
    async with room.files.incoming(100) as sink:  # a crash came between the file and its row
        await sink.write(b"orphan")
        orphan = await sink.keep()
    now = room.context.clock.now()
    far = room.context.clock.now() + timedelta(days=9999)
    assert await tidy(room.context.store, room.files, now=now - timedelta(days=9999)) == 0
    assert len(await room.files.digests(before=far)) == 3
    assert await tidy(room.context.store, room.files, now=far) == 3
    assert await room.files.digests(before=far) == []
    assert not await room.files.has(orphan)
    assert (await room.row()).heard is not None
    assert isinstance(await room.done(job_of("m1", room.context)), Dropped)


async def test_an_erasure_takes_the_files_along(room: Room, autojump_clock: MockClock) -> None:
    await room.done(await room.voice())
    mine = await room.person.read(media.held)
    assert await forget(room.context.store, room.files, mine) == 0  # still held
    await room.person.write(people_data.erase)
    assert await forget(room.context.store, room.files, mine) == 1
    assert not await room.files.has(mine[0])


async def test_a_message_that_is_not_there_is_dropped(room: Room, autojump_clock: MockClock) -> None:
    assert isinstance(await room.done(job_of("nothing", room.context)), Dropped)
