"""Meta's agent platform for one agent: its maker, long polling, messages, ticks and files. May import: the domain and below.

One Quart app, in process or on a port. It keeps the real one's promises: polling uses nothing up, a newer poll replaces an
older one, each kind of request has a limit of its own, and nobody but the agent's maker can be written to.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import trio
from quart import Response, request
from quart_trio import QuartTrio

from ivy.emulators.faults import Script
from ivy.emulators.vendor_app import VendorApp
from ivy.emulators.whatsapp_solo_maker import AGENT_ID, Got, Kept, Line, SoloMaker
from ivy.emulators.whatsapp_solo_rules import Json, Meter, Refusal, check_file, check_message, check_status, whole

ROOT = "/agent/v1"


@dataclass
class Manners:
    """How this platform behaves; may be changed at any time."""

    statuses: tuple[str, ...] = ("delivered",)
    empty_status: int = 204
    """What an idle poll ends with: 204, or 200 without a body."""
    wrong_key: tuple[int, int] = (401, 190)
    """HTTP status and code for a key that is not this agent's; the manual has (400, 100) for one that is present."""
    takes_typing: bool = True


@dataclass
class _Poll:
    replaced: trio.Event = field(default_factory=trio.Event)


class SoloEmulator(SoloMaker):
    """The platform and the one person. `refuse` scripts errors; `meter.limits` are its rates; `got` is what they read.

    `on_accept` is awaited after a message was taken and before the answer.
    """

    def __init__(
        self,
        *,
        key: str,
        now: Callable[[], datetime],
        maker: str = "user:50972923564215",
        name: str = "Ana",
        origin: str = "http://emulated",
        first_offset: int = 9_007_199_254_740_993,
        on_accept: Callable[[Got], Awaitable[None]] | None = None,
    ) -> None:
        # Beyond what a float holds: an offset must stay a whole number.
        super().__init__(now=now, maker=maker, name=name, first_offset=first_offset)
        self.key, self.origin = key, origin
        self.manners = Manners()
        self.meter = Meter(now)
        self.on_accept = on_accept
        self.polls = 0
        self._first = first_offset
        self._poll: _Poll | None = None
        self._refusals: Script[Refusal] = Script()
        self.app = self._routes()

    # --- what a test asks and scripts -------------------------------------------------------------

    def refuse(self, path: str, status: int, code: int, message: str = "by script", *, times: int = 1) -> None:
        """Answer the next requests whose path contains `path` with an error."""
        self._refusals.add(Refusal(status, code, message), path=path, times=times)

    # --- routes ------------------------------------------------------------------------------------

    def _routes(self) -> QuartTrio:
        app = VendorApp(__name__)
        app.add_url_rule(f"{ROOT}/updates", view_func=self._answering(self._updates, "updates"), methods=["GET"])
        app.add_url_rule(f"{ROOT}/messages", view_func=self._answering(self._send, "messages"), methods=["POST"])
        app.add_url_rule(f"{ROOT}/statuses", view_func=self._answering(self._read, "statuses"), methods=["POST"])
        app.add_url_rule(f"{ROOT}/media", view_func=self._answering(self._upload, "upload"), methods=["POST"])
        for name, method, view in (("look up", "GET", self._look_up), ("delete", "DELETE", self._delete)):
            app.add_url_rule(f"{ROOT}/media/<media_id>", view_func=self._answering(view, name), methods=[method])
        content = self._answering(self._content, "")
        app.add_url_rule(f"{ROOT}/media/<media_id>/content", view_func=content, methods=["GET"])
        return app

    def _answering(self, view: Callable[..., Awaitable[Response]], kind: str) -> Callable[..., Awaitable[Response]]:
        async def answer(**path: str) -> Response:
            try:
                self._check_key()
                if scripted := self._refusals.take(request.path):
                    raise scripted
                if kind:
                    self.meter.count(kind)
                return await view(**path)
            except Refusal as refusal:
                return _json(refusal.answer(), refusal.status, refusal.headers)

        answer.__name__ = f"solo_{kind.replace(' ', '_') or 'content'}"
        return answer

    def _check_key(self) -> None:
        given = request.headers.get("Authorization", "")
        if not given.startswith("Bearer "):
            raise Refusal(401, 190, "The Authorization header is missing or malformed")
        if given != f"Bearer {self.key}":
            status, code = self.manners.wrong_key
            raise Refusal(status, code, "The access token is not valid")

    async def _updates(self) -> Response:
        offset = request.args.get("offset")
        start = self._next() if offset is None else whole(offset, usual=0, least=0, most=2**63 - 1)
        limit = whole(request.args.get("limit"), usual=50, least=0, most=100) or 50
        seconds = whole(request.args.get("timeout"), usual=15, least=0, most=25)
        self.polls += 1
        if self._poll is not None:
            self._poll.replaced.set()
        mine = self._poll = _Poll()
        try:
            with trio.move_on_after(seconds):
                while not self._since(start) and not mine.replaced.is_set():
                    await self._news(mine)
            if mine.replaced.is_set():
                raise Refusal(409, 1752041, "The poll was replaced by a newer one")
            found = self._since(start)[:limit]
            return _json(self._envelope(found)) if found else Response("", self.manners.empty_status)
        finally:
            if self._poll is mine:
                self._poll = None

    async def _news(self, mine: _Poll) -> None:
        async with trio.open_nursery() as nursery:
            for event in (self.changed, mine.replaced):
                nursery.start_soon(_first_of, event, nursery.cancel_scope)

    def _next(self) -> int:
        return self.lines[-1].number + 1 if self.lines else self._first

    def _since(self, start: int) -> list[Line]:
        return [line for line in self.lines if line.number >= start]

    def _envelope(self, found: list[Line]) -> Json:
        messages = [line.value for line in found if line.kind == "message"]
        value = {
            "messaging_product": "whatsapp",
            "contacts": [{"wa_id": self.maker, "profile": {"name": self.name}}] if messages else [],
            "messages": messages,
            "statuses": [line.value for line in found if line.kind == "status"],
        }
        entry = {"id": AGENT_ID, "changes": [{"field": "messages", "value": value}]}
        return {"object": "whatsapp_agent_platform", "entry": [entry], "next_offset": found[-1].number + 1}

    async def _send(self) -> Response:
        to, kind, content, quoted = check_message(await request.get_json(force=True, silent=True))
        if to != self.maker:
            raise Refusal(403, 131005, "The recipient is not the creator of the agent")
        if kind != "text" and content["id"] not in self.files:
            raise Refusal(400, 131009, f"{kind}.id is not known")
        words = str(content.get("body") or content.get("caption") or "")
        got = Got(self.new_wamid(), kind, words, self.now(), {"type": kind, kind: content}, quoted)
        self.got.append(got)
        self.wake()
        for state in self.manners.statuses:
            self.tell_status(got.wamid, state)
        if self.on_accept is not None:
            await self.on_accept(got)
        contacts = [{"input": to, "wa_id": to}]
        return _json({"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": got.wamid}]})

    async def _read(self) -> Response:
        message_id, typing = check_status(await request.get_json(force=True, silent=True))
        if typing and not self.manners.takes_typing:
            raise Refusal(400, 131009, "typing_indicator")
        if not any(line.kind == "message" and line.value["id"] == message_id for line in self.lines):
            raise Refusal(403, 131005, "The message is not one of the creator's")
        self.ticks.append((message_id, typing))
        return _json({"success": True})

    # --- files -------------------------------------------------------------------------------------

    async def _upload(self) -> Response:
        form, files = cast("dict[str, str]", (await request.form).to_dict()), await request.files
        if form.get("messaging_product") != "whatsapp" or "file" not in files:
            raise Refusal(400, 131009, "messaging_product" if "file" in files else "file")
        content = files["file"].read()
        mime = (form.get("type") or files["file"].content_type or "").partition(";")[0].strip()
        check_file(mime, len(content))
        return _json({"id": self.keep(mime, content).id})

    async def _look_up(self, media_id: str) -> Response:
        await trio.lowlevel.checkpoint()
        kept = self._file(media_id, 400)
        url = f"{self.origin}{ROOT}/media/{kept.id}/content"
        told: Json = {"url": url, "mime_type": kept.mime, "sha256": kept.digest.hex(), "file_size": len(kept.content)}
        return _json({**told, "id": kept.id, "messaging_product": "whatsapp"})

    async def _content(self, media_id: str) -> Response:
        await trio.lowlevel.checkpoint()
        kept = self._file(media_id, 404)
        return Response(kept.content, content_type=kept.mime)

    async def _delete(self, media_id: str) -> Response:
        await trio.lowlevel.checkpoint()
        del self.files[self._file(media_id, 400).id]
        return _json({"success": True})

    def _file(self, media_id: str, status: int) -> Kept:
        if media_id not in self.files:
            raise Refusal(status, 100, "The media is not known")
        return self.files[media_id]


async def _first_of(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()


def _json(answer: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(answer), status, headers or {}, content_type="application/json")
