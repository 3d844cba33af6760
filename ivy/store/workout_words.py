"""What is said of a workout: its row, the rule that judges it, the word, what the word did. May import: people, the domain."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ivy.config import GivingSection
from ivy.domain.experiments import NONE, Experiments
from ivy.domain.giving import Gift, PartialGives
from ivy.domain.schedule import local_date
from ivy.domain.streaks import Outcome, Streak
from ivy.domain.workouts import WorkoutState, counts_for_streak, outcome_of
from ivy.store.people import Person


@dataclass(frozen=True)
class Rule:
    """The minutes that a workout done in part counts from, and what it gives then. Set anew it is for the next workout."""

    counts_from: int
    part_gives: PartialGives


USUAL = Rule(10, PartialGives.NONE)
"""Everybody's, before there was a way to set another."""
_JUDGED = (WorkoutState.DONE, WorkoutState.PARTIAL)


@dataclass(frozen=True)
class Workout:
    """`at_wall` is the local HH:MM it is planned for, or "". `planned`: somebody spoke of it before it was over."""

    id: str
    day: date
    kind: str
    state: WorkoutState = WorkoutState.PLANNED
    at_wall: str = ""
    planned: bool = True
    minutes: int | None = None
    note: str = ""
    rule: Rule | None = None
    """By what it was judged when they said what became of it; None: nobody did yet."""


@dataclass(frozen=True)
class Word:
    """A word about a workout: whose, whence and when, and what the operator lets it give. `new_id` names rows."""

    person: Person
    source: str
    """text, call, button or import; day_close where nobody said anything."""
    now: datetime
    new_id: Callable[[], str]
    giving: GivingSection
    experiments: Experiments = field(default_factory=NONE)

    @property
    def today(self) -> date:
        """The person's own date."""
        return local_date(self.now, self.person.zone)

    @property
    def rule(self) -> Rule:
        """The person's own, for what was not judged before."""
        return Rule(self.person.minimum_minutes, PartialGives(self.person.partial_gives))

    def judge(self, workout: Workout) -> Workout:
        """Let a workout that was done, if only in part, keep the rule of the moment when that was first told."""
        is_new = workout.state in _JUDGED and workout.rule is None
        return replace(workout, rule=self.rule) if is_new else workout


@dataclass(frozen=True)
class Change:
    """What a word about a workout did to the streak and gave; `milestone` is the one reached by it, if any.

    `of_last` are the days kept of the last 21, and how many of those were planned.
    """

    workout: Workout
    before: Streak
    after: Streak
    milestone: int | None = None
    gift: Gift | None = None
    of_last: tuple[int, int] = (0, 0)


def rule_of(state: WorkoutState, kept: Rule | None, then: Callable[[], Rule]) -> Rule | None:
    """Return the rule that a row was judged by; None if it was not.

    `kept` is what stands beside it, None where nothing does, or where an older Ivy, which keeps no rules, spoke of it since:
    that one judged by `then`, the person's rule when it did.
    """
    if state is WorkoutState.PLANNED:  # taken back by an older Ivy, which left a rule beside it
        return None
    return then() if kept is None and state in _JUDGED else kept


def day_outcome(workouts: list[Workout], minimum_minutes: int) -> Outcome | None:
    """Return what all workouts of one day mean together: one that counts keeps it, one that is open leaves it open.

    `minimum_minutes` is for those that were not judged by a rule of their own.
    """
    outcomes = [
        outcome_of(
            each.state,
            minimum_met=counts_for_streak(each.minutes, each.rule.counts_from if each.rule else minimum_minutes),
        )
        for each in workouts
    ]
    order = (Outcome.KEPT, None, Outcome.REST, Outcome.SKIPPED)
    return next((outcome for outcome in order if outcome in outcomes), None)
