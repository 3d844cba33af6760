"""What each table knows of a story, row by row, in plain words. May import: job_records, binding, the ground."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ivy.clock import unstamp
from ivy.store.binding import Connection, Row
from ivy.store.job_records import JobRecord

LONG_WAIT = timedelta(minutes=1)
"""A message that left later than this after it was decided was held, or tried again."""


@dataclass(frozen=True)
class Event:
    """One thing that happened: `what` is its kind, `words` say it plainly, `details` are the columns behind it."""

    at: datetime
    what: str
    words: str
    id: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


def webhooks(connection: Connection, marks: Mapping[str, str]) -> list[Event]:
    rows = connection.execute(
        "SELECT id, source, received_at_ms, body IS NOT NULL AS kept, length(body) AS size FROM webhook_inbox"
        " WHERE trace_id IN (SELECT value FROM json_each(:traces))",
        marks,
    )
    return [
        Event(
            unstamp(row["received_at_ms"]),
            "webhook",
            f"A webhook came from {row['source']} and was kept"
            + (f" ({row['size']} bytes, sealed)." if row["kept"] else "; its bytes are forgotten by now."),
            row["id"],
            {"source": row["source"], "kept": bool(row["kept"])},
        )
        for row in rows
    ]


def reminders(connection: Connection, reminder_ids: Iterable[str], jobs: Iterable[JobRecord]) -> list[Event]:
    fired = [str(each.payload["ref"]) for each in jobs if each.kind == "reminder" and "ref" in each.payload]
    rows = connection.execute(
        "SELECT r.*, s.next_wall, s.next_at_ms, s.zone FROM reminders r"
        " LEFT JOIN schedules s ON s.kind = 'reminder' AND s.ref_id = r.id"
        " WHERE r.id IN (SELECT value FROM json_each(?))",
        (json_list({*reminder_ids, *fired}),),
    )
    events: list[Event] = []
    for row in rows:
        rhythm = f"each time {row['cron']} says" if row["cron"] else "once"
        events.append(
            Event(
                unstamp(row["created_at_ms"]),
                "reminder",
                f"The reminder “{row['text']}” was made, to go out {rhythm}; it is {row['state']}.",
                row["id"],
                {"text": row["text"], "cron": row["cron"], "state": row["state"]},
            )
        )
        if row["fired_at_ms"] is not None:
            events.append(Event(unstamp(row["fired_at_ms"]), "reminder", "The reminder went out.", row["id"]))
        if row["next_at_ms"] is not None:
            words = f"The reminder is next due, at {row['next_wall'].replace('T', ' ')} in {row['zone']}."
            events.append(Event(unstamp(row["next_at_ms"]), "reminder", words, row["id"]))
    return events


def message(row: Row) -> list[Event]:
    body = f"“{row['body']}”" if row["body"] else "without words"
    facts = {"channel": row["channel"], "state": row["state"], "body": row["body"], "external_id": row["external_id"]}
    if row["direction"] == "in":
        return [
            Event(
                unstamp(row["at_ms"]),
                "message in",
                _they_did(row, body),
                row["id"],
                facts,
            ),
            Event(unstamp(row["state_at_ms"]), "message in", _taken_in(row), row["id"], {"turn_id": row["turn_id"]}),
        ]
    by = "its turn" if row["turn_id"] else "Ivy, without a model"
    place = f" on {row['channel']}, in place of message {row['instead_of']}" if row["instead_of"] else ""
    on = "On a message of" if row["kind"] == "reaction" else "To"
    asked = "" if row["asked_for"] else ", which they did not ask for"
    events = [
        Event(
            unstamp(row["at_ms"]),
            "message out",
            f"{on} {row['person']}{place}, decided by {by}{asked}: {body}",
            row["id"],
            facts,
        )
    ]
    if row["sent_at_ms"] is not None:
        again = f" (sent again {row['resends']} times in all)" if row["resends"] else ""
        words = f"The request to send it left for {row['channel']}{_as_template(row)}{again}.{_after_waiting(row)}"
        events.append(Event(unstamp(row["sent_at_ms"]), "message out", words, row["id"]))
    reason = f": {row['reason']}" if row["reason"] else ""
    if row["state"] == "queued" and not reason:
        return events
    words = f"The message is {row['state']}{reason}."
    events.append(Event(unstamp(row["state_at_ms"]), "message out", words, row["id"], {"reason": row["reason"]}))
    return events


def _they_did(row: Row, body: str) -> str:
    who, channel = row["person"], row["channel"]
    match row["kind"]:
        case "tap":
            return f"{who} tapped on {channel}: {body}"
        case "reaction":
            return f"{who} reacted on {channel} with {row['body']}" if row["body"] else f"{who} took a reaction back"
        case "form":
            return f"{who} sent a form on {channel}: {body}"
        case kind:
            return f"{who} wrote on {channel} ({kind}): {body}"


def _as_template(row: Row) -> str:
    closed = row["kind"] == "template" and row["window_open"] == 0
    return " as a template, since the window was closed" if closed else ""


def _after_waiting(row: Row) -> str:
    waited = unstamp(row["sent_at_ms"]) - unstamp(row["at_ms"])
    return f" It had waited for {str(waited).partition('.')[0]}." if waited > LONG_WAIT else ""


def _taken_in(row: Row) -> str:
    if row["turn_id"]:
        return f"Ivy took it in; turn {row['turn_id']} read it."
    if row["needs_answer"]:
        return "Ivy took it in; it waits for a turn to read it."
    return "Ivy took it in; it needed no model (a keyword, a tap, a quick reply, or nothing to answer)."


def calls(connection: Connection, marks: Mapping[str, Any], whose: str) -> list[Event]:
    """Tell of the phone calls of these traces; `whose` narrows the SQL to a person."""
    rows = connection.execute(
        f"SELECT * FROM calls WHERE {whose} trace_id IN (SELECT value FROM json_each(:traces))", marks
    )
    events: list[Event] = []
    for row in rows:
        facts = {"kind": row["kind"], "state": row["state"], "outcome": row["outcome"], "slot": row["slot"]}
        asked = f"A phone call ({row['kind']}) is due, asked for by {row['asked_by']}."
        events.append(Event(unstamp(row["due_at_ms"]), "call", asked, row["id"], facts))
        if row["placed_at_ms"] is not None:
            words = f"It was dialled, with the words of {row['prompt']}." if row["prompt"] else "It rang."
            events.append(Event(unstamp(row["placed_at_ms"]), "call", words, row["id"]))
        if row["ended_at_ms"] is not None:
            became = row["outcome"] or row["state"]
            reason = f": {row['reason']}" if row["reason"] else ""
            over = f"The call is over, {became}{reason}."
            events.append(Event(unstamp(row["ended_at_ms"]), "call", over, row["id"], {"over": became}))
    return events


_LATER = {"sent": 1, "delivered": 2, "read": 3}
"""In which order things happen to a message, where the vendor's clock says the same second."""


def statuses(connection: Connection, messages: Iterable[Row]) -> list[Event]:
    ours = {row["id"]: row["external_id"] for row in messages if row["direction"] == "out"}
    rows = connection.execute(
        "SELECT s.* FROM messages_v2 m JOIN message_statuses s ON s.channel = m.channel AND s.external_id = m.external_id"
        " WHERE m.id IN (SELECT value FROM json_each(?1))"
        " UNION SELECT * FROM message_statuses WHERE our_id IN (SELECT value FROM json_each(?2)) AND ?2 <> '[]'",
        (json_list(ours), json_list(our for our, their in ours.items() if not their)),
    )
    events: list[Event] = []
    for row in sorted(rows, key=lambda row: (row["at_ms"], _LATER.get(row["state"], 0))):
        errors = msgspec.json.decode(row["errors"])
        why = "; ".join(f"{error['code'] or ''} {error['title'] or error['details']}".strip() for error in errors)
        words = f"{row['channel']} says: {row['state']}{f' ({why})' if why else ''}."
        message_id = row["our_id"] or next((our for our, their in ours.items() if their == row["external_id"]), "")
        events.append(
            Event(unstamp(row["at_ms"]), "status", words, message_id, {"state": row["state"], "errors": errors})
        )
    return events


def turn(connection: Connection, row: Row) -> list[Event]:
    began = f"The turn began, with the words of {row['prompt']}."
    events = [Event(unstamp(row["started_at_ms"]), "turn", began, row["id"], {"key": row["key"]})]
    for step in connection.execute(
        "SELECT n, kind, payload, at_ms FROM turn_steps WHERE turn_id = ? AND kind IN ('context', 'words', 'reply') ORDER BY n",
        (row["id"],),
    ):
        payload = msgspec.json.decode(step["payload"])
        if step["kind"] == "reply":
            events += _ended_early(row, step, payload)
            continue
        read: list[str] = payload["read"] if step["kind"] == "context" else payload["messages"]
        words = f"It read {len(read)} message{'' if len(read) == 1 else 's'}" + (
            " that came meanwhile." if step["kind"] == "words" else "."
        )
        if dropped := payload.get("dropped"):
            words += f" For want of room it was not told: {', '.join(dropped)}."
        events.append(Event(unstamp(step["at_ms"]), "turn", words, row["id"], {"step": step["n"], "read": read}))
    return events


def turn_end(row: Row) -> list[Event]:
    if row["ended_at_ms"] is None:
        return []
    return [Event(unstamp(row["ended_at_ms"]), "turn", f"The turn ended: {row['state']}.", row["id"])]


def _ended_early(row: Row, step: Row, payload: Mapping[str, Any]) -> list[Event]:
    """Name the rule by which a turn ended without an answer of a model's, or by which its words were changed."""
    kind, _, which = str(payload.get("ending", "")).partition(":")
    span = which.replace("_", " ")
    words = {
        "cap": f"No model was asked: the spending cap ({span}) is reached.",
        "limit": f"The turn reached its limit of {span}, and said so.",
    }.get(kind, "")
    if payload.get("danger"):
        words = f"{words} Words of danger came while it was in the making: the model's reply was held back."
    elif payload.get("fitted") != payload.get("text"):
        words = f"{words} What the model wrote was made fit to be sent: a link nobody here wrote, or its rules, were left out."
    return (
        [Event(unstamp(step["at_ms"]), "turn", words.strip(), row["id"], {"ending": payload["ending"]})]
        if words
        else []
    )


_DOES = {
    "inbound": "read the webhook",
    "turn": "answer",
    "send": "send the message",
    "mark_read": "show that it was read",
    "reminder": "say the reminder",
    "media": "bring the file",
    "call_slot": "begin the contact they chose",
    "call": "phone them",
    "call_check": "ask the provider about the call",
    "call_over": "do what follows the call",
    "nudge": "say the nudge",
    "day_close": "close their day",
    "weekly_summary": "tell them of their week",
    "digest": "tell them what they asked to be told",
    "prewrite": "make the sentences of a day to come",
    "embed": "give the new memories vectors",
    "backfill": "remember what was said before there was a memory",
    "remember": "read what they wrote for what it says of them",
    "tell_operator": "tell the operator",
    "replay": "carry a replay out",
    "backup": "make a backup",
    "easing": "make their plan easier, as they asked",
}


def job(job: JobRecord) -> list[Event]:
    does = _DOES.get(job.kind, f"do a {job.kind}")
    facts: dict[str, Any] = {"kind": job.kind, "state": job.state, "key": job.key}
    later = (
        f", for {job.due_at:%Y-%m-%d %H:%M:%S} UTC" if abs((job.due_at - job.created_at).total_seconds()) > 60 else ""
    )
    events = [Event(job.created_at, "job", f"The job to {does} was put in{later}.", job.id, facts)]
    for number, error in enumerate(job.errors):
        last = number == len(job.errors) - 1
        if last and job.state == "cancelled":
            words = f"The job to {does} was dropped: {error.reason}"
        elif not error.error:
            words = f"The job to {does} was ended: {error.reason}"
        else:
            words = f"An attempt to {does} failed: {error.reason}"
        events.append(Event(datetime.fromisoformat(error.at), "job", words, job.id, {"error": error.error}))
    if job.ended_at is not None and not (job.state == "cancelled" and job.errors):
        outcome = {"done": "done", "dead": "given up: it is a dead letter", "cancelled": "cancelled"}[job.state]
        tries = f" after {job.attempts} failed attempts" if job.attempts else ""
        events.append(Event(job.ended_at, "job", f"The job to {does} was {outcome}{tries}.", job.id))
    return events


_PLANNED = {
    "now": "goes back to work at once",
    "later": "goes back to work when they may hear of it",
    "template": "goes back to work by a template",
    "held": "goes back to work, and waits until they write",
    "too_late": "is left: too late to be of use",
    "opted_out": "is left: they are not to be written to",
    "arrived": "is left: it arrived after all",
    "lost": "is left: what it needs is not kept any more",
    "poison": "is left: it fails the same way each time",
    "next": "is left for a next replay",
}


def replays(connection: Connection, jobs: Iterable[JobRecord]) -> list[Event]:
    """What plans of replays made of these jobs; a plan that was only shown is no part of a story."""
    rows = connection.execute(
        "SELECT l.*, p.begun_at_ms FROM replay_plan_lines l JOIN replay_plans p ON p.id = l.plan_id"
        " WHERE p.state <> 'draft' AND l.job_id IN (SELECT value FROM json_each(?))",
        (json_list(job.id for job in jobs),),
    )
    events: list[Event] = []
    for row in rows:
        words = f"By plan {row['plan_id']} the dead letter {_PLANNED[row['what']]}"
        if row["state"] == "released" and row["message_id"]:
            words += f", in message {row['message_id']}"
        if row["state"] == "stale":
            words = f"Plan {row['plan_id']} left the dead letter out: {row['note']}"
        if row["state"] == "waiting":
            words += "; its turn has not come"
        at_ms = row["state_at_ms"] if row["state"] in ("released", "stale") else row["begun_at_ms"]
        facts = {"plan": row["plan_id"], "what": row["what"], "state": row["state"], "message": row["message_id"]}
        events.append(Event(unstamp(at_ms), "replay", f"{words}.", row["job_id"], facts))
    return events


def audits(connection: Connection, jobs: Iterable[JobRecord]) -> list[Event]:
    """Lines of the audit log that name one of these jobs: replays and discards."""
    rows = connection.execute(
        "SELECT DISTINCT a.* FROM audit_log a, json_each(a.details, '$.ids') named"
        " WHERE named.value IN (SELECT value FROM json_each(?))",
        (json_list(job.id for job in jobs),),
    )
    return [
        Event(
            unstamp(row["at_ms"]),
            "operator",
            f"{row['actor']} did {row['action']} ({row['reason']}).",
            str(row["id"]),
            {"actor": row["actor"], "action": row["action"], "reason": row["reason"]},
        )
        for row in rows
    ]


def json_list(values: Iterable[str]) -> str:
    """Return values for `IN (SELECT value FROM json_each(?))`."""
    return msgspec.json.encode(list(values)).decode()
