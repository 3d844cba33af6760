"""`ivy why ID`: the story of a message, turn, call, gift, refusal or other thing. May import: the store, frame, moments."""

from typing import Annotated

import typer

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.clock import SystemClock
from ivy.store import stories
from ivy.store.binding import Connection
from ivy.store.stories import Story


def command(
    thing: Annotated[
        str, typer.Argument(metavar="ID", help="An id, its beginning, a trace id, or a vendor's message id.")
    ],
    as_json: frame.Json = False,
) -> None:
    """Tell the story of a message, turn, call, gift, expense, reminder, job, question, review or alert: what happened, and why."""
    story = frame.run(_load, thing)
    if as_json:
        frame.print_json(story)
        return
    show(story)


def show(story: Story) -> None:
    """Print what happened, a line for each thing, how it stands and what it cost."""
    whose = f", {story.person}'s ({story.user_id})" if story.person else ""
    rows = [
        [f"{shown(event.at)}.{event.at.microsecond // 1000:03d}", event.what, event.words] for event in story.events
    ]
    frame.table(f"The {story.about.kind} {story.about.id}{whose}", ["at (UTC)", "what", "happened"], rows)
    if story.cause is not None:
        frame.say(f"What led to it, at {shown(story.cause.at)} UTC: {story.cause.words}")
    frame.say(" ".join(filter(None, (story.ending, story.cost))))
    for trace in story.traces:
        frame.note(f"In the daemon's log it is trace {trace}.")


async def _load(thing: str) -> Story:
    async with frame.operator(frame.setup(), action="why", subject=thing) as operator:
        return await operator.read(_tell, thing)


def _tell(connection: Connection, thing: str) -> Story:
    return stories.tell(connection, stories.find(connection, thing), now=SystemClock().now())
