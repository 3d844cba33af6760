"""The operator's own words of what Ivy is for reach the model and the person, and a turn with them goes through again."""

import json

from trio.testing import MockClock

from ivy.agent.replay import SAME
from ivy.cli import replay
from ivy.config import Config, PeopleSection
from tests.journeys.play import Lives

SENTENCE = "I help the members of Rowing Club Ems to keep their training, and nothing else."
CONFIG = Config(people=PeopleSection(scope_sentence=SENTENCE))


async def test_asked_for_a_poem_it_says_the_operators_sentence_and_the_turn_replays_the_same(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=CONFIG) as play:
        await play.knows()
        assert SENTENCE in await play.talk("write me a poem about cats")
        await play.quiet()
        asked = [json.dumps(each.body["system"]) for each in play.world.vendors.anthropic.requests]
        assert asked and all(SENTENCE in system for system in asked)
        (kept,) = await play.rows("SELECT system FROM model_prefixes")
        assert SENTENCE in kept["system"]
    async with lives() as play:  # today's words are others: what was stored is what is asked again
        turn = await play.world.store.read(replay.find, await play.one("SELECT id FROM turns"))
        context = play.world.daemon.context
        told = await replay.go_through(turn, context.sealer, context.files)
    assert {check.verdict for check in told.checks} == {SAME}
    assert "request" in {check.what for check in told.checks}
