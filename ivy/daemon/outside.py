"""How the world is reached: what differs between a real process, a simulation and a test. May import: the domain, httpx2."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx2

from ivy.domain.clock_skew import Skew
from ivy.domain.envelopes import Envelope


@dataclass(frozen=True)
class Outside:
    """One HTTP client per vendor's name, or one for all."""

    http: httpx2.AsyncClient
    by_vendor: Mapping[str, httpx2.AsyncClient] = field(default_factory=dict[str, httpx2.AsyncClient])
    deliver_mail: Callable[[Envelope], None] | None = None
    """Takes a mail where no socket may be used; None: SMTP."""
    skew: Skew | None = None
    """Hears the dates of answers."""

    def client(self, vendor: str) -> httpx2.AsyncClient:
        return self.by_vendor.get(vendor, self.http)
