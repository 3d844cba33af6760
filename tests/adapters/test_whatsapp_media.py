"""Files from Meta come through a narrow door: every lie, hang and detour ends in one plain error and nothing kept."""

import hashlib
import socket
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import trio
from quart_trio import QuartTrio
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.media import MediaDoor
from ivy.daemon import server
from ivy.domain.media import CAPS, MEGABYTE, Reason, Type
from ivy.emulators import sample_files
from ivy.emulators.faults import Answer, FaultyTransport, Refuse, ResetBefore, Script
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_media import PATH, BadDownload, Lie, MediaShelf
from ivy.emulators.whatsapp_rules import Refusal
from ivy.errors import ConfigError, VendorBusy, VendorError, VendorMisconfigured, VendorRefused
from ivy.store.files import INCOMING, Files
from ivy.threads import InlineThreads, PooledThreads

TOKEN, NUMBER, NOW = "EAAtoken", "106540352242922", datetime(2026, 11, 23, tzinfo=UTC)
VOICE = sample_files.ogg_opus(5)
CAP = CAPS[Type.AUDIO]


class Bytes:
    """A sink in memory."""

    def __init__(self) -> None:
        self.content = b""

    async def write(self, chunk: bytes) -> None:
        self.content += chunk

    async def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Meta:
    shelf: MediaShelf
    door: MediaDoor
    faults: Script[Answer | Refuse | ResetBefore] = field(default_factory=Script[Answer | Refuse | ResetBefore])
    token_is_good: bool = True
    time: datetime = NOW

    def check(self, _version: str, number: str) -> None:
        if not self.token_is_good:
            raise Refusal(190, "Invalid OAuth access token.", status=401)
        assert number == NUMBER

    async def fetch(self, media_id: str, *, cap: int = CAP, sha256: str = "") -> bytes:
        sink = Bytes()
        await self.door.fetch(media_id, sink, cap=cap, seconds=30, sha256=sha256)
        return sink.content


@asynccontextmanager
async def meta_at(app: QuartTrio, origin: str, *, local_origin: str = "") -> AsyncGenerator[Meta]:
    """Meta in process, with Graph at its usual address and files at `origin`."""
    script: Script[Answer | Refuse | ResetBefore] = Script()
    async with open_client(transport=FaultyTransport(in_process(app), script)) as http:  # pyright: ignore[reportArgumentType]
        graph = Graph(http, base_url="https://graph.facebook.com", version="v26.0", token=TOKEN, app_secrets=())
        door = MediaDoor(http, graph, NUMBER, token=TOKEN, threads=InlineThreads(), local_origin=local_origin)

        def now() -> datetime:
            return made.time

        shelf = MediaShelf(token=TOKEN, phone_number_id=NUMBER, now=now, origin=origin)
        made = Meta(shelf, door, script)
        shelf.add_routes(app, made.check)
        yield made


@pytest.fixture
async def meta() -> AsyncGenerator[Meta]:
    async with meta_at(QuartTrio(__name__), "https://lookaside.fbsbx.com") as made:
        yield made


async def error_of(meta: Meta, media_id: str, *, cap: int = CAP, sha256: str = "") -> VendorError:
    with pytest.raises(VendorError) as caught:
        await meta.fetch(media_id, cap=cap, sha256=sha256)
    assert TOKEN not in str(caught.value)
    return caught.value


async def reason_of(meta: Meta, media_id: str, *, cap: int = CAP, sha256: str = "") -> Reason:
    error = await error_of(meta, media_id, cap=cap, sha256=sha256)
    assert isinstance(error, VendorRefused), error
    return Reason(error.code)


# --- in, when all is well --------------------------------------------------------------------------


async def test_a_file_arrives_as_it_was_sent(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    webhook = meta.shelf.content_of("audio", item, voice=True)["audio"]
    sink = Bytes()
    told = await meta.door.fetch(item.id, sink, cap=CAP, seconds=30, sha256=webhook["sha256"])
    assert (told, sink.content) == ("audio/ogg", VOICE)
    assert [(fetch.with_token, fetch.agent[:4]) for fetch in meta.shelf.fetches] == [(True, "ivy/")]


async def test_a_file_of_just_the_cap_is_taken(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    assert await meta.fetch(item.id, cap=len(VOICE)) == VOICE
    assert await reason_of(meta, item.id, cap=len(VOICE) - 1) is Reason.TOO_LARGE


async def test_an_address_that_has_expired_is_asked_for_once_more(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    for status in (401, 404):
        meta.shelf.bad_downloads.add(BadDownload(status=status))
        assert await meta.fetch(item.id) == VOICE
    assert len(meta.shelf.look_ups) == 4


async def test_a_file_that_is_never_given_out_is_gone(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.shelf.bad_downloads.add(BadDownload(status=404), times=2)
    assert await reason_of(meta, item.id) is Reason.GONE
    assert len(meta.shelf.look_ups) == 2


async def test_an_old_or_deleted_id_is_gone_and_stops_nothing_else(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.time += timedelta(days=8)
    assert await reason_of(meta, item.id) is Reason.GONE
    assert await reason_of(meta, "8899999999999999") is Reason.GONE


@pytest.mark.parametrize("media_id", ["", "../me/accounts", "77/../../v26.0/me", "77?fields=x", "7" * 201, "77\r\n"])
async def test_an_id_cannot_lead_to_another_object(meta: Meta, media_id: str) -> None:
    assert await reason_of(meta, media_id) is Reason.UNSAFE
    assert meta.shelf.look_ups == []


# --- lies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (Lie(sha256="0" * 64), Reason.DAMAGED),
        (Lie(size=10), Reason.DAMAGED),
        (Lie(size=len(VOICE) + 1), Reason.DAMAGED),
        (Lie(size=CAP + 1), Reason.TOO_LARGE),
        (Lie(url="http://lookaside.fbsbx.com/x"), Reason.UNSAFE),
        (Lie(url="https://127.0.0.1/x"), Reason.UNSAFE),
        (Lie(url="https://[::1]/x"), Reason.UNSAFE),
        (Lie(url="https://localhost/x"), Reason.UNSAFE),
        (Lie(url="https://10.0.0.8/x"), Reason.UNSAFE),
        (Lie(url="https://169.254.169.254/latest/meta-data"), Reason.UNSAFE),
        (Lie(url="https://evil.example/x"), Reason.UNSAFE),
        (Lie(url="https://fbsbx.com.evil.example/x"), Reason.UNSAFE),
        (Lie(url="https://evilfbsbx.com/x"), Reason.UNSAFE),
        (Lie(url="https://lookaside.fbsbx.com@evil.example/x"), Reason.UNSAFE),
        (Lie(url="https://lookaside.fbsbx.com:8443/x"), Reason.UNSAFE),
        (Lie(url="file:///etc/passwd"), Reason.UNSAFE),
        (Lie(url="https://"), Reason.UNSAFE),
        (Lie(url="not an address"), Reason.UNSAFE),
    ],
)
async def test_a_look_up_that_lies_is_refused(meta: Meta, lie: Lie, reason: Reason) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.shelf.lies.add(lie)
    assert await reason_of(meta, item.id) is reason
    if reason is Reason.UNSAFE:
        assert meta.shelf.fetches == []


async def test_a_digest_in_the_message_must_hold(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    assert await reason_of(meta, item.id, sha256="n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=") is Reason.DAMAGED
    assert await meta.fetch(item.id, sha256="in some spelling of next year") == VOICE


async def test_a_file_that_was_swapped_on_the_way_is_refused(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.shelf.bad_downloads.add(BadDownload(content=VOICE[:-1] + b"!"))
    assert await reason_of(meta, item.id) is Reason.DAMAGED


@pytest.mark.parametrize("hides_size", [True, False])
async def test_a_file_that_goes_on_and_on_is_cut_off(meta: Meta, hides_size: bool) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.shelf.bad_downloads.add(BadDownload(size=MEGABYTE, hides_size=hides_size))
    assert await reason_of(meta, item.id, cap=len(VOICE)) is Reason.TOO_LARGE


# --- detours ---------------------------------------------------------------------------------------


async def test_a_redirect_to_another_of_metas_hosts_is_followed_without_the_token(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.shelf.bad_downloads.add(BadDownload(redirect=meta.shelf.elsewhere(item, "https://scontent.xx.fbcdn.net")))
    assert await meta.fetch(item.id) == VOICE
    assert [(fetch.host, fetch.with_token) for fetch in meta.shelf.fetches] == [
        ("lookaside.fbsbx.com", True),
        ("scontent.xx.fbcdn.net", False),
    ]


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/v/7700000000000001",
        "https://127.0.0.1/v/7700000000000001",
        "http://127.0.0.1:8710/api/whatsapp/webhook",
        "http://lookaside.fbsbx.com/v/7700000000000001",
        "//evil.example/x",
        "gopher://lookaside.fbsbx.com/x",
        "https://[::ffff:127.0.0.1]/x",
    ],
)
async def test_a_redirect_to_anywhere_else_is_refused_unasked(meta: Meta, to: str) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.shelf.bad_downloads.add(BadDownload(redirect=to))
    assert await reason_of(meta, item.id) is Reason.UNSAFE
    assert [fetch.host for fetch in meta.shelf.fetches] == ["lookaside.fbsbx.com"]


async def test_a_ring_of_redirects_ends(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    for times, good in ((3, True), (4, False)):
        meta.shelf.fetches.clear()
        meta.shelf.bad_downloads.add(BadDownload(redirect=f"/v/{item.id}"), times=times)
        if good:
            assert await meta.fetch(item.id) == VOICE
        else:
            assert await reason_of(meta, item.id) is Reason.UNSAFE
        assert len(meta.shelf.fetches) == 4


# --- bad days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad", [BadDownload(hang_after=0), BadDownload(hang_after=2_000), BadDownload(drip_seconds=31)]
)
async def test_a_download_that_hangs_is_cut_off(meta: Meta, bad: BadDownload, autojump_clock: MockClock) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.shelf.bad_downloads.add(bad)
    began = trio.current_time()
    error = await error_of(meta, item.id)
    assert isinstance(error, VendorBusy)
    assert "30 s" in error.reason
    assert trio.current_time() - began == pytest.approx(30)
    assert await meta.fetch(item.id) == VOICE


async def test_a_line_that_is_cut_is_tried_again_by_the_job(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    for bad in (BadDownload(drop_after=100), BadDownload(status=500), BadDownload(status=429)):
        meta.shelf.bad_downloads.add(bad)
        assert isinstance(await error_of(meta, item.id), VendorBusy)
    for path in ("/v26.0/", PATH):
        for fault in (Refuse(), ResetBefore(), Answer(502, b"<html>")):
            meta.faults.add(fault, path=path)
            assert isinstance(await error_of(meta, item.id), VendorBusy)
    assert await meta.fetch(item.id) == VOICE


async def test_a_bad_token_is_the_operators_to_mend(meta: Meta) -> None:
    item = meta.shelf.put(VOICE, "audio/ogg")
    meta.token_is_good = False
    assert isinstance(await error_of(meta, item.id), VendorMisconfigured)


# --- the emulator's own door ------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "box.local", "com", "*.fbsbx.com", ""])
async def test_no_host_inside_can_be_allowed(host: str) -> None:
    async with open_client() as http:
        graph = Graph(http, base_url="https://graph.facebook.com", version="v26.0", token=TOKEN, app_secrets=())
        with pytest.raises(ConfigError):
            MediaDoor(http, graph, NUMBER, [host], token=TOKEN, threads=InlineThreads())
        with pytest.raises(ConfigError):
            MediaDoor(http, graph, NUMBER, token=TOKEN, threads=InlineThreads(), local_origin="http://evil.example")


async def test_an_emulator_is_asked_at_its_own_port_only() -> None:
    async with meta_at(QuartTrio(__name__), "http://127.0.0.1:8720", local_origin="http://127.0.0.1:8720") as meta:
        item = meta.shelf.put(VOICE, "audio/ogg")
        assert await meta.fetch(item.id) == VOICE
        meta.shelf.lies.add(Lie(url="http://127.0.0.1:8711/metrics"))
        assert await reason_of(meta, item.id) is Reason.UNSAFE


# --- out -------------------------------------------------------------------------------------------


async def test_a_file_is_handed_over_with_its_type(meta: Meta, tmp_path: Path) -> None:
    path = tmp_path / "chart"
    path.write_bytes(sample_files.png())
    media_id = await meta.door.upload(path, mime="image/png", filename='my "week"\r\nX: y.png')
    uploaded = meta.shelf.get(media_id)
    assert uploaded is not None
    assert (uploaded.content, uploaded.mime, uploaded.ours) == (path.read_bytes(), "image/png", True)


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("", b"x"),
        ("application/octet-stream", b"x"),
        ("text/html", b"<html>"),
        ("image/png", b""),
        ("image/png", bytes(5 * MEGABYTE + 1)),
    ],
)
async def test_what_meta_would_refuse_is_not_even_sent(meta: Meta, tmp_path: Path, mime: str, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(VendorRefused) as caught:
        await meta.door.upload(path, mime=mime, filename="file")
    assert caught.value.code == "local"
    assert meta.shelf.uploads() == []


async def test_a_file_that_lies_about_its_type_is_refused_by_meta(meta: Meta, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(sample_files.pdf())
    with pytest.raises(VendorRefused, match="131053"):
        await meta.door.upload(path, mime="image/png", filename="file.png")
    with pytest.raises(VendorRefused, match="no more"):
        await meta.door.upload(tmp_path / "gone", mime="image/png", filename="file.png")


# --- memory ----------------------------------------------------------------------------------------


async def test_a_voice_note_of_16_megabytes_passes_through_little_memory(tmp_path: Path) -> None:
    """Over a real socket; the emulator's own 16 MB were there before."""
    big = sample_files.ogg_opus(1_290, packet=250)
    assert 15 * MEGABYTE < len(big) <= CAP
    app = QuartTrio(__name__)
    files = Files(tmp_path / "media", PooledThreads())
    listener = server.bind("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{_port(listener)}"
    stop = trio.Event()
    async with open_client() as http, trio.open_nursery() as nursery:
        graph = Graph(http, base_url=origin, version="v26.0", token=TOKEN, app_secrets=())
        door = MediaDoor(http, graph, NUMBER, token=TOKEN, threads=PooledThreads(), local_origin=origin)
        shelf = MediaShelf(token=TOKEN, phone_number_id=NUMBER, now=lambda: NOW, origin=origin)
        shelf.add_routes(app, lambda _version, _number: None)
        item = shelf.put(big, "audio/ogg")
        nursery.start_soon(partial(server.serve, app, listener, stop=stop, grace=1))
        tracemalloc.start()
        try:
            async with files.incoming(CAP) as sink:
                await door.fetch(item.id, sink, cap=CAP, seconds=30)
                digest = await sink.keep()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        stop.set()
    assert digest == item.sha256
    assert peak < 4 * MEGABYTE, f"{peak / MEGABYTE:.1f} MB"
    assert list((files.folder / INCOMING).iterdir()) == []


def _port(listener: socket.socket) -> int:
    return listener.getsockname()[1]
