"""From what rests or fills up inside Ivy to what an operator is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivy.daemon import retirements, trouble
from ivy.domain.breaker import CLOSED, BreakerPolicy, after_failure
from ivy.errors import Cause, VendorBusy, VendorMisconfigured
from ivy.store import alerts, breakers, jobs
from ivy.store.alerts import Alert
from ivy.store.binding import Connection
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ROOM = 10 << 30


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = open_writer(database, throwaway=True)
    yield opened
    opened.close()


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def watch(connection: Connection, minutes: float, *, free: int = ROOM) -> list[tuple[str, str]]:
    trouble.watch(connection, at(minutes), free_bytes=free)
    return [(alert.key, alert.severity.value) for alert in alerts.open_alerts(connection)]


def fail(connection: Connection, channel: str = "whatsapp", minutes: float = 0) -> None:
    before = breakers.load(connection, channel)
    rest = timedelta(minutes=5)
    breakers.save(
        connection,
        channel,
        after_failure(before, BreakerPolicy(), "the token has expired (190)", at(minutes), rest=rest),
        now=at(minutes),
    )


def only(connection: Connection) -> Alert:
    [alert] = alerts.open_alerts(connection)
    return alert


def test_a_channel_left_alone_for_minutes_is_told_with_its_reason_and_over_when_it_is_back(
    connection: Connection,
) -> None:
    fail(connection)
    assert watch(connection, 4) == []
    assert watch(connection, 6) == [("channel:whatsapp", "critical")]
    assert only(connection).title == "whatsapp fails and is left alone: the token has expired (190)."
    assert "`ivy switch channel.whatsapp on`" in only(connection).advice
    fail(connection, minutes=7)
    watch(connection, 8)
    assert only(connection).count == 1
    breakers.save(connection, "whatsapp", CLOSED, now=at(9))
    assert watch(connection, 9) == []


def test_a_moment_of_trouble_is_not_told(connection: Connection) -> None:
    fail(connection, "mail")
    watch(connection, 3)
    breakers.save(connection, "mail", CLOSED, now=at(9))
    assert watch(connection, 30) == []
    assert alerts.untold(connection, "mail", now=at(30)) == []


def test_a_paused_queue_is_one_alert_through_all_its_tries(connection: Connection) -> None:
    for minutes in (0, 5, 10):
        until = at(minutes + 5)
        jobs.pause(connection, "agent", until=until, reason="the key is not valid (401)", now=at(minutes))
        assert watch(connection, minutes + 1) == [("queue:agent", "critical")]
        assert watch(connection, minutes + 5.1) == [("queue:agent", "critical")]  # its trial is under way
    assert only(connection).first_at == at(1)
    jobs.unpause(connection, "agent")
    assert watch(connection, 16) == []


def test_a_queue_that_ran_on_by_itself_is_over_after_a_while(connection: Connection) -> None:
    jobs.pause(connection, "agent", until=at(5), reason="no money", now=NOW)
    watch(connection, 1)
    assert watch(connection, 14) == [("queue:agent", "critical")]
    assert watch(connection, 16) == []


def test_a_disk_that_fills_up_gets_worse_and_wavers_as_one_alert(connection: Connection) -> None:
    assert watch(connection, 0, free=600 << 20) == []
    assert watch(connection, 1, free=400 << 20) == [("disk", "warning")]
    assert watch(connection, 2, free=600 << 20) == [("disk", "warning")]
    assert watch(connection, 3, free=20 << 20) == [("disk", "critical")]
    assert "no picture or voice note" in only(connection).title
    assert watch(connection, 4, free=ROOM) == []


def broken(connection: Connection, name: str, minutes: float, cause: Cause | None, setup: str = "") -> None:
    error = VendorBusy(name, "503") if cause is None else VendorMisconfigured(name, "it says no", cause=cause)
    for _time in range(3):
        breakers.failed(connection, name, error, BreakerPolicy(), now=at(minutes), began=at(minutes), setup=setup)


def test_a_model_that_fails_is_told_after_minutes_and_what_must_be_mended_at_once(connection: Connection) -> None:
    broken(connection, "openai/gpt", 0, None)
    assert watch(connection, 4) == []
    assert watch(connection, 6) == [("provider:down:openai/gpt", "warning")]
    assert "`ivy switch breaker:openai/gpt auto`" in only(connection).advice
    breakers.succeeded(connection, "openai/gpt", at(7))
    assert watch(connection, 7) == []
    for cause in (Cause.KEY, Cause.MONEY):
        broken(connection, "anthropic/large", 8, cause, "k")
        broken(connection, "anthropic/small", 8, cause, "k")
        for minutes in (8, 9, 10):  # one for the account, however many models it keeps from answering
            assert watch(connection, minutes) == [(f"provider:{cause.value}:anthropic", "critical")]
        assert only(connection).count == 1
        breakers.succeeded(connection, "anthropic/small", at(11))
        assert watch(connection, 11) == []


def test_a_model_that_is_gone_is_told_with_the_one_that_takes_its_place(connection: Connection) -> None:
    broken(connection, "openai/gpt-4o-2024-08-06", 0, Cause.MODEL)
    watch(connection, 0)
    assert only(connection).key == "provider:model:openai/gpt-4o-2024-08-06"
    assert "gpt-6-luna" in only(connection).advice


def test_what_somebody_holds_by_hand_is_no_alert(connection: Connection) -> None:
    broken(connection, "openai/gpt", 0, Cause.KEY)
    breakers.hold(connection, "openai/gpt", "open", by="sam", now=at(1))
    assert watch(connection, 2) == []


def test_the_list_of_retirements_names_each_model_by_its_longest_line() -> None:
    found = {
        name: retirements.of(f"openai/{name}") for name in ("gpt-4o", "gpt-4o-transcribe", "whisper-1", "gpt-6-luna")
    }
    assert {name: each and each.replacement for name, each in found.items()} == {
        "gpt-4o": "gpt-6-luna",
        "gpt-4o-transcribe": "gpt-transcribe",
        "whisper-1": "gpt-transcribe",
        "gpt-6-luna": None,
    }
