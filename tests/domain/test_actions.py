"""Tokens behind buttons: ours are known again, and nobody else's, whoever they are and whatever they changed."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.actions import LONGEST_OPTION, PREFIX, Bound, Named, is_genuine, named, secrets_of, token
from ivy.domain.contents import LONGEST_ACTION, LONGEST_ROW_ACTION, Option, Section

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ID = "01a2018f-63b2-7ba5-8732-d40a70f03c39"
BOUND = Bound("ana", "reminder", ID, NOW + timedelta(days=2))
KEYS = "k1:bmV3ZXI= k0:b2xkZXI="
NEW, OLD = secrets_of(KEYS)
TOKEN = token(NEW, BOUND, "done")

_names = st.text(st.characters(codec="utf-8", exclude_characters="."), max_size=12)
_ids = st.uuids().map(str)
_bounds = st.builds(Bound, _names, _names, _ids, st.datetimes(timezones=st.just(UTC)))


def test_a_token_names_its_question_and_option_and_is_known_again() -> None:
    assert named(TOKEN) == Named(ID, "done")
    assert is_genuine((NEW, OLD), BOUND, TOKEN)
    assert named(token(NEW, BOUND)) == Named(ID, "")
    assert is_genuine((NEW,), BOUND, token(NEW, BOUND))


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "done",
        "DUE_1",
        "ivy1",
        "ivy1...",
        f"ivy1..done.{'x' * 22}",
        f"ivy1.{ID}.done.",
        f"ivy1.{ID}.done",
        f"ivy2.{ID}.done.{'x' * 22}",
        f"{TOKEN}.more",
        f" {TOKEN}",
        "https://ivy.example.org/a.b.c",
        "a.b.c.d",
    ],
)
def test_what_is_no_token_of_ours_names_nothing_and_is_not_genuine(foreign: str) -> None:
    assert named(foreign) is None
    assert not is_genuine((NEW,), BOUND, foreign)


def signature(text: str) -> str:
    return text.rpartition(".")[2]


@pytest.mark.parametrize(
    "forged",
    [
        f"ivy1.{ID}.done.{'A' * 22}",
        f"ivy1.{ID}.done.\ud83c",  # half a character, as a broken JSON may hold
        f"ivy1.{ID}.\ud83c.{signature(TOKEN)}",
        f"ivy1.{ID}.done.{signature(TOKEN)}=",
        f"ivy1.{ID}.done.{signature(TOKEN)[:-1]}",
        f"ivy1.{ID}.done.{signature(TOKEN).swapcase()}",
        f"ivy1.{ID}.done.ключ",
        TOKEN + " ",
        TOKEN + "\n",
    ],
)
def test_a_forged_signature_is_not_genuine(forged: str) -> None:
    assert not is_genuine((NEW, OLD), BOUND, forged)


def test_a_signature_moved_to_another_question_is_not_genuine() -> None:
    other = "01a2018f-63b2-7ba5-8732-d40a70f03c40"
    assert not is_genuine((NEW,), BOUND, f"ivy1.{other}.done.{signature(TOKEN)}")


def test_a_relabelled_token_is_not_genuine() -> None:
    for option in ("", "hour", "Done", "done "):
        assert not is_genuine((NEW,), BOUND, f"ivy1.{ID}.{option}.{signature(TOKEN)}")


@pytest.mark.parametrize(
    "other",
    [
        replace(BOUND, user_id="ben"),
        replace(BOUND, user_id="ana "),
        replace(BOUND, purpose="stop_question"),
        replace(BOUND, action_id="01a2018f-63b2-7ba5-8732-d40a70f03c40"),
        replace(BOUND, expires_at=BOUND.expires_at + timedelta(milliseconds=1)),
        replace(BOUND, user_id="anar", purpose="eminder"),  # the same letters, cut elsewhere
    ],
)
def test_a_token_is_nobody_elses_and_for_nothing_else_and_for_no_longer(other: Bound) -> None:
    assert not is_genuine((NEW,), other, TOKEN)


def test_both_secrets_live_while_one_replaces_the_other() -> None:
    before = token(OLD, BOUND, "done")
    assert before != TOKEN
    assert is_genuine((NEW, OLD), BOUND, before)
    assert not is_genuine((NEW,), BOUND, before)
    assert not is_genuine((), BOUND, TOKEN)


def test_secrets_come_from_the_stores_keys_and_are_none_of_them() -> None:
    assert secrets_of("") == ()
    assert len({NEW, OLD}) == 2
    assert all(key.encode() not in secret for key in KEYS.split() for secret in (NEW, OLD))
    assert secrets_of(f"  {KEYS}\n") == (NEW, OLD)


def test_what_would_read_as_something_else_cannot_be_a_token() -> None:
    for option in ("a.b", ".", "x" * (LONGEST_OPTION + 1)):
        with pytest.raises(ValueError, match="option's name"):
            token(NEW, BOUND, option)
    for action_id in ("", "a.b"):
        with pytest.raises(ValueError, match="question's id"):
            token(NEW, replace(BOUND, action_id=action_id), "done")


def test_the_longest_token_fits_a_button_and_a_row() -> None:
    longest = token(NEW, replace(BOUND, action_id=str(UUID(int=2**128 - 1))), "x" * LONGEST_OPTION)
    assert len(longest) <= LONGEST_ROW_ACTION < LONGEST_ACTION
    Section((Option(longest, "Row"),))
    assert set(TOKEN) <= {*string.ascii_letters, *string.digits, "-", "_", "."}
    assert TOKEN.startswith(PREFIX)


@given(_bounds, st.text(st.characters(codec="utf-8", exclude_characters="."), max_size=LONGEST_OPTION))
def test_every_token_is_known_again(bound: Bound, option: str) -> None:
    text = token(NEW, bound, option)
    assert named(text) == Named(bound.action_id, option)
    assert is_genuine((OLD, NEW), bound, text)


@given(st.lists(st.tuples(_bounds, _names), min_size=2, max_size=8, unique=True))
def test_no_two_bounds_share_a_signature(all_of_them: list[tuple[Bound, str]]) -> None:
    signatures = {signature(token(NEW, bound, option)) for bound, option in all_of_them}
    assert len(signatures) == len(all_of_them)


@given(st.text(max_size=8), st.text(max_size=8), st.integers(0, 8))
def test_facts_cut_at_another_place_are_other_facts(user_id: str, purpose: str, at: int) -> None:
    together = user_id + purpose
    elsewhere = replace(BOUND, user_id=together[:at], purpose=together[at:])
    here = replace(BOUND, user_id=user_id, purpose=purpose)
    same = elsewhere == here
    assert (signature(token(NEW, elsewhere)) == signature(token(NEW, here))) == same


@given(st.text() | st.text(st.sampled_from("ivy1.-ab=\ud800")))
def test_any_text_at_all_is_judged(text: str) -> None:
    assert named(text) is None or isinstance(named(text), Named)
    assert not is_genuine((NEW,), BOUND, text)
    assert not is_genuine((NEW,), BOUND, f"ivy1.{ID}.{text}.{text}")
