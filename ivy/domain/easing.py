"""What somebody holds themself to, and which changes of it make it easier: those wait while their lock is on (E17).

May import: money, giving, schedule, slots, the standard library.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from croniter import croniter

from ivy.domain.giving import PartialGives
from ivy.domain.money import Money
from ivy.domain.schedule import to_instant, to_wall

AFTER = timedelta(days=7)
"""When an easing begins for somebody who plans no week with Ivy."""
_GIVES = (PartialGives.NONE, PartialGives.FULL, PartialGives.PRO_RATA)
"""What a workout done in part gives, the least first: FULL gives nothing below the minimum."""


class Part(StrEnum):
    """What a commitment is made of; each has an easier side."""

    SESSIONS = "sessions"
    MINIMUM = "minimum"
    PART_GIVES = "part_gives"
    GIFT = "gift"
    CONTACTS = "contacts"
    LATER = "later"
    LOCK = "lock"


CONTACT = frozenset({Part.CONTACTS, Part.LATER})


@dataclass(frozen=True)
class Commitment:
    """`gift` is what a kept workout pledges, None for nothing; `contacts` are counted over four weeks.

    `at` are the local HH:MM of the daily contacts, the earliest first. Caps on money, quiet hours, pauses and consents are
    none of it: they protect, and change at once. Nor is the way of a contact: not to be phoned any more never waits.
    """

    sessions: int
    minimum_minutes: int
    part_gives: PartialGives
    gift: Money | None
    contacts: int
    at: tuple[str, ...]
    locked: bool


def eased(before: Commitment, after: Commitment) -> frozenset[Part]:
    """Return the parts that a change makes easier.

    To give nothing any more is to stop, which never waits, and so is no easing; nor is another currency, which no order has.
    """
    lower = {
        Part.SESSIONS: after.sessions < before.sessions,
        Part.MINIMUM: after.minimum_minutes < before.minimum_minutes,
        Part.PART_GIVES: _GIVES.index(after.part_gives) < _GIVES.index(before.part_gives),
        Part.GIFT: _is_less(after.gift, before.gift),
        Part.CONTACTS: after.contacts < before.contacts,
        Part.LATER: any(new > old for old, new in zip(before.at, after.at, strict=False)),
        Part.LOCK: before.locked and not after.locked,
    }
    return frozenset(part for part, is_so in lower.items() if is_so)


def is_easing(before: Commitment, after: Commitment) -> bool:
    """Say whether a change makes anything easier: then all of it waits, so that none is bought with a harder part."""
    return bool(eased(before, after))


def changed(before: Commitment, after: Commitment) -> frozenset[Part]:
    """Return the parts in which two differ."""
    pairs = {
        Part.SESSIONS: (before.sessions, after.sessions),
        Part.MINIMUM: (before.minimum_minutes, after.minimum_minutes),
        Part.PART_GIVES: (before.part_gives, after.part_gives),
        Part.GIFT: (before.gift, after.gift),
        Part.CONTACTS: (before.contacts, after.contacts),
        Part.LATER: (before.at, after.at),
        Part.LOCK: (before.locked, after.locked),
    }
    return frozenset(part for part, (old, new) in pairs.items() if old != new)


def _is_less(after: Money | None, before: Money | None) -> bool:
    if after is None or before is None or after.currency != before.currency:
        return False
    return after.amount_minor < before.amount_minor


def begins_at(planning: Collection[datetime], zone: str, now: datetime) -> datetime:
    """Return when an easing takes effect: at the next weekly planning of those to come, else seven days on by the clock."""
    coming = [each for each in planning if each > now]
    return min(coming) if coming else to_instant(to_wall(now, zone) + AFTER, zone)


def in_four_weeks(days: str, *, monthly: bool) -> int:
    """Return how often cron's `days` come in four weeks: of the week, or of the month."""
    if monthly:
        return len(_values(f"0 0 {days} * *", 2)) or 28
    return 4 * (len(_values(f"0 0 * * {days}", 4)) or 7)


def _values(cron: str, field: int) -> list[int | str]:
    """Return what a field of a cron line names; nothing where it names all."""
    return [value for value in croniter.expand(cron)[0][field] if value != "*"]
