"""Which memories are told: what stands out is, what does not is not, and words count by how rare they are."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.expense_kinds import is_meant
from ivy.domain.memory_search import (
    BY_WORDS,
    Candidate,
    Question,
    Weights,
    by_meaning,
    by_words,
    usual_cosine,
    weights_of,
)
from ivy.domain.memory_words import content_words, says_something, stem

WEIGHTS = Weights(threshold=0.25)
FAR = [0.1] * 20
cosines = st.floats(-1, 1)
candidates = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 10_000),
        st.none() | cosines,
        st.dictionaries(st.sampled_from(["knee", "run"]), st.integers(1, 3)),
        st.integers(1, 30),
        st.timedeltas(timedelta(0), timedelta(days=900)),
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)
question = Question({"knee": 1, "run": 30}, 200)


def near(number: int, cosine: float | None, **times: int) -> Candidate:
    return Candidate(number, cosine, times, 5, timedelta(days=3))


@given(candidates, st.lists(cosines, max_size=30), st.integers(1, 6))
def test_what_is_told_is_in_order_and_never_without_one_over_the_threshold(
    given_: list[Candidate], sample: list[float], limit: int
) -> None:
    told = by_meaning(question, given_, WEIGHTS, sample=sample, limit=limit)
    assert len(told) <= limit
    assert [each.score for each in told] == sorted((each.score for each in told), reverse=True)
    assert {each.id for each in told} <= {each.id for each in given_}
    assert not told or told[0].score >= WEIGHTS.threshold


@given(candidates, st.integers(1, 6))
def test_words_alone_tell_only_what_has_one_of_them(given_: list[Candidate], limit: int) -> None:
    by_id = {each.id: each for each in given_}
    assert all(by_id[each.id].times for each in by_words(question, given_, limit=limit))


@given(st.floats(0, 0.9), st.floats(0.05, 0.5))
def test_the_same_nearness_tells_less_where_everything_is_near(cosine: float, more: float) -> None:
    told = [
        by_meaning(question, [near(1, cosine)], WEIGHTS, sample=[usual] * 20, limit=1) for usual in (0.1, 0.1 + more)
    ]
    assert bool(told[0]) >= bool(told[1])


def test_nothing_is_told_when_nothing_stands_out() -> None:
    assert by_meaning(question, [near(1, 0.3), near(2, 0.28)], WEIGHTS, sample=FAR, limit=5) == []
    assert [each.id for each in by_meaning(question, [near(1, 0.6), near(2, 0.1)], WEIGHTS, sample=FAR, limit=5)] == [1]


def test_a_shared_rare_word_lifts_and_a_common_one_hardly_does() -> None:
    rare, common, neither = (
        by_meaning(question, [near(1, 0.5, **times), near(2, 0.5, knee=1)], WEIGHTS, sample=FAR, limit=2)
        for times in ({"knee": 1}, {"run": 1}, {})
    )
    scores = [next(each.score for each in told if each.id == 1) for told in (rare, common, neither)]
    assert scores[0] > scores[1] > scores[2]


def test_the_newer_of_equals_comes_first() -> None:
    old = Candidate(1, 0.6, {}, 5, timedelta(days=400))
    new = Candidate(2, 0.6, {}, 5, timedelta(days=1))
    assert [each.id for each in by_meaning(question, [old, new], WEIGHTS, sample=FAR, limit=2)] == [2, 1]


def test_words_alone_need_enough_of_the_question() -> None:
    asked = Question({"knee": 1, "hurt": 0, "slope": 0, "downhill": 0}, 200)
    assert by_words(asked, [near(1, None, knee=1)], Weights(threshold=0.5, words=1.0), limit=1) == []
    assert by_words(Question({"knee": 1}, 200), [near(1, None, knee=1)], BY_WORDS, limit=1)


@given(st.lists(cosines, max_size=60))
def test_what_is_usual_lies_within_what_was_seen(sample: list[float]) -> None:
    assert min([*sample, 0.3]) <= usual_cosine(sample) <= max([*sample, 0.3])


def test_what_was_just_said_is_found_by_its_words_until_it_has_a_vector() -> None:
    told = by_meaning(Question({"knee": 1}, 200), [near(1, None, knee=1), near(2, 0.1)], WEIGHTS, sample=FAR, limit=5)
    assert [each.id for each in told] == [1]
    assert by_meaning(Question({"knee": 0}, 200), [near(1, None)], WEIGHTS, sample=FAR, limit=5) == []


def test_an_operators_threshold_wins() -> None:
    assert weights_of("all-MiniLM-L6-v2-int8", 0.9).threshold == 0.9
    assert weights_of("all-MiniLM-L6-v2-int8") == weights_of("all-MiniLM-L6-v2-int8", 0.0)


def test_a_word_has_one_form_for_singular_and_plural() -> None:
    pairs = "run running,knee knees,expense expenses,class classes,party parties,cafe cafes,ciudad ciudades,cancion canciones"
    for pair in pairs.split(","):
        one, other = pair.split()
        assert stem(one) == stem(other), pair


@given(st.text(max_size=200))
def test_any_text_has_words_or_none(text: str) -> None:
    assert all(word and times > 0 for word, times in content_words(text).items())
    assert not says_something(text) or content_words(text)


def test_questions_and_small_talk_are_not_remembered() -> None:
    for text in ("ok", "gracias!", "when is my flight?", "¿cuánto gasté en café?", "show my expenses", "dime mi racha"):
        assert not says_something(text), text
    for text in ("My flight leaves at 6:10", "Mateo cumple ocho en mayo. ¿Te acuerdas?", "knee hurts"):
        assert says_something(text), text


COFFEE = {
    "flat white": True, "Starbucks": True, "two flat whites, please": True, "tinto con Ana": True, "coffee with Ana": True,
    "coffee table": False, "mesa de café": False, "coffee machine": False, "tea": False, "Uber": False,
}  # fmt: skip


def test_coffee_is_coffee_by_any_name_and_a_coffee_table_is_not() -> None:
    assert {description: is_meant("coffee", description, None) for description in COFFEE} == COFFEE
    assert is_meant("café", "Starbucks", None)
    assert is_meant("taxis", "Uber to the airport", None)
    assert not is_meant("taxi", "uber eats", None)


def test_nearness_decides_only_about_names_that_nobody_knows() -> None:
    assert is_meant("coffee", "Blue Bottle", 0.7, "all-MiniLM-L6-v2-int8")
    assert not is_meant("coffee", "Blue Bottle", 0.3, "all-MiniLM-L6-v2-int8")
    assert not is_meant("coffee", "tea", 0.95, "all-MiniLM-L6-v2-int8")
    assert not is_meant("coffee", "coffee table", 0.95, "all-MiniLM-L6-v2-int8")
