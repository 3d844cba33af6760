"""A person's arm of each experiment, kept when it first mattered. May import: scope, binding, the domain.

Where no experiment of a setting runs nothing is asked of the database.
"""

from datetime import date, datetime
from typing import TypeVar

from ivy.clock import stamp
from ivy.domain.experiments import Experiments, Setting, arm_of, running
from ivy.store.binding import Row
from ivy.store.scope import Scope

T = TypeVar("T")


def value(
    scope: Scope, experiments: Experiments, setting: Setting, default: T, *, day: date, now: datetime
) -> float | T:
    """Return what a setting is for a person on their local `day`, at the moment of use: `default` outside of experiments.

    The first asking keeps their arm and its value; both stay, whatever becomes of the configuration.
    """
    found = running(experiments, setting, day)
    if found is None:
        return default
    name, section = found
    if (row := _kept(scope, name)) is not None:
        return _meant(row, setting, default)
    arm = arm_of(name, scope.user_id, section.arms)
    scope.execute(
        "INSERT INTO experiment_arms (user_id, experiment, setting, arm, value, day, at_ms)"
        " VALUES (:user, :name, :setting, :arm, :value, :day, :at)",
        name=name,
        setting=setting.value,
        arm=arm,
        value=section.arms[arm],
        day=day.isoformat(),
        at=stamp(now),
    )
    return section.arms[arm]


def seen(scope: Scope, experiments: Experiments, setting: Setting, default: T, *, day: date) -> float | T:
    """Return what a setting is for a person, to tell them of it: who has no arm yet gets none by that."""
    found = running(experiments, setting, day)
    row = _kept(scope, found[0]) if found is not None else None
    return default if row is None else _meant(row, setting, default)


def _kept(scope: Scope, name: str) -> Row | None:
    return scope.execute(
        "SELECT setting, value FROM experiment_arms WHERE user_id = :user AND experiment = :name", name=name
    ).fetchone()


def _meant(row: Row, setting: Setting, default: T) -> float | T:
    """Return the value that was kept; an experiment that varied another setting then says nothing of this one."""
    return float(row["value"]) if row["setting"] == setting.value else default
