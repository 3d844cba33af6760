"""What models and messages cost: reserved before, settled after, never over the cap. May import: scope, binding, the domain.

`ai_usage` has tokens and latency, `cost_ledger` alone has money, in micro-dollars. Both rows are there before the call is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from ivy.clock import stamp
from ivy.config import SpendSection
from ivy.domain.spend_caps import Sums, judge
from ivy.errors import IvyError
from ivy.ports import UnitPrices, Usage
from ivy.store import switches
from ivy.store.binding import Connection


class CapReached(IvyError):
    """The money of a day or a month is spent: nothing that is not exempt may cost before `until`."""

    def __init__(self, message: str, *, span: str = "", until: datetime | None = None) -> None:
        super().__init__(message)
        self.span = span
        self.until = until


@dataclass(frozen=True)
class Reserved:
    """That money was set aside for one request: `ivy/agent/paid.py` makes none without it, and only this file makes one."""

    entry_id: str
    micros: int


NAMES = {
    "day": "daily cap",
    "month": "monthly cap",
    "person_day": "daily cap of one person",
    "person_month": "monthly cap of one person",
}


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


def caps_of(section: SpendSection) -> Sums:
    """Return the caps as configuration has them."""
    return Sums(
        day=_micros(section.daily_cap_usd),
        month=_micros(section.monthly_cap_usd),
        person_day=_micros(section.person_daily_cap_usd),
        person_month=_micros(section.person_monthly_cap_usd),
    )


def _micros(dollars: float) -> int:
    return round(max(dollars, 0.0) * 1_000_000)


def utc_day(now: datetime) -> str:
    """Return the day that spending counts for."""
    return now.astimezone(UTC).date().isoformat()


def spent_on(connection: Connection, day: str) -> int:
    """Return what a day has cost so far, reservations included, in micro-dollars.

    Calls have caps of their own, in minutes.
    """
    return _total(connection, "", day, day)


def spent(connection: Connection, user_id: str | None, *, now: datetime) -> Sums:
    """Return what the caps look at: today and this month (UTC), of everybody and of one person."""
    day = utc_day(now)
    first = f"{day[:7]}-01"
    return Sums(
        day=_total(connection, "", day, day),
        month=_total(connection, "", first, day),
        person_day=_total(connection, user_id, day, day) if user_id else 0,
        person_month=_total(connection, user_id, first, day) if user_id else 0,
    )


def heavy(connection: Connection, caps: Sums, *, now: datetime) -> list[str]:
    """Return the ids of people who have used up half of a cap of their own, today or this month."""
    day = utc_day(now)
    rows = connection.execute(
        "SELECT user_id FROM spend_days WHERE user_id <> '' AND day BETWEEN :first AND :day GROUP BY user_id"
        " HAVING (:person_month > 0 AND 2 * sum(micros) >= :person_month)"
        " OR (:person_day > 0 AND 2 * sum(CASE day WHEN :day THEN micros ELSE 0 END) >= :person_day) ORDER BY 1",
        {"first": f"{day[:7]}-01", "day": day, "person_month": caps.person_month, "person_day": caps.person_day},
    )
    return [row["user_id"] for row in rows]


def _total(connection: Connection, user_id: str, since: str, until: str) -> int:
    return connection.execute(
        "SELECT coalesce(sum(micros), 0) FROM spend_days WHERE user_id = ? AND day BETWEEN ? AND ?",
        (user_id, since, until),
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


def reserve(connection: Connection, call: Reservation, *, caps: Sums, now: datetime, kind: str = "model") -> Reserved:
    """Set money aside for a request that is counted in tokens. Raises: CapReached, and then there must be none."""
    reserved = set_aside(
        connection, call.id, kind=kind, provider=call.vendor, model=call.model, user_id=call.user_id,
        micros=call.estimate_micros, caps=caps, now=now,
    )  # fmt: skip
    prices = call.prices
    connection.execute(
        "INSERT INTO ai_usage (id, user_id, turn_id, role, vendor, model, status, input_price, output_price, cache_read_price,"
        " cache_write_price, price_source, trace_id, at_ms) VALUES (?, ?, ?, ?, ?, ?, 'reserved', ?, ?, ?, ?, ?, ?, ?)",
        (call.id, call.user_id, call.turn_id, call.role, call.vendor, call.model, prices.input, prices.output,
         prices.cache_read, prices.cache_write, prices.source, call.trace_id, stamp(now)),
    )  # fmt: skip
    return reserved


def set_aside(
    connection: Connection,
    entry_id: str,
    *,
    kind: str,
    provider: str,
    user_id: str | None,
    micros: int,
    caps: Sums | None,
    now: datetime,
    model: str = "",
) -> Reserved:
    """Set money aside for one request; another one of the same id is counted with the first. `caps` None: no cap stops it.

    Raises: CapReached, and then there must be no request.
    """
    if caps is not None:
        _check(connection, caps, user_id, micros, now)
    connection.execute(
        "INSERT INTO cost_ledger (id, day, kind, provider, model, user_id, amount_micros, state, at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'reserved', ?) ON CONFLICT (id) DO UPDATE SET requests = requests + 1,"
        " day = excluded.day, amount_micros = excluded.amount_micros, state = 'reserved'",
        (entry_id, utc_day(now), kind, provider, model, user_id, micros, stamp(now)),
    )
    return Reserved(entry_id, micros)


def _check(connection: Connection, caps: Sums, user_id: str | None, micros: int, now: datetime) -> None:
    if switches.value(connection, "spend") == "block":
        raise CapReached("Spending is blocked by `ivy switch spend block`.")
    verdict = judge(caps, spent(connection, user_id, now=now), micros, now=now)
    if not verdict.ok:
        name = NAMES[verdict.span]
        raise CapReached(
            f"The {name} of ${verdict.cap_micros / 1e6:.2f} is reached.", span=verdict.span, until=verdict.until
        )


def release(connection: Connection, entry_id: str) -> None:
    """What was set aside was surely not spent; the row stays, since there was a request."""
    connection.execute(
        "UPDATE cost_ledger SET amount_micros = 0, state = 'settled' WHERE id = ? AND state = 'reserved'", (entry_id,)
    )


def close(connection: Connection, entry_id: str, micros: int | None = None) -> None:
    """Put what something really cost in the place of what was set aside; None if that will never be known."""
    connection.execute(
        "UPDATE cost_ledger SET amount_micros = coalesce(?, amount_micros), state = 'settled' WHERE id = ?",
        (micros, entry_id),
    )


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
) -> None:
    """Write a cost that nobody had set aside; where there is a row of that id already, nothing changes."""
    connection.execute(
        "INSERT INTO cost_ledger (id, day, kind, provider, model, user_id, amount_micros, state, at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'settled', ?) ON CONFLICT (id) DO NOTHING",
        (entry_id, utc_day(now), kind, provider, model, user_id, micros, stamp(now)),
    )


def settle(
    connection: Connection, call_id: str, usage: Usage, *, micros: int, latency_ms: int, request_id: str
) -> None:
    """Put what a call really used in the place of its reservation."""
    connection.execute(
        "UPDATE ai_usage SET status = 'done', input_tokens = ?, output_tokens = ?, cache_read_tokens = ?,"
        " cache_write_tokens = ?, latency_ms = ?, request_id = ? WHERE id = ?",
        (usage.input, usage.output, usage.cache_read, usage.cache_write, latency_ms, request_id, call_id),
    )
    close(connection, call_id, micros)


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
    """At start-up: what was in flight when the process died counts as spent at its estimate; return how many.

    Messages and calls have states of their own, by which their money is settled.
    """
    ids = [row["id"] for row in connection.execute("SELECT id FROM ai_usage WHERE status = 'reserved'").fetchall()]
    for call_id in ids:
        fail(connection, call_id, "the daemon died during the call", billed=True, latency_ms=0)
    others = connection.execute(
        "UPDATE cost_ledger SET state = 'settled' WHERE state = 'reserved' AND kind NOT IN ('message', 'call')"
    ).rowcount
    return len(ids) + others
