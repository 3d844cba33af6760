"""Mails the operator what is news among the alerts, all of it in one mail. May import: the agent and below.

It is no message to a person: it has no row, no window and no consent. What cannot be mailed stays news and is tried again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ivy import log
from ivy.agent import paid
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.domain.advice import Advice, Severity, day
from ivy.domain.contents import LONGEST_TEXT, Words
from ivy.domain.jobs import TELL_OPERATOR
from ivy.domain.runbook import page_of
from ivy.errors import VendorBusy, VendorError
from ivy.ports import Address, Outbound
from ivy.store import alerts, jobs, message_costs, spending
from ivy.store.alerts import Alert
from ivy.store.binding import Connection
from ivy.store.jobs import Job, NewJob

logger = log.get(__name__)
CHANNEL = "mail"
LANE = "operator"
GATHER = timedelta(seconds=20)
"""Trouble seldom comes alone: a mail waits for so long for the rest of it."""
AGAIN_AFTER = timedelta(minutes=5)
NOT_TOLD = "operator:mail"
LAST_LINE = "ivy status shows what is the matter now."


def ask(connection: Connection, context: Context) -> bool:
    """Put in one mail to the operator if there is news and none is on its way; return True if one was put in.

    What is merely for the record waits for something that matters, and goes along with it.
    """
    now = context.clock.now()
    if not is_wanted(context) or jobs.open_in_lane(connection, LANE) is not None:
        return False
    if not any(alert.severity is not Severity.INFO for alert in _news(connection, now)):
        return False
    job_id = context.new_id()
    key = f"{TELL_OPERATOR.name}:{job_id}"
    return jobs.enqueue(connection, NewJob(job_id, TELL_OPERATOR, key, now + GATHER, {}, lane=LANE), now=now)


def is_wanted(context: Context) -> bool:
    """Say whether there is somebody to mail, and a way."""
    return bool(context.config.operator.mail) and CHANNEL in context.channels


async def handle(job: Job, context: Context) -> Outcome:
    """Send what is news now; what became news after it was put in goes along."""
    if not is_wanted(context):
        return Dropped("No operator is to be mailed any more.")
    news = await context.store.read(_news, context.clock.now())
    if not news:
        return Dropped("Nothing is news any more.")
    to = Address(external_id=context.config.operator.mail)
    reserved = await context.store.write(
        message_costs.reserve, job.id, channel=CHANNEL, user_id=None, micros=0, now=context.clock.now()
    )
    try:
        await paid.send(context.channels[CHANNEL], Outbound(job.id, to, Words(in_words(news))), reserved)
    except VendorError as error:  # never a pause of the queue: reminders are made in it
        logger.error("the operator could not be told of %s alerts: %s", len(news), error)
        return _later(job, error, context)
    return lambda connection: _told(connection, job, news, context.clock.now())


def _news(connection: Connection, now: datetime) -> list[Alert]:
    """That the operator could not be mailed is over when they can read it."""
    return [alert for alert in alerts.untold(connection, now=now) if alert.key != NOT_TOLD]


def _later(job: Job, error: VendorError, context: Context) -> Outcome:
    now = context.clock.now()
    advised = error.after if isinstance(error, VendorBusy) else None
    advice = Advice(
        Severity.WARNING,
        NOT_TOLD,
        f"The operator cannot be mailed: {error.reason}.",
        "Mend it under [mail], or operator.mail; `ivy doctor --live` says whether the server lets Ivy in.",
    )

    def write(connection: Connection) -> None:
        spending.release(connection, job.id)
        alerts.raise_alert(connection, advice, at=now, now=now, again=False)

    return Later(now + max(AGAIN_AFTER, advised or AGAIN_AFTER), write)


def _told(connection: Connection, job: Job, news: Sequence[Alert], now: datetime) -> None:
    spending.close(connection, job.id)
    alerts.mark_told(connection, news, now=now)
    alerts.resolve(connection, NOT_TOLD, at=now, now=now)


# --- the words -------------------------------------------------------------------------------------


def in_words(news: Sequence[Alert]) -> str:
    """Return the mail: its first line is the subject; then what is the matter, the worst first, and what is over."""
    matters = sorted((alert for alert in news if alert.resolved_at is None), key=lambda alert: -alert.severity.rank)
    over = [alert for alert in news if alert.resolved_at is not None]
    parts = [_subject(matters, over), *map(_matter, matters), *map(_over, over)]
    left = LONGEST_TEXT - len(f"\n\nAnd {len(parts)} more.\n\n{LAST_LINE}")
    taken: list[str] = []
    for part in parts:
        left -= len(part) + 2
        if left < 0:
            break
        taken.append(part)
    more = [f"And {len(parts) - len(taken)} more."] if len(taken) < len(parts) else []
    return "\n\n".join([*taken, *more, LAST_LINE])


def _subject(matters: Sequence[Alert], over: Sequence[Alert]) -> str:
    if not matters:
        return f"Ivy, over: {over[0].title}" if len(over) == 1 else f"Ivy: {len(over)} alerts are over"
    others = len(matters) - 1
    return f"Ivy: {matters[0].title}" if not others else f"Ivy: {others} more, and {matters[0].title}"


def _matter(alert: Alert) -> str:
    times = f", {alert.count} times" if alert.count > 1 else ""
    still = "still " if alert.told_at is not None else ""
    page = page_of(alert.key)
    lines = [f"{alert.severity.upper()}, {still}open since {day(alert.first_at)}{times}", alert.title, alert.advice]
    return "\n".join([*lines, f"More: {page}"] if page else lines)


def _over(alert: Alert) -> str:
    ended = f" at {day(alert.resolved_at)}" if alert.resolved_at is not None else ""
    return f"OVER{ended}: {alert.title}"
