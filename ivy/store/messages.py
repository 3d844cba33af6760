"""What people wrote and what was said to them: both ways in one table. May import: scope, the domain.

Messages of ours on their way are the outbox's (`outbox.py`), what channels say of them `message_statuses.py`.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.inbound import Message, Text
from ivy.domain.taint import origin_of
from ivy.store import said_memories
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope, within


def receive(
    connection: Connection,
    message_id: str,
    user_id: str,
    event: Message,
    body: str,
    *,
    needs_answer: bool,
    trace_id: str,
    now: datetime,
) -> bool:
    """Keep what a person wrote; return False if it is known already."""
    is_new = bool(
        connection.execute(
            "INSERT INTO messages_v2 (id, user_id, channel, direction, kind, external_id, body, event, quoted_id, state,"
            " needs_answer, at_ms, state_at_ms, trace_id) VALUES (?, ?, ?, 'in', ?, ?, ?, ?, ?, 'received', ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (
                message_id,
                user_id,
                event.sender.channel,
                event.__struct_config__.tag,
                event.external_id,
                body,
                msgspec.json.encode(event).decode(),
                getattr(event, "quoted_id", ""),
                int(needs_answer),
                stamp(event.sent_at),
                stamp(now),
                trace_id,
            ),
        ).rowcount
    )
    if is_new and isinstance(event, Text) and not event.forwarded:
        said_memories.keep_message(within(connection, user_id), message_id, body, at=event.sent_at, now=now)
    return is_new


def is_known(connection: Connection, channel: str, external_id: str) -> bool:
    """Say whether a message of this vendor's id is kept already, in or out."""
    return bool(
        connection.execute(
            "SELECT 1 FROM messages_v2 WHERE channel = ? AND external_id = ?", (channel, external_id)
        ).fetchone()
    )


def needs_no_answer(scope: Scope, message_id: str) -> None:
    """Say that a message was answered without a turn."""
    scope.execute("UPDATE messages_v2 SET needs_answer = 0 WHERE user_id = :user AND id = :id", id=message_id)


def set_aside(scope: Scope) -> None:
    """Say that nothing the person wrote so far waits for an answer any more."""
    scope.execute(
        "UPDATE messages_v2 SET needs_answer = 0 WHERE user_id = :user AND needs_answer = 1 AND turn_id IS NULL"
    )


def said_lately(scope: Scope, body: str, *, since: datetime) -> bool:
    """Say whether this very text was queued for the person since an instant."""
    return bool(
        scope.execute(
            "SELECT 1 FROM messages_v2 WHERE user_id = :user AND direction = 'out' AND at_ms >= :since AND body = :body",
            since=stamp(since),
            body=body,
        ).fetchone()
    )


def received_since(scope: Scope, since: datetime) -> int:
    """Return how many messages the person sent since an instant."""
    return scope.execute(
        "SELECT count(*) FROM messages_v2 WHERE user_id = :user AND direction = 'in' AND at_ms >= :since",
        since=stamp(since),
    ).fetchone()[0]


def unanswered(scope: Scope) -> list[Row]:
    """Return what the person wrote and no turn has read: id, external id, kind, body, quoted words, time."""
    return scope.execute(
        "SELECT m.id, m.external_id, m.channel, m.kind, m.body, m.at_ms, m.event, quoted.body AS quoted,"
        " quoted.event AS quoted_event, CASE quoted.direction WHEN 'out' THEN (SELECT foreign_from FROM turns"
        " WHERE turns.id = quoted.turn_id) END AS quoted_from FROM messages_v2 m"
        " LEFT JOIN messages_v2 quoted ON quoted.channel = m.channel AND quoted.external_id = m.quoted_id"
        " AND m.quoted_id <> '' AND quoted.user_id = :user"  # what is forgotten comes back by no quote either
        " AND quoted.id NOT IN (SELECT message_id FROM unheard_messages WHERE user_id = :user)"
        " WHERE m.user_id = :user AND m.needs_answer = 1 AND m.turn_id IS NULL ORDER BY m.at_ms, m.rowid"
    ).fetchall()


def read_by(scope: Scope, message_ids: Sequence[str], turn_id: str) -> None:
    """Say which turn read these messages: it answers them."""
    scope.execute(
        "UPDATE messages_v2 SET turn_id = :turn WHERE user_id = :user AND id IN (SELECT value FROM json_each(:ids))",
        turn=turn_id,
        ids=msgspec.json.encode(list(message_ids)).decode(),
    )


def last_words(scope: Scope, *, limit: int) -> list[Row]:
    """Return the latest messages both ways, newest first: id, direction, body, at_ms. Unread ones are left out.

    In the order in which they were kept: a vendor's clock has seconds only, and would put an answer after the next words.
    """
    return scope.execute(
        "SELECT id, direction, body, at_ms, event, (SELECT foreign_from FROM turns WHERE turns.id = turn_id) AS foreign_from"
        " FROM messages_v2 WHERE user_id = :user AND body <> '' AND kind <> 'reaction'"
        " AND state NOT IN ('failed', 'cancelled', 'lapsed') AND (needs_answer = 0 OR turn_id IS NOT NULL)"
        " ORDER BY rowid DESC LIMIT +:limit",
        limit=limit,
    ).fetchall()


def last_received(scope: Scope, channel: str) -> str | None:
    """Return the vendor's id of the person's latest message; a reaction is none, nor is a change of an earlier one."""
    row = scope.execute(
        "SELECT external_id FROM messages_v2 WHERE user_id = :user AND channel = :channel AND direction = 'in'"
        " AND kind NOT IN ('reaction', 'edited', 'deleted', 'call_permission')"
        " ORDER BY at_ms DESC, rowid DESC LIMIT 1",
        channel=channel,
    ).fetchone()
    return row and row["external_id"]


def last_asked(scope: Scope) -> str:
    """Return the question that the latest message to the person asks; "" if it asks none."""
    row = scope.execute(
        "SELECT action_id FROM messages_v2 WHERE user_id = :user AND direction = 'out' AND kind <> 'reaction'"
        " AND state NOT IN ('failed', 'cancelled', 'lapsed') ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return row["action_id"] if row else ""


def learn_words(scope: Scope, message_id: str, body: str, *, needs_answer: bool) -> bool:
    """Give a message its words, once they are known; return False if it is answered already."""
    row = scope.execute(
        "UPDATE messages_v2 SET body = :body, needs_answer = :needs WHERE user_id = :user AND id = :id"
        " AND direction = 'in' AND turn_id IS NULL RETURNING at_ms, event",
        id=message_id,
        body=body,
        needs=int(needs_answer),
    ).fetchone()
    if row is not None and needs_answer and origin_of(msgspec.json.decode(row["event"])) is None:
        said_memories.keep_message(scope, message_id, body, at=unstamp(row["at_ms"]))
    return row is not None


def taken_in_at_ms(scope: Scope, message_id: str) -> int:
    """Return when a message came to us, by our own clock."""
    row = scope.execute(
        "SELECT state_at_ms FROM messages_v2 WHERE user_id = :user AND id = :id", id=message_id
    ).fetchone()
    return row["state_at_ms"] if row else 0


def external_id_of(scope: Scope, message_id: str) -> str:
    """Return the vendor's id of a message; "" if it has none."""
    row = scope.execute(
        "SELECT external_id FROM messages_v2 WHERE user_id = :user AND id = :id", id=message_id
    ).fetchone()
    return (row and row["external_id"]) or ""


def last_heard_at(scope: Scope) -> datetime | None:
    """Return when the person last wrote, by the vendor's clock."""
    row = scope.execute(
        "SELECT max(at_ms) AS at_ms FROM messages_v2 WHERE user_id = :user AND direction = 'in'"
    ).fetchone()
    return None if row["at_ms"] is None else unstamp(row["at_ms"])


def received_with(scope: Scope, part: str) -> list[Row]:
    """Return what the person sent that holds these very characters, the newest first: body, event."""
    return scope.execute(
        "SELECT body, event FROM messages_v2 WHERE user_id = :user AND direction = 'in' AND instr(body, :part) > 0"
        " ORDER BY rowid DESC LIMIT 20",
        part=part,
    ).fetchall()


def event_of(scope: Scope, message_id: str) -> str:
    """Return a received message's event as it is kept, JSON; "" if there is none."""
    row = scope.execute("SELECT event FROM messages_v2 WHERE user_id = :user AND id = :id", id=message_id).fetchone()
    return row["event"] if row else ""


def words_of(scope: Scope, message_id: str) -> str:
    row = scope.execute("SELECT body FROM messages_v2 WHERE user_id = :user AND id = :id", id=message_id).fetchone()
    return row["body"] if row else ""
