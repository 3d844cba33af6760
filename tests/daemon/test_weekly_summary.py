"""The weekly summary: sent once, each number counted, whatever a model writes around them."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.adapters.anthropic import AnthropicModel
from ivy.adapters.client import open_client
from ivy.adapters.prices import PriceTable
from ivy.agent import summing_up
from ivy.agent.prewriting import prepare
from ivy.agent.router import Caller, Router
from ivy.agent.weekly_prose import Ask, holds
from ivy.clock import stamp
from ivy.config import Config
from ivy.daemon.context import Context, Dropped
from ivy.daemon.handlers.weekly_summary import sum_up
from ivy.domain.spend_caps import Sums
from ivy.domain.streaks import Outcome
from ivy.domain.topics import WEEKLY_WORKOUTS
from ivy.domain.weekly import Numbers
from ivy.domain.workouts import WorkoutState
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.brain import Brain, BrainInput, BrainOutput
from ivy.emulators.in_process import in_process
from ivy.emulators.model_faults import ModelFault
from ivy.ports import ModelAnswer, ModelRequest, Models
from ivy.store import people, preferences, streaks, summaries, switches, topics, workouts
from ivy.store.jobs import Job
from ivy.store.scope import PersonStore
from ivy.store.topics import Wish
from ivy.store.workouts import Workout
from ivy.threads import InlineThreads
from tests.agent.around_calls import Life, life_of
from tests.models import CHEAP

MONDAY = datetime(2026, 11, 16).date()  # noqa: DTZ001 - a local date
SUNDAY_AT_SIX = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
"""In New York."""
FIXED = "You trained this week, and that is what builds a habit. Workouts done: 3."


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    """Ana has trained on three days of five, 90 minutes in all."""
    life = life_of(context, person)
    life.set(SUNDAY_AT_SIX)
    for day in range(5):
        state = WorkoutState.DONE if day < 3 else WorkoutState.PLANNED
        workout = Workout(f"w{day}", MONDAY + timedelta(days=day), "run", state, minutes=30 if day < 3 else None)
        await person.write(workouts.plan, workout, source="text", now=life.now)
        outcome = Outcome.KEPT if day < 3 else Outcome.MISSED
        if day < 4:
            await person.write(streaks.record, workout.day, outcome, source="test", now=life.now)
    return life


@asynccontextmanager
async def cheap(life: Life, says: Callable[[BrainInput], str], *faults: ModelFault) -> AsyncGenerator[Ask]:
    """Let an emulated model say what the test has it say, through the real router and adapter."""
    vendor = AnthropicEmulator(Brain(scripted=lambda given: BrainOutput(says(given))))
    for fault in faults:
        vendor.faults.add(fault)
    async with open_client(transport=in_process(vendor.app)) as http:
        model = await AnthropicModel.make(InlineThreads(), http, CHEAP, api_key="key", base_url="http://emulated")
        spend = Config().spend
        prices = PriceTable(life.context.clock, ceiling=spend.ceiling, overrides=spend.prices, compatible=set())
        router = Router(
            life.rows.store,
            life.context.clock,
            Models({"primary": model}),
            prices,
            caps=Sums(day=5_000_000),
            seconds={"primary": 20.0},
            sealer=life.context.sealer,
        )

        async def ask(request: ModelRequest, caller: Caller, *, call_id: str) -> ModelAnswer:
            answer, _role = await router.complete(request, caller, call_id=call_id)
            return answer

        yield ask


async def sums_up(life: Life, ask: Ask | None = None, at: datetime = SUNDAY_AT_SIX) -> str:
    """Run the job; return what it queued, or why nothing."""
    before = len(await life.got())
    job = Job(
        "job", "weekly_summary", "agent", "", "weekly", "ana", {"ref": "ana", "at_ms": stamp(at)}, "trace",
        0, 1, at, at + timedelta(hours=20), timedelta(seconds=120), (),
    )  # fmt: skip
    outcome = await sum_up(job, life.context, ask)
    if isinstance(outcome, Dropped):
        return outcome.reason
    assert callable(outcome)
    await life.context.store.write(outcome)
    return "\n".join(row["body"] for row in (await life.got())[before:])


async def test_without_a_model_the_sentences_are_fixed_and_true(life: Life, autojump_clock: MockClock) -> None:
    text = await sums_up(life)
    assert text.splitlines()[:2] == ["*Your week, 16 to 22 Nov*", FIXED]
    assert "Planned workouts done: 3 of 5" in text and "Minutes: 90" in text
    (row,) = await life.got()
    assert (row["purpose"], row["asked_for"]) == ("digest", 0)
    assert '"weekly_summary_ready"' in row["template"]


async def test_a_week_is_told_once(life: Life, autojump_clock: MockClock) -> None:
    await sums_up(life)
    assert await sums_up(life) == "That week was told."
    assert len(await life.got()) == 1


@pytest.mark.parametrize(
    "prose",
    [
        "You got 3 runs in and 90 minutes of training. Maybe a short walk on Monday?",
        "Three runs this week, ninety minutes in all: enjoy that.",
    ],
)
async def test_a_models_sentences_with_the_weeks_numbers_are_taken(
    life: Life, prose: str, autojump_clock: MockClock
) -> None:
    async with cheap(life, lambda _given: prose) as ask:
        assert (await sums_up(life, ask)).splitlines()[1] == prose
    kept = await life.rows.read(summaries.of_week, MONDAY)
    assert kept is not None and kept.prose == prose


@pytest.mark.parametrize(
    "prose",
    [
        "You got 4 runs in and 90 minutes of training.",
        "Three runs this week, twice as many as last week!",
        "That is 60% of your plan, and 3 runs.",
        "You did 3 runs but you missed 2, no excuses next week.",
        "A lovely week, keep going.",
        "I did not get that, sorry.",
        "3 " + "runs " * 100,
        "",
    ],
)
async def test_sentences_that_do_not_hold_are_left_out(life: Life, prose: str, autojump_clock: MockClock) -> None:
    async with cheap(life, lambda _given: prose) as ask:
        assert (await sums_up(life, ask)).splitlines()[1] == FIXED


async def test_a_model_that_is_down_keeps_nobody_from_their_week(life: Life, autojump_clock: MockClock) -> None:
    async with cheap(life, lambda _given: "3 runs.", ModelFault(529)) as ask:
        assert (await sums_up(life, ask)).splitlines()[1] == FIXED


async def test_money_that_is_spent_keeps_nobody_from_their_week(life: Life, autojump_clock: MockClock) -> None:
    await life.context.store.write(
        lambda connection: connection.execute(
            "INSERT INTO switches (name, value, set_at_ms, set_by) VALUES ('spend', 'block', 0, 'test')"
        )
    )
    asked: list[BrainInput] = []
    async with cheap(life, lambda given: asked.append(given) or "3 runs.") as ask:
        assert (await sums_up(life, ask)).splitlines()[1] == FIXED
    assert asked == []


async def test_the_model_is_told_the_numbers_and_the_language_and_nothing_else(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.context.store.write(lambda connection: connection.execute("UPDATE users SET locale = 'es-CO'"))
    told: list[Any] = []
    async with cheap(life, lambda given: told.append(given) or "Hiciste 3 de 5.") as ask:
        text = await sums_up(life, ask)
    assert text.splitlines()[:2] == ["*Tu semana, 16 al 22 nov*", "Hiciste 3 de 5."]
    (given,) = told
    assert "workouts planned: 5\nplanned workouts done: 3" in given.words and "Spanish" in given.words
    assert "Ana" not in given.words and "Ana" not in given.system


async def test_what_is_told_while_the_model_writes_counts_and_its_sentences_do_not(
    life: Life, autojump_clock: MockClock
) -> None:
    async def slow(_request: ModelRequest, _caller: Caller, *, call_id: str) -> ModelAnswer:
        await life.rows.write(
            lambda scope: scope.execute("UPDATE workouts SET state = 'done' WHERE user_id = :user AND id = 'w3'")
        )
        return ModelAnswer("You got 3 runs in.", (), "end", None, "m", "")

    text = await sums_up(life, slow)
    assert "Planned workouts done: 4 of 5" in text and "You got 3 runs in." not in text


@pytest.mark.parametrize("status", ["stopped", "paused"])
async def test_nobody_who_said_stop_is_told(life: Life, status: str, autojump_clock: MockClock) -> None:
    await life.rows.write(people.set_status, status)
    assert "not to be written to" in await sums_up(life)


async def test_a_week_in_which_nothing_happened_makes_no_message_and_no_call(
    life: Life, autojump_clock: MockClock
) -> None:
    asked: list[BrainInput] = []
    async with cheap(life, lambda given: asked.append(given) or "") as ask:
        assert "Nothing happened" in await sums_up(life, ask, SUNDAY_AT_SIX + timedelta(weeks=2))
    assert asked == [] and await life.got() == []


async def test_who_prefers_mail_gets_a_mail(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(preferences.remember, summing_up.BY, summing_up.MAIL, source="text", now=life.now)
    await sums_up(life)
    await life.rows.write(people.write_to, "mail", "ana@example.org", now=life.now)
    await life.context.store.write(lambda connection: connection.execute("DELETE FROM weekly_summaries"))
    await sums_up(life)
    assert [row["channel"] for row in await life.got()] == ["whatsapp", "mail"]


async def test_the_templates_button_shows_the_summary(life: Life, autojump_clock: MockClock) -> None:
    text = await sums_up(life)
    await life.taps(summing_up.answered, summing_up.SHOW)
    assert (await life.got())[-1]["body"] == text


async def test_one_tap_puts_the_one_missed_day_right(life: Life, autojump_clock: MockClock) -> None:
    await sums_up(life)
    await life.taps(summing_up.answered, summing_up.WRONG)
    assert "put that right: Thu 19 Nov" in (await life.said())[-1]
    assert await life.rows.read(streaks.of_day, MONDAY + timedelta(days=3)) is Outcome.EXCUSED


async def test_where_it_is_not_plain_which_day_is_wrong_ivy_asks(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(streaks.record, MONDAY + timedelta(days=4), Outcome.MISSED, source="test", now=life.now)
    await sums_up(life)
    await life.taps(summing_up.answered, summing_up.WRONG)
    assert (await life.said())[-1].startswith("Thanks for telling me. Which day")
    asked = await life.asked()
    assert asked.options == (("2026-11-19", "Thu 19 Nov"), ("2026-11-20", "Fri 20 Nov"))
    await life.taps(summing_up.day_answered, "2026-11-20")
    right, which = (await life.said())[-2:]
    assert "put that right: Fri 20 Nov" in right and which.startswith("Thanks for telling me. Which day")
    assert (await life.asked()).options == (("2026-11-19", "Thu 19 Nov"),), "the other one has its tap still"
    outcomes = [await life.rows.read(streaks.of_day, MONDAY + timedelta(days=number)) for number in (3, 4)]
    assert outcomes == [Outcome.MISSED, Outcome.EXCUSED]


@pytest.mark.parametrize("said_since", [1, 2])
async def test_a_day_that_was_told_of_since_is_not_asked_about(
    life: Life, autojump_clock: MockClock, said_since: int
) -> None:
    await life.rows.write(streaks.record, MONDAY + timedelta(days=4), Outcome.MISSED, source="test", now=life.now)
    await sums_up(life)
    for number in (4, 3)[:said_since]:
        day = MONDAY + timedelta(days=number)
        await life.rows.write(streaks.record, day, Outcome.SKIPPED, source="text", now=life.now)
    await life.taps(summing_up.answered, summing_up.WRONG)
    expected = "put that right: Thu 19 Nov" if said_since == 1 else "Which day was different"
    assert expected in (await life.said())[-1]
    assert await life.rows.read(streaks.of_day, MONDAY + timedelta(days=4)) is Outcome.SKIPPED


async def writes_ahead(life: Life, ask: Ask | None) -> None:
    """Let the night before come: the sentences are made from what is known then."""
    await life.rows.write(summaries.ensure, await life.person(), life.desk.new_id, SUNDAY_AT_SIX - timedelta(days=2))
    ahead = await prepare(
        life.rows, WEEKLY_WORKOUTS, ask, SUNDAY_AT_SIX - timedelta(hours=15), call_id="c", trace_id="t"
    )
    if callable(ahead):
        await life.rows.write(ahead)


async def test_sentences_of_the_night_stand_beside_their_own_numbers(life: Life, autojump_clock: MockClock) -> None:
    async with cheap(life, lambda _given: "You got 3 runs in.") as ask:
        await writes_ahead(life, ask)
    assert (await sums_up(life, None)).splitlines()[1] == "You got 3 runs in."


async def test_sentences_of_the_night_are_left_out_once_the_numbers_changed(
    life: Life, autojump_clock: MockClock
) -> None:
    async with cheap(life, lambda _given: "You got 3 runs in.") as ask:
        await writes_ahead(life, ask)
    await life.rows.write(
        lambda scope: scope.execute("UPDATE workouts SET minutes = 31 WHERE user_id = :user AND id = 'w0'")
    )
    assert (await sums_up(life, None)).splitlines()[1] == FIXED


async def test_who_called_it_off_or_was_switched_off_is_not_told(life: Life, autojump_clock: MockClock) -> None:
    await life.context.store.write(switches.set_value, "proactive", "off", by="ops", now=life.now)
    assert await sums_up(life) == "The switch proactive is off."
    await life.context.store.write(switches.set_value, "proactive", "on", by="ops", now=life.now)
    await life.rows.write(topics.stop, WEEKLY_WORKOUTS, Wish("no more weekly summary", "text", life.now))
    assert await sums_up(life) == "They called it off."
    await life.rows.write(summaries.ensure, await life.person(), life.desk.new_id, life.now)
    assert not await life.rows.read(topics.is_on, WEEKLY_WORKOUTS)


def test_prose_about_no_number_of_the_week_does_not_hold() -> None:
    week = Numbers(MONDAY, ("",) * 7, done=3, planned=3)
    assert holds("You did 3 of 3.", week, "en")
    assert not holds("You did great.", week, "en")
    assert not holds("You did 3 of 3.", replace(week, done=0, planned=0), "en")
