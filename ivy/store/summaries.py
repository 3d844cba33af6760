"""Weekly summaries: what was told, once a week, and when the next is due. May import: scope, schedules, the domain."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from ivy.clock import stamp
from ivy.domain.jobs import WEEKLY_SUMMARY
from ivy.domain.topics import WEEKLY_WORKOUTS
from ivy.domain.weekly import Numbers
from ivy.store import schedules, topics
from ivy.store.people import Person
from ivy.store.scope import Scope

USUAL = "0 19 * * 0"
"""Sunday at seven in the evening, by the person's clock."""


@dataclass(frozen=True)
class Summary:
    """What was told of the week that began on a Monday."""

    week: date
    numbers: Numbers
    prose: str
    message_id: str | None


def keep(scope: Scope, numbers: Numbers, prose: str, message_id: str, *, now: datetime) -> bool:
    """Keep what is told of a week; return False if that week was told before, and then nothing is to be sent."""
    return bool(
        scope.execute(
            "INSERT INTO weekly_summaries (user_id, week, numbers, prose, message_id, at_ms)"
            " VALUES (:user, :week, :numbers, :prose, :message, :at) ON CONFLICT DO NOTHING",
            week=numbers.week.isoformat(),
            numbers=msgspec.json.encode(numbers).decode(),
            prose=prose,
            message=message_id,
            at=stamp(now),
        ).rowcount
    )


def of_week(scope: Scope, week: date) -> Summary | None:
    """Return what was told of a week."""
    row = scope.execute(
        "SELECT * FROM weekly_summaries WHERE user_id = :user AND week = :week", week=week.isoformat()
    ).fetchone()
    return row and Summary(
        date.fromisoformat(row["week"]),
        msgspec.json.decode(row["numbers"], type=Numbers),
        row["prose"],
        row["message_id"],
    )


def ensure(scope: Scope, person: Person, new_id: Callable[[], str], now: datetime, *, cron: str = USUAL) -> bool:
    """See that a person's weekly summary is scheduled; return False if it was. Raises: BadCron, UnknownZone."""
    is_new = schedules.ensure(scope, WEEKLY_SUMMARY, zone=person.zone, cron=cron, new_id=new_id, now=now)
    there = schedules.of_thing(scope, WEEKLY_SUMMARY, scope.user_id)
    topics.prewrite(scope, person, WEEKLY_WORKOUTS, there["cron"] if there else cron, new_id, now)
    return is_new
