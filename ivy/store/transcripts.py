"""What was said in calls: apart from the call itself, forgotten after a time, the person's to read and to delete.

May import: scope, binding, the domain.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.calls import Spoken
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope


@dataclass(frozen=True)
class Transcript:
    call_id: str
    turns: tuple[Spoken, ...]
    at: datetime


def keep(scope: Scope, call_id: str, turns: tuple[Spoken, ...], *, now: datetime) -> None:
    """Keep what was said; a fuller account of the same call takes the place of a shorter one. No turns: nothing to keep.

    Words go through `domain.extraction.redacted` before they come here.
    """
    if not turns:
        return
    scope.execute(
        "INSERT INTO transcripts (call_id, user_id, turns, at_ms) VALUES (:call, :user, :turns, :now)"
        " ON CONFLICT (call_id) DO UPDATE SET turns = excluded.turns"
        " WHERE user_id = :user AND json_array_length(excluded.turns) >= json_array_length(transcripts.turns)",
        call=call_id,
        turns=msgspec.json.encode(turns).decode(),
        now=stamp(now),
    )


def of_call(scope: Scope, call_id: str) -> Transcript | None:
    """Return what was said in a call of the person's."""
    row = scope.execute("SELECT * FROM transcripts WHERE user_id = :user AND call_id = :call", call=call_id).fetchone()
    return row and _transcript(row)


def recent(scope: Scope, limit: int = 10) -> list[Transcript]:
    """Return the person's last transcripts, the newest first."""
    rows = scope.execute(
        "SELECT * FROM transcripts WHERE user_id = :user ORDER BY at_ms DESC, call_id DESC LIMIT +:limit", limit=limit
    )
    return [_transcript(row) for row in rows]


def delete(scope: Scope, call_id: str) -> bool:
    """Forget one transcript because the person says so; return False if there is none."""
    return bool(
        scope.execute("DELETE FROM transcripts WHERE user_id = :user AND call_id = :call", call=call_id).rowcount
    )


def forget_before(connection: Connection, before: datetime, *, limit: int = 500) -> int:
    """Forget everybody's transcripts that are older; return how many went. For upkeep."""
    return connection.execute(
        "DELETE FROM transcripts WHERE call_id IN (SELECT call_id FROM transcripts WHERE at_ms < ? LIMIT +?)",
        (stamp(before), limit),
    ).rowcount


def have_spoken(scope: Scope) -> bool:
    """Say whether Ivy and the person ever spoke on the phone; the first time some things are said once."""
    return (
        scope.execute("SELECT 1 FROM calls WHERE user_id = :user AND outcome = 'completed' LIMIT 1").fetchone()
        is not None
    )


def _transcript(row: Row) -> Transcript:
    return Transcript(row["call_id"], msgspec.json.decode(row["turns"], type=tuple[Spoken, ...]), unstamp(row["at_ms"]))
