"""`ivy whatsapp probe`: each hop that fails alone is named with its mend; with all in order it walks to a real message."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
import typer
from msgspec.structs import replace
from quart import request
from quart_trio import QuartTrio
from trio.testing import MockClock
from typer.testing import CliRunner

from ivy.adapters.client import open_client
from ivy.cli import whatsapp_fields, whatsapp_reach
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.whatsapp_fields import kind_of
from ivy.cli.whatsapp_probe import probe, walk_on
from ivy.cli.whatsapp_walk import Walk, Wishes
from ivy.cli.world import APP_SECRET, PNID, TOKEN, World, emulated, open_world
from ivy.clock import VirtualClock
from ivy.config import Config, Secret
from ivy.daemon import lock
from ivy.domain.public_paths import WHATSAPP
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_setup import NumberState, SetupDesk
from ivy.emulators.whatsapp_shapes import Refusal
from ivy.store.binding import Connection
from ivy.threads import InlineThreads

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ANA, WABA, PHONE = "+573001112233", "102290129340398", "+57 300 5550100"
PUBLIC = "http://ivy.test"
GREEN = [
    *("whatsapp.phone_number_id", "whatsapp.token_file", "whatsapp.app_secrets_file", "whatsapp.verify_token_file"),
    *("whatsapp.waba_id", "server.public_url", "token", "registration", "number", "subscription", "daemon"),
    *("public address", "handshake", "webhook form", "signed probe", "real message"),
]


def configured(**change: Any) -> Config:
    """The configuration of an emulated world that knows its account and its address."""
    config = emulated(Config())
    server = replace(config.server, public_url=change.pop("public_url", PUBLIC))
    return replace(config, server=server, whatsapp=replace(config.whatsapp, **{"waba_id": WABA, **change}))


@dataclass
class Ground:
    """Meta's desk, what stands at the public address, and a folder."""

    folder: Path
    desk: SetupDesk = field(
        default_factory=lambda: SetupDesk(TOKEN, APP_SECRET, WABA, NumberState(PNID, PHONE, "Ivy Coach"))
    )
    said: list[str] = field(default_factory=list[str])
    public: httpx2.AsyncBaseTransport | None = None
    now: Callable[[], datetime] = lambda: NOW

    def __post_init__(self) -> None:
        self.desk.app.callback_url = f"{PUBLIC}{WHATSAPP}"
        self.desk.app.fields = ("messages", *_WANTED)

    async def walk(self, config: Config | None = None, **wishes: Any) -> list[Finding]:
        config = config or configured()
        where = Setup(self.folder / "ivy.toml", config, self.folder, config.database(self.folder))
        app = QuartTrio(__name__)
        self.desk.add_routes(app, self._check_caller)
        async with open_client(transport=in_process(app)) as meta, open_client(transport=self.public) as public:
            wished: dict[str, Any] = {"wait": 0, **wishes}
            walk = Walk(where, meta, public, self.now, "f00d" * 8, Wishes(**wished), self.said.append)
            told: list[Finding] = []
            found = await walk_on(walk, told.append)
        assert told == found
        secrets = (config.whatsapp.token, config.whatsapp.app_secrets, config.whatsapp.verify_token)
        for secret in (secret.reveal() for secret in secrets):
            assert not secret or secret not in str(found)
        return found

    async def failing(self, config: Config | None = None, **wishes: Any) -> Finding:
        """Walk, and return the one finding that ended the walk."""
        found = await self.walk(config, **wishes)
        wrong = [finding for finding in found if finding.state is State.MISSING]
        assert [found[-1]] == wrong, found
        assert wrong[0].mend
        return wrong[0]

    def _check_caller(self, _version: str) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(190, "Invalid OAuth access token.", status=401)


_WANTED = (
    *("account_alerts", "account_update", "business_capability_update", "flows", "message_template_components_update"),
    *("message_template_quality_update", "message_template_status_update", "phone_number_quality_update", "security"),
    *("template_category_update", "user_preferences"),
)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


@contextmanager
def nothing() -> Any:
    yield


@asynccontextmanager
async def running(ground: Ground, *, config: Config | None = None, locked: bool = True) -> AsyncGenerator[World]:
    """A real daemon on the ground's folder, reached at the public address."""
    config = config or configured()
    clock = VirtualClock(NOW)
    ground.now = clock.now
    async with open_world(ground.folder, clock=clock, threads=InlineThreads(), config=config) as world:
        ground.public = in_process(_Behind(world))  # pyright: ignore[reportArgumentType]
        with lock.hold(config.database(ground.folder)) if locked else nothing():
            yield world


class _Behind:
    """The public address: hands each request to the world's own client's app."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        transport: Any = self._world.http._transport  # pyright: ignore[reportPrivateUsage] - the app of the public routes
        await transport.app(scope, receive, send)


# --- all in order ----------------------------------------------------------------------------------------


async def test_with_all_in_order_it_walks_to_a_real_message(autojump_clock: MockClock, ground: Ground) -> None:
    async with running(ground) as world, trio.open_nursery() as nursery:

        async def somebody_writes() -> None:
            await trio.sleep(30)
            await world.vendors.whatsapp.person_says(ANA, "hola")

        nursery.start_soon(somebody_writes)
        found = await ground.walk(wait=120)
    assert [finding.what for finding in found] == GREEN
    assert {finding.state for finding in found} == {State.OK}, found
    assert found[-1].found == "arrived from Meta after 30 s"
    assert PHONE in ground.said[0]


async def test_its_probe_is_kept_as_a_notice_and_answers_nobody(autojump_clock: MockClock, ground: Ground) -> None:
    async with running(ground) as world:
        found = await ground.walk()
        await trio.sleep(60)
        notices = await world.store.read(notices_of)
        dead = await world.store.read(
            lambda c: c.execute("SELECT count(*) FROM jobs WHERE state = 'dead'").fetchone()[0]
        )
        assert world.vendors.whatsapp.sent == []
    assert found[-2].what == "signed probe"
    assert found[-2].state is State.OK
    assert [(field, event) for field, event, _ in notices] == [("ivy_probe", "unknown")]
    assert dead == 0


def notices_of(connection: Connection) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in connection.execute("SELECT field, event, details FROM channel_notices")]


async def test_statuses_and_messages_to_another_number_are_not_the_message(
    autojump_clock: MockClock, ground: Ground
) -> None:
    async with running(ground) as world, trio.open_nursery() as nursery:

        async def others() -> None:
            await trio.sleep(5)
            account = world.vendors.whatsapp.account
            world.vendors.whatsapp.post(account.change("account_update", {"event": "VERIFIED_ACCOUNT"}, at=NOW))
            value: dict[str, Any] = {"metadata": {"phone_number_id": "999"}, "messages": [{"id": "w", "type": "text"}]}
            world.vendors.whatsapp.post(account.change("messages", value))

        nursery.start_soon(others)
        wrong = await ground.failing(wait=60)
    assert (wrong.what, wrong.found) == ("real message", "none came in 60 s")
    assert "Live" in wrong.mend


# --- the configuration -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "what", "named"),
    [
        ({"enabled": False}, "whatsapp.enabled", "switched off"),
        ({"token": Secret("")}, "whatsapp.token_file", "not set"),
        ({"token": Secret("0123456789abcdef" * 2)}, "whatsapp.token_file", "an app secret"),
        ({"token": Secret("123456|abcdef")}, "whatsapp.token_file", "an app's own token"),
        ({"app_secrets": Secret("EAA" + "b" * 100)}, "whatsapp.app_secrets_file", "an access token"),
        ({"app_secrets": Secret("ab" * 32)}, "whatsapp.app_secrets_file", "seal key"),
        ({"verify_token": Secret("EAA" + "b" * 100)}, "whatsapp.verify_token_file", "an access token"),
        ({"verify_token": Secret("0123456789abcdef" * 2)}, "whatsapp.verify_token_file", "an app secret"),
        ({"verify_token": Secret("")}, "whatsapp.verify_token_file", "not set"),
        ({"phone_number_id": ""}, "whatsapp.phone_number_id", "not set"),
        ({"phone_number_id": "EAA" + "b" * 100}, "whatsapp.phone_number_id", "an access token"),
        ({"waba_id": PNID}, "whatsapp.waba_id", "they are two ids"),
        ({"waba_id": "my account"}, "whatsapp.waba_id", "digits"),
        ({"public_url": ""}, "server.public_url", "not set"),
    ],
)
async def test_a_value_that_is_another_one_is_named(
    ground: Ground, change: dict[str, Any], what: str, named: str
) -> None:
    found = await ground.walk(configured(**change))
    [wrong] = [finding for finding in found if finding.state is State.MISSING]
    assert wrong.what == what
    assert named in wrong.found
    assert wrong.mend
    assert "token" not in [finding.what for finding in found], "Meta is not asked with values that are mixed up"


async def test_metas_own_keys_are_judged_by_their_shape(ground: Ground) -> None:
    config = configured(base_url="https://graph.facebook.com", public_url="http://ivy.test")
    wrong = {finding.what for finding in await ground.walk(config) if finding.state is State.MISSING}
    assert wrong == {"whatsapp.token_file", "whatsapp.app_secrets_file", "server.public_url"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("EAA" + "x" * 80, whatsapp_fields.TOKEN),
        ("0123456789abcdef0123456789abcdef", whatsapp_fields.SECRET),
        ("ab" * 32, whatsapp_fields.SEAL_KEY),
        ("sk-ant-api03", whatsapp_fields.MODEL_KEY),
        ("106540352242922", whatsapp_fields.ID),
        ("+57 300 1112233", whatsapp_fields.PHONE),
        ("573001112233", whatsapp_fields.PHONE),
        ("670843887433847|x_y-Z", whatsapp_fields.APP_TOKEN),
        ("correct horse battery staple", ""),
        ("", ""),
    ],
)
def test_each_kind_of_value_is_known_by_its_looks(text: str, kind: str) -> None:
    assert kind_of(text) == kind


# --- Meta ------------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_named_without_being_said(ground: Ground) -> None:
    wrong = await ground.failing(configured(token=Secret("EAA" + "w" * 80)))
    assert wrong.what == "token"
    assert "Generate token" in wrong.mend


async def test_an_expired_token_is_named(ground: Ground) -> None:
    ground.desk.of_token.expires_at = NOW - timedelta(minutes=1)
    wrong = await ground.failing()
    assert (wrong.what, wrong.found) == ("token", "it expired on 2026-11-23 06:59 UTC")


async def test_a_token_of_the_dashboard_is_doubted(ground: Ground) -> None:
    ground.desk.of_token.expires_at = NOW + timedelta(hours=20)
    found = {finding.what: finding for finding in await ground.walk()}
    assert found["token"].state is State.LOOK
    assert "no expiry" in found["token"].mend


@pytest.mark.parametrize("scope", ["whatsapp_business_messaging", "whatsapp_business_management"])
async def test_a_missing_permission_is_named(ground: Ground, scope: str) -> None:
    ground.desk.of_token.scopes = tuple(each for each in ground.desk.of_token.scopes if each != scope)
    wrong = await ground.failing()
    assert (wrong.what, wrong.found) == ("token", f"it lacks the permission {scope}")


async def test_an_app_secret_of_another_app_is_named(ground: Ground) -> None:
    async def refuse(_request: httpx2.Request) -> httpx2.Response:
        refusal = Refusal(100, "Invalid appsecret_proof provided in the API argument")
        return httpx2.Response(400, content=json.dumps(refusal.answer()).encode())

    config = configured()
    where = Setup(ground.folder / "ivy.toml", config, ground.folder, config.database(ground.folder))
    async with open_client(transport=httpx2.MockTransport(refuse)) as meta:
        found = await walk_on(Walk(where, meta, meta, ground.now, "x", Wishes(), print), lambda _finding: None)
    assert (found[-1].what, found[-1].state) == ("app secret", State.MISSING)
    assert "App secret > Show" in found[-1].mend


async def test_the_account_is_learnt_from_the_token(ground: Ground) -> None:
    found = {finding.what: finding for finding in await ground.walk(configured(waba_id=""))}
    assert found["account"].mend == f'set whatsapp.waba_id = "{WABA}"'
    assert found["subscription"].state is State.OK


async def test_an_account_that_the_token_does_not_know_is_named(ground: Ground) -> None:
    wrong = await ground.failing(configured(waba_id="102290129340399"))
    assert (wrong.what, WABA in wrong.found) == ("account", True)


async def test_a_token_that_cannot_be_asked_about_is_no_hindrance(ground: Ground) -> None:
    ground.desk.of_token.is_told = False
    found = {finding.what: finding for finding in await ground.walk()}
    assert found["token"].state is State.LOOK
    assert found["subscription"].state is State.OK


@pytest.mark.parametrize("typed", ["+573005550100", "573005550100", "+57 300 5550100"])
async def test_a_telephone_number_in_place_of_its_id_gets_the_id(ground: Ground, typed: str) -> None:
    ground.desk.more_numbers.append(NumberState("106540352242923", "+1 555 0100", "Test"))
    wrong = await ground.failing(configured(phone_number_id=typed))
    assert wrong.what == "number"
    assert "telephone number" in wrong.found
    assert f'phone_number_id = "{PNID}"' in wrong.mend


async def test_an_id_that_is_nobodys_gets_those_there_are(ground: Ground) -> None:
    ground.desk.more_numbers.append(NumberState("106540352242923", "+1 555 0100", "Test"))
    wrong = await ground.failing(configured(phone_number_id="999999999999999"))
    assert wrong.what == "number"
    assert PNID in wrong.mend
    assert "106540352242923" in wrong.mend


async def test_a_number_that_is_not_registered_is_named_and_can_be_mended(ground: Ground) -> None:
    ground.desk.number.registered = False
    wrong = await ground.failing()
    assert (wrong.what, "--register" in wrong.mend) == ("registration", True)
    found = {finding.what: finding for finding in await ground.walk(pin="123456")}
    assert found["registration"].state is State.OK
    assert (ground.desk.number.registered, ground.desk.pin) == (True, "123456")


async def test_a_wrong_pin_is_said_as_meta_says_it(ground: Ground) -> None:
    ground.desk.number.registered, ground.desk.pin = False, "111111"
    wrong = await ground.failing(pin="222222")
    assert (wrong.what, "PIN is wrong" in wrong.found) == ("number", True)


async def test_a_missing_payment_method_stops_the_walk_with_where_to_click(ground: Ground) -> None:
    ground.desk.number.can_send = "BLOCKED"
    ground.desk.number.problem = "There is no payment method for this account"
    wrong = await ground.failing()
    assert wrong.what == "sending"
    assert "Add payment method" in wrong.mend


async def test_a_name_under_review_is_worth_a_look_and_no_more(ground: Ground) -> None:
    ground.desk.number.name_status = "PENDING_REVIEW"
    found = {finding.what: finding for finding in await ground.walk()}
    assert found["display name"].state is State.LOOK
    assert found["subscription"].state is State.OK


async def test_an_app_that_is_not_subscribed_is_named_and_can_be_mended(ground: Ground) -> None:
    ground.desk.app.subscribed, ground.desk.others = False, {"77": "Other CRM"}
    wrong = await ground.failing()
    assert (wrong.what, wrong.mend) == ("subscription", "ivy whatsapp probe --subscribe")
    assert "Other CRM" in wrong.found
    found = {finding.what: finding for finding in await ground.walk(subscribe=True)}
    assert found["subscription"].state is State.OK
    assert ground.desk.app.subscribed


async def test_webhooks_that_go_to_another_address_are_named_and_can_be_mended(ground: Ground) -> None:
    ground.desk.app.override = "https://elsewhere.example/hook"
    wrong = await ground.failing()
    assert (wrong.what, "elsewhere.example" in wrong.found) == ("subscription", True)
    await ground.walk(subscribe=True)
    assert ground.desk.app.override == ""


async def test_meta_that_cannot_be_reached_is_named(ground: Ground) -> None:
    async def fail(asked: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=asked)

    config = configured()
    where = Setup(ground.folder / "ivy.toml", config, ground.folder, config.database(ground.folder))
    async with open_client(transport=httpx2.MockTransport(fail)) as meta:
        found = await walk_on(Walk(where, meta, meta, ground.now, "x", Wishes(), print), lambda _finding: None)
    assert (found[-1].what, "no connection" in found[-1].found) == ("token", True)


# --- our side --------------------------------------------------------------------------------------------


async def test_a_missing_database_and_a_daemon_that_does_not_run_are_named(
    autojump_clock: MockClock, ground: Ground
) -> None:
    assert (await ground.failing()).what == "database"
    async with running(ground, locked=False):
        wrong = await ground.failing()
    assert (wrong.what, "not running" in wrong.found) == ("daemon", True)


Broken = Callable[[httpx2.Request], httpx2.Response]


def answering(status: int, text: str = "", **headers: str) -> Broken:
    return lambda _request: httpx2.Response(status, text=text, headers=headers)


def raising(error: type[httpx2.HTTPError], text: str) -> Broken:
    def fail(asked: httpx2.Request) -> httpx2.Response:
        raise error(text)

    return fail


@pytest.mark.parametrize(
    ("public", "what", "named"),
    [
        (raising(httpx2.ConnectError, "connection refused"), "public address", "cannot be reached"),
        (raising(httpx2.ConnectError, "CERTIFICATE_VERIFY_FAILED: certificate"), "public address", "not trusted"),
        (answering(502), "public address", "finds no daemon"),
        (answering(301, location="https://www.ivy.test/"), "public address", "https://www.ivy.test/"),
        (answering(200, "Welcome to nginx"), "handshake", "something else than Ivy"),
        (answering(404), "handshake", "is not Ivy's"),
        (answering(418), "handshake", "418"),
    ],
)
async def test_a_public_address_that_does_not_lead_to_ivy_is_named(
    autojump_clock: MockClock, ground: Ground, public: Broken, what: str, named: str
) -> None:
    async with running(ground):
        ground.public = httpx2.MockTransport(public)
        wrong = await ground.failing()
    assert wrong.what == what
    assert named in wrong.found


async def test_an_address_that_never_answers_is_named(autojump_clock: MockClock, ground: Ground) -> None:
    async def hang(_request: httpx2.Request) -> httpx2.Response:
        await trio.sleep_forever()
        raise AssertionError

    async with running(ground):
        ground.public = httpx2.MockTransport(hang)
        wrong = await ground.failing()
    assert (wrong.what, "does not answer in 20 s" in wrong.found) == ("public address", True)


@pytest.mark.parametrize(
    ("host", "named"),
    [("localhost", "not on the internet"), ("10.1.2.3", "not on the internet"), ("ivy.invalid", "no address")],
)
async def test_an_address_meta_cannot_reach_is_named(host: str, named: str) -> None:
    assert named in await whatsapp_reach.wrong_host(host)


async def test_a_public_address_is_not_doubted() -> None:
    assert await whatsapp_reach.wrong_host("1.1.1.1") == ""


async def test_another_verify_token_in_the_daemon_is_named(autojump_clock: MockClock, ground: Ground) -> None:
    async with running(ground):
        wrong = await ground.failing(configured(verify_token=Secret("typed anew")))
    assert (wrong.what, "another verify token" in wrong.found) == ("handshake", True)
    assert "restart" in wrong.mend


async def test_another_app_secret_in_the_daemon_is_named(autojump_clock: MockClock, ground: Ground) -> None:
    ground.desk.app_secret = "rotated"
    async with running(ground):
        wrong = await ground.failing(configured(app_secrets=Secret("rotated")))
    assert (wrong.what, "refuses our signature" in wrong.found) == ("signed probe", True)


async def test_an_ivy_that_is_another_one_is_named(autojump_clock: MockClock, ground: Ground, tmp_path: Path) -> None:
    other = Ground(tmp_path / "other")
    async with running(other), running(ground):
        ground.public = other.public
        wrong = await ground.failing()
    assert (wrong.what, "another Ivy" in wrong.found) == ("signed probe", True)


async def test_a_proxy_that_takes_gets_but_no_posts_is_named(autojump_clock: MockClock, ground: Ground) -> None:
    def proxy(asked: httpx2.Request) -> httpx2.Response:
        if asked.method == "POST":
            return httpx2.Response(413)
        return httpx2.Response(200, text=asked.url.params.get("hub.challenge", "Ivy is here."))

    async with running(ground):
        ground.public = httpx2.MockTransport(proxy)
        wrong = await ground.failing()
    assert (wrong.what, "413" in wrong.found) == ("signed probe", True)


@pytest.mark.parametrize(
    ("url", "fields", "named"),
    [
        ("", ("messages",), "nobody has filled it in"),
        ("https://old.example/hook", ("messages",), "Meta calls https://old.example/hook"),
        (f"{PUBLIC}{WHATSAPP}", ("account_update",), "no webhooks of the field messages"),
    ],
)
async def test_a_webhook_form_that_is_wrong_is_named(
    autojump_clock: MockClock, ground: Ground, url: str, fields: tuple[str, ...], named: str
) -> None:
    ground.desk.app.callback_url, ground.desk.app.fields = url, fields
    async with running(ground):
        wrong = await ground.failing()
    assert (wrong.what, named in wrong.found) == ("webhook form", True)


async def test_fields_ivy_would_like_are_worth_a_look(autojump_clock: MockClock, ground: Ground) -> None:
    ground.desk.app.fields = ("messages",)
    async with running(ground):
        found = {finding.what: finding for finding in await ground.walk()}
    assert found["webhook form"].state is State.LOOK
    assert "security" in found["webhook form"].found
    assert found["signed probe"].state is State.OK


# --- as a command ----------------------------------------------------------------------------------------


@pytest.fixture
def typed(ready: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Type `probe` in a folder that `ivy init` made."""
    monkeypatch.setenv("IVY_CONFIG", str(tmp_path / "ivy.toml"))
    program = typer.Typer()
    program.command()(probe)
    return lambda *words: CliRunner().invoke(program, words)


def test_what_a_fresh_configuration_lacks_is_said_on_one_screen(typed: Callable[..., Any]) -> None:
    done = typed("--wait", "0")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    for key in ("phone_number_id", "token_file", "app_secrets_file"):
        [at] = [number for number, line in enumerate(lines) if line.startswith(f"missing     whatsapp.{key}: not set")]
        assert lines[at + 1].startswith("            → ")
    assert any(line.startswith("ok          whatsapp.verify_token_file: set") for line in lines)


def test_it_prints_one_json_document(typed: Callable[..., Any], tmp_path: Path) -> None:
    done = typed("--json", "--wait", "0")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"]) == (1, False)
    assert {"what", "state", "found", "mend", "takes"} == set(told["hops"][0])
    assert (tmp_path / "secrets/whatsapp_verify_token").read_text().strip() not in done.output


def test_a_pin_is_asked_for_on_a_terminal_only(typed: Callable[..., Any]) -> None:
    assert "type it on a terminal" in str(typed("--register").exception)
