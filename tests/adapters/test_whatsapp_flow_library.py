"""The library of forms and the way to the Graph API, against the emulator's shelf on its own wire."""

import hmac
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from random import Random
from typing import Any

import httpx2
import pytest
from quart import Response, request
from quart_trio import QuartTrio

from ivy.adapters.whatsapp.flow_crypto import generate_key
from ivy.adapters.whatsapp.flow_json import assets
from ivy.adapters.whatsapp.flows import FlowLibrary
from ivy.adapters.whatsapp.graph import Graph, complaint, read
from ivy.emulators.faults import Fault, FaultyTransport, ResetAfter, Script, Truncated, gateway_page, too_many
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_flows import FlowShelf
from ivy.emulators.whatsapp_shapes import Refusal
from ivy.errors import ConfigError, OutcomeUnknown, VendorBusy, VendorMisconfigured, VendorRefused

TOKEN, SECRET = "EAAG0token", "app-secret-1"
ASSETS = {each.title: each for each in assets(live=True)}
BOOKING, LIVE = ASSETS["ivy_booking_en"], ASSETS["ivy_booking_live_en"]
ENDPOINT = "https://ivy.example/api/whatsapp/flows"


def check_caller(version: str) -> None:
    if version != "v26.0" or request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise Refusal(190, f"Invalid OAuth access token {request.headers.get('Authorization')}.", status=401)
    proof = hmac.new(SECRET.encode(), TOKEN.encode(), sha256).hexdigest()
    if request.args.get("appsecret_proof") != proof:
        raise Refusal(100, "Invalid appsecret_proof provided in the API argument")


class Meta:
    """An account's shelf, and a library that reaches it."""

    def __init__(self, **change: Any) -> None:
        self.told: list[dict[str, Any]] = []
        self.shelf = FlowShelf(
            waba_id="102", phone_number_id="106", app_secret=SECRET, chance=Random(1), tell=self.told.append, **change
        )
        app = QuartTrio(__name__)
        self.shelf.add_routes(app, check_caller)
        self.script: Script[Fault] = Script()
        self.http = httpx2.AsyncClient(transport=FaultyTransport(in_process(app), self.script))

    def library(self, token: str = TOKEN, base_url: str = "http://meta.test") -> FlowLibrary:
        return FlowLibrary(
            self.http,
            base_url=base_url,
            version="v26.0",
            waba_id="102",
            phone_number_id="106",
            token=token,
            app_secrets=(SECRET, "older-secret"),
        )


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    meta = Meta()
    async with meta.http:
        yield meta


async def test_a_form_is_made_uploaded_published_and_retired(meta: Meta) -> None:
    library = meta.library()
    made = await library.create(BOOKING.title, BOOKING.category)
    assert (await library.load(made)).status == "DRAFT"
    assert await library.upload(made, BOOKING.content) == []
    await library.publish(made)
    assert (await library.load(made)).status == "PUBLISHED"
    assert meta.told[-1]["event"] == "FLOW_STATUS_CHANGE" and meta.told[-1]["new_status"] == "PUBLISHED"
    assert meta.shelf.named(BOOKING.title).live == json.loads(BOOKING.content)
    await library.deprecate(made)
    assert (await library.load(made)).status == "DEPRECATED"


async def test_the_list_is_read_to_its_end(meta: Meta) -> None:
    library = meta.library()
    made = [await library.create(f"form {number}", "OTHER") for number in range(5)]
    assert [each.id for each in await library.all()] == made


async def test_what_meta_finds_wrong_is_told_and_cannot_be_published(meta: Meta) -> None:
    library = meta.library()
    made = await library.create(BOOKING.title, BOOKING.category)
    broken = json.loads(BOOKING.content)
    broken["screens"][0]["layout"]["children"][0]["label"] = "x" * 21
    faults = await library.upload(made, json.dumps(broken).encode())
    assert [each.error for each in faults] == ["INVALID_PROPERTY_VALUE"] and "20 characters" in faults[0].message
    with pytest.raises(VendorRefused) as refused:
        await library.publish(made)
    assert refused.value.code == "139002"
    assert (await library.load(made)).validation_errors[0].error == "INVALID_PROPERTY_VALUE"
    assert [each.error for each in await library.upload(made, b"not json")] == ["INVALID_JSON"]


async def test_each_step_out_of_order_has_its_code(meta: Meta) -> None:
    library = meta.library()
    made = await library.create(BOOKING.title, BOOKING.category)

    async def code(*steps: Any) -> str:
        with pytest.raises(VendorRefused) as refused:
            for step in steps:
                await step
        return refused.value.code

    assert await code(library.publish(made)) == "139002"  # it has no JSON
    assert await code(library.deprecate(made)) == "139003"
    assert await code(library.create(BOOKING.title, "OTHER")) == "100"  # the name is taken
    assert await code(library.create("other", "NO_SUCH_CATEGORY")) == "100"
    await library.upload(made, BOOKING.content)
    await library.publish(made)
    assert await code(library.publish(made)) == "139002"
    assert await code(library.delete(made)) == "139004"
    meta.shelf.editable = False
    assert await code(library.upload(made, BOOKING.content)) == "139001"
    await library.deprecate(made)
    assert await code(library.deprecate(made)) == "139003"


async def test_a_published_form_is_edited_into_a_draft_and_stays_as_it_was_until_published(meta: Meta) -> None:
    library = meta.library()
    made = await library.create(BOOKING.title, BOOKING.category)
    await library.upload(made, BOOKING.content)
    await library.publish(made)
    await library.upload(made, ASSETS["ivy_booking_es"].content)
    assert (await library.load(made)).status == "DRAFT"
    assert meta.shelf.flows[made].live == json.loads(BOOKING.content)
    await library.publish(made)
    assert meta.shelf.flows[made].live == json.loads(ASSETS["ivy_booking_es"].content)


async def test_a_draft_is_deleted(meta: Meta) -> None:
    library = meta.library()
    made = await library.create(BOOKING.title, BOOKING.category)
    await library.delete(made)
    with pytest.raises(VendorMisconfigured):
        await library.load(made)


async def test_a_live_form_is_published_only_when_its_endpoint_answers() -> None:
    status = [500]

    async def post(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        return status[0], b""

    meta = Meta(post=post)
    async with meta.http:
        library = meta.library()
        made = await library.create(LIVE.title, LIVE.category)
        await library.upload(made, LIVE.content)
        with pytest.raises(VendorRefused, match="endpoint and a public key"):
            await library.publish(made)
        await library.set_endpoint(made, ENDPOINT)
        await library.upload_key(generate_key()[1])
        with pytest.raises(VendorRefused, match="answered 500"):
            await library.publish(made)
        assert (await library.load(made)).endpoint_uri == ENDPOINT


async def test_the_key_is_uploaded_and_read_back(meta: Meta) -> None:
    library = meta.library()
    assert (await library.key()).status == ""
    public = generate_key()[1]
    await library.upload_key(public)
    kept = await library.key()
    assert (kept.pem, kept.status) == (public, "VALID")
    with pytest.raises(VendorRefused):
        await library.upload_key("no key")


# --- the way there -------------------------------------------------------------------------------------


async def test_a_wrong_token_is_the_operators_matter_and_is_never_quoted(meta: Meta) -> None:
    with pytest.raises(VendorMisconfigured) as refused:
        await meta.library(token="EAAG0wrong").all()
    assert "EAAG0wrong" not in str(refused.value) and "EAAG0wrong" not in refused.value.reason


async def test_a_vendor_that_quotes_our_secrets_is_starred_out() -> None:
    async def answer(**_path: str) -> Response:
        proof = request.args["appsecret_proof"]
        words = f"token {TOKEN} secret {SECRET} and older-secret proof {proof}"
        error = {"message": "Bad", "code": 131009, "error_data": {"details": words}}
        return Response(json.dumps({"error": error}), 400, content_type="application/json")

    app = QuartTrio(__name__)
    app.add_url_rule("/<version>/<path:path>", view_func=answer, methods=["GET"])
    async with httpx2.AsyncClient(transport=in_process(app)) as http:
        secrets = (SECRET, "older-secret")
        graph = Graph(http, base_url="http://meta.test/", version="v26.0", token=TOKEN, app_secrets=secrets)
        with pytest.raises(VendorRefused) as refused:
            await graph.get("1/flows", {"fields": "id"})
    assert str(refused.value).endswith("token *** secret *** and *** proof ***")


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (ResetAfter(), OutcomeUnknown),
        (Truncated(), OutcomeUnknown),
        (gateway_page(), OutcomeUnknown),
        (too_many(), VendorBusy),
    ],
)
async def test_what_goes_wrong_on_the_way_has_its_name(meta: Meta, fault: Fault, raised: type[Exception]) -> None:
    meta.script.add(fault)
    with pytest.raises(raised):
        await meta.library().all()


async def test_half_a_character_is_refused_before_it_is_sent(meta: Meta) -> None:
    library = meta.library()
    with pytest.raises(VendorRefused) as refused:
        await library.create("\ud800", "OTHER")
    assert refused.value.code == "local"
    with pytest.raises(VendorRefused):
        await library.upload_key("\ud800")


def test_a_token_with_a_line_break_stops_the_start() -> None:
    with pytest.raises(ConfigError):
        Graph(httpx2.AsyncClient(), base_url="http://x", version="v1.0", token="a\nb", app_secrets=())


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"data": 1}', b"[" * 100_000, b"\xff"])
def test_an_answer_that_cannot_be_read_may_mean_it_was_done(content: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        read(content, dict[str, list[str]])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": 100, "error_subcode": 2388040, "error_user_msg": "Too long."}, "2388040"),
        ({"code": 100, "error_subcode": 4016012}, "100"),
        ({"code": "139001"}, "139001"),
    ],
)
def test_a_bad_parameter_is_known_by_its_sub_code(error: dict[str, Any], code: str) -> None:
    found = complaint(400, json.dumps({"error": error}).encode(), {})
    assert isinstance(found, VendorRefused) and found.code == code
    assert error.get("error_user_msg", "") in found.reason
