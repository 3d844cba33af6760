"""Words of danger are found whatever is around them, and idioms are not."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.safety import Risk, risk_of

CORPUS = [
    line.split("\t")
    for line in (Path(__file__).parent / "risk_corpus.tsv").read_text(encoding="utf-8").splitlines()
    if "\t" in line
]
CRIES = [(risk, text) for risk, text in CORPUS if risk != "none"]


def test_the_corpus_is_read_as_it_says() -> None:
    wrong = [(text, risk, risk_of(text)) for risk, text in CORPUS if str(risk_of(text) or "none") != risk]
    assert wrong == []


def test_every_kind_of_danger_stands_in_the_corpus_in_both_languages() -> None:
    for risk in Risk:
        texts = [text for said, text in CRIES if said == risk]
        assert any(" my " in f" {text.lower()} " or text.startswith("I") for text in texts), risk
        assert any("me " in text.lower() or "mi " in text.lower() for text in texts), risk


@given(
    st.sampled_from(CRIES),
    st.sampled_from(["", "hey ivy, ", "Hola. ", "ok so… ", "🙂 "]),
    st.sampled_from([str, str.upper, str.title]),
)
def test_case_greetings_and_emojis_hide_nothing(cry: tuple[str, str], before: str, spelled: type[str]) -> None:
    risk, text = cry
    assert risk_of(before + spelled(text)) == Risk(risk)


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert risk_of(text) in {None, *Risk}


def test_a_long_letter_is_judged_in_no_time() -> None:
    assert risk_of("I want to run and I do not want to stop because " * 80) is None
