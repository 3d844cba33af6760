"""Reads what arrived and takes it in, all in one commit, with no HTTP. May import: the agent and below.

One commit also takes in what waits behind it: after an outage, or with a hundred people at once, each webhook on its own
would wait for the disk twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ivy import log
from ivy.agent import reception
from ivy.agent.desk import Desk
from ivy.clock import stamp
from ivy.daemon.context import Context, Outcome
from ivy.daemon.handlers import call_reports, health, statuses
from ivy.domain.inbound import AccountNotice, Broken, IdentityChanged, InboundEvent, Preference, Status, Unknown
from ivy.domain.jobs import INBOUND, inbox_lane
from ivy.errors import StoreError, Unreadable
from ivy.ports import Channel
from ivy.store import flows, inbox, jobs, notices, people, polling, templates
from ivy.store.binding import Connection
from ivy.store.jobs import Job, NewJob

logger = log.get(__name__)
MOST_BEHIND = 24
"""Webhooks that one commit takes in beside its own."""


async def handle(job: Job, context: Context) -> Outcome:
    """Parse one webhook; `payload.part` names the one part to read again, when a dead letter of it is replayed."""
    vendor, sealed = await context.store.read(inbox.body, str(job.payload["arrival"]))
    if context.voice is not None and vendor == context.voice.name:
        reports = context.voice.parse(context.sealer.open(sealed, inbox.place(str(job.payload["arrival"]))))
        return lambda connection: call_reports.take(connection, reports, context.desk(job))
    first = _read(job, vendor, sealed, context)
    behind = await _behind(job, context)

    def write(connection: Connection) -> None:
        take_in(connection, first.events, first.channel, first.desk, first.id)
        for job_id, arrival in behind:
            if not _take_in_too(connection, job_id, arrival):
                break

    return write


@dataclass(frozen=True)
class Arrival:
    """A webhook that was read."""

    id: str
    events: Sequence[InboundEvent]
    channel: Channel
    desk: Desk


def _read(job: Job, vendor: str, sealed: bytes, context: Context) -> Arrival:
    arrival_id, part = str(job.payload["arrival"]), job.payload.get("part")
    body, channel = context.sealer.open(sealed, inbox.place(arrival_id)), context.channels[vendor]
    events = channel.parse(body) if part is None else channel.parse_part(body, str(part))
    if part is not None and (broken := [event for event in events if isinstance(event, Broken)]):
        raise Unreadable(f"{part} still cannot be read: {broken[0].error}")
    desk = replace(context.desk_at(vendor, job.trace_id), replayed=job.replays > 0)
    return Arrival(arrival_id, events, channel, desk)


async def _behind(job: Job, context: Context) -> list[tuple[str, Arrival]]:
    """Return the next webhooks of the lane, by their jobs, up to the first that needs a job's care of its own."""
    found: list[tuple[str, Arrival]] = []
    if not _is_fresh(job, claims=1):
        return found
    for waiting, vendor, sealed in await context.store.read(_waiting, job.lane, context.clock.now()):
        try:
            found.append((waiting.id, _read(waiting, vendor, sealed, context)))
        except Exception as error:  # its own job says so, and leaves a dead letter
            logger.info("a webhook behind others cannot be read: %s", error)
            break
    return found


def _waiting(connection: Connection, lane: str, now: datetime) -> list[tuple[Job, str, bytes]]:
    found: list[tuple[Job, str, bytes]] = []
    for job in jobs.behind(connection, lane, limit=MOST_BEHIND, now=now):
        if not _is_fresh(job, claims=0):
            break
        try:
            found.append((job, *inbox.body(connection, str(job.payload["arrival"]))))
        except StoreError:  # its bytes are forgotten by now: its own job says so
            break
    return found


def _is_fresh(job: Job, *, claims: int) -> bool:
    """Say whether nothing is special about a job; one that was begun before may be what brought a process down."""
    return job.claim_no == claims and "part" not in job.payload


def _take_in_too(connection: Connection, job_id: str, arrival: Arrival) -> bool:
    """Take in a webhook whose job waits, and end that; return False, and change nothing, if it must be left to its job."""
    connection.execute("SAVEPOINT behind")
    try:
        if jobs.finish_waiting(connection, job_id, now=arrival.desk.now):
            take_in(connection, arrival.events, arrival.channel, arrival.desk, arrival.id)
    except Exception:  # a bug costs its own job, not those before it
        logger.exception("a webhook behind others is left to its own job")
        connection.execute("ROLLBACK TO behind")
        return False
    finally:
        connection.execute("RELEASE behind")
    return True


def take_in(
    connection: Connection, events: Sequence[InboundEvent], channel: Channel, desk: Desk, arrival_id: str
) -> None:
    """Let each event have its effect; each is known by the vendor's ids, so a second time changes nothing."""
    for event in events:
        match event:
            case Status():
                statuses.take(connection, event, channel, desk)
            case Broken(path=path, error=error):
                _keep_broken(connection, path, error, desk, arrival_id)
            case IdentityChanged(old=old, new=new, reason=reason):
                user_id = people.rename(connection, desk.channel, old, new, now=desk.now)
                logger.info("%s has a new name on %s (%s)", user_id or "a stranger", desk.channel, reason)
            case AccountNotice(field=field, event=name, details=details):
                logger.warning("%s says of the account: %s %s", desk.channel, field, name)
                notices.keep(connection, desk.channel, field, name, details, at_ms=stamp(event.at))
                _take_notice(connection, event, desk)
            case Preference(category=category, value=value):
                details = {"sender": msgspec.to_builtins(event.sender), "value": value}
                notices.keep(connection, desk.channel, "user_preferences", category, details, at_ms=stamp(event.at))
            case Unknown(field=field, raw=raw):
                notices.keep(connection, desk.channel, field, "unknown", {"raw": raw[:20_000]}, at_ms=stamp(desk.now))
            case _ if polling.is_too_old(connection, desk.channel, event.sent_at):
                logger.info("%s holds what was written before Ivy listened there: it is passed over", desk.channel)
            case _:
                reception.receive(connection, event, desk)


def _take_notice(connection: Connection, notice: AccountNotice, desk: Desk) -> None:
    """Let the registries of templates and forms, and the operator's alerts, know."""
    if notice.field in templates.NOTICES:
        templates.apply_notice(connection, notice.channel, notice.field, notice.event, notice.details, at=notice.at)
    elif notice.field == "flows":
        flows.hear(connection, notice.details, at=notice.at)
    health.take_notice(connection, notice, desk.now)


def _keep_broken(connection: Connection, path: str, error: str, desk: Desk, arrival_id: str) -> None:
    """Keep a part that cannot be read as a dead letter of its own; the rest of its webhook goes on."""
    job = NewJob(
        id=desk.new_id(),
        kind=INBOUND,
        key=f"inbound:{arrival_id}:{path}",
        due_at=desk.now,
        payload={"arrival": arrival_id, "part": path},
        lane=inbox_lane(desk.channel),
        trace_id=desk.trace_id,
    )
    jobs.bury_at_once(connection, job, reason=f"{path} cannot be read: {error}", error="Unreadable", now=desk.now)
