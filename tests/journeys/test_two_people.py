"""Two people write at once, and an operator asks about one of them: nothing told of one holds anything of the other."""

import json
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock
from typer.testing import CliRunner

from ivy.cli.app import app
from tests.journeys.play import ANA, BEN, Lives, Play

TALKS = {
    ANA: ("I spent $50 on zafiro", "remind me tomorrow at 7pm to water the zafiro", "book zafiro tomorrow 2pm",
          "how much did I spend on walrus", "list my expenses", "cancel the walrus"),
    BEN: ("I spent $70 on walrus", "remind me tomorrow at 7pm to feed the walrus", "book walrus tomorrow 2pm",
          "how much did I spend on otter", "what's on my calendar tomorrow", "delete the reminder water the zafiro"),
}  # fmt: skip
"""Each also asks for what is the other's."""
OWN = {ANA: "zafiro", BEN: "walrus"}


async def talk(play: Play) -> dict[str, list[str]]:
    """Let both say their sentences by turns; return the ids of what can be asked about, by person."""
    for who, name in ((ANA, "Ana"), (BEN, "Ben")):
        await play.knows(who, name=name)
    for lines in zip(*TALKS.values(), strict=True):
        for who, line in zip(TALKS, lines, strict=True):
            await play.says(line, who)
        await play.quiet(30)
    found: dict[str, list[str]] = {}
    for who in TALKS:
        rows = await play.rows(
            "SELECT id FROM messages_v2 WHERE user_id = ?1 UNION ALL SELECT id FROM turns WHERE user_id = ?1"
            " UNION ALL SELECT id FROM reminders WHERE user_id = ?1",
            play.ids[who],
        )
        found[who] = [row["id"] for row in rows]
    return found


def typed(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--config", str(folder / "ivy.toml"), *words])
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.stdout


@pytest.fixture
def quiet_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


@pytest.mark.uncounted
async def test_nothing_that_is_told_of_one_holds_anything_of_the_other(
    lives: Lives, autojump_clock: MockClock, quiet_log: None
) -> None:
    async with lives() as play:
        things = await talk(play)
        ids = dict(play.ids)
        answers = {who: play.heard(who) for who in TALKS}
        stories = {who: [await play.story(each) for each in things[who]] for who in TALKS}
        spent = {row["user_id"]: row["micros"] for row in await play.rows(
            "SELECT user_id, sum(amount_micros) AS micros FROM cost_ledger GROUP BY user_id")}  # fmt: skip
    for who, word in OWN.items():
        other = next(each for each in TALKS if each != who)
        asked_for = [line for line in TALKS[who] if OWN[other] in line]
        told = [each for each in answers[who] if OWN[other] in each]
        assert len(told) <= len(asked_for)
        assert not any("$" in each for each in told), told
        assert any(word in each for each in answers[who])
        assert not any(ids[other] in story or other in story for story in stories[who])
        assert any(word in story for story in stories[who])
    (lives.folder / "ivy.toml").write_text('[store]\nseal_key_file = "seal"\n')
    (lives.folder / "seal").touch(0o600)
    (lives.folder / "seal").write_text("00" * 32)
    await trio.to_thread.run_sync(check_listings, lives.folder, ids, spent)  # a command has an event loop of its own


def check_listings(folder: Path, ids: dict[str, str], spent: dict[str, int]) -> None:
    for who in TALKS:
        other = next(each for each in TALKS if each != who)
        shown, exported = typed(folder, "users", "show", ids[who], "--json"), typed(folder, "users", "export", ids[who])
        assert ids[who] in shown and ids[who] in exported and OWN[who] in exported
        assert ids[other] not in shown and other not in shown and ids[other] not in exported and other not in exported
        tables: dict[str, list[dict[str, Any]]] = json.loads(exported)["tables"]
        for table in ("expenses", "reminders", "calendar_events"):
            assert OWN[other] not in json.dumps(tables[table])
    costs = json.loads(
        typed(folder, "costs", "--by", "user", "--since", "2026-11-01", "--until", "2026-11-30", "--json")
    )
    assert sorted(row["micros"] for row in costs["rows"]) == sorted(spent.values())
    assert costs["total_micros"] == sum(spent.values())
