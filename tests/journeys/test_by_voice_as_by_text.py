"""What is told of a workout has the same result by text, by a button and on the phone; and what a weekly call writes stands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import checkins, quick
from ivy.domain.consent import Purpose
from ivy.domain.giving import Wallet
from ivy.domain.sentences import ENGLISH, Say
from ivy.domain.slots import By, SlotKind
from ivy.emulators.retell_people import scripted
from ivy.store import call_slots, consents, people, wallets
from ivy.store.scope import Scope
from tests.journeys.play import ANA, BEN, Lives, Play
from tests.journeys.test_phone_calls import DAWN, VOICE, had, phones

CARLA = "+12025550145"
TODAY = DAWN.date()
WAYS = {
    "done": ("done", Say.OPTION_DONE, "log a run of 45 minutes"),
    "partial": ("half of it", Say.OPTION_PART, "I only did 15 minutes of run"),
    "skipped": ("skip", Say.OPTION_NOT_TODAY, "skip the run"),
    "rest": ("rest day", Say.OPTION_REST, "today is a rest day"),
}
"""What is told: in the chat, by a button, and to the agent, whose custom function writes it down."""


async def phoned(play: Play, who: str, **slots: tuple[str, str]) -> None:
    """Let somebody have agreed to be phoned at these times: (HH:MM, days of the week)."""
    await play.knows(who)

    def agree(scope: Scope) -> None:
        for purpose in (Purpose.CALLS, Purpose.HEALTH):
            consents.record(scope, purpose, granted=True, proof="test", now=play.now)
        people.set_phone(scope, who)
        consent, new_id = call_slots.consent_of(scope, Purpose.CALLS), play.world.daemon.context.new_id
        for kind, (at, days) in slots.items():
            call_slots.set_slot(
                scope, SlotKind(kind), By.VOICE, at, days, consent_id=consent, new_id=new_id, now=play.now
            )

    await play.rows_of(who).write(agree)


async def asked(play: Play, who: str, state: str) -> None:
    """Put the question under which there is a button for it."""

    def ask(scope: Scope) -> None:
        person = people.load(scope)
        desk = play.world.daemon.context.desk_at("whatsapp", "trace")
        (workout,) = quick.open_now(scope, person, desk)
        if state == "rest":
            checkins.begin(scope, person, "morning", desk, day=TODAY)
        else:
            quick.ask_if_done(scope, person, workout, desk)

    before = len(play.messages(who))
    await play.rows_of(who).write(ask)
    await play.hears(before + 1, who)


async def result(play: Play, who: str) -> dict[str, list[dict[str, Any]]]:
    """Return what is known of a person's workouts, streak and gifts, without by which way they told it."""
    of = play.ids[who]
    return {
        "workouts": await play.rows("SELECT kind, day, state, planned, at_wall FROM workouts WHERE user_id = ?", of),
        "streak": await play.rows("SELECT day, outcome FROM streak_events WHERE user_id = ?", of),
        "gifts": await play.rows("SELECT kind, charity, amount_minor, currency FROM donations WHERE user_id = ?", of),
    }


@pytest.mark.every
@pytest.mark.parametrize("state", WAYS)
async def test_what_became_of_a_workout_is_the_same_however_it_is_told(
    lives: Lives, state: str, autojump_clock: MockClock
) -> None:
    words, button, spoken = WAYS[state]
    async with lives(DAWN, config=VOICE) as play:
        for who in (ANA, BEN):
            await play.knows(who)
        await phoned(play, CARLA, morning=("07:00", "*"))
        for who in (ANA, BEN, CARLA):
            await play.rows_of(who).write(wallets.save, Wallet("water", 100, "USD", 200, 4000), now=play.now)
            await play.talk("plan a run today at 6pm", who)
        phones(play).person_answers(CARLA, scripted(spoken, "bye"))
        await play.talk(words, ANA)
        await asked(play, BEN, state)
        await play.taps(ENGLISH[button], BEN)
        await play.until(DAWN + timedelta(hours=1, minutes=30))
        by_text = await result(play, ANA)
        assert [row["state"] for row in by_text["workouts"]] == [state]
        assert bool(by_text["gifts"]) is (state == "done")
        assert await result(play, BEN) == by_text
        assert await result(play, CARLA) == by_text
        ran = await play.rows("SELECT status FROM tool_executions WHERE turn_id LIKE 'call:%'")
        assert ran == [{"status": "done"}]


async def test_a_workout_and_a_sentence_planned_on_the_phone_are_those_of_the_chat(
    lives: Lives, autojump_clock: MockClock
) -> None:
    lines = (
        "plan a yoga workout on friday",
        "I train in the park: if it is seven pm then I walk, and if I am tired then one lap",
    )
    async with lives(DAWN, config=VOICE) as play:
        await play.knows(ANA)
        await phoned(play, CARLA, morning=("07:00", "*"))
        phones(play).person_answers(CARLA, scripted(*lines, "bye"))
        for line in lines:
            await play.talk(line, ANA)
        await play.until(DAWN + timedelta(hours=1, minutes=30))
        by_text = await result(play, ANA)
        assert len(by_text["workouts"]) == 2
        assert await result(play, CARLA) == by_text
        fields = "day, cue, place, workout, barrier, small_version"
        for of in (ANA, CARLA):
            plans = await play.rows(f"SELECT {fields} FROM if_then_plans WHERE user_id = ?", play.ids[of])
            assert plans == [
                {
                    "day": TODAY.isoformat(), "cue": "it is seven pm", "place": "in the park", "workout": "walk",
                    "barrier": "I am tired", "small_version": "one lap",
                }
            ]  # fmt: skip
        assert await play.rows("SELECT DISTINCT user_id, source FROM workouts ORDER BY source") == [
            {"user_id": play.ids[CARLA], "source": "call"},
            {"user_id": play.ids[ANA], "source": "text"},
        ]


SUNDAY = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
"""16:00 in New York, the day before the week that is planned."""


async def test_what_a_weekly_call_plans_is_what_the_mornings_of_that_week_read(
    lives: Lives, autojump_clock: MockClock
) -> None:
    lines = (
        "it went well",
        "plan a run tomorrow at 6pm",
        "plan a yoga workout on friday",
        "energy 7, mood 8, confidence 6",
        "bye",
    )
    async with lives(SUNDAY, config=VOICE) as play:
        await phoned(play, ANA, morning=("07:00", "*"), weekly=("18:00", "0"))
        heard: list[tuple[str, str]] = []

        def answers(_phone: str, variables: Any, _metadata: object, _at: object) -> Any:
            heard.append((variables["ivy_kind"], variables["ivy_questions"]))
            return scripted(*(lines if variables["ivy_kind"] == "weekly" else ("good morning", "bye")))

        phones(play).person_answers(ANA, answers)
        await play.until(SUNDAY + timedelta(hours=3))
        (weekly,) = await had(play)
        assert (weekly.kind.value, weekly.outcome and weekly.outcome.value) == ("weekly", "completed")
        assert await play.rows("SELECT day, kind, at_wall, state, source FROM workouts ORDER BY day") == [
            {"day": "2026-11-23", "kind": "run", "at_wall": "18:00", "state": "planned", "source": "call"},
            {"day": "2026-11-27", "kind": "yoga", "at_wall": "", "state": "planned", "source": "call"},
        ]
        assert await play.rows("SELECT measure, score FROM transformation_scores ORDER BY measure") == [
            {"measure": "confidence", "score": 6},
            {"measure": "energy", "score": 7},
            {"measure": "mood", "score": 8},
        ]
        await play.until(SUNDAY + timedelta(days=4, hours=16))  # Friday, 8 in the morning
        mornings = [questions for kind, questions in heard if kind == "morning"]
        assert "you have run at 6 pm" in mornings[0]
        assert "you have yoga" in mornings[4]
        assert not any("you have" in each for each in mornings[1:4])
