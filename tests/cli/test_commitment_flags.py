"""`ivy onboard` sets from when a workout counts, what a part of one gives, and what they promised themselves."""

import json
from contextlib import closing
from typing import Any

import pytest

from ivy.store.settings import open_writer

ANA = ("--name", "Ana", "--phone", "+573001234567", "--zone", "America/Bogota")


def test_what_is_told_is_kept_and_what_is_not_stays(ready: Any) -> None:
    flags = ("--sessions", "3", "--promised", "5", "--minimum", "15", "--part-gives", "pro_rata", "--json")
    person = json.loads(ready("onboard", *ANA, *flags).stdout)["person"]
    assert (person["sessions_per_week"], person["minimum_minutes"], person["partial_gives"]) == (3, 15, "pro_rata")
    with closing(open_writer(ready.folder / "data/ivy.db")) as connection:
        assert [row["promised"] for row in connection.execute("SELECT promised FROM commitments")] == [5]
    person = json.loads(ready("onboard", *ANA, "--sessions", "4", "--json").stdout)["person"]
    assert (person["sessions_per_week"], person["minimum_minutes"], person["partial_gives"]) == (4, 15, "pro_rata")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--minimum", "0"), "--minimum is 1 to 180 minutes."),
        (("--minimum", "181"), "--minimum is 1 to 180 minutes."),
        (("--promised", "15"), "--promised is 0 to 14 a week."),
        (("--before-workouts", "-1"), "--before-workouts is 0 to"),
    ],
)
def test_what_is_out_of_bounds_is_said_in_one_line_and_nobody_is_let_in(
    ready: Any, flags: tuple[str, ...], said: str
) -> None:
    done = ready("onboard", *ANA, *flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert json.loads(ready("users", "list", "--json").stdout) == []
