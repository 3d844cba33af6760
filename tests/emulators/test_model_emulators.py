import array
import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import trio
from quart_trio import QuartTrio
from trio.testing import MockClock

from ivy.domain.examples import Example
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.brain import Brain
from ivy.emulators.in_process import in_process
from ivy.emulators.model_faults import PAGE, ModelFault, cut_off, slow, web_page
from ivy.emulators.openai import OpenAIEmulator

if TYPE_CHECKING:
    import openai

EXAMPLES = [Example("note", "note: milk", {"text": "milk"})]
BRAIN = Brain(EXAMPLES)
KEY = {"authorization": "Bearer key"}
CLAUDE = {**KEY, "anthropic-version": "2026-10-21"}
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
OFFICIAL = "https://api.openai.com"


@asynccontextmanager
async def http_to(app: QuartTrio, host: str = "http://emulated") -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=in_process(app), base_url=host, trust_env=False) as http:
        yield http


def person(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks) or "note: bread"}


def model(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


TEXT = {"type": "text", "text": "hi"}
USE: dict[str, Any] = {"type": "tool_use", "id": "toolu_x", "name": "note", "input": {}}
FORGED = {"type": "thinking", "thinking": "", "signature": "forged"}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_x", "content": "ok"}
TOOL = {"name": "note", "description": "Keep it.", "input_schema": SCHEMA}


def claude(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"model": "claude-sonnet-5-5", "max_tokens": 500, "messages": [person()], "tools": [TOOL]}
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


# --- Anthropic -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model": None}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"temperature": 1}, "temperature"),
        ({"top_k": 5}, "top_k"),
        ({"flavour": "mint"}, "flavour"),
        ({"stream": True}, "stream"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking"),
        ({"output_config": {"effort": "heroic"}}, "effort"),
        ({"system": [{"type": "text", "text": " "}]}, "system"),
        ({"tools": [TOOL, TOOL]}, "unique"),
        ({"tools": [TOOL | {"name": "no spaces"}]}, "name"),
        ({"tools": [TOOL | {"input_schema": {"type": "string"}}]}, "input_schema"),
        ({"tools": [TOOL | {"strict": True}]}, "additionalProperties"),
        ({"tools": [TOOL | {"parameters": {}}]}, "parameters"),
        ({"tools": None, "tool_choice": {"type": "auto"}}, "tool_choice"),
        ({"tool_choice": {"type": "any"}}, "cannot be forced"),
        ({"tool_choice": {"type": "tool", "name": "note"}}, "cannot be forced"),
        ({"messages": [model(TEXT), person(TEXT)]}, "first message"),
        ({"messages": [person(TEXT), model(TEXT)]}, "prefilling"),
        ({"messages": [person({"type": "text", "text": ""})]}, "white space"),
        ({"messages": [person({"type": "hologram"})]}, "hologram"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "role"),
        ({"messages": [person(TEXT), model(USE), person(TEXT)]}, "without a tool_result"),
        ({"messages": [person(RESULT)]}, "without a tool_use"),
        ({"messages": [person(TEXT), model(USE), person(RESULT, RESULT)]}, "more than one"),
        ({"messages": [person(TEXT), model(USE), person(TEXT, RESULT)]}, "first"),
        ({"messages": [person(TEXT), model(USE, USE), person(RESULT)]}, "unique"),
        ({"messages": [person(TEXT), model(USE), person(RESULT), model(USE), person(RESULT)]}, "unique"),
        ({"messages": [person(TEXT), model(USE | {"input": "milk"}), person(RESULT)]}, "input"),
        ({"messages": [person(TEXT), model(USE), person(RESULT | {"content": "", "is_error": True})]}, "error"),
        ({"messages": [person(TEXT), model(FORGED), person(TEXT)]}, "signature"),
        ({"messages": [person(*[TEXT | {"cache_control": {"type": "ephemeral"}}] * 5)]}, "at most 4"),
        ({"messages": [person(TEXT | {"cache_control": {"type": "ephemeral", "ttl": "9m"}})]}, "cache_control"),
    ],
)  # fmt: skip
async def test_claude_refuses_what_the_real_one_refuses(changes: dict[str, Any], named: str) -> None:
    async with http_to(AnthropicEmulator(BRAIN).app) as http:
        response = await http.post("/v1/messages", json=claude(**changes), headers=CLAUDE)
    body = response.json()
    assert response.status_code == 400
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")
    assert named in body["error"]["message"]
    assert body["request_id"] == response.headers["request-id"]


async def test_claude_lets_in_by_either_header_and_nobody_else() -> None:
    async with http_to(AnthropicEmulator(BRAIN, keys={"key"}).app) as http:
        for headers, status in [
            (KEY, 200),
            ({"x-api-key": "key"}, 200),
            ({"x-api-key": "guess"}, 401),
            ({"authorization": "Basic key"}, 401),
            ({}, 401),
        ]:
            version = {"anthropic-version": "2026-10-21"}
            response = await http.post("/v1/messages", json=claude(), headers={**headers, **version})
            assert response.status_code == status
        assert (await http.post("/v1/messages", json=claude(), headers=KEY)).status_code == 400
        assert (await http.post("/v1/messages", content=b"{", headers=CLAUDE)).status_code == 400


async def test_haiku_can_be_forced() -> None:
    body = claude(model="claude-haiku-5-5", tool_choice={"type": "tool", "name": "note"}, messages=[person(TEXT)])
    async with http_to(AnthropicEmulator(BRAIN).app) as http:
        answer = (await http.post("/v1/messages", json=body, headers=CLAUDE)).json()
    assert answer["stop_reason"] == "tool_use"


async def test_thinking_is_valid_only_while_everything_before_it_is_unchanged() -> None:
    async with http_to(AnthropicEmulator(BRAIN).app) as http:

        async def ask(body: dict[str, Any]) -> httpx2.Response:
            return await http.post("/v1/messages", json=body, headers=CLAUDE)

        first = (await ask(claude(system="Be kind."))).json()
        thinking, use = first["content"]
        result = {"type": "tool_result", "tool_use_id": use["id"], "content": "Noted."}
        loop = [person(), model(thinking, use), person(result)]
        assert (await ask(claude(system="Be kind.", messages=loop))).status_code == 200
        for broken in (
            claude(system="Be rude.", messages=loop),
            claude(system="Be kind.", tools=[TOOL | {"description": "Else."}], messages=loop),
            claude(system="Be kind.", messages=[person(TEXT), *loop[1:]]),
            claude(system="Be kind.", messages=[loop[0], model(thinking | {"thinking": "x"}, use), loop[2]]),
            claude(system="Be kind.", messages=[loop[0], model(use), loop[2]]),
        ):
            assert (await ask(broken)).status_code == 400
        # Once the turn is over its thinking may be left out, and another model drops it silently.
        over = [loop[0], model(use), loop[2], model(TEXT), person(TEXT)]
        assert (await ask(claude(system="Be rude.", messages=over))).status_code == 200
        assert (await ask(claude(system="Be rude.", model="claude-haiku-5-5", messages=loop))).status_code == 200


async def test_cache_marks_do_not_change_what_was_signed() -> None:
    async with http_to(AnthropicEmulator(BRAIN).app) as http:
        first = (await http.post("/v1/messages", json=claude(), headers=CLAUDE)).json()
        use = first["content"][1]
        marked = [TOOL | {"cache_control": {"type": "ephemeral"}}]
        loop = [person(), model(*first["content"]), person({"type": "tool_result", "tool_use_id": use["id"]})]
        response = await http.post("/v1/messages", json=claude(tools=marked, messages=loop), headers=CLAUDE)
    assert response.status_code == 200


async def test_usage_is_in_three_parts_that_do_not_overlap() -> None:
    system = [{"type": "text", "text": "Be kind. " * 600, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    usages: list[dict[str, Any]] = []
    async with http_to(AnthropicEmulator(BRAIN).app) as http:
        for _call in range(2):
            response = await http.post("/v1/messages", json=claude(system=system), headers=CLAUDE)
            usages.append(response.json()["usage"])
    first, second = usages
    assert first["cache_creation"]["ephemeral_1h_input_tokens"] == first["cache_creation_input_tokens"] > 512
    assert (first["cache_read_input_tokens"], second["cache_creation_input_tokens"]) == (0, 0)
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]
    assert first["input_tokens"] == second["input_tokens"] > 0


async def test_a_beginning_too_short_is_not_cached() -> None:
    system = [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]
    async with http_to(AnthropicEmulator(BRAIN).app) as http:
        usage = (await http.post("/v1/messages", json=claude(system=system), headers=CLAUDE)).json()["usage"]
    assert usage["cache_creation_input_tokens"] == 0


async def test_claudes_models_tell_when_they_retire() -> None:
    import anthropic

    async with http_to(AnthropicEmulator(BRAIN).app) as http:
        sdk = anthropic.AsyncAnthropic(api_key="key", base_url="http://emulated", max_retries=0, http_client=http)
        described = await sdk.models.retrieve("claude-sonnet-5-5")
        assert described.id == "claude-sonnet-5-5"
        with pytest.raises(anthropic.NotFoundError):
            await sdk.models.retrieve("claude-ancient")
        assert (await http.get("/v1/models/claude-haiku-5-5", headers=CLAUDE)).json()["retires_at"] > "2027"


async def test_the_sdk_reads_the_emulated_answer_as_its_own() -> None:
    import anthropic

    async with http_to(AnthropicEmulator(BRAIN).app) as http:
        sdk = anthropic.AsyncAnthropic(api_key="key", base_url="http://emulated", max_retries=0, http_client=http)
        message = await sdk.messages.create(
            model="claude-haiku-5-5", max_tokens=100, messages=[{"role": "user", "content": "hello"}]
        )
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.usage.output_tokens > 0


# --- OpenAI ----------------------------------------------------------------------------------------

FUNCTION = {"type": "function", "function": {"name": "note", "description": "Keep it.", "parameters": SCHEMA}}
CALL: dict[str, Any] = {"id": "call_1", "type": "function", "function": {"name": "note", "arguments": "{}"}}
UNREAD: dict[str, Any] = {"name": "note", "arguments": {}}
ANSWERED = {"role": "tool", "tool_call_id": "call_1", "content": "ok"}
WORDS = {"role": "user", "content": "note: bread"}
CALLING: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [CALL]}


def chat(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": "gpt-6-luna",
        "messages": [WORDS],
        "tools": [FUNCTION],
        "max_completion_tokens": 500,
        "reasoning_effort": "none",
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"flavour": "mint"}, "flavour"),
        ({"stream": True}, "streams"),
        ({"max_tokens": 5}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"reasoning_effort": None}, "reasoning_effort"),
        ({"reasoning_effort": "low"}, "reasoning_effort"),
        ({"tools": []}, "tools"),
        ({"tools": [FUNCTION, FUNCTION]}, "taken"),
        ({"tools": [{"type": "function", "name": "note"}]}, "function"),
        ({"tools": [{"type": "function", "function": {"name": "n" * 65}}]}, "name"),
        ({"tools": [{"type": "function", "function": {"name": "n", "parameters": {"type": "string"}}}]}, "object"),
        ({"tools": None, "tool_choice": "none"}, "tool_choice"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"messages": [WORDS, CALLING]}, "call_1"),
        ({"messages": [WORDS, CALLING, WORDS]}, "call_1"),
        ({"messages": [WORDS, ANSWERED]}, "answer a call"),
        ({"messages": [WORDS, CALLING, ANSWERED, ANSWERED]}, "answer a call"),
        ({"messages": [WORDS, CALLING | {"tool_calls": [CALL, CALL]}, ANSWERED]}, "of their own"),
        ({"messages": [WORDS, CALLING | {"tool_calls": [CALL | {"id": "x" * 41}]}]}, "40"),
        ({"messages": [WORDS, CALLING | {"tool_calls": [CALL | {"function": UNREAD}]}]}, "text"),
        ({"messages": [WORDS, {"role": "assistant", "content": None}]}, "nothing"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "role"),
    ],
)  # fmt: skip
async def test_openai_refuses_what_the_real_one_refuses(changes: dict[str, Any], named: str) -> None:
    async with http_to(OpenAIEmulator(BRAIN).app, OFFICIAL) as http:
        response = await http.post("/v1/chat/completions", json=chat(**changes), headers=KEY)
    error = response.json()["error"]
    assert response.status_code == 400
    assert error["type"] == "invalid_request_error"
    assert named in error["message"]


async def test_by_another_name_it_is_a_compatible_server() -> None:
    async with http_to(OpenAIEmulator(BRAIN, models={"llama"}).app) as http:
        body = chat(model="llama", max_tokens=50, max_completion_tokens=None, reasoning_effort=None)
        answer = (await http.post("/v1/chat/completions", json=body, headers=KEY)).json()
    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    assert json.loads(answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]) == {"text": "bread"}


async def test_openai_lets_in_whom_it_knows() -> None:
    async with http_to(OpenAIEmulator(BRAIN, keys={"key"}).app) as http:
        for headers, status in [(KEY, 200), ({"authorization": "Bearer guess"}, 401), ({"x-api-key": "key"}, 401)]:
            assert (await http.get("/v1/models", headers=headers)).status_code == status


async def test_a_beginning_of_a_chat_is_billed_as_cached_the_second_time() -> None:
    system = {"role": "system", "content": "Be kind. " * 900}
    async with http_to(OpenAIEmulator(BRAIN).app, OFFICIAL) as http:
        usages = [
            (await http.post("/v1/chat/completions", json=chat(messages=[system, words]), headers=KEY)).json()["usage"]
            for words in (WORDS, {"role": "user", "content": "hello"})
        ]
    details = [usage["prompt_tokens_details"] for usage in usages]
    assert details[0]["cached_tokens"] == 0
    assert 1_024 < details[1]["cached_tokens"] < usages[1]["prompt_tokens"]
    assert details[1]["cached_tokens"] + details[1]["cache_write_tokens"] == usages[1]["prompt_tokens"]


@asynccontextmanager
async def openai_sdk(emulator: OpenAIEmulator) -> "AsyncGenerator[openai.AsyncOpenAI]":
    """The vendor's own, imported where it is used: seconds, which every worker would pay as it collects."""
    import openai

    async with http_to(emulator.app) as http:
        yield openai.AsyncOpenAI(api_key="key", base_url="http://emulated/v1", max_retries=0, http_client=http)


async def test_texts_that_share_words_have_near_vectors_and_both_forms_agree() -> None:
    texts = ["I drink flat white", "flat white with oat milk", "my bank account"]
    async with openai_sdk(OpenAIEmulator(BRAIN)) as sdk:
        plain = await sdk.embeddings.create(
            model="text-embedding-3-small", input=texts, dimensions=256, encoding_format="float"
        )
        packed = await sdk.embeddings.create(model="text-embedding-3-small", input=texts, dimensions=256)
        whole = await sdk.embeddings.create(model="text-embedding-3-small", input="one")
    vectors = [one.embedding for one in plain.data]
    assert [len(vector) for vector in vectors] == [256] * 3
    assert len(whole.data[0].embedding) == 1536
    assert all(sum(value * value for value in vector) == pytest.approx(1) for vector in vectors)
    for vector, other in zip(vectors, packed.data, strict=True):
        assert other.embedding == pytest.approx(vector, abs=1e-6)
    near, far = (sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert near > far + 0.2


async def test_base64_is_little_endian_float32() -> None:
    body = {"model": "text-embedding-3-small", "input": "hi", "dimensions": 8, "encoding_format": "base64"}
    async with http_to(OpenAIEmulator(BRAIN).app) as http:
        packed = (await http.post("/v1/embeddings", json=body, headers=KEY)).json()["data"][0]["embedding"]
        plain = (await http.post("/v1/embeddings", json=body | {"encoding_format": "float"}, headers=KEY)).json()
    assert list(array.array("f", base64.b64decode(packed))) == pytest.approx(plain["data"][0]["embedding"], abs=1e-6)


@pytest.mark.parametrize(
    "changes", [{"input": []}, {"input": [""]}, {"input": [[1, 2]]}, {"dimensions": 4000}, {"model": "gpt-6-luna"}]
)
async def test_embeddings_of_nothing_are_refused(changes: dict[str, Any]) -> None:
    body = {"model": "text-embedding-3-small", "input": "hi", **changes}
    async with http_to(OpenAIEmulator(BRAIN).app) as http:
        assert (await http.post("/v1/embeddings", json=body, headers=KEY)).status_code == 400


async def test_a_voice_note_has_the_words_it_was_given() -> None:
    import openai

    emulator = OpenAIEmulator(BRAIN, transcripts={b"OggS hello": "hello Ivy"})
    async with openai_sdk(emulator) as sdk:
        heard = await sdk.audio.transcriptions.create(
            model="gpt-transcribe", file=("voice.ogg", b"OggS hello", "audio/ogg")
        )
        assert heard.text == "hello Ivy"
        for upload in [("voice.ogg", b"other", "audio/ogg"), ("voice.txt", b"OggS hello", "text/plain")]:
            with pytest.raises(openai.BadRequestError):
                await sdk.audio.transcriptions.create(model="gpt-transcribe", file=upload)
        with pytest.raises(openai.BadRequestError):
            await sdk.audio.transcriptions.create(
                model="gpt-transcribe", file=("voice.ogg", b"OggS hello", "audio/ogg"), language="en"
            )
    assert emulator.requests[0].body["mime"] == "audio/ogg"


async def test_all_voice_notes_can_be_given_the_same_words() -> None:
    async with openai_sdk(OpenAIEmulator(BRAIN, transcript="show my streak")) as sdk:
        heard = await sdk.audio.transcriptions.create(model="gpt-transcribe", file=("a.ogg", b"x", "audio/ogg"))
    assert heard.text == "show my streak"


async def test_the_list_of_models_names_the_ones_in_use() -> None:
    async with openai_sdk(OpenAIEmulator(BRAIN)) as sdk:
        names = [one.id async for one in sdk.models.list()]
    assert {"gpt-6-luna", "gpt-transcribe", "text-embedding-3-small"} <= set(names)


# --- both ------------------------------------------------------------------------------------------

Emulator = AnthropicEmulator | OpenAIEmulator
BOTH = pytest.mark.parametrize(
    ("make", "path", "body"),
    [(AnthropicEmulator, "/v1/messages", claude()), (OpenAIEmulator, "/v1/chat/completions", chat())],
)


@BOTH
async def test_faults_come_in_order_and_then_all_is_well(
    make: type[Emulator], path: str, body: dict[str, Any], autojump_clock: MockClock
) -> None:
    emulator = make(BRAIN)
    emulator.faults.add(ModelFault(529), times=2)
    emulator.faults.add(ModelFault(429, headers={"retry-after": "3"}), web_page(), cut_off(), slow(20))
    async with http_to(emulator.app) as http:
        answers = [await http.post(path, json=body, headers=CLAUDE) for _call in range(7)]
    assert [one.status_code for one in answers] == [529, 529, 429, 200, 200, 200, 200]
    assert answers[2].headers["retry-after"] == "3"
    assert answers[3].text == PAGE
    with pytest.raises(json.JSONDecodeError):
        answers[4].json()
    assert trio.current_time() == pytest.approx(20)
    assert answers[5].json()["usage"]
    assert len(emulator.requests) == 7


@BOTH
async def test_the_same_request_gets_the_same_answer_and_an_id_of_its_own(
    make: type[Emulator], path: str, body: dict[str, Any]
) -> None:
    async with http_to(make(BRAIN).app) as one, http_to(make(BRAIN).app) as other:
        first, second = [await http.post(path, json=body, headers=CLAUDE) for http in (one, other)]
        again = await one.post(path, json=body, headers=CLAUDE)
    assert first.content == second.content
    ids = [answer.headers.get("request-id") or answer.headers["x-request-id"] for answer in (first, again)]
    assert ids[0] != ids[1]


@BOTH
async def test_only_the_latest_requests_are_remembered(make: type[Emulator], path: str, body: dict[str, Any]) -> None:
    emulator = make(BRAIN, keep=2)
    async with http_to(emulator.app) as http:
        for size in (100, 200, 300):
            sized = body | {"max_tokens" if make is AnthropicEmulator else "max_completion_tokens": size}
            await http.post(path, json=sized, headers=CLAUDE)
    assert [300 in asked.body.values() for asked in emulator.requests] == [False, True]
