"""What was said to and by models, byte for byte, for as long as raw bytes are kept. May import: sealing, binding, ports.

What stays the same from call to call (the system's words, the tools) is kept once, by its digest, and is no person's.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from ivy.clock import stamp
from ivy.errors import StoreError
from ivy.ports import Exchange, ModelRequest, ToolSpec
from ivy.store.binding import Connection
from ivy.store.sealing import Sealer

_LEVEL = 6


@dataclass(frozen=True)
class Prefix:
    """What a request began with: `tools` is their JSON."""

    sha256: str
    system: str
    tools: bytes


@dataclass(frozen=True)
class Sealed:
    """An exchange as it is kept: the digest of what left, and sealed what came."""

    call_id: str
    prefix: Prefix
    dialect: Mapping[str, Any]
    asked_sha256: str
    came: bytes


@dataclass(frozen=True)
class Kept:
    """An exchange as it is found again; `came` is None when its retention is over, or what it said was `forgotten`."""

    call_id: str
    vendor: str
    model: str
    role: str
    dialect: Mapping[str, Any]
    system: str
    tools: tuple[ToolSpec, ...]
    asked_sha256: str
    came: bytes | None
    forgotten: bool = False
    """The person asked to forget something that was said in its turn."""


def prefix_of(request: ModelRequest) -> Prefix:
    """Return what a request has in common with all others of its kind."""
    tools = msgspec.json.encode(request.tools)
    digest = sha256(request.system.encode() + b"\0" + tools).hexdigest()
    return Prefix(digest, request.system, tools)


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def _place(call_id: str) -> str:
    return f"model_exchanges/{call_id}/response"


def seal(sealer: Sealer, call_id: str, prefix: Prefix, exchange: Exchange) -> Sealed:
    """Make an exchange ready to be kept: outside of any commit, since it takes a moment."""
    came = sealer.seal(zlib.compress(exchange.came, _LEVEL), _place(call_id))
    return Sealed(call_id, prefix, exchange.dialect, digest(exchange.asked), came)


def unseal(sealer: Sealer, call_id: str, came: bytes) -> bytes:
    """Return the bytes that came. Raises: StoreError if their key is gone or they were changed."""
    return zlib.decompress(sealer.open(came, _place(call_id)))


def readable(sealer: Sealer, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with what came as text, for the person it is about; as it lies there if its key is gone."""
    if row["response"] is None:
        return dict(row)
    try:
        return {**row, "response": unseal(sealer, row["id"], row["response"]).decode(errors="replace")}
    except StoreError:
        return dict(row)


def keep(connection: Connection, said: Sealed, *, now: datetime) -> None:
    """Keep an exchange: in the commit that settles its call."""
    connection.execute(
        "INSERT INTO model_prefixes (sha256, system, tools, first_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
        (said.prefix.sha256, said.prefix.system, said.prefix.tools.decode(), stamp(now)),
    )
    connection.execute(
        "INSERT INTO model_exchanges (id, prefix_sha256, dialect, request_sha256, response, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (said.call_id, said.prefix.sha256, msgspec.json.encode(said.dialect, order="sorted").decode(), said.asked_sha256,
         said.came, stamp(now)),
    )  # fmt: skip


def load(connection: Connection, call_id: str) -> Kept | None:
    """Return what is kept of a call; `came` is still sealed."""
    row = connection.execute(
        "SELECT e.*, p.system, p.tools, u.vendor, u.model, u.role, EXISTS (SELECT 1 FROM messages_v2 m"
        " JOIN unheard_messages x ON x.message_id = m.id WHERE m.user_id = u.user_id AND m.turn_id = u.turn_id) AS forgotten"
        " FROM model_exchanges e"
        " JOIN model_prefixes p ON p.sha256 = e.prefix_sha256 JOIN ai_usage u ON u.id = e.id WHERE e.id = ?",
        (call_id,),
    ).fetchone()
    if row is None:
        return None
    return Kept(
        row["id"],
        row["vendor"],
        row["model"],
        row["role"],
        msgspec.json.decode(row["dialect"]),
        row["system"],
        msgspec.json.decode(row["tools"], type=tuple[ToolSpec, ...]),
        row["request_sha256"],
        row["response"],
        bool(row["forgotten"]),
    )


def empty(connection: Connection, *, before: datetime) -> int:
    """Forget the bytes that came before an instant, but not what they were answers to; return how many."""
    return connection.execute(
        "UPDATE model_exchanges SET response = NULL WHERE response IS NOT NULL AND at_ms < ?", (stamp(before),)
    ).rowcount
