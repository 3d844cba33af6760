"""How far a plan of a replay is: what carries its lines, what of that is still open, what died. May import: breakers, replay_plans.

A line is carried by its letter's job, by the message that says it, and, where it is a turn, by the answers of that turn too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ivy.clock import unstamp
from ivy.domain.replay import cause
from ivy.domain.replay_plan import Progress
from ivy.store import breakers
from ivy.store.binding import Connection
from ivy.store.job_records import Mishap
from ivy.store.replay_plans import Plan

ROUNDING = timedelta(seconds=1)
"""Who waits for a channel's rest to be over looks a moment after it."""
MAY_BE_OUT = ("sending", "unknown")


@dataclass(frozen=True)
class Carrier:
    """A job that carries lines of a bundle, as it is now; `job_state` is "" where the job is forgotten.

    `errors` are as they are kept, a JSON list of `Mishap`; `failures` are those since the line went back to work.
    `message_state` and `channel` are "" where nothing is sent by it; `taken_back`: it was sent since, and not taken.
    """

    bundle: int
    speaks: bool
    released_at: datetime
    job_state: str
    run_at: datetime
    failures: int
    errors: str
    message_state: str
    taken_back: bool
    channel: str


_COLUMNS = (
    "l.bundle, max(l.speaks) OVER (PARTITION BY l.bundle) AS speaks, l.state_at_ms, coalesce(jobs.state, '') AS job_state,"
    " coalesce(jobs.run_at_ms, 0) AS run_at_ms, coalesce(jobs.attempts, 0) AS attempts, coalesce(jobs.errors, '[]') AS errors,"
    " coalesce(m.state, '') AS message_state, coalesce(m.channel, '') AS channel,"
    " m.state = 'queued' AND m.reason <> '' AND m.state_at_ms >= l.state_at_ms AS taken_back"
)
_CARRIERS = (
    f"SELECT {_COLUMNS} FROM replay_plan_lines l LEFT JOIN messages_v2 m ON m.id = l.message_id"
    " LEFT JOIN jobs ON jobs.id = CASE WHEN l.message_id IS NULL THEN l.job_id"
    "  ELSE (SELECT id FROM jobs j WHERE j.key = 'send:' || l.message_id) END"
    " WHERE l.plan_id = ?1 AND l.state = 'released'"
    f" UNION ALL SELECT {_COLUMNS} FROM replay_plan_lines l JOIN jobs asked ON asked.id = l.job_id"
    " JOIN turns ON turns.key = asked.key"
    " JOIN messages_v2 m ON m.user_id = l.user_id AND m.at_ms >= l.state_at_ms AND m.turn_id = turns.id AND m.direction = 'out'"
    " JOIN jobs ON jobs.key = 'send:' || m.id WHERE l.plan_id = ?1 AND l.state = 'released' AND l.kind = 'turn'"
)


def carriers(connection: Connection, plan_id: str) -> Iterator[Carrier]:
    """Yield what carries the lines that went back to work."""
    for row in connection.execute(_CARRIERS, (plan_id,)):
        yield Carrier(
            bundle=row["bundle"],
            speaks=bool(row["speaks"]),
            released_at=unstamp(row["state_at_ms"]),
            job_state=row["job_state"],
            run_at=unstamp(row["run_at_ms"]),
            failures=row["attempts"],
            errors=row["errors"],
            message_state=row["message_state"],
            taken_back=bool(row["taken_back"]),
            channel=row["channel"],
        )


def progress(connection: Connection, plan_id: str, *, now: datetime) -> Progress:
    """Return how far a plan is."""
    waiting = connection.execute(
        "SELECT count(DISTINCT bundle) AS n FROM replay_plan_lines WHERE plan_id = ? AND state = 'waiting'", (plan_id,)
    ).fetchone()["n"]
    rests: dict[str, datetime] = {}
    released, still_open, owed = set[int](), set[int](), set[int]()
    last: datetime | None = None
    for each in carriers(connection, plan_id):
        released.add(each.bundle)
        last = each.released_at if last is None else max(last, each.released_at)
        if each.channel not in rests:
            rests[each.channel] = _rests_until(connection, each.channel, now)
        is_owed = is_open(each, rests[each.channel])
        if is_owed or each.message_state == "accepted":  # a vendor that takes all may say a moment later that it failed
            still_open.add(each.bundle)
        if is_owed and each.speaks:
            owed.add(each.bundle)
    return Progress(waiting, len(released), len(still_open), last, owed=len(owed))


def _rests_until(connection: Connection, channel: str, now: datetime) -> datetime:
    """Return until when a channel is left alone because it fails; now, if it is not."""
    until = breakers.standing(connection, channel, now).until if channel else None
    return now if until is None or until <= now else until + ROUNDING


def is_open(carrier: Carrier, due: datetime) -> bool:
    """Say whether a vendor has still to settle something; `due` is now or, while its channel is left alone, the end of that.

    What is tried again later is open, however long it waits. What waits for its person (their morning, their next words) is
    not: no vendor was asked about it, and none will be for hours.
    """
    if carrier.job_state == "leased" or (carrier.job_state == "ready" and carrier.run_at <= due):
        return True
    if carrier.job_state != "ready" or carrier.message_state == "held":
        return False
    return carrier.failures > 0 or carrier.taken_back or carrier.message_state in MAY_BE_OUT


def deaths(connection: Connection, plan_id: str) -> list[str]:
    """Return why what the plan released has died, as causes."""
    found = (_errors(each) for each in carriers(connection, plan_id) if each.job_state == "dead")
    return [cause(errors[-1].reason) for errors in found if errors]


def _errors(carrier: Carrier) -> tuple[Mishap, ...]:
    return msgspec.json.decode(carrier.errors, type=tuple[Mishap, ...])


def new_cause(connection: Connection, plan: Plan) -> str:
    """Return why something that the plan released died, if that is nothing it has shown; "" if all is as expected."""
    return next((died for died in deaths(connection, plan.id) if died not in plan.known), "")
