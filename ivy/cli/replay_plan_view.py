"""A replay's plan and what became of it, on a few lines for people and as a document for programs. May import: the store, frame."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ivy.cli import frame
from ivy.cli.moments import dollars
from ivy.domain.replay_plan import FIRST, PERHAPS, SECOND, What
from ivy.store.replay_plans import CauseSeen, Health, Line, Plan
from ivy.store.replay_running import Became

STOPPED = "stopped"
"""Why somebody is left alone, unless another reason is told."""
LONGEST_TOLD = 5
"""Causes, or letters, that are told of one by one."""


def show(plan: Plan, *, daemon: bool) -> None:
    """Print a plan: what there is, what would happen to people, what it costs and how it runs."""
    frame.say(" · ".join([*_counts(plan), *_causes_in_short(plan.facts.causes), *map(_health, plan.facts.health)]))
    if len(plan.facts.causes) > 1:
        for cause in plan.facts.causes[:LONGEST_TOLD]:
            frame.say(f"  {cause.letters:>4} {cause.error}: {cause.cause}, {_span(cause.since, cause.until)}")
        if (more := len(plan.facts.causes) - LONGEST_TOLD) > 0:
            frame.say(f"       and {count(more, 'other cause')}: `ivy dlq list` has them all.")
    frame.say(" · ".join(happens(plan)))
    if plan.going:
        frame.say(" · ".join([f"about {dollars(_cost(plan))}", "nothing is dialled", _pace(plan)]))
    if perhaps := sum(line.note == PERHAPS for line in plan.going):
        frame.say(f"Of {count(perhaps, 'letter')} nothing was ever heard: the first may have arrived.")
    for queue, reason in plan.facts.paused.items():
        frame.say(f"Queue {queue} is paused, and letters wait in it: {reason} (`ivy switch queue.{queue} on`).")
    if plan.going and not daemon:
        frame.say("The daemon is not running: they would be queued until it is.")
    frame.say(f"plan {plan.id}")


def _counts(plan: Plan) -> list[str]:
    return [count(len(plan.lines), "dead letter"), count(plan.people, "person", "people")]


def _causes_in_short(causes: Sequence[CauseSeen]) -> list[str]:
    if len(causes) != 1:
        return [count(len(causes), "cause")] if causes else []
    (cause,) = causes
    return [f"one cause: {cause.error}: {cause.cause}, {_span(cause.since, cause.until)}"]


def _span(since: datetime, until: datetime) -> str:
    if until - since < timedelta(minutes=1):
        return f"{since.astimezone(UTC):%H:%M} UTC"
    days = "%H:%M" if until - since < timedelta(days=1) else "%m-%d %H:%M"
    return f"{since.astimezone(UTC).strftime(days)} to {until.astimezone(UTC).strftime(days)} UTC"


def _health(health: Health) -> str:
    if health.left_alone:
        return f"{health.channel} is not healthy: {health.left_alone}"
    if health.since is None:
        return (
            f"nothing got through by {health.channel} since" if health.sent else f"not tried by {health.channel} since"
        )
    since = f"{health.since.astimezone(UTC):%H:%M} UTC"
    return f"{health.channel} healthy since {since} ({health.good} of {count(health.sent, 'send')})"


def happens(plan: Plan) -> list[str]:
    """Return what becomes of the letters, in words: each of them is in exactly one part."""
    parts: list[str] = []
    now = [line for line in plan.lines if line.what is What.NOW]
    if now:
        parts.append(f"send now {_as_messages(now)} (awake by their clock)")
    later = [line for line in plan.lines if line.what is What.LATER]
    for wall in sorted({line.wall for line in later}):
        parts.append(f"from {wall} {_as_messages([line for line in later if line.wall == wall])}")
    template = [line for line in plan.lines if line.what is What.TEMPLATE]
    if template:
        parts.append(f"template {_as_messages(template)}")
    for what, words in _OTHERS.items():
        if lines := [line for line in plan.lines if line.what is what]:
            notes = [note for note in _noted(lines) if note != STOPPED] if what in _WITH_NOTES else []
            parts.append(f"{words} {len(lines)}" + (f" ({', '.join(notes)})" if notes else ""))
    return parts


_OTHERS = {
    What.HELD: "until they write",
    What.TOO_LATE: "too late",
    What.OPTED_OUT: "opted out",
    What.ARRIVED: "arrived after all",
    What.LOST: "no longer kept",
    What.POISON: "poison, left out",
    What.NEXT: "left for a next replay",
}
_WITH_NOTES = (What.TOO_LATE, What.OPTED_OUT, What.POISON)


def _as_messages(lines: Sequence[Line]) -> str:
    messages = len({line.bundle for line in lines})
    if messages == len(lines):
        return str(len(lines))
    return f"{len(lines)} → {count(messages, 'message')}, one each"


def _noted(lines: Iterable[Line]) -> list[str]:
    return sorted({line.note for line in lines} - {""})


def _pace(plan: Plan) -> str:
    return f"first {FIRST}, then {SECOND}, then {plan.rate:g} a second; stops on a new kind of error"


def _cost(plan: Plan) -> int:
    return sum(line.cost_micros for line in plan.lines)


# --- what became of it -----------------------------------------------------------------------------


def show_outcome(plan: Plan, became: Became, *, daemon: bool) -> None:
    """Print what has become of a plan."""
    for letter, why in became.skipped[:LONGEST_TOLD]:
        frame.say(f"Letter {letter} was left out: {why}.")
    if (more := len(became.skipped) - LONGEST_TOLD) > 0:
        frame.say(f"So were {more} others; `ivy replay-dlq --plan {plan.id} --dry-run --json` names them.")
    if plan.state == "running" and not daemon:
        frame.say(f"Plan {plan.id} is queued: the daemon is not running, and begins with it when it does.")
        return
    parts = {
        "done": became.done,
        "waiting for their time": became.waiting,
        "dead again": became.dead_again,
        "dropped": became.dropped,
    }
    said = ", ".join(f"{number} {what}" for what, number in parts.items() if number)
    letters = count(became.released, "letter")
    if became.messages != became.released:
        letters += f" as {count(became.messages, 'message')}"
    frame.say(f"{letters} sent back to work{f': {said}' if said else ''}.")
    if became.left:
        frame.say(f"{count(became.left, 'letter')} of plan {plan.id} not begun.")


def progress(became: Became) -> str:
    """Say in a few words how far a plan is."""
    far = f"{became.released} sent back to work, {became.left} to go"
    if became.left and became.tried_again:
        far += f"; {became.tried_again} tried again, because a vendor is busy: the others may have to wait for that"
    return far


def document(plan: Plan | None, became: Became | None, *, rate: float, daemon: bool) -> dict[str, Any]:
    """Return a plan and what became of it for programs."""
    lines = () if plan is None else plan.lines
    going = [line for line in lines if line.what.goes]
    return {
        "plan": plan and plan.id,
        "state": plan and plan.state,
        "letters": len(lines),
        "people": plan.people if plan else 0,
        "runs": len(going),
        "messages": len({line.bundle for line in going}),
        "poison": [line.job_id for line in lines if line.what is What.POISON],
        "causes": plan.facts.causes if plan else [],
        "health": plan.facts.health if plan else [],
        "groups": _groups(lines),
        "lines": lines,
        "cost_micros": _cost(plan) if plan else 0,
        "dials": 0,
        "paused_queues": plan.facts.paused if plan else {},
        "rate": plan.rate if plan else rate,
        "stopped_by": plan.stopped_by if plan else "",
        "daemon_is_running": daemon,
        "outcome": became,
    }


def _groups(lines: Sequence[Line]) -> list[dict[str, Any]]:
    found: dict[tuple[What, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.what, line.wall), []).append(line)
    return [
        {
            "what": what,
            "from": wall,
            "letters": len(members),
            "messages": len({line.bundle for line in members}) if what.goes else 0,
            "people": len({line.user_id for line in members if line.user_id}),
            "notes": _noted(members),
            "ids": [line.job_id for line in members],
        }
        for (what, wall), members in found.items()
    ]


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
