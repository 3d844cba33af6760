"""The rules that `scripts/test` wants covered whole: each is there, and none hides a branch from the count."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RULES: list[str] = PYPROJECT["tool"]["ivy"]["covered_whole"]
NAMED_BY_PURPOSE = ("consent", "giving", "chain", "money", "spend_caps", "streaks", "windows", "workouts", "dialing")


def test_every_rule_that_is_listed_is_a_file() -> None:
    """A file that was renamed would else leave the gate without a word."""
    assert [path for path in RULES if not (ROOT / path).is_file()] == []
    assert sorted(set(RULES)) == RULES
    assert {f"ivy/domain/{name}.py" for name in NAMED_BY_PURPOSE} <= set(RULES)


def test_each_check_of_a_signature_is_listed() -> None:
    assert {f"{path.relative_to(ROOT)}" for path in ROOT.glob("ivy/adapters/*/signature.py")} <= set(RULES)


def test_no_rule_is_excused_from_the_count_and_branches_are_counted() -> None:
    assert [path for path in RULES if "pragma: no" in (ROOT / path).read_text()] == []
    assert PYPROJECT["tool"]["coverage"]["run"]["branch"] is True
    gate = next(line for line in (ROOT / "scripts/test").read_text().splitlines() if "--fail-under=100" in line)
    assert '--include="$rules"' in gate
