"""What a story's models and tools did, and what was paid. May import: story_events, binding, the ground."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ivy.clock import unstamp
from ivy.store.binding import Connection, Row
from ivy.store.story_events import Event, json_list


def models(connection: Connection, marks: Mapping[str, str]) -> list[Event]:
    rows = connection.execute(
        "SELECT u.*, l.amount_micros FROM ai_usage u LEFT JOIN cost_ledger l ON l.id = u.id"
        " WHERE u.turn_id IN (SELECT value FROM json_each(:turns))",
        marks,
    )
    wanted = _wanted(connection, marks)
    events: list[Event] = []
    for row in rows:
        micros = row["amount_micros"] or 0
        cost, took = f"${micros / 1e6:.6f}", "" if row["latency_ms"] is None else f", {row['latency_ms']} ms"
        who = f"The {row['role']} model ({row['model']} of {row['vendor']})"
        match row["status"]:
            case "done":
                cached = f", {row['cache_read_tokens']} of them cached" if row["cache_read_tokens"] else ""
                tokens = f"{row['input_tokens']} tokens in{cached}, {row['output_tokens']} out"
                words = f"{who} answered: {tokens}, {cost}{took}.{wanted.get(row['id'], '')}"
            case "reserved":
                words = f"{who} was asked and has not answered yet; {cost} is set aside."
            case status:
                counted = f"; it counts as {cost}" if micros else ""
                words = f"{who} gave no answer ({status}): {row['error']}{counted}{took}."
        details = {name: row[name] for name in ("role", "vendor", "model", "status", "input_tokens", "output_tokens",
                                                "cache_read_tokens", "latency_ms", "error", "request_id")}  # fmt: skip
        events.append(Event(unstamp(row["at_ms"]), "model", words, row["id"], {**details, "cost_micros": micros}))
    return events


def _wanted(connection: Connection, marks: Mapping[str, str]) -> dict[str, str]:
    """Say of each call to a model what the answer asked for."""
    rows = connection.execute(
        "SELECT payload FROM turn_steps WHERE kind = 'answer' AND turn_id IN (SELECT value FROM json_each(:turns))",
        marks,
    )
    said: dict[str, str] = {}
    for payload in (msgspec.json.decode(row["payload"]) for row in rows):
        tools = ", ".join(call["tool"] for call in payload["message"]["calls"]) if "call" in payload else ""
        dropped = ", ".join(payload.get("dropped", ()))
        less = f" For want of room it was not told: {dropped}." if dropped else ""
        said[payload.get("call", "")] = (f" It asked for {tools}." if tools else " It had its answer.") + less
    return said


_BECAME = {"done": "was done", "failed": "said no", "refused": "waits for their yes"}


def _asked_for(arguments: str) -> str:
    """Return arguments as words, or as they are where they are no object of plain values."""
    try:
        given = msgspec.json.decode(arguments, type=dict[str, Any])
    except msgspec.DecodeError:
        return f" {arguments}"
    return f" ({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


def tools(connection: Connection, marks: Mapping[str, str]) -> list[Event]:
    rows = connection.execute(
        "SELECT * FROM tool_executions WHERE turn_id IN (SELECT value FROM json_each(:turns))", marks
    )
    return [
        Event(
            unstamp(row["at_ms"]),
            "tool",
            f"{row['tool']}{_asked_for(row['arguments'])} {_BECAME[row['status']]}: {row['result']}",
            row["id"],
            {name: row[name] for name in ("tool", "arguments", "status", "result")},
        )
        for row in rows
    ]


def charges(connection: Connection, marks: Mapping[str, Any], messages: Iterable[Row]) -> list[Event]:
    rows = connection.execute(
        "SELECT * FROM cost_ledger WHERE kind IN ('message', 'call') AND (id IN (SELECT value FROM json_each(:messages))"
        " OR id IN (SELECT id FROM calls WHERE user_id = :user AND trace_id IN (SELECT value FROM json_each(:traces))))",
        {**marks, "messages": json_list(row["id"] for row in messages)},
    )
    return [
        Event(
            unstamp(row["at_ms"]),
            "cost",
            f"The {row['kind']} was counted as ${row['amount_micros'] / 1e6:.6f}.",
            row["id"],
            {"cost_micros": row["amount_micros"]},
        )
        for row in rows
    ]
