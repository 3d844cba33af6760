"""What Retell asks while a call goes on or comes in, and our answer to a caller. May import: ports and below.

Who speaks is told by the metadata that Ivy gave the call, never by an argument: the model fills those.
Source: Retell, "Custom function", "Inbound call webhook"; reference voice.md 3.4 and 4.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from ivy.adapters.lenient import Object, as_object, ident, raw, read_object, word
from ivy.adapters.retell.dialing import check_variables
from ivy.adapters.retell.directory import Pinned
from ivy.adapters.retell.reports import OUR_ID, USER_ID, turns_of
from ivy.errors import Unreadable
from ivy.ports import InCall, Ringing

SAID_MEANWHILE = "execution_message"
"""What the model says while a function runs travels among its arguments; it is none of them."""
INBOUND = "call_inbound"


def read_function(body: bytes, tool: str) -> InCall:
    """Return which tool a call asks for; the address and the body must name the same. Raises: Unreadable."""
    told = read_object(body)
    named, call = word(told, "name"), as_object(told.get("call"))
    if named != tool:  # another tool's request, or a webhook: signed as well, and sent here by somebody else
        raise Unreadable(f"the function {named[:64]!r} was asked for at the address of {tool!r}")
    provider_call_id = ident(call, "call_id")
    if not provider_call_id:
        raise Unreadable("a function without a call")
    spoken = tuple(turn.text for turn in turns_of(call) if turn.by == "person")
    return InCall(
        our_id=ident(as_object(call.get("metadata")), OUR_ID),
        provider_call_id=provider_call_id,
        tool=tool,
        arguments=_arguments(told.get("args")),
        utterance=len(spoken),
        spoken=spoken,
    )


def _arguments(given: Any) -> str:
    match given:
        case None:
            return "{}"
        case str():
            return given
        case dict():
            kept = cast("dict[str, Any]", given).items()
            return raw({name: value for name, value in kept if name != SAID_MEANWHILE})
        case _:
            return raw(given)


def read_ringing(body: bytes) -> Ringing:
    """Return who calls; `from_number` may be a word such as anonymous, the id may be missing. Raises: Unreadable."""
    told = read_object(body)
    if word(told, "event") != INBOUND or not isinstance(told.get(INBOUND), dict):
        raise Unreadable("not a caller")
    caller = as_object(told[INBOUND])
    return Ringing(ident(caller, "call_id"), word(caller, "from_number"), word(caller, "to_number"))


def take(our_id: str, user_id: str, variables: Mapping[str, str], agent: Pinned | None) -> bytes:
    """Return the answer to `call_inbound`. Without an agent, the one that the number is bound to speaks."""
    metadata = {OUR_ID: our_id, USER_ID: user_id}
    answer: dict[str, Object | str | int] = {
        "dynamic_variables": check_variables(variables),
        "metadata": {key: value for key, value in metadata.items() if value},
    }
    if agent is not None:
        answer |= {"override_agent_id": agent.agent_id, "override_agent_version": agent.version}
    return msgspec.json.encode({INBOUND: answer})
