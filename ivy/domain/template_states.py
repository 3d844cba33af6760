"""How a template stands with Meta, and what each notice changes about it. May import: the domain.

Notices come at least once and in any order, so each side of a template (status, category, ...) keeps the instant of its
last news, and older news changes nothing. Source: webhook reference, "message_template_status_update" and its siblings
(June 2026); "Template pausing".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ivy.domain.templates import MARKETING, UTILITY, Definition, Listed

APPROVED, PENDING, REJECTED, PAUSED, DISABLED = "APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"
IN_APPEAL, DELETED, PENDING_DELETION, UNKNOWN = "IN_APPEAL", "DELETED", "PENDING_DELETION", "UNKNOWN"
LONG_AGO = datetime.fromtimestamp(0, UTC)
FIRST_PAUSE, SECOND_PAUSE = timedelta(hours=3), timedelta(hours=6)
"""The third low rating disables a template."""
EDIT_EVERY = timedelta(hours=24)
"""How often an approved template may be edited; Meta also allows only 10 edits in 30 days."""
NAME_BLOCKED = timedelta(days=30)
"""How long the name of a deleted template stays taken."""
REVIEW_WITHIN = timedelta(days=60)
"""How long after a change of category Meta can be asked to look again."""

_STATUS_OF = {
    APPROVED: APPROVED, "REINSTATED": APPROVED, "UNPAUSED": APPROVED, PENDING: PENDING, IN_APPEAL: IN_APPEAL,
    REJECTED: REJECTED, PAUSED: PAUSED, DISABLED: DISABLED, "ARCHIVED": "ARCHIVED", DELETED: DELETED,
    PENDING_DELETION: PENDING_DELETION,
}  # fmt: skip
"""FLAGGED, LOCKED and LIMIT_EXCEEDED are missing on purpose: they change nothing about what may be sent."""
_FINAL = (REJECTED, DISABLED, DELETED, PENDING_DELETION)
_PAUSES: dict[str, timedelta | None] = {
    "FIRST_PAUSE": FIRST_PAUSE, "SECOND_PAUSE": SECOND_PAUSE, "RATE_LIMITING_PAUSE": None,
}  # fmt: skip
_SENT_ERRORS = {132001: UNKNOWN, 132007: REJECTED, 132015: PAUSED, 132016: DISABLED}
_ANY_VARIABLE = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True)
class Registered:
    """A template as we know it. `digest` is of the words that were submitted; empty: not ours, or changed by somebody else."""

    channel: str
    name: str
    language: str
    vendor_id: str = ""
    digest: str = ""
    body: str = ""
    category_asked: str = ""
    category: str = ""
    """As Meta assigned it; it sets the price."""
    status: str = UNKNOWN
    quality: str = ""
    reason: str = ""
    """Why it is rejected, paused or disabled, in Meta's words."""
    paused_until: datetime | None = None
    """When Meta's ladder lifts the pause; it can be sent once Meta says so."""
    coming_category: str = ""
    coming_at: datetime | None = None
    submitted_at: datetime | None = None
    status_at: datetime = LONG_AGO
    category_at: datetime = LONG_AGO
    coming_told_at: datetime = LONG_AGO
    quality_at: datetime = LONG_AGO
    words_at: datetime = LONG_AGO

    def category_on(self, now: datetime) -> str:
        """Return the category to be charged: an announced change counts from its hour, told or not."""
        if self.coming_at is not None and self.coming_at <= now:
            return self.coming_category
        return self.category or self.category_asked or MARKETING


@dataclass(frozen=True)
class News:
    """What one notice or one listing says; None is silence."""

    status: str | None = None
    reason: str = ""
    pause: timedelta | None = None
    category: str | None = None
    coming: tuple[str, datetime] | None = None
    nothing_coming: bool = False
    quality: str | None = None
    body: str | None = None


def read_notice(field: str, event: str, details: Mapping[str, Any]) -> News | None:
    """Return what a template's webhook says, or None if it says nothing that we keep."""
    match field:
        case "message_template_status_update":
            return _status_news(event.upper(), details)
        case "message_template_quality_update":
            return News(quality=_word(details, "new_quality_score").upper() or event.upper() or UNKNOWN)
        case "template_category_update":
            return _category_news(details)
        case "message_template_components_update":
            body = _word(details, "message_template_element")
            return News(body=body) if body else None
        case _:
            return None


def _status_news(event: str, details: Mapping[str, Any]) -> News | None:
    title = _word(details.get("other_info"), "title").upper()
    status = _STATUS_OF.get(event)
    if status not in _FINAL:  # the title knows better: a pause is also told as LOCKED, its end as APPROVED
        status = PAUSED if title in _PAUSES else {"UNPAUSE": APPROVED, "DISABLED": DISABLED}.get(title, status)
    category = _word(details, "message_template_category").upper() or None
    if status is None and category is None:
        return None
    reasons = (_word(details.get("rejection_info"), "reason"), _word(details, "reason"), title)
    reason = next((each for each in reasons if each and each.upper() != "NONE"), "")
    return News(status=status, reason="" if status == APPROVED else reason, pause=_PAUSES.get(title), category=category)


def _category_news(details: Mapping[str, Any]) -> News | None:
    new, coming = _word(details, "new_category").upper(), _word(details, "correct_category").upper()
    if coming:  # in this notice `new_category` is the one that the template still has
        at = _instant(details.get("category_update_timestamp"))
        return News(category=new or None, coming=(coming, at) if at is not None else None)
    return News(category=new, nothing_coming=True) if new else None


def of_listing(listed: Listed) -> News:
    """Return what a listing says."""
    reason = "" if listed.rejected_reason.upper() == "NONE" else listed.rejected_reason
    return News(
        status=listed.status or UNKNOWN,
        reason="" if listed.status == APPROVED else reason,
        category=listed.category or None,
        quality=listed.quality or None,
        body=listed.body or None,
    )


def of_send_error(code: int) -> News | None:
    """Return what Meta's refusal of a send says about its template, or None."""
    status = _SENT_ERRORS.get(code)
    return News(status=status, reason=f"a send was refused with {code}") if status else None


def after(known: Registered, news: News, at: datetime) -> Registered:
    """Return how a template stands after news of `at`; each side is changed only by news that is not older."""
    if news.status is not None and _is_newer(known, news.status, at):
        pause = at + news.pause if news.pause is not None and news.status == PAUSED else None
        # A listing knows no end of a pause: one that was told before stays.
        if news.status == known.status == PAUSED and pause is None:
            pause = known.paused_until
        reason = news.reason or (known.reason if news.status == known.status else "")
        known = replace(known, status=news.status, reason=reason, paused_until=pause, status_at=at)
    if news.category is not None and at >= known.category_at:
        known = replace(known, category=news.category, category_at=at)
        if known.coming_at is not None and (known.coming_category == news.category or known.coming_at <= at):
            known = replace(known, coming_category="", coming_at=None)
    if (news.coming is not None or news.nothing_coming) and at >= known.coming_told_at:
        category, coming_at = news.coming or ("", None)
        known = replace(known, coming_category=category, coming_at=coming_at, coming_told_at=at)
    if news.quality is not None and at >= known.quality_at:
        known = replace(known, quality=news.quality, quality_at=at)
    if news.body is not None and at >= known.words_at:
        # Meta may number the variables again, so only the words between them are compared.
        changed = bool(known.digest) and _between(news.body) != _between(known.body)
        known = replace(known, words_at=at, digest="" if changed else known.digest)
    return known


def _is_newer(known: Registered, status: str, at: datetime) -> bool:
    # Meta's stamps are whole seconds: of two in the same one, the later step of a review is taken for the later.
    return at > known.status_at or (at == known.status_at and _step(status) > _step(known.status))


def _step(status: str) -> int:
    return {UNKNOWN: -1, PENDING: 0, IN_APPEAL: 0, APPROVED: 1}.get(status, 2)


def after_submission(
    known: Registered,
    definition: Definition,
    digest: str,
    *,
    before: Registered | None,
    vendor_id: str,
    status: str,
    category: str,
    now: datetime,
) -> Registered:
    """Return how a template stands once Meta took our words. `before`: how it stood when they were sent.

    Our clock and Meta's differ: what the answer says counts as a moment after the last news, so that whatever Meta says
    next is newer, and what it said before and comes again is not. A review may be over before its answer is kept: what was
    heard of it meanwhile is the newer news.
    """
    fresh = vendor_id != known.vendor_id
    if not fresh and (before is None or before.vendor_id != vendor_id or before.status_at < known.status_at):
        return replace(
            known,
            digest=digest,
            body=definition.body,
            category_asked=definition.category,
            category=known.category or category,
            submitted_at=now,
            words_at=now.replace(microsecond=0),
        )
    return replace(
        known,
        vendor_id=vendor_id,
        digest=digest,
        body=definition.body,
        category_asked=definition.category,
        category=category or ("" if fresh else known.category),
        status=status or PENDING,
        reason="",
        paused_until=None,
        quality="" if fresh else known.quality,
        coming_category="" if fresh else known.coming_category,
        coming_at=None if fresh else known.coming_at,
        submitted_at=now,
        status_at=LONG_AGO if fresh else known.status_at + timedelta(milliseconds=1),
        category_at=LONG_AGO if fresh else known.category_at,
        words_at=now.replace(microsecond=0),
    )


# --- what to do about it -----------------------------------------------------------------------------


def advice(known: Registered | None, digest: str, now: datetime) -> str:
    """Return what an operator should do about a template of the pack, "" for nothing; `digest` is of our words now."""
    if known is None:
        return "submit it: `ivy whatsapp templates submit`"
    if known.status == APPROVED and known.digest != digest:
        return "its words differ from what was approved: `ivy whatsapp templates submit`"
    match known.status:
        case "APPROVED":
            return _dearer(known, now)
        case "PENDING" | "IN_APPEAL":
            return "wait: a review takes minutes to 24 hours"
        case "REJECTED":
            return f"rejected ({known.reason or 'no reason given'}): change its words and submit it again"
        case "PAUSED":
            until = f" until about {known.paused_until:%Y-%m-%d %H:%M} UTC" if known.paused_until else ""
            return f"paused for low quality{until}: send it less, to people who asked for it"
        case "DISABLED":
            return "disabled for low quality: appeal in WhatsApp Manager, or submit it under another name"
        case "DELETED" | "PENDING_DELETION":
            return f"deleted: the name is free again 30 days after {known.status_at:%Y-%m-%d}"
        case _:
            return "`ivy whatsapp templates sync` asks Meta how it stands"


def _dearer(known: Registered, now: datetime) -> str:
    if known.category_on(now) == MARKETING and (known.category_asked or UTILITY) == UTILITY:
        return f"Meta made it {MARKETING}: ask for a review in WhatsApp Manager within {REVIEW_WITHIN.days} days"
    if known.coming_at is not None:
        return f"becomes {known.coming_category} on {known.coming_at:%Y-%m-%d %H:%M} UTC: change its words before"
    return "quality is low: it may be paused" if known.quality in ("RED", "YELLOW") else ""


def _between(body: str) -> str:
    return " ".join(_ANY_VARIABLE.sub("{{}}", body).split())


def _word(holder: Any, key: str) -> str:
    value: Any = holder.get(key) if isinstance(holder, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return value.strip() if isinstance(value, str) else ""


def _instant(seconds: Any) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
