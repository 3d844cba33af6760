"""Which dead letters are meant: the options that `dlq` and `replay-dlq` share. May import: the store, frame, moments."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from ivy.cli import moments
from ivy.clock import SystemClock
from ivy.domain.replay import Fate
from ivy.errors import UsageError
from ivy.store import people
from ivy.store.binding import Connection
from ivy.store.dead_letters import Wanted

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of letters, or their beginnings.")]
Kind = Annotated[str | None, typer.Option(help="Such as inbound, turn, send or reminder.")]
Error = Annotated[str | None, typer.Option(help="Part of the error's name or of its reason.")]
Since = Annotated[str | None, typer.Option(help="Given up since: 2h, 7d, 2026-11-30 or 2026-11-30T08:15 (UTC).")]
User = Annotated[str | None, typer.Option(help="A person's id, its beginning, phone or name.")]
FateOption = Annotated[str | None, typer.Option("--fate", help=f"What a replay would do: {', '.join(Fate)}.")]
Limit = Annotated[int | None, typer.Option(min=1, help="How many at most, the oldest first.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]


def wanted(
    *,
    ids: list[str] | None = None,
    kind: str | None = None,
    error: str | None = None,
    since: str | None = None,
    fate: str | None = None,
    limit: int | None = None,
) -> Wanted:
    """Read the options; the person is looked up later, by `with_person`. Raises: UsageError."""
    if fate is not None and fate not in set(Fate):
        raise UsageError(f"--fate {fate} is not known; use one of {', '.join(Fate)}.")
    return Wanted(
        ids=tuple(ids or ()),
        kind=kind,
        error=error,
        since=moments.since(since, now()),
        fate=None if fate is None else Fate(fate),
        limit=limit,
    )


def with_person(connection: Connection, given: Wanted, user: str | None) -> Wanted:
    """Narrow to one person's letters. Raises: UsageError."""
    return replace(given, user_id=people.find(connection, user).id) if user else given


def now() -> datetime:
    return SystemClock().now()
