"""What led to a message or a call: the schedule, the words, the end of a call, or the operator. May import: story_events, domain.

A story tells many things; support asks for the one that this followed from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ivy.clock import unstamp
from ivy.store import call_slots, nudges, onboardings
from ivy.store.binding import Connection, Row
from ivy.store.job_records import JobRecord
from ivy.store.story_events import Event, json_list

BY_HAND = timedelta(minutes=1)
"""A command of an operator's writes what it came for within this."""
_EVERYBODYS = {
    "day_close": "to look, in the night, at what nothing was said about that day",
    "weekly_summary": "for the topic weekly_workouts, which they are told",
    "prewrite": "to make the sentences for a day to come",
    "reminder": "for the reminder",
}
_LEADS = ("message in", "schedule", "call", "replay")
"""Kinds of events that others follow from. What an operator did comes after these: the audit log names no message."""


def schedules(connection: Connection, jobs: Iterable[JobRecord]) -> list[Event]:
    """Tell, of each job that the clock put in, whose time it was: by the person's own clock."""
    timed = [(job, str(job.payload["schedule"])) for job in jobs if "schedule" in job.payload]
    zones = connection.execute(
        "SELECT id, zone FROM schedules WHERE id IN (SELECT value FROM json_each(?))",
        (json_list(schedule for _, schedule in timed),),
    )
    zone_of = {row["id"]: row["zone"] for row in zones}
    return [_time(connection, job, schedule, zone_of.get(schedule, "")) for job, schedule in timed]


def _time(connection: Connection, job: JobRecord, schedule: str, zone: str) -> Event:
    wall = job.key.rpartition(f"{schedule}:")[2]
    ref = str(job.payload["ref"])
    words = f"It was {wall.replace('T', ' ')}{f' in {zone}' if zone else ''}: time {_for(connection, job, ref)}."
    return Event(job.due_at, "schedule", words, schedule, {"kind": job.kind, "ref": ref, "wall": wall, "zone": zone})


def _for(connection: Connection, job: JobRecord, ref: str) -> str:
    if job.kind == "call_slot":
        return f"for {_slot(connection, job, ref)}"
    if job.kind == "nudge" and ref.startswith(call_slots.NUDGED):
        return f"for the nudge before {_slot(connection, job, ref.removeprefix(call_slots.NUDGED))}"
    if job.kind == "nudge" and (planned := nudges.workout_of(ref)):
        row = connection.execute(
            "SELECT kind FROM workouts WHERE id = ? AND user_id = ?", (planned[0], job.user_id)
        ).fetchone()
        what = f" (“{row['kind']}”)" if row else ""
        return f"for the nudge before the workout planned at {planned[1]}{what}"
    if job.kind == "nudge" and ref.startswith(onboardings.NUDGED):
        return "to go on with the introduction, which was left half done"
    if job.kind == "digest":
        return f"for the topic {ref.partition(':')[0]}, which they asked to be told"
    return _EVERYBODYS.get(job.kind, f"to do a {job.kind}")


def _slot(connection: Connection, job: JobRecord, slot_id: str) -> str:
    row = connection.execute(
        "SELECT kind, by, consent_id FROM call_slots WHERE id = ? AND user_id = ?", (slot_id, job.user_id)
    ).fetchone()
    if row is None:
        return "a contact that they have changed since"
    chosen = f" that they chose (consent {row['consent_id']})" if row["consent_id"] else ""
    return f"the {row['kind']} {'call' if row['by'] == 'voice' else 'message'}{chosen}"


def operators(connection: Connection, messages: Iterable[Row], marks: Mapping[str, Any], whose: str) -> list[Event]:
    """Tell which commands about a person led to what they did not ask for: those just before it was written."""
    found: dict[int, Event] = {}
    calls = connection.execute(
        f"SELECT user_id, due_at_ms FROM calls WHERE {whose} trace_id IN (SELECT value FROM json_each(:traces))"
        " AND asked_by = 'operator'",
        marks,
    )
    written = [(row["user_id"], row["at_ms"]) for row in messages if row["direction"] == "out" and not row["asked_for"]]
    written += [(row["user_id"], row["due_at_ms"]) for row in calls]
    for user_id, at_ms in written:
        for row in connection.execute(
            "SELECT * FROM audit_log WHERE subject = ? AND at_ms BETWEEN ? AND ? ORDER BY id",
            (user_id, at_ms - round(BY_HAND.total_seconds() * 1000), at_ms),
        ):
            words = f"{row['actor']} did {row['action']} for them ({row['reason']})."
            facts = {name: row[name] for name in ("actor", "action", "reason")}
            found[row["id"]] = Event(unstamp(row["at_ms"]), "operator", words, str(row["id"]), facts)
    return list(found.values())


def of(connection: Connection, kind: str, its_id: str, events: Sequence[Event]) -> Event | None:
    """Return what a message or call that went out followed from; None where nothing that is kept tells.

    `kind` is message or call, `events` are those of its story.
    """
    if kind == "message":
        row = connection.execute("SELECT * FROM messages_v2 WHERE id = ? AND direction = 'out'", (its_id,)).fetchone()
        at_ms, turn_id, by = (row["at_ms"], row["turn_id"], "") if row else (0, None, "")
    else:
        row = connection.execute("SELECT * FROM calls WHERE id = ? AND direction = 'out'", (its_id,)).fetchone()
        at_ms, turn_id, by = (row["placed_at_ms"] or row["due_at_ms"], None, row["asked_by"]) if row else (0, None, "")
    if row is None:
        return None
    before = [event for event in events if event.at <= unstamp(at_ms) and event.id != its_id and _leads(event)]
    if turn_id:
        before = [event for event in before if event.details.get("turn_id") == turn_id] or before
    for kinds in (("operator",) if by == "operator" else _LEADS, _LEADS, ("operator",), ("webhook",)):
        if found := [event for event in before if event.what in kinds]:
            return _in_words(found[-1], events)
    return None


def _leads(event: Event) -> bool:
    """Of a message that it was taken in, of a call that it ended: what follows, follows from then on."""
    match event.what:
        case "message in":
            return "turn_id" in event.details
        case "call":
            return bool(event.details.get("over"))
        case _:
            return True


def _in_words(event: Event, events: Sequence[Event]) -> Event:
    if event.what != "message in":
        return event
    said = next(each for each in events if each.what == "message in" and each.id == event.id)
    turn = event.details["turn_id"]
    return replace(said, words=f"{said.words}{f' (turn {turn})' if turn else ''}")
