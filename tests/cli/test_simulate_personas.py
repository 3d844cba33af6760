"""`ivy simulate personas`: the rubric's table, the sheets that people judge blind, and how both compare."""

import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from ivy.cli import persona_sheets
from ivy.cli.simulate_personas import personas
from ivy.domain.rubric import Rule, judge
from ivy.emulators import personas as people
from ivy.errors import IvyError, UsageError

SOME = ["keen", "elder", "ghoster", "sarcastic", "rester", "hanger_up"]


def ran(capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as ended:
        personas(**options)
    return ended.value.exit_code, capsys.readouterr().out


def test_the_table_has_everybody_and_the_sheets_tell_nobody_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "review"
    code, out = ran(capsys, days=1, persona=SOME, sheets=folder, as_json=True)
    told = json.loads(out)
    assert (code, told["ok"], told["days"]) == (0, True, 1)
    assert {row["persona"] for row in told["rows"]} == set(SOME)
    assert all(row["lines"] and row["broken"] == {} for row in told["rows"])
    key = persona_sheets.read_key(folder)
    assert {each.persona for each in key} == set(SOME)
    assert {each.planted for each in key} == {"", *(rule.value for rule in Rule)}
    for each in key:
        text = (folder / f"{each.sheet}.txt").read_text("utf-8")
        assert not [name for name in SOME if f"{name}-" in text]
        assert "Ivy writes: " in text or "Ivy calls" in text or "Ivy on the phone" in text
        assert each.planted == "" or each.planted in each.broken
    assert persona_sheets.read_ratings(folder) == []
    with pytest.raises(UsageError, match="not empty"):
        personas(days=1, persona=SOME, sheets=folder)


def test_what_people_marked_is_compared_with_the_rubric(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = [{"wall": "2026-11-23T07:00:00", "who": "keen-0", "what": "got", "text": "Hi keen-0, well done."}]
    persona_sheets.write(
        tmp_path, {f"{name}-0": story for name in SOME}, dict.fromkeys([f"{n}-0" for n in SOME], "en"), 7
    )
    planted = {each.sheet: each.planted for each in persona_sheets.read_key(tmp_path)}
    sharp, blind = ("ana", "ben", "eva", "ivo"), "zoe"
    for rater in (*sharp, blind):
        with (tmp_path / f"{rater}.csv").open("w", newline="") as out:
            table = csv.DictWriter(out, persona_sheets.COLUMNS)
            table.writeheader()
            for sheet, rule in planted.items():
                marks = {rule: "x"} if rule and rater != blind and rule != Rule.LOSS.value else {}
                table.writerow({"sheet": sheet.lstrip("0"), "kind_1_to_5": "4", **marks})
    personas(compared=tmp_path, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["raters"] == ["ana", "ben", "eva", "ivo", "zoe"] and told["marks"] == {"kind": 4.0, "understood": None}
    rules = {each["rule"]: each for each in told["rules"]}
    seen = {rule: (each["both"], each["neither"], len(each["only_rubric"])) for rule, each in rules.items()}
    assert seen == {rule.value: (0, 5, 1) if rule is Rule.LOSS else (1, 5, 0) for rule in Rule}
    assert rules["loss"]["agreement"] == pytest.approx(5 / 6, abs=0.001) and rules["shame"]["agreement"] == 1.0
    personas(compared=tmp_path)
    assert "5 people, 6 sheets" in capsys.readouterr().out


def test_a_row_that_cannot_be_read_and_a_folder_without_a_key_are_told(tmp_path: Path) -> None:
    with pytest.raises(IvyError, match=r"key\.json"):
        personas(compared=tmp_path)
    (tmp_path / "key.json").write_bytes(msgspec.json.encode([persona_sheets.Sheet("01", "keen")]))
    (tmp_path / "ana.csv").write_text(f"{','.join(persona_sheets.COLUMNS)}\n01,,,,,,,9,,\n")
    with pytest.raises(IvyError, match="no mark from 1 to 5"):
        personas(compared=tmp_path)
    (tmp_path / "ana.csv").write_text("sheet,rater\n01,ana\n")
    with pytest.raises(IvyError, match="no column"):
        personas(compared=tmp_path)


def test_every_planted_line_breaks_its_rule_in_its_language() -> None:
    lines = persona_sheets.planted_lines()
    assert lines.keys() == {"en", "es"} == people.cast().words.keys()
    for language, by_rule in lines.items():
        assert {
            rule: {each.rule.value for each in judge(line, language)} >= {rule} for rule, line in by_rule.items()
        } == {rule.value: True for rule in Rule}


def test_a_persona_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="nobody_at_all"):
        personas(persona=["nobody_at_all"])
