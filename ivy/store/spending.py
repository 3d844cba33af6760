"""What models and messages cost: reserved before, settled after, never over the cap. May import: scope, binding, the domain.

`ai_usage` has tokens and latency, `cost_ledger` alone has money, in micro-dollars. Both rows are there before the call is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from ivy.clock import stamp
from ivy.errors import IvyError
from ivy.ports import UnitPrices, Usage
from ivy.store import switches
from ivy.store.binding import Connection, Row


class CapReached(IvyError):
    """Today's money is spent: no model is called until tomorrow (UTC)."""


@dataclass(frozen=True)
class Reservation:
    """One call to a model, before it is made; `estimate_micros` is what it may cost at most."""

    id: str
    user_id: str | None
    turn_id: str | None
    role: str
    vendor: str
    model: str
    prices: UnitPrices
    estimate_micros: int
    trace_id: str


def utc_day(now: datetime) -> str:
    """Return the day that spending counts for."""
    return now.astimezone(UTC).date().isoformat()


def spent_on(connection: Connection, day: str) -> int:
    """Return what a day's models and messages have cost so far, reservations included, in micro-dollars.

    Calls have caps of their own, in minutes.
    """
    return connection.execute(
        "SELECT coalesce(sum(amount_micros), 0) FROM cost_ledger WHERE day = ? AND kind <> 'call'", (day,)
    ).fetchone()[0]


def spent_by_turn(connection: Connection, turn_id: str) -> int:
    """Return what a turn's answers have cost so far in micro-dollars.

    Calls of unknown outcome count for the day alone: a turn that waits out an outage has not run away.
    """
    return connection.execute(
        "SELECT coalesce(sum(amount_micros), 0) FROM cost_ledger"
        " WHERE id IN (SELECT id FROM ai_usage WHERE turn_id = ? AND status <> 'unknown')",
        (turn_id,),
    ).fetchone()[0]


def reserve(connection: Connection, call: Reservation, *, cap_micros: int, now: datetime) -> None:
    """Set money aside for a call. Raises: CapReached, and then there must be no call."""
    if switches.value(connection, "spend") == "block":
        raise CapReached("Spending is blocked by `ivy switch spend block`.")
    day = utc_day(now)
    if spent_on(connection, day) + call.estimate_micros > cap_micros:
        raise CapReached(f"The daily cap of ${cap_micros / 1e6:.2f} is reached.")
    prices = call.prices
    connection.execute(
        "INSERT INTO ai_usage (id, user_id, turn_id, role, vendor, model, status, input_price, output_price, cache_read_price,"
        " cache_write_price, price_source, trace_id, at_ms) VALUES (?, ?, ?, ?, ?, ?, 'reserved', ?, ?, ?, ?, ?, ?, ?)",
        (call.id, call.user_id, call.turn_id, call.role, call.vendor, call.model, prices.input, prices.output,
         prices.cache_read, prices.cache_write, prices.source, call.trace_id, stamp(now)),
    )  # fmt: skip
    charge(
        connection, call.id, kind="model", provider=call.vendor, model=call.model, user_id=call.user_id,
        micros=call.estimate_micros, state="reserved", now=now,
    )  # fmt: skip


def charge(
    connection: Connection,
    entry_id: str,
    *,
    kind: str,
    provider: str,
    user_id: str | None,
    micros: int,
    now: datetime,
    model: str = "",
    state: str = "settled",
) -> None:
    """Write one cost into the ledger; a second of the same id changes nothing."""
    connection.execute(
        "INSERT INTO cost_ledger (id, day, kind, provider, model, user_id, amount_micros, state, at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (entry_id, utc_day(now), kind, provider, model, user_id, micros, state, stamp(now)),
    )


def correct(connection: Connection, entry_id: str, micros: int) -> None:
    """Say what something that stands in the ledger as an estimate really costs."""
    connection.execute("UPDATE cost_ledger SET amount_micros = ? WHERE id = ?", (micros, entry_id))


def settle(
    connection: Connection, call_id: str, usage: Usage, *, micros: int, latency_ms: int, request_id: str
) -> None:
    """Put what a call really used in the place of its reservation."""
    connection.execute(
        "UPDATE ai_usage SET status = 'done', input_tokens = ?, output_tokens = ?, cache_read_tokens = ?,"
        " cache_write_tokens = ?, latency_ms = ?, request_id = ? WHERE id = ?",
        (usage.input, usage.output, usage.cache_read, usage.cache_write, latency_ms, request_id, call_id),
    )
    connection.execute("UPDATE cost_ledger SET amount_micros = ?, state = 'settled' WHERE id = ?", (micros, call_id))


def fail(connection: Connection, call_id: str, error: str, *, billed: bool, latency_ms: int) -> None:
    """End a call that gave no answer; one that may have been answered stays billed at its estimate."""
    connection.execute(
        "UPDATE ai_usage SET status = ?, error = ?, latency_ms = ? WHERE id = ?",
        ("unknown" if billed else "failed", error, latency_ms, call_id),
    )
    connection.execute(
        "UPDATE cost_ledger SET state = 'settled', amount_micros = CASE WHEN ? THEN amount_micros ELSE 0 END WHERE id = ?",
        (billed, call_id),
    )


def expire_reservations(connection: Connection) -> int:
    """At start-up: calls in flight when the process died count as spent at their estimate; return how many."""
    ids = [row["id"] for row in connection.execute("SELECT id FROM ai_usage WHERE status = 'reserved'").fetchall()]
    for call_id in ids:
        fail(connection, call_id, "the daemon died during the call", billed=True, latency_ms=0)
    others = connection.execute("UPDATE cost_ledger SET state = 'settled' WHERE state = 'reserved'").rowcount
    return len(ids) + others


GROUPS = {
    "day": "day",
    "user": "coalesce(user_id, '')",
    "provider": "provider",
    "kind": "kind",
    "model": "CASE model WHEN '' THEN provider ELSE model END",
}


def by(connection: Connection, group: str, *, since: str, until: str) -> list[Row]:
    """Return (name, micros, entries) per day, user, provider, kind or model, between two UTC days, both included."""
    return connection.execute(
        f"SELECT {GROUPS[group]} AS name, sum(amount_micros) AS micros, count(*) AS entries FROM cost_ledger"
        " WHERE day BETWEEN ? AND ? GROUP BY 1 ORDER BY 2 DESC, 1",
        (since, until),
    ).fetchall()
