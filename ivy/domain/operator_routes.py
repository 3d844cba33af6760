"""The ways to the operator: which there are, when they rest, how soon one that failed is tried again.

May import: config, the domain.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from ivy.config import OperatorSection
from ivy.domain.phones import NotAPhone, e164
from ivy.domain.runbook import AlertKind, Key
from ivy.domain.schedule import UnknownZone, zone
from ivy.domain.windows import QuietHours, quiet_until
from ivy.errors import ConfigError


class Route(StrEnum):
    MAIL = "mail"
    WHATSAPP = "whatsapp"
    WEBHOOK = "webhook"


GATHER = timedelta(seconds=20)
"""Trouble seldom comes alone: what is told waits for so long for the rest of it."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=5)
UNDELIVERED_WAIT = timedelta(hours=1)
"""What Meta takes and cannot deliver is not sent again and again: that costs a number its quality."""


def not_told(route: Route) -> Key:
    """Return the key of the alert that a way does not work: the other ways tell it."""
    return AlertKind.NOT_TOLD.of(route)


def named(section: OperatorSection) -> tuple[Route, ...]:
    """Return the ways that the configuration names."""
    given = {Route.MAIL: section.mail, Route.WHATSAPP: section.whatsapp, Route.WEBHOOK: section.webhook_url}
    return tuple(route for route, where in given.items() if where)


def wait_after(failing_for: timedelta, longest: timedelta = LONGEST_WAIT) -> timedelta:
    """Return how long a way that has failed for so long is left alone: twice as long each time, up to `longest`."""
    return min(max(failing_for, FIRST_WAIT), longest)


def rests_until(section: OperatorSection, now: datetime) -> datetime | None:
    """Return when the operator's quiet hours around `now` end; None outside of them."""
    return quiet_until(_quiet(section), section.zone, now)


def _quiet(section: OperatorSection) -> QuietHours | None:
    if not section.quiet_from or not section.quiet_until:
        return None
    return QuietHours(time.fromisoformat(section.quiet_from), time.fromisoformat(section.quiet_until))


def check(section: OperatorSection) -> None:
    """Raise ConfigError for what cannot be meant."""
    try:
        quiet = _quiet(section)
        if quiet is not None and (quiet.start.tzinfo or quiet.end.tzinfo):
            raise ValueError  # the zone is operator.zone
    except ValueError:
        raise ConfigError("operator.quiet_from and operator.quiet_until are times of the day, such as 22:00.") from None
    if bool(section.quiet_from) is not bool(section.quiet_until):
        raise ConfigError("operator.quiet_from and operator.quiet_until belong together: give both, or neither.")
    try:
        zone(section.zone)
    except UnknownZone as error:
        raise ConfigError(f"operator.zone: {error}") from None
    if section.whatsapp and not _is_phone(section.whatsapp):
        raise ConfigError("operator.whatsapp is no phone number in E.164, such as +12025550143.")
    for key in ("webhook_url", "heartbeat_url"):
        url = getattr(section, key)
        if url and not is_safe(url):
            raise ConfigError(f"operator.{key} must be an https address, or http on this machine.")
    if section.webhook_url and not section.webhook_secret:
        raise ConfigError("operator.webhook_secret_file is missing: without it nobody can tell that an alert is ours.")


def _is_phone(text: str) -> bool:
    try:
        return e164(text) == text
    except NotAPhone:
        return False


def is_safe(url: str) -> bool:
    """Say whether an address may be told of alerts: nobody on the way reads them."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
