"""The token that ends a person's mails."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import actions, unsubscribe
from ivy.domain.unsubscribe import LONGEST_TOKEN, Subscription

words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30)
subscriptions = st.builds(Subscription, words.filter(bool), words, words)
keys = st.binary(min_size=16, max_size=32)
ANA = Subscription("0192b3c4-aaaa-7bbb-8ccc-ddddeeeeffff", "mail")
KEY = b"k" * 32


@given(keys, subscriptions)
def test_a_token_tells_what_was_put_into_it(key: bytes, what: Subscription) -> None:
    made = unsubscribe.token(key, what)
    assert unsubscribe.read([key], made) == what
    assert re.fullmatch(r"[A-Za-z0-9._-]+", made) and len(made) <= LONGEST_TOKEN
    assert unsubscribe.token(key, what) == made


@given(keys, keys, subscriptions)
def test_another_key_reads_nothing_and_an_older_one_may_still_count(old: bytes, new: bytes, what: Subscription) -> None:
    made = unsubscribe.token(old, what)
    assert unsubscribe.read([new, old], made) == what
    if new != old:
        assert unsubscribe.read([new], made) is None
    assert unsubscribe.read([], made) is None


@given(subscriptions, subscriptions)
def test_different_things_have_different_tokens(one: Subscription, other: Subscription) -> None:
    assert (unsubscribe.token(KEY, one) == unsubscribe.token(KEY, other)) == (one == other)


@given(st.integers(0, 200), st.characters(codec="utf-8"))
def test_a_token_with_any_other_letter_in_it_is_none(place: int, letter: str) -> None:
    made = unsubscribe.token(KEY, ANA)
    place %= len(made)
    if made[place] != letter:
        assert unsubscribe.read([KEY], made[:place] + letter + made[place + 1 :]) is None


@given(st.text(max_size=600))
def test_no_other_text_is_a_token(text: str) -> None:
    assert unsubscribe.read([KEY], text) is None


@given(st.integers(0, 200))
def test_a_token_cut_short_is_none(length: int) -> None:
    made = unsubscribe.token(KEY, ANA)
    assert unsubscribe.read([KEY], made[: length % len(made)]) is None


def test_a_signature_for_something_else_with_the_same_key_is_none_here() -> None:
    from datetime import UTC, datetime

    bound = actions.Bound("ana", "stop", "a1", datetime(2026, 11, 23, tzinfo=UTC))
    assert unsubscribe.read([KEY], actions.token(KEY, bound)) is None
    assert actions.named(unsubscribe.token(KEY, ANA)) is None


@pytest.mark.parametrize(
    "what", [Subscription("", "mail"), Subscription("a\0b", "mail"), Subscription("a" * 400, "mail")]
)
def test_what_cannot_stand_in_a_token_is_not_put_into_one(what: Subscription) -> None:
    with pytest.raises(ValueError, match="token"):
        unsubscribe.token(KEY, what)
