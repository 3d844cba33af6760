"""What Twilio takes as a message and what it refuses, with its codes. May import: the domain and below.

Source: Twilio, "Message resource", "Error and warning dictionary", 2026-11. Unknown fields are refused too: the API
ignores some of them, and a field that is ignored is a mistake of ours.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from ivy.domain.sms import LONGEST, utf16_units

Form = Mapping[str, str]
Json = dict[str, Any]

PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
SERVICE = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
SMART = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " ", "！": "!", "，": ","}
)
"""A few of the letters that `SmartEncoded` swaps for cheaper ones."""

STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
STARTS = frozenset({"START", "YES", "UNSTOP"})
HELPS = frozenset({"HELP", "INFO"})

REFUSED_LINES = {
    "invalid": (21211, "Invalid 'To' Phone Number"),
    "unroutable": (21612, "Message cannot be sent with the current combination of 'To' and 'From' parameters"),
    "not mobile": (21614, "'To' number is not a valid mobile number"),
    "landline": (21635, "'To' number cannot be a landline"),
}
"""Lines that are refused at once."""
FAILING_LINES = {
    "off": 30003,
    "unknown": 30005,
    "carrier landline": 30006,
    "filtered": 30007,
    "lost": 30008,
    "unregistered": 30034,
}
"""Lines on which a message turns out to be undelivered later."""
LINES = frozenset({"mobile", *REFUSED_LINES, *FAILING_LINES})
EXPIRED = 30036


class Refusal(Exception):
    """One of Twilio's error answers."""

    def __init__(self, code: int, details: str, *, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"({code}) {details}")
        self.code = code
        self.status = status
        self.headers = dict(headers or {})
        self._details = details

    def answer(self) -> Json:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self._details, "more_info": more, "status": self.status}


@dataclass(frozen=True)
class Asked:
    """One message as it was asked for."""

    to: str
    sender: str
    service: str
    body: str
    callback: str
    validity_seconds: int


def check_message(pairs: Sequence[tuple[str, str]]) -> Asked:
    """Check the form of one message as strictly as Twilio or a little stricter. Raises: Refusal."""
    form = _once(
        pairs, {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod", "SmartEncoded"}
    )
    to, sender, service = form.get("To", ""), form.get("From", ""), form.get("MessagingServiceSid", "")
    if not to:
        raise Refusal(21604, "A 'To' phone number is required.")
    if not PHONE.fullmatch(to):
        raise Refusal(21211, f"The 'To' number {to} is not a valid phone number.")
    if bool(sender) == bool(service):
        raise Refusal(21603, "Exactly one of 'From' and 'MessagingServiceSid' is required.")
    if to == sender:
        raise Refusal(21266, "'To' and 'From' number cannot be the same")
    smart = form.get("SmartEncoded", "false")
    if smart not in ("true", "false"):
        raise Refusal(20001, "SmartEncoded must be true or false.")
    body = form.get("Body", "").translate(SMART if smart == "true" else {})
    if not body.strip():
        raise Refusal(21602, "Message body is required.")
    if utf16_units(body) > LONGEST:
        raise Refusal(21617, "The concatenated message body exceeds the 1600 character limit")
    return Asked(to, sender, service, body, _callback(form), _validity(form))


def _callback(form: Form) -> str:
    callback = form.get("StatusCallback", "")
    parts = urlsplit(callback)
    if callback and (parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname):
        raise Refusal(21609, f"The StatusCallback URL {callback} is not a valid URL.")
    return callback


def _validity(form: Form) -> int:
    spelled = form.get("ValidityPeriod", "36000")
    if not re.fullmatch(r"[0-9]{1,5}", spelled, re.ASCII) or not 1 <= int(spelled) <= 36_000:
        raise Refusal(21624, f"ValidityPeriod {spelled} is not valid.")
    return int(spelled)


def _once(pairs: Sequence[tuple[str, str]], known: set[str]) -> Form:
    names = [name for name, _value in pairs]
    if unknown := sorted(set(names) - known):
        raise Refusal(20001, f"Unknown parameters: {', '.join(unknown)}")
    if len(set(names)) < len(names):
        raise Refusal(20001, "A parameter came more than once.")
    return dict(pairs)


@dataclass(frozen=True)
class Wanted:
    """One page of a list; the days of sending are both included."""

    to: str
    sender: str
    first_day: date | None
    last_day: date | None
    size: int
    page: int


def check_list(pairs: Sequence[tuple[str, str]]) -> Wanted:
    """Check the query of a list. Raises: Refusal."""
    query = _once(pairs, {"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"})
    exact, after, before = (_day(query, name) for name in ("DateSent", "DateSent>", "DateSent<"))
    size, page = _number(query, "PageSize", 50), _number(query, "Page", 0)
    if not 1 <= size <= 1000:
        raise Refusal(20001, "PageSize is from 1 to 1000.")
    if page and not query.get("PageToken"):
        raise Refusal(20001, "A later page needs its PageToken.")
    return Wanted(query.get("To", ""), query.get("From", ""), exact or after, exact or before, size, page)


def _day(query: Form, name: str) -> date | None:
    spelled = query.get(name, "")
    try:
        return date.fromisoformat(spelled) if spelled else None
    except ValueError as error:
        raise Refusal(20001, f"{name} is not a date (YYYY-MM-DD).") from error


def _number(query: Form, name: str, usual: int) -> int:
    spelled = query.get(name, str(usual))
    if not re.fullmatch(r"[0-9]{1,6}", spelled, re.ASCII):
        raise Refusal(20001, f"{name} is not a number.")
    return int(spelled)
