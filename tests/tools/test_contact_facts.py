"""A time that somebody chose to be contacted at is known of them, and what it contradicts holds no more."""

from datetime import timedelta
from typing import Any

import pytest

from ivy.domain.facts import Ended
from ivy.store import fact_audit, facts
from tests.tools.diary import Diary, agree


@pytest.fixture(autouse=True)
async def agreed(ben: Diary, ana: Diary) -> None:
    for each in (ben, ana):
        await each.rows.write(agree, now=each.now)


async def later(diary: Diary, tool: str, **arguments: Any) -> str:
    """A minute later than what was said before it."""
    diary.now += timedelta(minutes=1)
    return await diary(tool, **arguments)


async def known(diary: Diary) -> list[str]:
    return [fact.text for fact in await diary.rows.read(facts.holding)]


async def ended(diary: Diary) -> list[str]:
    return [fact.text for fact in await diary.rows.read(facts.every) if fact.ended is Ended.SUPERSEDED]


async def test_a_chosen_time_is_known_and_the_next_one_takes_its_place(ben: Diary) -> None:
    await later(ben, "change_contact_time", when="6:30 am", by="voice")
    assert await known(ben) == ["I want our contact of the morning at 6:30 am, by phone"]
    await later(ben, "change_contact_time", when="8 pm", which="evening", by="text")
    await later(ben, "change_contact_time", when="7:15 am", which="morning")
    assert set(await known(ben)) == {
        "I want our contact of the morning at 7:15 am, by phone",
        "I want our contact of the evening at 8:00 pm, in writing",
    }
    assert await ended(ben) == ["I want our contact of the morning at 6:30 am, by phone"]
    assert await ben.rows.read(fact_audit.problems) == []


async def test_in_spanish_and_for_the_week(ana: Diary) -> None:
    await later(ana, "change_contact_time", when="sábado a las 10 am", which="weekly", by="text")
    (text,) = await known(ana)
    assert text.startswith("Quiero planear la semana a las 10:00") and text.endswith("por escrito")


async def test_a_preference_stays_while_it_is_not_contradicted(ben: Diary) -> None:
    await later(ben, "remember", text="I prefer morning calls")
    await later(ben, "change_contact_time", when="6:30 am", by="voice")
    assert "I prefer morning calls" in await known(ben)
    await later(ben, "change_contact_time", when="8 pm", which="evening")  # beside the morning
    assert "I prefer morning calls" in await known(ben)
    await later(ben, "change_contact_time", when="8:30 pm", which="evening", instead=True)
    assert "I prefer morning calls" not in await known(ben)
    assert "I prefer morning calls" in await ended(ben)


async def test_a_preferred_time_ends_with_another_of_the_same_part_of_the_day(ben: Diary) -> None:
    await later(ben, "remember", text="I prefer calls at 7 am")
    await later(ben, "change_contact_time", when="7 am", by="voice")
    assert "I prefer calls at 7 am" in await known(ben)
    await later(ben, "change_contact_time", when="6 am", by="voice")
    assert await known(ben) == ["I want our contact of the morning at 6:00 am, by phone"]


async def test_a_time_that_cannot_be_kept_teaches_nothing(ben: Diary) -> None:
    await ben.fails("change_contact_time", when="sometime")
    assert await known(ben) == []
