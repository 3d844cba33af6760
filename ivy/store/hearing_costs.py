"""What hearing recordings costs: reserved before, settled after, never over the cap. May import: spending, binding."""

from datetime import datetime

from ivy.domain.spend_caps import Sums
from ivy.store import spending
from ivy.store.binding import Connection
from ivy.store.spending import Reserved


def reserve(
    connection: Connection,
    entry_id: str,
    *,
    vendor: str,
    model: str,
    user_id: str,
    micros: int,
    caps: Sums,
    now: datetime,
) -> Reserved:
    """Set money aside for one attempt at hearing. Raises: CapReached, and then nobody may listen."""
    return spending.set_aside(
        connection,
        entry_id,
        kind="transcription",
        provider=vendor,
        model=model,
        user_id=user_id,
        micros=micros,
        caps=caps,
        now=now,
    )


def settle(connection: Connection, entry_id: str, *, micros: int | None) -> None:
    """Put what an attempt really cost in the place of its reservation; None if that will never be known."""
    spending.close(connection, entry_id, micros)
