"""What Chat Completions refuses, and how a request reads to the brain. May import: domain, emulators/brain,
emulators/pictures, msgspec.

Strict on purpose where the real API is; `official` adds what only the real one insists on.
Source: Chat Completions reference, November 2026.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from ivy.emulators import pictures
from ivy.emulators.brain import ANY_TOOL, BrainCall, BrainInput, BrainResult, BrainTurn

Message = dict[str, Any]

FAILED = "Failed: "
"""How Ivy begins a failed tool's result, since this wire has no mark for it."""

_FIELDS = frozenset(
    {
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_completion_tokens", "max_tokens",
        "reasoning_effort", "response_format", "temperature", "top_p", "stop", "seed", "n", "user", "metadata", "store",
        "stream", "stream_options", "prompt_cache_key", "prompt_cache_options", "service_tier", "logprobs",
        "frequency_penalty", "presence_penalty", "safety_identifier",
    }
)  # fmt: skip
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LONGEST_ID = 40


class Refused(Exception):
    """The answer to a request that breaks the rules."""

    def __init__(
        self, message: str, *, status: int = 400, kind: str = "invalid_request_error", code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param


def checked(body: Any, *, official: bool) -> dict[str, Any]:
    """Return the request. Raises: Refused."""
    if not isinstance(body, dict):
        raise Refused("the body is not an object")
    request = cast("dict[str, Any]", body)
    for name in request:
        need(name in _FIELDS, f"unrecognized request argument: {name}", param=name, code="unknown_parameter")
    need(isinstance(request.get("model"), str), "a model is required", param="model")
    need(not request.get("stream"), "streams are not emulated", param="stream")
    _check_limits(request, official=official)
    names = _check_tools(request)
    _check_choice(request, names)
    _check_messages(request.get("messages"))
    return request


def need(holds: bool, message: str, *, param: str = "", code: str = "") -> None:
    """Refuse unless it holds."""
    if not holds:
        raise Refused(message, param=param, code=code)


def brain_input(request: Mapping[str, Any]) -> BrainInput:
    """Return the request as the brain reads it."""
    choice: Any = request.get("tool_choice") or "auto"
    messages: list[Message] = request["messages"]
    functions = [tool["function"] for tool in request.get("tools") or ()]
    return BrainInput(
        turns=_turns(message for message in messages if message["role"] not in ("system", "developer")),
        tools={function["name"]: function.get("parameters") or {} for function in functions},
        system="\n".join(_flat(one.get("content")) for one in messages if one["role"] in ("system", "developer")),
        may_call=choice != "none",
        forced=_forced(request.get("tool_choice")),
        model=request["model"],
    )


def _forced(choice: Any) -> str:
    if isinstance(choice, dict):
        return cast("dict[str, Any]", choice)["function"]["name"]
    return ANY_TOOL if choice == "required" else ""


# --- the rules -------------------------------------------------------------------------------------


def _check_limits(request: Mapping[str, Any], *, official: bool) -> None:
    for name in ("max_completion_tokens", "max_tokens"):
        most = request.get(name)
        need(
            most is None or (isinstance(most, int) and most >= 1), f"{name} must be a positive whole number", param=name
        )
    if not official:
        return
    need(
        request.get("max_tokens") is None,
        "max_tokens is not supported with this model; use max_completion_tokens",
        param="max_tokens",
        code="unsupported_parameter",
    )
    need(
        not request.get("tools") or request.get("reasoning_effort") == "none",
        "function tools need reasoning_effort none with this model",
        param="reasoning_effort",
        code="unsupported_value",
    )


def _check_tools(request: Mapping[str, Any]) -> set[str]:
    names: set[str] = set()
    tools: list[dict[str, Any]] | None = request.get("tools")
    need(tools is None or bool(tools), "tools must not be an empty array", param="tools", code="empty_array")
    for place, tool in enumerate(tools or ()):
        where = f"tools[{place}]"
        function: dict[str, Any] = tool.get("function") or {}
        need(tool.get("type") == "function" and bool(function), f"{where} is not a function", param=where)
        name: Any = function.get("name")
        need(isinstance(name, str) and _TOOL_NAME.fullmatch(name) is not None, f"{where}: not a name", param=where)
        need(name not in names, f"{where}: the name {name} is taken", param=where)
        names.add(name)
        schema: dict[str, Any] = function.get("parameters", {"type": "object"})
        need(schema.get("type") == "object", f"{where}: parameters must be an object", param=where)
    return names


def _check_choice(request: Mapping[str, Any], names: set[str]) -> None:
    choice: Any = request.get("tool_choice")
    if choice is None:
        return
    need(bool(names), "tool_choice is only allowed when tools are specified", param="tool_choice")
    if isinstance(choice, str):
        need(choice in ("auto", "none", "required"), "unknown tool_choice", param="tool_choice")
    else:
        need(choice.get("function", {}).get("name") in names, "tool_choice names no tool", param="tool_choice")


def _check_messages(messages: Any) -> None:
    need(
        isinstance(messages, list) and bool(cast("list[Any]", messages)), "messages must not be empty", param="messages"
    )
    asked: list[str] = []
    for place, message in enumerate(cast("list[Message]", messages)):
        where = f"messages[{place}]"
        role: Any = message.get("role")
        need(role in _ROLES, f"{where}: unknown role", param=where)
        if role == "tool":
            call_id: Any = message.get("tool_call_id")
            need(call_id in asked, f"{where}: a tool message must answer a call of the message before", param=where)
            need(isinstance(message.get("content"), str | list), f"{where}: content is required", param=where)
            asked.remove(call_id)
            continue
        need(not asked, f"{where}: calls without a tool message before it: {', '.join(asked)}", param=where)
        if role == "assistant":
            asked = _check_assistant(message, where)
        else:
            need(isinstance(message.get("content"), str | list), f"{where}: content is required", param=where)
            _check_parts(message, where)
    need(not asked, f"calls without a tool message after them: {', '.join(asked)}", param="messages")


def _check_parts(message: Message, where: str) -> None:
    if isinstance(message["content"], str):
        return
    parts: list[Any] = message["content"]
    need(bool(parts), f"{where}: content must not be empty", param=where, code="empty_array")
    for place, part in enumerate(parts):
        match part:
            case {"type": "text", "text": str()}:
                pass
            case {"type": "image_url", "image_url": {"url": str(url)}} if message["role"] == "user":
                picture = pictures.of_url(url)
                wrong = (
                    pictures.complaint_of(*picture) if picture else "" if url.startswith("https://") else "no address"
                )
                need(not wrong, f"{where}.content[{place}]: {wrong}", param=where, code="invalid_image")
            case _:
                raise Refused(f"{where}.content[{place}]: no such part here", param=where)


def _check_assistant(message: Message, where: str) -> list[str]:
    calls: list[dict[str, Any]] | None = message.get("tool_calls")
    need(calls is None or bool(calls), f"{where}: tool_calls must not be empty", param=where, code="empty_array")
    need(bool(calls) or isinstance(message.get("content"), str | list), f"{where}: it says nothing", param=where)
    for call in calls or ():
        function: dict[str, Any] = call.get("function") or {}
        need(call.get("type") == "function", f"{where}: a call's type must be function", param=where)
        need(isinstance(function.get("name"), str), f"{where}: a call needs a name", param=where)
        need(isinstance(function.get("arguments"), str), f"{where}: a call's arguments must be text", param=where)
        need(
            isinstance(call.get("id"), str) and 1 <= len(call["id"]) <= _LONGEST_ID,
            f"{where}: a call needs an id of at most {_LONGEST_ID} characters",
            param=where,
            code="string_above_max_length",
        )
    ids = [call["id"] for call in calls or ()]
    need(len(set(ids)) == len(ids), f"{where}: calls need ids of their own", param=where)
    return ids


# --- for the brain ---------------------------------------------------------------------------------


def _turns(messages: Any) -> tuple[BrainTurn, ...]:
    """Return alternating turns: tools' messages and the person's next words are one."""
    turns: list[BrainTurn] = []
    for message in messages:
        turn = _read(message)
        if turns and turns[-1].role == turn.role:
            turn = _merged(turns.pop(), turn)
        turns.append(turn)
    return tuple(turns)


def _merged(first: BrainTurn, second: BrainTurn) -> BrainTurn:
    return BrainTurn(first.role, first.texts + second.texts, first.calls + second.calls, first.results + second.results)


def _read(message: Message) -> BrainTurn:
    text = _flat(message.get("content"))
    if message["role"] == "tool":
        failed = text.startswith(FAILED)
        return BrainTurn("user", results=(BrainResult(text.removeprefix(FAILED), failed=failed),))
    functions: Sequence[dict[str, Any]] = [call["function"] for call in message.get("tool_calls") or ()]
    calls = tuple(BrainCall(function["name"], _arguments(function["arguments"])) for function in functions)
    return BrainTurn(message["role"], texts=(text,) if text else (), calls=calls)


def _arguments(text: str) -> dict[str, Any] | str:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return text


def _flat(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part["text"] for part in cast("list[dict[str, Any]]", content) if part.get("type") == "text")
    return content or ""
