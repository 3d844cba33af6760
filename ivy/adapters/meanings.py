"""What a vendor's error code means for a message, in the form that all lists of codes share. May import: ports and below."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ivy.adapters.client import retry_after
from ivy.errors import RecipientGone, VendorBusy, VendorError, VendorMisconfigured, VendorRefused, WindowClosed
from ivy.ports import Disposition


@dataclass(frozen=True)
class Meaning:
    """One error code. `operator` asks for an alert even where only this message fails."""

    text: str
    disposition: Disposition
    wait: timedelta | None = None
    operator: bool = False


def refused(text: str, *, operator: bool = False) -> Meaning:
    return Meaning(text, Disposition.REFUSED, operator=operator)


def busy(text: str, **wait: float) -> Meaning:
    """`wait` is how long the vendor wants to be left alone where its answer does not say, as `timedelta` takes it."""
    return Meaning(text, Disposition.BUSY, wait=timedelta(**wait) if wait else None)


def gone(text: str) -> Meaning:
    return Meaning(text, Disposition.GONE)


def mend(text: str) -> Meaning:
    return Meaning(text, Disposition.CONFIGURATION, operator=True)


def error_of(
    vendor: str, known: Meaning, code: int, reason: str, headers: Mapping[str, str], *, throttled: bool = False
) -> VendorError:
    """Return the error that a code stands for. Header names in lower case, or of a case-blind mapping."""
    match known.disposition:
        case Disposition.BUSY:
            return VendorBusy(vendor, reason, after=retry_after(headers) or known.wait, throttled=throttled)
        case Disposition.WINDOW_CLOSED:
            return WindowClosed(vendor, reason, code=str(code))
        case Disposition.GONE:
            return RecipientGone(vendor, reason, code=str(code))
        case Disposition.CONFIGURATION:
            return VendorMisconfigured(vendor, reason)
        case Disposition.REFUSED:
            return VendorRefused(vendor, reason, code=str(code))
