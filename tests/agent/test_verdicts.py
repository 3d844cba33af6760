"""One gentle question about a day of which nothing was noted, and what each answer does."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from ivy.adapters.whatsapp.pack import Pack, pack
from ivy.agent import appealing, verdicts
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.config import CharitySection, Config, GivingSection, Secret, StoreSection
from ivy.daemon import rate_card
from ivy.domain import actions
from ivy.domain.giving import Wallet
from ivy.domain.handover import asks_for_a_human
from ivy.domain.if_then import SMALL, IfThen
from ivy.domain.runbook import page_of
from ivy.domain.sentences import Say, say
from ivy.domain.streaks import Outcome
from ivy.domain.windows import window_after
from ivy.store import alerts, if_then, pending_actions, people, preferences, streaks, wallets, windows, workouts
from ivy.store.database import Store
from ivy.store.outbox import OwnTemplate
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, for_user
from ivy.store.workouts import Workout

MISSED = date(2026, 11, 20)
FRIDAY = "Fri 20 Nov"
MORNING = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
CONFIG = Config(
    giving=GivingSection(charities={"water": CharitySection(name="Clean Water")}),
    store=StoreSection(seal_key=Secret("00" * 32)),
)


@pytest.fixture
async def ana(store: Store) -> PersonStore:
    new = NewPerson("ana", "Ana", "active", "en-US", "America/New_York", "USD", "+12025550101")
    await store.write(people.add, new, now=MORNING)
    return for_user(store, new.id)


@pytest.fixture
def desk(store: Store) -> Desk:
    numbers = count()
    return Desk(
        MORNING, lambda: f"row-{next(numbers)}", CONFIG, "whatsapp", "trace", rate_card.load("", store.path.parent)
    )


async def asked(ana: PersonStore, desk: Desk, *kinds: str, outcome: Outcome | None = Outcome.MISSED) -> bool:
    """Let a day have passed with these workouts and no word, and ask about it."""

    def write(scope: Scope) -> bool:
        wallets.save(scope, Wallet("water", 100, "USD", 500, 5000), now=MORNING)
        for kind in kinds:
            workouts.plan(scope, Workout(kind, MISSED, kind), source="text", now=MORNING)
        streaks.record(scope, MISSED, outcome, source="day_close", now=MORNING)
        return verdicts.ask(scope, people.load(scope), MISSED, desk)

    return await ana.write(write)


async def tap(ana: PersonStore, desk: Desk, option: str, before: Callable[[Scope], object] = lambda _: None) -> str:
    """Answer the question; return the last thing that Ivy says."""

    def write(scope: Scope) -> str:
        before(scope)
        pending = pending_actions.open_one(scope, verdicts.QUESTION, now=desk.now)
        assert pending is not None
        assert verdicts.answered(scope, people.load(scope), pending, option, Heard("", "m1", "wamid.1"), desk)
        return messages(scope)[-1]["body"]

    return await ana.write(write)


def messages(scope: Scope) -> list[dict[str, Any]]:
    rows = scope.execute("SELECT * FROM messages_v2 WHERE user_id = :user AND kind <> 'reaction' ORDER BY rowid")
    return [dict(row) for row in rows]


async def test_the_question_is_unasked_for_gentle_and_has_three_buttons(ana: PersonStore, desk: Desk) -> None:
    assert await asked(ana, desk, "run", "yoga")
    (message,) = await ana.read(messages)
    assert message["body"].startswith(f"I noted nothing for run, yoga on {FRIDAY}. How was it?")
    assert (message["kind"], message["asked_for"], message["purpose"]) == ("buttons", 0, "checkin")
    pending = await ana.read(pending_actions.open_one, verdicts.QUESTION, now=MORNING)
    assert pending is not None
    assert [title for _, title in pending.options] == ["I did it", "That's wrong", "Smallest next step"]
    assert pending.is_open(MORNING + timedelta(days=2))


async def test_outside_the_window_a_template_asks_with_two_of_its_buttons(ana: PersonStore, desk: Desk) -> None:
    assert await asked(ana, desk, "run", "yoga")
    (message,) = await ana.read(messages)
    own = msgspec.json.decode(message["template"], type=OwnTemplate)
    assert (own.name, own.values) == ("day_open", {"day": FRIDAY, "plan": "run, yoga"})
    filled = Pack(pack()).fill(own.name, "en", own.values, own.actions)
    assert filled.text.startswith(
        f"The plan you set with Ivy for {FRIDAY} is still open in your list, and it was run, yoga."
    )
    assert [(named.option) for each in own.actions if (named := actions.named(each))] == ["did_it", "wrong"]


@pytest.mark.parametrize("outcome", [None, Outcome.EXCUSED, Outcome.KEPT])
async def test_a_day_that_was_settled_meanwhile_is_not_asked_about(
    ana: PersonStore, desk: Desk, outcome: Outcome | None
) -> None:
    assert not await asked(ana, desk, "run", outcome=outcome)
    assert await ana.read(messages) == []


async def test_a_day_with_nothing_open_is_not_asked_about(ana: PersonStore, desk: Desk) -> None:
    assert not await asked(ana, desk)


async def test_i_did_it_is_like_any_other_done(ana: PersonStore, desk: Desk) -> None:
    await asked(ana, desk, "run", "yoga")
    said = await tap(ana, desk, verdicts.DID_IT)
    assert said == ("Logged: run, yoga, done. 💪 That's day 1 of your streak. Well done! $2.00 pledged to Clean Water.")
    assert await ana.read(streaks.of_day, MISSED) is Outcome.KEPT


async def test_what_was_told_in_words_meanwhile_is_not_noted_twice(ana: PersonStore, desk: Desk) -> None:
    await asked(ana, desk, "run")

    def told(scope: Scope) -> None:
        workouts.retime(scope, workouts.open_of(scope, MISSED)[0], "07:00", now=MORNING)
        scope.execute("UPDATE workouts SET state = 'skipped' WHERE user_id = :user")

    assert await tap(ana, desk, verdicts.DID_IT, told) == say(Say.TAP_OVER, "en")


async def test_that_is_wrong_is_put_right_and_the_day_costs_nothing(ana: PersonStore, desk: Desk) -> None:
    await asked(ana, desk, "run")
    assert await tap(ana, desk, verdicts.WRONG) == say(Say.VERDICT_RIGHTED, "en", day=FRIDAY)
    assert await ana.read(streaks.of_day, MISSED) is Outcome.EXCUSED


async def test_what_they_said_themselves_since_then_stands_and_costs_no_appeal(ana: PersonStore, desk: Desk) -> None:
    await asked(ana, desk, "run")

    def told(scope: Scope) -> None:
        streaks.record(scope, MISSED, Outcome.SKIPPED, source="text", now=MORNING)

    assert await tap(ana, desk, verdicts.WRONG, told) == say(Say.TAP_OVER, "en")
    assert await ana.read(streaks.of_day, MISSED) is Outcome.SKIPPED
    assert await ana.read(preferences.beginning, "appeal:") == {}


async def test_the_tap_lasts_for_a_week(ana: PersonStore, desk: Desk) -> None:
    await asked(ana, desk, "run")
    pending = await ana.read(pending_actions.open_one, verdicts.QUESTION, now=MORNING)
    assert pending is not None
    assert pending.is_open(MORNING + timedelta(days=6)) and not pending.is_open(MORNING + timedelta(days=7))


def twice(scope: Scope) -> None:
    """Let two appeals of the month have been believed."""
    for number in (1, 2):
        streaks.appeal(scope, date(2026, 11, number), today=date(2026, 11, 3), source="text", now=MORNING)


async def test_beyond_two_a_month_the_operator_is_told(ana: PersonStore, desk: Desk) -> None:
    await asked(ana, desk, "run")
    assert await tap(ana, desk, verdicts.WRONG, twice) == say(Say.VERDICT_NOTED, "en", day=FRIDAY)
    assert await ana.read(streaks.of_day, MISSED) is Outcome.MISSED
    (alert,) = await ana.store.read(alerts.open_alerts)
    assert (alert.key, alert.title) == ("appeal:ana:2026-11-20", "Ana says that 2026-11-20 was not missed.")
    assert page_of(alert.key) == "docs/runbook/missed-day-disputed.md"
    assert f"ivy users excuse ana {MISSED}" in alert.advice


@pytest.mark.parametrize("window", [True, False])
async def test_an_operators_word_excuses_the_day_and_ends_the_alert(ana: PersonStore, desk: Desk, window: bool) -> None:
    await asked(ana, desk, "run")
    await tap(ana, desk, verdicts.WRONG, twice)

    def excuse(scope: Scope) -> tuple[bool, bool, str]:
        if window:
            windows.extend(scope, desk.channel, window_after(desk.now))
        done = [appealing.excuse(scope, people.load(scope), MISSED, desk) for _ in range(2)]
        return done[0], done[1], messages(scope)[-1]["body"]

    key = Say.VERDICT_RIGHTED if window else Say.VERDICT_NOTED
    assert await ana.write(excuse) == (True, False, say(key, "en", day=FRIDAY))
    assert await ana.read(streaks.of_day, MISSED) is Outcome.EXCUSED
    assert await ana.store.read(alerts.open_alerts) == []
    assert await ana.write(lambda scope: appealing.put_right(scope, people.load(scope), MISSED, desk)) is None
    assert (await ana.read(messages))[-1]["body"] == say(Say.VERDICT_RIGHTED, "en", day=FRIDAY)
    assert await ana.store.read(alerts.open_alerts) == []


@pytest.mark.parametrize(("key", "facts"), [(Say.VERDICT_SMALL, {"step": SMALL["en"]}), (Say.ONB_DONE, {})])
@pytest.mark.parametrize("speech", ["en", "es", "es-CO-x-usted"])
def test_who_finds_it_hard_is_offered_a_human_by_a_word_that_is_heard(
    speech: str, key: Say, facts: dict[str, str]
) -> None:
    (word,) = re.findall("[“«](.+?)[”»]", say(key, speech, **facts))
    assert asks_for_a_human(word)


async def test_in_the_next_month_two_more_are_believed(ana: PersonStore) -> None:
    def appeal(scope: Scope, today: date) -> list[bool]:
        days = [today - timedelta(days=number) for number in (1, 2, 3)]
        return [streaks.appeal(scope, day, today=today, source="text", now=MORNING) for day in days]

    assert await ana.write(appeal, date(2026, 11, 30)) == [True, True, False]
    assert await ana.write(appeal, date(2026, 12, 20)) == [True, True, False]


async def test_the_smallest_next_step_is_their_own_or_two_minutes(ana: PersonStore, desk: Desk) -> None:
    await asked(ana, desk, "run")
    said = await tap(ana, desk, verdicts.SMALL_STEP)
    assert said == say(Say.VERDICT_SMALL, "en", step=SMALL["en"])

    def named(scope: Scope) -> None:
        plan = IfThen(MISSED, "run", small_version="shoes on, round the block")
        if_then.save(scope, plan, plan_id="p1", source="text", now=MORNING)

    assert "shoes on, round the block" in await tap(ana, desk, verdicts.SMALL_STEP, named)
    assert await ana.read(streaks.of_day, MISSED) is Outcome.MISSED
