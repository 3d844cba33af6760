"""Towns of a simulated week: shared out by number alone, lived in side by side, and told as one."""

import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.cli import week_life, week_report, week_towns
from ivy.emulators import personas
from ivy.errors import IvyError
from ivy.store import tallies
from ivy.store.tallies import CallTally, GiftTally, Tallies

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def plans(number: int, folder: Path, *, most: int, seed: int = 1) -> list[week_towns.Plan]:
    people = personas.people(number, seed)
    return week_towns.plans(people, 1, seed, MONDAY, week_life.week_config(), folder, most=most)


def nobody(_part: float) -> None:
    """Hear how far it is, and forget it."""


@given(st.integers(1, 200), st.integers(1, 60))
def test_everybody_lives_in_one_town_and_none_is_much_larger(number: int, most: int) -> None:
    found = plans(number, Path("nowhere"), most=most)
    sizes = [len(each.somebodies) for each in found]
    assert sorted(who.name for each in found for who in each.somebodies) == sorted(
        who.name for who in personas.people(number, 1)
    )
    assert max(sizes) <= most and max(sizes) - min(sizes) <= 1
    assert len(found) == -(-number // most), "no more towns than it takes"
    assert len({each.seed for each in found}) == len({each.folder for each in found}) == len(found)


@pytest.mark.uncounted
def test_towns_side_by_side_tell_what_they_tell_alone(tmp_path: Path) -> None:
    (tmp_path / "apart").mkdir()
    heard: list[float] = []
    beside = week_towns.live_all(plans(2, tmp_path / "apart", most=1), heard.append)
    alone = week_towns.live(plans(2, tmp_path, most=1)[1], nobody)
    assert (beside[1].story, beside[1].tallies) == (alone.story, alone.tallies)
    assert heard == sorted(heard) and heard[-1] == 1
    told = week_report.tell(beside, users=2, days=1, seed=1, seconds=1.0)
    assert told.report.personas.keys() == {who.persona.name for who in personas.people(2, 1)}
    assert len(told.story) == sum(len(each.story) for each in beside)
    assert told.report.never.is_empty
    assert told.report.jobs == sum(each.tallies.jobs for each in beside) > 0


def test_a_town_that_fails_ends_the_week_for_all(tmp_path: Path) -> None:
    good, bad = plans(2, tmp_path, most=1)
    bad.folder.mkdir()
    with pytest.raises(IvyError, match="town 2 ended with 1"):
        week_towns.live_all([replace(good, days=400), bad], nobody)
    assert not multiprocessing.active_children(), "the other one would have taken minutes"


def test_what_several_files_hold_is_counted_as_one() -> None:
    one = Tallies(
        (CallTally("morning", "completed", 2, 1, 90),), {"done": 1}, {"sent": 3}, {}, (GiftTally("USD", 300, 3, 1),),
        {"call": 7}, 5, 1, 4, 2, 1, 20, {}, {"sweeper": 1},
    )  # fmt: skip
    other = Tallies(
        (CallTally("evening", "missed", 1, 0, 0), CallTally("morning", "completed", 3, 0, 30)), {"done": 2, "rest": 1},
        {}, {"held: window": 1}, (GiftTally("CLP", 900, 1, 0), GiftTally("USD", 100, 1, 0)),
        {"message": 1, "call": 1}, 1, 0, 1, 1, 1, 2, {"send": 1}, {},
    )  # fmt: skip
    assert tallies.together([one]) == one
    assert tallies.together([one, other]) == Tallies(
        (CallTally("evening", "missed", 1, 0, 0), CallTally("morning", "completed", 5, 1, 120)),
        {"done": 3, "rest": 1}, {"sent": 3}, {"held: window": 1},
        (GiftTally("CLP", 900, 1, 0), GiftTally("USD", 400, 4, 1)),
        {"call": 8, "message": 1}, 6, 1, 5, 3, 2, 22, {"send": 1}, {"sweeper": 1},
    )  # fmt: skip
