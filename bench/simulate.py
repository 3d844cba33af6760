"""Weeks on a virtual clock: how long many people's days take, one person's year, and whether time grows with people alone.

Each figure is a process of its own, so that none begins with another's memory. CPU stands beside the time on the wall:
on a machine that does other things only the former says anything. May import: everything.
"""

import importlib
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from _figures import Bench, main

ONE, TOGETHER = "--one", "--together"
BEGINS = datetime(2026, 11, 23, tzinfo=UTC)
PROMISE_SECONDS = 60
LINEAR = 1.5
"""How much dearer a person and day may be among all than among a quarter of them."""
YARDSTICK = 20_000_000


@dataclass(frozen=True)
class Size:
    people: tuple[int, ...]
    """The last is the one of the promise."""
    days: int
    year: int


FULL = Size(people=(25, 50, 100), days=7, year=365)
SHORT = Size(people=(1, 3), days=1, year=2)


@dataclass(frozen=True)
class Took:
    """Seconds on the wall and of the processor, without what importing takes; `never` counts what must not happen."""

    seconds: float
    cpu_seconds: float
    calls: int
    messages: int
    jobs: int
    never: int


def run(bench: Bench, _folder: Path) -> None:
    size = SHORT if bench.short else FULL
    bench.tell("a fixed piece of Python, beside it", yardstick(), "s", n=1)
    weeks = {number: took(bench, number, size.days) for number in size.people}
    for number, week in weeks.items():
        promised = number == size.people[-1]
        bench.tell(
            f"{number} people, {size.days} days", week.seconds, "s", n=1, cpu_seconds=round(week.cpu_seconds, 2),
            calls=week.calls, messages=week.messages, jobs=week.jobs, never=week.never,
            promise=f"< {PROMISE_SECONDS} s" if promised else "",
            met=week.seconds < PROMISE_SECONDS if promised else None,
        )  # fmt: skip
    first, last = size.people[0], size.people[-1]
    whole = took(bench, last, size.days, together=True)
    bench.tell(
        f"{last} people, {size.days} days, one Ivy", whole.seconds, "s", n=1, cpu_seconds=round(whole.cpu_seconds, 2),
        calls=whole.calls, messages=whole.messages, jobs=whole.jobs, never=whole.never,
    )  # fmt: skip
    empty = took(bench, 1, size.days).cpu_seconds
    dearer = (
        (whole.cpu_seconds - empty) / (last - 1) / max(1e-9, (weeks[first].cpu_seconds - empty) / max(1, first - 1))
    )
    if first > 1:
        bench.tell(
            f"CPU of a further person, {last} people with one Ivy / {first}",
            dearer,
            "ratio",
            n=3,
            promise=f"< {LINEAR}",
            met=dearer < LINEAR,
        )
    year = took(bench, 1, size.year)
    never = sum(each.never for each in (*weeks.values(), whole, year))
    bench.tell("what must never happen", never, "", promise="0", met=never == 0, n=len(weeks) + 2)
    bench.tell(
        f"1 person, {size.year} days", year.seconds, "s", n=1, cpu_seconds=round(year.cpu_seconds, 2), calls=year.calls,
        messages=year.messages, jobs=year.jobs, never=year.never, promise=f"< {PROMISE_SECONDS} s",
        met=year.seconds < PROMISE_SECONDS,
    )  # fmt: skip


def took(bench: Bench, people: int, days: int, *, together: bool = False) -> Took:
    """Live through it in a process of its own. `together`: with one Ivy, however many they are."""
    bench.note(f"{people} people, {days} days{', one Ivy' if together else ''}")
    words = [sys.executable, __file__, ONE, str(people), str(days), *([TOGETHER] if together else [])]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    return Took(**json.loads(done.stdout))


def live(people: int, days: int, *, together: bool) -> None:
    from ivy import log
    from ivy.cli import simulate_week

    for late in ("anthropic.resources.messages", "openai.resources.chat.completions", "genai_prices"):
        importlib.import_module(late)  # the program imports them when they are first needed: amid the week
    log.start("error", plain=True)
    began, cpu = time.perf_counter(), cpu_seconds()
    report = simulate_week.run(people, days, 1, begins=BEGINS, together=together).report
    took = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": cpu_seconds() - cpu,
        "calls": sum(each.calls for each in report.calls),
        "messages": sum(number for state, number in report.messages.items() if state != "received"),
        "jobs": report.jobs,
        "never": sum(len(getattr(report.never, name)) for name in report.never.__struct_fields__),
    }
    sys.stdout.write(json.dumps(took))


def cpu_seconds() -> float:
    """Return what this process used, and those that it started and waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def yardstick() -> float:
    """Return the CPU seconds of something that is the same everywhere."""
    began = time.process_time()
    for _ in range(YARDSTICK):
        pass
    return time.process_time() - began


if __name__ == "__main__":
    if sys.argv[1:2] == [ONE]:
        live(int(sys.argv[2]), int(sys.argv[3]), together=TOGETHER in sys.argv)
    else:
        main("simulate", run)
