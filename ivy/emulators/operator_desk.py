"""A server of the operator's own: takes alerts that are signed, and hears that Ivy is well. May import: the domain and below."""

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from quart import Response, request

from ivy.emulators.vendor_app import VendorApp

OLDEST = timedelta(minutes=5)
"""A post whose time is further off than this may have been recorded, and played again."""


@dataclass(frozen=True)
class Posted:
    """One document that was taken, and the id of its sending."""

    id: str
    at: datetime
    document: dict[str, Any]

    @property
    def states(self) -> list[tuple[str, str]]:
        """Each alert's key, and whether it is open or over."""
        return [(each["key"], each["state"]) for each in self.document["alerts"]]


class OperatorDesk:
    """`app` is the ASGI application: any path takes posts, and a GET is a beat. `answers` are given once each, before a 204."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self.posts: list[Posted] = []
        self.beats: list[datetime] = []
        self.refused: list[str] = []
        self.answers: deque[int] = deque()
        self._secret = secret
        self._now = now
        self.app = VendorApp("ivy.emulators.operator")
        self.app.add_url_rule("/<path:path>", "post", self._post, methods=["POST"])
        self.app.add_url_rule("/<path:path>", "beat", self._beat, methods=["GET"])

    async def _post(self, path: str) -> Response:  # noqa: ARG002
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        timestamp = request.headers.get("Ivy-Timestamp", "0")
        expected = hmac.new(self._secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()
        signed = hmac.compare_digest(f"v1={expected}", request.headers.get("Ivy-Signature", ""))
        if not signed or abs(self._now().timestamp() - int(timestamp)) > OLDEST.total_seconds():
            self.refused.append(request.headers.get("Ivy-Id", ""))
            return Response("", status=401)
        if self.answers:
            return self._scripted()
        self.posts.append(Posted(request.headers["Ivy-Id"], self._now(), msgspec.json.decode(body)))
        return Response("", status=204)

    async def _beat(self, path: str) -> Response:  # noqa: ARG002
        if self.answers:
            return self._scripted()
        self.beats.append(self._now())
        return Response("", status=200)

    def _scripted(self) -> Response:
        status = self.answers.popleft()
        return Response(
            "", status=status, headers={"Location": "https://elsewhere.example.org/"} if status // 100 == 3 else {}
        )
