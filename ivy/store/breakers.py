"""Which vendors are left alone, until when, what became of them before, and who holds one by hand. May import: binding, the domain.

A dependency goes by its name: a channel's, `vendor/model`, transcription, embedder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.breaker import (
    CLOSED,
    Breaker,
    BreakerPolicy,
    after_error,
    after_success,
    on_trial,
    waits_until,
)
from ivy.errors import Cause, VendorError
from ivy.store.binding import Connection, Row

CHANNELS = ("whatsapp", "solo", "sms", "mail", "retell")
"""What messages and calls leave by."""
HELD = timedelta(minutes=1)
"""How long what finds a breaker held open waits until it looks again."""
CHANGES_KEPT = 50
"""Of each breaker."""
STATES = ("auto", "closed", "open")
"""What an operator may set: as it has seen itself, or one of the two whatever it sees."""
BY_ITSELF = "by itself"
_SET_BY = "set by "


@dataclass(frozen=True)
class Override:
    """What an operator wants of a breaker: `state` is open or closed."""

    state: str
    set_at: datetime
    set_by: str


@dataclass(frozen=True)
class Change:
    """One thing that became of a breaker: open, closed, held open, held closed, by itself.

    `before` is what it was until then; `by` who set it by hand, "" where it saw that itself.
    """

    at: datetime
    state: str
    reason: str
    before: str = "closed"
    by: str = ""


def load(connection: Connection, name: str) -> Breaker:
    """Return a breaker as it has seen its vendor, whatever an operator wants of it."""
    row = connection.execute("SELECT * FROM breakers WHERE name = ?", (name,)).fetchone()
    return CLOSED if row is None else _read(row)


def standing(connection: Connection, name: str, now: datetime) -> Breaker:
    """Return a breaker as it counts now: as an operator holds it, else as it has seen its vendor."""
    override = override_of(connection, name)
    if override is None:
        return load(connection, name)
    if override.state == "closed":
        return CLOSED
    return Breaker(0, override.set_at, now + HELD, f"held open by {override.set_by}")


def all_of(connection: Connection) -> dict[str, Breaker]:
    """Return every breaker that has heard of a failure since its last success, by name."""
    return {row["name"]: _read(row) for row in connection.execute("SELECT * FROM breakers ORDER BY name")}


# --- around a call -----------------------------------------------------------------------------------


def begin(connection: Connection, name: str, now: datetime, limit: timedelta) -> datetime | None:
    """Let a call of at most `limit` pass, as the one trial if it is open; else return when to ask again."""
    found = standing(connection, name, now)
    until = waits_until(found, now)
    if until is None and found.until is not None:
        save(connection, name, on_trial(load(connection, name), now, limit), now=now)
    return until


def failed(
    connection: Connection,
    name: str,
    error: VendorError,
    policy: BreakerPolicy,
    *,
    now: datetime,
    began: datetime,
    setup: str = "",
) -> datetime | None:
    """Take a call that left at `began` and came to nothing; return until when its vendor is left alone, if it is.

    `setup` is a digest of the key and the address that were used: with others, what they spoilt is over (`set_up`).
    """
    save(connection, name, after_error(load(connection, name), policy, error, now, began=began), now=now, setup=setup)
    return standing(connection, name, now).until


def succeeded(connection: Connection, name: str, now: datetime) -> None:
    """Take a call that was answered: a key or money that kept others of its account from answering is well again too."""
    before = load(connection, name)
    if before == CLOSED:
        return
    siblings = _siblings(connection, name) if before.cause in (Cause.KEY, Cause.MONEY) else []
    save(connection, name, after_success(before, now), now=now)
    for each in siblings:
        save(connection, each, CLOSED, now=now)


def _siblings(connection: Connection, name: str) -> list[str]:
    """Return the others that the same key and address were refused for, or had no money for."""
    rows = connection.execute(
        "SELECT other.name FROM breakers one JOIN breakers other USING (setup) WHERE one.name = ? AND other.name <> one.name"
        " AND setup <> '' AND other.cause IN ('key', 'money')",
        (name,),
    )
    return [row["name"] for row in rows.fetchall()]


def save(connection: Connection, name: str, breaker: Breaker, *, now: datetime, setup: str = "", why: str = "") -> None:
    """Put a breaker in the place of what it was; that it opened or closed goes into its history, with its reason or `why`."""
    was_open = load(connection, name).opened_at is not None
    if breaker == CLOSED:
        connection.execute("DELETE FROM breakers WHERE name = ?", (name,))
    else:
        connection.execute(
            "INSERT INTO breakers (name, failures, opened_at_ms, until_ms, reason, cause, not_before_ms, setup)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET failures = excluded.failures,"
            " opened_at_ms = excluded.opened_at_ms, until_ms = excluded.until_ms, reason = excluded.reason,"
            " cause = excluded.cause, not_before_ms = excluded.not_before_ms,"
            " setup = CASE excluded.setup WHEN '' THEN setup ELSE excluded.setup END",
            (
                name,
                breaker.failures,
                None if breaker.opened_at is None else stamp(breaker.opened_at),
                None if breaker.until is None else stamp(breaker.until),
                breaker.reason,
                breaker.cause or "",
                None if breaker.not_before is None else stamp(breaker.not_before),
                setup,
            ),
        )
    if was_open != (breaker.opened_at is not None):
        _note(connection, name, "closed" if was_open else "open", why or breaker.reason, now)


def set_up(connection: Connection, setups: Mapping[str, str], now: datetime) -> list[str]:
    """At start-up: close what a key, a model or an address spoilt that has been changed since; return the names."""
    changed = [
        row["name"]
        for row in connection.execute("SELECT name, setup FROM breakers WHERE cause <> '' AND setup <> ''").fetchall()
        if row["name"] in setups and setups[row["name"]] != row["setup"]
    ]
    for name in changed:
        save(connection, name, CLOSED, now=now)
    return changed


# --- by hand -----------------------------------------------------------------------------------------


def hold(connection: Connection, name: str, state: str, *, by: str, now: datetime, reason: str = "") -> str:
    """Hold a breaker open or closed, or let it go by itself, forgetting what it saw; return what it was set to."""
    before = override_of(connection, name)
    why = f"{_SET_BY}{by}{f': {reason}' if reason else ''}"
    if state == "auto":
        save(connection, name, CLOSED, now=now, why=why)
        connection.execute("DELETE FROM breaker_overrides WHERE name = ?", (name,))
    else:
        connection.execute(
            "INSERT INTO breaker_overrides (name, state, set_at_ms, set_by) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
            " SET state = excluded.state, set_at_ms = excluded.set_at_ms, set_by = excluded.set_by",
            (name, state, stamp(now), by),
        )
    if state != (before.state if before else "auto"):
        _note(connection, name, BY_ITSELF if state == "auto" else f"held {state}", why, now)
    return before.state if before else "auto"


def override_of(connection: Connection, name: str) -> Override | None:
    row = connection.execute("SELECT * FROM breaker_overrides WHERE name = ?", (name,)).fetchone()
    return row and Override(row["state"], unstamp(row["set_at_ms"]), row["set_by"])


def overrides(connection: Connection) -> dict[str, Override]:
    """Return every breaker that is held by hand."""
    rows = connection.execute("SELECT * FROM breaker_overrides ORDER BY name")
    return {row["name"]: Override(row["state"], unstamp(row["set_at_ms"]), row["set_by"]) for row in rows}


def changes(connection: Connection, name: str, *, limit: int) -> tuple[Change, ...]:
    """Return what became of a breaker lately, the newest first."""
    rows = connection.execute(
        "SELECT *, lead(state, 1, 'closed') OVER (ORDER BY id DESC) AS before FROM breaker_changes WHERE name = ?"
        " ORDER BY id DESC LIMIT ?",
        (name, limit),
    )
    return tuple(_change(row) for row in rows)


def _change(row: Row) -> Change:
    by, reason = "", row["reason"]
    if reason.startswith(_SET_BY):
        by, _, reason = reason.removeprefix(_SET_BY).partition(": ")
    before = "closed" if row["before"] == BY_ITSELF else row["before"]
    return Change(unstamp(row["at_ms"]), row["state"], reason, before, by)


def _note(connection: Connection, name: str, state: str, reason: str, now: datetime) -> None:
    connection.execute(
        "INSERT INTO breaker_changes (name, at_ms, state, reason) VALUES (?, ?, ?, ?)",
        (name, stamp(now), state, reason),
    )
    connection.execute(
        "DELETE FROM breaker_changes WHERE name = ?1 AND id <="
        " (SELECT id FROM breaker_changes WHERE name = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        (name, CHANGES_KEPT),
    )


def _read(row: Row) -> Breaker:
    return Breaker(
        row["failures"],
        _instant(row["opened_at_ms"]),
        _instant(row["until_ms"]),
        row["reason"],
        Cause(row["cause"]) if row["cause"] else None,
        _instant(row["not_before_ms"]),
    )


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else unstamp(ms)
