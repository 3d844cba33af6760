"""Who made the agent: the one person that the agent platform lets write. May import: callers, people, polling, the ground."""

from datetime import datetime

from ivy.clock import stamp
from ivy.domain.inbound import Sender
from ivy.store import callers, people, polling
from ivy.store.binding import Connection


def recognise(connection: Connection, sender: Sender, *, phone: str, now: datetime) -> str | None:
    """Return whom a name means that nobody has yet, and let it mean them; None for somebody new.

    An agent has one maker as long as its key lives, so another name is that maker's new one. With a new key it may be
    another's agent: then only the number tells, which the operator gave (E.164, may be empty).
    """
    user_id = _maker_of_this_key(connection, sender.channel) or (phone and _of_phone(connection, phone))
    if not user_id:
        return None
    connection.execute(
        "UPDATE channel_identities SET valid_to_ms = ? WHERE channel = ? AND valid_to_ms IS NULL",
        (stamp(now), sender.channel),
    )
    people.bind(connection, user_id, sender, now=now)
    return user_id


def _of_phone(connection: Connection, phone: str) -> str | None:
    return people.meaning(connection, people.CHAT, phone) or callers.of_number(connection, phone)


def _maker_of_this_key(connection: Connection, channel: str) -> str | None:
    begun = polling.begun_at(connection, channel)
    row = connection.execute(
        "SELECT user_id FROM channel_identities WHERE channel = ? AND valid_to_ms IS NULL AND valid_from_ms >= ?"
        " ORDER BY id DESC LIMIT 1",
        (channel, 0 if begun is None else stamp(begun)),
    ).fetchone()
    return row and row["user_id"]
