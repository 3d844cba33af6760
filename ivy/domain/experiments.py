"""Experiments: which settings may differ from person to person, within which bounds, and who gets which value.

May import: the configuration, the errors. Source: E8: of 54 programmes experts could not say which would work.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import combinations

from ivy.config import ExperimentSection
from ivy.errors import ConfigError

Experiments = Mapping[str, ExperimentSection]
"""By name, as configured."""
NONE = dict[str, ExperimentSection]
"""Makes the default: everybody has what is configured."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Setting(Enum):
    """What may differ. Whatever an arm says, caps on gifts, consent, quiet hours and calling hours hold."""

    COMEBACK_SHARE = "comeback_share"
    """The bonus for coming back after a miss, as a part of what a workout of theirs gives; else it is giving.comeback."""
    FIRST_RETRY = "first_retry_minutes"
    """How long after a missed call it is tried again for the first time; else it is the first of calls.retries_minutes."""
    WORKOUT_REMINDER = "workout_reminder_minutes"
    """How long before a workout its reminder comes, for who never said how long."""


@dataclass(frozen=True)
class Bounds:
    """What a value of a setting may be: `least` to `most`, both included."""

    least: float
    most: float
    whole: bool


BOUNDS = {
    Setting.COMEBACK_SHARE: Bounds(0, 2, whole=False),
    Setting.FIRST_RETRY: Bounds(2, 60, whole=True),
    Setting.WORKOUT_REMINDER: Bounds(5, 240, whole=True),
}


# --- who gets what -----------------------------------------------------------------------------------


def arm_of(experiment: str, user_id: str, arms: Collection[str]) -> str:
    """Return a person's arm: equal shares, the same at each asking, and unlike that of any other experiment.

    The order in which the arms are written does not matter.
    """
    digest = hashlib.sha256(f"{experiment}\0{user_id}".encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    return sorted(arms)[number * len(arms) >> 64]


def running(experiments: Experiments, setting: Setting, day: date) -> tuple[str, ExperimentSection] | None:
    """Return the one experiment that varies a setting on a local date, with its name."""
    for name, section in experiments.items():
        if section.setting == setting.value and _first(section) <= day <= _last(section):
            return name, section
    return None


def _first(section: ExperimentSection) -> date:
    return section.begins or date.max


def _last(section: ExperimentSection) -> date:
    return section.ends or date.min


# --- what is configured ------------------------------------------------------------------------------


def check(experiments: Experiments, *, retries_minutes: Sequence[int]) -> None:
    """Raise ConfigError unless every experiment can be run, and no two vary the same setting at once. For start-up."""
    for name, section in experiments.items():
        if not _NAME.fullmatch(name):
            raise ConfigError(f"An experiment is called {name!r}; use letters, digits, - and _, 40 at most.")
        _check_one(f"experiments.{name}", section, retries_minutes)
    for (one, first), (other, second) in combinations(experiments.items(), 2):
        if first.setting == second.setting and _first(first) <= _last(second) and _first(second) <= _last(first):
            raise ConfigError(
                f"experiments.{one} and experiments.{other} both vary {first.setting} on some days;"
                " let one end before the other begins."
            )


def _check_one(where: str, section: ExperimentSection, retries_minutes: Sequence[int]) -> None:
    known = {each.value: each for each in Setting}
    setting = known.get(section.setting)
    if setting is None:
        raise ConfigError(f"{where}.setting is {section.setting!r}; use {', '.join(sorted(known))}.")
    if section.begins is None or section.ends is None or section.ends < section.begins:
        raise ConfigError(
            f"{where} needs begins and ends, both dates such as 2026-12-01, the second not before the first."
        )
    if len(section.arms) < 2:
        raise ConfigError(f"{where}.arms needs two arms or more, such as arms = {{usual = 0.5, double = 1.0}}.")
    if setting is Setting.FIRST_RETRY and not retries_minutes:
        raise ConfigError(f"{where} varies the first retry, and calls.retries_minutes has none.")
    later = retries_minutes[1] if setting is Setting.FIRST_RETRY and len(retries_minutes) > 1 else None
    for arm, value in section.arms.items():
        if not _NAME.fullmatch(arm):
            raise ConfigError(f"{where} has an arm called {arm!r}; use letters, digits, - and _, 40 at most.")
        bounds = BOUNDS[setting]
        if not bounds.least <= value <= bounds.most or (bounds.whole and value != int(value)):
            kind = "a whole number" if bounds.whole else "a number"
            raise ConfigError(
                f"{where}.arms.{arm} is {value:g}; {setting.value} is {kind} from {bounds.least:g} to {bounds.most:g}."
            )
        if later is not None and value >= later:
            raise ConfigError(
                f"{where}.arms.{arm} is {value:g}, not before the second of calls.retries_minutes, {later}."
            )
