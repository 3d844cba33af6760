"""A topic around its telling: silence makes it rarer, a question ends that, mail takes it where it is wished for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from trio.testing import MockClock

from ivy.agent import telling, topic_words
from ivy.agent.spending_prose import holds
from ivy.clock import stamp
from ivy.daemon.context import Context, Dropped
from ivy.daemon.handlers import digest, prewrite
from ivy.domain.money import Money
from ivy.domain.spending_week import Biggest, SpendingWeek, Spent
from ivy.domain.topics import TOPICS, WEEKLY_EXPENSES
from ivy.store import expenses, people, preferences, topics
from ivy.store.expenses import Expense
from ivy.store.jobs import Job
from ivy.store.scope import PersonStore
from ivy.store.topics import Wish
from tests.agent.around_calls import Life, life_of

SUNDAY = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
"""Six in the evening in New York."""


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    """Ana has wished for the summary."""
    life = life_of(context, person)
    wish = Wish("every Sunday, please", "text", life.now)
    ana = await life.person()
    await person.write(topics.start, ana, WEEKLY_EXPENSES, TOPICS[WEEKLY_EXPENSES].cron, wish, life.desk.new_id)
    return life


async def spends(life: Life, day: date) -> None:
    expense = Expense(life.desk.new_id(), Money(700, "USD"), "lunch", "food", day)
    await life.rows.write(expenses.add, expense, now=life.now)


async def tells(life: Life, at: datetime, *, ref: str = f"{WEEKLY_EXPENSES}:ana") -> str:
    """Let the topic's time come; return what was queued, or why nothing was. What is queued leaves at once."""
    life.set(at)
    before = len(await life.got())
    job = Job(
        "job", "digest", "upkeep", "", "digest", "ana", {"ref": ref, "at_ms": stamp(at)}, "trace",
        0, 1, at, at + timedelta(hours=12), timedelta(seconds=30), (),
    )  # fmt: skip
    outcome = await digest.handle(job, life.context)
    if isinstance(outcome, Dropped):
        return outcome.reason
    assert callable(outcome)
    await life.context.store.write(outcome)
    await life.context.store.write(
        lambda connection: connection.execute(
            "UPDATE messages_v2 SET state = 'sent', sent_at_ms = at_ms WHERE direction = 'out' AND state = 'queued'"
        )
    )
    return "\n".join(row["body"] for row in (await life.got())[before:])


async def weeks_told(life: Life, count: int) -> list[int]:
    told: list[int] = []
    for week in range(count):
        at = SUNDAY + timedelta(weeks=week)
        life.set(at - timedelta(days=3))
        await spends(life, life.now.date())
        if await tells(life, at):
            told.append(week)
    return told


async def test_silence_makes_it_rarer_and_a_question_comes_once(life: Life, autojump_clock: MockClock) -> None:
    assert await weeks_told(life, 25) == [0, 1, 2, 4, 6, 8, 10, 12, 16, 20, 24]
    questions = [
        text for text in await life.said() if text.startswith("A question about the weekly summary of expenses")
    ]
    assert len(questions) == 1


async def test_whoever_writes_within_two_days_has_not_ignored_it(life: Life, autojump_clock: MockClock) -> None:
    told: list[int] = []
    for week in range(6):
        at = SUNDAY + timedelta(weeks=week)
        life.set(at - timedelta(days=3))
        await spends(life, life.now.date())
        told += [week] if await tells(life, at) else []
        life.passes(hours=47)
        await life.writes("hello")
    assert told == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("option", "floor"), [(telling.KEEP, 0), (telling.LESS, 3)])
async def test_keep_and_less_are_what_they_say(life: Life, option: str, floor: int, autojump_clock: MockClock) -> None:
    await weeks_told(life, 13)
    await life.taps(telling.keep_answered, option)
    kept = await life.rows.read(topics.load, WEEKLY_EXPENSES)
    assert kept is not None and (kept.unanswered, kept.floor, kept.asked) == (floor, floor, False)


async def test_stop_under_the_question_is_the_end(life: Life, autojump_clock: MockClock) -> None:
    await weeks_told(life, 13)
    await life.taps(telling.keep_answered, telling.STOP)
    assert "you no longer get" in (await life.said())[-1]
    assert not await life.rows.read(topics.is_on, WEEKLY_EXPENSES)
    assert await tells(life, SUNDAY + timedelta(weeks=30)) == "They called it off."


async def test_it_is_told_once_and_an_idle_week_not_at_all(life: Life, autojump_clock: MockClock) -> None:
    await spends(life, date(2026, 11, 24))
    assert (await tells(life, SUNDAY)).startswith("*Your spending, 22 to 28 Nov*")
    assert await tells(life, SUNDAY) == "These days were told."
    assert await tells(life, SUNDAY + timedelta(weeks=1)) == "Nothing was written down in these days."


async def test_who_prefers_mail_gets_a_mail_without_buttons(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(preferences.remember, telling.BY, telling.MAIL, source="text", now=life.now)
    await life.rows.write(people.write_to, "mail", "ana@example.org", now=life.now)
    await spends(life, date(2026, 11, 24))
    await tells(life, SUNDAY)
    (row,) = await life.got()
    assert (row["channel"], row["action_id"], row["asked_for"], row["purpose"]) == ("mail", "", 0, "digest")


async def test_a_long_summary_is_one_message_all_the_same(life: Life, autojump_clock: MockClock) -> None:
    for number in range(9):
        money, name = Money(10**9 + number, ("USD", "COP", "EUR")[number % 3]), f"{number} " * 40
        await life.rows.write(
            expenses.add, Expense(f"x{number}", money, name, name[:60], date(2026, 11, 24)), now=life.now
        )
    text = await tells(life, SUNDAY)
    assert len(text) <= 1100 and text.count("The largest") == 3


async def test_these_words_call_off_what_they_quote(life: Life, autojump_clock: MockClock) -> None:
    await spends(life, date(2026, 11, 24))
    await tells(life, SUNDAY)
    heard = await life.writes("please stop sending me these")
    assert await life.does(topic_words.heard, heard)
    assert not await life.rows.read(topics.is_on, WEEKLY_EXPENSES)
    assert not await life.does(
        topic_words.heard, await life.writes("stop sending me these")
    )  # nothing of ours stands there now


async def test_nothing_is_written_ahead_for_who_is_not_told(life: Life, autojump_clock: MockClock) -> None:
    at = SUNDAY - timedelta(hours=15)
    life.set(at)
    job = Job(
        "job", "prewrite", "agent", "", "night", "ana", {"ref": f"{WEEKLY_EXPENSES}:ana", "at_ms": stamp(at)}, "trace",
        0, 1, at, at + timedelta(hours=6), timedelta(seconds=120), (),
    )  # fmt: skip
    reasons: list[str] = []
    for change in ("", "paused", "off"):
        if change == "paused":
            await spends(life, date(2026, 11, 24))
            outcome = await prewrite.handle(job, life.context)
            assert isinstance(outcome, Dropped) and "fixed ones" in outcome.reason  # there is no model here
            await life.rows.write(people.set_status, "paused")
        elif change == "off":
            await life.rows.write(topics.stop, WEEKLY_EXPENSES, Wish("stop", "text", life.now))
        outcome = await prewrite.handle(job, life.context)
        assert isinstance(outcome, Dropped)
        reasons.append(outcome.reason)
    assert reasons == [
        "Nothing was written down in these days.",
        "They are not to be written to unasked now.",
        "They are not told that.",
    ]


def test_which_sentences_hold() -> None:
    lunch = Spent(
        Money(7000, "USD"), 2, (("food", Money(5000, "USD")),), Biggest(Money(5000, "USD"), "x", date(2026, 11, 24))
    )
    week = SpendingWeek(date(2026, 11, 22), (lunch,))
    for prose in ("You wrote down 2 expenses, $70.00 in all.", "Food came to $50.00.", "Two expenses."):
        assert holds(prose, week, "en"), prose
    for prose in (
        "You spent $80.00 this week.",
        "$70.00, less than last week.",
        "Half of it was food, $50.00.",
        "$70.00 is a shame, no excuses.",
        "See https://x.io: 2",
        "A lovely week.",
        "",
        "2 " + "expenses " * 50,
    ):
        assert not holds(prose, week, "en"), prose
    assert not holds("Gastaste $70.00, más que antes.", week, "es")
