"""What each person agreed to, with proof; the last word counts. May import: scope, the domain."""

from datetime import datetime

from ivy.clock import stamp
from ivy.domain.consent import Purpose
from ivy.store.scope import Scope


def record(scope: Scope, purpose: Purpose, *, granted: bool, proof: str, now: datetime) -> None:
    """Keep that the person gave or withdrew consent; `proof` says who, where and in which words."""
    scope.execute(
        "INSERT INTO consents (user_id, purpose, granted, at_ms, proof) VALUES (:user, :purpose, :granted, :at, :proof)",
        purpose=purpose.value,
        granted=int(granted),
        at=stamp(now),
        proof=proof,
    )


def current(scope: Scope) -> frozenset[Purpose]:
    """Return the purposes that the person agrees to now."""
    rows = scope.execute(
        "SELECT purpose, granted FROM consents WHERE id IN (SELECT max(id) FROM consents WHERE user_id = :user GROUP BY purpose)"
    )
    return frozenset(Purpose(row["purpose"]) for row in rows if row["granted"])


def ever_given(scope: Scope, purpose: Purpose) -> bool:
    """Say whether the person once agreed to a purpose, whatever they said later."""
    return bool(
        scope.execute(
            "SELECT 1 FROM consents WHERE user_id = :user AND purpose = :purpose AND granted = 1", purpose=purpose.value
        ).fetchone()
    )


def withdrawn_since(scope: Scope, purpose: Purpose, at_ms: int) -> bool:
    """Say whether the person took a consent back after an instant, whatever they said later."""
    return bool(
        scope.execute(
            "SELECT 1 FROM consents WHERE user_id = :user AND purpose = :purpose AND granted = 0 AND at_ms > :at",
            purpose=purpose.value,
            at=at_ms,
        ).fetchone()
    )


def was_asked(scope: Scope, purpose: Purpose) -> bool:
    """Say whether the person ever said yes or no to a purpose."""
    return bool(
        scope.execute(
            "SELECT 1 FROM consents WHERE user_id = :user AND purpose = :purpose", purpose=purpose.value
        ).fetchone()
    )
