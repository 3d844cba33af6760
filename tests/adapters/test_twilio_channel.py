"""The adapter against the emulator, on the same wire: every error code, every fault, in process and on a port."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx2
import pytest
import trio
from quart import request
from quart_trio import QuartTrio
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.adapters.twilio.channel import Sms
from ivy.adapters.twilio.errors import MEANINGS, classify
from ivy.clock import VirtualClock
from ivy.domain.contents import Buttons, Option, Words
from ivy.domain.inbound import DeliveryError, InboundEvent, Status, Text
from ivy.emulators.deliveries import poster
from ivy.emulators.faults import (
    Answer,
    Drop,
    Duplicate,
    Fault,
    FaultyTransport,
    Refuse,
    ResetAfter,
    ResetBefore,
    Script,
    Slow,
    Swap,
    Truncated,
    gateway_page,
    too_many,
)
from ivy.emulators.in_process import in_process
from ivy.emulators.twilio import Manners, TwilioEmulator
from ivy.emulators.twilio_rules import FAILING_LINES, REFUSED_LINES
from ivy.errors import (
    BadSignature,
    ConfigError,
    OutcomeUnknown,
    RecipientGone,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
)
from ivy.ports import Address, Channel, Disposition, Outbound
from tests.loopback import on_loopback

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ACCOUNT, SERVICE = "AC" + "0a" * 16, "MG" + "0b" * 16
TOKEN, OLD_TOKEN = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
NUMBER, ANA = "+15005550006", "+573001112233"
WEBHOOK = "https://ivy.example.test/api/sms/webhook"
HELLO = Outbound(our_id="msg-1", to=Address(phone=ANA), content=Words("Good *morning*"))


class World:
    """An emulator behind a transport that follows a script; what it posts is verified and read."""

    def __init__(self, **manners: Any) -> None:
        self.clock = VirtualClock(START)
        self.ahead = timedelta(0)
        """How far Twilio's clock is ahead of ours."""
        self.heard: list[InboundEvent] = []
        self.emulator = TwilioEmulator(
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            number=NUMBER,
            webhook_url=WEBHOOK,
            deliver=self.hear,
            now=lambda: self.clock.now() + self.ahead,
            service_sid=SERVICE,
            manners=Manners(**manners),
        )
        self.faults: Script[Fault] = Script()
        self.http = open_client(transport=FaultyTransport(in_process(self.emulator.app), self.faults))
        self.channel = self.make()

    def make(self, **change: Any) -> Sms:
        known: dict[str, Any] = {
            "base_url": "http://twilio.test/",
            "account_sid": ACCOUNT,
            "auth_tokens": (TOKEN, OLD_TOKEN),
            "sender": NUMBER,
            "webhook_url": WEBHOOK,
            "validity_seconds": 900,
            "clock": self.clock,
        }
        return Sms(self.http, **(known | change))

    async def hear(self, body: bytes, headers: dict[str, str]) -> int:
        await trio.lowlevel.checkpoint()
        self.channel.verify(body, {name.lower(): value for name, value in headers.items()})
        self.heard += self.channel.parse(body)
        return 204

    async def error_of(self, message: Outbound = HELLO) -> VendorError:
        with pytest.raises(VendorError) as caught:
            await self.channel.send(message)
        assert TOKEN not in str(caught.value)
        assert ANA not in str(caught.value)
        return caught.value

    def states(self) -> list[str]:
        return [event.state for event in self.heard if isinstance(event, Status)]


@pytest.fixture
async def world(autojump_clock: MockClock) -> AsyncIterator[World]:
    world = World()
    async with world.http:
        yield world


def is_a_channel(adapter: Sms) -> Channel:
    return adapter  # the type checker keeps the promise


# --- sending -----------------------------------------------------------------------------------------------


async def test_a_text_is_sent_plain_with_everything_twilio_wants(autojump_clock: MockClock, world: World) -> None:
    asked: list[httpx2.Request] = []

    async def keep(request: httpx2.Request) -> None:
        await trio.lowlevel.checkpoint()
        asked.append(request)

    world.http.event_hooks["request"] = [keep]
    sid = await is_a_channel(world.channel).send(HELLO)
    [sent] = world.emulator.sent
    assert (sid, sent.body, sent.segments) == (sent.sid, "Good morning", 1)
    assert dict(parse_qsl(asked[0].content.decode())) == {
        "To": ANA,
        "From": NUMBER,
        "Body": "Good morning",
        "StatusCallback": WEBHOOK,
        "ValidityPeriod": "900",
        "SmartEncoded": "true",
    }
    assert asked[0].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_a_messaging_service_sends_in_its_own_name(autojump_clock: MockClock, world: World) -> None:
    world.channel = world.make(sender=SERVICE)
    await world.channel.send(HELLO)
    [sent] = world.emulator.sent
    assert (sent.service, sent.states[0].state) == (SERVICE, "accepted")
    assert await world.channel.look_up(HELLO, START) is None  # its own, which is known


async def test_buttons_are_said_in_words(autojump_clock: MockClock, world: World) -> None:
    content = Buttons("*Ready?*", (Option("a", "Yes"), Option("b", "Later")))
    await world.channel.send(replace(HELLO, content=content))
    assert [message.body for message in world.emulator.messages(ANA)] == ["Ready?\n1. Yes\n2. Later"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (replace(HELLO, content=Words("x" * 1601)), "split it"),
        (replace(HELLO, content=Words("🌿" * 801)), "split it"),
        (replace(HELLO, content=Words("\u200b")), "empty"),
        (replace(HELLO, content=Words("half \ud83c")), "half of a character"),
        (replace(HELLO, to=Address(external_id="US.1")), "no phone"),
        (replace(HELLO, to=Address(phone=ANA[1:])), r"E\.164"),
    ],
)
async def test_what_twilio_would_refuse_is_refused_before_it_is_sent(
    autojump_clock: MockClock, world: World, message: Outbound, reason: str
) -> None:
    world.faults.add(ResetBefore())
    with pytest.raises(VendorRefused, match=reason) as caught:
        await world.channel.send(message)
    assert caught.value.code == "local"
    assert len(world.faults) == 1


async def test_the_longest_text_goes_through(autojump_clock: MockClock, world: World) -> None:
    await world.channel.send(replace(HELLO, content=Words("x" * 1600)))
    assert world.emulator.segments[ANA] == 11


async def test_reading_and_typing_are_nothing_to_sms(autojump_clock: MockClock, world: World) -> None:
    await world.channel.mark_read("SM1", typing=True)
    assert world.channel.handshake({"hub.mode": "subscribe"}) is None
    assert world.channel.can_look_up


# --- Twilio's errors ------------------------------------------------------------------------------------------

CLASSES = {
    Disposition.BUSY: VendorBusy,
    Disposition.REFUSED: VendorRefused,
    Disposition.GONE: RecipientGone,
    Disposition.CONFIGURATION: VendorMisconfigured,
}
BY_THE_BOOK = {
    20003: Disposition.CONFIGURATION,
    20429: Disposition.BUSY,
    21211: Disposition.GONE,
    21408: Disposition.REFUSED,
    21606: Disposition.CONFIGURATION,
    21608: Disposition.REFUSED,
    21610: Disposition.GONE,
    21612: Disposition.REFUSED,
    21614: Disposition.GONE,
    21617: Disposition.REFUSED,
    21635: Disposition.GONE,
    30003: Disposition.BUSY,
    30005: Disposition.GONE,
    30006: Disposition.GONE,
    30007: Disposition.REFUSED,
    30008: Disposition.BUSY,
    30034: Disposition.CONFIGURATION,
    30036: Disposition.REFUSED,
    424242: Disposition.REFUSED,
}


@pytest.mark.parametrize(("code", "expected"), sorted(BY_THE_BOOK.items()))
async def test_each_code_of_the_reference_is_judged_by_it(
    autojump_clock: MockClock, world: World, code: int, expected: Disposition
) -> None:
    assert world.channel.disposition(DeliveryError(code)) is expected


@pytest.mark.parametrize("code", [*sorted(MEANINGS), 424242])
async def test_each_code_means_the_same_in_an_answer_and_in_a_status(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery, code: int
) -> None:
    nursery.start_soon(world.emulator.run)
    world.emulator.refuse(code)
    error = await world.error_of()
    assert type(error) is CLASSES[classify(code)]
    if isinstance(error, VendorRefused):
        assert error.code == str(code)
    world.emulator.fail(code)
    sid = await world.channel.send(HELLO)
    await world.emulator.deliveries.settled()
    [*_sent, failed] = world.heard
    assert isinstance(failed, Status)
    assert (failed.external_id, failed.state, failed.errors[0].code) == (sid, "failed", code)
    assert world.channel.disposition(failed.errors[0]) is classify(code)
    assert world.emulator.messages(ANA) == []


@pytest.mark.parametrize(("line", "code"), sorted((line, code) for line, (code, _told) in REFUSED_LINES.items()))
async def test_a_line_that_takes_no_sms_is_told_at_once(
    autojump_clock: MockClock, world: World, line: str, code: int
) -> None:
    world.emulator.person(ANA, line=line)
    assert type(await world.error_of()) is CLASSES[classify(code)]
    assert world.emulator.sent == []


@pytest.mark.parametrize(("line", "code"), sorted(FAILING_LINES.items()))
async def test_a_line_that_fails_is_told_later(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery, line: str, code: int
) -> None:
    nursery.start_soon(world.emulator.run)
    world.emulator.person(ANA, line=line)
    await world.channel.send(HELLO)
    await world.emulator.deliveries.settled()
    [*_sent, failed] = world.heard
    assert isinstance(failed, Status)
    assert [error.code for error in failed.errors] == [code]


async def test_too_many_requests_wait_as_long_as_twilio_says(autojump_clock: MockClock, world: World) -> None:
    world.emulator.refuse(20429, status=429)
    world.emulator.refuse(20429, status=429, retry_after=7)
    waits: list[timedelta | None] = []
    for _try in range(2):
        error = await world.error_of()
        assert isinstance(error, VendorBusy)
        assert error.throttled
        waits.append(error.after)
    assert waits == [timedelta(minutes=1), timedelta(seconds=7)]


async def test_the_limits_of_an_account_are_the_operators_to_mend(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners = Manners(verified=frozenset({"+15005550009"}))
    assert "(21608)" in str(await world.error_of())
    world.emulator.manners = Manners(countries=("+44",))
    assert "(21408)" in str(await world.error_of())
    world.emulator.manners = Manners(daily_limit=1)
    await world.channel.send(HELLO)
    over = await world.error_of()
    assert isinstance(over, VendorBusy)
    assert over.after == timedelta(hours=12)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"auth_tokens": (OLD_TOKEN,)}, "20003"),
        ({"account_sid": "AC" + "0c" * 16}, "20003"),
        ({"sender": "+15005550007"}, "21659"),
        ({"sender": "Ivy"}, "21659"),
        ({"sender": "MG" + "0c" * 16}, "21701"),
        ({"base_url": "http://twilio.test:port"}, "InvalidURL"),
    ],
)
async def test_a_wrong_setting_is_told_apart(
    autojump_clock: MockClock, world: World, change: dict[str, Any], code: str
) -> None:
    world.channel = world.make(**change)
    error = await world.error_of()
    assert type(error) is VendorMisconfigured
    assert code in str(error)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"account_sid": "SK" + "0a" * 16}, "account_sid"),
        ({"account_sid": ""}, "account_sid"),
        ({"auth_tokens": ()}, "auth_token"),
        ({"auth_tokens": ("", "")}, "auth_token"),
        ({"auth_tokens": (f"{TOKEN}\n",)}, "copy it again"),
        ({"sender": ""}, "sender"),
        ({"sender": "Ivy the good coach"}, "sender"),
        ({"validity_seconds": 0}, "validity"),
        ({"validity_seconds": 36_001}, "validity"),
        ({"webhook_url": "https://ivy_home.example/x"}, "public_url"),
        ({"webhook_url": "ivy.example/x"}, "public_url"),
        ({"webhook_url": "https://ivy.example:no/x"}, "public_url"),
    ],
)
async def test_what_can_never_work_stops_at_the_start(
    autojump_clock: MockClock, world: World, change: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        world.make(**change)
    assert TOKEN not in str(caught.value)


async def test_what_twilio_quotes_is_starred_out(autojump_clock: MockClock, world: World) -> None:
    world.emulator.refuse(21211, f"{TOKEN} may not write to {ANA}")
    error = await world.error_of()
    assert error.reason.endswith("*** may not write to the number")
    assert error.reason in str(error)


async def test_a_message_that_failed_in_the_answer_itself_is_a_failure(autojump_clock: MockClock, world: World) -> None:
    world.faults.add(Answer(201, b'{"sid": "SM1", "status": "failed", "error_code": 30006, "error_message": null}'))
    assert type(await world.error_of()) is RecipientGone


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
        (Answer(401), VendorMisconfigured, False),
        (Answer(403, b'{"code": 1, "message": 2}'), VendorMisconfigured, False),
        (Answer(500), OutcomeUnknown, False),
        (Answer(500, b'{"code": 20500, "message": "x", "status": 500}', done=True), OutcomeUnknown, True),
        (Answer(503, b"[]"), OutcomeUnknown, False),
        (Answer(404, b"not found"), OutcomeUnknown, False),
        (Answer(301, headers={"Location": "https://elsewhere.test/"}), VendorMisconfigured, False),
        (Answer(201, b'{"sid": ""}'), OutcomeUnknown, False),
        (gateway_page(), OutcomeUnknown, True),
        (gateway_page(502), OutcomeUnknown, True),
    ],
)
async def test_each_fault_is_what_it_is(
    autojump_clock: MockClock, world: World, fault: Fault, kind: type[VendorError], done: bool
) -> None:
    world.faults.add(fault)
    error = await world.error_of()
    assert type(error) is kind
    assert len(world.emulator.sent) == int(done)
    if kind is OutcomeUnknown:
        found = await world.channel.look_up(HELLO, START)
        assert found == (world.emulator.sent[0].sid if done else None)


# --- what became of a sending of which nothing was heard ----------------------------------------------------------


async def lose_the_answer(world: World, message: Outbound = HELLO) -> str:
    """Send a message whose answer is lost; return its SID."""
    world.faults.add(ResetAfter())
    assert isinstance(await world.error_of(message), OutcomeUnknown)
    return world.emulator.sent[-1].sid


async def test_a_message_is_found_among_others_like_it(autojump_clock: MockClock, world: World) -> None:
    await world.channel.send(HELLO)
    await trio.sleep(60)
    await world.channel.send(replace(HELLO, to=Address(phone="+15005550009")))
    await world.channel.send(replace(HELLO, content=Words("Good evening")))
    since = world.clock.now()
    assert await world.channel.look_up(HELLO, since) is None
    sid = await lose_the_answer(world)
    await trio.sleep(90)
    assert await world.channel.look_up(HELLO, since) == sid
    assert await world.channel.look_up(HELLO, world.clock.now()) is None


async def test_a_message_whose_answer_came_is_not_taken_for_another(autojump_clock: MockClock, world: World) -> None:
    since = world.clock.now()
    known = await world.channel.send(HELLO)
    assert await world.channel.look_up(HELLO, since) is None
    assert await world.make().look_up(HELLO, since) == known  # after a restart nobody remembers its answer


async def test_a_message_that_still_waits_at_twilio_is_found(autojump_clock: MockClock, world: World) -> None:
    world.emulator.manners = Manners(seconds_in_queue=600, lists_what_waits=False)
    sid = await lose_the_answer(world)
    assert await world.channel.look_up(HELLO, START) == sid


async def test_a_message_is_found_on_a_later_page_and_across_midnight(autojump_clock: MockClock, world: World) -> None:
    await trio.sleep(17 * 3600 - 10)
    since = world.clock.now()
    sid = await lose_the_answer(world)
    other = replace(HELLO, content=Words("Something else"))
    for _message in range(205):
        await world.channel.send(other)
    await trio.sleep(60)
    assert world.clock.now().date() > since.date()
    assert await world.channel.look_up(HELLO, since) == sid


@pytest.mark.parametrize("minutes", [-7, 7])
async def test_clocks_that_differ_find_the_same_message(autojump_clock: MockClock, world: World, minutes: int) -> None:
    world.ahead = timedelta(minutes=minutes)
    await lose_the_answer(world)
    await trio.sleep(60)
    since = world.clock.now()
    assert await world.channel.look_up(HELLO, since) is None
    sid = await lose_the_answer(world)
    assert await world.channel.look_up(HELLO, since) == sid


async def test_letters_that_twilio_swaps_do_not_hide_a_message(autojump_clock: MockClock, world: World) -> None:
    message = replace(HELLO, content=Words("¡Hola！ It’s “on”…"))
    sid = await lose_the_answer(world, message)
    assert world.emulator.sent[0].body == '¡Hola! It\'s "on"...'
    assert await world.channel.look_up(message, START) == sid


async def test_two_answers_of_one_emoji_each_are_told_apart(autojump_clock: MockClock, world: World) -> None:
    thumb, check = replace(HELLO, content=Words("👍")), replace(HELLO, content=Words("✅"))
    sid = await lose_the_answer(world, thumb)
    assert await world.channel.look_up(check, START) is None
    assert await world.channel.look_up(thumb, START) == sid


async def test_what_people_wrote_and_what_twilio_answered_is_not_ours(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_says(ANA, "HELP")
    [auto] = world.emulator.messages(ANA)
    assert await world.channel.look_up(replace(HELLO, content=Words(auto.body)), START) is None


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(),
        ResetAfter(),
        Truncated(),
        too_many(),
        Answer(500),
        gateway_page(),
        Answer(200, b'{"messages": [], "next_page_uri": "https://elsewhere.test/Messages.json?"}'),
        Answer(200, b'{"messages": [], "next_page_uri": "@elsewhere.test/"}'),
        Answer(200, b'{"messages": "none"}'),
    ],
)
async def test_a_list_that_does_not_come_is_asked_for_again(
    autojump_clock: MockClock, world: World, fault: Fault
) -> None:
    sid = await lose_the_answer(world)
    world.faults.add(fault)
    with pytest.raises(VendorBusy):
        await world.channel.look_up(HELLO, START)
    assert await world.channel.look_up(HELLO, START) == sid


async def test_a_list_without_times_or_words_finds_nothing(autojump_clock: MockClock, world: World) -> None:
    listed = b'{"messages": [{"sid": "SM1", "direction": "outbound-api", "to": "%s", "date_created": %s}]}'
    for created in (b"null", b'"yesterday"', b'"Mon, 23 Nov 2026 07:00:00 -0000"'):
        world.faults.add(Answer(200, listed % (ANA.encode(), created)))
        assert await world.channel.look_up(HELLO, START) is None


async def test_a_wrong_token_is_told_when_looking_too(autojump_clock: MockClock, world: World) -> None:
    with pytest.raises(VendorMisconfigured):
        await world.make(auth_tokens=(OLD_TOKEN,)).look_up(HELLO, START)


# --- from Twilio -----------------------------------------------------------------------------------------------------


async def test_texts_and_statuses_arrive_signed(autojump_clock: MockClock, world: World, nursery: trio.Nursery) -> None:
    nursery.start_soon(world.emulator.run)
    sid = await world.emulator.person_says(ANA, "¿A qué hora? 🌿")
    ours = await world.channel.send(HELLO)
    await world.emulator.deliveries.settled()
    text, sent, delivered = world.heard
    assert isinstance(text, Text)
    assert (text.external_id, text.body, text.sender.phone) == (sid, "¿A qué hora? 🌿", ANA)
    assert text.sent_at == START
    assert isinstance(sent, Status)
    assert isinstance(delivered, Status)
    assert (sent.external_id, sent.state, delivered.state) == (ours, "sent", "delivered")


async def test_webhooks_of_either_token_are_believed_and_of_no_other(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_says(ANA, "hi")
    [waiting] = world.emulator.deliveries.waiting()
    headers = {name.lower(): value for name, value in waiting.headers.items()}
    world.make(auth_tokens=(OLD_TOKEN, TOKEN)).verify(waiting.body, headers)
    for other in (
        world.make(auth_tokens=(OLD_TOKEN,)),
        world.make(webhook_url=""),
        world.make(webhook_url=f"{WEBHOOK}2"),
        world.make(webhook_url=WEBHOOK.replace("https", "http")),
    ):
        with pytest.raises(BadSignature):
            other.verify(waiting.body, headers)
    with pytest.raises(BadSignature):
        world.channel.verify(waiting.body, headers, repeated=frozenset({"x-twilio-signature"}))
    for spelled in (f"{WEBHOOK}#rc=3", WEBHOOK.replace(".test/", ".test:443/")):
        world.make(webhook_url=spelled).verify(waiting.body, headers)


async def test_stop_silences_and_start_lifts_it(autojump_clock: MockClock, world: World, nursery: trio.Nursery) -> None:
    nursery.start_soon(world.emulator.run)
    await world.emulator.person_says(ANA, "Stop")
    error = await world.error_of()
    assert isinstance(error, RecipientGone)
    assert error.code == "21610"
    await world.emulator.person_says(ANA, "UNSTOP")
    assert await world.channel.send(HELLO)
    await world.emulator.deliveries.settled()
    assert [event.body for event in world.heard if isinstance(event, Text)] == ["Stop", "UNSTOP"]


async def test_a_message_that_comes_too_late_is_dropped_by_twilio(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    nursery.start_soon(world.emulator.run)
    world.emulator.manners = Manners(seconds_in_queue=3600)
    await world.channel.send(HELLO)
    await world.emulator.deliveries.settled()
    [failed] = world.heard
    assert isinstance(failed, Status)
    assert failed.at == START + timedelta(seconds=900)
    assert [world.channel.disposition(error) for error in failed.errors] == [Disposition.REFUSED]
    await trio.sleep(3600)
    assert world.emulator.messages(ANA) == []


async def test_duplicates_and_disorder_are_told_by_ids_and_states(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    world.emulator.manners = Manners(statuses=("queued", "sending", "sent", "delivered", "read"))
    for fault in (Duplicate(), Swap(), Drop()):
        world.emulator.deliveries.faults.add(fault)
    nursery.start_soon(world.emulator.run)
    await world.channel.send(HELLO)
    await world.emulator.deliveries.settled()
    assert sorted(world.states()) == ["accepted", "accepted", "accepted", "delivered", "read"]
    assert len({event.external_id for event in world.heard if isinstance(event, Status)}) == 1


async def test_part_of_a_webhook_is_the_whole_of_it(autojump_clock: MockClock, world: World) -> None:
    await world.emulator.person_says(ANA, "hi")
    [waiting] = world.emulator.deliveries.waiting()
    assert world.channel.parse_part(waiting.body, "anything") == world.channel.parse(waiting.body)


# --- on a port, unchanged ------------------------------------------------------------------------------------------


async def test_the_same_emulator_works_on_a_port() -> None:
    heard: list[bytes] = []
    arrived = trio.Event()
    ivy = QuartTrio("ivy")

    async def receive() -> tuple[str, int]:
        body = cast(bytes, await request.get_data(as_text=False))
        adapter.verify(body, {name.lower(): value for name, value in request.headers.items()})
        heard.append(body)
        if len(heard) == 3:
            arrived.set()
        return "", 204

    ivy.add_url_rule("/api/sms/webhook", view_func=receive, methods=["POST"])
    clock = VirtualClock(START)
    with trio.fail_after(30):
        async with open_client() as http, on_loopback(ivy) as ours, trio.open_nursery() as nursery:
            webhook = f"{ours}/api/sms/webhook"
            emulator = TwilioEmulator(
                account_sid=ACCOUNT,
                auth_token=TOKEN,
                number=NUMBER,
                webhook_url=webhook,
                deliver=poster(http, webhook),
                now=clock.now,
            )
            async with on_loopback(emulator.app) as twilio:
                adapter = Sms(
                    http,
                    base_url=twilio,
                    account_sid=ACCOUNT,
                    auth_tokens=(TOKEN,),
                    sender=NUMBER,
                    webhook_url=webhook,
                    validity_seconds=900,
                    clock=clock,
                )
                nursery.start_soon(emulator.run)
                await emulator.person_says(ANA, "hi 🌿")
                sid = await adapter.send(HELLO)
                await arrived.wait()
                assert await adapter.look_up(HELLO, START) is None
                nursery.cancel_scope.cancel()
        async with open_client() as http:
            adapter._http = http  # pyright: ignore[reportPrivateUsage]
            with pytest.raises(VendorBusy):
                await adapter.send(HELLO)
    events = [event for body in heard for event in adapter.parse(body)]
    assert sorted(type(event).__name__ for event in events) == ["Status", "Status", "Text"]
    assert {event.external_id for event in events if isinstance(event, Status)} == {sid}
