"""Runs what the model asked for, once: the effect and its `tool_executions` row in one commit. May import: the store, registry.

A call is known by its turn, step, place in the step, tool and arguments; done before, its stored result is returned.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp
from ivy.domain.invisible import strip_invisible
from ivy.domain.turns import canonical_json, tool_key
from ivy.errors import ToolFailed
from ivy.ports import ToolCall, ToolResult
from ivy.store import tool_executions
from ivy.store.scope import PersonStore, Scope
from ivy.store.tool_executions import Execution
from ivy.tools.registry import Effect, Registry, Tool, TurnContext

LONGEST_RESULT = 1500
LONGEST_QUOTE = 200


@dataclass(frozen=True)
class Place:
    """Where in a turn a call stands."""

    turn_id: str
    step: int
    ordinal: int


async def execute(
    person: PersonStore, registry: Registry, call: ToolCall, place: Place, turn: TurnContext
) -> ToolResult:
    """Run one tool call; a mistake of the model comes back as a failed result that says how to do better."""
    ready = _ready(registry, call, place, turn)
    if isinstance(ready, ToolResult):
        return ready
    status, content = await _run(person, ready.tool, ready.arguments, ready.execution, turn)
    return ToolResult(call.call_id, _short(content), failed=status != "done")


def execute_within(scope: Scope, registry: Registry, call: ToolCall, place: Place, turn: TurnContext) -> ToolResult:
    """Run one tool call inside a commit that is open: for what is written down after a call."""
    ready = _ready(registry, call, place, turn)
    if isinstance(ready, ToolResult):
        return ready
    status, content = _apply(scope, ready.tool, ready.arguments, ready.execution, turn)
    return ToolResult(call.call_id, _short(content), failed=status != "done")


@dataclass(frozen=True)
class _Ready:
    """A call whose tool is there and whose arguments are right."""

    tool: Tool
    arguments: msgspec.Struct
    execution: Execution


def _ready(registry: Registry, call: ToolCall, place: Place, turn: TurnContext) -> _Ready | ToolResult:
    tool = registry.tools.get(call.tool)
    if tool is None:
        return ToolResult(call.call_id, f"There is no tool called {call.tool}.", failed=True)
    try:
        arguments = msgspec.json.decode(call.arguments or "{}", type=tool.arguments)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return ToolResult(
            call.call_id, f"These arguments are not right: {_told(error)}. Call again with valid JSON.", failed=True
        )
    execution = Execution(
        id=turn.new_id(),
        turn_id=place.turn_id,
        tool=tool.name,
        arguments=canonical_json(call.arguments),
        key=tool_key(place.turn_id, place.step, place.ordinal, tool.name, call.arguments),
    )
    return _Ready(tool, arguments, execution)


async def _run(
    person: PersonStore, tool: Tool, arguments: msgspec.Struct, execution: Execution, turn: TurnContext
) -> tuple[str, str]:
    if tool.effect is not Effect.READ:
        return await person.write(_apply, tool, arguments, execution, turn)
    try:
        status, content = "done", await person.read(tool.run(arguments, turn))
    except ToolFailed as error:
        status, content = "failed", str(error)
    await person.write(_record, execution, status, content, now=turn.now)
    return status, content


def _record(scope: Scope, execution: Execution, status: str, content: str, *, now: datetime) -> None:
    tool_executions.record(scope, execution, status, content, at_ms=stamp(now))


def _apply(
    scope: Scope, tool: Tool, arguments: msgspec.Struct, execution: Execution, turn: TurnContext
) -> tuple[str, str]:
    if before := tool_executions.find(scope, execution.key):
        return before
    scope.connection.execute("SAVEPOINT tool")
    try:
        status, content = "done", tool.run(arguments, turn)(scope)
    except ToolFailed as error:
        scope.connection.execute("ROLLBACK TO tool")
        status, content = "failed", str(error)
    finally:
        scope.connection.execute("RELEASE tool")
    _record(scope, execution, status, content, now=turn.now)
    return status, content


def _told(error: Exception) -> str:
    """Return what is wrong with arguments: it may quote all of them, and names the field at its end."""
    why = strip_invisible(str(error))
    return why if len(why) <= 2 * LONGEST_QUOTE else f"{why[:LONGEST_QUOTE]} … {why[-LONGEST_QUOTE:]}"


def _short(content: str) -> str:
    if len(content) <= LONGEST_RESULT:
        return content
    return content[:LONGEST_RESULT] + " … (cut; ask for a shorter span)"
