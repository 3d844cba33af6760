"""Twilio's error codes as data, and what each means for a message. May import: ports and below.

Source: Twilio "Error and warning dictionary", 2026-11; reference voice.md 9.5. Those from 20001 come in an answer, those
from 30001 in a status. Twilio splits old codes into new ones now and then: one that nobody knows is a refusal.
"""

from collections.abc import Mapping

from ivy.adapters.client import retry_after
from ivy.adapters.meanings import Meaning, busy, error_of, gone, mend, refused
from ivy.errors import VendorBusy, VendorError, VendorMisconfigured
from ivy.ports import Disposition

VENDOR = "sms"
OPTED_OUT = 21610
"""The person said STOP to this sender; only their own START lifts it."""
LOCAL = "local"
"""The code of what was refused before it left."""


def meaning(code: int) -> Meaning:
    """Return what a code means; one that nobody knows is a refusal."""
    return MEANINGS.get(code, _UNKNOWN)


def classify(code: int) -> Disposition:
    """Return what to do about a code, in an answer or in a status alike."""
    return meaning(code).disposition


def error_for(status: int, code: int, details: str, headers: Mapping[str, str]) -> VendorError:
    """Return the error for one of Twilio's error objects. Header names in lower case, or of a case-blind mapping."""
    known = meaning(code)
    # On bad credentials Twilio has nothing to add, and might quote them.
    reason = f"{known.text} ({code})" + (f": {details}" if details and code != 20003 else "")
    if status == 429:
        return VendorBusy(VENDOR, reason, after=retry_after(headers) or known.wait, throttled=True)
    if status in (401, 403) and known is _UNKNOWN:
        return VendorMisconfigured(VENDOR, reason)
    return error_of(VENDOR, known, code, reason, headers, throttled=code in _THROTTLED)


_UNKNOWN = refused("an error that Ivy does not know", operator=True)
_THROTTLED = frozenset({14107, 20429, 21611, 30022, 30023, 63038})

MEANINGS: Mapping[int, Meaning] = {
    # What is about one recipient is a refusal, however much the operator could mend: the others are written to on.
    10001: mend("the account is not active"),
    14107: busy("too many messages at once", minutes=1),
    20001: refused("Twilio could not read the request"),
    20003: mend("the account SID or the Auth Token is wrong, or the account is suspended"),
    20005: mend("the account is not active"),
    20006: mend("the account may not do this"),
    20008: mend("these are test credentials"),
    20403: mend("the account may not do this"),
    20404: mend("there is no such account: check the account SID and the base URL"),
    20429: busy("too many requests", minutes=1),
    21211: gone("the number is not valid"),
    21212: mend("the sender is not valid"),
    21217: gone("the number is not valid"),
    21265: gone("a short code cannot be written to"),
    21266: refused("the sender and the recipient are the same"),
    21267: mend("a trial account cannot send under a name"),
    21408: refused("the account may not send to this country: allow it under geo permissions", operator=True),
    21601: mend("the sender cannot send SMS"),
    21602: refused("the text is empty"),
    21603: mend("there is no sender"),
    21604: refused("there is no recipient"),
    21605: refused("the text is longer than 1,600 characters"),
    21606: mend("the sender cannot send SMS to this recipient"),
    21607: mend("the sender is not a number of this account"),
    21608: refused("a trial account may write to verified numbers only", operator=True),
    21609: mend("the address for status callbacks is not valid: check public_url"),
    21610: gone("the person has opted out of SMS"),
    21611: busy("too many messages wait behind this sender", minutes=10),
    21612: refused("no route from this sender to this recipient", operator=True),
    21614: gone("the number is not a mobile"),
    21616: mend("the sender is ambiguous"),
    21617: refused("the text is longer than 1,600 characters"),
    21619: refused("the text is empty"),
    21623: refused("too many files"),
    21624: mend("the validity period is not valid"),
    21635: gone("the number is a landline"),
    21659: mend("the sender is not a number of Twilio's"),
    21660: mend("the sender belongs to another account"),
    21661: mend("the sender cannot send SMS"),
    21701: mend("there is no such messaging service"),
    21703: mend("the messaging service has no numbers"),
    21704: mend("the messaging service has no numbers"),
    21705: mend("there is no such messaging service"),
    30001: busy("too many messages wait behind this sender", minutes=10),
    30002: mend("the account is suspended"),
    30003: busy("the handset cannot be reached", minutes=45),
    30004: gone("the person or their carrier blocks these messages"),
    30005: gone("the number is unknown or no longer in use"),
    30006: gone("the number is a landline, or its carrier cannot be reached"),
    30007: refused("the carrier filtered the text as spam: change its words", operator=True),
    30008: busy("the carrier gave no reason", minutes=2),
    30009: busy("a part of the message got lost", minutes=2),
    30010: refused("the message costs more than it may"),
    30011: refused("files cannot be sent to this number"),
    30017: busy("the carrier is congested", minutes=10),
    30018: mend("this country wants senders to be registered first"),
    30019: refused("the message is too large for the carrier"),
    30022: busy("over the rate that American carriers allow this campaign", minutes=10),
    30023: busy("over what American carriers allow this brand in a day", hours=12),
    30024: mend("the carrier does not take this sender"),
    30032: mend("the toll-free number is not verified"),
    30033: mend("the campaign is suspended"),
    30034: mend("the American number is not registered (A2P 10DLC)"),
    30035: busy("the number is still being set up", hours=1),
    30036: refused("it could not be sent in time, and would have come too late"),
    30038: refused("the carrier took the text for a one-time password", operator=True),
    30039: refused("Twilio stopped a loop of messages", operator=True),
    30040: mend("the carrier does not know this sender: register it"),
    30450: refused("Twilio blocks this country against fraud: allow it, or write by another channel", operator=True),
    63038: busy("over the account's daily limit of messages", hours=12),
}
