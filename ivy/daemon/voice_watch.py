"""Tells the operator when calls sound badly for days, and what to change. May import: the store and below."""

from datetime import datetime

from ivy import log
from ivy.domain.advice import Advice, Severity
from ivy.domain.runbook import AlertKind
from ivy.store import alerts, voice_quality
from ivy.store.binding import Connection

logger = log.get(__name__)
KEY = AlertKind.VOICE.of("quality")
MEND = (
    "Listen to some of them (`ivy calls list`, `ivy calls show`), then try a faster model, another voice or another"
    " provider of calls: docs/runbook/calls-fail.md says how."
)


def watch(connection: Connection, now: datetime) -> None:
    """Open the alert while a threshold is passed, and end it when none is."""
    complaints = voice_quality.of_last_days(connection, now=now).complaints
    if not complaints:
        if alerts.resolve(connection, KEY, at=now, now=now):
            logger.warning("alert over: %s", KEY)
        return
    told = f"Calls of the last {voice_quality.LOOKED_BACK.days} days sound badly: {'; '.join(complaints)}."
    if alerts.raise_alert(connection, Advice(Severity.WARNING, KEY, told, MEND), at=now, now=now, again=False):
        logger.warning("alert %s: %s", KEY, told)
