"""A rating: asked after a kept plan and never after bad news, one tap to answer, and a low one asks what went wrong."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from trio.testing import MockClock

from ivy.agent import appealing, complaining, rating
from ivy.agent.desk import Desk
from ivy.clock import stamp
from ivy.daemon.context import Context
from ivy.domain.safety import Risk
from ivy.domain.streaks import Outcome
from ivy.store import feedback, people, ratings, reviews, streaks, switches, windows
from ivy.store.feedback import Kind
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from tests.agent.around_calls import DAY, Life, life_of


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    """Ana has been here for a month, wrote a moment ago, and has just kept her plan."""
    life = life_of(context, person)
    life.set(life.now + timedelta(days=30, hours=4))  # eleven in the morning in New York
    await life.writes("done")
    await person.write(windows.extend, "whatsapp", life.now + timedelta(hours=24))
    await keeps(life)
    return life


def says(scope: Scope, _person: Person, text: str, desk: Desk) -> None:
    desk.write(scope, text)


async def keeps(life: Life) -> None:
    await life.rows.write(streaks.record, life.now.date(), Outcome.KEPT, source="text", now=life.now)
    await life.does(says, "Logged: run. Nice.")


async def is_asked(life: Life) -> bool:
    return await life.does(rating.after_answer)


async def test_after_a_kept_plan_one_list_of_five_is_shown(life: Life, autojump_clock: MockClock) -> None:
    assert await is_asked(life)
    row = (await life.got())[-1]
    assert (row["kind"], row["asked_for"], row["purpose"]) == ("list", 0, "reply")
    pending = await life.asked()
    assert [name for name, _title in pending.options] == ["1", "2", "3", "4", "5"]
    (kept,) = await life.ask("SELECT * FROM ratings")
    assert kept["message_id"] == (await life.got())[-2]["id"] and kept["stars"] is None


async def test_good_stars_are_thanked_for_and_counted(life: Life, autojump_clock: MockClock) -> None:
    await is_asked(life)
    await life.taps(rating.answered, "4")
    assert (await life.said())[-1] == "Thank you, that helps."
    found = await life.context.store.read(ratings.satisfaction, since=life.now - timedelta(days=1))
    assert (found.asked, found.given, found.mean) == (1, 1, 4.0)
    assert await life.context.store.read(feedback.waiting) == 0


async def test_a_low_one_asks_what_went_wrong_and_the_words_lead_to_what_stood_there(
    life: Life, autojump_clock: MockClock
) -> None:
    await is_asked(life)
    await life.taps(rating.answered, "2")
    assert "What went wrong?" in (await life.said())[-1]
    heard = await life.writes("You  called me at 4 in the morning")
    assert await life.does(rating.why_heard, heard)
    assert (await life.said())[-1] == "Thank you. A human on the team will read it."
    (kept,) = await life.context.store.read(feedback.found)
    assert (kept.kind, kept.words, kept.stars) == (Kind.RATING, "You called me at 4 in the morning", 2)
    assert kept.message_id == (await life.ask("SELECT message_id FROM ratings"))[0]["message_id"]
    assert not await life.does(rating.why_heard, await life.writes("and one thing more"))


async def test_words_that_come_later_answer_something_else(life: Life, autojump_clock: MockClock) -> None:
    await is_asked(life)
    await life.taps(rating.answered, "1")
    await life.does(says, "Your workout begins at six.")
    assert not await life.does(rating.why_heard, await life.writes("great"))
    assert await life.context.store.read(feedback.waiting) == 0


async def test_two_weeks_lie_between_two(life: Life, autojump_clock: MockClock) -> None:
    assert await is_asked(life)
    await life.taps(rating.answered, "5")
    asked: list[int] = []
    for day in range(1, 20):
        life.passes(days=1)
        await life.rows.write(windows.extend, "whatsapp", life.now + timedelta(hours=24))
        await keeps(life)
        if await is_asked(life):
            asked.append(day)
            await life.taps(rating.answered, "5")
    assert asked == [14]


def missed(scope: Scope, life: Life) -> None:
    streaks.record(scope, DAY, Outcome.MISSED, source="day_close", now=life.now - timedelta(hours=40))


def refused(scope: Scope, life: Life) -> None:
    scope.execute(
        "INSERT INTO tool_executions (id, user_id, turn_id, tool, arguments, key, status, result, at_ms)"
        " VALUES ('t', :user, 't', 'x', '', 'k', 'refused', '', :at)",
        at=stamp(life.now),
    )


def failed_turn(scope: Scope, life: Life) -> None:
    scope.execute(
        "INSERT INTO turns (id, user_id, key, state, prompt, trace_id, started_at_ms, ended_at_ms)"
        " VALUES ('t', :user, 'k', 'failed', 'p', 't', :at, :at)",
        at=stamp(life.now),
    )


def failed_call(scope: Scope, life: Life) -> None:
    scope.execute(
        "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, due_at_ms, ended_at_ms)"
        " VALUES ('c', :user, 'morning', 's', '2026-11-23', 'ended', 'failed', :at, :at)",
        at=stamp(life.now),
    )


def in_danger(scope: Scope, life: Life) -> None:
    reviews.open_review(scope, "r", Risk.SELF_HARM, source="chat", ref="m", words="x", now=life.now)
    reviews.close(scope, "r", by="ops", note="called her", now=life.now)
    reviews.end_care(scope)


def complained(scope: Scope, life: Life) -> None:
    feedback.keep(scope, "f", Kind.WRONG, "that's wrong", "m", now=life.now)


def gift_back(scope: Scope, life: Life) -> None:
    for kind, amount, reverses in (("gift", 100, None), ("reversal", -100, "gift")):
        scope.execute(
            "INSERT INTO donations (id, user_id, kind, workout_id, reverses, day, charity, amount_minor, currency, payer,"
            " at_ms, before, hash) VALUES (:kind, :user, :kind, 'w', :reverses, '2026-11-23', 'water', :amount, 'USD', 'self',"
            " :at, '', :kind)",
            kind=kind,
            reverses=reverses,
            amount=amount,
            at=stamp(life.now),
        )


@pytest.mark.parametrize("happened", [missed, refused, failed_turn, failed_call, in_danger, complained, gift_back])
async def test_bad_news_within_two_days_keeps_it_back(
    life: Life, happened: Callable[[Scope, Life], None], autojump_clock: MockClock
) -> None:
    await life.rows.write(happened, life)
    assert not await is_asked(life)
    life.passes(days=3)
    await life.rows.write(windows.extend, "whatsapp", life.now + timedelta(hours=24))
    await keeps(life)
    assert await is_asked(life)


async def test_nobody_is_asked_while_something_else_is(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(
        lambda scope: scope.execute(
            "INSERT INTO pending_actions (id, user_id, kind, payload, created_at_ms, expires_at_ms)"
            " VALUES ('p', :user, 'verdict', '{}', 1, :until)",
            until=stamp(life.now + timedelta(days=1)),
        )
    )
    assert not await is_asked(life)


async def test_a_switch_a_pause_and_a_kept_plan_of_before_keep_it_back(life: Life, autojump_clock: MockClock) -> None:
    await life.context.store.write(switches.set_value, "proactive", "off", by="ops", now=life.now)
    assert not await is_asked(life)
    await life.context.store.write(switches.set_value, "proactive", "on", by="ops", now=life.now)
    await life.rows.write(people.set_status, "paused")
    assert not await is_asked(life)
    await life.rows.write(people.set_status, "active")
    life.passes(minutes=5)
    assert not await is_asked(life)


# --- complaints --------------------------------------------------------------------------------------


async def test_a_complaint_is_kept_with_what_it_is_about_and_thanked_for(life: Life, autojump_clock: MockClock) -> None:
    about = (await life.got())[-1]["id"]
    assert await life.does(complaining.heard, await life.writes("no, that's wrong"))
    (kept,) = await life.context.store.read(feedback.found)
    assert (kept.kind, kept.message_id, kept.words) == (Kind.WRONG, about, "no, that's wrong")
    assert "A human on the team will read it" in (await life.said())[-1]


async def test_one_that_goes_on_is_kept_and_left_to_a_turn(life: Life, autojump_clock: MockClock) -> None:
    before = len(await life.got())
    assert not await life.does(complaining.heard, await life.writes("that's wrong, it was a swim"))
    assert await life.context.store.read(feedback.waiting) == 1
    assert len(await life.got()) == before
    assert not await life.does(complaining.heard, await life.writes("thank you"))


async def test_an_appeal_that_is_not_simply_believed_waits_for_a_human(life: Life, autojump_clock: MockClock) -> None:
    for days in (3, 4, 5):
        day = life.now.date() - timedelta(days=days)
        await life.rows.write(streaks.record, day, Outcome.MISSED, source="day_close", now=life.now)
        await life.does(appealing.put_right, day)
    (kept,) = await life.context.store.read(feedback.found)
    assert (kept.kind, kept.ref) == (Kind.APPEAL, (life.now.date() - timedelta(days=5)).isoformat())
    assert await life.does(appealing.excuse, life.now.date() - timedelta(days=5))
    assert await life.context.store.read(feedback.waiting) == 0
