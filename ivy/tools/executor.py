"""Runs what the model asked for, once: the effect and its `tool_executions` row in one commit. May import: the store, registry.

A call is known by its turn, step, place in the step, tool and arguments; done before, its stored result is returned.
What takes the person's yes is done and taken back, to learn what it would be, and waits (`confirmation.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ivy.clock import stamp
from ivy.domain.invisible import strip_invisible
from ivy.domain.links import links_in
from ivy.domain.poison import fingerprint
from ivy.domain.taint import Why, texts_in, why_ask
from ivy.domain.turns import canonical_json, tool_key
from ivy.errors import ToolFailed
from ivy.ports import ToolCall, ToolResult
from ivy.store import foreign, people, tool_executions
from ivy.store.scope import PersonStore, Scope
from ivy.store.tool_executions import Execution
from ivy.tools import confirmation
from ivy.tools.confirmation import Frozen
from ivy.tools.older_names import as_now_named
from ivy.tools.registry import AskAgain, Effect, Registry, Tool, TurnContext

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
    if turn.recall is not None and ready.tool.looks_for is not None:
        turn = replace(turn, meaning=await turn.recall(ready.tool.looks_for(ready.arguments)))
    try:
        status, content = await _run(person, ready.tool, ready.arguments, ready.execution, turn)
    except Exception as error:  # a bug: the turn is tried again, and it counts apart from what a tool says no to
        await person.write(tool_executions.note_fault, ready.execution, fingerprint(error), at_ms=stamp(turn.now))
        raise
    return ToolResult(call.call_id, shortened(content), failed=status == "failed")


def execute_within(scope: Scope, registry: Registry, call: ToolCall, place: Place, turn: TurnContext) -> ToolResult:
    """Run one tool call inside a commit that is open: for what is written down after a call."""
    ready = _ready(registry, call, place, turn)
    if isinstance(ready, ToolResult):
        return ready
    status, content = _apply(scope, ready.tool, ready.arguments, ready.execution, turn)
    return ToolResult(call.call_id, shortened(content), failed=status == "failed")


def execute_held(scope: Scope, registry: Registry, held: Frozen, place: Place, turn: TurnContext) -> str | None:
    """Run a call that its person said yes to, inside a commit that is open; return what it says.

    None: it would not do what they were shown any more, and did nothing.
    """
    turn = replace(turn, read=None, again=True)
    ready = _ready(registry, ToolCall("", held.tool, held.arguments), place, turn)
    if isinstance(ready, ToolResult):
        return None
    status, content = _tried(scope, ready.tool, ready.arguments, turn, keep=lambda says: says == held.shown)
    if status != "done":
        return None
    _record(scope, ready.execution, status, content, now=turn.now)
    if held.why is Why.FOREIGN:
        foreign.keep(scope, texts_in(msgspec.json.decode(held.arguments or "{}")), now=turn.now)
    return content


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
        arguments = msgspec.json.decode(as_now_named(tool.name, call.arguments) or "{}", type=tool.arguments)
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
        if _why_ask(tool, execution, turn):
            raise ToolFailed(confirmation.elsewhere(turn, Why.IN_WORDS))
        status, content = "done", await person.read(tool.run(arguments, turn))
    except ToolFailed as error:
        status, content = "failed", str(error)
    return await person.write(_record_first, execution, status, content, now=turn.now)


def _record_first(scope: Scope, execution: Execution, status: str, content: str, *, now: datetime) -> tuple[str, str]:
    """Keep what was read; what the same call read before it was cut off stands."""
    if before := tool_executions.find(scope, execution.key):
        return before
    _record(scope, execution, status, content, now=now)
    return status, content


def _record(scope: Scope, execution: Execution, status: str, content: str, *, now: datetime) -> None:
    tool_executions.record(scope, execution, status, content, at_ms=stamp(now))


def _apply(
    scope: Scope, tool: Tool, arguments: msgspec.Struct, execution: Execution, turn: TurnContext
) -> tuple[str, str]:
    if before := tool_executions.find(scope, execution.key):
        return before
    turn = replace(turn, person=people.load(scope))  # an earlier call of the turn may have changed their zone or money
    why = _why_ask(tool, execution, turn)
    asked = tool.asks_as(arguments, turn)(scope) if why and tool.asks_as else None
    if tool.asks_as and asked is None:
        why = None  # it asks by itself, or says no
    status, content = _tried(scope, tool, arguments, turn, keep=lambda _says: why is None)
    if status == "again":
        why = why or Why.AGAIN
        status, content = _tried(scope, tool, arguments, replace(turn, again=True), keep=lambda _says: False)
    if status == "taken back" and why is not None:
        call = Frozen(tool.name, asked.arguments if asked else execution.arguments, content, why)
        status, content = _hold(scope, replace(call, line=asked.line) if asked else call, turn)
    _record(scope, execution, status, content, now=turn.now)
    return status, content


def _why_ask(tool: Tool, execution: Execution, turn: TurnContext) -> Why | None:
    texts = texts_in(msgspec.json.decode(execution.arguments or "{}")) if turn.read else []
    # What cannot be undone is asked for now, or not: what they wished a moment ago may be done already.
    read = replace(turn.read, lately="") if turn.read and tool.effect is Effect.FINAL else turn.read
    return why_ask(tool.touch, grave=tool.effect.is_grave, texts=texts, asked_by=tool.asked_by, read=read)


def _tried(
    scope: Scope, tool: Tool, arguments: msgspec.Struct, turn: TurnContext, *, keep: Callable[[str], bool]
) -> tuple[str, str]:
    """Run a tool, and take back all it did unless what it says is to be kept: done, failed, again or taken back."""
    scope.connection.execute("SAVEPOINT tool")
    status, content = "failed", ""
    try:
        content = tool.run(arguments, turn)(scope)
        status = "done" if keep(content) else "taken back"
    except AskAgain:
        status = "again"
    except ToolFailed as error:
        content = str(error)
    finally:
        if status != "done":
            scope.connection.execute("ROLLBACK TO tool")
        scope.connection.execute("RELEASE tool")
    return status, content


def _hold(scope: Scope, call: Frozen, turn: TurnContext) -> tuple[str, str]:
    """Let a call wait for the person's yes, where they can be asked for it."""
    if turn.source != "text" or not turn.turn_id or call.why is Why.IN_WORDS:
        return "failed", confirmation.elsewhere(turn, call.why)
    if _strange_links(call, turn):
        return "failed", confirmation.without_links(turn)
    try:
        return "refused", confirmation.hold(scope, call, turn)
    except ToolFailed as error:
        return "failed", str(error)


def _strange_links(call: Frozen, turn: TurnContext) -> list[str]:
    """Return the links of a call that its person did not write, where others did: a link carries what its address says.

    What is kept is told later, and no reply is looked through for links then: a reminder, what was booked.
    """
    if turn.read is None or not turn.read.foreign:
        return []
    known = links_in(f"{turn.read.lately}\n{turn.read.own}")
    texts = texts_in(msgspec.json.decode(call.arguments or "{}"))
    return [link for text in texts for link in links_in(text) if link not in known]


def _told(error: Exception) -> str:
    """Return what is wrong with arguments: it may quote all of them, and names the field at its end."""
    why = strip_invisible(str(error))
    return why if len(why) <= 2 * LONGEST_QUOTE else f"{why[:LONGEST_QUOTE]} … {why[-LONGEST_QUOTE:]}"


def shortened(content: str) -> str:
    """Return what a model is told of what a tool said."""
    if len(content) <= LONGEST_RESULT:
        return content
    return content[:LONGEST_RESULT] + " … (cut; ask for a shorter span)"
