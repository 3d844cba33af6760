"""What a model vendor's failure means: busy, misconfigured or refused. May import: adapters/client, log, errors.

Anthropic and OpenAI differ in their envelopes, not in what to do next. Sources: both vendors' "Errors" and "Rate limits".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx2

from ivy import log
from ivy.adapters import client
from ivy.errors import Cause, OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured, VendorRefused

LONGEST_PAUSE = timedelta(hours=1)
"""A vendor's advice beyond this is cut: some send days, and nobody would look again before."""
CONTEXT = "context"
"""The code of a refusal because the prompt is too long: prune harder."""

AS_IT_IS: Mapping[str, str] = {"X-Stainless-Raw-Response": "true", "Content-Type": "application/json"}
"""Headers with which both vendors' SDKs send bytes of ours and hand the answer over unread."""
_LONGEST_REASON = 300
_MONEY_CODES = frozenset(
    {
        "billing_error",
        "billing_hard_limit_reached",
        "billing_not_active",
        "contract_spend_limit_reached",
        "credit_balance_exhausted",
        "enforced_spend_limit_reached",
        "insufficient_quota",
        "linked_organization_spend_limit_reached",
        "organization_on_hold",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "project_spend_limit_exceeded",
    }
)
# Anthropic tells of some limits only in the words of a 400.
_MONEY_WORDS = re.compile(r"you have reached your specified .*api usage limits|credit balance is too low", re.I | re.S)
_SPEND_CODES = frozenset({"contract_spend_limit_reached", "enforced_spend_limit_reached"})
"""Codes of Anthropic's that tell of money only where nothing says when to come again."""
_CONTEXT_WORDS = re.compile(
    r"prompt is too long|exceeds? (the )?(model's )?(maximum |available )?context (length|limit|window|size)", re.I
)
_PAGE = re.compile(r"<html|<!doctype", re.I)
_DURATION = re.compile(r"(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+(?:\.\d+)?)s)?")
_PASSING = frozenset({408, 425})
_CAUSES: Mapping[int, Cause] = {401: Cause.KEY, 403: Cause.KEY, 404: Cause.MODEL, 410: Cause.MODEL}


@dataclass(frozen=True)
class ErrorAnswer:
    """A vendor's error, out of its envelope: `code` is the finest name it gave, `kind` the broad one."""

    status: int
    code: str
    kind: str
    message: str
    headers: Mapping[str, str]
    request_id: str = ""


def refused(vendor: str, answer: ErrorAnswer) -> VendorError:
    """Return what an error answer asks for: wait and come again, mend the account, or mend the request."""
    reason = _reason(answer)
    if _is_about_money(answer):
        return VendorMisconfigured(vendor, reason, cause=Cause.MONEY)
    if answer.status in _CAUSES:
        return VendorMisconfigured(vendor, reason, cause=_CAUSES[answer.status])
    if answer.status == 429:
        return VendorBusy(vendor, reason, after=pause(answer.headers), throttled=True)
    if answer.status == 409:
        return VendorBusy(vendor, reason, after=_capped(client.retry_after(answer.headers)), conflict=True)
    # Below 400: a captive portal's redirect, or an error inside an answer that began well.
    if answer.status < 400 or answer.status >= 500 or answer.status in _PASSING:
        return VendorBusy(vendor, reason, after=_capped(client.retry_after(answer.headers)))
    if answer.code == "context_length_exceeded" or _CONTEXT_WORDS.search(answer.message):
        return VendorRefused(vendor, reason, code=CONTEXT)
    return VendorRefused(vendor, reason, code=answer.code or answer.kind or str(answer.status))


def unanswered(vendor: str, error: BaseException | None) -> VendorError:
    """Return what a call without an answer means. A model call changes nothing outside, so it may simply be repeated."""
    if not isinstance(error, httpx2.HTTPError | httpx2.InvalidURL):
        return VendorBusy(vendor, f"no answer ({type(error).__name__})")
    found = client.failure(vendor, error)
    return VendorBusy(vendor, found.reason, unheard=True) if isinstance(found, OutcomeUnknown) else found


def garbled(vendor: str, what: str, *, status: int = 200) -> VendorBusy:
    """Return what a well-delivered answer means that is none: a portal's page, half a document, another shape."""
    return VendorBusy(vendor, f"answered {status} with {what}", unheard=status == 200)


def pause(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long a throttled caller should wait, by any header that says so, an hour at most; None if none does."""
    milliseconds = headers.get("retry-after-ms", "")
    if re.fullmatch(r"[0-9]{1,12}", milliseconds, re.ASCII):
        return _capped(timedelta(milliseconds=int(milliseconds)))
    advice = client.retry_after(headers)
    return _capped(_longest_reset(headers) if advice is None else advice)


def field(body: Any, *path: str) -> str:
    """Return the text at a path of a decoded error body, or nothing."""
    for name in path:
        if not isinstance(body, Mapping):
            return ""
        body = cast("Mapping[str, Any]", body).get(name)
    return body if isinstance(body, str) else ""


def _is_about_money(answer: ErrorAnswer) -> bool:
    named = {answer.code, answer.kind} & _MONEY_CODES
    if answer.status == 429 and named <= _SPEND_CODES and client.retry_after(answer.headers) is not None:
        return False
    if answer.status == 402 or named:
        return True
    return answer.status == 400 and _MONEY_WORDS.search(answer.message) is not None


def _reason(answer: ErrorAnswer) -> str:
    # An HTML page says nothing that a status does not, and a vendor's message may repeat a part of the key.
    words = "" if _PAGE.search(answer.message) else log.mask(answer.message)[:_LONGEST_REASON]
    name = answer.code or answer.kind
    parts = [str(answer.status), name, words, f"(request {answer.request_id})" if answer.request_id else ""]
    return " ".join(part for part in parts if part)


def _capped(wait: timedelta | None) -> timedelta | None:
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST_PAUSE)


def _longest_reset(headers: Mapping[str, str]) -> timedelta | None:
    """Return when the last of the exhausted limits is full again."""
    waits = [
        wait
        for name, left in headers.items()
        if "ratelimit" in name.lower() and "remaining" in name.lower() and left.strip() == "0"
        if (wait := _wait(headers.get(name.lower().replace("remaining", "reset"), ""), headers)) is not None
    ]
    return max(waits, default=None)


def _wait(reset: str, headers: Mapping[str, str]) -> timedelta | None:
    """Read `6ms`, `1m3s` (OpenAI), or an instant (Anthropic), measured by the vendor's own clock."""
    if milliseconds := re.fullmatch(r"(\d+(?:\.\d+)?)ms", reset):
        return timedelta(milliseconds=float(milliseconds[1]))
    if reset and (found := _DURATION.fullmatch(reset)):
        return timedelta(**{unit: float(count) for unit, count in found.groupdict(default="0").items()})
    try:
        return datetime.fromisoformat(reset) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None


def skip_platform_look_up(sdk: Any) -> None:
    """Keep an SDK's client from asking, in a thread of its own, what machine this is.

    It would do so in the first request: a mock clock takes that wait for idleness and lets minutes pass, and no vendor
    needs to know. Both SDKs keep the answer in this attribute.
    """
    sdk._platform = "Unknown"
