"""Speech to words over OpenAI's transcription wire, which local servers speak too. May import: adapters/model_failures,
ports, the ground.

Plain multipart by the shared client, read from the file in pieces: a voice note is never whole in memory, and the SDK,
which takes half a second to import, is not needed. Source: Audio reference, November 2026.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx2
import msgspec

from ivy import log
from ivy.adapters import model_failures
from ivy.adapters.model_failures import ErrorAnswer
from ivy.domain import heard as rules
from ivy.domain.heard import Heard
from ivy.domain.media import MEGABYTE
from ivy.errors import ConfigError, VendorRefused
from ivy.threads import Threads

logger = log.get(__name__)
VENDOR = "openai"
OFFICIAL = "https://api.openai.com/v1"
LONGEST = 25 * MEGABYTE
"""Bytes of one upload to the real API."""
ENDINGS: Mapping[str, str] = {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "audio/flac": "flac",
    "video/mp4": "mp4",
}
"""The name of a file tells the real API what it is; a type that is not here it does not take."""
OTHER_ENDINGS: Mapping[str, str] = {"audio/aac": "aac", "audio/amr": "amr"}
"""Local servers decode these as well."""


@dataclass(frozen=True)
class Price:
    """Micro-dollars per minute of sound; `source` says where it is from."""

    micros_per_minute: int
    source: str


PRICES: Mapping[str, Price] = {
    "gpt-transcribe": Price(4_500, "OpenAI's list, 2026-11"),
    "whisper-1": Price(6_000, "OpenAI's list, 2026-11"),
}
CEILING = Price(10_000, "ceiling: the price is not known")
FREE = Price(0, "a compatible server of one's own")


def price_of(model: str, base_url: str = OFFICIAL) -> Price:
    """Return what a model costs: a known price, nothing on a server of one's own, else a ceiling."""
    if not is_official(base_url):
        return FREE
    return PRICES.get(model, CEILING)


def cost_micros(heard: Heard, price: Price, estimated_seconds: float) -> int:
    """Return what a transcript cost in micro-dollars, by the vendor's own count of seconds where it gave one."""
    seconds = estimated_seconds if heard.seconds is None else heard.seconds
    return rules.cost_micros(seconds, price.micros_per_minute)


class _Usage(msgspec.Struct):
    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Segment(msgspec.Struct):
    start: float = 0.0
    end: float = 0.0
    text: str = ""
    avg_logprob: float | None = None
    no_speech_prob: float | None = None


class _Token(msgspec.Struct):
    logprob: float | None = None


class _Transcript(msgspec.Struct):
    text: str
    duration: float | None = None
    segments: list[_Segment] | None = None
    logprobs: list[_Token] | None = None
    usage: _Usage | None = None


class OpenAITranscriber:
    """One speech model of OpenAI or, at another `base_url`, of a compatible server. The client is the caller's.

    `vendor` tells several servers apart. Raises: ConfigError if the real API is to be asked without a key.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        threads: Threads,
        model: str,
        *,
        api_key: str = "",
        base_url: str = OFFICIAL,
        vendor: str = VENDOR,
    ) -> None:
        self.name = model
        self.vendor = vendor
        base_url = base_url or OFFICIAL
        self.official = is_official(base_url)
        if not api_key and self.official:
            raise ConfigError(f"The model {model} needs an API key of OpenAI.")
        self.price = price_of(model, base_url)
        self._http = http
        self._threads = threads
        self._url = f"{base_url.rstrip('/')}/audio/transcriptions"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._details = _details_of(model)
        """What to ask for beside the words; given up for good once the server refuses it."""

    async def transcribe(self, audio: Path, *, mime: str, languages: tuple[str, ...] = ()) -> Heard:
        """Return what is said in a recording; `languages` (ISO 639-1) are those to expect.

        Raises: VendorBusy, VendorMisconfigured, VendorRefused (`local`: it was not even asked).
        """
        ending = ENDINGS.get(mime) or ("" if self.official else OTHER_ENDINGS.get(mime, ""))
        if not ending:
            raise VendorRefused(self.vendor, f"it does not listen to {mime or 'a file without a type'}", code="local")
        try:
            file, size = await self._threads.run(_open, audio)
        except FileNotFoundError as error:
            raise VendorRefused(self.vendor, "the recording is kept no more", code="local") from error
        try:
            if not size or (self.official and size > LONGEST):
                raise VendorRefused(self.vendor, f"a recording of {size} bytes cannot be heard", code="local")
            return await self._ask(file, f"voice.{ending}", mime, languages)
        finally:
            file.close()

    async def _ask(self, file: IO[bytes], name: str, mime: str, languages: tuple[str, ...]) -> Heard:
        details = self._details
        response = await self._post(file, name, mime, {**self._said(languages), **details})
        if details and response.status_code in (400, 422) and _is_about(response, details):
            logger.info("%s gives no details with its transcripts", self.name)
            self._details = {}
            response = await self._post(file, name, mime, self._said(languages))
        if response.status_code != 200:
            raise self._refused(response)
        return self._heard(response)

    def _said(self, languages: Sequence[str]) -> dict[str, Any]:
        fields: dict[str, Any] = {"model": self.name, "response_format": "json"}
        if languages and self.name == "gpt-transcribe":  # to others a hint is an order: they would translate
            fields["languages[]"] = list(languages)
        return fields

    async def _post(self, file: IO[bytes], name: str, mime: str, fields: dict[str, Any]) -> httpx2.Response:
        try:
            return await self._http.post(
                self._url, headers=self._headers, data=fields, files={"file": (name, file, mime)}
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise model_failures.unanswered(self.vendor, error) from error

    def _heard(self, response: httpx2.Response) -> Heard:
        try:
            answer = msgspec.json.decode(response.content, type=_Transcript, strict=False)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise model_failures.garbled(self.vendor, f"what is no transcript ({type(error).__name__})") from error
        usage = answer.usage or _Usage()
        return Heard(
            _spoken(answer).strip(),
            _confidence(answer),
            _measured(usage.seconds, answer.duration),
            max(usage.input_tokens or 0, 0),
            max(usage.output_tokens or 0, 0),
        )

    def _refused(self, response: httpx2.Response) -> Exception:
        error = _error_of(response)
        return model_failures.refused(
            self.vendor,
            ErrorAnswer(
                status=response.status_code,
                code=model_failures.field(error, "code"),
                kind=model_failures.field(error, "type"),
                message=model_failures.field(error, "message"),
                headers=response.headers,
                request_id=response.headers.get("x-request-id", ""),
            ),
        )


def is_official(base_url: str) -> bool:
    """Tell OpenAI's own API from servers that speak like it."""
    return httpx2.URL(base_url or OFFICIAL).host == httpx2.URL(OFFICIAL).host


def _details_of(model: str) -> dict[str, Any]:
    """Return the fields by which a family of models tells how sure it is: per segment, per token, or not at all."""
    if "whisper" in model.lower():
        return {"response_format": "verbose_json"}
    if model.startswith("gpt-4o"):
        return {"include[]": "logprobs"}
    return {}


# --- from the wire ---------------------------------------------------------------------------------

_SILENT = 0.6
_GUESSED = -1.0
"""Above this chance of silence and below this mean logarithm Whisper itself takes a segment for silence."""


def _spoken(answer: _Transcript) -> str:
    """Return the words without those that the model put into silence."""
    segments = answer.segments or []
    spoken = [segment for segment in segments if not _is_silence(segment)]
    return answer.text if len(spoken) == len(segments) else "".join(segment.text for segment in spoken)


def _is_silence(segment: _Segment) -> bool:
    return (segment.no_speech_prob or 0.0) > _SILENT and (segment.avg_logprob or 0.0) < _GUESSED


def _confidence(answer: _Transcript) -> float | None:
    """Return the mean chance of a token, 0 to 1, None if the vendor tells of none."""
    weighed = [
        (segment.avg_logprob, max(segment.end - segment.start, 0.01))
        for segment in answer.segments or []
        if segment.avg_logprob is not None and not _is_silence(segment)
    ]
    weighed += [(token.logprob, 1.0) for token in answer.logprobs or [] if token.logprob is not None]
    if not weighed:
        return None
    mean = sum(logprob * weight for logprob, weight in weighed) / sum(weight for _, weight in weighed)
    return math.exp(min(mean, 0.0)) if math.isfinite(mean) else 0.0


def _measured(*told: float | None) -> float | None:
    return next((seconds for seconds in told if seconds is not None and math.isfinite(seconds) and seconds >= 0), None)


def _error_of(response: httpx2.Response) -> Any:
    """Return the error object of an answer, also of servers that only say `detail` or a text; or nothing."""
    try:
        body: Any = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {"message": response.text[:500]}
    match body:
        case {"error": {**error}}:
            return error
        case {"error": str(text)} | {"detail": str(text)} | {"message": str(text)}:
            return {"message": text}
        case _:
            return {}


def _is_about(response: httpx2.Response, details: Mapping[str, Any]) -> bool:
    """Say whether a refusal names one of the fields that were asked for beside the words."""
    return any(name.removesuffix("[]") in response.text for name in details)


def _open(path: Path) -> tuple[IO[bytes], int]:
    file = path.open("rb")
    return file, path.stat().st_size
