"""Twilio's Messages API for one SMS number, with people who text and read. May import: the domain and below.

One Quart app, in process or on a port. It keeps the real one's promises: a 201 is no delivery, STOP blocks the pair and
is answered by Twilio itself, webhooks are signed, and there is no idempotency key: what is asked for twice is sent twice.
"""

import hmac
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from quart import Response, request
from quart_trio import QuartTrio

from ivy.emulators.deliveries import Post
from ivy.emulators.faults import Script
from ivy.emulators.twilio_people import API_VERSION, SmsMessage, SmsPeople, SmsPerson, Step, rfc2822
from ivy.emulators.twilio_rules import (
    EXPIRED,
    FAILING_LINES,
    REFUSED_LINES,
    SERVICE,
    Asked,
    Json,
    Refusal,
    Wanted,
    check_list,
    check_message,
)
from ivy.emulators.vendor_app import VendorApp

FINAL = ("delivered", "undelivered", "failed", "canceled", "read")


@dataclass
class Manners:
    """How this Twilio behaves; may be changed at any time."""

    statuses: tuple[str, ...] = ("sent", "delivered")
    status_gap: float = 0.0
    """Seconds between leaving the queue and the first status, and between statuses."""
    seconds_in_queue: float = 0.0
    """How long a message waits before it leaves; longer than its validity, it fails."""
    verified: frozenset[str] | None = None
    """A trial account's numbers (E.164); None is a full account."""
    countries: tuple[str, ...] | None = None
    """Prefixes (+44) that geo permissions allow; None allows all."""
    daily_limit: int | None = None
    account_status: str = "active"
    """active, suspended or closed, as the account itself is shown."""
    lists_what_waits: bool = True
    """Whether a list by date of sending shows messages that have none yet."""


class TwilioEmulator(SmsPeople):
    """The vendor and its people. `run` must be running for webhooks to arrive; `deliver` posts one to Ivy.

    `refuse` and `fail` script Twilio's errors; `deliveries.faults` scripts what happens to webhooks on the way;
    `on_accept` is awaited after a message was taken and before the answer. `segments` counts what is billed, by phone.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        number: str,
        webhook_url: str,
        deliver: Post,
        now: Callable[[], datetime],
        service_sid: str = "",
        manners: Manners | None = None,
        on_accept: Callable[[SmsMessage], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(
            account_sid=account_sid,
            auth_token=auth_token,
            number=number,
            webhook_url=webhook_url,
            deliver=deliver,
            now=now,
        )
        self.service_sid = service_sid
        self.manners = manners or Manners()
        self.on_accept = on_accept
        self.sent: list[SmsMessage] = []
        self.segments: Counter[str] = Counter()
        self.app = self._routes()
        self._refusals: Script[Refusal] = Script()
        self._failures: Script[tuple[int, str]] = Script()

    # --- what a test asks and scripts -------------------------------------------------------------

    def refuse(
        self,
        code: int,
        details: str = "by script",
        *,
        status: int = 400,
        retry_after: int | None = None,
        times: int = 1,
    ) -> None:
        """Answer the next messages with an error."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._refusals.add(Refusal(code, details, status=status, headers=headers), times=times)

    def fail(self, code: int, *, state: str = "undelivered", times: int = 1) -> None:
        """Take the next messages, and tell by a status that they did not arrive."""
        self._failures.add((code, state), times=times)

    def tell_status(self, message: SmsMessage, state: str, *, code: int = 0, after: float = 0.0) -> None:
        """Tell Ivy of one state of a message, at the address it was sent with."""
        if not message.callback:
            return
        told = {
            "SmsSid": message.sid,
            "SmsStatus": state,
            "MessageStatus": state,
            "To": message.to,
            "MessageSid": message.sid,
            "AccountSid": self.account_sid,
            "From": message.sender,
            "ApiVersion": API_VERSION,
        }
        if message.service:
            told["MessagingServiceSid"] = message.service
        if code:
            told["ErrorCode"] = str(code)
        if state in ("delivered", "undelivered"):
            told["RawDlrDoneDate"] = self.now().strftime("%y%m%d%H%M")
        self.post(told, url=message.callback, after=after)

    # --- routes ------------------------------------------------------------------------------------

    def _routes(self) -> QuartTrio:
        app = VendorApp(__name__)
        account = f"/{API_VERSION}/Accounts/<account>"
        app.add_url_rule(f"{account}.json", view_func=self._show_account, methods=["GET"])
        app.add_url_rule(f"{account}/Messages.json", view_func=self._create, methods=["POST"])
        app.add_url_rule(f"{account}/Messages.json", view_func=self._list, methods=["GET"])
        app.add_url_rule(f"{account}/Messages/<sid>.json", view_func=self._fetch, methods=["GET"])
        return app

    async def _show_account(self, account: str) -> Response:
        try:
            self._check_caller(account)
            trial = self.manners.verified is not None
            status, kind = self.manners.account_status, "Trial" if trial else "Full"
            return self._json({"sid": self.account_sid, "friendly_name": "Emulated", "status": status, "type": kind})
        except Refusal as refusal:
            return self._json(refusal.answer(), refusal.status)

    async def _create(self, account: str) -> Response:
        try:
            self._check_caller(account)
            if request.mimetype != "application/x-www-form-urlencoded":
                raise Refusal(20001, "The request is not a form.")
            message = await self._take(_form(await request.get_data(as_text=False)))
            return self._json(self._resource(message, message.states[0]), 201)
        except Refusal as refusal:
            return self._json(refusal.answer(), refusal.status, refusal.headers)

    async def _list(self, account: str) -> Response:
        try:
            self._check_caller(account)
            return self._json(self._page(check_list(_form(request.query_string))))
        except Refusal as refusal:
            return self._json(refusal.answer(), refusal.status)

    async def _fetch(self, account: str, sid: str) -> Response:
        try:
            self._check_caller(account)
            found = next((message for message in self.sent if message.sid == sid), None)
            if found is None:
                raise Refusal(20404, f"The requested resource Messages/{sid} was not found", status=404)
            return self._json(self._resource(found, found.step(self.now())))
        except Refusal as refusal:
            return self._json(refusal.answer(), refusal.status)

    def _check_caller(self, account: str) -> None:
        expected = "Basic " + b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise Refusal(20003, "Authenticate", status=401)
        if account != self.account_sid:
            raise Refusal(20404, f"The requested resource Accounts/{account} was not found", status=404)

    def _json(self, answer: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        dated = {"Date": self.now().strftime("%a, %d %b %Y %H:%M:%S GMT"), **(headers or {})}
        return Response(json.dumps(answer), status, dated, content_type="application/json")

    # --- messages ----------------------------------------------------------------------------------

    async def _take(self, pairs: list[tuple[str, str]]) -> SmsMessage:
        asked = check_message(pairs)
        if scripted := self._refusals.take():
            raise scripted
        person = self.person(asked.to)
        self._check_limits(asked, person)
        message = self._accept(asked, person)
        if self.on_accept is not None:
            await self.on_accept(message)
        return message

    def _check_limits(self, asked: Asked, person: SmsPerson) -> None:
        if asked.service and (not SERVICE.fullmatch(asked.service) or asked.service != self.service_sid):
            raise Refusal(21701, "The Messaging Service does not exist", status=404)
        if asked.sender and asked.sender != self.number:
            raise Refusal(21659, f"From {asked.sender} is not a Twilio phone number")
        if self.manners.verified is not None and person.phone not in self.manners.verified:
            raise Refusal(21608, f"The number {person.phone} is unverified.")
        if self.manners.countries is not None and not person.phone.startswith(self.manners.countries):
            raise Refusal(21408, "Permission to send an SMS has not been enabled for the region")
        if person.line in REFUSED_LINES:
            raise Refusal(*REFUSED_LINES[person.line])
        if person.blocked:
            raise Refusal(21610, "Attempt to send to unsubscribed recipient")
        day = self.now().date()
        if self.manners.daily_limit is not None and self._sent_on(day) >= self.manners.daily_limit:
            raise Refusal(63038, "Account exceeded the daily messages limit", status=429)

    def _sent_on(self, day: date) -> int:
        return sum(message.at.date() == day for message in self.sent)

    def _accept(self, asked: Asked, person: SmsPerson) -> SmsMessage:
        message = SmsMessage(
            sid=self.sid("SM"),
            to=asked.to,
            sender=asked.sender or self.number,
            body=asked.body,
            at=self.now(),
            direction="outbound-api",
            states=[Step(self.now(), "accepted" if asked.service else "queued")],
            service=asked.service,
            callback=asked.callback,
            validity_seconds=asked.validity_seconds,
        )
        message.states += self._fate(message, person)
        self.sent.append(message)
        self.segments[person.phone] += message.segments
        for step in message.states[1:]:
            self.tell_status(message, step.state, code=step.code, after=(step.at - message.at).total_seconds())
        self.hand_over(message)
        return message

    def _fate(self, message: SmsMessage, person: SmsPerson) -> list[Step]:
        """Return what will become of a message."""
        manners = self.manners
        if manners.seconds_in_queue > message.validity_seconds:
            return [Step(message.at + timedelta(seconds=message.validity_seconds), "failed", EXPIRED)]
        leaves = message.at + timedelta(seconds=manners.seconds_in_queue)
        code, state = self._failures.take() or (FAILING_LINES.get(person.line, 0), "undelivered")
        if code:
            states = (*(each for each in manners.statuses if each not in FINAL), state)
        else:
            states = manners.statuses
        gaps = [timedelta(seconds=manners.status_gap * number) for number in range(1, len(states) + 1)]
        return [Step(leaves + gap, each, code if each == state else 0) for gap, each in zip(gaps, states, strict=True)]

    # --- what is told of them ----------------------------------------------------------------------

    def _page(self, wanted: Wanted) -> Json:
        found = [message for message in reversed(self.sent) if self._is_wanted(message, wanted)]
        begin = wanted.page * wanted.size
        base = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages.json?"
        query = [(name, value) for name, value in _form(request.query_string) if name not in ("Page", "PageToken")]
        more = begin + wanted.size < len(found)
        following = [*query, ("Page", str(wanted.page + 1)), ("PageToken", f"PASM{wanted.page}")]
        now = self.now()
        return {
            "first_page_uri": base + urlencode(query),
            "next_page_uri": base + urlencode(following) if more else None,
            "page": wanted.page,
            "page_size": wanted.size,
            "start": begin,
            "messages": [self._resource(each, each.step(now)) for each in found[begin : begin + wanted.size]],
        }

    def _is_wanted(self, message: SmsMessage, wanted: Wanted) -> bool:
        if (wanted.to and message.to != wanted.to) or (wanted.sender and message.sender != wanted.sender):
            return False
        if wanted.first_day is None and wanted.last_day is None:
            return True
        sent_at = self._sent_at(message)
        if sent_at is None:
            return self.manners.lists_what_waits
        return (wanted.first_day or date.min) <= sent_at.date() <= (wanted.last_day or date.max)

    def _sent_at(self, message: SmsMessage) -> datetime | None:
        reached = [step for step in message.states[1:] if step.at <= self.now()]
        return next((step.at for step in reached if step.state not in ("queued", "sending", "failed")), None)

    def _resource(self, message: SmsMessage, step: Step) -> Json:
        sent_at = self._sent_at(message)
        resource: dict[str, Any] = {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": message.body,
            "date_created": rfc2822(message.at),
            "date_sent": rfc2822(sent_at) if sent_at else None,
            "date_updated": rfc2822(step.at),
            "direction": message.direction,
            "error_code": step.code or None,
            "error_message": None,
            "from": message.sender,
            "messaging_service_sid": message.service or None,
            "num_media": "0",
            "num_segments": "0" if step.state == "accepted" else str(message.segments),
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": step.state,
            "subresource_uris": {},
            "to": message.to,
            "uri": f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{message.sid}.json",
        }
        return resource


def _form(raw: str | bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw if isinstance(raw, str) else raw.decode(), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise Refusal(20001, "The form is not UTF-8.") from error
