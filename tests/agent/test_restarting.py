"""A fresh start: in the morning's own contact, by phone or in writing, for who kept no day for a week; and what its taps do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import call_snapshot, checkins, restarting
from ivy.config import Config, Secret, StoreSection, VoiceSection
from ivy.daemon.context import Context
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.facts import Claim, Fact, Kind, Way
from ivy.domain.fresh_starts import Fresh
from ivy.domain.if_then import SMALL, IfThen
from ivy.domain.safety import Risk
from ivy.domain.slots import By, SlotKind
from ivy.domain.streaks import Outcome
from ivy.domain.workouts import WorkoutState
from ivy.store import call_slots, facts, if_then, onboarding, people, reviews, streaks, trips, workouts
from ivy.store.scope import PersonStore
from ivy.store.workouts import Workout
from tests.agent.around_calls import DAY, Life, life_of

MONDAY = DAY + timedelta(days=14)
TEXT = f"A new week, a fresh start. The smallest first step: {SMALL['en']}. Shall we begin with that?"
SPOKEN = f"The smallest first step could be {SMALL['en']}."


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    """Ana has been here for two weeks and kept a day in the first; it is Monday, six in the morning in New York."""
    life = life_of(context, person)
    config = Config(store=StoreSection(seal_key=Secret("a key of the tests")), voice=VoiceSection(enabled=True))
    life.context = replace(life.context, config=config)
    await keeps(life, DAY + timedelta(days=2))
    await life.agrees(Purpose.CALLS)
    life.set(datetime(2026, 12, 7, 11, tzinfo=UTC))
    return life


async def keeps(life: Life, day: date, outcome: Outcome | None = Outcome.KEPT) -> None:
    await life.rows.write(streaks.record, day, outcome, source="text", now=life.now)


async def begins(life: Life, day: date = MONDAY) -> str:
    """Begin the morning in writing; return what is said."""
    assert await life.does(checkins.begin, "morning", day=day)
    return (await life.said())[-1]


async def asked_by_phone(life: Life, day: date = MONDAY, kind: CallKind = CallKind.MORNING) -> str:
    snapshot = await life.rows.read(call_snapshot.build, await life.person(), kind, now=life.now, call_day=day)
    return snapshot.variables["ivy_questions"] + snapshot.variables["ivy_script"]


async def test_on_monday_the_morning_in_writing_is_a_fresh_start_in_place_of_its_question(
    life: Life, autojump_clock: MockClock
) -> None:
    assert await begins(life) == TEXT
    (row,) = await life.got()  # one contact, the one of the slot
    assert (row["kind"], row["purpose"], row["asked_for"]) == ("buttons", "checkin", 1)
    assert [title for _name, title in (await life.asked()).options] == ["2 minutes", "Call me", "Rest today"]
    assert not await life.does(checkins.begin, "morning", day=MONDAY)


async def test_what_is_planned_is_said_first_and_the_small_version_is_their_own(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.rows.write(workouts.plan, Workout("w1", MONDAY, "run", at_wall="18:00"), source="text", now=life.now)
    plan = IfThen(MONDAY, "run", "it is six", "it rains", "ten stairs", "w1")
    await life.rows.write(if_then.save, plan, plan_id="p1", source="text", now=life.now)
    said = await begins(life)
    assert said == f"Good morning! Today's plan: run 6:00 pm. {TEXT.replace(SMALL['en'], 'ten stairs')}"


async def test_two_minutes_keep_the_plan_rest_is_rest_and_a_call_is_asked_for(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.rows.write(workouts.plan, Workout("w1", MONDAY, "run"), source="text", now=life.now)
    await begins(life)
    assert await life.taps(restarting.answered, "small")
    assert (await life.said())[-1].startswith(f"Lovely: {SMALL['en']}, and it counts.")
    assert await life.taps(restarting.answered, "call")
    assert [row["kind"] for row in await life.ask("SELECT kind FROM calls")] == ["rescue"]
    assert await life.taps(restarting.answered, "rest")
    workout = await life.rows.read(workouts.load, "w1")
    assert workout is not None and workout.state is WorkoutState.REST


async def test_outside_the_window_the_template_of_the_morning_leads_to_it(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.rows.write(workouts.plan, Workout("w1", MONDAY, "run"), source="text", now=life.now)
    said = await begins(life)
    assert '"plan_due"' in (await life.got())[0]["template"]
    await life.taps(restarting.answered, "open")
    assert (await life.said())[-1] == said
    assert [name for name, _title in (await life.asked()).options] == ["small", "call", "rest"]
    await life.taps(restarting.answered, "no")
    assert (await life.said())[-1].startswith("Okay, no hurry")


async def test_who_is_not_phoned_is_offered_no_call(life: Life, autojump_clock: MockClock) -> None:
    await life.agrees(Purpose.CALLS, granted=False)
    await begins(life)
    assert [name for name, _title in (await life.asked()).options] == ["small", "rest"]


async def test_by_phone_the_second_question_offers_it(life: Life, autojump_clock: MockClock) -> None:
    told = await asked_by_phone(life)
    assert told.split("\n")[1].endswith(f"{SPOKEN} Would that be right for today?")
    assert "Today is a fresh start." in told
    assert SPOKEN not in await asked_by_phone(life, kind=CallKind.EVENING)
    assert SPOKEN not in await asked_by_phone(life, MONDAY + timedelta(days=1))


# --- who is not offered one ------------------------------------------------------------------------------


async def test_a_day_kept_within_the_week_leaves_the_morning_as_it_is(life: Life, autojump_clock: MockClock) -> None:
    day = MONDAY - timedelta(days=6)
    await keeps(life, day)
    assert SPOKEN not in await asked_by_phone(life)
    await keeps(life, day, None)  # it was taken back: only the last word of a day counts
    assert SPOKEN in await asked_by_phone(life)
    await keeps(life, MONDAY - timedelta(days=1), Outcome.SKIPPED)
    assert SPOKEN in await asked_by_phone(life)


async def test_who_is_new_has_nothing_to_start_afresh(life: Life, autojump_clock: MockClock) -> None:
    for number in (0, 7):
        started = await life.rows.read(
            restarting.of_morning, await life.person(), DAY + timedelta(days=number), life.now
        )
        assert started is None
    await keeps(life, DAY + timedelta(days=2), None)
    assert await life.rows.read(restarting.of_morning, await life.person(), DAY + timedelta(days=7), life.now)


async def care(life: Life) -> None:
    await life.rows.write(reviews.open_review, "r", Risk.SELF_HARM, source="chat", ref="m", words="x", now=life.now)


async def pause(life: Life) -> None:
    await life.rows.write(people.set_status, "paused")


async def stop(life: Life) -> None:
    await life.rows.write(people.set_status, "stopped")


async def hand_over(life: Life) -> None:
    await life.rows.write(lambda scope: scope.execute("UPDATE users SET handed_over_at_ms = 1 WHERE id = :user"))


@pytest.mark.parametrize("how", [care, pause, stop, hand_over])
async def test_with_whom_nothing_is_begun_nothing_is_started_afresh(
    life: Life, how: Any, autojump_clock: MockClock
) -> None:
    await how(life)
    assert SPOKEN not in await asked_by_phone(life)
    assert not await life.does(checkins.begin, "morning", day=MONDAY)


# --- after a trip ------------------------------------------------------------------------------------------


async def moves(life: Life, zone: str) -> None:
    await life.rows.write(onboarding.move, zone, now=life.now)


async def has_a_morning(life: Life) -> None:
    new_id = life.desk.new_id
    await life.rows.write(
        call_slots.set_slot, SlotKind.MORNING, By.TEXT, "07:00", "*", consent_id=None, new_id=new_id, now=life.now
    )


async def fresh_on(life: Life, day: date) -> Fresh | None:
    return await life.rows.read(restarting.of_morning, await life.person(), day, life.now)


@pytest.mark.parametrize(("hours", "first"), [(0, 1), (3, 2)])
async def test_the_first_morning_after_a_trip_is_one(
    life: Life, hours: int, first: int, autojump_clock: MockClock
) -> None:
    """They come back on Tuesday, at six in the morning or at nine: their morning is at seven."""
    await has_a_morning(life)
    await moves(life, "Europe/Madrid")
    assert await fresh_on(life, MONDAY) is Fresh.WEEK
    life.passes(days=1, hours=hours)
    await moves(life, "America/New_York")
    days = {number: await fresh_on(life, MONDAY + timedelta(days=number)) for number in range(1, 6)}
    assert {number: fresh for number, fresh in days.items() if fresh} == {first: Fresh.BACK}
    assert (await begins(life, MONDAY + timedelta(days=first))).startswith("Back from your trip, a fresh start.")
    assert "Coming back from a trip" in await asked_by_phone(life, MONDAY + timedelta(days=first))
    await keeps(life, MONDAY)
    assert await fresh_on(life, MONDAY + timedelta(days=first)) is None


async def test_who_has_no_morning_or_came_back_long_ago_has_no_such_morning(
    life: Life, autojump_clock: MockClock
) -> None:
    life.passes(days=-2)
    await moves(life, "Europe/Madrid")
    life.passes(days=2)
    await moves(life, "America/New_York")
    assert (await life.rows.read(trips.load)).back_at == life.now
    assert await fresh_on(life, MONDAY + timedelta(days=1)) is None
    await has_a_morning(life)
    assert await fresh_on(life, MONDAY) is Fresh.BACK
    life.passes(days=9)
    assert await fresh_on(life, MONDAY) is Fresh.WEEK


# --- on a birthday -----------------------------------------------------------------------------------------


async def was_born(life: Life, value: str, text: str = "words") -> Fact:
    claim = Claim(Kind.FACT, "birthday", value, text, text, "", Way.TOLD, 1.0, life.now)
    return (await life.rows.write(facts.say, claim, new_id=life.desk.new_id(), now=life.now)).fact


@pytest.mark.parametrize(
    ("locale", "address", "said", "spoken"),
    [
        ("en-US", "tu", "Happy birthday! If you like, a fresh start. The smallest first step: ", "If you"),
        ("es-CO", "tu", "¡Feliz cumpleaños! Si quieres, comienzo nuevo. El primer paso más pequeño: ", "si quieres."),
        ("es-CO", "usted", "¡Feliz cumpleaños! Si quiere, comienzo nuevo. El primer paso más pequeño: ", "si quiere."),
    ],
)  # fmt: skip
async def test_on_their_birthday_the_morning_wishes_a_happy_one(
    life: Life, locale: str, address: str, said: str, spoken: str, autojump_clock: MockClock
) -> None:
    await was_born(life, "12-08")
    await life.rows.write(people.set_locale, locale)
    await life.rows.write(people.set_address, address)
    day = MONDAY + timedelta(days=1)
    told = await asked_by_phone(life, day)
    assert ("Happy birthday!" in told or "¡Feliz cumpleaños!" in told) and spoken in told
    assert (await begins(life, day)).startswith(said + SMALL[locale[:2]])
    assert [name for name, _title in (await life.asked()).options] == ["small", "call", "rest"]


async def test_only_that_day_and_only_who_kept_nothing_for_a_week(life: Life, autojump_clock: MockClock) -> None:
    await was_born(life, "12-07")
    assert await fresh_on(life, MONDAY) is Fresh.BIRTHDAY  # rather than one Monday of many
    assert [await fresh_on(life, MONDAY + timedelta(days=number)) for number in (-1, 1)] == [None, None]
    await keeps(life, MONDAY - timedelta(days=3))
    assert await fresh_on(life, MONDAY) is None


async def test_who_was_born_on_29_february_has_the_28th_in_other_years(life: Life, autojump_clock: MockClock) -> None:
    await was_born(life, "02-29")
    found = [
        day
        for day in (date(year, 2, 1) + timedelta(days=number) for year in (2027, 2028) for number in range(40))
        if await fresh_on(life, day) is Fresh.BIRTHDAY
    ]
    assert found == [date(2027, 2, 28), date(2028, 2, 29)]


async def test_what_an_earlier_ivy_kept_is_read_from_their_words(life: Life, autojump_clock: MockClock) -> None:
    await was_born(life, "december the 8th 1990", "I was born on December the 8th, 1990")
    assert await fresh_on(life, MONDAY + timedelta(days=1)) is Fresh.BIRTHDAY
    await was_born(life, "some day", "my birthday is some day")
    assert await fresh_on(life, MONDAY + timedelta(days=1)) is None


async def test_a_birthday_that_is_corrected_or_forgotten_is_none(life: Life, autojump_clock: MockClock) -> None:
    await was_born(life, "12-08")
    fact = await was_born(life, "12-09")
    assert [await fresh_on(life, MONDAY + timedelta(days=number)) for number in (1, 2)] == [None, Fresh.BIRTHDAY]
    await life.rows.write(facts.forget, fact, now=life.now)
    assert await fresh_on(life, MONDAY + timedelta(days=2)) is None
