from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import trio
from trio.testing import MockClock

from ivy.clock import VirtualClock
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_solo import SoloEmulator

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
KEY = "solo-key"


class World:
    def __init__(self) -> None:
        self.solo = SoloEmulator(key=KEY, now=VirtualClock(START).now)
        self.http = httpx2.AsyncClient(
            transport=in_process(self.solo.app),
            base_url="http://emulated/agent/v1",
            headers={"Authorization": f"Bearer {KEY}"},
        )

    async def poll(self, **params: Any) -> httpx2.Response:
        return await self.http.get("/updates", params={"offset": 0, "timeout": 0, **params})

    async def send(self, **change: Any) -> httpx2.Response:
        request = {"messaging_product": "whatsapp", "to": self.solo.maker, "type": "text", "text": {"body": "hi"}}
        return await self.http.post("/messages", json={**request, **change})


@pytest.fixture
async def world(autojump_clock: MockClock) -> AsyncIterator[World]:
    world = World()
    async with world.http:
        yield world


async def test_polling_uses_nothing_up_and_the_offset_leads_on(autojump_clock: MockClock, world: World) -> None:
    await world.solo.person_says("hola")
    first = (await world.poll()).json()
    assert first == (await world.poll()).json()
    value = first["entry"][0]["changes"][0]["value"]
    assert (value["messages"][0]["text"]["body"], value["statuses"]) == ("hola", [])
    assert value["contacts"] == [{"wa_id": world.solo.maker, "profile": {"name": "Ana"}}]
    after = await world.poll(offset=first["next_offset"])
    assert (after.status_code, after.content) == (204, b"")
    await world.solo.person_says("again")
    assert (await world.poll(offset=first["next_offset"])).json()["next_offset"] == first["next_offset"] + 1


async def test_a_poll_waits_for_news_and_not_longer_than_25_seconds(autojump_clock: MockClock, world: World) -> None:
    began = trio.current_time()
    assert (await world.poll(timeout=600)).status_code == 204
    assert trio.current_time() - began == pytest.approx(25, abs=1)

    async def write_later() -> None:
        await trio.sleep(3)
        await world.solo.person_says("hola")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write_later)
        began = trio.current_time()
        assert (await world.poll(timeout=25)).status_code == 200
        assert trio.current_time() - began == pytest.approx(3, abs=1)


async def test_a_newer_poll_replaces_the_older(autojump_clock: MockClock, world: World) -> None:
    answers: list[int] = []

    async def wait() -> None:
        answers.append((await world.poll(timeout=25)).status_code)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.sleep(1)
        nursery.start_soon(wait)
    assert answers == [409, 204]


async def test_one_is_written_to_and_nobody_else(autojump_clock: MockClock, world: World) -> None:
    sent = (await world.send(context={"message_id": "wamid.q"})).json()
    assert sent["contacts"] == [{"input": world.solo.maker, "wa_id": world.solo.maker}]
    [got] = world.solo.got
    assert (got.wamid, got.body, got.quoted) == (sent["messages"][0]["id"], "hi", "wamid.q")
    status = (await world.poll()).json()["entry"][0]["changes"][0]["value"]["statuses"][0]
    assert (status["id"], status["status"]) == (got.wamid, "delivered")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"to": "user:1"}, (403, 131005)),
        ({"to": "+573001112233"}, (400, 131009)),
        ({"type": "reaction", "reaction": {}}, (400, 131009)),
        ({"text": {"body": " "}}, (400, 131009)),
        ({"text": {"body": "🙂" * 2049}}, (400, 100)),
        ({"type": "image", "image": {"id": "none"}}, (400, 131009)),
        ({"type": "audio", "audio": {"id": "none", "caption": "x"}}, (400, 100)),
        ({"messaging_product": "sms"}, (400, 131009)),
    ],
)
async def test_what_it_refuses(
    autojump_clock: MockClock, world: World, change: dict[str, Any], expected: tuple[int, int]
) -> None:
    answer = await world.send(**change)
    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert world.solo.got == []


async def test_each_kind_of_request_has_a_rolling_minute_of_its_own(autojump_clock: MockClock, world: World) -> None:
    for _ in range(12):
        assert (await world.send()).status_code == 200
    assert (await world.send()).json()["error"]["code"] == 130429
    assert (await world.poll()).status_code == 200
    await trio.sleep(60)
    assert (await world.send()).status_code == 200


async def test_keys_that_are_not_its_own(autojump_clock: MockClock, world: World) -> None:
    assert (await world.http.get("/updates", headers={"Authorization": ""})).json()["error"]["code"] == 190
    assert (await world.http.get("/updates", headers={"Authorization": "Bearer other"})).status_code == 401
    world.solo.manners.wrong_key = (400, 100)
    assert (await world.http.get("/updates", headers={"Authorization": "Bearer other"})).status_code == 400


async def test_ticks_are_for_its_makers_messages(autojump_clock: MockClock, world: World) -> None:
    wamid = await world.solo.person_says("hola")
    asked: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    assert (await world.http.post("/statuses", json=asked)).json() == {"success": True}
    assert (await world.http.post("/statuses", json={**asked, "typing_indicator": {"type": "text"}})).status_code == 200
    assert world.solo.ticks == [(wamid, False), (wamid, True)]
    assert (await world.http.post("/statuses", json={**asked, "message_id": "wamid.x"})).status_code == 403
    assert (await world.http.post("/statuses", json={**asked, "status": "delivered"})).status_code == 400


async def test_files_come_and_go(autojump_clock: MockClock, world: World) -> None:
    await world.solo.person_sends_file("audio", b"OggS", voice=True)
    audio = (await world.poll()).json()["entry"][0]["changes"][0]["value"]["messages"][0]["audio"]
    told = (await world.http.get(f"/media/{audio['id']}")).json()
    assert (told["file_size"], audio["voice"]) == (4, True)
    assert (await world.http.get(told["url"])).content == b"OggS"
    fields = {"messaging_product": "whatsapp", "type": "image/png"}
    up = await world.http.post("/media", data=fields, files={"file": ("a.png", b"png", "image/png")})
    assert (await world.send(type="image", image={"id": up.json()["id"], "caption": "look"})).status_code == 200
    assert world.solo.texts() == ["look"]
    assert (await world.http.delete(f"/media/{audio['id']}")).json() == {"success": True}
    assert (await world.http.get(f"/media/{audio['id']}")).json()["error"]["code"] == 100
    large = await world.http.post(
        "/media", data=fields, files={"file": ("a.png", b"x" * (5 * 1024 * 1024 + 1), "image/png")}
    )
    assert large.json()["error"]["code"] == 131053
