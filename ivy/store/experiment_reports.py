"""What became of the people of an experiment, arm by arm. May import: retention, binding, the domain. For operators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from ivy.config import ExperimentSection
from ivy.domain.experiment_results import Arm, Days, arm_of, days_of
from ivy.domain.retention import HORIZONS, is_over
from ivy.domain.schedule import local_date
from ivy.domain.streaks import Outcome
from ivy.store import retention
from ivy.store.binding import Connection
from ivy.store.retention import Began

CLOSED_AFTER = timedelta(days=2)
"""A day is closed on the evening of the next: what counts is over for everybody by then, kept or not."""
OUTCOMES = (
    "SELECT a.user_id, s.day, s.outcome FROM experiment_arms a JOIN streak_events s ON s.user_id = a.user_id AND s.day >= a.day"
    " WHERE a.experiment = ? AND s.outcome <> 'none'"
    " AND NOT EXISTS (SELECT 1 FROM streak_events WHERE user_id = s.user_id AND day = s.day AND id > s.id)"
)

_OUTCOMES = {each.value: each for each in Outcome}
_date = lru_cache(1000)(date.fromisoformat)  # the same few days for everybody


@dataclass(frozen=True)
class _Enrolled:
    who: Began
    arm: str
    value: float


def names(connection: Connection) -> list[str]:
    """Return the experiments that somebody has an arm of, whether or not they are still configured."""
    rows = connection.execute("SELECT DISTINCT experiment FROM experiment_arms ORDER BY experiment")
    return [row["experiment"] for row in rows]


def arms(connection: Connection, name: str, section: ExperimentSection | None, *, now: datetime) -> list[Arm]:
    """Return every arm, by name: those that are configured, and those that people still have from before."""
    enrolled = _enrolled(connection, name)
    people: dict[tuple[str, float], list[Days]] = {}
    if section is not None:
        people |= {(arm, value): [] for arm, value in section.arms.items()}
    found = _days(connection, name, enrolled, section.ends if section is not None else None, now)
    for each in enrolled:
        people.setdefault((each.arm, each.value), []).append(found[each.who.user_id])
    return [arm_of(arm, value, people[arm, value]) for arm, value in sorted(people)]


def _enrolled(connection: Connection, name: str) -> list[_Enrolled]:
    rows = connection.execute(
        "SELECT a.user_id, a.arm, a.value, a.day, u.zone FROM experiment_arms a JOIN users u ON u.id = a.user_id"
        " WHERE a.experiment = ?",
        (name,),
    )
    return [
        _Enrolled(Began(row["user_id"], row["zone"], date.fromisoformat(row["day"])), row["arm"], row["value"])
        for row in rows
    ]


def _days(
    connection: Connection, name: str, enrolled: list[_Enrolled], ends: date | None, now: datetime
) -> Mapping[str, Days]:
    events: dict[str, list[tuple[date, Outcome]]] = {each.who.user_id: [] for each in enrolled}
    for user_id, day, outcome in connection.execute(OUTCOMES, (name,)):
        events[user_id].append((_date(day), _OUTCOMES[outcome]))
    stayed = _stayed(connection, enrolled, now)
    found: dict[str, Days] = {}
    for each in enrolled:
        closed = local_date(now, each.who.zone) - CLOSED_AFTER
        last = closed if ends is None else min(closed, ends)
        user_id = each.who.user_id
        found[user_id] = days_of(events[user_id], last, stayed=stayed.get(user_id))
    return found


def _stayed(connection: Connection, enrolled: list[_Enrolled], now: datetime) -> dict[str, bool]:
    horizon = HORIZONS[0]
    due = [each.who for each in enrolled if is_over(each.who.day, horizon, local_date(now, each.who.zone))]
    there = retention.stayed(connection, [(who, horizon) for who in due])
    return {who.user_id: is_there for who, is_there in zip(due, there, strict=True)}
