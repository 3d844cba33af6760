"""What was said weeks ago is found by what is meant, coffee is summed by any name, an embedder's outage leaves words."""

from datetime import timedelta

import pytest
from trio.testing import MockClock

from ivy.emulators.faults import Answer
from ivy.store import memory_vectors, people_data, switches
from tests.journeys.play import BEN, Lives
from tests.models import EMBEDDER


@pytest.mark.uncounted
async def test_what_was_said_is_found_by_its_meaning_with_its_day_and_source(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("I pulled a muscle in my leg at the pool")
        await play.says("The landlord raised the rent")
        await play.until(play.now + timedelta(days=21))
        said = await play.talk("search my memory for swimming joint")  # no word of it was said
        assert "I pulled a muscle in my leg at the pool" in said
        assert "23 Nov" in said
        assert "landlord" not in said
        kept = await play.rows("SELECT model, dimension FROM memory_embeddings")
        assert {(row["model"], row["dimension"]) for row in kept} == {(EMBEDDER, 512)}


async def test_the_sum_of_coffee_has_flat_whites_and_no_table_and_is_shown(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        for spent in ("$4.50 on flat white", "$6.20 on Starbucks", "$90 on coffee table", "$3 on coffee"):
            await play.talk(f"I spent {spent}")
        await play.quiet()
        said = await play.talk("how much did I spend on coffee this month")
        assert "$13.70" in said
        assert "(3 expenses)" in said
        assert "flat white" in said
        assert "Starbucks" in said
        assert "table" not in said


async def test_one_persons_memory_is_not_anothers(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN)
        await play.says("My flat's door code is 4471")
        await play.quiet()
        assert "4471" not in await play.talk("search my memory for door code", BEN)


async def test_memory_goes_by_words_while_the_embedder_fails_and_catches_up(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.fail("embedder", Answer(503), times=4)
        await play.says("I pulled a muscle in my leg at the pool")
        await play.quiet()
        said = await play.talk("search my memory for muscle")
        assert "I pulled a muscle" in said
        await play.until(play.now + timedelta(hours=2))
        assert await play.one("SELECT count(*) FROM memory_embeddings") == await play.one(
            "SELECT count(*) FROM user_memory"
        )


async def test_the_switch_works_at_once_and_nothing_is_asked_of_the_embedder(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("I pulled a muscle in my leg at the pool")
        await play.quiet()
        asked = await play.one("SELECT count(*) FROM ai_usage WHERE role = 'embedder'")
        assert asked
        await play.world.store.write(switches.set_value, "memory", "keyword", by="ops", now=play.now)
        assert "muscle" not in await play.talk("search my memory for swimming joint")
        assert "I pulled a muscle" in await play.talk("search my memory for pool")
        await play.world.store.write(switches.set_value, "memory", "off", by="ops", now=play.now)
        assert "switched off" in await play.talk("search my memory for pool")
        assert await play.one("SELECT count(*) FROM ai_usage WHERE role = 'embedder'") == asked


async def test_switched_off_no_message_is_kept_but_expenses_and_what_is_asked_for_are(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.world.store.write(switches.set_value, "memory", "off", by="ops", now=play.now)
        for words in (
            "I pulled a muscle in my leg at the pool",
            "I spent $4.50 on flat white",
            "remember that I'm vegan",
        ):
            await play.talk(words)
        await play.quiet()
        kept = await play.rows("SELECT kind, text FROM user_memory ORDER BY rowid")
        assert [(row["kind"], row["text"]) for row in kept] == [("expense", "flat white"), ("fact", "I'm vegan")]


async def test_every_vector_is_paid_for_and_gone_with_its_person(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("I pulled a muscle in my leg at the pool")
        await play.quiet()
        (paid,) = await play.rows("SELECT * FROM cost_ledger WHERE model = ?", EMBEDDER)
        assert paid["state"] == "settled"
        assert paid["amount_micros"] > 0
        erased = await play.rows_of().write(people_data.erase)
        assert erased.left == {}
        (space,) = await play.world.store.read(memory_vectors.spaces)
        assert await play.one(f"SELECT count(*) FROM {space.table}") == 0
