"""The journal of each turn: what it read, what the model answered, what the tools did. May import: scope, the ground."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.store.scope import Scope


@dataclass(frozen=True)
class Step:
    """One finished step; `kind` is context, words, answer, results or reply."""

    n: int
    kind: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Turn:
    id: str
    key: str
    state: str
    prompt: str
    started_at_ms: int
    steps: tuple[Step, ...]


def open_turn(scope: Scope, turn_id: str, key: str, *, prompt: str, trace_id: str, now: datetime) -> Turn:
    """Begin the turn of this key, or take it up where it was left; a failed one is opened again."""
    scope.execute(
        "INSERT INTO turns (id, user_id, key, prompt, trace_id, started_at_ms) VALUES (:id, :user, :key, :prompt, :trace, :at)"
        " ON CONFLICT (key) DO UPDATE SET state = CASE state WHEN 'failed' THEN 'open' ELSE state END",
        id=turn_id,
        key=key,
        prompt=prompt,
        trace=trace_id,
        at=stamp(now),
    )
    row = scope.execute("SELECT * FROM turns WHERE user_id = :user AND key = :key", key=key).fetchone()
    return Turn(row["id"], row["key"], row["state"], row["prompt"], row["started_at_ms"], steps(scope, row["id"]))


def of_key(scope: Scope, key: str) -> str | None:
    """Return the id of the turn of this key."""
    row = scope.execute("SELECT id FROM turns WHERE user_id = :user AND key = :key", key=key).fetchone()
    return row and row["id"]


def steps(scope: Scope, turn_id: str) -> tuple[Step, ...]:
    """Return the finished steps of a turn in order."""
    rows = scope.execute(
        "SELECT n, kind, payload FROM turn_steps JOIN turns ON turns.id = turn_id"
        " WHERE user_id = :user AND turn_id = :turn ORDER BY n",
        turn=turn_id,
    )
    return tuple(Step(row["n"], row["kind"], msgspec.json.decode(row["payload"])) for row in rows)


def append(scope: Scope, turn_id: str, step: Step, *, now: datetime) -> None:
    """Add a finished step. Raises: IntegrityError if that step was written already."""
    scope.execute(
        "INSERT INTO turn_steps (turn_id, n, kind, payload, at_ms)"
        " SELECT id, :n, :kind, :payload, :at FROM turns WHERE id = :turn AND user_id = :user",
        turn=turn_id,
        n=step.n,
        kind=step.kind,
        payload=msgspec.json.encode(step.payload).decode(),
        at=stamp(now),
    )


def append_last(scope: Scope, turn_id: str, kind: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Add the step after all others."""
    taken = scope.execute(
        "SELECT count(*) AS n FROM turn_steps JOIN turns ON turns.id = turn_id WHERE user_id = :user AND turn_id = :turn",
        turn=turn_id,
    ).fetchone()["n"]
    append(scope, turn_id, Step(taken, kind, payload), now=now)


def close(scope: Scope, turn_id: str, state: str, *, now: datetime) -> None:
    """End a turn: done, or failed."""
    scope.execute(
        "UPDATE turns SET state = :state, ended_at_ms = :at WHERE id = :turn AND user_id = :user",
        turn=turn_id,
        state=state,
        at=stamp(now),
    )


def began(scope: Scope, turn_id: str) -> datetime | None:
    """Return when a turn began; None if it is not there."""
    row = scope.execute("SELECT started_at_ms FROM turns WHERE user_id = :user AND id = :turn", turn=turn_id).fetchone()
    return row and unstamp(row["started_at_ms"])


def let_go(scope: Scope, turn_id: str, *, since: datetime) -> None:
    """Let another turn answer what this one read from an instant on, if it did nothing after that."""
    scope.execute(
        "UPDATE messages_v2 SET turn_id = NULL WHERE user_id = :user AND turn_id = :turn AND direction = 'in' AND id IN"
        " (SELECT seen.value FROM turn_steps s, json_each(s.payload, iif(s.kind = 'words', '$.messages', '$.read')) seen"
        " WHERE s.turn_id = :turn AND s.kind IN ('context', 'words') AND s.at_ms >= :since AND NOT EXISTS (SELECT 1 FROM"
        " tool_executions t WHERE t.turn_id = :turn AND t.status = 'done' AND t.at_ms >= s.at_ms))",
        turn=turn_id,
        since=stamp(since),
    )


def abandon(scope: Scope, *, now: datetime) -> None:
    """End the turns under way without an answer, for good: the person wants none any more."""
    scope.execute(
        "UPDATE turns SET state = 'done', ended_at_ms = :at WHERE user_id = :user AND state = 'open'", at=stamp(now)
    )


def is_open(scope: Scope, turn_id: str) -> bool:
    """Say whether a turn may still answer."""
    return bool(
        scope.execute(
            "SELECT 1 FROM turns WHERE user_id = :user AND id = :turn AND state = 'open'", turn=turn_id
        ).fetchone()
    )


def has_spoken(scope: Scope, turn_id: str) -> bool:
    """Say whether a turn has sent the person anything yet."""
    return bool(
        scope.execute(
            "SELECT 1 FROM messages_v2 WHERE user_id = :user AND turn_id = :turn AND direction = 'out'", turn=turn_id
        ).fetchone()
    )


@dataclass(frozen=True)
class Account:
    """What a turn did and used: (tool, arguments, status) in order, tokens and micro-dollars."""

    tools: tuple[tuple[str, str, str], ...]
    calls: int
    input_tokens: int
    output_tokens: int
    micros: int


def account(scope: Scope, turn_id: str) -> Account:
    """Return what a turn did and used."""
    tools = scope.execute(
        "SELECT tool, arguments, status FROM tool_executions WHERE user_id = :user AND turn_id = :turn ORDER BY rowid",
        turn=turn_id,
    )
    used = scope.execute(
        "SELECT count(*) AS calls, coalesce(sum(input_tokens), 0) AS input, coalesce(sum(output_tokens), 0) AS output,"
        " coalesce(sum(amount_micros), 0) AS micros FROM ai_usage JOIN cost_ledger USING (id)"
        " WHERE ai_usage.user_id = :user AND turn_id = :turn",
        turn=turn_id,
    ).fetchone()
    listed = tuple((row["tool"], row["arguments"], row["status"]) for row in tools)
    return Account(listed, used["calls"], used["input"], used["output"], used["micros"])
