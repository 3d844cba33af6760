"""What people tap, react with and type instead: each answer acts once, and most of them need no model."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.pack import pack
from ivy.adapters.whatsapp.templates import TemplateLibrary
from ivy.cli import template_submission, world
from ivy.config import Config, SmsSection
from ivy.domain import actions
from ivy.domain.actions import Bound
from ivy.domain.consent import Purpose
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput
from ivy.emulators.faults import Duplicate
from ivy.emulators.in_process import in_process
from ivy.store import consents, pending_actions, reminders, streaks
from ivy.store.reminders import Timing
from ivy.store.scope import as_operator
from ivy.tools.registry import Registry, families
from tests.journeys.play import ANA, BEN, Lives, Play, after

OVEN = "remind me in 20 minutes to check the oven"
RINGS = "⏰ check the oven"
SECRET = actions.secrets_of("00" * 32)[0]
NEW_YORK = "America/New_York"


def at(wall: str, zone: str = NEW_YORK, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


async def rings(play: Play, who: str = ANA, *, words: str = OVEN) -> None:
    """Let somebody ask for a reminder in twenty minutes, and wait until it has come."""
    await play.talk(words, who)
    before = len(play.heard(who))
    await play.hears(before + 1, who, within=1500)
    await play.quiet(5)


async def snoozed_to(play: Play, who: str = ANA) -> datetime | None:
    """Return when the one reminder comes next."""
    (reminder,) = await play.rows_of(who).read(reminders.waiting)
    return reminder.at


async def answers_of(play: Play, kind: str = "reminder") -> list[str]:
    """Return how each question of a kind was answered, in the order they were asked; "" for one that waits."""
    rows = await play.rows(
        "SELECT answer, done_at_ms FROM pending_actions WHERE kind = ? ORDER BY created_at_ms, rowid", kind
    )
    return [row["answer"] for row in rows]


async def charged(play: Play) -> Sequence[str]:
    """Return which messages were paid for, in order."""
    rows = await play.rows(
        "SELECT m.body FROM cost_ledger l JOIN messages_v2 m ON m.id = l.id"
        " WHERE l.kind = 'message' AND m.kind <> 'reaction' ORDER BY m.rowid"
    )
    return [row["body"] for row in rows]


# --- a reminder --------------------------------------------------------------------------------------


async def test_done_is_one_tick_and_no_word(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        assert play.heard()[-1] == RINGS
        assert list(play.offers()) == ["Done", "In an hour", "Tomorrow"]
        asked, used, said = play.asked_models(), await play.usage(), play.heard()
        tapped = await play.taps("Done")
        await play.quiet()
        assert play.heard() == said
        (reaction,) = [each for each in play.whatsapp.sent if each.type == "reaction"]
        assert reaction.request["reaction"] == {"message_id": tapped, "emoji": "✅"}
        assert (play.asked_models(), await play.usage()) == (asked, used)
        assert await answers_of(play) == ["done"]
        assert await play.one("SELECT state FROM reminders") == "done"
        assert await play.rows_of().read(reminders.waiting) == []
        # A reaction is delivered to nobody, and costs nothing.
        assert len(await charged(play)) == 2
        assert await play.dead() == []


async def test_in_an_hour_brings_it_back_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        asked = play.asked_models()
        await play.quiet(300)
        tapped = play.now
        await play.taps("In an hour")
        due = (tapped + timedelta(hours=1)).replace(second=0, microsecond=0)
        said = await play.hears(3)
        assert said[-1] == f"Okay, I'll remind you again at {due.astimezone(ZoneInfo(NEW_YORK)):%-I:%M} am."
        assert await snoozed_to(play) == due
        await play.until(due)
        assert play.heard()[3:] == [RINGS]
        assert timedelta() <= play.messages()[-1].at - due < timedelta(seconds=5)
        await play.quiet(3 * 3600)
        assert len(play.heard()) == 4
        assert play.reactions() == []
        assert play.asked_models() == asked
        assert await play.one("SELECT count(*) FROM reminders") == 1


@pytest.mark.parametrize(
    ("rang", "tapped", "due"),
    [
        # The clocks go back at two: an hour after 0:50 is the first 1:50, an hour after the first 1:35 is the second.
        (at("2026-11-01 00:45"), at("2026-11-01 00:50"), at("2026-11-01 01:50")),
        (at("2026-11-01 01:30"), at("2026-11-01 01:35"), at("2026-11-01 01:35", fold=1)),
        (at("2026-11-01 01:30"), at("2026-11-01 01:35", fold=1), at("2026-11-01 02:35")),
        # And forward at two: an hour after 1:35 the clock shows 3:35.
        (at("2026-03-08 01:30"), at("2026-03-08 01:35"), at("2026-03-08 03:35")),
    ],
    ids=["before autumn", "into the second hour", "out of it", "over the gap"],
)
async def test_an_hour_is_an_hour_whatever_the_clocks_do(
    lives: Lives, autojump_clock: MockClock, rang: datetime, tapped: datetime, due: datetime
) -> None:
    async with lives(rang - timedelta(minutes=20)) as play:
        await play.knows()
        await rings(play)
        await play.until(tapped - timedelta(seconds=5))
        await play.taps("In an hour")
        shown = due.astimezone(ZoneInfo(NEW_YORK))
        assert (await play.hears(3))[-1] == f"Okay, I'll remind you again at {shown:%-I:%M} am."
        await play.until(due - timedelta(seconds=30))
        assert len(play.heard()) == 3
        await play.until(due)
        assert play.heard()[3:] == [RINGS]


@pytest.mark.parametrize("day", ["2026-10-31", "2026-03-07", "2026-11-23"])
async def test_tomorrow_is_the_same_time_by_the_clock(lives: Lives, autojump_clock: MockClock, day: str) -> None:
    async with lives(at(f"{day} 08:40")) as play:
        await play.knows()
        await play.talk("remind me at 9am to check the oven")
        await play.until(at(f"{day} 09:00"))
        await play.until(at(f"{day} 21:30"))
        await play.taps("Tomorrow")
        assert (await play.hears(3))[-1] == "Okay, I'll remind you again tomorrow at 9:00 am."
        next_day = (datetime.fromisoformat(day) + timedelta(days=1)).date()
        due = at(f"{next_day} 09:00")
        assert await snoozed_to(play) == due
        await play.until(due)
        assert play.heard()[3:] == [RINGS]


async def test_a_reminder_can_be_put_off_again_and_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        for _time in range(3):
            before = len(play.heard())
            await play.taps("In an hour")
            await play.hears(before + 2, within=4000)
        await play.taps("Done")
        await play.quiet(4 * 3600)
        assert play.heard().count(RINGS) == 4
        assert await answers_of(play) == ["hour", "hour", "hour", "done"]
        assert await play.one("SELECT count(*) FROM reminders") == 1


async def test_a_daily_reminder_keeps_its_rhythm_beside_the_hour(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(at("2026-11-23 07:30")) as play:
        await play.knows()
        await play.talk("remind me every day at 8am to check the oven")
        await play.until(at("2026-11-23 08:00"))
        await play.taps("In an hour")
        await play.until(at("2026-11-23 09:01"))
        assert play.heard().count(RINGS) == 2
        await play.until(at("2026-11-23 20:00"))
        await play.says("thanks")  # keeps the window open
        await play.until(at("2026-11-24 12:00"))
        assert play.heard().count(RINGS) == 3
        assert [each.cron for each in await play.rows_of().read(reminders.waiting)] == ["0 8 * * *"]


async def test_a_daily_reminder_put_off_until_tomorrow_comes_once_then(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(at("2026-11-23 07:30")) as play:
        await play.knows()
        await play.talk("remind me every day at 8am to check the oven")
        await play.until(at("2026-11-23 08:00"))
        await play.taps("Tomorrow")
        assert (await play.hears(3))[-1] == "Okay, I'll remind you again tomorrow at 8:00 am."
        await play.until(at("2026-11-23 20:00"))
        await play.says("thanks")
        await play.until(at("2026-11-24 12:00"))
        assert play.heard().count(RINGS) == 2  # today's and tomorrow's own: no copy beside it
        assert await play.one("SELECT count(*) FROM reminders") == 1


async def test_tomorrow_means_the_time_it_rang_at_though_it_rings_twice_a_day(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(at("2026-11-27 07:30")) as play:  # a Friday; the rhythm is that of working days
        await play.knows()
        timing = Timing("s-1", NEW_YORK, cron="0 8,20 * * 1-5")
        await play.rows_of().write(reminders.add, "r-1", "check the oven", timing, now=play.now)
        await play.says("hello")
        await play.until(at("2026-11-27 08:00"))
        await play.taps("Tomorrow")
        assert (await play.hears(3))[-1] == "Okay, I'll remind you again tomorrow at 8:00 am."
        await play.until(at("2026-11-27 20:00"))
        await play.says("hello")
        await play.until(at("2026-11-28 12:00"))
        rang = [sent.at.replace(second=0, microsecond=0) for sent in play.messages() if sent.text == RINGS]
        assert rang == [at("2026-11-27 08:00"), at("2026-11-27 20:00"), at("2026-11-28 08:00")]
        assert [each.cron for each in await play.rows_of().read(reminders.waiting)] == ["0 8,20 * * 1-5"]


async def test_a_deleted_reminder_cannot_be_put_off(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(at("2026-11-23 07:30")) as play:
        await play.knows()
        await play.talk("remind me every day at 8am to check the oven")
        await play.until(at("2026-11-23 08:00"))
        await play.talk("delete the reminder check the oven")
        await play.taps("Tomorrow")
        assert (await play.hears(4))[-1] == ENGLISH[Say.REMINDER_GONE]
        assert await play.one("SELECT count(*) FROM schedules") == 0


async def test_who_has_stopped_hears_the_way_back_and_no_promise(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        await play.talk("STOP")
        await play.taps("In an hour")
        assert (await play.hears(4))[2:] == [ENGLISH[Say.STOPPED]] * 2
        assert await play.rows_of().read(reminders.waiting) == []


# --- the same without a button -----------------------------------------------------------------------


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "✅", "💪", "❤️"])
async def test_a_thumb_on_the_reminder_is_done_and_is_answered_by_nothing(
    lives: Lives, autojump_clock: MockClock, emoji: str
) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        asked, sent = play.asked_models(), len(play.whatsapp.sent)
        await play.whatsapp.person_reacts(ANA, play.messages()[-1].wamid, emoji)
        await play.quiet()
        assert await answers_of(play) == ["done"]
        # Their thumb stands on it for both to see; on a reaction no other can be put.
        assert len(play.whatsapp.sent) == sent
        assert play.asked_models() == asked
        assert await play.dead() == []


@pytest.mark.parametrize("emoji", ["👎", "😂", "", "🤔"])
async def test_another_reaction_answers_nothing_and_is_not_answered(
    lives: Lives, autojump_clock: MockClock, emoji: str
) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        asked, sent = play.asked_models(), len(play.whatsapp.sent)
        await play.whatsapp.person_reacts(ANA, play.messages()[-1].wamid, emoji)
        await play.quiet()
        assert await answers_of(play) == [""]
        assert (len(play.whatsapp.sent), play.asked_models()) == (sent, asked)
        await play.taps("Done")
        await play.quiet()
        assert await answers_of(play) == ["done"]


async def test_a_thumb_on_anything_else_is_only_kept(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("hello")
        asked = play.asked_models()
        await play.whatsapp.person_reacts(ANA, play.messages()[0].wamid, "👍")
        await play.whatsapp.person_reacts(ANA, "wamid.never", "👍")
        await play.quiet()
        assert len(play.heard()) == 1
        assert play.asked_models() == asked
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE kind = 'reaction' AND direction = 'in'") == 2


@pytest.mark.parametrize("words", ["1", "done", "Done!", "the first", "👍", "yes", "ok", "✅", "did it"])
async def test_typed_words_mean_done(lives: Lives, autojump_clock: MockClock, words: str) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        asked, said = play.asked_models(), play.heard()
        await play.says(words)
        await play.quiet()
        assert await answers_of(play) == ["done"]
        assert play.heard() == said
        assert play.reactions() == ["✅"]
        assert play.asked_models() == asked


@pytest.mark.parametrize(
    ("words", "option", "said"),
    [
        ("2", "hour", "at"),
        ("in an hour", "hour", "at"),
        ("later", "hour", "at"),
        ("3", "tomorrow", "tomorrow at"),
        ("tomorrow", "tomorrow", "tomorrow at"),
        ("tomorrow please", "tomorrow", "tomorrow at"),
    ],
)
async def test_typed_words_mean_later(
    lives: Lives, autojump_clock: MockClock, words: str, option: str, said: str
) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        asked = play.asked_models()
        assert (await play.talk(words)).startswith(f"Okay, I'll remind you again {said} ")
        assert await answers_of(play) == [option]
        assert play.asked_models() == asked


@pytest.mark.parametrize(
    ("words", "option"),
    [("1", "done"), ("listo", "done"), ("hecho", "done"), ("mañana", "tomorrow"), ("luego", "hour")],
)
async def test_in_spanish_too(lives: Lives, autojump_clock: MockClock, words: str, option: str) -> None:
    async with lives(at("2026-11-23 08:30", "America/Bogota")) as play:
        await play.knows(zone="America/Bogota", locale="es-CO")
        await play.talk("recuérdame en 15 minutos apagar el horno")
        await play.hears(2, within=1500)
        assert list(play.offers()) == ["Hecho", "En una hora", "Mañana"]
        asked = play.asked_models()
        await play.says(words)
        await play.quiet()
        assert await answers_of(play) == [option]
        assert play.asked_models() == asked
        if option == "tomorrow":
            assert play.heard()[-1] == "Vale, te lo recuerdo otra vez mañana a las 08:45."


async def test_a_workout_is_not_done_because_a_reminder_is(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await rings(play)
        await play.says("did it")
        await play.quiet()
        assert await answers_of(play) == ["done"]
        assert await play.one("SELECT state FROM workouts") == "planned"
        await play.talk("did it")  # nothing is asked now: it is the run
        assert await play.one("SELECT state FROM workouts") == "done"


async def test_words_that_quote_an_earlier_reminder_answer_that_one(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("remind me in 20 minutes to check the oven")
        await play.talk("remind me in 25 minutes to call John")
        await play.hears(4, within=2000)
        oven = next(sent for sent in play.messages() if sent.text == RINGS)
        await play.says("in an hour", quoted=oven.wamid)
        await play.hears(5)
        assert [each.text for each in await play.rows_of().read(reminders.waiting)] == ["check the oven"]
        assert await answers_of(play) == ["hour", ""]
        await play.taps("Done")
        await play.quiet()


async def test_other_words_after_a_reminder_are_words(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        assert "7.00" in await play.talk("I spent $7 on coffee")
        assert await answers_of(play) == [""]
        await play.taps("Done")  # the button stands as long as it did
        await play.quiet()
        assert await answers_of(play) == ["done"]


# --- once, for whom, and for how long ----------------------------------------------------------------


@pytest.mark.parametrize("second", ["Done", "In an hour"])
async def test_a_second_tap_is_answered_and_does_nothing(lives: Lives, autojump_clock: MockClock, second: str) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        asked = play.asked_models()
        await play.taps("Done")
        await play.quiet(20)
        await play.taps(second)
        assert (await play.hears(3))[-1] == ENGLISH[Say.TAP_OVER]
        await play.taps(second)  # a third at once hears nothing new
        await play.quiet(4 * 3600)
        assert len(play.heard()) == 3
        assert play.reactions() == ["✅"]
        assert play.heard().count(RINGS) == 1
        assert play.asked_models() == asked


async def test_two_taps_in_one_moment_have_one_effect(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        await play.taps("In an hour")
        await play.taps("In an hour")
        await play.quiet(2 * 3600)
        assert play.heard().count(RINGS) == 2
        assert play.heard().count(ENGLISH[Say.TAP_OVER]) == 1
        assert await play.one("SELECT count(*) FROM schedules") == 1


async def test_a_tap_that_meta_delivers_again_acts_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        play.whatsapp.deliveries.faults.add(Duplicate(times=3))
        wamid = await play.taps("In an hour")
        await play.quiet(60)
        await play.taps("In an hour", external_id=wamid)  # and once more, in another webhook
        await play.quiet(3 * 3600)
        assert len(play.heard()) == 4
        assert play.heard().count(RINGS) == 2
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE kind = 'tap'") == 1


async def test_a_tap_after_two_days_is_answered_kindly_and_does_nothing(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        token = play.offers()["In an hour"]
    async with lives(after(days=2, minutes=30)) as play:
        await play.whatsapp.person_taps(ANA, token, "In an hour")
        assert await play.hears(1) == [ENGLISH[Say.TAP_EXPIRED]]
        await play.quiet(2 * 3600)
        assert await play.rows_of().read(reminders.waiting) == []
        assert await answers_of(play) == [""]
        assert play.asked_models() == 0


async def test_a_button_of_years_ago_is_answered_kindly(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows(locale="es-CO")
        bound = Bound(play.ids[ANA], "reminder", "0190-long-forgotten", datetime(2024, 1, 1, tzinfo=UTC))
        await play.whatsapp.person_taps(ANA, actions.token(SECRET, bound, "hour"), "En una hora")
        assert await play.hears(1) == [SPANISH[Say.TAP_EXPIRED]]
        assert play.asked_models() == 0


async def test_anothers_button_does_nothing_for_either(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await rings(play, BEN)
        stolen = play.offers(BEN)["In an hour"]
        await play.whatsapp.person_taps(ANA, stolen, "In an hour")
        assert await play.hears(1) == [ENGLISH[Say.TAP_EXPIRED]]
        await play.quiet(2 * 3600)
        assert play.heard(BEN).count(RINGS) == 1
        assert await answers_of(play) == [""]
        assert await play.rows_of(BEN).read(reminders.waiting) == []


async def test_a_forged_or_relabelled_button_does_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        genuine = play.offers()["Done"]
        (row,) = await play.rows("SELECT id FROM pending_actions")
        pending = await play.rows_of().read(pending_actions.load, row["id"])
        assert pending is not None
        bound = pending.bound
        forged = [
            genuine.replace(".done.", ".hour."),
            f"{genuine[:-1]}{'A' if genuine[-1] != 'A' else 'B'}",
            actions.token(b"another secret", bound, "hour"),
            actions.token(SECRET, Bound(bound.user_id, "stop_question", bound.action_id, bound.expires_at), "hour"),
            actions.token(
                SECRET, Bound(bound.user_id, bound.purpose, bound.action_id, bound.expires_at + timedelta(1)), "hour"
            ),
        ]
        for number, token in enumerate(forged):
            await play.quiet(70)
            await play.whatsapp.person_taps(ANA, token, "In an hour")
            assert (await play.hears(3 + number))[-1] == ENGLISH[Say.TAP_EXPIRED]
        assert await answers_of(play) == [""]
        assert await play.rows_of().read(reminders.waiting) == []
        await play.taps("Done")  # the genuine one still works
        await play.quiet()
        assert await answers_of(play) == ["done"]


@pytest.mark.parametrize("payload", ["buy_now", "ivy1", "ivy1.x", "ivy0.a.b.c", "📎" * 60, "a" * 256])
async def test_a_payload_nobody_knows_is_words(lives: Lives, autojump_clock: MockClock, payload: str) -> None:
    async with lives() as play:
        await play.knows()
        await play.whatsapp.person_taps(ANA, payload, "I spent $7 on coffee")
        assert "7.00" in (await play.hears(1))[0]
        assert await play.one("SELECT count(*) FROM expenses") == 1


async def test_stop_as_the_title_of_any_button_stops(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.whatsapp.person_sends(ANA, payloads.template_tap("some-payload", "STOP"))
        assert await play.hears(1) == [ENGLISH[Say.STOPPED]]
        assert await play.one("SELECT status FROM users") == "stopped"


# --- outside the window ------------------------------------------------------------------------------


async def approve_templates(play: Play) -> None:
    """Submit the pack and wait for its review."""
    async with open_client(transport=in_process(play.whatsapp.app)) as http:
        graph = Graph(http, base_url=world.ORIGIN, version="v26.0", token=world.TOKEN, app_secrets=(world.APP_SECRET,))
        library = TemplateLibrary(graph, world.WABA)
        operator = await as_operator(
            play.world.store, actor="test", reason="a test", action="submit", at_ms=play.now_ms
        )
        await template_submission.submit(library, operator, pack(), play.world.clock)
    await play.quiet(600)


@pytest.mark.parametrize(("button", "option"), [(0, "done"), (1, "hour")])
async def test_a_templates_quick_reply_does_what_the_button_does(
    lives: Lives, autojump_clock: MockClock, button: int, option: str
) -> None:
    async with lives() as play:
        await play.knows()
        await approve_templates(play)
        await play.talk("remind me tomorrow at 6pm to check the oven")
        await play.hears(2, within=40 * 3600)
        sent = play.messages()[-1]
        assert sent.type == "template"
        tokens = [
            part["parameters"][0]["payload"]
            for part in sent.request["template"]["components"]
            if part["type"] == "button"
        ]
        assert len(tokens) == 2
        asked = play.asked_models()
        tap = payloads.template_tap(tokens[button], ["Done", "Later"][button])
        await play.whatsapp.person_sends(ANA, tap, quoted=sent.wamid)
        await play.quiet(60)
        assert await answers_of(play) == [option]
        assert play.reactions() == (["✅"] if option == "done" else [])
        assert len(play.heard()) == (2 if option == "done" else 3)
        await play.quiet(2 * 3600)
        assert play.heard().count(RINGS) == (0 if option == "done" else 1)  # now as a text: the tap opened the window
        assert play.asked_models() == asked


# --- workouts, silence, choices ----------------------------------------------------------------------


async def two_workouts(play: Play) -> None:
    await play.talk("plan a run today")
    await play.talk("plan a yoga workout today")


async def test_done_with_two_workouts_open_offers_both_and_a_tap_logs_one(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await two_workouts(play)
        asked, used = play.asked_models(), await play.usage()
        question = await play.talk("done")
        assert "run" in question and "yoga" in question
        assert list(play.offers()) == ["run", "yoga"]
        tapped = await play.taps("yoga")
        said = (await play.hears(4))[-1]
        assert "yoga" in said and "day 1 of your streak" in said
        await play.quiet()
        assert len(play.heard()) == 4
        (reaction,) = [each for each in play.whatsapp.sent if each.type == "reaction"]
        assert reaction.request["reaction"] == {"message_id": tapped, "emoji": "✅"}
        states = {row["kind"]: row["state"] for row in await play.rows("SELECT kind, state FROM workouts")}
        assert states == {"run": "planned", "yoga": "done"}
        assert (await play.rows_of().read(streaks.current)).current == 1
        assert (play.asked_models(), await play.usage()) == (asked, used)
        await play.taps("run")  # the question had one answer; this is no second
        assert (await play.hears(5))[-1] == ENGLISH[Say.TAP_OVER]
        assert await play.one("SELECT count(*) FROM workouts WHERE state = 'done'") == 1


async def test_five_workouts_are_a_list(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for kind in ("run", "yoga workout", "swim", "walk", "bike ride"):
            await play.talk(f"plan a {kind} today")
        asked = play.asked_models()
        await play.talk("skip")
        sent = play.messages()[-1]
        assert sent.request["interactive"]["type"] == "list"
        assert len(play.offers()) == 5
        await play.taps(list(play.offers())[3])
        await play.hears(7)
        assert await play.one("SELECT count(*) FROM workouts WHERE state = 'skipped'") == 1
        assert play.reactions() == []
        assert play.asked_models() == asked


async def test_a_stop_like_sentence_has_three_buttons_and_only_calls_stops_calls(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.rows_of().write(consents.record, Purpose.CALLS, granted=True, proof="test", now=play.now)
        assert await play.talk("please stop messaging me") == ENGLISH[Say.STOP_QUESTION]
        assert list(play.offers()) == ["Just today", "Only calls", "Everything"]
        await play.taps("Only calls")
        assert (await play.hears(2))[-1] == ENGLISH[Say.STOP_CALLS]
        assert await play.rows_of().read(consents.current) == {Purpose.MESSAGES}
        assert await play.one("SELECT suspended_until_ms FROM users") is None
        await play.quiet(61)
        await play.taps("Just today")
        assert (await play.hears(3))[-1] == ENGLISH[Say.TAP_OVER]
        assert await play.one("SELECT suspended_until_ms FROM users") is None
        assert play.asked_models() == 0


@pytest.mark.parametrize("days", [0, 8])
async def test_everything_is_heard_even_where_the_question_is_over(
    lives: Lives, autojump_clock: MockClock, days: int
) -> None:
    """A wish for silence is never told that it is too late."""
    async with lives() as play:
        await play.knows()
        await play.talk("please stop messaging me")
        token = play.offers()["Everything"]
        if not days:
            await play.taps("Just today")
            await play.hears(2)
    async with lives(after(days=days, hours=1)) as play:
        await play.whatsapp.person_taps(ANA, token, "Everything")
        assert await play.hears(1) == [ENGLISH[Say.STOPPED]]
        assert await play.one("SELECT status FROM users") == "stopped"
        assert await play.rows_of().read(consents.current) == frozenset()
        await play.whatsapp.person_taps(ANA, token, "Everything")  # and once is enough
        assert (await play.hears(2))[-1] == ENGLISH[Say.TAP_OVER]


def choosing(*options: str, ask: str = "What shall it be?", answer: str = "So be it.") -> tuple[Brain, list[str]]:
    """Return a mind that offers these options when greeted, and what it was given to answer after that."""
    given: list[str] = []

    def think(seen: BrainInput) -> BrainOutput | None:
        if seen.results:
            return BrainOutput(ask)
        if seen.words == "hello":
            return BrainOutput(calls=(BrainCall("offer_choices", {"options": list(options)}),))
        given.append(seen.words.rpartition(") ")[2])  # a tap quotes what it stands under
        return BrainOutput(answer)

    return Brain(Registry(families()).examples(), scripted=think), given


async def test_choices_stand_under_the_reply_and_a_tap_is_answered_by_a_turn(
    lives: Lives, autojump_clock: MockClock
) -> None:
    brain, given = choosing("Run", "Swim", "Rest")
    async with lives(brain=brain) as play:
        await play.knows()
        await play.rows_of().read(streaks.current)
        assert await play.talk("hello") == "What shall it be?"
        assert list(play.offers()) == ["Run", "Swim", "Rest"]
        asked = play.asked_models()
        await play.taps("Swim")
        assert (await play.hears(2))[-1] == "So be it."
        await play.quiet()
        assert given == ["Swim"]
        assert play.asked_models() == asked + 1
        assert len(play.heard()) == 2
        assert await answers_of(play, "choice") == ["1"]
        await play.taps("Run")
        assert (await play.hears(3))[-1] == ENGLISH[Say.TAP_OVER]
        assert given == ["Swim"]


async def test_a_choice_means_what_the_model_asked_and_no_workout(lives: Lives, autojump_clock: MockClock) -> None:
    brain, given = choosing("Done", "Rest", "Skip")
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
    for words in ("Rest", "rest"):  # tapped, and typed
        async with lives(brain=brain) as play:
            await play.talk("hello")
            await (play.taps(words) if words == "Rest" else play.says(words))
            await play.hears(2)
            assert await play.one("SELECT state FROM workouts") == "planned"
    assert given == ["Rest", "rest"]


@pytest.mark.parametrize("words", ["2", "the second", "Swim", "swim please"])
async def test_a_choice_may_be_typed(lives: Lives, autojump_clock: MockClock, words: str) -> None:
    brain, given = choosing("Run", "Swim", "Rest")
    async with lives(brain=brain) as play:
        await play.knows()
        await play.talk("hello")
        assert await play.talk(words) == "So be it."
        assert given == [words]
        assert await answers_of(play, "choice") == ["1"]


async def test_ten_options_are_a_list(lives: Lives, autojump_clock: MockClock) -> None:
    options = [f"Option number {number}" for number in range(10)]
    brain, given = choosing(*options)
    async with lives(brain=brain) as play:
        await play.knows()
        await play.talk("hello")
        assert play.messages()[-1].request["interactive"]["type"] == "list"
        assert list(play.offers()) == options
        await play.taps(options[9])
        await play.hears(2)
        assert given == [options[9]]


@pytest.mark.parametrize(
    "options",
    [
        ["One"],
        [f"Option {number}" for number in range(31)],
        ["Yes", "yes"],
        ["A title that is far too long for any row"],
        ["Go on", "Stop"],
        ["Go on", "BAJA"],
    ],
    ids=["one", "too many", "twins", "long", "stop", "baja"],
)
async def test_options_that_cannot_be_are_told_to_the_model_and_the_person_gets_its_words(
    lives: Lives, autojump_clock: MockClock, options: list[str]
) -> None:
    brain, _given = choosing(*options)
    async with lives(brain=brain) as play:
        await play.knows()
        assert await play.talk("hello") == "What shall it be?"
        assert play.messages()[0].type == "text"
        assert await play.one("SELECT count(*) FROM pending_actions") == 0
        assert await play.one("SELECT status FROM tool_executions") == "failed"


async def test_a_model_that_says_it_all_beside_its_call_is_not_made_a_failure(
    lives: Lives, autojump_clock: MockClock
) -> None:
    def think(seen: BrainInput) -> BrainOutput | None:
        if seen.results:
            return BrainOutput("")
        return BrainOutput("Run or swim?", (BrainCall("offer_choices", {"options": ["Run", "Swim"]}),))

    async with lives(brain=Brain(Registry(families()).examples(), scripted=think)) as play:
        await play.knows()
        assert await play.talk("hello") == "Run or swim?"
        assert list(play.offers()) == ["Run", "Swim"]


async def test_a_choice_tapped_a_day_later_is_answered_kindly(lives: Lives, autojump_clock: MockClock) -> None:
    brain, given = choosing("Run", "Swim")
    async with lives(brain=brain) as play:
        await play.knows()
        await play.talk("hello")
        await play.quiet(25 * 3600)
        await play.taps("Run")
        assert (await play.hears(2))[-1] == ENGLISH[Say.TAP_EXPIRED]
        assert given == []


# --- what support reads ------------------------------------------------------------------------------


async def test_why_tells_the_story_of_a_tap(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        wamid = await play.taps("In an hour")
        await play.hears(3)
        await play.quiet(61)
        again = await play.taps("Done")
        await play.quiet(20)
        told = await play.story(wamid)
        for words in (
            "message in: Ana tapped on whatsapp: “In an hour”",
            "it needed no model (a keyword, a tap, a quick reply, or nothing to answer)",
            "question: Ivy asked something (reminder): Done, In an hour, Tomorrow. It could be answered until 2026-11-25",
            "question: It was answered: In an hour, by message ",
            "message out: To Ana, decided by Ivy, without a model: “Okay, I'll remind you again at ",
            "whatsapp says: delivered.",
            "Nothing of it is open.",
        ):
            assert words in told, (words, told)
        late = await play.story(again)
        assert "question: What it answers was over already." in late
        assert ENGLISH[Say.TAP_OVER] in late
        asked = await play.one("SELECT id FROM messages_v2 WHERE action_id <> ''")
        assert "It was answered: In an hour" in await play.story(asked)


async def test_why_tells_of_reactions_and_of_buttons_that_were_none(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await rings(play)
        thumb = await play.whatsapp.person_reacts(ANA, play.messages()[-1].wamid, "👍")
        await play.quiet(20)
        told = await play.story(thumb)
        assert "message in: Ana reacted on whatsapp with 👍" in told
        assert "question: It was answered: Done, by message " in told
        forged = await play.whatsapp.person_taps(ANA, f"{play.offers()['Done']}x", "Done")
        unknown = await play.whatsapp.person_taps(ANA, "buy_now", "hello")
        old = Bound(play.ids[ANA], "reminder", "gone", datetime(2024, 1, 1, tzinfo=UTC))
        gone = await play.whatsapp.person_taps(ANA, actions.token(SECRET, old, "done"), "Done")
        await play.quiet(60)
        assert "What it answers was over already." in await play.story(forged)
        assert "Its button is none that Ivy signed: its title counts as words." in await play.story(unknown)
        assert "Its token is not one of theirs." in await play.story(gone)


async def test_why_tells_that_a_message_was_held_and_left_as_a_template(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await approve_templates(play)
        await play.talk("remind me tomorrow at 6pm to check the oven")
        await play.hears(2, within=40 * 3600)
        reminder = await play.one("SELECT id FROM messages_v2 WHERE kind = 'template'")
        assert "left for whatsapp as a template, since the window was closed." in await play.story(reminder)


async def test_why_tells_that_another_channel_carried_it(lives: Lives, autojump_clock: MockClock) -> None:
    config = Config(sms=SmsSection(enabled=True))
    async with lives(config=config) as play:
        await play.knows()
        await play.talk("remind me tomorrow at 6pm to check the oven")
        await play.quiet(36 * 3600)  # no template is approved: it goes by SMS
        (sms,) = await play.rows("SELECT * FROM messages_v2 WHERE channel = 'sms'")
        told = await play.story(sms["id"])
        assert f"To Ana on sms, in place of message {sms['instead_of']}, decided by Ivy" in told
        assert "A message is cancelled: goes by sms: window closed" in told
