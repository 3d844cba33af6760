"""Anthropic's Messages API, near enough to try Ivy without a key. May import: quart-trio, domain, its neighbours here.

Requests are held to the real rules, thinking is signed over everything before it, and repeated beginnings are billed as
cached. The words are the brain's. Source: Messages API reference, version 2026-10-21.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from quart import Response, request

from ivy.domain import tokens
from ivy.emulators import pictures
from ivy.emulators.anthropic_rules import Block, Message, Refused, as_bytes, brain_input, checked, system_of
from ivy.emulators.brain import Brain, BrainOutput
from ivy.emulators.model_faults import Asked, FaultScript, ModelFault
from ivy.emulators.prefix_cache import Mark, PrefixCache, running_digests
from ivy.emulators.vendor_app import VendorApp

MODELS: Mapping[str, str] = {
    "claude-sonnet-5-5": "2027-09-28T00:00:00Z",
    "claude-opus-5-5": "2027-09-28T00:00:00Z",
    "claude-haiku-5-5": "2027-10-07T00:00:00Z",
    "claude-sonnet-5": "2027-03-01T00:00:00Z",
}
"""Models that exist here, and when they retire."""

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_LONGEST_BODY = 32 * 1024 * 1024
_SECONDS = {"5m": 300.0, "1h": 3600.0}
_SHORTEST_PREFIX = 512
_SECRET = b"signs the emulated thinking"
_ISSUED = 5_000
_THINKING = 16
"""Tokens that an emulated thought costs."""


class AnthropicEmulator:
    """`app` is the ASGI application. `keys` are those that are let in, any if None; `keep` how many requests to remember."""

    def __init__(
        self, brain: Brain, *, keys: Collection[str] | None = None, thinking: bool = True, keep: int = 1_000
    ) -> None:
        self.requests: deque[Asked] = deque(maxlen=keep)
        self.faults = FaultScript()
        self._brain = brain
        self._keys = keys
        self._thinks = thinking
        self._served = 0
        self._cache = PrefixCache(_SHORTEST_PREFIX)
        self._issued: dict[str, str] = {}
        """Signature of the thinking that came with a call, by the call's id."""
        self.app = VendorApp(__name__)
        self.app.config["MAX_CONTENT_LENGTH"] = _LONGEST_BODY
        self.app.add_url_rule("/v1/messages", "messages", self._messages, methods=["POST"])
        self.app.add_url_rule("/v1/models/<model>", "model", self._model, methods=["GET"])

    # --- routes ---

    async def _messages(self) -> Response:
        raw: bytes = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        return await self._served_with(raw, self._message)

    async def _model(self, model: str) -> Response:
        def describe(_body: Any) -> dict[str, Any]:
            return _described(model)

        return await self._served_with(b"{}", describe)

    async def _served_with(self, raw: bytes, answer: Callable[[Any], dict[str, Any]]) -> Response:
        self._served += 1
        try:
            body: Any = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeError):
            body = None
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Asked(request.path, headers, body))
        fault = await self.faults.next()
        if fault is not None and (fault.is_error or fault.body is not None):
            return self._failed(fault)
        try:
            self._admit(headers)
            content = msgspec.json.encode(answer(body))
        except Refused as refused:
            return self._error(refused.status, refused.kind, refused.message)
        if fault is not None and fault.truncated:
            content = content[: len(content) // 2]
        return self._response(200, content, fault.headers if fault else {})

    def _admit(self, headers: Mapping[str, str]) -> None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        key = headers.get("x-api-key") or (token.strip() if scheme.lower() == "bearer" else "")
        if not key or (self._keys is not None and key not in self._keys):
            raise Refused("invalid API key", status=401, kind="authentication_error")
        if not headers.get("anthropic-version"):
            raise Refused("anthropic-version: header is required")

    # --- one message ---

    def _message(self, body: Any) -> dict[str, Any]:
        asked, turns = checked(body)
        model: str = asked["model"]
        _described(model)
        parts = [*(asked.get("tools") or ()), *system_of(asked), *turns]
        digests = running_digests([model.encode(), *map(as_bytes, parts)])
        before = digests[len(digests) - len(turns) - 1 :]
        self._check_thinking(model, turns, before)
        said = self._brain.answer(brain_input(asked, turns))
        content = self._content(said, model, before[-1])
        usage = self._usage(asked, turns, content)
        stop = said.stop or ("tool_use" if said.calls else "end_turn")
        if usage["output_tokens"] > asked["max_tokens"]:
            content, usage["output_tokens"] = _shortened(content, asked["max_tokens"]), asked["max_tokens"]
            stop = "max_tokens"
        return {
            "id": f"msg_{before[-1][:20]}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": {"end": "end_turn", "length": "max_tokens"}.get(stop, stop),
            "stop_sequence": None,
            "stop_details": {"type": "refusal", "category": None} if stop == "refusal" else None,
            "usage": usage,
        }

    def _content(self, said: BrainOutput, model: str, prefix: str) -> list[Block]:
        calls: list[Block] = [
            {"type": "tool_use", "id": f"toolu_{prefix[:18]}{place:02}", "name": call.tool, "input": call.arguments}
            for place, call in enumerate(said.calls)
        ]
        thinking: list[Block] = []
        if self._thinks and said.stop != "refusal":
            signature = _signature(model, prefix)
            thinking = [{"type": "thinking", "thinking": "", "signature": signature}]
            self._issued.update((call["id"], signature) for call in calls)
            while len(self._issued) > _ISSUED:
                del self._issued[next(iter(self._issued))]
        text: list[Block] = [{"type": "text", "text": said.text}] if said.text else []
        return [*thinking, *text, *calls]

    def _check_thinking(self, model: str, turns: Sequence[Message], before: Sequence[str]) -> None:
        """Refuse thinking that was changed, whose past was changed, or that a running loop has lost."""
        for place, turn in enumerate(turns):
            for block in turn["content"]:
                # Another model's thinking is silently dropped.
                if block["type"] == "thinking" and _signer(block["signature"]) in (model, ""):
                    genuine = {"type": "thinking", "thinking": "", "signature": _signature(model, before[place])}
                    if block != genuine:
                        raise Refused(f"messages.{place}: invalid signature in thinking block")
        for place in range(len(turns) - 1, 0, -2):
            if not any(block["type"] == "tool_result" for block in turns[place]["content"]):
                break
            blocks = turns[place - 1]["content"]
            issued = {self._issued.get(block["id"], "") for block in blocks if block["type"] == "tool_use"} - {""}
            kept = any(block["type"] == "thinking" for block in blocks)
            if not kept and any(_signer(signature) == model for signature in issued):
                raise Refused(f"messages.{place - 1}: thinking must be passed back while its tools are being used")

    def _usage(self, asked: Mapping[str, Any], turns: Sequence[Message], content: list[Block]) -> dict[str, Any]:
        model: str = asked["model"]
        parts: list[Any] = [*(asked.get("tools") or ()), *system_of(asked)]
        for turn in turns:
            parts += [block | {"role": turn["role"]} for block in turn["content"]]
        written = [as_bytes(part) for part in parts]
        factor = tokens.family_factor(model)
        counts = [_tokens(part, factor) for part in parts]
        digests = running_digests([model.encode(), *written])[1:]
        marks = [
            Mark(digests[place], sum(counts[: place + 1]), _SECONDS[part["cache_control"].get("ttl", "5m")])
            for place, part in enumerate(parts)
            if part.get("cache_control")
        ]
        read, write = self._cache.bill(marks)
        hour = any(mark.seconds > _SECONDS["5m"] for mark in marks)
        return {
            "input_tokens": sum(counts) - read - write,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": write,
            "cache_creation": {
                "ephemeral_5m_input_tokens": 0 if hour else write,
                "ephemeral_1h_input_tokens": write if hour else 0,
            },
            "output_tokens": sum(_spent(block, factor) for block in content),
            "service_tier": "standard",
        }

    # --- envelopes ---

    def _failed(self, fault: ModelFault) -> Response:
        if fault.body is not None:
            return self._response(fault.status, fault.body.encode(), fault.headers)
        return self._error(fault.status, fault.kind, fault.message, fault.code, fault.headers)

    def _error(
        self, status: int, kind: str, message: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> Response:
        error: dict[str, Any] = {"type": kind or _KINDS.get(status, "api_error"), "message": message}
        if code:
            error["details"] = {"error_code": code}
        body = {"type": "error", "error": error, "request_id": self._request_id}
        return self._response(status, msgspec.json.encode(body), headers or {})

    def _response(self, status: int, content: bytes, headers: Mapping[str, str]) -> Response:
        usual = {
            "content-type": "application/json",
            "request-id": self._request_id,
            "anthropic-ratelimit-requests-limit": "1000",
            "anthropic-ratelimit-requests-remaining": "999",
            "anthropic-ratelimit-input-tokens-limit": "2000000",
            "anthropic-ratelimit-input-tokens-remaining": "1999000",
        }
        return Response(content, status, {**usual, **headers})

    @property
    def _request_id(self) -> str:
        return f"req_emulated{self._served:08}"


def _described(model: str) -> dict[str, Any]:
    if model not in MODELS:
        raise Refused(f"model: {model}", status=404, kind="not_found_error")
    return {
        "type": "model",
        "id": model,
        "display_name": model.replace("-", " ").title(),
        "created_at": "2026-09-28T00:00:00Z",
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "lifecycle": "active",
        "retires_at": MODELS[model],
    }


def _signature(model: str, prefix: str) -> str:
    seal = hmac.new(_SECRET, f"{model} {prefix}".encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(f"{model} {seal}".encode()).decode()


def _signer(signature: str) -> str:
    """Return the model that signed, or nothing if nobody here did."""
    try:
        return base64.b64decode(signature, validate=True).decode().partition(" ")[0]
    except ValueError:
        return ""


def _tokens(part: Any, factor: float) -> int:
    written = as_bytes(part)
    if b'"image"' not in written:
        return tokens.estimate(written.decode(), factor)
    words, seen = pictures.without(part, "claude")
    return tokens.estimate(as_bytes(words).decode(), factor) + seen


def _spent(block: Block, factor: float) -> int:
    match block["type"]:
        case "text":
            return tokens.estimate(block["text"], factor)
        case "tool_use":
            return tokens.estimate(as_bytes([block["name"], block["input"]]).decode(), factor)
        case _:
            return _THINKING


def _shortened(content: list[Block], most: int) -> list[Block]:
    """Return what fits in `most` tokens: words are cut, calls are given up."""
    return [block | {"text": block["text"][: 2 * most]} for block in content if block["type"] == "text"]
