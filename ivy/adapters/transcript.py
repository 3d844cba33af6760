"""A conversation made fit for any vendor's wire: turns alternate, every call has one result. May import: ports.

The repair is a pure function without times or chance, so that the same history gives the same bytes and caches hold.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import msgspec

from ivy.ports import AssistantWords, ChatMessage, Image, ModelRequest, ToolCall, ToolResult, ToolResults, UserWords

INTERRUPTED = "Interrupted: this call has no result. It may or may not have been done; do not repeat it unasked."
EARLIER = "(The conversation began earlier.)"
NOTHING = "(nothing)"

_CLEAN_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class PersonTurn:
    """What goes to the model: results of its calls, in their order, then the person's pictures, then their words."""

    results: tuple[ToolResult, ...]
    texts: tuple[str, ...]
    images: tuple[Image, ...] = ()


@dataclass(frozen=True)
class ModelTurn:
    """What a model said; `raw` only where its own vendor and model may read it back as it was."""

    text: str
    calls: tuple[ToolCall, ...]
    raw: str


Turn = PersonTurn | ModelTurn
_Asked = tuple[tuple[str, str], ...]
"""Calls that wait for results: the id in our history, and the id on the wire."""


def turns_of(request: ModelRequest, *, vendor: str, model: str) -> list[Turn]:
    """Return the request's messages as alternating turns, the first one the person's.

    A call without a result gets `INTERRUPTED`, a result without a call is dropped, ids become unique and short, and
    where no tools are offered what earlier tools answered is told as text.
    """
    messages = request.messages if request.tools else tuple(_told(message) for message in request.messages)
    turns: list[Turn] = []
    asked: _Asked = ()
    taken: set[str] = set()
    for spoken, group in groupby(filter(_counts, messages), _is_models):
        if not spoken:
            turns.append(_person(group, asked))
            asked = ()
            continue
        for words in _joined(group):
            if asked:  # a model that spoke again before its calls were answered
                turns.append(_person((), asked))
            said = replace(words, calls=_renamed(words.calls, taken))
            own = (said.vendor, said.model) == (vendor, model) and said.calls == words.calls
            turns.append(ModelTurn(said.text.strip(), said.calls, said.raw if own else ""))
            asked = tuple((old.call_id, new.call_id) for old, new in zip(words.calls, said.calls, strict=True))
    if asked:
        turns.append(_person((), asked))
    if turns and isinstance(turns[0], ModelTurn):
        turns.insert(0, PersonTurn((), (EARLIER,)))
    return turns


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """Return a call's arguments as the object that a wire wants, also when the model wrote something else."""
    try:
        return msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {"malformed_arguments": call.arguments}


def _is_models(message: ChatMessage) -> bool:
    return isinstance(message, AssistantWords)


def _counts(message: ChatMessage) -> bool:
    return not isinstance(message, AssistantWords) or bool(message.calls or message.text.strip())


def _told(message: ChatMessage) -> ChatMessage:
    match message:
        case AssistantWords():
            return replace(message, calls=(), raw="")
        case ToolResults():
            return UserWords("\n".join(f"(A tool answered: {result.content})" for result in message.results))
        case UserWords():
            return message


def _joined(group: Iterable[ChatMessage]) -> Iterator[AssistantWords]:
    """Join what a model said in several messages, up to each one with calls."""
    held: AssistantWords | None = None
    for words in group:
        if not isinstance(words, AssistantWords):
            continue
        # Two answers in one turn are no longer the vendor's own words of either.
        held = words if held is None else replace(words, text=f"{held.text}\n\n{words.text}", raw="")
        if held.calls:
            yield held
            held = None
    if held is not None:
        yield held


def _renamed(calls: tuple[ToolCall, ...], taken: set[str]) -> tuple[ToolCall, ...]:
    """Give calls ids that any vendor takes; one that is clean and new stays. Adds to `taken`."""
    renamed: list[ToolCall] = []
    for call in calls:
        call_id = call.call_id
        while call_id in taken or not _CLEAN_ID.fullmatch(call_id):
            call_id = f"call_{hashlib.sha256(f'{len(taken)} {call_id}'.encode()).hexdigest()[:24]}"
        taken.add(call_id)
        renamed.append(replace(call, call_id=call_id))
    return tuple(renamed)


def _person(group: Iterable[ChatMessage], asked: _Asked) -> PersonTurn:
    texts: list[str] = []
    images: list[Image] = []
    given: dict[str, list[ToolResult]] = {}
    for message in group:
        if isinstance(message, UserWords):
            texts += [message.text] if message.text.strip() else []
            images += message.images
        elif isinstance(message, ToolResults):
            for result in message.results:
                given.setdefault(result.call_id, []).append(result)
    results = tuple(_result(given.get(old), new) for old, new in asked)
    says_nothing = not (texts or images or results)
    return PersonTurn(results, (NOTHING,) if says_nothing else tuple(texts), tuple(images))


def _result(given: list[ToolResult] | None, call_id: str) -> ToolResult:
    if not given:
        return ToolResult(call_id, INTERRUPTED, failed=True)
    result = given.pop(0)  # vendors without ids of their own may use one twice
    return replace(result, call_id=call_id, content=result.content if result.content.strip() else NOTHING)
