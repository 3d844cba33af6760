"""What an operator is told: as a letter, in one line, and as a document for a program. May import: the store and below."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ivy.domain.advice import day
from ivy.domain.contents import LONGEST_TEXT
from ivy.domain.runbook import page_of
from ivy.store.alerts import Alert

LAST_LINE = "ivy status shows what is the matter now."
NOTHING_OPEN = "Ivy: nothing is the matter."


def in_words(news: Sequence[Alert], *, longest: int = LONGEST_TEXT) -> str:
    """Return the letter: its first line is the subject; then what is the matter, the worst first, and what is over."""
    if not news:
        return f"{NOTHING_OPEN}\n\n{LAST_LINE}"
    matters, over = _parted(news)
    parts = [subject(news), *map(_matter, matters), *map(_over, over)]
    left = longest - len(f"\n\nAnd {len(parts)} more.\n\n{LAST_LINE}")
    taken: list[str] = []
    for part in parts:
        left -= len(part) + 2
        if left < 0:
            break
        taken.append(part)
    more = [f"And {len(parts) - len(taken)} more."] if len(taken) < len(parts) else []
    return "\n\n".join([*taken, *more, LAST_LINE])


def subject(news: Sequence[Alert]) -> str:
    """Return what is told in one line that begins with Ivy's name."""
    matters, over = _parted(news)
    if not matters:
        return f"Ivy, over: {over[0].title}" if len(over) == 1 else f"Ivy: {len(over)} alerts are over"
    others = len(matters) - 1
    return f"Ivy: {matters[0].title}" if not others else f"Ivy: {others} more, and {matters[0].title}"


def document(our_id: str, news: Sequence[Alert], at: datetime) -> bytes:
    """Return what is posted: one JSON object with all that is news; an alert has the same `id` when it is over."""
    matters, over = _parted(news)
    told = {"id": our_id, "at": at, "text": in_words(news), "alerts": [_entry(each) for each in (*matters, *over)]}
    return msgspec.json.encode(told)


def _entry(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "state": "open" if alert.resolved_at is None else "over",
        "key": alert.key,
        "severity": alert.severity.value,
        "title": alert.title,
        "advice": alert.advice,
        "page": page_of(alert.key),
        "count": alert.count,
        "since": alert.first_at,
        "over_at": alert.resolved_at,
    }


def _parted(news: Sequence[Alert]) -> tuple[list[Alert], list[Alert]]:
    """Return what is the matter, the worst first, and what is over."""
    matters = sorted((alert for alert in news if alert.resolved_at is None), key=lambda alert: -alert.severity.rank)
    return matters, [alert for alert in news if alert.resolved_at is not None]


def _matter(alert: Alert) -> str:
    times = f", {alert.count} times" if alert.count > 1 else ""
    still = "still " if alert.told_at is not None else ""
    page = page_of(alert.key)
    lines = [f"{alert.severity.upper()}, {still}open since {day(alert.first_at)}{times}", alert.title, alert.advice]
    return "\n".join([*lines, f"More: {page}"] if page else lines)


def _over(alert: Alert) -> str:
    ended = f" at {day(alert.resolved_at)}" if alert.resolved_at is not None else ""
    return f"OVER{ended}: {alert.title}"
