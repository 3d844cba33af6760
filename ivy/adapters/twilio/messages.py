"""What is posted to Twilio's Messages, and what its answers mean. May import: ports and below.

A 201 means taken, not delivered. There is no idempotency key: what became of a request without an answer is found out
by listing the messages to that number. Source: Twilio, "Message resource"; reference voice.md 9.1.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from ivy.adapters.client import retry_after
from ivy.adapters.twilio.errors import LOCAL, VENDOR, error_for
from ivy.domain.sms import LONGEST, plain, utf16_units
from ivy.domain.sms_senders import SenderKind, kind_of
from ivy.errors import OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured, VendorRefused
from ivy.ports import Outbound

SLACK = timedelta(seconds=2)
"""Twilio's times are whole seconds, in the list and in the header by which its clock is compared with ours."""
_TELLING = ("Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No")
_PHONE = re.compile(r"\+[1-9][0-9]{4,14}", re.ASCII)


# --- asking ------------------------------------------------------------------------------------------


def words_of(message: Outbound) -> str:
    """Return a message as it is sent and billed. Raises: VendorRefused, here and at once, for what Twilio would refuse."""
    words = plain(message.content.in_words()).strip()
    if reason := _unfit(message, words):
        raise VendorRefused(VENDOR, reason, code=LOCAL)
    return words


def _unfit(message: Outbound, words: str) -> str:
    if not words:
        return "the text is empty"
    if utf16_units(words) > LONGEST:
        return f"the text has {utf16_units(words)} characters, more than {LONGEST}: split it first"
    if not message.to.phone:
        return "there is no phone to send it to"
    if not _PHONE.fullmatch(message.to.phone):
        return "the phone is not in E.164"
    return ""


def form(message: Outbound, *, sender: str, callback: str, validity_seconds: int) -> bytes:
    """Return the form for one message. Raises: VendorRefused."""
    service = kind_of(sender) is SenderKind.SERVICE
    fields = {
        "To": message.to.phone,
        "MessagingServiceSid" if service else "From": sender,
        "Body": words_of(message),
        "ValidityPeriod": str(validity_seconds),
        "SmartEncoded": "true",
    }
    try:
        return urlencode({**fields, "StatusCallback": callback} if callback else fields).encode()
    except UnicodeEncodeError as error:
        raise VendorRefused(VENDOR, "the text holds half of a character", code=LOCAL) from error


# --- answers -----------------------------------------------------------------------------------------


class _Error(msgspec.Struct, frozen=True):
    code: int
    message: Any = ""


class _Created(msgspec.Struct, frozen=True):
    sid: str
    status: str = ""
    error_code: int | None = None
    error_message: str | None = None


def sent_id(content: bytes) -> str:
    """Return Twilio's id from the answer to a message that was taken. Raises: OutcomeUnknown; any that `error_for` makes."""
    try:
        answer = msgspec.json.decode(content, type=_Created, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise OutcomeUnknown(VENDOR, "the answer cannot be read; the message may have been sent") from error
    if not answer.sid:
        raise OutcomeUnknown(VENDOR, "the answer names no message; it may have been sent")
    if answer.status in ("failed", "undelivered", "canceled"):  # the first state is never told by a callback
        raise error_for(200, answer.error_code or 0, answer.error_message or answer.status, {})
    return answer.sid


def error_in(status: int, content: bytes, headers: Mapping[str, str]) -> VendorError | None:
    """Return what an answer complains of, or None if it does not.

    Only Twilio's own error object below 500 is a clean no. Anything else that is no 200 or 201 (a gateway's page, its
    own "internal error") may stand between us and a message that was sent.
    """
    if status in (200, 201):
        return None
    if 300 <= status <= 399:
        return VendorMisconfigured(VENDOR, f"answered with a redirect ({status}): check the base URL")
    if status >= 500:
        return OutcomeUnknown(VENDOR, f"HTTP {status}")
    try:
        failed = msgspec.json.decode(content, type=_Error, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        failed = None
    if failed is not None:
        return error_for(status, failed.code, failed.message if isinstance(failed.message, str) else "", headers)
    if status == 429:
        return VendorBusy(VENDOR, "too many requests (429)", after=retry_after(headers), throttled=True)
    if status in (401, 403):
        return VendorMisconfigured(VENDOR, f"not let in (HTTP {status}): check the account SID and the Auth Token")
    return OutcomeUnknown(VENDOR, f"HTTP {status} without Twilio's error object")


# --- what was sent before ------------------------------------------------------------------------------


class Listed(msgspec.Struct, frozen=True):
    """One message of Twilio's list."""

    sid: str
    body: str | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    direction: str = ""
    date_created: str | None = None


class Page(msgspec.Struct, frozen=True):
    messages: list[Listed]
    next_page_uri: str | None = None


def page_of(content: bytes) -> Page:
    """Raises: VendorBusy, since asking changed nothing."""
    try:
        return msgspec.json.decode(content, type=Page)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise VendorBusy(VENDOR, "the list of messages cannot be read") from error


def same_message(listed: Sequence[Listed], words: str, *, to: str, sender: str, since: datetime) -> str | None:
    """Return the id of the first of these messages that says `words` and was made at `since` (their clock) or later."""
    service = kind_of(sender) is SenderKind.SERVICE
    found = [
        (made, each.sid)
        for each in listed
        if each.direction == "outbound-api"
        and each.to == to
        and (service or each.sender == sender)
        and _gist(each.body or "") == _gist(words)
        and (made := _instant(each.date_created)) is not None
        and made >= since - SLACK
    ]
    return min(found)[1] if found else None


def _gist(words: str) -> str:
    """Return what stays the same when Twilio swaps letters for cheaper ones: its table for that is longer than ours."""
    said = plain(words).strip()
    letters = (each for each in unicodedata.normalize("NFKC", said) if unicodedata.category(each) in _TELLING)
    return "".join(letters) or said


def clock_ahead(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how far Twilio's clock is ahead of ours, by the time of its answer."""
    theirs = _instant(headers.get("date"))
    return theirs - now if theirs else timedelta(0)


def _instant(written: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(written or "")
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else None
