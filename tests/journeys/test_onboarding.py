"""From "hola" to a booked call in five messages, at any step left and gone on with, and one question a day after that."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from trio.testing import MockClock

from ivy.config import AdmissionSection, CallsSection, CharitySection, Config, GivingSection, VoiceSection
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from tests.journeys.play import ANA, BEN, Lives, Play, after

COLOMBIA = "+573001234567"
SPAIN = "+34611234567"
BSUID = "CO.1234567890123"
NOON = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
"""3:30 pm in Bogotá."""
GIVING = GivingSection(
    charities={"trees": CharitySection(name="Trees for All"), "water": CharitySection(name="Clean Water")}
)


def config(*, voice: bool = True, imported: bool = True, policy: str = "open") -> Config:
    """Return an Ivy with an open door, who can phone everybody."""
    return Config(
        admission=AdmissionSection(policy=policy),
        voice=VoiceSection(enabled=voice, number_is_imported=imported),
        giving=GIVING,
    )


def asks(words: Mapping[Say, str], key: Say) -> str:
    """Return the question how and when, with what else it names."""
    return f"{words[Say.ONB_SUMS_UP]} {words[key]}"


async def slots(play: Play) -> list[tuple[str, str, str]]:
    found = await play.rows("SELECT kind, by, at FROM call_slots WHERE state = 'on' ORDER BY kind")
    return [(row["kind"], row["by"], row["at"]) for row in found]


async def agreed(play: Play) -> set[str]:
    rows = await play.rows("SELECT DISTINCT purpose FROM consents WHERE granted = 1")
    return {row["purpose"] for row in rows}


async def taps(play: Play, title: str, who: str) -> str:
    """Tap what is offered and return what is said to it."""
    before = len(play.messages(who))
    await play.taps(title, who)
    return (await play.hears(before + 1, who))[before]


# --- to the first call -------------------------------------------------------------------------------


async def test_from_hola_to_a_booked_call_in_three_messages(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=config()) as play:
        await play.says("hola", COLOMBIA, name="Ana María")
        (welcome,) = await play.hears(1, COLOMBIA)
        assert "Ana María" in welcome and " IA" in welcome and "STOP" in welcome
        assert "¿el reloj marca 15:30?" in welcome
        assert await taps(play, "Sí", COLOMBIA) == asks(SPANISH, Say.ONB_CONTACT)
        booked = await taps(play, "Llámame a las 07:00", COLOMBIA)
        assert SPANISH[Say.ONB_BOOKED_CALL].format(day="mañana", time="07:00") in booked
        assert "+15550102040" in booked and SPANISH[Say.ONB_VOICE] in booked
        await play.quiet()
        *three, card = play.messages(COLOMBIA)
        assert len(three) == 3
        assert card.request["contacts"][0]["phones"][0]["phone"] == "+15550102040"
        assert play.asked_models() == 0
        (user,) = await play.rows("SELECT name, status, locale, zone, phone, mode FROM users")
        assert user == {
            "name": "Ana María",
            "status": "active",
            "locale": "es-CO",
            "zone": "America/Bogota",
            "phone": COLOMBIA,
            "mode": "voice",
        }
        (due,) = await play.rows("SELECT s.next_wall, s.zone FROM schedules s WHERE s.kind = 'call_slot'")
        assert due == {"next_wall": "2026-11-24T07:00:00", "zone": "America/Bogota"}


async def test_a_consent_is_kept_with_who_when_and_which_words_and_stands_on_the_slot(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON, config=config()) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        await taps(play, "Sí", COLOMBIA)
        await taps(play, "Llámame a las 07:00", COLOMBIA)
        (kept,) = await play.rows(
            "SELECT purpose, granted, proof FROM consents WHERE id = (SELECT consent_id FROM call_slots)"
        )
        assert (kept["purpose"], kept["granted"]) == ("calls", 1)
        assert all(part in kept["proof"] for part in ("whatsapp", "2026-11-23", "Llámame a las 07:00", "soy una IA"))
        assert await agreed(play) == {"messages", "calls"}


@pytest.mark.parametrize(
    ("answers", "is_on"),
    [
        (["Llámame a las 7"], True),
        (["Llámame a las 7, sin resumen"], False),
        (["sin resumen por favor", "a las 7, llámame"], False),
        (["no quiero el resumen semanal", "Llámame a las 07:00"], False),
    ],
)
async def test_the_weekly_summary_is_named_and_agreed_to_with_the_schedule(
    lives: Lives, autojump_clock: MockClock, answers: list[str], is_on: bool
) -> None:
    async with lives(NOON, config=config()) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        assert SPANISH[Say.ONB_SUMS_UP] in await taps(play, "Sí", COLOMBIA)
        assert await play.one("SELECT count(*) FROM schedules WHERE kind = 'weekly_summary'") == 0
        for answer in answers:
            is_offered = answer in play.offers(COLOMBIA)
            await (taps(play, answer, COLOMBIA) if is_offered else play.talk(answer, COLOMBIA))
        last = next(text for text in reversed(play.heard(COLOMBIA)) if text)
        assert "Agendado" in last and SPANISH[Say.ONB_SUMMARY] not in last
        assert await play.one("SELECT count(*) FROM schedules WHERE kind = 'weekly_summary'") == is_on
        kept = await play.rows(
            "SELECT state, words, source FROM topics WHERE topic = 'weekly_workouts' AND state = 'on'"
        )
        assert len(kept) == is_on
        for row in kept:
            assert row["source"] == "onboarding"
            assert all(part in row["words"] for part in ("Llámame a las 7", "te resumo la semana"))


async def test_who_was_not_asked_about_the_weekly_summary_gets_none_and_hears_how_to_have_it(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        assert ENGLISH[Say.ONB_SUMMARY] in await play.talk("yes, and call me at 6:30")
        assert await play.one("SELECT count(*) FROM schedules WHERE kind IN ('weekly_summary', 'prewrite')") == 0
        assert await play.one("SELECT count(*) FROM schedules WHERE kind = 'day_close'") == 1
        await play.quiet()
        assert "every Sun" in await play.talk("send me the weekly summary")
        assert await play.one("SELECT count(*) FROM schedules WHERE kind = 'weekly_summary'") == 1
        assert await play.one("SELECT state FROM topics WHERE topic = 'weekly_workouts'") == "on"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("yes, and call me at 6:30", ("morning", "voice", "06:30")),
        ("Yes. Text me at 8", ("morning", "text", "08:00")),
        ("yes, both, weekdays at 7:15", ("morning", "voice", "07:15")),
    ],
)
async def test_one_message_may_tell_several_things(
    lives: Lives, autojump_clock: MockClock, answer: str, expected: tuple[str, str, str]
) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        assert "Booked" in await play.talk(answer)
        assert await slots(play) == [expected]
        assert play.asked_models() == 0


@pytest.mark.parametrize(
    ("answer", "zone"),
    [
        ("Madrid", "Europe/Madrid"),
        ("no, I'm in Los Angeles", "America/Los_Angeles"),
        ("it's 8:02 am here", "America/Chicago"),
        ("Estoy en Bogotá ahora", "America/Bogota"),
    ],
)
async def test_where_somebody_is_can_be_said_in_words(
    lives: Lives, autojump_clock: MockClock, answer: str, zone: str
) -> None:
    async with lives(config=config()) as play:
        await play.says("hello")
        await play.hears(1)
        if zone == "America/Chicago":
            await taps(play, "No", ANA)
        assert await play.talk(answer) == asks(ENGLISH, Say.ONB_CONTACT)
        assert await play.one("SELECT zone FROM users") == zone


async def test_several_zones_are_a_list_and_none_is_assumed(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=config()) as play:
        await play.says("hola", SPAIN)
        await play.hears(1, SPAIN)
        assert list(play.offers(SPAIN)) == ["21:30 Madrid", "20:30 Canary", "Otra hora"]
        assert await play.one("SELECT zone FROM users") == "UTC"
        assert await taps(play, "20:30 Canary", SPAIN) == asks(SPANISH, Say.ONB_CONTACT)
        assert await play.one("SELECT zone FROM users") == "Atlantic/Canary"


async def test_another_zone_costs_one_message_more_and_five_are_enough(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=config()) as play:
        await play.says("hola", BSUID, name="Luz")  # no phone shows: the country of the id is all there is
        assert "15:30" in (await play.hears(1, BSUID))[0]
        assert "ciudad" in await taps(play, "No", BSUID)
        assert await play.talk("Madrid", BSUID) == asks(SPANISH, Say.ONB_CONTACT)
        asked = await taps(play, "Llámame a las 07:00", BSUID)
        assert asked == SPANISH[Say.ONB_PHONE]
        assert play.messages(BSUID)[-1].request["interactive"]["type"] == "request_contact_info"
        await shares(play, BSUID, "+573009876543")
        heard = await play.hears(5, BSUID)
        assert SPANISH[Say.ONB_BOOKED_CALL].format(day="mañana", time="07:00") in heard[4]
        assert len(heard) == 5
        assert await play.one("SELECT phone FROM users") == "+573009876543"


async def shares(play: Play, who: str, phone: str) -> None:
    card = {"origin": "contact_request", "phones": [{"phone": phone, "wa_id": phone.removeprefix("+")}]}
    await play.whatsapp.person_sends(who, {"type": "contacts", "contacts": [card]})


async def test_who_would_rather_not_give_a_number_gets_texts(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=config()) as play:
        await play.says("hola", BSUID)
        await play.hears(1, BSUID)
        await taps(play, "Sí", BSUID)
        await taps(play, "Llámame a las 07:00", BSUID)
        booked = await play.talk("mejor mensajes", BSUID)
        assert SPANISH[Say.ONB_BOOKED_TEXT].format(day="mañana", time="07:00") in booked
        assert await slots(play) == [("morning", "text", "07:00")]


async def test_calls_for_which_there_are_no_minutes_are_booked_in_writing_and_that_is_said(
    lives: Lives, autojump_clock: MockClock
) -> None:
    few = replace(config(), calls=CallsSection(minutes_per_person_month=70))
    async with lives(NOON, config=few) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        await taps(play, "Sí", COLOMBIA)
        booked = await taps(play, "Llámame a las 07:00", COLOMBIA)
        assert booked.startswith(SPANISH[Say.ONB_NO_MINUTES])
        assert SPANISH[Say.ONB_BOOKED_TEXT].format(day="mañana", time="07:00") in booked
        assert await slots(play) == [("morning", "text", "07:00")]


async def test_a_number_that_cannot_be_phoned_is_said_at_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=config(imported=False)) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        await taps(play, "Sí", COLOMBIA)
        booked = await taps(play, "Llámame a las 07:00", COLOMBIA)
        assert booked.startswith(SPANISH[Say.ONB_UNREACHED])
        assert await slots(play) == [("morning", "text", "07:00")]
        assert await play.one("SELECT mode FROM users") == "text"


async def test_where_ivy_does_not_phone_only_texts_are_offered(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config(voice=False)) as play:
        await play.says("hi")
        await play.hears(1)
        assert await taps(play, "Yes", ANA) == asks(ENGLISH, Say.ONB_CONTACT_TEXT)
        assert list(play.offers()) == ["Write to me, 7:00 am"]
        await play.talk("at 6:45")
        assert await slots(play) == [("morning", "text", "06:45")]


async def test_half_a_minute_to_know_the_voice_is_a_call_that_was_asked_for(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        await taps(play, "Yes", ANA)
        await taps(play, "Call me at 7:00 am", ANA)
        await play.quiet()
        assert await taps(play, "Call me now", ANA) == ENGLISH[Say.ONB_CALLING]
        (call,) = await play.rows("SELECT kind, asked_by, chosen FROM calls")
        assert call == {"kind": "hello", "asked_by": "person", "chosen": 1}


# --- what gets in between ----------------------------------------------------------------------------


async def test_other_words_are_answered_and_the_question_comes_back(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        await taps(play, "Yes", ANA)
        assert "7.00" in await play.talk("I spent $7 on coffee this morning")
        await play.quiet(900)
        assert play.heard()[-1] == asks(ENGLISH, Say.ONB_CONTACT)
        assert "Booked" in await taps(play, "Write to me, 7:00 am", ANA)


async def test_what_cannot_be_read_is_asked_once_more_then_offered(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        await taps(play, "Yes", ANA)
        assert await play.talk("early morning") == ENGLISH[Say.ONB_CONTACT_AGAIN]
        assert len(play.offers()) == 3
        assert await play.talk("early early morning") == ENGLISH[Say.ONB_CONTACT_AGAIN]
        assert len(play.offers()) == 9
        assert play.asked_models() == 0
        assert "Booked" in await taps(play, "Call me at 6:30 am", ANA)


async def test_later_is_no_wall_and_continue_is_the_way_back(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        assert await play.talk("later") == ENGLISH[Say.ONB_LATER]
        assert "7.00" in await play.talk("I spent $7 on coffee")
        assert "is it" in await play.talk("continue")
        assert await taps(play, "Yes", ANA) == asks(ENGLISH, Say.ONB_CONTACT)


async def test_another_name_is_taken_and_the_question_stays(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi", name="~*ana*~")
        await play.hears(1)
        assert (await play.talk("call me Ana")).startswith(ENGLISH[Say.ONB_NAMED].format(name="Ana"))
        assert await play.one("SELECT name FROM users") == "Ana"
        assert await taps(play, "Yes", ANA) == asks(ENGLISH, Say.ONB_CONTACT)


async def test_stop_ends_it_and_nothing_comes_back(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        await play.talk("STOP")
        said = len(play.heard())
        await play.quiet(3 * 86400)
        assert len(play.heard()) == said
        assert await play.dead() == []


async def test_who_never_answers_is_asked_three_times_at_most(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        await play.quiet(10 * 86400)
        assert len(play.heard()) <= 3
        assert await play.dead() == []


async def test_an_invite_says_who_pays_and_where_they_live(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config(policy="invite")) as play:
        await play.knows(
            BEN, name="Ben", phone=None, status="invited", invite_code="IVY-7K3M-Q2", zone="America/Bogota"
        )
        await play.says("IVY-7K3M-Q2", "+12025550188")
        (welcome,) = await play.hears(1, "+12025550188")
        assert welcome.startswith("Welcome, Ben!")
        assert "is it 9:00 am where you are?" in welcome
        await play.quiet(60)
        assert play.asked_models() == 0


# --- left and gone on with ---------------------------------------------------------------------------

STEPS: list[Any] = ["hola", "Sí", "Llámame a las 07:00"]


@pytest.mark.parametrize("dropped_after", range(1, 3))
@pytest.mark.parametrize("abrupt", [False, True], ids=["in peace", "abrupt"])
async def test_dropped_at_any_step_it_is_gone_on_with_in_another_life(
    lives: Lives, autojump_clock: MockClock, dropped_after: int, *, abrupt: bool
) -> None:
    async with lives(NOON, config=config(), abrupt=abrupt) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        for title in STEPS[1:dropped_after]:
            await taps(play, title, COLOMBIA)
        await play.quiet(5)
    async with lives(NOON + timedelta(hours=3), config=config()) as play:
        before = len(play.messages(COLOMBIA))
        await play.says("continuar", COLOMBIA)
        await play.hears(before + 1, COLOMBIA)
        for title in STEPS[dropped_after:]:
            await taps(play, title, COLOMBIA)
        assert await slots(play) == [("morning", "voice", "07:00")]
        assert await play.one("SELECT zone FROM users") == "America/Bogota"
        assert await agreed(play) == {"messages", "calls"}


async def test_dropped_after_every_single_answer_all_is_known_in_the_end(
    lives: Lives, autojump_clock: MockClock
) -> None:
    answers = [
        "No",
        "Madrid",
        "Both, at 7:00 am",
        "Yes",
        "My employer",
        "Move more",
        "6",
        "6, as I said",
        "Clean Water",
    ]
    answers += ["COP 25,000", "Yes", "No"]
    async with lives(NOON, config=config(), abrupt=True) as play:
        await play.says("hi", COLOMBIA)
        await play.hears(1, COLOMBIA)
    for number, answer in enumerate(answers, 1):
        async with lives(NOON + timedelta(minutes=20 * number), config=config(), abrupt=True) as play:
            await play.says("continue", COLOMBIA)
            await play.hears(1, COLOMBIA)
            if answer == "Madrid":
                await play.talk(answer, COLOMBIA)
            else:
                await taps(play, answer, COLOMBIA)
            await play.quiet(5)
    async with lives(NOON + timedelta(hours=6), config=config()) as play:
        assert await play.one("SELECT finished_at_ms IS NOT NULL FROM onboardings") == 1
        (user,) = await play.rows("SELECT zone, mode, track, goal, sessions_per_week FROM users")
        assert user == {
            "zone": "Europe/Madrid",
            "mode": "mixed",
            "track": "company",
            "goal": "Move more",
            "sessions_per_week": 6,
        }
        assert await slots(play) == [("evening", "text", "20:30"), ("morning", "voice", "07:00")]
        (wallet,) = await play.rows("SELECT charity, amount_minor, payer FROM impact_wallets")
        assert wallet == {"charity": "water", "amount_minor": 2_500_000, "payer": "employer"}
        assert await agreed(play) == {"messages", "calls", "health"}


# --- one question a day ------------------------------------------------------------------------------


async def test_the_rest_is_asked_one_a_day_after_their_contact_until_all_is_known(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON, config=config(voice=False)) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        await taps(play, "Sí", COLOMBIA)
        await taps(play, "Escríbeme, 07:00", COLOMBIA)
        days = [
            (Say.ONB_HEALTH, ["Sí"]),
            (Say.ONB_TRACK, ["Es algo mío"]),
            (Say.ONB_GOAL, ["correr diez kilómetros"]),
            (Say.ONB_WEEK, ["5", "Empezar con 3"]),
            (Say.ONB_CHARITY, ["Trees for All", "$ 10.000"]),
            (Say.ONB_EVENING, ["a las 9"]),
            (Say.ONB_WEEKLY, ["Sí"]),
        ]
        said = ""
        for number, (key, answers) in enumerate(days, 1):
            await play.until(datetime(2026, 11, 23 + number, 13, 5, tzinfo=UTC))
            question = SPANISH[key].split("{")[0]
            asked = [text for text in play.heard(COLOMBIA) if text.startswith(question)]
            assert len(asked) == 1, (key, play.heard(COLOMBIA)[-4:])
            for answer in answers:
                if answer in play.offers(COLOMBIA):
                    await taps(play, answer, COLOMBIA)
                else:
                    await play.talk(answer, COLOMBIA)
            said = play.heard(COLOMBIA)[-1]
            if number == len(days):
                break
            await play.until(datetime(2026, 11, 23 + number, 18, 0, tzinfo=UTC))
            await play.talk("¿cuánto gasté hoy?", COLOMBIA)  # keeps the window open
        assert said.endswith(f"{SPANISH[Say.ONB_DONE]}\n\n{SPANISH[Say.NUDGE_OFFER_WORKOUTS]}")
        assert await play.one("SELECT count(*) FROM user_preferences WHERE key = 'workout_reminder_minutes'") == 0
        assert await play.talk("sí", COLOMBIA) == SPANISH[Say.NUDGES_WANTED_WORKOUTS].format(workouts=30)
        (user,) = await play.rows("SELECT track, goal, sessions_per_week FROM users")
        assert user == {"track": "individual", "goal": "correr diez kilómetros", "sessions_per_week": 3}
        (wallet,) = await play.rows("SELECT charity, amount_minor, currency, payer FROM impact_wallets")
        assert wallet == {"charity": "trees", "amount_minor": 1_000_000, "currency": "COP", "payer": "self"}
        assert "$ 10.000 prometidos a Trees for All" in await play.talk("hice 40 minutos de bicicleta", COLOMBIA)
        assert await slots(play) == [
            ("evening", "text", "21:00"),
            ("monthly", "text", "18:30"),
            ("morning", "text", "07:00"),
            ("weekly", "text", "18:00"),
        ]
        assert await agreed(play) == {"messages", "health"}
        assert await play.one("SELECT finished_at_ms IS NOT NULL FROM onboardings") == 1
        assert await play.one("SELECT count(*) FROM schedules WHERE ref_id LIKE 'onboarding:%'") == 0


async def test_a_no_to_health_is_kept_as_a_no(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
        await taps(play, "Yes", ANA)
        await taps(play, "Write to me, 7:00 am", ANA)
        assert await play.talk("continue") == ENGLISH[Say.ONB_HEALTH]
        assert await taps(play, "No", ANA) == ENGLISH[Say.ONB_HEALTH_NO]
        assert await agreed(play) == {"messages"}
        assert await play.one("SELECT granted FROM consents WHERE purpose = 'health'") == 0
        assert await play.talk("next") == ENGLISH[Say.ONB_TRACK]


async def test_a_daemon_that_slept_for_days_asks_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=config()) as play:
        await play.says("hi")
        await play.hears(1)
    async with lives(after(days=5), config=config()) as play:
        await play.quiet(3600)
        assert play.heard() == []  # their window is shut: nothing is begun
        assert "is it" in await play.talk("hi")


async def test_an_amount_that_was_offered_in_other_money_is_asked_anew(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON, config=config(voice=False)) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        for answer in ("Sí", "Escríbeme, 07:00", "Sí", "Es algo mío", "correr", "5", "Empezar con 3", "Trees for All"):
            if "$ 10.000" not in play.offers(COLOMBIA) and answer not in play.offers(COLOMBIA):
                await play.says("sigamos", COLOMBIA)
                await play.quiet(3)
            if answer in play.offers(COLOMBIA):
                await taps(play, answer, COLOMBIA)
            else:
                await play.talk(answer, COLOMBIA)
            await play.quiet(3)
        while "$ 10.000" not in play.offers(COLOMBIA):
            await play.talk("sigamos", COLOMBIA)
        await play.talk("desde hoy cuenta en dólares estadounidenses", COLOMBIA)
        await taps(play, "$ 10.000", COLOMBIA)
        assert await play.one("SELECT count(*) FROM impact_wallets") == 0
        assert "US$1,00" in play.offers(COLOMBIA)
