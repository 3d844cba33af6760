"""Alerts that stand as long as their cause is seen, each of their changes told in the log. May import: the store and below."""

from datetime import datetime

from ivy import log
from ivy.domain.advice import Advice
from ivy.store import alerts
from ivy.store.binding import Connection

logger = log.get(__name__)


def hold(connection: Connection, advice: Advice, at: datetime, now: datetime) -> None:
    """Keep an alert up for as long as its cause is seen; `at`: when the cause was last known to be there."""
    if alerts.raise_alert(connection, advice, at=at, now=now, again=False):
        logger.warning("alert %s: %s %s", advice.severity, advice.title, advice.advice)


def clear(connection: Connection, key: str, now: datetime) -> None:
    """End an alert whose cause is gone, if it stands."""
    if alerts.resolve(connection, key, at=now, now=now):
        logger.warning("alert over: %s", key)
