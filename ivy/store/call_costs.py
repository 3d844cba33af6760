"""What calls cost: reserved before one is dialled, settled by what its provider says. May import: scope, binding, the domain.

Minutes have caps of their own (`domain/call_minutes.py`): a call never waits for the day's cap on models and messages.
"""

from datetime import datetime

from ivy.store import spending
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.spending import Reserved

MICROS = 1_000_000


def reserve(connection: Connection, call: Call, *, seconds: int, usd_per_minute: float, now: datetime) -> Reserved:
    """Set aside what a call may cost at most; a second attempt of the same call is the same money."""
    return spending.set_aside(
        connection,
        call.id,
        kind="call",
        provider=call.provider,
        user_id=call.user_id,
        micros=_reckoned(seconds, usd_per_minute),
        caps=None,
        now=now,
    )


def settle(connection: Connection, call: Call, *, usd_per_minute: float) -> None:
    """Put what a call cost in the place of what was set aside: the provider's word, else its length by our price."""
    told = call.report.cost_micros
    micros = _reckoned(call.report.duration_seconds or 0, usd_per_minute) if told is None else told
    connection.execute(
        "UPDATE cost_ledger SET amount_micros = ?, state = 'settled' WHERE id = ? AND kind = 'call'", (micros, call.id)
    )


def release(connection: Connection, call_id: str) -> None:
    """Nothing was placed: nothing is owed, and the row says that it was tried."""
    spending.release(connection, call_id)


def _reckoned(seconds: float, usd_per_minute: float) -> int:
    return round(seconds / 60 * usd_per_minute * MICROS)
