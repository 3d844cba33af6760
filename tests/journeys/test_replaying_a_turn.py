"""`ivy replay`: the same where nothing was touched, and the first difference in plain words where something was."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import MockClock
from typer.testing import CliRunner, Result

from ivy.agent.replay import DIFFERENT, SAME, UNKNOWN, Replay
from ivy.cli import replay
from ivy.cli.app import app
from ivy.daemon import sweeper
from ivy.domain.consent import Purpose
from ivy.store import consents, exchanges
from ivy.store.binding import Connection
from ivy.store.sealing import Sealer
from ivy.store.settings import open_writer
from tests.journeys import files
from tests.journeys.play import Lives, Play
from tests.models import PRIMARY

SPENT = "I spent $50 on lunch"
Edit = Callable[[Connection], object]


async def turn_of(play: Play, thing: str = "") -> Replay:
    context = play.world.daemon.context
    turn = await play.world.store.read(replay.find, thing or await play.one("SELECT id FROM turns"))
    return await replay.go_through(turn, context.sealer, context.files)


def verdicts(told: Replay, verdict: str) -> list[str]:
    return [f"{check.what}: {check.words}" for check in told.checks if check.verdict == verdict]


def sql(text: str) -> Edit:
    return lambda connection: connection.execute(text)


EDITS: dict[str, tuple[str, str]] = {
    f"request: {PRIMARY} of anthropic (primary) would be asked otherwise":
        ("UPDATE turn_steps SET payload = replace(payload, 'on lunch', 'on brunch') WHERE kind = 'context'", DIFFERENT),
    f"request: {PRIMARY}": ("UPDATE model_prefixes SET system = system || ' Be brief.'", DIFFERENT),
    "answer: Its calls was":
        ("UPDATE turn_steps SET payload = replace(payload, '50', '60') WHERE kind = 'answer' AND n = 1", DIFFERENT),
    "answer: The answer counts": ("UPDATE ai_usage SET output_tokens = output_tokens + 1", DIFFERENT),
    "tool: add_expense: its arguments were": ("UPDATE tool_executions SET arguments = '{}'", DIFFERENT),
    "result: A model was told “Logged: $50.00": ("UPDATE tool_executions SET result = 'Logged nothing.'", DIFFERENT),
    "tool: add_expense has a result, and was never run": ("DELETE FROM tool_executions", DIFFERENT),
    "reply: It said “Wrong.”":
        ("UPDATE turn_steps SET payload = json_set(payload, '$.text', 'Wrong.') WHERE kind = 'reply'", DIFFERENT),
    "message: “Logged": ("UPDATE messages_v2 SET body = 'Something else.' WHERE direction = 'out'", DIFFERENT),
    "answer: The bytes of its answer cannot be opened": ("UPDATE model_exchanges SET response = x'00112233'", UNKNOWN),
    "model: What was said to this model is not kept":
        ("UPDATE turn_steps SET payload = json_remove(payload, '$.call') WHERE kind = 'answer'", UNKNOWN),
}  # fmt: skip


async def test_whatever_was_changed_since_is_seen_and_named(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(SPENT)
        await play.quiet()
        untouched = await turn_of(play)
        assert {check.verdict for check in untouched.checks} == {SAME}
        assert [check.what for check in untouched.checks] == [
            "read", "request", "answer", "tool", "request", "answer", "reply", "message"
        ]  # fmt: skip
        for expected, (edit, verdict) in EDITS.items():
            told = await edited(play, edit)
            found = verdicts(told, verdict)
            assert found, (expected, told)
            assert found[0].startswith(expected), (expected, found)
            assert told.is_equal == (verdict == UNKNOWN)


async def edited(play: Play, edit: str) -> Replay:
    """Replay the turn as it would be with a change that is taken back."""

    def change(connection: Connection) -> object:
        connection.execute("SAVEPOINT edit")
        connection.execute(edit)
        turn = replay.find(connection, connection.execute("SELECT id FROM turns").fetchone()["id"])
        connection.execute("ROLLBACK TO edit")
        connection.execute("RELEASE edit")
        return turn

    context = play.world.daemon.context
    turn = await play.world.store.write(change)
    return await replay.go_through(turn, context.sealer, context.files)  # pyright: ignore[reportArgumentType]


async def test_when_the_bytes_are_forgotten_it_says_so(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(SPENT)
        await play.quiet()
        days = play.world.daemon.context.config.store.keep_raw_days
        await play.world.store.write(exchanges.empty, before=play.now + timedelta(days=1))
        told = await turn_of(play)
        assert (
            verdicts(told, UNKNOWN) == ["answer: The bytes of its answer are kept no more (store.keep_raw_days)."] * 2
        )
        assert told.is_equal
        assert days == 30
        assert await play.one("SELECT count(*) FROM model_exchanges WHERE response IS NULL") == 2


async def test_the_sweep_forgets_them_in_time(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(SPENT)
        await play.quiet()
        context, kept = play.world.daemon.context, "SELECT count(*) FROM model_exchanges WHERE response IS NOT NULL"
        await play.world.store.write(sweeper.tidy, context)
        assert await play.one(kept) == 2
        await play.world.store.write(sql(f"UPDATE model_exchanges SET at_ms = at_ms - {31 * 86_400_000}"))
        await play.world.store.write(sweeper.tidy, context)
        assert await play.one(kept) == 0


async def test_bytes_are_sealed_and_the_prefix_is_kept_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for words in (SPENT, "I spent $7 on coffee"):
            await play.talk(words)
            await play.quiet()
        assert await play.one("SELECT count(*) FROM model_exchanges") == 4
        assert await play.one("SELECT count(*) FROM model_prefixes") == 1
        for row in await play.rows("SELECT id, response FROM model_exchanges"):
            assert b"tool_use" not in row["response"]
            sealer: Sealer = play.world.daemon.context.sealer
            assert exchanges.unseal(sealer, row["id"], row["response"]).startswith(b"{")


async def test_a_picture_that_is_gone_cannot_be_compared(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.rows_of().write(consents.record, Purpose.IMAGES, granted=True, proof="a test", now=play.now)
        await files.photograph(play, caption=SPENT)
        await play.hears(1)
        await play.quiet()
        assert {check.verdict for check in (await turn_of(play)).checks} == {SAME}
        for path in play.world.daemon.context.files.folder.glob("??/*"):
            path.unlink()
        told = await turn_of(play)
        assert "a picture that is kept no more" in verdicts(told, UNKNOWN)[0]
        assert told.is_equal


def typed(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(folder / "ivy.toml"), "replay", *words])


def test_typed_it_is_read_line_by_line_and_ends_with_a_code(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    ids: list[str] = []

    async def live() -> None:
        async with lives() as play:
            await play.knows()
            await play.talk(SPENT)
            await play.quiet()
            rows = await play.rows(
                "SELECT id FROM turns UNION ALL SELECT id FROM messages_v2 UNION ALL SELECT id FROM reminders"
            )
            ids.extend(row["id"] for row in rows)

    trio.run(live, clock=MockClock(autojump_threshold=0))
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    folder = lives.folder
    (folder / "seal.key").write_text("00" * 32)
    (folder / "seal.key").chmod(0o600)
    (folder / "ivy.toml").write_text('[store]\nseal_key_file = "seal.key"\n')
    told = typed(folder, ids[0])
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert lines[0].startswith(f"Turn {ids[0]} of Ana (coach.v1), 2026-11-23 14:00:01")
    assert [line[0] for line in lines[1:-1]] == ["✓"] * 8
    assert lines[-1] == "The same, in everything."
    for other in ids[1:]:  # the message it answers, and the one that it wrote
        assert typed(folder, other).output == told.output
    assert msgspec.json.decode(typed(folder, ids[0], "--json").stdout)["checks"][0]["verdict"] == SAME
    handed_over = CliRunner().invoke(app, ["--config", str(folder / "ivy.toml"), "users", "export", "Ana"])
    said = msgspec.json.decode(handed_over.stdout)["tables"]["model_exchanges"]
    assert [msgspec.json.decode(each["response"])["stop_reason"] for each in said] == ["tool_use", "end_turn"]
    spoil(folder / "data" / "ivy.db", "UPDATE tool_executions SET result = 'Logged nothing.'")
    told = typed(folder, ids[0])
    assert told.exit_code == 1
    assert "✗ step 2" in told.output
    assert "Different, first at step 2: A model was told “Logged: $50.00" in told.output.splitlines()[-1]


def spoil(path: Path, edit: str) -> None:
    connection = open_writer(path, throwaway=True)
    try:
        connection.execute(edit)
    finally:
        connection.close()
