"""When a person's days are closed: at 23:00 of theirs, the day before it. May import: schedules, scope, the domain."""

from collections.abc import Callable
from datetime import datetime

from ivy.domain.jobs import DAY_CLOSE
from ivy.store import schedules
from ivy.store.people import Person
from ivy.store.scope import Scope

CRON = "0 23 * * *"


def ensure(scope: Scope, person: Person, new_id: Callable[[], str], now: datetime) -> None:
    """Let a person's days be closed from now on. Doing it twice changes nothing."""
    schedules.ensure(scope, DAY_CLOSE, zone=person.zone, cron=CRON, new_id=new_id, now=now)
