"""What must never be in a simulated week, found from what reached people and what they did. May import: everything."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ivy.cli.week_people import Happened

QUIET_FROM, QUIET_TO = 21, 8
"""Local hours between which nobody hears anything unasked."""
ANSWERED_WITHIN = timedelta(minutes=15)
"""After something that a person did, what comes is an answer."""
SLOT_LASTS = timedelta(minutes=20)
"""After a slot that a person chose, what comes is what they chose; a call that waited for a line may come later."""
CALL_LASTS = timedelta(hours=2)
DOUBLED_WITHIN = timedelta(hours=1)
STOP_TOLD_WITHIN = timedelta(minutes=1)
JUST_NOW = timedelta(minutes=2)
DID = frozenset({"says", "taps"})
REACHES = frozenset({"got", "reaction", "call"})


class Never(msgspec.Struct, frozen=True):
    """What must not be: each entry says of whom, when and what."""

    dead_letters: dict[str, int]
    crashes: dict[str, int]
    at_night: list[str]
    messages_doubled: list[str]
    calls_doubled: list[str]
    after_stop: list[str]
    rung_again: list[str]

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, name) for name in self.__struct_fields__)


def at_night(told: Sequence[Happened], slots: Mapping[str, Iterable[str]]) -> list[str]:
    """Return what reached somebody between 21:00 and 8:00 that no slot of theirs, and nothing they did, asked for.

    `slots` are each person's local times, HH:MM. After a call that nobody answered it is still the slot that was chosen.
    """
    last = defaultdict[str, datetime](lambda: datetime.min.replace(tzinfo=UTC))
    found: list[str] = []
    for each in told:
        if each.what in DID:
            last[each.who] = each.at
        elif each.what in REACHES:
            is_call = each.what == "call"
            lasts = CALL_LASTS if is_call else SLOT_LASTS
            asked = each.at - last[each.who] <= (CALL_LASTS if is_call else ANSWERED_WITHIN)
            if _is_night(each) and not asked and not _in_slot(each, slots.get(each.who, ()), lasts):
                found.append(line(each))
        if each.what == "call":
            last[each.who] = max(last[each.who], each.end or each.at)
    return found


def _is_night(each: Happened) -> bool:
    return not QUIET_TO <= each.wall.hour < QUIET_FROM


def _in_slot(each: Happened, slots: Iterable[str], lasts: timedelta) -> bool:
    """Say whether it came within a while of a slot, on this local date or the one before."""
    for slot in slots:
        begins = each.wall.replace(hour=int(slot[:2]), minute=int(slot[3:]), second=0, microsecond=0)
        if any(begins - timedelta(days=days) <= each.wall <= begins - timedelta(days=days) + lasts for days in (0, 1)):
            return True
    return False


def messages_doubled(told: Sequence[Happened]) -> list[str]:
    """Return messages that somebody got twice: the same one, or the same words again with nothing of theirs between."""
    seen: set[str] = set()
    before: dict[tuple[str, str], datetime] = {}
    found: list[str] = []
    for each in told:
        if each.what in DID or each.what == "call":
            before = {key: at for key, at in before.items() if key[0] != each.who}
        elif each.what == "got":
            earlier = before.get((each.who, each.text))
            if each.ref in seen or (earlier is not None and each.at - earlier < DOUBLED_WITHIN):
                found.append(line(each))
            seen.add(each.ref)
            before[each.who, each.text] = each.at
    return found


def calls_doubled(told: Sequence[Happened]) -> list[str]:
    """Return calls that were placed twice, and calls of one kind on one local day though an earlier one was spoken in."""
    seen: set[str] = set()
    spoken: set[tuple[Any, ...]] = set()
    asked: set[tuple[Any, ...]] = set()
    found: list[str] = []
    for each in told:
        day = (each.who, each.wall.date())
        if each.what == "taps":
            asked.add(day)
        if each.what != "call":
            continue
        key = (*day, each.text.partition(":")[0])
        if each.ref in seen or (key in spoken and day not in asked):
            found.append(line(each))
        seen.add(each.ref)
        if "agent_hangup" in each.text:
            spoken.add(key)
    return found


def after_stop(told: Sequence[Happened]) -> list[str]:
    """Return what reached people who had written STOP and nothing since, but for the one answer to it."""
    stopped: dict[str, datetime] = {}
    found: list[str] = []
    for each in told:
        if each.what in DID:
            stopped.pop(each.who, None)
            if each.what == "says" and each.text in ("STOP", "BASTA"):
                stopped[each.who] = each.at
        elif each.who in stopped and each.what in ("got", "call") and each.at - stopped[each.who] > STOP_TOLD_WITHIN:
            found.append(line(each))
    return found


def rung_again(told: Sequence[Happened]) -> list[str]:
    """Return rings at a call that somebody had answered in the chat since it first rang: they wrote, or tapped."""
    first: dict[tuple[Any, ...], datetime] = {}
    acts = defaultdict[str, list[Happened]](list)
    found: list[str] = []
    for each in told:
        if each.what in DID:
            acts[each.who].append(each)
        elif each.what == "rings":
            began = first.setdefault((each.who, each.wall.date(), each.text), each.at)
            since = [act for act in acts[each.who] if began < act.at]
            if since and not any(_is_wished(each, act) for act in since):
                found.append(line(each))
    return found


def _is_wished(ring: Happened, act: Happened) -> bool:
    """Say whether a ring is the call that was asked for a moment, or an hour, before."""
    since = ring.at - act.at
    return since < JUST_NOW or abs(since - timedelta(hours=1)) < JUST_NOW


def line(each: Happened) -> str:
    return f"{each.who} {each.wall:%a %H:%M} ({each.at:%Y-%m-%d %H:%M:%S} UTC) {each.what}: {each.text[:120]}"
