"""`ivy calls`: lists and shows phone calls. May import: everything.

What was said is shown only when it is asked for, and that is written down.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import typer

from ivy.cli import frame, moments
from ivy.clock import SystemClock
from ivy.domain.calls import Report, Spoken
from ivy.domain.voice_quality import quality
from ivy.errors import UsageError
from ivy.store import calls, people, transcripts
from ivy.store.calls import Call
from ivy.store.scope import for_user

command = typer.Typer(no_args_is_help=True, help="List or show calls.")
SINCE = timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One call in a listing."""

    id: str
    person: str
    kind: str
    day: str
    due_at: datetime
    state: str
    outcome: str
    attempt: int
    seconds: int
    reason: str


@command.callback()
def calls_() -> None:
    """List or show calls."""


@command.command("list")
def list_(
    user: Annotated[str | None, typer.Option(metavar="WHO", help="Only theirs: an id, phone, or name.")] = None,
    days: Annotated[int, typer.Option(help="How many days back.", min=1)] = 7,
    as_json: frame.Json = False,
) -> None:
    """List calls, the newest first."""
    lines = frame.run(_list, frame.setup(), user, timedelta(days=days))
    if as_json:
        frame.print_json({"calls": lines})
        return
    columns = ("when", "person", "kind", "state", "outcome", "seconds", "try", "why", "id")
    rows = [
        (moments.shown(each.due_at), each.person, each.kind, each.state, each.outcome, str(each.seconds), str(each.attempt),
         each.reason, each.id)
        for each in lines
    ]  # fmt: skip
    frame.table(f"{len(lines)} calls", columns, rows)


@command.command()
def show(
    call_id: Annotated[str, typer.Argument(metavar="ID", help="A call's id, from `ivy calls list`.")],
    words: Annotated[
        bool, typer.Option("--words", help="Show what was said, too; the audit log keeps that you did.")
    ] = False,
    as_json: frame.Json = False,
) -> None:
    """Show a call: what it was dialled with, what came of it, what it cost."""
    call, spoken = frame.run(_show, frame.setup(), call_id, words)
    if as_json:
        frame.print_json({"call": call, "quality": quality(call.report), "words": spoken})
        return
    frame.say(f"{call.kind.value} call of {call.day} to {call.to_number or 'nobody yet'}: {call.state.value}")
    for name, value in (
        ("outcome", call.outcome.value if call.outcome else ""),
        ("why", call.reason or call.report.reason),
        ("words", call.prompt),
        ("lasted", f"{call.report.duration_seconds or 0:.0f} s"),
        ("quality", _quality(call.report)),
        ("summary", call.report.summary),
        ("provider", f"{call.provider} {call.provider_call_id}".strip()),
    ):
        if value:
            frame.say(f"  {name:9} {value}")
    for turn in spoken:
        frame.say(f"  {turn.by:9} {turn.text}")


def _quality(report: Report) -> str:
    """Say how the call sounded, as far as the provider told."""
    found = quality(report)
    if found is None:
        return ""
    wait, cut, quiet = found.answer_wait_ms, found.interruptions, found.longest_silence
    parts = [
        "" if wait is None else f"answers after {wait / 1000:.1f} s (half of them)",
        "" if cut is None else f"{cut} interruption{'s' * (cut != 1)}",
        "" if quiet is None else f"longest silence {quiet:.1f} s",
        "hung up early" if found.hung_up_early else "",
    ]
    return ", ".join(part for part in parts if part)


async def _list(where: frame.Setup, user: str | None, back: timedelta) -> list[Line]:
    async with frame.open_database(where) as store:
        who = await store.read(people.find, user) if user else None
        found = await store.read(calls.everyones, since=SystemClock().now() - back, user_id=who and who.id)
        names = {person.id: person.name for person in await store.read(people.everyone)}
    return [
        Line(
            each.id,
            names.get(each.user_id, ""),
            each.kind.value,
            each.day.isoformat(),
            each.due_at,
            each.state.value,
            each.outcome.value if each.outcome else "",
            each.attempt,
            round(each.report.duration_seconds or 0),
            each.reason or each.report.reason,
        )
        for each in found
    ]


async def _show(where: frame.Setup, call_id: str, words: bool) -> tuple[Call, tuple[Spoken, ...]]:
    async with frame.open_database(where) as store:
        call = await store.read(calls.find, call_id)
    if call is None:
        raise UsageError(f"There is no call {call_id!r}; `ivy calls list` shows them.")
    if not words:
        return call, ()
    async with frame.operator(where, action="calls show", reason="what was said", subject=call.user_id) as operator:
        kept = await for_user(operator.store, call.user_id).read(transcripts.of_call, call.id)
        return call, kept.turns if kept else ()
