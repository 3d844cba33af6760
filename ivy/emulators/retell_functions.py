"""How the emulated agent understands people and uses its functions. May import: the domain and below.

What a language model would decide, `Brain` decides from the tools' examples: the same words always lead to the same calls.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec
import trio

from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput, BrainResult, BrainTurn
from ivy.emulators.retell_calls import Call, FunctionCall, substitute
from ivy.emulators.retell_rules import Json
from ivy.emulators.retell_shelf import Engine
from ivy.emulators.retell_shown import shown

USUAL_TIMEOUT_MS = 120_000
LONGEST_RESULT = 15_000
"""Characters of a function's answer that the agent gets to see."""
MOST_REMEMBERED = 20_000


class Mind:
    """What the agents understand. It remembers its readings, since people say the same things every day."""

    def __init__(self, brain: Brain) -> None:
        self._brain = brain
        self._read: dict[tuple[tuple[str, int, int], str], BrainOutput] = {}

    def read(self, words: str, engine: Engine, tools: Mapping[str, Json]) -> BrainOutput:
        """Return the functions that a sentence asks for, or what to say to it."""
        key = (engine.name, words)
        if key not in self._read:
            if len(self._read) >= MOST_REMEMBERED:
                self._read.clear()
            schemas: dict[str, Json] = {name: tool.get("parameters") or {} for name, tool in tools.items()}
            self._read[key] = self._brain.answer(BrainInput((BrainTurn("user", (words,)),), schemas))
        return self._read[key]

    def tell(self, words: str, call: BrainCall, result: BrainResult) -> str:
        """Return what is said of a function's answer."""
        turns = (
            BrainTurn("user", (words,)),
            BrainTurn("assistant", calls=(call,)),
            BrainTurn("user", results=(result,)),
        )
        return self._brain.answer(BrainInput(turns)).text


class Ask(Protocol):
    """Posts a body to an address of Ivy's, signed; returns the status, 0 for no answer in time, and the answer."""

    async def __call__(
        self, url: str, body: bytes, *, patience: float, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]: ...


def invoke(call: Call, tool: str, arguments: Mapping[str, Any] | str, kind: str) -> str:
    """Write into the transcript that a tool is used; return the name of this use."""
    name = f"tool_call_{call.chance.getrandbits(24):06x}"
    told = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    call.entries.append(
        {"role": "tool_call_invocation", "tool_call_id": name, "name": tool, "arguments": told, "type": kind}
    )
    return name


async def use(call: Call, tool: Json, name: str, arguments: Mapping[str, Any] | str, ask: Ask) -> FunctionCall:
    """Post to a function, again if its tool says so, and write down what it answered."""
    given = {} if isinstance(arguments, str) else dict(arguments)
    status, answer = await _post(call, tool, given, ask)
    content = (answer.decode(errors="replace") or ("" if status else "no answer in time"))[:LONGEST_RESULT]
    done = FunctionCall(tool["name"], given, status, content)
    call.functions.append(done)
    call.entries.append(
        {"role": "tool_call_result", "tool_call_id": name, "content": content, "successful": done.succeeded}
    )
    return done


async def _post(call: Call, tool: Json, arguments: Json, ask: Ask) -> tuple[int, bytes]:
    parameters: Json = tool.get("parameters") or {}
    properties: dict[str, Json] = parameters.get("properties") or {}
    args = {**arguments, **{name: each["const"] for name, each in properties.items() if "const" in each}}
    whole = (
        args if tool.get("args_at_root") else {"name": tool["name"], "args": args, "call": shown(call, webhook=True)}
    )
    body = msgspec.json.encode(whole)
    given: dict[str, str] = tool.get("headers") or {}
    headers = {name: substitute(value, call.variables) for name, value in given.items()}
    patience = tool.get("timeout_ms", USUAL_TIMEOUT_MS) / 1000
    status, answer = 0, b""
    for failures in range(1 + tool.get("max_retry", 0)):
        if failures:
            await trio.sleep(2.0 ** (failures - 1) * call.chance.uniform(0.5, 1))
        status, answer = await ask(substitute(tool["url"], call.variables), body, patience=patience, headers=headers)
        if 200 <= status <= 299:
            break
    return status, answer


def spoken_of(content: str) -> str:
    """Return the words in a function's answer: plain text, a JSON string, or the first text of a JSON object."""
    try:
        answer: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content
    if isinstance(answer, dict):
        texts = [value for value in cast("dict[str, Any]", answer).values() if isinstance(value, str)]
        return texts[0] if texts else content
    return answer if isinstance(answer, str) else content
