"""A word that is taken back leaves no trace: its own day and those that it excused count what they counted before."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.streak_words import By, Said, standing
from ivy.domain.streaks import Outcome, replay

FIRST = date(2026, 3, 1)
K, R, E, S, M, V = (
    Outcome.KEPT,
    Outcome.REST,
    Outcome.EXCUSED,
    Outcome.SKIPPED,
    Outcome.MISSED,
    Outcome.RESERVE,
)
DAYS = st.integers(0, 30).map(lambda number: FIRST + timedelta(days=number))
VERDICTS = st.lists(
    st.builds(Said, DAYS, st.sampled_from([K, R, E, S, M, V]), st.just(By.VERDICT)),
    max_size=30,
    unique_by=lambda s: s.day,
)
SAID = st.builds(Said, DAYS, st.none() | st.sampled_from(Outcome), st.sampled_from(By))


def week(*outcomes: Outcome, by: By = By.VERDICT) -> list[Said]:
    return [Said(FIRST + timedelta(days=number), outcome, by) for number, outcome in enumerate(outcomes)]


@given(VERDICTS, st.lists(st.builds(Said, DAYS, st.sampled_from(Outcome), st.just(By.WORD)), min_size=1, max_size=3))
def test_taking_a_word_back_is_as_if_it_was_never_said(before: list[Said], words: list[Said]) -> None:
    ends = [Said(each.day, None, By.TAKEN_BACK) for each in words]
    assert standing([*before, *words, *ends]) == standing(before)
    appeals = [Said(each.day, E, By.APPEAL) for each in words]
    assert standing([*before, *appeals, *(Said(each.day, None, By.UNSAID) for each in words)]) == standing(before)


@given(st.lists(SAID, max_size=40))
def test_what_followed_is_no_word(said: list[Said]) -> None:
    assert standing(said) == standing([each for each in said if each.by is not By.FOLLOWED])


@given(VERDICTS)
def test_words_and_verdicts_count_as_they_come(said: list[Said]) -> None:
    found = standing(said)
    assert all(found[each.day] in (each.outcome, E) for each in said)
    assert replay(found.items()).current >= replay((each.day, each.outcome) for each in said if each.outcome).current


def late(*outcomes: Outcome) -> list[Said]:
    """Return days whose first miss has nothing to protect, unless something before it was kept."""
    return [
        Said(FIRST + timedelta(days=number), outcome, By.VERDICT) for number, outcome in enumerate(outcomes, start=2)
    ]


def test_a_good_word_excuses_and_another_one_excuses_by_itself() -> None:
    days = late(M, K, K, K, M, M, K)
    assert replay(standing(days).items()).current == 4
    word, other = (Said(FIRST + timedelta(days=number), K, By.WORD) for number in (0, 1))
    last_miss = FIRST + timedelta(days=7)
    assert standing([*days, word])[last_miss] is E
    assert standing([*days, word, other])[last_miss] is E
    undone = [*days, word, other, Said(word.day, None, By.TAKEN_BACK)]
    assert standing(undone) == standing([*days, other])
    assert standing([*undone, Said(other.day, None, By.TAKEN_BACK)]) == standing(days)


def test_a_word_that_another_replaced_excuses_nothing_any_more_and_none_is_none() -> None:
    days = late(M, K, K, K, M, M, K)
    word, worse = Said(FIRST, K, By.WORD), Said(FIRST, S, By.WORD)
    assert E in standing([*days, word]).values()
    assert standing([*days, word, worse]) == standing(days) | {FIRST: S}
    assert standing([*days, word, Said(FIRST, None, By.WORD)]) == standing(days)


def test_a_verdict_stands_under_the_words_and_an_appeal_above_it() -> None:
    days = [*week(M), Said(FIRST, E, By.APPEAL), Said(FIRST, K, By.WORD)]
    back, unsaid = Said(FIRST, None, By.TAKEN_BACK), Said(FIRST, None, By.UNSAID)
    assert [standing(each)[FIRST] for each in (days, [*days, back], [*days, back, unsaid])] == [K, E, M]
    assert standing([*days, unsaid])[FIRST] is K
    assert standing([*days, unsaid, back])[FIRST] is M
