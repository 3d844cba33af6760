"""`ivy tools`: what the model may do, and trying it without touching anybody's rows."""

from pathlib import Path
from typing import TYPE_CHECKING

from ivy.tools.registry import families

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


def test_the_list_has_every_tool_and_says_which_are_off(ivy: "Ivy", folder: Path) -> None:
    name = families()[0].name
    (folder / "ivy.toml").write_text(f"[tools]\ndisabled = ['{name}']\n")
    found = ivy("tools", "list", "--json").json()
    assert [each["name"] for each in found] == [each.name for each in families()]
    assert [each["name"] for each in found if not each["on"]] == [name]
    assert all(each["description"] and each["effect"] and each["examples"] for each in found)
    assert name in ivy("tools", "list").out


def test_trying_shows_the_call_and_the_answer(ivy: "Ivy", seeded: "Seeded") -> None:
    before = seeded.connection.total_changes
    typed = ivy("tools", "try", "I spent $50 on lunch", "--json").json()
    assert [call["failed"] for call in typed["calls"]] == [False]
    assert "expense" in typed["calls"][0]["tool"] and "50" in typed["calls"][0]["result"]
    assert typed["reply"]
    assert seeded.connection.total_changes == before
    assert seeded.connection.execute("SELECT count(*) FROM expenses").fetchone()[0] == 0


def test_trying_needs_no_database(ivy: "Ivy", folder: Path) -> None:
    assert "Ivy: " in ivy("tools", "try", "hello").out
    assert not (folder / "data").exists()


def test_the_person_may_be_from_elsewhere(ivy: "Ivy", folder: Path) -> None:
    words = ("--locale", "es-CO", "--zone", "America/Bogota", "--currency", "COP")
    typed = ivy("tools", "try", "gasté 50 mil en almuerzo", *words, "--json").json()
    assert "50.000" in typed["calls"][0]["result"]


def test_words_that_are_decided_before_any_model_say_so(ivy: "Ivy", folder: Path) -> None:
    assert "quick reply" in ivy("tools", "try", "done").err
    assert "stopping" in ivy("tools", "try", "STOP").err
    assert "quick" not in ivy("tools", "try", "what's on my calendar tomorrow").err
