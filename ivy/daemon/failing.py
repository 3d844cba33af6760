"""What a vendor's failure does to its breaker, whoever met it. May import: the store and below."""

from datetime import datetime, timedelta

from ivy import log
from ivy.config import Config
from ivy.daemon.context import Context
from ivy.domain.breaker import BreakerPolicy
from ivy.errors import VendorBusy, VendorError
from ivy.store import breakers
from ivy.store.binding import Connection

logger = log.get(__name__)
TRANSCRIPTION = "transcription"
EMBEDDER = "embedder"
"""How those are called among the dependencies who are neither a channel nor a model."""


def policy_of(config: Config) -> BreakerPolicy:
    """Return how every breaker behaves, as it is configured."""
    found = config.breakers
    return BreakerPolicy(
        found.failures,
        timedelta(seconds=found.rest_seconds),
        timedelta(seconds=found.ceiling_seconds),
        timedelta(seconds=config.retry.pause_seconds),
        timedelta(seconds=found.key_seconds),
    )


def count(
    connection: Connection, vendor: str, error: VendorError, began: datetime, context: Context
) -> datetime | None:
    """Count one failure of a request that left at `began`; return until when its vendor is left alone, if it is."""
    if isinstance(error, VendorBusy) and error.throttled:  # it is well, and its own job comes again when it is told to
        return None
    was_open = breakers.load(connection, vendor).opened_at is not None
    until = breakers.failed(connection, vendor, error, policy_of(context.config), now=context.clock.now(), began=began)
    if until is not None and not was_open:
        logger.error("%s is left alone until %s: %s", vendor, until, error.reason)
    return until
