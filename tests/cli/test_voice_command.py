"""`ivy voice`, typed against an emulated Retell on loopback."""

import os
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import trio
from quart import Response, request
from quart_trio import QuartTrio
from typer.testing import CliRunner

from ivy.adapters.retell import signature
from ivy.cli import options
from ivy.cli.voice import command
from ivy.cli.voice_hops import PROBE_EVENT
from ivy.daemon import lock
from ivy.emulators.retell import RetellEmulator
from ivy.errors import BadSignature, ConfigError, VendorMisconfigured
from ivy.store import inbox
from ivy.store.inbox import Arrival
from ivy.store.sealing import Sealer, new_key
from ivy.store.settings import open_writer
from tests.loopback import on_loopback

KEY, BADGE, NUMBER = "key_emulated_0123456789", "key_badge_0123456789", "+15550100200"
SEAL = new_key()
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TOML = """
[server]
public_url = "{public}"
[store]
seal_key_file = "seal"
[voice]
enabled = true
base_url = "{address}"
api_key_file = "key"
webhook_keys_file = "badge"
number = "{number}"
{more}
[calls]
concurrent = 10
{calls}
"""
HOPS = ["configuration", "key", "webhook key", "number", "callers", "lines", "agent ivy-en", "agent ivy-es", "way back"]


class World:
    """Retell on a port, what stands at Ivy's public address on another, and an operator's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.retell = RetellEmulator(
            api_key=KEY,
            webhook_key=BADGE,
            number=NUMBER,
            webhook_url="",
            deliver=self._nowhere,
            now=lambda: NOW,
            chance=Random(1),
        )
        self.address = self.public = ""
        self.taken: list[bytes] = []
        self.status = 204
        self.edge = QuartTrio("ivy")
        self.edge.post("/api/retell/webhook")(self._take)

    def configure(
        self, *, number: str = NUMBER, key: str = KEY, public: str | None = None, more: str = "", calls: str = ""
    ) -> None:
        toml = TOML.format(
            address=self.address,
            public=self.public if public is None else public,
            number=number,
            more=more,
            calls=calls,
        )
        for name, text in {"ivy.toml": toml, "key": key, "badge": f"{BADGE}\nkey_older\n", "seal": SEAL}.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o600)

    @property
    def database(self) -> Path:
        return self.folder / "data" / "ivy.db"

    async def type(self, *words: str, daemon: bool = False) -> "Typed":
        with lock.hold(self.database) if daemon else nullcontext():
            return await trio.to_thread.run_sync(self._type, words)

    async def json(self, *words: str, code: int = 0, daemon: bool = False) -> Any:
        typed = await self.type(*words, "--json", daemon=daemon)
        assert typed.code == code and typed.error is None, typed
        assert KEY not in typed.out and BADGE not in typed.out
        return msgspec.json.decode(typed.out)

    async def probe(self, *, code: int = 1, daemon: bool = True) -> dict[str, dict[str, str]]:
        told = await self.json("probe", code=code, daemon=daemon)
        assert told["ok"] == (code == 0)
        found = {each["what"]: each for each in told["hops"]}
        assert all(each["mend"] for each in found.values() if each["state"] in ("missing", "look"))
        return found

    def published(self) -> int:
        kept = self.retell.shelf.agents.values()
        return sum(each["is_published"] for versions in kept for each in versions.by_number.values())

    def receive(self, body: bytes) -> None:
        """Keep a webhook as the daemon does."""
        sealed = Sealer([SEAL]).seal(body, inbox.place("w1"))
        connection = open_writer(self.database, throwaway=True)
        inbox.keep(connection, Arrival("w1", "j1", "retell", inbox.digest(body), sealed, NOW))
        connection.close()

    def _type(self, words: tuple[str, ...]) -> "Typed":
        options.given_config.set(str(self.folder / "ivy.toml"))
        result = CliRunner().invoke(command, words)
        error = None if isinstance(result.exception, SystemExit) else result.exception
        return Typed(result.exit_code, result.stdout, result.stderr, error)

    async def _take(self) -> Response:
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        try:
            signature.verify(
                body, {name.lower(): value for name, value in request.headers}, (BADGE,), now=datetime.now(UTC)
            )
        except BadSignature:
            return Response(b"no", 401)
        self.taken.append(body)
        return Response(b"" if self.status == 204 else b"no", self.status)

    async def _nowhere(self, _url: str, _body: bytes, _headers: dict[str, str]) -> tuple[int, bytes]:
        await trio.lowlevel.checkpoint()
        return 404, b""


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
    async with on_loopback(world.retell.app) as world.address, on_loopback(world.edge) as world.public:
        world.configure()
        yield world


# --- agents ------------------------------------------------------------------------------------------------


async def test_a_sync_makes_and_publishes_the_agents_and_a_second_does_nothing(world: World) -> None:
    plan = await world.json("agents", "sync", "--dry-run")
    assert [line["do"] for line in plan["lines"]] == ["make", "make"] and world.retell.shelf.agents == {}
    done = await world.json("agents", "sync")
    assert done["ok"] and [line["result"] for line in done["lines"]] == ["published", "published"]
    again = await world.json("agents", "sync")
    assert [line["do"] for line in again["lines"]] == ["nothing", "nothing"]
    assert world.published() == 2
    listed = (await world.json("agents", "list"))["agents"]
    assert [(each["name"], each["version"], each["up_to_date"]) for each in listed] == [
        ("ivy-en", 0, True),
        ("ivy-es", 0, True),
    ]


async def test_who_synced_is_written_down(world: World) -> None:
    await world.json("agents", "sync")
    connection = open_writer(world.database, throwaway=True)
    rows = connection.execute("SELECT action FROM audit_log").fetchall()
    connection.close()
    assert [row["action"] for row in rows] == ["voice agents sync"]


async def test_the_list_says_what_is_to_be_done(world: World) -> None:
    typed = await world.type("agents", "list")
    assert typed.code == 0 and "ivy voice agents sync: there is none" in typed.out
    await world.json("agents", "sync")
    world.configure(calls="longest_seconds = 120")
    typed = await world.type("agents", "list")
    assert "its words or tools changed" in typed.out
    (line, _other) = (await world.json("agents", "sync"))["lines"]
    assert (line["do"], line["version"]) == ("publish", 1)


async def test_an_agent_that_retell_refuses_is_one_line_and_exit_1(world: World) -> None:
    world.retell.refuse(400, "no such voice", path="/create-agent")
    told = await world.json("agents", "sync", code=1)
    assert [line["failed"] for line in told["lines"]] == [True, False]
    assert "no such voice" in told["lines"][0]["result"]
    typed = await world.type("agents", "sync")
    assert typed.code == 0 and "published" in typed.out


async def test_a_number_is_bound_when_that_is_asked_for(world: World) -> None:
    await world.json("agents", "sync")
    assert "inbound_agents" not in world.retell.shelf.numbers[NUMBER]
    (line, other) = (await world.json("agents", "sync", "--bind"))["lines"]
    assert line["result"] == f"published, bound to {NUMBER}" and other["result"] == "published"
    kept = world.retell.shelf.numbers[NUMBER]
    assert kept["inbound_agents"][0]["agent_id"] == line["agent_id"]
    assert kept["inbound_webhook_url"] == f"{world.public}/api/retell/inbound"
    world.retell.refuse(422, "not yours", path="/update-phone-number")
    told = await world.json("agents", "sync", "--bind", code=1)
    assert "the number is not bound: not yours" in told["lines"][0]["result"]


async def test_what_cannot_begin_is_one_plain_error(world: World) -> None:
    world.configure(key="")
    assert isinstance((await world.type("agents", "sync")).error, ConfigError)
    world.configure(public="")
    assert "public_url" in str((await world.type("agents", "list")).error)
    world.configure(key="key_of_somebody_else")
    assert isinstance((await world.type("agents", "list")).error, VendorMisconfigured)


# --- probe -------------------------------------------------------------------------------------------------


async def test_with_all_in_order_every_hop_is_walked(world: World) -> None:
    await world.json("agents", "sync", "--bind")
    world.receive(msgspec.json.encode({"event": "call_started", "call": {"call_id": "call_1"}}))
    found = await world.probe(code=0)
    assert list(found) == HOPS
    assert {each["state"] for each in found.values()} == {"ok"}
    (body,) = world.taken
    assert msgspec.json.decode(body)["event"] == PROBE_EVENT
    typed = await world.type("probe", daemon=True)
    assert typed.code == 0 and "Everything that can be seen from here works" in typed.out


async def test_without_a_key_or_a_number_nobody_is_asked(world: World) -> None:
    world.configure(key="", number="555", public="")
    found = await world.probe()
    assert list(found) == ["voice.api_key_file", "voice.number", "server.public_url"]
    world.configure(key="key_of_somebody_else")
    found = await world.probe()
    assert found["key"]["state"] == "missing" and list(found)[-1] == "key"


async def test_each_thing_that_is_missing_is_named_with_its_mend(world: World) -> None:
    found = await world.probe(daemon=False)
    assert found["agent ivy-en"]["mend"] == found["agent ivy-es"]["mend"] == "ivy voice agents sync"
    assert (found["callers"]["state"], found["callers"]["mend"]) == ("missing", "ivy voice agents sync --bind")
    assert (found["webhook key"]["state"], found["daemon"]["state"]) == ("look", "missing")
    assert world.taken == []


async def test_agents_that_are_one_tool_behind_are_named_with_their_mend(world: World) -> None:
    world.configure(calls='[tools]\ndisabled = ["use_reserve"]')
    await world.json("agents", "sync", "--bind")
    world.configure()
    found = await world.probe(daemon=False)
    for agent in (found["agent ivy-en"], found["agent ivy-es"]):
        assert (agent["state"], agent["mend"]) == ("missing", "ivy voice agents sync")
        assert agent["found"] == "its words or tools changed"


async def test_a_probe_of_our_own_does_not_show_that_retell_signs_with_our_key(world: World) -> None:
    world.receive(msgspec.json.encode({"event": PROBE_EVENT}))
    assert (await world.probe())["webhook key"]["state"] == "look"


async def test_a_number_that_is_not_retells(world: World) -> None:
    world.configure(number="+15550199999")
    found = await world.probe()
    assert found["number"]["state"] == "missing" and "+15550199999" in found["number"]["found"]


async def test_a_number_that_calls_some_countries_or_is_not_from_where_we_think(world: World) -> None:
    await world.json("agents", "sync", "--bind")
    world.retell.shelf.numbers[NUMBER]["allowed_outbound_country_list"] = ["US", "CA"]
    world.configure(more="number_is_imported = true")
    found = await world.probe(code=0)
    assert "US, CA" in found["countries"]["found"]
    assert found["reach"]["mend"] == "voice.number_is_imported = false"


async def test_fewer_lines_than_we_would_use(world: World) -> None:
    await world.json("agents", "sync", "--bind")
    world.retell.limit = 5
    found = await world.probe(code=0)
    assert found["lines"]["state"] == "look" and "calls.concurrent = 5" in found["lines"]["mend"]


async def test_a_caller_who_is_told_to_somebody_else(world: World) -> None:
    await world.json("agents", "sync", "--bind")
    world.retell.shelf.numbers[NUMBER]["inbound_webhook_url"] = "https://old.example"
    found = await world.probe()
    assert "https://old.example" in found["callers"]["found"]


@pytest.mark.parametrize(("status", "told"), [(404, "answers 404"), (502, "answers 502")])
async def test_a_proxy_that_does_not_lead_to_ivy(world: World, status: int, told: str) -> None:
    await world.json("agents", "sync", "--bind")
    world.status = status
    assert told in (await world.probe())["way back"]["found"]


async def test_a_daemon_that_has_another_key(world: World) -> None:
    await world.json("agents", "sync", "--bind")
    (world.folder / "badge").write_text("key_another_0123456789")
    found = await world.probe()
    assert "refuses our signature" in found["way back"]["found"] and "restart" in found["way back"]["mend"]


async def test_an_address_where_nobody_is(world: World) -> None:
    await world.json("agents", "sync", "--bind")
    world.configure(public="http://127.0.0.1:9")
    assert "cannot be reached" in (await world.probe())["way back"]["found"]


async def test_a_retell_that_is_down_is_said_hop_by_hop(world: World) -> None:
    await world.json("agents", "sync", "--bind")
    world.retell.refuse(500, "down", path="/get-concurrency")
    found = await world.probe()
    assert found["lines"]["state"] == "missing" and "try again" in found["lines"]["mend"]
    assert found["way back"]["state"] == "ok"
