"""Whom a turn asks: breakers that outlive the daemon, an operator's switches that act at once, and one deadline for all."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock

from ivy.cli.world import World, open_world
from ivy.clock import SystemClock
from ivy.config import BreakersSection, Config, SpendSection, TurnsSection
from ivy.config.sections import FactsSection
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import Answer, Slow, Stalled
from ivy.emulators.model_faults import ModelFault
from ivy.store import alerts, breakers, dependencies, measures, switches
from ivy.store.alerts import Alert
from ivy.store.binding import Connection
from ivy.store.database import open_store
from ivy.threads import PooledThreads
from tests import models
from tests.journeys.play import ANA, MONDAY, Lives, Play

PRIMARY, FALLBACK, CHEAP = f"anthropic/{models.PRIMARY}", f"openai/{models.FALLBACK}", f"anthropic/{models.CHEAP}"
QUIET = Config(facts=FactsSection(notice=False))
KEY = b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"r"}'


async def knows(play: Play) -> None:
    """Let Ana in; nothing but answers is asked of a model."""
    await play.world.store.write(switches.set_value, "memory", "off", by="a test", now=play.now)
    await play.knows()


def asked_primary(play: Play) -> int:
    return sum(each.body["model"] in PRIMARY for each in play.world.vendors.anthropic.requests)


async def alerts_of(play: Play) -> list[Alert]:
    found = await play.world.store.read(alerts.open_alerts)
    return [each for each in found if each.key.startswith("provider:")]


async def test_after_exactly_three_failures_nobody_asks_it_until_its_rest_is_over_not_after_a_restart_either(
    lives: Lives, autojump_clock: MockClock
) -> None:
    slow = replace_breakers(rest_seconds=7200, ceiling_seconds=7200)
    async with lives(config=slow) as play:
        await knows(play)
        play.world.vendors.anthropic.faults.add(ModelFault(529), times=3)
        for number in range(1, 6):
            await play.talk(f"hello {number}")
            assert asked_primary(play) == min(number, 3)
        (found, *_others) = (await play.overview()).breakers
        assert (found.name, found.cause) == (PRIMARY, "")
        opened = found.since
    async with lives(opened + timedelta(hours=1), config=slow) as play:
        await play.talk("hello again")
        assert asked_primary(play) == 0
        play.world.vendors.anthropic.faults.add(ModelFault(503))
        await play.until(opened + timedelta(hours=2))
        await play.talk("hello at last")  # the one trial is this real message, and it fails
        await play.talk("and once more")
        assert asked_primary(play) == 1
        await play.until(opened + timedelta(hours=4, minutes=1))
        await play.talk("good evening")
        await play.talk("still there?")
        assert asked_primary(play) == 3
        assert (await play.overview()).breakers == ()
        changes = await play.world.store.read(breakers.changes, PRIMARY, limit=9)
        assert [each.state for each in changes] == ["closed", "open"]


async def test_a_wrong_key_is_one_alert_for_all_models_of_its_vendor_and_ends_with_the_first_answer(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=QUIET) as play:
        await knows(play)
        play.fail("anthropic", Answer(401, KEY), times=4)
        await play.world.store.write(breakers.hold, FALLBACK, "open", by="sam", now=play.now)
        await play.says("hello")
        await play.quiet(420)  # trouble is looked for every five minutes
        assert play.heard() == [ENGLISH[Say.MODELS_DOWN]]
        (alert,) = await alerts_of(play)
        assert (alert.key, alert.severity.value, alert.count) == ("provider:key:anthropic", "critical", 1)
        await play.quiet(3 * 3600)  # hourly, with the turn that waits
        assert len(play.heard()) == 2
        await play.quiet(1800)
        assert await alerts_of(play) == []
        assert await play.one("SELECT count(*) FROM alerts WHERE key LIKE 'provider:%'") == 1


async def test_money_that_is_used_up_waits_for_an_operator_whose_word_is_heard_at_once(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=QUIET) as play:
        await knows(play)
        for vendor, times in (("anthropic", 2), ("openai", 1)):
            emulator = getattr(play.world.vendors, vendor)
            emulator.faults.add(ModelFault(402, "billing_error"), times=times)
        await play.says("hello")
        await play.quiet(6 * 3600)
        assert play.heard() == [ENGLISH[Say.MODELS_DOWN]]
        assert play.asked_models() == 3  # nobody was asked a second time
        assert [each.key for each in await alerts_of(play)] == ["provider:money:anthropic", "provider:money:openai"]

        def mended(connection: Connection) -> None:
            breakers.hold(connection, PRIMARY, "auto", by="sam", now=play.now)
            dependencies.look_again(connection, (PRIMARY,), now=play.now)

        await play.world.store.write(mended)
        await play.hears(2, within=2)


async def test_a_model_that_is_gone_is_an_alert_that_names_the_next_one(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=QUIET) as play:
        await knows(play)
        play.world.vendors.anthropic.faults.add(ModelFault(404))
        await play.talk("hello")
        await play.quiet(960)  # an idle house is looked at every quarter of an hour
        (alert,) = await alerts_of(play)
        assert alert.key == f"provider:model:{PRIMARY}"
        assert "another model" in alert.advice


async def test_two_providers_that_hang_cost_their_time_outs_and_the_third_answers_within_the_turn(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=QUIET) as play:
        await knows(play)
        play.world.vendors.faults["anthropic"].add(Slow(9999))
        play.world.vendors.faults["openai"].add(Stalled())
        began = play.now
        assert "50.00" in await play.talk("I spent $50 on lunch", within=TurnsSection().seconds)
        assert timedelta(seconds=80) <= play.now - began <= timedelta(seconds=90)
        assert await play.one("SELECT count(*) FROM expenses") == 1


async def test_all_that_hang_leave_time_to_say_so_within_the_turn(lives: Lives, autojump_clock: MockClock) -> None:
    patient = Config(turns=TurnsSection(seconds=60), facts=FactsSection(notice=False))
    async with lives(config=patient) as play:
        await knows(play)
        for vendor in ("anthropic", "openai"):
            play.world.vendors.faults[vendor].add(Slow(9999), times=2)
        assert await play.talk("hello", within=65) == ENGLISH[Say.MODELS_DOWN]
        rows = await play.rows("SELECT role, latency_ms FROM ai_usage ORDER BY rowid")
        assert [row["role"] for row in rows] == ["primary", "fallback"]  # no time was left for a third
        assert sum(row["latency_ms"] for row in rows) <= 60_000


async def test_a_choice_of_one_provider_holds_in_the_middle_of_a_turn_too(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=QUIET) as play:
        await knows(play)
        play.world.vendors.faults["anthropic"].add(Slow(10))
        await play.says("I spent $50 on lunch")
        await trio.sleep(5)  # the first call is under way
        await play.world.store.write(switches.set_value, "providers", "fallback-only", by="sam", now=play.now)
        await play.hears(1)
        rows = await play.rows("SELECT role, status FROM ai_usage ORDER BY rowid")
        assert [(row["role"], row["status"]) for row in rows] == [("primary", "done"), ("fallback", "done")]
        assert await play.one("SELECT count(*) FROM tool_executions") == 1
        play.world.vendors.openai.faults.add(ModelFault(500), times=1)
        assert await play.talk("hello") == ENGLISH[Say.MODELS_DOWN]  # nobody else is asked


async def test_latencies_are_told_by_role(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=QUIET) as play:
        await knows(play)
        play.world.vendors.faults["anthropic"].add(Slow(4))
        await play.talk("hello")
        play.fail_first_model(times=1)
        play.world.vendors.faults["openai"].add(Slow(2))
        await play.talk("hello again")
        found = await play.world.store.read(measures.measures, since=MONDAY)
        told = {each.role: each for each in found.roles}
        assert set(told) == {"primary", "fallback"}
        assert (told["primary"].calls, told["primary"].p50_ms, told["primary"].p95_ms) == (1, 4000, 4000)
        assert (told["fallback"].calls, told["fallback"].p50_ms) == (1, 2000)
        assert told["primary"].replies == told["fallback"].replies == 1
        quiet = TurnsSection().quiet_seconds * 1000
        assert 4000 + quiet <= (told["primary"].reply_p95_ms or 0) < 4000 + quiet + 1000


# --- another process throws the switch, on the real clock --------------------------------------------


def replace_breakers(**values: Any) -> Config:
    """Return a configuration with these breakers; no cap is reached, which would have the cheap model answer first."""
    dear = SpendSection(daily_cap_usd=1000, person_daily_cap_usd=1000)
    return Config(breakers=BreakersSection(**values), facts=FactsSection(notice=False), spend=dear)


class Ground:
    """A running daemon on the machine's own clock, and an operator beside it, on a connection of their own."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def throw(self, write: Callable[[Connection], object]) -> float:
        """Do what the CLI does, on another connection; return when it was committed, by the monotonic clock."""
        async with open_store(self.world.store.path, threads=PooledThreads(), guest=True) as beside:
            await beside.write(write)
            return time.monotonic()

    async def says(self, text: str) -> None:
        await self.world.vendors.whatsapp.person_says(ANA, text)

    async def hears(self, count: int) -> float:
        await self.world.vendors.whatsapp.wait_for_reply(ANA, count)
        return time.monotonic()


async def test_what_another_process_switches_acts_within_a_second_on_the_running_daemon(
    tmp_path: Path, migrated: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "ivy.db").write_bytes(migrated.read_bytes())
    hasty = Config(turns=TurnsSection(quiet_seconds=0.01), facts=FactsSection(notice=False))
    now = SystemClock().now
    with trio.fail_after(60):
        async with open_world(tmp_path, clock=SystemClock(), threads=PooledThreads(), config=hasty) as world:
            ground = Ground(world)
            await world.store.write(switches.set_value, "memory", "off", by="a test", now=now())
            await world.add_person(ANA)
            await ground.says("hello")
            await ground.hears(1)
            assert len(world.vendors.openai.requests) == 0

            thrown = await ground.throw(
                lambda at: switches.set_value(at, "providers", "fallback-only", by="sam", now=now())
            )
            await ground.says("hello again")
            assert await ground.hears(2) - thrown < 1.0
            assert len(world.vendors.openai.requests) == 1

            for name in (PRIMARY, FALLBACK, CHEAP):
                await ground.throw(lambda at, name=name: breakers.hold(at, name, "open", by="sam", now=now()))
            await ground.says("anybody?")
            await ground.hears(3)  # they are told that it takes a while
            thrown = await ground.throw(lambda at: let_go(at, FALLBACK, now()))
            assert await ground.hears(4) - thrown < 1.0


BUSY = 4.0
"""Seconds: one on a machine that has nothing else to do, and CI's has."""
ACTED = frozenset({"spend", "memory", "read_receipts"})
"""Switches that show in how one message is answered; the others show in what the daemon itself reads at each use."""


async def test_every_switch_that_another_process_throws_holds_within_a_second_without_a_restart(
    tmp_path: Path, migrated: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "ivy.db").write_bytes(migrated.read_bytes())
    hasty = Config(turns=TurnsSection(quiet_seconds=0.01), facts=FactsSection(notice=False))
    usual = {name: switch.default for name, switch in switches.KNOWN.items()}
    other = {name: next(each for each in reversed(switch.values) if each != switch.default)
             for name, switch in switches.KNOWN.items()}  # fmt: skip
    assert usual.keys() == other.keys() > ACTED
    with trio.fail_after(60):
        async with open_world(tmp_path, clock=SystemClock(), threads=PooledThreads(), config=hasty) as world:
            ground = Ground(world)
            await world.add_person(ANA)
            await ground.says("my knee hurts")  # whatever is read and loaded once is by now
            await ground.hears(1)
            answered: list[dict[str, bool]] = []
            for number, values in enumerate((usual, other, usual), start=2):
                before = await done(world)
                thrown = await ground.throw(lambda at, values=values: throw_all(at, values))
                assert await world.store.read(read_all) == values
                await ground.says(f"my knee hurts {number}")
                assert await ground.hears(number) - thrown < BUSY
                while await world.store.read(is_busy):
                    await trio.sleep(0.01)
                after = await done(world)
                answered.append({name: after[name] > before[name] for name in ACTED})
    assert answered == [dict.fromkeys(ACTED, each) for each in (True, False, True)]


async def done(world: World) -> dict[str, int]:
    """Return how often there was done what a switch of ACTED forbids."""
    kept = await world.store.read(lambda at: at.execute("SELECT count(*) FROM user_memory").fetchone()[0])
    heard = (*world.vendors.anthropic.requests, *world.vendors.openai.requests)
    asked = sum("embeddings" not in each.path for each in heard)
    return {"spend": asked, "memory": kept, "read_receipts": len(world.vendors.whatsapp.reads)}


def is_busy(connection: Connection) -> bool:
    """Say whether anything of an answer is still to be done."""
    open_jobs = "SELECT 1 FROM jobs WHERE state IN ('ready', 'leased') AND kind IN ('turn', 'send', 'mark_read')"
    return connection.execute(open_jobs).fetchone() is not None


def throw_all(connection: Connection, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        switches.set_value(connection, name, value, by="sam", now=SystemClock().now())


def read_all(connection: Connection) -> dict[str, str]:
    return {each.name: each.value for each in switches.all_values(connection)}


def let_go(connection: Connection, name: str, now: datetime) -> None:
    breakers.hold(connection, name, "auto", by="sam", now=now)
    dependencies.look_again(connection, (name,), now=now)
