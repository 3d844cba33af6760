"""Words of danger get a human's number at once, a human looks, and the coach is quiet until then."""

from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock

from ivy.agent import call_doors, care
from ivy.config import CharitySection, Config, GivingSection
from ivy.domain.giving import Wallet
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput
from ivy.emulators.faults import Slow
from ivy.emulators.retell_calls import Call as PhoneCall
from ivy.emulators.retell_people import scripted
from ivy.store import people, reviews, wallets
from ivy.store.reviews import Review
from ivy.store.scope import for_user
from ivy.tools.registry import Registry, families
from tests.journeys.play import ANA, MONDAY, Lives, Play, after
from tests.journeys.test_onboarding import COLOMBIA, NOON
from tests.journeys.test_onboarding import config as onboarding_config
from tests.journeys.test_phone_calls import DAWN, VOICE, lives_by_phone, phones

CRY = "I don't want to live anymore"


async def waiting(play: Play) -> list[Review]:
    return await play.world.store.read(lambda connection: reviews.found(connection, every=False))


async def is_cared_for(play: Play, who: str = ANA) -> bool:
    return (await play.rows_of(who).read(people.load)).care_since is not None


async def a_human_looks(play: Play, who: str = ANA) -> bool:
    """Do what `ivy review close` does."""
    context = play.world.daemon.context
    (found,) = await waiting(play)
    person = await play.rows_of(who).read(people.load)
    desk = context.desk_at("whatsapp", context.new_id())
    return await play.rows_of(who).write(
        lambda scope: care.close(scope, person, found.id, by="laura", note="We spoke.", desk=desk)
    )


async def test_a_cry_is_answered_at_once_with_the_number_of_a_human(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        answer = await play.talk(CRY)
        assert "988" in answer and "911" in answer and "AI" in answer
        assert play.asked_models() == 0
        (review,) = await waiting(play)
        assert (review.kind.value, review.words, review.name) == ("self_harm", CRY, "Ana")
        (alert,) = await play.rows("SELECT severity, title FROM alerts")
        assert alert == {"severity": "critical", "title": "Ana may be in danger."}
        again = await play.talk("I want to die")
        assert again != answer and "988" in again
        assert await play.dead() == []


async def test_in_spanish_with_the_lines_of_the_country(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows("+573005550142", locale="es-CO", zone="America/Bogota")
        answer = await play.talk("me quiero morir", "+573005550142")
        assert "106" in answer and "123" in answer
        assert answer.startswith(SPANISH[Say.CARE_SELF_HARM][:20])


async def test_the_coach_is_quiet_and_no_streak_is_spoken_of_until_a_human_looked(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today at 6pm")
        await play.talk("remind me to call mum today at 5pm")
        await play.talk(CRY)
        assert await is_cared_for(play)
        asked = len(play.heard())
        await play.queues("How about a walk?", asked_for=False)
        await play.until(after(hours=9))
        told = play.heard()[asked:]
        assert any("mum" in text.lower() for text in told), "what they asked for still comes"
        assert not any("walk" in text for text in told)
        await play.says("done")  # the reminder
        await play.quiet()
        said = await play.talk("done")
        assert "row" not in said and "streak" not in said.lower()
        await play.talk("what is on today?")
        assert await a_human_looks(play)
        await play.quiet(30)
        assert "How about a walk?" in play.heard()
        assert await play.one("SELECT count(*) FROM alerts WHERE resolved_at_ms IS NULL") == 0


STREAK = "That makes a streak of 5 in a row!"
WORDS = "I ran for 20 minutes"


def boasts(given: BrainInput) -> BrainOutput | None:
    """Write the workout down and then speak of a streak."""
    if WORDS in given.words:
        return BrainOutput(calls=(BrainCall("log_workout", {"kind": "run", "duration": "20 minutes"}),))
    called = [call.tool for turn in given.turns[-2:] for call in turn.calls]
    return BrainOutput(STREAK) if given.results and "log_workout" in called else None


@pytest.mark.parametrize(("seconds", "asked"), [((20, 0), 1), ((0, 20), 2)])
async def test_a_reply_in_the_making_when_the_cry_comes_speaks_of_no_streak(
    lives: Lives, autojump_clock: MockClock, seconds: tuple[float, float], asked: int
) -> None:
    """The order of events: their words, a model asked (first or again), the cry, what the model says."""
    async with lives(brain=Brain(Registry(families()).examples(), scripted=boasts)) as play:
        await play.knows()
        for span in seconds:
            play.world.vendors.faults["anthropic"].add(Slow(span))
        await play.says(WORDS)
        await play.quiet(10)
        assert play.asked_models() == asked
        assert play.heard() == []
        assert "988" in await play.talk(CRY)
        await play.quiet(120)
        assert STREAK not in play.heard()
        assert [text for text in play.heard() if "988" not in text] == [ENGLISH[Say.ONB_NOTED]]
        assert await play.one("SELECT count(*) FROM workouts WHERE state = 'done'") == 1
        (turn,) = await play.rows("SELECT id, state FROM turns")
        assert turn["state"] == "done"
        assert "held back" in await play.story(turn["id"])
        assert await play.dead() == []


async def test_what_is_written_after_the_cry_is_answered_though_the_turn_before_it_read_it(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=Brain(Registry(families()).examples(), scripted=boasts)) as play:
        await play.knows()
        play.world.vendors.faults["anthropic"].add(Slow(20))
        await play.says(WORDS)
        await play.quiet(10)
        await play.talk(CRY)
        await play.says("book dentist on friday at 10am")
        await play.quiet(120)
        assert STREAK not in play.heard()
        assert [text for text in play.heard() if "Booked" in text], play.heard()
        assert await play.one("SELECT count(*) FROM workouts WHERE state = 'done'") == 1
        assert await play.dead() == []


async def test_a_reply_that_was_there_before_the_cry_stands_and_later_ones_are_answered(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=Brain(Registry(families()).examples(), scripted=boasts)) as play:
        await play.knows()
        assert await play.talk(WORDS) == STREAK
        await play.talk(CRY)
        assert "Booked" in await play.talk("book dentist on friday at 10am")


async def test_the_person_may_go_on_before_the_human_does(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(CRY)
        await play.talk("resume your contacts")
        assert not await is_cared_for(play)
        assert len(await waiting(play)) == 1, "a human still looks"


async def test_a_day_that_was_too_much_costs_no_streak(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today at 6pm")
        await play.talk(CRY)
        await play.until(after(days=3))
        outcomes = await play.rows("SELECT * FROM streak_events WHERE outcome = 'missed'")
        assert outcomes == []
        assert len(play.heard()) == 2, "nobody asks what became of the run"


@pytest.mark.parametrize("words", ["are you a bot?", "Am I talking to a human?"])
async def test_what_ivy_is_it_says_without_a_model(lives: Lives, autojump_clock: MockClock, words: str) -> None:
    async with lives() as play:
        await play.knows()
        assert await play.talk(words) == ENGLISH[Say.I_AM_AN_AI]
        assert play.asked_models() == 0


async def test_somebody_who_said_stop_is_still_looked_at(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(MONDAY) as play:
        await play.knows()
        await play.talk("STOP")
        await play.says(CRY)
        await play.quiet()
        assert len(await waiting(play)) == 1


async def test_what_is_known_of_it_goes_with_the_person(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(CRY)
        tables = await play.rows("SELECT user_id FROM reviews")
        assert tables == [{"user_id": play.ids[ANA]}]


# --- until then nothing counts -----------------------------------------------------------------------


async def test_nothing_said_is_a_streak_or_a_pledge(lives: Lives, autojump_clock: MockClock) -> None:
    giving = Config(giving=GivingSection(charities={"water": CharitySection(name="Clean Water")}))
    async with lives(config=giving) as play:
        await play.knows()
        await play.rows_of().write(wallets.save, Wallet("water", 100, "USD", 900, 4000), now=play.now)
        await play.talk("log a run of 30 minutes")
        assert "streak" in play.heard()[-1] and "Clean Water" in play.heard()[-1]
        await play.talk("plan yoga today at 6pm")
        await play.talk(CRY)
        heard = len(play.heard())
        asks = (
            "stats",
            "log a swim of 20 minutes",
            "undo my last workout",
            "use a reserve day today",
            "show my streak",
        )
        for words in (*asks, "today is a rest day", "log a walk of 15 minutes"):
            await play.talk(words)
        said = play.heard()[heard:]
        assert len(said) >= len(asks)
        for word in ("streak", "in a row", "reserve days left", "pledge", "clean water", "milestone"):
            assert [text for text in said if word in text.lower()] == [], word
        assert await a_human_looks(play)
        assert "streak" in (await play.talk("stats")).lower()


async def test_a_first_talk_asks_nothing_more_and_goes_on_once_a_human_looked(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON, config=onboarding_config()) as play:
        await play.says("hola", COLOMBIA)
        await play.hears(1, COLOMBIA)
        await play.taps("Sí", COLOMBIA)
        await play.hears(2, COLOMBIA)
        assert "123" in await play.talk("me quiero morir", COLOMBIA)
        await play.taps("Llámame a las 07:00", COLOMBIA)
        assert (await play.hears(4, COLOMBIA))[3] == SPANISH[Say.ONB_NOTED]
        await play.until(NOON + timedelta(hours=23))
        assert len(play.heard(COLOMBIA)) == 4
        context = play.world.daemon.context
        (found,) = await waiting(play)
        rows = for_user(context.store, found.user_id)
        person = await rows.read(people.load)
        desk = context.desk_at("whatsapp", context.new_id())
        await rows.write(lambda scope: care.close(scope, person, found.id, by="laura", note="", desk=desk))
        assert "07:00" in await play.talk("sigamos", COLOMBIA) or "7:00" in play.heard(COLOMBIA)[-1]


# --- on the phone ------------------------------------------------------------------------------------


def results_of(call: PhoneCall) -> list[str]:
    """Return what the tools of a call told its voice."""
    return [str(each["content"]) for each in call.entries if isinstance(each, dict) and "content" in each]


async def opened_during(play: Play) -> bool:
    """Say whether the one review there is was opened before its call was over."""
    return bool(
        await play.one(
            "SELECT opened_at_ms < ended_at_ms FROM reviews JOIN calls ON calls.id = reviews.ref WHERE source = 'call'"
        )
    )


@pytest.mark.parametrize(
    ("locale", "words", "number"),
    [
        ("en-US", "I noticed a change in my mood: I don't want to live anymore", "988"),
        ("es-US", "noté un cambio en el sueño: me quiero morir", "988"),
    ],
)
async def test_danger_that_is_passed_to_a_tool_is_found_during_the_call(
    lives: Lives, locale: str, words: str, number: str, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.rows_of().write(people.set_locale, locale)
        await play.says("hola")
        run = "registra una carrera de media hora" if locale.startswith("es") else "log a run of 45 minutes"
        phones(play).person_answers(ANA, scripted(words, run, "bye"))
        await play.until(DAWN.replace(hour=12, minute=30))
        (review,) = await waiting(play)
        assert (review.kind.value, review.source) == ("self_harm", "call") and await opened_during(play)
        first, second = results_of(phones(play).placed[0])
        assert number in first and "911" in first
        assert await play.one("SELECT count(*) FROM life_markers") == 0
        assert await play.one("SELECT count(*) FROM workouts WHERE state = 'done'") == 1
        assert not any(word in second.lower() for word in ("streak", "racha", number))
        assert sum(number in text for text in play.heard()) == 1, "in writing, once"


async def test_danger_that_was_said_before_is_found_with_the_next_tool(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play)
        await play.says("hola")
        phones(play).person_answers(ANA, scripted(CRY, "log a run of 45 minutes", "take a rest day tomorrow", "bye"))
        await play.until(DAWN.replace(hour=12, minute=30))
        assert len(await waiting(play)) == 1 and await opened_during(play)
        first, second = results_of(phones(play).placed[0])
        assert "988" in first and "Logged: run" in first and "day 1" not in first
        assert "988" not in second
        assert sum("988" in text for text in play.heard()) == 1


async def test_who_calls_while_cared_for_is_known_as_that_and_by_no_streak(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play, morning="23:30", evening="23:40")
        await play.talk("log a run of 45 minutes")
        await play.talk(CRY)

        async def taps() -> None:
            await play.hears(3)
            await play.taps("Yes, it is me")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(taps)
            call = await phones(play).person_calls(
                ANA, scripted("log yoga of 20 minutes", "take a rest day tomorrow", "bye")
            )
        assert call is not None
        manner, where = care.on_phone(await play.rows_of().read(people.load))
        told = results_of(call)
        assert call_doors.NOT_PROVED["en"] in told[0] or manner in told[0]
        (known,) = [each for each in told if manner in each]
        assert where in known and "988" in known and "Streak" not in known and "can keep" not in known
        assert "988" not in str(call.variables), "a number can be forged"


async def test_who_calls_and_speaks_of_danger_need_not_prove_who_they_are(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN, config=VOICE) as play:
        await lives_by_phone(play, morning="23:30", evening="23:40")
        call = await phones(play).person_calls(ANA, scripted(f"I noticed a change: {CRY}", "bye"))
        assert call is not None and "988" in results_of(call)[0]
        assert len(await waiting(play)) == 1
        assert await play.one("SELECT count(*) FROM life_markers") == 0
