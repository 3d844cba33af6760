"""What the hops of `ivy whatsapp probe` share: where it walks, what it learnt on the way, and how a vendor's no reads.

May import: findings, frame, the adapters.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import trio

from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.setup import Setup as Desk
from ivy.cli import frame
from ivy.cli.findings import Finding, State, missing
from ivy.cli.frame import Setup
from ivy.cli.shapes import OFFICIAL_WHATSAPP
from ivy.config import WhatsAppSection
from ivy.errors import OutcomeUnknown, VendorBusy, VendorError

if TYPE_CHECKING:
    import httpx2

META_SECONDS = 20.0


@dataclass(frozen=True)
class Wishes:
    """What was typed: whether to mend what can be mended from here, and how long to wait for a message (seconds)."""

    subscribe: bool = False
    pin: str = ""
    """Six digits: register the number with them, should it not be."""
    wait: float = 120.0


@dataclass
class Walk:
    """One walk along the hops. `meta` reaches the Graph API, `public` the address that Meta calls."""

    where: Setup
    meta: "httpx2.AsyncClient"
    public: "httpx2.AsyncClient"
    now: Callable[[], datetime]
    nonce: str
    """A text that nobody can have sent before."""
    wishes: Wishes = field(default_factory=Wishes)
    say: Callable[[str], None] = frame.note
    account: str = ""
    """The WhatsApp account: the configuration's, else the only one the token was made for."""
    app_id: str = ""
    phone: str = ""

    @property
    def section(self) -> WhatsAppSection:
        return self.where.config.whatsapp

    @property
    def is_official(self) -> bool:
        """Whether this is Meta itself, whose keys have a shape and whose servers reach public addresses only."""
        return OFFICIAL_WHATSAPP in self.section.base_url

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(self.section.app_secrets.reveal().split())

    @property
    def webhook(self) -> str:
        from ivy.domain.public_paths import WHATSAPP

        return f"{self.where.config.server.public_url.rstrip('/')}{WHATSAPP}"

    def graph(self, token: str = "") -> Graph:
        """Return the way to Meta with our token, or with another."""
        section = self.section
        given = token or section.token.reveal()
        return Graph(
            self.meta, base_url=section.base_url, version=section.version, token=given, app_secrets=self.secrets
        )

    def desk(self) -> Desk:
        return Desk(self.graph(), self.section.phone_number_id, self.account)


Hop = Callable[[Walk], Awaitable[list[Finding]]]
"""One step: what it found, in order. A finding that is MISSING ends the walk."""


async def within(hop: Hop, what: str, walk: Walk) -> list[Finding]:
    """Walk one hop of Meta's, and say a failure nobody foresaw in Meta's words."""
    try:
        with trio.fail_after(META_SECONDS):
            return await _again_if_broken_off(hop, walk)
    except trio.TooSlowError:
        return [
            missing(
                what, f"no answer from Meta in {META_SECONDS:.0f} s", "try again; metastatus.com says if it is down"
            )
        ]
    except VendorError as error:
        return [unforeseen(what, error)]


async def _again_if_broken_off(hop: Hop, walk: Walk) -> list[Finding]:
    """Walk a hop, and once more if the connection broke off: a kept one may have been closed while nothing was asked."""
    try:
        return await hop(walk)
    except OutcomeUnknown:
        return await hop(walk)


def unforeseen(what: str, error: VendorError) -> Finding:
    """Return a finding for an error that a hop has no better words for."""
    match error:
        case VendorBusy(after=timedelta() as wait) if wait > timedelta(minutes=1):
            return missing(what, error.reason, f"try again in {wait}")
        case VendorBusy() | OutcomeUnknown():
            return missing(what, error.reason, "see that this machine reaches Meta, and try again in a minute")
        case _:
            return missing(what, error.reason, "mend what Meta names, under Business settings or in the app")


def up_to_the_first_missing(findings: list[Finding]) -> list[Finding]:
    """Return findings up to the one to mend first: what comes behind it may be its fault."""
    for number, finding in enumerate(findings, start=1):
        if finding.state is State.MISSING:
            return findings[:number]
    return findings
