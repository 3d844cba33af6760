"""Tells the operator when calls sound badly for days, and what to change. May import: the store and below."""

from datetime import datetime

from ivy.daemon import alarms
from ivy.domain.advice import Advice, Severity
from ivy.domain.runbook import AlertKind
from ivy.store import voice_quality
from ivy.store.binding import Connection

KEY = AlertKind.VOICE.of("quality")
MEND = (
    "Listen to some of them (`ivy calls list`, `ivy calls show`), then try a faster model, another voice or another"
    " provider of calls: docs/runbook/calls-fail.md says how."
)


def watch(connection: Connection, now: datetime) -> None:
    """Open the alert while a threshold is passed, and end it when none is."""
    complaints = voice_quality.of_last_days(connection, now=now).complaints
    if not complaints:
        alarms.clear(connection, KEY, now)
        return
    told = f"Calls of the last {voice_quality.LOOKED_BACK.days} days sound badly: {'; '.join(complaints)}."
    alarms.hold(connection, Advice(Severity.WARNING, KEY, told, MEND), now, now)
