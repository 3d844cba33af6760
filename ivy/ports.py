"""Everything Ivy asks of the outside, on one page. May import: the domain and the ground."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from ivy.domain.calls import Report
from ivy.domain.contents import AnyContent, Template
from ivy.domain.heard import Heard
from ivy.domain.inbound import DeliveryError, InboundEvent

# --- channels: messages to and from people -------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """Where a person is reached on a channel: the vendor's stable id, a phone in E.164, or both."""

    external_id: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Outbound:
    """A message on its way: `our_id` travels as callback data and comes back with each status."""

    our_id: str
    to: Address
    content: AnyContent
    quoted_id: str = ""
    vendor_id: str = ""
    """The vendor's own id of the form or the file in `content`."""
    user_id: str = ""
    """Whose it is; empty for an answer to a stranger."""


class Disposition(Enum):
    """What to do about a message that met an error."""

    BUSY = "busy"
    """Certainly not sent; worth another attempt, after `wait` if there is one."""
    REFUSED = "refused"
    """Never worth repeating as it is."""
    WINDOW_CLOSED = "window closed"
    GONE = "gone"
    """The person cannot or does not want to be reached."""
    CONFIGURATION = "configuration"
    """Nothing will work until the operator mends it."""


class Channel(Protocol):
    """A way to write to people. Methods raise `VendorError` and nothing else of their own."""

    @property
    def name(self) -> str: ...

    def handshake(self, query: Mapping[str, str]) -> str | None:
        """Return what the vendor wants echoed when it first calls the webhook, or None to refuse."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = frozenset()) -> None:
        """Raise `BadSignature` unless the vendor signed these bytes. Header names are in lower case; `repeated` came twice."""
        ...

    def parse(self, body: bytes) -> tuple[InboundEvent, ...]:
        """Read a verified webhook; raise `Unreadable` only if nothing of it can be read."""
        ...

    def parse_part(self, body: bytes, path: str) -> tuple[InboundEvent, ...]:
        """Read one part of a webhook again: the part that a `Broken` event named."""
        ...

    def disposition(self, error: DeliveryError) -> Disposition:
        """Return what an error in a `failed` status means for its message."""
        ...

    async def send(self, message: Outbound) -> str:
        """Send one message; return the vendor's id for it. A channel without buttons sends `content.in_words()`.

        Raises: VendorBusy (surely not sent), OutcomeUnknown, WindowClosed, RecipientGone, VendorRefused,
        VendorMisconfigured.
        """
        ...

    @property
    def can_look_up(self) -> bool:
        """Whether the vendor tells what became of a sending of which nothing was heard."""
        ...

    async def look_up(self, message: Outbound, since: datetime) -> str | None:
        """Return the vendor's id of a message that left after `since`, or None if the vendor surely has none."""
        ...

    async def mark_read(self, external_id: str, *, typing: bool = False) -> None:
        """Show the person that their message was seen and, with `typing`, that an answer is being written."""
        ...


@dataclass(frozen=True)
class Polled:
    """What a poll brought, as it came, and where the next one begins."""

    body: bytes
    next_offset: int


class Polling(Protocol):
    """A channel that is asked for what came, because nothing can reach Ivy. Methods raise `VendorError`."""

    @property
    def name(self) -> str: ...

    @property
    def key_digest(self) -> str:
        """Names the key that is asked with, and does not tell it."""
        ...

    def poll_wait(self) -> timedelta:
        """Return how long the vendor wants to be left alone before the next poll."""
        ...

    async def poll(self, offset: int, seconds: int) -> Polled | None:
        """Wait up to `seconds` for what comes at `offset` and behind it; None if nothing did. 0: all that is kept.

        Raises: VendorBusy (`conflict`: another program polls in our place), VendorMisconfigured.
        """
        ...


class TemplatePack(Protocol):
    """The templates that Ivy can speak outside a conversation window."""

    @property
    def digests(self) -> Mapping[tuple[str, str], str]:
        """Return the hash of each template's words, by name and language: others were approved than these."""
        ...

    def fill(self, name: str, language: str, values: Mapping[str, str], actions: Sequence[str] = ()) -> Template:
        """Return a template with its values in it. Raises: KeyError for one that the pack does not have."""
        ...


class FormReply(Protocol):
    """The way back to the phone that sent one request."""

    def seal(self, answer: dict[str, Any]) -> bytes: ...


class FormKeys(Protocol):
    """What opens the request of a phone on which somebody fills in a form. Raises: Unreadable if none of our keys does."""

    def open(self, body: bytes) -> tuple[dict[str, Any], FormReply]: ...


# --- the operator ------------------------------------------------------------------------------------


class AlertPost(Protocol):
    """A server of the operator's own that hears of alerts. Methods raise `VendorError` and nothing else of their own."""

    async def post(self, our_id: str, body: bytes) -> None:
        """Post a JSON document, signed; one sent again has the same id. Raises: VendorBusy, OutcomeUnknown, VendorRefused."""
        ...


class Pulse(Protocol):
    """What waits for a sign of life. Methods raise `VendorError` and nothing else of their own."""

    async def beat(self) -> None: ...


# --- voice: phone calls -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Dial:
    """A call to be placed. `our_id` makes it the same call however often it is asked for, and comes back with each report."""

    our_id: str
    user_id: str
    to: str
    """E.164."""
    language: str
    """en or es: which agent speaks."""
    variables: Mapping[str, str]
    """What the agent knows; every one it has a place for, as text."""
    longest_seconds: int
    voicemail: str = ""
    """What is left on an answering machine; "": it hangs up."""


@dataclass(frozen=True)
class InCall:
    """A function that the agent calls while it speaks: `arguments` is JSON text, `utterance` counts the person's turns."""

    our_id: str
    provider_call_id: str
    tool: str
    arguments: str
    utterance: int
    spoken: tuple[str, ...] = ()
    """The person's turns up to here, where the provider tells them with the function."""


@dataclass(frozen=True)
class Ringing:
    """Somebody calls us. Numbers can be forged: they name a person, they prove nothing."""

    provider_call_id: str
    from_number: str
    to_number: str


@dataclass(frozen=True)
class Lines:
    """How many calls go on at once at the provider, and how many may."""

    now: int
    limit: int


class Voice(Protocol):
    """A provider of phone calls. Methods raise `VendorError` and nothing else of their own."""

    @property
    def name(self) -> str: ...

    def verify(self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = frozenset()) -> None:
        """Raise `BadSignature` unless the provider signed these bytes. Header names are in lower case."""
        ...

    def parse(self, body: bytes) -> tuple[Report, ...]:
        """Read a verified webhook: no report for an event that means nothing to us. Raises: Unreadable."""
        ...

    async def dial(self, call: Dial) -> str:
        """Place a call; return the provider's id of it.

        Raises: VendorBusy (surely not placed), OutcomeUnknown, VendorRefused (this call never), VendorMisconfigured.
        """
        ...

    async def look_up(self, our_id: str) -> Report | None:
        """Return what the provider has of a call of ours, or None if it surely has none."""
        ...

    async def get(self, provider_call_id: str) -> Report | None:
        """Return a call as the provider has it now, or None if it knows none of that id."""
        ...

    async def hang_up(self, provider_call_id: str) -> None: ...

    async def lines(self) -> Lines: ...

    def read_function(self, body: bytes, tool: str) -> InCall:
        """Read a verified request of the agent's. Raises: Unreadable."""
        ...

    def read_ringing(self, body: bytes) -> Ringing:
        """Read a verified request that asks what to do with a caller. Raises: Unreadable."""
        ...

    def take(self, our_id: str, user_id: str, language: str, variables: Mapping[str, str]) -> bytes:
        """Return the answer that lets an agent speak with a caller; ids are "" for a stranger."""
        ...


# --- models ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToolSpec:
    """A tool as every vendor's wire can carry it: `parameters` is a plain JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """What the model asked for; `arguments` is JSON text as it came and may be malformed."""

    call_id: str
    tool: str
    arguments: str


@dataclass(frozen=True)
class ToolResult:
    call_id: str
    content: str
    failed: bool = False


@dataclass(frozen=True)
class Image:
    """A picture by its digest, which is all that a journal keeps; `Pictures` has its bytes. 0 by 0: of unknown size."""

    sha256: str
    mime: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class UserWords:
    text: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True)
class AssistantWords:
    """An answer of a model; `raw` is the vendor's own JSON of it, replayable to the same vendor and model only."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    vendor: str = ""
    model: str = ""
    raw: str = ""


@dataclass(frozen=True)
class ToolResults:
    results: tuple[ToolResult, ...]


ChatMessage = UserWords | AssistantWords | ToolResults


@dataclass(frozen=True)
class ModelRequest:
    """One call: `system` and `tools` stay the same from call to call (caching); `messages` is what varies."""

    system: str
    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    may_call_tools: bool = True
    max_tokens: int = 1024


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `input` is the whole prompt, cached parts included; `output` includes thinking."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True)
class Exchange:
    """One exchange with a model, byte for byte; with its `dialect` a `Wire` of the same kind is made again."""

    dialect: Mapping[str, Any]
    asked: bytes
    came: bytes


@dataclass(frozen=True)
class ModelAnswer:
    """`stop` is one of: end, tools, length, refusal."""

    text: str
    calls: tuple[ToolCall, ...]
    stop: str
    usage: Usage | None
    model: str
    raw: str
    request_id: str = ""
    call_id: str = ""
    """Our own id of the call: its row in `ai_usage`."""
    exchange: Exchange | None = field(default=None, compare=False, repr=False)


class Wire(Protocol):
    """How one model is spoken to, in bytes: the same for a live call and for a replay, and it asks nobody."""

    @property
    def vendor(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def dialect(self) -> Mapping[str, Any]:
        """What beside a request decides its bytes, as JSON has it."""
        ...

    async def encode(self, request: ModelRequest) -> bytes:
        """Return the body of a request; a picture that is kept no more is told of as such."""
        ...

    def decode(self, body: bytes, request_id: str = "") -> ModelAnswer:
        """Read the body of an answer. Raises: VendorBusy for what is none, VendorRefused (code `context`)."""
        ...


class Model(Protocol):
    """One model of one vendor.

    `complete` raises VendorBusy (`throttled` for 429), VendorMisconfigured (keys, money, retired model) or
    VendorRefused (our request was at fault), always within a deadline that its caller sets.
    """

    @property
    def vendor(self) -> str: ...

    @property
    def name(self) -> str: ...

    async def complete(self, request: ModelRequest) -> ModelAnswer: ...


@dataclass(frozen=True)
class UnitPrices:
    """Micro-dollars per million tokens; `source` says where they are from (package and version, override, ceiling)."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    source: str
    known: bool = True


class Prices(Protocol):
    """What a model costs today."""

    def of(self, vendor: str, model: str) -> UnitPrices: ...


@dataclass(frozen=True)
class Embedded:
    """A vector for each text, in their order; `tokens` is what the vendor counted, None if it did not say."""

    vectors: tuple[Sequence[float], ...]
    tokens: int | None = None


class Embedder(Protocol):
    """Turns texts into vectors. Raises as a `Model` does; its caller sets the deadline. `vendor` "local": it runs here."""

    @property
    def vendor(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> Embedded: ...


@dataclass(frozen=True)
class Models:
    """The models by role (primary, fallback, cheap), as configuration names them."""

    by_role: Mapping[str, Model] = field(default_factory=dict[str, Model])


# --- media -------------------------------------------------------------------------------------------


class Pictures(Protocol):
    """Where a model's adapter finds a picture when it builds a request."""

    async def read(self, sha256: str, *, longest: int) -> bytes | None:
        """Return a file's bytes; None if it is kept no more, or is longer than that."""
        ...


class Sink(Protocol):
    """Where a download goes, piece by piece."""

    async def write(self, chunk: bytes) -> None: ...

    async def digest(self) -> str:
        """Return the SHA-256, in hex, of all that was written so far."""
        ...


class Fetcher(Protocol):
    """A channel's files. Methods raise VendorBusy, VendorMisconfigured, or VendorRefused with a `Reason` as its code."""

    async def fetch(self, media_id: str, sink: Sink, *, cap: int, seconds: float, sha256: str = "") -> str:
        """Bring a file of at most `cap` bytes, within `seconds`; return the type its vendor gives it, or "".

        `sha256` (hex or base64) is what the message said of it; a file that does not match is refused.
        """
        ...

    async def upload(self, path: Path, *, mime: str, filename: str) -> str:
        """Hand over a file that messages will name; return the vendor's id for it."""
        ...


class Transcriber(Protocol):
    """Turns speech into words. Raises as a `Model` does; its caller sets the deadline."""

    @property
    def vendor(self) -> str: ...

    @property
    def name(self) -> str: ...

    async def transcribe(self, audio: Path, *, mime: str, languages: tuple[str, ...] = ()) -> Heard:
        """Return what is said; `languages` (ISO 639-1) are those to expect."""
        ...
