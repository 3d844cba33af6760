"""Meta's shelf of files: looked up, given out for five minutes, taken in; and its bad days, by script.

May import: quart-trio, the domain, its neighbours here. Source: Cloud API reference, "Media".
"""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import trio
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.routing import BaseConverter

from ivy.domain import file_kinds
from ivy.domain.media import CAPS, MEGABYTE, SENT
from ivy.emulators.faults import Script
from ivy.emulators.whatsapp_rules import Refusal

LOOKASIDE = "https://lookaside.fbsbx.com"
PATH = "/whatsapp_business/attachments/"
URL_LIFE = timedelta(minutes=5)
ID_LIFE = timedelta(days=7)
UPLOAD_LIFE = timedelta(days=30)
PIECE = 64 * 1024
_LONGEST_BODY = 101 * MEGABYTE
_SECRET = b"signs the emulated addresses"
_PAGE = b"<html><body>Sorry, this content is not available right now.</body></html>"


@dataclass(frozen=True)
class Shelved:
    """A file on the shelf: sent by a person, or uploaded by us."""

    id: str
    content: bytes
    mime: str
    until: datetime
    filename: str = ""
    ours: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Lie:
    """What a look-up says instead of the truth."""

    mime: str | None = None
    sha256: str | None = None
    size: int | None = None
    url: str | None = None


@dataclass(frozen=True)
class BadDownload:
    """How a download goes wrong. Byte counts are of the file's own bytes."""

    status: int = 0
    redirect: str = ""
    hang_after: int | None = None
    """Then nothing more comes, and the line stays open."""
    drip_seconds: float = 0.0
    """The wait before each piece."""
    drop_after: int | None = None
    """Then the line is cut."""
    size: int | None = None
    """As many bytes as this are sent."""
    content: bytes | None = None
    hides_size: bool = False


@dataclass(frozen=True)
class Fetch:
    """One request for a file's bytes."""

    host: str
    path: str
    with_token: bool
    agent: str


class MediaId(BaseConverter):
    """Ids that this shelf makes; with them its routes come before those of numbers, which look alike."""

    regex = "88[0-9]{14}"
    weight = 50


class MediaShelf:
    """The files of one number. `origin` is where its addresses lead to: Meta's host, or a port on this machine."""

    def __init__(
        self, *, token: str, phone_number_id: str, now: Callable[[], datetime], origin: str = LOOKASIDE
    ) -> None:
        self.lies: Script[Lie] = Script()
        self.bad_downloads: Script[BadDownload] = Script()
        self.fetches: list[Fetch] = []
        self.look_ups: list[str] = []
        self.origin = origin
        self._token = token
        self._phone_number_id = phone_number_id
        self._now = now
        self._shelf: dict[str, Shelved] = {}
        self._numbers = count(1)

    # --- what a test asks ----------------------------------------------------------------------------

    def put(self, content: bytes, mime: str, *, filename: str = "") -> Shelved:
        """Let a person's file lie on the shelf for a week."""
        return self._shelve(content, mime, self._now() + ID_LIFE, filename=filename)

    def content_of(self, kind: str, item: Shelved, **more: Any) -> dict[str, Any]:
        """Return what stands in the webhook of the message that brings a file."""
        digest = base64.b64encode(bytes.fromhex(item.sha256)).decode()
        named = {"filename": item.filename} if item.filename else {}
        told = {"mime_type": item.mime, "sha256": digest, "id": item.id, "url": self._url(item)}
        return {"type": kind, kind: {**told, **named, **more}}

    def get(self, media_id: str) -> Shelved | None:
        """Return a file that is still known, as a message that names it would find it."""
        item = self._shelf.get(media_id)
        return item if item is not None and self._now() < item.until else None

    def uploads(self) -> list[Shelved]:
        return [item for item in self._shelf.values() if item.ours]

    def elsewhere(self, item: Shelved, origin: str) -> str:
        """Return an address of a file on another host, where nobody asks for a token."""
        return f"{origin}/v/{item.id}"

    # --- routes --------------------------------------------------------------------------------------

    def add_routes(self, app: QuartTrio, check_caller: Callable[[str, str], None]) -> None:
        """Serve the shelf from `app`; `check_caller` takes version and number of a request, and may raise a `Refusal`."""
        app.url_map.converters["media_id"] = MediaId
        app.config["MAX_CONTENT_LENGTH"] = _LONGEST_BODY

        def checked(version: str) -> None:
            check_caller(version, request.args.get("phone_number_id", self._phone_number_id))

        async def look_up(version: str, media_id: str) -> Response:
            return _answer(lambda: (checked(version), self._described(media_id))[1])

        async def delete(version: str, media_id: str) -> Response:
            return _answer(lambda: (checked(version), self._deleted(media_id))[1])

        async def upload(version: str, number: str) -> Response:
            uploaded = (await request.files).get("file")
            form = cast("dict[str, str]", (await request.form).to_dict())
            content, mime = (uploaded.read(), uploaded.content_type or "") if uploaded else (None, "")
            filename = (uploaded.filename or "") if uploaded else ""

            def taken() -> dict[str, Any]:
                check_caller(version, number)
                return self._uploaded(form, content, mime, filename)

            return _answer(taken)

        app.add_url_rule("/<version>/<media_id:media_id>", "media_look_up", look_up, methods=["GET"])
        app.add_url_rule("/<version>/<media_id:media_id>", "media_delete", delete, methods=["DELETE"])
        app.add_url_rule("/<version>/<number>/media", "media_upload", upload, methods=["POST"])
        app.add_url_rule(PATH, "media_download", self._download, methods=["GET"])
        app.add_url_rule("/v/<media_id:media_id>", "media_elsewhere", self._elsewhere, methods=["GET"])

    def _shelve(self, content: bytes, mime: str, until: datetime, *, filename: str, ours: bool = False) -> Shelved:
        item = Shelved(f"88{next(self._numbers):014d}", content, mime, until, filename, ours)
        self._shelf[item.id] = item
        return item

    def _url(self, item: Shelved) -> str:
        ends = int((self._now() + URL_LIFE).timestamp())
        return f"{self.origin}{PATH}?mid={item.id}&ext={ends}&hash={_signature(item.id, str(ends))}"

    def _described(self, media_id: str) -> dict[str, Any]:
        self.look_ups.append(media_id)
        item = self.get(media_id)
        if item is None:
            raise Refusal(100, f"Unsupported get request. Object with ID '{media_id}' does not exist.", subcode=33)
        lie = self.lies.take() or Lie()
        return {
            "messaging_product": "whatsapp",
            "url": self._url(item) if lie.url is None else lie.url,
            "mime_type": item.mime if lie.mime is None else lie.mime,
            "sha256": item.sha256 if lie.sha256 is None else lie.sha256,
            "file_size": str(len(item.content) if lie.size is None else lie.size),
            "id": item.id,
        }

    def _deleted(self, media_id: str) -> dict[str, Any]:
        if self._shelf.pop(media_id, None) is None:
            raise Refusal(100, f"Unsupported delete request. Object with ID '{media_id}' does not exist.", subcode=33)
        return {"success": True}

    def _uploaded(self, form: dict[str, str], content: bytes | None, mime: str, filename: str) -> dict[str, Any]:
        if form.get("messaging_product") != "whatsapp":
            raise Refusal(100, "The parameter messaging_product is required.")
        if content is None:
            raise Refusal(100, "The parameter file is required.")
        fitting = [type_ for type_, kinds in SENT.items() if mime in kinds]
        if not fitting:
            raise Refusal(100, f"Param file must be a file with one of the known types, not {mime}.")
        if len(content) > max(CAPS[type_] for type_ in fitting):
            raise Refusal(131053, f"The file is too large: {len(content)} bytes.")
        if mime not in file_kinds.kinds_of(content[: file_kinds.HEAD]):
            raise Refusal(131053, f"The file is no {mime}.")
        until = self._now() + UPLOAD_LIFE
        return {"id": self._shelve(content, mime, until, filename=filename, ours=True).id}

    # --- downloads -----------------------------------------------------------------------------------

    async def _download(self) -> Response:
        self._note()
        media_id, ends = request.args.get("mid", ""), request.args.get("ext", "0")
        genuine = hmac.compare_digest(request.args.get("hash", ""), _signature(media_id, ends))
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return Response(_PAGE, 401, content_type="text/html")
        item = self.get(media_id)
        if item is None or not genuine or self._now().timestamp() >= int(ends):
            return Response(_PAGE, 404, content_type="text/html")
        return self._given(item)

    async def _elsewhere(self, media_id: str) -> Response:
        self._note()
        item = self.get(media_id)
        return Response(_PAGE, 404, content_type="text/html") if item is None else self._given(item)

    def _note(self) -> None:
        with_token = self._token in request.headers.get("Authorization", "")
        self.fetches.append(Fetch(request.host, request.path, with_token, request.headers.get("User-Agent", "")))

    def _given(self, item: Shelved) -> Response:
        bad = self.bad_downloads.take() or BadDownload()
        if bad.redirect:
            return Response(b"", 302, {"Location": bad.redirect})
        if bad.status:
            return Response(_PAGE, bad.status, content_type="text/html")
        content = item.content if bad.content is None else bad.content
        size = len(content) if bad.size is None else bad.size
        response = Response(_sent(content, size, bad), content_type=item.mime)
        response.timeout = None  # Quart's own would end what is to hang
        if not bad.hides_size:
            response.headers["Content-Length"] = str(size)
        return response


async def _sent(content: bytes, size: int, bad: BadDownload) -> AsyncGenerator[bytes]:
    ends = [each for each in (size, bad.hang_after, bad.drop_after) if each is not None]
    for place in range(0, min(ends), PIECE):
        await trio.sleep(bad.drip_seconds)
        piece = content[place : min(place + PIECE, min(ends))]
        yield piece.ljust(min(PIECE, min(ends) - place), b"\0")
    if bad.hang_after is not None:
        await trio.sleep_forever()


def _signature(media_id: str, ends: str) -> str:
    return hmac.new(_SECRET, f"{media_id} {ends}".encode(), hashlib.sha256).hexdigest()[:32]


def _answer(make: Callable[[], dict[str, Any]]) -> Response:
    try:
        return Response(json.dumps(make()), content_type="application/json")
    except Refusal as refusal:
        return Response(json.dumps(refusal.answer()), refusal.status, refusal.headers, content_type="application/json")
