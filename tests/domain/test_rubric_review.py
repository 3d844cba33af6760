"""The rubric beside people: most of a sheet's raters decide, and every sheet is counted once."""

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.rubric import Rule
from ivy.domain.rubric_review import FEWEST_RATERS, Rating, compare, faults_of

SHEETS = ("01", "02", "03")
RULES = st.frozensets(st.sampled_from(Rule))
RATINGS = st.lists(st.builds(Rating, st.sampled_from("abcde"), st.sampled_from(SHEETS), RULES), max_size=20)


def rated(sheet: str, *marks: frozenset[Rule]) -> list[Rating]:
    return [Rating(f"rater-{number}", sheet, each) for number, each in enumerate(marks)]


def test_more_than_half_of_a_sheets_raters_decide() -> None:
    shame, none = frozenset({Rule.SHAME}), frozenset[Rule]()
    rubric = {"01": shame, "02": shame, "03": none, "04": none, "05": shame}
    ratings = [
        *rated("01", shame, shame, none),
        *rated("02", shame, shame, none, none),  # a tie is no majority
        *rated("03", shame, shame, shame),
        *rated("04", none, none, none),
        *rated("05", none, none),  # too few to say anything
    ]
    found = {each.rule: each for each in compare(rubric, ratings)}[Rule.SHAME]
    assert (found.both, found.neither, found.only_rubric, found.only_people) == (1, 1, ("02",), ("03",))
    assert found.share == 0.5


@given(rubric=st.fixed_dictionaries(dict.fromkeys(SHEETS, RULES)), ratings=RATINGS)
def test_each_sheet_with_enough_raters_is_counted_once_under_each_rule(
    rubric: dict[str, frozenset[Rule]], ratings: list[Rating]
) -> None:
    enough = sum(sum(each.sheet == sheet for each in ratings) >= FEWEST_RATERS for sheet in SHEETS)
    for each in compare(rubric, ratings):
        assert each.both + each.neither + len(each.only_rubric) + len(each.only_people) == enough
        assert (each.share is None) is (enough == 0)


@given(rubric=st.fixed_dictionaries(dict.fromkeys(SHEETS, RULES)), raters=st.integers(FEWEST_RATERS, 6))
def test_people_who_mark_what_the_rubric_finds_agree_wholly(rubric: dict[str, frozenset[Rule]], raters: int) -> None:
    ratings = [each for sheet in SHEETS for each in rated(sheet, *[rubric[sheet]] * raters)]
    assert {each.share for each in compare(rubric, ratings)} == {1.0}


def test_a_fault_said_twice_is_told_once_and_either_language_is_judged() -> None:
    found = faults_of(["No more excuses!", "no more excuses", "Nunca es tarde. Basta de excusas.", "Well done."])
    assert {fault.rule for fault in found} == {Rule.SHAME}
    assert len(found) == len(set(found))
