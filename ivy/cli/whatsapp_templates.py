"""`ivy whatsapp templates`: the pack and how Meta judged it; checked, submitted, compared. May import: store, adapters, frame."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.cli.template_submission import CHANNEL, Line, open_library, submit_pack, sync
from ivy.clock import SystemClock
from ivy.domain.template_plan import place
from ivy.domain.template_states import APPROVED, Registered, advice
from ivy.domain.templates import MARKETING, UTILITY, Definition, digest
from ivy.errors import UsageError
from ivy.store import templates as registry

templates = typer.Typer(
    no_args_is_help=True, help="Message templates: all that may be sent outside the 24-hour window."
)

PRICE_CLASSES = {UTILITY: "utility", MARKETING: "marketing: up to 15 times utility"}
"""Source: Meta's rate card for Colombia, October 2026: 0.0125 and 0.0008 US dollars."""


@dataclass(frozen=True)
class Row:
    """One template of the pack, or one that Meta has beside it, as it stands."""

    name: str
    language: str
    in_pack: bool
    status: str
    category_asked: str
    category: str
    price_class: str
    quality: str
    can_be_sent: bool
    advice: str
    submitted_at: datetime | None = None


@templates.command("list")
def list_templates(as_json: frame.Json = False) -> None:
    """List the pack and how Meta judged each template: status, category, price class, quality, and what to do.

    Reads the registry, which webhooks keep current; `sync` asks Meta itself.
    """
    _print_rows(frame.run(_rows), as_json)


async def _rows() -> list[Row]:
    async with frame.operator(frame.setup(), action="whatsapp templates list") as operator:
        return rows(await operator.read(registry.all_known, CHANNEL), SystemClock().now())


def rows(known: list[Registered], now: datetime) -> list[Row]:
    """Return a row for each template of the pack, then for those that Meta has beside it."""
    from ivy.adapters.whatsapp.pack import pack

    by_place = {place(each.name, each.language): each for each in known}
    ours = [_row(each, by_place.pop(place(each.name, each.language), None), now) for each in pack()]
    return [*ours, *(_foreign(each, now) for each in by_place.values())]


def _row(definition: Definition, known: Registered | None, now: datetime) -> Row:
    current = digest(definition)
    category = "" if known is None else known.category_on(now)
    return Row(
        name=definition.name,
        language=definition.language,
        in_pack=True,
        status="not submitted" if known is None else known.status,
        category_asked=definition.category,
        category=category,
        price_class=PRICE_CLASSES.get(category, category.lower()),
        quality="" if known is None else known.quality,
        can_be_sent=known is not None and known.status == APPROVED and known.digest == current,
        advice=advice(known, current, now),
        submitted_at=None if known is None else known.submitted_at,
    )


def _foreign(known: Registered, now: datetime) -> Row:
    category = known.category_on(now) if known.category else ""
    return Row(
        name=known.name,
        language=known.language,
        in_pack=False,
        status=known.status,
        category_asked=known.category_asked,
        category=category,
        price_class=PRICE_CLASSES.get(category, category.lower()),
        quality=known.quality,
        can_be_sent=False,
        advice="not of the pack: Ivy never sends it",
    )


def _print_rows(found: list[Row], as_json: bool) -> None:
    if as_json:
        frame.print_json({"templates": found, "can_be_sent": sum(row.can_be_sent for row in found)})
        return
    columns = ["template", "language", "status", "asked", "is", "price class", "quality", "submitted", "to do"]
    table = [
        [
            row.name,
            row.language,
            row.status,
            row.category_asked,
            row.category,
            row.price_class,
            row.quality,
            shown(row.submitted_at),
            row.advice,
        ]
        for row in found
    ]
    frame.table("Templates (times in UTC)", columns, table)
    of_pack = [row for row in found if row.in_pack]
    frame.note(f"{sum(row.can_be_sent for row in of_pack)} of {len(of_pack)} can be sent.")


@templates.command("lint")
def lint(
    folder: Annotated[Path | None, typer.Argument(help="A folder of templates; the pack if not given.")] = None,
    as_json: frame.Json = False,
) -> None:
    """Say what Meta would refuse of the pack, or turn into marketing; asks nobody. Exit code 1 when there is something."""
    from ivy.adapters.whatsapp.pack import FOLDER, complaints, read_pack

    if folder is not None and not folder.is_dir():
        raise UsageError(f"{folder} is no folder.")
    definitions = read_pack(folder or FOLDER)
    if not definitions:
        raise UsageError(f"{folder} holds no template: they are files that end in .toml.")
    wrong = complaints(definitions)
    if as_json:
        frame.print_json({"ok": not wrong, "templates": len(definitions), "complaints": wrong})
    else:
        for each in wrong:
            frame.say(each)
        frame.note(f"{len(wrong)} complaints." if wrong else f"{len(definitions)} templates, nothing to complain of.")
    raise typer.Exit(1 if wrong else 0)


@templates.command("submit")
def submit(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    as_json: frame.Json = False,
) -> None:
    """Submit the pack for review: make what Meta lacks, edit what changed, leave the rest. Safe to repeat.

    A review takes minutes to a day. Exit code 1 when something could not be done.
    """
    lines = submit_pack(frame.setup(), dry_run=dry_run)
    failed = sum(line.failed for line in lines)
    if as_json:
        frame.print_json({"ok": not failed, "dry_run": dry_run, "lines": lines})
    else:
        print_lines(lines, dry_run=dry_run)
    raise typer.Exit(1 if failed else 0)


def print_lines(lines: list[Line], *, dry_run: bool = False) -> None:
    """Draw what a submission did, or would do."""
    columns = ["template", "language", "step", "why", "category", "result"]
    table = [[line.name, line.language, line.do, line.why, line.category, line.result] for line in lines]
    frame.table("The plan; nothing was done" if dry_run else "Submitted", columns, table)
    dearer = [f"{line.name} ({line.language})" for line in lines if line.category == MARKETING]
    if dearer:
        frame.note(f"Meta counts as {MARKETING}, though {UTILITY} was asked: {', '.join(dearer)}.")
    if failed := sum(line.failed for line in lines):
        frame.note(f"{failed} could not be done; `ivy whatsapp templates submit` goes on where it stopped.")
    elif not dry_run:
        frame.note("`ivy whatsapp templates list` shows how the review goes.")


@templates.command("sync")
def sync_templates(as_json: frame.Json = False) -> None:
    """Ask Meta how every template stands, keep it, and list it: for the first time, or after webhooks were missed."""
    _print_rows(frame.run(_sync), as_json)


async def _sync() -> list[Row]:
    from ivy.adapters.whatsapp.pack import pack

    setup, now = frame.setup(), SystemClock().now()
    async with (
        open_library(setup.config.whatsapp) as library,
        frame.operator(setup, action="whatsapp templates sync") as operator,
    ):
        return rows(await sync(library, operator, pack(), now), now)
