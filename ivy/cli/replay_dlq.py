"""`ivy replay-dlq`, alias `ivy dlq replay`: a plan in people first, then the act. May import: replaying, letter_options, frame."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from ivy.cli import frame, letter_options
from ivy.cli.letter_options import Error, FateOption, Ids, Kind, Limit, Reason, Since, User
from ivy.cli.moments import span
from ivy.cli.replaying import Outcome, Replay
from ivy.clock import SystemClock
from ivy.domain.replay import in_words
from ivy.errors import IvyError, UsageError
from ivy.store import dead_letters
from ivy.store.binding import Connection
from ivy.store.dead_letters import Plan, Wanted

SHOWN_IDS = 2
LONGEST_SPAN = timedelta(days=1)


class Stopped(IvyError):
    """A replayed letter died of something that the plan had not shown."""


def command(
    ids: Ids = None,
    kind: Kind = None,
    error: Error = None,
    since: Since = None,
    user: User = None,
    fate: FateOption = None,
    limit: Limit = None,
    rate: Annotated[float, typer.Option(min=0.01, max=100.0, help="Letters a second.")] = 2.0,
    reason: Reason = "replayed by hand",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and do nothing.")] = False,
    yes: frame.Yes = False,
    as_json: frame.Json = False,
) -> None:
    """Show what a replay of the dead letters would do, and do it if you agree.

    A letter goes back to work under its old key, so nothing is done twice.

    What is too late, unwanted or already there stays as it is.

    It stops when a letter dies of something new.
    """
    if not (dry_run or yes) and (as_json or not frame.can_ask()):
        raise UsageError("Nobody is here to be asked: give --yes to replay, or --dry-run to see the plan.")
    wanted = letter_options.wanted(ids=ids, kind=kind, error=error, since=since, fate=fate, limit=limit)
    frame.run(_replay, wanted, user, rate, reason, dry_run, yes, as_json)


async def _replay(
    wanted: Wanted, user: str | None, rate: float, reason: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    setup = frame.setup()
    async with frame.operator(setup, action="replay-dlq", reason=reason, subject="plan") as operator:
        plan = await operator.read(make_plan, wanted, user)
        runs = frame.daemon_is_running(setup)
        if not as_json:
            print_plan(plan, rate=rate, daemon=runs)
        agreed = not dry_run and bool(plan.running) and (yes or frame.confirm("Replay?"))
        outcome: Outcome | None = None
        if agreed:
            replay = Replay(operator, SystemClock(), plan, rate=rate, reason=reason)
            outcome = await replay.run(watched=runs, say=frame.note)
    if as_json:
        frame.print_json(document(plan, outcome, rate=rate, daemon=runs))
    elif outcome is not None:
        _print_outcome(outcome)
    elif plan.running and not dry_run:
        frame.note("Nothing was replayed.")
    if outcome is not None and outcome.stopped:
        raise Stopped(f"Stopped with {outcome.left} letters left as they were; a new error: {outcome.stopped}")


def make_plan(connection: Connection, wanted: Wanted, user: str | None) -> Plan:
    """Return what a replay would do now. Raises: UsageError."""
    return dead_letters.plan(connection, letter_options.with_person(connection, wanted, user), now=letter_options.now())


def document(plan: Plan, outcome: Outcome | None, *, rate: float, daemon: bool) -> dict[str, Any]:
    """Return a plan and what became of it for programs."""
    return {
        "letters": len(plan.letters),
        "people": plan.people,
        "runs": len(plan.running),
        "poison": [letter.id for letter in plan.letters if letter.poison],
        "groups": plan.groups,
        "paused_queues": plan.paused,
        "rate": rate,
        "daemon_is_running": daemon,
        "outcome": outcome,
    }


def print_plan(plan: Plan, *, rate: float, daemon: bool) -> None:
    """Print the plan for people."""
    if not plan.letters:
        frame.say("No dead letters fit: there is nothing to replay.")
        return
    oldest = span(letter_options.now() - plan.letters[0].due_at)
    causes = len({group.cause for group in plan.groups})
    title = (
        f"{_count(len(plan.letters), 'dead letter')} · {_count(plan.people, 'person', 'people')} · "
        f"{_count(causes, 'cause')} · the oldest was due {oldest} ago"
    )
    rows = [
        [
            group.kind,
            f"{group.error}: {group.cause}" + (f" [poison: {group.poison}]" if group.poison else ""),
            in_words(group.fate, group.kind),
            str(len(group.ids)),
            str(group.people),
            _some(group.ids),
        ]
        for group in plan.groups
    ]
    frame.table(title, ["kind", "cause", "what would happen", "letters", "people", "ids"], rows)
    _print_remarks(plan, rate, daemon)


def _print_remarks(plan: Plan, rate: float, daemon: bool) -> None:
    running, poison = len(plan.running), sum(letter.poison for letter in plan.letters)
    pace = f", {rate:g} a second: about {span(timedelta(seconds=running / rate))}" if running > 1 else ""
    frame.say(f"{_count(running, 'letter')} would go back to work{pace}.")
    if left := len(plan.letters) - running:
        frame.say(f"{left} would stay as they are; `ivy dlq discard --fate … --reason …` ends them.")
    if poison:
        frame.say(f"{_count(poison, 'letter')} failed the same way three times running (poison): mend the cause first.")
    for queue, reason in plan.paused.items():
        frame.say(f"Queue {queue} is paused, and letters wait in it: {reason} (`ivy switch queue.{queue} on`).")
    if running and not daemon:
        frame.say("The daemon is not running: they would be queued until it is.")


def _print_outcome(outcome: Outcome) -> None:
    said = f"{_count(outcome.replayed, 'letter')} sent back to work"
    if outcome.skipped:
        said += f", {outcome.skipped} skipped: not dead any more"
    if not outcome.watched:
        frame.say(f"{said}. The daemon is not running: they are queued until it is.")
        return
    parts = {
        "done": outcome.done,
        "waiting or running": outcome.waiting,
        "dead again": outcome.dead_again,
        "dropped": outcome.cancelled,
    }
    frame.say(f"{said}: {', '.join(f'{number} {what}' for what, number in parts.items() if number) or 'none'}.")


def _some(ids: tuple[str, ...]) -> str:
    more = f" +{len(ids) - SHOWN_IDS}" if len(ids) > SHOWN_IDS else ""
    return " ".join(ids[:SHOWN_IDS]) + more


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
