"""One person and the desk at which Ivy decides: what they got, and what their taps do. Used by the tests around the calls."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.clock import VirtualClock
from ivy.config import Config, Secret, StoreSection
from ivy.daemon.context import Context
from ivy.domain.calls import Again, CallKind, CallOutcome, Report, Verdict
from ivy.domain.consent import Purpose
from ivy.domain.inbound import Sender, Text
from ivy.store import consents, messages, people
from ivy.store.calls import Call
from ivy.store.outbox import OwnTemplate
from ivy.store.pending_actions import Pending, load
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope

DAY = date(2026, 11, 23)
"""The Monday of the tests' clock, in New York too."""
Answered = Callable[[Scope, Person, Pending, str, Heard, Desk], bool]


@dataclass
class Life:
    """A person of the store, on a clock that the test moves."""

    context: Context
    rows: PersonStore
    now: datetime

    @property
    def desk(self) -> Desk:
        return replace(self.context.desk_at("whatsapp", "trace"), now=self.now)

    def set(self, now: datetime) -> None:
        """Let it be some moment, on the clock of handlers too."""
        self.now = now
        self.context = replace(self.context, clock=VirtualClock(now))

    def passes(self, **span: float) -> None:
        self.set(self.now + timedelta(**span))

    async def person(self) -> Person:
        return await self.rows.read(people.load)

    async def does(self, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Run `function(scope, person, …, desk)` in one commit, the person as they are then."""

        def run(scope: Scope) -> Any:
            return function(scope, people.load(scope), *args, self.desk, **more)

        return await self.rows.write(run)

    async def agrees(self, purpose: Purpose, granted: bool = True) -> None:
        await self.rows.write(consents.record, purpose, granted=granted, proof="test", now=self.now)

    async def writes(self, words: str) -> Heard:
        """Let the person write; return what was heard, which nobody answers here."""
        event = Text(Sender("whatsapp", "US.1"), f"wamid.{self.desk.new_id()}", self.now, words)
        message_id = self.desk.new_id()

        def keep(scope: Scope) -> None:
            messages.receive(
                scope.connection,
                message_id,
                scope.user_id,
                event,
                words,
                needs_answer=False,
                trace_id="trace",
                now=self.now,
            )

        await self.rows.write(keep)
        return Heard(words, message_id, event.external_id)

    async def got(self) -> list[dict[str, Any]]:
        """Return the messages queued for the person, the oldest first; the template of each can be filled in."""
        rows = await self.ask("SELECT * FROM messages_v2 WHERE direction = 'out' AND kind <> 'reaction' ORDER BY rowid")
        for template in (msgspec.json.decode(row["template"], type=OwnTemplate) for row in rows if row["template"]):
            for language in ("en", "es"):
                self.context.pack.fill(template.name, language, template.values, template.actions)
        return rows

    async def said(self) -> list[str]:
        return [row["body"].split("\n1. ")[0] for row in await self.got()]

    async def asked(self) -> Pending:
        """Return the newest question."""
        (row, *_older) = await self.ask("SELECT id FROM pending_actions ORDER BY rowid DESC")
        found = await self.rows.read(load, row["id"])
        assert found is not None
        return found

    async def taps(self, answered: Answered, option: str) -> bool:
        """Let the person tap an option of the newest question."""
        pending = await self.asked()
        heard = Heard(option, "m1", "wamid.tap")
        return await self.rows.write(
            lambda scope: answered(scope, people.load(scope), pending, option, heard, self.desk)
        )

    async def ask(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return await self.rows.store.read(lambda connection: [dict(row) for row in connection.execute(sql, values)])


def life_of(context: Context, person: PersonStore) -> Life:
    config = Config(store=StoreSection(seal_key=Secret("a key of the tests")))
    return Life(replace(context, config=config), person, context.clock.now() + timedelta(hours=5))


def ended(
    life: Life,
    outcome: CallOutcome,
    *,
    kind: CallKind = CallKind.MORNING,
    again: Again = Again.NO,
    call_id: str = "call-1",
    **more: Any,
) -> Call:
    """Return a call that rang a minute ago and came to an end."""
    report = Report(verdict=Verdict(outcome, again))
    rang_at = life.now - timedelta(minutes=1)
    more = {"chosen": True, **more}
    return Call(
        call_id, life.rows.user_id, kind, DAY, rang_at, placed_at=rang_at, outcome=outcome, report=report, **more
    )
