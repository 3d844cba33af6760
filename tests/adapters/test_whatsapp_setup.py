"""What Meta knows of us, asked of the emulated desk on the same wire; and answers of Meta's that are odd."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from quart import request
from quart_trio import QuartTrio

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.setup import SCOPES, AppWebhook, Setup, SubscribedApp, webhook_of
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_setup import NumberState, SetupDesk
from ivy.emulators.whatsapp_shapes import Refusal
from ivy.errors import VendorBusy, VendorError, VendorMisconfigured, VendorRefused

TOKEN, APP_SECRET, WABA, PNID = "EAAtoken", "app-secret", "102290129340398", "106540352242922"
PHONE = "+57 300 1112233"


def make_desk() -> SetupDesk:
    return SetupDesk(TOKEN, APP_SECRET, WABA, NumberState(PNID, PHONE, "Ivy Coach"))


@asynccontextmanager
async def meta(desk: SetupDesk) -> AsyncGenerator[httpx2.AsyncClient]:
    """The desk on its own, letting in who has the token."""
    app = QuartTrio(__name__)

    def check_caller(_version: str) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(190, "Invalid OAuth access token.", status=401)

    desk.add_routes(app, check_caller)
    async with open_client(transport=in_process(app)) as http:
        yield http


def graph(http: httpx2.AsyncClient, token: str = TOKEN) -> Graph:
    return Graph(http, base_url="http://meta", version="v26.0", token=token, app_secrets=(APP_SECRET,))


def setup(http: httpx2.AsyncClient, number: str = PNID, account: str = WABA, token: str = TOKEN) -> Setup:
    return Setup(graph(http, token), number, account)


async def test_a_token_is_told_with_its_app_its_scopes_and_its_end() -> None:
    desk = make_desk()
    desk.of_token.expires_at = datetime(2026, 12, 1, tzinfo=UTC)
    async with meta(desk) as http:
        facts = await setup(http).inspect(TOKEN)
        desk.of_token.expires_at = None
        for_ever = await setup(http).inspect(TOKEN)
        other = await setup(http).inspect("EAAother")
    assert (facts.is_valid, facts.app_id, facts.app) == (True, desk.app.id, "Ivy")
    assert (facts.scopes, facts.accounts) == (frozenset(SCOPES), (WABA,))
    assert (facts.expires_at, for_ever.expires_at) == (datetime(2026, 12, 1, tzinfo=UTC), None)
    assert (other.is_valid, other.problem) == (False, "Malformed token")


async def test_a_number_is_told_with_what_stands_in_its_way() -> None:
    desk = make_desk()
    desk.number.can_send, desk.number.problem, desk.number.solution = "BLOCKED", "No payment method.", "Add one."
    async with meta(desk) as http:
        found = await setup(http).number()
    assert (found.id, found.phone, found.name, found.quality) == (PNID, PHONE, "Ivy Coach", "GREEN")
    assert (found.name_status, found.throughput, found.limit) == ("APPROVED", "STANDARD", "TIER_250")
    assert (found.can_send, found.reasons) == ("BLOCKED", ("No payment method. Add one.",))


async def test_the_numbers_of_an_account_are_listed() -> None:
    desk = make_desk()
    desk.more_numbers.append(NumberState("106540352242923", "+1 555 0100", "Test"))
    async with meta(desk) as http:
        assert [(each.id, each.phone) for each in await setup(http).numbers()] == [
            (PNID, PHONE),
            ("106540352242923", "+1 555 0100"),
        ]


async def test_a_number_is_registered_by_its_pin() -> None:
    desk = make_desk()
    desk.number.registered = False
    async with meta(desk) as http:
        assert (await setup(http).registration()).platform == "NOT_APPLICABLE"
        await setup(http).register("123456")
        told = await setup(http).registration()
        assert (told.status, told.platform, told.verification) == ("CONNECTED", "CLOUD_API", "VERIFIED")
        with pytest.raises(VendorMisconfigured, match="PIN is wrong"):
            await setup(http).register("654321")
        desk.wrong_pins = 10
        with pytest.raises(VendorBusy, match="registered too often"):
            await setup(http).register("123456")
        with pytest.raises(VendorRefused, match="pin must be"):
            await setup(http).register("12345")


async def test_an_app_subscribes_once_however_often() -> None:
    desk = make_desk()
    desk.app.subscribed, desk.others = False, {"77": "Other CRM"}
    desk.app.override = "https://elsewhere.example"
    async with meta(desk) as http:
        assert await setup(http).subscribed_apps() == (SubscribedApp("77", "Other CRM"),)
        for _twice in range(2):
            await setup(http).subscribe()
        assert await setup(http).subscribed_apps() == (
            SubscribedApp(desk.app.id, "Ivy"),
            SubscribedApp("77", "Other CRM"),
        )
        desk.app.override = "https://elsewhere.example"
        assert (await setup(http).subscribed_apps())[0].override == "https://elsewhere.example"
        await setup(http).unsubscribe()
        assert not desk.app.subscribed


async def test_only_the_app_itself_reads_its_webhook_form() -> None:
    desk = make_desk()
    own = f"{desk.app.id}|{APP_SECRET}"
    async with meta(desk) as http:
        assert await webhook_of(graph(http, own), desk.app.id) is None
        desk.app.callback_url, desk.app.fields = "https://ivy.example.org/hook", ("messages", "flows")
        assert await webhook_of(graph(http, own), desk.app.id) == AppWebhook(
            "https://ivy.example.org/hook", True, frozenset({"messages", "flows"})
        )
        with pytest.raises(VendorError):
            await webhook_of(graph(http), desk.app.id)


async def test_what_is_not_there_or_not_allowed_is_said() -> None:
    desk = make_desk()
    async with meta(desk) as http:
        with pytest.raises(VendorMisconfigured, match="33"):
            await setup(http, number="573001112233").number()
        with pytest.raises(VendorRefused, match="nonexisting field"):
            await setup(http, number=WABA).number()
        with pytest.raises(VendorMisconfigured):
            await setup(http, account="1").subscribed_apps()
        with pytest.raises(VendorMisconfigured, match="190"):
            await setup(http, token="EAAwrong").number()
        desk.of_token.scopes = ()
        with pytest.raises(VendorMisconfigured, match="permission"):
            await setup(http).subscribed_apps()


ODD: list[dict[str, Any]] = [
    {},
    {"data": None},
    {"data": []},
    {"data": {"scopes": "all", "granular_scopes": [None, {"scope": 7}], "expires_at": "never", "app_id": 12}},
    {"id": 5, "health_status": "fine", "throughput": [], "display_phone_number": None},
    {"health_status": {"entities": [{"errors": [{}, 1], "additional_info": [None, "x"]}]}},
]


@pytest.mark.parametrize("told", ODD)
async def test_an_odd_answer_is_read_as_little_and_never_raises(told: dict[str, Any]) -> None:
    async def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=json.dumps(told).encode())

    async with open_client(transport=httpx2.MockTransport(answer)) as http:
        facts = await setup(http).inspect(TOKEN)
        assert (facts.is_valid, facts.expires_at) == (False, None)
        await setup(http).number()
        await setup(http).registration()
        await setup(http).subscribed_apps()
        await webhook_of(graph(http), "1")
