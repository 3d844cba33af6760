"""The story of one message, turn, call, gift, refusal or other thing, from every table it touched.

May import: the story_ files, job_records.

What belongs together is known by its trace id, its turn, or the key of its job. For operators.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivy.errors import UsageError
from ivy.store import job_records, story_causes, story_events, story_models, story_questions, story_things
from ivy.store.binding import Connection, Row
from ivy.store.job_records import LAST_LETTER, SHORTEST_PREFIX, JobRecord
from ivy.store.story_events import Event, json_list

_PLACES = {
    "message": "messages_v2",
    "turn": "turns",
    "job": "jobs",
    "webhook": "webhook_inbox",
    "reminder": "reminders",
    "call": "calls",
    "tool call": "tool_executions",
    "model call": "ai_usage",
    "gift": "donations",
    "expense": "expenses",
    "workout": "workouts",
    "question": "pending_actions",
    "review": "reviews",
    "alert": "alerts",
}
LATEST_FIRINGS = 3
"""A daily reminder has many slots; the latest tell enough."""


@dataclass(frozen=True)
class Anchor:
    """What was asked about."""

    kind: str
    id: str


@dataclass(frozen=True)
class Story:
    """All that happened, in order of time; `ending` says how things stand."""

    about: Anchor
    person: str
    user_id: str | None
    traces: tuple[str, ...]
    events: tuple[Event, ...]
    ending: str
    cost: str = ""
    cause: Event | None = None
    """What a message or call that went out followed from."""


@dataclass
class _Threads:
    """What ties rows together. Without a person (a webhook brings many people's news) everybody's rows are looked at."""

    user_id: str | None = None
    traces: set[str] = field(default_factory=set[str])
    turns: set[str] = field(default_factory=set[str])
    reminders: set[str] = field(default_factory=set[str])
    things: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Gifts, expenses and the like that are told of, by their kind."""

    def named(self, kind: str) -> set[str]:
        return self.things.get(kind, set[str]())

    @property
    def whose(self) -> str:
        """Narrow SQL to the person, whose rows have an index; a trace has none."""
        return "user_id = :user AND " if self.user_id else ""

    @property
    def marks(self) -> dict[str, Any]:
        """What the SQL of a story is given."""
        return {"user": self.user_id, "traces": json_list(self.traces), "turns": json_list(self.turns)}


# --- finding it ------------------------------------------------------------------------------------


def find(connection: Connection, words: str) -> Anchor:
    """Return what an id, the beginning of one, a trace id or a vendor's message id means. Raises: UsageError."""
    exact = _matches(connection, "= ?", (words,))
    if not exact and (
        row := connection.execute("SELECT id FROM messages_v2 WHERE external_id = ?", (words,)).fetchone()
    ):
        return Anchor("message", row["id"])
    if not exact and (row := connection.execute("SELECT id FROM jobs WHERE key = ?", (words,)).fetchone()):
        return Anchor("job", row["id"])
    if exact:
        return exact[0]
    if row := connection.execute("SELECT id FROM alerts WHERE key = ? ORDER BY id DESC LIMIT 1", (words,)).fetchone():
        return Anchor("alert", str(row["id"]))
    found = (
        _matches(connection, ">= ? AND id < ?", (words, words + LAST_LETTER)) if len(words) >= SHORTEST_PREFIX else []
    )
    if not found and connection.execute("SELECT 1 FROM jobs WHERE trace_id = ?", (words,)).fetchone():
        return Anchor("trace", words)
    if not found:
        raise UsageError(
            f"Nothing is known by {words!r}: give the id (or its beginning) of a message, turn, job, call, gift, expense,"
            " workout, question, reminder, review, alert or webhook."
        )
    if len(found) > 1:
        some = ", ".join(f"{each.kind} {each.id}" for each in found[:3])
        raise UsageError(f"{words!r} is the beginning of several ids ({some}{', …' if len(found) > 3 else ''}).")
    return found[0]


def _matches(connection: Connection, condition: str, values: tuple[str, ...]) -> list[Anchor]:
    found: list[Anchor] = []
    for kind, table in _PLACES.items():
        rows = connection.execute(f"SELECT id FROM {table} WHERE id {condition} LIMIT 5", values)
        found += [Anchor(kind, str(row["id"])) for row in rows]
    return found


def _threads(connection: Connection, anchor: Anchor) -> _Threads:
    threads = _Threads()
    if anchor.kind == "trace":
        threads.traces.add(anchor.id)
    else:
        _follow(connection, anchor, threads)
    rows = connection.execute(
        f"SELECT turn_id AS id FROM messages_v2 WHERE {threads.whose} turn_id IS NOT NULL"
        " AND trace_id IN (SELECT value FROM json_each(:traces))"
        f" UNION SELECT id FROM turns WHERE {threads.whose} trace_id IN (SELECT value FROM json_each(:traces))",
        threads.marks,
    )
    threads.turns |= {row["id"] for row in rows}
    return threads


def _follow(connection: Connection, anchor: Anchor, threads: _Threads) -> None:
    """Take up the threads of the row that was asked about."""
    table = _PLACES[anchor.kind]
    row: Mapping[str, Any] = dict(connection.execute(f"SELECT * FROM {table} WHERE id = ?", (anchor.id,)).fetchone())
    threads.user_id = row.get("user_id")
    threads.traces |= {row.get("trace_id", "")} - {""}
    if turn_id := anchor.id if anchor.kind == "turn" else row.get("turn_id"):
        threads.turns.add(turn_id)
    if anchor.kind in ("gift", "expense", "workout", "review", "alert"):
        threads.things[anchor.kind] = {anchor.id}
    if anchor.kind in story_things.AT:
        turns, traces = story_things.askers(connection, row["user_id"], row[story_things.AT[anchor.kind]])
        threads.turns |= turns
        threads.traces |= traces
    if anchor.kind == "question":
        asked = connection.execute(
            "SELECT trace_id, turn_id FROM messages_v2 WHERE user_id = ? AND action_id = ?",
            (threads.user_id, anchor.id),
        ).fetchall()
        threads.traces |= {each["trace_id"] for each in asked} - {""}
        threads.turns |= {each["turn_id"] for each in asked if each["turn_id"]}
    if anchor.kind == "review":
        said = connection.execute(
            "SELECT trace_id FROM messages_v2 WHERE id = ?1 UNION SELECT trace_id FROM calls WHERE id = ?1",
            (row["ref"],),
        )
        threads.traces |= {each["trace_id"] for each in said} - {""}
    if anchor.kind == "reminder":
        threads.reminders.add(anchor.id)
        fired = connection.execute(
            "SELECT trace_id FROM jobs WHERE user_id = ? AND kind = 'reminder' AND json_extract(payload, '$.ref') = ?"
            " ORDER BY due_at_ms DESC LIMIT +?",
            (threads.user_id, anchor.id, LATEST_FIRINGS),
        )
        threads.traces |= {row["trace_id"] for row in fired}


# --- telling it ------------------------------------------------------------------------------------


def tell(connection: Connection, anchor: Anchor, *, now: datetime) -> Story:
    """Tell all that is kept about it."""
    threads = _threads(connection, anchor)
    marks = threads.marks
    messages = connection.execute(
        "SELECT m.*, coalesce((SELECT name FROM users WHERE id = m.user_id), 'a stranger') AS person FROM messages_v2 m"
        f" WHERE {threads.whose} (trace_id IN (SELECT value FROM json_each(:traces))"
        "  OR turn_id IN (SELECT value FROM json_each(:turns)))",
        marks,
    ).fetchall()
    turns = connection.execute(
        "SELECT * FROM turns WHERE id IN (SELECT value FROM json_each(:turns))", marks
    ).fetchall()
    jobs = _jobs(connection, threads, messages, turns)
    at = story_things.instants(connection, threads.user_id, threads.turns, messages)
    events = [
        *story_events.webhooks(connection, marks),
        *story_causes.schedules(connection, jobs),
        *story_events.reminders(connection, threads.reminders, jobs),
        *(event for row in messages if row["direction"] == "in" for event in story_events.message(row)),
        *story_questions.questions(connection, messages),
        *(event for row in turns for event in story_events.turn(connection, row)),
        *story_models.models(connection, marks),
        *story_models.tools(connection, marks),
        *(event for row in turns for event in story_events.turn_end(row)),
        *story_things.workouts(connection, threads.named("workout")),
        *story_things.expenses(connection, threads.user_id, at, threads.named("expense")),
        *story_things.gifts(connection, threads.user_id, at, threads.named("gift")),
        *story_things.reviews(connection, threads.named("review"), messages),
        *story_things.alerts(connection, threads.named("alert")),
        *(event for row in messages if row["direction"] == "out" for event in story_events.message(row)),
        *story_events.calls(connection, marks, threads.whose),
        *story_events.statuses(connection, messages),
        *(event for job in jobs for event in story_events.job(job)),
        *story_models.charges(connection, marks, messages),
        *story_events.replays(connection, jobs),
        *story_events.audits(connection, jobs),
        *story_causes.operators(connection, messages, marks, threads.whose),
    ]
    events.sort(key=lambda event: event.at)  # of what is one commit, the order above is the order of things
    user_id, person = _person(connection, [*messages, *turns], jobs, threads)
    ending = _ending(connection, messages, jobs, now)
    cause = story_causes.of(connection, anchor.kind, anchor.id, events) if anchor.kind in ("message", "call") else None
    traces, cost = tuple(sorted(threads.traces)), story_things.cost(events)
    return Story(anchor, person, user_id, traces, tuple(events), ending, cost, cause)


def _jobs(connection: Connection, threads: _Threads, messages: Iterable[Row], turns: Iterable[Row]) -> list[JobRecord]:
    """Return the jobs of these traces, and those that are known by their keys: a webhook's trace is its own id."""
    keys = [f"send:{row['id']}" for row in messages if row["direction"] == "out"]
    keys += [row["key"] for row in turns] + [f"inbound:{trace}" for trace in threads.traces]
    rows = connection.execute(
        "SELECT *, coalesce((SELECT name FROM users WHERE id = jobs.user_id), '') AS person FROM jobs WHERE rowid IN ("
        f" SELECT rowid FROM jobs WHERE {threads.whose} trace_id IN (SELECT value FROM json_each(:traces))"
        " UNION SELECT rowid FROM jobs WHERE key IN (SELECT value FROM json_each(:keys))) ORDER BY rowid",
        {**threads.marks, "keys": json_list(keys)},
    )
    return [job_records.record(row) for row in rows]


# --- how it stands ---------------------------------------------------------------------------------


def _ending(connection: Connection, messages: Iterable[Row], jobs: Iterable[JobRecord], now: datetime) -> str:
    """Say what is still open; what went wrong comes first."""
    lines: list[str] = []
    for job in jobs:
        if job.state == "dead":
            lines.append(f"The {job.kind} job is a dead letter: {job.reason} (`ivy dlq show {job.id}`).")
        elif job.state in ("ready", "leased"):
            pause = connection.execute(
                "SELECT reason, until_ms FROM queue_pauses WHERE queue = ? AND until_ms > ?",
                (job.queue, round(now.timestamp() * 1000)),
            ).fetchone()
            if pause:
                lines.append(f"The {job.kind} job waits: queue {job.queue} is paused ({pause['reason']}).")
            elif job.state == "leased":
                lines.append(f"The {job.kind} job runs now.")
            else:
                lines.append(f"The {job.kind} job waits until {job.run_at:%Y-%m-%d %H:%M:%S} UTC.")
    lines += [
        f"A message is {row['state']}: {row['reason']}."
        for row in messages
        if row["state"] in ("held", "unknown", "failed", "lapsed", "cancelled")
    ]
    return " ".join(dict.fromkeys(lines)) or "Nothing of it is open."


def _person(
    connection: Connection, rows: Iterable[Row], jobs: Iterable[JobRecord], threads: _Threads
) -> tuple[str | None, str]:
    ids = [row["user_id"] for row in rows] + [job.user_id for job in jobs]
    ids += [
        row["user_id"]
        for row in connection.execute(
            "SELECT user_id FROM reminders WHERE id IN (SELECT value FROM json_each(?))",
            (json_list(threads.reminders),),
        )
    ]
    user_id = next((each for each in ids if each), threads.user_id)
    row = connection.execute("SELECT name FROM users WHERE id = ?", (user_id,)).fetchone()
    return user_id, row["name"] if row else ""
