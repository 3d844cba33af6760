"""Texts into vectors over OpenAI's embeddings wire, which Ollama and other local servers speak too.

May import: adapters/model_failures, ports, the ground. By the shared client: the SDK, which takes half a second to import,
is not needed. Source: Embeddings reference, November 2026.
"""

from collections.abc import Sequence
from typing import Any

import httpx2
import msgspec

from ivy.adapters import model_failures
from ivy.adapters.model_failures import ErrorAnswer
from ivy.errors import Cause, ConfigError, VendorMisconfigured
from ivy.ports import Embedded

VENDOR = "openai"
OFFICIAL = "https://api.openai.com/v1"
ANY_LENGTH = "text-embedding-3"
MOST_TEXTS = 256
"""A request may have 2,048, of 300,000 tokens together; what Ivy remembers is short."""


class _Vector(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Vector]
    usage: _Usage | None = None


class OpenAIEmbedder:
    """One embedding model of OpenAI or, at another `base_url`, of a compatible server. The client is the caller's.

    Raises: ConfigError if the real API is to be asked without a key.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        model: str,
        dimensions: int,
        *,
        api_key: str = "",
        base_url: str = OFFICIAL,
        vendor: str = VENDOR,
    ) -> None:
        self.vendor = vendor
        self.name = model
        self.dimensions = dimensions
        base_url = base_url or OFFICIAL
        if not api_key and is_official(base_url):
            raise ConfigError(f"The model {model} needs an API key of OpenAI.")
        self._http = http
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # Other models have one length, and servers of one's own refuse to be told of another.
        self._asked: dict[str, Any] = {"dimensions": dimensions} if model.startswith(ANY_LENGTH) else {}

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Return the vectors of at most MOST_TEXTS texts, none of them empty.

        Raises: VendorBusy, VendorMisconfigured, VendorRefused.
        """
        body = {"model": self.name, "input": list(texts), "encoding_format": "float", **self._asked}
        try:
            response = await self._http.post(
                self._url,
                headers={**self._headers, "Content-Type": "application/json"},
                content=msgspec.json.encode(body),
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise model_failures.unanswered(self.vendor, error) from error
        if response.status_code != 200:
            raise self._refused(response)
        return self._read(response, len(texts))

    def _read(self, response: httpx2.Response, wanted: int) -> Embedded:
        try:
            answer = msgspec.json.decode(response.content, type=_Answer)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise model_failures.garbled(self.vendor, f"what are no vectors ({type(error).__name__})") from error
        vectors = [one.embedding for one in sorted(answer.data, key=lambda one: one.index)]
        if len(vectors) != wanted:
            raise model_failures.garbled(self.vendor, f"{len(vectors)} vectors for {wanted} texts")
        for vector in vectors:
            if len(vector) != self.dimensions:
                reason = f"{self.name} gives {len(vector)} numbers, and memory.dimension says {self.dimensions}"
                raise VendorMisconfigured(self.vendor, reason, cause=Cause.MODEL)
        return Embedded(tuple(vectors), answer.usage and answer.usage.prompt_tokens)

    def _refused(self, response: httpx2.Response) -> Exception:
        try:
            body: Any = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            body = {}
        message = model_failures.field(body, "error", "message") or model_failures.field(body, "error")
        return model_failures.refused(
            self.vendor,
            ErrorAnswer(
                status=response.status_code,
                code=model_failures.field(body, "error", "code"),
                kind=model_failures.field(body, "error", "type"),
                message=message,
                headers=response.headers,
                request_id=response.headers.get("x-request-id", ""),
            ),
        )


def is_official(base_url: str) -> bool:
    """Tell OpenAI's own API from servers that speak like it."""
    return httpx2.URL(base_url or OFFICIAL).host == httpx2.URL(OFFICIAL).host
