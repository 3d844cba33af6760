"""Flow JSON: byte for byte what was looked at, and nothing that Meta finds fault with.

After a wanted change: `IVY_WRITE_GOLDEN=1 pytest tests/adapters/test_whatsapp_flow_json.py`, and look at the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.adapters.whatsapp.flow_json import Asset, assets, flow
from ivy.domain.form_definitions import BOOKING, FORMS, LIVE_BOOKING
from ivy.domain.forms import (
    AnyField,
    Both,
    Choice,
    ClockTime,
    Day,
    FormDefinition,
    LongText,
    Number,
    OneOf,
    OptIn,
    Screen,
    SeveralOf,
    ShortText,
)
from ivy.emulators.whatsapp_flow_rules import faults_of

GOLDEN = Path(__file__).parent / "data"
ASSETS = assets(live=True)


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.title)
def test_each_asset_is_as_it_was_looked_at(asset: Asset) -> None:
    path = GOLDEN / f"{asset.title}.json"
    if os.environ.get("IVY_WRITE_GOLDEN"):
        path.write_bytes(asset.content + b"\n")
    assert asset.content + b"\n" == path.read_bytes()


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.title)
def test_meta_finds_no_fault_in_it(asset: Asset) -> None:
    assert faults_of(json.loads(asset.content)) == []


def test_there_is_one_asset_for_each_form_and_language() -> None:
    assert {(each.name, each.language) for each in assets(live=False)} == {
        (name, language) for name in FORMS for language in ("en", "es")
    }
    assert {each.name for each in ASSETS if each.live} == {LIVE_BOOKING}
    assert len({each.title for each in ASSETS}) == len({each.digest for each in ASSETS}) == len(ASSETS)


def test_only_the_live_booking_has_an_endpoint() -> None:
    for each in ASSETS:
        written = json.loads(each.content)
        assert ("data_api_version" in written) is ("routing_model" in written) is each.live


def test_answers_of_every_screen_come_with_the_last() -> None:
    written: Any = flow(FORMS["onboarding"], "es")
    payload = written["screens"][-1]["layout"]["children"][-1]["on-click-action"]["payload"]
    assert payload["name"] == "${screen.ABOUT_YOU.form.name}" and payload["zone"] == "${form.zone}"
    assert list(payload) == [each.name for each in FORMS["onboarding"].fields]


def test_the_json_of_a_form_does_not_change_with_the_day() -> None:
    assert flow(BOOKING, "en") == flow(BOOKING, "en") and "2026-11-24" in json.dumps(flow(BOOKING, "en"))


# --- any form that can be defined ----------------------------------------------------------------------

LETTERS = "abcdefgh"


def words(longest: int) -> st.SearchStrategy[Both]:
    """Words of any length; what is in them is nothing to the JSON, but for a reference's sign."""
    return st.integers(1, longest).map(lambda length: Both("$" * length, ("{é} " * length)[:length]))


def options(most: int) -> st.SearchStrategy[tuple[Choice, ...]]:
    return st.sampled_from([1, 2, most]).map(
        lambda count: tuple(Choice(str(each), Both(f"Option {each}", f"Opción {each}")) for each in range(count))
    )


def field(name: str, *, first: bool) -> st.SearchStrategy[AnyField]:
    common: dict[str, Any] = {"name": st.just(name), "required": st.booleans()}
    always: list[st.SearchStrategy[AnyField]] = [
        st.builds(ShortText, **common, label=words(20), hint=words(80), longest=st.integers(1, 80)),
        st.builds(LongText, **common, label=words(20), longest=st.integers(1, 600)),
        st.builds(Number, **common, label=words(20), least=st.integers(0, 9), most=st.integers(10, 999)),
        st.builds(OneOf, **common, label=words(30), options=options(20)),
        st.builds(OneOf, **common, label=words(20), options=options(200), dropdown=st.just(True)),
        st.builds(SeveralOf, **common, label=words(30), options=options(20)),
        st.builds(ClockTime, **common, label=words(20), step=st.integers(6, 60)),
        st.builds(OptIn, **common, label=words(120)),
    ]
    at_first: list[st.SearchStrategy[AnyField]] = [
        st.builds(Day, **common, label=words(40), hint=words(80)),
        st.builds(ShortText, **common, label=words(20), prefilled=st.just(True)),
    ]
    return st.one_of(always + (at_first if first else []))


@st.composite
def any_form(draw: st.DrawFn) -> FormDefinition:
    screens: list[Screen] = []
    for number in range(draw(st.integers(1, 3))):
        names = [f"{LETTERS[number]}_{letter}" for letter in LETTERS[: draw(st.integers(1, 4))]]
        fields = tuple(draw(field(name, first=number == 0)) for name in names)
        intro = draw(st.none() | words(200))
        screens.append(Screen(LETTERS[number].upper(), draw(words(30)), fields, draw(words(35)), intro))
    return FormDefinition("any", "survey", tuple(screens), ())


@settings(max_examples=40)
@given(any_form(), st.sampled_from(["en", "es"]))
def test_meta_finds_no_fault_in_any_form_that_can_be_defined(form: FormDefinition, language: str) -> None:
    assert faults_of(flow(form, language)) == []
