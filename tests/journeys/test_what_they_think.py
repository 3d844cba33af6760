"""A rating after a kept plan, and a complaint: from the chat to `ivy feedback` and on to its cause."""

from datetime import UTC, datetime, timedelta

from trio.testing import MockClock

from ivy.cli.feedback import ways_on
from ivy.store import feedback, people, ratings
from tests.journeys.play import BEN, Lives, Play

JOINED = datetime(2026, 11, 1, 15, tzinfo=UTC)


async def joined_weeks_ago(play: Play) -> None:
    await play.knows()
    await play.world.store.write(
        lambda connection: connection.execute("UPDATE users SET created_at_ms = created_at_ms - 86400000 * 30")
    )


async def test_a_kept_plan_is_followed_by_five_rows_and_a_low_one_by_a_question(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await joined_weeks_ago(play)
        await play.talk("plan a run today at 8 pm")
        before = len(play.heard())
        await play.says("done")
        rating = (await play.hears(before + 2))[-1]
        assert rating.startswith("One tap, if you like: how much does Ivy help you these days")
        assert list(play.offers()) == [
            "1 · not at all",
            "2 · a little",
            "3 · it is all right",
            "4 · quite a bit",
            "5 · very much",
        ]
        await play.taps("2 · a little")
        await play.quiet()
        assert play.heard()[-1].startswith("Thank you for being honest. What went wrong?")
        asked = play.asked_models()
        assert await play.talk("the texts come too early") == "Thank you. A human on the team will read it."
        assert play.asked_models() == asked
        (kept,) = await play.world.store.read(feedback.found)
        assert (kept.words, kept.stars) == ("the texts come too early", 2)
        assert "run" in await play.story(str(kept.message_id))
        given = await play.world.store.read(ratings.satisfaction, since=JOINED)
        assert (given.given, given.mean) == (1, 2.0)


async def test_nobody_new_is_asked_nor_after_something_failed(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today at 8 pm")
        await play.says("done")
        await play.quiet()
        assert not any("how much does Ivy help" in text for text in play.heard())
        await play.knows(BEN, name="Ben")
        await play.world.store.write(
            lambda connection: connection.execute("UPDATE users SET created_at_ms = created_at_ms - 86400000 * 30")
        )
        await play.talk("delete the reminder about nothing", BEN)
        await play.talk("plan a run today at 8 pm", BEN)
        await play.says("done", BEN)
        await play.quiet()
        assert await play.one("SELECT count(*) FROM ratings") == 0


async def test_thats_wrong_is_thanked_for_and_leads_to_the_turn(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.rows_of().write(people.set_locale, "es-CO")
        await play.talk("gasté 50 mil en almuerzo")
        asked = play.asked_models()
        told = await play.talk("eso está mal")
        assert told == "Gracias por decírmelo. Alguien del equipo lo leerá. Si me dices cómo es, me guío por eso."
        assert play.asked_models() == asked
        (kept,) = await play.world.store.read(feedback.found)
        turn = await play.one("SELECT id FROM turns")
        assert ways_on(kept)[:2] == [f"ivy why {kept.message_id}", f"ivy replay {turn}"]
        await play.until(play.now + timedelta(minutes=1))
        assert "almuerzo" in await play.story(str(kept.message_id))
