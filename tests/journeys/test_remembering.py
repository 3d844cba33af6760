"""What somebody says of themself in March: noticed, asked about, used, contradicted, told with its source, forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from trio.testing import MockClock

from ivy.config import Config, FactsSection, VoiceSection
from ivy.domain.consent import Purpose
from ivy.domain.facts import Fact
from ivy.emulators import noticing
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.brain import Brain, BrainInput, BrainOutput
from ivy.emulators.retell_people import NoAnswer
from ivy.store import consents, facts, people, switches
from ivy.tools.registry import Registry, families
from tests.journeys.play import ANA, Lives, Play
from tests.journeys.test_phone_calls import lives_by_phone

VOICE = Config(voice=VoiceSection(enabled=True))
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Noon in New York."""
QUIET = FactsSection().quiet_seconds


def nobody(_phone: str, _variables: Any, _metadata: Any, _at: datetime) -> NoAnswer:
    return NoAnswer()


async def agrees(play: Play) -> None:
    """Let them have agreed that Ivy keeps what they say of their health."""
    await play.rows_of().write(consents.record, Purpose.HEALTH, granted=True, proof="test", now=play.now)


async def holding(play: Play) -> list[Fact]:
    return await play.rows_of().read(facts.holding)


async def noticed(play: Play) -> int:
    """Return how often the cheap model was asked."""
    return await play.one("SELECT count(*) FROM ai_usage WHERE role = 'cheap'")


async def slots(play: Play) -> set[tuple[str, str]]:
    rows = await play.rows("SELECT kind, at FROM call_slots WHERE state = 'on' ORDER BY kind")
    return {(row["kind"], row["at"]) for row in rows}


async def test_a_preference_is_noticed_asked_about_used_contradicted_traced_and_forgotten(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON, config=VOICE) as play:
        await lives_by_phone(play, morning="07:00", evening="20:00")
        retell = play.world.vendors.retell
        assert retell is not None
        retell.person_answers(ANA, nobody)

        await play.talk("I prefer morning calls")
        heard = await play.hears(2)
        assert "7:00 am from now on?" in heard[1]
        assert set(play.offers()) == {"Yes", "No"}
        assert await slots(play) == {("morning", "07:00"), ("evening", "20:00")}  # nothing before their word
        await play.taps("Yes")
        assert "7:00 am" in (await play.hears(3))[2]
        assert await slots(play) == {("morning", "07:00")}

        await play.until(datetime(2026, 11, 24, 11, 59, tzinfo=UTC))
        assert await play.rows("SELECT kind FROM calls") == []  # no call that evening
        await play.until(datetime(2026, 11, 24, 12, 1, tzinfo=UTC))
        assert await play.rows("SELECT DISTINCT kind FROM calls") == [{"kind": "morning"}]

        before = len(play.heard())
        await play.says("I'd rather be called in the evening")
        heard = await play.hears(before + 2)
        assert "8:00 pm from now on?" in heard[-1]
        await play.talk("yes")
        assert await slots(play) == {("evening", "20:00")}
        (fact,) = await holding(play)
        assert (fact.subject, fact.value) == ("call time", "evening")
        older = [each for each in await play.rows_of().read(facts.every) if not each.holds]
        assert [(each.value, each.replaced_by) for each in older] == [("morning", fact.id)]

        listed = await play.talk("what do you know about me?")
        assert "I'd rather be called in the evening" in listed
        assert "morning" not in listed
        traced = await play.talk("where do you have that from?")
        assert "Tue 24 Nov" in traced
        assert "“I'd rather be called in the evening”" in traced
        assert "I prefer morning calls" in traced  # what it took the place of, and since when
        assert "Forgotten" in await play.talk("forget that")
        assert await holding(play) == []
        assert "nothing" in await play.talk("what do you know about me?")


async def test_what_was_forgotten_is_shown_to_no_model_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("remember that I'm allergic to nuts")
        await play.talk("I spent $5 on tea")
        await play.talk("forget that I'm allergic to nuts")
        before = len(play.world.vendors.anthropic.requests)
        await play.talk("I spent $7 on tea")
        told = [msgspec.json.encode(each.body["messages"]).decode() for each in play.world.vendors.anthropic.requests]
        assert any("allergic" in each for each in told[:before])
        assert not any("allergic" in each for each in told[before:])
        assert any("$5 on tea" in each for each in told[before:])
        for table in ("facts", "user_memory", "memory_words"):
            assert not any("nuts" in str(tuple(row.values())) for row in await play.rows(f"SELECT * FROM {table}"))
        assert "nuts" not in str(await play.rows("SELECT * FROM tool_executions WHERE tool = 'remember'"))


async def test_what_must_be_minded_is_told_with_each_turn(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("me duele la espalda")  # without consent it is not noticed
        await play.quiet(QUIET + 10)
        assert await holding(play) == []
        await agrees(play)
        await play.talk("me duele la rodilla")
        await play.quiet(QUIET + 10)
        (fact,) = await holding(play)
        assert (fact.kind.value, fact.text, fact.confidence) == ("constraint", "me duele la rodilla", 0.9)
        await play.talk("plan a run today")
        request = play.world.vendors.anthropic.requests[-1].body["messages"]
        assert "Mind (they said on 2026-11-23): me duele la rodilla" in str(request)


async def test_small_talk_and_orders_are_never_read(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        for words in ("hi", "thanks!", "I spent $50 on lunch", "plan a run today", "what did I spend this week?"):
            await play.talk(words)
        await play.quiet(600)
        assert await noticed(play) == 0
        assert await play.one("SELECT count(*) FROM jobs WHERE kind = 'remember'") == 0


async def test_what_somebody_else_wrote_says_nothing_of_the_person(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        forwarded = payloads.text("I'm allergic to nuts and I prefer morning calls") | {"context": {"forwarded": True}}
        await play.whatsapp.person_sends(ANA, forwarded)
        await play.hears(1)
        await play.quiet(600)
        assert await holding(play) == []
        assert await play.one("SELECT count(*) FROM fact_sources") == 0


async def test_several_messages_are_read_at_once_after_a_quiet_moment(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await agrees(play)
        for words in ("I'm vegan", "my sister is called Ana", "my goal is to run a marathon"):
            await play.talk(words)
        assert await noticed(play) == 0
        await play.quiet(QUIET + 10)
        assert await noticed(play) == 1
        assert {fact.text for fact in await holding(play)} == {
            "I'm vegan",
            "my sister is called Ana",
            "my goal is to run a marathon",
        }
        (entry,) = await play.rows("SELECT role, status FROM ai_usage WHERE role = 'cheap'")
        assert entry == {"role": "cheap", "status": "done"}


async def test_which_of_several_is_asked_with_choices(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("remember that my sister is called Ana")
        await play.talk("remember that my sister is called Eva")
        assert "Which" in await play.talk("forget what you know about my sister")
        await play.taps("my sister is called Eva")
        await play.quiet(5)
        assert "Forgotten" in play.heard()[-1]
        assert [fact.text for fact in await holding(play)] == ["my sister is called Ana"]


async def test_no_leaves_things_as_they_are_and_is_not_asked_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("I prefer shorter answers, keep it brief")
        await play.hears(2)
        await play.taps("No")
        assert "stays as it is" in (await play.hears(3))[2]
        await play.talk("thanks")
        await play.quiet(600)
        assert await play.rows("SELECT * FROM user_preferences WHERE key = 'tone'") == []
        (fact,) = await holding(play)
        assert fact.acts.value == "no"


async def test_language_tone_and_units_are_obeyed_at_once_when_asked_for(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON) as play:
        await play.knows(locale="es-CO")
        assert "English" in await play.talk("switch to English from now on")
        assert (await play.rows_of().read(people.load)).locale == "en-CO"
        await play.talk("keep your answers short")
        await play.talk("use miles and pounds with me")
        await play.talk("plan a run today")
        request = str(play.world.vendors.anthropic.requests[-1].body["messages"])
        assert "They want short answers" in request
        assert "Units: miles, pounds." in request
        assert "locale en-CO" in request


async def test_without_a_cheap_model_only_what_they_ask_for_is_remembered(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON, config=Config(facts=FactsSection(notice=False))) as play:
        await play.knows()
        await play.talk("I'm vegan")
        await play.talk("remember that my knee hurts")
        await play.quiet(600)
        assert [fact.text for fact in await holding(play)] == ["my knee hurts"]
        assert await noticed(play) == 0


async def test_said_twice_is_known_once_with_its_first_day(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("remember that I'm vegan")
        await play.quiet(timedelta(days=2).total_seconds())
        await play.talk("remember that I'm vegan")
        (fact,) = await holding(play)
        assert (fact.last_said - fact.since).days == 2
        assert "Mon 23 Nov" in await play.talk("what do you know about me?")


async def test_what_a_model_says_is_kept_only_where_it_stands_in_what_they_wrote(
    lives: Lives, autojump_clock: MockClock
) -> None:
    good = {"message": 1, "kind": "fact", "subject": "home", "text": "I live in Madrid", "quote": "i live in MADRID"}
    sure = {**good, "confidence": 0.9}
    answers = {
        "I think they live in Madrid.": 0,
        '{"facts": "many"}': 0,
        encoded({**sure, "quote": "I live in Lima"}): 0,
        encoded({**sure, "message": 7}): 0,
        encoded({**sure, "kind": "secret"}): 0,
        encoded(good): 0,  # how sure it is, is not said
        encoded({**sure, "kind": 5}, {**sure, "text": "I live in Madrid, Spain"}): 1,
        f"```json\n{encoded(sure)}\n```": 1,
    }
    said: list[str] = []

    def script(given: BrainInput) -> BrainOutput | None:
        return BrainOutput(said[-1]) if noticing.is_asked(given.system) else None

    brain = Brain(Registry(families()).examples(), scripted=script)
    async with lives(NOON, brain=brain) as play:
        for number, (answer, kept) in enumerate(answers.items()):
            who = f"+1202555{number:04d}"
            await play.knows(who, name=f"Person {number}")
            said.append(answer)
            await play.talk("I live in Madrid", who)
            await play.quiet(QUIET + 10)
            assert len(await play.rows_of(who).read(facts.holding)) == kept, answer
        assert await play.dead() == []
        states = await play.rows("SELECT state, count(*) AS n FROM fact_sources GROUP BY 1 ORDER BY 1")
        assert states == [{"state": "read", "n": 6}, {"state": "unread", "n": 2}]
        assert await noticed(play) == len(answers)


def encoded(*noticed: dict[str, Any]) -> str:
    return msgspec.json.encode({"facts": noticed}).decode()


async def test_with_the_days_money_spent_it_is_read_another_day(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("I live in Madrid")
        await play.world.store.write(switches.set_value, "spend", "block", by="test", now=play.now)
        await play.quiet(QUIET + 10)
        assert await holding(play) == []
        await play.world.store.write(switches.set_value, "spend", "on", by="test", now=play.now)
        await play.quiet(timedelta(days=1).total_seconds())
        assert [fact.text for fact in await holding(play)] == ["I live in Madrid"]
