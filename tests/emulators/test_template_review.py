"""The emulated review of templates, through our adapter and our registry: the same wire in both directions."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import msgspec
import pytest
import trio
from quart import request
from quart_trio import QuartTrio
from trio.testing import MockClock

from ivy.adapters.whatsapp import webhook
from ivy.adapters.whatsapp.bodies import content_body
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.pack import pack
from ivy.adapters.whatsapp.templates import TemplateLibrary, create_body
from ivy.clock import VirtualClock
from ivy.domain.inbound import AccountNotice
from ivy.domain.templates import Definition, LinkButton, fill, same_words
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_payloads import Account
from ivy.emulators.whatsapp_shapes import Refusal
from ivy.emulators.whatsapp_template_rules import check_template
from ivy.emulators.whatsapp_templates import Approve, Reject, TemplateReview, Wait
from ivy.errors import ConfigError, VendorBusy, VendorMisconfigured, VendorRefused
from ivy.store import templates as registry
from ivy.store.database import Store

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WABA = "102290129340398"
OURS = next(each for each in pack() if (each.name, each.language) == ("reminder_due", "en"))


class World:
    """A review on a virtual clock; what it posts is read by the adapter and applied to the registry."""

    def __init__(self, store: Store) -> None:
        self.clock = VirtualClock(START)
        self.posted: list[dict[str, Any]] = []
        self.review = TemplateReview(Account(WABA, "106", "15550783881"), self.posted.append, self.clock.now)
        app = QuartTrio("meta")
        self.review.add_routes(app, self.check_caller)
        self.http = httpx2.AsyncClient(transport=in_process(app))
        self.store = store
        self.library = self.library_with("token")

    def library_with(self, token: str, waba_id: str = WABA) -> TemplateLibrary:
        graph = Graph(self.http, base_url="http://meta.test", version="v26.0", token=token, app_secrets=())
        return TemplateLibrary(graph, waba_id)

    def check_caller(self, version: str) -> None:
        if request.headers.get("Authorization") != "Bearer token" or version != "v26.0":
            raise Refusal(190, "Invalid OAuth access token.", status=401)

    async def make(self, definition: Definition = OURS) -> str:
        made = await self.library.create(definition)
        before = await self.store.read(registry.load, "whatsapp", definition.name, definition.language)
        await self.store.write(
            registry.submitted, "whatsapp", definition, before=before,
            vendor_id=made.vendor_id, status=made.status, category=made.category, now=self.clock.now(),
        )  # fmt: skip
        return made.vendor_id

    async def later(self, **span: float) -> None:
        """Let time pass, and apply what Meta told meanwhile."""
        await trio.sleep(timedelta(**span).total_seconds())
        for payload in self.posted:
            for event in webhook.parse(json.dumps(payload).encode(), phone_number_id="106"):
                assert isinstance(event, AccountNotice)
                await self.store.write(
                    registry.apply_notice, "whatsapp", event.field, event.event, event.details, at=event.at
                )
        self.posted.clear()

    async def usable(self) -> registry.Usable | None:
        return await self.store.read(registry.usable, "whatsapp", OURS.name, "en", now=self.clock.now())

    async def known(self) -> registry.Registered:
        found = await self.store.read(registry.load, "whatsapp", OURS.name, "en")
        assert found is not None
        return found

    def send(self, definition: Definition = OURS, **change: Any) -> None:
        """Ask whether a message of this template would be taken."""
        made = fill(definition, definition.examples, actions=[f"a:{each}" for each in definition.buttons])
        kind, asked = content_body(made)
        assert kind == "template"
        check_template(asked)
        self.review.check_send({**asked, **change})


@pytest.fixture
async def world(autojump_clock: MockClock, nursery: trio.Nursery, store: Store) -> AsyncIterator[World]:
    world = World(store)
    async with world.http:
        nursery.start_soon(world.review.run)
        yield world


async def refusal_of(world: World, request: dict[str, Any]) -> tuple[int, int]:
    answer = await world.http.post(
        f"http://meta.test/v26.0/{WABA}/message_templates", json=request, headers={"Authorization": "Bearer token"}
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode", 0)


# --- the way of a template ---------------------------------------------------------------------------


async def test_the_whole_pack_is_taken_listed_as_it_is_and_can_be_sent(autojump_clock: MockClock, world: World) -> None:
    for definition in pack():
        await world.make(definition)
        with pytest.raises(Refusal, match="132001"):
            world.send(definition)
    await world.later(hours=1)
    listed = {(each.name, each.language): each for each in await world.library.all()}
    for definition in pack():
        theirs = listed[definition.name, definition.language]
        assert same_words(definition, theirs) and theirs.ttl_seconds == definition.ttl_seconds
        assert (theirs.status, theirs.category) == ("APPROVED", "UTILITY")
        assert world.review.is_approved(definition.name, definition.language)
        world.send(definition)
        found = await world.store.read(
            registry.usable, "whatsapp", definition.name, definition.language, now=world.clock.now()
        )
        assert found is not None and found.language == definition.language


async def test_a_link_comes_back_as_it_was_submitted(autojump_clock: MockClock, world: World) -> None:
    linked = msgspec.structs.replace(OURS, link=LinkButton("Open it", "https://ivy.example/r"))
    await world.make(linked)
    [listed] = await world.library.all()
    assert same_words(linked, listed) and not same_words(OURS, listed)


async def test_a_rejection_tells_why(autojump_clock: MockClock, world: World) -> None:
    world.review.verdicts.add(Reject(why="It has no context."), path="reminder_due/en")
    await world.make()
    await world.later(hours=1)
    known = await world.known()
    assert (known.status, known.reason) == ("REJECTED", "It has no context.")
    assert await world.usable() is None
    [listed] = await world.library.all()
    assert (listed.status, listed.rejected_reason) == ("REJECTED", "INVALID_FORMAT")


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_category_that_was_not_asked_for_is_kept(
    autojump_clock: MockClock, world: World, at_once: bool
) -> None:
    world.review.verdicts.add(Approve("MARKETING", at_once=at_once))
    await world.make()
    assert (await world.known()).category == ("MARKETING" if at_once else "UTILITY")
    await world.later(hours=1)
    known = await world.known()
    assert (known.category_asked, known.category) == ("UTILITY", "MARKETING")
    assert world.review.category("reminder_due", "en") == "MARKETING"


async def test_a_category_is_announced_a_day_before_it_changes(autojump_clock: MockClock, world: World) -> None:
    await world.make()
    await world.later(hours=1)
    world.review.announce_category("reminder_due", "en", "MARKETING")
    await world.later(hours=1)
    found, known = await world.usable(), await world.known()
    assert found is not None and found.category == "UTILITY" and known.coming_category == "MARKETING"
    await trio.sleep(24 * 3600)  # and nothing was heard of it
    found = await world.usable()
    assert found is not None and found.category == "MARKETING"
    await world.later(hours=1)
    assert (await world.known()).coming_at is None


async def test_low_quality_pauses_for_three_hours_for_six_and_for_good(autojump_clock: MockClock, world: World) -> None:
    await world.make()
    await world.later(hours=1)
    for hours, code in ((3, "132015"), (6, "132015"), (99, "132016")):
        world.review.change_quality("reminder_due", "en", "RED")
        await world.later(minutes=1)
        assert await world.usable() is None
        with pytest.raises(Refusal, match=code):
            world.send()
        await world.later(hours=hours)
        assert (await world.usable() is None) is (code == "132016")


async def test_an_edit_is_reviewed_again_and_the_next_one_waits_a_day(autojump_clock: MockClock, world: World) -> None:
    world.review.verdicts.add(Wait())
    vendor_id = await world.make()
    changed = msgspec.structs.replace(OURS, body=OURS.body.replace("Tap a button", "Please tap a button"))
    with pytest.raises(VendorRefused, match="PENDING cannot be edited"):
        await world.library.edit(vendor_id, changed)
    kept = world.review.kept["reminder_due", "en"]
    kept.status = "APPROVED"
    await world.library.edit(vendor_id, changed)
    assert kept.status == "PENDING"
    await world.later(hours=1)
    with pytest.raises(VendorRefused, match="once in 24 hours"):
        await world.library.edit(vendor_id, OURS)
    await world.later(hours=24)
    await world.library.edit(vendor_id, OURS)
    assert same_words(OURS, (await world.library.all())[0])


async def test_a_deleted_name_is_blocked_for_a_month(autojump_clock: MockClock, world: World) -> None:
    await world.make()
    await world.later(hours=1)
    await world.library.delete("reminder_due")
    await world.later(minutes=1)
    assert (await world.known()).status == "DELETED" and await world.library.all() == []
    assert await refusal_of(world, create_body(OURS)) == (100, 2388023)
    await world.later(days=31)
    await world.make()
    with pytest.raises(VendorRefused):
        await world.library.delete("nothing")


async def test_somebody_changes_the_words_in_the_manager(autojump_clock: MockClock, world: World) -> None:
    await world.make()
    await world.later(hours=1)
    world.review.change_words("reminder_due", "en", "Other words than {{time}} and {{task}} which you asked for.")
    await world.later(minutes=1)
    assert (await world.known()).digest == ""


# --- limits ------------------------------------------------------------------------------------------


async def test_a_long_list_is_read_to_its_end(autojump_clock: MockClock, world: World) -> None:
    for number in range(230):
        if number % 100 == 0:
            await world.later(hours=1)
        await world.library.create(msgspec.structs.replace(OURS, name=f"reminder_{number}"))
    assert len({each.vendor_id for each in await world.library.all()}) == 230


async def test_an_account_has_a_limit_and_an_hour_has_one(autojump_clock: MockClock, world: World) -> None:
    with pytest.raises(VendorBusy):
        for number in range(101):
            await world.library.create(msgspec.structs.replace(OURS, name=f"first_{number}"))
    for number in range(150):
        if number % 100 == 0:
            await world.later(hours=1)
        await world.library.create(msgspec.structs.replace(OURS, name=f"then_{number}"))
    await world.later(hours=1)
    with pytest.raises(VendorRefused) as caught:
        await world.library.create(OURS)
    assert caught.value.code == "2388019"


async def test_a_name_is_there_once_in_a_language(autojump_clock: MockClock, world: World) -> None:
    await world.make()
    assert await refusal_of(world, create_body(OURS)) == (100, 2388024)


CREATE = create_body(OURS)
BODY, FOOTER, BUTTONS = CREATE["components"]


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"name": "Reminder"}, 0),
    ({"language": "es-CO"}, 0),
    ({"category": "SERVICE"}, 0),
    ({"category": "AUTHENTICATION"}, 0),
    ({"message_send_ttl_seconds": 29}, 0),
    ({"message_send_ttl_seconds": 43201}, 0),
    ({"parameter_format": "BY_NAME"}, 0),
    ({"surprise": 1}, 0),
    ({"components": [FOOTER]}, 0),
    ({"components": [BODY, BODY]}, 0),
    ({"components": "BODY"}, 0),
    ({"components": [{**BODY, "text": "x" * 1025}]}, 2388040),
    ({"components": [BODY, {**FOOTER, "text": "x" * 61}]}, 2388040),
    ({"components": [BODY, {**FOOTER, "text": "a\nb"}]}, 2388073),
    ({"components": [BODY, {**FOOTER, "text": "{{time}}"}]}, 2388073),
    ({"components": [{**BODY, "text": " "}]}, 2388072),
    ({"components": [{**BODY, "text": "So {{time}} {{task}} it is, as you asked us to tell you"}]}, 2388072),
    ({"components": [{**BODY, "text": "So {{Time}} and {{task}} it is, as you asked us to tell"}]}, 2388072),
    ({"components": [{**BODY, "text": "So {{1}} and {{task}} it is, as you asked us to tell you"}]}, 2388072),
    ({"components": [{**BODY, "text": "{{time}} and {{task}} it is, as you asked us to tell"}]}, 2388299),
    ({"components": [{**BODY, "text": "You asked us to tell you of {{time}} and also of {{task}}."}]}, 2388299),
    ({"components": [{**BODY, "text": "At {{time}} do {{task}} now"}]}, 2388293),
    ({"components": [{"type": "BODY", "text": BODY["text"]}]}, 2388043),
    ({"components": [{**BODY, "example": {"body_text_named_params": []}}]}, 2388043),
    ({"components": [{"type": "HEADER", "format": "TEXT", "text": "🎉"}, BODY]}, 2388047),
    ({"components": [BODY, {**BUTTONS, "buttons": []}]}, 0),
    ({"components": [BODY, {**BUTTONS, "buttons": [{"type": "QUICK_REPLY", "text": "x" * 26}]}]}, 2388040),
    ({"components": [BODY, {**BUTTONS, "buttons": [{"type": "QUICK_REPLY", "text": "a"}] * 2}]}, 0),
    ({"components": [BODY, {**BUTTONS, "buttons": [{"type": "PAYMENT", "text": "a"}]}]}, 0),
    ({"components": [BODY, {**BUTTONS, "buttons": [{"type": "URL", "text": "a", "url": "ivy.example"}]}]}, 0),
]


@pytest.mark.parametrize(("change", "subcode"), REFUSED)
async def test_what_meta_refuses_is_refused_with_its_code(
    autojump_clock: MockClock, world: World, change: dict[str, Any], subcode: int
) -> None:
    assert await refusal_of(world, {**CREATE, **change}) == (100, subcode)


# --- sending -----------------------------------------------------------------------------------------

TIME = {"type": "text", "parameter_name": "time", "text": "7:00"}
TASK = {"type": "text", "parameter_name": "task", "text": "laundry"}
TAP = {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "a"}]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "nothing"}, 132001),
        ({"language": {"code": "en_US"}}, 132001),
        ({"components": [{"type": "body", "parameters": [TIME]}]}, 132000),
        ({"components": []}, 132000),
        ({"components": [{"type": "body", "parameters": [TIME, {**TASK, "parameter_name": "job"}]}]}, 132012),
        ({"components": [{"type": "body", "parameters": [TIME, {"type": "text", "text": "x"}]}]}, 132012),
        ({"components": [{"type": "body", "parameters": [TIME, {**TASK, "text": "x" * 1000}]}]}, 132005),
        ({"components": [{"type": "body", "parameters": [TIME, TASK]}, {**TAP, "index": "2"}]}, 132000),
        ({"components": [{"type": "body", "parameters": [TIME, TASK]}, {**TAP, "sub_type": "url"}]}, 132012),
        (
            {"components": [{"type": "header", "parameters": [TIME]}, {"type": "body", "parameters": [TIME, TASK]}]},
            132000,
        ),
    ],
)
async def test_a_message_that_does_not_fit_its_template_is_refused(
    autojump_clock: MockClock, world: World, change: dict[str, Any], code: int
) -> None:
    await world.make()
    await world.later(hours=1)
    world.send()
    with pytest.raises(Refusal) as caught:
        world.send(**change)
    assert caught.value.code == code


# --- callers -----------------------------------------------------------------------------------------


async def test_a_wrong_caller_is_told_apart(autojump_clock: MockClock, world: World) -> None:
    with pytest.raises(VendorMisconfigured):
        await world.library_with("another").all()
    with pytest.raises(VendorMisconfigured):
        await world.library_with("token", "999").all()
    with pytest.raises(ConfigError, match="waba_id"):
        world.library_with("token", "../me")
    with pytest.raises(VendorMisconfigured):
        await world.library.edit("594425479260999", OURS)


async def test_a_foreign_template_does_not_make_the_list_unreadable(autojump_clock: MockClock, world: World) -> None:
    app = QuartTrio("meta")

    async def listing(waba: str) -> dict[str, Any]:
        odd = {"id": 7, "name": "odd", "language": "pt-BR", "components": None, "quality_score": None, "status": None}
        header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["x"]}}
        buttons = {"type": "BUTTONS", "buttons": [{"type": "OTP", "text": None}, {"type": "URL", "url": None}]}
        other = {"id": "8", "name": "other", "language": "en", "components": [header, {"type": "BODY"}, buttons]}
        return {"data": [odd, other]}

    app.add_url_rule("/v26.0/<waba>/message_templates", view_func=listing)
    async with httpx2.AsyncClient(transport=in_process(app)) as http:
        graph = Graph(http, base_url="http://meta.test", version="v26.0", token="t", app_secrets=())
        first, second = await TemplateLibrary(graph, WABA).all()
    assert (first.vendor_id, first.language, first.status) == ("7", "pt_BR", "")
    assert second.other_parts == ("HEADER", "OTP")
