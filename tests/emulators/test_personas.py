"""The simulated people: what they say is understood, and a day of theirs follows from the seed alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.agent.call_scripts import TOOLS
from ivy.cli.world import make_brain
from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.phones import e164
from ivy.domain.quick_replies import QuickReply, quick_reply
from ivy.emulators import personas
from ivy.emulators.brain import BrainInput, BrainTurn
from ivy.emulators.retell_agent import asks_for_no_more_calls

MONDAY = date(2026, 11, 23)
MEANS = {"plan": "save_plan", "done": "log_workout", "part": "log_workout", "skip": "skip_workout"}
EVERYBODY = personas.people(100, 1)


def understood(line: str) -> set[str]:
    given = BrainInput((BrainTurn("user", (line,)),), {name: {} for name in TOOLS})
    return {call.tool for call in make_brain().answer(given).calls}


@pytest.mark.parametrize("language", personas.cast().words)
def test_every_line_about_a_plan_leads_to_its_tool_and_small_talk_to_none(language: str) -> None:
    words = personas.cast().words[language]
    for plan in words.plans:
        assert {name: understood(plan[name]) for name in MEANS} == {name: {tool} for name, tool in MEANS.items()}
    for scripts in (*words.mornings.values(), *words.evenings.values()):
        for line in (line for script in scripts for line in script if "{" not in line):
            assert understood(line) <= {"rest_day"}


@pytest.mark.parametrize("language", personas.cast().words)
def test_done_and_stop_are_what_they_seem(language: str) -> None:
    words = personas.cast().words[language]
    assert {quick_reply(each) for each in words.done} == {QuickReply.DONE}
    assert stop_meaning(words.stop_text) is StopMeaning.STOP
    assert all(asks_for_no_more_calls(line) for line in words.stop_call)


def test_a_hundred_people_are_of_every_kind_and_place_and_have_numbers_of_their_own() -> None:
    phones = {who.phone for who in EVERYBODY}
    assert len(phones) == 100
    assert all(e164(phone) == phone for phone in phones)
    assert {who.persona.name for who in EVERYBODY} == {each.name for each in personas.cast().persona}
    assert {who.home.zone for who in EVERYBODY} == {place.zone for place in personas.cast().places.values()}
    assert len({who.persona.name for who in personas.people(len(personas.cast().persona), 1)}) == len(
        personas.cast().persona
    )


@given(who=st.sampled_from(EVERYBODY), number=st.integers(-1, 400))
def test_a_day_is_the_same_however_often_it_is_asked_about(who: personas.Somebody, number: int) -> None:
    day = MONDAY + timedelta(days=number)
    for kind in ("evening", "morning", "weekly"):
        assert who.on(day, number).answers(kind, 1) == who.on(day, number).answers(kind, 1)
    acts = who.on(day, number).acts()
    assert acts == who.on(day, number).acts() == sorted(acts, key=lambda act: act.at)


@given(who=st.sampled_from([each for each in EVERYBODY if each.persona.name == "stopper"]), number=st.integers(4, 400))
def test_who_has_stopped_writes_and_taps_no_more(who: personas.Somebody, number: int) -> None:
    today = who.on(MONDAY + timedelta(days=number), number)
    assert today.acts() == []
    assert today.taps(1, ["Call me"]) == (0.0, "")
