"""OpenAI's API, near enough to try Ivy without a key. May import: quart-trio, domain, its neighbours here.

Chat Completions with the brain's words, embeddings by hashing, transcripts from a table, and the list of models. Asked
as api.openai.com it insists on what only the real one does; by any other name it is a compatible server.
Source: API reference, November 2026.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, cast

import msgspec
from quart import Response, request

from ivy.domain import tokens
from ivy.emulators import pictures
from ivy.emulators.brain import Brain, BrainCall
from ivy.emulators.hash_vectors import as_bytes, vector
from ivy.emulators.model_faults import Asked, FaultScript, ModelFault
from ivy.emulators.openai_rules import Refused, brain_input, checked, need
from ivy.emulators.prefix_cache import Mark, PrefixCache, running_digests
from ivy.emulators.vendor_app import VendorApp

OFFICIAL_HOST = "api.openai.com"
MODELS: Mapping[str, str | None] = {
    "gpt-6-luna": None,
    "gpt-6.1-terra": None,
    "gpt-6.1-sol": None,
    "gpt-transcribe": None,
    "text-embedding-3-small": None,
    "text-embedding-3-large": None,
}
"""Models that exist here, and when they are shut down."""
DIMENSIONS: Mapping[str, int] = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}

_KINDS = {401: "invalid_request_error", 404: "invalid_request_error", 429: "requests", 500: "server_error"}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
_AUDIO = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})
_LONGEST_AUDIO = 25 * 1024 * 1024
_LONGEST_BODY = 32 * 1024 * 1024
_MOST_INPUTS = 2_048
_LONGEST_INPUT = 8_192
_LONGEST_INPUTS = 300_000
"""Tokens of one text to embed, and of all in one request."""
_SHORTEST_PREFIX = 1_024
_KEPT_SECONDS = 1_800.0
_BYTES_PER_SECOND = 2_000
"""Of a voice note in Opus, about."""

Answer = Callable[[Any], dict[str, Any]]


class OpenAIEmulator:
    """`app` is the ASGI application. `keys` are those that are let in, any if None; `keep` how many requests to remember.

    `transcripts` maps audio, byte for byte, to its words; what is not in it is refused unless `transcript` has words for
    everything. `models` are known names beside the vendor's own.
    """

    def __init__(
        self,
        brain: Brain,
        *,
        keys: Collection[str] | None = None,
        models: Collection[str] = (),
        transcripts: Mapping[bytes, str] | None = None,
        transcript: str | None = None,
        keep: int = 1_000,
    ) -> None:
        self.requests: deque[Asked] = deque(maxlen=keep)
        self.faults = FaultScript()
        self._brain = brain
        self._keys = keys
        self._models: dict[str, str | None] = {**MODELS, **dict.fromkeys(models)}
        self._transcripts = dict(transcripts or {})
        self._transcript = transcript
        self._cache = PrefixCache(_SHORTEST_PREFIX)
        self._served = 0
        self.app = VendorApp(__name__)
        self.app.config["MAX_CONTENT_LENGTH"] = _LONGEST_BODY
        for path, view, method in (
            ("/v1/chat/completions", self._chat, "POST"),
            ("/v1/embeddings", self._embeddings, "POST"),
            ("/v1/audio/transcriptions", self._transcriptions, "POST"),
            ("/v1/models", self._list, "GET"),
        ):
            self.app.add_url_rule(path, path, view, methods=[method])

    # --- routes ---

    async def _chat(self) -> Response:
        return await self._serve(_json, self._completion)

    async def _embeddings(self) -> Response:
        return await self._serve(_json, self._vectors)

    async def _transcriptions(self) -> Response:
        return await self._serve(_form, self._words)

    async def _list(self) -> Response:
        return await self._serve(_json, self._described)

    async def _serve(self, read: Callable[[], Awaitable[Any]], answer: Answer) -> Response:
        self._served += 1
        body = await read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Asked(request.path, headers, body))
        fault = await self.faults.next()
        if fault is not None and fault.body is not None:
            return self._response(fault.status, fault.body.encode(), fault.headers)
        if fault is not None and fault.is_error:
            return self._error(_as_refusal(fault), fault.headers)
        try:
            self._admit(headers)
            content = msgspec.json.encode(answer(body))
        except Refused as refused:
            return self._error(refused, {})
        if fault is not None and fault.truncated:
            content = content[: len(content) // 2]
        return self._response(200, content, fault.headers if fault else {})

    def _admit(self, headers: Mapping[str, str]) -> None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip() or (self._keys is not None and key.strip() not in self._keys):
            raise Refused("incorrect API key", status=401, code="invalid_api_key")

    def _known(self, model: str) -> str:
        if model not in self._models:
            raise Refused(f"the model {model} does not exist", status=404, code="model_not_found", param="model")
        return model

    # --- answers ---

    def _completion(self, body: Any) -> dict[str, Any]:
        asked = checked(body, official=request.host.partition(":")[0] == OFFICIAL_HOST)
        model = self._known(asked["model"])
        said = self._brain.answer(brain_input(asked))
        prefix, read, written, total = self._prompt(asked)
        calls = [_call(call, f"call_{prefix[:20]}{place:02}") for place, call in enumerate(said.calls)]
        refused = said.stop == "refusal"
        asking = "".join(call["function"]["name"] + call["function"]["arguments"] for call in calls)
        text, spent = said.text, tokens.estimate(said.text + asking)
        most: int = asked.get("max_completion_tokens") or asked.get("max_tokens") or spent
        stop = "length" if said.stop == "length" else "tool_calls" if calls else "stop"
        if spent > most:
            text, calls, spent, stop = text[: 2 * most], [], most, "length"
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
        if refused:
            message |= {"content": None, "refusal": text or "I cannot help with that."}
        if calls:
            message["tool_calls"] = calls
        return {
            "id": f"chatcmpl-{prefix[:24]}",
            "object": "chat.completion",
            "created": 1_790_000_000 + self._served,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": stop, "logprobs": None}],
            "usage": {
                "prompt_tokens": total,
                "completion_tokens": spent,
                "total_tokens": total + spent,
                "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
            "service_tier": "default",
        }

    def _prompt(self, asked: Mapping[str, Any]) -> tuple[str, int, int, int]:
        """Return the prompt's hash and its tokens: read from the cache, written to it, and in all."""
        parts = [*(asked.get("tools") or ()), *asked["messages"]]
        texts = [msgspec.json.encode(part, order="sorted") for part in parts]
        digests = running_digests([str(asked["model"]).encode(), *texts])[1:]
        counts = [_tokens(part) + tokens.MESSAGE_OVERHEAD for part in parts]
        sums = [sum(counts[: place + 1]) for place in range(len(counts))]
        marks = [Mark(digest, count, _KEPT_SECONDS) for digest, count in zip(digests, sums, strict=True)]
        return digests[-1], *self._cache.bill(marks), sums[-1]

    def _vectors(self, body: Any) -> dict[str, Any]:
        need(isinstance(body, dict), "the body is not an object")
        model = self._known(body.get("model", ""))
        need(model in DIMENSIONS, "this model makes no embeddings", param="model")
        texts: list[Any] = [body["input"]] if isinstance(body.get("input"), str) else body.get("input") or []
        need(1 <= len(texts) <= _MOST_INPUTS, f"input needs 1 to {_MOST_INPUTS} texts", param="input")
        need(all(isinstance(text, str) and text for text in texts), "input must be texts, none empty", param="input")
        lengths = [tokens.estimate(text) for text in texts]
        need(max(lengths) <= _LONGEST_INPUT, f"a text has more than {_LONGEST_INPUT} tokens", param="input")
        need(sum(lengths) <= _LONGEST_INPUTS, f"more than {_LONGEST_INPUTS} tokens in one request", param="input")
        size: Any = body.get("dimensions") or DIMENSIONS[model]
        need(isinstance(size, int) and 1 <= size <= DIMENSIONS[model], "dimensions is out of range", param="dimensions")
        form = body.get("encoding_format", "float")
        need(form in ("float", "base64"), "unknown encoding_format", param="encoding_format")
        vectors = [vector(text, size) for text in texts]
        used = sum(lengths)
        return {
            "object": "list",
            "model": model,
            "data": [
                {
                    "object": "embedding",
                    "index": place,
                    "embedding": base64.b64encode(as_bytes(one)).decode() if form == "base64" else one,
                }
                for place, one in enumerate(vectors)
            ],
            "usage": {"prompt_tokens": used, "total_tokens": used},
        }

    def _words(self, body: Any) -> dict[str, Any]:
        self._known(body.get("model", ""))
        # gpt-transcribe takes several hints by another name, and answers an old one with a refusal.
        need("language" not in body, "language is not supported; use languages", param="language")
        need("audio" in body, "file is required", param="file")
        name, audio = str(body["file"]), cast("bytes", body["audio"])
        need(name.rpartition(".")[2].lower() in _AUDIO, f"unsupported file format: {name}", param="file")
        if len(audio) > _LONGEST_AUDIO:
            raise Refused("the file is larger than 25 MB", status=413, param="file")
        words = self._transcripts.get(audio, self._transcript)
        need(words is not None, "the audio cannot be read", param="file", code="invalid_value")
        seconds = max(len(audio) // _BYTES_PER_SECOND, 1)
        return {"text": words, "languages": ["en"], "usage": {"type": "duration", "seconds": seconds}}

    def _described(self, _body: Any) -> dict[str, Any]:
        models = [
            {"id": model, "object": "model", "created": 1_790_000_000, "owned_by": "openai", "shutdown_date": end}
            for model, end in self._models.items()
        ]
        return {"object": "list", "data": models}

    # --- envelopes ---

    def _error(self, refused: Refused, headers: Mapping[str, str]) -> Response:
        error = {
            "message": refused.message,
            "type": refused.kind,
            "param": refused.param or None,
            "code": refused.code or None,
        }
        return self._response(refused.status, msgspec.json.encode({"error": error}), headers)

    def _response(self, status: int, content: bytes, headers: Mapping[str, str]) -> Response:
        usual = {
            "content-type": "application/json",
            "x-request-id": f"req_emulated{self._served:08}",
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-remaining-requests": "499",
            "x-ratelimit-reset-requests": "120ms",
        }
        return Response(content, status, {**usual, **headers})


def _tokens(part: Any) -> int:
    words, seen = pictures.without(part, "gpt-")
    return tokens.estimate(msgspec.json.encode(words, order="sorted").decode()) + seen


def _as_refusal(fault: ModelFault) -> Refused:
    kind = fault.kind or _KINDS.get(fault.status, "invalid_request_error" if fault.status < 500 else "server_error")
    return Refused(fault.message, status=fault.status, kind=kind, code=fault.code or _CODES.get(fault.status, ""))


def _call(call: BrainCall, call_id: str) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else msgspec.json.encode(call.arguments).decode()
    return {"id": call_id, "type": "function", "function": {"name": call.tool, "arguments": arguments}}


async def _json() -> Any:
    raw: bytes = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError):
        return None


async def _form() -> dict[str, Any]:
    """Read an upload: the form's fields, the file's name as `file` and its bytes as `audio`."""
    form = cast("Mapping[str, str]", await request.form)
    fields: dict[str, Any] = {name: form[name] for name in form}
    upload = (await request.files).get("file")
    if upload is not None:
        fields |= {"file": upload.filename or "", "audio": upload.read(), "mime": upload.content_type}
    return fields
