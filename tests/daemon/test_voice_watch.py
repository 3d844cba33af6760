"""Calls that sound badly for days become one alert, which names what to change and ends by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio

from ivy.cli import doctor_calls
from ivy.cli.findings import State
from ivy.clock import stamp
from ivy.config import Config, VoiceSection
from ivy.daemon import sweeper, voice_watch
from ivy.daemon.context import Context
from ivy.domain.calls import CallKind, CallOutcome, Report, Spoken, Verdict
from ivy.domain.runbook import page_of
from ivy.store import alerts, calls, people, voice_quality
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
CONFIG = Config(voice=VoiceSection(enabled=True))
HUNG_UP = Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=True)


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = open_writer(database, throwaway=True)
    people.add(opened, NewPerson("ana", "Ana", "active", "es-CO", "America/Bogota", "COP"), now=NOW)
    yield opened
    opened.close()


def rings(connection: Connection, number: int, at: datetime, *, seconds: float, wait_ms: int = 900) -> None:
    """Have a call been placed at `at` and its end been reported."""
    name = f"c{number}"
    calls.ask(within(connection, "ana"), Call(name, "ana", CallKind.MORNING, at.date(), at), now=at)
    connection.execute("UPDATE calls SET state = 'dialing', placed_at_ms = ? WHERE id = ?", (stamp(at), name))
    spoken = (Spoken("agent", "Hi", 0.5, 1.0), Spoken("person", "Good, I'll run.", 2.0, 3.0))
    report = Report(
        "retell",
        f"call_{number}",
        name,
        seen=("ended",),
        verdict=HUNG_UP,
        duration_seconds=seconds,
        spoken=spoken,
        latency_ms=wait_ms,
    )
    calls.hear(connection, report, at=at)


def keys(connection: Connection) -> list[str]:
    return [alert.key for alert in alerts.open_alerts(connection)]


def test_many_early_ends_are_told_once_and_end_with_better_calls(connection: Connection) -> None:
    for number in range(20):
        rings(connection, number, NOW - timedelta(hours=20 - number), seconds=6.0 if number < 6 else 90.0)
        if number < 19:
            voice_watch.watch(connection, NOW)
            assert keys(connection) == []
    for _ in range(2):
        voice_watch.watch(connection, NOW)
    (alert,) = alerts.open_alerts(connection)
    assert (alert.key, alert.count) == (voice_watch.KEY, 1)
    assert alert.title == "Calls of the last 7 days sound badly: 6 of 20 people hung up within 10 s."
    assert "another voice or another provider" in alert.advice
    assert page_of(alert.key) == "docs/runbook/calls-fail.md"
    (finding,) = doctor_calls.quality(CONFIG, connection, NOW)
    assert (finding.state, finding.found) == (
        State.LOOK,
        "20 calls in 7 days, 30% hung up early, answers after 0.9 s (half) and 0.9 s (19 of 20)",
    )
    for number in range(20, 30):
        rings(connection, number, NOW, seconds=90.0)
    voice_watch.watch(connection, NOW)
    assert keys(connection) == []
    assert doctor_calls.quality(CONFIG, connection, NOW)[0].state is State.OK


def test_slow_answers_are_told_and_calls_of_last_week_are_forgotten(connection: Connection) -> None:
    for number in range(20):
        rings(connection, number, NOW, seconds=90.0, wait_ms=2600)
    voice_watch.watch(connection, NOW)
    assert "wait 2.6 s or more" in alerts.open_alerts(connection)[0].title
    later = NOW + voice_quality.LOOKED_BACK + timedelta(minutes=1)
    voice_watch.watch(connection, later)
    assert keys(connection) == []
    assert doctor_calls.quality(CONFIG, connection, later) == []
    assert doctor_calls.quality(Config(), connection, NOW) == []


async def test_the_sweeper_looks_at_it(store: Store, context: Context) -> None:
    def happened(connection: Connection) -> None:
        new = NewPerson("ana", "Ana", "active", "es-CO", "America/Bogota", "COP")
        people.add(connection, new, now=context.clock.now())
        for number in range(20):
            rings(connection, number, context.clock.now(), seconds=6.0)

    await store.write(happened)
    with trio.move_on_after(60):
        await sweeper.sweep(context)
    assert voice_watch.KEY in await store.read(keys)
