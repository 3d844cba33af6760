"""`ivy status`: one screen that says how Ivy is doing. May import: the store, the rate card, frame, moments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy import __version__
from ivy.cli import alerts_view, dependencies_view, doctor_calls, frame, measures_view, satisfaction_view
from ivy.cli.frame import Setup
from ivy.cli.moments import dollars, shown, span
from ivy.clock import SystemClock
from ivy.daemon import rate_card, trouble
from ivy.domain.advice import Severity
from ivy.domain.voice_quality import Summary
from ivy.store import dependencies, feedback, measures, overview, ratings, voice_quality
from ivy.store.dependencies import Dependency
from ivy.store.measures import Measures
from ivy.store.overview import Overview
from ivy.store.ratings import Satisfaction

SLOW = timedelta(minutes=5)
"""A job that could have run for longer than this is worth a look."""
MEASURED = timedelta(days=7)
RATED = timedelta(days=90)
"""Each person is asked every two weeks at most."""


@dataclass(frozen=True)
class Status:
    """What `ivy status --json` prints. Sizes in bytes, money in micro-dollars; `free_replies`: this month's allowance."""

    at: datetime
    version: str
    daemon_is_running: bool
    database: str
    database_bytes: int
    wal_bytes: int
    cap_micros: int
    free_replies: int
    now: Overview
    concerns: tuple[str, ...]
    dependencies: tuple[Dependency, ...] = ()
    measures: Measures | None = None
    satisfaction: Satisfaction | None = None
    feedback_open: int = 0
    voice: Summary | None = None


def command(as_json: frame.Json = False) -> None:
    """Show how Ivy is doing: what waits, what is held, what failed, what it cost."""
    status = frame.run(_load)
    if as_json:
        frame.print_json(status)
    else:
        _print(status)


async def _load() -> Status:
    setup, at = frame.setup(), SystemClock().now()
    async with frame.operator(setup, action="status") as operator:
        found = await operator.read(overview.overview, now=at)
        leans_on = await operator.read(dependencies.dependencies, dependencies_view.names(setup.config), now=at)
        measured = await operator.read(measures.measures, since=at - MEASURED)
        rated = await operator.read(ratings.satisfaction, since=at - RATED)
        complaints = await operator.read(feedback.waiting)
        sounded = await operator.read(voice_quality.of_last_days, now=at)
    rates = rate_card.load(setup.config.whatsapp.rates_file, setup.folder)
    running, cap = frame.daemon_is_running(setup), round(setup.config.spend.daily_cap_usd * 1_000_000)
    return Status(
        at=at,
        version=__version__,
        daemon_is_running=running,
        database=str(setup.database),
        database_bytes=_size(setup, ""),
        wal_bytes=_size(setup, "-wal"),
        cap_micros=cap,
        free_replies=rates.allowance(at.date()),
        now=found,
        concerns=(*concerns(found, at=at, running=running, cap_micros=cap), *dependencies_view.held(leans_on)),
        dependencies=leans_on,
        measures=measured,
        satisfaction=rated,
        feedback_open=complaints,
        voice=sounded,
    )


def _size(setup: Setup, suffix: str) -> int:
    path = setup.database.with_name(setup.database.name + suffix)
    return path.stat().st_size if path.exists() else 0


def concerns(found: Overview, *, at: datetime, running: bool, cap_micros: int) -> list[str]:
    """Say what an operator should look at, the worst first, each with its next step."""
    lines: list[str] = []
    if not running:
        lines.append("The daemon is not running: nobody is answered. `ivy daemon` starts it.")
    lines += alerts_view.concerns(found.alerts, Severity.CRITICAL)
    for pause in found.pauses:
        lines.append(
            f"Queue {pause.queue} is paused until {shown(pause.until)} UTC: {pause.reason}"
            f" (mend it, then `ivy switch queue.{pause.queue} on`)."
        )
    for breaker in found.breakers:
        is_channel = breaker.name in trouble.CHANNELS
        trial = f"the next try is at {shown(breaker.until)}" if breaker.until > at else "the next message is a try"
        mend = f"channel.{breaker.name} on" if is_channel else f"{dependencies_view.BREAKER}{breaker.name} auto"
        lines.append(
            f"{breaker.name} fails since {shown(breaker.since)} UTC and is left alone; {trial}: {breaker.reason}"
            f" (mend it, then `ivy switch {mend}`)."
        )
    if dead := sum(queue.dead for queue in found.queues):
        lines.append(f"Dead letters: {dead}. `ivy replay-dlq` shows what a replay would do.")
    lines += [
        f"Queue {queue.queue}: {queue.due} jobs could run, the oldest for {span(at - queue.oldest_due)} already."
        for queue in found.queues
        if queue.oldest_due is not None and at - queue.oldest_due > SLOW
    ]
    if cap_micros and found.spent_micros >= cap_micros * 0.8:
        lines.append(f"Today's spending is at {found.spent_micros / cap_micros:.0%} of the cap (spend.daily_cap_usd).")
    lines += alerts_view.concerns(found.alerts, Severity.WARNING)
    lines += [f"The switch {each.name} is {each.value}." for each in found.switches if each.value != each.default]
    lines += [
        f"Task {each.task} crashed in the last day ({each.crashes} ×): {each.last_error}" for each in found.crashes
    ]
    lines += [
        f"The {each.role} model {each.model} failed {span(at - each.failed_at)} ago, and has not answered since: {each.error}"
        for each in found.models
        if not each.recovered
    ]
    return lines


def _print(status: Status) -> None:
    found = status.now
    running = "running" if status.daemon_is_running else "not running"
    size = f"{status.database_bytes / 2**20:.1f} MiB"
    frame.say(f"Ivy {status.version}, daemon {running}, {status.database} ({size}), {shown(status.at)} UTC")
    frame.say("")
    for line in status.concerns or ("All is well.",):
        frame.say(f"{'!' if status.concerns else '·'} {line}")
    for line in alerts_view.concerns(found.alerts, Severity.INFO):
        frame.say(f"· {line}")
    frame.say("")
    rows = [
        [
            queue.queue,
            *(str(number or "·") for number in (queue.due, queue.later, queue.leased, queue.dead)),
            "" if queue.oldest_due is None else span(status.at - queue.oldest_due),
        ]
        for queue in found.queues
    ]
    frame.table("Jobs", ["queue", "could run", "later", "running", "dead", "oldest"], rows)
    if found.held:
        held = [
            [each.rule, str(each.messages), str(each.people), shown(each.lifts_at) or "when they write"]
            for each in found.held
        ]
        frame.table("Messages held", ["rule", "messages", "people", "lifts (UTC)"], held)
    if found.models:
        rows = [
            [
                each.role,
                each.model,
                shown(each.failed_at),
                "well again" if each.recovered else "no answer since",
                each.error,
            ]
            for each in found.models
        ]
        frame.table("Models' last failures", ["role", "model", "failed (UTC)", "since then", "error"], rows)
    dependencies_view.show(status.dependencies)
    if status.measures is not None:
        measures_view.show(status.measures)
    satisfaction_view.show(status.satisfaction, status.feedback_open)
    if status.voice is not None and status.voice.calls:
        frame.say(f"Sound: {doctor_calls.said(status.voice)}.")
    _print_today(status)


def _print_today(status: Status) -> None:
    found, cap = status.now, status.cap_micros
    people = ", ".join(f"{number} {state}" for state, number in found.people.items()) or "nobody yet"
    frame.say(f"People: {people}.")
    latency = found.latency
    took = (
        "" if latency.p50_ms is None or latency.p95_ms is None
        else f"; answers left after {latency.p50_ms / 1000:.1f} s (half) and {latency.p95_ms / 1000:.1f} s (19 of 20)"
    )  # fmt: skip
    frame.say(
        f"Messages today (UTC): {found.received_today} in, {found.sent_today} out, {found.failed_today} failed{took}."
    )
    for line in alerts_view.use(found.use, status.free_replies):
        frame.say(line)
    part = f" ({found.spent_micros / cap:.0%})" if cap else ""
    frame.say(f"Spent today: {dollars(found.spent_micros)} of {dollars(cap)}{part}.")
    frame.say(f"Switches: {', '.join(f'{each.name} {each.value}' for each in found.switches)}.")
