"""Messages of ours: decided, on their way, and what state each is in. May import: jobs, scope, the domain.

A message is a row before its job exists, and `sending` before its request leaves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain import contents
from ivy.domain.contents import AnyContent, Words
from ivy.domain.jobs import SEND, send_lane
from ivy.domain.routing import For
from ivy.ports import Address
from ivy.store import jobs, spending
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob
from ivy.store.scope import Scope

NOT_SENT = ("failed", "cancelled", "lapsed")
"""What was set aside for such a message is not spent; should word of its delivery come all the same, that bills it."""
PACED_SPAN = timedelta(hours=1)
"""What is older is forgotten, and lends a few more: over hours without a pause that must stay below what Meta lends."""


@dataclass(frozen=True)
class OwnTemplate:
    """What says the same as a message outside the window: a template of the pack, its values, its buttons' actions."""

    name: str
    values: dict[str, str]
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outgoing:
    """A message of ours and its state."""

    id: str
    user_id: str | None
    channel: str
    content: AnyContent
    purpose: For
    quoted_id: str
    state: str
    asked_for: bool
    recipient: Address
    resends: int
    external_id: str | None
    state_at: datetime
    trace_id: str
    template: OwnTemplate | None = None
    action_id: str = ""
    instead_of: str = ""
    turn_id: str | None = None
    at: datetime | None = None
    sent_at: datetime | None = None
    """When the latest request for it left."""
    price_type: str = ""
    """As the channel named it; "" while it has not."""
    price_category: str = ""
    sent_as: str = ""
    """The kind of what left, or is to leave: a text may have gone as a template."""
    replayed_by: str = ""
    """The operator's plan by which it comes late, if one does: it waits for the person's morning."""

    @property
    def body(self) -> str:
        return self.content.in_words()


@dataclass(frozen=True)
class NewMessage:
    """A message to be sent. `user_id` None is an answer to a stranger at `recipient`."""

    id: str
    job_id: str
    user_id: str | None
    channel: str
    content: AnyContent
    recipient: Address
    trace_id: str
    turn_id: str | None = None
    asked_for: bool = True
    quoted_id: str = ""
    patience: timedelta | None = None
    purpose: For = For.REPLY
    action_id: str = ""
    """The question it asks: a row of `pending_actions`."""
    template: OwnTemplate | None = None
    instead_of: str = ""
    replayed_by: str = ""
    """The plan that sends it back to work."""


def queue(connection: Connection, message: NewMessage, *, now: datetime) -> None:
    """Decide a message: keep it and enqueue its sending."""
    to = message.recipient
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, kind, body, content, purpose, quoted_id, state, turn_id,"
        " asked_for, recipient, action_id, template, instead_of, at_ms, state_at_ms, trace_id, replayed_by)"
        " VALUES (?, ?, ?, 'out', ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.id,
            message.user_id,
            message.channel,
            message.content.__struct_config__.tag,
            message.content.in_words(),
            contents.encode(message.content),
            message.purpose.value,
            message.quoted_id,
            message.turn_id,
            int(message.asked_for),
            msgspec.json.encode(to).decode(),
            message.action_id,
            "" if message.template is None else msgspec.json.encode(message.template).decode(),
            message.instead_of,
            stamp(now),
            stamp(now),
            message.trace_id,
            message.replayed_by,
        ),
    )
    job = NewJob(
        id=message.job_id,
        kind=SEND,
        key=send_key(message.id),
        due_at=now,
        payload={"message": message.id},
        lane=send_lane(message.user_id or to.external_id or to.phone, message.channel),
        user_id=message.user_id,
        trace_id=message.trace_id,
        patience=message.patience,
    )
    jobs.enqueue(connection, job, now=now)


def say(
    scope: Scope,
    parts: Sequence[str | AnyContent],
    *,
    channel: str,
    new_id: Callable[[], str],
    trace_id: str,
    now: datetime,
    **more: Any,
) -> list[str]:
    """Queue what is said to this person, in as many messages as it has parts; return their ids."""
    ids: list[str] = []
    for part in parts:
        ids.append(new_id())
        content = Words(part) if isinstance(part, str) else part
        message = NewMessage(
            ids[-1], new_id(), scope.user_id, channel, content, recipient=Address(), trace_id=trace_id, **more
        )
        queue(scope.connection, message, now=now)
    return ids


def send_key(message_id: str) -> str:
    """Return the key of the job that sends a message."""
    return f"send:{message_id}"


def outgoing(connection: Connection, message_id: str) -> Outgoing:
    row = connection.execute("SELECT * FROM messages_v2 WHERE id = ? AND direction = 'out'", (message_id,)).fetchone()
    return Outgoing(
        id=row["id"],
        user_id=row["user_id"],
        channel=row["channel"],
        content=contents.decode(row["content"]) if row["content"] else Words(row["body"]),
        purpose=For(row["purpose"]),
        quoted_id=row["quoted_id"],
        state=row["state"],
        asked_for=bool(row["asked_for"]),
        recipient=msgspec.json.decode(row["recipient"], type=Address),
        resends=row["resends"],
        external_id=row["external_id"],
        state_at=unstamp(row["state_at_ms"]),
        trace_id=row["trace_id"],
        template=msgspec.json.decode(row["template"], type=OwnTemplate) if row["template"] else None,
        action_id=row["action_id"],
        instead_of=row["instead_of"],
        turn_id=row["turn_id"],
        at=unstamp(row["at_ms"]),
        sent_at=None if row["sent_at_ms"] is None else unstamp(row["sent_at_ms"]),
        price_type=row["price_type"],
        price_category=row["price_category"],
        sent_as=row["kind"],
        replayed_by=row["replayed_by"],
    )


def origin(scope: Scope, message: Outgoing) -> Outgoing:
    """Return the message that was first decided, of which this one is another channel's."""
    while message.instead_of:
        message = outgoing(scope.connection, message.instead_of)
    return message


def set_state(connection: Connection, message_id: str, state: str, *, now: datetime, reason: str = "") -> None:
    """Say what became of a message of ours; `reason` is plain words."""
    connection.execute(
        "UPDATE messages_v2 SET state = ?, state_at_ms = ?, reason = ? WHERE id = ? AND direction = 'out'",
        (state, stamp(now), reason, message_id),
    )
    if state in NOT_SENT:
        spending.release(connection, message_id)


def begin_sending(
    connection: Connection,
    message_id: str,
    to: Address,
    *,
    kind: str,
    resend: bool,
    now: datetime,
    window_open: bool | None = None,
) -> bool:
    """Say, before the request leaves, that it leaves; return False if the message is not to be sent any more.

    Only a `resend` may follow on a request of which nothing was heard. `kind` is what leaves: a text may go as a template.
    `window_open` is None on channels without one.
    """
    return bool(
        connection.execute(
            "UPDATE messages_v2 SET state = 'sending', state_at_ms = ?1, sent_at_ms = ?1, recipient = ?2, resends = resends + ?3,"
            " external_id = NULL, kind = ?5, window_open = ?6"
            " WHERE id = ?4 AND (state IN ('queued', 'held', 'failed') OR (?3 AND state IN ('sending', 'unknown')))",
            (stamp(now), msgspec.json.encode(to).decode(), int(resend), message_id, kind, window_open),
        ).rowcount
    )


def accepted(connection: Connection, message_id: str, external_id: str, *, now: datetime) -> None:
    """Keep the vendor's id for a message that it took."""
    connection.execute(
        "UPDATE messages_v2 SET external_id = ?, state = 'accepted', state_at_ms = ?, reason = '' WHERE id = ?"
        " AND state IN ('sending', 'unknown', 'queued', 'held')",
        (external_id, stamp(now), message_id),
    )


def mark_unknown(connection: Connection, message_id: str, *, now: datetime) -> None:
    """Say that nobody knows whether the request was heard; the wait for a status begins now."""
    connection.execute(
        "UPDATE messages_v2 SET state = 'unknown', state_at_ms = ?, reason = ? WHERE id = ? AND state = 'sending'",
        (stamp(now), "sent, but nothing was heard of it yet", message_id),
    )


def wait_anew(connection: Connection, *, now: datetime) -> None:
    """At start-up: statuses could not be heard while nobody ran, so every unknown outcome is waited for from now."""
    connection.execute("UPDATE messages_v2 SET state_at_ms = ? WHERE state = 'unknown'", (stamp(now),))


def unsend(connection: Connection, message_id: str, *, now: datetime, reason: str) -> None:
    """Say that a request surely was not heard, or that the message was not delivered: it may be sent again."""
    connection.execute(
        "UPDATE messages_v2 SET state = 'queued', state_at_ms = ?, sent_at_ms = NULL, external_id = NULL, reason = ?,"
        " resends = resends + (external_id IS NOT NULL) WHERE id = ? AND direction = 'out'",
        (stamp(now), reason, message_id),
    )
    spending.release(connection, message_id)


def not_repeated(connection: Connection, message: Outgoing, *, now: datetime, reason: str) -> None:
    """Say that a repeat surely was not heard. Nobody knows of the sending before it, which is still paid for, as before."""
    connection.execute(
        "UPDATE messages_v2 SET state = 'unknown', state_at_ms = ?, sent_at_ms = ?, reason = ?, resends = ?"
        " WHERE id = ? AND direction = 'out' AND state = 'sending'",
        (stamp(now), message.sent_at and stamp(message.sent_at), reason, message.resends, message.id),
    )


def next_try_ahead(scope: Scope, message: Outgoing) -> datetime | None:
    """Return when the next try of an earlier message of the same trace is, if one waits for it; None: nothing is ahead.

    The parts of one answer are kept one right after the other, so only the latest messages are looked at. What waits until
    its deadline waits for the person, and not for a time.
    """
    row = scope.execute(
        "SELECT max(jobs.run_at_ms) AS at_ms FROM (SELECT id, channel, state, kind, trace_id FROM messages_v2"
        " WHERE user_id = :user AND rowid < (SELECT rowid FROM messages_v2 WHERE id = :id) ORDER BY rowid DESC LIMIT 20) m"
        " JOIN jobs ON jobs.key = 'send:' || m.id AND jobs.state = 'ready' AND jobs.run_at_ms < jobs.deadline_ms"
        " WHERE m.state IN ('queued', 'held') AND m.kind <> 'reaction' AND m.channel = :channel AND m.trace_id = :trace",
        id=message.id,
        channel=message.channel,
        trace=message.trace_id,
    ).fetchone()
    return None if row["at_ms"] is None else unstamp(row["at_ms"])


def held_ahead(scope: Scope, message: Outgoing, rule: str) -> datetime | None:
    """Return when the latest of the messages just before this one goes that a rule holds, on the same channel."""
    row = scope.execute(
        "SELECT max(jobs.run_at_ms) AS at_ms FROM (SELECT id, channel, state, reason FROM messages_v2"
        " WHERE user_id = :user AND rowid < (SELECT rowid FROM messages_v2 WHERE id = :id) ORDER BY rowid DESC LIMIT 20) m"
        " JOIN jobs ON jobs.key = 'send:' || m.id AND jobs.state = 'ready'"
        " WHERE m.state = 'held' AND m.reason = :rule AND m.channel = :channel",
        id=message.id,
        rule=rule,
        channel=message.channel,
    ).fetchone()
    return None if row["at_ms"] is None else unstamp(row["at_ms"])


def look_again(connection: Connection, channel: str, *, now: datetime) -> None:
    """Let every message that a channel holds be decided anew: what held it may be over."""
    lanes = connection.execute(
        "SELECT DISTINCT jobs.lane FROM messages_v2 m JOIN jobs ON jobs.key = 'send:' || m.id AND jobs.state = 'ready'"
        " WHERE m.state = 'held' AND m.state IN ('queued', 'held', 'sending', 'unknown') AND m.channel = ?",
        (channel,),
    ).fetchall()
    for row in lanes:
        jobs.wake_lane(connection, row["lane"], now=now)


def turn_of(scope: Scope, message_id: str) -> str | None:
    """Return the turn that wrote a message of ours; None for a fixed sentence or a reminder."""
    row = scope.execute("SELECT turn_id FROM messages_v2 WHERE user_id = :user AND id = :id", id=message_id).fetchone()
    return row and row["turn_id"]


def sent_lately(scope: Scope, channel: str, *, now: datetime) -> list[datetime]:
    """Return when requests to this person left in the last hour."""
    rows = scope.execute(
        "SELECT sent_at_ms FROM messages_v2 WHERE user_id = :user AND channel = :channel AND sent_at_ms >= :since",
        channel=channel,
        since=stamp(now - PACED_SPAN),
    )
    return [unstamp(row["sent_at_ms"]) for row in rows]


def question_of(scope: Scope, channel: str, external_id: str) -> str:
    """Return the question that a message of ours asks, by the vendor's id of it; "" if it asks none."""
    row = scope.execute(
        "SELECT action_id FROM messages_v2 WHERE user_id = :user AND direction = 'out' AND channel = :channel"
        " AND external_id = :external_id",
        channel=channel,
        external_id=external_id,
    ).fetchone()
    return row["action_id"] if row else ""


def has_reacted(scope: Scope, channel: str, external_id: str) -> bool:
    """Say whether Ivy has put a reaction on this message of theirs."""
    return bool(
        scope.execute(
            "SELECT 1 FROM messages_v2 WHERE user_id = :user AND direction = 'out' AND kind = 'reaction'"
            " AND channel = :channel AND quoted_id = :external_id",
            channel=channel,
            external_id=external_id,
        ).fetchone()
    )


def withdraw(scope: Scope, *, now: datetime, reason: str) -> int:
    """Cancel all that waits to be sent to a person; return how many. What is on its way is not repeated."""
    scope.execute(
        "UPDATE messages_v2 SET asked_for = 0 WHERE user_id = :user AND direction = 'out' AND state = 'sending'"
    )
    return scope.execute(
        "UPDATE messages_v2 SET state = 'cancelled', state_at_ms = :at, reason = :reason"
        " WHERE user_id = :user AND direction = 'out' AND state IN ('queued', 'held', 'unknown')",
        at=stamp(now),
        reason=reason,
    ).rowcount
