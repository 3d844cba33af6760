"""What people say in a day: appointments, expenses, workouts, through signed webhooks and back."""

from datetime import UTC, date, datetime

from trio.testing import MockClock

from ivy.store import streaks
from tests.journeys.play import Lives


async def test_an_appointment_is_booked_in_the_persons_zone_and_echoed(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows(zone="America/Bogota")
        said = await play.talk("book appointment tomorrow 2pm")
        assert "Tue 24 Nov" in said
        assert "2:00" in said or "14:00" in said
        (event,) = await play.rows("SELECT * FROM calendar_events")
        assert event["title"] == "appointment"
        assert event["zone"] == "America/Bogota"
        assert await play.usage() == 2


async def test_fifty_dollars_on_lunch_are_five_thousand_minor_units_of_food(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        said = await play.talk("I spent $50 on lunch")
        (expense,) = await play.rows("SELECT * FROM expenses")
        assert (expense["amount_minor"], expense["currency"], expense["category"]) == (5000, "USD", "food")
        assert "$50.00" in said
        assert "lunch" in said


async def test_fifty_lucas_in_bogota_are_fifty_thousand_pesos(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows(zone="America/Bogota", locale="es-CO", currency="COP")
        said = await play.talk("gasté 50 lucas en almuerzo")
        (expense,) = await play.rows("SELECT * FROM expenses")
        assert (expense["amount_minor"], expense["currency"], expense["category"]) == (5_000_000, "COP", "food")
        assert "50.000" in said


async def test_done_moves_the_streak_and_asks_no_model(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        asked, used = play.asked_models(), await play.usage()
        said = await play.talk("done")
        assert "run" in said
        assert "day 1 of your streak" in said
        assert (await play.rows_of().read(streaks.current)).current == 1
        assert (play.asked_models(), await play.usage()) == (asked, used)


async def test_skip_asks_no_model_either_and_the_streak_stays(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        asked = play.asked_models()
        assert "off for today" in await play.talk("skip")
        assert play.asked_models() == asked
        assert (await play.rows_of().read(streaks.current)).current == 0
        assert await play.one("SELECT state FROM workouts") == "skipped"


async def test_with_two_workouts_open_ivy_asks_which_and_understands_the_answer(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await play.talk("plan a yoga workout today")
        asked = play.asked_models()
        question = await play.talk("done")
        assert "run" in question
        assert "yoga" in question
        assert "run" in await play.talk("the run")
        assert play.asked_models() == asked
        states = {row["kind"]: row["state"] for row in await play.rows("SELECT kind, state FROM workouts")}
        assert states == {"run": "done", "yoga": "planned"}
        assert "yoga" in await play.talk("done")  # the question is over: one is left, and it is meant
        assert (await play.rows_of().read(streaks.current)).current == 1


async def test_done_with_nothing_open_goes_to_a_turn(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        assert await play.talk("done")
        assert play.asked_models() == 1
        assert await play.one("SELECT count(*) FROM turns") == 1
        assert await play.one("SELECT count(*) FROM workouts") == 0


async def test_done_in_the_morning_means_what_was_open_yesterday(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
    async with lives(datetime(2026, 11, 24, 12, 30, tzinfo=UTC)) as play:
        await play.talk("done")
        assert await play.one("SELECT day FROM workouts") == date(2026, 11, 23).isoformat()
        assert await play.one("SELECT state FROM workouts") == "done"


async def test_two_people_at_once_do_not_mix(lives: Lives, autojump_clock: MockClock) -> None:
    ben = "+12025550144"
    async with lives() as play:
        await play.knows()
        await play.knows(ben, name="Ben")
        await play.says("I spent $50 on lunch")
        await play.says("I spent $7 on coffee", ben)
        await play.hears(1)
        await play.hears(1, ben)
        rows = await play.rows("SELECT user_id, amount_minor FROM expenses")
        assert {row["user_id"]: row["amount_minor"] for row in rows} == {
            play.ids["+12025550143"]: 5000,
            play.ids[ben]: 700,
        }
        assert "50.00" in play.heard()[0]
        assert "50" not in play.heard(ben)[0]
        assert "coffee" not in "".join(play.heard())
