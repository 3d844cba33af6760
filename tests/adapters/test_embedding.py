"""Texts into vectors: over OpenAI's wire as its emulator keeps it, and the pieces of words that the local model reads."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import msgspec
import pytest

from ivy.adapters import embedders, minilm
from ivy.adapters.embedders import Embedders
from ivy.adapters.embedding import OpenAIEmbedder
from ivy.adapters.minilm import MiniLM
from ivy.adapters.wordpiece import WordPiece, words
from ivy.config import MemorySection, Secret
from ivy.emulators.brain import Brain
from ivy.emulators.in_process import in_process
from ivy.emulators.openai import OpenAIEmulator
from ivy.errors import ConfigError, VendorBusy, VendorMisconfigured, VendorRefused
from ivy.store.memory_vectors import packed
from ivy.threads import InlineThreads

KEY = "sk-emulated"


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.fixture
def openai() -> OpenAIEmulator:
    return OpenAIEmulator(Brain(()), keys=(KEY,))


@pytest.fixture
async def http(openai: OpenAIEmulator) -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=in_process(openai.app)) as client:
        yield client


def embedder(
    http: httpx2.AsyncClient, model: str = "text-embedding-3-small", dimension: int = 64, key: str = KEY
) -> OpenAIEmbedder:
    return OpenAIEmbedder(http, model, dimension, api_key=key)


async def test_texts_come_back_in_their_order_and_meaning_is_near(http: httpx2.AsyncClient) -> None:
    found = await embedder(http, dimension=512).embed(["coffee", "flat white", "a boat on the lake"])
    coffee, flat_white, boat = (list(each) for each in found.vectors)
    assert len(coffee) == 512
    assert found.tokens
    assert cosine(coffee, flat_white) > cosine(coffee, boat) + 0.3


async def test_what_the_vendor_refuses_is_refused(http: httpx2.AsyncClient) -> None:
    with pytest.raises(VendorRefused):
        await embedder(http).embed([""])
    with pytest.raises(VendorRefused):
        await embedder(http).embed(["word " * 20_000])
    with pytest.raises(VendorMisconfigured):
        await embedder(http, key="sk-wrong").embed(["knee"])
    with pytest.raises(VendorMisconfigured):
        await embedder(http, model="text-embedding-9").embed(["knee"])


async def test_a_model_of_another_length_is_a_wrong_configuration() -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=msgspec.json.encode({"data": [{"index": 0, "embedding": [1.0, 0.0]}]}))

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        ollama = OpenAIEmbedder(http, "nomic-embed-text", 768, base_url="http://localhost:11434/v1")
        with pytest.raises(VendorMisconfigured, match=r"gives 2 numbers, and memory.dimension says 768"):
            await ollama.embed(["knee"])


@pytest.mark.parametrize("body", [b"<html>", b'{"data": []}', b'{"data": [{"embedding": "x"}]}'])
async def test_an_answer_that_is_none_is_tried_again(body: bytes) -> None:
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, content=body))
    async with httpx2.AsyncClient(transport=transport) as http:
        with pytest.raises(VendorBusy):
            await embedder(http).embed(["knee"])


async def test_only_the_real_one_is_told_how_long_a_vector_is_to_be() -> None:
    asked: list[dict[str, object]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(msgspec.json.decode(request.content))
        return httpx2.Response(200, content=msgspec.json.encode({"data": [{"embedding": [1.0] * 4}]}))

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        await embedder(http, dimension=4).embed(["knee"])
        await OpenAIEmbedder(http, "nomic-embed-text", 4, base_url="http://localhost:11434/v1").embed(["knee"])
    assert [each.get("dimensions") for each in asked] == [4, None]


# --- which one ---------------------------------------------------------------------------------------

NO_MODEL = "no-such.onnx"
CHOSEN = (
    (MemorySection(model_file=NO_MODEL), embedders.NONE),
    (MemorySection(model_file=NO_MODEL, api_key=Secret("sk-x")), embedders.OPENAI),
    (MemorySection(model_file=NO_MODEL, base_url="http://localhost:11434/v1"), embedders.OPENAI),
    (MemorySection(embedder="none", api_key=Secret("sk-x")), embedders.NONE),
)


def test_the_first_embedder_that_is_there_is_taken(tmp_path: Path) -> None:
    for section, wanted in CHOSEN:
        assert embedders.choice(section, tmp_path / NO_MODEL) == wanted, section


@pytest.mark.parametrize(
    "section",
    [
        MemorySection(embedder="openai"),
        MemorySection(embedder="local", model_file=NO_MODEL),
        MemorySection(embedder="best"),
        MemorySection(base_url="http://[half"),
    ],
)
def test_what_is_asked_for_and_not_there_is_said(section: MemorySection, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"memory\."):
        embedders.choice(section, tmp_path / NO_MODEL)


async def test_a_server_on_this_machine_asks_for_no_money(http: httpx2.AsyncClient, tmp_path: Path) -> None:
    here = MemorySection(model_file=NO_MODEL, base_url="http://localhost:11434/v1", model="nomic", dimension=768)
    made = Embedders(here, http, InlineThreads(), tmp_path).wanted
    assert made is not None
    assert (made.vendor, made.name, made.dimensions) == ("local", "nomic", 768)


# --- the local model ---------------------------------------------------------------------------------

PIECES = {
    "Hello, World!": [101, 7592, 1010, 2088, 999, 102],
    "flat white": [101, 4257, 2317, 102],
    "Café con leche": [101, 7668, 9530, 3393, 5403, 102],
    "": [101, 102],
}
"""As the reference tokenizer of the model numbers them."""


def test_texts_become_the_pieces_that_the_model_was_taught() -> None:
    pieces = WordPiece()
    assert {text: pieces.ids(text, longest=256) for text in PIECES} == PIECES
    assert len(pieces.ids("word " * 500, longest=64)) == 64
    assert pieces.ids("x" * 101, longest=9) == [101, 100, 102]


def test_words_are_plain_and_marks_stand_alone() -> None:
    assert list(words("Ça va?\u0000 世界 it's")) == ["ca", "va", "?", "世", "界", "it", "'", "s"]


async def test_another_file_is_not_taken_for_the_model(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"something else")
    with pytest.raises(ConfigError):
        await MiniLM(InlineThreads(), tmp_path / "model.onnx").embed(["knee"])


@pytest.mark.skipif(bool(minilm.missing()), reason="ivy[local] is not installed")
async def test_the_local_model_knows_what_is_meant() -> None:
    found = await MiniLM(InlineThreads()).embed(["My knee hurts", "Pain in my leg joint", "The invoice is due"])
    knee, pain, invoice = (list(each) for each in found.vectors)
    assert packed(knee)
    assert cosine(knee, pain) > cosine(knee, invoice) + 0.3
