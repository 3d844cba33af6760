"""What a call told that no function wrote: certain only where the person said it themselves."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.calls import CallKind, CallOutcome, Report, Spoken, Verdict
from ivy.domain.consent import StopMeaning
from ivy.domain.extraction import FIELDS, Missing, What, read, redacted, said_stop, state_said, what_is_missing
from ivy.domain.if_then import IfThen
from ivy.domain.workouts import WorkoutState

DAY = date(2026, 11, 23)
PLAN = {
    "plan_time": "it is six",
    "plan_workout": "run 30 minutes",
    "plan_barrier": "it rains",
    "plan_small_version": "ten minutes of stairs",
}


def report(extracted: dict[str, str], *turns: str, outcome: CallOutcome = CallOutcome.COMPLETED) -> Report:
    spoken = [Spoken("agent", "Would you like to swim 20 minutes?"), *(Spoken("person", turn) for turn in turns)]
    return Report(spoken=tuple(spoken), extracted=extracted, verdict=Verdict(outcome))


def missing(kind: CallKind, told: Report, *ran: str, language: str = "en") -> tuple[Missing, ...]:
    return what_is_missing(kind, told, ran=ran, day=DAY, language=language)


def test_a_plan_in_their_own_words_is_certain() -> None:
    told = report(PLAN, "If it is six I run 30 minutes; if it rains, ten minutes of stairs")
    plan = IfThen(DAY, "run 30 minutes", "it is six", "it rains", "ten minutes of stairs")
    assert missing(CallKind.MORNING, told) == (Missing(What.PLAN, certain=True, plan=plan),)


def test_what_only_the_agent_said_is_asked_about() -> None:
    told = report({"plan_workout": "swim 20 minutes"}, "Yes, maybe")
    (found,) = missing(CallKind.MORNING, told)
    assert (found.certain, found.plan) == (False, IfThen(DAY, "swim 20 minutes"))


def test_a_barrier_that_they_never_named_is_left_out() -> None:
    (found,) = missing(CallKind.MORNING, report(PLAN, "It is six then, so I run 30 minutes"))
    assert found.certain
    assert found.plan == IfThen(DAY, "run 30 minutes", "it is six")


def test_a_place_is_a_field_of_its_own_and_left_out_if_they_never_named_it() -> None:
    told = {**PLAN, "plan_place": "in the park"}
    (found,) = missing(CallKind.MORNING, report(told, "It is six then, so I run 30 minutes in the park"))
    assert found.plan == IfThen(DAY, "run 30 minutes", "it is six", place="in the park")
    (found,) = missing(CallKind.MORNING, report(told, "It is six then, so I run 30 minutes"))
    assert found.plan == IfThen(DAY, "run 30 minutes", "it is six")


def test_without_an_analysis_their_own_sentence_is_read() -> None:
    told = report({}, "Bueno.", "Si son las seis entonces corro, y si llueve entonces escaleras")
    (found,) = missing(CallKind.MORNING, told, language="es")
    assert found == Missing(What.PLAN, certain=True, plan=IfThen(DAY, "corro", "son las seis", "llueve", "escaleras"))
    assert missing(CallKind.MORNING, report({}, "Bueno.")) == ()


def test_an_evening_that_told_nothing_leaves_nothing_to_note() -> None:
    assert missing(CallKind.EVENING, report({}, "Bueno.")) == ()


@pytest.mark.parametrize(
    ("done", "minutes", "turns", "state", "certain"),
    [
        ("yes", "30", ["I did it", "thirty minutes"], WorkoutState.DONE, True),
        ("yes", "", ["Done!"], WorkoutState.DONE, True),
        ("yes", "45", ["I did it"], WorkoutState.DONE, False),
        ("yes", "", ["Well, you know"], WorkoutState.DONE, False),
        ("yes", "", ["I did it", "no, I didn't"], WorkoutState.DONE, False),
        ("part", "10", ["La mitad", "diez minutos"], WorkoutState.PARTIAL, True),
        ("no", "", ["No pude hoy"], WorkoutState.SKIPPED, True),
        ("no", "", ["I did it"], WorkoutState.SKIPPED, False),
    ],
)
def test_an_outcome_is_certain_where_both_agree(
    done: str, minutes: str, turns: list[str], state: WorkoutState, certain: bool
) -> None:
    (found,) = missing(CallKind.EVENING, report({"workout_done": done, "minutes": minutes}, *turns))
    assert (found.what, found.done, found.certain) == (What.WORKOUT, state, certain)


@pytest.mark.parametrize(
    "kind", [each for each in CallKind if each.value in ("morning", "evening", "weekly", "inbound")]
)
def test_a_birthday_is_told_by_their_own_words_alone(kind: CallKind) -> None:
    turns = ("I am fine. My birthday is May third", "Sorry. My birthday is May fourth", "It's your birthday?")
    told = Missing(What.BIRTHDAY, certain=True, birthday="My birthday is May fourth")
    assert missing(kind, report({}, *turns)) == (told,)
    assert missing(kind, report({}, *turns), "remember") == ()
    assert missing(kind, report({}, "My sister has hers in May")) == ()


@pytest.mark.parametrize(("said", "certain"), [("my energy is 7 and mood eight", True), ("quite fine", False)])
def test_scores_are_certain_where_the_numbers_were_said(said: str, certain: bool) -> None:
    told = report({"energy": "7", "mood": "8", "confidence": ""}, said)
    assert missing(CallKind.WEEKLY, told) == (Missing(What.SCORES, certain, scores=(("energy", 7), ("mood", 8))),)


@pytest.mark.parametrize(
    ("kind", "ran"),
    [
        (CallKind.MORNING, "save_plan"),
        (CallKind.MORNING, "rest_day"),
        (CallKind.EVENING, "log_workout"),
        (CallKind.EVENING, "skip_workout"),
        (CallKind.HELLO, "other"),
        (CallKind.TEST, "other"),
    ],
)
def test_what_a_function_wrote_is_not_missing(kind: CallKind, ran: str) -> None:
    told = report({**PLAN, "workout_done": "yes"}, "I did it, and tomorrow I run 30 minutes")
    assert missing(kind, told, ran) == ()


@pytest.mark.parametrize(
    "outcome", [CallOutcome.MISSED, CallOutcome.VOICEMAIL, CallOutcome.DECLINED, CallOutcome.FAILED]
)
def test_a_call_in_which_nobody_spoke_tells_nothing(outcome: CallOutcome) -> None:
    assert missing(CallKind.MORNING, report(PLAN, outcome=outcome)) == ()


def test_who_wants_silence_is_asked_nothing_but_what_they_said_counts() -> None:
    sure = report({"workout_done": "yes"}, "I did it", "Stop calling me")
    assert [each.done for each in missing(CallKind.EVENING, sure)] == [WorkoutState.DONE]
    unsure = report({"workout_done": "yes", "stop_calls": "yes"}, "Hm")
    assert missing(CallKind.EVENING, unsure) == ()


@pytest.mark.parametrize(
    ("turns", "meaning"),
    [
        (["Stop."], StopMeaning.STOP),
        (["Para.", "Ya no me llames más, por favor"], StopMeaning.STOP_LIKE),
        (["Hör auf", "okay"], StopMeaning.STOP),
        (["Arrête de m'appeler"], StopMeaning.STOP_LIKE),
        (["I stopped running last year", "no"], StopMeaning.NONE),
        (["cancelar la cita del dentista"], StopMeaning.NONE),
        (["start"], StopMeaning.NONE),
        ([], StopMeaning.NONE),
    ],
)
def test_a_spoken_stop_is_heard_in_every_language(turns: list[str], meaning: StopMeaning) -> None:
    assert said_stop([Spoken("agent", "Stop?"), *(Spoken("person", turn) for turn in turns)]) is meaning


@pytest.mark.parametrize(
    ("turn", "state"),
    [
        ("I didn't do it", WorkoutState.SKIPPED),
        ("I only did ten minutes", WorkoutState.PARTIAL),
        ("Yes, I ran", WorkoutState.DONE),
        ("sí, lo hice", WorkoutState.DONE),
        ("did I do it?", None),
        ("the weather was nice", None),
    ],
)
def test_a_turn_says_what_became_of_it(turn: str, state: WorkoutState | None) -> None:
    assert state_said(turn) is state


VALUES = (
    st.sampled_from(["", "none", "N/A", "yes", "no", "part", "7", "11", "-3", "seven", "9999", "run", "x" * 500])
    | st.text()
)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), VALUES))
def test_any_analysis_can_be_read(extracted: dict[str, str]) -> None:
    told = read(extracted, DAY)
    assert all(1 <= score <= 10 for _, score in told.scores)
    assert told.minutes is None or 1 <= told.minutes <= 24 * 60
    assert told.plan is None or told.plan.workout


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), VALUES), st.sampled_from(CallKind))
def test_without_their_turns_nothing_is_certain(extracted: dict[str, str], kind: CallKind) -> None:
    told = replace(report(extracted), spoken=())
    assert not any(each.certain for each in missing(kind, told))


def test_long_numbers_and_addresses_are_not_kept() -> None:
    said = [Spoken("person", "Call +1 202 555 0101 or me@x.io, I ran 45 minutes at 18:30", 1.0, 2.0)]
    (turn,) = redacted(said)
    assert turn == Spoken("person", "Call […] or […], I ran 45 minutes at 18:30", 1.0, 2.0)
