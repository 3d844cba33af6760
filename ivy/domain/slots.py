"""The slots at which Ivy contacts somebody by their own choice: kinds, usual times, cron lines. May import: the rules of time.

A slot is wall-clock intent: "every day at 7:00" is 7:00 wherever the person lives, through every change of clocks.
"""

import re
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from ivy.domain.schedule import check_cron
from ivy.errors import IvyError

_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
LONGEST_NUDGE = 120
"""Minutes; earlier than that a text is no nudge before a call."""


class SlotKind(StrEnum):
    """What a contact is for; the same names as the calls that come of it."""

    MORNING = "morning"
    EVENING = "evening"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


SLOT_KINDS = frozenset(kind.value for kind in SlotKind)
"""The kinds of calls that have a slot."""


class By(StrEnum):
    """How a person is contacted at a slot."""

    VOICE = "voice"
    TEXT = "text"


class Mode(StrEnum):
    """What a person prefers: MIXED is a call in the morning and on Sunday, and a text in the evening and each month."""

    VOICE = "voice"
    TEXT = "text"
    MIXED = "mixed"


class BadSlot(IvyError, ValueError):
    """A slot at a time that no day has."""


@dataclass(frozen=True)
class Usual:
    """When a slot is, unless somebody says otherwise: local HH:MM, and days as cron has them."""

    at: str
    days: str


USUAL = {
    SlotKind.MORNING: Usual("07:00", "*"),
    SlotKind.EVENING: Usual("20:30", "*"),
    SlotKind.WEEKLY: Usual("18:00", "0"),
    SlotKind.MONTHLY: Usual("18:30", "1"),
}
"""Weekly is on Sunday, monthly on the first; not at one time, so that they never meet."""


def by_of(mode: Mode, kind: SlotKind) -> By:
    """Return how somebody who prefers a mode is contacted at a slot."""
    if mode is Mode.MIXED:
        return By.VOICE if kind in (SlotKind.MORNING, SlotKind.WEEKLY) else By.TEXT
    return By.VOICE if mode is Mode.VOICE else By.TEXT


def clock_of(at: str) -> time:
    """Read local HH:MM. Raises: BadSlot."""
    found = _AT.fullmatch(at)
    if found is None:
        raise BadSlot(f"{at!r} is no time of day; write it as HH:MM, such as 07:00.")
    return time(int(found[1]), int(found[2]))


def cron_of(kind: SlotKind, at: str, days: str) -> str:
    """Return the cron line of a slot: `days` are days of the month for MONTHLY, of the week for the rest.

    Raises: BadSlot, BadCron.
    """
    clock = clock_of(at)
    line = (
        f"{clock.minute} {clock.hour} {days} * *"
        if kind is SlotKind.MONTHLY
        else f"{clock.minute} {clock.hour} * * {days}"
    )
    check_cron(line)
    return line


def nudge_at(at: str, minutes: int) -> str:
    """Return when the text before a call goes, as HH:MM: never on the day before, so that days stay the slot's own.

    Raises: BadSlot.
    """
    if not 0 < minutes <= LONGEST_NUDGE:
        raise BadSlot(f"A nudge comes 1 to {LONGEST_NUDGE} minutes before a call, not {minutes}.")
    clock = clock_of(at)
    before = max(0, clock.hour * 60 + clock.minute - minutes)
    return f"{before // 60:02}:{before % 60:02}"
