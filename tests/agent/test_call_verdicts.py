"""What Ivy understood of a workout on the phone: one tap takes it back, once, however late and however it is tapped."""

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest
from trio.testing import MockClock

from ivy.agent import answers, appealing, call_notes, call_verdicts, questions, quick
from ivy.agent.acting import by_tap, tools_of
from ivy.agent.questions import Heard
from ivy.config import CharitySection, GivingSection
from ivy.daemon.context import Context
from ivy.domain.calls import CallKind, CallOutcome, Spoken
from ivy.domain.giving import Wallet
from ivy.domain.sentences import Say, say
from ivy.domain.streaks import Outcome
from ivy.domain.windows import window_after
from ivy.domain.workouts import WorkoutState
from ivy.ports import ToolCall
from ivy.store import (
    alerts,
    donations,
    pending_actions,
    people,
    preferences,
    streaks,
    tool_executions,
    wallets,
    windows,
    workouts,
)
from ivy.store.appeals import keep_judged
from ivy.store.database import Store
from ivy.store.pending_actions import Pending
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, for_user
from ivy.store.tool_executions import Execution
from ivy.store.workouts import Workout
from ivy.tools.executor import Place, execute_within
from tests.agent.around_calls import DAY, Life, ended, life_of

RIGHTED = say(Say.VERDICT_RIGHTED, "en", day="Mon 23 Nov")
NOTED = say(Say.VERDICT_NOTED, "en", day="Mon 23 Nov")
DID_YOU = say(Say.DID_YOU, "en", workout="run")
OVER = say(Say.TAP_OVER, "en")
SAYS = {
    "yes": "I did it",
    "part": "I only managed a bit of it",
    "no": "I skipped it",
}


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    life = life_of(context, person)
    charities = GivingSection(charities={"water": CharitySection(name="Clean Water")})
    life.context = replace(life.context, config=msgspec.structs.replace(life.context.config, giving=charities))
    return life


async def judged(life: Life, done: str, *, planned: bool = True, call_id: str = "call-1") -> Pending:
    """Let an evening call of the Monday have told that; return the question under what was noted."""

    def plan(scope: Scope) -> None:
        wallets.save(scope, Wallet("water", 100, "USD", 500, 5000), now=life.now)
        if planned and not workouts.of_day(scope, DAY):
            workouts.plan(scope, Workout("run", DAY, "run"), source="text", now=life.now)

    await life.rows.write(plan)
    call = ended(life, CallOutcome.COMPLETED, kind=CallKind.EVENING, call_id=call_id)
    report = replace(call.report, extracted={"workout_done": done}, spoken=(Spoken("person", SAYS[done]),))
    await life.does(call_notes.write, replace(call, report=report), report)
    asked = await life.asked()
    assert asked.kind == call_verdicts.QUESTION
    return asked


async def tap(life: Life, pending: Pending, option: str = call_verdicts.WRONG) -> str:
    """Let an option of a question be tapped, by the way that every channel takes; return the last thing that Ivy says."""
    await life.does(answers.take, pending, option, Heard("", "m1", "wamid.1"))
    return (await life.said())[-1]


async def state(life: Life) -> tuple[list[str], Outcome | None]:
    found = await life.rows.read(workouts.of_day, DAY)
    return [each.state.value for each in found], await life.rows.read(streaks.of_day, DAY)


async def test_what_was_noted_has_the_tap_in_its_own_message(life: Life, autojump_clock: MockClock) -> None:
    pending = await judged(life, "no")
    (message,) = await life.got()
    assert message["body"].startswith(f"{say(Say.CALL_NOTED, 'en')} Okay, left out: run")
    assert (message["kind"], message["asked_for"], message["action_id"]) == ("buttons", 1, pending.id)
    assert [title for _name, title in pending.options] == ["That's wrong"]


async def test_a_day_taken_for_left_out_costs_nothing_until_they_say_how_it_was(
    life: Life, autojump_clock: MockClock
) -> None:
    pending = await judged(life, "no")
    assert await state(life) == (["skipped"], Outcome.SKIPPED)
    assert await tap(life, pending) == f"{RIGHTED} {DID_YOU}"
    assert await state(life) == (["planned"], Outcome.EXCUSED)
    assert (await life.asked()).kind == quick.DID_YOU
    await life.taps(quick.did_you_answered, WorkoutState.DONE.value)
    assert await state(life) == (["done"], Outcome.KEPT)


async def test_what_was_taken_for_done_is_taken_back_with_its_gift(life: Life, autojump_clock: MockClock) -> None:
    pending = await judged(life, "yes")
    assert await state(life) == (["done"], Outcome.KEPT)
    said = await tap(life, pending)
    assert said.startswith(say(Say.CALL_TAKEN_BACK, "en", workout="run")) and said.endswith(DID_YOU)
    assert say(Say.GIFT_BACK, "en", amount="$1.00", charity="Clean Water") in said
    assert await state(life) == (["planned"], None)
    assert sum(each.all_minor for each in await life.rows.read(donations.pledged, DAY)) == 0


async def test_what_was_not_planned_is_gone_and_asked_about_in_words(life: Life, autojump_clock: MockClock) -> None:
    pending = await judged(life, "part", planned=False)
    assert (await tap(life, pending)).endswith(say(Say.CALL_NOT_SO, "en"))
    assert await state(life) == ([], None)


@pytest.mark.parametrize("done", SAYS)
async def test_a_second_tap_does_nothing_more(life: Life, autojump_clock: MockClock, done: str) -> None:
    pending = await judged(life, done)
    await tap(life, pending)
    before = await state(life)
    assert await tap(life, pending) == OVER
    assert await state(life) == before


@pytest.mark.parametrize("to", [WorkoutState.DONE, WorkoutState.REST])
async def test_their_own_word_since_then_stands(life: Life, autojump_clock: MockClock, to: WorkoutState) -> None:
    pending = await judged(life, "no")

    def say_so(scope: Scope) -> None:
        word = quick.word_of(people.load(scope), life.desk)
        workouts.finish(scope, workouts.of_day(scope, DAY)[0], to, word)

    await life.rows.write(say_so)
    before = await state(life)
    assert await tap(life, pending) == OVER
    assert await state(life) == before
    assert await life.rows.write(appeals) == {}


def appeals(scope: Scope) -> dict[str, str]:
    return preferences.beginning(scope, "appeal:")


async def test_beside_a_workout_that_they_left_out_themselves_the_other_is_only_open_again(
    life: Life, autojump_clock: MockClock
) -> None:
    def told(scope: Scope) -> None:
        workouts.plan(scope, Workout("yoga", DAY, "yoga"), source="text", now=life.now)
        workouts.finish(scope, workouts.of_day(scope, DAY)[0], WorkoutState.SKIPPED, word)
        workouts.plan(scope, Workout("run", DAY, "run"), source="text", now=life.now)

    word = quick.word_of(await life.person(), life.desk)
    await life.rows.write(told)
    pending = await judged(life, "no")
    await tap(life, pending)
    assert await state(life) == (["skipped", "planned"], None)
    assert await life.rows.write(appeals) == {}


async def test_beyond_two_a_month_a_human_looks_and_their_own_word_still_counts(
    life: Life, autojump_clock: MockClock
) -> None:
    def twice(scope: Scope) -> None:
        for number in (1, 2):
            streaks.appeal(scope, date(2026, 11, number), today=date(2026, 11, 3), source="text", now=life.now)

    await life.rows.write(twice)
    pending = await judged(life, "no")
    assert await tap(life, pending) == f"{NOTED} {DID_YOU}"
    assert await state(life) == (["skipped"], Outcome.SKIPPED)
    (alert,) = await life.context.store.read(alerts.open_alerts)
    assert alert.key == f"appeal:{life.rows.user_id}:{DAY}" and "was not left out" in alert.title
    assert await life.does(appealing.excuse, DAY)
    assert await state(life) == (["skipped"], Outcome.EXCUSED)
    await life.taps(quick.did_you_answered, WorkoutState.DONE.value)
    assert await state(life) == (["done"], Outcome.KEPT)


async def test_a_tap_that_comes_days_later_puts_right_a_day_that_is_closed(
    life: Life, autojump_clock: MockClock
) -> None:
    pending = await judged(life, "no")
    life.passes(days=5)
    assert (await tap(life, pending)).startswith(RIGHTED)
    assert await state(life) == (["planned"], Outcome.EXCUSED)
    word = quick.word_of(await life.person(), life.desk)
    assert await life.rows.write(workouts.close, DAY, word, fault=False, unsure=False) is None
    assert await state(life) == (["planned"], Outcome.EXCUSED)


async def test_after_a_week_the_tap_is_over(life: Life, autojump_clock: MockClock) -> None:
    pending = await judged(life, "no")
    life.passes(days=7)
    token = questions.with_template(pending, life.desk, "any", {}, (call_verdicts.WRONG,)).actions[0]
    what, _found, _option = await life.rows.read(questions.tapped, token, life.desk)
    assert what is questions.Tapped.EXPIRED
    assert await tap(life, pending) == OVER
    assert await state(life) == (["skipped"], Outcome.SKIPPED)


async def test_who_stopped_is_put_right_and_asked_nothing(life: Life, autojump_clock: MockClock) -> None:
    pending = await judged(life, "no")
    await life.rows.write(people.set_status, "stopped")
    assert await tap(life, pending) == RIGHTED
    assert await state(life) == (["planned"], Outcome.EXCUSED)
    assert (await life.asked()).id == pending.id


async def test_a_tap_on_somebody_elses_row_is_forged(life: Life, store: Store, autojump_clock: MockClock) -> None:
    pending = await judged(life, "no")
    token = questions.with_template(pending, life.desk, "any", {}, (call_verdicts.WRONG,)).actions[0]
    await store.write(people.add, NewPerson("eve", "Eve", "active", "en-US", "UTC", "USD"), now=life.now)
    what, found, _option = await for_user(store, "eve").read(questions.tapped, token, life.desk)
    assert (what, found) == (questions.Tapped.FORGED, None)
    assert await state(life) == (["skipped"], Outcome.SKIPPED)


async def test_two_calls_of_a_day_have_a_tap_each(life: Life, autojump_clock: MockClock) -> None:
    first = await judged(life, "no")
    second = await judged(life, "yes", call_id="call-2")
    assert first.id != second.id
    assert await life.rows.read(pending_actions.load, first.id) is not None
    assert await tap(life, first) == OVER  # the second call said otherwise, and that stands until its own tap
    assert await state(life) == (["done"], Outcome.KEPT)
    assert (await tap(life, second)).endswith(DID_YOU)


async def test_a_report_that_is_looked_at_twice_is_told_once(life: Life, autojump_clock: MockClock) -> None:
    await judged(life, "no")
    await judged(life, "no")
    assert len(await life.said()) == 1


@pytest.mark.parametrize("words", ["That's wrong", "no", "1"])
async def test_words_are_a_tap_too(life: Life, autojump_clock: MockClock, words: str) -> None:
    pending = await judged(life, "no")
    heard = await life.writes(words)
    assert await life.rows.read(questions.worded, heard, life.desk) == (pending, call_verdicts.WRONG)
    await tap(life, pending)
    assert await state(life) == (["planned"], Outcome.EXCUSED)


async def test_a_later_day_is_another_appeal_and_the_third_of_a_month_is_noted(
    life: Life, autojump_clock: MockClock
) -> None:
    outcomes: list[bool] = []
    for number in range(3):
        day = DAY + timedelta(days=number)
        await life.rows.write(workouts.plan, Workout(f"run{number}", day, "run"), source="text", now=life.now)
        call = replace(ended(life, CallOutcome.COMPLETED, kind=CallKind.EVENING, call_id=f"c{number}"), day=day)
        report = replace(call.report, extracted={"workout_done": "no"}, spoken=(Spoken("person", SAYS["no"]),))
        await life.does(call_notes.write, replace(call, report=report), report)
        outcomes.append(NOTED.split(" Mon")[0] in await tap(life, await life.asked()))
        life.passes(days=1)
    assert outcomes == [False, False, True]
    assert [await life.rows.read(streaks.of_day, DAY + timedelta(days=number)) for number in range(3)] == [
        Outcome.EXCUSED,
        Outcome.EXCUSED,
        Outcome.SKIPPED,
    ]


# --- what a function of the call wrote ----------------------------------------------------------------


async def on_the_phone(life: Life, to: WorkoutState, *, tool: str = "skip_workout", minutes: int = 5) -> None:
    """Let a function of the Monday's evening call have written that, a moment ago, and its report come."""

    def write(scope: Scope) -> None:
        workouts.plan(scope, Workout("run", DAY, "run"), source="text", now=life.now - timedelta(hours=5))
        word = quick.word_of(people.load(scope), life.desk)
        workouts.finish(scope, workouts.of_day(scope, DAY)[0], to, word, minutes=minutes)
        done = Execution("x1", "call:call-1", tool, "{}", "k1")
        tool_executions.record(scope, done, "done", "ok", at_ms=0)

    await life.rows.write(write)
    await reported(life)


async def reported(life: Life) -> None:
    call = ended(life, CallOutcome.COMPLETED, kind=CallKind.EVENING)
    report = replace(call.report, extracted={"workout_done": "no"}, spoken=(Spoken("person", SAYS["no"]),))
    await life.does(call_notes.write, replace(call, report=report), report)


async def opens_window(life: Life) -> None:
    await life.rows.write(windows.extend, "whatsapp", window_after(life.now))


@pytest.mark.parametrize("to", [WorkoutState.SKIPPED, WorkoutState.PARTIAL])
async def test_what_a_function_wrote_has_the_tap_in_the_chat_if_it_costs(
    life: Life, autojump_clock: MockClock, to: WorkoutState
) -> None:
    await opens_window(life)
    await on_the_phone(life, to)
    (said,) = await life.said()
    assert said == f"{say(Say.CALL_NOTED, 'en')} {say(quick.SAYS[to], 'en', workout='run')}"
    await reported(life)
    assert len(await life.said()) == 1
    assert (await tap(life, await life.asked())).startswith(RIGHTED)
    assert await state(life) == (["planned"], Outcome.EXCUSED)


async def test_what_a_function_wrote_is_not_told_again_where_it_costs_nothing(
    life: Life, autojump_clock: MockClock
) -> None:
    await opens_window(life)
    await on_the_phone(life, WorkoutState.DONE, tool="log_workout")
    assert await life.said() == []


@pytest.mark.parametrize("why", ["closed", "handed over", "stopped", "no function"])
async def test_it_is_told_to_nobody_who_is_not_to_hear_of_it(life: Life, autojump_clock: MockClock, why: str) -> None:
    if why != "closed":
        await opens_window(life)
    if why == "handed over":
        await life.rows.write(people.hand_over, life.now)
    if why == "stopped":
        await life.rows.write(people.set_status, "stopped")
    await on_the_phone(life, WorkoutState.SKIPPED, tool="undo_workout" if why == "no function" else "skip_workout")
    assert await life.said() == []


# --- and the way back from it ----------------------------------------------------------------------------------


async def undo(life: Life) -> str:
    """Let them take back their last word about a workout, in the chat."""

    def run(scope: Scope) -> str:
        asked = ToolCall("", "undo_workout", "{}")
        turn = by_tap(people.load(scope), life.desk)
        return execute_within(scope, tools_of(life.desk), asked, Place(life.desk.new_id(), 0, 0), turn).content

    return await life.rows.write(run)


@pytest.mark.parametrize("planned", [True, False])
async def test_who_takes_back_that_it_was_wrong_has_the_day_as_the_call_told_it(
    life: Life, planned: bool, autojump_clock: MockClock
) -> None:
    if not planned:
        await life.rows.write(streaks.record, DAY, None, source="test", now=life.now)
    pending = await judged(life, "no") if planned else await judged_unplanned(life)
    found = await life.rows.read(workouts.of_day, DAY)
    assert (await tap(life, pending)).startswith(RIGHTED)
    assert await state(life) == (["planned"] if planned else [], Outcome.EXCUSED)
    assert await undo(life) == "Taken back: Mon 23 Nov counts as it did before."
    assert await state(life) == (["skipped"], Outcome.SKIPPED)
    (again,) = await life.rows.read(workouts.of_day, DAY)
    assert replace(again, rule=None) == replace(found[0], rule=None)
    assert await life.rows.read(preferences.beginning, "appeal:") == {}
    assert await life.rows.read(preferences.beginning, "judged:") == {}


async def judged_unplanned(life: Life) -> Pending:
    """Let a call of the Monday have told that something was left out which nobody had planned."""
    skipped = Workout("walk", DAY, "walk", WorkoutState.SKIPPED, note="in a call")
    call = ended(life, CallOutcome.COMPLETED, kind=CallKind.EVENING)

    def write(scope: Scope) -> None:
        workouts.record(scope, skipped, quick.word_of(people.load(scope), life.desk))
        call_verdicts.tell(scope, people.load(scope), call, "From our call: left out.", (), life.desk)

    await life.rows.write(write)
    return await life.asked()


async def test_what_they_said_since_is_taken_back_before_it(life: Life, autojump_clock: MockClock) -> None:
    await tap(life, await judged(life, "no"))
    life.passes(minutes=1)
    await life.taps(quick.did_you_answered, WorkoutState.DONE.value)
    life.passes(minutes=1)
    assert (await undo(life)).startswith("Open again: run")
    assert await state(life) == (["planned"], Outcome.EXCUSED)
    assert await undo(life) == "Taken back: Mon 23 Nov counts as it did before."
    assert await state(life) == (["skipped"], Outcome.SKIPPED)
    await undo(life)
    assert await state(life) == (["planned"], None)


async def test_a_plan_that_is_gone_stays_gone(life: Life, autojump_clock: MockClock) -> None:
    await tap(life, await judged(life, "no"))
    (planned,) = await life.rows.read(workouts.of_day, DAY)

    def forget(scope: Scope) -> None:
        workouts.undo(scope, planned, quick.word_of(people.load(scope), life.desk))

    await life.rows.write(forget)
    assert await state(life) == ([], Outcome.EXCUSED)
    await undo(life)
    assert await state(life) == ([], None)


async def test_what_stood_is_kept_for_two_weeks(life: Life, autojump_clock: MockClock) -> None:
    for day in (DAY, DAY + timedelta(days=14), DAY + timedelta(days=15)):
        await life.rows.write(keep_judged, day, [Workout("w", day, "run")], now=life.now)
    kept = await life.rows.read(preferences.beginning, "judged:")
    assert list(kept) == [f"judged:{DAY + timedelta(days=number)}" for number in (14, 15)]
