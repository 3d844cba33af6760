"""A day with the coach on a virtual clock: two calls, a plan, a word in the chat, a streak and a gift. May import: everything.

The same daemon tasks as ever, joined to the emulators without sockets; the day takes a second or two.
"""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trio
from trio.testing import MockClock

from ivy.cli.world import World, open_world
from ivy.clock import VirtualClock
from ivy.config import CharitySection, Config, GivingSection, VoiceSection
from ivy.domain.consent import Purpose
from ivy.domain.giving import Wallet
from ivy.domain.schedule import to_wall
from ivy.domain.slots import By, SlotKind
from ivy.emulators.retell_calls import Turn
from ivy.emulators.retell_people import Talker, scripted
from ivy.store import call_slots, consents, wallets
from ivy.store.binding import Connection
from ivy.store.scope import Scope, for_user
from ivy.threads import InlineThreads

ANA = "+12025550143"
ZONE = "America/New_York"
DAWN = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
"""Half past six in the morning, where Ana lives."""
PLAN = "if it is six pm then I run, and if it rains then ten minutes of stairs"
MORNING = ("good morning", "I slept well", "a short run, after work", "the weather, maybe", PLAN, "bye")
EVENING = ("good evening", "it went well, I ran in the rain", "my shoes by the door helped", "bye")
CONFIG = Config(
    voice=VoiceSection(enabled=True), giving=GivingSection(charities={"water": CharitySection(name="Water for All")})
)
STORED = (
    ("calls", "SELECT kind || ', ' || outcome || ', ' || CAST(json_extract(report, '$.duration_seconds') AS INTEGER) || ' s'"
     " FROM calls ORDER BY due_at_ms"),
    ("plan", "SELECT 'if ' || cue || ', then ' || workout || '; if ' || barrier || ', then ' || small_version"
     " FROM if_then_plans"),
    ("workout", "SELECT kind || ', ' || state || ', planned in a ' || source FROM workouts"),
    ("streak", "SELECT day || ' ' || outcome FROM streak_events"),
    ("gift", "SELECT printf('%d minor units %s to %s, %s', amount_minor, currency, charity, 'pledged') FROM donations"),
    ("minutes", "SELECT printf('$%.2f for calls', sum(amount_micros) / 1e6) FROM cost_ledger WHERE kind = 'call'"),
    ("dead letters", "SELECT count(*) FROM dead_letters"),
)  # fmt: skip


def play() -> None:
    """Play the day, and show what was stored."""
    with tempfile.TemporaryDirectory(prefix="ivy-day-") as name:
        trio.run(_day, Path(name), clock=MockClock(autojump_threshold=0))


async def _day(folder: Path) -> None:
    async with open_world(folder, clock=VirtualClock(DAWN), threads=InlineThreads(), config=CONFIG) as world:
        await _let_in(world)
        retell = world.vendors.retell
        assert retell is not None  # noqa: S101 - voice is enabled
        retell.person_answers(ANA, _answers)
        await _until(world, 8)
        _tell_call(world, 0)
        await _until(world, 19)
        await _say(world, "done")
        await _until(world, 21)
        _tell_call(world, 1)
        for title, sql in STORED:
            for row in await world.store.read(_rows, sql):
                print(f"     {title:<13} {row}", flush=True)


def _answers(_phone: str, variables: Mapping[str, str], _metadata: object, _at: object) -> Talker:
    return scripted(*(MORNING if variables["ivy_kind"] == "morning" else EVENING))


async def _let_in(world: World) -> None:
    """Let Ana have agreed to two calls a day, and to give a dollar for each workout."""
    user_id = await world.add_person(ANA)

    def agree(scope: Scope) -> None:
        now = world.clock.now()
        for purpose in (Purpose.CALLS, Purpose.HEALTH):
            consents.record(scope, purpose, granted=True, proof="the demo", now=now)
        consent = call_slots.consent_of(scope, Purpose.CALLS)
        for kind, at in ((SlotKind.MORNING, "07:00"), (SlotKind.EVENING, "20:00")):
            call_slots.set_slot(
                scope, kind, By.VOICE, at, "*", consent_id=consent, new_id=world.daemon.context.new_id, now=now
            )
        wallets.save(scope, Wallet("water", 100, "USD", 200, 4000), now=now)

    await for_user(world.store, user_id).write(agree)


async def _until(world: World, hour: int) -> None:
    """Let time pass until a full hour of Ana's day."""
    wall = to_wall(world.clock.now(), ZONE)
    target = wall.replace(hour=hour, minute=0, second=0, microsecond=0)
    await trio.sleep((target - wall) / timedelta(seconds=1))


def _tell_call(world: World, number: int) -> None:
    retell = world.vendors.retell
    assert retell is not None  # noqa: S101
    call = retell.placed[number]
    print(f"{to_wall(call.at, ZONE):%H:%M}  the phone rings", flush=True)
    for turn in call.entries:
        if isinstance(turn, Turn):
            print(f"       {'Ivy' if turn.role == 'agent' else 'Ana'} ☎ {turn.content}", flush=True)


async def _say(world: World, text: str) -> None:
    whatsapp = world.vendors.whatsapp
    before = len(whatsapp.got(ANA))
    print(f"{to_wall(world.clock.now(), ZONE):%H:%M}  Ana  › {text}", flush=True)
    await whatsapp.person_says(ANA, text, name="Ana")
    got = await whatsapp.wait_for_reply(ANA, before + 1)
    print(f"       Ivy  › {got[-1].text}", flush=True)


def _rows(connection: Connection, sql: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql)]


if __name__ == "__main__":
    play()
