"""What messages cost: set aside before one leaves, settled by what its channel says. May import: spending, binding, the ground.

Caps were looked at when the message was routed: what may leave is not stopped here.
"""

from datetime import datetime, timedelta

from ivy.clock import stamp
from ivy.store import spending
from ivy.store.binding import Connection
from ivy.store.spending import Reserved

HEARD_WITHIN = timedelta(days=31)
"""Longer than any channel keeps a message for a phone that is off."""
BILLED_WHEN_DELIVERED = "whatsapp"


def reserve(
    connection: Connection, message_id: str, *, channel: str, user_id: str | None, micros: int, now: datetime
) -> Reserved:
    """Set aside what a message may cost; sent again, it is the same message."""
    return spending.set_aside(
        connection, message_id, kind="message", provider=channel, user_id=user_id, micros=micros, caps=None, now=now
    )


def bill(
    connection: Connection,
    message_id: str,
    *,
    channel: str,
    user_id: str | None,
    micros: int,
    is_told: bool,
    now: datetime,
) -> None:
    """Say what a delivered message costs. `is_told`: by the channel's own word, which wins over an earlier reckoning."""
    spending.charge(
        connection, message_id, kind="message", provider=channel, user_id=user_id, micros=micros, now=now
    )  # fmt: skip
    row = connection.execute("SELECT amount_micros, state FROM cost_ledger WHERE id = ?", (message_id,)).fetchone()
    if is_told or row["state"] == "reserved" or not row["amount_micros"]:
        spending.close(connection, message_id, micros)


def take_back(connection: Connection, message_id: str, *, channel: str) -> None:
    """Let a message that its channel says did not arrive cost nothing after all, where delivery is what is billed."""
    if channel == BILLED_WHEN_DELIVERED:
        spending.close(connection, message_id, 0)


def settle_silent(connection: Connection, *, now: datetime) -> int:
    """End what was set aside for messages of which nothing more is heard: undelivered costs nothing where delivery is billed."""
    return connection.execute(
        "UPDATE cost_ledger SET state = 'settled', amount_micros = CASE provider WHEN ? THEN 0 ELSE amount_micros END"
        " WHERE state = 'reserved' AND kind = 'message' AND at_ms < ?",
        (BILLED_WHEN_DELIVERED, stamp(now - HEARD_WITHIN)),
    ).rowcount


def sent_this_month(connection: Connection, *, now: datetime, up_to: int) -> int:
    """Return how many messages have left this month (UTC), of any channel; counting stops at `up_to`."""
    day = spending.utc_day(now)
    return connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM cost_ledger WHERE day BETWEEN ? AND ? AND kind = 'message' LIMIT +?)",
        (f"{day[:7]}-01", day, up_to),
    ).fetchone()[0]
