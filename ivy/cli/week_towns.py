"""Many people are several towns, each with an Ivy of its own: a process, a daemon, a file. May import: everything.

One Ivy runs on one core. Whoever simulates a hundred people has more cores, and nothing that a person does reaches another.
How people are shared out follows from their number alone: the same seed tells the same story on any machine.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import trio
from trio.testing import MockClock

from ivy import log
from ivy.cli import frame, week_life, week_report
from ivy.cli.same_chance import same_chance
from ivy.cli.week_life import Step
from ivy.config import Config
from ivy.emulators.personas import Somebody
from ivy.errors import IvyError

MOST = 50
"""People in one town."""
LOOK_SECONDS = 0.2
ANOTHER = 1_000_003
"""Between the seeds of two towns: ids must not come twice."""


@dataclass(frozen=True)
class Plan:
    """What one town needs to be lived in, wherever that is."""

    number: int
    somebodies: tuple[Somebody, ...]
    days: int
    seed: int
    begins: datetime
    config: Config
    folder: Path


def plans(
    somebodies: Sequence[Somebody], days: int, seed: int, begins: datetime, config: Config, folder: Path, *, most: int
) -> list[Plan]:
    """Share people out into towns of at most `most`, as equal as can be: neighbours in the list live apart."""
    towns = -(-len(somebodies) // most)
    return [
        Plan(
            number,
            tuple(somebodies[number::towns]),
            days,
            seed + number * ANOTHER,
            begins,
            config,
            folder / f"town{number}",
        )
        for number in range(towns)
    ]


def live(plan: Plan, step: Step) -> week_report.Lived:
    """Live through a town's days in this process."""
    plan.folder.mkdir()
    with same_chance(plan.seed):
        return trio.run(partial(_lived, plan, step), clock=MockClock(autojump_threshold=0))


async def _lived(plan: Plan, step: Step) -> week_report.Lived:
    whole = (plan.somebodies, plan.days, plan.seed, plan.begins, plan.config, plan.folder)
    async with week_life.lived(*whole, step) as town:
        return await week_report.look(town.world, town)


def live_all(wanted: Sequence[Plan], step: Step) -> list[week_report.Lived]:
    """Live through all towns, as many at once as there are cores; `step` hears how far they are, 0 to 1.

    Raises: IvyError when a town's process fails; the others are ended then, as they are when this one is left.
    """
    if len(wanted) == 1:
        return [live(wanted[0], step)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    waiting, going, found = deque(wanted), list[_Apart](), dict[int, week_report.Lived]()
    try:
        while waiting or going:
            while waiting and len(going) < cores:
                going.append(_Apart(waiting.popleft()))
            ready = wait([each.hears for each in going], timeout=LOOK_SECONDS)
            for apart in [each for each in going if each.hears in ready]:
                found[apart.plan.number] = apart.ended()
                going.remove(apart)
            step((len(found) + sum(each.part.value for each in going)) / len(wanted))
    finally:
        for each in going:
            each.process.kill()
            each.process.join()
    return [found[plan.number] for plan in wanted]


class _Apart:
    """A town in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")
        self.plan = plan
        self.part: Synchronized[float] = context.Value("d", 0.0)
        self.hears, theirs = context.Pipe(duplex=False)
        self.process = context.Process(target=_live_apart, args=(plan, self.part, theirs), daemon=True)
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a child takes that over: Ctrl-C is for who started it
        try:
            self.process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        theirs.close()

    def ended(self) -> week_report.Lived:
        try:
            lived: week_report.Lived = self.hears.recv()
        except EOFError:
            self.process.join()
            why = f"ended with {self.process.exitcode}; what it said of it stands above"
            raise IvyError(f"The process of town {self.plan.number + 1} {why}.") from None
        self.process.join()
        return lived


def _live_apart(plan: Plan, part: "Synchronized[float]", tells: Connection) -> None:
    log.start("error", plain=True)

    def step(done: float) -> None:
        part.value = done

    try:
        lived = live(plan, step)
    except (IvyError, OSError) as error:
        frame.note(f"ivy: {error}")
        raise SystemExit(1) from None
    tells.send(lived)
