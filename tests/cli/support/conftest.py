"""A database as support staff meet it: one answered message, and some of everything that can go wrong."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from ivy.cli.app import app
from ivy.clock import stamp
from ivy.domain.consent import Purpose
from ivy.domain.ids import uuid7
from ivy.domain.inbound import Sender, Status, Text
from ivy.domain.jobs import KINDS, REMINDER, TURN, inbox_lane, turn_lane
from ivy.domain.spend_caps import Sums
from ivy.ports import Address, UnitPrices, Usage
from ivy.store import (
    consents,
    inbox,
    jobs,
    message_statuses,
    messages,
    outbox,
    people,
    spending,
    tool_executions,
    turns,
    upkeep,
)
from ivy.store.binding import Connection
from ivy.store.inbox import Arrival
from ivy.store.jobs import Job, NewJob
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within
from ivy.store.settings import open_writer
from ivy.store.spending import Reservation
from ivy.store.tool_executions import Execution
from ivy.store.turns import Step
from tests.models import FALLBACK, PRIMARY

BUSY = "ivy.errors.VendorBusy@ivy.adapters.whatsapp.channel:WhatsApp.send"
BUG = "builtins.KeyError@ivy.agent.context:assemble"
PRICES = UnitPrices(3_000_000, 15_000_000, 300_000, 3_750_000, "test")


@dataclass(frozen=True)
class Typed:
    """What a command printed; `json()` insists that stdout is one document and nothing else."""

    code: int
    out: str
    err: str
    error: BaseException | None

    def json(self) -> Any:
        return msgspec.json.decode(self.out)


Ivy = Callable[..., Typed]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's folder with a configuration that needs no secret."""
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    (tmp_path / "ivy.toml").write_text("[spend]\ndaily_cap_usd = 0.05\n")
    return tmp_path


@pytest.fixture
def ivy(folder: Path) -> Ivy:
    """Types a command in this process and returns what it printed; errors come as they were raised."""

    def typed(*words: str) -> Typed:
        result = CliRunner().invoke(app, ["--config", str(folder / "ivy.toml"), *words])
        error = None if isinstance(result.exception, SystemExit) else result.exception
        return Typed(result.exit_code, result.stdout, result.stderr, error)

    return typed


class Hands:
    """Writes what the daemon would write, with the store's own functions, as of `now`."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self._chance = Random(7)
        self._numbers = count(1)

    def new_id(self) -> str:
        return uuid7(self.now, self._chance)

    def scope(self, user_id: str) -> Scope:
        return within(self.connection, user_id)

    def person(self, user_id: str, name: str, status: str = "active", phone: str | None = None) -> None:
        new = NewPerson(user_id, name, status, "en-US", "America/New_York", "USD", phone)
        people.add(self.connection, new, now=self.now)
        consents.record(self.scope(user_id), Purpose.MESSAGES, granted=True, proof="test", now=self.now)

    def job(self, kind: str, user_id: str | None, payload: dict[str, Any], *, due: datetime | None = None) -> str:
        """Put a job in and return its id."""
        new = NewJob(
            id=self.new_id(),
            kind=KINDS[kind],
            key=f"{kind}:{next(self._numbers)}",
            due_at=due or self.now,
            payload=payload,
            lane=turn_lane(user_id or "") if kind == TURN.name else "",
            user_id=user_id,
            trace_id=self.new_id(),
        )
        assert jobs.enqueue(self.connection, new, now=self.now)
        return new.id

    def claimed(self, job_id: str) -> Job:
        """Claim until this very job is held; others are given back."""
        queue = self.connection.execute("SELECT queue FROM jobs WHERE id = ?", (job_id,)).fetchone()["queue"]
        found: list[Job] = []
        for job in jobs.claim(self.connection, queue, 1000, now=self.now):
            if job.id == job_id:
                found.append(job)
            else:
                jobs.release(self.connection, job, now=self.now)
        return found[0]

    def bury(self, job_id: str, *, reason: str, error: str, times: int = 1) -> str:
        """Let a job fail until it is a dead letter."""
        for _ in range(times - 1):
            jobs.retry(self.connection, self.claimed(job_id), at=self.now, reason=reason, error=error, now=self.now)
        jobs.bury(self.connection, self.claimed(job_id), reason=reason, error=error, now=self.now)
        return job_id

    def message(self, user_id: str, body: str, *, asked_for: bool = True) -> tuple[str, str]:
        """Queue a message; return its id and its job's."""
        (message_id,) = outbox.say(
            self.scope(user_id),
            [body],
            channel="whatsapp",
            new_id=self.new_id,
            trace_id=self.new_id(),
            now=self.now,
            asked_for=asked_for,
        )
        row = self.connection.execute("SELECT id FROM jobs WHERE key = ?", (outbox.send_key(message_id),)).fetchone()
        return message_id, row["id"]

    def dead_send(
        self, user_id: str, body: str, reason: str = "whatsapp: it did not answer in time"
    ) -> tuple[str, str]:
        """A message that was given up on; return its id and its job's."""
        message_id, job_id = self.message(user_id, body)
        self.bury(job_id, reason=f"Given up after 9 attempts: {reason}", error=BUSY)
        outbox.set_state(self.connection, message_id, "failed", now=self.now, reason=reason)
        return message_id, job_id

    def arrival(self, body: bytes = b"{}") -> tuple[str, str]:
        """A webhook that was kept; return its id and its job's."""
        arrival = Arrival(self.new_id(), self.new_id(), "whatsapp", inbox.digest(body), b"sealed" + body, self.now)
        assert inbox.keep(self.connection, arrival)
        return arrival.id, arrival.job_id


@dataclass(frozen=True)
class Seeded:
    """The ids of what is in the database."""

    hands: Hands
    arrival: str
    incoming: str
    turn: str
    turn_job: str
    model_call: str
    reply: str
    send_job: str
    sends: tuple[str, str]
    poison: str
    reminder: str
    opted_out: str
    arrived: str
    broken: str

    @property
    def connection(self) -> Connection:
        return self.hands.connection


@pytest.fixture
def seeded(folder: Path, database: Path) -> Iterator[Seeded]:
    now = datetime.now(UTC)
    assert database == folder / "data" / "ivy.db"
    connection = open_writer(database, throwaway=True)
    hands = Hands(connection, now)
    hands.person("ana-0001", "Ana", phone="+15550102030")
    hands.person("ben-0002", "Ben", "stopped")
    hands.person("cleo-003", "Cleo")
    answered = _answered(hands)
    yield Seeded(hands, **answered, **_trouble(hands))
    connection.close()


def _answered(hands: Hands) -> dict[str, str]:
    """One message from webhook to delivery, with a model call that failed, one that worked, and a tool."""
    connection, now, scope = hands.connection, hands.now, hands.scope("ana-0001")
    arrival, inbound = hands.arrival(b'{"from": "ana"}')
    jobs.finish(connection, hands.claimed(inbound), now=now)
    incoming = hands.new_id()
    event = Text(
        Sender("whatsapp", phone="+15550102030"), "wamid.IN1", now - timedelta(seconds=5), "I spent $50 on lunch"
    )
    assert messages.receive(
        connection, incoming, "ana-0001", event, event.body, needs_answer=True, trace_id=arrival, now=now
    )
    new = NewJob(
        id=hands.new_id(), kind=TURN, key=f"turn:{incoming}", due_at=now, payload={"channel": "whatsapp"},
        lane=turn_lane("ana-0001"), user_id="ana-0001", trace_id=arrival,
    )  # fmt: skip
    jobs.enqueue(connection, new, now=now)
    turn_job = hands.claimed(new.id)
    turn = turns.open_turn(scope, hands.new_id(), new.key, prompt="coach@1", trace_id=arrival, now=now)
    messages.read_by(scope, [incoming], turn.id)
    read = {"messages": [], "read": [incoming], "dropped": ["2 older messages"], "locale": "en-US"}
    turns.append(scope, turn.id, Step(0, "context", read), now=now)
    first, second = hands.new_id(), hands.new_id()
    for call_id, role, vendor, model in (
        (first, "primary", "anthropic", PRIMARY),
        (second, "fallback", "openai", FALLBACK),
    ):
        reservation = Reservation(call_id, "ana-0001", turn.id, role, vendor, model, PRICES, 20_000, arrival)
        spending.reserve(connection, reservation, caps=Sums(day=10_000_000), now=now)
    spending.fail(connection, first, "anthropic: overloaded (529)", billed=False, latency_ms=310)
    used = Usage(input=1200, output=45, cache_read=800)
    spending.settle(connection, second, used, micros=2_115, latency_ms=830, request_id="req_1")
    done = Execution(hands.new_id(), turn.id, "add_expense", '{"amount":"$50","description":"lunch"}', "key-1")
    tool_executions.record(scope, done, "done", "Wrote down $50.00 for lunch.", at_ms=stamp(now))
    (reply,) = outbox.say(
        scope, ["Wrote down $50.00 for lunch."], channel="whatsapp", new_id=hands.new_id, trace_id=arrival,
        now=now, turn_id=turn.id,
    )  # fmt: skip
    turns.close(scope, turn.id, "done", now=now)
    jobs.finish(connection, turn_job, now=now)
    send_job = connection.execute("SELECT id FROM jobs WHERE key = ?", (outbox.send_key(reply),)).fetchone()["id"]
    held = hands.claimed(send_job)
    assert outbox.begin_sending(connection, reply, Address(phone="+15550102030"), kind="text", resend=False, now=now)
    outbox.accepted(connection, reply, "wamid.OUT1", now=now)
    jobs.finish(connection, held, now=now)
    status = Status("whatsapp", "wamid.OUT1", "delivered", now + timedelta(seconds=1), our_id=reply)
    message_statuses.keep_status(connection, status)
    message_statuses.advance(connection, reply, "delivered", now=now)
    spending.charge(
        connection, reply, kind="message", provider="whatsapp", user_id="ana-0001", micros=3_400, now=now
    )  # fmt: skip
    return {
        "arrival": arrival, "incoming": incoming, "turn": turn.id, "turn_job": new.id, "model_call": second,
        "reply": reply, "send_job": send_job,
    }  # fmt: skip


def _trouble(hands: Hands) -> dict[str, Any]:
    """Dead letters of every fate, a paused queue, a held message, a crash."""
    connection, now = hands.connection, hands.now
    _, one = hands.dead_send("ana-0001", "first")
    _, two = hands.dead_send("cleo-003", "second")
    poison = hands.bury(
        hands.job("turn", "cleo-003", {"channel": "whatsapp"}),
        reason="The same failure three times: 'words'", error=BUG, times=3,
    )  # fmt: skip
    late = now - timedelta(hours=5)
    reminder = hands.bury(
        hands.job("reminder", "ana-0001", {"ref": "r-1", "schedule": "s-1", "at_ms": stamp(late)}, due=late),
        reason="database is locked", error="sqlite3.OperationalError@ivy.store.database:commit_group",
    )  # fmt: skip
    _, opted_out = hands.dead_send("ben-0002", "for Ben")
    arrived_message, arrived = hands.dead_send("ana-0001", "it came")
    message_statuses.keep_status(connection, Status("whatsapp", "wamid.LATE", "delivered", now, our_id=arrived_message))
    arrival, inbound = hands.arrival(b"broken")
    jobs.finish(connection, hands.claimed(inbound), now=now)
    broken = NewJob(
        id=hands.new_id(), kind=KINDS["inbound"], key=f"inbound:{arrival}:entry[0]", due_at=now,
        payload={"arrival": arrival, "part": "entry[0]"}, lane=inbox_lane("whatsapp"), trace_id=arrival,
    )  # fmt: skip
    jobs.bury_at_once(connection, broken, reason="entry[0] cannot be read: no id", error="Unreadable", now=now)
    jobs.pause(
        connection, "agent", until=now + timedelta(minutes=5), reason="anthropic: the key is not valid (401)", now=now
    )
    held, held_job = hands.message("cleo-003", "good morning", asked_for=False)
    job = hands.claimed(held_job)
    outbox.set_state(connection, held, "held", now=now, reason="quiet hours")
    jobs.snooze(connection, job, until=now + timedelta(hours=3))
    upkeep.keep_crash(connection, "scheduler", "ZeroDivisionError: division by zero", stamp(now))
    assert REMINDER.name in KINDS
    return {
        "sends": (one, two), "poison": poison, "reminder": reminder, "opted_out": opted_out, "arrived": arrived,
        "broken": broken.id,
    }  # fmt: skip
