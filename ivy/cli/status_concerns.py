"""What an operator should look at, the worst first, each with the one thing to do. May import: the store, the domain, moments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy.cli import dependencies_view
from ivy.cli.moments import near, span
from ivy.daemon import beat_file
from ivy.domain.advice import Severity
from ivy.domain.runbook import AlertKind, page_of
from ivy.store import breakers
from ivy.store.alerts import Alert
from ivy.store.dependencies import Dependency
from ivy.store.overview import OpenBreaker, Overview
from ivy.store.replay_running import Unfinished

SLOW = timedelta(minutes=5)
"""A job that could have run for longer than this is worth a look."""
NEARLY = 0.8
"""From this part of a cap on, what is spent is worth a look."""


@dataclass(frozen=True)
class Concern:
    """One thing to look at. `key`: that of its alert, if it is or would be one; `page`: of the runbook, or ""."""

    severity: Severity
    what: str
    do: str = ""
    since: datetime | None = None
    count: int = 1
    key: str = ""

    @property
    def page(self) -> str:
        return page_of(self.key) if self.key else ""

    @property
    def line(self) -> str:
        return f"{self.what} {self.do}".strip()


def concerns(
    found: Overview,
    leans_on: Sequence[Dependency] = (),
    *,
    at: datetime,
    running: bool,
    cap_micros: int,
    beat: datetime | None = None,
    replay: Unfinished | None = None,
) -> list[Concern]:
    """Say what to look at: what is open as an alert, and what is seen now and is none yet.

    `beat`: when the daemon last showed that it lives; None if that is not known. `replay`: a plan that is not done.
    """
    told = [_of_alert(alert) for alert in found.alerts if alert.severity is not Severity.INFO]
    known = tuple(alert.key for alert in found.alerts)
    seen = [each for each in _seen(found, leans_on, at, cap_micros) if not _is_told(each, known)]
    plans = [] if replay is None else [_of_replay(replay)]
    return sorted([*_daemon(at, beat, running=running), *seen, *plans, *told], key=lambda each: -each.severity.rank)


def _of_replay(plan: Unfinished) -> Concern:
    gone = f"{plan.bundles - plan.waiting} of {plan.bundles} gone back to work"
    again = f"`ivy replay-dlq --plan {plan.id}`"
    if plan.runs:
        return Concern(Severity.INFO, f"A replay runs: {gone}.", f"{again} shows how it goes.", plan.begun_at)
    what = f"The last replay stopped, {gone}: {plan.stopped_by.rstrip('.')}."
    return Concern(Severity.WARNING, what, f"{again} goes on with it.", plan.begun_at)


def _is_told(concern: Concern, known: Sequence[str]) -> bool:
    return bool(concern.key) and any(key.startswith(concern.key) for key in known)


def _of_alert(alert: Alert) -> Concern:
    return Concern(alert.severity, alert.title, alert.advice, alert.first_at, alert.count, alert.key)


def _daemon(at: datetime, beat: datetime | None, *, running: bool) -> Iterator[Concern]:
    if not running:
        do = "`ivy daemon` starts it (under systemd: `systemctl start ivy`)."
        yield Concern(
            Severity.CRITICAL, "The daemon is not running: nobody is answered.", do, key=AlertKind.DAEMON.of("stopped")
        )
    elif beat is not None and at - beat > beat_file.STALE:
        what = f"The daemon hangs: its last sign of life is {span(at - beat)} old."
        yield Concern(
            Severity.CRITICAL, what, "Restart it (`systemctl restart ivy`).", key=AlertKind.DAEMON.of("hangs")
        )


def _seen(found: Overview, leans_on: Sequence[Dependency], at: datetime, cap_micros: int) -> Iterator[Concern]:
    for pause in found.pauses:
        what = f"Queue {pause.queue} is paused until {near(pause.until, at)} UTC: {pause.reason.rstrip('.')}."
        do = f"Mend it, then `ivy switch queue.{pause.queue} on`."
        yield Concern(Severity.CRITICAL, what, do, pause.since, key=AlertKind.QUEUE.of(pause.queue))
    yield from (_of_breaker(breaker, at) for breaker in found.breakers)
    if dead := sum(queue.dead for queue in found.queues):
        do = "`ivy replay-dlq` shows what a replay would do, and asks."
        yield Concern(Severity.WARNING, f"Dead letters: {dead}.", do, key=AlertKind.DEAD.of())
    for queue in found.queues:
        if queue.oldest_due is not None and at - queue.oldest_due > SLOW:
            waits = f"the oldest for {span(at - queue.oldest_due)} already"
            jobs = "job" if queue.due == 1 else "jobs"
            what = f"Queue {queue.queue}: {queue.due} {jobs} could run, {waits}."
            do = "`ivy jobs list --state ready` says whose."
            yield Concern(Severity.WARNING, what, do, key=AlertKind.WAITING.of(queue.queue))
    if cap_micros and found.spent_micros >= cap_micros * NEARLY:
        part = found.spent_micros / cap_micros
        severity = Severity.CRITICAL if part >= 1 else Severity.WARNING
        what = f"Today's spending is at {part:.0%} of the cap (spend.daily_cap_usd)."
        yield Concern(severity, what, "`ivy costs --by user` says on whom.", key=AlertKind.SPEND.of("day"))
    for crash in found.crashes:
        what = f"Task {crash.task} crashed in the last day ({crash.crashes} ×): {crash.last_error}"
        yield Concern(Severity.WARNING, what, "It was started again.", crash.last_at, key=AlertKind.TASK.of(crash.task))
    for each in found.models:
        if not each.recovered:
            what = (
                f"The {each.role} model {each.model} failed {span(at - each.failed_at)} ago: {each.error.rstrip('.')}."
            )
            do = "It has not answered since; the others do. `ivy doctor --live` asks its vendor."
            yield Concern(Severity.WARNING, what, do, each.failed_at, key=AlertKind.PROVIDER_DOWN.of())
    for switch in found.switches:
        if switch.value != switch.default:
            what = f"The switch {switch.name} is {switch.value}."
            yield Concern(Severity.WARNING, what, f"`ivy switch {switch.name} {switch.default}` puts it back.")
    for each in leans_on:
        if each.held_by:  # nothing else ends that
            do = f"`ivy switch {dependencies_view.BREAKER}{each.name} auto` lets it go by itself."
            yield Concern(Severity.WARNING, f"{each.name} is {dependencies_view.said(each, at)} UTC.", do)


def _of_breaker(breaker: OpenBreaker, at: datetime) -> Concern:
    is_channel = breaker.name in breakers.CHANNELS
    trial = f"the next try is at {near(breaker.until, at)} UTC" if breaker.until > at else "the next message is a try"
    what = f"{breaker.name} fails and is left alone; {trial}: {breaker.reason.rstrip('.')}."
    mend = f"channel.{breaker.name} on" if is_channel else f"{dependencies_view.BREAKER}{breaker.name} auto"
    key = AlertKind.CHANNEL.of(breaker.name) if is_channel else AlertKind.PROVIDER_DOWN.of()
    severity = Severity.CRITICAL if is_channel else Severity.WARNING
    return Concern(severity, what, f"Mend it, then `ivy switch {mend}`.", breaker.since, key=key)
