"""A turn of many rounds of tools: every call is within the budget, the vendor takes it, and it goes through again the same."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from trio.testing import MockClock

from ivy.agent.replay import SAME
from ivy.agent.token_counting import text_tokens
from ivy.cli import replay
from ivy.config import Config, SpendSection, TurnsSection
from ivy.domain.tokens import MESSAGE_OVERHEAD
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput
from ivy.tools.registry import Registry, families
from tests.journeys.play import Lives, Play
from tests.models import PRIMARY

ROOM = 900
SHORT = Config(turns=TurnsSection(context_tokens=ROOM, cost_usd=10.0), spend=SpendSection(daily_cap_usd=100.0))
LONG = "lunch with Ana and her two sisters at the corner place near the old office, "


def eager(then: Callable[[int], None] = lambda _made: None) -> Brain:
    """Ask for two more expenses in every round, for as long as it may call a tool."""
    made = 0

    def answer(given: BrainInput) -> BrainOutput | None:
        nonlocal made
        if not any("do all of it" in text for turn in given.turns for text in turn.texts):
            return None
        if not given.may_call:
            return BrainOutput("That is what I noted; the rest is left.")
        made += 2
        then(made)
        calls = (BrainCall("add_expense", {"amount": f"${n}", "description": LONG * 2}) for n in (made - 1, made))
        return BrainOutput("I note that down for you, one after another.", tuple(calls))

    return Brain(Registry(families()).examples(), scripted=answer)


def words_of(body: Any) -> list[str]:
    """Return what a request to Anthropic tells of the turn, message by message."""
    return ["\n".join(map(_block, message["content"])) for message in body["messages"]]


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "tool_use":
            return f"{block['name']} {block['input']}"
        case kind:
            return str(block.get("text" if kind == "text" else "content", ""))


def with_tools(vendor: Any) -> list[Any]:
    """Return the requests of turns among all that a vendor was asked."""
    return [asked.body for asked in vendor.requests if asked.body.get("tools")]


async def long_turn(play: Play) -> str:
    await play.knows()
    for number in range(4):
        await play.talk(f"I spent ${number + 1} on tea")
        await play.quiet()
    play.world.vendors.anthropic.requests.clear()
    await play.says("do all of it")
    await play.quiet(300)
    return str(await play.one("SELECT id FROM turns ORDER BY started_at_ms DESC"))


async def goes_through_again(play: Play, turn_id: str) -> None:
    context = play.world.daemon.context
    told = await replay.go_through(await play.world.store.read(replay.find, turn_id), context.sealer, context.files)
    assert {check.verdict for check in told.checks} == {SAME}, told.checks


async def test_a_long_turn_stays_within_its_budget_and_ends_in_words(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=SHORT, brain=eager()) as play:
        turn_id = await long_turn(play)
        bodies = with_tools(play.world.vendors.anthropic)
        sizes = [text_tokens(words_of(body), PRIMARY) for body in bodies]
        assert all(size <= ROOM + MESSAGE_OVERHEAD * 2 for size in sizes), sizes
        assert [body["tool_choice"]["type"] for body in bodies] == ["auto"] * (len(bodies) - 1) + ["none"]
        assert 3 <= len(bodies) < TurnsSection().model_calls, sizes
        for before, after in pairwise(bodies[:-1]):
            assert words_of(after)[: len(before["messages"])] == words_of(before), "a running loop is told as it was"
        assert not any(
            block["type"] == "tool_use" for message in bodies[-1]["messages"] for block in message["content"]
        )
        assert await play.one("SELECT count(*) FROM expenses") == 4 + 2 * (len(bodies) - 1)
        assert await play.one("SELECT count(*) FROM ai_usage WHERE status <> 'done'") == 0
        assert "For want of room it was not told:" in await play.story(turn_id)
        await goes_through_again(play, turn_id)


async def test_a_fallback_that_is_told_less_repeats_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    plays: list[Play] = []

    def fail_after(made: int) -> None:
        if made == 4:
            plays[0].fail_first_model(times=9)

    async with lives(config=SHORT, brain=eager(fail_after)) as play:
        plays.append(play)
        turn_id = await long_turn(play)
        bodies = with_tools(play.world.vendors.openai)
        assert bodies
        assert bodies[-1]["tool_choice"] == "none"
        assert not any(message.get("tool_calls") for message in bodies[-1]["messages"])
        noted = [row["amount_minor"] for row in await play.rows("SELECT amount_minor FROM expenses ORDER BY rowid")][4:]
        assert noted == [100 * (number + 1) for number in range(len(noted))]
        assert len(noted) >= 4
        assert play.heard()[-1].startswith("That is what I noted")
        await goes_through_again(play, turn_id)
