"""The people behind an SMS number: what they text, what reaches them, and what Ivy hears. May import: the domain and below."""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1
from itertools import count
from urllib.parse import urlencode, urlsplit

import trio

from ivy.domain.sms import cost_segments
from ivy.emulators.deliveries import Deliveries, Post
from ivy.emulators.twilio_rules import HELPS, LINES, STARTS, STOPS

API_VERSION = "2010-04-01"
RETRIES_AT_MOST = 5


@dataclass
class Step:
    """One state of a message, and when it is reached."""

    at: datetime
    state: str
    code: int = 0


@dataclass
class SmsMessage:
    """A message in either direction. `states` only grows; the last that has been reached counts."""

    sid: str
    to: str
    sender: str
    body: str
    at: datetime
    direction: str
    """inbound, outbound-api (Ivy's), or outbound-reply (Twilio's own answer to STOP and its kin)."""
    states: list[Step]
    service: str = ""
    callback: str = ""
    validity_seconds: int = 36_000

    @property
    def segments(self) -> int:
        return cost_segments(self.body)

    def step(self, now: datetime) -> Step:
        reached = [step for step in self.states if step.at <= now]
        return reached[-1] if reached else self.states[0]

    def arrives_at(self) -> datetime | None:
        """Return when the person can read it, or None if they never will. Some carriers never say "delivered"."""
        at = {step.state: step.at for step in self.states}
        if at.keys() & {"failed", "undelivered", "canceled"}:
            return None
        return at.get("delivered") or at.get("sent")


@dataclass
class SmsPerson:
    """Somebody with a phone. `line` is mobile, or one of those that cannot be reached (see `twilio_rules`)."""

    phone: str
    line: str = "mobile"
    blocked: bool = False
    """They said STOP to this sender."""
    messages: list[SmsMessage] = field(default_factory=list[SmsMessage])


class SmsPeople:
    """Everybody who may text this number. `deliveries` takes what happens to Ivy, signed by Twilio.

    Unlike Meta, Twilio does not come again with a webhook that was refused, unless its address asks for it (`#rc=2`).
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
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.number = number
        self.webhook_url = webhook_url
        self.now = now
        self.handles_stop = True
        self.advanced_opt_out = False
        """Whether webhooks say what Twilio took a text for (`OptOutType`)."""
        self.deliveries = Deliveries(self._insisting(deliver), give_up_after=0, patience=15)
        self._people: dict[str, SmsPerson] = {}
        self._sids = count(1)
        self._changed = trio.Event()

    async def run(self) -> None:
        """Deliver webhooks for ever."""
        await self.deliveries.run()

    def person(self, phone: str, *, line: str = "") -> SmsPerson:
        """Return the person with a phone (E.164); `line`, once given, stays."""
        person = self._people.setdefault(phone, SmsPerson(phone))
        if line and line not in LINES:
            raise ValueError(f"no such line: {line!r}")
        person.line = line or person.line
        return person

    # --- what they do ------------------------------------------------------------------------------

    async def person_says(
        self, phone: str, text: str, *, media: tuple[tuple[str, str], ...] = (), sid: str = ""
    ) -> str:
        """Let somebody text us; return its SID. `media` is (address, MIME type) each; `sid` repeats an earlier text."""
        await trio.lowlevel.checkpoint()
        sid = sid or self.sid("MM" if media else "SM")
        took_it_for = self._opt_out(self.person(phone), text)
        form = {
            "ToCountry": "GB",
            "ToState": "",
            "SmsMessageSid": sid,
            "NumMedia": str(len(media)),
            "ToCity": "",
            "FromZip": "",
            "SmsSid": sid,
            "FromState": "",
            "SmsStatus": "received",
            "FromCity": "",
            "Body": text,
            "FromCountry": "GB",
            "To": self.number,
            "NumSegments": str(max(1, cost_segments(text))),
            "MessageSid": sid,
            "AccountSid": self.account_sid,
            "From": phone,
            "ApiVersion": API_VERSION,
        }
        for at, (url, mime) in enumerate(media):
            form |= {f"MediaContentType{at}": mime, f"MediaUrl{at}": url}
        if took_it_for and self.advanced_opt_out:
            form["OptOutType"] = took_it_for
        self.post(form)
        return sid

    def messages(self, phone: str) -> list[SmsMessage]:
        """Return what has reached somebody so far, in order."""
        now = self.now()
        arrived = [(at, message) for message in self.person(phone).messages if (at := message.arrives_at()) is not None]
        return [message for at, message in sorted(arrived, key=lambda pair: pair[0]) if at <= now]

    async def wait_for(self, phone: str, count: int = 1) -> list[SmsMessage]:
        """Wait until `count` messages in all have reached somebody; return them all."""
        while len(got := self.messages(phone)) < count:
            coming = [at for message in self.person(phone).messages if (at := message.arrives_at()) and at > self.now()]
            wait = (min(coming) - self.now()).total_seconds() if coming else float("inf")
            with trio.move_on_after(wait):
                await self._changed.wait()
        return got

    def hand_over(self, message: SmsMessage) -> None:
        """Let a message be on its way to its person."""
        self.person(message.to).messages.append(message)
        self._changed.set()
        self._changed = trio.Event()

    def sid(self, kind: str) -> str:
        return f"{kind}{next(self._sids):032x}"

    def _opt_out(self, person: SmsPerson, text: str) -> str:
        """Do what Twilio does at STOP and its kin, and answer in our place; return what it took the text for."""
        word = text.strip().upper()
        if not self.handles_stop:
            return ""
        if word in STOPS:
            was, person.blocked = person.blocked, True
            if not was:
                self._reply(person, "You are unsubscribed and will get no more messages. Reply START to undo.")
            return "STOP"
        if word in STARTS:
            was, person.blocked = person.blocked, False
            if was:
                self._reply(person, "You are subscribed again. Reply STOP to end.")
            return "START"
        if word in HELPS:
            self._reply(person, "Reply STOP to unsubscribe.")
            return "HELP"
        return ""

    def _reply(self, person: SmsPerson, text: str) -> None:
        now = self.now()
        delivered = [Step(now, "delivered")]
        self.hand_over(SmsMessage(self.sid("SM"), person.phone, self.number, text, now, "outbound-reply", delivered))

    # --- webhooks ----------------------------------------------------------------------------------

    def post(self, form: Mapping[str, str], *, url: str = "", after: float = 0.0) -> None:
        """Send any form to Ivy, signed for `url`, or for the number's own address."""
        self.deliveries.add(urlencode(form).encode(), self.signed(form, url or self.webhook_url), after=after)

    def signed(self, form: Mapping[str, str], url: str) -> dict[str, str]:
        """Return the headers of a form. Default ports and fragments are left out, as Twilio does for https."""
        called = re.sub(r"(?<=[^/:]):(?:443|80)(?=[/?]|$)", "", url.partition("#")[0], count=1)
        told = called + "".join(name + value for name, value in sorted(form.items()))
        digest = hmac.new(self.auth_token.encode(), told.encode(), sha1).digest()
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": b64encode(digest).decode(),
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": self.sid(""),
        }

    def _insisting(self, deliver: Post) -> Post:
        asked = re.search(r"(?:^|&)rc=([0-9])", urlsplit(self.webhook_url).fragment)
        tries = 1 + min(int(asked[1]) if asked else 0, RETRIES_AT_MOST)

        async def insist(body: bytes, headers: dict[str, str]) -> int:
            status = 0
            for _try in range(tries):
                status = await deliver(body, headers)
                if 200 <= status <= 299:
                    return 200
            return status

        return insist


def rfc2822(instant: datetime) -> str:
    """Return a time as Twilio writes it, in whole seconds."""
    return instant.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
