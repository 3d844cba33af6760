"""`ivy replay --with FILE`: another prompt is asked what stored turns asked, and nothing but its cost is left behind."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock
from typer.testing import CliRunner, Result

from ivy.adapters.client import open_client
from ivy.agent import prompts
from ivy.agent.asking_again import Asker, Compared
from ivy.cli import replay_with
from ivy.cli.app import app
from ivy.cli.replay_with import Outcome
from ivy.cli.world import make_brain
from ivy.clock import SystemClock
from ivy.daemon import wiring_models
from ivy.daemon.outside import Outside
from ivy.domain.spend_caps import Sums
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainOutput
from ivy.emulators.in_process import in_process
from ivy.emulators.model_faults import ModelFault
from ivy.store import recorded, spending
from ivy.store.binding import Connection
from ivy.threads import InlineThreads
from tests.journeys.play import Lives, Play, after
from tests.models import PRIMARY

SPENT, HELLO = "I spent $50 on lunch", "hello"
FREE = Sums(day=0, month=0, person_day=0, person_month=0)
PAID_FOR = {"ai_usage", "cost_ledger", "spend_days"}
"""All that asking may write to."""


class Swayed(Brain):
    """Does as the system's words say; as ever where they say nothing of it."""

    def answer(self, given: BrainInput) -> BrainOutput:
        if "Only chat." in given.system:
            return BrainOutput("Nice!")
        if "Round up." in given.system:
            return BrainOutput("", (BrainCall("add_expense", {"amount": "$60", "description": "lunch"}),))
        return make_brain(()).answer(given)


@asynccontextmanager
async def asker_of(play: Play, model: AnthropicEmulator, caps: Sums = FREE) -> AsyncGenerator[Asker]:
    context = play.world.daemon.context
    async with open_client(transport=in_process(model.app)) as http:
        found = wiring_models.models_of(context.config, Outside(http), InlineThreads(), context.files)["primary"]
        prices = wiring_models.prices_of(context.config, Path(), play.world.clock)
        await prices.load(InlineThreads())
        yield Asker(play.world.store, play.world.clock, found, prices, context.files, caps=caps, seconds=30)


async def again(play: Play, model: AnthropicEmulator, words: str, caps: Sums = FREE) -> Outcome:
    """Ask all turns again, the newest first."""
    ids = await play.world.store.read(recorded.latest, since=after(hours=-1), limit=10)
    turns = [await play.world.store.read(recorded.load, each) for each in ids]
    async with asker_of(play, model, caps) as asker:
        questions, left = await replay_with.prepare(asker, turns, words)
        return await replay_with.go_through(asker, questions, left, play.world.clock, file="new.md")


async def two_turns(play: Play) -> None:
    await play.knows()
    for words in (SPENT, HELLO):
        await play.talk(words)
        await play.quiet()


def all_rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    names = [
        row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]
    return {name: [tuple(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}


async def test_the_same_words_are_the_same_question_and_the_same_answer(
    lives: Lives, autojump_clock: MockClock
) -> None:
    model = AnthropicEmulator(Swayed())
    async with lives() as play:
        await two_turns(play)
        first, last = play.world.vendors.anthropic.requests[0].body, play.world.vendors.anthropic.requests[-1].body
        outcome = await again(play, model, prompts.words(prompts.COACH))
    assert outcome.counts == {"same": 2}
    assert [each.body for each in model.requests] == [last, first]  # to the letter, and no second call of any turn
    assert [each.now and each.now.calls for each in outcome.turns][1] == (
        ("add_expense", '{"amount":"$50","description":"lunch"}'),
    )


async def test_other_words_and_other_tools_are_told_apart(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await two_turns(play)
        chat = await again(play, AnthropicEmulator(Swayed()), "Only chat.")
        assert [each.compared for each in chat.turns] == [Compared.OTHER_WORDS, Compared.OTHER_TOOLS]
        assert [each.now and each.now.text for each in chat.turns] == ["Nice!", "Nice!"]
        rounded = await again(play, AnthropicEmulator(Swayed()), "Round up.")
        assert rounded.counts == {"other tools": 2}  # the tool is the one of then, its amount is not


async def test_nothing_is_left_of_it_but_its_cost_on_nobodys_account(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await two_turns(play)
        before, heard = await play.world.store.read(all_rows), play.heard()
        outcome = await again(play, AnthropicEmulator(Swayed()), "Round up.")
        await play.quiet()
        now = await play.world.store.read(all_rows)
        assert {name for name in now if now[name] != before[name]} == PAID_FOR
        assert play.heard() == heard
        paid = await play.rows("SELECT * FROM cost_ledger ORDER BY rowid DESC LIMIT 2")
        assert {(row["kind"], row["state"], row["user_id"]) for row in paid} == {("model", "settled", None)}
        assert sum(row["amount_micros"] for row in paid) == outcome.cost_micros
        assert 0 < outcome.cost_micros <= outcome.most_micros


async def test_the_operators_caps_hold(lives: Lives, autojump_clock: MockClock) -> None:
    model = AnthropicEmulator(Swayed())
    async with lives() as play:
        await two_turns(play)
        spent = await play.world.store.read(spending.spent, None, now=play.now)
        outcome = await again(play, model, "Only chat.", Sums(day=spent.day + 1, month=0, person_day=0, person_month=0))
    assert (outcome.turns, outcome.cost_micros, len(model.requests)) == ((), 0, 0)
    assert "2 were not asked: The daily cap" in outcome.left[0]


async def test_what_the_vendor_fails_at_is_told_and_counted(lives: Lives, autojump_clock: MockClock) -> None:
    model = AnthropicEmulator(Swayed())
    model.faults.add(ModelFault(400, "invalid_request_error", "invalid_request_error", "an emulated failure", {}))
    async with lives() as play:
        await two_turns(play)
        outcome = await again(play, model, "Only chat.")
        assert outcome.counts == {"no answer": 1, "other tools": 1}
        assert outcome.turns[0].failed
        assert outcome.turns[0].cost_micros == 0
        assert await play.one("SELECT count(*) FROM ai_usage WHERE status = 'reserved'") == 0


async def test_what_is_not_kept_is_not_asked(lives: Lives, autojump_clock: MockClock) -> None:
    def forget(connection: Connection) -> None:
        connection.execute("DELETE FROM model_exchanges")

    async with lives() as play:
        await two_turns(play)
        await play.world.store.write(forget)
        outcome = await again(play, AnthropicEmulator(Swayed()), "Only chat.")
    assert outcome.turns == ()
    assert len(outcome.left) == 2
    assert "is not kept" in outcome.left[0]


@pytest.fixture
def typed(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Types `ivy replay …` over a database with two turns, whose model cannot be reached."""
    trio.run(_live, lives, clock=MockClock(autojump_threshold=0))
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    (lives.folder / "seal.key").write_text("00" * 32)
    (lives.folder / "seal.key").chmod(0o600)
    config = '[store]\nseal_key_file = "seal.key"\n[models.primary]\nbase_url = "http://127.0.0.1:9"\n'
    (lives.folder / "ivy.toml").write_text(config)
    (lives.folder / "new.md").write_text("Only chat.")
    monkeypatch.setenv("IVY_MODELS__PRIMARY__API_KEY", "emulated-key")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["--config", str(lives.folder / "ivy.toml"), "replay", *words])

    return run


async def _live(lives: Lives) -> None:
    async with lives() as play:
        await two_turns(play)


def test_typed_it_asks_before_it_spends_and_says_what_failed(lives: Lives, typed: Callable[..., Result]) -> None:
    new = str(lives.folder / "new.md")
    days = str(max(1, (SystemClock().now() - after(hours=0)).days + 2))
    for words, error in (
        ((), "Which turn?"),
        (("--last", "7"), "--last needs --with"),
        (("--with", new, "--yes"), "Which turns?"),
        (("x", "--with", new, "--last", "7", "--yes"), "not both"),
        (("--with", new, "--last", "7"), "Nobody is here to be asked"),
        (("--with", str(lives.folder / "none.md"), "--last", "7", "--yes"), "cannot be read"),
    ):
        told = typed(*words)
        assert told.exit_code != 0
        assert error in f"{told.output} {told.exception}", words
    told = typed("--with", new, "--last", days, "--limit", "1", "--yes", "--json")
    assert told.exit_code == 1, told.output
    document = msgspec.json.decode(told.stdout)
    assert document["counts"] == {"no answer": 1}
    assert "is asked once: at most $" in told.stderr
    shown = typed("--with", new, "--last", days, "--yes")
    assert "2 turns: 2 no answer." in shown.output
    one = typed(document["turns"][0]["turn_id"], "--with", new, "--yes")
    assert f"then (coach.v1, {PRIMARY})" in one.output
