"""What a vendor's failure does to its breaker, whoever met it. May import: the store and below."""

from datetime import datetime, timedelta

from ivy import log
from ivy.daemon.context import Context
from ivy.domain.breaker import BreakerPolicy, after_failure
from ivy.errors import VendorBusy, VendorError, VendorMisconfigured
from ivy.store import breakers
from ivy.store.binding import Connection

logger = log.get(__name__)


def count(
    connection: Connection, vendor: str, error: VendorError, began: datetime, context: Context
) -> datetime | None:
    """Count one failure of a request that left at `began`; return until when its vendor is left alone, if it is."""
    if isinstance(error, VendorBusy) and error.throttled:  # it is well, and asks for a pause
        return None
    now, rest = context.clock.now(), None
    if isinstance(error, VendorMisconfigured):
        rest = timedelta(seconds=context.config.retry.pause_seconds)
    before = breakers.load(connection, vendor)
    after = after_failure(before, BreakerPolicy(), error.reason, now, rest=rest, began=began)
    breakers.save(connection, vendor, after)
    if after.opened_at is not None and before.opened_at is None:
        logger.error("%s is left alone until %s: %s", vendor, after.until, error.reason)
    return after.until
