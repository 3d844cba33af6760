"""A change that a locked plan let wait: made once when its day has come, by the tool that was asked, or called off."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import easing
from ivy.daemon.context import Context, Dropped
from ivy.daemon.handlers import easing as handler
from ivy.domain.consent import Purpose
from ivy.ports import ToolCall
from ivy.store import call_slots, commitments, jobs, people, people_data
from ivy.store.jobs import Job
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from ivy.tools.executor import Place, execute_within
from ivy.tools.registry import Registry, TurnContext, families
from tests.agent.around_calls import Life, life_of

REGISTRY = Registry(families())
FEWER = ("change_commitment", '{"sessions": "2"}')
WEEK = timedelta(days=7)


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    """Ana has locked her plan of three a week."""
    life = life_of(context, person)
    await life.rows.write(commitments.lock, life.now)
    return life


async def asks(life: Life, tool: str, arguments: str) -> str:
    """Let her ask for it in a turn; return what is said."""

    def run(scope: Scope, person: Person, desk: Any) -> str:
        turn_id = desk.new_id()
        turn = TurnContext(person, desk.now, desk.new_id, "trace", turn_id=turn_id)
        return execute_within(scope, REGISTRY, ToolCall("", tool, arguments), Place(turn_id, 1, 0), turn).content

    return await life.does(run)


async def comes(life: Life) -> list[str]:
    """Let the jobs run that are due; return the reasons of those that were dropped."""
    why = list[str]()
    for job in await life.context.store.write(jobs.claim, "upkeep", 10, now=life.now):
        if job.kind == "easing":
            why += await runs(life, job)
    return why


async def runs(life: Life, job: Job) -> list[str]:
    outcome = await handler.handle(job, life.context)
    if isinstance(outcome, Dropped):
        return [outcome.reason]
    assert callable(outcome)
    await life.context.store.write(outcome)
    return []


async def ended(life: Life) -> list[tuple[str, str]]:
    return [(row["state"], row["why"]) for row in await life.ask("SELECT state, why FROM easings ORDER BY rowid")]


async def plan(life: Life) -> int:
    return (await life.person()).sessions_per_week


async def test_it_is_made_once_when_its_day_has_come_without_a_word(life: Life, autojump_clock: MockClock) -> None:
    assert "that begins on" in await asks(life, *FEWER)
    life.set(life.now + WEEK - timedelta(minutes=1))
    await comes(life)
    assert (await plan(life), await ended(life)) == (3, [("waiting", "")])
    life.passes(minutes=2)
    (job,) = await life.context.store.write(jobs.claim, "upkeep", 10, now=life.now)
    assert await runs(life, job) == []
    assert (await plan(life), await ended(life)) == (2, [("done", "")])
    await life.rows.write(people.set_week, 5)
    assert await runs(life, job) == ["It was called off."]
    assert await plan(life) == 5
    assert await life.got() == []


async def test_it_is_made_even_though_the_lock_is_still_on_and_the_lock_stays(
    life: Life, autojump_clock: MockClock
) -> None:
    await asks(life, *FEWER)
    await asks(life, "lock_plan", '{"what": "unlock"}')
    life.set(life.now + WEEK)
    assert await life.rows.read(commitments.is_locked)
    await comes(life)
    assert not await life.rows.read(commitments.is_locked)
    assert await plan(life) == 2
    assert await ended(life) == [("done", ""), ("done", "")]


async def test_a_tap_calls_it_off_and_a_second_one_says_that_it_is_over(life: Life, autojump_clock: MockClock) -> None:
    await asks(life, *FEWER)
    await life.taps(easing.answered, "keep")
    assert await ended(life) == [("off", "")]
    assert (await life.said())[-1] == "Called off: your plan stays as it is."
    life.set(life.now + WEEK)
    assert await comes(life) == []
    (called_off,) = await life.ask("SELECT id FROM easings")  # its job had been claimed just before the tap
    await life.rows.write(lambda scope: easing.begin(scope, called_off["id"], life.desk))
    assert await plan(life) == 3
    await life.taps(easing.answered, "keep")
    assert len(await life.said()) == 2 and "Called off" not in (await life.said())[-1]


async def test_who_said_stop_meanwhile_is_changed_nothing(life: Life, autojump_clock: MockClock) -> None:
    await asks(life, *FEWER)
    await life.rows.write(people.set_status, "stopped")
    life.set(life.now + WEEK)
    await comes(life)
    assert (await plan(life), await ended(life)) == (3, [("off", "They said stop.")])
    assert await life.got() == []


async def test_what_was_asked_before_is_no_consent_that_was_taken_back_since(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.rows.write(people.set_phone, "+12025550143")
    await life.agrees(Purpose.CALLS)
    await asks(life, "change_contact_time", '{"when": "7 am", "by": "voice"}')
    assert "that begins on" in await asks(life, "change_contact_time", '{"when": "8 am"}')
    await life.agrees(Purpose.CALLS, granted=False)
    life.set(life.now + WEEK)
    await comes(life)
    assert await ended(life) == [("refused", "They took their consent back.")]
    assert [slot.at for slot in await life.rows.read(call_slots.of)] == ["07:00"]
    assert (await life.said())[-1].startswith("The change to your plan that waited for today could not be made")


async def test_what_its_tool_refuses_by_then_is_said(life: Life, autojump_clock: MockClock) -> None:
    """She asked for calls on weekdays only, and her number is known no more."""
    await life.rows.write(people.set_phone, "+12025550143")
    await asks(life, "change_contact_time", '{"when": "7 am", "by": "voice"}')
    assert "that begins on" in await asks(life, "change_contact_time", '{"when": "weekdays at 7 am"}')
    await life.rows.write(lambda scope: scope.execute("UPDATE users SET phone = NULL WHERE id = :user"))
    life.set(life.now + WEEK)
    await comes(life)
    ((state, why),) = await ended(life)
    assert state == "refused" and why
    assert [slot.days for slot in await life.rows.read(call_slots.of)] == ["*"]
    assert (await life.said())[-1].startswith("The change to your plan that waited for today could not be made")


async def test_it_goes_with_the_person(life: Life, autojump_clock: MockClock) -> None:
    await asks(life, *FEWER)
    had = await life.rows.read(people_data.counts)
    assert (had["easings"], had["commitments"], had["jobs"]) == (1, 1, 1)
    erased = await life.rows.write(people_data.erase)
    assert erased.left == {}
    life.set(life.now + WEEK)
    assert await life.context.store.write(jobs.claim, "upkeep", 10, now=life.now) == []


async def test_nobodys_job_is_dropped(life: Life, autojump_clock: MockClock) -> None:
    await asks(life, *FEWER)
    life.set(life.now + WEEK)
    (job,) = await life.context.store.write(jobs.claim, "upkeep", 10, now=life.now)
    nobodys = replace(job, user_id=None)
    assert await runs(life, nobodys) == ["It is nobody's plan."]
