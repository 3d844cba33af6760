"""The adapter against the emulator, on the same wire: every error code, every fault, in process and on a port."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx2
import pytest
import trio
from quart import request
from quart_trio import QuartTrio
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.channel import WhatsApp
from ivy.adapters.whatsapp.errors import MEANINGS, Disposition, classify
from ivy.adapters.whatsapp.graph import Graph
from ivy.domain.contents import Words
from ivy.domain.inbound import Status, Text
from ivy.emulators.deliveries import poster
from ivy.emulators.faults import (
    Answer,
    Fault,
    FaultyTransport,
    Refuse,
    ResetAfter,
    ResetBefore,
    Script,
    Slow,
    Truncated,
    gateway_page,
    too_many,
)
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp import Manners, WhatsAppEmulator
from ivy.errors import (
    BadSignature,
    ConfigError,
    OutcomeUnknown,
    RecipientGone,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
    WindowClosed,
)
from ivy.ports import Address, Channel, Outbound
from tests.loopback import on_loopback

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ANA = "+573001112233"
TOKEN = "EAAG0token"
HELLO = Outbound(our_id="msg-1", to=Address(phone=ANA), content=Words("Good morning 🌿"))


def channel(http: httpx2.AsyncClient, base_url: str = "http://meta.test", **change: Any) -> WhatsApp:
    secrets = change.get("app_secrets", ("new secret", "old secret"))
    base_url, token = change.get("base_url", base_url), change.get("token", TOKEN)
    graph = Graph(http, base_url=base_url, version="v26.0", token=token, app_secrets=secrets)
    number = change.get("phone_number_id", "106")
    return WhatsApp(
        graph, phone_number_id=number, app_secrets=secrets, verify_token=change.get("verify_token", "verify")
    )


async def taken(body: bytes, headers: dict[str, str]) -> int:
    await trio.lowlevel.checkpoint()
    return 200


class World:
    """An emulator without a window, behind a transport that follows a script."""

    def __init__(self) -> None:
        self.emulator = WhatsAppEmulator(
            app_secret="new secret",
            token=TOKEN,
            phone_number_id="106",
            verify_token="verify",
            deliver=taken,
            now=lambda: NOW,
            manners=Manners(window="off", proof_required=True),
        )
        self.faults: Script[Fault] = Script()
        self.http = open_client(transport=FaultyTransport(in_process(self.emulator.app), self.faults))
        self.channel = channel(self.http)

    async def error_of(self, message: Outbound = HELLO) -> VendorError:
        with pytest.raises(VendorError) as caught:
            await self.channel.send(message)
        assert TOKEN not in str(caught.value)
        return caught.value


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    async with world.http:
        yield world


def is_a_channel(adapter: WhatsApp) -> Channel:
    return adapter  # the type checker keeps the promise


# --- sending -----------------------------------------------------------------------------------------------


async def test_a_text_is_sent_with_everything_meta_wants(world: World) -> None:
    message = replace(HELLO, to=Address("CO.1349", ANA), quoted_id="wamid.Q")
    wamid = await world.channel.send(message)
    [accepted] = world.emulator.sent
    assert wamid == accepted.wamid
    assert accepted.request == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": ANA,
        "recipient": "CO.1349",
        "type": "text",
        "text": {"body": "Good morning 🌿", "preview_url": False},
        "context": {"message_id": "wamid.Q"},
        "biz_opaque_callback_data": "msg-1",
    }


async def test_somebody_without_a_phone_is_reached_by_id(world: World) -> None:
    await world.channel.send(replace(HELLO, to=Address(external_id="US.1349")))
    [accepted] = world.emulator.sent
    assert (accepted.to, accepted.recipient) == ("", "US.1349")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (replace(HELLO, content=Words("half \ud83c")), "half of a character"),
        (replace(HELLO, our_id=""), "our id"),
        (replace(HELLO, our_id="x" * 513), "our id"),
        (replace(HELLO, to=Address()), "nobody"),
        (replace(HELLO, to=Address(phone=ANA[1:])), r"lacks its \+"),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_it_is_sent(
    world: World, message: Outbound, reason: str
) -> None:
    world.faults.add(ResetBefore())
    with pytest.raises(VendorRefused, match=reason) as caught:
        await world.channel.send(message)
    assert caught.value.code == "local"
    assert len(world.faults) == 1


async def test_the_longest_text_goes_through(world: World) -> None:
    await world.channel.send(replace(HELLO, content=Words("x" * 4096), our_id="y" * 512))
    assert len(world.emulator.sent) == 1


async def test_a_message_is_marked_read_with_and_without_typing(world: World) -> None:
    wamid = await world.emulator.person_says(ANA, "hi")
    await world.channel.mark_read(wamid)
    await world.channel.mark_read(wamid, typing=True)
    assert [(mark.wamid, mark.typing) for mark in world.emulator.reads] == [(wamid, False), (wamid, True)]
    with pytest.raises(VendorRefused):
        await world.channel.mark_read("wamid.UNHEARD")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"success": false}', b"<html>", b'{"success": "yes"}'])
async def test_a_read_mark_without_a_yes_is_an_unknown_outcome(world: World, body: bytes) -> None:
    world.faults.add(Answer(200, body))
    with pytest.raises(OutcomeUnknown):
        await world.channel.mark_read("wamid.X")


# --- Meta's errors --------------------------------------------------------------------------------------------

CLASSES = {
    Disposition.BUSY: VendorBusy,
    Disposition.REFUSED: VendorRefused,
    Disposition.WINDOW_CLOSED: WindowClosed,
    Disposition.GONE: RecipientGone,
    Disposition.CONFIGURATION: VendorMisconfigured,
}


@pytest.mark.parametrize("code", [*sorted(MEANINGS), 200, 299, 424242])
async def test_each_code_means_the_same_in_an_answer_and_in_a_status(world: World, code: int) -> None:
    world.emulator.refuse(code, status=400)
    world.emulator.refuse(code, status=500)
    assert type(await world.error_of()) is type(await world.error_of()) is CLASSES[classify(code)]
    assert world.emulator.sent == []


@pytest.mark.parametrize("code", sorted(MEANINGS))
async def test_each_code_in_a_failed_status_is_classified(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery, code: int
) -> None:
    nursery.start_soon(world.emulator.run)
    world.emulator.fail(code)
    wamid = await world.channel.send(HELLO)
    await world.emulator.deliveries.settled()
    [status] = world.channel.parse(world.emulator.deliveries.delivered[0].body)
    assert isinstance(status, Status)
    assert (status.external_id, status.our_id, status.state) == (wamid, "msg-1", "failed")
    assert classify(status.errors[0].code) is MEANINGS[code].disposition


async def test_too_many_to_one_person_waits_as_long_as_meta_says(world: World) -> None:
    world.emulator.refuse(131056)
    world.emulator.refuse(131056, retry_after=40)
    waits: list[timedelta | None] = []
    for _try in range(2):
        error = await world.error_of()
        assert isinstance(error, VendorBusy)
        assert error.throttled
        waits.append(error.after)
    assert waits == [timedelta(seconds=6), timedelta(seconds=40)]


async def test_the_emulators_own_limits_reach_ivy(world: World) -> None:
    world.emulator.manners = Manners(window="at once")
    assert isinstance(await world.error_of(), WindowClosed)
    await world.emulator.person_says(ANA, "hi")
    for _message in range(45):
        await world.channel.send(HELLO)
    assert isinstance(await world.error_of(), VendorBusy)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"token": "EAAGother"}, VendorMisconfigured),
        ({"phone_number_id": "999"}, VendorMisconfigured),
        ({"app_secrets": ("wrong",)}, VendorRefused),
        ({"app_secrets": ()}, VendorRefused),
        ({"base_url": "http://meta.test:port"}, VendorMisconfigured),
    ],
)
async def test_a_wrong_setting_is_told_apart(world: World, change: dict[str, Any], kind: type[VendorError]) -> None:
    world.channel = channel(world.http, **change)
    assert type(await world.error_of()) is kind


async def test_an_address_that_is_no_web_address_is_a_wrong_setting() -> None:
    async with open_client() as http:
        with pytest.raises(VendorMisconfigured):
            await channel(http, "ftp://meta.test").send(HELLO)


async def test_a_token_with_a_newline_stops_at_the_start(world: World) -> None:
    with pytest.raises(ConfigError, match="copy it again"):
        channel(world.http, token=f"{TOKEN}\n")


async def test_the_token_is_starred_out_of_metas_own_words(world: World) -> None:
    world.emulator.refuse(100, f"unexpected {TOKEN} in text")
    error = await world.error_of()
    assert "unexpected ***" in str(error)
    assert "unexpected ***" in error.reason


# --- what goes wrong on the way ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind", "done"),
    [
        (Refuse(), VendorBusy, False),
        (ResetBefore(), OutcomeUnknown, False),
        (ResetAfter(), OutcomeUnknown, True),
        (Slow(3600), OutcomeUnknown, True),
        (Truncated(), OutcomeUnknown, True),
        (too_many(), VendorBusy, False),
        (too_many(7), VendorBusy, False),
        (Answer(500), OutcomeUnknown, False),
        (Answer(500, done=True), OutcomeUnknown, True),
        (Answer(503, b"[]"), OutcomeUnknown, False),
        (Answer(404, b"not found"), OutcomeUnknown, False),
        (Answer(301, headers={"Location": "https://elsewhere.test/"}), VendorMisconfigured, False),
        (gateway_page(), OutcomeUnknown, True),
        (gateway_page(502), OutcomeUnknown, True),
        (gateway_page(502, done=False), OutcomeUnknown, False),
        (Answer(200), OutcomeUnknown, False),
        (Answer(200, b"{}"), OutcomeUnknown, False),
        (Answer(200, b'{"messages": []}'), OutcomeUnknown, False),
        (Answer(200, b'{"messages": [{"id": ""}]}'), OutcomeUnknown, False),
        (Answer(200, b'{"messages": [{"id": 7}]}'), OutcomeUnknown, False),
        (Answer(200, b'{"messages": [{"id": "\xff"}]}'), OutcomeUnknown, False),
        (Answer(200, b"[" * 100_000), OutcomeUnknown, False),
        (Answer(200, b"junk", {"Content-Encoding": "gzip"}), OutcomeUnknown, False),
        (Answer(200, b'{"error": {"code": 131047}}'), WindowClosed, False),
        (Answer(500, b'{"error": {"code": "131026", "message": null, "error_data": 5}}'), RecipientGone, False),
        (Answer(500, b'{"error": "down"}'), OutcomeUnknown, False),
        (Answer(429, b'{"error": {"code": 424242}}'), VendorBusy, False),
    ],
    ids=repr,
)
async def test_each_fault_says_what_is_known(
    autojump_clock: MockClock, world: World, fault: Fault, kind: type[VendorError], done: bool
) -> None:
    world.faults.add(fault, path="/messages")
    error = await world.error_of()
    assert type(error) is kind
    assert len(world.emulator.sent) == done
    if isinstance(error, VendorBusy) and fault == too_many(7):
        assert (error.after, error.throttled) == (timedelta(seconds=7), True)
    assert await world.channel.send(HELLO) == world.emulator.sent[-1].wamid


async def test_a_slow_answer_within_patience_is_an_answer(autojump_clock: MockClock, world: World) -> None:
    world.faults.add(Slow(60))
    started = trio.current_time()
    assert await world.channel.send(HELLO)
    assert trio.current_time() - started == 60


async def test_a_deadline_is_the_callers(autojump_clock: MockClock, world: World) -> None:
    world.faults.add(Slow(60))
    with pytest.raises(trio.TooSlowError), trio.fail_after(5):
        await world.channel.send(HELLO)
    assert await world.channel.send(HELLO)


async def test_faults_wait_for_their_own_path(world: World) -> None:
    world.faults.add(Refuse(), path="/media")
    assert await world.channel.send(HELLO)
    assert len(world.faults) == 1


# --- from Meta -----------------------------------------------------------------------------------------------------


async def test_the_handshake_is_answered_to_meta_only(world: World) -> None:
    asked = world.emulator.handshake("1158201444")
    assert is_a_channel(world.channel).handshake(asked) == "1158201444"
    for wrong in (
        {},
        asked | {"hub.verify_token": "other"},
        asked | {"hub.verify_token": "\ud83c"},
        asked | {"hub.verify_token": ""},
        asked | {"hub.mode": "unsubscribe"},
        {key: value for key, value in asked.items() if key != "hub.challenge"},
    ):
        assert world.channel.handshake(wrong) is None
    assert channel(world.http, verify_token="").handshake(asked | {"hub.verify_token": ""}) is None


async def test_webhooks_of_either_secret_are_believed_and_of_no_other(world: World) -> None:
    await world.emulator.person_says(ANA, "hi")
    [waiting] = world.emulator.deliveries.waiting()
    headers = {name.lower(): value for name, value in waiting.headers.items()}
    channel(world.http, app_secrets=("other", "new secret")).verify(waiting.body, headers)
    for secrets in (("other",), ("",), ()):
        with pytest.raises(BadSignature):
            channel(world.http, app_secrets=secrets).verify(waiting.body, headers)
    with pytest.raises(BadSignature):
        world.channel.verify(waiting.body, headers, repeated=frozenset({"x-hub-signature-256"}))


# --- on a port, unchanged ------------------------------------------------------------------------------------------


async def test_the_same_emulator_works_on_a_port() -> None:
    heard: list[bytes] = []
    arrived = trio.Event()
    ivy = QuartTrio("ivy")

    async def receive() -> str:
        body = cast(bytes, await request.get_data(as_text=False))
        adapter.verify(body, {name.lower(): value for name, value in request.headers.items()})
        heard.append(body)
        if len(heard) == 3:
            arrived.set()
        return ""

    ivy.add_url_rule("/api/whatsapp/webhook", view_func=receive, methods=["POST"])
    with trio.fail_after(30):
        async with open_client() as http, on_loopback(ivy) as ours, trio.open_nursery() as nursery:
            emulator = WhatsAppEmulator(
                app_secret="new secret",
                token=TOKEN,
                phone_number_id="106",
                verify_token="verify",
                deliver=poster(http, f"{ours}/api/whatsapp/webhook"),
                now=lambda: NOW,
            )
            async with on_loopback(emulator.app) as meta:
                adapter = channel(http, meta)
                nursery.start_soon(emulator.run)
                await emulator.person_says(ANA, "hi 🌿")
                wamid = await adapter.send(HELLO)
                await arrived.wait()
                nursery.cancel_scope.cancel()
        async with open_client() as http:
            with pytest.raises(VendorBusy):
                await channel(http, meta).send(HELLO)
    events = [event for body in heard for event in adapter.parse(body)]
    assert [type(event) for event in events] == [Text, Status, Status]
    assert {event.external_id for event in events if isinstance(event, Status)} == {wamid}
