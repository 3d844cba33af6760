"""Gifts, workouts, expenses, reviews and alerts in a story, and what it cost in all. May import: story_events, the domain.

What a tool, a tap or a call wrote carries the instant of its commit: by person and instant each is joined to whoever asked.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from ivy.clock import unstamp
from ivy.domain.money import Money, format_money
from ivy.domain.streaks import Outcome, Streak, replay
from ivy.store.binding import Connection, Row
from ivy.store.story_events import Event, json_list

AT = {"gift": "at_ms", "expense": "created_at_ms", "workout": "changed_at_ms"}
"""The column with the instant at which each was written."""
SAID_BY = {"text": "in the chat", "button": "by a tap", "call": "on the phone", "import": "in an import"}


def askers(connection: Connection, user_id: str, at_ms: int) -> tuple[set[str], set[str]]:
    """Return the turns whose tools wrote something at an instant, and the traces of the messages that did."""
    turns = connection.execute("SELECT turn_id FROM tool_executions WHERE user_id = ? AND at_ms = ?", (user_id, at_ms))
    traces = connection.execute(
        "SELECT trace_id FROM turns WHERE id IN (SELECT turn_id FROM tool_executions WHERE user_id = ?1 AND at_ms = ?2)"
        " UNION SELECT trace_id FROM messages_v2 WHERE user_id = ?1 AND direction = 'in' AND state_at_ms = ?2"
        " UNION SELECT trace_id FROM calls WHERE user_id = ?1 AND id IN"
        " (SELECT turn_id FROM tool_executions WHERE user_id = ?1 AND at_ms = ?2)",
        (user_id, at_ms),
    )
    return {row["turn_id"] for row in turns}, {row["trace_id"] for row in traces} - {""}


def instants(connection: Connection, user_id: str | None, turns: Iterable[str], messages: Iterable[Row]) -> list[int]:
    """Return when the tools of these turns did something, and when taps of these messages were taken in."""
    rows = connection.execute(
        "SELECT DISTINCT at_ms FROM tool_executions WHERE user_id = ? AND status = 'done'"
        " AND turn_id IN (SELECT value FROM json_each(?))",
        (user_id, json_list(turns)),
    )
    taps = {row["state_at_ms"] for row in messages if row["direction"] == "in" and not row["turn_id"]}
    return sorted({row["at_ms"] for row in rows} | taps)


# --- gifts -------------------------------------------------------------------------------------------


def gifts(connection: Connection, user_id: str | None, at: Iterable[int], ids: Iterable[str]) -> list[Event]:
    """Tell of the gifts of these instants, and of these."""
    rows = connection.execute(
        "SELECT d.*, w.kind AS workout, w.day AS workout_day, w.state AS workout_state, w.source, w.minutes FROM donations d"
        " LEFT JOIN workouts w ON w.id = d.workout_id AND w.user_id = d.user_id WHERE d.id IN (SELECT value FROM json_each(?1))"
        " OR (d.user_id = ?2 AND d.at_ms IN (SELECT value FROM json_each(?3))) ORDER BY d.n",
        (json_list(ids), user_id, msgspec.json.encode(list(at)).decode()),
    ).fetchall()
    return [_gift(connection, row) for row in rows]


def _gift(connection: Connection, row: Row) -> Event:
    amount = _money(abs(row["amount_minor"]), row["currency"])
    what = {
        "gift": f"A gift of {amount} to {row['charity']} was pledged, paid by {row['payer']},",
        "comeback": f"A gift of {amount} to {row['charity']} was pledged for coming back, paid by {row['payer']},",
        "reversal": f"{amount} to {row['charity']} were taken back (gift {row['reverses']}),",
    }[row["kind"]]
    facts = {name: row[name] for name in ("n", "kind", "charity", "amount_minor", "currency", "payer", "workout_id")}
    words = f"{what} {_of_workout(row)}. {_streak_moved(connection, row)} {_caps(connection, row)}".strip()
    return Event(unstamp(row["at_ms"]), "gift", words, row["id"], facts)


def _of_workout(row: Row) -> str:
    if row["workout"] is None:
        return f"for workout {row['workout_id']}, which is not kept any more"
    minutes = f", {row['minutes']} min" if row["minutes"] is not None else ""
    said = SAID_BY.get(row["source"], row["source"])
    return f"for the workout “{row['workout']}” of {row['workout_day']} ({row['workout_state']}{minutes}), by their own word {said}"


def _streak_moved(connection: Connection, row: Row) -> str:
    before, after = (_streak(connection, row["user_id"], row["at_ms"] - late) for late in (1, 0))
    if before.current == after.current:
        return f"The streak stayed at {after.current}."
    return f"The streak went from {before.current} to {after.current}."


def _streak(connection: Connection, user_id: str, until_ms: int) -> Streak:
    rows = connection.execute(
        "SELECT day, outcome FROM streak_events WHERE user_id = ? AND at_ms <= ? ORDER BY id", (user_id, until_ms)
    )
    latest = {date.fromisoformat(row["day"]): row["outcome"] for row in rows}
    return replay((day, Outcome(outcome)) for day, outcome in latest.items() if outcome != "none")


def _caps(connection: Connection, row: Row) -> str:
    wallet = connection.execute("SELECT * FROM impact_wallets WHERE user_id = ?", (row["user_id"],)).fetchone()
    if wallet is None or wallet["currency"] != row["currency"]:
        return ""
    used = connection.execute(
        "SELECT coalesce(sum(amount_minor) FILTER (WHERE day = :day), 0) AS of_day, sum(amount_minor) AS of_month FROM donations"
        " WHERE user_id = :user AND currency = :currency AND substr(day, 1, 7) = substr(:day, 1, 7) AND n <= :n",
        {"user": row["user_id"], "currency": row["currency"], "day": row["day"], "n": row["n"]},
    ).fetchone()
    day, day_cap, month, month_cap = (
        _money(each, row["currency"])
        for each in (used["of_day"], wallet["daily_cap_minor"], used["of_month"] or 0, wallet["monthly_cap_minor"])
    )
    return f"With it {day} of at most {day_cap} were given on {row['day']}, and {month} of {month_cap} in that month."


# --- what else was written -------------------------------------------------------------------------------


def expenses(connection: Connection, user_id: str | None, at: Iterable[int], ids: Iterable[str]) -> list[Event]:
    """Tell of the expenses of these instants, and of these."""
    rows = connection.execute(
        "SELECT * FROM expenses WHERE id IN (SELECT value FROM json_each(?1))"
        " OR (user_id = ?2 AND created_at_ms IN (SELECT value FROM json_each(?3))) ORDER BY created_at_ms, id",
        (json_list(ids), user_id, msgspec.json.encode(list(at)).decode()),
    )
    events: list[Event] = []
    for row in rows:
        amount = _money(row["amount_minor"], row["currency"])
        facts = {name: row[name] for name in ("amount_minor", "currency", "description", "category", "day")}
        words = f"{amount} for {row['description']} ({row['category']}) stands as spent on {row['day']}."
        events.append(Event(unstamp(row["created_at_ms"]), "expense", words, row["id"], facts))
        if row["deleted_at_ms"] is not None:
            events.append(Event(unstamp(row["deleted_at_ms"]), "expense", "The expense was taken back.", row["id"]))
    return events


def workouts(connection: Connection, ids: Iterable[str]) -> list[Event]:
    """Tell of these workouts."""
    rows = connection.execute("SELECT * FROM workouts WHERE id IN (SELECT value FROM json_each(?))", (json_list(ids),))
    return [
        Event(
            unstamp(row["changed_at_ms"]),
            "workout",
            f"The workout “{row['kind']}” of {row['day']} is {row['state']}, {SAID_BY.get(row['source'], row['source'])}.",
            row["id"],
            {"state": row["state"], "day": row["day"], "source": row["source"]},
        )
        for row in rows
    ]


def reviews(connection: Connection, ids: Iterable[str], messages: Iterable[Row]) -> list[Event]:
    """Tell of these reviews, and of those that these messages opened."""
    rows = connection.execute(
        "SELECT * FROM reviews WHERE id IN (SELECT value FROM json_each(?1)) OR ref IN (SELECT value FROM json_each(?2))",
        (json_list(ids), json_list(row["id"] for row in messages)),
    )
    events: list[Event] = []
    for row in rows:
        opened = (
            f"A human was asked to look ({row['kind'].replace('_', ' ')}), for what was said in the {row['source']}:"
            f" “{row['words']}”. Until that is closed the coach begins nothing."
        )
        events.append(Event(unstamp(row["opened_at_ms"]), "review", opened, row["id"], {"ref": row["ref"]}))
        if row["closed_at_ms"] is not None:
            closed = f"{row['closed_by']} closed the review: {row['note'] or 'no note'}."
            events.append(Event(unstamp(row["closed_at_ms"]), "review", closed, row["id"]))
    return events


def alerts(connection: Connection, ids: Iterable[str]) -> list[Event]:
    """Tell of these alerts."""
    rows = connection.execute(
        "SELECT * FROM alerts WHERE CAST(id AS TEXT) IN (SELECT value FROM json_each(?))", (json_list(ids),)
    )
    events: list[Event] = []
    for row in rows:
        facts = {name: row[name] for name in ("key", "severity", "count")}
        words = f"{row['title']} ({row['severity']}). {row['advice']}"
        events.append(Event(unstamp(row["first_at_ms"]), "alert", words, str(row["id"]), facts))
        if row["count"] > 1:
            again = f"It was seen again, {row['count']} times in all."
            events.append(Event(unstamp(row["last_at_ms"]), "alert", again, str(row["id"])))
        if row["resolved_at_ms"] is not None:
            events.append(Event(unstamp(row["resolved_at_ms"]), "alert", "It is over.", str(row["id"])))
    return events


# --- in all ----------------------------------------------------------------------------------------------


def cost(events: Iterable[Event]) -> str:
    """Say what all of a story cost, by what it went to; "" if nothing was asked of anybody who charges."""
    by: dict[str, int] = {}
    for event in events:
        details: Mapping[str, Any] = event.details
        if "cost_micros" in details:
            by[event.what] = by.get(event.what, 0) + int(details["cost_micros"])
    if not by:
        return ""
    names = {"model": "models", "cost": "messages and calls"}
    parts = ", ".join(f"{names[what]} ${micros / 1e6:.6f}" for what, micros in by.items())
    return f"All of it cost ${sum(by.values()) / 1e6:.6f}{f' ({parts})' if len(by) > 1 else ''}."


def _money(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency), "en-US")
