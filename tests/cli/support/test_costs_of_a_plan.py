"""`ivy costs project` by what people are phoned for, in a country, from a month on: what each adds, and what it refuses."""

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from ivy.domain.call_plans import call_plan, names
from ivy.domain.phones import example_of, region_of

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded

COLOMBIA = 165_000
"""Micro-dollars a minute, as calls are priced there."""


def projected(ivy: "Ivy", *words: str) -> dict[str, Any]:
    return ivy("costs", "project", *words, "--json").json()


def line(told: dict[str, Any], kind: str) -> int:
    return next(each["likely"] for each in told["projection"]["lines"] if each["kind"] == kind)


def test_a_plan_a_country_and_a_month_are_what_the_numbers_say(ivy: "Ivy", seeded: "Seeded") -> None:
    told = projected(
        ivy, "--users", "40", "--plan", "mornings+evenings", "--country", "CO", "--from", "2026-12", "--templates", "0"
    )
    assert (told["projection"]["days"], told["country"]) == (31, "CO")
    assert line(told, "call") == 40 * 31 * (150 + 120) * COLOMBIA // 60
    by_numbers = projected(
        ivy, "--people", "40", "--calls", "2", "--minutes", "2.25", "--number", "+573001234567", "--month", "31",
        "--templates", "0",
    )  # fmt: skip
    assert line(told, "call") == line(by_numbers, "call")
    every, evening = (each["saves"] for each in told["projection"]["instead"] if "text instead" in each["setting"])
    text = 40 * 31 * 2 * 800  # a utility template to Colombia each
    assert every == line(told, "call") - text
    assert evening == round(line(told, "call") * 120 / 270 - text / 2)


def test_the_card_and_the_free_replies_are_those_of_the_month_that_is_named(ivy: "Ivy", seeded: "Seeded") -> None:
    """Replies in chat cost nothing before a day of the card, and are charged after a month's free ones from then on."""
    words = ("--people", "40", "--turns", "50", "--templates", "0", "--country", "CO", "--month", "30")
    before, after = (projected(ivy, *words, "--from", month) for month in ("2026-07", "2026-12-15"))
    assert line(before, "message") < line(after, "message")


def test_only_evenings_are_one_saving_not_two(ivy: "Ivy", seeded: "Seeded") -> None:
    told = projected(ivy, "--people", "3", "--plan", "evenings", "--country", "co")
    assert [each["setting"] for each in told["projection"]["instead"]].count("a text instead of every call") == 1
    assert not any("evening" in each["setting"] for each in told["projection"]["instead"])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--plan", "mornings"), "say how many with --people"),
        (("--people", "3", "--plan", "mornings+noon"), "is not known"),
        (("--people", "3", "--plan", "mornings+mornings"), "each once"),
        (("--people", "3", "--plan", "mornings", "--calls", "2"), "leave --calls and --minutes out"),
        (("--people", "3", "--country", "XX"), "no country's code"),
        (("--people", "3", "--country", "CO", "--number", "+573001234567"), "not both"),
        (("--people", "3", "--from", "2026-13"), "no month and no day"),
        (("--people", "3", "--from", "soon"), "no month and no day"),
    ],
)
def test_what_makes_no_sense_is_refused(ivy: "Ivy", seeded: "Seeded", words: tuple[str, ...], error: str) -> None:
    assert error in str(ivy("costs", "project", *words).error)


def test_a_plan_is_the_sum_of_its_parts() -> None:
    for size in range(1, len(names()) + 1):
        for parts in combinations(names(), size):
            whole, each = call_plan("+".join(parts)), [call_plan(part) for part in parts]
            assert whole is not None
            assert whole == call_plan(" + ".join(reversed(parts)).upper())
            assert whole.calls == pytest.approx(sum(one.calls for one in each if one))
            assert whole.calls * whole.minutes == pytest.approx(sum(one.calls * one.minutes for one in each if one))
            assert (whole.evening > 0) == (whole.evening_calls > 0) == ("evenings" in parts)
    assert call_plan("") is None


def test_a_country_s_example_is_of_that_country() -> None:
    for region in ("CO", "us", "CA", "NZ", "ES", "AE", "KI"):
        assert region_of(example_of(region)) == region.upper()
    assert example_of("ZZ") == ""
