"""Turns what the channel says, and what it does not say, into alerts, and ends them when they are over.

Not a kind of job: the inbound handler calls `take_notice` and `take_failure` in its commit, the sweeper calls `watch`.
May import: the store and below.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ivy import log
from ivy.daemon import alarms
from ivy.domain import error_health, messaging_limit, template_health
from ivy.domain.account_health import advise
from ivy.domain.advice import Advice, Severity, instant
from ivy.domain.inbound import AccountNotice, DeliveryError
from ivy.domain.rates import Rates
from ivy.domain.runbook import AlertKind
from ivy.domain.silence import MESSAGES, PATIENCE, Verdict, judge
from ivy.store import alerts, allowance, category_changes, delivery_health, outbox
from ivy.store.binding import Connection

logger = log.get(__name__)
WATCHED = "whatsapp"
NEAR, CLEAR = 0.8, 0.7
"""An alert of a limit comes at this share of it, and goes below the other: a count that wavers is one alert."""
HEALED_AFTER = timedelta(hours=1)
"""A fault of every message is over when it was not heard of for so long, and something was delivered since."""
CATEGORIES_OF = timedelta(days=8)
FREE_REPLIES = AlertKind.FREE_REPLIES.of()
TIER = AlertKind.TIER.of()


def take_notice(connection: Connection, notice: AccountNotice, now: datetime) -> None:
    """Take in one notice of the account: a limit is remembered, a fault is opened, its end closes it."""
    at = _believable(notice.at, now)
    limit = messaging_limit.said(notice.details)
    moved = None if limit is None else _remember(connection, notice.channel, limit, at)
    advice = advise(notice.field, notice.event, notice.details)
    if notice.field == "business_capability_update" and limit is not None:
        advice = None  # it says nothing but the limit
    elif advice is not None and advice.key == messaging_limit.KEY:
        moved = None  # the vendor says itself which way the limit went
    for each in filter(None, (moved, advice)):
        _take(connection, each, at, now)


def _remember(connection: Connection, channel: str, limit: int, at: datetime) -> Advice | None:
    """Keep a limit; return what to tell of it, if it is the newest word and a new one."""
    before = allowance.limit(connection, channel)
    allowance.remember_limit(connection, channel, allowance.TIER, limit, at=at)
    if before is not None and limit > before:
        outbox.look_again(connection, channel, now=at)  # there is room for what waited for it
    return messaging_limit.changed(before, limit) if allowance.limit(connection, channel) == limit else None


def take_failure(connection: Connection, errors: Sequence[DeliveryError], now: datetime) -> None:
    """Take in why one message was not delivered: some reasons concern every message."""
    for advice in filter(None, (error_health.of_code(error.code) for error in errors)):
        _take(connection, advice, now, now)


def _take(connection: Connection, advice: Advice, at: datetime, now: datetime) -> None:
    if alerts.take(connection, advice, at=at, now=now):
        logger.warning("alert %s: %s %s", "over" if advice.resolved else advice.severity, advice.title, advice.advice)


def _believable(at: datetime, now: datetime) -> datetime:
    """Return the vendor's time, or ours where it gave none, or one that has not come."""
    return now if at <= datetime.fromtimestamp(0, UTC) or at > now else at


def watch(
    connection: Connection, now: datetime, *, listening_since: datetime | None = None, channel: str = WATCHED
) -> None:
    """Look at what no webhook says. `listening_since`: when this process began to hear statuses."""
    alerts.lapse(connection, now=now)
    _watch_silence(connection, channel, listening_since, now)
    _heal(connection, channel, now)


def is_watchful(connection: Connection, now: datetime, *, channel: str = WATCHED) -> bool:
    """Say whether `watch` should look each minute: nothing is heard of a message, or what it may end is open."""
    return delivery_health.is_unheard(connection, channel, now=now) or any(
        alert.key.startswith((AlertKind.SILENCE, error_health.SENDING)) for alert in alerts.open_alerts(connection)
    )


def watch_limits(connection: Connection, now: datetime, rates: Rates, *, channel: str = WATCHED) -> None:
    """Look at what is counted from all messages of a day or a month: a minute changes little in it."""
    _watch_replies(connection, channel, rates, now)
    _watch_tier(connection, channel, now)
    _watch_categories(connection, channel, now)


def _watch_silence(connection: Connection, channel: str, listening_since: datetime | None, now: datetime) -> None:
    key = AlertKind.SILENCE.of(channel)
    found = delivery_health.sendings(connection, channel, now=now)
    if not found:
        return
    people = delivery_health.people(connection, channel)
    match judge(found, now=now, people=people, listening_since=listening_since):
        case Verdict.SILENT:
            alarms.hold(connection, Advice(
                Severity.CRITICAL, key,
                f"Nothing is heard of the last messages on {channel} ({MESSAGES} or more, {PATIENCE // timedelta(minutes=1)}"
                " minutes old or more): they were taken, and probably not delivered.",
                "Check the payment method and the account's standing in WhatsApp Manager, then that webhooks arrive"
                " with `ivy whatsapp probe`.",
            ), now, now)  # fmt: skip
        case Verdict.HEARD:
            alarms.clear(connection, key, now)
        case Verdict.UNDECIDED:
            pass


def _watch_replies(connection: Connection, channel: str, rates: Rates, now: datetime) -> None:
    free = rates.allowance(now.astimezone(UTC).date())
    told = alerts.find_open(connection, FREE_REPLIES)
    if told is not None and told.severity is Severity.WARNING and told.last_at >= allowance.month_of(now):
        return  # none come back before the month is over
    many = free and allowance.delivered(connection, channel, now=now, up_to=free) >= free * CLEAR
    used = allowance.free_replies(connection, channel, now=now, up_to=free) if many else 0
    if not many or used < free * CLEAR:
        alarms.clear(connection, FREE_REPLIES, now)
    elif used >= free:
        alarms.hold(connection, Advice(
            Severity.WARNING, FREE_REPLIES,
            f"This month's {free:,} free replies are used up: each further one is charged.",
            "Make sure that the account has a payment method: without one Meta takes replies and does not deliver them.",
        ), now, now)  # fmt: skip
    elif used >= free * NEAR:
        alarms.hold(connection, Advice(
            Severity.INFO, FREE_REPLIES, f"{used / free:.0%} of this month's {free:,} free replies are used.",
            "Make sure that the account has a payment method before the rest is used.",
        ), now, now)  # fmt: skip


def _watch_tier(connection: Connection, channel: str, now: datetime) -> None:
    limit = allowance.tier(connection, channel)
    reached = allowance.people_outside(connection, channel, now=now) if limit else 0
    if not limit or reached < limit * CLEAR:
        alarms.clear(connection, TIER, now)
    elif reached >= limit * NEAR:
        alarms.hold(connection, Advice(
            Severity.CRITICAL if reached >= limit else Severity.WARNING, TIER,
            f"{reached:,} of {limit:,} people were reached outside a window in 24 hours"
            + (": Meta takes no more until some of them are a day old." if reached >= limit else "."),
            "Spread what is sent over the day, or verify the business to raise the limit.",
        ), now, now)  # fmt: skip


def _watch_categories(connection: Connection, channel: str, now: datetime) -> None:
    """A change that was announced happens at its time, also when the second notice is lost."""
    for change in category_changes.newest(connection, channel, since=now - CATEGORIES_OF):
        coming, planned = change.details.get("correct_category"), instant(change.details, "category_update_timestamp")
        if not coming or planned is None:
            continue
        details, at = change.details, change.at
        if planned <= now:
            details, at = {**details, "correct_category": "", "new_category": coming}, max(at, planned)
        advice = template_health.category("", details)
        if advice is not None and not advice.resolved:
            alarms.hold(connection, advice, at, now)


def _heal(connection: Connection, channel: str, now: datetime) -> None:
    for alert in alerts.open_alerts(connection):
        if (
            alert.key.startswith(error_health.SENDING)
            and alert.last_at <= now - HEALED_AFTER
            and delivery_health.delivered_since(connection, channel, alert.last_at)
        ):
            alarms.clear(connection, alert.key, now)
