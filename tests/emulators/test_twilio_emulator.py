from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest
import trio
from trio.testing import MockClock

from ivy.clock import VirtualClock
from ivy.emulators.in_process import in_process
from ivy.emulators.twilio import Manners, TwilioEmulator

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ACCOUNT, TOKEN, NUMBER, ANA = "AC" + "0a" * 16, "token", "+15005550006", "+573001112233"
WEBHOOK = "https://ivy.example.test/api/sms/webhook"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
HELLO = {"To": ANA, "From": NUMBER, "Body": "hi", "StatusCallback": WEBHOOK}


class World:
    def __init__(self, webhook_url: str = WEBHOOK) -> None:
        self.clock = VirtualClock(START)
        self.posted: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.twilio = TwilioEmulator(
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            number=NUMBER,
            webhook_url=webhook_url,
            deliver=self.take,
            now=self.clock.now,
        )
        self.http = httpx2.AsyncClient(
            transport=in_process(self.twilio.app), base_url="http://twilio.test", auth=(ACCOUNT, TOKEN)
        )

    async def take(self, body: bytes, headers: dict[str, str]) -> int:
        await trio.lowlevel.checkpoint()
        self.posted.append(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        return self.answers.pop(0) if self.answers else 200

    async def create(self, **change: str) -> httpx2.Response:
        form = {name: value for name, value in {**HELLO, **change}.items() if value}
        return await self.http.post(f"{PATH}.json", data=form)


@pytest.fixture
async def world(autojump_clock: MockClock) -> AsyncIterator[World]:
    world = World()
    async with world.http:
        yield world


async def test_a_message_is_taken_listed_and_fetched(autojump_clock: MockClock, world: World) -> None:
    answer = await world.create()
    assert answer.status_code == 201
    created = answer.json()
    assert (created["status"], created["num_segments"], created["direction"]) == ("queued", "1", "outbound-api")
    assert created["date_created"] == "Mon, 23 Nov 2026 07:00:00 +0000"
    [listed] = (await world.http.get(f"{PATH}.json", params={"To": ANA})).json()["messages"]
    fetched = (await world.http.get(f"{PATH}/{created['sid']}.json")).json()
    assert listed == fetched
    assert fetched["status"] == "delivered"
    assert (await world.http.get(f"{PATH}/SM1.json")).json()["code"] == 20404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "3001112233"}, 21211),
        ({"To": NUMBER}, 21266),
        ({"From": ""}, 21603),
        ({"MessagingServiceSid": "MG" + "0a" * 16}, 21603),
        ({"From": "", "MessagingServiceSid": "MG" + "0a" * 16}, 21701),
        ({"From": "+15005550007"}, 21659),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "https://my_host.example/"}, 21609),
        ({"StatusCallback": "ftp://host.example/"}, 21609),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ValidityPeriod": "1.5"}, 21624),
        ({"SmartEncoded": "yes"}, 20001),
        ({"Bdoy": "hi"}, 20001),
    ],
)
async def test_what_is_wrong_is_refused_with_its_code(
    autojump_clock: MockClock, world: World, change: dict[str, str], code: int
) -> None:
    answer = await world.create(**change)
    assert answer.json()["code"] == code
    assert answer.status_code in (400, 404)
    assert world.twilio.sent == []


async def test_strangers_and_other_bodies_are_refused(autojump_clock: MockClock, world: World) -> None:
    assert (await world.http.post(f"{PATH}.json", data=HELLO, auth=(ACCOUNT, "other"))).json()["code"] == 20003
    assert (await world.http.post(f"{PATH}.json", json=HELLO)).json()["code"] == 20001
    twice = b"To=%2B573001112233&To=%2B573001112233"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await world.http.post(f"{PATH}.json", content=twice, headers=form)).json()["code"] == 20001
    other = PATH.replace("0a", "0b")
    assert (await world.http.get(f"{other}.json")).json()["code"] == 20404


async def test_what_is_asked_for_twice_is_sent_twice(autojump_clock: MockClock, world: World) -> None:
    for _time in range(2):
        await world.create()
    assert len(world.twilio.messages(ANA)) == 2


async def test_a_list_is_filtered_and_comes_in_pages(autojump_clock: MockClock, world: World) -> None:
    for number in range(5):
        await world.create(Body=f"day {number}")
        await world.create(To="+15005550009")
        await trio.sleep(86_400)
    query = {"To": ANA, "PageSize": "2", "DateSent>": "2026-11-24", "DateSent<": "2026-11-26"}
    page = (await world.http.get(f"{PATH}.json", params=query)).json()
    assert [each["body"] for each in page["messages"]] == ["day 3", "day 2"]
    rest = (await world.http.get(page["next_page_uri"])).json()
    assert [each["body"] for each in rest["messages"]] == ["day 1"]
    assert rest["next_page_uri"] is None
    exact = (await world.http.get(f"{PATH}.json", params={"DateSent": "2026-11-23", "From": NUMBER})).json()
    assert len(exact["messages"]) == 2
    for wrong in ({"DateSent": "monday"}, {"PageSize": "0"}, {"Page": "1"}, {"Status": "sent"}, {"PageSize": "x"}):
        assert (await world.http.get(f"{PATH}.json", params=wrong)).json()["code"] == 20001


async def test_states_pass_with_time_and_each_is_told(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    nursery.start_soon(world.twilio.run)
    world.twilio.manners = Manners(statuses=("sent", "delivered", "read"), status_gap=10, seconds_in_queue=30)
    sid = (await world.create()).json()["sid"]
    seen: list[str] = []
    for _look in range(8):
        seen.append((await world.http.get(f"{PATH}/{sid}.json")).json()["status"])
        await trio.sleep(10)
    assert seen == ["queued"] * 4 + ["sent", "delivered", "read", "read"]
    assert [form["MessageStatus"] for form in world.posted] == ["sent", "delivered", "read"]
    assert "RawDlrDoneDate" in world.posted[1]


async def test_a_person_waits_for_what_is_on_its_way(autojump_clock: MockClock, world: World) -> None:
    world.twilio.manners = Manners(statuses=("sent",), seconds_in_queue=60)
    await world.create()
    assert world.twilio.messages(ANA) == []
    [got] = await world.twilio.wait_for(ANA)
    assert got.body == "hi"
    assert world.clock.now() == START + timedelta(seconds=60)


async def test_somebody_wakes_when_a_message_comes(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    async def later() -> None:
        await trio.sleep(5)
        await world.create()

    nursery.start_soon(later)
    assert len(await world.twilio.wait_for(ANA)) == 1


async def test_stop_is_answered_blocks_and_still_reaches_ivy(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    nursery.start_soon(world.twilio.run)
    world.twilio.advanced_opt_out = True
    for word in ("stopall", "STOP", "hello"):
        await world.twilio.person_says(ANA, word)
    assert (await world.create()).json()["code"] == 21610
    await world.twilio.person_says(ANA, "START")
    assert (await world.create()).status_code == 201
    await world.twilio.person_says(ANA, "help")
    await world.twilio.deliveries.settled()
    assert [form.get("OptOutType") for form in world.posted if "Body" in form] == [
        "STOP",
        "STOP",
        None,
        "START",
        "HELP",
    ]
    auto = [message.direction for message in world.twilio.messages(ANA)]
    assert auto == ["outbound-reply", "outbound-reply", "outbound-api", "outbound-reply"]
    assert world.twilio.segments[ANA] == 1


async def test_an_account_that_handles_stop_itself_is_left_to_it(autojump_clock: MockClock, world: World) -> None:
    world.twilio.handles_stop = False
    await world.twilio.person_says(ANA, "STOP")
    assert (await world.create()).status_code == 201
    assert len(world.twilio.messages(ANA)) == 1


async def test_segments_are_counted_by_person(autojump_clock: MockClock, world: World) -> None:
    await world.create(Body="x" * 161)
    await world.create(Body="🌿")
    await world.create(To="+15005550009", Body="“quoted”", SmartEncoded="true")
    assert world.twilio.segments == {ANA: 3, "+15005550009": 1}
    assert world.twilio.sent[-1].body == '"quoted"'


async def test_no_callback_is_posted_where_none_was_asked_for(
    autojump_clock: MockClock, world: World, nursery: trio.Nursery
) -> None:
    nursery.start_soon(world.twilio.run)
    await world.create(StatusCallback="")
    await world.twilio.deliveries.settled()
    assert world.posted == []


@pytest.mark.parametrize(("fragment", "tries"), [("", 1), ("#rc=2&rp=all", 3), ("#rp=all&rc=9", 6)])
async def test_a_refused_webhook_comes_again_only_if_its_address_asks(
    autojump_clock: MockClock, nursery: trio.Nursery, fragment: str, tries: int
) -> None:
    world = World(WEBHOOK + fragment)
    world.answers = [503] * 10
    async with world.http:
        nursery.start_soon(world.twilio.run)
        await world.twilio.person_says(ANA, "hi")
        await world.twilio.deliveries.settled()
    assert len(world.posted) == tries
    assert len(world.twilio.deliveries.lost) == 1


async def test_a_line_nobody_knows_is_a_mistake_of_the_test(autojump_clock: MockClock, world: World) -> None:
    with pytest.raises(ValueError, match="no such line"):
        world.twilio.person(ANA, line="on fire")


async def test_a_text_may_come_again_under_its_own_id(autojump_clock: MockClock, world: World) -> None:
    sid = await world.twilio.person_says(ANA, "hi", media=(("https://api.twilio.com/ME1", "image/png"),))
    assert await world.twilio.person_says(ANA, "hi", sid=sid) == sid
    first, second = [dict(parse_qsl(each.body.decode())) for each in world.twilio.deliveries.waiting()]
    assert first["MediaUrl0"] == "https://api.twilio.com/ME1"
    assert first["MessageSid"] == second["MessageSid"]
