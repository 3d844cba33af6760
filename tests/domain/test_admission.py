"""Who is let in, and how a code is read."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.admission import (
    ALPHABET,
    ANSWERS_A_DAY,
    Admission,
    StrangerAnswer,
    answer_to_stranger,
    find_invite,
    invite_code,
)

_policies = st.sampled_from(Admission)
_codes = st.integers().map(lambda seed: invite_code(Random(seed)))


@given(_policies, st.booleans(), st.integers(0, 200), st.booleans(), st.booleans())
def test_who_is_let_in_depends_on_the_policy_alone(
    policy: Admission, answered: bool, total: int, listed: bool, invite_ok: bool
) -> None:
    answer = answer_to_stranger(policy, answered, total, listed=listed, invite_ok=invite_ok)
    let_in = policy is Admission.OPEN or listed or (policy is Admission.INVITE and invite_ok)
    assert (answer is StrangerAnswer.ADMIT) == let_in


@given(st.sampled_from([Admission.INVITE, Admission.LIST]), st.booleans(), st.integers(0, 200))
def test_a_stranger_is_answered_once_a_day_and_all_of_them_up_to_the_cap(
    policy: Admission, answered: bool, total: int
) -> None:
    answer = answer_to_stranger(policy, answered, total, listed=False, invite_ok=False)
    assert (answer is StrangerAnswer.ANSWER) == (not answered and total < ANSWERS_A_DAY)


def test_a_thousand_strangers_hear_fifty_answers() -> None:
    answers = 0
    for _ in range(1000):
        answer = answer_to_stranger(Admission.INVITE, False, answers, listed=False, invite_ok=False)
        answers += answer is StrangerAnswer.ANSWER
    assert answers == 50


@given(_codes)
def test_a_code_has_its_shape_and_no_doubtful_letter(code: str) -> None:
    assert len(code) == 11 and code[:4] == "IVY-" and code[8] == "-"
    assert set(code[4:8] + code[9:]) <= set(ALPHABET)
    assert not set(ALPHABET) & set("01258OILSBUVZAE") - {"2"}


@given(_codes, st.sampled_from(["{}", "hi, {} please", "code:{}.", "({})", "mi código es {}\n", "\u200b{}\u200b"]))
def test_a_code_is_found_however_it_was_typed(code: str, around: str) -> None:
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("-", ""), code.replace("-", " – ")):
        assert find_invite(around.format(typed)) == code


def test_the_first_of_two_codes_counts() -> None:
    assert find_invite("IVY-7K3M-Q2 or IVY-7K3M-Q3") == "IVY-7K3M-Q2"


@pytest.mark.parametrize("text", ["", "ivy", "Ivy meet me", "IVY-7K3M", "IVY-7K3M-Q22", "LIVY-7K3M-Q2", "IVY-7K3O-Q2"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert find_invite(text) is None


@given(st.text())
def test_any_text_is_searched_without_harm(text: str) -> None:
    found = find_invite(text)
    assert found is None or find_invite(found) == found
