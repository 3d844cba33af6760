"""An agent on the phone that an earlier release published is understood until it is synced."""

import json

import pytest

from ivy.tools.older_names import as_now_named


@pytest.mark.parametrize(
    ("tool", "given", "read"),
    [
        ("save_plan", {"kind": "run", "cue": "it is six"}, {"kind": "run", "time": "it is six"}),
        ("save_plan", {"cue": "it is six", "time": "I leave work"}, {"time": "I leave work"}),
        ("save_plan", {"kind": "cue"}, {"kind": "cue"}),
        ("note_change", {"cue": "a cue"}, {"cue": "a cue"}),
    ],
)
def test_older_names_are_read_as_todays(tool: str, given: dict[str, str], read: dict[str, str]) -> None:
    assert json.loads(as_now_named(tool, json.dumps(given))) == read


@pytest.mark.parametrize("broken", ['{"cue": ', '["cue"]', ""])
def test_what_cannot_be_read_is_left_to_the_tool(broken: str) -> None:
    assert as_now_named("save_plan", broken) == broken
