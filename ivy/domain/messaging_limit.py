"""How many people a business may write to outside their windows in 24 hours. May import: advice, runbook.

Source: Cloud API "Messaging limits": unique people per rolling 24 hours and business portfolio, since 2025-10-07.
"""

from collections.abc import Mapping
from typing import Any

from ivy.domain.advice import A_WEEK, Advice, Severity, over, word
from ivy.domain.runbook import AlertKind

KEY = AlertKind.LIMIT.of()
UNLIMITED = 1_000_000_000
"""More people than there are to write to."""

_THOUSAND = 1_000
_FIELDS = ("max_daily_conversations_per_business", "max_daily_conversation_per_phone", "current_limit")
"""Where notices say it, the newest name first."""


def parse(text: str) -> int | None:
    """Return the people a day of "TIER_2K", "TIER_UNLIMITED", "2000" or "-1" (unlimited); None for anything else."""
    tier = text.strip().upper().removeprefix("TIER_")
    if tier in ("UNLIMITED", "-1"):
        return UNLIMITED
    digits, factor = (tier[:-1], _THOUSAND) if tier.endswith("K") else (tier, 1)
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        return None
    return min(int(digits) * factor, UNLIMITED) or None


def said(details: Mapping[str, Any]) -> int | None:
    """Return the limit that a notice of the account or the number tells, if it tells one."""
    return next(filter(None, (parse(word(details, name)) for name in _FIELDS)), None)


def in_words(limit: int) -> str:
    return "unlimited" if limit >= UNLIMITED else f"{limit:,} people a day"


def changed(before: int | None, after: int) -> Advice | None:
    """Return what to tell of a new limit: a lower one is a fault, and a higher one its end; None when it is the same."""
    if before == after:
        return None
    if before is not None and after < before:
        return Advice(
            Severity.WARNING, KEY,
            f"Meta lowered the limit for messages outside a window from {in_words(before)} to {in_words(after)}.",
            "Send less that nobody asked for, and see which template people block in WhatsApp Manager.",
        )  # fmt: skip
    if before is not None:
        return over(KEY, f"The limit for messages outside a window rose to {in_words(after)}.")
    return Advice(
        Severity.INFO, KEY, f"The limit for messages outside a window is {in_words(after)}.",
        "Nothing needs to be done: it rises by itself while the quality is good.", lasts=A_WEEK,
    )  # fmt: skip
