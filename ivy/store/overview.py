"""How Ivy is doing, on one page: what is the matter, waits, is held, failed, and cost.

May import: alerts, allowance, breakers, measures, spending, switches, the ground.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.store import alerts, allowance, breakers, spending, switches
from ivy.store.alerts import Alert
from ivy.store.allowance import Priced
from ivy.store.binding import Connection
from ivy.store.measures import percentile
from ivy.store.switches import Setting

QUEUES = ("inbox", "agent", "calls", "outbox", "upkeep")
CRASHES_OF = timedelta(days=1)
FAILURES_OF = timedelta(days=7)
COUNTED = "whatsapp"
"""The channel with a free allowance and a limit of people a day."""


@dataclass(frozen=True)
class QueueState:
    """One queue: `due` could run now, `later` waits for its time, `oldest_due` is when the oldest of `due` could have run."""

    queue: str
    due: int
    later: int
    leased: int
    dead: int
    oldest_due: datetime | None


@dataclass(frozen=True)
class Pause:
    queue: str
    reason: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class OpenBreaker:
    """A vendor that is left alone because it fails; at `until`, one more call is tried. `cause`: what must be mended, or ""."""

    name: str
    reason: str
    since: datetime
    until: datetime
    cause: str = ""


@dataclass(frozen=True)
class Held:
    """Messages that one rule holds; `lifts_at` None: when the person writes."""

    rule: str
    messages: int
    people: int
    lifts_at: datetime | None


@dataclass(frozen=True)
class TaskCrashes:
    task: str
    crashes: int
    last_at: datetime
    last_error: str


@dataclass(frozen=True)
class ModelFailure:
    """The last failure of a model, and its last answer: a later answer means that it is well again."""

    role: str
    vendor: str
    model: str
    failed_at: datetime
    error: str
    answered_at: datetime | None

    @property
    def recovered(self) -> bool:
        return self.answered_at is not None and self.answered_at > self.failed_at


@dataclass(frozen=True)
class Latency:
    """From what people wrote today to the first message that left in answer, in milliseconds; None without any."""

    answered: int
    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True)
class ChannelUse:
    """What is used of what a channel allows: this UTC month's free-form messages; people a day outside their windows.

    `people_limit` None: the vendor has not said it.
    """

    channel: str
    replies_this_month: int
    people_reached: int
    people_limit: int | None
    month: tuple[Priced, ...]


@dataclass(frozen=True)
class Overview:
    """Everything `ivy status` shows of the database. A day is a UTC day."""

    queues: tuple[QueueState, ...]
    pauses: tuple[Pause, ...]
    held: tuple[Held, ...]
    crashes: tuple[TaskCrashes, ...]
    models: tuple[ModelFailure, ...]
    people: dict[str, int]
    received_today: int
    sent_today: int
    failed_today: int
    latency: Latency
    spent_micros: int
    switches: tuple[Setting, ...]
    alerts: tuple[Alert, ...] = ()
    use: ChannelUse = ChannelUse(COUNTED, 0, 0, None, ())
    breakers: tuple[OpenBreaker, ...] = ()


def overview(connection: Connection, *, now: datetime) -> Overview:
    """Look at everything in one snapshot."""
    today = stamp(datetime.combine(now.astimezone(UTC).date(), datetime.min.time(), UTC))
    received, sent, failed = _messages_since(connection, today)
    return Overview(
        queues=_queues(connection, stamp(now)),
        pauses=pauses(connection, now=now),
        held=_held(connection),
        crashes=_crashes(connection, stamp(now - CRASHES_OF)),
        models=_failures(connection, stamp(now - FAILURES_OF)),
        people={
            row[0]: row[1] for row in connection.execute("SELECT status, count(*) FROM users GROUP BY 1 ORDER BY 1")
        },
        received_today=received,
        sent_today=sent,
        failed_today=failed,
        latency=_latency(connection, today),
        spent_micros=spending.spent_on(connection, spending.utc_day(now)),
        switches=tuple(switches.all_values(connection)),
        alerts=tuple(alerts.open_alerts(connection)),
        use=_use(connection, now),
        breakers=open_breakers(connection),
    )


def _use(connection: Connection, now: datetime) -> ChannelUse:
    return ChannelUse(
        channel=COUNTED,
        replies_this_month=allowance.free_replies(connection, COUNTED, now=now),
        people_reached=allowance.people_outside(connection, COUNTED, now=now),
        people_limit=allowance.limit(connection, COUNTED),
        month=tuple(allowance.month_prices(connection, now=now)),
    )


def _queues(connection: Connection, now_ms: int) -> tuple[QueueState, ...]:
    rows = connection.execute(
        "SELECT queue, sum(state = 'ready' AND run_at_ms <= ?1) AS due, sum(state = 'ready' AND run_at_ms > ?1) AS later,"
        " sum(state = 'leased') AS leased, sum(state = 'dead') AS dead,"
        " min(run_at_ms) FILTER (WHERE state = 'ready' AND run_at_ms <= ?1) AS oldest"
        " FROM jobs WHERE state IN ('ready', 'leased', 'dead') GROUP BY queue",
        (now_ms,),
    )
    found = {row["queue"]: row for row in rows}
    states: list[QueueState] = []
    for queue in QUEUES:
        row = found.get(queue)
        if row is None:
            states.append(QueueState(queue, 0, 0, 0, 0, None))
            continue
        oldest = None if row["oldest"] is None else unstamp(row["oldest"])
        states.append(QueueState(queue, row["due"], row["later"], row["leased"], row["dead"], oldest))
    return tuple(states)


def pauses(connection: Connection, *, now: datetime) -> tuple[Pause, ...]:
    """Return the queues that a configuration error holds now."""
    rows = connection.execute("SELECT * FROM queue_pauses WHERE until_ms > ? ORDER BY queue", (stamp(now),))
    return tuple(Pause(row["queue"], row["reason"], unstamp(row["since_ms"]), unstamp(row["until_ms"])) for row in rows)


def open_breakers(connection: Connection) -> tuple[OpenBreaker, ...]:
    """Return the vendors that are left alone; one whose rest is over stays open until a call of it succeeds.

    One that an operator holds, open or closed, is not among them.
    """
    held = breakers.overrides(connection)
    return tuple(
        OpenBreaker(name, breaker.reason, breaker.opened_at, breaker.until, breaker.cause or "")
        for name, breaker in breakers.all_of(connection).items()
        if breaker.opened_at is not None and breaker.until is not None and name not in held
    )


def _held(connection: Connection) -> tuple[Held, ...]:
    """A message that waits until its person writes has a job that next runs at its deadline."""
    rows = connection.execute(
        "SELECT m.reason AS rule, count(*) AS messages, count(DISTINCT m.user_id) AS people,"
        " min(jobs.run_at_ms) FILTER (WHERE jobs.run_at_ms < jobs.deadline_ms) AS lifts"
        " FROM messages_v2 m LEFT JOIN jobs ON jobs.key = 'send:' || m.id WHERE m.state = 'held'"
        " AND m.state IN ('queued', 'held', 'sending', 'unknown')"  # so that the index of waiting messages serves
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return tuple(
        Held(row["rule"], row["messages"], row["people"], None if row["lifts"] is None else unstamp(row["lifts"]))
        for row in rows
    )


def _crashes(connection: Connection, since_ms: int) -> tuple[TaskCrashes, ...]:
    rows = connection.execute(
        "SELECT task, count(*) AS crashes, max(at_ms) AS at_ms, error FROM task_crashes WHERE at_ms >= ?"
        " GROUP BY task ORDER BY task",
        (since_ms,),
    )  # `error` is the one of the row with max(at_ms)
    return tuple(TaskCrashes(row["task"], row["crashes"], unstamp(row["at_ms"]), row["error"]) for row in rows)


def _failures(connection: Connection, since_ms: int) -> tuple[ModelFailure, ...]:
    rows = connection.execute(
        "SELECT role, vendor, model, error, max(at_ms) AS failed_at,"
        " (SELECT max(at_ms) FROM ai_usage well WHERE well.role = ai_usage.role AND well.vendor = ai_usage.vendor"
        "  AND well.model = ai_usage.model AND well.status = 'done' AND well.at_ms >= ?1) AS answered_at"
        " FROM ai_usage WHERE status IN ('failed', 'unknown') AND at_ms >= ?1"
        " GROUP BY role, vendor, model ORDER BY role DESC, model",
        (since_ms,),
    )
    return tuple(
        ModelFailure(
            row["role"],
            row["vendor"],
            row["model"],
            unstamp(row["failed_at"]),
            row["error"],
            None if row["answered_at"] is None else unstamp(row["answered_at"]),
        )
        for row in rows
    )


def _messages_since(connection: Connection, since_ms: int) -> tuple[int, int, int]:
    row = connection.execute(
        "SELECT coalesce(sum(direction = 'in'), 0), coalesce(sum(direction = 'out' AND sent_at_ms IS NOT NULL), 0),"
        " coalesce(sum(state = 'failed'), 0) FROM messages_v2 WHERE at_ms >= ?",
        (since_ms,),
    ).fetchone()
    return row[0], row[1], row[2]


def _latency(connection: Connection, since_ms: int) -> Latency:
    """Match what came with what left by its turn, or, where no turn was needed, by its trace."""
    asked: dict[str, int] = {}
    answered: dict[str, int] = {}
    for row in connection.execute(
        "SELECT direction, coalesce(turn_id, trace_id) AS thread, at_ms, sent_at_ms FROM messages_v2"
        " WHERE at_ms >= ? AND coalesce(turn_id, trace_id) <> ''",
        (since_ms,),
    ):
        if row["direction"] == "in":
            asked[row["thread"]] = min(row["at_ms"], asked.get(row["thread"], row["at_ms"]))
        elif row["sent_at_ms"] is not None:
            answered[row["thread"]] = min(row["sent_at_ms"], answered.get(row["thread"], row["sent_at_ms"]))
    spans = sorted(max(0, answered[thread] - at) for thread, at in asked.items() if thread in answered)
    return Latency(len(spans), percentile(spans, 0.5), percentile(spans, 0.95))
