"""What hearing recordings costs: reserved before, settled after, never over the cap. May import: spending, binding."""

from datetime import datetime

from ivy.store import spending, switches
from ivy.store.binding import Connection


def reserve(
    connection: Connection,
    entry_id: str,
    *,
    vendor: str,
    model: str,
    user_id: str,
    micros: int,
    cap_micros: int,
    now: datetime,
) -> None:
    """Set money aside for one attempt at hearing. Raises: CapReached, and then nobody may listen."""
    if switches.value(connection, "spend") == "block":
        raise spending.CapReached("Spending is blocked by `ivy switch spend block`.")
    if spending.spent_on(connection, spending.utc_day(now)) + micros > cap_micros:
        raise spending.CapReached(f"The daily cap of ${cap_micros / 1e6:.2f} is reached.")
    spending.charge(
        connection,
        entry_id,
        kind="transcription",
        provider=vendor,
        model=model,
        user_id=user_id,
        micros=micros,
        state="reserved",
        now=now,
    )


def settle(connection: Connection, entry_id: str, *, micros: int | None) -> None:
    """Put what an attempt really cost in the place of its reservation; None if that will never be known."""
    connection.execute(
        "UPDATE cost_ledger SET amount_micros = coalesce(?, amount_micros), state = 'settled' WHERE id = ?",
        (micros, entry_id),
    )
