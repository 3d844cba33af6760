"""Keeps what was said to and by models with the row of what it cost. May import: the store and below."""

from datetime import datetime

from ivy.ports import Exchange, ModelRequest, ToolSpec, Usage
from ivy.store import exchanges, spending
from ivy.store.binding import Connection
from ivy.store.exchanges import Prefix, Sealed
from ivy.store.sealing import Sealer

MOST_PREFIXES = 16
"""There are as many as there are prompts; a hundred tools take a millisecond to encode."""


class ExchangeKeeper:
    """Makes exchanges ready to be kept. One for the whole daemon."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._prefixes: dict[tuple[str, int], tuple[tuple[ToolSpec, ...], Prefix]] = {}

    def seal(self, call_id: str, request: ModelRequest, exchange: Exchange) -> Sealed:
        """Return an exchange as it is kept."""
        return exchanges.seal(self._sealer, call_id, self._prefix(request), exchange)

    def _prefix(self, request: ModelRequest) -> Prefix:
        key = (request.system, id(request.tools))
        known = self._prefixes.get(key)
        if known is None:
            if len(self._prefixes) >= MOST_PREFIXES:
                self._prefixes.clear()
            # The tools are held, so that their id is nobody else's meanwhile.
            known = self._prefixes[key] = (request.tools, exchanges.prefix_of(request))
        return known[1]


def settle(
    connection: Connection,
    call_id: str,
    usage: Usage,
    said: Sealed | None,
    *,
    micros: int,
    latency_ms: int,
    request_id: str,
    now: datetime,
) -> None:
    """Write what a call used, and keep what was said in it."""
    spending.settle(connection, call_id, usage, micros=micros, latency_ms=latency_ms, request_id=request_id)
    if said is not None:
        exchanges.keep(connection, said, now=now)
