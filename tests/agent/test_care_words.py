"""Until a human has looked at words of danger, nothing that is said to somebody is a streak, a goal or a pledge."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ivy.agent import call_snapshot, care, context, summing_up
from ivy.agent.call_snapshot import LONGEST, Snapshot
from ivy.daemon.context import Context
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.giving import Gift
from ivy.domain.money import Money
from ivy.domain.safety import Risk
from ivy.domain.streaks import Outcome, Streak
from ivy.domain.weekly import Numbers
from ivy.domain.workouts import WorkoutState
from ivy.store import consents, facts, people, preferences, reviews, streaks, workouts
from ivy.store.database import Store
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from ivy.store.workouts import Change, Workout
from ivy.tools.workouts import moved
from tests.agent.around_calls import life_of
from tests.tools.diary import ANA, BEN, MONDAY, Diary, diary_of

COUNTS = re.compile(
    r"streak|racha|in a row|seguidos|reserve|reserva|pledg|promet|goal|\bmeta|marathon|marat|can keep|cumpl|kept|longest|mejor",
    re.I,
)
"""What nobody who is cared for hears."""
TODAY = MONDAY.date()
KNOWN = [kind for kind in CallKind if kind in ("morning", "evening", "weekly", "monthly", "rescue", "inbound")]
"""The calls that tell of somebody; who calls has proved who they are."""


def opens(scope: Scope) -> bool:
    """Let them have spoken of danger a moment ago."""
    return reviews.open_review(scope, "r1", Risk.SELF_HARM, source="chat", ref="m1", words="x", now=MONDAY)


def lives(scope: Scope) -> None:
    """Write down a streak of three days, a goal, and how they like to be spoken to."""
    for back in (3, 2, 1):
        streaks.record(scope, TODAY - timedelta(days=back), Outcome.KEPT, source="text", now=MONDAY)
    people.set_goal(scope, "run a marathon")
    preferences.remember(scope, "coach.tone", "calm", source="text", now=MONDAY)
    consents.record(scope, Purpose.HEALTH, granted=True, proof="a test", now=MONDAY)


@pytest.fixture(params=[BEN, ANA], ids=["en", "es"])
async def cared(request: pytest.FixtureRequest, store: Store) -> Diary:
    """Somebody with a streak, and a run planned for today, who is cared for."""
    diary = await diary_of(store, request.param)
    await diary.rows.write(lives)
    await diary("plan_workout", kind="run")
    assert await diary.rows.write(opens)
    diary.person = await diary.rows.read(people.load)
    return diary


async def given(diary: Diary) -> None:
    """Let the review be closed: the last one ends the care."""
    await diary.rows.write(reviews.close, "r1", by="laura", note="We spoke.", now=MONDAY)
    await diary.rows.write(reviews.end_care)
    diary.person = await diary.rows.read(people.load)


# --- what tools say ------------------------------------------------------------------------------------


async def test_no_tool_says_a_streak_and_all_do_again_once_a_human_looked(cared: Diary) -> None:
    said = [
        await cared("show_stats"),
        await cared("log_workout", kind="run", duration="30 min"),
        await cared("show_stats"),
        await cared("undo_workout"),
        await cared("log_workout", kind="run", partial=True),
        await cared("undo_workout"),
        await cared("skip_workout", kind="run"),
        await cared("rest_day", day="mañana" if cared.person.language == "es" else "tomorrow"),
        await cared("use_reserve"),
    ]
    assert [words for words in said if COUNTS.search(words) or not words] == []
    await given(cared)
    assert COUNTS.search(await cared("show_stats"))


async def test_a_reserve_day_is_free_and_none_is_spent(cared: Diary) -> None:
    told = await cared("use_reserve")
    assert told in ("Today is free, and it costs you nothing.", "Hoy queda libre, y no cuesta nada.")
    assert await cared("use_reserve") == told
    assert [each.state for each in await cared.rows.read(workouts.of_day, TODAY)] == [WorkoutState.REST]
    assert await cared.rows.read(streaks.reserve_left, TODAY) == 2
    assert (await cared.rows.read(streaks.current)).current == 3


async def test_a_day_that_is_done_stays_done_when_a_reserve_day_is_asked_for(cared: Diary) -> None:
    await cared("log_workout", kind="run")
    await cared("use_reserve")
    assert [each.state for each in await cared.rows.read(workouts.of_day, TODAY)] == [WorkoutState.DONE]


async def test_a_call_that_would_not_be_dialled_is_not_promised(cared: Diary) -> None:
    await cared.rows.write(people.set_phone, "+12025550144")
    assert "human" in (told := await cared.fails("call_me")) or "persona" in told


def test_a_workout_gives_and_moves_without_a_word(a_person: Person) -> None:
    run = Workout("w1", TODAY, "run", WorkoutState.DONE)
    for gift in (Gift("Water", 100, "USD"), Gift("Water", 100, "USD", 50), Gift("Water", -100, "USD")):
        for before, after, mark in ((0, 1, None), (6, 7, 7)):
            change = Change(run, Streak(before, longest=9), Streak(after, longest=9), mark, gift)
            assert len(moved([change], a_person)) == 2
            assert moved([change], replace(a_person, care_since=MONDAY)) == []


@pytest.fixture
def a_person() -> Person:
    return Person("u", "Ana", "active", "en-US", "UTC", "USD", None, "22:00", "07:00", 10, None, None)


# --- what models are told ------------------------------------------------------------------------------


async def snapshot(diary: Diary, kind: CallKind, *, proven: bool = True) -> Snapshot:
    return await diary.rows.read(
        call_snapshot.build, diary.person, kind, now=MONDAY, call_day=TODAY, proven=proven, told={"text": "x"}
    )


async def test_the_voice_of_a_call_is_told_of_the_care_and_of_nothing_to_live_up_to(cared: Diary) -> None:
    manner, where = care.on_phone(cared.person)
    assert ("988" if cared.person.language == "en" else "106") in where
    for kind in KNOWN:
        found = await snapshot(cared, kind)
        told = found.variables["ivy_context"]
        assert told.startswith(f"{manner}\n{where}\n") and "run" in told
        assert (found.variables["ivy_script"], found.variables["ivy_questions"]) == (f"{manner}\n{where}", "")
        rest = " ".join(found.variables.values()).replace(manner, "")
        assert not COUNTS.search(rest), (kind, rest)
        assert found.dropped == () and found.tokens <= LONGEST
    await given(cared)
    for kind in KNOWN:
        found = await snapshot(cared, kind)
        assert manner not in str(found) and COUNTS.search(found.variables["ivy_context"])


async def test_who_has_not_proved_who_they_are_learns_nothing_of_the_care(cared: Diary) -> None:
    for kind in (CallKind.INBOUND, CallKind.HELLO, CallKind.TEST):
        found = await snapshot(cared, kind, proven=False)
        assert found.variables["ivy_context"] == ""
        assert care.on_phone(cared.person)[0] not in str(found)
        assert "988" not in str(found) and "106" not in str(found)


async def test_the_chat_is_told_of_the_care_and_of_no_goal(cared: Diary) -> None:
    for words, kind in (("I want to run a marathon", "goal"), ("my sister is called Eva", "relation")):
        await cared("remember", text=words, kind=kind)
    assert "marathon" in str(await cared.rows.read(facts.holding))
    moment = await cared.rows.read(context.read_moment, cared.person, [], now=MONDAY)
    assert care.IN_CARE in moment.facts and "Eva" in str(moment)
    assert not COUNTS.search(str(moment).replace(care.IN_CARE, ""))
    await given(cared)
    moment = await cared.rows.read(context.read_moment, cared.person, [], now=MONDAY)
    assert care.IN_CARE not in moment.facts and "marathon" in str(moment)
    assert "Streak: 3 (longest 3)." in moment.facts


# --- what was announced before -------------------------------------------------------------------------


async def test_a_week_that_was_announced_before_is_shown_without_what_counts(
    context: Context, person: PersonStore
) -> None:
    life = life_of(context, person)
    week = date(2026, 11, 16)
    numbers = Numbers(
        week, ("kept",) * 7, 3, 3, 3, minutes=90, streak=7, kept_21=9, planned_21=9, pledged=(Money(300, "USD"),)
    )
    await life.does(summing_up.send, numbers, "Seven days in a row!")
    shown: list[str] = []
    for happens in (opens, reviews.end_care):
        assert await life.taps(summing_up.answered, summing_up.SHOW)
        shown.append((await life.said())[-1])
        await life.rows.write(happens)
    assert COUNTS.search(shown[0]) and "Minutes: 90" in shown[0]
    assert not COUNTS.search(shown[1]) and "Minutes: 90" in shown[1]
