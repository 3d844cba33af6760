"""Which opener comes next: never the last one, each once before any comes again, and read back from the name that is kept."""

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.openers import following, number_of, numbered

NAMES = st.sampled_from(["morning.en.v1", "evening.es.v1", "weekly.en.v12"])


@given(NAMES, st.integers(0, 30), st.integers(2, 9))
def test_the_next_opener_is_never_the_last(name: str, last: int, several: int) -> None:
    number = following(numbered(name, last), several)
    assert 0 <= number < several
    assert number != last or last >= several  # a last one that there is no more is nobody's neighbour


@given(NAMES, st.integers(2, 9), st.integers(1, 40))
def test_each_comes_once_before_any_comes_again(name: str, several: int, calls: int) -> None:
    kept, numbers = "", list[int]()
    for _call in range(calls):
        numbers.append(following(kept, several))
        kept = numbered(name, numbers[-1])
    assert numbers[0] == 0
    for begin in range(calls - several + 1):
        assert sorted(numbers[begin : begin + several]) == list(range(several))


@given(NAMES, st.integers(0, 99))
def test_a_name_keeps_its_number(name: str, number: int) -> None:
    assert number_of(numbered(name, number)) == number
    assert numbered(name, number).startswith(name)


@given(st.text())
def test_any_name_has_a_number(name: str) -> None:
    assert number_of(name) >= 0


def test_calls_from_before_there_were_several_had_the_first() -> None:
    assert numbered("morning.en.v1", 0) == "morning.en.v1"
    assert following("morning.en.v1", 5) == 1
    assert number_of("morning.en.v1#x") == 0
