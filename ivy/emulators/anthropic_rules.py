"""What the Messages API refuses, and how a request reads to the brain. May import: domain, emulators/brain,
emulators/pictures, msgspec.

Strict on purpose: what passes here should pass there. Source: Messages API reference, version 2026-10-21.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from ivy.emulators import pictures
from ivy.emulators.brain import ANY_TOOL, BrainCall, BrainInput, BrainResult, BrainTurn

Block = dict[str, Any]
Message = dict[str, Any]

UNFORCEABLE = frozenset({"claude-sonnet-5-5", "claude-opus-5-5"})
"""Models that refuse to be made to call a tool."""

_FIELDS = frozenset(
    {
        "model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "stop_sequences",
        "metadata", "service_tier", "cache_control", "inference_geo", "speed", "stream", "container", "diagnostics",
    }
)  # fmt: skip
_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})
_TTLS = frozenset({"5m", "1h"})
_MOST_MARKS = 4
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_BLOCKS = {
    "user": frozenset({"text", "image", "document", "tool_result"}),
    "assistant": frozenset({"text", "thinking", "redacted_thinking", "tool_use"}),
}


class Refused(Exception):
    """The answer to a request that breaks the rules."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind


def checked(body: Any) -> tuple[dict[str, Any], list[Message]]:
    """Return the request and its turns, strings as blocks and neighbours of one role merged. Raises: Refused."""
    if not isinstance(body, dict):
        raise Refused("the body is not an object")
    request = cast("dict[str, Any]", body)
    for name in request:
        if name in _SAMPLING:
            raise Refused(f"{name}: not supported on this API version")
        if name not in _FIELDS:
            raise Refused(f"{name}: extra inputs are not permitted")
    _need(isinstance(request.get("model"), str), "model: field required")
    _need(_is_count(request.get("max_tokens")), "max_tokens: must be a whole number of at least 1")
    _need(not request.get("stream"), "stream: not emulated")
    _check_options(request)
    names = _check_tools(request)
    _check_choice(request, names)
    turns = _turns(request.get("messages"))
    _check_pairs(turns)
    _check_pictures(turns)
    _check_marks(request, turns)
    return request, turns


def system_of(request: Mapping[str, Any]) -> list[Block]:
    """Return the system's words as blocks."""
    system: str | list[Block] = request.get("system") or []
    return [{"type": "text", "text": system}] if isinstance(system, str) else system


def plain(value: Any) -> Any:
    """Return a part of a request without its cache marks, which do not change what it says."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in cast("dict[str, Any]", value).items() if name != "cache_control"}
    return [plain(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def as_bytes(value: Any) -> bytes:
    """Return the one way in which a part of a request is written down, to hash and to count it."""
    written = msgspec.json.encode(value, order="sorted")
    return msgspec.json.encode(plain(value), order="sorted") if b"cache_control" in written else written


def brain_input(request: Mapping[str, Any], turns: Sequence[Message]) -> BrainInput:
    """Return the request as the brain reads it."""
    choice: dict[str, Any] = request.get("tool_choice") or {"type": "auto"}
    forced = {"any": ANY_TOOL, "tool": choice.get("name", "")}.get(choice["type"], "")
    return BrainInput(
        turns=tuple(_read(turn) for turn in turns),
        tools={tool["name"]: tool["input_schema"] for tool in request.get("tools") or ()},
        system="\n".join(block["text"] for block in system_of(request)),
        may_call=choice["type"] != "none",
        forced=forced,
        model=request["model"],
    )


# --- the rules -------------------------------------------------------------------------------------


def _need(holds: bool, message: str) -> None:
    if not holds:
        raise Refused(message)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(cast("list[Any]", value))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _check_options(request: Mapping[str, Any]) -> None:
    thinking: Any = request.get("thinking")
    _need(thinking is None or thinking.get("type") in ("adaptive", "between_tools"), "thinking: type not supported")
    output: dict[str, Any] = request.get("output_config") or {}
    effort = output.get("effort", "low")
    _need(effort in _EFFORTS, f"output_config.effort: unknown value {effort!r}")
    _need(isinstance(request.get("system", ""), str | list), "system: must be text or blocks")
    for place, block in enumerate(system_of(request)):
        _need(block.get("type") == "text", f"system.{place}: only text blocks")
        _check_text(block, f"system.{place}")


def _check_tools(request: Mapping[str, Any]) -> set[str]:
    names: set[str] = set()
    tools: list[dict[str, Any]] = request.get("tools") or []
    for place, tool in enumerate(tools):
        name: Any = tool.get("name")
        _need(isinstance(name, str) and _TOOL_NAME.fullmatch(name) is not None, f"tools.{place}.name: not a tool name")
        _need(name not in names, f"tools: names must be unique, {name} is not")
        names.add(name)
        schema: Any = tool.get("input_schema")
        _need(isinstance(schema, dict), f"tools.{place}.input_schema: field required")
        _need(schema.get("type") == "object", f"tools.{place}.input_schema.type: must be object")
        _need(
            isinstance(schema.get("properties", {}), dict), f"tools.{place}.input_schema.properties: must be an object"
        )
        _need(not tool.get("strict") or _is_closed(schema), f"tools.{place}: strict needs additionalProperties false")
        unknown = set(tool) - {"name", "description", "input_schema", "strict", "cache_control", "type"}
        _need(not unknown, f"tools.{place}: extra inputs are not permitted: {sorted(unknown)}")
    return names


def _is_closed(schema: Any) -> bool:
    """Tell whether every object in a schema forbids what it does not name."""
    if isinstance(schema, list):
        return all(map(_is_closed, cast("list[Any]", schema)))
    if not isinstance(schema, dict):
        return True
    inner = cast("dict[str, Any]", schema)
    return (inner.get("type") != "object" or inner.get("additionalProperties") is False) and all(
        map(_is_closed, inner.values())
    )


def _check_choice(request: Mapping[str, Any], names: set[str]) -> None:
    if request.get("tool_choice") is None:
        return
    choice: dict[str, Any] = request["tool_choice"]
    kind = choice.get("type")
    _need(kind in ("auto", "none", "any", "tool"), "tool_choice: unknown type")
    _need(bool(names), "tool_choice: may only be given together with tools")
    _need(kind in ("auto", "none") or request["model"] not in UNFORCEABLE, "tool_choice: this model cannot be forced")
    _need(kind != "tool" or choice.get("name") in names, "tool_choice: no such tool")


def _turns(messages: Any) -> list[Message]:
    _need(_is_list(messages), "messages: at least one message is required")
    turns: list[Message] = []
    for place, message in enumerate(messages):
        where = f"messages.{place}"
        role: Any = message.get("role")
        _need(role in ("user", "assistant"), f"{where}.role: must be user or assistant")
        blocks = _blocks(message.get("content"), where)
        for block in blocks:
            _check_block(block, role, where)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    _need(turns[0]["role"] == "user", "messages: the first message must be the user's")
    _need(turns[-1]["role"] == "user", "messages: this model does not support prefilling the assistant's message")
    return turns


def _blocks(content: Any, where: str) -> list[Block]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    _need(_is_list(content), f"{where}.content: must not be empty")
    blocks: list[Any] = content
    _need(all(isinstance(block, dict) for block in blocks), f"{where}.content: must be blocks")
    return [*blocks]


def _check_block(block: Block, role: str, where: str) -> None:
    kind = block.get("type")
    _need(kind in _BLOCKS[role], f"{where}.content: {kind} blocks do not belong to {role}")
    if kind == "text":
        _check_text(block, where)
    elif kind == "tool_use":
        _need(isinstance(block.get("id"), str) and _CALL_ID.fullmatch(block["id"]) is not None, f"{where}: bad tool id")
        _need(isinstance(block.get("name"), str) and bool(block["name"]), f"{where}: tool_use.name is required")
        _need(isinstance(block.get("input"), dict), f"{where}: tool_use.input must be an object")
    elif kind == "tool_result":
        _need(isinstance(block.get("tool_use_id"), str), f"{where}: tool_result.tool_use_id is required")
        _need(isinstance(block.get("content", ""), str | list), f"{where}: tool_result.content must be text or blocks")
        _need(not block.get("is_error") or bool(block.get("content")), f"{where}: an error needs content")
    elif kind == "thinking":
        _need(isinstance(block.get("signature"), str), f"{where}: thinking.signature is required")


def _check_text(block: Block, where: str) -> None:
    text = block.get("text")
    _need(isinstance(text, str) and bool(text.strip()), f"{where}: text must hold more than white space")


def _check_pairs(turns: Sequence[Message]) -> None:
    """Every call is answered in the next turn, once, before anything else is said there; nothing else is answered."""
    seen: set[str] = set()
    asked: list[str] = []
    for place, turn in enumerate(turns):
        answered = [block["tool_use_id"] for block in turn["content"] if block["type"] == "tool_result"]
        for call_id in answered:
            _need(call_id in asked, f"messages.{place}: tool_result without a tool_use in the turn before: {call_id}")
        _need(len(set(answered)) == len(answered), f"messages.{place}: a tool_use has more than one tool_result")
        missing = [call_id for call_id in asked if call_id not in answered]
        _need(not missing, f"messages.{place}: tool_use without a tool_result right after it: {', '.join(missing)}")
        first = [block["type"] for block in turn["content"][: len(answered)]]
        _need(not answered or set(first) == {"tool_result"}, f"messages.{place}: tool_result blocks must come first")
        asked = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]
        _need(len(set(asked) - seen) == len(asked), f"messages.{place}: tool_use ids must be unique")
        seen |= set(asked)


def _check_pictures(turns: Sequence[Message]) -> None:
    found = [block for turn in turns for block in turn["content"] if block["type"] == "image"]
    _need(len(found) <= pictures.MOST_PICTURES, f"messages: more than {pictures.MOST_PICTURES} images")
    for block in found:
        match block.get("source"):
            case {"type": "base64", **source}:
                wrong = pictures.complaint_of(source.get("media_type"), source.get("data"))
                _need(not wrong, f"messages: image.source.base64: {wrong}")
            case {"type": "url", "url": str(url)} if url.startswith("https://"):
                pass
            case _:
                raise Refused("messages: image.source: input does not match any of the expected tags")


def _check_marks(request: Mapping[str, Any], turns: Sequence[Message]) -> None:
    parts = [
        *(request.get("tools") or ()),
        *system_of(request),
        *(block for turn in turns for block in turn["content"]),
    ]
    marks = [part["cache_control"] for part in parts if part.get("cache_control")]
    _need(len(marks) <= _MOST_MARKS, f"cache_control: at most {_MOST_MARKS} marks, there are {len(marks)}")
    for mark in marks:
        _need(mark.get("type") == "ephemeral" and mark.get("ttl", "5m") in _TTLS, "cache_control: unknown value")


# --- for the brain ---------------------------------------------------------------------------------


def _read(turn: Message) -> BrainTurn:
    blocks: list[Block] = turn["content"]
    return BrainTurn(
        role=turn["role"],
        texts=tuple(block["text"] for block in blocks if block["type"] == "text"),
        pictures=sum(block["type"] == "image" for block in blocks),
        calls=tuple(BrainCall(block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"),
        results=tuple(
            BrainResult(_flat(block.get("content", "")), failed=bool(block.get("is_error")))
            for block in blocks
            if block["type"] == "tool_result"
        ),
    )


def _flat(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in cast("list[Block]", content) if block.get("type") == "text")
