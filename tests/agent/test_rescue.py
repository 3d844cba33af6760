""" "I want to skip": told from a bare "skip" and from everything else; one kind message, and what each of its buttons does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.agent import questions, rescue
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.config import Config
from ivy.config.sections import Secret
from ivy.daemon import rate_card
from ivy.domain.consent import Purpose, StopMeaning, stop_meaning
from ivy.domain.if_then import SMALL, IfThen
from ivy.domain.quick_replies import quick_reply
from ivy.domain.rubric import judge
from ivy.domain.sentences import Say, say
from ivy.domain.streaks import Outcome
from ivy.domain.workouts import WorkoutState
from ivy.store import calls, consents, if_then, pending_actions, people, streaks, workouts
from ivy.store.scope import PersonStore, Scope
from ivy.store.workouts import Workout

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)
WISHES = (
    "I want to skip",
    "I want to skip today",
    "I wanna skip my workout",
    "ugh, I really want to skip it today",
    "Honestly I feel like skipping the gym",
    "I'm thinking of skipping today's training",
    "I'm tempted to skip this one",
    "I don't want to work out today",
    "I don't feel like training",
    "I really don't feel like exercising tonight",
    "not in the mood to train",
    "I'm too tired to work out",
    "I can't be bothered to exercise today",
    "I have no motivation to train",
    "no quiero entrenar hoy",
    "No quiero entrenar hoy 😩",
    "hoy no quiero entrenar",
    "la verdad no tengo ganas de entrenar",
    "no tengo ganas de hacer ejercicio",
    "quiero saltarme el entrenamiento",
    "me quiero saltar el gimnasio de hoy",
    "estoy pensando en saltarme el entreno",
    "hoy no me apetece ir al gimnasio",
    "me da pereza entrenar",
    "qué pereza entrenar hoy",
    "estoy muy cansada para entrenar",
    "uf, no tengo energía para ir al gym",
)
OTHERS = (
    "skip",
    "skip it",
    "not today",
    "hoy no",
    "me lo salto",
    "I'm skipping yoga today",
    "skip the run",
    "skip the workout tomorrow",
    "hoy me salto la carrera",
    "hoy no hago el entrenamiento",
    "no voy a hacer yoga hoy",
    "I want to skip the meeting",
    "I want to skip the workout tomorrow",
    "no quiero entrenar mañana",
    "I don't want to talk",
    "I don't want to spend more than 50 dollars",
    "no quiero más mensajes",
    "no quiero ir a la reunión",
    "I don't want to go to the dentist",
    "should I skip?",
    "did I skip yesterday",
    "I did not want to skip, and I ran",
    "stop",
    "rest day",
    "",
)


@pytest.mark.parametrize("text", WISHES)
def test_who_would_rather_not_is_heard(text: str) -> None:
    assert rescue.wants_to_skip(text)
    assert quick_reply(text) is None
    assert stop_meaning(text) is StopMeaning.NONE


@pytest.mark.parametrize("text", OTHERS)
def test_everything_else_is_left_alone(text: str) -> None:
    assert not rescue.wants_to_skip(text, ["yoga", "run"])


@pytest.mark.parametrize(
    "text", ["I don't want to do it", "not feeling it today", "no quiero ir", "no quiero hacerlo hoy"]
)
def test_small_words_mean_a_workout_only_where_one_is_open(text: str) -> None:
    assert rescue.wants_to_skip(text, ["zumba"])
    assert not rescue.wants_to_skip(text)


def test_a_workout_may_be_called_by_its_own_name() -> None:
    assert rescue.wants_to_skip("I don't want to do zumba", ["Zumba"])
    assert rescue.wants_to_skip("I want to skip zumba", ["Zumba"])
    assert not rescue.wants_to_skip("I want to skip zumba")


@given(st.text(max_size=80), st.sampled_from(WISHES))
def test_a_long_or_asking_message_is_a_turns(more: str, wish: str) -> None:
    assert not rescue.wants_to_skip(f"{wish}? {more}")
    assert not rescue.wants_to_skip(f"{wish} because {' '.join(['word'] * 20)}")


# --- what it does --------------------------------------------------------------------------------------


@pytest.fixture
def ids() -> Iterator[int]:
    return count(1)


@pytest.fixture
def desk(ids: Iterator[int]) -> Desk:
    config = Config()
    config = msgspec.structs.replace(
        config,
        store=msgspec.structs.replace(config.store, seal_key=Secret("00" * 32)),
        voice=msgspec.structs.replace(config.voice, enabled=True),
    )
    return Desk(NOW, lambda: f"id{next(ids):03d}", config, "whatsapp", "trace", rate_card.load("", Path()))


def say_it(words: str) -> Heard:
    return Heard(words, "m1", "wamid.1")


def hear(scope: Scope, desk: Desk, words: str = "I want to skip") -> bool:
    return rescue.heard(scope, people.load(scope), say_it(words), desk)


def plan(scope: Scope, kind: str = "run", state: WorkoutState = WorkoutState.PLANNED) -> None:
    workouts.plan(scope, Workout(f"w-{kind}", DAY, kind, state), source="text", now=NOW)


def sent(scope: Scope) -> list[str]:
    rows = scope.execute("SELECT body FROM messages_v2 WHERE user_id = :user AND direction = 'out' ORDER BY rowid")
    return [row["body"] for row in rows]


def tap(scope: Scope, desk: Desk, option: str) -> bool:
    pending = pending_actions.open_one(scope, rescue.QUESTION, now=NOW)
    assert pending is not None
    return rescue.answered(scope, people.load(scope), pending, option, say_it(option), desk)


def options(scope: Scope) -> list[str]:
    pending = pending_actions.open_one(scope, rescue.QUESTION, now=NOW)
    return [name for name, _ in pending.options] if pending else []


def agree_to_calls(scope: Scope) -> None:
    consents.record(scope, Purpose.CALLS, granted=True, proof="yes", now=NOW)


async def test_one_message_with_their_own_small_version(person: PersonStore, desk: Desk) -> None:
    await person.write(plan)
    await person.write(
        if_then.save, IfThen(DAY, "run", small_version="ten squats"), plan_id="p1", source="call", now=NOW
    )
    assert await person.write(hear, desk)
    (text,) = await person.read(sent)
    assert text.startswith(say(Say.RESCUE, "en", small="ten squats"))
    assert judge(text, "en") == ()
    assert await person.read(options) == ["small", "rest"]
    assert (await person.read(workouts.open_of, DAY)) != []


async def test_a_call_is_offered_to_those_who_may_be_called(person: PersonStore, desk: Desk) -> None:
    await person.write(agree_to_calls)
    await person.write(hear, desk)
    assert await person.read(options) == ["small", "rest", "call"]
    assert await person.write(tap, desk, "call")
    (call,) = await person.read(calls.of_day, DAY)
    assert (call.kind.value, call.chosen, call.due_at) == ("rescue", True, NOW)
    assert (await person.read(sent))[-1] == say(Say.RESCUE_CALLING, "en")


async def test_who_took_the_consent_to_calls_back_meanwhile_is_not_called(person: PersonStore, desk: Desk) -> None:
    await person.write(agree_to_calls)
    await person.write(hear, desk)
    await person.write(consents.record, Purpose.CALLS, granted=False, proof="no", now=NOW)
    assert not await person.write(tap, desk, "call")
    assert await person.read(calls.of_day, DAY) == []


async def test_two_minutes_keeps_the_plan(person: PersonStore, desk: Desk) -> None:
    await person.write(plan)
    await person.write(hear, desk)
    assert await person.write(tap, desk, "small")
    assert (await person.read(sent))[-1] == say(Say.RESCUE_SMALL, "en", small=SMALL["en"])
    assert len(await person.read(workouts.open_of, DAY)) == 1


@pytest.mark.parametrize("planned", [True, False])
async def test_rest_is_written_down_as_rest(person: PersonStore, desk: Desk, planned: bool) -> None:
    if planned:
        await person.write(plan)
        await person.write(plan, "yoga")
    await person.write(hear, desk)
    assert await person.write(tap, desk, "rest")
    assert {each.state for each in await person.read(workouts.of_day, DAY)} == {WorkoutState.REST}
    assert await person.read(streaks.of_day, DAY) is Outcome.REST
    assert (await person.read(sent))[-1] == say(Say.WORKOUT_REST, "en")


async def test_who_has_done_it_already_means_something_else(person: PersonStore, desk: Desk) -> None:
    await person.write(plan, "run", WorkoutState.DONE)
    assert not await person.write(hear, desk)
    assert await person.read(sent) == []


async def test_it_is_said_in_spanish_with_titles_that_fit_on_buttons(person: PersonStore, desk: Desk) -> None:
    spanish = replace(await person.read(people.load), locale="es-CO")
    await person.write(agree_to_calls)
    assert await person.write(rescue.heard, spanish, say_it("no quiero entrenar hoy"), desk)
    (text,) = await person.read(sent)
    assert text.startswith(say(Say.RESCUE, "es", small=SMALL["es"]))
    for key in (Say.OPTION_TWO_MINUTES, Say.OPTION_REST_TODAY, Say.OPTION_CALL_ME):
        assert len(say(key, "es")) <= 20 and len(say(key, "en")) <= 20


async def test_the_buttons_can_be_named_in_words(person: PersonStore, desk: Desk) -> None:
    await person.write(hear, desk)
    found = await person.write(worded, desk, "rest today")
    assert found == "rest"


def worded(scope: Scope, desk: Desk, words: str) -> str:
    found = questions.worded(scope, say_it(words), desk)
    return found[1] if found else ""
