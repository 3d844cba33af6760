"""OpenAI and every server that speaks its Chat Completions. May import: adapters/model_failures, adapters/transcript,
adapters/pictures, ports, the ground.

Chat Completions and not Responses, because it is the one dialect that local servers speak whole. The real API wants
`reasoning_effort: none` where tools are offered, and `max_completion_tokens`; others ignore or refuse these. The SDK is
imported in `make`, off the loop, and answers are read from their bytes.
Source: Chat Completions reference, November 2026.
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
from ivy.errors import ConfigError, VendorError
from ivy.ports import Exchange, ModelAnswer, ModelRequest, Pictures, ToolCall, ToolResult, ToolSpec, Usage
from ivy.threads import Threads

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

VENDOR = "openai"
OFFICIAL = "https://api.openai.com/v1"
WIRE = "openai"
_COMPLETIONS = "/chat/completions"
FAILED = "Failed: "
"""How a failed tool's result begins: this wire has no mark for it."""

_STOPS = {"length": "length", "content_filter": "refusal"}
_NO_KEY = "none"


class _Function(msgspec.Struct):
    name: str = ""
    arguments: Any = None


class _Call(msgspec.Struct):
    function: _Function
    id: str | None = None


class _Part(msgspec.Struct):
    text: str | None = None


class _Message(msgspec.Struct):
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: msgspec.Raw
    finish_reason: str | None = None


class _Cached(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None
    id: str | None = None


@dataclass(frozen=True)
class OpenAIWire:
    """A model in bytes: of OpenAI itself if `official`, else of a compatible server; `vendor` tells several servers apart.

    Without `pictures` it is told of a person's pictures, and not shown them: many local models cannot see.
    """

    name: str
    vendor: str = VENDOR
    official: bool = True
    pictures: Pictures | None = None

    @property
    def dialect(self) -> dict[str, Any]:
        return {"wire": WIRE, "official": self.official}

    async def encode(self, request: ModelRequest) -> bytes:
        turns = turns_of(request, vendor=self.vendor, model=self.name)
        shown = await pictures.load(turns, self.pictures)
        return msgspec.json.encode(self._body(request, turns, shown))

    def decode(self, body: bytes, request_id: str = "") -> ModelAnswer:
        return _answer(self.vendor, body, request_id)

    def _body(self, request: ModelRequest, turns: Sequence[Turn], shown: Shown) -> dict[str, Any]:
        sight = {"detail": "high"} if self.official else {}  # the most that a picture is known to cost
        system = [{"role": "system", "content": request.system}] if request.system.strip() else []
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [*system, *(message for turn in turns for message in _said(turn, shown, sight))],
            "max_completion_tokens" if self.official else "max_tokens": request.max_tokens,
        }
        if self.official:
            body["reasoning_effort"] = "none"
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
            if not request.may_call_tools:
                body["tool_choice"] = "none"
        return body


class OpenAIModel:
    """One model of OpenAI or of a compatible server, asked over the SDK."""

    def __init__(self, sdk: AsyncOpenAI, wire: OpenAIWire) -> None:
        self.name = wire.name
        self.vendor = wire.vendor
        self.official = wire.official
        self._sdk = sdk
        self._wire = wire

    @classmethod
    async def make(
        cls,
        threads: Threads,
        http: httpx2.AsyncClient,
        model: str,
        *,
        api_key: str = "",
        base_url: str = OFFICIAL,
        vendor: str = VENDOR,
        pictures: Pictures | None = None,
    ) -> OpenAIModel:
        """Import the SDK and build its client on the shared `http`, which the caller closes. Raises: ConfigError.

        Only the real API needs a key; the SDK insists on one, so others get a word in its place.
        """
        base_url = base_url or OFFICIAL
        if not api_key and is_official(base_url):
            raise ConfigError(f"The model {model} needs an API key of OpenAI.")
        sdk = await threads.run(importlib.import_module, "openai")
        # Importing the resource too: the SDK would do that inside the first call.
        await threads.run(importlib.import_module, "openai.resources.chat")
        made: AsyncOpenAI = sdk.AsyncOpenAI(
            api_key=api_key or _NO_KEY,
            base_url=base_url,
            http_client=http,
            timeout=http.timeout,
            max_retries=0,  # trying again is the worker's and the breaker's business
        )
        skip_platform_look_up(made)
        return cls(made, OpenAIWire(model, vendor, is_official(str(made.base_url)), pictures))

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Ask for one answer. Raises: VendorBusy, VendorMisconfigured, VendorRefused (code `context`: prune harder)."""
        body = await self._wire.encode(request)
        response = await self._post(body)
        came = response.content
        answer = self._wire.decode(came, response.headers.get("x-request-id", ""))
        return replace(answer, exchange=Exchange(self._wire.dialect, body, came))

    async def _post(self, body: bytes) -> httpx2.Response:
        from openai import APIStatusError, OpenAIError

        post: Any = self._sdk.post
        try:
            raw: Any = await post(
                _COMPLETIONS, content=body, cast_to=object, options={"headers": model_failures.AS_IT_IS}
            )
        except APIStatusError as error:
            raise _refused(self.vendor, error) from error
        except OpenAIError as error:
            raise model_failures.unanswered(self.vendor, error.__cause__) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise model_failures.unanswered(self.vendor, error) from error
        return raw.http_response


def is_official(base_url: str) -> bool:
    """Tell OpenAI's own API from servers that speak like it."""
    return httpx2.URL(base_url).host == httpx2.URL(OFFICIAL).host


# --- to the wire -----------------------------------------------------------------------------------


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _said(turn: Turn, shown: Shown, sight: Mapping[str, str]) -> list[dict[str, Any]]:
    match turn:
        case PersonTurn():
            results = [_result(result) for result in turn.results]
            # One message: many local servers' templates refuse two of the same role in a row.
            content = _content(turn, shown, sight)
            words = [{"role": "user", "content": content}] if content else []
            return [*results, *words]
        case ModelTurn():
            calls = [
                {
                    "id": call.call_id,
                    "type": "function",
                    "function": {"name": call.tool, "arguments": msgspec.json.encode(arguments_of(call)).decode()},
                }
                for call in turn.calls
            ]
            message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
            return [message | {"tool_calls": calls} if calls else message]


def _content(turn: PersonTurn, shown: Shown, sight: Mapping[str, str]) -> str | list[dict[str, Any]]:
    """Return the person's words as plain text, which every server reads, or after their pictures as parts."""
    seen = [image for image in turn.images if image.sha256 in shown]
    text = "\n\n".join([*[NOT_SHOWN] * (len(turn.images) - len(seen)), *turn.texts])
    if not seen:
        return text
    urls = [f"data:{image.mime};base64,{shown[image.sha256]}" for image in seen]
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url, **sight}} for url in urls]
    return [*parts, {"type": "text", "text": text}] if text else parts


def _result(result: ToolResult) -> dict[str, Any]:
    content = FAILED + result.content if result.failed else result.content
    return {"role": "tool", "tool_call_id": result.call_id, "content": content}


# --- from the wire ---------------------------------------------------------------------------------


def _answer(vendor: str, body: bytes, request_id: str) -> ModelAnswer:
    try:
        completion = msgspec.json.decode(body, type=_Completion)
        choice = completion.choices[0]
        message = msgspec.json.decode(choice.message, type=_Message)
    except (msgspec.DecodeError, UnicodeError, RecursionError, IndexError) as error:
        raise model_failures.garbled(vendor, f"what is not a completion ({type(error).__name__})") from error
    calls = tuple(_call(call, place) for place, call in enumerate(message.tool_calls or ()))
    stop = _STOPS.get(choice.finish_reason or "", "tools" if calls else "end")
    return ModelAnswer(
        text=_text(message.content) or message.refusal or "",
        calls=calls,
        stop="refusal" if message.refusal else stop,
        usage=_usage(completion.usage),
        model=completion.model or "",
        raw=bytes(choice.message).decode(),
        request_id=request_id or completion.id or "",
    )


def _text(content: str | list[_Part] | None) -> str:
    if isinstance(content, list):
        content = "\n".join(part.text for part in content if part.text)
    return (content or "").strip()


def _call(call: _Call, place: int) -> ToolCall:
    """Read one call; some servers give no id, and some give arguments as an object instead of its text."""
    arguments = call.function.arguments
    text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments or {}).decode()
    return ToolCall(call.id or f"call_{place}", call.function.name, text.strip() or "{}")


def _usage(usage: _Usage | None) -> Usage | None:
    if usage is None or usage.prompt_tokens is None:
        return None
    cached = usage.prompt_tokens_details or _Cached()
    return Usage(
        usage.prompt_tokens,
        usage.completion_tokens or 0,
        cache_read=cached.cached_tokens or 0,
        cache_write=cached.cache_write_tokens or 0,
    )


def _refused(vendor: str, error: APIStatusError) -> VendorError:
    headers: Mapping[str, str] = error.response.headers
    return model_failures.refused(
        vendor,
        model_failures.ErrorAnswer(
            status=error.status_code,
            code=error.code or "",
            kind=model_failures.field(error.body, "type"),
            message=model_failures.field(error.body, "message") or str(error.body or ""),
            headers=headers,
            request_id=error.request_id or "",
        ),
    )
