"""A day is closed a whole day later, by the person's clock, and always in their favour where it is not sure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from ivy.clock import VirtualClock
from ivy.config import Config, Secret, StoreSection
from ivy.daemon import scheduler
from ivy.daemon.context import Context, Dropped
from ivy.daemon.handlers import day_close
from ivy.domain.calls import CallKind
from ivy.domain.jobs import DAY_CLOSE
from ivy.domain.schedule import to_instant
from ivy.domain.streaks import Outcome
from ivy.store import calls, day_closes, feedback, jobs, people, restored, schedules, streaks, workouts
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.feedback import Kind
from ivy.store.jobs import Job
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, for_user
from ivy.store.workouts import Workout

MONDAY = date(2026, 11, 23)
NEW_YORK = "America/New_York"
CONFIG = Config(store=StoreSection(seal_key=Secret("00" * 32)))
KEPT, MISSED, EXCUSED, SKIPPED = Outcome.KEPT, Outcome.MISSED, Outcome.EXCUSED, Outcome.SKIPPED


@dataclass
class Evenings:
    """The scheduler and the handler of one person's days, on a clock that the test moves."""

    context: Context
    rows: PersonStore
    dropped: list[str]

    async def until(self, day: date, wall: time = time(23, 1), zone: str = NEW_YORK) -> None:
        """Let time pass up to a wall time, and do what comes due on the way."""
        end = to_instant(datetime.combine(day, wall), zone)
        while (now := self.context.clock.now()) < end:
            await self.work()
            due = [at for at in await self.context.store.read(_next) if at is not None and at > now]
            await trio.sleep((min([*due, end]) - now).total_seconds())
        await self.work()

    async def work(self) -> None:
        store = self.context.store
        await store.write(scheduler.fire, self.context)
        for job in await store.write(jobs.claim, DAY_CLOSE.queue, 10, now=self.context.clock.now()):
            outcome = await day_close.handle(job, self.context)
            if isinstance(outcome, Dropped):
                self.dropped.append(outcome.reason)
                await store.write(_end, job, lambda _: None, self.context)
            else:
                assert callable(outcome)
                await store.write(_end, job, outcome, self.context)

    async def outcomes(self) -> list[tuple[int, Outcome]]:
        return [(day.day, outcome) for day, outcome in await self.rows.read(streaks.events)]

    async def questions(self) -> list[str]:
        return await self.rows.read(_questions)

    async def plan(self, *days: date) -> None:
        for day in days:
            await self.rows.write(_plan, day, self.context.clock.now())


def _end(connection: Connection, job: Job, write: Callable[[Connection], object], context: Context) -> None:
    write(connection)
    jobs.finish(connection, job, now=context.clock.now())


def _next(connection: Connection) -> list[datetime | None]:
    return [schedules.next_at(connection), jobs.next_due(connection, DAY_CLOSE.queue)]


def _plan(scope: Scope, day: date, now: datetime) -> None:
    workouts.plan(scope, Workout(f"w{day}", day, "run"), source="text", now=now)


def _questions(scope: Scope) -> list[str]:
    rows = scope.execute("SELECT body FROM messages_v2 WHERE user_id = :user AND kind = 'buttons' ORDER BY at_ms")
    return [row["body"].split("\n")[0] for row in rows]


def _move(scope: Scope, zone: str, now: datetime) -> None:
    people.set_zone(scope, zone)
    schedules.move_to_zone(scope, zone, now=now)


@pytest.fixture
async def evenings(context: Context) -> Evenings:
    """Ana, on Monday at noon in New York, whose days are closed."""
    new = NewPerson("ana", "Ana", "active", "en-US", NEW_YORK, "USD", "+12025550101")
    noon = to_instant(datetime.combine(MONDAY, time(12)), NEW_YORK)
    context = replace(context, clock=VirtualClock(noon), config=CONFIG)
    await context.store.write(people.add, new, now=noon)
    rows = for_user(context.store, new.id)

    def ensure(scope: Scope) -> None:
        for _twice in range(2):
            day_closes.ensure(scope, people.load(scope), context.new_id, noon)

    await rows.write(ensure)
    return Evenings(context, rows, [])


def day(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


async def test_a_day_without_a_word_is_missed_on_the_next_evening_and_asked_about_once_in_the_morning(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    await evenings.plan(day(0))
    await evenings.until(day(1), time(22, 59))
    assert await evenings.outcomes() == []
    await evenings.until(day(1))
    assert await evenings.outcomes() == [(23, MISSED)]
    assert await evenings.questions() == []
    await evenings.until(day(2), time(8, 59))
    assert await evenings.questions() == []
    await evenings.until(day(2), time(9, 1))
    assert await evenings.questions() == ["I noted nothing for run on Mon 23 Nov. How was it?"]
    await evenings.until(day(5))
    assert len(await evenings.questions()) == 1
    assert await evenings.outcomes() == [(23, MISSED)]


async def test_a_word_before_that_is_what_counts(evenings: Evenings, autojump_clock: MockClock) -> None:
    await evenings.plan(day(0))
    await evenings.until(day(1), time(12))
    await evenings.rows.write(streaks.record, day(0), SKIPPED, source="text", now=evenings.context.clock.now())
    await evenings.until(day(2), time(10))
    assert await evenings.outcomes() == [(23, SKIPPED)]
    assert await evenings.questions() == []


async def test_a_word_between_the_evening_and_the_morning_spares_the_question(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    await evenings.plan(day(0))
    await evenings.until(day(1))
    await evenings.rows.write(streaks.record, day(0), KEPT, source="text", now=evenings.context.clock.now())
    await evenings.until(day(2), time(10))
    assert await evenings.questions() == []


async def test_a_call_that_failed_by_a_fault_costs_nobody_anything(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    await evenings.plan(day(0))
    await evenings.rows.write(_call_that_failed, day(0), evenings.context.clock.now())
    await evenings.until(day(2), time(10))
    assert await evenings.outcomes() == [(23, EXCUSED)]
    assert await evenings.questions() == []


async def test_a_day_whose_call_was_judged_wrongly_costs_nobody_anything(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    await evenings.plan(day(0))
    now = evenings.context.clock.now()
    await evenings.rows.write(feedback.keep, "f1", Kind.APPEAL, "I was there", day(0).isoformat(), now=now)
    await evenings.until(day(2), time(10))
    assert await evenings.outcomes() == [(23, EXCUSED)]
    assert await evenings.questions() == []


def _call_that_failed(scope: Scope, day: date, now: datetime) -> None:
    calls.ask(scope, Call("c1", scope.user_id, CallKind.MORNING, day, now, slot="ana:morning"), now=now)
    scope.execute("UPDATE calls SET state = 'failed', outcome = 'failed' WHERE user_id = :user")


async def test_a_day_whose_words_a_restore_lost_costs_nobody_anything(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    await evenings.plan(day(0), day(2))
    await evenings.until(day(0), time(18))
    now = evenings.context.clock.now()

    def restore(connection: Connection) -> None:
        taken_at = now - timedelta(hours=3)
        restored.settle(connection, taken_at=taken_at, worked_until=now, now=now, file="a", actor="ana: ivy restore")

    await evenings.context.store.write(restore)
    await evenings.until(day(4))
    missed = [number for number, outcome in await evenings.outcomes() if outcome is MISSED]
    assert missed == [25]  # nobody lost a word of Wednesday


async def test_days_that_passed_while_ivy_was_down_cost_nothing(evenings: Evenings, autojump_clock: MockClock) -> None:
    await evenings.until(day(0))
    await evenings.plan(*map(day, range(5)))
    await trio.sleep(4.5 * 86400)  # nobody works
    await evenings.until(day(5))
    assert await evenings.outcomes() == [(23, EXCUSED), (24, EXCUSED), (25, EXCUSED), (26, EXCUSED), (27, MISSED)]
    await evenings.until(day(6), time(10))
    assert await evenings.questions() == ["I noted nothing for run on Fri 27 Nov. How was it?"]


@pytest.mark.parametrize("changed_on", [1, 2])
async def test_a_journey_over_the_date_line_costs_nothing(
    evenings: Evenings, autojump_clock: MockClock, changed_on: int
) -> None:
    """Be it on the day itself or on the one they had to speak of it."""
    await evenings.until(day(0))
    await evenings.plan(day(1), day(5))
    await evenings.until(day(changed_on), time(12))
    await evenings.rows.write(_move, "Pacific/Auckland", evenings.context.clock.now())
    await evenings.until(day(7), zone="Pacific/Auckland")
    assert await evenings.outcomes() == [(24, EXCUSED), (28, MISSED)]


async def test_a_zone_that_keeps_the_same_time_is_no_journey(evenings: Evenings, autojump_clock: MockClock) -> None:
    await evenings.until(day(0))
    await evenings.plan(day(0))
    await evenings.rows.write(_move, "America/Toronto", evenings.context.clock.now())
    await evenings.until(day(1))
    assert await evenings.outcomes() == [(23, MISSED)]


async def test_no_day_is_closed_twice_or_left_out(evenings: Evenings, autojump_clock: MockClock) -> None:
    await evenings.plan(*map(day, range(10)))
    await evenings.until(day(10))
    assert await evenings.outcomes() == [(day(number).day, MISSED) for number in range(10)]
    await evenings.until(day(11), time(10))
    assert len(await evenings.questions()) == 10


@pytest.mark.parametrize("status", ["stopped", "paused"])
async def test_who_is_away_hears_nothing_and_misses_nothing(
    evenings: Evenings, autojump_clock: MockClock, status: str
) -> None:
    await evenings.until(day(0))
    await evenings.plan(day(0), day(1))
    await evenings.rows.write(people.set_status, status)
    await evenings.until(day(2))
    assert await evenings.outcomes() == []
    assert set(evenings.dropped) == {f"The person is {status}."}
    await evenings.rows.write(people.set_status, "active")
    await evenings.until(day(3))
    assert await evenings.outcomes() == [(23, EXCUSED), (24, EXCUSED)]


async def test_who_stops_in_the_night_is_not_asked(evenings: Evenings, autojump_clock: MockClock) -> None:
    await evenings.plan(day(0))
    await evenings.until(day(1))
    await evenings.rows.write(people.hand_over, evenings.context.clock.now())
    await evenings.until(day(2), time(10))
    assert await evenings.questions() == []


async def test_a_question_that_comes_when_its_day_is_over_is_dropped(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    await evenings.plan(day(0))
    await evenings.until(day(1))
    await trio.sleep(20 * 3600)
    await evenings.work()
    assert evenings.dropped == ["The day is over."]


async def test_a_miss_is_never_followed_by_two_silent_days_though_ivy_was_down_in_the_morning(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    await evenings.plan(day(0))
    await evenings.until(day(1))
    await trio.sleep(18 * 3600)  # to five in the afternoon
    await evenings.work()
    assert evenings.dropped == []
    assert await evenings.questions() == ["I noted nothing for run on Mon 23 Nov. How was it?"]


async def test_a_close_that_comes_late_costs_nothing(evenings: Evenings, autojump_clock: MockClock) -> None:
    await evenings.until(day(0))
    await evenings.plan(day(0))
    await evenings.until(day(1), time(22))
    await trio.sleep(5 * 3600)  # to three in the night
    await evenings.work()
    assert await evenings.outcomes() == [(23, EXCUSED)]


async def test_a_day_may_be_named_and_nobodys_day_is_dropped(evenings: Evenings, autojump_clock: MockClock) -> None:
    await evenings.plan(day(0))
    now = evenings.context.clock.now()
    job = _job(now, {"day": "2026-11-23"})
    outcome = await day_close.handle(job, evenings.context)
    assert callable(outcome)
    await evenings.context.store.write(outcome)
    assert await evenings.outcomes() == [(23, MISSED)]
    dropped = await day_close.handle(replace(job, user_id=None), evenings.context)
    assert isinstance(dropped, Dropped)
    await evenings.until(day(0), time(23, 5))  # closed before its question's morning: it is asked on the coming one
    await evenings.until(day(1), time(9, 1))
    assert len(await evenings.questions()) == 1


def _job(now: datetime, payload: dict[str, Any]) -> Job:
    kind = DAY_CLOSE
    return Job("j1", kind.name, kind.queue.value, "", "k1", "ana", payload, "trace", 0, 1, now, now, kind.limit, ())


async def test_where_clocks_jump_over_midnight_the_right_day_is_closed(
    evenings: Evenings, autojump_clock: MockClock
) -> None:
    """In Nuuk the clocks go from 23:00 on Saturday to midnight: 23:00 of that evening comes true on Sunday."""
    job = _job(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), {"at_ms": 1774746000000})
    nuuk = replace(await evenings.rows.read(people.load), zone="America/Nuuk")
    assert day_close._day_of(job, nuuk) == date(2026, 3, 27)  # pyright: ignore[reportPrivateUsage]
