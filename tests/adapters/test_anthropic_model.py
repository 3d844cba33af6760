import json
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import trio
from trio.testing import MockClock

from ivy.adapters.anthropic import AnthropicModel
from ivy.adapters.client import open_client
from ivy.domain.examples import Example
from ivy.domain.pricing import cost_micros
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput
from ivy.emulators.in_process import in_process
from ivy.emulators.model_faults import ModelFault, cut_off, slow, web_page
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
    UnitPrices,
    UserWords,
)
from ivy.threads import InlineThreads

NOTE = ToolSpec(
    "note", "Keep a note.", {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
)
EXAMPLES = [Example("note", "note: milk", {"text": "milk"})]
HELLO = ModelRequest("You are Ivy.", (UserWords("hello"),))
ASK = ModelRequest("You are Ivy.", (UserWords("note: buy bread"),), (NOTE,))

Handler = Callable[[httpx2.Request], httpx2.Response | Awaitable[httpx2.Response]]


@asynccontextmanager
async def model_on(
    transport: httpx2.AsyncBaseTransport, model: str = "claude-sonnet-5-5"
) -> AsyncGenerator[AnthropicModel]:
    async with open_client(transport=transport) as http:
        yield await AnthropicModel.make(InlineThreads(), http, model, api_key="key")


@asynccontextmanager
async def emulated(emulator: AnthropicEmulator, model: str = "claude-sonnet-5-5") -> AsyncGenerator[AnthropicModel]:
    async with model_on(in_process(emulator.app), model) as made:
        yield made


def scripted(output: BrainOutput) -> AnthropicEmulator:
    def script(_given: BrainInput) -> BrainOutput:
        return output

    return AnthropicEmulator(Brain(scripted=script))


def after(request: ModelRequest, answer: ModelAnswer, *later: ChatMessage) -> ModelRequest:
    said = AssistantWords(answer.text, answer.calls, "anthropic", answer.model, answer.raw)
    return replace(request, messages=(*request.messages, said, *later))


def results_of(answer: ModelAnswer, content: str = "Noted.") -> ToolResults:
    return ToolResults(tuple(ToolResult(call.call_id, content) for call in answer.calls))


async def error_of(model: AnthropicModel, request: ModelRequest = HELLO) -> VendorError:
    with pytest.raises(VendorError) as caught:
        await model.complete(request)
    return caught.value


async def error_on(status: int, error: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> VendorError:
    body = {"type": "error", "error": dict(error), "request_id": "req_1"}
    response = httpx2.Response(status, json=body, headers={"request-id": "req_1", **(headers or {})})
    async with model_on(httpx2.MockTransport(lambda _: response)) as model:
        return await error_of(model)


# --- a conversation ------------------------------------------------------------------------------


async def test_words_come_back_with_what_they_cost() -> None:
    async with emulated(AnthropicEmulator(Brain())) as model:
        answer = await model.complete(HELLO)
    assert answer.text == "Hello! What can I do for you?"
    assert (answer.calls, answer.stop, answer.model) == ((), "end", "claude-sonnet-5-5")
    assert answer.usage is not None
    assert answer.usage.input > 0
    assert answer.usage.output > 0
    assert answer.request_id == "req_emulated00000001"
    assert (model.vendor, model.name) == ("anthropic", "claude-sonnet-5-5")


async def test_a_tool_loop_replays_the_signed_thinking_and_ends_in_a_reply() -> None:
    emulator = AnthropicEmulator(Brain(EXAMPLES))
    async with emulated(emulator) as model:
        first = await model.complete(ASK)
        assert first.stop == "tools"
        assert [(call.tool, json.loads(call.arguments)) for call in first.calls] == [("note", {"text": "buy bread"})]
        last = await model.complete(after(ASK, first, results_of(first)))
    assert (last.text, last.stop) == ("Noted.", "end")
    sent = emulator.requests[-1].body["messages"][1]["content"]
    assert sent == json.loads(first.raw)
    assert sent[0]["type"] == "thinking"


async def test_words_that_come_in_the_middle_of_a_loop_follow_the_results() -> None:
    emulator = AnthropicEmulator(Brain(EXAMPLES))
    async with emulated(emulator) as model:
        first = await model.complete(ASK)
        await model.complete(after(ASK, first, UserWords("and thanks"), results_of(first)))
    assert [block["type"] for block in emulator.requests[-1].body["messages"][-1]["content"]] == ["tool_result", "text"]


async def test_thinking_of_a_loop_is_not_lost_even_if_a_tool_failed() -> None:
    emulator = AnthropicEmulator(Brain(EXAMPLES))
    async with emulated(emulator) as model:
        first = await model.complete(ASK)
        failed = ToolResults((ToolResult(first.calls[0].call_id, "The list is full.", failed=True),))
        last = await model.complete(after(ASK, first, failed))
    assert last.text == "Sorry, that did not work: The list is full."


async def test_a_call_without_a_result_is_told_to_have_been_interrupted() -> None:
    emulator = AnthropicEmulator(Brain(EXAMPLES))
    async with emulated(emulator) as model:
        first = await model.complete(ASK)
        await model.complete(after(ASK, first, UserWords("hello?")))
    result = emulator.requests[-1].body["messages"][-1]["content"][0]
    assert result["tool_use_id"] == first.calls[0].call_id
    assert result["is_error"]
    assert result["content"].startswith("Interrupted")


async def test_another_vendors_calls_are_told_again_in_claudes_words() -> None:
    emulator = AnthropicEmulator(Brain(EXAMPLES))
    said = AssistantWords(
        "", (ToolCall("call_1", "note", '{"text":"rye"}'),), "openai", "gpt-6-luna", '{"role":"assistant"}'
    )
    async with emulated(emulator) as model:
        await model.complete(replace(ASK, messages=(*ASK.messages, said, ToolResults((ToolResult("call_1", "ok"),)))))
    assert emulator.requests[-1].body["messages"][1]["content"] == [
        {"type": "tool_use", "id": "call_1", "name": "note", "input": {"text": "rye"}}
    ]


async def test_a_finished_turn_kept_without_its_thinking_is_accepted() -> None:
    async with emulated(AnthropicEmulator(Brain(EXAMPLES))) as model:
        first = await model.complete(ASK)
        done = after(ASK, replace(first, raw=""), results_of(first), AssistantWords("Noted."), UserWords("hello"))
        assert (await model.complete(done)).text.startswith("Hello!")


async def test_on_the_last_allowed_call_the_tools_stay_and_are_not_called() -> None:
    emulator = AnthropicEmulator(Brain(EXAMPLES))
    async with emulated(emulator) as model:
        answer = await model.complete(replace(ASK, may_call_tools=False))
    assert (answer.calls, answer.stop) == ((), "end")
    assert emulator.requests[-1].body["tool_choice"] == {"type": "none"}
    assert len(emulator.requests[-1].body["tools"]) == 1


async def test_what_stays_the_same_is_read_from_the_cache_the_second_time() -> None:
    request = replace(ASK, system="Always be kind. " * 400)
    async with emulated(AnthropicEmulator(Brain(EXAMPLES))) as model:
        first, second = (
            await model.complete(request),
            await model.complete(replace(request, messages=(UserWords("hi"),))),
        )
    assert first.usage is not None
    assert second.usage is not None
    assert first.usage.cache_read == 0
    words = second.usage.cache_write  # the person's own, for the further calls of this turn
    assert 0 < words < 60
    assert first.usage.cache_write - 60 < second.usage.cache_read < first.usage.cache_write
    assert second.usage.cache_read > 1_000


async def test_a_turns_further_call_reads_its_words_from_the_cache_and_the_turn_costs_less() -> None:
    prices = UnitPrices(2_000_000, 10_000_000, 100_000, 2_500_000, "claude-sonnet-5-5")
    request = replace(ASK, system="Always be kind. " * 400, messages=(UserWords("fact " * 1500 + "\nnote: buy bread"),))
    async with emulated(AnthropicEmulator(Brain(EXAMPLES))) as model:
        await model.complete(replace(request, messages=(UserWords("hi"),)))  # the prefix is known
        first = await model.complete(request)
        second = await model.complete(after(request, first, results_of(first)))
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.cache_read == first.usage.cache_read + first.usage.cache_write
    assert second.usage.cache_write == 0
    prefix = first.usage.cache_read
    unmarked = [replace(each, cache_read=prefix, cache_write=0) for each in (first.usage, second.usage)]
    cost = sum(cost_micros(each, prices) for each in (first.usage, second.usage))
    assert cost < 0.75 * sum(cost_micros(each, prices) for each in unmarked)


async def test_a_cached_beginning_is_forgotten_after_its_five_minutes(autojump_clock: MockClock) -> None:
    request = replace(ASK, system="Always be kind. " * 400)
    async with emulated(AnthropicEmulator(Brain(EXAMPLES))) as model:
        await model.complete(request)
        await trio.sleep(301)
        answer = await model.complete(request)
    assert answer.usage is not None
    assert answer.usage.cache_read == 0


async def test_no_sampling_knobs_are_sent_and_the_effort_is() -> None:
    emulator = AnthropicEmulator(Brain())
    async with open_client(transport=in_process(emulator.app)) as http:
        model = await AnthropicModel.make(InlineThreads(), http, "claude-haiku-5-5", api_key="key", effort="medium")
        await model.complete(HELLO)
    body = emulator.requests[-1].body
    assert body["output_config"] == {"effort": "medium"}
    assert not {"temperature", "top_p", "top_k", "thinking"} & set(body)
    assert emulator.requests[-1].headers["x-stainless-retry-count"] == "0"


async def test_the_environment_has_no_say_in_the_key_or_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "the environment's")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://elsewhere.invalid")
    emulator = AnthropicEmulator(Brain(), keys={"key"})
    async with emulated(emulator) as model:
        await model.complete(HELLO)
    assert emulator.requests[-1].headers["host"] == "api.anthropic.com"


async def test_an_address_may_end_in_a_version_or_not() -> None:
    emulator = AnthropicEmulator(Brain())
    async with open_client(transport=in_process(emulator.app)) as http:
        for base_url in ("", "http://local", "http://local/", "http://local/v1", "http://local/v1/"):
            model = await AnthropicModel.make(
                InlineThreads(), http, "claude-haiku-5-5", api_key="key", base_url=base_url
            )
            assert (await model.complete(HELLO)).text


async def test_a_long_answer_is_allowed_without_streaming() -> None:
    async with emulated(AnthropicEmulator(Brain())) as model:
        assert (await model.complete(replace(HELLO, max_tokens=64_000))).text


async def test_without_a_key_nothing_is_built() -> None:
    async with open_client() as http:
        with pytest.raises(ConfigError, match="needs an API key"):
            await AnthropicModel.make(InlineThreads(), http, "claude-sonnet-5-5", api_key="")


# --- how an answer ends ----------------------------------------------------------------------------


async def test_a_refusal_is_an_answer() -> None:
    async with emulated(scripted(BrainOutput("", stop="refusal"))) as model:
        answer = await model.complete(HELLO)
    assert (answer.stop, answer.text) == ("refusal", "")


async def test_an_answer_cut_at_its_limit_says_so() -> None:
    async with emulated(scripted(BrainOutput("word " * 500))) as model:
        answer = await model.complete(replace(HELLO, max_tokens=20))
    assert answer.stop == "length"
    assert answer.usage is not None
    assert answer.usage.output == 20


async def test_arguments_that_are_no_object_reach_the_loop_as_they_came() -> None:
    async with emulated(scripted(BrainOutput(calls=(BrainCall("note", "milk"),)))) as model:
        answer = await model.complete(ASK)
        assert answer.calls[0].arguments == '"milk"'
        rebuilt = after(ASK, replace(answer, raw=""), results_of(answer))
        assert (await model.complete(replace(rebuilt, tools=()))).stop == "tools"


async def test_a_full_context_window_asks_for_pruning() -> None:
    async with emulated(scripted(BrainOutput("", stop="model_context_window_exceeded"))) as model:
        error = await error_of(model)
    assert isinstance(error, VendorRefused)
    assert error.code == "context"


async def test_kinds_of_blocks_and_endings_of_next_year_do_no_harm() -> None:
    content = [{"type": "hologram", "text": 1}, {"type": "text", "text": "hi"}]
    body = {"content": [{"type": "thinking"}, {"type": "hologram", "light": 3}, content[1]], "stop_reason": "sunset"}
    async with model_on(httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))) as model:
        answer = await model.complete(HELLO)
    assert (answer.text, answer.stop, answer.usage) == ("hi", "end", None)


# --- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529, 408, 409])
async def test_a_vendor_in_trouble_is_busy(status: int) -> None:
    emulator = AnthropicEmulator(Brain())
    emulator.faults.add(ModelFault(status, headers={"retry-after": "7"}))
    async with emulated(emulator) as model:
        error = await error_of(model)
        assert (await model.complete(HELLO)).text  # and the next call is served: nothing was retried behind our back
    assert isinstance(error, VendorBusy)
    assert (error.throttled, error.after) == (False, timedelta(seconds=7))
    assert len(emulator.requests) == 2


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry-after": "12"}, timedelta(seconds=12)),
        ({"retry-after": "300000"}, timedelta(hours=1)),
        ({"retry-after-ms": "1500", "retry-after": "2"}, timedelta(seconds=1.5)),
        (
            {"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"},
            timedelta(seconds=30),
        ),
        (
            {
                "anthropic-ratelimit-tokens-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-11-22T10:01:00Z",
                "date": "Sun, 22 Nov 2026 10:00:00 GMT",
            },
            timedelta(minutes=1),
        ),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_a_throttle_is_no_failure_and_says_until_when(headers: dict[str, str], after: timedelta | None) -> None:
    error = await error_on(429, {"type": "rate_limit_error", "message": "slow down"}, headers)
    assert isinstance(error, VendorBusy)
    assert (error.throttled, error.after) == (True, after)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, {"type": "authentication_error", "message": "invalid key"}),
        (403, {"type": "permission_error", "message": "no"}),
        (402, {"type": "billing_error", "message": "pay"}),
        (404, {"type": "not_found_error", "message": "model: claude-ancient"}),
        (429, {"type": "rate_limit_error", "message": "-", "details": {"error_code": "enforced_spend_limit_reached"}}),
        (429, {"type": "rate_limit_error", "message": "-", "details": {"error_code": "contract_spend_limit_reached"}}),
        (400, {"type": "invalid_request_error", "message": "You have reached your specified workspace API usage limits."}),
        (400, {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."}),
    ],
)  # fmt: skip
async def test_keys_money_and_retired_models_wait_for_the_operator(status: int, error: dict[str, Any]) -> None:
    assert isinstance(await error_on(status, error), VendorMisconfigured)


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"type": "invalid_request_error", "message": "messages: bad"}, "invalid_request_error"),
        (400, {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}, "context"),
        (413, {"type": "request_too_large", "message": "too large"}, "request_too_large"),
        (422, {"message": "?"}, "422"),
    ],
)
async def test_a_request_at_fault_is_refused_for_good(status: int, error: dict[str, Any], code: str) -> None:
    refused = await error_on(status, error)
    assert isinstance(refused, VendorRefused)
    assert refused.code == code
    assert "req_1" in refused.reason


async def test_a_key_that_is_wrong_and_a_model_that_is_gone_are_the_operators_on_the_real_wire() -> None:
    async with emulated(AnthropicEmulator(Brain(), keys={"another"})) as model:
        assert isinstance(await error_of(model), VendorMisconfigured)
    async with emulated(AnthropicEmulator(Brain()), model="claude-ancient") as model:
        assert isinstance(await error_of(model), VendorMisconfigured)


async def test_our_own_bug_is_refused_on_the_real_wire() -> None:
    async with emulated(AnthropicEmulator(Brain())) as model:
        error = await error_of(model, replace(ASK, tools=(NOTE, NOTE)))
    assert isinstance(error, VendorRefused)
    assert "unique" in error.reason


@pytest.mark.parametrize("fault", [web_page(), cut_off(), web_page(502), web_page(302)])
async def test_an_answer_that_is_none_is_busy(fault: ModelFault) -> None:
    emulator = AnthropicEmulator(Brain())
    emulator.faults.add(fault)
    async with emulated(emulator) as model:
        error = await error_of(model)
    assert isinstance(error, VendorBusy)
    assert not error.throttled
    assert "<html" not in error.reason


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b'"hi"',
        b"{}",
        b'{"content":null}',
        b'{"content":"hi"}',
        b'{"content":[1]}',
        b"\xff{",
        b"[" * 50_000,
    ],
)
async def test_a_body_of_another_shape_is_busy(content: bytes) -> None:
    async with model_on(httpx2.MockTransport(lambda _: httpx2.Response(200, content=content))) as model:
        assert isinstance(await error_of(model), VendorBusy)


@pytest.mark.parametrize(
    ("broken", "throttled"),
    [
        (httpx2.ConnectError("refused"), False),
        (httpx2.ConnectTimeout("slow"), False),
        (httpx2.ReadTimeout("slow"), False),
        (httpx2.ReadError("reset"), False),
        (httpx2.RemoteProtocolError("reset"), False),
        (httpx2.DecodingError("gzip"), False),
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


@pytest.mark.parametrize(
    "sent", [b"", b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"content": [', b"SSH-2.0-who\r\n\r\n"]
)
async def test_a_server_that_hangs_up_is_busy(sent: bytes) -> None:
    async def hang_up(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(sent or b"")
        await stream.aclose()

    async with trio.open_nursery() as nursery, open_client() as http:
        listeners: list[trio.SocketListener] = await nursery.start(trio.serve_tcp, hang_up, 0)
        port = listeners[0].socket.getsockname()[1]
        base_url = f"http://127.0.0.1:{port}"
        model = await AnthropicModel.make(InlineThreads(), http, "claude-sonnet-5-5", api_key="key", base_url=base_url)
        assert isinstance(await error_of(model), VendorBusy)
        nursery.cancel_scope.cancel()


async def test_the_callers_deadline_ends_a_slow_call_and_the_next_is_served(autojump_clock: MockClock) -> None:
    emulator = AnthropicEmulator(Brain())
    emulator.faults.add(slow(600))
    async with emulated(emulator) as model:
        with pytest.raises(trio.TooSlowError), trio.fail_after(40):
            await model.complete(HELLO)
        assert trio.current_time() == pytest.approx(40)
        assert (await model.complete(HELLO)).text


async def test_a_key_in_a_vendors_message_is_not_repeated() -> None:
    error = await error_on(401, {"type": "authentication_error", "message": "invalid: sk-ant-api03-abcdefghijkl"})
    assert "abcdefghijkl" not in str(error)


async def test_the_models_in_use_are_not_deprecated_by_the_sdk() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for name in ("claude-sonnet-5-5", "claude-haiku-5-5"):
            async with emulated(AnthropicEmulator(Brain()), name) as model:
                await model.complete(HELLO)
    assert [warning for warning in seen if issubclass(warning.category, DeprecationWarning)] == []
