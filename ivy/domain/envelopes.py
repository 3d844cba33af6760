"""What is handed to a mail server, and what its answer means for the mail. May import: the ground.

Sources: RFC 5321 (4.2, replies; 4.5.3.2, time-outs), RFC 3463 and 5248 (enhanced codes), RFC 4954 (sign-in); Google's
"Gmail SMTP errors and codes" of 2026 for the ones that break the rules.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from ivy.errors import (
    OutcomeUnknown,
    RecipientGone,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
)

VENDOR = "mail"
TLS_WAYS = ("starttls", "tls", "none")
LONGEST_REASON = 200
COME_BACK_AFTER = timedelta(minutes=5)
"""A server that does not know a sender yet (greylisting) wants to be asked again, but not within some minutes."""
QUOTA_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Server:
    """Where mail is handed in. `tls` is starttls (port 587), tls (from the first byte, 465) or none."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Envelope:
    """One mail to one person, ready for the wire: checked addresses, CRLF line ends, ASCII only."""

    server: Server
    sender: str
    recipient: str
    content: bytes = field(repr=False)


class Step(Enum):
    """How far a conversation with a server came."""

    CONNECT = "connecting"
    HELLO = "EHLO"
    SECURE = "STARTTLS"
    SIGN_IN = "AUTH"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    CONTENT = "the mail"
    """All of the mail has left, the final dot too: without an answer nobody knows."""


class Failed(Exception):
    """A conversation that did not end in a 250: `code` is the server's answer to `step`, or 0 if there was none.

    `misfit` says that no answer was needed to know: a certificate that is not the host's, no STARTTLS on offer.
    """

    def __init__(self, step: Step, code: int = 0, text: str = "", *, misfit: bool = False) -> None:
        super().__init__(step, code, text, misfit)
        self.step = step
        self.code = code
        self.text = text
        self.misfit = misfit


_SIGNING_IN = frozenset({530, 534, 535, 538})
_BEFORE_THE_MAIL = (Step.CONNECT, Step.HELLO, Step.SECURE, Step.SIGN_IN)
_ENHANCED = re.compile(r"\s*[245]\.(\d{1,3}\.\d{1,3})\b")
_QUOTA = "4.5"
"""As in 550 5.4.5, "daily sending limit exceeded": a refusal that time mends."""
_NO_SUCH_PERSON = ("1.", "2.1")
"""5.1.x: no such mailbox or domain; 5.2.1: switched off. Others (full, too large, policy) say nothing of that kind."""
_OUR_ADDRESS = ("1.7", "1.8", "7.")
"""What in an answer to MAIL says that we may not send from this address."""


def meaning(failed: Failed) -> VendorError:
    """Return what a failed conversation means: surely not sent (busy), refused, nobody there, ours to mend, unknown."""
    step, code, enhanced = failed.step, failed.code, _enhanced(failed.text)
    reason = _reason(failed)
    if failed.misfit:
        return VendorMisconfigured(VENDOR, reason)
    if code // 100 == 4:
        slow = step in (Step.RECIPIENT, Step.CONTENT) and code != 421
        return VendorBusy(VENDOR, reason, after=COME_BACK_AFTER if slow else None, throttled=slow)
    if code // 100 != 5:  # no answer, or none that means anything
        return OutcomeUnknown(VENDOR, reason) if step is Step.CONTENT else VendorBusy(VENDOR, reason)
    if code in _SIGNING_IN or step in _BEFORE_THE_MAIL:
        return VendorMisconfigured(VENDOR, reason)
    if enhanced == _QUOTA:
        return VendorBusy(VENDOR, reason, after=QUOTA_AFTER, throttled=True)
    if step is Step.SENDER and (code == 553 or enhanced.startswith(_OUR_ADDRESS)):
        return VendorMisconfigured(VENDOR, reason)
    if step is Step.RECIPIENT and "relay" in failed.text.lower():  # it takes our mail for its own people only
        return VendorMisconfigured(VENDOR, reason)
    if enhanced.startswith(_NO_SUCH_PERSON) and step in (Step.RECIPIENT, Step.CONTENT):
        return RecipientGone(VENDOR, reason, code=str(code))
    if step is Step.RECIPIENT and not enhanced:
        return RecipientGone(VENDOR, reason, code=str(code))
    return VendorRefused(VENDOR, reason, code=str(code))


def _enhanced(text: str) -> str:
    found = _ENHANCED.match(text)
    return found[1] if found else ""


def _reason(failed: Failed) -> str:
    words = " ".join("".join(c if c.isprintable() else " " for c in failed.text).split())[:LONGEST_REASON]
    if failed.code:
        return f"{failed.step.value} was answered {failed.code} {words}".rstrip()
    return f"{failed.step.value}: {words or 'no answer'}"
