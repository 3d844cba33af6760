"""The day on which a person wants no calls: consents, slots and times stay as they are. May import: scope, preferences."""

from datetime import date, datetime

from ivy.store import preferences
from ivy.store.scope import Scope

_KEPT = "calls_off_on"


def leave_out(scope: Scope, day: date, *, source: str, now: datetime) -> None:
    """Let a local date be without calls that nobody asks for on it."""
    preferences.remember(scope, _KEPT, day.isoformat(), source=source, now=now)


def let_back_in(scope: Scope) -> None:
    """Take that back: calls come as they were planned."""
    preferences.forget(scope, _KEPT)


def is_left_out(scope: Scope, day: date) -> bool:
    return preferences.recall(scope, _KEPT) == day.isoformat()
