"""What became of the answer to somebody's message, be they known or a stranger: `ivy init --live` looks. May import: binding."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp
from ivy.ports import Address
from ivy.store.binding import Connection

LATEST = 500
"""How many of the newest messages are looked at: the table may be large, and has no index of its own for this."""


@dataclass(frozen=True)
class Answer:
    """One message of ours: its state as in `messages_v2`, and why it failed or waits, in plain words."""

    id: str
    state: str
    reason: str


def answer_to(
    connection: Connection, channel: str, to: Address, user_id: str | None, *, since: datetime
) -> Answer | None:
    """Return the first message that was decided for somebody at or after an instant, or None."""
    rows = connection.execute(
        "SELECT id, user_id, recipient, state, reason FROM messages_v2 WHERE direction = 'out' AND channel = ?"
        " AND at_ms >= ? AND rowid > (SELECT COALESCE(MAX(rowid), 0) FROM messages_v2) - ? ORDER BY at_ms",
        (channel, stamp(since), LATEST),
    )
    for row in rows:
        is_theirs = row["user_id"] == user_id if row["user_id"] else _is(row["recipient"], to)
        if is_theirs:
            return Answer(row["id"], row["state"], row["reason"])
    return None


def _is(recipient: str, to: Address) -> bool:
    known = msgspec.json.decode(recipient, type=Address)
    names = {known.external_id, known.phone} & {to.external_id, to.phone}
    return bool(names - {""})
