"""Fifty phone calls at once, then fifty callers: are the lines kept, is any call lost, and how long is Ivy waited for?

The daemon is the real one in a process of its own; this one is Retell and everybody who picks up, a hundred times quicker than
life, with webhooks in random order. May import: everything.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import httpx2
import trio
from _figures import Bench, main, quantile
from _street import Ports, daemon, origin
from webhooks import phone

from ivy.adapters.client import open_client
from ivy.adapters.retell.agents import Agents
from ivy.adapters.retell.api import Api
from ivy.cli.voice_agents import scripts
from ivy.cli.world import VOICE_KEY, VOICE_NUMBER, make_brain
from ivy.clock import SystemClock
from ivy.config import Config, Secret, ServerSection, VoiceSection
from ivy.daemon.preparing import prepare
from ivy.daemon.server import bind, serve
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.ids import uuid7
from ivy.domain.public_paths import RINGING
from ivy.emulators.faults import Delay, Swap
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_people import scripted
from ivy.store import calls, consents, people
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_reader, open_writer

PLAN = "if it is six pm then I run, and if it rains then ten minutes of stairs"
LIMITS_MS = {"function": 250, "webhook": 250, "caller": 1000}
"""Who calls hears it ring until Ivy has said who they are."""
PACE = 30.0
"""Seconds of a call that pass in one of ours."""


@dataclass(frozen=True)
class Size:
    people: int
    lines: int
    seconds: float
    """How long all of them may take."""


FULL, SHORT = Size(50, 10, 180), Size(4, 2, 60)


@dataclass
class Waits:
    """How long Ivy took for what Retell asked, in seconds, by path."""

    took: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    async def deliver(
        self, http: httpx2.AsyncClient, url: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        began = perf_counter()
        response = await http.post(url, content=body, headers=headers)
        kind = "function" if "/tools/" in url else "caller" if url.endswith(RINGING) else "webhook"
        self.took.setdefault(kind, []).append(perf_counter() - began)
        return response.status_code, response.content


def run(bench: Bench, folder: Path) -> None:
    size = SHORT if bench.short else FULL
    ports = Ports.free()
    path = folder / "data" / "ivy.db"
    path.parent.mkdir(mode=0o700)
    more = {
        "SERVER__PUBLIC_URL": origin(ports.ivy),
        "VOICE__ENABLED": "true",
        "VOICE__BASE_URL": origin(ports.empty),
        "VOICE__API_KEY": VOICE_KEY,
        "VOICE__NUMBER": VOICE_NUMBER,
        "CALLS__CONCURRENT": str(size.lines),
        "CALLS__PER_SECOND": "20",
        "CALLS__MINUTES_PER_DAY": "5000",
    }
    retell, waits, seconds = trio.run(live, ports, size, path, folder, more)
    rows = outcomes(path)
    lost = size.people - rows["completed"]
    asked = len(retell.placed)
    bench.tell("calls lost", lost, "", promise="0", met=lost == 0, n=size.people, outcomes=dict(rows))
    bench.tell("calls doubled", asked - size.people, "", promise="0", met=asked == size.people, n=asked)
    bench.tell(
        "lines in use at most / allowed", retell.most_active / size.lines, "ratio", promise="<= 1",
        met=retell.most_active <= size.lines, n=retell.most_active,
    )  # fmt: skip
    for kind, limit in LIMITS_MS.items():
        took = waits.took[kind]
        p95 = quantile(took, 0.95) * 1000
        bench.tell(
            f"a {kind} is answered: p95", p95, "ms", promise=f"< {limit} ms", met=p95 < limit, n=len(took),
            p50=round(median(took) * 1000, 2), worst=round(max(took) * 1000, 2), seconds=round(seconds, 1),
        )  # fmt: skip


async def live(
    ports: Ports, size: Size, path: Path, folder: Path, more: dict[str, str]
) -> tuple[RetellEmulator, Waits, float]:
    """Publish the agents, start the daemon with everybody's call due, and wait until all of them are over."""
    waits, chance = Waits(), Random(1)
    async with open_client() as http, trio.open_nursery() as nursery:
        retell = RetellEmulator(
            api_key=VOICE_KEY,
            webhook_key=VOICE_KEY,
            number=VOICE_NUMBER,
            webhook_url="",
            deliver=partial(waits.deliver, http),
            now=SystemClock().now,
            chance=chance,
            brain=make_brain(),
            limit=size.lines,
        )
        retell.manners.pace = PACE
        for number in range(size.people):
            retell.person_answers(phone(number), scripted(PLAN, "bye"))
            retell.outgoing.faults.add(chance.choice((Swap(), Delay(1.0))))
        nursery.start_soon(partial(serve, retell.app, bind("127.0.0.1", ports.empty), stop=trio.Event(), grace=1))
        nursery.start_soon(retell.run)
        await publish(http, ports)
        prepare(path)
        seed(path, size.people)
        began = perf_counter()
        with await trio.to_thread.run_sync(entered, folder, ports, more) as held:
            with trio.move_on_after(size.seconds):
                while outcomes(path).total() < size.people or waiting(path):
                    await trio.sleep(0.2)
            seconds = perf_counter() - began
            await ring(retell, size)
            await trio.to_thread.run_sync(held.leave)
        nursery.cancel_scope.cancel()
    return retell, waits, seconds


async def ring(retell: RetellEmulator, size: Size) -> None:
    """Let everybody call us, as many at once as there are lines."""
    with trio.move_on_after(size.seconds):
        for first in range(0, size.people, size.lines):
            async with trio.open_nursery() as nursery:
                for number in range(first, min(first + size.lines, size.people)):
                    nursery.start_soon(retell.person_calls, phone(number), scripted("bye"))


class Held:
    """A daemon that was started in a thread, so that Retell could answer it meanwhile."""

    def __init__(self, running: Any) -> None:
        self._running = running
        self._running.__enter__()
        self._left = False

    def __enter__(self) -> "Held":
        return self

    def leave(self) -> None:
        if not self._left:
            self._left = True
            self._running.__exit__(None, None, None)

    def __exit__(self, *_error: object) -> None:
        self.leave()


def entered(folder: Path, ports: Ports, more: dict[str, str]) -> Held:
    return Held(daemon(folder, ports, **more))


async def publish(http: httpx2.AsyncClient, ports: Ports) -> None:
    """Let the agents be there, as `ivy voice agents sync` does."""
    config = Config(
        server=ServerSection(public_url=origin(ports.ivy)),
        voice=VoiceSection(enabled=True, api_key=Secret(VOICE_KEY), number=VOICE_NUMBER),
    )
    api = Api(http, base_url=origin(ports.empty), api_key=VOICE_KEY, timeout_seconds=20)
    agents = Agents(api)
    first, *_ = await agents.sync(scripts(config))
    await agents.bind(VOICE_NUMBER, first.agent_id, origin(ports.ivy))


def seed(path: Path, count: int) -> None:
    """Put in people who are to be phoned now."""
    connection, chance = open_writer(path), Random(2)
    now = datetime.now(UTC)
    connection.execute("BEGIN")
    for number in range(count):
        add(connection, phone(number), now, chance)
    connection.execute("COMMIT")
    connection.close()


def add(connection: Connection, number: str, now: datetime, chance: Random) -> None:
    user_id = uuid7(now, chance)
    people.add(connection, NewPerson(user_id, "Ana", "active", "en-US", "UTC", "USD", number), now=now)
    scope = within(connection, user_id)
    for purpose in (Purpose.MESSAGES, Purpose.CALLS):
        consents.record(scope, purpose, granted=True, proof="bench", now=now)
    due_at = now + timedelta(seconds=1)
    call = Call(uuid7(now, chance), user_id, CallKind.MORNING, now.date(), due_at, chosen=True, asked_by="person")
    calls.ask(scope, call, now=now)


def outcomes(path: Path) -> Counter[str]:
    reader = open_reader(path)
    try:
        return Counter({row[0]: row[1] for row in reader.execute(OUTCOMES)})
    finally:
        reader.close()


def waiting(path: Path) -> int:
    reader = open_reader(path)
    try:
        return reader.execute(WAITING).fetchone()[0]
    finally:
        reader.close()


OUTCOMES = "SELECT outcome, count(*) FROM calls WHERE outcome <> '' AND direction = 'out' GROUP BY outcome"
WAITING = "SELECT count(*) FROM calls WHERE outcome = 'completed' AND direction = 'out' AND state <> 'analysed'"


if __name__ == "__main__":
    main("calls", run)
