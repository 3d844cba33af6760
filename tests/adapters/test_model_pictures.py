"""Pictures reach a model as its vendor wants them, are read when the request is built, and are owned up to when missing."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from ivy.adapters.anthropic import AnthropicModel
from ivy.adapters.client import open_client
from ivy.adapters.openai import OpenAIModel
from ivy.adapters.pictures import MOST_SHOWN, NOT_SHOWN, load
from ivy.adapters.transcript import PersonTurn, turns_of
from ivy.agent.token_counting import image_tokens
from ivy.emulators import sample_files
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.brain import Brain
from ivy.emulators.in_process import in_process
from ivy.emulators.openai import OpenAIEmulator
from ivy.errors import VendorRefused
from ivy.ports import (
    AssistantWords,
    Image,
    Model,
    ModelRequest,
    Pictures,
    ToolCall,
    ToolResult,
    ToolResults,
    ToolSpec,
    UserWords,
)
from ivy.threads import InlineThreads

PHOTO = sample_files.jpeg(640, 480)
VENDORS = ("anthropic", "openai")


class Album:
    """Pictures in memory."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = {hashlib.sha256(content).hexdigest(): content for content in contents}
        self.asked: list[str] = []

    async def read(self, sha256: str, *, longest: int) -> bytes | None:
        self.asked.append(sha256)
        content = self.contents.get(sha256)
        return content if content is not None and len(content) <= longest else None


def image(content: bytes = PHOTO, mime: str = "image/jpeg") -> Image:
    return Image(hashlib.sha256(content).hexdigest(), mime, 640, 480)


@asynccontextmanager
async def model(vendor: str, pictures: Pictures | None) -> AsyncGenerator[tuple[Model, Any]]:
    emulator = AnthropicEmulator(Brain()) if vendor == "anthropic" else OpenAIEmulator(Brain())
    make: Any = AnthropicModel.make if vendor == "anthropic" else OpenAIModel.make
    name = "claude-sonnet-5-5" if vendor == "anthropic" else "gpt-6-luna"
    async with open_client(transport=in_process(emulator.app)) as http:
        yield await make(InlineThreads(), http, name, api_key="key", pictures=pictures), emulator


def request(*images: Image, text: str = "what is this?") -> ModelRequest:
    return ModelRequest("You are Ivy.", (UserWords(text, images),))


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_picture_comes_before_the_words_about_it(vendor: str) -> None:
    async with model(vendor, Album(PHOTO)) as (made, emulator):
        answer = await made.complete(request(image()))
        content = emulator.requests[-1].body["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["image" if vendor == "anthropic" else "image_url", "text"]
    assert answer.usage is not None
    cost = image_tokens(image(), ["claude-sonnet-5-5" if vendor == "anthropic" else "gpt-6-luna"])
    assert cost < answer.usage.input < cost + 200
    assert vendor == "anthropic" or content[0]["image_url"]["detail"] == "high", "the most whose cost is known"


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("album", [None, Album(), Album(sample_files.png())])
async def test_a_picture_that_is_not_there_is_owned_up_to(vendor: str, album: Album | None) -> None:
    async with model(vendor, album) as (made, emulator):
        await made.complete(request(image()))
        await made.complete(request(image(), text=""))
        bodies = [msgspec.json.encode(asked.body).decode() for asked in emulator.requests]
    assert all(NOT_SHOWN in body and "base64" not in body for body in bodies)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_picture_without_words_is_enough(vendor: str) -> None:
    async with model(vendor, Album(PHOTO)) as (made, emulator):
        await made.complete(request(image(), text=" "))
        assert len(emulator.requests[-1].body["messages"][-1]["content"]) == 1


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_picture_may_come_while_tools_are_at_work(vendor: str) -> None:
    tool = ToolSpec("note", "Keep it.", {"type": "object", "properties": {}})
    messages = (
        UserWords("note this"),
        AssistantWords("", (ToolCall("call_1", "note", "{}"),)),
        ToolResults((ToolResult("call_1", "Noted."),)),
        UserWords("and this", (image(),)),
    )
    async with model(vendor, Album(PHOTO)) as (made, emulator):
        await made.complete(ModelRequest("You are Ivy.", messages, (tool,)))
    sent = emulator.requests[-1].body["messages"][-1]["content"]
    assert {part["type"] for part in sent} >= {"text"} and len(sent) >= 2


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_vendor_refuses_a_picture_that_lies(vendor: str) -> None:
    lying = image(PHOTO, "image/png")
    async with model(vendor, Album(PHOTO)) as (made, _emulator):
        with pytest.raises(VendorRefused, match="image"):
            await made.complete(request(lying))


@pytest.mark.parametrize("vendor", VENDORS)
async def test_without_pictures_a_request_is_as_it_always_was(vendor: str) -> None:
    async with model(vendor, Album(PHOTO)) as (made, emulator):
        await made.complete(request())
        content = emulator.requests[-1].body["messages"][-1]["content"]
    assert content == ([{"type": "text", "text": "what is this?"}] if vendor == "anthropic" else "what is this?")


async def test_only_so_many_are_shown_the_latest_first_and_each_is_read_once() -> None:
    many = [sample_files.png(9, 9, seed=seed) for seed in range(MOST_SHOWN + 5)]
    album = Album(*many)
    images = [image(content, "image/png") for content in many]
    turns = turns_of(
        ModelRequest("", (UserWords("a", tuple(images)), UserWords("b", (images[-1],)))), vendor="", model=""
    )
    shown = await load(turns, album)
    assert set(shown) == {each.sha256 for each in images[-MOST_SHOWN:]}
    assert len(album.asked) == MOST_SHOWN


async def test_what_no_model_sees_is_not_read() -> None:
    album = Album(PHOTO)
    turns = [PersonTurn((), ("x",), (image(PHOTO, "image/heif"),))]
    assert await load(turns, album) == {}
    assert album.asked == []


def test_a_journal_keeps_the_digest_and_reads_it_back() -> None:
    words = UserWords("look", (image(),))
    kept = msgspec.json.encode(words)
    assert b"base64" not in kept
    assert msgspec.json.decode(kept, type=UserWords) == words
    assert msgspec.convert({"text": "before there were pictures"}, UserWords).images == ()
