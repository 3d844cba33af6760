"""Questions Ivy asked, and the one action that an answer resumes. May import: scope, binding, the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.actions import Bound
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope

Named = tuple[str, str]
"""An option: its name, and its title as the person sees it."""
GONE = "…"
"""The title of an option whose words are forgotten."""


@dataclass(frozen=True)
class Pending:
    """A question; `options` may be answered by a tap, a reaction, a number or their words."""

    id: str
    user_id: str
    kind: str
    payload: dict[str, Any]
    expires_at: datetime
    done: bool = False
    options: tuple[Named, ...] = ()

    @property
    def bound(self) -> Bound:
        return Bound(self.user_id, self.kind, self.id, self.expires_at)

    def is_open(self, now: datetime) -> bool:
        return not self.done and now < self.expires_at


def ask(
    scope: Scope,
    action_id: str,
    kind: str,
    payload: dict[str, Any],
    *,
    until: datetime,
    now: datetime,
    options: Sequence[Named] = (),
    beside_others: bool = False,
) -> Pending:
    """Remember a question; unless it stands `beside_others`, an open one of the same kind is over with it."""
    if not beside_others:
        settle(scope, kind, now=now)
    scope.execute(
        "INSERT INTO pending_actions (id, user_id, kind, payload, options, created_at_ms, expires_at_ms)"
        " VALUES (:id, :user, :kind, :payload, :options, :now, :until)",
        id=action_id,
        kind=kind,
        payload=msgspec.json.encode(payload).decode(),
        options=msgspec.json.encode(list(options)).decode(),
        now=stamp(now),
        until=stamp(until),
    )
    # As the row has it: the token is signed over the instant, and a row keeps milliseconds.
    return Pending(action_id, scope.user_id, kind, payload, unstamp(stamp(until)), options=tuple(options))


def amend(scope: Scope, action_id: str, payload: dict[str, Any]) -> None:
    """Let an open question be about something more; nobody may have seen it yet."""
    scope.execute(
        "UPDATE pending_actions SET payload = :payload WHERE user_id = :user AND id = :id AND done_at_ms IS NULL",
        id=action_id,
        payload=msgspec.json.encode(payload).decode(),
    )


def blank(scope: Scope, names: Sequence[str]) -> None:
    """Leave no words at the options with these names, whether their questions are over or not: they are forgotten."""
    rows = scope.execute(
        "SELECT id, options FROM pending_actions WHERE user_id = :user AND EXISTS (SELECT 1 FROM json_each(options) o"
        " WHERE json_extract(o.value, '$[0]') IN (SELECT value FROM json_each(:names)))",
        names=msgspec.json.encode(list(names)).decode(),
    ).fetchall()
    for row in rows:
        options = [(name, GONE if name in names else title) for name, title in msgspec.json.decode(row["options"])]
        scope.execute(
            "UPDATE pending_actions SET options = :options WHERE user_id = :user AND id = :id",
            id=row["id"],
            options=msgspec.json.encode(options).decode(),
        )
    rows = scope.execute(
        "SELECT id, payload FROM pending_actions WHERE user_id = :user AND kind = 'confirm' AND instr(payload, '\"line\"') > 0"
    ).fetchall()
    for row in rows:  # one that never was put still has its lines
        payload = msgspec.json.decode(row["payload"])
        about = [
            each for each in payload["calls"] if each.get("line") and any(name in each["arguments"] for name in names)
        ]
        for each in about:
            each["line"] = ""
        if about:
            scope.execute(
                "UPDATE pending_actions SET payload = :payload WHERE user_id = :user AND id = :id",
                id=row["id"],
                payload=msgspec.json.encode(payload).decode(),
            )


def load(scope: Scope, action_id: str) -> Pending | None:
    row = scope.execute("SELECT * FROM pending_actions WHERE user_id = :user AND id = :id", id=action_id).fetchone()
    return row and _read(row)


def owner_of(connection: Connection, action_id: str) -> Pending | None:
    """Return a question by its id alone: for a form, whose requests name nobody but carry a signed token."""
    row = connection.execute("SELECT * FROM pending_actions WHERE id = ?", (action_id,)).fetchone()
    return row and _read(row)


def open_one(scope: Scope, kind: str, *, now: datetime) -> Pending | None:
    """Return the newest question of a kind that still waits for its answer."""
    row = scope.execute(
        "SELECT * FROM pending_actions WHERE user_id = :user AND kind = :kind AND done_at_ms IS NULL"
        " AND expires_at_ms > :now ORDER BY created_at_ms DESC, rowid DESC LIMIT 1",
        kind=kind,
        now=stamp(now),
    ).fetchone()
    return row and _read(row)


def newest(scope: Scope, kind: str) -> Pending | None:
    """Return the newest question of a kind, whether it still waits for its answer or not."""
    row = scope.execute(
        "SELECT * FROM pending_actions WHERE user_id = :user AND kind = :kind ORDER BY created_at_ms DESC, rowid DESC LIMIT 1",
        kind=kind,
    ).fetchone()
    return row and _read(row)


def settle(scope: Scope, kind: str, *, now: datetime) -> None:
    """Say that questions of a kind are answered, so that none is answered twice."""
    scope.execute(
        "UPDATE pending_actions SET done_at_ms = :now WHERE user_id = :user AND kind = :kind AND done_at_ms IS NULL",
        kind=kind,
        now=stamp(now),
    )


def settle_one(scope: Scope, action_id: str, answer: str, *, now: datetime) -> bool:
    """Say how one question was answered; return False if it is over already."""
    return bool(
        scope.execute(
            "UPDATE pending_actions SET done_at_ms = :now, answer = :answer WHERE user_id = :user AND id = :id"
            " AND done_at_ms IS NULL AND expires_at_ms > :now",
            id=action_id,
            answer=answer,
            now=stamp(now),
        ).rowcount
    )


def of_turn(scope: Scope, turn_id: str, *kinds: str, now: datetime) -> Pending | None:
    """Return the newest open question, of these kinds, that a turn put with its reply."""
    row = scope.execute(
        "SELECT * FROM pending_actions WHERE user_id = :user AND json_extract(payload, '$.turn') = :turn"
        " AND kind IN (SELECT value FROM json_each(:kinds))"
        " AND done_at_ms IS NULL AND expires_at_ms > :now ORDER BY created_at_ms DESC, rowid DESC LIMIT 1",
        turn=turn_id,
        kinds=msgspec.json.encode(kinds).decode(),
        now=stamp(now),
    ).fetchone()
    return row and _read(row)


def _read(row: Row) -> Pending:
    return Pending(
        id=row["id"],
        user_id=row["user_id"],
        kind=row["kind"],
        payload=msgspec.json.decode(row["payload"]),
        expires_at=unstamp(row["expires_at_ms"]),
        done=row["done_at_ms"] is not None,
        options=tuple((name, title) for name, title in msgspec.json.decode(row["options"])),
    )
