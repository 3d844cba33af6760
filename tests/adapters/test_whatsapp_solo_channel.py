import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.media import MediaDoor
from ivy.adapters.whatsapp_solo import updates
from ivy.adapters.whatsapp_solo.channel import Solo
from ivy.adapters.whatsapp_solo.client import Agent
from ivy.adapters.whatsapp_solo.media import FileDesk
from ivy.adapters.whatsapp_solo.pace import Pace
from ivy.clock import VirtualClock
from ivy.config import Secret, SoloSection
from ivy.domain.contents import Buttons, Emoji, Option, Words
from ivy.domain.inbound import Broken, InboundEvent, Media, Reaction, Sender, Status, Text, Unknown, Unsupported
from ivy.emulators.faults import Answer, Fault, FaultyTransport, Refuse, ResetAfter, Script, gateway_page
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_solo import SoloEmulator
from ivy.errors import (
    Cause,
    ConfigError,
    OutcomeUnknown,
    RecipientGone,
    Unreadable,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
)
from ivy.ports import Address, Outbound, Polled
from ivy.threads import InlineThreads

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
KEY = "solo-key-1234"
BASE = "http://emulated/agent/v1"
SECTION = SoloSection(enabled=True, base_url=BASE, api_key=Secret(KEY))


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.vendor = SoloEmulator(key=KEY, now=self.clock.now)
        self.faults: Script[Fault] = Script()
        self.http = open_client(transport=FaultyTransport(in_process(self.vendor.app), self.faults))
        self.agent = Agent(self.http, SECTION, self.clock)
        self.channel = Solo(self.agent)

    def outbound(self, content: Any = None, **more: Any) -> Outbound:
        return Outbound("m1", Address(more.pop("to", self.vendor.maker)), content or Words("hola"), **more)

    async def poll(self, offset: int = 0) -> Polled:
        found = await self.channel.poll(offset, 0)
        assert found is not None
        return found

    async def heard(self) -> tuple[InboundEvent, ...]:
        return self.channel.parse((await self.poll()).body)


@pytest.fixture
async def world(autojump_clock: MockClock) -> AsyncIterator[World]:
    world = World()
    async with world.http:
        yield world


# --- to the platform ---------------------------------------------------------------------------------


async def test_a_message_is_sent_in_words_and_quotes(autojump_clock: MockClock, world: World) -> None:
    buttons = Buttons("Coffee?", (Option("a", "Yes"), Option("b", "No")))
    sent = await world.channel.send(world.outbound(buttons, quoted_id="wamid.q"))
    [got] = world.vendor.got
    assert (got.wamid, got.quoted, got.body) == (sent, "wamid.q", buttons.in_words())
    assert "Yes" in got.body


@pytest.mark.parametrize(
    ("refusal", "kind", "words"),
    [
        ((403, 131005), RecipientGone, "nobody but who made it"),
        ((400, 131009), VendorRefused, "131009"),
        ((401, 190), VendorMisconfigured, "API key"),
        ((400, 100), VendorMisconfigured, "API key"),
        ((429, 130429), VendorBusy, "429"),
        ((503, 131016), VendorBusy, "did not take it"),
        ((500, 2), OutcomeUnknown, "500"),
        ((400, 999), VendorRefused, "does not know"),
    ],
)
async def test_each_refusal_says_what_to_do_next(
    autojump_clock: MockClock, world: World, refusal: tuple[int, int], kind: type[VendorError], words: str
) -> None:
    world.vendor.refuse("/messages", *refusal, message=f"about {KEY}")
    with pytest.raises(kind, match=words) as caught:
        await world.channel.send(world.outbound())
    assert KEY not in str(caught.value)
    assert KEY not in caught.value.reason


async def test_a_key_that_is_wrong_is_the_operators_to_mend(autojump_clock: MockClock, world: World) -> None:
    world.vendor.key = "another"
    for manner in ((401, 190), (400, 100)):
        world.vendor.manners.wrong_key = manner
        with pytest.raises(VendorMisconfigured) as caught:
            await world.channel.poll(0, 0)
        assert caught.value.cause is Cause.SETUP  # tried again within minutes: no hour of silence after a new key


async def test_what_is_wrong_with_one_request_is_not_the_keys_fault_while_the_key_works(
    autojump_clock: MockClock, world: World
) -> None:
    await world.channel.poll(0, 0)
    world.vendor.refuse("/messages", 400, 100, message="too long")
    with pytest.raises(VendorRefused, match="too long"):
        await world.channel.send(world.outbound())
    world.vendor.refuse("/statuses", 400, 100, message="no typing here")
    await world.vendor.person_says("hola", wamid="w1")
    await world.channel.mark_read("w1", typing=True)
    assert world.vendor.ticks == [("w1", False)]
    world.vendor.refuse("/updates", 401, 190)
    with pytest.raises(VendorMisconfigured):
        await world.channel.poll(0, 0)
    world.vendor.refuse("/messages", 400, 100)
    with pytest.raises(VendorMisconfigured, match="API key"):
        await world.channel.send(world.outbound())
    await world.channel.mark_read("w1")
    await trio.sleep(61)
    world.vendor.refuse("/messages", 400, 100)
    with pytest.raises(VendorMisconfigured, match="API key"):
        await world.channel.send(world.outbound())


@pytest.mark.parametrize(
    ("fault", "kind", "got"),
    [
        (Refuse(), VendorBusy, 0),
        (ResetAfter(), OutcomeUnknown, 1),
        (gateway_page(502), OutcomeUnknown, 1),
        (gateway_page(200), OutcomeUnknown, 1),
        (Answer(302, headers={"Location": "http://evil.example"}), VendorMisconfigured, 0),
    ],
)
async def test_what_goes_wrong_on_the_way(
    autojump_clock: MockClock, world: World, fault: Fault, kind: type[VendorError], got: int
) -> None:
    world.faults.add(fault)
    with pytest.raises(kind):
        await world.channel.send(world.outbound())
    assert len(world.vendor.got) == got


async def test_what_the_platform_would_refuse_does_not_leave(autojump_clock: MockClock, world: World) -> None:
    for content, to in (
        (Emoji("wamid.1", "👍"), world.vendor.maker),
        (Words("hola"), "+573001112233"),
        (Words("🙂" * 2049), world.vendor.maker),
    ):
        with pytest.raises(VendorRefused) as caught:
            await world.channel.send(world.outbound(content, to=to))
        assert caught.value.code == "local"
    with pytest.raises(VendorRefused, match="half of a character"):
        await world.channel.send(world.outbound(Words("\ud83d")))
    assert world.vendor.got == []


async def test_our_own_pace_holds_a_request_before_the_platform_refuses_it(
    autojump_clock: MockClock, world: World
) -> None:
    for _ in range(40):
        try:
            await world.channel.send(world.outbound())
        except VendorBusy as error:
            assert error.throttled
            assert error.after is not None
            await trio.sleep(error.after.total_seconds())
    assert len(world.vendor.got) > 15  # none of them a 429, which would have said so in another way
    assert world.agent.pace.wait("statuses") == timedelta(0)


async def test_ticks_and_typing_and_a_platform_that_shows_none(autojump_clock: MockClock, world: World) -> None:
    wamid = await world.vendor.person_says("hola")
    await world.channel.mark_read(wamid)
    await world.channel.mark_read(wamid, typing=True)
    world.vendor.manners.takes_typing = False
    await world.channel.mark_read(wamid, typing=True)
    await world.channel.mark_read(wamid, typing=True)
    assert world.vendor.ticks == [(wamid, False), (wamid, True), (wamid, False), (wamid, False)]


# --- from the platform -------------------------------------------------------------------------------


async def test_a_poll_brings_what_came_and_where_the_next_begins(autojump_clock: MockClock, world: World) -> None:
    assert await world.channel.poll(0, 0) is None
    world.vendor.manners.empty_status = 200
    assert await world.channel.poll(0, 0) is None
    wamid = await world.vendor.person_says("hola", quoted="wamid.q")
    polled = await world.poll()
    assert polled.next_offset == 9_007_199_254_740_994
    [text] = world.channel.parse(polled.body)
    sender = Sender(channel="solo", external_id=world.vendor.maker, name="Ana")
    assert text == Text(sender=sender, external_id=wamid, sent_at=START, body="hola", quoted_id="wamid.q")
    assert await world.channel.poll(polled.next_offset, 0) is None


async def test_a_poll_that_was_replaced_is_a_conflict(autojump_clock: MockClock, world: World) -> None:
    async def one() -> None:
        with pytest.raises(VendorBusy) as caught:
            await world.channel.poll(0, 25)
        assert caught.value.conflict

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one)
        await trio.sleep(1)
        assert await world.channel.poll(0, 1) is None


async def test_a_poll_that_breaks_off_is_asked_again(autojump_clock: MockClock, world: World) -> None:
    for fault in (ResetAfter(), gateway_page(200), gateway_page(502), Answer(200, b'{"entry":[]}')):
        world.faults.add(fault)
        with pytest.raises(VendorBusy):
            await world.channel.poll(0, 0)


async def test_every_kind_of_message(autojump_clock: MockClock, world: World) -> None:
    sticker = {"id": "m1", "mime_type": "image/webp", "sha256": "x", "animated": False}
    await world.vendor.person_sends_file("audio", b"OggS", voice=True)
    await world.vendor.person_sends({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}})
    await world.vendor.person_sends({"type": "sticker", "sticker": sticker})
    await world.vendor.person_sends({"type": "poll", "poll": {}})
    world.vendor.tell_status("wamid.1", "read")
    voice, thumb, picture, poll, status = await world.heard()
    assert isinstance(voice, Media)
    assert (voice.type, voice.voice, voice.mime) == ("audio", True, "audio/ogg")
    assert isinstance(thumb, Reaction)
    assert isinstance(picture, Media)
    assert isinstance(poll, Unsupported)
    assert isinstance(status, Status)
    assert (status.state, status.external_id, status.recipient) == ("read", "wamid.1", world.vendor.maker)


def test_what_cannot_be_read_costs_itself_only() -> None:
    value: dict[str, Any] = {
        "messages": [{"from": "user:1", "id": "w1", "timestamp": "1"}, 7, {"from": "agent:9", "id": "w2"}],
        "statuses": {},
    }
    value["messages"][0] |= {"type": "text", "text": {"body": "hola"}}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}], "next_offset": 3}).encode()
    text, *broken = updates.parse(body)
    assert isinstance(text, Text)
    assert [each.path.rpartition("value.")[2] for each in broken if isinstance(each, Broken)] == [
        "messages[1]",
        "messages[2]",
        "statuses",
    ]
    assert updates.parse_part(body, "entry[0].changes[0].value.messages[0]") == (text,)
    assert isinstance(updates.parse(b'{"entry":["x"]}')[0], Broken)
    for offset in ("9" * 5000, "-1", "1.5", "", None, 2**63):
        with pytest.raises(Unreadable):
            updates.read_polled(json.dumps({"next_offset": offset}).encode())
    [other] = updates.parse(b'{"entry":[{"changes":[{"field":"agents","value":{}}]}]}')
    assert isinstance(other, Unknown)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(
    st.sampled_from(["entry", "changes", "value", "field", "messages", "statuses", "contacts", "next_offset", "from"]), each
)))  # fmt: skip
def test_no_answer_is_a_surprise(tree: Any) -> None:
    body = json.dumps(tree).encode()
    for read in (updates.parse, updates.read_polled):
        try:
            read(body)
        except Unreadable:
            continue


@given(st.lists(st.floats(0, 20), max_size=60), st.integers(1, 15))
def test_no_minute_has_more_requests_than_it_may(gaps: list[float], limit: int) -> None:
    class Steps:
        virtual = True
        at = START

        def now(self) -> datetime:
            return self.at

    clock, left = Steps(), list[datetime]()
    pace = Pace(clock, polls=15, others=limit)
    for gap in gaps:
        clock.at += timedelta(seconds=gap)
        clock.at += pace.wait("messages")
        assert pace.wait("messages") < timedelta(milliseconds=1)
        pace.count("messages")
        left.append(clock.at)
    for first, last in zip(left, left[limit:], strict=False):
        assert last - first > timedelta(seconds=59.999)


# --- files, and what is configured wrong -------------------------------------------------------------


async def test_files_go_through_the_same_door_as_metas(autojump_clock: MockClock, world: World, tmp_path: Path) -> None:
    door = MediaDoor(
        world.http, FileDesk(world.agent), "", token=KEY, threads=InlineThreads(), local_origin="http://emulated"
    )
    await world.vendor.person_sends_file("audio", b"OggS", voice=True)
    [voice] = await world.heard()
    assert isinstance(voice, Media)

    class Bytes:
        content = b""

        async def write(self, chunk: bytes) -> None:
            await trio.lowlevel.checkpoint()
            self.content += chunk

        async def digest(self) -> str:
            await trio.lowlevel.checkpoint()
            return hashlib.sha256(self.content).hexdigest()

    sink = Bytes()
    assert await door.fetch(voice.media_id, sink, cap=100, seconds=10, sha256=voice.sha256) == "audio/ogg; codecs=opus"
    assert sink.content == b"OggS"
    with pytest.raises(VendorRefused) as caught:
        await door.fetch("unknown", Bytes(), cap=100, seconds=10)
    assert caught.value.code == "gone"
    picture = tmp_path / "a.png"
    picture.write_bytes(b"png")
    assert world.vendor.files[await door.upload(picture, mime="image/png", filename="a.png")].content == b"png"


@pytest.mark.parametrize(
    "change",
    [
        {"api_key": Secret("")},
        {"api_key": Secret("a b")},
        {"api_key": Secret("ñ")},
        {"base_url": "http://api.whatsapp.com"},
        {"base_url": "http://[x"},
        {"timeout_seconds": 26},
        {"polls_per_minute": 0},
        {"requests_per_minute": 0},
    ],
)
async def test_what_cannot_work_is_told_before_anything_is_asked(change: dict[str, Any]) -> None:
    async with httpx2.AsyncClient() as http:
        with pytest.raises(ConfigError):
            Agent(http, replace(SECTION, **change), VirtualClock(START))
