"""Which of Meta's error codes are the operator's to mend, and how. May import: advice, runbook.

Source: Cloud API "Error codes". A code comes as an error of a whole update (`read`), or with one message that failed
(`of_code`): most of those concern that message alone, and then there is no advice.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ivy.domain.advice import A_WEEK, Advice, Severity, word
from ivy.domain.runbook import AlertKind

Details = Mapping[str, Any]

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
SENDING = "sending:"
"""Keys of faults that stop every message: one that is delivered later proves that they are over."""
BRIEF = timedelta(hours=1)
A_DAY = timedelta(days=1)

_RESUME = "then `ivy switch channel.whatsapp on`"
_TOKEN = Advice(
    CRITICAL, AlertKind.SENDING_TOKEN.of(), "Meta refuses the token: nothing is sent.",
    f"Make a new token for the system user, put it where whatsapp.token comes from, {_RESUME}.",
)  # fmt: skip
_PERMISSION = Advice(
    CRITICAL, AlertKind.SENDING_PERMISSION.of(), "A permission is missing: nothing is sent.",
    f"Assign the app and the WhatsApp account to the system user with both whatsapp_business scopes, {_RESUME}.",
)  # fmt: skip
_PAYMENT = Advice(
    CRITICAL, AlertKind.SENDING_PAYMENT.of(), "Meta cannot charge the account: messages are not delivered.",
    f"Put a valid payment method on the WhatsApp account in Meta's billing settings, {_RESUME}.",
)  # fmt: skip
_LOCKED = Advice(
    CRITICAL, AlertKind.SENDING_LOCKED.of(), "The account is locked: nothing is sent.",
    "Appeal in Meta's Business Support Home, and let SMS or mail carry the messages meanwhile.",
)  # fmt: skip
_BLOCKED = Advice(
    CRITICAL, AlertKind.SENDING_BLOCKED.of(), "Meta blocks the account for a while for breaking a policy.",
    "Read the reason in Meta's Business Support Home, and send nothing that nobody asked for meanwhile.",
)  # fmt: skip
_NUMBER = Advice(
    CRITICAL, AlertKind.SENDING_NUMBER.of(), "Meta does not know the number: nothing is sent.",
    f"Put the right whatsapp.phone_number_id into ivy.toml and restart the daemon, {_RESUME}.",
)  # fmt: skip
_REGISTRATION = Advice(
    CRITICAL, AlertKind.SENDING_REGISTRATION.of(), "The number is not registered properly: nothing is sent.",
    f"Register the number again with its six-digit PIN, {_RESUME}.",
)  # fmt: skip
_NAME = Advice(
    CRITICAL, AlertKind.SENDING_NAME.of(), "The number's display name is not approved: nothing is sent.",
    f"Ask for an approved name in WhatsApp Manager, {_RESUME}.",
)  # fmt: skip
_SPAM = Advice(
    CRITICAL, AlertKind.SENDING_SPAM.of(), "Meta holds messages back as spam: the quality of the number is low.",
    "Send nothing that nobody asked for until the quality is better: more attempts end in a ban.",
)  # fmt: skip
_TEMPLATE = Advice(
    WARNING, AlertKind.CODE_TEMPLATE.of(), "A template could not be sent: it is not approved, or paused.",
    "See its state with `ivy whatsapp templates`.", lasts=A_DAY,
)  # fmt: skip
_TEMPLATE_POLICY = Advice(
    WARNING, AlertKind.CODE_TEMPLATE_POLICY.of(), "A template's words break a policy of Meta.",
    "Reword it under another name with `ivy whatsapp templates`.", lasts=A_DAY,
)  # fmt: skip
_MISFILED = Advice(
    WARNING, AlertKind.CODE_MISFILED.of(), "Meta limits templates after some were in the wrong category.",
    "File them under the category that Meta names, with `ivy whatsapp templates`.", lasts=A_WEEK,
)  # fmt: skip
_NO_MARKETING = Advice(
    WARNING, AlertKind.CODE_MARKETING.of(), "Marketing templates are switched off for this account.",
    "Keep templates to what people asked for: Ivy needs no marketing.", lasts=A_WEEK,
)  # fmt: skip
_FLOW = Advice(
    WARNING, AlertKind.CODE_FLOW.of(), "A form could not be sent: it is blocked or throttled.",
    "Mend it with `ivy whatsapp flows`, and `ivy switch flows off` meanwhile.", lasts=A_DAY,
)  # fmt: skip

OPERATORS: Mapping[int, Advice] = {
    0: _TOKEN, 190: _TOKEN,
    3: _PERMISSION, 10: _PERMISSION, 131005: _PERMISSION,
    33: _NUMBER,
    368: _BLOCKED,
    131031: _LOCKED,
    131037: _NAME,
    131042: _PAYMENT, 131044: _PAYMENT,
    131045: _REGISTRATION, 133005: _REGISTRATION, 133006: _REGISTRATION, 133008: _REGISTRATION, 133009: _REGISTRATION,
    133010: _REGISTRATION,
    131048: _SPAM,
    131063: _NO_MARKETING, 131064: _MISFILED,
    132001: _TEMPLATE, 132007: _TEMPLATE_POLICY, 132015: _TEMPLATE, 132016: _TEMPLATE,
    132068: _FLOW, 132069: _FLOW, 139000: _FLOW,
}  # fmt: skip
"""What concerns more than the one message it came with."""

_BUSY = Advice(
    INFO, AlertKind.CODE.of("throttled"), "Meta asks for a slower pace.",
    "Nothing needs to be done: Ivy waits and tries again by itself.", lasts=BRIEF,
)  # fmt: skip
_TROUBLE = Advice(
    WARNING, AlertKind.CODE.of("vendor"), "Meta has trouble of its own.",
    "Nothing needs to be done: Ivy tries again by itself; Meta's status page tells more.", lasts=BRIEF,
)  # fmt: skip
_OF_THE_UPDATE: Mapping[int, Advice] = {
    **dict.fromkeys((4, 80007, 130429, 131049, 131056, 133015, 133016, 134101), _BUSY),
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133000, 133004), _TROUBLE),
}


def of_code(code: int) -> Advice | None:
    """Return what an operator should do about a code that came with one message; None when it concerns that one only."""
    return _PERMISSION if 200 <= code <= 299 else OPERATORS.get(code)


def passes(code: int) -> bool:
    """Say whether what a code tells of is over by itself: Meta's own trouble, or its wish for a pause."""
    return code in _OF_THE_UPDATE


def read(event: str, details: Details) -> Advice | None:
    """Return what to tell of an error of a whole update; `event` is its code."""
    code = int(event) if event.isascii() and event.isdecimal() and len(event) < 10 else -1
    if known := of_code(code) or _OF_THE_UPDATE.get(code):
        return known
    title = word(details, "title") or word(details, "message")
    said = word({"": event or "without a code"}, "")
    return Advice(
        WARNING, AlertKind.CODE.of(said.lower()), f"Meta reports error {said}{f': {title}' if title else ''}.",
        "See `ivy dlq list`, and look at the account in WhatsApp Manager if it comes again.", lasts=A_DAY,
    )  # fmt: skip
