"""A server that turns speech into words, by script. May import: quart-trio, the domain, its neighbours here.

What is said in a recording is looked up by its digest. By the name api.openai.com it has that one's rules; else it is a
compatible server, which knows `language`, `verbose_json` and AAC. Source: Audio reference, November 2026.
"""

import hashlib
import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from quart import Response, request

from ivy.domain import file_kinds, heard
from ivy.domain.media import MEGABYTE
from ivy.emulators.model_faults import Asked, FaultScript
from ivy.emulators.vendor_app import VendorApp

OFFICIAL_HOST = "api.openai.com"
MODELS = ("gpt-transcribe", "whisper-1")
_ENDINGS = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})
_LONGEST = 25 * MEGABYTE
_KINDS = {401: "invalid_request_error", 429: "requests"}
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


@dataclass(frozen=True)
class Said:
    """What is heard in a recording, how surely (0 to 1), and how likely it is that nobody spoke."""

    text: str
    confidence: float = 0.95
    silence: float = 0.01


class _Refused(Exception):
    def __init__(self, message: str, *, status: int = 400, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": _KINDS.get(status, "invalid_request_error"), "code": code or None}
        self.error["param"] = param or None


class TranscriptionEmulator:
    """`app` is the ASGI application. `keys` are those that are let in, any if None; `otherwise` is said in all else."""

    def __init__(
        self,
        *,
        keys: Collection[str] | None = None,
        otherwise: Said | None = None,
        details: bool = True,
        models: Collection[str] = MODELS,
    ) -> None:
        self.requests: deque[Asked] = deque(maxlen=1_000)
        self.faults = FaultScript()
        self._keys = keys
        self._otherwise = otherwise
        self._details = details
        self._models = models
        self._said: dict[str, Said] = {}
        self.app = VendorApp(__name__)
        self.app.config["MAX_CONTENT_LENGTH"] = 64 * MEGABYTE
        self.app.add_url_rule("/v1/audio/transcriptions", "transcriptions", self._transcribe, methods=["POST"])
        self.app.add_url_rule("/v1/models", "models", self._list_models, methods=["GET"])

    def say(self, audio: bytes, text: str, **more: float) -> None:
        """Let these words be heard in a recording."""
        self._said[hashlib.sha256(audio).hexdigest()] = Said(text, **more)

    async def _list_models(self) -> Response:
        try:
            self._admit({name.lower(): value for name, value in request.headers.items()})
        except _Refused as refused:
            return _json({"error": refused.error}, refused.status)
        rows = [{"id": model, "object": "model", "created": 0, "owned_by": "openai"} for model in sorted(self._models)]
        return _json({"object": "list", "data": rows}, 200)

    async def _transcribe(self) -> Response:
        form = cast("dict[str, list[str]]", (await request.form).to_dict(flat=False))
        upload = (await request.files).get("file")
        audio = upload.read() if upload else None
        fields: dict[str, Any] = {
            **form,
            "file": (upload.filename or "") if upload else "",
            "mime": (upload.content_type or "") if upload else "",
            "sha256": hashlib.sha256(audio or b"").hexdigest(),
        }
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Asked(request.path, headers, fields))
        fault = await self.faults.next()
        if fault is not None and fault.body is not None:
            return Response(fault.body, fault.status, dict(fault.headers))
        if fault is not None and fault.is_error:
            code = fault.code or _CODES.get(fault.status, "")
            error = {
                "message": fault.message,
                "type": fault.kind or _KINDS.get(fault.status, "server_error"),
                "code": code,
            }
            return _json({"error": error}, fault.status, fault.headers)
        try:
            self._admit(headers)
            answer = self._answer(fields, audio)
        except _Refused as refused:
            return _json({"error": refused.error}, refused.status)
        content = msgspec.json.encode(answer)
        return Response(content[: len(content) // 2] if fault is not None and fault.truncated else content)

    def _admit(self, headers: Mapping[str, str]) -> None:
        key = headers.get("authorization", "").removeprefix("Bearer ").strip()
        official = request.host.partition(":")[0] == OFFICIAL_HOST
        if (official and not key) or (self._keys is not None and key not in self._keys):
            raise _Refused("Incorrect API key provided", status=401, code="invalid_api_key")

    def _answer(self, fields: Mapping[str, Any], audio: bytes | None) -> dict[str, Any]:
        official = request.host.partition(":")[0] == OFFICIAL_HOST
        model = _one(fields, "model")
        if official and model not in self._models:
            raise _Refused(f"The model {model} does not exist", status=404, code="model_not_found", param="model")
        if model == "gpt-transcribe" and "language" in fields:
            raise _Refused("language is not supported; use languages", param="language")
        shape = _one(fields, "response_format") or "json"
        if shape not in ("json", "verbose_json") or (shape == "verbose_json" and not self._details):
            raise _Refused(f"response_format {shape} is not compatible with model {model}", param="response_format")
        if audio is None:
            raise _Refused("file is required", param="file")
        ending = str(fields["file"]).rpartition(".")[2].lower()
        if official and ending not in _ENDINGS:
            raise _Refused(f"Unsupported file format {ending}", param="file", code="unsupported_format")
        if official and len(audio) > _LONGEST:
            raise _Refused("Maximum content size limit (26214400) exceeded", status=413, param="file")
        said = self._said.get(fields["sha256"], self._otherwise)
        if said is None:
            raise _Refused("Audio file might be corrupted or unsupported", code="invalid_value", param="file")
        edge = file_kinds.HEAD
        seconds = heard.seconds_of(audio[:edge], audio[-edge:], len(audio))
        return _told(said, shape, seconds)


def _told(said: Said, shape: str, seconds: float) -> dict[str, Any]:
    usage = {"type": "duration", "seconds": math.ceil(seconds)}
    if shape == "json":
        return {"text": said.text, "usage": usage}
    segment = {
        "id": 0,
        "start": 0.0,
        "end": seconds,
        "text": f" {said.text}",
        "avg_logprob": math.log(max(said.confidence, 1e-6)),
        "no_speech_prob": said.silence,
    }
    segments = [segment] if said.text else []
    return {"task": "transcribe", "duration": seconds, "text": said.text, "segments": segments, "usage": usage}


def _one(fields: Mapping[str, Any], name: str) -> str:
    values: list[str] = fields.get(name) or [""]
    return values[0]


def _json(body: dict[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, dict(headers or {}), content_type="application/json")
