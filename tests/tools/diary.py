"""One person's tools, run by the real executor on a real database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from ivy.domain.consent import Purpose
from ivy.ports import ToolCall, ToolResult
from ivy.store import consents, people, reminders, schedules
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.people import NewPerson, Person
from ivy.store.scope import PersonStore, Scope, for_user
from ivy.tools.executor import Place, execute
from ivy.tools.registry import Registry, TurnContext, families

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""Monday 23 November 2026: 10:00 in New York and in Bogotá."""

REGISTRY = Registry(families())
BEN = NewPerson("ben", "Ben", "active", "en-US", "America/New_York", "USD", "+12025550144")
ANA = NewPerson("ana", "Ana", "active", "es-CO", "America/Bogota", "COP", "+573001234567")


@dataclass
class Diary:
    """One person's tools at a moment that the test sets."""

    rows: PersonStore
    person: Person
    registry: Registry
    new_id: Callable[[], str]
    now: datetime = MONDAY
    turns: int = 0

    async def call(self, tool: str, arguments: str, *, place: Place | None = None) -> ToolResult:
        """Run a call with its arguments as JSON text; each in a turn of its own unless `place` says where."""
        self.turns += 1
        context = TurnContext(self.person, self.now, self.new_id, "trace")
        where = place or Place(f"{self.person.id}-{self.turns}", 1, 0)
        return await execute(self.rows, self.registry, ToolCall("c1", tool, arguments), where, context)

    async def __call__(self, tool: str, **arguments: Any) -> str:
        """Run a call that must succeed; return what it says."""
        result = await self.call(tool, msgspec.json.encode(arguments).decode())
        assert not result.failed, result.content
        return result.content

    async def fails(self, tool: str, **arguments: Any) -> str:
        """Run a call that must be refused; return why."""
        result = await self.call(tool, msgspec.json.encode(arguments).decode())
        assert result.failed, result.content
        return result.content

    async def prepare(self, workout: str = "run") -> None:
        """Write down what the examples of the tools speak of, with one workout open today."""
        await self.rows.write(agree, now=self.now)
        spanish = self.person.language == "es"
        for title, when in (("dentist", "2026-11-26T15:00"), ("reunión", "2026-11-26T17:00")):
            await self("book_event", title=title, when=when)
        for text in ("call John", "sacar la basura"):
            await self("set_reminder", text=text, when="2026-11-25T09:00")
        for text in ("my sister is called Ana", "mi hermana se llama Ana"):
            await self("remember", text=text)
        await self.ring("vitamins")
        for description in ("lunch", "almuerzo", "taxi"):
            await self("add_expense", amount="100 mil" if spanish else "$100", description=description)
        await self("plan_workout", kind=workout)
        await self("plan_workout", kind="swim", when="mañana" if spanish else "tomorrow")

    async def ring(self, text: str) -> None:
        """Let a reminder have gone out a minute ago."""
        now, self.now = self.now, self.now - timedelta(minutes=2)
        await self("set_reminder", text=text, when="in 1 minute")
        await self.come(now - timedelta(minutes=1))
        self.now = now

    async def come(self, at: datetime) -> list[str]:
        """Let the time come, as the scheduler and the handler do; return the reminders that went out."""
        out: list[str] = []
        for due in await self.rows.store.write(schedules.take_due, now=at):
            if due.user_id == self.person.id:
                reminder = await self.rows.write(reminders.fire, due.ref_id, now=at)
                out += [reminder.text] if reminder else []
        return out


def agree(scope: Scope, *, now: datetime) -> None:
    """Let them have agreed to what some tools need."""
    for purpose in (Purpose.HEALTH, Purpose.CALLS):
        consents.record(scope, purpose, granted=True, proof="a test", now=now)


async def diary_of(store: Store, new: NewPerson, *, now: datetime = MONDAY) -> Diary:
    """Add a person and return their tools; their ids are numbered from 1."""
    await store.write(people.add, new, now=now)
    rows = for_user(store, new.id)
    numbers = count(1)
    return Diary(rows, await rows.read(people.load), REGISTRY, lambda: f"{new.id}-{next(numbers):04d}", now)


TABLES = (
    "calendar_events",
    "reminders",
    "schedules",
    "expenses",
    "workouts",
    "streak_events",
    "user_preferences",
    "consents",
    "if_then_plans",
    "transformation_scores",
    "life_markers",
    "impact_wallets",
    "donations",
    "calls",
    "call_slots",
    "facts",
    "commitments",
    "easings",
)
"""All that tools write, beside `tool_executions`."""


def rows_of(connection: Connection, user_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of a person's diary."""
    return {
        table: [
            tuple(row) for row in connection.execute(f"SELECT * FROM {table} WHERE user_id = ? ORDER BY 1", (user_id,))
        ]
        for table in TABLES
    }
