"""Ivy's questions in a story: what was asked, what answered it, and a tap that came too late.

May import: story_events, the domain.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ivy.clock import unstamp
from ivy.domain import actions
from ivy.store.binding import Connection, Row
from ivy.store.story_events import Event, json_list


def questions(connection: Connection, messages: Sequence[Row]) -> list[Event]:
    """Tell every question that one of these messages asks or answers."""
    found: dict[str, Row] = {}
    for row in messages:
        for question in _of(connection, row):
            found[question["id"]] = question
    events = [event for question in found.values() for event in _told(connection, question)]
    return events + [event for row in messages if (event := _in_vain(row, found)) is not None]


def _of(connection: Connection, row: Row) -> Iterable[Row]:
    """Return the questions of one message: by the button it taps, the message it stands on, or the commit they share."""
    if row["direction"] == "out":
        return _where(connection, "id = ?", row["action_id"]) if row["action_id"] else []
    event = _event(row)
    ids = [named.action_id] if (named := actions.named(_token(event))) else []
    stands_on = event.get("target_id") or event.get("quoted_id") or ""
    if stands_on:
        under = "SELECT action_id FROM messages_v2 WHERE channel = ? AND external_id = ? AND direction = 'out'"
        ids += [each["action_id"] for each in connection.execute(under, (row["channel"], stands_on))]
    return [
        *_where(
            connection,
            "user_id = ? AND id IN (SELECT value FROM json_each(?))",
            row["user_id"],
            json_list(filter(None, ids)),
        ),
        # What a message answers is settled in the commit that takes the message in.
        *_where(connection, "user_id = ? AND done_at_ms = ? AND answer <> ''", row["user_id"], row["state_at_ms"]),
    ]


def _where(connection: Connection, condition: str, *values: Any) -> list[Row]:
    return connection.execute(f"SELECT * FROM pending_actions WHERE {condition}", values).fetchall()


def _told(connection: Connection, question: Row) -> list[Event]:
    titles = dict(msgspec.json.decode(question["options"]))
    until = f"{unstamp(question['expires_at_ms']):%Y-%m-%d %H:%M} UTC"
    choice = f": {', '.join(titles.values())}" if titles else ""
    facts = {"kind": question["kind"], "options": titles, "answer": question["answer"]}
    asked = f"Ivy asked something ({question['kind']}){choice}. It could be answered until {until}."
    events = [Event(unstamp(question["created_at_ms"]), "question", asked, question["id"], facts)]
    if question["done_at_ms"] is not None:
        words = "The question was over: another took its place, or it was settled otherwise."
        if answer := question["answer"]:
            by = connection.execute(
                "SELECT id FROM messages_v2 WHERE user_id = ? AND direction = 'in' AND state_at_ms = ?",
                (question["user_id"], question["done_at_ms"]),
            ).fetchone()
            whose = f", by message {by['id']}" if by else ""
            words = f"It was answered: {titles.get(answer, answer)}{whose}."
        events.append(Event(unstamp(question["done_at_ms"]), "question", words, question["id"], facts))
    return events


def _in_vain(row: Row, found: dict[str, Row]) -> Event | None:
    """Say why a tap, or a form, was not taken as an answer."""
    if row["direction"] != "in" or row["kind"] not in ("tap", "form"):
        return None
    token = _token(_event(row))
    named = actions.named(token)
    question = found.get(named.action_id) if named else None
    if question is not None and question["done_at_ms"] == row["state_at_ms"]:
        return None
    if question is not None and question["done_at_ms"] is not None:
        words = "What it answers was over already."
    elif question is not None and question["expires_at_ms"] <= row["state_at_ms"]:
        words = "What it answers had expired."
    elif named is not None:
        words = "Its token is not one of theirs."
    elif row["kind"] == "tap":
        words = "Its button is none that Ivy signed: its title counts as words."
    else:
        return None
    return Event(unstamp(row["state_at_ms"]), "question", words, row["id"])


def _event(row: Row) -> dict[str, Any]:
    return msgspec.json.decode(row["event"]) if row["event"] else {}


def _token(event: dict[str, Any]) -> str:
    """Return the token that a tap or a form carries."""
    token: Any = event.get("action") or event.get("answers", {}).get("flow_token")
    return token if isinstance(token, str) else ""
