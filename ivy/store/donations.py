"""Pledges: one ledger of all people, in one chain of hashes, that only ever grows. May import: scope, chains, the domain.

A gift stands unless a reversal names it. What stands is what counts against the caps; sums over all rows are the totals.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ivy.clock import stamp
from ivy.domain.chain import FIELDS, End, link_hash
from ivy.domain.giving import Given, Kind, Move, Used
from ivy.store import chains
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope

_STANDS = (
    "donations.kind <> 'reversal' AND NOT EXISTS (SELECT 1 FROM donations back WHERE back.reverses = donations.id)"
)


@dataclass(frozen=True)
class Pledged:
    """What a person pledged to one charity in one currency: in a month of theirs, and in all."""

    charity: str
    currency: str
    month_minor: int
    all_minor: int


@dataclass(frozen=True)
class Owed:
    """What one kind of payer owes a charity for a month, in one currency; `pledged_minor` is less what was taken back."""

    charity: str
    currency: str
    payer: str
    people: int
    gifts: int
    taken_back: int
    pledged_minor: int


def add(
    scope: Scope, moves: Sequence[Move], *, workout_id: str, day: date, new_id: Callable[[], str], now: datetime
) -> None:
    """Write rows of a workout at the end of the chain; `day` is the person's local date."""
    end = chains.end_of_ledger(scope.connection)
    n, before = end.n, end.hash
    for move in moves:
        n += 1
        link: dict[str, Any] = {
            "n": n,
            "id": new_id(),
            "user_id": scope.user_id,
            "kind": move.kind.value,
            "workout_id": workout_id,
            "reverses": move.reverses,
            "day": day.isoformat(),
            "charity": move.charity,
            "amount_minor": move.amount_minor,
            "currency": move.currency,
            "payer": move.payer,
            "at_ms": stamp(now),
            "before": before,
        }
        before = link_hash(link)
        scope.connection.execute(
            f"INSERT INTO donations ({', '.join(FIELDS)}, hash) VALUES ({', '.join('?' * len(FIELDS))}, ?)",
            (*(link[name] for name in FIELDS), before),
        )
    if moves:
        chains.move(scope.connection, chains.LEDGER, End(n, before))


# --- a person's ------------------------------------------------------------------------------------


def standing(scope: Scope, workout_id: str) -> list[Given]:
    """Return what was given for a workout and not taken back."""
    rows = scope.execute(
        f"SELECT * FROM donations WHERE user_id = :user AND workout_id = :workout AND {_STANDS} ORDER BY n",
        workout=workout_id,
    )
    return [_given(row) for row in rows]


def used(scope: Scope, currency: str, day: date) -> Used:
    """Return what stands of a local date and of its month in one currency: what the caps are counted by."""
    row = scope.execute(
        "SELECT coalesce(sum(amount_minor) FILTER (WHERE day = :day), 0) AS of_day, coalesce(sum(amount_minor), 0) AS of_month"
        f" FROM donations WHERE user_id = :user AND currency = :currency AND day BETWEEN :first AND :last AND {_STANDS}",
        currency=currency,
        day=day.isoformat(),
        first=f"{day:%Y-%m}-01",
        last=f"{day:%Y-%m}-31",
    ).fetchone()
    return Used(row["of_day"], row["of_month"])


def has_comeback(scope: Scope, after: date, *, beside: str) -> bool:
    """Say whether a bonus for coming back stands for a workout of a later local date, another than `beside`."""
    row = scope.execute(
        "SELECT 1 FROM donations JOIN workouts ON workouts.id = workout_id AND workouts.user_id = donations.user_id"
        " WHERE donations.user_id = :user AND donations.kind = 'comeback' AND workouts.day > :after"
        f" AND workout_id <> :beside AND {_STANDS} LIMIT 1",
        after=after.isoformat(),
        beside=beside,
    ).fetchone()
    return row is not None


def pledged(scope: Scope, day: date) -> list[Pledged]:
    """Return what a person pledged by charity, in the month of a local date and in all; the sums of all their rows."""
    rows = scope.execute(
        "SELECT charity, currency, coalesce(sum(amount_minor) FILTER (WHERE day BETWEEN :first AND :last), 0) AS of_month,"
        " sum(amount_minor) AS in_all FROM donations WHERE user_id = :user GROUP BY charity, currency"
        " HAVING in_all <> 0 OR of_month <> 0 ORDER BY charity, currency",
        first=f"{day:%Y-%m}-01",
        last=f"{day:%Y-%m}-31",
    )
    return [Pledged(row["charity"], row["currency"], row["of_month"], row["in_all"]) for row in rows]


# --- everybody's, for operators ----------------------------------------------------------------------


def of_month(connection: Connection, month: str) -> list[Owed]:
    """Return what is owed for a month, written YYYY-MM: rows count for the local date they carry."""
    rows = connection.execute(
        "SELECT charity, currency, payer, count(DISTINCT user_id) AS people, count(*) FILTER (WHERE kind <> 'reversal') AS gifts,"
        " count(*) FILTER (WHERE kind = 'reversal') AS taken_back, sum(amount_minor) AS pledged_minor FROM donations"
        " WHERE day BETWEEN ?1 || '-01' AND ?1 || '-31' GROUP BY charity, currency, payer ORDER BY charity, currency, payer",
        (month,),
    )
    names = ("charity", "currency", "payer", "people", "gifts", "taken_back", "pledged_minor")
    return [Owed(*(row[name] for name in names)) for row in rows]


def links(connection: Connection, user_id: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of the chain in order, or those of one person: a receipt."""
    rows = connection.execute("SELECT * FROM donations WHERE ?1 IS NULL OR user_id = ?1 ORDER BY n", (user_id,))
    return (dict(row) for row in rows)


def _given(row: Row) -> Given:
    return Given(
        row["id"],
        Kind(row["kind"]),
        row["charity"],
        row["amount_minor"],
        row["currency"],
        row["payer"],
        date.fromisoformat(row["day"]),
    )
