"""Which page of the runbook an alert belongs to, by its key. May import: the standard library."""

from collections.abc import Mapping

FOLDER = "docs/runbook"
PAGES: Mapping[str, str] = {
    "account:": "account",
    "account:limit": "quality-and-limits",
    "alert:": "account",
    "appeal:": "missed-day-disputed",
    "allowance:replies": "free-replies",
    "allowance:tier": "quality-and-limits",
    "backup:": "backups",
    "care:": "somebody-in-danger",
    "channel:": "paused-queue",
    "clock:": "wrong-clock",
    "code:": "what-meta-reports",
    "code:flow": "forms",
    "code:marketing": "templates",
    "code:misfiled": "templates",
    "code:template": "templates",
    "daemon:": "daemon-down",
    "dead:": "dead-letters",
    "disk": "disk-full",
    "flow:": "forms",
    "handover:": "asks-for-a-human",
    "number:": "quality-and-limits",
    "operator:": "operator-not-told",
    "provider:": "provider-fails",
    "provider:key:": "provider-key",
    "provider:model:": "model-retired",
    "provider:money:": "provider-money",
    "queue:": "paused-queue",
    "security:": "security",
    "sending:": "token",
    "sending:blocked": "account",
    "sending:locked": "account",
    "sending:name": "account",
    "sending:payment": "payment-method",
    "sending:spam": "quality-and-limits",
    "silence": "not-delivering",
    "spend:": "daily-cap",
    "task:": "crashing-task",
    "template:": "templates",
    "unknown:": "what-meta-reports",
    "voice:": "calls-fail",
    "waiting:": "waiting-jobs",
}
"""By how the key begins; the longest beginning decides."""


def page_of(key: str) -> str:
    """Return the page that an alert's key belongs to, from the folder of the program; "" for a key that nobody knows."""
    beginnings = [each for each in PAGES if key.startswith(each)]
    return f"{FOLDER}/{PAGES[max(beginnings, key=len)]}.md" if beginnings else ""
