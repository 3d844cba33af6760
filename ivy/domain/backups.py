"""When a backup is due, when its age is a worry, how one is called and which go. May import: the standard library."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

SUFFIX = ".ivybackup"
_NAME = re.compile(r"ivy-\d{8}T\d{6}Z\.ivybackup")
TRY_AGAIN = timedelta(hours=1)
"""After a failure; sooner where backups are made more often than that."""
WORRY_AFTER = 2
"""Backups that did not come, before their lack is told."""
SETTLES = timedelta(hours=1)
HEADROOM = 64 << 20
"""Bytes that stay free beside a backup: the database lives there too."""


def name_of(at: datetime) -> str:
    """Return what a backup in a folder is called: names sort by time."""
    return f"ivy-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def is_ours(name: str) -> bool:
    """Say whether a file in a backups' folder was named here: no other is ever removed."""
    return _NAME.fullmatch(name) is not None


def to_remove(names: Iterable[str], keep: int) -> list[str]:
    """Return the names that go when `keep` (at least one) stay, the oldest first."""
    ours = sorted(name for name in names if is_ours(name))
    return ours[: max(0, len(ours) - max(1, keep))]


def is_due(last_good: datetime | None, last_tried: datetime | None, every: timedelta, now: datetime) -> bool:
    """Say whether a backup is to be made now. `last_tried` is that of a failure, or of a success."""
    if last_good is not None and last_good <= now < last_good + every:
        return False
    failed = last_tried is not None and (last_good is None or last_tried > last_good)
    return not failed or last_tried is None or now >= last_tried + min(TRY_AGAIN, every)


def is_old(
    last_good: datetime | None, first_tried: datetime | None, began: datetime, every: timedelta, now: datetime
) -> bool:
    """Say whether the newest backup is older than it may be; without any it counts from the first attempt.

    A daemon that `began` a moment ago makes the one that is lacking first.
    """
    since = last_good or first_tried or began
    return now - since > WORRY_AFTER * every and now - began > SETTLES


def lacking(needed: int, free: int) -> int:
    """Return how many bytes are lacking to write so much and leave some free; 0 if there is room."""
    return max(0, needed + HEADROOM - free)


def size(count: int) -> str:
    """Return a number of bytes as an operator reads it."""
    for unit, length in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count} bytes"
