"""The page that says how to add a tool: its worked example is run as it stands there."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ivy.store import preferences
from ivy.tools.registry import Registry
from tests.tools.diary import Diary

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-tool.md"


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    module: dict[str, Any] = {"__name__": "worked_example"}
    exec(found[1], module)  # noqa: S102 - our own page
    return Registry(module["TOOLS"])


async def test_the_worked_example_works(registry: Registry, ben: Diary, ana: Diary) -> None:
    ben.registry = ana.registry = registry
    for example in registry.examples():
        result = await ben.call(example.tool, msgspec.json.encode(example.arguments).decode())
        assert (result.failed, result.content) == (False, f"I'll call you {example.arguments['name']}.")
        assert example.arguments["name"] in example.phrase
    assert await ben.rows.read(preferences.recall, "nickname") == "Juancho"
    assert await ana("set_nickname", name="Nena") == "Te diré Nena."
    assert await ana.fails("set_nickname", name=" ") == "¿Cómo te digo?"


def test_what_it_names_is_there() -> None:
    page = PAGE.read_text()
    from ivy.tools import said

    for name in re.findall(r"\bsaid\.((?!py)[a-z_]+)", page):
        assert hasattr(said, name), name
    for path in re.findall(r"`((?:ivy|tests|scripts)/[a-z_/.-]+)`", page):
        assert (PAGE.parents[1] / path).exists(), path
