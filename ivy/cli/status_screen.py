"""The one screen: what is the matter first, then the day, as lines for a terminal of any width. May import: the store, moments.

`lines` is a pure function of what was found, so that the screen is committed as it is, and drawn the same way again and again.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivy.cli import alerts_view, dependencies_view, doctor_calls, measures_view, satisfaction_view
from ivy.cli.moments import dollars, near, span
from ivy.domain.advice import Severity
from ivy.store.today import Calls

if TYPE_CHECKING:
    from ivy.cli.status import Status
    from ivy.cli.status_concerns import Concern

LABEL = 11
"""Columns of the names on the left."""
NARROWEST, WIDEST = 60, 110
MOST_CONCERNS = 8
BAR = 24
MARKS = {Severity.CRITICAL: "✗", Severity.WARNING: "!", Severity.INFO: "·"}
GOOD, BAD, WARN, DIM, LOUD = "green", "red", "yellow", "dim", "bold"
COLOURS = {Severity.CRITICAL: BAD, Severity.WARNING: WARN, Severity.INFO: DIM}


@dataclass(frozen=True)
class Line:
    """One line of the screen, in one style: a colour's name, dim, bold, or none."""

    text: str
    style: str = ""


def lines(status: "Status", width: int) -> list[Line]:
    """Return the whole screen for a terminal of `width` columns; no line is longer."""
    width = min(max(width, NARROWEST), WIDEST)
    made = [*_head(status, width), Line(""), *_matters(status, width), Line(""), *_day(status, width)]
    return [Line(_cut(each.text, width), each.style) for each in made]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _head(status: "Status", width: int) -> Iterator[Line]:
    running = "running" if status.daemon_is_running else "NOT RUNNING"
    left = f"Ivy {status.version} · {running} · {status.at:%a %d %b %Y %H:%M} UTC"
    size = f"{(status.database_bytes + status.wal_bytes) / 2**20:.1f} MiB"
    room = width - len(left) - len(size) - 3
    path = status.database if len(status.database) <= room else f"…{status.database[-max(room - 1, 0) :]}"
    yield Line(f"{left}{f'{path} {size}':>{width - len(left)}}", LOUD)


# --- what is the matter ------------------------------------------------------------------------------


def _matters(status: "Status", width: int) -> Iterator[Line]:
    found = status.concerns
    if not found:
        yield Line("All is well.", GOOD)
    else:
        how_many = "One thing" if len(found) == 1 else f"{len(found)} things"
        worst = COLOURS[found[0].severity]
        yield Line(f"{how_many} to look at{', the worst first' if len(found) > 1 else ''}:", worst)
    for each in found[:MOST_CONCERNS]:
        yield from _matter(each, status, width)
    if len(found) > MOST_CONCERNS:
        yield Line(f"  and {len(found) - MOST_CONCERNS} more: `ivy status --json` has them all.", DIM)
    for alert in status.now.alerts:
        if alert.severity is Severity.INFO:
            yield from _wrapped(f"· {alert.title}", width, 2, DIM)


def _matter(each: "Concern", status: "Status", width: int) -> Iterator[Line]:
    times = f"{each.count} times in " if each.count > 1 else ""
    since = f" ({times}{span(status.at - each.since)})" if each.since is not None else ""
    yield from _wrapped(f"{MARKS[each.severity]} {each.what}{since}", width, 2, COLOURS[each.severity])
    said = f"  → {each.do}" if each.do else ""
    if said or each.page:
        yield from _wrapped(f"{said or '  →'}{f' {each.page}' if each.page else ''}", width, 4, "")


def _wrapped(text: str, width: int, indent: int, style: str) -> Iterator[Line]:
    for part in textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False):
        yield Line(part, style)


# --- the day -----------------------------------------------------------------------------------------


def _day(status: "Status", width: int) -> Iterator[Line]:
    yield from _row("People", [_people(status)], width)
    yield from _row("Calls", [_calls(status.today.calls, status)], width)
    yield from _row("Messages", _messages(status), width)
    yield from _queues(status)
    yield from _money(status, width)
    yield from _vendors(status, width)
    if status.measures is not None:
        yield from _row("Speed", measures_view.in_lines(status.measures), width)
    yield from _row("Memory", [_memory(status)], width)
    if status.backups:
        yield from _row("Backups", [status.backups.removeprefix("Backups: ")], width)
    if status.satisfaction is not None and status.satisfaction.asked:
        yield from _row("Ratings", [satisfaction_view.words(status.satisfaction)], width)
    if status.feedback_open:
        yield from _row("Feedback", [f"{status.feedback_open} that nobody has read: `ivy feedback list`."], width)
    unusual = [f"{each.name} {each.value}" for each in status.now.switches if each.value != each.default]
    yield from _row("Switches", [", ".join(unusual) or "all as usual"], width)


def _row(name: str, said: Sequence[str], width: int) -> Iterator[Line]:
    """Return what is said, one thing a line, under a name on the left."""
    label = name
    for each in said:
        for part in textwrap.wrap(each, width - LABEL, break_on_hyphens=False) or [""]:
            yield Line(f"{label:<{LABEL}}{part}")
            label = ""


def _people(status: "Status") -> str:
    people = ", ".join(f"{number} {state}" for state, number in status.now.people.items()) or "nobody yet"
    return f"{people} · {status.today.wrote} wrote today" if status.now.people else people


def _calls(calls: Calls, status: "Status") -> str:
    counted = [(calls.spoken, "spoken"), (calls.missed, "missed"), (calls.failed, "failed"), (calls.other, "other")]
    today = ", ".join(f"{number} {what}" for number, what in counted if number)
    said = [f"{today} today" if today else "none today"]
    if calls.on_the_line:
        said.append(f"{calls.on_the_line} on the line")
    if calls.waiting:
        said.append(f"{calls.waiting} waiting")
    if calls.next_at is not None:
        said.append(f"next in {span(calls.next_at - status.at)}")
    if status.voice is not None and status.voice.calls:
        said.append(doctor_calls.said(status.voice))
    return " · ".join(said)


def _messages(status: "Status") -> list[str]:
    found, latency = status.now, status.now.latency
    took = (
        "" if latency.p50_ms is None or latency.p95_ms is None
        else f" · answers left after {latency.p50_ms / 1000:.1f} s (half), {latency.p95_ms / 1000:.1f} s (19 of 20)"
    )  # fmt: skip
    said = [f"{found.received_today} in, {found.sent_today} out, {found.failed_today} failed today{took}"]
    said += alerts_view.use(found.use, status.free_replies)
    for each in found.held:
        until = f"until {near(each.lifts_at, status.at)} UTC" if each.lifts_at is not None else "until they write"
        said.append(f"{each.messages} held for {each.people} {_people_are(each.people)}: {each.rule}, {until}")
    return said


def _people_are(number: int) -> str:
    return "person" if number == 1 else "people"


def _queues(status: "Status") -> Iterator[Line]:
    busy = [each for each in status.now.queues if each.due or each.later or each.leased or each.dead]
    if not busy:
        yield Line(f"{'Queues':<{LABEL}}empty")
        return
    yield Line(f"{'Queues':<{LABEL}}{'':<8}{'could run':>10}{'oldest':>9}{'running':>9}{'later':>8}{'dead':>7}", DIM)
    for each in busy:
        oldest = "·" if each.oldest_due is None else span(status.at - each.oldest_due)
        due, leased, later, dead = (str(number or "·") for number in (each.due, each.leased, each.later, each.dead))
        text = f"{'':<{LABEL}}{each.queue:<8}{due:>10}{oldest:>9}{leased:>9}{later:>8}{dead:>7}"
        yield Line(text, WARN if each.dead else "")


def _money(status: "Status", width: int) -> Iterator[Line]:
    yield from _row(
        "Money",
        [
            f"today {_against(status.now.spent_micros, status.cap_micros)}",
            f"month {_against(status.month_micros, status.month_cap_micros)}",
        ],
        width,
    )


def _against(spent: int, cap: int) -> str:
    """Return money beside its cap: the sums, a bar, and the part."""
    if not cap:
        return f"{dollars(spent):>9} without a cap"
    part = spent / cap
    full = min(BAR, round(part * BAR))
    return f"{dollars(spent):>9} of {dollars(cap):<10} {'█' * full}{'░' * (BAR - full)} {part:.0%}"


def _vendors(status: "Status", width: int) -> Iterator[Line]:
    found = status.dependencies
    well = [
        each.name
        for each in found
        if each.is_well and not each.failures and not dependencies_view.lately(each, status.at)
    ]
    said = [f"well: {', '.join(well)}"] if well else []
    said += [f"{each.name}: {dependencies_view.said(each, status.at)}" for each in found if each.name not in well]
    yield from _row("Vendors", said or ["none is configured"], width)


def _memory(status: "Status") -> str:
    memory = status.today.memory
    kept = f"{memory.memories:,} memories, {memory.facts:,} facts"
    if not memory.model:
        return f"{kept} · searched by words, without an embedder"
    behind = f"{memory.behind} {_people_are(memory.behind)} wait for vectors" if memory.behind else "all have vectors"
    return f"{kept} · {behind} ({memory.model})"
