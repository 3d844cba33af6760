"""A day on which Ivy did not ask, by its own fault, is no day that somebody missed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent.missed_call import SAYS
from ivy.domain.calls import CallOutcome
from ivy.domain.consent import Purpose
from ivy.domain.sentences import ENGLISH
from ivy.domain.slots import By, SlotKind
from ivy.domain.streaks import Outcome
from ivy.emulators.faults import Refuse
from ivy.store import call_slots, calls, consents, day_closes, people, streaks, workouts
from ivy.store.scope import Scope
from ivy.store.workouts import Workout
from tests.journeys.play import ANA, Lives, Play
from tests.journeys.test_phone_calls import VOICE

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""In New York."""
DAY = date(2026, 11, 23)
CLOSED = NOON + timedelta(hours=35, minutes=5)
"""The next evening, a little past eleven."""


@dataclass
class Evening:
    play: Play

    async def is_planned(self, by: By) -> None:
        """Let Ana have a run today, and be asked about it at eight in the evening."""
        await self.play.knows(ANA)
        context = self.play.world.daemon.context

        def write(scope: Scope) -> None:
            consents.record(scope, Purpose.CALLS, granted=True, proof="test", now=self.play.now)
            people.set_phone(scope, ANA)
            consent = call_slots.consent_of(scope, Purpose.CALLS)
            more: dict[str, Any] = {"consent_id": consent, "new_id": context.new_id, "now": self.play.now}
            call_slots.set_slot(scope, SlotKind.EVENING, by, "20:00", "*", **more)
            workouts.plan(scope, Workout("run", DAY, "run"), source="text", now=self.play.now)
            day_closes.ensure(scope, people.load(scope), context.new_id, self.play.now)

        await self.play.rows_of().write(write)

    async def outcome(self) -> Outcome | None:
        return await self.play.rows_of().read(streaks.of_day, DAY)


async def test_who_was_asked_and_said_nothing_missed_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=VOICE) as play:
        evening = Evening(play)
        await evening.is_planned(By.TEXT)
        await play.says("hola")
        await play.until(CLOSED)
        assert await evening.outcome() is Outcome.MISSED


async def test_a_check_in_that_did_not_arrive_costs_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=VOICE) as play:
        evening = Evening(play)
        await evening.is_planned(By.TEXT)
        await play.says("hola")
        await play.quiet()
        play.fail("whatsapp", Refuse(), times=100_000)
        await play.until(CLOSED)
        (message,) = await play.rows("SELECT state FROM messages_v2 WHERE purpose = 'checkin' AND body LIKE '%run%'")
        assert message["state"] in ("failed", "lapsed")
        assert await evening.outcome() is Outcome.EXCUSED


@pytest.mark.parametrize("by", [By.TEXT, By.VOICE])
@pytest.mark.parametrize("hours", [1, 3])
async def test_a_slot_that_came_while_ivy_was_down_costs_nothing(
    lives: Lives, autojump_clock: MockClock, by: By, hours: int
) -> None:
    async with lives(NOON, config=VOICE) as play:
        await Evening(play).is_planned(by)
        await play.says("hola")
        await play.quiet()
    async with lives(NOON + timedelta(hours=8 + hours), config=VOICE) as play:
        evening = Evening(play)
        await play.quiet()
        had = await play.rows_of().read(calls.recent)
        assert [call.outcome for call in had] == ([CallOutcome.FAILED] if by is By.VOICE else [])
        is_told = ENGLISH[SAYS[CallOutcome.FAILED]] in play.heard()
        assert is_told is (by is By.VOICE and hours == 1)
        await play.until(CLOSED)
        assert await evening.outcome() is Outcome.EXCUSED
        assert await play.dead() == []


@pytest.mark.parametrize("wrote", [False, True])
async def test_a_phone_that_is_off_was_asked_nothing(lives: Lives, autojump_clock: MockClock, wrote: bool) -> None:
    """The vendor took the question of the evening and never handed it over; when it does, days later, nothing changes."""
    async with lives(NOON, config=VOICE) as play:
        evening = Evening(play)
        await evening.is_planned(By.TEXT)
        await play.says("hola")
        await play.quiet()
        person = play.whatsapp.person(ANA)
        person.online = False
        await play.until(NOON + timedelta(hours=9))
        if wrote:
            await play.says("good night")
        await play.until(CLOSED)
        (message,) = await play.rows(
            "SELECT id, external_id, state FROM messages_v2 WHERE purpose = 'checkin' AND body LIKE '%run%'"
        )
        assert message["state"] == "sent"
        assert await evening.outcome() is (Outcome.MISSED if wrote else Outcome.EXCUSED)
        before = await play.rows("SELECT * FROM streak_events")
        person.online = True
        (sent,) = [each for each in play.whatsapp.sent if each.wamid == message["external_id"]]
        play.whatsapp.tell_status(sent, "delivered")
        await play.until(CLOSED + timedelta(days=1))
        (message,) = await play.rows("SELECT state FROM messages_v2 WHERE id = ?", message["id"])
        assert message["state"] == "delivered"
        assert await play.rows("SELECT * FROM streak_events WHERE day = ?", str(DAY)) == before
