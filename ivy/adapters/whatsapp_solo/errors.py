"""The agent platform's error codes as data, and what each means for a message. May import: ports and below.

Source: WhatsApp Agent Platform, developer manual v1 of 2026-08-25, as others quote it. The `type` of its error objects
says nothing; code, HTTP status and what was asked for decide together.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from ivy.adapters.client import retry_after
from ivy.adapters.meanings import Meaning, busy, error_of, gone, mend, refused
from ivy.errors import OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured
from ivy.ports import Disposition

VENDOR = "solo"
LOCAL = "local"
"""The code of what was refused before it left."""
A_MINUTE = timedelta(minutes=1)
WRONG_KEY = "the agent's API key is not valid: WhatsApp was uninstalled, or the key was made anew"
POLL_REPLACED = 1752041
PARAMETER = 100
"""For a key that is there and wrong, and for a file that nobody knows: what was asked for tells which."""
_KEY = (0, 190)

MEANINGS: Mapping[int, Meaning] = {
    2: busy("an error inside the platform"),
    PARAMETER: refused("what was asked for is not known"),
    130429: busy("more requests than the platform takes in a minute", minutes=1),
    131005: gone("the agent may write to nobody but who made it"),
    131009: refused("a field, the recipient or the type is not valid"),
    131016: busy("the platform did not take it", seconds=10),
    131053: refused("the file is too large, or of a type that is not taken"),
    POLL_REPLACED: busy("another program polls with the same key"),
}
_UNKNOWN = refused("an error that Ivy does not know", operator=True)


def meaning(code: int) -> Meaning:
    """Return what a code means; one that nobody knows is a refusal."""
    return mend(WRONG_KEY) if code in _KEY else MEANINGS.get(code, _UNKNOWN)


def classify(code: int) -> Disposition:
    """Return what to do about a code."""
    return meaning(code).disposition


class _Error(msgspec.Struct, frozen=True):
    code: int
    message: Any = ""
    error_data: Any = None

    @property
    def details(self) -> str:
        match self.error_data, self.message:
            case ({"details": str(details)}, _) | (_, str(details)):
                return details
            case _:
                return ""


class _Failed(msgspec.Struct, frozen=True):
    error: _Error


def complaint(status: int, content: bytes, headers: Mapping[str, str], *, key_works: bool) -> VendorError | None:
    """Return what an answer complains of, or None if it does not.

    `key_works`: it was valid a moment ago, or a file was asked for, so that 100 is about what was asked for.
    Only the platform's own error object below 500, and "not taken", are a clean no. Anything else that is no 200 or 204
    may stand between us and a message that was sent.
    """
    if status in (200, 204):
        return None
    if 300 <= status <= 399:
        return VendorMisconfigured(VENDOR, f"answered with a redirect ({status}): check solo.base_url")
    try:
        failed = msgspec.json.decode(content, type=_Failed, strict=False).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        failed = None
    if status == 401 or (failed is not None and _blames_the_key(failed.code, key_works=key_works)):
        return VendorMisconfigured(VENDOR, f"{WRONG_KEY} (HTTP {status})")
    if status == 429:
        return VendorBusy(VENDOR, "too many requests (429)", after=retry_after(headers) or A_MINUTE, throttled=True)
    if failed is None or (status >= 500 and failed.code != 131016):
        return OutcomeUnknown(VENDOR, f"HTTP {status}")
    known = meaning(failed.code)
    reason = f"{known.text} ({failed.code})" + (f": {failed.details}" if failed.details else "")
    if failed.code == POLL_REPLACED:
        return VendorBusy(VENDOR, reason, conflict=True)
    return error_of(VENDOR, known, failed.code, reason, headers, throttled=failed.code == 130429)


def _blames_the_key(code: int, *, key_works: bool) -> bool:
    return code in _KEY or (code == PARAMETER and not key_works)
