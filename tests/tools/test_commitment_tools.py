"""What somebody holds themself to is theirs to change; with the lock on, what is easier waits, and what protects never does."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from ivy.clock import stamp
from ivy.config import CharitySection, GivingSection
from ivy.domain.easing import Part, changed
from ivy.domain.facts import Behaviour
from ivy.domain.giving import PartialGives, Wallet
from ivy.domain.slots import By, SlotKind
from ivy.domain.streaks import Outcome
from ivy.errors import ToolFailed
from ivy.ports import ToolCall
from ivy.store import call_slots, commitments, easings, people, people_data, streaks, wallets, workout_rules
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.scope import Scope
from ivy.tools import behaving
from ivy.tools.executor import Place, execute
from ivy.tools.registry import TurnContext
from tests.tools.diary import MONDAY, REGISTRY, Diary, agree

SUNDAY = "Sun 29 Nov"
NEXT_MONDAY = "Mon 30 Nov"
GONE = " What waited before that is called off."
WAITS = f'The plan is locked, so that begins on {NEXT_MONDAY}; until then all stays as it is, and "keep my plan" calls it off.'


async def person_of(diary: Diary) -> people.Person:
    return await diary.rows.read(people.load)


async def fresh(diary: Diary) -> None:
    """Let the tools know the person as they are now, as each turn does."""
    diary.person = await person_of(diary)


async def waiting(diary: Diary) -> list[frozenset[Part]]:
    return [each.parts for each in await diary.rows.read(easings.waiting)]


# --- from when a workout counts, and what a part gives -------------------------------------------------


async def test_from_when_a_workout_counts_is_theirs_to_say(ben: Diary, ana: Diary) -> None:
    said = await ben("change_commitment", minimum="15 minutes")
    assert said == "Done: a workout counts from 15 minutes. That holds from the next workout on."
    assert (await person_of(ben)).minimum_minutes == 15
    assert (await ben.rows.read(workout_rules.at, stamp(MONDAY))).counts_from == 15
    said = await ana("change_commitment", minimum="media hora")
    assert said == "Hecho: un entrenamiento cuenta desde 30 minutos. Vale desde el próximo entrenamiento."
    assert (await person_of(ana)).minimum_minutes == 30


@pytest.mark.parametrize("words", ["20 seconds", "4 hours"])
async def test_a_minimum_out_of_bounds_is_refused_in_one_line(ben: Diary, words: str) -> None:
    assert await ben.fails("change_commitment", minimum=words) == "A workout can count from 1 to 180 minutes."
    assert (await person_of(ben)).minimum_minutes == 10


async def test_what_a_part_gives_and_the_week_are_theirs_too(ben: Diary) -> None:
    said = await ben("change_commitment", part_gives="share", sessions="4 times")
    assert said == (
        "Done: 4 workouts a week; one done in part gives its share of the amount. That holds from the next workout on."
        " So far workouts give nothing."
    )
    now = await person_of(ben)
    assert (now.sessions_per_week, now.partial_gives) == (4, PartialGives.PRO_RATA.value)
    await ben.rows.write(wallets.save, Wallet("water", 100, "USD", 200, 500), now=ben.now)
    assert "whole amount" in await ben("change_commitment", part_gives="whole")
    assert (await ben("change_commitment", sessions="1")) == "Done: 1 workout a week."
    assert "from 1 to 14" in await ben.fails("change_commitment", sessions="20")
    assert await ben.fails("change_commitment") == "What should change, and to what?"


async def test_a_day_that_is_settled_stays_as_it_was_judged(ben: Diary) -> None:
    """A new minimum is for the next workout: neither another word about the old one nor a second one judges the day anew."""
    today = date(2026, 11, 23)
    await ben("log_workout", kind="yoga", duration="12 minutes", partial=True)
    assert await ben.rows.read(streaks.of_day, today) is Outcome.KEPT
    await ben("change_commitment", minimum="20 minutes")
    await fresh(ben)
    await ben("plan_workout", kind="run")
    await ben("skip_workout", kind="run")
    assert await ben.rows.read(streaks.of_day, today) is Outcome.KEPT
    await ben("log_workout", kind="swim", duration="15 minutes", partial=True)
    await ben("undo_workout")
    await ben("log_workout", kind="yoga", duration="13 minutes", partial=True)  # put right: still judged from ten
    assert await ben.rows.read(streaks.of_day, today) is Outcome.KEPT
    ben.now += timedelta(days=1)
    await ben("log_workout", kind="swim", duration="15 minutes", partial=True)
    assert await ben.rows.read(streaks.of_day, today + timedelta(days=1)) is Outcome.SKIPPED


# --- the lock ----------------------------------------------------------------------------------------


async def test_what_is_easier_waits_and_what_is_harder_is_done_at_once(ben: Diary) -> None:
    assert (await ben("lock_plan")).startswith(
        "The plan is locked: what makes it easier begins on the next planning day"
    )
    assert await ben("change_commitment", sessions="2") == WAITS
    assert (await person_of(ben)).sessions_per_week == 3
    assert await waiting(ben) == [{Part.SESSIONS}]
    assert await ben("change_commitment", minimum="15 minutes") != WAITS
    assert await waiting(ben) == [{Part.SESSIONS}]  # it speaks of something else
    assert await ben("change_commitment", sessions="4") == "Done: 4 workouts a week." + GONE
    assert await waiting(ben) == []
    (state,) = await ben.rows.read(lambda scope: scope.execute("SELECT state FROM easings WHERE user_id = :user"))
    assert state["state"] == "off"


async def test_a_second_easing_of_the_same_takes_the_place_of_the_first(ben: Diary) -> None:
    await ben("lock_plan")
    await ben("change_commitment", sessions="2")
    await ben("change_commitment", sessions="1")
    (wish,) = await ben.rows.read(easings.waiting)
    assert (wish.tool, msgspec.json.decode(wish.arguments)["sessions"]) == ("change_commitment", "1")
    assert wish.due_at == MONDAY + timedelta(days=7)


async def test_it_begins_on_the_day_the_week_is_planned(ben: Diary) -> None:
    await ben("change_contact_time", when="sunday at 6 pm", which="weekly", by="text")
    await ben("lock_plan")
    assert SUNDAY in await ben("change_commitment", sessions="2")
    (wish,) = await ben.rows.read(easings.waiting)
    assert wish.due_at == datetime(2026, 11, 29, 23, 0, tzinfo=UTC)


async def test_taking_the_lock_off_waits_too_and_locking_again_calls_that_off(ben: Diary, ana: Diary) -> None:
    assert await ben("lock_plan", what="unlock") == "The plan is not locked."
    await ben("lock_plan")
    assert await ben("lock_plan", what="unlock") == WAITS
    assert await ben.rows.read(commitments.is_locked)
    await ben("lock_plan")
    assert await waiting(ben) == []
    await ana("lock_plan")
    assert "empieza el lun 30 nov" in await ana("lock_plan", what="unlock")
    assert await ana("lock_plan", what="keep") == "Cancelado: el plan sigue como está."
    assert await ana("lock_plan", what="keep") == "No hay ningún cambio en espera."


async def test_fewer_calls_and_later_ones_wait(ben: Diary) -> None:
    await ben.rows.write(agree, now=ben.now)
    await ben("change_contact_time", when="7 am", by="voice")
    await ben("lock_plan")
    assert await ben("change_contact_time", when="8 am") == WAITS
    assert await waiting(ben) == [{Part.LATER}]
    assert await ben("change_contact_time", when="weekdays at 7") == WAITS + GONE  # one wish about it: the newest
    assert await waiting(ben) == [{Part.CONTACTS}]
    assert "Done: week" in await ben("change_contact_time", when="saturday at 10 am", which="weekly")
    assert await waiting(ben) == []  # a week's planning is a contact more, so the plan is another one
    assert (await ben("change_contact_time", when="6:30 am")).startswith("Done: morning, by phone")
    slot = await ben.rows.read(call_slots.of_kind, SlotKind.MORNING)
    assert slot is not None and (slot.at, slot.days) == ("06:30", "*")


async def test_to_be_written_to_instead_of_phoned_never_waits(ben: Diary) -> None:
    await ben.rows.write(agree, now=ben.now)
    await ben("change_contact_time", when="7 am", by="voice")
    await ben("lock_plan")
    assert "in writing" in await ben("change_contact_way", way="text")
    (slot,) = await ben.rows.read(call_slots.of)
    assert (slot.by, await waiting(ben)) == (By.TEXT, [])


async def test_a_smaller_gift_waits_and_giving_nothing_does_not(ben: Diary) -> None:
    section = GivingSection(charities={"water": CharitySection(name="Clean Water")})
    await ben.rows.write(wallets.save, Wallet("water", 200, "USD", 400, 900), now=ben.now)
    await ben("lock_plan")

    async def gives(arguments: str) -> str:
        turn = TurnContext(ben.person, ben.now, ben.new_id, "trace", giving=section)
        call = ToolCall("c1", "set_giving", arguments)
        return (await execute(ben.rows, REGISTRY, call, Place(arguments, 1, 0), turn)).content

    assert await gives('{"amount": "1.50 dollars"}') == WAITS
    assert (await gives('{"off":  true}')).startswith("Done: from now on your workouts give nothing.")
    assert await waiting(ben) == []  # nothing that would begin to give again
    await ben.rows.write(wallets.save, Wallet("water", 200, "USD", 400, 900), now=ben.now)
    assert await gives('{"amount": "1 dollar"}') == WAITS
    assert await waiting(ben) == [{Part.GIFT}]
    assert (await gives('{"amount": "3 dollars"}')).startswith("Each kept workout pledges $3.00")
    assert await waiting(ben) == []
    assert (await gives('{"daily_cap": "3 dollars"}')).endswith("at most $3.00 a day and $120.00 a month.")
    assert (await gives('{"off": true}')).startswith("Done: from now on your workouts give nothing.")
    assert await ben.rows.read(wallets.load) is None


async def test_a_preference_said_in_passing_waits_as_the_same_wish_does(ben: Diary) -> None:
    await ben.rows.write(agree, now=ben.now)
    await ben("change_contact_time", when="7 am", by="voice")
    await ben("lock_plan")

    def behave(scope: Scope) -> str:
        return behaving.behave(scope, Behaviour.CALL_TIME, "evening", TurnContext(ben.person, ben.now, ben.new_id, "t"))

    assert await ben.rows.write(behave) == WAITS
    assert [slot.at for slot in await ben.rows.read(call_slots.of)] == ["07:00"]


async def test_a_refusal_changes_nothing_and_calls_nothing_off(ben: Diary) -> None:
    await ben("lock_plan")
    await ben("change_commitment", sessions="2")
    await ben.fails("change_contact_time", when="whenever")
    assert await waiting(ben) == [{Part.SESSIONS}]


async def test_with_the_reply_comes_one_tap_to_call_it_off(store: Store, ben: Diary) -> None:
    await ben("lock_plan")
    turn = TurnContext(ben.person, ben.now, ben.new_id, "trace", turn_id="turn-1")
    call = ToolCall("c1", "change_commitment", '{"sessions": "2"}')
    await execute(ben.rows, REGISTRY, call, Place("turn-1", 1, 0), turn)

    def asked(connection: Connection) -> list[tuple[Any, ...]]:
        rows = connection.execute("SELECT kind, options FROM pending_actions WHERE user_id = 'ben'")
        return [tuple(row) for row in rows]

    assert await store.read(asked) == [("easing", '[["keep","Keep it as it is"]]')]


async def test_the_settings_of_the_plan_are_told(ben: Diary, ana: Diary) -> None:
    await ben.rows.write(wallets.save, Wallet("water", 100, "USD", 200, 500), now=ben.now)
    await ben("lock_plan")
    await ben("change_commitment", sessions="2")
    assert (await ben("show_commitment")).splitlines() == [
        "- 3 workouts a week",
        "- a workout counts from 10 minutes",
        "- a kept workout pledges $1.00",
        "- one done in part gives nothing",
        "- the plan is locked",
        f"- from {NEXT_MONDAY}: fewer workouts a week",
    ]
    assert (await ana("show_commitment")).splitlines()[-1] == "- el plan no tiene candado"
    await ana.rows.write(lambda scope: scope.execute("UPDATE users SET care_since_ms = 1 WHERE id = :user"))
    await fresh(ana)
    assert "entrenamientos por semana" not in await ana("show_commitment")


# --- what never waits ---------------------------------------------------------------------------------

EASES = {"change_commitment", "lock_plan", "change_contact_time", "change_contact_way", "set_giving"}
"""All tools that change what somebody holds themself to. Whoever adds one passes it through the lock, and adds it here."""
FREE = [example for example in REGISTRY.examples() if example.tool not in {*EASES, "show_commitment"}]
ALWAYS = {"pause_contacts", "no_calls_today", "rest_day", "skip_workout", "unsubscribe", "use_reserve", "cancel_event"}


def test_what_must_be_instant_is_none_of_what_may_wait() -> None:
    assert {example.tool for example in FREE} >= ALWAYS


@pytest.mark.uncounted
async def test_the_lock_delays_none_of_the_other_tools(ben: Diary) -> None:
    """Each of their examples says and leaves the same with the lock on as without it, and eases nothing by another way."""
    await ben.prepare()
    await ben("change_contact_time", when="7 am", by="voice")
    await ben("call_me", when="6pm")
    await ben.rows.write(wallets.save, Wallet("water", 100, "USD", 200, 500), now=ben.now)
    for example in FREE:
        arguments = msgspec.json.encode(example.arguments)
        free, bound = [await ben.rows.write(_played, ben, example.tool, arguments, locked=on) for on in (False, True)]
        assert bound == free, example.phrase
        assert not free.changed, example.phrase


@dataclass(frozen=True)
class Played:
    """What a tool said, what of the commitment it changed, how many of the person's rows each table then had."""

    said: str
    changed: frozenset[Part]
    rows: dict[str, int]


def _played(scope: Scope, diary: Diary, tool: str, arguments: bytes, *, locked: bool) -> Played:
    """Run a tool, and take all of it back."""
    scope.connection.execute("SAVEPOINT played")
    commitments.lock(scope, diary.now if locked else None)
    before, names = commitments.of(scope), count(10_000)
    turn = TurnContext(diary.person, diary.now, lambda: f"new-{next(names)}", "trace", turn_id="turn")
    try:
        run = REGISTRY.tools[tool]
        said = run.run(msgspec.json.decode(arguments, type=run.arguments), turn)(scope)
    except ToolFailed as error:
        said = str(error)
    played = Played(said, changed(before, commitments.of(scope)), people_data.counts(scope))
    scope.connection.execute("ROLLBACK TO played")
    scope.connection.execute("RELEASE played")
    return played
