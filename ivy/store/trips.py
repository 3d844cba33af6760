"""Whether somebody is on a trip, or came back from one: by their changes of zone. May import: preferences, scope, the domain."""

from datetime import datetime

import msgspec

from ivy.domain.fresh_starts import Trip, after_move
from ivy.store import preferences
from ivy.store.scope import Scope

TRIP = "trip"


def load(scope: Scope) -> Trip:
    """Return the person's last trip."""
    kept = preferences.recall(scope, TRIP)
    return msgspec.json.decode(kept, type=Trip) if kept else Trip()


def note_move(scope: Scope, old: str, new: str, *, now: datetime) -> None:
    """Keep that somebody lives by another zone from now on."""
    trip = after_move(load(scope), old, new, now)
    preferences.remember(scope, TRIP, msgspec.json.encode(trip).decode(), source="move", now=now)
