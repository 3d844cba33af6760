"""`ivy simulate call`: you are the person on the phone, in text, and see afterwards what was kept. May import: everything.

The same daemon, adapter, tools and webhooks as in a real call; only the vendor is emulated, and its agent understands the
tools' own examples.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import trio
import typer
from rich.console import Console
from trio.testing import MockClock

from ivy import log
from ivy.cli.same_chance import same_chance
from ivy.cli.week_life import settle, submit_templates, week_config
from ivy.cli.week_people import CHARITY, read
from ivy.cli.world import World, open_world
from ivy.clock import VirtualClock
from ivy.config import GivingSection
from ivy.domain import giving, if_then, own_currency
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.money import Money, format_money
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.slots import USUAL, SlotKind, clock_of
from ivy.emulators import retell_calls
from ivy.emulators.retell_people import (
    Busy,
    Declines,
    HangUp,
    Interrupts,
    NoAnswer,
    Pickup,
    Reply,
    Silence,
    Talker,
    Voicemail,
)
from ivy.errors import UsageError
from ivy.store import calls, consents, donations, people, scores, streaks, wallets, workouts
from ivy.store import if_then as plans
from ivy.store.calls import Call
from ivy.store.people import Person
from ivy.store.scope import Scope, for_user
from ivy.store.workouts import Workout
from ivy.threads import InlineThreads

PHONE = "+12025550143"
RINGING: dict[str, Talker] = {
    "/decline": Declines(),
    "/voicemail": Voicemail(),
    "/noanswer": NoAnswer(),
    "/busy": Busy(),
}
"""What can become of the ringing instead of picking up."""
HELLO = {"en": "Hello?", "es": "¿Aló?"}
USUAL_SILENCE = 8.0
HEARD_WORDS = 3
"""Of what the agent says before it is interrupted."""
MOST_CALLS = 100
_SILENCE = re.compile(r"/silence(?:\s+(\d{1,3}))?")
_KINDS = tuple(kind.value for kind in CallKind if kind not in (CallKind.INBOUND, CallKind.NOTICE))


@dataclass(frozen=True)
class Callee:
    """Who is called; `plan` is a workout of that day, "" for none."""

    name: str
    zone: str
    locale: str
    currency: str
    plan: str = ""


def call(
    kind: Annotated[str, typer.Option(help=f"What the call is for: {', '.join(_KINDS)}.")] = "morning",
    script: Annotated[
        Path | None, typer.Option(help="Read your side from a file: a line for each of your turns.")
    ] = None,
    name: Annotated[str, typer.Option(help="Your name.")] = "Ana",
    zone: Annotated[str, typer.Option(help="Your time zone.")] = "America/New_York",
    locale: Annotated[str, typer.Option(help="Your language and country, such as es-CO.")] = "en-US",
    currency: Annotated[str | None, typer.Option(help="Your currency; of the zone if not given.")] = None,
    plan: Annotated[str, typer.Option(metavar="WORKOUT", help="What is planned for that day already.")] = "",
    day: Annotated[str, typer.Option(metavar="DATE", help="Your date when it rings.")] = "2026-11-23",
    seed: Annotated[int, typer.Option(help="The same seed and lines make the same call.")] = 1,
) -> None:
    """Take a call from Ivy in the terminal: its agent's words are printed, yours are typed.

    While it rings: Enter picks up, or what you say first; `/decline`, `/voicemail`, `/noanswer`, `/busy`. In the call: a line,
    `/silence` (also `/silence 20`), `/interrupt WORDS`, `/hangup`. Afterwards you see what was kept.
    """
    log.start("error", plain=True)
    if kind not in _KINDS:
        raise UsageError(f"--kind can be {', '.join(_KINDS)}, not {kind!r}.")
    try:
        rings_at = to_instant(datetime.combine(date.fromisoformat(day), _clock(kind)), zone)
    except ValueError:
        raise UsageError(f"--day {day!r} is no date; write it like 2026-11-23.") from None
    you = Typist(_lines(script), HELLO["es" if locale.startswith("es") else "en"])
    counted_in = currency or own_currency.assumed("", zone=zone)
    who, clock = Callee(name, zone, locale, counted_in, plan), MockClock(autojump_threshold=0)
    with tempfile.TemporaryDirectory(prefix="ivy-") as folder, same_chance(seed):
        trio.run(ring, Path(folder), who, CallKind(kind), rings_at, you, seed, clock=clock)


def _clock(kind: str) -> time:
    return clock_of(USUAL[SlotKind(kind)].at if kind in {each.value for each in SlotKind} else "10:00")


class Typist:
    """You: a line for each turn, from the keyboard or a file. The end of the lines hangs up."""

    machine = ""

    def __init__(self, lines: Iterator[str], hello: str) -> None:
        self.pickup = Pickup(1.0)
        self.greeting = ""
        self._lines = lines
        self._hello = hello
        self._console = Console(soft_wrap=True, highlight=False)

    def answers(self) -> Talker:
        """Return who answers the ringing phone: you, or what you let become of it."""
        self._print("phone", "It rings.", style="dim")
        line = next(self._lines, "/hangup").strip()
        if line in ("/hangup", *RINGING):
            return RINGING.get(line, NoAnswer())
        if line.startswith("/"):
            raise UsageError(f"{line!r} is not known while it rings; there are {', '.join(RINGING)}.")
        self.greeting = line or self._hello
        return self

    async def reply(self, said: str, call: retell_calls.Call) -> Reply:  # noqa: ARG002 - as every talker
        """Show what the agent said, and return what you do."""
        await trio.lowlevel.checkpoint()
        if said:
            self._print("agent", said, style="green")
        line = next(self._lines, "/hangup").strip()
        if line == "/hangup":
            return HangUp()
        if found := _SILENCE.fullmatch(line):
            return Silence(float(found[1]) if found[1] else USUAL_SILENCE)
        word, _, rest = line.partition(" ")
        if word == "/interrupt" and rest:
            return Interrupts(rest, HEARD_WORDS)
        if line.startswith("/"):
            raise UsageError(f"{line!r} is not known in a call; there are /silence, /interrupt WORDS and /hangup.")
        return line or Silence(USUAL_SILENCE)

    def _print(self, who: str, text: str, *, style: str) -> None:
        self._console.print(f"{who:<6}› ", end="", style=style)
        self._console.print(text, markup=False)


def _lines(script: Path | None) -> Iterator[str]:
    """Yield what you say: the script's lines, shown, or what is typed. Reading stops the virtual clock, as it should."""
    if script is None:
        while True:
            try:
                yield input("you   › ")
            except EOFError:
                return
    console = Console(soft_wrap=True, highlight=False)
    for line in script.read_text().splitlines():
        if not line.startswith("#"):
            console.print(f"you   › {line}", style="cyan", markup=False)
            yield line


async def ring(folder: Path, who: Callee, kind: CallKind, at: datetime, you: Typist, seed: int) -> None:
    """Phone you in a world of its own, and show what it left behind."""
    clock = VirtualClock(at)
    config = week_config()
    async with open_world(folder, clock=clock, threads=InlineThreads(), config=config, seed=seed) as world:
        assert world.vendors.retell is not None  # noqa: S101 - a call needs a phone
        await submit_templates(world)
        user_id = await world.add_person(PHONE, name=who.name, zone=who.zone, locale=who.locale, currency=who.currency)
        you_stored = for_user(world.store, user_id)
        world.vendors.retell.person_answers(PHONE, lambda _phone, _variables, _metadata, _at: you.answers())
        await you_stored.write(_ask, who, kind, world)
        await settle(world)
        show(*await you_stored.read(_kept), world)


def _ask(scope: Scope, who: Callee, kind: CallKind, world: World) -> None:
    """Let somebody in who has agreed to calls, and ask for one now."""
    now, new_id = world.clock.now(), world.daemon.context.new_id
    for purpose in (Purpose.CALLS, Purpose.HEALTH):
        consents.record(scope, purpose, granted=True, proof="simulated", now=now)
    people.set_phone(scope, PHONE)
    section: GivingSection = world.daemon.context.config.giving
    wallets.save(scope, giving.wallet_of(section, CHARITY, who.currency), now=now)
    today = to_wall(now, who.zone).date()
    if who.plan:
        workouts.plan(scope, Workout(new_id(), today, who.plan), source="import", now=now)
    asked = Call(new_id(), scope.user_id, kind, today, now, chosen=True, asked_by="person", trace_id=new_id())
    calls.ask(scope, asked, now=now)


# --- what was kept -----------------------------------------------------------------------------------


def _kept(scope: Scope) -> tuple[Call, list[tuple[str, str]]]:
    """Return the call, and what is kept since it, in words."""
    person = people.load(scope)
    made = calls.recent(scope, MOST_CALLS)[-1]
    kept = [("call", _call_in_words(made))]
    if (plan := plans.of_day(scope, made.day)) is not None:
        kept.append(("plan", if_then.sentence(plan, person.language)))
    kept += [("workout", _workout_in_words(each)) for each in workouts.between(scope, made.day, made.day.max)]
    kept += [(each.measure, str(each.score)) for each in scores.between(scope, made.day, made.day)]
    now = streaks.current(scope)
    kept.append(("streak", f"{now.current} days, the longest {now.longest}"))
    kept += [("pledged", _pledge(each, person)) for each in donations.pledged(scope, made.day)]
    return made, kept


def _call_in_words(made: Call) -> str:
    outcome = made.outcome.value if made.outcome else made.reason or "no outcome"
    cost = f", ${made.report.cost_micros / 1_000_000:.3f}" if made.report.cost_micros else ""
    return f"{made.kind.value}, {made.state.value}, {outcome}, {made.report.duration_seconds or 0:.0f} s{cost}"


def _workout_in_words(workout: Workout) -> str:
    minutes = f", {workout.minutes} min" if workout.minutes is not None else ""
    return f"{workout.kind} on {workout.day:%a %d %b} {workout.at_wall}".strip() + f": {workout.state.value}{minutes}"


def _pledge(each: donations.Pledged, person: Person) -> str:
    return f"{format_money(Money(each.all_minor, each.currency), person.locale)} to {each.charity}"


def show(made: Call, kept: Sequence[tuple[str, str]], world: World) -> None:
    """Print what was left on a machine, what is kept, and every message."""
    console = Console(soft_wrap=True, highlight=False)
    assert world.vendors.retell is not None  # noqa: S101
    spoken = world.vendors.retell.calls.get(made.provider_call_id)
    if spoken is not None and spoken.in_voicemail:
        left = " ".join(turn.content for turn in spoken.turns if turn.role == "agent")
        console.print(f"machine› {left or '(nothing was left)'}", style="green", markup=False)
    console.print("\nKept", style="bold")
    for name, words in kept:
        console.print(f"{name:<12}{words}", markup=False)
    for each in world.vendors.whatsapp.got(PHONE):
        console.print(f"{'message':<12}{read(world, each)}", markup=False)
