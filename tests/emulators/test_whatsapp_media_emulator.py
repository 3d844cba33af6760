"""The shelf keeps Meta's promises about files: token, five minutes, a week, and what may be uploaded."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from quart_trio import QuartTrio

from ivy.emulators import sample_files
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_media import MediaShelf, Shelved
from ivy.emulators.whatsapp_rules import Refusal

TOKEN, NUMBER, NOW = "EAAtoken", "106540352242922", datetime(2026, 11, 23, tzinfo=UTC)
KEY = {"Authorization": f"Bearer {TOKEN}"}


class Desk:
    """A shelf, whoever asks for it, and its clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.shelf = MediaShelf(token=TOKEN, phone_number_id=NUMBER, now=lambda: self.now)
        self.app = QuartTrio(__name__)
        self.app.add_url_rule("/<version>/<number>", "number", self.number, methods=["GET"])
        self.shelf.add_routes(self.app, self.check)

    def check(self, _version: str, number: str) -> None:
        if number != NUMBER:
            raise Refusal(100, f"Object with ID '{number}' does not exist.", subcode=33)

    async def number(self, version: str, number: str) -> str:
        return f"number {number}"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def http(desk: Desk) -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=in_process(desk.app), base_url="https://graph.facebook.com") as client:
        yield client


async def url_of(http: httpx2.AsyncClient, item: Shelved) -> str:
    return (await http.get(f"/v26.0/{item.id}")).json()["url"]


async def test_a_look_up_tells_all_that_meta_tells(desk: Desk, http: httpx2.AsyncClient) -> None:
    item = desk.shelf.put(sample_files.jpeg(), "image/jpeg")
    told = (await http.get(f"/v26.0/{item.id}", params={"phone_number_id": NUMBER})).json()
    assert set(told) == {"messaging_product", "url", "mime_type", "sha256", "file_size", "id"}
    assert (told["file_size"], told["sha256"]) == (str(len(item.content)), item.sha256)
    assert told["url"].startswith("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=")
    assert (await http.get(f"/v26.0/{NUMBER}")).text == f"number {NUMBER}"
    assert (await http.get(f"/v26.0/{item.id}", params={"phone_number_id": "1"})).status_code == 400


async def test_an_address_wants_the_token_and_lives_five_minutes(desk: Desk, http: httpx2.AsyncClient) -> None:
    item = desk.shelf.put(sample_files.jpeg(), "image/jpeg")
    url = await url_of(http, item)
    assert (await http.get(url)).status_code == 401
    assert (await http.get(url, headers=KEY)).content == item.content
    assert (await http.get(url.replace("hash=", "hash=0"), headers=KEY)).status_code == 404
    desk.now += timedelta(minutes=5)
    assert (await http.get(url, headers=KEY)).status_code == 404
    assert (await http.get(await url_of(http, item), headers=KEY)).status_code == 200


async def test_an_id_lives_a_week_unless_it_is_deleted(desk: Desk, http: httpx2.AsyncClient) -> None:
    first, second = (desk.shelf.put(sample_files.jpeg(), "image/jpeg") for _ in range(2))
    assert (await http.delete(f"/v26.0/{first.id}")).json() == {"success": True}
    assert (await http.get(f"/v26.0/{first.id}")).json()["error"]["error_subcode"] == 33
    assert (await http.delete(f"/v26.0/{first.id}")).status_code == 400
    desk.now += timedelta(days=7)
    assert (await http.get(f"/v26.0/{second.id}")).status_code == 400


@pytest.mark.parametrize(
    ("fields", "file", "code"),
    [
        ({"messaging_product": "whatsapp"}, ("a.png", sample_files.png(), "image/png"), 0),
        ({}, ("a.png", sample_files.png(), "image/png"), 100),
        ({"messaging_product": "whatsapp"}, None, 100),
        ({"messaging_product": "whatsapp"}, ("a.png", sample_files.png(), "application/octet-stream"), 100),
        ({"messaging_product": "whatsapp"}, ("a.png", sample_files.png(), "image/jpeg"), 131053),
        (
            {"messaging_product": "whatsapp"},
            ("a.png", sample_files.png() + bytes(5 * 1024 * 1024), "image/png"),
            131053,
        ),
    ],
)
async def test_an_upload_is_held_to_its_type_and_size(
    desk: Desk, http: httpx2.AsyncClient, fields: dict[str, str], file: Any, code: int
) -> None:
    files = {"file": file} if file else {"other": ("x", b"x", "image/png")}
    answer = (await http.post(f"/v26.0/{NUMBER}/media", data=fields, files=files)).json()
    assert answer.get("error", {}).get("code", 0) == code
    if not code:
        desk.now += timedelta(days=30, seconds=-1)
        assert desk.shelf.get(answer["id"]) is not None
        desk.now += timedelta(seconds=1)
        assert desk.shelf.get(answer["id"]) is None


def test_the_webhook_of_a_file_has_its_true_digest(desk: Desk) -> None:
    item = desk.shelf.put(b"%PDF-1.4", "application/pdf", filename="plan.pdf")
    told = desk.shelf.content_of("document", item, caption="my plan")
    assert told["type"] == "document"
    assert set(told["document"]) == {"mime_type", "sha256", "id", "url", "filename", "caption"}
