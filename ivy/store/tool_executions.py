"""What each tool call did, kept in the same commit as its effect. May import: scope, the ground."""

from dataclasses import dataclass

from ivy.store.scope import Scope


@dataclass(frozen=True)
class Execution:
    """One tool call; `key` names its one intended effect."""

    id: str
    turn_id: str
    tool: str
    arguments: str
    key: str


def find(scope: Scope, key: str) -> tuple[str, str] | None:
    """Return (status, result) of a call that was run before."""
    row = scope.execute(
        "SELECT status, result FROM tool_executions WHERE user_id = :user AND key = :key", key=key
    ).fetchone()
    return row and (row["status"], row["result"])


def done_in(scope: Scope, turn_id: str) -> set[str]:
    """Return the tools that did their work in a turn, or in a call."""
    rows = scope.execute(
        "SELECT DISTINCT tool FROM tool_executions WHERE user_id = :user AND turn_id = :turn AND status = 'done'",
        turn=turn_id,
    )
    return {row["tool"] for row in rows}


def record(scope: Scope, execution: Execution, status: str, result: str, *, at_ms: int) -> None:
    """Keep what a call did; a second record under one key changes nothing."""
    scope.execute(
        "INSERT INTO tool_executions (id, user_id, turn_id, tool, arguments, key, status, result, at_ms)"
        " VALUES (:id, :user, :turn, :tool, :arguments, :key, :status, :result, :at) ON CONFLICT (key) DO NOTHING",
        id=execution.id,
        turn=execution.turn_id,
        tool=execution.tool,
        arguments=execution.arguments,
        key=execution.key,
        status=status,
        result=result,
        at=at_ms,
    )


def note_fault(scope: Scope, execution: Execution, error: str, *, at_ms: int) -> None:
    """Count a tool that broke, by its error's fingerprint: neither the person nor the model can help that."""
    scope.execute(
        "INSERT INTO tool_faults (user_id, turn_id, tool, error, at_ms) VALUES (:user, :turn, :tool, :error, :at)",
        turn=execution.turn_id,
        tool=execution.tool,
        error=error,
        at=at_ms,
    )
