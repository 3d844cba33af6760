"""`ivy whatsapp flows`, typed against an emulated Meta on loopback."""

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import trio
from quart import request
from quart_trio import QuartTrio
from typer.testing import CliRunner

from ivy.adapters.whatsapp.flow_crypto import FlowKeys, generate_key
from ivy.adapters.whatsapp.flow_json import assets
from ivy.cli import options
from ivy.cli.whatsapp_flows import KEY_FILE, flows
from ivy.emulators.whatsapp_flow_envelopes import seal
from ivy.emulators.whatsapp_flows import FlowShelf, ShelvedFlow
from ivy.emulators.whatsapp_shapes import Refusal
from ivy.errors import ConfigError, OutcomeUnknown, UsageError, VendorMisconfigured
from ivy.store.settings import open_writer
from tests.loopback import on_loopback

WABA = "102290129340398"
TOKEN, SECRET = "token", "app-secret"
TOML = """
[server]
public_url = "{public}"
[whatsapp]
base_url = "{address}"
waba_id = "{waba}"
phone_number_id = "106"
token_file = "token"
app_secrets_file = "app"
{more}
"""
PUBLIC = "https://ivy.example"
NAVIGATE, LIVE = len(assets(live=False)), len(assets(live=True))


class World:
    """Meta on a port, an operator's folder, and an endpoint that knows the folder's key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self.shelf = FlowShelf(
            waba_id=WABA, phone_number_id="106", app_secret=SECRET, chance=Random(1), post=self.answer
        )
        self.broken = 0
        """Which of the next requests is answered by a gateway's page."""
        self.app = QuartTrio("meta")
        self.app.before_request(self._break)
        self.shelf.add_routes(self.app, self._check_caller)

    def configure(self, *, waba: str = WABA, token: str = TOKEN, public: str = "", more: str = "") -> None:
        toml = TOML.format(address=self.address, waba=waba, public=public, more=more)
        for name, text in {"ivy.toml": toml, "token": token, "app": SECRET}.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o600)

    def live(self) -> None:
        """Configure an endpoint, with the key that was made."""
        self.configure(public=PUBLIC, more=f'flow_key_file = "{KEY_FILE}"')

    @property
    def keys(self) -> FlowKeys:
        return FlowKeys.parse((self.folder / KEY_FILE).read_text())

    async def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        await trio.lowlevel.checkpoint()
        asked, reply = self.keys.open(body)
        assert asked["action"] == "ping" and headers["X-Hub-Signature-256"]
        return 200, reply.seal({"version": asked["version"], "data": {"status": "active"}})

    async def type(self, *words: str) -> "Typed":
        return await trio.to_thread.run_sync(self._type, words)

    async def json(self, *words: str, code: int = 0) -> Any:
        typed = await self.type(*words, "--json")
        assert typed.code == code and typed.error is None, typed
        return msgspec.json.decode(typed.out)

    def published(self) -> list[ShelvedFlow]:
        return [flow for flow in self.shelf.flows.values() if flow.status == "PUBLISHED"]

    def _type(self, words: tuple[str, ...]) -> "Typed":
        options.given_config.set(str(self.folder / "ivy.toml"))
        result = CliRunner().invoke(flows, words)
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
async def world(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    world = World(tmp_path)
    async with on_loopback(world.app) as world.address:
        world.configure()
        yield world


# --- push ----------------------------------------------------------------------------------------------


async def test_a_push_makes_and_publishes_what_meta_lacks_and_a_second_does_nothing(world: World) -> None:
    plan = await world.json("push", "--dry-run")
    assert [line["do"] for line in plan["lines"]] == ["create"] * NAVIGATE and world.shelf.flows == {}
    done = await world.json("push")
    assert done["ok"] and [line["result"] for line in done["lines"]] == ["PUBLISHED"] * NAVIGATE
    assert len(world.published()) == NAVIGATE
    again = await world.json("push")
    assert [line["do"] for line in again["lines"]] == ["nothing"] * NAVIGATE
    assert len(world.shelf.flows) == NAVIGATE
    listed = (await world.json("list"))["flows"]
    assert all(each["can_be_sent"] and each["up_to_date"] for each in listed) and len(listed) == NAVIGATE


async def test_the_list_says_what_is_to_be_done(world: World) -> None:
    typed = await world.type("list")
    assert typed.code == 0 and "not pushed" in typed.out and "ivy whatsapp flows push" in typed.out
    assert "waits for server.public_url and for a key" in typed.err


async def test_a_form_that_changed_is_uploaded_into_the_same_flow(world: World) -> None:
    await world.json("push")
    with_database(world, "UPDATE flows SET digest = 'older' WHERE name = 'booking'")
    done = await world.json("push")
    assert [line["do"] for line in done["lines"] if line["name"] == "booking"] == ["update", "update"]
    assert len(world.published()) == len(world.shelf.flows) == NAVIGATE


async def test_one_that_cannot_be_changed_is_replaced_and_retired(world: World) -> None:
    await world.json("push")
    world.shelf.editable = False
    with_database(world, "UPDATE flows SET digest = 'older' WHERE name = 'booking' AND language = 'es'")
    done = await world.json("push")
    assert done["ok"] and len(world.published()) == NAVIGATE
    titles = {flow.name: flow.status for flow in world.shelf.flows.values() if flow.name.startswith("ivy_booking_es")}
    assert titles == {"ivy_booking_es": "DEPRECATED", "ivy_booking_es_v2": "PUBLISHED"}
    assert {line["do"] for line in (await world.json("push"))["lines"]} == {"nothing"}


@pytest.mark.parametrize("request_number", range(2, 12))
async def test_a_push_that_breaks_off_anywhere_is_gone_on_with(world: World, request_number: int) -> None:
    world.broken = request_number
    broken = await world.json("push", code=1)
    assert any("502" in line["result"] for line in broken["lines"])
    assert (await world.json("push"))["ok"]
    assert len(world.published()) == NAVIGATE
    assert {line["do"] for line in (await world.json("push"))["lines"]} == {"nothing"}


async def test_a_lost_database_finds_its_forms_again(world: World) -> None:
    await world.json("push")
    with_database(world, "DELETE FROM flows")
    assert {line["do"] for line in (await world.json("push"))["lines"]} == {"update"}
    assert len(world.shelf.flows) == NAVIGATE


async def test_what_meta_refuses_is_one_failed_line(world: World) -> None:
    await world.json("push")
    world.shelf.set_status(world.shelf.named("ivy_booking_en").id, "BLOCKED")
    done = await world.json("push")
    assert done["lines"][0]["why"].startswith("blocked") and done["ok"]
    listed = {(each["name"], each["language"]): each for each in (await world.json("list"))["flows"]}
    assert listed["booking", "en"]["state"] == "BLOCKED" and not listed["booking", "en"]["can_be_sent"]


async def test_what_is_missing_or_wrong_is_one_plain_error(world: World) -> None:
    world.broken = 1
    assert isinstance((await world.type("push")).error, OutcomeUnknown)
    world.configure(token="wrong")
    assert isinstance((await world.type("push")).error, VendorMisconfigured)
    world.configure(waba="")
    error = (await world.type("push")).error
    assert isinstance(error, ConfigError) and "whatsapp.waba_id" in str(error)


# --- the key -------------------------------------------------------------------------------------------


async def test_the_key_is_made_once_kept_private_and_given_to_meta(world: World) -> None:
    made = await world.json("key")
    path = world.folder / KEY_FILE
    assert made["made"] and made["status"] == "VALID" and made["line"] == f'flow_key_file = "{KEY_FILE}"'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert world.shelf.public_pem == world.keys.current.public_pem
    before = path.read_bytes()
    assert not (await world.json("key"))["made"] and path.read_bytes() == before
    typed = await world.type("key")
    assert "PRIVATE KEY" not in typed.out + typed.err


async def test_with_a_key_and_an_address_the_live_form_is_published_too(world: World) -> None:
    await world.json("key")
    world.live()
    done = await world.json("push")
    assert done["ok"] and done["endpoint"] == f"{PUBLIC}/api/whatsapp/flows" and len(world.published()) == LIVE
    assert world.shelf.named("ivy_booking_live_es").endpoint_uri == done["endpoint"]
    assert {line["do"] for line in (await world.json("push"))["lines"]} == {"nothing"}


async def test_an_address_that_moved_is_told(world: World) -> None:
    await world.json("key")
    world.live()
    await world.json("push")
    world.configure(public="https://new.example", more=f'flow_key_file = "{KEY_FILE}"')
    done = await world.json("push")
    assert [line["do"] for line in done["lines"] if line["name"] == "booking_live"] == ["update", "update"]
    assert world.shelf.named("ivy_booking_live_es").endpoint_uri.startswith("https://new.example/")


async def test_a_rotated_key_stands_before_the_old_one_and_both_open(world: World) -> None:
    await world.json("key")
    old = world.shelf.public_pem
    world.live()
    assert (await world.json("key", "--rotate"))["made"]
    new = world.shelf.public_pem
    assert old != new == world.keys.current.public_pem
    for public in (old, new):
        assert world.keys.open(seal(public, {"action": "ping"}, Random(1)).body)[0] == {"action": "ping"}
    assert [each.name for each in (world.folder / KEY_FILE).parent.iterdir()] == [Path(KEY_FILE).name]


async def test_a_key_from_the_environment_is_uploaded_and_not_replaced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = generate_key()
    monkeypatch.setenv("IVY_WHATSAPP__FLOW_KEY", private)
    made = await world.json("key")
    assert not made["made"] and made["file"] == "the environment" and world.shelf.public_pem == public
    assert isinstance((await world.type("key", "--rotate")).error, UsageError)
    assert not (world.folder / KEY_FILE).exists()


async def test_what_is_there_and_is_no_key_is_not_touched(world: World) -> None:
    path = world.folder / KEY_FILE
    path.parent.mkdir(mode=0o700)
    path.write_text("not a key")
    for words in (("key",), ("key", "--rotate")):
        assert isinstance((await world.type(*words)).error, ConfigError)
    assert path.read_text() == "not a key"


def with_database(world: World, sql: str) -> None:
    """Change what we kept, as an operator with a database tool would."""
    connection = open_writer(world.folder / "data" / "ivy.db", throwaway=True)
    try:
        connection.execute(sql)
    finally:
        connection.close()
