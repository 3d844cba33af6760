"""The weekly summary of expenses: wished for, told exactly, never too often, gone with one message, whatever the models do."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.config import Config, ProactiveSection
from ivy.domain.examples import Example
from ivy.domain.jobs import DIGEST
from ivy.domain.money import Money
from ivy.domain.weekly import DAYS
from ivy.emulators.brain import Brain, BrainInput, BrainOutput
from ivy.emulators.faults import Answer
from ivy.store import expenses, people, people_data, switches
from ivy.store.expenses import Expense
from ivy.store.people import NewPerson
from ivy.tools.registry import Registry, families
from tests.journeys.play import Lives, Play

SIX = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
"""Wednesday in New York: two days after the journeys begin."""
SUNDAY_SIX = SIX + timedelta(days=4)
EXAMPLES: Sequence[Example] = Registry(families()).examples()
WISH = "send me a summary of my spending every Wednesday at 6pm"
NIGHT = "You wrote down 2 expenses, $70.00 in all."
FIXED = "Here are the seven days as you wrote them down."


def brain(night: str = NIGHT) -> Brain:
    """Return the usual small mind, which writes these sentences above a summary of expenses."""

    def write(given: BrainInput) -> BrainOutput | None:
        return BrainOutput(night) if "what one person spent in seven days" in given.system else None

    return Brain(EXAMPLES, scripted=write)


async def spends(play: Play) -> None:
    """Let Ana wish for the summary on Monday, spend on Tuesday, and write on Wednesday at noon: her window is open at six."""
    await play.knows()
    told = await play.talk(WISH)
    assert told.startswith("Done: the weekly summary of expenses, every Wed, 6:00 pm.")
    await play.until(play.now + timedelta(days=1))
    await play.talk("I spent $50 on lunch")
    await play.talk("I spent $20 on taxi")
    await play.until(SIX - timedelta(hours=6))
    await play.talk("hello")


async def digests(play: Play) -> list[dict[str, Any]]:
    return await play.rows("SELECT * FROM messages_v2 WHERE direction = 'out' AND purpose = 'digest' ORDER BY rowid")


async def test_a_week_is_told_at_their_hour_with_the_sentences_of_the_night(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=brain()) as play:
        await spends(play)
        (row,) = await play.rows("SELECT state, words, source, cron FROM topics")
        assert row == {"state": "on", "words": WISH, "source": "text", "cron": "0 18 * * 3"}
        listed = await play.talk("what do you send me?")
        assert "weekly summary of expenses: every Wed, 6:00 pm; next Wed 25 Nov" in listed
        asked = play.asked_models()
        await play.until(SIX)
        assert play.heard()[-1].startswith(
            f"*Your spending, 18 to 24 Nov*\n{NIGHT}\n\n$70.00 in 2 expenses\nMost of it: food"
        )
        assert "The largest: $50.00, lunch, Tue 24 Nov" in play.heard()[-1]
        assert play.asked_models() == asked  # it was written in the night
        await play.taps("Show all")
        await play.quiet()
        assert play.heard()[-1].splitlines()[0] == "All of 18 to 24 Nov:"
        assert "Tue 24 Nov: $20.00 taxi" in play.heard()[-1]


async def test_what_is_written_down_after_the_night_counts_and_its_sentences_do_not(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=brain()) as play:
        await spends(play)
        await play.talk("spent $5 on coffee yesterday")
        await play.until(SIX)
        assert play.heard()[-1].startswith(f"*Your spending, 18 to 24 Nov*\n{FIXED}\n\n$75.00 in 3 expenses")


async def test_models_that_are_down_keep_nobody_from_their_summary(lives: Lives, autojump_clock: MockClock) -> None:
    """On the first Wednesday by day, after the sentences were made; before the second all night and day."""
    async with lives(brain=brain()) as play:
        await spends(play)
        for vendor in ("anthropic", "openai"):
            play.fail(vendor, Answer(529), times=5000)
        await play.until(SIX)
        assert play.heard()[-1].startswith(f"*Your spending, 18 to 24 Nov*\n{NIGHT}\n\n$70.00 in 2 expenses")
        lunch = Expense("x1", Money(900, "USD"), "lunch", "food", date(2026, 11, 28))
        await play.rows_of().write(expenses.add, lunch, now=play.now)
        await play.until(SIX + timedelta(days=7, hours=-1))
        await play.says("hello")
        await play.until(SIX + timedelta(days=7))
        assert play.heard()[-1].startswith(
            f"*Your spending, 25 Nov to 1 Dec*\n{FIXED}\n\n$9.00 in one expense\nThe week before: $70.00"
        )


async def test_sentences_that_do_not_hold_are_never_sent(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(brain=brain("You spent $80.00 this week.")) as play:
        await spends(play)
        await play.until(SIX)
        assert play.heard()[-1].splitlines()[1] == FIXED
        assert await play.one("SELECT count(*) FROM prewritten") == 0


@pytest.mark.parametrize(
    "words", ["stop the spending summary", "no quiero más el resumen de mis gastos", "no more of these"]
)
async def test_an_opt_out_counts_within_one_message_with_every_model_down(
    lives: Lives, words: str, autojump_clock: MockClock
) -> None:
    async with lives(brain=brain()) as play:
        await spends(play)
        await play.until(SIX)
        for vendor in ("anthropic", "openai"):
            play.fail(vendor, Answer(529), times=5000)
        assert (await play.talk(words)).startswith("Done: you no longer get the weekly summary of expenses.")
        assert await play.one("SELECT count(*) FROM schedules WHERE kind IN (?, 'prewrite')", DIGEST.name) == 0
        assert (await play.talk("stop the spending summary")).startswith("You don't get the weekly summary")
        await play.until(SIX + timedelta(days=7))
        assert len(await digests(play)) == 1
        assert await play.one("SELECT status FROM users") == "active"


async def test_what_waits_for_the_window_is_never_sent_once_they_called_it_off(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=brain()) as play:
        await play.knows()
        await play.talk(WISH)
        await play.talk("I spent $50 on lunch")
        await play.until(SIX)
        assert [row["state"] for row in await digests(play)] == ["held"]
        assert not [sent for sent in play.messages() if sent.type == "template"]
        await play.says("stop the spending summary")
        await play.quiet()
        assert [row["state"] for row in await digests(play)] == ["cancelled"]
        assert not any("Your spending" in text for text in play.heard())


async def test_what_waits_for_the_window_goes_when_they_write_or_is_left_out(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=brain()) as play:
        await play.knows()
        await play.talk(WISH)
        await play.talk("I spent $50 on lunch")
        await play.until(SIX + timedelta(hours=15))
        await play.says("hello")
        await play.quiet()
        assert any("Your spending" in text for text in play.heard())
        await play.talk("I spent $30 on lunch")
        await play.until(SIX + timedelta(days=DAYS + 2))
        assert [row["state"] for row in await digests(play)] == ["delivered", "lapsed"]


async def test_a_paid_template_only_where_the_operator_allows_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(proactive=ProactiveSection(paid=True)), brain=brain()) as play:
        await play.submits_templates()
        await play.knows()
        await play.talk(WISH)
        await play.talk("I spent $50 on lunch")
        await play.until(SIX)
        assert play.messages()[-1].type == "template"
        await play.taps_template("Show the summary")
        await play.quiet()
        assert play.heard()[-1].startswith("*Your spending, 18 to 24 Nov*")


async def test_the_switch_ends_it_at_once_and_reminders_still_go(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(brain=brain()) as play:
        await spends(play)
        await play.talk("remind me to call John tomorrow at 7pm")
        await play.world.store.write(switches.set_value, "proactive", "off", by="ops", now=play.now)
        await play.until(SIX + timedelta(days=1, hours=2))
        assert await digests(play) == []
        assert any("call John" in text for text in play.heard()[-1:])
        await play.queues("Unasked.", asked_for=False)
        await play.quiet()
        assert "Unasked." not in play.heard()
        assert (await play.outbox())[-1]["state"] in ("cancelled", "failed")


async def test_nobody_who_said_stop_hears_of_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(brain=brain()) as play:
        await spends(play)
        await play.says("STOP")
        await play.until(SIX + timedelta(days=1))
        assert await digests(play) == []


@pytest.mark.uncounted
async def test_a_month_has_one_a_week_and_idle_weeks_are_silent(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(brain=brain()) as play:
        await play.knows()
        await play.talk("send me a summary of my spending every Sunday at 6pm")
        for day in (0, 4, 6, 8, 13, 20, 25, 27, 34):
            await play.until(datetime(2026, 11, 23, 22, tzinfo=UTC) + timedelta(days=day))
            await play.talk("hello" if day in (13, 34) else f"I spent $7 on lunch number {day}")
        await play.until(play.now + timedelta(hours=2))
        sent = await digests(play)
        assert (
            [row["state"] for row in sent].count("delivered") == len(sent) == 4
        )  # five Sundays, one week without expenses
        said = [row["body"].split("\n\n")[1].splitlines()[0].partition(" ")[2] for row in sent]
        assert said == ["in 2 expenses", "in 2 expenses", "in 2 expenses", "in one expense"]
        apart = [later["sent_at_ms"] - sooner["sent_at_ms"] for sooner, later in pairwise(sent)]
        assert min(apart) >= (DAYS - 1) * 86_400_000
        per_day = await play.rows(
            "SELECT count(*) AS n FROM messages_v2 WHERE asked_for = 0 AND sent_at_ms IS NOT NULL GROUP BY sent_at_ms / 86400000"
        )
        assert max(row["n"] for row in per_day) <= Config().routing.unasked_per_day


async def test_offered_once_under_the_fifth_expense_and_a_yes_is_enough(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=brain()) as play:
        await play.knows()
        for number in range(4):
            assert "summary" not in await play.talk(f"I spent ${number + 1} on lunch number {number}")
        fifth = await play.talk("I spent $5 on taxi")
        assert fifth.startswith("Logged: $5.00 for taxi")
        assert "Would you like a summary of your spending once a week (every Sun, 6:00 pm)?" in fifth
        await play.taps("Yes")
        await play.quiet()
        assert play.heard()[-1].startswith("Done: the weekly summary of expenses, every Sun, 6:00 pm.")
        assert await play.one("SELECT state FROM topics") == "on"
        assert "summary" not in await play.talk("I spent $6 on coffee")


async def test_a_no_is_the_end_of_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(brain=brain()) as play:
        await play.knows()
        for number in range(5):
            await play.talk(f"I spent ${number + 1} on lunch number {number}")
        assert (await play.talk("no")).startswith("Fine, none then.")
        for number in range(3):
            assert "summary" not in await play.talk(f"I spent ${number + 1} on cake number {number}")
        await play.until(SUNDAY_SIX + timedelta(days=1))
        assert await digests(play) == []


async def test_all_of_it_goes_with_its_person(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(brain=brain()) as play:
        await spends(play)
        await play.until(SIX)
        erased = await play.rows_of().write(people_data.erase)
        assert erased.left == {}
        assert {"topics", "prewritten", "spending_summaries"} <= set(erased.deleted)


async def test_in_spanish_and_to_usted(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(brain=brain("")) as play:
        ana = NewPerson("ana", "Ana", "active", "es-CO", "America/Bogota", "COP", None)
        await play.knows(locale=ana.locale, zone=ana.zone, currency=ana.currency)
        await play.rows_of().write(people.set_address, "usted")
        told = await play.talk("mándame un resumen de mis gastos cada domingo a las 6 pm")
        assert told.startswith("Listo: el resumen semanal de gastos, cada dom, 18:00. Puede dejarlo")
        await play.talk("gasté 50 mil en almuerzo")
        await play.until(SUNDAY_SIX - timedelta(hours=1))
        await play.talk("hola")
        await play.until(SUNDAY_SIX)
        assert play.heard()[-1].startswith("*Sus gastos, 22 al 28 nov*\nAquí están los siete días como los anotó.")
