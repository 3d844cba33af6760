"""Words of Ivy's are kind: a corpus of lines that are and are not, and every sentence and prompt that she has."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.agent.call_scripts import FOLDER
from ivy.domain.if_then import SMALL
from ivy.domain.rubric import Rule, judge
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from tests.cases import each_case

CORPUS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("rubric_corpus.toml").read_text("utf-8")
)
GOOD = [(language, line) for language, lines in CORPUS.items() for line in lines["good"]]
BAD = [(language, rule, line) for language, lines in CORPUS.items() for rule in Rule for line in lines[rule.value]]
OURS = [
    Say.RESCUE,
    Say.RESCUE_SMALL,
    Say.RESCUE_CALLING,
    Say.OPTION_TWO_MINUTES,
    Say.OPTION_REST_TODAY,
    Say.OPTION_CALL_ME,
    Say.FRESH_WEEK,
    Say.FRESH_BACK,
    Say.TAPER_MORNINGS,
    Say.TAPER_EVENINGS,
    Say.TAPER_KEPT,
    Say.TAPER_CHANGED,
]
SCRIPTS = sorted(FOLDER.glob("*.md"))


@each_case(("language", "line"), GOOD)
def test_a_kind_line_passes(language: str, line: str) -> None:
    assert judge(line, language) == ()


@each_case(("language", "rule", "line"), BAD)
def test_an_unkind_line_is_caught_by_its_rule(language: str, rule: Rule, line: str) -> None:
    assert rule in {fault.rule for fault in judge(line, language)}


def test_the_corpus_is_large_enough_and_has_every_rule() -> None:
    lines = [line for _, line in GOOD] + [line for *_, line in BAD]
    assert len(set(lines)) == len(lines) >= 60
    assert {(language, rule) for language, rule, _ in BAD} == {
        (language, rule) for language in ("en", "es") for rule in Rule
    }


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_prompt_of_a_call_passes(path: Path) -> None:
    assert judge(path.read_text("utf-8"), path.name.split(".")[1]) == ()


@pytest.mark.parametrize("key", OURS)
def test_every_sentence_of_a_rescue_passes(key: Say) -> None:
    assert judge(ENGLISH[key], "en") == judge(SPANISH[key], "es") == ()


def test_the_small_version_of_everybody_passes() -> None:
    assert judge(SMALL["en"], "en") == judge(SMALL["es"], "es") == ()


@given(st.sampled_from(BAD), st.sampled_from(["{}", "Hi! {}", "{} Bye.", "  {}\n"]), st.sampled_from([str.upper, str]))
def test_what_stands_around_a_line_hides_nothing(bad: tuple[str, Rule, str], around: str, case: type[str]) -> None:
    language, rule, line = bad
    assert rule in {fault.rule for fault in judge(around.format(case(line)), language)}


@given(st.text(), st.sampled_from(["en", "es", "es-CO", "fr"]))
def test_any_text_can_be_judged(text: str, language: str) -> None:
    assert all(fault.words for fault in judge(text, language))
