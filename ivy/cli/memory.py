"""`ivy memory`: what Ivy knows of people, where it is from, and whether that can be trusted. May import: everything."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import typer

from ivy.cli import frame, moments
from ivy.domain.facts import Ended, Fact
from ivy.store import fact_audit, facts, people, recalls
from ivy.store.fact_audit import Problem
from ivy.store.people import Person
from ivy.store.recalls import Recall
from ivy.store.scope import Scope, for_user

command = typer.Typer(no_args_is_help=True, help="What Ivy knows of people, and where it is from.")
RECALLED = 50
"""Memories found for turns that are listed, the newest first."""
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Line:
    """One fact; a forgotten one has no words. `source` is the id of the message it is from."""

    id: str
    kind: str
    subject: str
    text: str
    quote: str
    source: str
    way: str
    confidence: float
    since: datetime
    until: datetime | None
    state: str
    replaced_by: str
    behaves: str


@dataclass(frozen=True)
class Audit:
    """What is known of one person, and what is wrong with it."""

    person: str
    name: str
    facts: list[Line]
    waiting: int
    """Messages that are still to be read."""
    problems: list[Problem]
    recalled: list[Recall] = field(default_factory=list[Recall])
    """Which memories were found for their last turns."""


@command.callback()
def memory() -> None:
    """What Ivy knows of people, and where it is from."""


@command.command("audit")
def audit(
    user: Annotated[str | None, typer.Option(metavar="WHO", help="Only theirs: an id, phone, or name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Show superseded and forgotten facts too.")] = False,
    as_json: frame.Json = False,
) -> None:
    """List what is known of people with its sources, and check each fact against its message, its chain and the memories.

    Below stands which memories were found for their last turns: by the words they wrote, or because the model looked.
    """
    found = frame.run(_audit, frame.setup(), user)
    if as_json:
        frame.print_json({"people": found})
    else:
        for each in found:
            _print(each, every=every)
    wrong = sum(len(each.problems) for each in found)
    if not as_json:
        frame.say("Nothing is wrong." if not wrong else f"{wrong} things are wrong; they are named above.")
    if wrong:
        raise typer.Exit(1)


def _print(found: Audit, *, every: bool) -> None:
    shown = [line for line in found.facts if every or line.state == "holds"]
    gone = len(found.facts) - sum(line.state == "holds" for line in found.facts)
    rows = [
        [
            line.id[:13],
            line.kind,
            line.text or "(forgotten)",
            line.state,
            moments.shown(line.since),
            moments.shown(line.until),
            f"{line.way} {line.confidence:.2f}",
            f"“{line.quote}”" if line.quote else "",
            line.source,
        ]
        for line in shown
    ]
    columns = ["fact", "kind", "what", "state", "since (UTC)", "until (UTC)", "how", "their words", "message"]
    waiting = f", {found.waiting} messages to read" if found.waiting else ""
    frame.table(f"{found.name}: {len(found.facts) - gone} hold, {gone} no more{waiting}", columns, rows)
    if found.recalled:
        title = f"{found.name}: found in memory for the last turns"
        frame.table(title, ["turn", "at (UTC)", "by", "of", "words", "told"], [_found(each) for each in found.recalled])
    for problem in found.problems:
        frame.say(f"  {problem.fact}: {problem.words}")


def _found(each: Recall) -> list[str]:
    text = " ".join(each.text.split())
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    told = "yes" if each.told else "no room"
    return [each.turn_id, moments.shown(each.at), each.how, f"{each.kind} {each.ref}", shown or "(gone)", told]


async def _audit(where: frame.Setup, who: str | None) -> list[Audit]:
    async with frame.open_database(where) as store:
        only = await store.read(people.find, who) if who else None
    async with frame.operator(where, action="memory audit", subject=only.id if only else "") as operator:
        known = [only] if only else await operator.read(people.everyone)
        return [await for_user(operator.store, person.id).read(_of, person) for person in known]


def _of(scope: Scope, person: Person) -> Audit:
    waiting = len(facts.waiting(scope, limit=1000))
    lines = [_line(fact) for fact in facts.every(scope)]
    return Audit(
        person.id, person.name, lines, waiting, fact_audit.problems(scope), recalls.lately(scope, limit=RECALLED)
    )


def _line(fact: Fact) -> Line:
    return Line(
        fact.id,
        fact.kind.value,
        fact.subject,
        fact.text,
        fact.quote,
        fact.message_id,
        fact.way.value,
        fact.confidence,
        fact.since,
        fact.until,
        "holds" if fact.ended is Ended.NOT else fact.ended.value,
        fact.replaced_by,
        fact.acts.value,
    )
