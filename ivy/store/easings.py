"""Wishes that make the plan easier and wait for their day, because the person locked it. May import: jobs, scope, the domain."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.easing import Part
from ivy.domain.jobs import EASING
from ivy.store import jobs
from ivy.store.binding import Row
from ivy.store.jobs import NewJob
from ivy.store.scope import Scope


@dataclass(frozen=True)
class Easing:
    """The call of a tool that waits; `arguments` are its JSON, `parts` what it eases."""

    id: str
    tool: str
    arguments: str
    parts: frozenset[Part]
    asked_at: datetime
    due_at: datetime


def hold(scope: Scope, easing: Easing, *, new_id: Callable[[], str], trace_id: str) -> None:
    """Keep a wish, and the job that does it once its day has come."""
    scope.execute(
        "INSERT INTO easings (id, user_id, tool, arguments, parts, asked_at_ms, due_at_ms)"
        " VALUES (:id, :user, :tool, :arguments, :parts, :asked, :due)",
        id=easing.id,
        tool=easing.tool,
        arguments=easing.arguments,
        parts=msgspec.json.encode(sorted(easing.parts)).decode(),
        asked=stamp(easing.asked_at),
        due=stamp(easing.due_at),
    )
    job = NewJob(
        new_id(), EASING, _key(easing.id), easing.due_at, {"ref": easing.id}, user_id=scope.user_id, trace_id=trace_id
    )
    jobs.enqueue(scope.connection, job, now=easing.asked_at)


def waiting(scope: Scope) -> list[Easing]:
    """Return what waits, the next first."""
    rows = scope.execute("SELECT * FROM easings WHERE user_id = :user AND state = 'waiting' ORDER BY due_at_ms, id")
    return [_easing(row) for row in rows]


def load(scope: Scope, easing_id: str) -> Easing | None:
    """Return a wish if it still waits."""
    return next((each for each in waiting(scope) if each.id == easing_id), None)


def call_off(scope: Scope, parts: Collection[Part], *, now: datetime) -> int:
    """Forget what would ease any of these parts: the person wants it otherwise. Return how many."""
    found = [each for each in waiting(scope) if not each.parts.isdisjoint(parts)]
    for each in found:
        end(scope, each.id, "off", now=now)
        jobs.cancel_key(scope.connection, _key(each.id), now=now)
    return len(found)


def end(scope: Scope, easing_id: str, state: str, *, now: datetime, why: str = "") -> None:
    """Say what became of a wish: done, off, or refused by its tool, with why."""
    scope.execute(
        "UPDATE easings SET state = :state, why = :why, ended_at_ms = :now"
        " WHERE user_id = :user AND id = :id AND state = 'waiting'",
        id=easing_id,
        state=state,
        why=why,
        now=stamp(now),
    )


def _key(easing_id: str) -> str:
    return f"easing:{easing_id}"


def _easing(row: Row) -> Easing:
    return Easing(
        row["id"],
        row["tool"],
        row["arguments"],
        frozenset(Part(each) for each in msgspec.json.decode(row["parts"])),
        unstamp(row["asked_at_ms"]),
        unstamp(row["due_at_ms"]),
    )
