"""Tells the operator when money runs low: once at each step of each cap, over when its day or month is. The sweeper asks.

May import: the store and below.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from ivy.daemon import alarms
from ivy.domain.advice import Advice, Severity
from ivy.domain.runbook import AlertKind
from ivy.domain.spend_caps import CHEAP_FIRST_FROM, FULL, Sums, crossed
from ivy.store import alerts, spending
from ivy.store.alerts import Alert
from ivy.store.binding import Connection

OF_ALL, OF_ONE = ("day", "month"), ("person_day", "person_month")
CAPS: Mapping[str, str] = {
    "day": "spend.daily_cap_usd",
    "month": "spend.monthly_cap_usd",
    "person_day": "spend.person_daily_cap_usd",
    "person_month": "spend.person_monthly_cap_usd",
}


def watch(connection: Connection, caps: Sums, now: datetime, *, people: bool = True) -> None:
    """Open what is reached now and end what was of a day or a month before; `people`: also what one of them has reached."""
    for alert in alerts.open_alerts(connection):
        if alert.key.startswith(AlertKind.SPEND) and _is_past(alert, now):
            alarms.clear(connection, alert.key, now)
    _tell(connection, caps, spending.spent(connection, None, now=now), "", now)
    for user_id in spending.heavy(connection, caps, now=now) if people else ():
        _tell(connection, caps, spending.spent(connection, user_id, now=now), user_id, now)


def _tell(connection: Connection, caps: Sums, spent: Sums, user_id: str, now: datetime) -> None:
    """Tell of the highest step of each span; a lower one that was passed at once is no news of its own."""
    highest = dict(crossed(caps, spent, OF_ONE if user_id else OF_ALL))
    for span, at in highest.items():
        alarms.hold(connection, _advice(span, at, caps.by_span()[span], spent.by_span()[span], user_id), now, now)


def _advice(span: str, at: int, cap: int, spent: int, user_id: str) -> Advice:
    when = "this month" if span.endswith("month") else "today"
    whom = f" on {user_id}" if user_id else ""
    return Advice(
        _severity(at, of_one=bool(user_id)),
        AlertKind.SPEND.of(span, str(at), *([user_id] if user_id else [])),
        f"${spent / 1e6:.2f} of ${cap / 1e6:.2f} is spent{whom} {when}: {_what_follows(at)}.",
        f"`ivy costs --by user` says on whom, `--by model` on what; {CAPS[span]} is the cap, `ivy switch spend block` stops it.",
    )


def _severity(at: int, *, of_one: bool) -> Severity:
    if of_one:
        return Severity.WARNING if at >= FULL else Severity.INFO
    return Severity.CRITICAL if at >= FULL else Severity.WARNING


def _what_follows(at: int) -> str:
    if at >= FULL:
        return "no model is asked, and reminders still go"
    return "the cheap model answers first" if at >= CHEAP_FIRST_FROM else f"{at} % of the cap is reached"


def _is_past(alert: Alert, now: datetime) -> bool:
    """Say whether the day or the month of an alert is over, in UTC."""
    span = alert.key.removeprefix(AlertKind.SPEND).partition(":")[0]
    length = len("2026-11") if span.endswith("month") else len("2026-11-22")
    return _day(alert.first_at)[:length] != _day(now)[:length]


def _day(instant: datetime) -> str:
    return instant.astimezone(UTC).date().isoformat()
