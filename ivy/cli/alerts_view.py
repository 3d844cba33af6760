"""Alerts and counters as lines of `ivy status`. May import: the store, the domain, moments."""

from collections.abc import Sequence

from ivy.cli.moments import dollars, shown
from ivy.domain import messaging_limit
from ivy.domain.advice import Severity
from ivy.domain.runbook import page_of
from ivy.store.alerts import Alert
from ivy.store.overview import ChannelUse

SAID_ELSEWHERE = ("channel:", "queue:")
"""`ivy status` has lines of its own for these."""


def concerns(alerts: Sequence[Alert], severity: Severity) -> list[str]:
    """Return the open alerts of a severity, each with what to do, how long it has been so, and its page of the runbook."""
    return [
        f"{alert.title} {alert.advice} ({_since(alert)})"
        for alert in alerts
        if alert.severity is severity and not alert.key.startswith(SAID_ELSEWHERE)
    ]


def _since(alert: Alert) -> str:
    times = f"{alert.count} times " if alert.count > 1 else ""
    page = page_of(alert.key)
    return f"{times}since {shown(alert.first_at)} UTC{'; ' if page else ''}{page}"


def use(used: ChannelUse, free_replies: int) -> list[str]:
    """Return what is used of what the channel allows, and what its messages cost this month."""
    if free_replies:
        replies = f"{used.replies_this_month:,} of {free_replies:,} free replies this month"
    else:
        replies = f"{used.replies_this_month:,} replies this month"
    if used.people_limit is None:
        people = f"{used.people_reached:,} people reached outside a window in 24 hours (of a limit not yet known)"
    elif used.people_limit >= messaging_limit.UNLIMITED:
        people = f"{used.people_reached:,} people reached outside a window in 24 hours, without a limit"
    else:
        people = f"{used.people_reached:,} of {used.people_limit:,} people reached outside a window in 24 hours"
    cost = dollars(sum(each.micros for each in used.month), 4)
    return [f"Messages ({used.channel}): {replies}; {people}; {cost} this month."]
