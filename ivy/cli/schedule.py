"""`ivy schedule`: when people are contacted by their own choice. May import: everything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from ivy.cli import frame, moments
from ivy.domain.slots import SlotKind
from ivy.store import call_slots, people
from ivy.store.scope import for_user

command = typer.Typer(no_args_is_help=True, help="Show when people are contacted.")
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


@dataclass(frozen=True)
class Line:
    """One slot: local HH:MM and days as cron has them; `consent_id` None: nothing stands for it but the usual hours."""

    person: str
    name: str
    status: str
    kind: str
    by: str
    at: str
    days: str
    zone: str
    next_at: datetime | None
    nudge_minutes: int
    unanswered: int
    consent_id: int | None


@command.callback()
def schedule() -> None:
    """Show when people are contacted."""


@command.command("list")
def list_(
    user: Annotated[str | None, typer.Option(metavar="WHO", help="Only theirs: an id, phone, or name.")] = None,
    as_json: frame.Json = False,
) -> None:
    """List the contacts that people chose, the next first: when, by phone or in writing, by whose word."""
    lines = frame.run(_list, frame.setup(), user)
    if as_json:
        frame.print_json({"slots": lines})
        return
    rows = [
        [
            moments.shown(each.next_at) if each.next_at else "never",
            each.name,
            each.kind,
            each.by,
            f"{each.at} {_days(each)}",
            each.zone,
            f"{each.nudge_minutes} min before" if each.nudge_minutes else "",
            "" if each.status == "active" else each.status,
            "their word" if each.consent_id else "no consent",
        ]
        for each in lines
    ]
    columns = ["next (UTC)", "person", "for", "by", "when", "zone", "nudge", "is", "stands on"]
    frame.table("1 slot" if len(rows) == 1 else f"{len(rows)} slots", columns, rows)


def _days(line: Line) -> str:
    if line.kind == SlotKind.MONTHLY.value:
        return f"on day {line.days}"
    if line.days == "*":
        return "every day"
    return ", ".join(_DAYS[int(day) % 7] if day.isdecimal() else day for day in line.days.split(","))


async def _list(where: frame.Setup, who: str | None) -> list[Line]:
    async with frame.open_database(where) as store:
        only = (await store.read(people.find, who)).id if who else None
    async with frame.operator(where, action="schedule list", subject=only or "") as operator:
        known = {person.id: person for person in await operator.read(people.everyone)}
        if only:
            mine = await for_user(operator.store, only).read(call_slots.of)
            slots = sorted(mine, key=lambda slot: (slot.next_at is None, slot.next_at, slot.id))
        else:
            slots = await operator.read(call_slots.everyone)
    return [
        Line(
            slot.user_id,
            known[slot.user_id].name,
            known[slot.user_id].status,
            slot.kind.value,
            slot.by.value,
            slot.at,
            slot.days,
            slot.zone,
            slot.next_at,
            slot.nudge_minutes,
            slot.unanswered,
            slot.consent_id,
        )
        for slot in slots
    ]
