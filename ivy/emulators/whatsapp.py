"""Meta's Graph API for one WhatsApp number, with people who write and read. May import: the domain and below.

One Quart app, in process (`httpx2.ASGITransport`, which works on trio as it is) or on a port. It keeps the real
one's promises: the 24-hour window, the pace for one person, signed webhooks that come again until they are answered.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any, Literal, cast

import trio
from quart import Response, request
from quart_trio import QuartTrio

from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.deliveries import Deliveries, Post
from ivy.emulators.faults import Script
from ivy.emulators.vendor_app import VendorApp
from ivy.emulators.whatsapp_flows import FlowShelf, PostBack
from ivy.emulators.whatsapp_media import MediaShelf
from ivy.emulators.whatsapp_payloads import Accepted, Account, Json, Person
from ivy.emulators.whatsapp_people import People
from ivy.emulators.whatsapp_rules import Refusal, check_message, check_product, check_read
from ivy.emulators.whatsapp_setup import NumberState, SetupDesk
from ivy.emulators.whatsapp_templates import TemplateReview

WINDOW = timedelta(hours=24)


@dataclass
class Manners:
    """How this Meta behaves; may be changed at any time."""

    window: Literal["at once", "later", "off"] = "at once"
    """A closed window is told in the answer, by a failed status after a 200, or never."""
    pair_rate: bool = True
    burst: int = 45
    seconds_a_message: float = 6.0
    allowed: frozenset[str] | None = None
    """A test number's list of recipients (E.164); None lets everybody in."""
    statuses: tuple[str, ...] = ("sent", "delivered")
    status_gap: float = 0.0
    """Seconds between a message and its first status, and between statuses."""
    proof_required: bool = False
    tier: int | None = None
    """Different people a day whom templates may reach outside their windows."""
    trouble: int | None = None
    """A code with which each message fails after it was taken: an outage that answers 200."""
    holds_templates: bool = False
    """A young template is held for a look at its quality, and dropped: 132015 by a status."""
    templates: frozenset[tuple[str, str]] | None = None
    """Approved templates as (name, language); None: those that were submitted and approved."""


@dataclass(frozen=True)
class ReadMark:
    wamid: str
    at: datetime
    typing: bool


class WhatsAppEmulator(People):
    """The vendor and its people. `run` must be running for webhooks to arrive; `deliver` posts one to Ivy.

    `refuse` and `fail` script Meta's errors; `deliveries.faults` scripts what happens to webhooks on the way;
    `on_accept` is awaited after a message was taken and before the answer, which is where a crash hurts most.
    """

    def __init__(
        self,
        *,
        app_secret: str,
        token: str,
        phone_number_id: str,
        verify_token: str,
        deliver: Post,
        now: Callable[[], datetime],
        manners: Manners | None = None,
        display_number: str = "15550783881",
        waba_id: str = "102290129340398",
        on_accept: Callable[[Accepted], Awaitable[None]] | None = None,
        deliveries: Deliveries | None = None,
        ask_endpoint: PostBack | None = None,
    ) -> None:
        account = Account(waba_id, phone_number_id, display_number)
        super().__init__(account, app_secret, deliveries or Deliveries(deliver), now)
        self.manners = manners or Manners()
        self.on_accept = on_accept
        self.sent: list[Accepted] = []
        self.reads: list[ReadMark] = []
        self._verify_token = verify_token
        # Reviewers, forms, files and the set-up's pages: each keeps its own, behind the same token.
        self.templates = TemplateReview(account, lambda payload: self.post(payload), now)
        self.flows = FlowShelf(
            waba_id=waba_id,
            phone_number_id=phone_number_id,
            app_secret=app_secret,
            chance=Random(7),
            post=ask_endpoint,
            tell=lambda value: self.post(account.change("flows", value, at=now())),
        )
        self.media = MediaShelf(token=token, phone_number_id=phone_number_id, now=now)
        self.setup = SetupDesk(token, app_secret, waba_id, NumberState(phone_number_id, f"+{display_number}"))
        self._got: dict[str, list[Accepted]] = {}
        self._paces: dict[str, _Pace] = {}
        self._refusals: Script[Refusal] = Script()
        self._failures: Script[tuple[int, str]] = Script()
        self._accepted = trio.Event()
        self.app = self._routes()

    async def run(self) -> None:
        """Deliver webhooks and review templates, for ever."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(super().run)
            nursery.start_soon(self.templates.run)

    @property
    def typings(self) -> list[ReadMark]:
        return [mark for mark in self.reads if mark.typing]

    # --- what a test asks and scripts -------------------------------------------------------------

    def handshake(self, challenge: str = "1158201444") -> dict[str, str]:
        """Return the query with which Meta first calls a webhook's address."""
        return {"hub.mode": "subscribe", "hub.verify_token": self._verify_token, "hub.challenge": challenge}

    def got(self, who: str) -> list[Accepted]:
        """Return the messages that a person got; reactions stand on messages of theirs."""
        return list(self._got.get(self.person(who).bsuid, []))

    async def wait_for_reply(self, who: str, count: int = 1) -> list[Accepted]:
        """Wait until a person got `count` messages in all; return all they got."""
        got = self._got.setdefault(self.person(who).bsuid, [])
        while len(got) < count:
            await self._accepted.wait()
        return list(got)

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

    def fail(self, code: int, details: str = "by script", *, times: int = 1) -> None:
        """Take the next messages, and tell by a status that they failed."""
        self._failures.add((code, details), times=times)

    # --- routes ------------------------------------------------------------------------------------

    def _routes(self) -> QuartTrio:
        app = VendorApp(__name__)
        app.add_url_rule("/<version>/<number>/messages", view_func=self._messages, methods=["POST"])
        app.add_url_rule("/<version>/<number>", view_func=self._number, methods=["GET"])
        self.templates.add_routes(app, self._check_token)
        self.flows.add_routes(app, self._check_token)
        self.media.add_routes(app, self._check_caller)
        self.setup.add_routes(app, self._check_token, with_nodes=False)
        return app

    async def _messages(self, version: str, number: str) -> Response:
        try:
            self._check_caller(version, number)
            asked = _read_json(await request.get_data(as_text=False))
            check_product(asked)
            return _json(self._mark_read(asked) if "status" in asked else await self._take(asked))
        except Refusal as refusal:
            return _json(refusal.answer(), refusal.status, refusal.headers)

    async def _number(self, version: str, number: str) -> Response:
        try:
            self._check_token(version)
            if (node := self.setup.node(number)) is None:
                raise _no_object(number)
            return _json(node)
        except Refusal as refusal:
            return _json(refusal.answer(), refusal.status)

    def _check_caller(self, version: str, number: str) -> None:
        self._check_token(version)
        if number != self.account.phone_number_id:
            raise _no_object(number)

    def _check_token(self, version: str) -> None:
        if not re.fullmatch(r"v[0-9]{1,3}\.[0-9]", version):
            raise Refusal(2500, f"Unknown path components: /{version}")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        state = self.setup.find_token(token)
        if scheme != "Bearer" or state is None:
            raise Refusal(190, "Invalid OAuth access token.", status=401)
        if state.expires_at is not None and state.expires_at <= self.now():
            raise Refusal(190, "Error validating access token: Session has expired.", status=401, subcode=463)
        proof = request.args.get("appsecret_proof")
        expected = hmac.new(self._app_secret.encode(), token.encode(), sha256).hexdigest()
        if (proof is not None and proof != expected) or (proof is None and self.manners.proof_required):
            raise Refusal(100, "Invalid appsecret_proof provided in the API argument")

    def _mark_read(self, asked: Json) -> Json:
        check_read(asked)
        wamid = asked["message_id"]
        if wamid not in self.heard:
            raise Refusal(131009, "message_id is not of a message to this number.")
        self.reads.append(ReadMark(wamid, self.now(), "typing_indicator" in asked))
        return {"success": True}

    async def _take(self, asked: Json) -> Json:
        kind = check_message(asked)
        if scripted := self._refusals.take():
            raise scripted
        person = self._recipient(asked)
        self._check_limits(asked, kind, person)
        if kind == "interactive" and asked["interactive"]["type"] == "flow":
            self.flows.take(asked["interactive"]["action"]["parameters"])
        accepted = self._accept(asked, kind, person)
        self._tell_fate(accepted)  # first: Meta tells it whether or not Ivy lives to see the answer
        if self.on_accept is not None:
            await self.on_accept(accepted)
        who = {"wa_id": person.wa_id} if person.wa_id else {}
        contact = {"input": accepted.to or accepted.recipient, **who, "user_id": person.bsuid}
        held = "held_for_quality_assessment" if self.manners.holds_templates else "accepted"
        told = {"message_status": held} if kind == "template" else {}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": accepted.wamid, **told}]}

    def _recipient(self, asked: Json) -> Person:
        """Return whom a message is for: given both names, the phone counts."""
        to = asked.get("to", "")
        if not to:
            return self.person(asked["recipient"])
        phone = f"+{to.removeprefix('+')}"
        if phone == f"+{self.account.display_number}":
            raise Refusal(131021, "Sender and recipient are the same.")
        return self.person(phone)

    def _check_limits(self, asked: Json, kind: str, person: Person) -> None:
        allowed = self.manners.allowed
        if allowed is not None and person.phone not in allowed:
            raise Refusal(131030, "Recipient phone number not in allowed list")
        if kind == "template":
            self._check_template(asked["template"])
        elif self.manners.window == "at once" and not self.is_window_open(person):
            raise Refusal(131047, "More than 24 hours have passed since the recipient last replied.")
        if self.manners.pair_rate and not self._pace(person).take(self.now(), self.manners):
            raise Refusal(131056, "Too many messages from this number to this recipient in a short time.")

    def _check_template(self, template: Json) -> None:
        """Hold a template against those that were reviewed, or against a list that a test gave."""
        if self.manners.templates is None:
            self.templates.check_send(template)
        elif (template["name"], template["language"]["code"]) not in self.manners.templates:
            raise Refusal(132001, "Template name does not exist in the translation", status=404)

    def price_of(self, _accepted: Accepted) -> Json:
        """A template costs what its category says, and takes nothing of the month's free replies."""
        if _accepted.type != "template":
            return super().price_of(_accepted)
        template = _accepted.request["template"]
        name = (template["name"], template["language"]["code"])
        kept = self.templates.kept.get(name)
        return payloads.template_price(kept.category if kept else "utility")

    def is_window_open(self, person: Person) -> bool:
        return person.wrote_at is not None and self.now() - person.wrote_at < WINDOW

    def _accept(self, asked: Json, kind: str, person: Person) -> Accepted:
        accepted = Accepted(
            wamid=self.wamid("Out"),
            person=person,
            our_id=asked.get("biz_opaque_callback_data", ""),
            type=kind,
            text=_readable(kind, asked[kind]),
            to=asked.get("to", ""),
            recipient=asked.get("recipient", ""),
            at=self.now(),
            request=asked,
        )
        self.sent.append(accepted)
        if kind != "reaction":  # it stands on a message of theirs, and is no message that they get
            self._got.setdefault(person.bsuid, []).append(accepted)
        self._accepted.set()
        self._accepted = trio.Event()
        return accepted

    def _tell_fate(self, accepted: Accepted) -> None:
        failed = self._failures.take() or self._own_failure(accepted)
        gap = self.manners.status_gap
        if failed:
            errors = [payloads.failure(*failed)]
            told = payloads.status(
                accepted.person, accepted.wamid, "failed", self.now(), our_id=accepted.our_id, errors=errors
            )
            self.post(self.account.messages(None, statuses=[told]), after=gap)
            return
        states = self.manners.statuses if accepted.person.online and accepted.type != "reaction" else ("sent",)
        for number, state in enumerate(states, start=1):
            self.tell_status(accepted, state, after=gap * number)

    def _own_failure(self, accepted: Accepted) -> tuple[int, str] | None:
        """Return the code and details of what Meta finds out only after its 200, if anything."""
        if self.manners.trouble is not None:
            return self.manners.trouble, "Meta has trouble of its own."
        if not accepted.person.on_whatsapp:
            return 131026, "Message undeliverable."
        if accepted.type == "reaction" and accepted.request["reaction"]["message_id"] not in self.heard:
            return 131009, "The message to react to is unknown or too old."
        if accepted.type == "reaction" and accepted.request["reaction"]["message_id"] in self.reactions:
            return 131009, "The message to react to is a reaction."
        if accepted.type == "template" and self.manners.holds_templates:
            return 132015, "The template is paused due to low quality."
        if accepted.type == "template" and self._is_over_tier(accepted):
            return 131048, "The business has reached its limit of people outside the window."
        closed = accepted.type != "template" and not self.is_window_open(accepted.person)
        if closed and self.manners.window == "later":
            return 131047, "More than 24 hours have passed since the recipient last replied."
        return None

    def _is_over_tier(self, accepted: Accepted) -> bool:
        if self.manners.tier is None or self.is_window_open(accepted.person):
            return False
        since = self.now() - timedelta(days=1)
        reached = {each.person.bsuid for each in self.sent if each.type == "template" and each.at > since}
        return len(reached) > self.manners.tier

    def _pace(self, person: Person) -> "_Pace":
        return self._paces.setdefault(person.bsuid, _Pace(float(self.manners.burst), self.now()))


@dataclass
class _Pace:
    """One message each 6 s to one person, up to 45 at once that are paid back."""

    left: float
    at: datetime

    def take(self, now: datetime, manners: Manners) -> bool:
        earned = (now - self.at).total_seconds() / manners.seconds_a_message
        self.left, self.at = min(manners.burst, self.left + earned), now
        if self.left < 1:
            return False
        self.left -= 1
        return True


def _readable(kind: str, content: Any) -> str:
    match kind, content:
        case ("text", {"body": str(body)}) | ("interactive", {"body": {"text": str(body)}}):
            return body
        case ("template", {"name": str(name)}):
            return f"[{name}]"
        case ("reaction", {"emoji": str(emoji)}):
            return emoji
        case ("contacts", [{"name": {"formatted_name": str(name)}}, *_]):
            return f"[contact: {name}]"
        case _:
            return str(content.get("caption", ""))


def _no_object(name: str) -> Refusal:
    return Refusal(100, f"Unsupported request. Object with ID '{name}' does not exist.", subcode=33)


def _read_json(body: str | bytes) -> Json:
    try:
        asked: Any = json.loads(body)
    except ValueError as error:
        raise Refusal(100, "The request is not JSON.") from error
    if not isinstance(asked, dict):
        raise Refusal(100, "The request is not a JSON object.")
    return cast(Json, asked)


def _json(answer: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(answer), status, headers, content_type="application/json")
