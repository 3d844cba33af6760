"""Meta's error codes as data, and what each means for a message. May import: ports and below.

Source: Cloud API "Error codes". The same code comes in an answer, in a `failed` status, or in both; the HTTP status
says little.
"""

from collections.abc import Mapping

from ivy.adapters.client import retry_after
from ivy.adapters.meanings import Meaning, busy, error_of, gone, mend, refused
from ivy.errors import VendorBusy, VendorError
from ivy.ports import Disposition

VENDOR = "whatsapp"


def meaning(code: int) -> Meaning:
    """Return what a code means; one that nobody knows is a refusal."""
    if known := MEANINGS.get(code):
        return known
    return _PERMISSION if 200 <= code <= 299 else _UNKNOWN


def classify(code: int) -> Disposition:
    """Return what to do about a code, in an answer or in a `failed` status alike."""
    return meaning(code).disposition


def error_for(status: int, code: int, details: str, headers: Mapping[str, str]) -> VendorError:
    """Return the error for one of Meta's error objects. Header names in lower case, or of a case-blind mapping.

    `status` counts only for a code that nobody knows: 429 always asks for a pause. A `failed` status has status 0.
    """
    known = meaning(code)
    # Meta's own words on a bad token may quote the token.
    reason = f"{known.text} ({code})" + (f": {details}" if details and code not in (0, 190) else "")
    if status == 429 and known is _UNKNOWN:
        return VendorBusy(VENDOR, reason, after=retry_after(headers), throttled=True)
    return error_of(VENDOR, known, code, reason, headers, throttled=code in _THROTTLED or status == 429)


_UNKNOWN = refused("an error that is not in the list", operator=True)
_PERMISSION = mend("a permission is missing")
_THROTTLED = frozenset({4, 80007, 130429, 131049, 131056, 133016})
"""Codes by which a healthy Meta asks for a pause."""

MEANINGS: dict[int, Meaning] = {
    0: mend("the token is not valid"),
    1: busy("unknown error at Meta"),
    2: busy("the service is down"),
    3: mend("the app lacks the capability"),
    4: busy("too many calls by this app", minutes=2),
    10: mend("a permission is missing, or the asset is not assigned to the system user"),
    33: mend("the phone number id does not exist or was deleted"),
    100: refused("a parameter is wrong or missing"),
    190: mend("the token has expired or is not valid"),
    368: mend("the account is blocked for a while for breaking a policy"),
    80007: busy("too many calls for this WhatsApp Business account", minutes=2),
    130429: busy("too many messages a second from this number", seconds=5),
    130472: refused("the person is in an experiment of Meta"),
    130497: gone("the account may not write to this country"),
    131000: busy("something went wrong at Meta"),
    131005: mend("access denied"),
    131008: refused("a parameter is missing"),
    131009: refused("a parameter is not valid"),
    131016: busy("the service is overloaded"),
    131021: refused("sender and recipient are the same"),
    131026: gone("undeliverable: not on WhatsApp, an old app, or its terms not accepted"),
    131030: refused("the recipient is not on the test number's list"),
    131031: mend("the account is locked"),
    131037: mend("the number's display name is not approved"),
    131042: mend("a payment problem: replies stop until it is mended"),
    131044: mend("a payment method is missing"),
    131045: mend("the number is not registered properly"),
    131047: Meaning("more than 24 hours since the person's last message", Disposition.WINDOW_CLOSED),
    131048: mend("held back as spam: quality is low"),
    131049: busy("Meta withheld it for the person's sake", hours=24),
    131050: gone("the person stopped this kind of message"),
    131051: refused("this type of message is not supported"),
    131052: refused("what the person sent could not be fetched"),
    131053: refused("the media could not be processed"),
    131056: busy("too many messages to this person", seconds=6),
    131057: busy("the account is being maintained", minutes=5),
    131059: refused("the paging cursor is not valid"),
    131062: refused("this message needs a telephone number"),
    131063: refused("marketing templates are switched off here", operator=True),
    131064: refused("a limit after templates in the wrong category", operator=True),
    132000: refused("the number of template parameters differs"),
    132001: refused("no such approved template in this language", operator=True),
    132005: refused("the text is too long with its parameters"),
    132007: refused("the template breaks a policy", operator=True),
    132008: refused("a template parameter has the wrong form"),
    132012: refused("a template parameter has the wrong form"),
    132015: refused("the template is paused for its quality", operator=True),
    132016: refused("the template is disabled for its quality", operator=True),
    132018: refused("a template parameter has the wrong form"),
    132068: refused("the flow is blocked", operator=True),
    132069: refused("the flow is throttled", operator=True),
    133000: busy("an earlier deregistration did not finish", minutes=5),
    133004: busy("the server is not available"),
    133005: mend("the two-step PIN is wrong"),
    133006: mend("the number must be verified first"),
    133008: mend("too many wrong PINs"),
    133009: mend("the PIN was entered too fast"),
    133010: mend("the number is not registered"),
    133015: busy("the number was deleted a moment ago", minutes=5),
    133016: busy("registered too often", hours=72),
    134100: refused("not a marketing template"),
    134101: busy("the template is still being prepared", minutes=10),
    134102: refused("the template is not available here"),
    135000: refused("Meta could not read the request"),
    137000: refused("the person's identity changed: ask them again"),
    138001: refused("this person cannot be called"),
    138002: busy("too many calls at once", minutes=1),
    138003: refused("a call to this person is under way"),
    138006: refused("the person has not allowed calls"),
    138009: refused("asked too often for permission to call"),
    138012: refused("called too often today"),
    138013: refused("asked too often about the permission to call"),
    139000: refused("flows are blocked for this account", operator=True),
    139001: refused("the flow cannot be changed"),
    139002: refused("the flow cannot be published"),
    139003: refused("the flow cannot be retired"),
    139004: refused("the flow cannot be deleted"),
    139005: refused("the flow was refused"),
    139006: refused("the flow was refused"),
    139100: refused("the block list was not changed"),
    139101: refused("the block list was not changed"),
    139102: refused("the block list was not changed"),
    139103: refused("the block list was not changed"),
    139200: refused("not fit to be sent without a template"),
    147001: refused("the username is refused"),
    147002: refused("the username is refused"),
    147003: refused("the username is refused"),
    147004: refused("the username is refused"),
    147005: refused("the username is refused"),
    2388019: refused("the account has as many templates as it may"),
    2388040: refused("a field of the template is too long"),
    2388047: refused("the template has the wrong form"),
    2388072: refused("the template has the wrong form"),
    2388073: refused("the template has the wrong form"),
    2388293: refused("too many variables for the length of the template"),
    2388299: refused("a template may not begin or end with a variable"),
    2388318: refused("not fit to be sent without a template"),
    2388330: refused("not fit to be sent without a template"),
}
