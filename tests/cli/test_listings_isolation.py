"""Two lives in one file, and every command that is asked about one of them: nothing it prints, or writes, is of the other.

The commands are the program's own: one that takes a person, or an id, is in a table here or says why it need not be.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
import trio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock
from typer.testing import CliRunner

from ivy.cli.app import COMMANDS, app, load
from ivy.cli.world import World, add_person, open_world
from ivy.clock import VirtualClock
from ivy.domain.calls import CallKind, CallOutcome, Report, Spoken, Verdict
from ivy.domain.giving import Kind, Move
from ivy.domain.jobs import TURN, turn_lane
from ivy.domain.slots import By, SlotKind
from ivy.domain.taint import texts_in
from ivy.errors import UsageError
from ivy.store import call_slots, calls, donations, jobs, stories
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.database import open_store
from ivy.store.jobs import NewJob
from ivy.store.scope import within
from ivy.store.settings import open_reader
from ivy.threads import InlineThreads
from tests.tools.diary import MONDAY
from tests.tools.two_people import SECRETS, Ask, ask, asks, everything

FULL = os.environ.get("IVY_FULL") == "1"


@dataclass(frozen=True)
class Who:
    """Somebody by all that could tell of them; the name and number stand in no example of a tool."""

    id: str
    name: str
    phone: str


PEOPLE = {
    "ana": Who("0a11a000-0000-7000-8000-00000000000a", "Zoraida", "+12025550143"),
    "ben": Who("0b22b000-0000-7000-8000-00000000000b", "Bartholomew", "+12025550187"),
}
OTHER = {"ana": "ben", "ben": "ana"}


# --- two lives -------------------------------------------------------------------------------------


def lines(one: str, two: str) -> tuple[str, ...]:
    """Return what somebody says so that there is something of every kind; after the last a human answers them."""
    return (
        f"I spent $50 on {one}", f"remind me tomorrow at 7pm to water the {one}", f"book {two} tomorrow 2pm",
        f"remember that my {two} hurts", f"plan a {one} tomorrow at 7am", "log a run of 45 minutes",
        f"what did I tell you about my {two}", f"how much did I spend on {one}", "that's wrong",
        "give me buttons: yes or no", f"Because of {one} I want to die", "talk to a human",
    )  # fmt: skip


async def talk(folder: Path) -> None:
    async with open_world(folder, clock=VirtualClock(MONDAY), threads=InlineThreads()) as world:
        for who in PEOPLE.values():
            await add_person(world.store, who.id, who.phone, now=MONDAY, name=who.name)
        for said in zip(*(lines(*SECRETS[key]) for key in PEOPLE), strict=True):
            for who, text in zip(PEOPLE.values(), said, strict=True):
                await world.vendors.whatsapp.person_says(who.phone, text)
            await trio.sleep(60)
        for key in PEOPLE:
            await world.store.write(plant, world, key)


def plant(connection: Connection, world: World, key: str) -> None:
    """Keep what no chat leads to: a slot, a call with its words, a gift, a dead letter."""
    who, (one, two), new_id = PEOPLE[key], SECRETS[key], world.daemon.context.new_id
    scope, call_id, day = within(connection, who.id), new_id(), MONDAY.date()
    call_slots.set_slot(scope, SlotKind.MORNING, By.VOICE, "07:00", "*", consent_id=None, new_id=new_id, now=MONDAY)
    calls.ask(scope, Call(call_id, who.id, CallKind.MORNING, day, MONDAY), now=MONDAY)
    connection.execute("UPDATE calls SET state = 'dialing', to_number = ? WHERE id = ?", (who.phone, call_id))
    spoken = (Spoken("agent", f"Hello {who.name}.", 0.5, 2.0), Spoken("person", f"The {two} is well.", 2.5, 4.0))
    verdict = Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=True)
    report = Report(
        "retell", f"call_{key}", call_id, seen=("ended",), verdict=verdict, duration_seconds=8.0, spoken=spoken,
        summary=f"{who.name} spoke of {one}.",
    )  # fmt: skip
    calls.hear(connection, report, at=MONDAY)
    gift = Move(Kind.GIFT, f"{one}-fund", 150, "USD", "self")
    donations.add(scope, (gift,), workout_id=f"{who.id}-w", day=day, new_id=new_id, now=MONDAY)
    letter = NewJob(
        id=new_id(), kind=TURN, key=f"turn:{new_id()}", due_at=MONDAY, payload={"channel": "whatsapp"},
        lane=turn_lane(who.id), user_id=who.id, trace_id=new_id(),
    )  # fmt: skip
    jobs.bury_at_once(connection, letter, reason=f"{one} cannot be read", error="builtins.KeyError", now=MONDAY)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's folder beside two people's lives; it is only copied."""
    folder = tmp_path_factory.mktemp("lived")
    (folder / "data").mkdir(mode=0o700)
    trio.run(talk, folder, clock=MockClock(autojump_threshold=0))
    (folder / "ivy.toml").write_text('[store]\nseal_key_file = "seal"\n')
    (folder / "seal").touch(0o600)
    (folder / "seal").write_text("00" * 32)
    return folder


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    caplog.set_level("CRITICAL")


# --- what is typed ---------------------------------------------------------------------------------

Rows = dict[str, list[dict[str, Any]]]
Words = list[str]


@dataclass(frozen=True)
class Mine:
    """One person's things, to be asked about."""

    who: Who
    rows: Rows
    things: list[str]
    """The latest id of every table whose rows a story is told of."""

    def one(self, table: str, **having: Any) -> str:
        """Return the id of the latest row like this."""
        return [row["id"] for row in self.rows[table] if having.items() <= row.items()][-1]


LOOKS: dict[str, Callable[[Mine], list[Words]]] = {
    "users show": lambda mine: [[mine.who.id], [mine.who.name, "--json"], [mine.who.phone]],
    "users export": lambda mine: [[mine.who.id]],
    "call": lambda mine: [[mine.who.id, "--dry-run"], [mine.who.phone, "--dry-run", "--json", "--kind", "morning"]],
    "calls list": lambda mine: [["--user", mine.who.id, "--days", "36500"], ["--user", mine.who.name, "--json"]],
    "calls show": lambda mine: [[mine.one("calls")], [mine.one("calls"), "--words", "--json"]],
    "send": lambda mine: [[mine.who.id], [mine.who.name, "--json"]],
    "schedule list": lambda mine: [["--user", mine.who.id], ["--user", mine.who.phone, "--json"]],
    "jobs list": lambda mine: [["--user", mine.who.id], ["--user", mine.who.name, "--limit", "999", "--json"]],
    "jobs show": lambda mine: [[mine.one("jobs")], [mine.one("jobs", state="dead"), "--json"]],
    "dlq list": lambda mine: [["--user", mine.who.id], ["--user", mine.who.name, "--json"]],
    "dlq show": lambda mine: [[mine.one("jobs", state="dead")], [mine.one("jobs", state="dead"), "--json"]],
    "dlq replay": lambda mine: [["--user", mine.who.id, "--dry-run"], [mine.one("jobs", state="dead"), "--dry-run"]],
    "replay-dlq": lambda mine: [["--user", mine.who.name, "--dry-run", "--json", "--poison"]],
    "review show": lambda mine: [[mine.one("reviews")], [mine.one("reviews"), "--json"]],
    "feedback show": lambda mine: [[mine.one("feedback")], [mine.one("feedback"), "--json"]],
    "why": lambda mine: [[thing] for thing in mine.things] + [[mine.one("turns"), "--json"]],
    "replay": lambda mine: [[mine.one("turns")], [mine.one("turns"), "--json"]],
    "giving export": lambda mine: [["--user", mine.who.id]],
    "memory audit": lambda mine: [["--user", mine.who.id, "--all"], ["--user", mine.who.name, "--json"]],
}
"""Commands that show something of one person's."""
ACTS: dict[str, Callable[[Mine], list[Words]]] = {
    "users say": lambda mine: [[mine.who.id, "I am here."]],
    "users release": lambda mine: [[mine.who.name]],
    "users move": lambda mine: [[mine.who.id, "Europe/Madrid"]],
    "users pause": lambda mine: [[mine.who.name]],
    "users resume": lambda mine: [[mine.who.id]],
    "review close": lambda mine: [[mine.one("reviews"), "--note", "We spoke."]],
    "feedback close": lambda mine: [[mine.one("feedback"), "--note", "It was right."]],
    "dlq discard": lambda mine: [[mine.one("jobs", state="dead"), "--reason", "too late", "--yes"]],
    "users erase": lambda mine: [[mine.who.id, "--yes"]],
}
"""Commands that change something of one person's, in this order."""
NEED_NOT = {
    "users excuse": "writes one day of whom it finds as `users show` does, and prints their name and that day",
    "backup": "takes a place, and prints no rows",
    "restore": "takes a backup, which is of everybody",
    "whatsapp templates lint": "takes a folder of templates",
    "tools try": "takes a sentence, and opens no database",
    "verify": "takes a file, or the ledger of all, and prints how many rows are right and a hash",
    "switch": "takes a switch",
    "users experiments": "takes an experiment, and prints counts of five people and more",
}
SAYS_NOTHING_OF_THEM = {"send", "dlq discard"}
"""One lists templates, the other counts letters."""
PLANS: Rows = {"replay_plan_lines": []}
"""A plan that was only shown is kept, so that what was shown can run."""


def commands() -> Iterator[tuple[str, list[Any]]]:
    """Return every command of the program as it is typed, and what it takes."""

    def below(path: str, command: Any) -> Iterator[tuple[str, list[Any]]]:
        for name, each in getattr(command, "commands", {}).items():
            yield from below(f"{path} {name}", each)
        yield path, command.params

    for name in COMMANDS:
        yield from below(name, load(name))


def takes_a_thing(parameter: Any) -> bool:
    """Say whether a person, or the id of a thing, can be given: every argument is taken for one."""
    is_option = parameter.param_type_name == "option"
    return not is_option or "--user" in parameter.opts or parameter.metavar in ("WHO", "USER", "ID")


def test_every_command_that_takes_a_person_or_a_thing_is_tried() -> None:
    taking = {path for path, parameters in commands() if any(takes_a_thing(each) for each in parameters)}
    assert taking == {*LOOKS, *ACTS, *NEED_NOT}
    assert len(taking) == len(LOOKS) + len(ACTS) + len(NEED_NOT)


# --- nothing crosses -------------------------------------------------------------------------------


def read(folder: Path) -> dict[str, Rows]:
    connection = open_reader(folder / "data" / "ivy.db")
    try:
        return {key: everything(connection, who.id) for key, who in PEOPLE.items()}
    finally:
        connection.close()


def things(folder: Path, rows: Rows) -> list[str]:
    """Return the latest id of each table that `ivy why` knows; of numbers only alerts' are known by themselves."""
    latest = {table: each[-1]["id"] for table, each in rows.items() if each and "id" in each[-1]}
    found: list[str] = []
    connection = open_reader(folder / "data" / "ivy.db")
    try:
        for table, thing in latest.items():
            if isinstance(thing, str) or table == "alerts":
                with suppress(UsageError):
                    found.append(stories.find(connection, str(thing)).id)
    finally:
        connection.close()
    return found


def names_of(rows: Rows) -> set[str]:
    """Return the ids that stand in somebody's rows, their own and the vendors'."""
    columns = ("id", "external_id", "trace_id", "turn_id")
    found = (row.get(column) for table in rows.values() for row in table for column in columns)
    return {each for each in found if isinstance(each, str) and len(each) >= 8}


@dataclass
class Operator:
    """Types commands about one person, and looks for the other in all they print."""

    folder: Path
    who: Who
    own: set[str]
    """What has to stand in what is told of them."""
    foreign: set[str]

    def types(self, command: str, *words: str) -> str:
        typed = ["--config", str(self.folder / "ivy.toml"), *command.split(), *words]
        result = CliRunner().invoke(app, typed)
        assert result.exit_code == 0, (typed, result.output, result.exception)
        crossed = sorted(mark for mark in self.foreign if mark in result.output)
        assert not crossed, (typed, crossed, result.output)
        return result.output

    def tries(self, command: str, asked: list[Words]) -> None:
        told = "".join(self.types(command, *words) for words in asked)
        if command not in SAYS_NOTHING_OF_THEM:
            assert any(mark in told for mark in self.own), (command, told)


def operator(folder: Path, lives: dict[str, Rows], key: str, typed: str) -> Operator:
    who, other = PEOPLE[key], PEOPLE[OTHER[key]]
    own = names_of(lives[key])
    # What they wrote themselves may be told of them, whosever word it is.
    words = {word for word in SECRETS[OTHER[key]] if word not in typed}
    foreign = {other.id, other.name, other.phone[1:]} | words | (names_of(lives[OTHER[key]]) - own)
    return Operator(folder, who, {who.id, who.name, who.phone, *SECRETS[key], *own}, foreign)


async def ask_all(folder: Path, asked: list[Ask]) -> dict[str, str]:
    """Let both ask their tools by turns; return what each wrote."""
    typed = dict.fromkeys(PEOPLE, "")
    async with open_store(folder / "data" / "ivy.db", threads=InlineThreads(), throwaway=True) as store:
        for number, (key, tool, arguments, read) in enumerate(asked):
            typed[key] += repr(texts_in(arguments))
            await ask(store, PEOPLE[key].id, tool, arguments, read, number)
    return typed


@settings(
    deadline=None,
    max_examples=30 if FULL else 2,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to make an example smaller takes as long as all of them
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(sorted(PEOPLE)), st.lists(asks(), min_size=4, max_size=16))
def test_nothing_that_is_told_or_done_of_one_is_of_the_other(lived: Path, key: str, asked: list[Ask]) -> None:
    with TemporaryDirectory() as place:
        folder = Path(shutil.copytree(lived, Path(place) / "ivy"))
        typed = trio.run(ask_all, folder, asked)
        lives = read(folder)
        types = operator(folder, lives, key, typed[key])
        mine = Mine(types.who, lives[key], things(folder, lives[key]))
        for command, words in LOOKS.items():
            types.tries(command, words(mine))
        assert [theirs | PLANS for theirs in read(folder).values()] == [theirs | PLANS for theirs in lives.values()]
        for command, words in ACTS.items():
            types.tries(command, words(mine))
        assert read(folder)[OTHER[key]] == lives[OTHER[key]]


def test_there_is_something_of_each_to_find(lived: Path) -> None:
    lives = read(lived)
    for key, who in PEOPLE.items():
        assert lives[key]["tool_faults"] == [] and len(lives[key]["turns"]) >= 6
        everything_of_theirs = json.dumps(lives[key], default=repr)
        assert all(everything_of_theirs.count(word) >= 4 for word in SECRETS[key])
        for table in ("user_memory", "facts", "reminders", "expenses", "calendar_events", "workouts", "cost_ledger"):
            assert lives[key][table], table
        exported = msgspec.json.decode(operator(lived, lives, key, "").types("users", "export", who.id).encode())
        assert set(exported["tables"]) >= {table for table, rows in lives[key].items() if rows} - {"lanes"}
