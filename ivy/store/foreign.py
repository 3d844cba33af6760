"""Which turns read text by others, and which such words people let in. May import: scope, the domain."""

from collections.abc import Iterable
from datetime import datetime

from ivy.clock import stamp
from ivy.domain.taint import worth_keeping
from ivy.store.scope import Scope

MOST = 500
"""Texts that are looked for, the newest first."""


def keep(scope: Scope, texts: Iterable[str], *, now: datetime) -> None:
    """Remember words of others that the person let into what is theirs."""
    for text in worth_keeping(texts):
        scope.execute(
            "INSERT INTO foreign_texts (user_id, text, at_ms) VALUES (:user, :text, :now) ON CONFLICT DO NOTHING",
            text=text,
            now=stamp(now),
        )


def known(scope: Scope) -> list[str]:
    """Return such words, in plain form."""
    rows = scope.execute(
        "SELECT text FROM foreign_texts WHERE user_id = :user ORDER BY at_ms DESC LIMIT +:most", most=MOST
    )
    return [row["text"] for row in rows]


def mark(scope: Scope, turn_id: str, origins: Iterable[str]) -> None:
    """Note that a turn has read text by others; what was noted before stays."""
    before = scope.execute(
        "SELECT foreign_from FROM turns WHERE user_id = :user AND id = :turn", turn=turn_id
    ).fetchone()
    found = {*(before["foreign_from"].split() if before else ()), *origins}
    scope.execute(
        "UPDATE turns SET foreign_from = :origins WHERE user_id = :user AND id = :turn",
        origins=" ".join(sorted(found)),
        turn=turn_id,
    )
