"""When something that comes late by a fault of ours may be said to a person. May import: the store and below."""

from datetime import datetime, time

from ivy.domain.windows import QuietHours, quiet_until
from ivy.store.people import Person


def wakes(person: Person, now: datetime) -> datetime:
    """Return now, or when their quiet hours end."""
    quiet = QuietHours(time.fromisoformat(person.quiet_from), time.fromisoformat(person.quiet_to))
    return quiet_until(quiet, person.zone, now) or now
