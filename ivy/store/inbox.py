"""What arrived, byte for byte, before anybody reads it. May import: jobs, binding, the domain."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import INBOUND, inbox_lane
from ivy.errors import StoreError
from ivy.store import jobs
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob


@dataclass(frozen=True)
class Arrival:
    """A verified webhook: `sealed` is what is kept of it, `body_sha256` what makes it itself."""

    id: str
    job_id: str
    source: str
    body_sha256: bytes
    sealed: bytes
    received_at: datetime


def place(arrival_id: str) -> str:
    """Return the place for which an inbox body is sealed."""
    return f"webhook_inbox/{arrival_id}/body"


def digest(body: bytes) -> bytes:
    return sha256(body).digest()


def keep(connection: Connection, arrival: Arrival) -> bool:
    """Keep a webhook and enqueue its reading; return False for bytes that were kept before."""
    kept = connection.execute(
        "INSERT INTO webhook_inbox (id, source, sha256, body, received_at_ms, trace_id) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (source, sha256) DO NOTHING",
        (arrival.id, arrival.source, arrival.body_sha256, arrival.sealed, stamp(arrival.received_at), arrival.id),
    ).rowcount
    if kept:
        job = NewJob(
            id=arrival.job_id,
            kind=INBOUND,
            key=f"inbound:{arrival.id}",
            due_at=arrival.received_at,
            payload={"arrival": arrival.id},
            lane=inbox_lane(arrival.source),
            trace_id=arrival.id,
        )
        jobs.enqueue(connection, job, now=arrival.received_at)
    return bool(kept)


def newest(connection: Connection) -> datetime:
    """Return when something last arrived; 1970 if nothing ever did."""
    return unstamp(connection.execute("SELECT coalesce(max(received_at_ms), 0) FROM webhook_inbox").fetchone()[0])


def since(connection: Connection, at: datetime) -> list[Arrival]:
    """Return what arrived at an instant or later and is kept whole, in its order, to be kept in another database."""
    rows = connection.execute(
        "SELECT webhook_inbox.id, source, sha256, body, received_at_ms, jobs.id AS job_id FROM webhook_inbox"
        " JOIN jobs ON jobs.key = 'inbound:' || webhook_inbox.id"
        " WHERE received_at_ms >= ? AND body IS NOT NULL ORDER BY received_at_ms, webhook_inbox.rowid",
        (stamp(at),),
    )
    return [
        Arrival(row["id"], row["job_id"], row["source"], row["sha256"], row["body"], unstamp(row["received_at_ms"]))
        for row in rows
    ]


def body(connection: Connection, arrival_id: str) -> tuple[str, bytes]:
    """Return (source, sealed body) of what arrived. Raises: StoreError when its retention is over."""
    row = connection.execute("SELECT source, body FROM webhook_inbox WHERE id = ?", (arrival_id,)).fetchone()
    if row is None or row["body"] is None:
        raise StoreError(f"The raw bytes of {arrival_id} are not kept any more.")
    return row["source"], row["body"]


def empty(connection: Connection, *, before: datetime) -> int:
    """Forget raw bytes received before an instant, but not that they came; return how many."""
    return connection.execute(
        "UPDATE webhook_inbox SET body = NULL WHERE body IS NOT NULL AND received_at_ms < ?", (stamp(before),)
    ).rowcount
