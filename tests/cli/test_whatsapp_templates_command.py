"""`ivy whatsapp templates`, typed against an emulated Meta on loopback."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from quart import request
from quart_trio import QuartTrio
from typer.testing import CliRunner

from ivy.adapters.whatsapp.pack import pack
from ivy.cli import options
from ivy.cli.template_submission import submit_pack
from ivy.cli.whatsapp_templates import templates
from ivy.emulators.whatsapp_payloads import Account
from ivy.emulators.whatsapp_shapes import Refusal
from ivy.emulators.whatsapp_templates import Reject, TemplateReview
from ivy.errors import ConfigError, OutcomeUnknown, VendorMisconfigured
from ivy.store.migrate import migrate
from ivy.store.settings import open_writer
from tests.loopback import on_loopback

WABA = "102290129340398"
TOKEN = "token"
TOML = """
[whatsapp]
base_url = "{address}"
waba_id = "{waba}"
phone_number_id = "106"
token_file = "token"
"""


class World:
    """Meta on a port, and an operator's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.posted: list[dict[str, Any]] = []
        self.review = TemplateReview(Account(WABA, "106", "1555"), self.posted.append, lambda: datetime.now(UTC))
        self.review.delay = 0.0
        self.broken = 0
        """How many of the next requests are answered by a gateway's page."""
        self.app = QuartTrio("meta")
        self.app.before_request(self._break)
        self.review.add_routes(self.app, self._check_caller)

    def configure(self, address: str, waba: str = WABA, token: str = TOKEN) -> None:
        for name, text in {"ivy.toml": TOML.format(address=address, waba=waba), "token": token}.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o600)

    async def type(self, *words: str) -> "Typed":
        return await trio.to_thread.run_sync(self._type, words)

    async def json(self, *words: str, code: int = 0) -> Any:
        typed = await self.type(*words, "--json")
        assert typed.code == code, typed
        return msgspec.json.decode(typed.out)

    async def reviewed(self) -> None:
        """Wait until nothing is under review any more."""
        with trio.fail_after(5):
            while any(kept.status == "PENDING" for kept in self.review.kept.values()):
                await trio.sleep(0.01)

    def _type(self, words: tuple[str, ...]) -> "Typed":
        options.given_config.set(str(self.folder / "ivy.toml"))
        result = CliRunner().invoke(templates, words)
        error = None if isinstance(result.exception, SystemExit) else result.exception
        return Typed(result.exit_code, result.stdout, result.stderr, error)

    def _break(self) -> tuple[str, int] | None:
        self.broken -= 1
        return ("<html>bad gateway</html>", 502) if self.broken == 0 else None

    def _check_caller(self, version: str) -> None:
        if request.headers.get("Authorization") != "Bearer token":
            raise Refusal(190, "Invalid OAuth access token.", status=401)


class Typed(msgspec.Struct):
    code: int
    out: str
    err: str
    error: BaseException | None


@pytest.fixture
async def world(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery
) -> AsyncIterator[World]:
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    world = World(tmp_path)
    async with on_loopback(world.app) as address:
        nursery.start_soon(world.review.run)
        world.configure(address)
        yield world


async def test_the_first_day_submits_everything_and_the_second_time_nothing(world: World) -> None:
    planned = await world.json("submit", "--dry-run")
    assert planned["ok"] and {line["do"] for line in planned["lines"]} == {"create"}
    assert world.review.kept == {}
    first = await world.json("submit")
    assert [line["result"] for line in first["lines"]] == ["PENDING"] * len(pack())
    again = await world.json("submit")
    assert {line["do"] for line in again["lines"]} == {"keep"}
    assert len(world.review.kept) == len(pack())


async def test_the_list_says_how_each_stands_and_what_to_do(world: World) -> None:
    before = await world.json("list")
    assert {row["status"] for row in before["templates"]} == {"not submitted"} and before["can_be_sent"] == 0
    world.review.verdicts.add(Reject("SCAM"), path="plan_due/es")
    await world.json("submit")
    await world.reviewed()
    world.review.change_category("missed_call", "en", "MARKETING")
    await world.json("sync")
    rows = {(row["name"], row["language"]): row for row in (await world.json("list"))["templates"]}
    assert sum(row["can_be_sent"] for row in rows.values()) == len(pack()) - 1
    assert "rejected (SCAM)" in rows["plan_due", "es"]["advice"]
    turned = rows["missed_call", "en"]
    assert (turned["category_asked"], turned["category"]) == ("UTILITY", "MARKETING")
    assert "15 times" in turned["price_class"] and "within 60 days" in turned["advice"]
    assert rows["reminder_due", "es"]["advice"] == ""
    typed = await world.type("list")
    assert "25 of 26 can be sent." in typed.err and "MARKETING" in typed.out


async def test_what_was_made_elsewhere_is_adopted_when_its_words_are_ours_and_shown_when_not(world: World) -> None:
    await world.json("submit")
    await world.reviewed()
    (world.folder / "data" / "ivy.db").unlink()
    connection = open_writer(world.folder / "data" / "ivy.db", throwaway=True)
    migrate(connection)
    connection.close()
    world.review.change_words(
        "answer_ready", "en", "Other words about what you asked for on {{sent}}, to be read here."
    )
    kept = world.review.kept["reminder_due", "en"]
    world.review.kept["a_stranger", "en"] = type(kept)(
        kept.id + 500, "a_stranger", "en", "MARKETING", kept.components, -1, False, status="APPROVED"
    )
    rows = {(row["name"], row["language"]): row for row in (await world.json("sync"))["templates"]}
    assert rows["reminder_due", "en"]["can_be_sent"] and not rows["answer_ready", "en"]["can_be_sent"]
    stranger = rows["a_stranger", "en"]
    assert (stranger["in_pack"], stranger["can_be_sent"]) == (False, False)
    planned = {(line["name"], line["language"]): line["do"] for line in (await world.json("submit"))["lines"]}
    assert planned["answer_ready", "en"] == "edit" and planned["reminder_due", "en"] == "keep"
    assert world.review.kept["answer_ready", "en"].components[0]["text"].startswith("The answer to the message")


async def test_one_that_meta_refuses_does_not_stop_the_others(world: World) -> None:
    await world.json("submit")
    await world.reviewed()
    for language in ("en", "es"):  # deleted in WhatsApp Manager: the name stays blocked
        kept = world.review.kept.pop(("plan_due", language))
        world.review._blocked["plan_due", kept.language] = datetime(2100, 1, 1, tzinfo=UTC)  # pyright: ignore[reportPrivateUsage]
    del world.review.kept["missed_call", "en"]
    connection = open_writer(world.folder / "data" / "ivy.db", throwaway=True)
    connection.execute("DELETE FROM templates")
    connection.close()
    document = await world.json("submit", code=1)
    lines = {(line["name"], line["language"]): line for line in document["lines"]}
    assert not document["ok"] and sum(line["failed"] for line in document["lines"]) == 2
    assert "4 weeks" in lines["plan_due", "es"]["result"]
    assert lines["missed_call", "en"]["result"] == "PENDING"


async def test_a_submission_that_broke_off_is_gone_on_with(world: World) -> None:
    world.broken = 5  # the list and three templates come through
    document = await world.json("submit", code=1)
    results = [line["result"] for line in document["lines"]]
    assert results[:3] == ["PENDING"] * 3 and "502" in results[3]
    assert all(result.startswith("not tried") for result in results[4:]) and len(world.review.kept) == 3
    after = await world.json("submit")
    assert [line["do"] for line in after["lines"]] == ["keep"] * 3 + ["create"] * 23


async def test_what_is_missing_is_named_and_nothing_secret_is_said(world: World) -> None:
    address = f"http://{'127.0.0.1:9'}"
    for waba, said in (("", "whatsapp.waba_id is missing"), ("12x", "must be the digits")):
        world.configure(address, waba=waba)
        typed = await world.type("submit")
        assert isinstance(typed.error, ConfigError) and said in str(typed.error)
    typed = await world.type("list")
    assert typed.code == 0  # the registry needs nobody


async def test_a_wrong_token_ends_the_command_in_one_line(world: World) -> None:
    address = next(
        line for line in (world.folder / "ivy.toml").read_text().splitlines() if line.startswith("base_url")
    ).split('"')[1]
    world.configure(address, token="another-token")
    typed = await world.type("sync")
    assert isinstance(typed.error, VendorMisconfigured) and "another-token" not in str(typed.error)
    world.configure(address)
    world.broken = 1
    assert isinstance((await world.type("sync")).error, OutcomeUnknown)


async def test_the_first_configuration_can_submit_the_pack(world: World) -> None:
    from ivy.cli import frame

    def on_day_zero() -> list[Any]:
        options.given_config.set(str(world.folder / "ivy.toml"))
        return list(submit_pack(frame.setup()))

    lines = await trio.to_thread.run_sync(on_day_zero)
    assert [line.result for line in lines] == ["PENDING"] * len(pack())


async def test_the_table_and_the_plan_are_readable(world: World) -> None:
    planned = await world.type("submit", "--dry-run")
    assert "nothing was done" in planned.out and "reminder_due" in planned.out
    done = await world.type("submit")
    assert done.code == 0 and "ivy whatsapp templates list" in done.err


async def test_lint_needs_no_configuration_and_reads_another_folder(world: World) -> None:
    (world.folder / "ivy.toml").unlink()
    assert await world.json("lint") == {"ok": True, "templates": 26, "complaints": []}
    own = world.folder / "own"
    own.mkdir()
    typed = await world.type("lint", str(own))
    assert "holds no template" in str(typed.error)
    text = 'purpose = "x"\nttl_seconds = 60\n[languages.en]\nbody = "We miss you!"\nbuttons = ["Come back"]\n'
    (own / "comeback.toml").write_text(text)
    document = await world.json("lint", str(own), code=1)
    assert any("gone quiet" in each for each in document["complaints"])
    assert "comeback (en)" in (await world.type("lint", str(own))).out
    assert "is no folder" in str((await world.type("lint", str(own / "nothing"))).error)
