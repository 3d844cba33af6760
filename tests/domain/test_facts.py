"""What holds of two things that cannot both be true, whatever is said in whatever order; and what becomes a claim at all."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.facts import (
    LONGEST_TEXT,
    Behaviour,
    Claim,
    Ended,
    Fact,
    Kind,
    Source,
    Way,
    behaviour_of,
    chain_of,
    claim_of,
    is_within,
    meaning,
    take,
)
from ivy.domain.plain_words import words_of

MARCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXTS = ("I prefer mornings", "I prefer evenings", "I prefer noon", "No calls on Fridays")


def claim(
    text: str, minutes: int, *, subject: str = "call time", kind: Kind = Kind.PREFERENCE, sure: float = 1.0
) -> Claim:
    at = MARCH + timedelta(minutes=minutes)
    return Claim(kind, subject, "", text, text, f"m{minutes}", Way.TOLD, sure, at)


claims = st.builds(
    claim,
    st.sampled_from(TEXTS),
    st.integers(0, 8),
    subject=st.sampled_from(["call time", "home", ""]),
    kind=st.sampled_from([Kind.PREFERENCE, Kind.FACT]),
    sure=st.sampled_from([0.6, 1.0]),
)


def live_through(said: Sequence[Claim]) -> list[Fact]:
    """Take claims one after another, as the store does; return all facts."""
    known: dict[str, Fact] = {}
    for number, each in enumerate(said):
        slot = [fact for fact in known.values() if (fact.kind, fact.subject) == (each.kind, each.subject)]
        for fact in take(slot, each, f"f{number}").changed:
            known[fact.id] = fact
    return list(known.values())


def held(facts: Sequence[Fact]) -> dict[tuple[Kind, str], list[str]]:
    found: dict[tuple[Kind, str], list[str]] = {}
    for fact in facts:
        if fact.holds:
            found.setdefault((fact.kind, fact.subject), []).append(meaning(fact))
    return found


@given(st.lists(claims, max_size=12))
def test_of_one_subject_one_fact_holds(said: list[Claim]) -> None:
    for (_kind, subject), meanings in held(live_through(said)).items():
        assert len(meanings) == 1 or not subject
        assert len(set(meanings)) == len(meanings)


@given(st.lists(claims, max_size=12))
def test_nothing_that_was_said_is_lost(said: list[Claim]) -> None:
    facts = live_through(said)
    for each in said:
        assert any(
            (fact.kind, fact.subject, meaning(fact)) == (each.kind, each.subject, meaning(each)) for fact in facts
        )


@given(st.lists(claims, max_size=8).flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_the_same_holds_in_whatever_order_it_becomes_known(both: tuple[list[Claim], list[Claim]]) -> None:
    said, shuffled = both
    one, other = held(live_through(said)), held(live_through(shuffled))
    assert {slot: sorted(meanings) for slot, meanings in one.items()} == {
        slot: sorted(meanings) for slot, meanings in other.items()
    }


@given(st.lists(claims, min_size=1, max_size=8))
def test_what_holds_is_what_was_said_last(said: list[Claim]) -> None:
    facts = held(live_through(said))
    for slot in {(each.kind, each.subject) for each in said if each.subject}:
        last = max(
            (each for each in said if (each.kind, each.subject) == slot), key=lambda each: (each.said_at, meaning(each))
        )
        assert facts[slot] == [meaning(last)]


@given(st.lists(claims, max_size=12))
def test_what_was_replaced_is_linked_and_its_time_is_over(said: list[Claim]) -> None:
    facts = {fact.id: fact for fact in live_through(said)}
    for fact in facts.values():
        assert (fact.ended is Ended.NOT) == fact.holds
        assert fact.last_said >= fact.since
        if fact.until is not None:
            assert fact.until >= fact.last_said >= fact.since
            assert facts[fact.replaced_by].id != fact.id
            following, seen = fact, set[str]()
            while not following.holds:  # the chain leads to what holds now, and nowhere twice
                assert following.id not in seen
                seen.add(following.id)
                following = facts[following.replaced_by]


@given(st.lists(claims, min_size=1, max_size=12), st.integers(0, 11))
def test_what_is_forgotten_together_is_all_that_was_said_of_the_same(said: list[Claim], which: int) -> None:
    facts = live_through(said)
    chosen = facts[which % len(facts)]
    gone = {fact.id for fact in chain_of(facts, chosen)}
    same = {fact.id for fact in facts if (fact.kind, fact.subject) == (chosen.kind, chosen.subject)}
    assert gone == (same if chosen.subject else {chosen.id})


def test_said_again_it_is_the_same_fact_and_surer() -> None:
    first = take([], claim("I prefer mornings", 0, sure=0.6), "a").fact
    again = take([first], claim("I PREFER mornings!", 5), "b")
    assert again.replaced is None
    assert (again.fact.id, again.fact.confidence, again.fact.since) == ("a", 1.0, first.since)
    assert again.fact.last_said == MARCH + timedelta(minutes=5)


# --- what a model's word must be ---------------------------------------------------------------------------

SOURCE = Source("m1", "Hola, me duele la rodilla desde ayer.", MARCH)
GOOD: dict[str, Any] = {
    "kind": "constraint",
    "subject": "pain_Rodilla",
    "value": "hurts",
    "text": "me duele la rodilla",
    "quote": "Me duele la RODILLA",
    "confidence": 0.9,
}


def test_what_stands_in_the_message_is_a_claim() -> None:
    found = claim_of(SOURCE, **GOOD)
    assert found is not None
    assert (found.subject, found.way, found.message_id, found.said_at) == ("pain rodilla", Way.NOTICED, "m1", MARCH)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "diagnosis"},
        {"quote": "me duele el codo"},
        {"quote": ""},
        {"quote": "rodilla me duele"},
        {"text": " "},
        {"text": "x" * (LONGEST_TEXT + 1)},
        {"confidence": 0.3},
        {"confidence": float("nan")},
    ],
)
def test_what_does_not_stand_there_or_is_unsure_is_none(wrong: dict[str, Any]) -> None:
    assert claim_of(SOURCE, **(GOOD | wrong)) is None


@given(st.text(max_size=80), st.integers(0, 8), st.integers(0, 8))
def test_any_run_of_words_of_a_text_is_within_it(text: str, start: int, length: int) -> None:
    words = words_of(text)
    assert is_within(words[start : start + length], words)


@given(
    st.sampled_from(Behaviour),
    st.sampled_from(["morning", "en", "brief", "metric", "text", "07:30", "25:00", "soon", ""]),
)
def test_only_a_value_that_is_known_changes_what_ivy_does(behaviour: Behaviour, value: str) -> None:
    fitting = {
        Behaviour.CALL_TIME: {"morning", "07:30"},
        Behaviour.CONTACT_WAY: {"text"},
        Behaviour.LANGUAGE: {"en"},
        Behaviour.TONE: {"brief"},
        Behaviour.UNITS: {"metric"},
    }
    said = Claim(Kind.PREFERENCE, behaviour.value, value, "x", "x", "", Way.TOLD, 1.0, MARCH)
    assert (behaviour_of(said) is behaviour) is (value in fitting[behaviour])


def test_what_is_no_preference_changes_nothing() -> None:
    assert behaviour_of(Claim(Kind.FACT, "tone", "brief", "x", "x", "", Way.TOLD, 1.0, MARCH)) is None
