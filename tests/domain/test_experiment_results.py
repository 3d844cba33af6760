"""Results of an experiment: what counts, what is hidden, and that nothing is concluded too early."""

from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.experiment_results import NOT_KEPT, PLANNED, Days, arm_of, days_of, verdict
from ivy.domain.retention import LEAST
from ivy.domain.streaks import COMEBACK_SPAN, Outcome, comes_back_from

DAY = date(2026, 12, 1)
KEPT, MISSED, SKIPPED, REST = Outcome.KEPT, Outcome.MISSED, Outcome.SKIPPED, Outcome.REST
EVENTS = st.dictionaries(st.integers(0, 20).map(lambda n: DAY + timedelta(days=n)), st.sampled_from(Outcome))


def days(*outcomes: Outcome | None) -> list[tuple[date, Outcome]]:
    return [(DAY + timedelta(days=n), each) for n, each in enumerate(outcomes) if each is not None]


def counted(*outcomes: Outcome | None, last: int = 30) -> tuple[int, int, int, int]:
    found = days_of(days(*outcomes), DAY + timedelta(days=last), stayed=None)
    return found.kept, found.planned, found.returns, found.misses


# --- a person's days -------------------------------------------------------------------------------


def test_a_return_is_a_kept_day_within_two_days_of_a_miss() -> None:
    assert counted(MISSED, KEPT) == (1, 2, 1, 1)
    assert counted(MISSED, None, KEPT) == (1, 2, 1, 1)
    assert counted(MISSED, None, None, KEPT) == (1, 2, 0, 1)
    assert counted(MISSED, SKIPPED, KEPT) == (1, 3, 2, 2)
    assert counted(KEPT, REST, MISSED) == (1, 2, 0, 1)


def test_a_miss_counts_once_its_two_days_are_over_by_the_last_day() -> None:
    assert counted(MISSED, last=1) == (0, 1, 0, 0)
    assert counted(MISSED, last=2) == (0, 1, 0, 1)
    assert counted(MISSED, KEPT, last=0) == (0, 1, 0, 0)


@given(EVENTS, st.integers(0, 25))
def test_days_add_up(events: dict[date, Outcome], end: int) -> None:
    last = DAY + timedelta(days=end)
    found = days_of(events.items(), last, stayed=None)
    assert 0 <= found.returns <= found.misses <= found.planned - found.kept
    assert found.planned == sum(day <= last and each in PLANNED for day, each in events.items())


@given(EVENTS)
def test_every_day_that_the_streak_takes_for_a_return_is_one_here(events: dict[date, Outcome]) -> None:
    last = max(events, default=DAY) + COMEBACK_SPAN
    back = {miss for day, each in events.items() if each is KEPT and (miss := comes_back_from(events.items(), day))}
    found = days_of(events.items(), last, stayed=None)
    assert len(back) <= found.returns
    assert found.misses == sum(each in NOT_KEPT for each in events.values())


# --- an arm, and the sentence ------------------------------------------------------------------------


@given(st.integers(0, 12))
def test_of_an_arm_of_fewer_than_five_nothing_is_told(people: int) -> None:
    found = arm_of("double", 1.0, [Days(3, 4, 1, 1, stayed=True)] * people)
    assert (found.people is None) == (0 < people < LEAST)
    if found.people is None:
        assert (found.days, found.comebacks, found.retention) == (None, None, None)


def test_who_is_not_due_yet_is_not_counted_as_gone() -> None:
    found = arm_of("double", 1.0, [Days(stayed=True)] * 5 + [Days(stayed=False)] * 3 + [Days(stayed=None)] * 9)
    assert found.people == 17
    assert found.retention is not None
    assert (found.retention.retained, found.retention.people) == (5, 8)


def people(chance: Random, count: int, share: float) -> list[Days]:
    return [Days(sum(chance.random() < share for _ in range(20)), 20) for _ in range(count)]


def test_equal_arms_are_seldom_told_apart_and_unequal_ones_are() -> None:
    chance, wrong, right = Random(7), 0, 0
    for _ in range(200):
        same = [arm_of(name, 1.0, people(chance, 20, 0.5)) for name in ("a", "b")]
        wrong += not verdict(same, until=None).startswith("Too few")
        unlike = [arm_of("a", 1.0, people(chance, 40, 0.4)), arm_of("b", 2.0, people(chance, 40, 0.7))]
        right += verdict(unlike, until=None).startswith("More of the planned days were kept with b")
    assert wrong <= 10  # of a test at 5 of 100 it would be about that; intervals that must not overlap are stricter
    assert right >= 190


def test_the_sentence_speaks_only_where_the_best_lies_above_all_others() -> None:
    low, middle, high = (arm_of(name, 1.0, [Days(kept, 10)] * 40) for name, kept in (("a", 3), ("b", 5), ("c", 9)))
    near = arm_of("d", 1.0, [Days(9, 10)] * 38 + [Days(8, 10)] * 2)
    said = "More of the planned days were kept with c than with any other arm: the intervals do not overlap."
    assert verdict([high, low, middle], until=None) == said
    assert verdict([high, low], until=DAY).startswith(said)
    assert "It runs until 2026-12-01" in verdict([high, low], until=DAY)
    assert verdict([high, near, low], until=None) == "Too few to tell: the intervals of the days kept overlap."


def test_nothing_is_told_without_two_arms_that_may_be_told_of() -> None:
    enough, few, nobody = (arm_of(name, 1.0, [Days(9, 10)] * n) for name, n in (("a", 50), ("b", 4), ("c", 0)))
    for arms in ([], [enough], [enough, few], [enough, nobody]):
        assert verdict(arms, until=None).startswith("Too few to tell")
