"""Somebody whom the chat let in counts in the money of where they live: of their number, or of the zone they tell."""

import pytest
from msgspec.structs import replace
from trio.testing import MockClock

from ivy.config import AdmissionSection, Config, PeopleSection
from tests.journeys.play import Lives, Play
from tests.journeys.test_solo_first_day import SOLO, Solo, solo

OPEN = Config(admission=AdmissionSection(policy="open"))
BOGOTA, LONDON = "+573001234567", "+447400123456"


async def money(play: Play) -> list[tuple[int, str]]:
    rows = await play.rows("SELECT amount_minor, currency FROM expenses WHERE deleted_at_ms IS NULL ORDER BY rowid")
    return [(row["amount_minor"], row["currency"]) for row in rows]


async def spends_before_the_zone_is_known(day: Solo) -> str:
    """Let somebody note lunch first and say where they live once they are asked again; return what they hear."""
    await day.talk("hola")
    assert "US$20.000" in await day.talk("gasté 20 mil en almuerzo")
    await day.talk("sigamos")
    return await day.talk("Bogotá")


async def test_hola_bogota_and_lunch_is_in_pesos(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await day.talk("hola")
        assert await day.play.one("SELECT currency FROM users") == "USD"
        asked = await day.talk("Bogotá")
        assert asked.startswith("El dinero lo cuento en COP.") and "consentimiento" in asked
        assert "$ 20.000" in await day.talk("gasté 20 mil en almuerzo")
        assert await money(day.play) == [(2_000_000, "COP")]


async def test_in_mexico_the_marks_are_mexican_too(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await day.talk("hola")
        assert (await day.talk("Ciudad de México")).startswith("El dinero lo cuento en MXN.")
        assert "$1,500.00" in await day.talk("gasté 1,500 en mercado")
        assert await money(day.play) == [(150_000, "MXN")]


@pytest.mark.parametrize("words", ["En COP", "sí", "1"])
async def test_lunch_before_bogota_is_asked_about_and_becomes_pesos(
    autojump_clock: MockClock, lives: Lives, words: str
) -> None:
    async with solo(lives) as day:
        asked = await spends_before_the_zone_is_known(day)
        assert asked.startswith("Lo anotado hasta ahora suma US$20.000,00. ¿Eran $ 20.000?")
        assert "En COP" in asked and "En USD" in asked
        said = await day.talk(words)
        assert said.startswith("Entonces son $ 20.000, y desde ahora cuento en COP.")
        assert "consentimiento" in said  # and the next question comes in the same breath
        assert await money(day.play) == [(2_000_000, "COP")]
        assert "$ 15.000" in await day.talk("gasté 15 mil en taxi")


async def test_an_old_answer_changes_nothing_of_what_they_said_since(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await spends_before_the_zone_is_known(day)
        await day.talk("desde hoy cuenta en pesos mexicanos")
        await day.talk("En COP")
        assert await money(day.play) == [(2_000_000, "USD")]
        assert await day.play.one("SELECT currency FROM users") == "MXN"


async def test_who_meant_dollars_keeps_them_and_is_not_asked_again(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await spends_before_the_zone_is_known(day)
        said = await day.talk("En USD")
        assert said.startswith("El dinero lo cuento en USD.") and "consentimiento" in said
        assert await money(day.play) == [(2_000_000, "USD")]
        assert await day.play.one("SELECT count(*) FROM user_preferences WHERE key = 'currency_assumed'") == 0
        assert "cuento en COP" in await day.talk("desde hoy cuenta en pesos colombianos")
        assert "$ 15.000" in await day.talk("gasté 15 mil en taxi")
        assert await money(day.play) == [(2_000_000, "USD"), (1_500_000, "COP")]


async def test_who_leaves_the_question_is_asked_the_next_one_a_while_later(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with solo(lives) as day:
        await spends_before_the_zone_is_known(day)
        assert "US$5.000" in await day.talk("gasté 5 mil en café")
        before = len(day.vendor.got)
        await day.vendor.wait_for(before + 1)
        assert "consentimiento" in day.vendor.got[before].body
        assert await money(day.play) == [(2_000_000, "USD"), (500_000, "USD")]


async def test_a_number_tells_the_money_from_the_first_word(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=OPEN) as play:
        await play.says("hola", BOGOTA)
        await play.says("hi", LONDON)
        await play.quiet(30)
        assert await play.rows("SELECT currency FROM users ORDER BY currency") == [
            {"currency": "COP"},
            {"currency": "GBP"},
        ]
        assert await play.one("SELECT count(*) FROM user_preferences WHERE key = 'currency_assumed'") == 0


async def test_what_is_configured_is_everybodys(autojump_clock: MockClock, lives: Lives) -> None:
    config = replace(SOLO, people=PeopleSection(currency="EUR"))
    async with lives(config=config) as play:
        day = Solo(play)
        await day.talk("hola")
        assert not (await day.talk("Bogotá")).startswith("El dinero")
        assert await play.one("SELECT currency FROM users") == "EUR"
