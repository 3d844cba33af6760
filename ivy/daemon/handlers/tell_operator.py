"""Tells the operator what is news among the alerts: each way once and on its own, all of it at once.

What one way cannot tell stays its news, is tried again, and is itself an alert that the other ways tell. In the operator's
quiet hours only what is critical and new goes out; the rest goes as one when they end. May import: the agent and below.
"""

from collections.abc import Sequence
from datetime import datetime

import trio

from ivy import log
from ivy.agent import operator_line
from ivy.daemon import operator_ways
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.domain import operator_routes
from ivy.domain.advice import Severity
from ivy.domain.jobs import TELL_OPERATOR
from ivy.domain.operator_routes import GATHER, LONGEST_WAIT, UNDELIVERED_WAIT, Route, not_told, wait_after
from ivy.errors import VendorBusy, VendorError
from ivy.store import alerts, jobs
from ivy.store.alerts import Alert
from ivy.store.binding import Connection
from ivy.store.jobs import Job, NewJob

logger = log.get(__name__)
PATIENCE = 45.0
"""Seconds for one try."""
ASKED, TEST = "asked", "test"
"""What a job's payload says of itself beside its way: the operator asked to see all; somebody tries the way."""


def ask(connection: Connection, context: Context) -> bool:
    """Put in one telling for each way that has news and none on its way; return True if one was put in."""
    wanted, now = operator_ways.wanted(context), context.clock.now()
    for route in set(Route).difference(wanted):  # a way that is named no more cannot fail
        alerts.resolve(connection, not_told(route), at=now, now=now)
    return bool([route for route in wanted if _ask(connection, route, context)])


def _ask(connection: Connection, route: Route, context: Context) -> bool:
    """What is merely for the record waits for something that matters, and goes along with it."""
    now = context.clock.now()
    if jobs.open_in_lane(connection, operator_line.lane(route)) is not None or _rests(connection, route, now):
        return False
    if not any(alert.severity is not Severity.INFO for alert in _news(connection, route, context)):
        return False
    return put_in(connection, route, context.new_id(), now)


def put_in(connection: Connection, route: Route, job_id: str, now: datetime, *, test: bool = False) -> bool:
    """Put in a telling by one way; a `test` is told at once, whatever the hour, and says nothing of alerts."""
    key, payload = f"{TELL_OPERATOR.name}:{job_id}", {"route": route.value, **({TEST: True} if test else {})}
    lane = "" if test else operator_line.lane(route)
    new = NewJob(job_id, TELL_OPERATOR, key, now if test else now + GATHER, payload, lane=lane)
    return jobs.enqueue(connection, new, now=now)


def _rests(connection: Connection, route: Route, now: datetime) -> bool:
    """Say whether a way is left alone for now: what was sent by it did not arrive."""
    found = alerts.find_open(connection, not_told(route))
    return found is not None and now < found.last_at + wait_after(found.last_at - found.first_at, UNDELIVERED_WAIT)


async def handle(job: Job, context: Context) -> Outcome:
    """Tell what is news now; what became news after it was put in goes along."""
    route = Route(str(job.payload.get("route", Route.MAIL)))
    if route not in operator_ways.wanted(context):
        return Dropped("No operator is to be told in this way any more.")
    if TEST in job.payload:
        return await _try(route, job, context)
    asked = ASKED in job.payload
    read = context.store.read
    news = await (read(_open, route) if asked else read(_news, route, context))
    if not news and not asked:
        return Dropped("Nothing is news any more.")
    try:
        await _tell(route, job, news, context)
    except VendorError as error:  # never a pause of the queue: reminders are made in it
        logger.error("the operator could not be told of %s alerts by %s: %s", len(news), route, error)
        return await _later(route, error, context)
    return lambda connection: _told(connection, job, route, news, context.clock.now())


async def _tell(route: Route, job: Job, news: Sequence[Alert], context: Context) -> None:
    try:
        with trio.fail_after(PATIENCE):
            await operator_ways.tell(route, job.id, news, context)
    except trio.TooSlowError:
        raise VendorBusy(route, "it does not answer in time") from None


async def _try(route: Route, job: Job, context: Context) -> Outcome:
    now = context.clock.now()
    trial = Alert(
        0, "operator:test", Severity.INFO, "this is a test: this way to you works.",
        "Nothing needs to be done.", now, now, 1, None, None,
    )  # fmt: skip
    try:
        await _tell(route, job, [trial], context)
    except VendorError as error:
        return Dropped(error.reason)
    return lambda connection: _works(connection, route, now)


def _news(connection: Connection, route: Route, context: Context) -> list[Alert]:
    """Return what a way has to tell now. That it does not work is over when they can read it, and no news of its own."""
    now = context.clock.now()
    news = [alert for alert in alerts.untold(connection, route, now=now) if alert.key != not_told(route)]
    if operator_routes.rests_until(context.config.operator, now) is not None:
        return [alert for alert in news if alert.is_urgent]
    return news


def _open(connection: Connection, route: Route) -> list[Alert]:
    return [alert for alert in alerts.open_alerts(connection) if alert.key != not_told(route)]


async def _later(route: Route, error: VendorError, context: Context) -> Outcome:
    now = context.clock.now()
    known = await context.store.read(alerts.find_open, not_told(route))
    wait = wait_after(now - (now if known is None else known.first_at))
    advised = error.after if isinstance(error, VendorBusy) else None

    def write(connection: Connection) -> None:
        trouble = operator_line.cannot_be_told(route, error.reason)
        alerts.raise_alert(connection, trouble, at=now, now=now, again=False)

    return Later(now + max(wait, min(advised or wait, 12 * LONGEST_WAIT)), write)


def _told(connection: Connection, job: Job, route: Route, news: Sequence[Alert], now: datetime) -> None:
    alerts.mark_told(connection, news, route, now=now, sending=job.id)
    _works(connection, route, now)


def _works(connection: Connection, route: Route, now: datetime) -> None:
    """Mail and a server are as good as their answer; WhatsApp says later what arrived."""
    if route is not Route.WHATSAPP:
        alerts.resolve(connection, not_told(route), at=now, now=now)
