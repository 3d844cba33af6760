import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import trio
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.openai import FAILED, OFFICIAL, OpenAIModel, is_official
from ivy.domain.examples import Example
from ivy.emulators import openai_rules
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput
from ivy.emulators.in_process import in_process
from ivy.emulators.model_faults import ModelFault, cut_off, slow, web_page
from ivy.emulators.openai import OpenAIEmulator
from ivy.errors import ConfigError, VendorBusy, VendorError, VendorMisconfigured, VendorRefused
from ivy.ports import (
    AssistantWords,
    ChatMessage,
    ModelAnswer,
    ModelRequest,
    ToolCall,
    ToolResult,
    ToolResults,
    ToolSpec,
    Usage,
    UserWords,
)
from ivy.threads import InlineThreads

NOTE = ToolSpec(
    "note", "Keep a note.", {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
)
EXAMPLES = [Example("note", "note: milk", {"text": "milk"})]
HELLO = ModelRequest("You are Ivy.", (UserWords("hello"),))
ASK = ModelRequest("You are Ivy.", (UserWords("note: buy bread"),), (NOTE,))
LOCAL = "http://llm.local:8080/v1"


@asynccontextmanager
async def model_on(transport: httpx2.AsyncBaseTransport, base_url: str = OFFICIAL) -> AsyncGenerator[OpenAIModel]:
    async with open_client(transport=transport) as http:
        yield await OpenAIModel.make(InlineThreads(), http, "gpt-6-luna", api_key="key", base_url=base_url)


@asynccontextmanager
async def emulated(emulator: OpenAIEmulator, base_url: str = OFFICIAL) -> AsyncGenerator[OpenAIModel]:
    async with model_on(in_process(emulator.app), base_url) as made:
        yield made


def scripted(output: BrainOutput) -> OpenAIEmulator:
    def script(_given: BrainInput) -> BrainOutput:
        return output

    return OpenAIEmulator(Brain(scripted=script))


def after(request: ModelRequest, answer: ModelAnswer, *later: ChatMessage) -> ModelRequest:
    said = AssistantWords(answer.text, answer.calls, "openai", answer.model, answer.raw)
    return replace(request, messages=(*request.messages, said, *later))


async def error_of(model: OpenAIModel, request: ModelRequest = HELLO) -> VendorError:
    with pytest.raises(VendorError) as caught:
        await model.complete(request)
    return caught.value


async def error_on(status: int, error: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> VendorError:
    response = httpx2.Response(
        status, json={"error": dict(error)}, headers={"x-request-id": "req_1", **(headers or {})}
    )
    async with model_on(httpx2.MockTransport(lambda _: response)) as model:
        return await error_of(model)


async def answer_to(body: Any, request: ModelRequest = HELLO) -> ModelAnswer:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))
    async with model_on(transport, LOCAL) as model:
        return await model.complete(request)


# --- a conversation ------------------------------------------------------------------------------


@pytest.mark.parametrize("base_url", [OFFICIAL, LOCAL])
async def test_a_tool_loop_ends_in_a_reply(base_url: str) -> None:
    async with emulated(OpenAIEmulator(Brain(EXAMPLES)), base_url) as model:
        first = await model.complete(ASK)
        assert first.stop == "tools"
        assert [(call.tool, json.loads(call.arguments)) for call in first.calls] == [("note", {"text": "buy bread"})]
        noted = ToolResults((ToolResult(first.calls[0].call_id, "Noted."),))
        last = await model.complete(after(ASK, first, noted))
    assert (last.text, last.stop, last.model) == ("Noted.", "end", "gpt-6-luna")
    assert last.request_id == "req_emulated00000002"


async def test_the_real_api_is_asked_not_to_reason_and_others_are_asked_in_older_words() -> None:
    emulator = OpenAIEmulator(Brain(EXAMPLES))
    for base_url in (OFFICIAL, LOCAL):
        async with emulated(emulator, base_url) as model:
            await model.complete(ASK)
    official, local = (one.body for one in emulator.requests)
    assert (official["reasoning_effort"], official["max_completion_tokens"]) == ("none", 1024)
    assert local["max_tokens"] == 1024
    assert not {"reasoning_effort", "max_completion_tokens"} & set(local)
    assert not {"parallel_tool_calls", "temperature", "tool_choice"} & (set(official) | set(local))


def test_only_the_vendors_own_host_is_official() -> None:
    assert is_official("https://api.openai.com/v1/")
    assert not is_official("https://api.openai.com.example.org/v1")
    assert not is_official("http://127.0.0.1:11434/v1")


async def test_a_local_server_needs_no_key_and_the_real_api_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the environment's")
    emulator = OpenAIEmulator(Brain())
    async with open_client(transport=in_process(emulator.app)) as http:
        model = await OpenAIModel.make(InlineThreads(), http, "gpt-6-luna", base_url=LOCAL, vendor="attic")
        assert (await model.complete(HELLO)).text.startswith("Hello!")
        assert (model.vendor, model.official) == ("attic", False)
        with pytest.raises(ConfigError, match="needs an API key"):
            await OpenAIModel.make(InlineThreads(), http, "gpt-6-luna")
    assert "environment" not in emulator.requests[-1].headers["authorization"]


async def test_claudes_calls_are_told_again_with_results_right_after_them() -> None:
    emulator = OpenAIEmulator(Brain(EXAMPLES))
    history = (
        UserWords("note: a"),
        AssistantWords("On it.", (ToolCall("toolu_1", "note", '{"text":"a"}'), ToolCall("x" * 60, "note", "{oops"))),
        UserWords("are you there?"),
        ToolResults((ToolResult("x" * 60, "Bad arguments.", failed=True), ToolResult("toolu_1", "Noted."))),
    )
    async with emulated(emulator) as model:
        answer = await model.complete(replace(ASK, messages=history))
    system, _, assistant, first, second, words = emulator.requests[-1].body["messages"]
    assert system["role"] == "system"
    assert (first["tool_call_id"], first["content"]) == ("toolu_1", "Noted.")
    assert second["tool_call_id"] == assistant["tool_calls"][1]["id"] != "x" * 60
    assert second["content"] == "Failed: Bad arguments."
    assert json.loads(assistant["tool_calls"][1]["function"]["arguments"]) == {"malformed_arguments": "{oops"}
    assert words == {"role": "user", "content": "are you there?"}
    assert answer.text == "Noted.\nSorry, that did not work: Bad arguments."


def test_adapter_and_emulator_mean_the_same_by_failed() -> None:
    assert openai_rules.FAILED == FAILED


async def test_on_the_last_allowed_call_the_tools_stay_and_are_not_called() -> None:
    emulator = OpenAIEmulator(Brain(EXAMPLES))
    async with emulated(emulator) as model:
        answer = await model.complete(replace(ASK, may_call_tools=False))
    assert (answer.calls, answer.stop) == ((), "end")
    assert emulator.requests[-1].body["tool_choice"] == "none"


async def test_cached_tokens_are_inside_the_whole_prompt() -> None:
    request = replace(HELLO, system="Always be kind. " * 600)
    async with emulated(OpenAIEmulator(Brain())) as model:
        first, second = await model.complete(request), await model.complete(request)
    assert first.usage is not None
    assert second.usage is not None
    assert first.usage.cache_write == second.usage.cache_read == first.usage.input == second.usage.input


# --- shapes of compatible servers ------------------------------------------------------------------


def completion(message: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": "stop"}], **more}


async def test_a_server_that_counts_nothing_gives_no_usage() -> None:
    assert (await answer_to(completion({"content": "hi"}))).usage is None
    assert (await answer_to(completion({"content": "hi"}, usage={}))).usage is None
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": None}
    assert (await answer_to(completion({"content": "hi"}, usage=usage))).usage == Usage(5, 2)


async def test_calls_without_ids_and_with_objects_for_arguments_are_understood() -> None:
    functions: list[dict[str, Any]] = [
        {"name": "note", "arguments": {"a": 1}},
        {"name": "note", "arguments": ""},
        {"name": "note"},
    ]
    answer = await answer_to(completion({"content": None, "tool_calls": [{"function": one} for one in functions]}))
    assert answer.stop == "tools"
    assert [call.arguments for call in answer.calls] == ['{"a":1}', "{}", "{}"]
    assert len({call.call_id for call in answer.calls}) == 3


async def test_text_in_parts_is_joined() -> None:
    assert (
        await answer_to(completion({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}))
    ).text == "a\nb"


async def test_malformed_arguments_reach_the_loop_as_they_came_and_go_back_as_an_object() -> None:
    emulator = scripted(BrainOutput(calls=(BrainCall("note", '{"text": '),)))
    async with emulated(emulator) as model:
        answer = await model.complete(ASK)
        assert answer.calls[0].arguments == '{"text":'
        await model.complete(after(ASK, answer, ToolResults((ToolResult(answer.calls[0].call_id, "?", failed=True),))))
    sent = emulator.requests[-1].body["messages"][2]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(sent) == {"malformed_arguments": '{"text":'}


@pytest.mark.parametrize(
    ("message", "finish", "stop", "text"),
    [
        ({"content": "cut", "refusal": None}, "length", "length", "cut"),
        ({"content": None, "refusal": "I cannot."}, "stop", "refusal", "I cannot."),
        ({"content": None}, "content_filter", "refusal", ""),
        ({"content": " hi "}, "sunset", "end", "hi"),
        ({"content": "hi"}, None, "end", "hi"),
    ],
)
async def test_endings_have_one_name_each(message: dict[str, Any], finish: str | None, stop: str, text: str) -> None:
    answer = await answer_to({"choices": [{"message": message, "finish_reason": finish}], "model": None})
    assert (answer.stop, answer.text) == (stop, text)


async def test_an_answer_cut_at_its_limit_says_so() -> None:
    async with emulated(scripted(BrainOutput("word " * 500))) as model:
        assert (await model.complete(replace(HELLO, max_tokens=20))).stop == "length"


# --- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 409])
async def test_a_vendor_in_trouble_is_busy_and_is_asked_once(status: int) -> None:
    emulator = OpenAIEmulator(Brain())
    emulator.faults.add(ModelFault(status), times=2)
    async with emulated(emulator) as model:
        for _try in range(2):
            error = await error_of(model)
            assert isinstance(error, VendorBusy)
            assert not error.throttled
        assert (await model.complete(HELLO)).text
    assert len(emulator.requests) == 3


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry-after": "12"}, timedelta(seconds=12)),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m3s"}, timedelta(seconds=63)),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6ms"}, timedelta(milliseconds=6)),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "72h"}, timedelta(hours=1)),
        ({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "6s"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "later"}, None),
    ],
)
async def test_a_throttle_is_no_failure_and_says_until_when(headers: dict[str, str], after: timedelta | None) -> None:
    error = await error_on(429, {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}, headers)
    assert isinstance(error, VendorBusy)
    assert (error.throttled, error.after) == (True, after)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (429, "insufficient_quota", "insufficient_quota"),
        (429, "insufficient_quota", None),
        (429, "requests", "credit_balance_exhausted"),
        (429, "requests", "organization_spend_limit_exceeded"),
        (429, "requests", "project_spend_limit_exceeded"),
        (429, "requests", "organization_usage_limit_exceeded"),
        (401, "invalid_request_error", "invalid_api_key"),
        (403, "invalid_request_error", "unsupported_country_region_territory"),
        (404, "invalid_request_error", "model_not_found"),
    ],
)
async def test_keys_money_and_retired_models_wait_for_the_operator(status: int, kind: str, code: str | None) -> None:
    error = await error_on(status, {"message": "-", "type": kind, "code": code}, {"retry-after": "1"})
    assert isinstance(error, VendorMisconfigured)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"message": "?", "type": "invalid_request_error", "code": "unknown_parameter"}, "unknown_parameter"),
        ({"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}, "context"),
        ({"message": "the request exceeds the available context size", "code": 400}, "context"),
        ({"message": "?", "type": None, "code": None}, "400"),
    ],
)
async def test_a_request_at_fault_is_refused_for_good(error: dict[str, Any], code: str) -> None:
    refused = await error_on(400, error)
    assert isinstance(refused, VendorRefused)
    assert refused.code == code
    assert "req_1" in refused.reason


async def test_a_wrong_key_and_an_unknown_model_are_the_operators_on_the_real_wire() -> None:
    async with emulated(OpenAIEmulator(Brain(), keys={"another"})) as model:
        assert isinstance(await error_of(model), VendorMisconfigured)
    async with open_client(transport=in_process(OpenAIEmulator(Brain()).app)) as http:
        gone = await OpenAIModel.make(InlineThreads(), http, "gpt-ancient", api_key="key")
        assert isinstance(await error_of(gone), VendorMisconfigured)


@pytest.mark.parametrize("fault", [web_page(), cut_off(), web_page(502), web_page(302)])
async def test_an_answer_that_is_none_is_busy(fault: ModelFault) -> None:
    emulator = OpenAIEmulator(Brain())
    emulator.faults.add(fault)
    async with emulated(emulator) as model:
        error = await error_of(model)
    assert isinstance(error, VendorBusy)
    assert not error.throttled
    assert "<html" not in error.reason


NO_COMPLETIONS: list[Any] = [None, "hi", {}, {"choices": None}, {"choices": []}, {"choices": [{}]}]


@pytest.mark.parametrize("body", [*NO_COMPLETIONS, completion(None), completion({"content": 5})])
async def test_a_body_of_another_shape_is_busy(body: Any) -> None:
    with pytest.raises(VendorBusy):
        await answer_to(body)


@pytest.mark.parametrize(
    ("broken", "throttled"),
    [
        (httpx2.ConnectError("refused"), False),
        (httpx2.ReadTimeout("slow"), False),
        (httpx2.RemoteProtocolError("reset"), False),
        (httpx2.PoolTimeout("full"), True),
    ],
)
async def test_a_line_that_breaks_is_busy_and_our_own_full_pool_does_not_count(
    broken: Exception, throttled: bool
) -> None:
    def breaks(_: httpx2.Request) -> httpx2.Response:
        raise broken

    async with model_on(httpx2.MockTransport(breaks)) as model:
        error = await error_of(model)
    assert isinstance(error, VendorBusy)
    assert error.throttled is throttled


@pytest.mark.parametrize("sent", [b"", b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"choices": ['])
async def test_a_server_that_hangs_up_is_busy(sent: bytes) -> None:
    async def hang_up(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(sent)
        await stream.aclose()

    async with trio.open_nursery() as nursery, open_client() as http:
        listeners: list[trio.SocketListener] = await nursery.start(trio.serve_tcp, hang_up, 0)
        base_url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}/v1"
        model = await OpenAIModel.make(InlineThreads(), http, "gpt-6-luna", base_url=base_url)
        assert isinstance(await error_of(model), VendorBusy)
        nursery.cancel_scope.cancel()


async def test_the_callers_deadline_ends_a_slow_call_and_the_next_is_served(autojump_clock: MockClock) -> None:
    emulator = OpenAIEmulator(Brain())
    emulator.faults.add(slow(600))
    async with emulated(emulator) as model:
        with pytest.raises(trio.TooSlowError), trio.fail_after(40):
            await model.complete(HELLO)
        assert trio.current_time() == pytest.approx(40)
        assert (await model.complete(HELLO)).text
