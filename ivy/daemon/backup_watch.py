"""Asks for a backup when one is due, and says so when none came for too long; the sweeper looks.

May import: the store and below.
"""

from datetime import datetime, timedelta

from ivy.daemon import alarms
from ivy.daemon.context import Context
from ivy.domain import backups as rules
from ivy.domain.advice import Advice, Severity, day
from ivy.domain.jobs import BACKUP
from ivy.domain.runbook import AlertKind
from ivy.store import alerts, backups, jobs
from ivy.store.backups import Standing
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob

LANE = "backup"
FAILED, OLD = AlertKind.BACKUP_FAILED.of(), AlertKind.BACKUP_OLD.of()
LASTS = timedelta(days=2)
"""Who makes backups looks, or fails, much more often: an alert of this age is one of a daemon that makes none any more."""


def look(connection: Connection, context: Context, began: datetime) -> bool:
    """Put in a backup's job if one is due; return True if one was put in. `began`: when this process did."""
    now = context.clock.now()
    if context.backups is None:
        return False
    every = timedelta(hours=context.config.backup.every_hours)
    stands = backups.standing(connection)
    good = None if stands.last_good is None else stands.last_good.at
    if rules.is_old(good, stands.first_at, began, every, now):
        _tell(connection, stands, every, now)
    elif stands.last is not None and stands.last.verified:  # by the daemon, or by hand
        for key in (FAILED, OLD):
            alerts.resolve(connection, key, at=now, now=now)
    last = None if stands.last is None else stands.last.at
    if not rules.is_due(good, last, every, now) or jobs.open_in_lane(connection, LANE) is not None:
        return False
    job_id = context.new_id()
    return jobs.enqueue(connection, NewJob(job_id, BACKUP, f"{LANE}:{job_id}", now, {}, lane=LANE), now=now)


def _tell(connection: Connection, stands: Standing, every: timedelta, now: datetime) -> None:
    last = "there is none" if stands.last_good is None else f"the newest is of {day(stands.last_good.at)}"
    advice = Advice(
        Severity.WARNING,
        OLD,
        f"No backup came for {rules.WORRY_AFTER} times {every.total_seconds() / 3600:g} hours: {last}.",
        "`ivy backup` makes one at once and says what is wrong; the disk of backup.folder may be full or gone.",
        lasts=LASTS,
    )
    alarms.hold(connection, advice, now, now)
