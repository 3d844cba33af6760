"""Functions during a call, and the answer to a caller: who speaks is told by Ivy's own metadata and nothing else."""

import json
from typing import Any

import pytest

from ivy.adapters.retell import functions
from ivy.adapters.retell.directory import Pinned
from ivy.adapters.retell.functions import read_function, read_ringing
from ivy.errors import Unreadable, VendorRefused
from ivy.ports import InCall, Ringing

CALL: dict[str, Any] = {
    "call_id": "call_1",
    "call_status": "ongoing",
    "metadata": {"ivy_call_id": "0193f2", "ivy_user_id": "u7"},
    "transcript_object": [
        {"role": "agent", "content": "Hi"},
        {"role": "user", "content": "Yes"},
        {"role": "user", "content": " "},
        {"role": "agent", "content": "When?"},
        {"role": "user", "content": "At seven."},
    ],
}


EVENT = json.dumps({"event": "call_started", "call": CALL}).encode()


def asked(args: Any, call: Any = CALL, name: Any = "save_plan") -> bytes:
    return json.dumps({"name": name, "args": args, "call": call}).encode()


def test_what_an_agent_asks_for() -> None:
    found = read_function(asked({"workout": "a run", "minutes": 20}), "save_plan")
    assert found == InCall("0193f2", "call_1", "save_plan", '{"workout":"a run","minutes":20}', 2, ("Yes", "At seven."))


@pytest.mark.parametrize(
    ("args", "arguments"),
    [
        (None, "{}"),
        ({}, "{}"),
        ({"execution_message": "One moment.", "a": "ñ"}, '{"a":"ñ"}'),
        ("{broken", "{broken"),
        ([1], "[1]"),
        (7, "7"),
    ],
)
def test_arguments_reach_the_tools_as_json_however_they_come(args: Any, arguments: str) -> None:
    assert read_function(asked(args), "save_plan").arguments == arguments


def test_arguments_never_say_whose_call_it_is() -> None:
    claims = {"ivy_call_id": "other", "metadata": {"ivy_call_id": "other"}, "call": {"call_id": "other"}}
    found = read_function(asked(claims), "save_plan")
    assert (found.our_id, found.provider_call_id) == ("0193f2", "call_1")


def test_a_call_that_is_not_ours_has_no_id() -> None:
    assert read_function(asked({}, {"call_id": "call_1"}), "save_plan").our_id == ""


@pytest.mark.parametrize(
    "body",
    [
        asked({}, name="delete_everything"),
        asked({}, name=None),
        asked({}, None),
        asked({}, {"metadata": CALL["metadata"]}),
        EVENT,
        b"[]",
        b"\xff",
    ],
)
def test_a_function_that_cannot_be_trusted_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_function(body, "save_plan")


# --- a caller --------------------------------------------------------------------------------------------


def test_who_calls() -> None:
    caller = {"call_id": "call_2", "from_number": "+573001112233", "to_number": "+15550100", "new": 1}
    body = json.dumps({"event": "call_inbound", "event_timestamp": 1, "call_inbound": caller}).encode()
    assert read_ringing(body) == Ringing("call_2", "+573001112233", "+15550100")
    withheld = json.dumps({"event": "call_inbound", "call_inbound": {"from_number": "anonymous"}}).encode()
    assert read_ringing(withheld) == Ringing("", "anonymous", "")


@pytest.mark.parametrize(
    "told", [{"event": "call_inbound"}, {"event": "call_ended", "call_inbound": {}}, {"call_inbound": {}}]
)
def test_what_is_no_caller_is_unreadable(told: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read_ringing(json.dumps(told).encode())


def test_the_answer_to_a_caller() -> None:
    answer = json.loads(functions.take("0193f2", "u7", {"ivy_name": "Sam"}, Pinned("agent_1", 3)))
    assert answer == {
        "call_inbound": {
            "dynamic_variables": {"ivy_name": "Sam"},
            "metadata": {"ivy_call_id": "0193f2", "ivy_user_id": "u7"},
            "override_agent_id": "agent_1",
            "override_agent_version": 3,
        }
    }
    assert json.loads(functions.take("", "", {"ivy_name": ""}, None)) == {
        "call_inbound": {"dynamic_variables": {"ivy_name": ""}, "metadata": {}}
    }


def test_a_variable_that_is_no_text_is_refused_before_it_is_said() -> None:
    with pytest.raises(VendorRefused, match="ivy_streak"):
        functions.take("0193f2", "u7", {"ivy_streak": 7}, None)  # type: ignore[dict-item]
