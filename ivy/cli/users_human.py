"""`ivy users say|release|excuse`: a human answers in a chat, gives it back to Ivy, puts a day right. May import: everything."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import typer

from ivy.agent import appealing, chats, handover
from ivy.agent.desk import Desk
from ivy.cli import frame, moments
from ivy.cli.desks import desk_of
from ivy.clock import unstamp
from ivy.domain.splitting import split_text
from ivy.errors import UsageError
from ivy.store import messages, people
from ivy.store.people import Person
from ivy.store.scope import Scope, for_user

MOST_WORDS = 20
Who = Annotated[str, typer.Argument(metavar="WHO", help="Their id, phone, or name.")]


@dataclass(frozen=True)
class Words:
    """One message of a chat; `who` is the person's name, or Ivy, which also carries what an operator says."""

    at: datetime
    who: str
    text: str


def latest_words(scope: Scope, person: Person) -> tuple[Words, ...]:
    """Return the latest messages both ways, the oldest first."""
    rows = messages.last_words(scope, limit=MOST_WORDS)
    return tuple(
        Words(unstamp(row["at_ms"]), person.name if row["direction"] == "in" else "Ivy", row["body"])
        for row in reversed(rows)
    )


def say(who: Who, text: Annotated[str, typer.Argument(metavar="TEXT", help="What they will read.")]) -> None:
    """Write to a person as a human; it goes out like an answer of Ivy's, inside the conversation window."""
    person = frame.run(_say, frame.setup(), who, text)
    frame.say(f"Queued for {person.name}. `ivy status` shows if it has to wait.")


def release(who: Who) -> None:
    """Give a chat back to Ivy, after a person asked for a human."""
    person = frame.run(_release, frame.setup(), who)
    frame.say(f"Ivy answers {person.name} again.")


def excuse(who: Who, day: Annotated[str, typer.Argument(metavar="DAY", help="The missed day, as YYYY-MM-DD.")]) -> None:
    """Let a missed day cost a person nothing, after they said that it was not missed."""
    person = frame.run(_excuse, frame.setup(), who, moments.day(day, date.max))
    frame.say(f"{day} costs {person.name} nothing any more.")


async def _say(where: frame.Setup, who: str, text: str) -> Person:
    if not text.strip():
        raise UsageError("There is nothing to say.")
    person = await _find(where, who)
    async with frame.operator(where, action="users say", subject=person.id) as operator:
        await for_user(operator.store, person.id).write(_queue, text, desk_of(where))
    return person


def _queue(scope: Scope, text: str, desk: Desk) -> None:
    chats.where_heard(scope, desk).send(scope, *split_text(text))


async def _release(where: frame.Setup, who: str) -> Person:
    person = await _find(where, who)
    async with frame.operator(where, action="users release", subject=person.id) as operator:
        if not await for_user(operator.store, person.id).write(handover.hand_back, desk_of(where)):
            raise UsageError(f"{person.name} talks with Ivy already.")
    return person


async def _excuse(where: frame.Setup, who: str, day: date) -> Person:
    person = await _find(where, who)
    async with frame.operator(where, action="users excuse", subject=person.id) as operator:
        if not await for_user(operator.store, person.id).write(appealing.excuse, person, day, desk_of(where)):
            raise UsageError(f"{day} is no missed day of {person.name}'s; nothing was changed.")
    return person


async def _find(where: frame.Setup, who: str) -> Person:
    async with frame.open_database(where) as store:
        return await store.read(people.find, who)
