"""Whoever looks from outside sees that Ivy lives, and the next start tells that it did not."""

import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import trio
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.operator_hooks import Heartbeat
from ivy.daemon import beat_file, heartbeat
from ivy.daemon.context import Context
from ivy.domain.clock_skew import Skew
from ivy.emulators.in_process import in_process
from ivy.emulators.operator_desk import OperatorDesk
from ivy.errors import VendorRefused
from ivy.store import alerts

URL = "https://hc.example.org/ping/1"


@dataclass
class Pulse:
    """An address that waits for a sign of life, which may be told to refuse."""

    refuses: bool = False
    beats: list[datetime] = field(default_factory=list[datetime])

    async def beat(self) -> None:
        if self.refuses:
            raise VendorRefused("heartbeat", "it answers 404")
        self.beats.append(datetime.now(UTC))


@asynccontextmanager
async def beating(context: Context) -> AsyncGenerator[None]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(heartbeat.run, context)
        yield
        nursery.cancel_scope.cancel()


async def passes(context: Context, seconds: float) -> None:
    """Let time pass in which the writer commits, as it does twice a second."""
    context.store.beat = time.monotonic()
    await trio.sleep(seconds)


async def open_keys(context: Context) -> list[str]:
    return [alert.key for alert in await context.store.read(alerts.open_alerts)]


async def test_a_sign_of_life_is_given_each_minute_while_the_writer_commits(
    context: Context, autojump_clock: MockClock
) -> None:
    pulse = Pulse()
    path = context.store.path
    assert beat_file.last_beat(path) is None
    async with beating(replace(context, pulse=pulse)):
        await passes(context, 200)
        assert len(pulse.beats) == 4 and beat_file.last_beat(path) is not None
        assert beat_file.beat_path(path).stat().st_mode & 0o077 == 0
        context.store.beat = time.monotonic() - 60  # the writer hangs
        await trio.sleep(300)
        assert len(pulse.beats) == 4


async def test_an_address_that_is_not_reached_is_told_after_minutes_and_is_over_when_it_is(
    context: Context, autojump_clock: MockClock
) -> None:
    pulse = Pulse(refuses=True)
    async with beating(replace(context, pulse=pulse)):
        await passes(context, 200)
        assert await open_keys(context) == []
        await passes(context, 200)
        assert await open_keys(context) == ["operator:heartbeat"]
        pulse.refuses = False
        await passes(context, 100)
        assert await open_keys(context) == []


async def test_a_start_after_a_death_tells_how_long_nobody_was_there(
    context: Context, autojump_clock: MockClock
) -> None:
    path = beat_file.beat_path(context.store.path)
    path.touch()
    died = context.clock.now() - timedelta(minutes=42)
    os.utime(path, (died.timestamp(), died.timestamp()))
    async with beating(context):
        await passes(context, 1)
    (alert,) = await context.store.read(alerts.open_alerts)
    assert alert.key == "daemon:down"
    assert alert.title.startswith("Ivy did not run for 42 minutes, from 2026-11-23 06:18 UTC to 2026-11-23 07:00 UTC")


@pytest.mark.parametrize("minutes", [1.0, None], ids=["a moment", "stopped as it should be"])
async def test_a_restart_is_no_news(context: Context, autojump_clock: MockClock, minutes: float | None) -> None:
    path = beat_file.beat_path(context.store.path)
    path.touch()
    if minutes is None:
        beat_file.forget(context.store.path)
    else:
        at = (context.clock.now() - timedelta(minutes=minutes)).timestamp()
        os.utime(path, (at, at))
    async with beating(context):
        await passes(context, 1)
    assert await open_keys(context) == []


async def test_the_address_is_asked_over_http_and_its_refusals_are_named(
    context: Context, autojump_clock: MockClock
) -> None:
    desk, skew = OperatorDesk("s", context.clock.now), Skew(context.clock.now)
    async with open_client(transport=in_process(desk.app), on_date=skew.hear) as http:
        await Heartbeat(http, url=URL).beat()
        desk.answers.extend([404, 307])
        with pytest.raises(VendorRefused, match="404"):
            await Heartbeat(http, url=URL).beat()
        with pytest.raises(VendorRefused, match="redirect"):
            await Heartbeat(http, url=URL).beat()
    assert len(desk.beats) == 1


async def test_every_answer_tells_what_time_it_is_there() -> None:
    heard: list[tuple[str, str]] = []

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"Date": "Mon, 23 Nov 2026 07:00:00 GMT"})

    async with open_client(
        transport=httpx2.MockTransport(answer), on_date=lambda host, date: heard.append((host, date))
    ) as http:
        await http.get("https://graph.example.org/x")
    assert heard == [("graph.example.org", "Mon, 23 Nov 2026 07:00:00 GMT")]
