"""`ivy review`: words of danger that a human has to look at. May import: everything."""

from typing import Annotated

import typer

from ivy.agent import care
from ivy.cli import closing, frame
from ivy.cli.desks import desk_of
from ivy.cli.moments import shown
from ivy.errors import UsageError
from ivy.store import people, reviews
from ivy.store.reviews import Review
from ivy.store.scope import for_user

command = typer.Typer(no_args_is_help=True, help="Words of danger: a human looks at each, and says so.")
Which = Annotated[str, typer.Argument(metavar="ID", help="A review's id, or the start of it.")]


@command.command("list")
def list_reviews(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False, as_json: frame.Json = False
) -> None:
    """List what waits for a human, the oldest first."""
    found = frame.run(_list, every)
    if as_json:
        frame.print_json(found)
    elif not found:
        frame.note("Nothing waits for a human.")
    else:
        rows = [
            [
                each.id,
                each.kind.value,
                each.name,
                each.source,
                shown(each.opened_at),
                closing.state(each.closed_at, each.closed_by),
            ]
            for each in found
        ]
        frame.table("Reviews", ["id", "danger", "person", "said in", "opened (UTC)", "state"], rows)


@command.command("show")
def show(which: Which, as_json: frame.Json = False) -> None:
    """Show one review with the words that opened it."""
    found = frame.run(_show, which)
    if as_json:
        frame.print_json(found)
        return
    facts = [
        ["id", found.id],
        ["danger", found.kind.value],
        ["person", f"{found.name} ({found.user_id})"],
        ["said in", f"{found.source} {found.ref}"],
        ["words", found.words],
        ["opened", f"{shown(found.opened_at)} UTC"],
        ["state", closing.state(found.closed_at, found.closed_by)],
        *([["note", found.note]] if found.note else []),
    ]
    frame.table("Review", ["what", "value"], facts)
    if found.closed_at is None:
        closing.say_how("review", found.user_id, found.id)


@command.command("close")
def close(
    which: Which,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What was done; kept with the review.")],
) -> None:
    """Say that a human looked. With a person's last review, Ivy begins things with them again."""
    found, ended = frame.run(_close, which, note)
    again = (
        "Ivy begins things with them again."
        if ended
        else "Ivy stays quiet meanwhile: another review of theirs is open."
    )
    frame.say(f"Closed. {found.name}: {again}")


async def _list(every: bool) -> list[Review]:
    async with frame.operator(frame.setup(), action="review list") as operator:
        return await operator.read(lambda connection: reviews.found(connection, every=every))


async def _show(which: str) -> Review:
    async with frame.operator(frame.setup(), action="review show", subject=which) as operator:
        return await operator.read(reviews.find, which)


async def _close(which: str, note: str) -> tuple[Review, bool]:
    note = closing.said(note, "Say in --note what was done.")
    where = frame.setup()
    async with frame.operator(where, action="review close", subject=which) as operator:
        found = await operator.read(reviews.find, which)
        if found.closed_at is not None:
            raise UsageError(f"{found.id} is closed since {shown(found.closed_at)}.")
        store = for_user(operator.store, found.user_id)
        person = await store.read(people.load)
        ended = await store.write(
            lambda scope: care.close(
                scope, person, found.id, by=frame.actor("review close"), note=note, desk=desk_of(where)
            )
        )
    return found, ended or person.care_since is None
