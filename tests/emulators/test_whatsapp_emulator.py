import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
import trio
from trio.testing import MockClock

from ivy.adapters.whatsapp.channel import WhatsApp
from ivy.adapters.whatsapp.graph import Graph
from ivy.clock import VirtualClock
from ivy.domain.inbound import Location, Media, Reaction, Status, Tap, Text, Unsupported
from ivy.emulators.deliveries import Deliveries
from ivy.emulators.faults import Delay, Drop, Duplicate, Swap, WebhookFault
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp import Manners, WhatsAppEmulator

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TOKEN = "token"
ANA = "+573001112233"


class World:
    """An emulator on a virtual clock, and an Ivy that keeps what it is told."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.heard: list[tuple[bytes, dict[str, str]]] = []
        self.answers: list[int] = []
        """What Ivy answers next; 200 when empty."""
        self.emulator = WhatsAppEmulator(
            app_secret="app",
            token="token",
            phone_number_id="106",
            verify_token="verify",
            deliver=self.deliver,
            now=self.clock.now,
        )
        self.http = httpx2.AsyncClient(transport=in_process(self.emulator.app), base_url="http://meta")
        graph = Graph(self.http, base_url="http://meta", version="v26.0", token=TOKEN, app_secrets=("app",))
        self.channel = WhatsApp(graph, phone_number_id="106", app_secrets=("app",), verify_token="verify")

    async def deliver(self, body: bytes, headers: dict[str, str]) -> int:
        await trio.lowlevel.checkpoint()
        self.heard.append((body, headers))
        return self.answers.pop(0) if self.answers else 200

    def events(self) -> list[Any]:
        return [event for body, _headers in self.heard for event in self.channel.parse(body)]

    async def post(self, body: Any, *, token: str = TOKEN, path: str = "/v26.0/106/messages") -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(path, content=content, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
async def world(autojump_clock: MockClock, nursery: trio.Nursery) -> AsyncIterator[World]:
    world = World()
    async with world.http:
        nursery.start_soon(world.emulator.run)
        yield world


def message(to: Any = ANA, **change: Any) -> dict[str, Any]:
    text = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "hi"}}
    return {key: value for key, value in {**text, **change}.items() if value is not None}


# --- what people do reaches Ivy -----------------------------------------------------------------------


async def test_what_a_person_says_arrives_signed_and_is_read_by_the_adapter(
    autojump_clock: MockClock, world: World
) -> None:
    wamid = await world.emulator.person_says(ANA, "Hola 🌿 a/b @me", name="Ana")
    await world.emulator.deliveries.settled()
    [(body, headers)] = world.heard
    world.channel.verify(body, {name.lower(): value for name, value in headers.items()})
    assert b"\\/" in body
    assert b"\\u0040" in body
    [event] = world.channel.parse(body)
    assert isinstance(event, Text)
    assert (event.body, event.external_id, event.sent_at) == ("Hola 🌿 a/b @me", wamid, START)
    assert (event.sender.phone, event.sender.name) == (ANA, "Ana")
    assert event.sender.external_id == world.emulator.person(ANA).bsuid


async def test_a_person_with_a_username_shows_no_phone(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_says("US.13491208655302741918", "hi", name="Bo")
    await world.emulator.deliveries.settled()
    [event] = world.events()
    assert (event.sender.external_id, event.sender.phone) == ("US.13491208655302741918", "")


async def test_each_kind_of_message_is_what_the_adapter_expects(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_taps(ANA, "chk:81:done", "Done", quoted="wamid.Q")
    await world.emulator.person_sends_image(ANA, "m1", caption="lunch")
    await world.emulator.person_sends_voice(ANA, "m2")
    await world.emulator.person_sends_location(ANA, 4.6, -74.0)
    await world.emulator.person_reacts(ANA, "wamid.Q", "👍")
    await world.emulator.person_sends_unsupported(ANA, "poll")
    await world.emulator.deliveries.settled()
    tap, image, voice, place, reaction, poll = world.events()
    assert isinstance(tap, Tap)
    assert (tap.action, tap.title, tap.quoted_id) == ("chk:81:done", "Done", "wamid.Q")
    assert isinstance(image, Media)
    assert (image.type, image.media_id, image.caption) == ("image", "m1", "lunch")
    assert isinstance(voice, Media)
    assert (voice.type, voice.mime, voice.voice) == ("audio", "audio/ogg", True)
    assert isinstance(place, Location)
    assert (place.latitude, place.longitude) == (4.6, -74.0)
    assert isinstance(reaction, Reaction)
    assert (reaction.target_id, reaction.emoji) == ("wamid.Q", "👍")
    assert isinstance(poll, Unsupported)
    assert (poll.type, poll.code) == ("poll", 131051)


async def test_any_payload_and_any_bytes_can_be_sent(autojump_clock: MockClock, world: World) -> None:
    world.emulator.post({"object": "page"})
    world.emulator.post_bytes(b"rubbish", {"X-Hub-Signature-256": "sha256=0"})
    await world.emulator.deliveries.settled()
    assert world.heard[0][0] == b'{"object":"page"}'
    assert world.heard[1] == (b"rubbish", {"X-Hub-Signature-256": "sha256=0"})


async def test_a_message_may_be_dated_and_named(autojump_clock: MockClock, world: World) -> None:
    old = START - timedelta(days=3)
    assert await world.emulator.person_says(ANA, "hi", at=old, external_id="wamid.MINE") == "wamid.MINE"
    await world.emulator.deliveries.settled()
    assert world.events()[0].sent_at == old
    assert not world.emulator.is_window_open(world.emulator.person(ANA))


def test_the_handshake_carries_our_verify_token() -> None:
    world_less = WhatsAppEmulator(
        app_secret="a", token="t", phone_number_id="1", verify_token="v", deliver=_never, now=lambda: START
    )
    assert world_less.handshake("42") == {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "42"}


async def _never(body: bytes, headers: dict[str, str]) -> int:
    raise AssertionError("nothing was to be delivered")


# --- webhooks on the way ---------------------------------------------------------------------------------


async def test_a_webhook_comes_again_with_growing_gaps_until_it_is_answered(
    autojump_clock: MockClock, world: World
) -> None:
    world.answers = [500, 503, 401, 302]
    await world.emulator.person_says(ANA, "hi")
    await world.emulator.deliveries.settled()
    assert len(world.heard) == 5
    assert len({body for body, _headers in world.heard}) == 1
    assert world.clock.now() - START == timedelta(seconds=0 + 2 + 10 + 60)
    assert world.emulator.deliveries.delivered[0].answers == [500, 503, 401, 302, 200]


async def test_meta_gives_up_after_a_week(autojump_clock: MockClock, world: World) -> None:
    world.answers = [500] * 1000
    await world.emulator.person_says(ANA, "hi")
    await world.emulator.deliveries.settled()
    assert len(world.emulator.deliveries.lost) == 1
    assert timedelta(days=7) <= world.clock.now() - START < timedelta(days=7, hours=2)


async def test_no_answer_in_twenty_seconds_is_none(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    tries: list[float] = []

    async def stuck_once(body: bytes, headers: dict[str, str]) -> int:
        tries.append(trio.current_time())
        if len(tries) == 1:
            await trio.sleep_forever()
        if len(tries) == 2:
            raise httpx2.ConnectError("refused")
        return 200

    deliveries = Deliveries(stuck_once, gaps=(1,))
    nursery.start_soon(deliveries.run)
    deliveries.add(b"x", {})
    await deliveries.settled()
    assert [round(at - tries[0]) for at in tries] == [0, 21, 22]
    assert deliveries.delivered[0].answers == [0, 0, 200]


@pytest.mark.parametrize(
    ("fault", "bodies"),
    [
        (Drop(), [b"2", b"3"]),
        (Duplicate(), [b"1", b"1", b"2", b"3"]),
        (Duplicate(3), [b"1", b"1", b"1", b"2", b"3"]),
        (Delay(5), [b"2", b"3", b"1"]),
        (Swap(), [b"2", b"1", b"3"]),
    ],
)
async def test_webhooks_are_lost_doubled_and_overtaken_by_script(
    autojump_clock: MockClock, world: World, fault: WebhookFault, bodies: list[bytes]
) -> None:
    world.emulator.deliveries.faults.add(fault)
    for body in (b"1", b"2", b"3"):
        world.emulator.post_bytes(body)
    await world.emulator.deliveries.settled()
    assert [body for body, _headers in world.heard] == bodies


async def test_a_swap_without_a_neighbour_still_arrives(autojump_clock: MockClock, world: World) -> None:
    world.emulator.deliveries.faults.add(Swap())
    world.emulator.post_bytes(b"alone")
    await world.emulator.deliveries.settled()
    assert [body for body, _headers in world.heard] == [b"alone"]


async def test_several_lanes_deliver_at_the_same_time(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    async def slow(body: bytes, headers: dict[str, str]) -> int:
        await trio.sleep(10)
        return 200

    deliveries = Deliveries(slow, lanes=4)
    nursery.start_soon(deliveries.run)
    started = trio.current_time()
    for number in range(4):
        deliveries.add(bytes([number]), {})
    await deliveries.settled()
    assert trio.current_time() - started == 10


async def test_webhooks_do_not_pile_up_without_end(autojump_clock: MockClock) -> None:
    deliveries = Deliveries(_never, limit=2)
    deliveries.add(b"1", {})
    deliveries.add(b"2", {})
    with pytest.raises(RuntimeError, match="is run"):
        deliveries.add(b"3", {})


# --- what Ivy sends ----------------------------------------------------------------------------------------


async def test_an_accepted_message_is_kept_told_of_and_answered(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_says(ANA, "hi")
    response = await world.post(message(biz_opaque_callback_data="msg-1", context={"message_id": "wamid.Q"}))
    await world.emulator.deliveries.settled()
    [accepted] = world.emulator.sent
    assert response.json()["messages"] == [{"id": accepted.wamid}]
    assert response.json()["contacts"][0] == {
        "input": ANA,
        "wa_id": ANA[1:],
        "user_id": world.emulator.person(ANA).bsuid,
    }
    assert (accepted.text, accepted.our_id, accepted.to) == ("hi", "msg-1", ANA)
    sent, delivered = [event for event in world.events() if isinstance(event, Status)]
    assert (sent.state, sent.our_id, sent.external_id) == ("sent", "msg-1", accepted.wamid)
    assert (sent.price_type, sent.price_category) == ("free_customer_service", "service")
    assert delivered.state == "delivered"


async def test_ids_are_the_same_in_every_run(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    runs: list[list[str]] = []
    for _run in range(2):
        world = World()
        wamids = [await world.emulator.person_says(ANA, "hi") for _message in range(2)]
        runs.append([*wamids, (await world.post(message())).json()["messages"][0]["id"]])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3


async def test_a_reply_is_waited_for_without_looking_again_and_again(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    async def answer_later() -> None:
        await trio.sleep(3600)
        await world.post(message())
        await trio.sleep(3600)
        await world.post(message(text={"body": "again"}))

    await world.emulator.person_says(ANA, "hi")
    nursery.start_soon(answer_later)
    assert [accepted.text for accepted in await world.emulator.wait_for_reply(ANA)] == ["hi"]
    assert world.clock.now() - START == timedelta(hours=1)
    assert [accepted.text for accepted in await world.emulator.wait_for_reply(ANA, 2)] == ["hi", "again"]


async def test_the_crash_hook_runs_before_the_answer_and_the_status_comes_all_the_same(
    autojump_clock: MockClock, world: World
) -> None:
    answered: list[str] = []

    async def crash(accepted: Any) -> None:
        answered.append(accepted.wamid)
        scope.cancel()

    world.emulator.on_accept = crash
    await world.emulator.person_says(ANA, "hi")
    with trio.CancelScope() as scope:
        await world.post(message(biz_opaque_callback_data="msg-1"))
        pytest.fail("the answer must not arrive")
    await world.emulator.deliveries.settled()
    assert [event.our_id for event in world.events() if isinstance(event, Status)] == ["msg-1", "msg-1"]
    assert answered == [world.emulator.sent[0].wamid]


async def test_the_offline_get_nothing_delivered_and_readers_read(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_says(ANA, "hi")
    world.emulator.person(ANA).online = False
    await world.post(message())
    await world.emulator.deliveries.settled()
    world.emulator.tell_status(world.emulator.sent[0], "read")
    await world.emulator.deliveries.settled()
    assert [event.state for event in world.events() if isinstance(event, Status)] == ["sent", "read"]


async def test_read_marks_and_typing_are_kept(autojump_clock: MockClock, world: World) -> None:
    wamid = await world.emulator.person_says(ANA, "hi")
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    assert (await world.post(read)).json() == {"success": True}
    assert (await world.post({**read, "typing_indicator": {"type": "text"}})).json() == {"success": True}
    assert [mark.wamid for mark in world.emulator.reads] == [wamid, wamid]
    assert [mark.typing for mark in world.emulator.typings] == [True]


async def test_the_number_is_healthy(autojump_clock: MockClock, world: World) -> None:
    response = await world.http.get(
        "/v26.0/106?fields=quality_rating,name_status", headers={"Authorization": "Bearer token"}
    )
    assert response.json() == {"quality_rating": "GREEN", "name_status": "APPROVED", "id": "106"}
    unheard = await world.http.get("/v26.0/106?fields=nonsense", headers={"Authorization": "Bearer token"})
    assert unheard.json()["error"]["code"] == 100
    assert (await world.http.get("/v26.0/106")).json()["error"]["code"] == 190


# --- what Meta refuses ----------------------------------------------------------------------------------------


async def refusal(world: World, body: Any, **how: str) -> int:
    response = await world.post(body, **how)
    assert response.status_code >= 400
    return response.json()["error"]["code"]


BUTTON = {"type": "reply", "reply": {"id": "a", "title": "A"}}


def interactive(kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return message(
        type="interactive", text=None, interactive={"type": kind, "body": {"text": "?"}, "action": action, **more}
    )


def template(**change: Any) -> dict[str, Any]:
    body = {"name": "weekly_plan", "language": {"code": "en"}, **change}
    return message(type="template", text=None, template=body)


ROWS = [{"id": str(number), "title": "t"} for number in range(11)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"rubbish", 100),
        ([], 100),
        ({}, 100),
        (message(messaging_product="sms"), 100),
        (message(to=None), 100),
        (message(to="call me"), 131009),
        (message(to=573001112233), 131009),
        (message(recipient="no id"), 131009),
        (message(to="+15550783881"), 131021),
        (message(type="hologram"), 131051),
        (message(type=7), 131051),
        (message(text=None), 131008),
        (message(text="hi"), 100),
        (message(text={}), 131008),
        (message(text={"body": ""}), 131008),
        (message(text={"body": "x" * 4097}), 100),
        (message(text={"body": "x", "colour": "red"}), 100),
        (message(text={"body": "x", "preview_url": "yes"}), 131009),
        (message(colour="red"), 100),
        (message(recipient_type="group"), 131009),
        (message(context={}), 131008),
        (message(biz_opaque_callback_data="x" * 513), 100),
        (interactive("button", {"buttons": []}), 131009),
        (interactive("button", {"buttons": [BUTTON, BUTTON]}), 131009),
        (interactive("button", {"buttons": [BUTTON] * 4}), 131009),
        (interactive("button", {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "x" * 21}}]}), 100),
        (interactive("button", {"buttons": [BUTTON]}, footer={"text": "x" * 61}), 100),
        (interactive("list", {"button": "b", "sections": [{"rows": ROWS}]}), 131009),
        (interactive("list", {"button": "b", "sections": [{"rows": ROWS[:1]}, {"rows": ROWS[1:2]}]}), 131008),
        (interactive("list", {"button": "b" * 21, "sections": [{"rows": ROWS[:1]}]}), 100),
        (interactive("list", {"button": "b", "sections": [{"rows": [{**ROWS[0], "description": "x" * 73}]}]}), 100),
        (interactive("carousel", {}), 131009),
        (interactive("location_request_message", {"name": "other"}), 131009),
        (message(type="image", text=None, image={}), 131008),
        (message(type="image", text=None, image={"id": "1", "link": "x"}), 131008),
        (message(type="reaction", text=None, reaction={"message_id": "w"}), 131008),
        (
            message(
                type="reaction", text=None, reaction={"message_id": "w", "emoji": "x"}, context={"message_id": "w"}
            ),
            131009,
        ),
        (template(language="en"), 100),
        (template(name=None), 131008),
        (template(components=[{"type": "body", "parameters": [{"type": "text", "text": "a\nb"}]}]), 132018),
        (template(name="unheard_of"), 132001),
        ({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X"}, 131009),
        ({"messaging_product": "whatsapp", "status": "seen", "message_id": "wamid.X"}, 100),
        ({"messaging_product": "whatsapp", "status": "read"}, 131008),
        (
            {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X", "typing_indicator": {}},
            131009,
        ),
    ],
)
async def test_a_wrong_request_is_refused_with_metas_code(
    autojump_clock: MockClock, world: World, body: Any, code: int
) -> None:
    await world.emulator.person_says(ANA, "hi")
    world.emulator.manners.templates = frozenset({("weekly_plan", "en")})
    assert await refusal(world, body) == code
    assert world.emulator.sent == []


@pytest.mark.parametrize(
    "body",
    [
        message(to=ANA[1:]),
        message(recipient="US.1", to=None),
        message(preview_url=None, text={"body": "x", "preview_url": True}),
        interactive("button", {"buttons": [BUTTON]}, header={"type": "text", "text": "h"}, footer={"text": "f"}),
        interactive("list", {"button": "b", "sections": [{"title": "s", "rows": ROWS[:10]}]}),
        interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "d", "url": "https://x.example"}}),
        interactive("request_contact_info", {"name": "request_contact_info"}),
        message(type="audio", text=None, audio={"id": "1", "voice": True}),
        message(type="location", text=None, location={"latitude": 1, "longitude": 2}),
        template(components=[{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}]),
        message(type="reaction", text=None, reaction={"message_id": "wamid.FIRST", "emoji": "👍"}),
    ],
)
async def test_a_right_request_is_taken(autojump_clock: MockClock, world: World, body: dict[str, Any]) -> None:
    await world.emulator.person_says(ANA, "hi", external_id="wamid.FIRST")
    await world.emulator.person_says("US.1", "hi")
    world.emulator.manners.templates = frozenset({("weekly_plan", "en")})
    assert (await world.post(body)).status_code == 200
    assert len(world.emulator.sent) == 1


async def test_the_caller_is_checked_first(autojump_clock: MockClock, world: World) -> None:
    assert await refusal(world, message(), token="other") == 190
    assert await refusal(world, message(), path="/v26.0/999/messages") == 100
    assert await refusal(world, message(), path="/latest/106/messages") == 2500
    assert await refusal(world, message(), path="/v26.0/106/messages?appsecret_proof=wrong") == 100
    world.emulator.manners.proof_required = True
    assert await refusal(world, message()) == 100


async def test_the_window_closes_a_day_after_the_last_message(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners.templates = frozenset({("weekly_plan", "en")})
    assert await refusal(world, message()) == 131047
    await world.emulator.person_says(ANA, "hi")
    await trio.sleep(86_399)
    assert (await world.post(message())).status_code == 200
    await trio.sleep(1)
    assert await refusal(world, message()) == 131047
    assert (await world.post(template())).status_code == 200
    await world.emulator.person_reacts(ANA, world.emulator.sent[0].wamid, "👍")
    assert await refusal(world, message()) == 131047


async def test_a_closed_window_may_be_told_later(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners.window = "later"
    assert (await world.post(message(biz_opaque_callback_data="msg-1"))).status_code == 200
    await world.emulator.deliveries.settled()
    [status] = world.events()
    assert (status.state, status.our_id, status.errors[0].code) == ("failed", "msg-1", 131047)
    world.emulator.manners.window = "off"
    await world.post(message())
    await world.emulator.deliveries.settled()
    assert [event.state for event in world.events()] == ["failed", "sent", "delivered"]


async def test_a_burst_to_one_person_is_paid_back(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners = Manners(window="off", statuses=())
    for _message in range(45):
        assert (await world.post(message())).status_code == 200
    assert await refusal(world, message()) == 131056
    assert (await world.post(message(to="+573009998877"))).status_code == 200
    await trio.sleep(5.5)
    assert await refusal(world, message()) == 131056
    await trio.sleep(0.6)
    assert (await world.post(message())).status_code == 200
    assert await refusal(world, message()) == 131056
    world.emulator.manners.pair_rate = False
    assert (await world.post(message())).status_code == 200


async def test_a_test_number_writes_to_its_list_only(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners = Manners(window="off", allowed=frozenset({ANA}))
    assert (await world.post(message())).status_code == 200
    assert await refusal(world, message(to="+573009998877")) == 131030


async def test_errors_come_by_script_at_once_or_later(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners.window = "off"
    world.emulator.refuse(131042, retry_after=5, status=500)
    response = await world.post(message())
    assert (response.status_code, response.headers["retry-after"]) == (500, "5")
    assert response.json()["error"]["code"] == 131042
    world.emulator.fail(131049)
    assert (await world.post(message())).status_code == 200
    await world.emulator.deliveries.settled()
    assert [event.errors[0].code for event in world.events()] == [131049]


async def test_somebody_not_on_whatsapp_fails_later(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners.window = "off"
    world.emulator.person(ANA).on_whatsapp = False
    assert (await world.post(message())).status_code == 200
    await world.emulator.deliveries.settled()
    assert [event.errors[0].code for event in world.events()] == [131026]


async def test_a_reaction_to_a_forgotten_message_fails_later(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_says(ANA, "hi")
    await world.post(message(type="reaction", text=None, reaction={"message_id": "wamid.OLD", "emoji": "👍"}))
    await world.emulator.deliveries.settled()
    assert [event.errors[0].code for event in world.events() if isinstance(event, Status)] == [131009]


async def test_after_a_thousand_in_a_month_messages_cost_something(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners = Manners(window="off", pair_rate=False, statuses=("sent",))
    for _message in range(1001):
        await world.post(message())
    await world.emulator.deliveries.settled()
    prices = [event.price_type for event in world.events()]
    assert prices == ["free_customer_service"] * 1000 + ["regular"]
