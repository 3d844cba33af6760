"""Forms as they stand at the vendor: which may be sent in a language, and under which id. May import: binding, the ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivy.clock import stamp, unstamp
from ivy.store.binding import Connection, Row

STATES = ("DRAFT", "PUBLISHED", "DEPRECATED", "BLOCKED", "THROTTLED")
SENDABLE = ("PUBLISHED", "THROTTLED")
"""A throttled form may still be sent, ten times an hour."""
STATUS_CHANGE = "FLOW_STATUS_CHANGE"
_SECOND_MS = 1000


@dataclass(frozen=True)
class StoredFlow:
    """One form in one language. `digest` is the SHA-256 of the JSON that was uploaded last, `state` the vendor's word."""

    name: str
    language: str
    vendor_id: str
    digest: str
    state: str
    updated_at: datetime


def record(
    connection: Connection, name: str, language: str, *, vendor_id: str, digest: str, state: str, now: datetime
) -> None:
    """Keep how a form stands; what was known of it before is replaced. A state of next year counts as a draft."""
    connection.execute(
        "INSERT INTO flows (name, language, vendor_id, digest, state, updated_at_ms) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name, language) DO UPDATE SET vendor_id = excluded.vendor_id, digest = excluded.digest,"
        " state = excluded.state, updated_at_ms = excluded.updated_at_ms",
        (name, language, vendor_id, digest, state if state in STATES else "DRAFT", stamp(now)),
    )


def load(connection: Connection, name: str, language: str) -> StoredFlow | None:
    """Return what is known of a form."""
    row = connection.execute("SELECT * FROM flows WHERE name = ? AND language = ?", (name, language)).fetchone()
    return row and _flow(row)


def all_flows(connection: Connection) -> list[StoredFlow]:
    """Return every form that was ever made at the vendor, by name."""
    return [_flow(row) for row in connection.execute("SELECT * FROM flows ORDER BY name, language")]


def sendable(connection: Connection, name: str, language: str) -> str | None:
    """Return the vendor's id of a form that may be sent now in a language, or None: then it is asked in the chat."""
    found = load(connection, name, language)
    return found.vendor_id if found is not None and found.state in SENDABLE else None


def hear(connection: Connection, details: Mapping[str, Any], *, at: datetime) -> StoredFlow | None:
    """Take a `flows` webhook to heart; return the form whose state it changed, or None.

    Webhooks come in any order and again and again: one older than what is known changes nothing. `at` is the vendor's
    time, in whole seconds.
    """
    vendor_id, state = str(details.get("flow_id", "")), str(details.get("new_status", "")).upper()
    if details.get("event") != STATUS_CHANGE or state not in STATES:
        return None
    changed = connection.execute(
        "UPDATE flows SET state = ?1, updated_at_ms = max(updated_at_ms, ?3) WHERE vendor_id = ?2 AND state <> ?1"
        " AND updated_at_ms < ?3 + ?4",
        (state, vendor_id, stamp(at), _SECOND_MS),
    ).rowcount
    if not changed:
        return None
    return _flow(connection.execute("SELECT * FROM flows WHERE vendor_id = ?", (vendor_id,)).fetchone())


def _flow(row: Row) -> StoredFlow:
    return StoredFlow(
        row["name"], row["language"], row["vendor_id"], row["digest"], row["state"], unstamp(row["updated_at_ms"])
    )
