"""Makes a database that was put back from a backup safe to work with: nothing of the gap is done a second time.

May import: scope, jobs' tables, the domain. The gap lies between the backup and the end of the Ivy that it is of. A message of
that time is marked as perhaps sent, a call as lost, a slot as had; all of it in one transaction, before any daemon sees the file.
"""

from collections import Counter
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.advice import day as shown
from ivy.domain.jobs import REMINDER, SEND, TURN
from ivy.domain.restoring import Fate, fate
from ivy.store import outbox, reminders, schedules
from ivy.store.binding import Connection, Row
from ivy.store.scope import audit, within

ERROR = "Restored"
SPEECHLESS = ("reaction",)
"""Kinds of messages that nobody waits for."""
BY_CALL = "call"


class Settled(msgspec.Struct, frozen=True):
    """How much was not left to be done again."""

    asked: int = 0
    """Messages, answers and files that may have been sent: dead letters now."""
    calls: int = 0
    reminders: int = 0
    """Whose time was in the gap: they count as said."""
    slots: int = 0
    """Other things whose time was in the gap: calls, digests, looks at a day."""
    over: int = 0
    """Jobs that are over."""


def settle(
    connection: Connection, *, taken_at: datetime, worked_until: datetime, now: datetime, file: str, actor: str
) -> Settled:
    """Settle all of the gap, and write down that it was, in a transaction of the caller's. An empty gap changes nothing else."""
    settled = Settled()
    if worked_until > taken_at:
        reason = f"Restored from a backup of {shown(taken_at)}: it may have been done since."
        jobs = _jobs(connection, reason, worked_until, now)
        connection.execute(
            "UPDATE replay_plans SET state = 'stopped', ended_at_ms = ?, stopped_by = ? WHERE state = 'running'",
            (stamp(now), reason.removesuffix(".")),
        )
        settled = Settled(
            asked=jobs[Fate.ASK],
            over=jobs[Fate.OVER],
            calls=_calls(connection, reason, worked_until, now),
            **_slots(connection, worked_until, now),
        )
        _set_lanes_right(connection)
    details = msgspec.to_builtins(settled)
    connection.execute(
        "INSERT INTO restores (at_ms, taken_at_ms, worked_until_ms, file, settled) VALUES (?, ?, ?, ?, ?)",
        (stamp(now), stamp(taken_at), stamp(worked_until), file, msgspec.json.encode(settled).decode()),
    )
    audit(
        connection, at_ms=stamp(now), actor=actor, action="restore", reason="cli", subject=f"backup of {shown(taken_at)}",
        details=details,
    )  # fmt: skip
    return settled


def _jobs(connection: Connection, reason: str, worked_until: datetime, now: datetime) -> Counter[Fate]:
    counted: Counter[Fate] = Counter()
    for row in connection.execute("SELECT * FROM jobs WHERE state IN ('ready', 'leased') ORDER BY rowid").fetchall():
        what = fate(row["kind"], unstamp(row["run_at_ms"]), worked_until, leased=row["state"] == "leased")
        if what is Fate.ASK and row["kind"] == SEND.name and not _left_open(connection, row, reason, now):
            what = Fate.OVER
        if what is Fate.GOES_ON:
            continue
        if row["kind"] == TURN.name:
            _turn(connection, row, reason, now)
        if row["kind"] == REMINDER.name and row["user_id"]:
            _has_had_its_time(connection, row["user_id"], row, now)
        _end(connection, row, "dead" if what is Fate.ASK else "cancelled", reason, now)
        counted[what] += 1
    return counted


def _left_open(connection: Connection, job: Row, reason: str, now: datetime) -> bool:
    """Mark a message as perhaps sent; return False if nobody is to be asked about it."""
    message_id = msgspec.json.decode(job["payload"])["message"]
    message = connection.execute("SELECT * FROM messages_v2 WHERE id = ?", (message_id,)).fetchone()
    if message is None or message["state"] not in ("queued", "held", "sending", "unknown"):
        return False
    if message["kind"] in SPEECHLESS or message["channel"] == BY_CALL:
        outbox.set_state(connection, message_id, "cancelled", now=now, reason=reason)
        return False
    connection.execute(
        "UPDATE messages_v2 SET state = 'unknown', state_at_ms = ?1, sent_at_ms = coalesce(sent_at_ms, at_ms), reason = ?2"
        " WHERE id = ?3",
        (stamp(now), reason, message_id),
    )
    return True


def _turn(connection: Connection, job: Row, reason: str, now: datetime) -> None:
    """Let what a turn did stand, as an answer that was perhaps given; let words that it only read be read anew.

    Without either, the next turn would find words without an answer, and do what they ask for once more.
    """
    turn = connection.execute("SELECT * FROM turns WHERE key = ? AND state = 'open'", (job["key"],)).fetchone()
    if turn is None:
        return
    done = connection.execute(
        "SELECT result FROM tool_executions WHERE turn_id = ? AND status = 'done' ORDER BY rowid", (turn["id"],)
    ).fetchall()
    if not done:
        connection.execute(
            "UPDATE messages_v2 SET turn_id = NULL WHERE turn_id = ? AND direction = 'in'", (turn["id"],)
        )
        connection.execute("DELETE FROM turn_steps WHERE turn_id = ?", (turn["id"],))
        return
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, turn_id, reason, at_ms, state_at_ms, trace_id)"
        " VALUES (?1, ?2, ?3, 'out', ?4, 'unknown', ?5, ?6, ?7, ?7, ?8)",
        (
            f"{turn['id']}.restored",
            turn["user_id"],
            msgspec.json.decode(job["payload"])["channel"],
            "\n".join(row["result"] for row in done),
            turn["id"],
            reason,
            stamp(now),
            turn["trace_id"],
        ),
    )


def _has_had_its_time(connection: Connection, user_id: str, job: Row, now: datetime) -> None:
    reminders.fire(within(connection, user_id), str(msgspec.json.decode(job["payload"]).get("ref", "")), now=now)


def _end(connection: Connection, job: Row, state: str, reason: str, now: datetime) -> None:
    entry = {"at": now.isoformat(timespec="milliseconds"), "error": ERROR, "reason": reason, "claim": job["claim_no"]}
    errors = [*msgspec.json.decode(job["errors"]), entry]
    connection.execute(
        "UPDATE jobs SET state = ?, leased_until_ms = NULL, ended_at_ms = ?, errors = ? WHERE id = ?",
        (state, stamp(now), msgspec.json.encode(errors).decode(), job["id"]),
    )


def _calls(connection: Connection, reason: str, worked_until: datetime, now: datetime) -> int:
    """End every call that may have been placed, as a fault that is nobody's: it is not dialled, and costs no streak."""
    return connection.execute(
        "UPDATE calls SET outcome = CASE WHEN state IN ('dialing', 'live') THEN 'failed' ELSE outcome END,"
        " state = CASE WHEN state IN ('dialing', 'live') THEN 'failed' ELSE 'abandoned' END, reason = ?1, ended_at_ms = ?2"
        " WHERE state IN ('dialing', 'live') OR (state IN ('due', 'queued') AND due_at_ms <= ?3)",
        (reason, stamp(now), stamp(worked_until)),
    ).rowcount


def _slots(connection: Connection, worked_until: datetime, now: datetime) -> dict[str, int]:
    """Let every slot of the gap have been: what came due then was said, or asked, by who worked then."""
    counted: Counter[str] = Counter(reminders=0, slots=0)
    while due := schedules.take_due(connection, now=worked_until):
        for slot in due:
            is_reminder = slot.kind == REMINDER.name
            counted["reminders" if is_reminder else "slots"] += 1
            if is_reminder and slot.user_id is not None:
                reminders.fire(within(connection, slot.user_id), slot.ref_id, now=now)
    return dict(counted)


def _set_lanes_right(connection: Connection) -> None:
    connection.execute("DELETE FROM lanes")
    connection.execute(
        "INSERT INTO lanes (lane, queue, busy, next_at_ms) SELECT lane, min(queue), max(state = 'leased'),"
        " min(CASE WHEN state = 'ready' THEN run_at_ms END) FROM jobs WHERE lane <> '' AND state IN ('ready', 'leased')"
        " GROUP BY lane"
    )
