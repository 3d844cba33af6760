"""What piles up or goes wrong inside, as alerts: dead letters, work that waits, tasks that crash, a clock that is off.

May import: the store and below. The sweeper asks.
"""

from datetime import datetime, timedelta

from ivy.daemon import alarms
from ivy.domain.advice import Advice, Severity
from ivy.domain.clock_skew import GRAVE, NOTABLE
from ivy.domain.runbook import AlertKind
from ivy.store import alerts, backlog
from ivy.store.binding import Connection

DEAD, CLOCK = AlertKind.DEAD.of(), AlertKind.CLOCK.of()
NEW_FOR = timedelta(hours=24)
"""A dead letter is news for so long."""
MANY, MANY_IN = 20, timedelta(hours=1)
LONG, TOO_LONG, SOON = timedelta(minutes=15), timedelta(hours=1), timedelta(minutes=5)
"""Work that waits for longer than the first is told, than the second it is critical; below the third all is well again."""
AGAIN_AND_AGAIN, CRASHES_IN = 3, timedelta(hours=1)


def watch(connection: Connection, now: datetime, *, began: datetime, clock_ahead: timedelta | None = None) -> None:
    """Open and end alerts by what is seen now.

    `began`: when this process did, since work that waited for it to start is no news. `clock_ahead`: by how much our clock is
    ahead of the vendors'; None if nobody told.
    """
    _watch_letters(connection, now)
    _watch_queues(connection, now, began)
    _watch_tasks(connection, now)
    if clock_ahead is not None:
        _watch_clock(connection, now, clock_ahead)


def is_off(clock_ahead: timedelta | None) -> bool:
    """Say whether a clock that is ahead by so much is worth an alert."""
    return clock_ahead is not None and abs(clock_ahead) >= NOTABLE


def _watch_letters(connection: Connection, now: datetime) -> None:
    found = backlog.dead_since(connection, now - NEW_FOR)
    if not found.in_all:
        alarms.clear(connection, DEAD, now)
    if found.newest_at is None:
        return
    many = backlog.dead_since(connection, now - MANY_IN).letters >= MANY
    of_whom = f" of {_counted(found.people, 'person', 'people')}" if found.people else ""
    advice = Advice(
        Severity.CRITICAL if many else Severity.WARNING, DEAD,
        f"{_counted(found.letters, 'dead letter', 'dead letters')}{of_whom} in the last 24 hours.",
        "Mend the cause, then `ivy replay-dlq` shows, person by person, what a replay would do, and asks.",
        lasts=NEW_FOR,
    )  # fmt: skip
    alarms.hold(connection, advice, found.newest_at, now)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _watch_queues(connection: Connection, now: datetime, began: datetime) -> None:
    due = backlog.oldest_due(connection, now=now)
    waits = {queue: now - max(oldest, began) for queue, (oldest, _) in due.items()}
    for queue, waited in waits.items():
        if waited > LONG:
            alarms.hold(connection, _waiting(queue, waited, due[queue][1]), now, now)
    for alert in alerts.open_alerts(connection):
        if (
            alert.key.startswith(AlertKind.WAITING)
            and waits.get(alert.key.removeprefix(AlertKind.WAITING), timedelta(0)) < SOON
        ):
            alarms.clear(connection, alert.key, now)


def _waiting(queue: str, waited: timedelta, due: int) -> Advice:
    minutes = waited // timedelta(minutes=1)
    return Advice(
        Severity.CRITICAL if waited > TOO_LONG else Severity.WARNING, AlertKind.WAITING.of(queue),
        f"{_counted(due, 'job', 'jobs')} of queue {queue} could run, and the oldest has waited for {minutes} minutes.",
        f"`ivy jobs list --state ready` says whose; more at once with workers.{queue} in ivy.toml, if the machine has room.",
    )  # fmt: skip


def _watch_tasks(connection: Connection, now: datetime) -> None:
    crashing = {each.task: each for each in backlog.crashes_since(connection, now - CRASHES_IN)}
    for each in crashing.values():
        if each.crashes >= AGAIN_AND_AGAIN:
            advice = Advice(
                Severity.CRITICAL, AlertKind.TASK.of(each.task),
                f"Task {each.task} crashed {each.crashes} times in an hour: {each.error.rstrip('.')}.",
                "It is started again each time; report the error with the log around it, or go back to the release before.",
            )  # fmt: skip
            alarms.hold(connection, advice, now, now)
    for alert in alerts.open_alerts(connection):
        if alert.key.startswith(AlertKind.TASK) and alert.key.removeprefix(AlertKind.TASK) not in crashing:
            alarms.clear(connection, alert.key, now)


def _watch_clock(connection: Connection, now: datetime, ahead: timedelta) -> None:
    if not is_off(ahead):
        alarms.clear(connection, CLOCK, now)
        return
    way = "ahead" if ahead > timedelta(0) else "behind"
    advice = Advice(
        Severity.CRITICAL if abs(ahead) >= GRAVE else Severity.WARNING, CLOCK,
        f"This machine's clock is {int(abs(ahead).total_seconds())} s {way} of the vendors'.",
        "Let the system keep time (`timedatectl set-ntp true`): signatures are refused, and calls come at the wrong minute.",
    )  # fmt: skip
    alarms.hold(connection, advice, now, now)
