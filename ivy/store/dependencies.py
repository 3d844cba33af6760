"""Everything outside that Ivy leans on, as `ivy status` shows it: well, left alone, or held by hand. May import: breakers, jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy.clock import stamp
from ivy.domain.breaker import CLOSED, Breaker
from ivy.store import breakers, calls, jobs, outbox
from ivy.store.binding import Connection
from ivy.store.breakers import CHANGES_KEPT, Change, Override

CHANGES_SHOWN = 5
LATELY = timedelta(hours=24)
WAITING = ("turn", "media")
"""Kinds of jobs that wait for a model, or a transcriber."""


@dataclass(frozen=True)
class Dependency:
    """A channel, a model, the transcriber. `state`: closed, open, half-open (the next call is a trial), throttled, held …

    `since` and `until` are those of a state that is not closed; `cause` what an operator must mend (setup, key, money,
    model), "" where waiting may mend it; `failures` in a row; `changes` the newest first: of the last 24 hours, and five at least.
    """

    name: str
    state: str
    since: datetime | None
    until: datetime | None
    reason: str
    cause: str
    failures: int
    held_by: str
    changes: tuple[Change, ...]

    @property
    def is_well(self) -> bool:
        return self.state == "closed"


def dependencies(connection: Connection, names: Sequence[str], *, now: datetime) -> tuple[Dependency, ...]:
    """Return those of these names, in their order, and then whoever else is not closed."""
    seen, held = breakers.all_of(connection), breakers.overrides(connection)
    every = dict.fromkeys([*names, *(name for name in (*seen, *held) if name not in names)])
    return tuple(_dependency(connection, name, seen.get(name, CLOSED), held.get(name), now) for name in every)


def _dependency(
    connection: Connection, name: str, breaker: Breaker, override: Override | None, now: datetime
) -> Dependency:
    since, until, state = breaker.opened_at, breaker.until, state_of(breaker, now)
    if state == "throttled":
        until = breaker.not_before
    if override is not None:
        since, until, state = override.set_at, None, f"held {override.state}"
    return Dependency(
        name,
        state,
        since,
        until,
        breaker.reason,
        breaker.cause or "",
        breaker.failures,
        "" if override is None else override.set_by,
        _changes(connection, name, now),
    )


def _changes(connection: Connection, name: str, now: datetime) -> tuple[Change, ...]:
    found = breakers.changes(connection, name, limit=CHANGES_KEPT)
    return tuple(each for n, each in enumerate(found) if n < CHANGES_SHOWN or each.at > now - LATELY)


def state_of(breaker: Breaker, now: datetime) -> str:
    """Return how a breaker stands, by itself: closed, open, half-open or throttled."""
    if breaker.opened_at is not None:
        return "open" if breaker.until is not None and breaker.until > now else "half-open"
    return "throttled" if breaker.not_before is not None and breaker.not_before > now else "closed"


def look_again(connection: Connection, names: Sequence[str], *, now: datetime) -> None:
    """Let what waits for these be decided anew, at once: messages that a channel holds, calls, turns and files that wait."""
    for name in names:
        outbox.look_again(connection, name, now=now)
        calls.look_again(connection, name, now=now)
    lanes = connection.execute(
        "SELECT DISTINCT lane FROM jobs WHERE state = 'ready' AND queue = 'agent' AND attempts > 0 AND run_at_ms > ?"
        " AND kind IN (SELECT value FROM json_each(?))",
        (stamp(now), '["' + '","'.join(WAITING) + '"]'),
    ).fetchall()
    for row in lanes:
        jobs.wake_lane(connection, row["lane"], now=now)
