"""How often they are phoned is asked once, under the answer to a kept workout; a tap changes the slots in the same commit."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from trio.testing import MockClock

from ivy.agent import quick, tapering
from ivy.agent.questions import Heard
from ivy.config import Config, Secret, StoreSection, VoiceSection
from ivy.daemon.context import Context
from ivy.domain.cadence import Asked, Pace
from ivy.domain.consent import Purpose
from ivy.domain.safety import Risk
from ivy.domain.slots import By, SlotKind
from ivy.store import call_slots, commitments, people, reviews, switches, tapers, tool_executions, workouts
from ivy.store.binding import Connection
from ivy.store.scope import PersonStore, Scope
from ivy.store.tool_executions import Execution
from ivy.store.workouts import Workout
from tests.agent.around_calls import DAY, Life, life_of

QUESTION = "And our calls: as now, just the weekly one with texts, or fewer (three mornings and the weekly one)?"
KEPT = "Fine, our calls stay as they are. You can have them otherwise at any time, in your own words."


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    """Ana is phoned each morning and evening; the first call was four weeks ago."""
    life = life_of(context, person)
    config = Config(
        store=StoreSection(seal_key=Secret("a key of the tests")),
        voice=VoiceSection(enabled=True, number="+12025550100"),
    )
    life.context = replace(life.context, config=config)
    await life.agrees(Purpose.CALLS)
    await life.agrees(Purpose.MESSAGES)
    for kind, at in ((SlotKind.MORNING, "07:00"), (SlotKind.EVENING, "20:30")):
        await books(life, kind, by=By.VOICE, at=at)
    await life.rows.store.write(first_call)
    life.set(life.now + timedelta(days=28, hours=3))
    return life


def first_call(connection: Connection, day: str = DAY.isoformat(), outcome: str = "completed") -> None:
    connection.execute(
        "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, due_at_ms)"
        " VALUES ('c1', 'ana', 'morning', 'c1', ?, 'ended', ?, 0)",
        (day, outcome),
    )


async def books(life: Life, kind: SlotKind, *, by: By, at: str, days: str = "*", nudge: int = 0) -> None:
    new_id = life.desk.new_id
    await life.rows.write(
        call_slots.set_slot, kind, by, at, days, consent_id=None, nudge_minutes=nudge, new_id=new_id, now=life.now
    )


async def slots(life: Life) -> list[tuple[str, str, str, str]]:
    return [(each.kind.value, each.by.value, each.at, each.days) for each in await life.rows.read(call_slots.of)]


async def keeps(life: Life, words: str = "done") -> str:
    """Let Ana say that today's run is done; return what she gets."""
    number = len(await life.got())
    run = Workout(f"w{number}", life.now.date(), "run")
    await life.rows.write(workouts.plan, run, source="text", now=life.now)
    assert await life.does(quick.heard, Heard(words, "m1", ""))
    *_before, last = (await life.said())[number:]
    return last


async def test_after_four_weeks_the_answer_to_a_kept_workout_asks_in_one_line_with_three_buttons(
    life: Life, autojump_clock: MockClock
) -> None:
    said = await keeps(life)
    assert said.endswith(f"\n\n{QUESTION}") and not said.startswith(QUESTION)
    row = (await life.got())[-1]
    assert (row["kind"], row["asked_for"], len(await life.got())) == ("buttons", 1, 1)  # no contact of its own
    pending = await life.asked()
    assert (pending.kind, row["action_id"]) == (tapering.QUESTION, pending.id)
    assert [title for _name, title in pending.options] == ["As they are", "Just the weekly one", "Fewer calls"]
    assert await life.rows.read(tapers.asked) == Asked(1, life.now.date())
    life.passes(days=1)
    assert QUESTION not in await keeps(life)


async def test_a_day_before_that_nobody_is_asked(life: Life, autojump_clock: MockClock) -> None:
    life.passes(days=-1)
    assert QUESTION not in await keeps(life)
    life.passes(days=1)
    assert QUESTION in await keeps(life)


async def test_a_workout_that_is_left_out_is_no_moment_to_ask(life: Life, autojump_clock: MockClock) -> None:
    assert QUESTION not in await keeps(life, "skip")
    assert QUESTION in await keeps(life, "partial")


async def test_fewer_is_three_mornings_and_the_weekly_call_at_once(life: Life, autojump_clock: MockClock) -> None:
    await books(life, SlotKind.MORNING, by=By.VOICE, at="06:45", days="1-5", nudge=10)
    await keeps(life)
    assert await life.taps(tapering.answered, Pace.FEWER)
    assert await slots(life) == [
        ("morning", "voice", "06:45", "1,3,5"),
        ("evening", "text", "20:30", "*"),
        ("weekly", "voice", "18:00", "0"),
    ]
    morning, evening, _weekly = await life.rows.read(call_slots.of)
    assert (morning.nudge_minutes, evening.nudge_minutes) == (10, 0)
    assert morning.next_at is not None and morning.consent_id is not None
    said = (await life.said())[-1]
    assert said.startswith("Done: morning, by phone: every Mon, Wed and Fri, 6:45 am; next ")
    assert said.endswith("You can have it otherwise at any time, in your own words.")
    (proof,) = await life.ask("SELECT proof FROM consents WHERE id = ?", morning.consent_id)
    assert "by button" in proof["proof"] and "'fewer'" in proof["proof"]
    assert (await life.rows.read(tapers.asked)).answer == Pace.FEWER


async def test_just_the_weekly_one_leaves_texts_for_the_rest(life: Life, autojump_clock: MockClock) -> None:
    await books(life, SlotKind.WEEKLY, by=By.TEXT, at="10:00", days="6")
    await keeps(life)
    assert await life.taps(tapering.answered, Pace.WEEKLY)
    assert await slots(life) == [
        ("morning", "text", "07:00", "*"),
        ("evening", "text", "20:30", "*"),
        ("weekly", "voice", "10:00", "6"),
    ]


async def test_keeping_them_changes_nothing_and_is_asked_once_more_after_eight_weeks(
    life: Life, autojump_clock: MockClock
) -> None:
    before, asked = await slots(life), list[int]()
    for day in range(130):
        if QUESTION in await keeps(life):
            asked.append(day)
            await life.taps(tapering.answered, Pace.KEEP)
            assert (await life.said())[-1] == KEPT
        life.passes(days=1)
    assert asked == [0, 56]
    assert await slots(life) == before


async def test_where_evenings_are_all_the_calls_three_evenings_are_offered(
    life: Life, autojump_clock: MockClock
) -> None:
    await books(life, SlotKind.MORNING, by=By.TEXT, at="07:00")
    assert "three evenings and the weekly one" in await keeps(life)


# --- who is not asked ----------------------------------------------------------------------------------


async def care(life: Life) -> None:
    await life.rows.write(reviews.open_review, "r", Risk.SELF_HARM, source="chat", ref="m", words="x", now=life.now)


async def pause(life: Life) -> None:
    await life.rows.write(people.set_status, "paused")


async def hand_over(life: Life) -> None:
    await life.rows.write(lambda scope: scope.execute("UPDATE users SET handed_over_at_ms = 1 WHERE id = :user"))


async def not_today(life: Life) -> None:
    await life.rows.write(people.suspend, life.now + timedelta(hours=2))


async def no_calls(life: Life) -> None:
    await life.agrees(Purpose.CALLS, granted=False)


async def by_text_only(life: Life) -> None:
    for kind in (SlotKind.MORNING, SlotKind.EVENING):
        await books(life, kind, by=By.TEXT, at="09:00")


async def three_mornings(life: Life) -> None:
    await life.rows.write(call_slots.off, SlotKind.EVENING, now=life.now)
    await books(life, SlotKind.MORNING, by=By.VOICE, at="07:00", days="2,4,6")


async def never_spoke(life: Life) -> None:
    await life.rows.store.write(lambda connection: connection.execute("UPDATE calls SET outcome = 'missed'"))


async def nothing_by_itself(life: Life) -> None:
    await life.rows.store.write(switches.set_value, "proactive", "off", by="ops", now=life.now)


async def no_voice(life: Life) -> None:
    life.context = replace(life.context, config=Config(store=life.context.config.store))


async def locked(life: Life) -> None:
    await life.rows.write(commitments.lock, life.now)


@pytest.mark.parametrize(
    "how",
    [
        care,
        pause,
        hand_over,
        not_today,
        no_calls,
        by_text_only,
        three_mornings,
        never_spoke,
        nothing_by_itself,
        no_voice,
        locked,
    ],
)
async def test_who_is_not_asked(life: Life, how: Any, autojump_clock: MockClock) -> None:
    await how(life)
    assert QUESTION not in await keeps(life)
    assert await life.rows.read(tapers.asked) == Asked()


# --- a tap that comes when things are otherwise ----------------------------------------------------------


async def test_who_said_stop_since_is_not_phoned_for_a_tap(life: Life, autojump_clock: MockClock) -> None:
    await keeps(life)
    before = await slots(life)
    await life.rows.write(people.set_status, "stopped")
    await life.agrees(Purpose.CALLS, granted=False)
    assert await life.taps(tapering.answered, Pace.FEWER)
    assert await slots(life) == before
    assert "I've stopped" in (await life.said())[-1]
    assert (await life.rows.read(tapers.asked)).answer == ""


async def test_who_wants_no_calls_since_gets_none_by_a_tap(life: Life, autojump_clock: MockClock) -> None:
    await keeps(life)
    await no_calls(life)
    before = await slots(life)
    await life.taps(tapering.answered, Pace.WEEKLY)
    assert await slots(life) == before
    assert (await life.said())[-1] == "Okay. There is no call planned at that time any more."


async def test_who_has_no_daily_call_left_hears_so(life: Life, autojump_clock: MockClock) -> None:
    await keeps(life)
    await by_text_only(life)
    before = await slots(life)
    await life.taps(tapering.answered, Pace.FEWER)
    assert await slots(life) == before
    assert (await life.said())[-1] == "Okay. There is no call planned at that time any more."


async def test_a_plan_that_was_locked_since_stays_as_it_is(life: Life, autojump_clock: MockClock) -> None:
    await keeps(life)
    before = await slots(life)
    await locked(life)
    await life.taps(tapering.answered, Pace.WEEKLY)
    assert await slots(life) == before
    assert (await life.said())[-1] == KEPT


async def test_where_one_slot_cannot_be_had_none_is_changed(life: Life, autojump_clock: MockClock) -> None:
    """There are no minutes left for a weekly call more: what was said of it is a plain sentence, and all stays."""
    await keeps(life)
    before = await slots(life)
    tight = structs.replace(life.context.config.calls, minutes_per_day=1)
    life.context = replace(life.context, config=structs.replace(life.context.config, calls=tight))
    await life.taps(tapering.answered, Pace.FEWER)
    assert await slots(life) == before
    assert (await life.said())[-1].startswith("There are no minutes left for more calls on some of those days.")


# --- a turn that wrote a workout down --------------------------------------------------------------------


@pytest.mark.parametrize(("tool", "asks"), [("log_workout", True), ("add_expense", False)])
async def test_a_turn_that_wrote_down_a_workout_asks_under_its_reply(
    life: Life, tool: str, asks: bool, autojump_clock: MockClock
) -> None:
    def reply(scope: Scope, person: Any, desk: Any) -> tuple[Any, str]:
        return tapering.after_turn(scope, person, "t1", ["Fine,", "logged."], "", desk)

    await life.rows.write(ran_in_turn, tool)
    parts, action_id = await life.does(reply)
    assert bool(action_id) is asks
    assert parts[0] == "Fine,"
    assert (QUESTION in (parts[1] if isinstance(parts[1], str) else parts[1].in_words())) is asks


async def test_a_reply_that_asks_something_already_asks_nothing_more(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(ran_in_turn, "log_workout")

    def reply(scope: Scope, person: Any, desk: Any) -> Any:
        return tapering.after_turn(scope, person, "t1", ["Which?"], "another", desk)

    assert await life.does(reply) == (["Which?"], "another")


async def test_a_long_reply_is_left_as_it_is(life: Life, autojump_clock: MockClock) -> None:
    def reply(scope: Scope, person: Any, desk: Any) -> Any:
        return tapering.attach(scope, person, ["x" * 1000], desk), tapering.attach(scope, person, [], desk)

    assert await life.does(reply) == ((["x" * 1000], ""), ([], ""))
    assert await life.rows.read(tapers.asked) == Asked()


def ran_in_turn(scope: Scope, tool: str) -> None:
    tool_executions.record(scope, Execution("e1", "t1", tool, "{}", "k1"), "done", "ok", at_ms=0)
