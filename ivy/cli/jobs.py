"""`ivy jobs`: what Ivy has to do, does and has done. May import: the store, frame, moments."""

from typing import Annotated

import typer

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.errors import UsageError
from ivy.store import job_records, people
from ivy.store.binding import Connection
from ivy.store.job_records import STATES, JobRecord

command = typer.Typer(no_args_is_help=True, help="Jobs: what Ivy has to do, does and has done.")


@command.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help=f"One of: {', '.join(STATES)}.")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as inbound, turn, send or reminder.")] = None,
    user: Annotated[str | None, typer.Option(help="A person's id, its beginning, phone or name.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: frame.Json = False,
) -> None:
    """List jobs, the newest first; done ones are kept for a month."""
    if state is not None and state not in STATES:
        raise UsageError(f"No job is ever {state!r}; --state is one of {', '.join(STATES)}.")
    found = frame.run(_list, state, kind, user, limit)
    if as_json:
        frame.print_json(found)
    elif not found:
        frame.note("No job fits.")
    else:
        columns = ["id", "kind", "state", "person", "runs at (UTC)", "failures", "last reason"]
        frame.table(f"{len(found)} jobs", columns, [_row(job) for job in found])


def _row(job: JobRecord) -> list[str]:
    at = job.ended_at or job.run_at
    return [job.id, job.kind, job.state, job.person, shown(at), str(job.attempts or ""), job.reason[:80]]


async def _list(state: str | None, kind: str | None, user: str | None, limit: int) -> list[JobRecord]:
    async with frame.operator(frame.setup(), action="jobs list") as operator:
        return await operator.read(_find, state, kind, user, limit)


def _find(connection: Connection, state: str | None, kind: str | None, user: str | None, limit: int) -> list[JobRecord]:
    user_id = people.find(connection, user).id if user else None
    return job_records.listed(connection, state=state, kind=kind, user_id=user_id, limit=limit)


@command.command("show")
def show(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="A job's id, or its beginning.")],
    as_json: frame.Json = False,
) -> None:
    """Show all that is kept of one job: payload, lane, claims, and every failure with its time."""
    job = frame.run(_load, job_id)
    if as_json:
        frame.print_json(job)
        return
    print_job(job)
    frame.note(f"`ivy why {job.id}` tells the whole story.")


async def _load(job_id: str) -> JobRecord:
    async with frame.operator(frame.setup(), action="jobs show", subject=f"job {job_id}") as operator:
        return await operator.read(job_records.load, job_id)


def print_job(job: JobRecord) -> None:
    """Print a job as a table of its facts and one of its failures."""
    facts = {
        "state": job.state,
        "kind": f"{job.kind} (queue {job.queue})",
        "lane": job.lane or "none: it runs beside all others",
        "key": job.key,
        "person": f"{job.person} ({job.user_id})" if job.user_id else "nobody",
        "put in": shown(job.created_at),
        "due": shown(job.due_at),
        "next run": shown(job.run_at) if job.state == "ready" else "",
        "given up after": shown(job.deadline),
        "leased until": shown(job.leased_until),
        "ended": shown(job.ended_at),
        "claims": f"{job.claims} ({job.attempts} failed, {job.crashes} cut off by a crash, {job.replays} replays)",
        "trace": job.trace_id,
        **{f"payload.{name}": str(value) for name, value in job.payload.items()},
    }
    frame.table(f"Job {job.id} (times in UTC)", ["what", "is"], [[name, text] for name, text in facts.items() if text])
    if job.errors:
        rows = [[error.at[:19].replace("T", " "), str(error.claim), error.error, error.reason] for error in job.errors]
        frame.table("What went wrong", ["at (UTC)", "claim", "error", "reason"], rows)
