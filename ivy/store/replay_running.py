"""A plan of a replay that runs: begun, released bundle by bundle, ended; one at a time.

May import: replay_plans, replay_progress, replay_audit, jobs, scope.

A line is released once: its state is changed in the commit that sends its letter back to work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import REPLAY
from ivy.errors import UsageError
from ivy.store import jobs, replay_audit, replay_progress
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob
from ivy.store.replay_plans import Line, Plan, line_of, load
from ivy.store.scope import Scope, audit


def running(connection: Connection) -> str | None:
    """Return the id of the plan that runs, if one does."""
    row = connection.execute("SELECT id FROM replay_plans WHERE state = 'running'").fetchone()
    return row and row["id"]


@dataclass(frozen=True)
class Unfinished:
    """A plan that is not done: it runs, or it stopped with `waiting` bundles left, and `stopped_by` says why."""

    id: str
    waiting: int
    bundles: int
    begun_at: datetime
    runs: bool
    stopped_by: str


def unfinished(connection: Connection) -> Unfinished | None:
    """Return the plan that runs, or the last one if it stopped before its end."""
    row = connection.execute(
        "SELECT p.*, count(DISTINCT l.bundle) FILTER (WHERE l.state <> 'left') AS bundles,"
        " count(DISTINCT l.bundle) FILTER (WHERE l.state = 'waiting') AS waiting FROM replay_plans p"
        " JOIN replay_plan_lines l ON l.plan_id = p.id WHERE p.id = (SELECT id FROM replay_plans WHERE state <> 'draft'"
        " ORDER BY state = 'running' DESC, begun_at_ms DESC LIMIT +1) GROUP BY p.id"
    ).fetchone()
    if row is None or not row["waiting"] or row["state"] == "done":
        return None
    begun_at = unstamp(row["begun_at_ms"])
    return Unfinished(row["id"], row["waiting"], row["bundles"], begun_at, row["state"] == "running", row["stopped_by"])


# --- begun and ended -------------------------------------------------------------------------------


def begin(connection: Connection, plan_id: str, job_id: str, *, actor: str, reason: str, now: datetime) -> bool:
    """Let a draft, or a plan that stopped, run; return False if it runs already, or is done.

    Raises: UsageError if another one runs.
    """
    other = running(connection)
    if other is not None and other != plan_id:
        raise UsageError(
            f"Another replay runs now, plan {other}: `ivy replay-dlq --plan {other}` follows it, `--stop` ends it."
        )
    is_new = connection.execute("SELECT 1 FROM replay_plans WHERE id = ? AND state = 'draft'", (plan_id,)).fetchone()
    row = connection.execute(
        "UPDATE replay_plans SET state = 'running', actor = ?, reason = ?, begun_at_ms = coalesce(begun_at_ms, ?),"
        " ended_at_ms = NULL, stopped_by = '', known = ? WHERE id = ? AND state IN ('draft', 'stopped') RETURNING id",
        (actor, reason, stamp(now), _json(_known(connection, plan_id)), plan_id),
    ).fetchone()
    if row is None:
        if other == plan_id:  # its job may have died
            _wake(connection, plan_id, job_id, now)
        return False
    _wake(connection, plan_id, job_id, now)
    audit(
        connection,
        at_ms=stamp(now),
        actor=actor,
        action="replay-dlq",
        reason=reason,
        subject=f"plan {plan_id}",
        details={"plan": plan_id, "ids": _waiting(connection, plan_id)},
    )
    if is_new:  # one that goes on has said so before
        replay_audit.left(connection, load(connection, plan_id), now=now)
    return True


def _known(connection: Connection, plan_id: str) -> list[str]:
    """Return the causes that do not stop a plan: those it was made with, and those it has stopped for before."""
    row = connection.execute("SELECT known FROM replay_plans WHERE id = ?", (plan_id,)).fetchone()
    known: list[str] = msgspec.json.decode(row["known"]) if row else []
    return [*known, *(died for died in replay_progress.deaths(connection, plan_id) if died not in known)]


def _waiting(connection: Connection, plan_id: str) -> list[str]:
    rows = connection.execute(
        "SELECT job_id FROM replay_plan_lines WHERE plan_id = ? AND state = 'waiting' ORDER BY place", (plan_id,)
    )
    return [row["job_id"] for row in rows]


def _wake(connection: Connection, plan_id: str, job_id: str, now: datetime) -> None:
    """Let the daemon work on a plan."""
    key = f"{REPLAY.name}:{plan_id}"
    job = NewJob(job_id, REPLAY, key, now, {"plan": plan_id}, trace_id=plan_id)
    # One that was discarded, or ended by a restore, must not bar its plan for ever.
    connection.execute("UPDATE jobs SET state = 'done' WHERE key = ? AND state = 'cancelled'", (key,))
    if jobs.enqueue(connection, job, now=now) or jobs.again(connection, key, run_at=now):
        return
    row = connection.execute("SELECT id FROM jobs WHERE key = ? AND state = 'dead'", (key,)).fetchone()
    if row is not None:
        jobs.revive(connection, row["id"], now=now)


def end(connection: Connection, plan_id: str, *, now: datetime, stopped_by: str = "") -> bool:
    """Say that a running plan is done or, with a reason, stopped; return False if it did not run."""
    return bool(
        connection.execute(
            "UPDATE replay_plans SET state = ?, ended_at_ms = ?, stopped_by = ? WHERE id = ? AND state = 'running'",
            ("stopped" if stopped_by else "done", stamp(now), stopped_by, plan_id),
        ).rowcount
    )


# --- line by line -----------------------------------------------------------------------------------


def next_bundles(connection: Connection, plan_id: str, count: int) -> list[list[Line]]:
    """Return the next bundles that wait, in the plan's order."""
    rows = connection.execute(
        "SELECT * FROM replay_plan_lines WHERE plan_id = ?1 AND state = 'waiting' AND bundle IN (SELECT bundle FROM"
        " replay_plan_lines WHERE plan_id = ?1 AND state = 'waiting' GROUP BY bundle ORDER BY min(place) LIMIT +?2)"
        " ORDER BY place",
        (plan_id, count),
    )
    bundles: dict[int, list[Line]] = {}
    for line in map(line_of, rows):
        bundles.setdefault(line.bundle, []).append(line)
    return list(bundles.values())


def mark(
    connection: Connection,
    plan_id: str,
    places: Sequence[int],
    state: str,
    *,
    now: datetime,
    note: str = "",
    message_id: str | None = None,
) -> None:
    """Say what became of lines that wait."""
    connection.execute(
        "UPDATE replay_plan_lines SET state = ?, state_at_ms = ?, message_id = ?, note = CASE ?4 WHEN '' THEN note ELSE ?4 END"
        " WHERE plan_id = ?5 AND state = 'waiting' AND place IN (SELECT value FROM json_each(?6))",
        (state, stamp(now), message_id, note, plan_id, _json(places)),
    )


def came_late(connection: Connection, message_id: str, plan_id: str) -> None:
    """Say of a message that a plan sends it back to work."""
    connection.execute("UPDATE messages_v2 SET replayed_by = ? WHERE id = ?", (plan_id, message_id))


def unsaid(scope: Scope, channel: str) -> list[str]:
    """Return the messages to a person that plans sent back to work, and that have not left; in the order they were decided."""
    rows = scope.execute(
        "SELECT DISTINCT m.id, m.rowid FROM replay_plan_lines l JOIN messages_v2 m ON m.id = l.message_id"
        " JOIN jobs ON jobs.key = 'send:' || m.id AND jobs.state = 'ready' WHERE l.user_id = :user AND l.state = 'released'"
        " AND m.replayed_by <> '' AND m.asked_for = 1 AND m.channel = :channel AND m.state IN ('queued', 'held', 'failed')"
        " ORDER BY m.rowid",
        channel=channel,
    )
    return [row["id"] for row in rows]


def carried_by(scope: Scope, message_id: str, into: str) -> None:
    """Say of the lines of a message that another one carries them now."""
    scope.execute(
        "UPDATE replay_plan_lines SET message_id = :into WHERE user_id = :user AND message_id = :id",
        into=into,
        id=message_id,
    )


@dataclass(frozen=True)
class Became:
    """What became of a plan so far. Of `released` letters the rest are counted by their message: once for each."""

    released: int
    messages: int
    done: int
    waiting: int
    dead_again: int
    dropped: int
    skipped: tuple[tuple[str, str], ...]
    """Letters that had changed since, and how."""
    left: int
    """Lines that still wait for their turn."""
    tried_again: int = 0
    """Of the messages: how many a vendor did not take yet, and which are tried again."""


_WORST = ("dead", "leased", "ready", "cancelled", "done")
"""What a bundle counts as whose letters fare differently."""


def became(connection: Connection, plan: Plan) -> Became:
    """Return what has become of a plan's lines."""
    states: dict[int, str] = {}
    again = set[int]()
    for each in replay_progress.carriers(connection, plan.id):
        state = each.job_state or "done"  # finished jobs are forgotten after a while
        states[each.bundle] = min(state, states.get(each.bundle, state), key=_WORST.index)
        if state == "ready" and (each.failures or each.taken_back):
            again.add(each.bundle)
    found = list(states.values())
    of_state = {
        state: [line for line in plan.lines if line.state == state] for state in ("released", "stale", "waiting")
    }
    return Became(
        released=len(of_state["released"]),
        messages=len(states),
        done=found.count("done"),
        waiting=found.count("ready") + found.count("leased"),
        dead_again=found.count("dead"),
        dropped=found.count("cancelled"),
        skipped=tuple((line.job_id, line.note) for line in of_state["stale"]),
        left=len(of_state["waiting"]),
        tried_again=len(again),
    )


def _json(values: Any) -> str:
    return msgspec.json.encode(list(values)).decode()
