"""The one person of an emulated agent: what they write and get, and the sequence of it. May import: the domain and below."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import trio

from ivy.emulators.whatsapp_solo_rules import Json

AGENT_ID = "780673921"
_KINDS_OF = {
    "image": "image/jpeg",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
}


@dataclass(frozen=True)
class Got:
    """What the agent's maker got: `request` as it was posted."""

    wamid: str
    type: str
    body: str
    at: datetime
    request: Json
    quoted: str = ""


@dataclass(frozen=True)
class Kept:
    """A file at the platform's."""

    id: str
    mime: str
    content: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()


@dataclass
class Line:
    """One thing in the agent's sequence: a message of its maker's, or a tick."""

    number: int
    kind: str
    value: Json


class SoloMaker:
    """The agent's maker. `got` is what they read; `changed` is set at each news, and made anew."""

    def __init__(self, *, now: Callable[[], datetime], maker: str, name: str, first_offset: int) -> None:
        self.now, self.maker, self.name = now, maker, name
        self.got: list[Got] = []
        self.ticks: list[tuple[str, bool]] = []
        """Messages that were marked as read, and whether typing was shown."""
        self.files: dict[str, Kept] = {}
        self.lines: list[Line] = []
        self.changed = trio.Event()
        self._numbers = count(first_offset)
        self._ids = count(1)

    async def person_says(self, text: str, *, quoted: str = "", wamid: str = "") -> str:
        """Let the agent's maker write; return the id of it."""
        return await self.person_sends({"type": "text", "text": {"body": text}}, quoted=quoted, wamid=wamid)

    async def person_sends(
        self, content: Json, *, quoted: str = "", wamid: str = "", at: datetime | None = None
    ) -> str:
        """Let the agent's maker send anything; `content` is the type and its object."""
        await trio.lowlevel.checkpoint()
        wamid = wamid or self.new_wamid()
        stamp = str(int((at or self.now()).timestamp()))
        message: Json = {"from": self.maker, "id": wamid, "timestamp": stamp, **content}
        if quoted:
            message["context"] = {"id": quoted, "from": f"agent:{AGENT_ID}"}
        self.add("message", message)
        return wamid

    async def person_sends_file(self, kind: str, content: bytes, *, voice: bool = False, caption: str = "") -> str:
        """Let the agent's maker send a picture, a voice note, a video or a document."""
        kept = self.keep(_KINDS_OF[kind], content)
        media: Json = {"id": kept.id, "mime_type": kept.mime, "sha256": b64encode(kept.digest).decode()}
        media |= {"voice": True} if voice else {}
        media |= {"caption": caption} if caption else {}
        return await self.person_sends({"type": kind, kind: media})

    def tell_status(self, wamid: str, state: str) -> None:
        at = str(int(self.now().timestamp()))
        self.add("status", {"id": wamid, "status": state, "recipient_id": self.maker, "timestamp": at})

    def texts(self) -> list[str]:
        """Return the words of what the maker got."""
        return [each.body for each in self.got]

    async def wait_for(self, number: int = 1) -> list[Got]:
        """Wait until the maker got so many messages in all; return them."""
        while len(self.got) < number:
            await self.changed.wait()
        return self.got

    # --- for the platform --------------------------------------------------------------------------

    def new_wamid(self) -> str:
        return f"wamid.solo{next(self._ids):012d}"

    def add(self, kind: str, value: Json) -> None:
        self.lines.append(Line(next(self._numbers), kind, value))
        self.wake()

    def wake(self) -> None:
        self.changed.set()
        self.changed = trio.Event()

    def keep(self, mime: str, content: bytes) -> Kept:
        kept = Kept(f"media{next(self._ids):010d}", mime, content)
        self.files[kept.id] = kept
        return kept
