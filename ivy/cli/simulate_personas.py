"""`ivy simulate personas`: everybody there is lives a few days, and what Ivy said to them is judged. May import: everything."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import msgspec
import typer

from ivy import log
from ivy.cli import frame, persona_sheets, simulate_week, week_report
from ivy.cli.simulate_week import MONDAY
from ivy.cli.week_never import Never
from ivy.domain.rubric import Rule
from ivy.domain.rubric_review import FEWEST_RATERS, Agreement, Rating, compare, faults_of
from ivy.emulators import personas as people
from ivy.emulators.personas import Somebody
from ivy.errors import UsageError

Event = Mapping[str, Any]


class Row(msgspec.Struct, frozen=True):
    """One persona: how many lines Ivy wrote or spoke to them, and the words that break each rule."""

    persona: str
    about: str
    language: str
    lines: int
    broken: dict[str, list[str]]


class Table(msgspec.Struct, frozen=True):
    ok: bool
    days: int
    seed: int
    rows: list[Row]
    never: Never


def personas(
    days: Annotated[int, typer.Option(help="How many days they live.", min=1, max=60)] = 2,
    seed: Annotated[int, typer.Option(help="The same seed tells the same days.")] = 1,
    start: Annotated[str, typer.Option(metavar="DATE", help="The first day, at 0:00 UTC.")] = MONDAY,
    persona: Annotated[list[str] | None, typer.Option(help="Only this one. May be repeated.")] = None,
    sheets: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the transcripts for people to judge blind.")
    ] = None,
    compared: Annotated[
        Path | None,
        typer.Option("--compare", metavar="FOLDER", help="Only compare what people marked with the rubric."),
    ] = None,
    as_json: frame.Json = False,
) -> None:
    """Let every persona live a few days, and judge all that Ivy wrote and said to them: shame, loss, medicine, orders, zeros.

    Exit code 1 when a rule is broken, or something happened that never must. docs/human-review.md is the form for people.
    """
    log.start("error", plain=True)
    if compared is not None:
        _show_comparison(compared, as_json=as_json)
        return
    try:
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"--start {start!r} is no date; write it like {MONDAY}.") from None
    if sheets is not None and sheets.exists() and any(sheets.iterdir()):
        raise UsageError(f"{sheets} is not empty: sheets go into a folder of their own.")
    only = _known(persona or [])
    everybody = people.people(len(only), seed, only=only)
    told = simulate_week.run(len(everybody), days, seed, begins=begins, only=only)
    stories = stories_of(told, everybody)
    table = judged(told, everybody, stories, days, seed)
    if sheets is not None:
        spoken = {who.name: who.home.language for who in everybody}
        number = persona_sheets.write(sheets, stories, spoken, seed)
        frame.note(
            f"{number} sheets, ratings.csv and key.json are in {sheets}; docs/human-review.md says how to use them."
        )
    _show(table, as_json=as_json)
    raise typer.Exit(0 if table.ok else 1)


def _known(named: Sequence[str]) -> tuple[str, ...]:
    """Return the personas that are asked for, each once; all of them if none is named."""
    names = tuple(each.name for each in people.cast().persona)
    if unknown := [name for name in named if name not in names]:
        raise UsageError(f"No persona is called {unknown[0]!r}; there are {', '.join(names)}.")
    return tuple(name for name in names if not named or name in named)


def stories_of(told: week_report.Told, everybody: Sequence[Somebody]) -> dict[str, list[Event]]:
    """Return what happened to each, by their name, in order of time."""
    found: dict[str, list[Event]] = {who.name: [] for who in everybody}
    for line in told.story:
        event: Event = msgspec.json.decode(line)
        found[event["who"]].append(event)
    return found


def judged(
    told: week_report.Told, everybody: Sequence[Somebody], stories: Mapping[str, Sequence[Event]], days: int, seed: int
) -> Table:
    """Return the rubric's table of what Ivy wrote and said to each of them."""
    rows: list[Row] = []
    for who in everybody:
        said = [words for event in stories[who.name] for words in persona_sheets.said_by_ivy(event)]
        broken: dict[str, list[str]] = {}
        for fault in faults_of(said):
            broken.setdefault(fault.rule.value, []).append(fault.words)
        rows.append(Row(who.persona.name, who.persona.about, who.home.language, len(said), broken))
    never = told.report.never
    return Table(never.is_empty and not any(row.broken for row in rows), days, seed, rows, never)


def _show(table: Table, *, as_json: bool) -> None:
    if as_json:
        frame.print_json(table)
        return
    columns = ["persona", "", "lines", *(rule.value for rule in Rule)]
    rows = [
        [
            row.persona,
            row.language,
            str(row.lines),
            *("; ".join(row.broken.get(rule.value, ())) or "-" for rule in Rule),
        ]
        for row in table.rows
    ]
    frame.table(f"{len(rows)} personas, {table.days} days, seed {table.seed}", columns, rows)
    lines, broken = sum(row.lines for row in table.rows), sum(len(row.broken) for row in table.rows)
    frame.say(f"{lines} lines of Ivy's judged; {broken or 'no'} rules broken.")
    frame.say(
        "What must never happen: " + ("nothing of it did." if table.never.is_empty else "some did; `--json` has it.")
    )


# --- beside people -----------------------------------------------------------------------------------


class Compared(msgspec.Struct, frozen=True):
    """One rule: on how many sheets both, neither or only one of them found it broken."""

    rule: str
    both: int
    neither: int
    only_rubric: tuple[str, ...]
    only_people: tuple[str, ...]
    agreement: float | None


def _show_comparison(folder: Path, *, as_json: bool) -> None:
    key, ratings = persona_sheets.read_key(folder), persona_sheets.read_ratings(folder)
    rubric = {each.sheet: frozenset(Rule(name) for name in each.broken) for each in key}
    if unknown := sorted({each.sheet for each in ratings} - rubric.keys()):
        raise UsageError(f"There is no sheet {unknown[0]!r} in {folder}.")
    rows = [_compared(each) for each in compare(rubric, ratings)]
    raters = sorted({each.rater for each in ratings})
    marks = {"kind": _mean(ratings, "kind"), "understood": _mean(ratings, "understood")}
    if as_json:
        frame.print_json({"raters": raters, "sheets": len(rubric), "rules": rows, "marks": marks})
        return
    table = [
        [each.rule, str(each.both), str(each.neither), _names(each.only_rubric), _names(each.only_people), _part(each)]
        for each in rows
    ]
    columns = ["rule", "both", "neither", "only the rubric", "only people", "they agree"]
    frame.table(f"{len(raters)} people, {len(rubric)} sheets", columns, table)
    shown = [f"{name} {value:.1f} of 5" for name, value in marks.items() if value is not None]
    frame.say(
        f"Marks: {', '.join(shown) or 'none'}. A sheet counts from {FEWEST_RATERS} raters on; most of them decide."
    )


def _compared(each: Agreement) -> Compared:
    share = each.share
    return Compared(
        each.rule.value,
        each.both,
        each.neither,
        each.only_rubric,
        each.only_people,
        None if share is None else round(share, 3),
    )


def _mean(ratings: Sequence[Rating], name: str) -> float | None:
    marks = [mark for each in ratings if (mark := getattr(each, name)) is not None]
    return round(mean(marks), 2) if marks else None


def _names(sheets: Sequence[str]) -> str:
    return ", ".join(sheets) or "-"


def _part(each: Compared) -> str:
    return "too few raters" if each.agreement is None else f"{each.agreement:.0%}"
