"""`ivy feedback`: what people say went wrong, each with the commands that lead to its cause. May import: everything."""

from typing import Annotated

import typer

from ivy.cli import closing, frame
from ivy.cli.moments import shown
from ivy.clock import SystemClock
from ivy.errors import UsageError
from ivy.store import feedback
from ivy.store.feedback import Complaint, Kind
from ivy.store.scope import for_user

command = typer.Typer(no_args_is_help=True, help="What people say went wrong: read it, see why, and close it.")
Which = Annotated[str, typer.Argument(metavar="ID", help="A complaint's id, or the start of it.")]
WORDS = 60
_SAID = {
    Kind.RATING: "a low rating",
    Kind.WRONG: "an answer is wrong",
    Kind.APPEAL: "a day was not missed",
}


@command.command("list")
def list_feedback(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False, as_json: frame.Json = False
) -> None:
    """List what waits to be read, the oldest first."""
    found = frame.run(_list, every)
    if as_json:
        frame.print_json(found)
    elif not found:
        frame.note("Nothing waits to be read.")
    else:
        rows = [
            [each.id, each.name, _SAID[each.kind], each.words[:WORDS], shown(each.at), next(iter(ways_on(each)), "")]
            for each in found
        ]
        frame.table("Feedback", ["id", "person", "about", "words", "said (UTC)", "leads on"], rows)


@command.command("show")
def show(which: Which, as_json: frame.Json = False) -> None:
    """Show one complaint, and the commands that lead to what it is about."""
    found = frame.run(_show, which)
    if as_json:
        frame.print_json(found)
        return
    facts = [
        ["id", found.id],
        ["person", f"{found.name} ({found.user_id})"],
        ["about", _SAID[found.kind] + ("" if found.stars is None else f" ({found.stars} of 5)")],
        ["words", found.words],
        ["said", f"{shown(found.at)} UTC"],
        ["state", closing.state(found.closed_at, found.closed_by)],
        *([["note", found.note]] if found.note else []),
    ]
    frame.table("Feedback", ["what", "value"], facts)
    for way in ways_on(found):
        frame.say(f"  {way}")
    if found.closed_at is None:
        closing.say_how("feedback", found.user_id, found.id)


@command.command("close")
def close(
    which: Which,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What was found and done; kept with it.")],
) -> None:
    """Say that a human read it."""
    found = frame.run(_close, which, note)
    frame.say(f"Closed: {found.name}, {_SAID[found.kind]}.")


def ways_on(found: Complaint) -> list[str]:
    """Return the commands that lead from a complaint to its cause, the nearest first."""
    ways = [f"ivy why {found.message_id}"] if found.message_id else []
    if found.turn_id:
        ways.append(f"ivy replay {found.turn_id}")
    if found.kind is Kind.APPEAL:
        ways.append(f"ivy users excuse {found.user_id} {found.ref}")
    else:
        ways.append(f"ivy why {found.ref}")
    return ways


async def _list(every: bool) -> list[Complaint]:
    async with frame.operator(frame.setup(), action="feedback list") as operator:
        return await operator.read(lambda connection: feedback.found(connection, every=every))


async def _show(which: str) -> Complaint:
    async with frame.operator(frame.setup(), action="feedback show", subject=which) as operator:
        return await operator.read(feedback.find, which)


async def _close(which: str, note: str) -> Complaint:
    note = closing.said(note, "Say in --note what was found.")
    async with frame.operator(frame.setup(), action="feedback close", subject=which) as operator:
        found = await operator.read(feedback.find, which)
        closed = await for_user(operator.store, found.user_id).write(
            feedback.close, found.id, by=frame.actor("feedback close"), note=note, now=SystemClock().now()
        )
        if not closed:
            raise UsageError(
                f"{found.id} is closed{'' if found.closed_at is None else f' since {shown(found.closed_at)}'}."
            )
    return found
