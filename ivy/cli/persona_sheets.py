"""Transcripts as sheets that people judge without knowing whose they are, and what they marked. May import: domain, data.

A folder has a text for each sheet, `ratings.csv` to be filled in, and `key.json`, which the raters do not open.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from ivy.domain.rubric import Rule
from ivy.domain.rubric_review import Rating, faults_of
from ivy.errors import IvyError

KEY, RATINGS = "key.json", "ratings.csv"
ANYBODY = "Sam"
"""Stands for every name: a persona's own would tell what is to be expected of them."""
COLUMNS = ("sheet", "rater", *(rule.value for rule in Rule), "kind_1_to_5", "understood_1_to_5", "comment")
YES = frozenset({"x", "y", "yes", "1", "true", "s", "si", "sí"})
_SPOKEN = re.compile(r"(Agent|User): (.*?)(?= / (?:User|Agent): |$)")
_DID = {"says": "{who} writes", "taps": "{who} taps", "moves": "{who} travels to", "reaction": "Ivy reacts"}


class Sheet(msgspec.Struct, frozen=True):
    """One row of the key: whose days a sheet tells, and what was planted in it."""

    sheet: str
    persona: str
    planted: str = ""
    """The rule that a planted line breaks."""
    broken: tuple[str, ...] = ()
    """The rules that the rubric finds broken on it, the planted line included."""


def said_by_ivy(event: Mapping[str, Any]) -> list[str]:
    """Return what Ivy wrote or spoke in one thing that happened."""
    if event["what"] == "got":
        return [str(event["text"])]
    if event["what"] == "call":
        return [words for who, words in _SPOKEN.findall(str(event["text"])) if who == "Agent"]
    return []


def lines_of(events: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """Return somebody's days as a stranger reads them: the local time, who, and the words."""
    told: list[str] = []
    for each in events:
        at, text = str(each["wall"])[:16].replace("T", " "), str(each["text"]).replace(name, ANYBODY)
        if each["what"] == "got":
            told.append(f"{at}  Ivy writes: {text}")
        elif each["what"] == "call":
            spoken = _SPOKEN.findall(text)
            told += [f"{at}  {'Ivy' if who == 'Agent' else ANYBODY} on the phone: {words}" for who, words in spoken]
            told += [] if spoken else [f"{at}  Ivy calls, and nobody speaks."]
        elif each["what"] in _DID:
            told.append(f"{at}  {_DID[each['what']].format(who=ANYBODY)}: {text}")
    return told


def write(
    folder: Path, stories: Mapping[str, Sequence[Mapping[str, Any]]], languages: Mapping[str, str], seed: int
) -> int:
    """Write the sheets in an order of chance, a planted line in one for each rule; return how many. `stories` is by name."""
    chance, planted = Random(seed), planted_lines()
    names = chance.sample(list(stories), len(stories))
    rules = dict(zip(chance.sample(range(len(names)), min(len(Rule), len(names))), Rule, strict=False))
    folder.mkdir(parents=True, exist_ok=True)
    key: list[Sheet] = []
    for at, name in enumerate(names):
        sheet, lines = f"{at + 1:02d}", lines_of(stories[name], name)
        said = [words for each in stories[name] for words in said_by_ivy(each)]
        rule = rules.get(at)
        if rule is not None:
            line = planted[languages[name]][rule.value]
            lines.insert(chance.randint(min(1, len(lines)), len(lines)), f"{_time_of(lines)}  Ivy writes: {line}")
            said.append(line)
        broken = tuple(sorted({fault.rule.value for fault in faults_of(said)}))
        key.append(Sheet(sheet, name.rpartition("-")[0] or name, rule.value if rule else "", broken))
        (folder / f"{sheet}.txt").write_text("\n".join([f"Sheet {sheet}", "", *lines, ""]), encoding="utf-8")
    (folder / KEY).write_bytes(msgspec.json.format(msgspec.json.encode(key), indent=1) + b"\n")
    (folder / RATINGS).write_text(_empty(key), encoding="utf-8")
    return len(key)


def planted_lines() -> dict[str, dict[str, str]]:
    """Return the lines that are planted, by language and rule."""
    return msgspec.toml.decode((files("ivy") / "data" / "planted_lines.toml").read_bytes())


def _time_of(lines: Sequence[str]) -> str:
    return lines[len(lines) // 2][:16] if lines else "2026-11-23 12:00"


def _empty(key: Iterable[Sheet]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([each.sheet, *[""] * (len(COLUMNS) - 1)] for each in key)
    return out.getvalue()


# --- what came back ----------------------------------------------------------------------------------


def read_key(folder: Path) -> list[Sheet]:
    """Return whose each sheet is. Raises: IvyError where there is no key that can be read."""
    try:
        return msgspec.json.decode((folder / KEY).read_bytes(), type=list[Sheet])
    except (FileNotFoundError, msgspec.DecodeError) as error:
        raise IvyError(f"{folder / KEY} is not there or not readable; `--sheets {folder}` writes it.") from error


def read_ratings(folder: Path) -> list[Rating]:
    """Return what was marked in every .csv of the folder; a row on which nothing was marked or rated was not judged.

    Without a name in the row, the file's name is the rater's. Raises: IvyError for a row that cannot be read.
    """
    found: list[Rating] = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if missing := sorted(set(COLUMNS[:-1]) - set(rows.fieldnames or ())):
                raise IvyError(f"{path} has no column {', '.join(missing)}.")
            found += [rating for row in rows if (rating := _rating(row, path)) is not None]
    return found


def _rating(row: Mapping[str, str | None], path: Path) -> Rating | None:
    told = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not any(told[name] for name in COLUMNS[2:-1]):
        return None
    marks = frozenset(rule for rule in Rule if told[rule.value].casefold() in YES)
    kind, understood = (_mark(told[name], path, told["sheet"]) for name in ("kind_1_to_5", "understood_1_to_5"))
    return Rating(told["rater"] or path.stem, told["sheet"].zfill(2), marks, kind, understood)


def _mark(told: str, path: Path, sheet: str) -> int | None:
    if told not in ("", "1", "2", "3", "4", "5"):
        raise IvyError(f"{path}, sheet {sheet}: {told!r} is no mark from 1 to 5.")
    return int(told) if told else None
