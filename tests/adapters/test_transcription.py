"""Speech to words over the wire that OpenAI and local servers share."""

import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ivy.adapters.client import open_client
from ivy.adapters.transcription import CEILING, FREE, OFFICIAL, OpenAITranscriber, cost_micros, price_of
from ivy.domain.heard import Certainty, Heard, certainty
from ivy.domain.media import MEGABYTE
from ivy.emulators import sample_files
from ivy.emulators.faults import FaultyTransport, Refuse, ResetAfter, Script
from ivy.emulators.in_process import in_process
from ivy.emulators.model_faults import ModelFault, cut_off, web_page
from ivy.emulators.transcription import Said, TranscriptionEmulator
from ivy.errors import ConfigError, VendorBusy, VendorError, VendorMisconfigured, VendorRefused
from ivy.threads import InlineThreads

VOICE = sample_files.ogg_opus(4)
LOCAL = "http://whisper.local:9000/v1"


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note"
    path.write_bytes(VOICE)
    return path


@pytest.fixture
def server() -> TranscriptionEmulator:
    made = TranscriptionEmulator()
    made.say(VOICE, "remind me to call Ana")
    return made


@asynccontextmanager
async def listening(
    transport: httpx2.AsyncBaseTransport, model: str = "gpt-transcribe", base_url: str = OFFICIAL
) -> AsyncGenerator[OpenAITranscriber]:
    async with open_client(transport=transport) as http:
        yield OpenAITranscriber(http, InlineThreads(), model, api_key="key", base_url=base_url)


async def heard_by(
    server: TranscriptionEmulator, note: Path, model: str = "gpt-transcribe", base_url: str = OFFICIAL, **more: Any
) -> Heard:
    async with listening(in_process(server.app), model, base_url) as transcriber:
        return await transcriber.transcribe(note, mime="audio/ogg", **more)


async def error_on(transport: httpx2.AsyncBaseTransport, note: Path, mime: str = "audio/ogg") -> VendorError:
    async with listening(transport) as transcriber:
        with pytest.raises(VendorError) as caught:
            await transcriber.transcribe(note, mime=mime)
    return caught.value


async def test_a_voice_note_becomes_words(server: TranscriptionEmulator, note: Path) -> None:
    assert await heard_by(server, note, languages=("es", "en")) == Heard("remind me to call Ana", None, 4.0)
    asked = server.requests[-1].body
    assert (asked["file"], asked["mime"], asked["model"]) == ("voice.ogg", "audio/ogg", ["gpt-transcribe"])
    assert asked["languages[]"] == ["es", "en"]


async def test_a_server_that_tells_how_sure_it_is_is_asked_to(server: TranscriptionEmulator, note: Path) -> None:
    server.say(VOICE, "remind me to call Ana", confidence=0.3)
    heard = await heard_by(server, note, "whisper-1", LOCAL)
    assert heard.text == "remind me to call Ana"
    assert heard.confidence == pytest.approx(0.3)
    assert certainty(heard, 0.5) is Certainty.UNSURE


async def test_words_put_into_silence_are_left_out(server: TranscriptionEmulator, note: Path) -> None:
    server.say(VOICE, "Thanks for watching!", confidence=0.2, silence=0.9)
    heard = await heard_by(server, note, "whisper-1", LOCAL)
    assert (heard.text, heard.confidence) == ("", None)
    assert certainty(heard, 0.5) is Certainty.NOTHING


async def test_a_server_without_details_is_asked_without_them_from_then_on(note: Path) -> None:
    server = TranscriptionEmulator(details=False, otherwise=Said("hello"))
    async with listening(in_process(server.app), "whisper-large", LOCAL) as transcriber:
        for _ in range(2):
            assert (await transcriber.transcribe(note, mime="audio/ogg")).text == "hello"
    shapes = [asked.body["response_format"] for asked in server.requests]
    assert shapes == [["verbose_json"], ["json"], ["json"]]


async def test_nothing_said_is_nothing_heard(server: TranscriptionEmulator, note: Path) -> None:
    server.say(VOICE, "")
    assert certainty(await heard_by(server, note), 0.5) is Certainty.NOTHING


async def test_what_local_servers_tell_in_their_own_way_is_read(note: Path) -> None:
    for body, expected in (
        ({"text": " hola "}, Heard("hola")),
        ({"text": "hola", "duration": "8.47", "usage": None}, Heard("hola", None, 8.47)),
        ({"text": "hola", "logprobs": [{"logprob": 0.0}, {}]}, Heard("hola", 1.0)),
        (
            {"text": "h", "usage": {"type": "tokens", "input_tokens": 9, "output_tokens": 2}},
            Heard("h", None, None, 9, 2),
        ),
    ):
        answer = httpx2.Response(200, json=body)
        async with listening(httpx2.MockTransport(lambda _, answer=answer: answer), "x", LOCAL) as transcriber:
            assert await transcriber.transcribe(note, mime="audio/aac") == expected


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (ModelFault(status=401, code="invalid_api_key"), VendorMisconfigured),
        (ModelFault(status=429, code="insufficient_quota"), VendorMisconfigured),
        (ModelFault(status=404), VendorMisconfigured),
        (ModelFault(status=429, headers={"retry-after": "7"}), VendorBusy),
        (ModelFault(status=500), VendorBusy),
        (ModelFault(status=413), VendorRefused),
        (ModelFault(status=400), VendorRefused),
        (web_page(), VendorBusy),
        (web_page(502), VendorBusy),
        (cut_off(), VendorBusy),
    ],
)
async def test_failures_mean_what_they_mean_for_models(
    server: TranscriptionEmulator, note: Path, fault: ModelFault, kind: type[VendorError]
) -> None:
    server.faults.add(fault)
    error = await error_on(in_process(server.app), note)
    assert type(error) is kind
    if fault.headers.get("retry-after"):
        assert isinstance(error, VendorBusy)
        assert (error.after, error.throttled) == (timedelta(seconds=7), True)


@pytest.mark.parametrize("fault", [Refuse(), ResetAfter()])
async def test_a_line_that_breaks_is_tried_again(
    server: TranscriptionEmulator, note: Path, fault: Refuse | ResetAfter
) -> None:
    script: Script[Any] = Script()
    script.add(fault)
    assert isinstance(await error_on(FaultyTransport(in_process(server.app), script), note), VendorBusy)


async def test_a_recording_nobody_can_read_is_refused(note: Path) -> None:
    assert isinstance(await error_on(in_process(TranscriptionEmulator().app), note), VendorRefused)


@pytest.mark.parametrize(
    ("mime", "size"), [("audio/amr", 10), ("", 10), ("audio/ogg", 0), ("audio/ogg", 25 * MEGABYTE + 1)]
)
async def test_what_cannot_be_heard_is_not_even_sent(
    server: TranscriptionEmulator, tmp_path: Path, mime: str, size: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(size))
    error = await error_on(in_process(server.app), path, mime)
    assert isinstance(error, VendorRefused)
    assert (error.code, len(server.requests)) == ("local", 0)
    assert isinstance(await error_on(in_process(server.app), tmp_path / "gone"), VendorRefused)


async def test_only_the_real_api_needs_a_key(note: Path) -> None:
    server = TranscriptionEmulator(otherwise=Said("hello"))
    async with open_client(transport=in_process(server.app)) as http:
        with pytest.raises(ConfigError):
            OpenAITranscriber(http, InlineThreads(), "gpt-transcribe")
        local = OpenAITranscriber(http, InlineThreads(), "small", base_url=LOCAL)
        assert (await local.transcribe(note, mime="audio/ogg")).text == "hello"
    assert "authorization" not in server.requests[-1].headers


def test_listening_costs_by_the_vendors_own_seconds() -> None:
    price = price_of("gpt-transcribe")
    assert cost_micros(Heard("x", None, 60.0), price, 10.0) == 4_500
    assert cost_micros(Heard("x"), price, 10.0) == 750
    assert price_of("gpt-next") == CEILING
    assert price_of("gpt-transcribe", LOCAL) == FREE


async def test_16_megabytes_go_up_through_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.write_bytes(bytes(16 * MEGABYTE))
    counted = Counting()
    async with listening(counted) as transcriber:
        tracemalloc.start()
        try:
            assert (await transcriber.transcribe(path, mime="audio/ogg")).text == "long"
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert counted.size > 16 * MEGABYTE
    assert int(counted.announced) == counted.size
    assert peak < 3 * MEGABYTE


class Counting(httpx2.AsyncBaseTransport):
    """Takes an upload and keeps nothing of it but its length."""

    size = 0
    announced = ""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.announced = request.headers["content-length"]
        stream: Any = request.stream
        chunks: AsyncIterator[bytes] = stream.__aiter__()
        async for chunk in chunks:
            self.size += len(chunk)
        return httpx2.Response(200, json={"text": "long"})
