"""A hundred people at once: what they wait, what the daemon takes, and whether each message is answered exactly once.

The daemon is the real one in a process of its own; models and ears are in another, an empty route in a third. This one
is Meta and the people: they write, speak, send pictures, tap and react, each waiting for the answer and thinking a while.
May import: everything.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import trio
from _figures import Bench, main, quantile
from _street import Ports, be_models, daemon, origin, process, used_by
from webhooks import EMPTY, PATH, SERVER, Line, phone

from ivy.cli.world import APP_SECRET, PNID, TOKEN, VERIFY, WABA
from ivy.clock import SystemClock
from ivy.daemon.preparing import prepare
from ivy.daemon.server import bind, serve
from ivy.domain.consent import Purpose
from ivy.domain.ids import uuid7
from ivy.emulators import sample_files
from ivy.emulators.deliveries import Deliveries
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.emulators.whatsapp_payloads import Accepted
from ivy.store import consents, people
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_reader, open_writer

MODELS = "--models"
LANES = 32
"""Webhooks that are under way at once."""
ANSWER_SECONDS = 120
READ_AFTER = 0.5
TITLES = ("Yes", "No")


@dataclass(frozen=True)
class Size:
    """In seconds: `think` is the mean between an answer and the next message, `model` what one answer of a model takes."""

    people: int
    rounds: int
    think: float
    model: float
    quiet: float = 1.5
    """Ivy's wait for more words, as it is configured."""
    calm: float = 4.0
    """After the last answer: time in which a second one would come."""


FULL = Size(people=100, rounds=2, think=8.0, model=1.5)
SHORT = Size(people=4, rounds=1, think=0.1, model=0.05, quiet=0.1, calm=1.0)


@dataclass
class Tally:
    """What everybody saw; times in seconds."""

    acknowledged: list[float] = field(default_factory=list[float])
    empty: list[float] = field(default_factory=list[float])
    answered: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    sent: Counter[str] = field(default_factory=Counter[str])
    expected: Counter[str] = field(default_factory=Counter[str])
    """Replies that each phone is to get."""


def run(bench: Bench, folder: Path) -> None:
    size = SHORT if bench.short else FULL
    ports = Ports.free()
    path = folder / "data" / "ivy.db"
    path.parent.mkdir(mode=0o700)
    seed(path, size.people)
    numbers = [str(getattr(ports, name)) for name in Ports.__dataclass_fields__]
    with ExitStack() as servers:
        servers.enter_context(process([__file__, MODELS, str(size.model), *numbers], ports.transcription))
        servers.enter_context(
            process(
                [str(Path(__file__).with_name("webhooks.py")), SERVER, EMPTY, str(ports.empty), str(path)], ports.empty
            )
        )
        ivy: subprocess.Popen[bytes] = servers.enter_context(
            daemon(folder, ports, TURNS__QUIET_SECONDS=str(size.quiet))
        )
        bench.note(f"{size.people} people, {size.rounds} rounds")
        began = used_by(ivy.pid)
        tally, meta, seconds = trio.run(live, ports, size)
        ended = used_by(ivy.pid)
    tell(bench, size, tally, meta, seconds, ended.peak_megabytes, ended.cpu_seconds - began.cpu_seconds, path)


def tell(
    bench: Bench, size: Size, tally: Tally, meta: WhatsAppEmulator, seconds: float, peak: float, cpu: float, path: Path
) -> None:
    got = Counter(sent.person.phone for sent in meta.sent if sent.type != "reaction")
    lost = sum((tally.expected - got).values()) + sum(tally.sent.values()) - count(path, IN)
    doubled = sum((got - tally.expected).values()) + count(path, TWICE)
    replies, posts = sum(got.values()), len(tally.acknowledged)
    everything = [took for each in tally.answered.values() for took in each]
    p99, yardstick = quantile(tally.acknowledged, 0.99) * 1000, quantile(tally.empty, 0.99) * 1000
    at_once = {"people": size.people, "posts_per_second": round(posts / seconds, 1)}
    bench.tell("an empty route, beside it: p99", yardstick, "ms", n=posts, p50=ms(median(tally.empty)))
    bench.tell(
        "a webhook is acknowledged: p99", p99, "ms", promise="< 250 ms", met=p99 < 250, n=posts,
        p50=ms(median(tally.acknowledged)), worst=ms(max(tally.acknowledged)), **at_once,
    )  # fmt: skip
    bench.tell("a webhook is acknowledged / empty route: p99", p99 / yardstick, "ratio", n=posts)
    floor = quiet_and_model(size)
    bench.tell(
        "a message is answered: p95", quantile(everything, 0.95), "s", n=len(everything),
        p50=round(median(everything), 2), worst=round(max(everything), 2), waits_by_design=floor,
        by_kind={kind: round(median(took), 2) for kind, took in sorted(tally.answered.items())},
    )  # fmt: skip
    bench.tell("the daemon's memory at its peak", peak, "MB", n=1)
    bench.tell("the daemon's CPU for a reply", cpu / replies * 1000, "ms", n=replies, cores=round(cpu / seconds, 2))
    bench.tell(
        "messages lost", lost, "", promise="0", met=lost == 0, n=sum(tally.sent.values()), dead=count(path, DEAD)
    )
    bench.tell("replies and effects doubled", doubled, "", promise="0", met=doubled == 0, n=replies)


def quiet_and_model(size: Size) -> float:
    """Return what a turn with a tool takes if Ivy takes no time: a moment of quiet and two answers of a model."""
    return size.quiet + 2 * size.model


def ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


IN = "SELECT count(*) FROM messages_v2 WHERE direction = 'in'"
DEAD = "SELECT count(*) FROM dead_letters"
TWICE = "SELECT count(*) - count(DISTINCT user_id || ' ' || description) FROM expenses WHERE description LIKE 'book %'"
"""Each expense that somebody writes of has words of its own."""


def count(path: Path, sql: str) -> int:
    reader = open_reader(path)
    try:
        return reader.execute(sql).fetchone()[0]
    finally:
        reader.close()


# --- the street --------------------------------------------------------------------------------------


async def live(ports: Ports, size: Size) -> tuple[Tally, WhatsAppEmulator, float]:
    """Let everybody live through their day; return what they saw, and how many seconds it took."""
    tally = Tally()
    async with AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(trio.open_nursery())
        posts = Posts(ports, tally)
        meta = WhatsAppEmulator(
            app_secret=APP_SECRET,
            token=TOKEN,
            phone_number_id=PNID,
            verify_token=VERIFY,
            deliver=posts.deliver,
            now=SystemClock().now,
            waba_id=WABA,
            deliveries=Deliveries(posts.deliver, lanes=LANES),
        )
        meta.media.origin = origin(ports.whatsapp)
        meta.on_accept = partial(read_it, meta)
        nursery.start_soon(partial(serve, meta.app, bind("127.0.0.1", ports.whatsapp), stop=trio.Event(), grace=1))
        nursery.start_soon(meta.run)
        began = trio.current_time()
        async with trio.open_nursery() as street:
            for number in range(size.people):
                person = Person(phone(number), meta, tally, Random(number), size)
                street.start_soon(person.live)
        seconds = trio.current_time() - began
        await trio.sleep(size.calm)
        with trio.move_on_after(ANSWER_SECONDS):
            await meta.deliveries.settled()
        nursery.cancel_scope.cancel()
    return tally, meta, seconds


async def read_it(meta: WhatsAppEmulator, accepted: Accepted) -> None:
    if accepted.type != "reaction":
        meta.tell_status(accepted, "read", after=READ_AFTER)


class Posts:
    """The way to Ivy, and beside it, with the same bytes, to a route that does nothing; in turns who comes first."""

    def __init__(self, ports: Ports, tally: Tally) -> None:
        self._lines: dict[int, list[Line]] = {ports.ivy: [], ports.empty: []}
        self._took = {ports.ivy: tally.acknowledged, ports.empty: tally.empty}
        self._order = [ports.ivy, ports.empty]

    async def deliver(self, body: bytes, headers: dict[str, str]) -> int:
        self._order.reverse()
        wire = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in wire.items())
        letter = f"POST {PATH} HTTP/1.1\r\n{head}\r\n".encode() + body
        for port in tuple(self._order):
            spare = self._lines[port]
            line = spare.pop() if spare else Line(port)
            began = trio.current_time()
            await line.post(letter)
            self._took[port].append(trio.current_time() - began)
            spare.append(line)
        return 200


@dataclass
class Person:
    """Somebody who writes, waits for the answer, thinks, and writes again."""

    phone: str
    meta: WhatsAppEmulator
    tally: Tally
    chance: Random
    size: Size
    written: int = 0

    async def live(self) -> None:
        await self._think()
        for _round in range(self.size.rounds):
            for act in self._day():
                await act()
                await self._think()

    def _day(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """Return what this person does in a round: everybody writes, some speak, some send a picture."""
        acts = [self._spend, self._plan, self._done, self._react, self._ask, self._remind, self._greet]
        if self.chance.random() < 0.3:
            acts.append(self._speak)
        if self.chance.random() < 0.3:
            acts.append(self._photograph)
        return acts

    async def _spend(self) -> None:
        self.written += 1
        await self._say("tool", f"I spent ${self.chance.randrange(1, 90)} on book {self.written}")

    async def _plan(self) -> None:
        await self._say("tool", "plan a run today at 6pm")

    async def _done(self) -> None:
        await self._say("quick reply", "done")

    async def _ask(self) -> None:
        await self._say("tool", "how much did I spend this month")

    async def _remind(self) -> None:
        await self._say("tool", "remind me tomorrow at 9am to call John")

    async def _greet(self) -> None:
        await self._say("words", "hello")

    async def _react(self) -> None:
        """React to the last message they got: nothing is said to that."""
        got = [sent for sent in self.meta.sent if sent.person.phone == self.phone and sent.type != "reaction"]
        self.tally.sent[self.phone] += 1
        await self.meta.person_reacts(self.phone, got[-1].wamid, "👍")

    async def _speak(self) -> None:
        self.written += 1
        audio = sample_files.ogg_opus(4, seed=self.chance.randrange(2**31))
        item = self.meta.media.put(audio, "audio/ogg; codecs=opus")
        await self._send("voice note", self.meta.media.content_of("audio", item, voice=True))

    async def _photograph(self) -> None:
        """Send a picture; the first time, tap the answer to whether it may be shown."""
        item = self.meta.media.put(sample_files.jpeg(seed=self.chance.randrange(2**31), size=60_000), "image/jpeg")
        reply = await self._send("picture", self.meta.media.content_of("image", item))
        replies = reply.request.get("interactive", {}).get("action", {}).get("buttons", [])
        for button in replies:
            if button["reply"]["title"] == TITLES[0]:
                await self._think()
                tapped = {"type": "button_reply", "button_reply": {"id": button["reply"]["id"], "title": TITLES[0]}}
                await self._send("tap", {"type": "interactive", "interactive": tapped})

    async def _say(self, kind: str, words: str) -> None:
        await self._send(kind, {"type": "text", "text": {"body": words}})

    async def _send(self, kind: str, content: dict[str, Any]) -> Accepted:
        """Send anything that is answered once, and wait for the answer."""
        self.tally.sent[self.phone] += 1
        self.tally.expected[self.phone] += 1
        began = trio.current_time()
        await self.meta.person_sends(self.phone, content)
        with trio.fail_after(ANSWER_SECONDS):
            got = await self.meta.wait_for_reply(self.phone, self.tally.expected[self.phone])
        self.tally.answered.setdefault(kind, []).append(trio.current_time() - began)
        return got[-1]

    async def _think(self) -> None:
        await trio.sleep(self.chance.expovariate(1 / self.size.think))


def seed(path: Path, number: int) -> None:
    """Make a database of people who have agreed to messages."""
    prepare(path)
    connection = open_writer(path)
    connection.execute("BEGIN IMMEDIATE")
    chance = Random(1)
    for each in range(number):
        _add(connection, uuid7(datetime.now(UTC), chance), phone(each))
    connection.execute("COMMIT")
    connection.close()


def _add(connection: Connection, user_id: str, number: str) -> None:
    now = datetime.now(UTC)
    people.add(connection, NewPerson(user_id, "Ana", "active", "en-US", "America/New_York", "USD", number), now=now)
    consents.record(within(connection, user_id), Purpose.MESSAGES, granted=True, proof="benchmark", now=now)


if __name__ == "__main__":
    if sys.argv[1:2] == [MODELS]:
        trio.run(be_models, Ports(*map(int, sys.argv[3:])), float(sys.argv[2]))
    else:
        main("people", run)
