"""Whether a person and Ivy have spoken, and what was asked of them already. May import: scope, the domain."""

from datetime import datetime

from ivy.clock import stamp
from ivy.store.scope import Scope


def spoke_since(scope: Scope, since: datetime) -> bool:
    """Say whether the person wrote, or was on the phone with Ivy, since an instant: by our own clock.

    A call that read a message out settles nothing else.
    """
    return bool(
        scope.execute(
            "SELECT 1 FROM messages_v2 WHERE user_id = :user AND direction = 'in' AND state_at_ms > :since"
            " UNION ALL SELECT 1 FROM calls WHERE user_id = :user AND (state = 'live'"
            " OR (outcome = 'completed' AND kind <> 'notice' AND ended_at_ms > :since)) LIMIT 1",
            since=stamp(since),
        ).fetchone()
    )


def was_asked(scope: Scope, kind: str, key: str, value: str) -> bool:
    """Say whether a question of a kind was put, in whose payload `key` is `value`: answered since, or not."""
    return bool(
        scope.execute(
            "SELECT 1 FROM pending_actions WHERE user_id = :user AND kind = :kind"
            " AND json_extract(payload, '$.' || :key) = :value LIMIT 1",
            kind=kind,
            key=key,
            value=value,
        ).fetchone()
    )
