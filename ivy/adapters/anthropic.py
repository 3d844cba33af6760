"""Claude over the Messages API. May import: adapters/model_failures, adapters/transcript, adapters/pictures, ports, the ground.

The SDK takes about a second to import, so that happens in `make`, off the loop. Its answers are read from their bytes:
it passes a web page with status 200 off as text, and half-read JSON as an object full of nothing.
Source: Messages API reference, version 2026-10-21.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec

from ivy.adapters import model_failures, pictures
from ivy.adapters.model_failures import skip_platform_look_up
from ivy.adapters.pictures import NOT_SHOWN, Shown
from ivy.adapters.transcript import ModelTurn, PersonTurn, Turn, arguments_of, turns_of
from ivy.errors import ConfigError, VendorError, VendorRefused
from ivy.ports import Exchange, Image, ModelAnswer, ModelRequest, Pictures, ToolCall, ToolSpec, Usage
from ivy.threads import Threads

if TYPE_CHECKING:
    from anthropic import APIStatusError, AsyncAnthropic

VENDOR = "anthropic"
OFFICIAL = "https://api.anthropic.com"
_MESSAGES = "/v1/messages"

_STOPS = {"max_tokens": "length", "refusal": "refusal"}


class _Block(msgspec.Struct):
    type: str
    text: str = ""
    id: str = ""
    name: str = ""
    input: msgspec.Raw = msgspec.Raw(b"{}")


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Message(msgspec.Struct):
    content: msgspec.Raw
    model: str = ""
    stop_reason: str | None = None
    usage: _Usage | None = None
    id: str = ""


@dataclass(frozen=True)
class AnthropicWire:
    """A Claude model in bytes. `effort` is low, medium, high, xhigh or max; `cache` the life of a cached prefix, 5m or 1h.

    Without `pictures` it is told of a person's pictures, and not shown them.
    """

    name: str
    effort: str = "low"
    cache: str = "5m"
    pictures: Pictures | None = None
    vendor: str = VENDOR

    @property
    def dialect(self) -> dict[str, Any]:
        return {"wire": VENDOR, "effort": self.effort, "cache": self.cache}

    async def encode(self, request: ModelRequest) -> bytes:
        turns = turns_of(request, vendor=VENDOR, model=self.name)
        shown = await pictures.load(turns, self.pictures)
        return msgspec.json.encode(self._body(request, turns, shown))

    def decode(self, body: bytes, request_id: str = "") -> ModelAnswer:
        return _answer(body, request_id)

    def _body(self, request: ModelRequest, turns: Sequence[Turn], shown: Shown) -> dict[str, Any]:
        cache = {"type": "ephemeral", "ttl": self.cache}
        body: dict[str, Any] = {
            "model": self.name,
            "max_tokens": request.max_tokens,
            "messages": [_said(turn, shown) for turn in turns],
            "output_config": {"effort": self.effort},
        }
        # One mark at the end of what stays the same (tools come before the system's words) keeps all of it cached, and one at
        # the end of a turn's own words all that its further calls repeat: written at 1.25, read at 0.05 to 0.1 of the price,
        # that pays where one turn in four or more calls a tool. Without tools there is no further call.
        if request.tools:
            _mark_words(body["messages"], turns, cache)
            body["tools"] = [_tool(tool) for tool in request.tools]
            body["tool_choice"] = {"type": "auto" if request.may_call_tools else "none"}
        if request.system.strip():
            body["system"] = [{"type": "text", "text": request.system, "cache_control": cache}]
        elif request.tools:
            body["tools"][-1]["cache_control"] = cache
        return body


class AnthropicModel:
    """One Claude model, asked over the SDK."""

    vendor = VENDOR

    def __init__(self, sdk: AsyncAnthropic, wire: AnthropicWire) -> None:
        self.name = wire.name
        self._sdk = sdk
        self._wire = wire

    @classmethod
    async def make(
        cls,
        threads: Threads,
        http: httpx2.AsyncClient,
        model: str,
        *,
        api_key: str,
        base_url: str = OFFICIAL,
        effort: str = "low",
        cache: str = "5m",
        pictures: Pictures | None = None,
    ) -> AnthropicModel:
        """Import the SDK and build its client on the shared `http`, which the caller closes. Raises: ConfigError."""
        if not api_key:
            raise ConfigError(f"The model {model} needs an API key of Anthropic.")
        # Importing the resource too: the SDK would do that inside the first call.
        sdk = await threads.run(importlib.import_module, "anthropic")
        await threads.run(importlib.import_module, "anthropic.resources.messages")
        made: AsyncAnthropic = sdk.AsyncAnthropic(
            api_key=api_key,
            base_url=(base_url or OFFICIAL).rstrip("/").removesuffix("/v1"),
            http_client=http,
            timeout=http.timeout,  # said aloud, or the SDK refuses long answers that are not streamed
            max_retries=0,  # trying again is the worker's and the breaker's business
        )
        skip_platform_look_up(made)
        return cls(made, AnthropicWire(model, effort, cache, pictures))

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Ask for one answer. Raises: VendorBusy, VendorMisconfigured, VendorRefused (code `context`: prune harder)."""
        body = await self._wire.encode(request)
        response = await self._post(body)
        came = response.content
        answer = self._wire.decode(came, response.headers.get("request-id", ""))
        return replace(answer, exchange=Exchange(self._wire.dialect, body, came))

    async def _post(self, body: bytes) -> httpx2.Response:
        from anthropic import AnthropicError, APIStatusError

        post: Any = self._sdk.post
        try:
            raw: Any = await post(_MESSAGES, content=body, cast_to=object, options={"headers": model_failures.AS_IT_IS})
        except APIStatusError as error:
            raise _refused(error) from error
        except AnthropicError as error:
            raise model_failures.unanswered(VENDOR, error.__cause__) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise model_failures.unanswered(VENDOR, error) from error
        return raw.http_response


# --- to the wire -----------------------------------------------------------------------------------


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}


def _said(turn: Turn, shown: Shown) -> dict[str, Any]:
    match turn:
        case PersonTurn():
            results = [_result(result.call_id, result.content, failed=result.failed) for result in turn.results]
            # Pictures come before the words that are about them, and results before all else.
            seen = [_image(image, shown) for image in turn.images]
            return {"role": "user", "content": [*results, *seen, *(_text(text) for text in turn.texts)]}
        case ModelTurn():
            return {"role": "assistant", "content": _replayed(turn) or _rebuilt(turn)}


def _mark_words(messages: list[dict[str, Any]], turns: Sequence[Turn], cache: dict[str, str]) -> None:
    """Mark the words that began the turn: the same block in each of its calls, whatever its tools have said since."""
    for message, turn in zip(reversed(messages), reversed(turns), strict=True):
        if isinstance(turn, PersonTurn) and not turn.results and message["content"]:
            message["content"][-1]["cache_control"] = cache
            return


def _result(call_id: str, content: str, *, failed: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"type": "tool_result", "tool_use_id": call_id, "content": content}
    return result | {"is_error": True} if failed else result


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _image(image: Image, shown: Shown) -> dict[str, Any]:
    if image.sha256 not in shown:
        return _text(NOT_SHOWN)
    source = {"type": "base64", "media_type": image.mime, "data": shown[image.sha256]}
    return {"type": "image", "source": source}


def _replayed(turn: ModelTurn) -> list[dict[str, Any]] | None:
    """Return the vendor's own blocks: inside a running loop its signed thinking must come back as it was."""
    try:
        blocks = msgspec.json.decode(turn.raw or "[]", type=list[dict[str, Any]])
    except msgspec.DecodeError:
        return None
    asked = [block for block in blocks if block.get("type") == "tool_use"]
    if [block.get("id") for block in asked] != [call.call_id for call in turn.calls]:
        return None
    for block, call in zip(asked, turn.calls, strict=True):
        if not isinstance(block.get("input"), dict):  # what it said itself it does not take back
            block["input"] = arguments_of(call)
    return blocks


def _rebuilt(turn: ModelTurn) -> list[dict[str, Any]]:
    calls = [
        {"type": "tool_use", "id": call.call_id, "name": call.tool, "input": arguments_of(call)} for call in turn.calls
    ]
    return [_text(turn.text), *calls] if turn.text else calls


# --- from the wire ---------------------------------------------------------------------------------


def _answer(body: bytes, request_id: str) -> ModelAnswer:
    try:
        message = msgspec.json.decode(body, type=_Message)
        blocks = msgspec.json.decode(message.content, type=list[_Block])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise model_failures.garbled(VENDOR, f"what is not a message ({type(error).__name__})") from error
    if message.stop_reason == "model_context_window_exceeded":
        raise VendorRefused(VENDOR, "the model's context window is full", code=model_failures.CONTEXT)
    calls = tuple(ToolCall(one.id, one.name, bytes(one.input).decode()) for one in blocks if one.type == "tool_use")
    return ModelAnswer(
        # By type, never by place: thinking may come first, and there may be no text at all.
        text="\n".join(one.text for one in blocks if one.type == "text").strip(),
        calls=calls,
        stop=_STOPS.get(message.stop_reason or "", "tools" if calls else "end"),
        usage=_usage(message.usage),
        model=message.model,
        raw=bytes(message.content).decode(),
        request_id=request_id or message.id,
    )


def _usage(usage: _Usage | None) -> Usage | None:
    if usage is None or usage.input_tokens is None:
        return None
    read, write = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    # Anthropic's three parts are disjoint; Ivy's input is the whole prompt.
    return Usage(usage.input_tokens + read + write, usage.output_tokens or 0, cache_read=read, cache_write=write)


def _refused(error: APIStatusError) -> VendorError:
    headers: Mapping[str, str] = error.response.headers
    return model_failures.refused(
        VENDOR,
        model_failures.ErrorAnswer(
            status=error.status_code,
            code=error.error_code or "",
            kind=model_failures.field(error.body, "error", "type"),
            message=model_failures.field(error.body, "error", "message") or str(error.body or ""),
            headers=headers,
            request_id=error.request_id or "",
        ),
    )
