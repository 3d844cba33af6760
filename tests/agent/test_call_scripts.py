"""What is said on the phone: who calls, that it is an AI and why; in both languages, for everybody; and no brace is spoken."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.agent import call_scripts
from ivy.agent.call_scripts import NEWER, VARIABLES, VERSION, Script, agent_prompt, openers, rendered, script
from ivy.domain.call_variables import check, fitted
from ivy.domain.calls import CallKind
from ivy.domain.fresh_starts import Fresh
from ivy.domain.openers import number_of
from ivy.domain.plain_words import words_of
from ivy.domain.rubric import judge
from ivy.domain.tokens import estimate
from ivy.tools import coaching
from ivy.tools.registry import families
from tests.cases import each_case

EVERY = [
    (kind, track, language, address)
    for kind in CallKind
    for track in ("individual", "company")
    for language in ("en", "es")
    for address in ("tu", "usted")
]
OPENINGS = [
    (kind, opener, language, address)
    for kind in CallKind
    for language in ("en", "es")
    for opener in range(openers(kind, language))
    for address in ("tu", "usted")
]
FRESH = [(each.value, language, address) for each in Fresh for language in ("en", "es") for address in ("tu", "usted")]
TU = {"tu", "tus", "te", "ti", "tienes", "quieres", "puedes", "prefieres", "tuyo"}
USTED = {"su", "sus", "le", "usted", "tiene", "quiere", "puede", "prefiere", "suyo"}
FACTS = {
    "name": "Ana",
    "time": "7 am",
    "planned": "run at 6 pm",
    "plan": "If it is six, then run.",
    "small": "stairs",
    "kept": "3",
    "message": "Your booking moved to Friday.",
    "reminder": "Water the plants.",
}


def spoken(one: Script) -> str:
    filled = one.filled(FACTS, is_first=True)
    return "\n".join([filled["ivy_opener"], filled["ivy_questions"], filled["ivy_closing"], one.left_on_machine(FACTS)])


@each_case(("kind", "track", "language", "address"), EVERY)
def test_every_script_is_whole(kind: CallKind, track: str, language: str, address: str) -> None:
    one = script(kind, track, language, address)
    version = NEWER.get(kind.value, VERSION)
    assert (one.name, one.version) == (f"{kind.value}.{language}.v{version}", version)
    assert one.questions
    check(one.variables)
    check(fitted(one.filled(FACTS, is_first=True)))
    for text in (spoken(one), one.text, *one.variables.values()):
        assert not re.search(r"[{}<>|]", text)


@each_case(("kind", "opener", "language", "address"), OPENINGS)
def test_the_first_words_say_who_calls_that_it_is_an_ai_and_why(
    kind: CallKind, opener: int, language: str, address: str
) -> None:
    one = script(kind, "individual", language, address, opener=opener)
    for facts in ({}, FACTS):
        filled = one.filled(facts)
        first = filled["ivy_opener"][:90]
        assert "Ivy" in first
        assert (" AI " if language == "en" else "con IA") in first
        assert filled["ivy_purpose"]
    if kind is not CallKind.INBOUND:
        assert re.search(r"call|llam", one.filled({})["ivy_opener"].lower())


@each_case(("kind", "opener", "language", "address"), OPENINGS)
def test_every_opener_is_kind_short_and_whole(kind: CallKind, opener: int, language: str, address: str) -> None:
    one = script(kind, "company", language, address, opener=opener)
    assert one.name == f"{kind.value}.{language}.v{one.version}" + (f"#{opener}" if opener else "")
    assert number_of(one.name) == opener
    for facts in ({}, FACTS, {"name": "Ana"}, {"time": "las 12:45 de la tarde", "name": "A" * 40}):
        said = one.filled(facts)["ivy_opener"]
        assert judge(said, language) == ()
        assert not re.search(r"[{}<>|*_#]", said)
        assert len(said) <= 240 and all(len(words_of(each)) <= 32 for each in re.split(r"(?<=[.?!])\s", said))
        assert set(words_of(said)) & (TU if address == "usted" else USTED) == set() or language == "en"
    check(fitted(one.filled(FACTS, is_first=True)))
    assert one.filled(FACTS, is_first=True)["ivy_opener"].endswith(one.first)


def test_what_comes_every_day_or_week_begins_in_several_ways_in_both_languages() -> None:
    for language in ("en", "es-CO"):
        assert (openers("morning", language), openers("evening", language), openers("weekly", language)) == (5, 5, 4)
        assert {openers(kind, language) for kind in CallKind if kind.value not in ("morning", "evening", "weekly")} == {
            1
        }
    for kind, language in (("morning", "en"), ("evening", "es"), ("weekly", "es")):
        for facts in ({}, FACTS):
            said = [
                script(kind, "individual", language, "tu", opener=number).filled(facts)["ivy_opener"]
                for number in range(openers(kind, language))
            ]
            assert len(set(said)) == len(said)


@each_case(("fresh", "language", "address"), FRESH)
def test_a_fresh_start_is_offered_after_the_first_question_kindly_and_in_full(
    fresh: str, language: str, address: str
) -> None:
    usual = script("morning", "individual", language, address)
    one = script("morning", "individual", language, address, fresh=fresh)
    questions, before = (each.filled(FACTS)["ivy_questions"].split("\n") for each in (one, usual))
    assert [questions[0], *questions[2:]] == before
    assert "stairs" in questions[1] and questions[1].endswith("?")
    assert judge(f"{questions[1]}\n{one.text}", language) == ()
    assert not re.search(r"[{}<>|]|\d", questions[1])
    assert (TU if address == "usted" else USTED) & set(words_of(questions[1])) == set() or language == "en"
    assert one.text.startswith(usual.text) and len(one.text) > len(usual.text)
    check(fitted(script("morning", "company", language, address, fresh=fresh).filled(FACTS, is_first=True)))


def test_the_planning_call_names_its_person_and_time() -> None:
    filled = script("morning", "individual", "en", "tu").filled(FACTS)
    assert filled["ivy_opener"] == "Hi Ana, it's Ivy, your AI coach, with your 7 am planning call."
    filled = script("morning", "individual", "es-CO", "usted").filled({"name": "Ana", "time": "las 7 de la mañana"})
    assert (
        filled["ivy_opener"]
        == "Hola Ana, habla Ivy, su entrenadora con IA, con su llamada de planes de las 7 de la mañana."
    )


def test_the_evening_reads_the_sentence_of_the_morning_back() -> None:
    evening = script("evening", "individual", "en", "tu")
    first = evening.filled(FACTS)["ivy_questions"].split("\n")[0]
    assert first == "Your sentence this morning was: If it is six, then run. How did it go?"
    assert evening.filled({"planned": "run"})["ivy_questions"].startswith("For today you had run. How did it go?")
    assert evening.filled({})["ivy_questions"].startswith("How was today for you?")


@each_case(("kind", "track", "language", "address"), EVERY)
def test_what_is_spoken_is_kind_and_plain(kind: CallKind, track: str, language: str, address: str) -> None:
    text = spoken(script(kind, track, language, address))
    assert judge(text, language) == ()
    assert not re.search(r"[*_#`•]|https?:", text)
    assert all(len(words_of(sentence)) <= 32 for sentence in re.split(r"(?<=[.?!])\s", text))


@pytest.mark.parametrize("kind", CallKind)
def test_tu_and_usted_are_never_mixed(kind: CallKind) -> None:
    tu, usted = (spoken(script(kind, "company", "es", address)) for address in ("tu", "usted"))
    assert not TU & set(words_of(usted))
    assert not USTED & set(words_of(tu))
    assert script(kind, "company", "es", "usted").manner != script(kind, "company", "es", "tu").manner


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_employee_hears_once_what_the_employer_sees(language: str) -> None:
    company = script("morning", "company", language, "tu")
    first, later = (company.filled(FACTS, is_first=which)["ivy_opener"] for which in (True, False))
    assert re.search(r"five or more|cinco o más", first.removeprefix(later))
    assert not re.search(r"five or more|cinco o más", later)
    assert re.search(r"five or more|cinco o más", company.text)
    alone = script("morning", "individual", language, "tu")
    assert alone.filled(FACTS, is_first=True)["ivy_opener"] == later


def test_who_calls_from_a_known_number_hears_nothing_of_an_employer() -> None:
    assert script("inbound", "company", "en", "tu").variables == script("inbound", "individual", "en", "tu").variables


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_stranger_has_words_of_their_own(language: str) -> None:
    stranger = script(CallKind.INBOUND, "stranger", language, "usted")
    assert stranger.name == f"stranger.{language}.v1"
    check({**VARIABLES, **stranger.variables})


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_standing_words_have_every_place_and_no_other(language: str) -> None:
    prompt = agent_prompt(language)
    assert set(re.findall(r"\{\{(\w+)\}\}", prompt)) == set(VARIABLES)
    assert prompt.count("{") == 2 * len(re.findall(r"\{\{\w+\}\}", prompt))
    assert estimate(prompt) < 800
    promises = {"en": ("you are an AI", "medical", "stop", "data"), "es": ("eres una IA", "médicos", "para", "datos")}
    assert all(promise in prompt for promise in promises[language])


def test_its_tools_are_there_and_may_be_used_in_calls() -> None:
    known = {each.name: each for each in (*families(), *coaching.TOOLS)}
    assert all(known[name].voice for name in call_scripts.TOOLS)
    named = set(
        re.findall(r"\b[a-z]+_[a-z]+\b", " ".join(path.read_text("utf-8") for path in call_scripts.FOLDER.glob("*.md")))
    )
    assert {name for name in named if not name.startswith("ivy_")} - {"end_call"} <= set(call_scripts.TOOLS)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(sorted(FACTS)), st.text()), st.sampled_from(EVERY), st.booleans())
def test_no_name_of_a_variable_is_ever_spoken(
    facts: dict[str, str], which: tuple[CallKind, str, str, str], is_first: bool
) -> None:
    one = script(*which)
    variables = fitted(one.filled(facts, is_first=is_first))
    check(variables)
    prompt = rendered(agent_prompt(one.language), variables)
    assert "{" not in prompt
    assert "}" not in prompt
