"""What the vendors' wires demand of all tools, and what Ivy demands of each declaration."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ivy.errors import ConfigError
from ivy.tools.registry import Effect, Registry, Tool, families
from tests.cases import each_case
from tests.tools.diary import REGISTRY

TOOLS = tuple(REGISTRY.tools.values())
NAMES = [tool.name for tool in TOOLS]
KEYS = {"type", "description", "enum", "items", "properties", "required", "additionalProperties"}
ONLY_SHOWS = {"export_expenses", "offer_choices", "open_form", "ask_to_share", "call_me"}
"""What stands in a chat beside a reply: there is nothing to undo, and nothing to see in a call."""
TYPES = {"object", "string", "integer", "boolean", "array"}


def parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from parts(inner)
    if "items" in schema:
        yield from parts(schema["items"])


@each_case("tool", TOOLS)
def test_a_schema_is_of_the_subset_that_every_vendor_takes(tool: Tool) -> None:
    spec = tool.spec
    assert re.fullmatch(r"[a-z][a-z0-9_]{2,63}", spec.name)
    assert spec.description.endswith(".")
    assert spec.parameters["type"] == "object"
    assert spec.parameters["additionalProperties"] is False
    for part in parts(spec.parameters):
        assert part.keys() <= KEYS
        assert part["type"] in TYPES
        assert set(part.get("required", ())) <= part.get("properties", {}).keys()
    for name, field in spec.parameters["properties"].items():
        assert field.get("description"), f"{tool.name}.{name}"


@each_case("tool", TOOLS)
def test_who_it_is_for_is_never_an_argument(tool: Tool) -> None:
    for name in tool.spec.parameters["properties"]:
        assert not re.search(r"user|person|owner|account|phone|currency|zone", name)


@each_case("tool", TOOLS)
def test_what_writes_can_be_undone_by_a_tool_that_is_there(tool: Tool) -> None:
    assert tool.effect in (Effect.READ, Effect.LOCAL, Effect.CALLS, Effect.FINAL)
    assert (tool.undo in REGISTRY.tools) is (tool.effect is Effect.LOCAL and tool.name not in ONLY_SHOWS)
    assert tool.text
    assert tool.voice is (tool.name not in ONLY_SHOWS)


def test_names_are_one_tools_only_and_specs_never_change() -> None:
    assert len({tool.name for tool in families()}) == len(families())
    assert msgspec.json.encode(REGISTRY.specs()) == msgspec.json.encode(Registry(families()).specs())


def test_a_tool_can_be_switched_off_and_a_misspelt_one_is_told() -> None:
    fewer = Registry(families(), disabled=["book_event"])
    assert "book_event" not in fewer.tools
    assert all(spec.name != "book_event" for spec in fewer.specs())
    assert all(example.tool != "book_event" for example in fewer.examples())
    with pytest.raises(ConfigError, match="book_evnt"):
        Registry(families(), disabled=["book_evnt"])
