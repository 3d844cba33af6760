"""The day's sentence, the numbers and the changes: said back, kept, taken back; in text and in calls."""

from datetime import date, timedelta

import msgspec
import pytest

from ivy.domain.consent import Purpose
from ivy.domain.examples import Example
from ivy.domain.if_then import IfThen
from ivy.emulators.brain import MARKER, Brain, BrainInput, BrainTurn
from ivy.store import consents, if_then, scores, workouts
from ivy.store.scores import Marker
from ivy.tools import coaching
from ivy.tools.registry import Registry, families
from tests.cases import each_case
from tests.tools.diary import Diary

TODAY = date(2026, 11, 23)
REGISTRY = Registry({each.name: each for each in (*families(), *coaching.TOOLS)}.values())
EXAMPLES = REGISTRY.examples()
OURS = {each.name for each in coaching.TOOLS}
BRAIN = Brain(EXAMPLES)
OFFERED = {spec.name: spec.parameters for spec in REGISTRY.specs(voice=True)}


@pytest.fixture
async def ben(ben: Diary) -> Diary:
    return await agreeing(ben)


@pytest.fixture
async def ana(ana: Diary) -> Diary:
    return await agreeing(ana)


async def agreeing(diary: Diary) -> Diary:
    diary.registry = REGISTRY
    await diary.rows.write(consents.record, Purpose.HEALTH, granted=True, proof="said so", now=diary.now)
    return diary


@pytest.mark.uncounted
@each_case("example", EXAMPLES)
def test_no_phrase_of_any_tool_is_taken_for_anothers(example: Example) -> None:
    said = BrainTurn("user", (f"{MARKER}\n{example.phrase}",))
    offered = {spec.name: spec.parameters for spec in REGISTRY.specs()}
    (call,) = BRAIN.answer(BrainInput((said,), offered)).calls
    assert (call.tool, call.arguments) == (example.tool, example.arguments)


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.tool in OURS], ids=lambda each: each.phrase)
async def test_each_example_does_what_it_says(ben: Diary, ana: Diary, example: Example) -> None:
    for diary in (ana, ben):
        result = await diary.call(example.tool, msgspec.json.encode(example.arguments).decode())
        assert not result.failed, result.content


async def test_a_sentence_is_kept_as_fields_with_its_workout(ben: Diary) -> None:
    said = await ben(
        "save_plan",
        kind="run",
        time="it is six pm and I am home",
        barrier="if it rains",
        small_version="ten minutes of stairs",
    )
    assert said == ("Saved for Mon 23 Nov: If it is six pm, then run at home; if it rains, then ten minutes of stairs.")
    (planned,) = await ben.rows.read(workouts.open_of, TODAY)
    assert (planned.kind, planned.at_wall) == ("run", "18:00")
    kept = await ben.rows.read(if_then.of_day, TODAY)
    assert kept == IfThen(TODAY, "run", "it is six pm", "it rains", "ten minutes of stairs", planned.id, place="home")


async def test_time_and_place_are_two_fields_in_both_languages(ana: Diary, ben: Diary) -> None:
    told = await ben("save_plan", kind="run", time="it is six pm", place="in the park")
    assert told == "Saved for Mon 23 Nov: If it is six pm, then run in the park."
    told = await ana("save_plan", kind="correr en el parque", time="son las seis de la tarde")
    assert told == "Guardado para el lun 23 nov: Si son las seis de la tarde, entonces correr en el parque."
    for diary, words in (
        (ben, ("run", "it is six pm", "in the park")),
        (ana, ("correr", "son las seis de la tarde", "en el parque")),
    ):
        kept = await diary.rows.read(if_then.of_day, TODAY)
        assert kept is not None
        assert (kept.workout, kept.time, kept.place) == words
        (planned,) = await diary.rows.read(workouts.open_of, TODAY)
        assert (planned.kind, planned.at_wall) == (words[0], "18:00")


@pytest.mark.parametrize(
    ("time", "clock"),
    [("son las seis de la tarde y llego", "18:00"), ("a las 7 am", "07:00"), ("salgo del trabajo", ""), ("", "")],
)
async def test_a_time_that_names_an_hour_is_the_workouts(ana: Diary, time: str, clock: str) -> None:
    assert (await ana("save_plan", kind="caminar", time=time)).startswith("Guardado para el lun 23 nov: ")
    (planned,) = await ana.rows.read(workouts.open_of, TODAY)
    assert planned.at_wall == clock


async def test_what_is_planned_already_is_meant(ben: Diary) -> None:
    await ben("plan_workout", kind="morning run", when="tomorrow at 7am")
    await ben("save_plan", kind="run", time="I wake up", when="tomorrow")
    await ben("save_plan", kind="Morning run", time="it is 8am", when="tomorrow")
    (planned,) = await ben.rows.read(workouts.open_of, TODAY + timedelta(days=1))
    assert (planned.kind, planned.at_wall) == ("morning run", "08:00")
    await ben("save_plan", kind="yoga", when="tomorrow")
    assert len(await ben.rows.read(workouts.open_of, TODAY + timedelta(days=1))) == 2


async def test_taking_it_back_leaves_what_was_planned_before(ben: Diary) -> None:
    await ben("plan_workout", kind="run", when="tomorrow at 7am")
    ben.now += timedelta(minutes=1)
    await ben("save_plan", kind="run", when="tomorrow")
    await ben("save_plan", kind="yoga")
    assert await ben("undo_note") in {"Taken back: Run.", "Taken back: Yoga."}
    assert await ben("undo_note") in {"Taken back: Run.", "Taken back: Yoga."}
    assert await ben.rows.read(workouts.open_of, TODAY) == []
    assert len(await ben.rows.read(workouts.open_of, TODAY + timedelta(days=1))) == 1
    assert await ben("undo_note") == "There is no note of today to take back."


async def test_a_sentence_whose_workout_is_done_leaves_that_done(ben: Diary) -> None:
    await ben("save_plan", kind="run")
    await ben("log_workout", kind="run")
    await ben("undo_note")
    assert [each.state.value for each in await ben.rows.read(workouts.of_day, TODAY)] == ["done"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": " "},
        {"kind": "run", "when": "every monday"},
        {"kind": "run", "when": "in 20 days"},
        {"kind": "x" * 61},
        {"kind": "run", "time": "x" * 201},
    ],
)
async def test_a_sentence_that_cannot_be_kept_is_asked_about(ben: Diary, arguments: dict[str, str]) -> None:
    assert (await ben.fails("save_plan", **arguments)).endswith((".", "?"))
    assert await ben.rows.read(workouts.open_of, TODAY) == []


@pytest.mark.parametrize(
    ("words", "score"),
    [("7", 7), ("7/10", 7), ("seven", 7), ("un siete", 7), ("8 out of 10", 8), ("diez de diez", 10), ("1", 1)],
)
async def test_a_score_is_read_as_it_is_said(ben: Diary, words: str, score: int) -> None:
    assert await ben("record_scores", energy=words) == f"Noted for Mon 23 Nov: energy {score}."
    assert (await ben.rows.read(scores.latest))["energy"].score == score


@pytest.mark.parametrize("words", ["0", "11", "7 or 8", "7.5", "good", "-3", "٧x"])
async def test_what_is_no_score_is_asked_again_and_nothing_is_noted(ben: Diary, words: str) -> None:
    assert (
        await ben.fails("record_scores", mood="8", energy=words)
        == "A whole number from 1 to 10, please: how is the energy?"
    )
    assert await ben.rows.read(scores.latest) == {}


async def test_numbers_are_noted_together_and_taken_back_together(ana: Diary) -> None:
    assert await ana("record_scores", energy="7", mood="8") == "Anotado, lun 23 nov: energía 7, ánimo 8."
    ana.now += timedelta(minutes=1)
    assert (
        await ana("note_change", text="duermo mejor", tag="sleep") == "Anotado: «duermo mejor». Gracias por contarlo."
    )
    assert await ana.rows.read(scores.markers, TODAY, TODAY) == [Marker(TODAY, "sleep", "duermo mejor")]
    await ana("undo_note")
    assert await ana.rows.read(scores.markers, TODAY, TODAY) == []
    await ana("undo_note")
    assert await ana.rows.read(scores.latest) == {}
    assert "Pregúntalo" in await ana.fails("record_scores")


async def test_without_their_consent_nothing_of_how_they_feel_is_kept(ben: Diary) -> None:
    await ben.rows.write(consents.record, Purpose.HEALTH, granted=False, proof="said no", now=ben.now)
    assert "only if they agree" in await ben.fails("record_scores", energy="7")
    assert "only if they agree" in await ben.fails("note_change", text="I sleep well")
    assert await ben.rows.read(scores.latest) == {}
    assert await ben("save_plan", kind="run")


@pytest.mark.parametrize(
    ("phrase", "tool"),
    [
        ("If it is seven pm, then I walk; if I'm late, then five squats.", "save_plan"),
        ("Si son las ocho entonces camino y si llueve entonces cinco sentadillas", "save_plan"),
        ("My energy is 3, my mood is 5 and my confidence is 9", "record_scores"),
        ("I noticed a change in my clothes: they fit better", "note_change"),
        ("noté un cambio en la ropa: todo me queda suelto", "note_change"),
        ("undo my last workout", "undo_workout"),
    ],
)
def test_the_emulated_brain_knows_other_words_of_the_same_shape(phrase: str, tool: str) -> None:
    (call,) = BRAIN.answer(BrainInput((BrainTurn("user", (phrase,)),), OFFERED)).calls
    assert call.tool == tool
