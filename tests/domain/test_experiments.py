"""Arms: equal shares, the same at each asking; a configuration that cannot be run is refused in one line."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.config import Config, ExperimentSection
from ivy.daemon import wiring
from ivy.domain.experiments import BOUNDS, Setting, arm_of, check, running
from ivy.errors import ConfigError
from tests.cases import each_case

FIRST, LAST = date(2026, 12, 1), date(2027, 2, 28)
RETRIES = (10, 40)
NAMES = st.text("abcdefgh", min_size=1, max_size=6)
ARMS = st.sets(NAMES, min_size=2, max_size=6)


def bonus(**changes: Any) -> ExperimentSection:
    usual: dict[str, Any] = {
        "setting": "comeback_share",
        "arms": {"usual": 0.5, "double": 1.0},
        "begins": FIRST,
        "ends": LAST,
    }
    return ExperimentSection(**(usual | changes))


# --- who gets what ---------------------------------------------------------------------------------


@given(NAMES, st.uuids().map(str), ARMS)
def test_an_arm_is_the_same_at_each_asking_and_in_whatever_order_they_are_written(
    name: str, user: str, arms: set[str]
) -> None:
    found = arm_of(name, user, sorted(arms))
    assert found in arms
    assert arm_of(name, user, sorted(arms, reverse=True)) == found


@given(NAMES, ARMS, st.integers(0, 10**9))
def test_arms_are_equal_shares(name: str, arms: set[str], start: int) -> None:
    people = 1200
    given_out = [arm_of(name, f"person-{start + number}", arms) for number in range(people)]
    part = people / len(arms)
    for arm in arms:  # seven standard deviations: by chance once in hundreds of thousands of millions
        assert abs(given_out.count(arm) - part) < 7 * part**0.5


def test_two_experiments_share_people_out_without_regard_to_each_other() -> None:
    both = [(arm_of("one", f"u{n}", "ab"), arm_of("other", f"u{n}", "ab")) for n in range(4000)]
    for pair in (("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")):
        assert 850 < both.count(pair) < 1150


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_an_experiment_runs_from_its_first_day_to_its_last_and_for_its_setting_only(day: date) -> None:
    known = {"bonus": bonus()}
    assert (running(known, Setting.COMEBACK_SHARE, day) is not None) == (FIRST <= day <= LAST)
    assert running(known, Setting.FIRST_RETRY, day) is None


# --- what is refused -------------------------------------------------------------------------------


@each_case(
    ("changes", "says"),
    [
        ({"setting": "price"}, "experiments.bonus.setting is 'price'; use comeback_share, first_retry_minutes,"),
        ({"setting": ""}, "experiments.bonus.setting is ''"),
        ({"arms": {"usual": 0.5}}, "needs two arms or more"),
        ({"arms": {}}, "needs two arms or more"),
        ({"arms": {"usual": 0.5, "much": 2.5}}, "arms.much is 2.5; comeback_share is a number from 0 to 2"),
        ({"arms": {"usual": 0.5, "less": -0.1}}, "arms.less is -0.1"),
        ({"arms": {"usual": 0.5, "what": float("nan")}}, "arms.what is nan"),
        ({"arms": {"usual": 0.5, "all of it": 1.0}}, "an arm called 'all of it'"),
        ({"begins": None}, "needs begins and ends"),
        ({"ends": None}, "needs begins and ends"),
        ({"ends": FIRST - timedelta(days=1)}, "the second not before the first"),
        ({"setting": "workout_reminder_minutes", "arms": {"a": 15, "b": 17.5}}, "a whole number from 5 to 240"),
        ({"setting": "first_retry_minutes", "arms": {"a": 10, "b": 1}}, "a whole number from 2 to 60"),
        (
            {"setting": "first_retry_minutes", "arms": {"a": 10, "b": 40}},
            "not before the second of calls.retries_minutes",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check({"bonus": bonus(**changes)}, retries_minutes=RETRIES)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_name_that_is_no_word_is_refused() -> None:
    with pytest.raises(ConfigError, match="called 'a b'"):
        check({"a b": bonus()}, retries_minutes=RETRIES)


def test_a_first_retry_cannot_be_varied_where_there_is_none() -> None:
    section = bonus(setting="first_retry_minutes", arms={"soon": 5, "late": 50})
    check({"retry": section}, retries_minutes=(10,))
    with pytest.raises(ConfigError, match=r"calls\.retries_minutes has none"):
        check({"retry": section}, retries_minutes=())


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_two_experiments_of_one_setting_are_refused_just_where_they_share_a_day(a: int, b: int, c: int, d: int) -> None:
    one, other = sorted((a, b)), sorted((c, d))
    sections = {
        name: bonus(begins=FIRST + timedelta(days=first), ends=FIRST + timedelta(days=last))
        for name, (first, last) in {"one": one, "other": other}.items()
    }
    shared = set(range(one[0], one[1] + 1)) & set(range(other[0], other[1] + 1))
    if shared:
        with pytest.raises(ConfigError, match=r"experiments\.one and experiments\.other both vary comeback_share"):
            check(sections, retries_minutes=RETRIES)
    else:
        check(sections, retries_minutes=RETRIES)
        for day in range(61):
            assert running(sections, Setting.COMEBACK_SHARE, FIRST + timedelta(days=day)) in (
                None,
                *sections.items(),
            )


def test_two_settings_may_be_varied_at_once() -> None:
    reminder = bonus(setting="workout_reminder_minutes", arms={"soon": 15, "early": 60})
    check({"bonus": bonus(), "reminder": reminder}, retries_minutes=RETRIES)


def test_every_setting_has_bounds_and_the_daemon_refuses_to_start_outside_of_them() -> None:
    assert set(BOUNDS) == set(Setting)
    wiring.check(Config(experiments={"bonus": bonus()}))
    with pytest.raises(ConfigError, match=r"experiments\.bonus\.setting"):
        wiring.check(Config(experiments={"bonus": bonus(setting="price")}))
