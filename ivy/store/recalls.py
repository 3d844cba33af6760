"""Which memories were found for a person's turns, lately: for the words that they wrote, or because a model looked.

May import: scope, the ground. Only what a memory is of is kept with a turn; its words are read as they stand now, so that
what was forgotten since shows as gone.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from ivy.clock import unstamp
from ivy.store.binding import Row
from ivy.store.scope import Scope

LOOKED = "search_memory"
"""The tool by which a model looks itself."""
TURNS = 200
"""The newest turns that are looked at."""
_FOUND = re.compile(r"^- .+?, (message|fact|expense) (\S+): ", re.MULTILINE)


@dataclass(frozen=True)
class Recall:
    """One memory found for one turn. `how`: words or search; `told`: there was room for it; `text` "" once it is gone."""

    turn_id: str
    at: datetime
    how: str
    kind: str
    ref: str
    told: bool
    text: str


def lately(scope: Scope, *, limit: int) -> list[Recall]:
    """Return what was found last, the newest turn first."""
    found = [*_by_words(scope), *_by_search(scope)]
    return sorted(found, key=lambda each: (each.at, each.turn_id), reverse=True)[:limit]


def _by_words(scope: Scope) -> list[Recall]:
    rows = scope.execute(
        "SELECT s.turn_id, s.at_ms, found.value ->> '$.kind' AS kind, found.value ->> '$.ref' AS ref,"
        " found.value ->> '$.told' AS told"
        " FROM (SELECT id FROM turns WHERE user_id = :user ORDER BY started_at_ms DESC LIMIT :turns) t"
        " JOIN turn_steps s ON s.turn_id = t.id AND s.kind = 'context', json_each(s.payload, '$.recalled') found"
        " ORDER BY s.at_ms, found.key",
        turns=TURNS,
    )
    return [_recall(scope, row, "words", row["kind"], row["ref"], told=bool(row["told"])) for row in rows]


def _by_search(scope: Scope) -> list[Recall]:
    rows = scope.execute(
        "SELECT turn_id, at_ms, result FROM tool_executions WHERE user_id = :user AND tool = :tool AND status = 'done'"
        " ORDER BY at_ms DESC LIMIT :turns",
        tool=LOOKED,
        turns=TURNS,
    )
    return [
        _recall(scope, row, "search", kind, ref, told=True)
        for row in rows
        for kind, ref in _FOUND.findall(row["result"])
    ]


def _recall(scope: Scope, row: Row, how: str, kind: str, ref: str, *, told: bool) -> Recall:
    memory = scope.execute(
        "SELECT text FROM user_memory WHERE user_id = :user AND kind = :kind AND ref = :ref", kind=kind, ref=ref
    ).fetchone()
    return Recall(row["turn_id"], unstamp(row["at_ms"]), how, kind, ref, told, memory["text"] if memory else "")
