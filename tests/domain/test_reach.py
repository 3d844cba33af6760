"""Whether a number of ours can phone somebody, as far as can be said before a call."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.reach import RETELL, load, reaches
from ivy.errors import ConfigError

ROUTES = load((Path(__file__).parents[2] / "ivy" / "data" / "voice_reach.toml").read_text(encoding="utf-8"))
OURS, COLOMBIA, BRITAIN = "+12025550123", "+573001112233", "+447700900123"


def test_a_bought_number_reaches_fifteen_countries_and_colombia_is_none_of_them() -> None:
    assert len(ROUTES[RETELL].regions) == 15
    assert "CO" not in ROUTES[RETELL].regions
    british = reaches(ROUTES, OURS, False, BRITAIN)
    assert (british.ok, british.country) == (True, "GB")
    assert "2026-11-22" in british.why


def test_who_cannot_be_reached_is_told_what_to_do_instead() -> None:
    colombian = reaches(ROUTES, OURS, False, COLOMBIA)
    assert (colombian.ok, colombian.country) == (False, "CO")
    assert "do not reach CO" in colombian.why
    assert "voice.number_is_imported" in colombian.why


def test_an_imported_number_goes_where_its_carrier_lets_it() -> None:
    colombian = reaches(ROUTES, OURS, True, COLOMBIA)
    assert (colombian.ok, colombian.country) == (True, "CO")
    assert "carrier" in colombian.why


@pytest.mark.parametrize("imported", [True, False])
def test_without_a_number_of_ours_nobody_is_reached(imported: bool) -> None:
    nobody = reaches(ROUTES, "", imported, BRITAIN)
    assert not nobody.ok
    assert "voice.number" in nobody.why


@pytest.mark.parametrize(("theirs", "named"), [("", "an empty number"), ("+", "+"), ("+80012345678", "+80012345678")])
def test_a_number_of_no_country_is_not_reached(theirs: str, named: str) -> None:
    nowhere = reaches(ROUTES, OURS, True, theirs)
    assert (nowhere.ok, nowhere.country) == (False, "")
    assert nowhere.why.startswith(f"{named} is not a number")


def test_of_an_unknown_provider_nothing_is_promised() -> None:
    unknown = reaches(ROUTES, OURS, False, BRITAIN, "another")
    assert not unknown.ok
    assert "another" in unknown.why


@given(st.text(max_size=20), st.booleans())
def test_whatever_is_typed_there_is_an_answer(theirs: str, imported: bool) -> None:
    reach = reaches(ROUTES, OURS, imported, theirs)
    assert reach.why.endswith(".")
    assert not reach.ok or reach.country


@pytest.mark.parametrize(
    "text", ["bought = ", "", '[[bought]]\nprovider = "retell"', '[[bought]]\nregions = ["Colombia"]']
)
def test_a_wrong_list_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^my\.toml is wrong: "):
        load(text, "my.toml")
