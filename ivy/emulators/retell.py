"""Retell's API for one number, with people who are phoned and who phone. May import: the domain and below.

One Quart app, in process or on a port. It keeps the real one's promises: a 201 has rung nobody yet, one idempotency key
is one call, webhooks are signed, come twice, late or never, and `call_started` is only told of calls that connected.
"""

import hmac
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import msgspec
import trio
from quart import Response, request
from quart_trio import QuartTrio

from ivy.emulators.brain import Brain
from ivy.emulators.faults import Script
from ivy.emulators.retell_calls import Call
from ivy.emulators.retell_exchange import Exchange
from ivy.emulators.retell_rules import (
    AskedCall,
    Json,
    Refusal,
    as_object,
    check_call,
    check_update,
)
from ivy.emulators.retell_search import check_list, is_wanted
from ivy.emulators.retell_shelf import Answer, Take
from ivy.emulators.retell_shown import shown
from ivy.emulators.retell_webhooks import Deliver
from ivy.emulators.vendor_app import VendorApp

KEY_LIVES = timedelta(hours=1)
CREATE_RATE, LIST_RATE, USUAL_RATE = 1000, 30, 100
"""Requests in ten seconds: create-phone-call, each route that lists, each other one."""
FAILING_RATE = 60
"""Answers of 400 to 499 to create-phone-call in one minute."""
EMPTY: Json = {}


class RetellEmulator(Exchange):
    """The vendor and everybody with a phone. `refuse` scripts its errors.

    `on_accept` is awaited after a call was taken and before the answer, which is where a crash hurts most.
    `functions` are posted to each tool's own address, webhooks to the agent's or else to `webhook_url`, all by `deliver`.
    """

    def __init__(
        self,
        *,
        api_key: str,
        webhook_key: str,
        number: str,
        webhook_url: str,
        deliver: Deliver,
        now: Callable[[], datetime],
        chance: Random,
        brain: Brain | None = None,
        limit: int = 20,
        imported: bool = False,
        on_accept: Callable[[Call], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(
            webhook_key=webhook_key,
            number=number,
            webhook_url=webhook_url,
            deliver=deliver,
            now=now,
            chance=chance,
            brain=brain or Brain(),
            limit=limit,
            imported=imported,
        )
        self.api_key = api_key
        self.on_accept = on_accept
        self.placed: list[Call] = []
        """Every outbound call that was taken, in order."""
        self._keys: dict[str, tuple[datetime, bytes, Call]] = {}
        self._refusals: Script[Refusal] = Script()
        self._paces: dict[str, deque[float]] = {}
        self.app = self._routes()

    def refuse(
        self, status: int, message: str = "by script", *, retry_after: int | None = None, times: int = 1, path: str = ""
    ) -> None:
        """Answer the next requests to paths that contain `path` with an error."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._refusals.add(Refusal(status, message, headers=headers), path=path, times=times)

    # --- routes ------------------------------------------------------------------------------------

    def _routes(self) -> QuartTrio:
        app = VendorApp(__name__)
        routes: tuple[tuple[str, str, Take], ...] = (
            ("POST", "/v2/create-phone-call", self._create),
            ("GET", "/v2/get-call/<name>", self._get),
            ("POST", "/v3/list-calls", self._list),
            ("POST", "/v2/stop-call/<name>", self._stop),
            ("PATCH", "/v2/update-call/<name>", self._update),
            ("DELETE", "/v2/delete-call/<name>", self._delete),
            ("GET", "/get-concurrency", self._concurrency),
            ("GET", "/get-api-key-info", self._key_info),
        )
        for method, path, take in routes:
            self._add_route(app, method, path, take)
        self.shelf.add_routes(app, self._add_route)
        return app

    def _add_route(self, app: QuartTrio, method: str, path: str, take: Take) -> None:
        rate = CREATE_RATE if "create-phone-call" in path else LIST_RATE if "list-" in path else USUAL_RATE

        async def answer(**named: str) -> Response:
            body = await request.get_data(as_text=False)  # what is refused is read, too: else its connection breaks off
            try:
                self._check_caller()
                self._check_pace(path, rate, 10)
                if scripted := self._refusals.take(request.path):
                    raise scripted
                status, told = await take(_read_json(body), **named)
            except Refusal as refusal:
                return _json(refusal.status, refusal.answer(), refusal.headers)
            return _json(status, told)

        app.add_url_rule(path, endpoint=f"{method} {path}", view_func=answer, methods=[method])

    def _check_caller(self) -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.api_key}".encode()):
            raise Refusal(401, "API key is missing or invalid")

    def _check_pace(self, what: str, most: int, seconds: float) -> None:
        """Refuse what comes too often, and count it otherwise."""
        if not self.manners.rate_limits:
            return
        pace, now = self._paces.setdefault(what, deque()), trio.current_time()
        while pace and pace[0] <= now - seconds:
            pace.popleft()
        if len(pace) >= most:
            raise Refusal(429, "Rate limit exceeded, please throttle your requests")
        pace.append(now)

    # --- calls -------------------------------------------------------------------------------------

    async def _create(self, asked: Json) -> Answer:
        try:
            call = self._take(check_call(asked), sha256(msgspec.json.encode(asked, order="sorted")).digest())
        except Refusal as refusal:
            if 400 <= refusal.status <= 499:
                self._check_pace("refused calls", FAILING_RATE, 60)
            raise
        if self.on_accept is not None:
            await self.on_accept(call)
        return 201, shown(call)

    def _take(self, asked: AskedCall, digest: bytes) -> Call:
        """Return the call that was asked for: a new one, or the one that has its key."""
        if self.manners.unpaid:
            raise Refusal(402, "No payment method: add one to continue")
        if not self.manners.verified:
            raise Refusal(403, "Complete KYC verification to make outbound calls")
        if asked.key in self._keys:
            at, earlier, call = self._keys[asked.key]
            if self.now() - at < KEY_LIVES:
                if earlier != digest:
                    raise Refusal(400, "idempotency_key was used for another request")
                return call
        if asked.from_number != self.number:
            raise Refusal(self.shelf.unknown, f"Item {asked.from_number} not found from phone-number")
        if asked.honors_dnc and asked.to_number in self.do_not_call:
            raise Refusal(400, f"{asked.to_number} is marked do_not_call")
        call = self.make_call(
            phone=asked.to_number,
            direction="outbound",
            engine=(*self._agent(asked), asked.override),
            variables=asked.variables,
            metadata=asked.metadata,
            sip_headers=asked.sip_headers,
        )
        if asked.key:
            self._keys[asked.key] = (self.now(), digest, call)
        self.placed.append(call)
        self.add(call)
        return call

    def _agent(self, asked: AskedCall) -> tuple[str, str | int | None]:
        bound = self.shelf.bound(self.number, "outbound")
        if not asked.agent_id and bound is None:
            raise Refusal(400, "No outbound agent is set for the number, and no override_agent_id")
        agent, version = (asked.agent_id, None) if asked.agent_id or bound is None else bound
        version = version if asked.version is None else asked.version
        if version is None and self.manners.pinned_only:
            raise Refusal(400, "override_agent_version is not set: the call would run a draft")
        return agent, version

    async def _get(self, _asked: Json, name: str) -> Answer:
        return 200, shown(self.find_call(name))

    async def _list(self, asked: Json) -> Answer:
        wanted = check_list(asked)
        found = [told for call in self.calls.values() if is_wanted(told := shown(call, listed=True), wanted)]
        found.sort(key=lambda told: told.get("start_timestamp") or 0, reverse=wanted.newest_first)
        items = found[wanted.skip : wanted.skip + wanted.limit]
        more = len(found) > wanted.skip + wanted.limit
        following = {"pagination_key": str(wanted.skip + wanted.limit)} if more else {}
        total = {"total": len(found)} if wanted.with_total else {}
        return 200, {"items": items, "has_more": more, **following, **total}

    async def _stop(self, _asked: Json, name: str) -> Answer:
        call = self.find_call(name)
        if call.reason:
            raise Refusal(400, "The call is not ongoing")
        call.stop("manual_stopped")
        return 204, None

    async def _update(self, asked: Json, name: str) -> Answer:
        call = self.find_call(name)
        if not call.reason:
            raise Refusal(400, "The call is not over yet")
        changed = check_update(asked, call.stored)
        call.stored = changed.get("data_storage_setting", call.stored)
        call.metadata = changed.get("metadata", call.metadata)
        return 200, shown(call)

    async def _delete(self, _asked: Json, name: str) -> Answer:
        if not self.find_call(name).reason:
            raise Refusal(400, "The call is not over yet")
        del self.calls[name]
        return 204, None

    # --- the account -------------------------------------------------------------------------------

    async def _concurrency(self, _asked: Json) -> Answer:
        return 200, {
            "current_concurrency": len(self.active),
            "concurrency_limit": self.limit,
            "base_concurrency": min(self.limit, 20),
            "purchased_concurrency": max(0, self.limit - 20),
            "concurrency_purchase_limit": 100,
            "remaining_purchase_limit": 100 - max(0, self.limit - 20),
            "reserved_inbound_concurrency": 0,
            "concurrency_burst_enabled": False,
            "concurrency_burst_limit": 0,
        }

    async def _key_info(self, _asked: Json) -> Answer:
        return 200, {"org_id": "org_emulated", "org_name": "Emulated", "api_key_name": "ivy"}


def _read_json(body: str | bytes) -> Json:
    if not body:
        return EMPTY
    try:
        return as_object(msgspec.json.decode(body), "body")
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refusal(400, "The request is not JSON") from error


def _json(status: int, told: Any, headers: dict[str, str] | None = None) -> Response:
    body = b"" if told is None else msgspec.json.encode(told)
    return Response(body, status, headers, content_type="application/json")
