"""When a turn starts, what it may spend, and the names of its steps."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.turns import (
    Limits,
    Spent,
    call_hash,
    canonical_json,
    limit_reached,
    repeats_too_often,
    run_at,
    tool_key,
    turn_key,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
_seconds = st.floats(0, 60).map(lambda seconds: timedelta(seconds=seconds))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=8,
)


def test_a_single_message_is_answered_after_a_quiet_moment() -> None:
    assert run_at(NOW, NOW, NOW) == NOW + timedelta(seconds=1.5)


def test_a_burst_is_answered_five_seconds_after_its_first_message_at_most() -> None:
    assert run_at(NOW, NOW + timedelta(seconds=1), NOW) == NOW + timedelta(seconds=2.5)
    assert run_at(NOW, NOW + timedelta(seconds=4), NOW) == NOW + timedelta(seconds=5)


@given(_seconds, _seconds)
def test_a_turn_never_starts_in_the_past_nor_later_than_it_must(burst: timedelta, waited: timedelta) -> None:
    now = NOW + burst + waited
    at = run_at(NOW, NOW + burst, now)
    assert at >= now
    assert at == now or at <= NOW + timedelta(seconds=5)


def test_the_first_limit_reached_is_named() -> None:
    limits = Limits(model_calls=2, tool_calls=3, seconds=10, cost_micros=100)
    assert limit_reached(limits, Spent(1, 2, 9.9, 99)) is None
    assert limit_reached(limits, Spent(2, 3, 10, 100)) == "model_calls"
    assert limit_reached(limits, Spent(1, 3)) == "tool_calls"
    assert limit_reached(limits, Spent(seconds=10)) == "seconds"
    assert limit_reached(limits, Spent(cost_micros=100)) == "cost_micros"


@given(_json)
def test_equal_json_has_one_form_and_keeps_its_meaning(value: object) -> None:
    reordered = value
    if isinstance(value, dict):
        reordered = dict(reversed(value.items()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    form = canonical_json(json.dumps(value, indent=3))
    assert form == canonical_json(json.dumps(reordered, ensure_ascii=False)) == canonical_json(form)
    assert json.loads(form) == value


@pytest.mark.parametrize("text", ["", "  {broken ", "{'a': 1}", '"\\ud800', "[" * 5000, "\ud800", "NaN"])
def test_what_is_no_json_still_has_a_name(text: str) -> None:
    assert canonical_json(text) == text.strip()
    assert len(call_hash("add_task", text)) == 64


def test_a_turn_is_named_by_the_first_message_it_answers() -> None:
    assert turn_key("wamid.1") == "turn:wamid.1"


@given(
    st.tuples(st.text(max_size=3), st.integers(0, 2), st.integers(0, 2), st.text(max_size=3), st.text(max_size=3)),
    st.data(),
)
def test_two_effects_have_the_same_name_only_if_all_parts_are_equal(
    one: tuple[str, int, int, str, str], data: st.DataObject
) -> None:
    strategy = st.tuples(
        st.text(max_size=3), st.integers(0, 2), st.integers(0, 2), st.text(max_size=3), st.text(max_size=3)
    )
    other = data.draw(strategy | st.just(one))
    same = (*one[:4], canonical_json(one[4])) == (*other[:4], canonical_json(other[4]))
    assert (tool_key(*one) == tool_key(*other)) == same


def test_names_of_effects_survive_a_release() -> None:
    assert tool_key("t", 1, 0, "add_task", '{"b": 1, "a": "é"}') == tool_key("t", 1, 0, "add_task", '{"a":"é","b":1}')
    expected = "c83225330d80313bc03e280279e7976ba830a3b3617648f5dba7db0d5494350a"
    assert tool_key("t", 1, 0, "add_task", '{"a":1}') == expected


def test_the_same_request_has_the_same_hash_wherever_it_is_made() -> None:
    assert call_hash("find", '{"q":"x"}') == call_hash("find", ' {"q" : "x"} ')
    assert call_hash("find", '{"q":"x"}') != call_hash("list", '{"q":"x"}')


def test_asking_the_same_for_the_third_time_is_too_often() -> None:
    assert not repeats_too_often([])
    assert not repeats_too_often(["a", "a"])
    assert repeats_too_often(["a", "b", "a", "b", "a"])
    assert not repeats_too_often(["a", "a", "a", "b"])
    assert repeats_too_often(["a", "a"], limit=2)
