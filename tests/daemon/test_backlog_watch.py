"""From what piles up inside Ivy to what an operator is told, and when it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivy.clock import stamp
from ivy.daemon import backlog_watch
from ivy.domain.jobs import INBOUND, SEND
from ivy.store import alerts, jobs, upkeep
from ivy.store.alerts import Alert
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=9)


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = open_writer(database, throwaway=True)
    yield opened
    opened.close()


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def watch(
    connection: Connection, minutes: float, *, began: datetime = LONG_AGO, ahead: float | None = None
) -> list[tuple[str, str]]:
    clock_ahead = None if ahead is None else timedelta(seconds=ahead)
    alerts.lapse(connection, now=at(minutes))
    backlog_watch.watch(connection, at(minutes), began=began, clock_ahead=clock_ahead)
    return [(alert.key, alert.severity.value) for alert in alerts.open_alerts(connection)]


def only(connection: Connection) -> Alert:
    [alert] = alerts.open_alerts(connection)
    return alert


def waits(connection: Connection, name: str, minutes: float) -> None:
    jobs.enqueue(connection, NewJob(name, SEND, name, at(minutes), {}), now=at(minutes))


def dies(connection: Connection, name: str, minutes: float) -> None:
    new = NewJob(name, INBOUND, name, at(minutes), {})
    jobs.bury_at_once(connection, new, reason="it cannot be read", error="Unreadable", now=at(minutes))


def test_a_new_dead_letter_is_told_and_a_flood_of_them_is_critical(connection: Connection) -> None:
    assert watch(connection, 0) == []
    dies(connection, "first", 1)
    assert watch(connection, 2) == [("dead:letters", "warning")]
    assert only(connection).title == "1 dead letter in the last 24 hours."
    for number in range(20):
        dies(connection, f"more-{number}", 3)
    assert watch(connection, 4) == [("dead:letters", "critical")]
    assert only(connection).title == "21 dead letters in the last 24 hours."


def test_letters_that_were_dealt_with_end_the_alert_and_old_ones_lapse_without_a_word(connection: Connection) -> None:
    dies(connection, "first", 0)
    watch(connection, 1)
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(2)), "mail", now=at(2))
    jobs.discard(connection, "first", "known", now=at(3))
    assert watch(connection, 4) == []
    assert [alert.key for alert in alerts.untold(connection, "mail", now=at(5))] == ["dead:letters"]
    dies(connection, "second", 10)
    watch(connection, 11)
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(12)), "mail", now=at(12))
    assert watch(connection, 10 + 24 * 60) == []
    assert alerts.untold(connection, "mail", now=at(30 * 60)) == []
    dies(connection, "third", 40 * 60)
    assert watch(connection, 40 * 60 + 1) == [("dead:letters", "warning")]


def test_work_that_waits_is_told_after_a_quarter_of_an_hour_and_critical_after_an_hour(connection: Connection) -> None:
    waits(connection, "one", 0)
    assert watch(connection, 14) == []
    assert watch(connection, 16) == [("waiting:outbox", "warning")]
    assert "1 job of queue outbox could run, and the oldest has waited for 16 minutes." in only(connection).title
    assert watch(connection, 61) == [("waiting:outbox", "critical")]
    assert jobs.discard(connection, "one", "", now=at(62)) is False
    connection.execute("UPDATE jobs SET state = 'done', ended_at_ms = 1")
    assert watch(connection, 62) == []


def test_what_waited_for_the_daemon_to_start_or_for_a_paused_queue_is_not_told(connection: Connection) -> None:
    waits(connection, "one", 0)
    assert watch(connection, 600, began=at(590)) == []
    jobs.pause(connection, "outbox", until=at(700), reason="the token is wrong", now=at(600))
    assert watch(connection, 650, began=at(590)) == []
    assert watch(connection, 701, began=at(590)) == [("waiting:outbox", "critical")]


def test_a_job_put_in_for_an_hour_that_is_over_has_waited_since_it_was_put_in(connection: Connection) -> None:
    jobs.enqueue(connection, NewJob("late", SEND, "late", at(-990), {}), now=at(0))
    assert watch(connection, 0) == []
    assert watch(connection, 14) == []
    assert watch(connection, 16) == [("waiting:outbox", "warning")]
    assert "the oldest has waited for 16 minutes." in only(connection).title


def test_a_task_that_crashes_again_and_again_is_told_with_its_last_error(connection: Connection) -> None:
    for minute in range(2):
        upkeep.keep_crash(connection, "scheduler", "KeyError: 'a'", stamp(at(minute)))
    assert watch(connection, 3) == []
    upkeep.keep_crash(connection, "scheduler", "KeyError: 'b'", stamp(at(4)))
    assert watch(connection, 5) == [("task:scheduler", "critical")]
    assert only(connection).title == "Task scheduler crashed 3 times in an hour: KeyError: 'b'."
    assert watch(connection, 62) == [("task:scheduler", "critical")]
    assert watch(connection, 65) == []


def test_a_clock_that_is_off_is_told_by_how_much(connection: Connection) -> None:
    assert watch(connection, 0, ahead=59) == []
    assert watch(connection, 5, ahead=-75) == [("clock:skew", "warning")]
    assert "75 s behind" in only(connection).title
    assert watch(connection, 10) == [("clock:skew", "warning")]
    assert watch(connection, 15, ahead=400) == [("clock:skew", "critical")]
    assert watch(connection, 20, ahead=0) == []


def test_a_state_that_lasts_is_one_alert(connection: Connection) -> None:
    dies(connection, "first", 0)
    waits(connection, "one", 0)
    for minute in range(20, 200, 5):
        watch(connection, minute, ahead=90)
    assert [(each.key, each.count) for each in alerts.listed(connection, limit=9)] == [
        ("clock:skew", 1), ("waiting:outbox", 1), ("dead:letters", 1),
    ]  # fmt: skip
