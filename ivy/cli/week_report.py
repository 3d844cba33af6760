"""What came of a simulated week, in one town or several: counts, costs, and the story event by event. May import: everything."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from rich.console import Console

from ivy.adapters.retell.reports import OUR_ID
from ivy.cli import frame
from ivy.cli.week_never import Never, after_stop, at_night, calls_doubled, messages_doubled, rung_again
from ivy.cli.week_people import Happened, Town, slots_of
from ivy.cli.world import World
from ivy.domain.money import Money, format_money
from ivy.domain.schedule import to_wall
from ivy.emulators.retell_calls import Call
from ivy.store import alerts, streaks, tallies
from ivy.store.tallies import Tallies

MICROS = 1_000_000


class Outcome(msgspec.Struct, frozen=True):
    """Calls of one kind that ended alike; `again` were another try."""

    kind: str
    outcome: str
    calls: int
    again: int
    minutes: float


class Streaks(msgspec.Struct, frozen=True):
    """How many people have a streak now, its mean and the longest; and the longest anybody had."""

    people: int
    mean: float
    longest_now: int
    longest: int


class Pledge(msgspec.Struct, frozen=True):
    currency: str
    amount_minor: int
    shown: str
    gifts: int
    taken_back: int


class Report(msgspec.Struct, frozen=True):
    """The whole of it; money in micro-dollars, but for pledges. `transcript` is the digest of all that was said."""

    people: int
    days: int
    seed: int
    seconds: float
    personas: dict[str, int]
    calls: list[Outcome]
    workouts: dict[str, int]
    plans: int
    scores: int
    streaks: Streaks
    pledged: list[Pledge]
    messages: dict[str, int]
    reasons: dict[str, int]
    got_a_day: float
    """Messages a person and day."""
    turns: int
    model_calls: int
    model_failures: int
    call_minutes: float
    spent_micros: dict[str, int]
    jobs: int
    alerts: list[str]
    never: Never
    transcript: str


@dataclass(frozen=True)
class Lived:
    """What is seen in one town at its end, told as plain values: it may have been lived in another process."""

    tallies: Tallies
    alerts: tuple[str, ...]
    streaks: tuple[tuple[int, int], ...]
    """Of each person, the one now and the longest."""
    personas: Counter[str]
    slots: dict[str, list[str]]
    story: list[Happened]


@dataclass(frozen=True)
class Told:
    """A report, and the story it is about: one JSON line for each thing that happened."""

    report: Report
    story: list[str]


async def look(world: World, town: Town) -> Lived:
    """See what came of a town's people."""
    raised = await world.store.read(alerts.open_alerts)
    streaks_now = [await each.store.read(streaks.current) for each in town.residents.values()]
    return Lived(
        await world.store.read(tallies.count),
        tuple(f"{each.key}: {each.title} ({each.count})" for each in raised),
        tuple((each.current, each.longest) for each in streaks_now),
        Counter(each.who.persona.name for each in town.residents.values()),
        {each.who.name: [at for _kind, at, _days in slots_of(each.who)] for each in town.residents.values()},
        story(town, world.vendors.retell.calls.values() if world.vendors.retell else ()),
    )


def tell(towns: Sequence[Lived], *, users: int, days: int, seed: int, seconds: float) -> Told:
    """Count and judge what happened in all towns, and write it down."""
    counted = tallies.together([each.tallies for each in towns])
    told = sorted((each for town in towns for each in town.story), key=lambda each: each.at)
    slots = {name: times for town in towns for name, times in town.slots.items()}
    lines = [msgspec.json.encode(each).decode() for each in told]
    got = sum(each.what == "got" for each in told)
    return Told(
        Report(
            people=users,
            days=days,
            seed=seed,
            seconds=round(seconds, 2),
            personas=dict(sum((town.personas for town in towns), Counter[str]())),
            calls=[
                Outcome(each.kind, each.outcome, each.calls, each.attempts, round(each.seconds / 60, 1))
                for each in counted.calls
            ],
            workouts=counted.workouts,
            plans=counted.plans,
            scores=counted.scores,
            streaks=_streaks([each for town in towns for each in town.streaks]),
            pledged=_pledged(counted),
            messages=counted.messages,
            reasons=counted.reasons,
            got_a_day=round(got / users / days, 2),
            turns=counted.turns,
            model_calls=counted.model_calls,
            model_failures=counted.model_failures,
            call_minutes=round(sum(each.seconds for each in counted.calls) / 60, 1),
            spent_micros=counted.spent_micros,
            jobs=counted.jobs,
            alerts=[each for town in towns for each in town.alerts],
            never=Never(
                counted.dead, counted.crashes, at_night(told, slots), messages_doubled(told), calls_doubled(told),
                after_stop(told), rung_again(told),
            ),
            transcript=sha256("\n".join(lines).encode()).hexdigest()[:16],
        ),
        lines,
    )  # fmt: skip


def _streaks(found: Sequence[tuple[int, int]]) -> Streaks:
    now = [current for current, _longest in found if current]
    return Streaks(
        len(now),
        round(sum(now) / len(now), 2) if now else 0.0,
        max(now, default=0),
        max((longest for _current, longest in found), default=0),
    )


def _pledged(counted: Tallies) -> list[Pledge]:
    return [
        Pledge(
            each.currency, each.pledged_minor, format_money(Money(each.pledged_minor, each.currency), "en-US"),
            each.gifts, each.taken_back,
        )
        for each in counted.gifts
    ]  # fmt: skip


# --- the story ---------------------------------------------------------------------------------------


def story(town: Town, calls: Iterable[Call]) -> list[Happened]:
    """Return all that happened in order of time; a call stands where it began to ring, with all its words."""
    rang = {each.ref: each for each in town.happened if each.what == "rings"}
    spoken = [_spoken(town, call, rang.get(_ours(call))) for call in calls if call.phone in town.residents]
    return sorted([*town.happened, *spoken], key=lambda each: each.at)


def _spoken(town: Town, call: Call, rang: Happened | None) -> Happened:
    resident = town.residents[call.phone]
    words = call.transcript.strip().replace("\n", " / ")
    kind = call.variables.get("ivy_kind", "")
    wall = rang.wall if rang is not None else to_wall(call.at, resident.zone)
    return Happened(
        call.at, wall, resident.who.name, "call", f"{kind}: {call.reason}. {words}", _ours(call), call.ended_at
    )


def _ours(call: Call) -> str:
    return str((call.metadata or {}).get(OUR_ID, ""))


# --- shown -------------------------------------------------------------------------------------------


def show(report: Report) -> None:
    """Print a report for people."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(
        f"{report.people} people, {report.days} days, seed {report.seed}: {report.seconds:.1f} s,"
        f" {report.jobs} jobs, transcript {report.transcript}",
        style="bold",
    )
    frame.table(
        "Calls",
        ["kind", "outcome", "calls", "of them again", "minutes"],
        [[each.kind, each.outcome, str(each.calls), str(each.again), f"{each.minutes:.1f}"] for each in report.calls],
    )
    frame.say(f"Workouts: {_listed(report.workouts)}; {report.plans} if-then plans, {report.scores} scores.")
    now = report.streaks
    frame.say(
        f"Streaks: {now.people} people have one, {now.mean:.1f} days on average, {now.longest_now} the longest;"
        f" the longest anybody had was {now.longest}."
    )
    pledged = ", ".join(f"{each.shown} ({each.gifts} gifts)" for each in report.pledged)
    frame.say(f"Pledged: {pledged or 'nothing'}.")
    frame.say(f"Messages: {_listed(report.messages)}; {report.got_a_day:.1f} a person and day.")
    for reason, number in report.reasons.items():
        frame.say(f"    {number} {reason}")
    spent = {kind: f"${micros / MICROS:.2f}" for kind, micros in report.spent_micros.items()}
    frame.say(
        f"Cost: {_listed(spent)}; {report.model_calls} calls to models ({report.model_failures} failed) in {report.turns}"
        f" turns, {report.call_minutes:.0f} minutes on the phone."
    )
    frame.say(f"Alerts: {'; '.join(report.alerts) or 'none'}.")
    _show_never(report.never)


def _show_never(never: Never) -> None:
    lines = {
        "Dead letters": [_listed(never.dead_letters)] if never.dead_letters else [],
        "Tasks that crashed": [_listed(never.crashes)] if never.crashes else [],
        "In the night, unasked": never.at_night,
        "Messages doubled": never.messages_doubled,
        "Calls doubled": never.calls_doubled,
        "Heard after stop": never.after_stop,
        "Rung again after an answer": never.rung_again,
    }
    for what, found in lines.items():
        frame.say(f"{what}: {len(found)}")
        for each in found[:10]:
            frame.say(f"    {each}")


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(f"{value} {name}" for name, value in counts.items()) or "none"
