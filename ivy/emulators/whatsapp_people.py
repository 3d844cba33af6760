"""The people behind a WhatsApp number: what they write, and what Ivy hears of it. May import: the domain and below."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from itertools import count

import trio

from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.deliveries import Deliveries
from ivy.emulators.whatsapp_payloads import Accepted, Account, Json, Person
from ivy.emulators.whatsapp_rules import BSUID

FREE_A_MONTH = 1000


class People:
    """Everybody who has this number in their chats. `deliveries` takes what they do to Ivy, signed by Meta."""

    def __init__(self, account: Account, app_secret: str, deliveries: Deliveries, now: Callable[[], datetime]) -> None:
        self.account = account
        self.deliveries = deliveries
        self.now = now
        self.heard: dict[str, Person] = {}
        """Who wrote each message, by its wamid."""
        self.reactions: set[str] = set()
        """Those of them that are reactions, on which none can be put."""
        self.signs_with = app_secret
        """The secret of the app that webhooks go to: with another app's, Ivy refuses them. May be changed at any time."""
        self._app_secret = app_secret
        self._numbers = count(1)
        self._by_name: dict[str, Person] = {}
        self._priced: Counter[tuple[int, int]] = Counter()

    async def run(self) -> None:
        """Deliver webhooks for ever."""
        await self.deliveries.run()

    def wamid(self, way: str) -> str:
        """Return the next id. It has letters of both cases and padding: one that is folded or trimmed is not found again."""
        return f"wamid.HBgM{way}{next(self._numbers):010d}AA=="

    # --- people ------------------------------------------------------------------------------------

    def person(self, who: str, *, name: str = "", shows_phone: bool = True) -> Person:
        """Return the person with a phone (E.164) or a business-scoped id; an unknown one joins WhatsApp now."""
        if known := self._by_name.get(who):
            return known
        if BSUID.fullmatch(who):
            new = Person(bsuid=who, username=f"@{name.lower() or 'someone'}", name=name, shows_phone=False)
        else:
            digest = int.from_bytes(sha256(who.encode()).digest()[:8])
            new = Person(bsuid=f"ZZ.{digest}", phone=who, name=name, shows_phone=shows_phone)
        self._by_name |= {name_of: new for name_of in (new.phone, new.bsuid) if name_of}
        return new

    async def person_says(
        self,
        who: str,
        text: str,
        *,
        name: str = "",
        at: datetime | None = None,
        external_id: str = "",
        quoted: str = "",
    ) -> str:
        """Let somebody write a text; return its wamid. `at` is Meta's time for it, which opens the window."""
        return await self.person_sends(
            who, payloads.text(text), name=name, at=at, external_id=external_id, quoted=quoted
        )

    async def person_taps(self, who: str, action: str, title: str = "", *, quoted: str = "") -> str:
        return await self.person_sends(who, payloads.tap(action, title or action), quoted=quoted)

    async def person_sends_image(self, who: str, media_id: str, *, caption: str = "") -> str:
        more = {"caption": caption} if caption else {}
        return await self.person_sends(who, payloads.media("image", media_id, "image/jpeg", **more))

    async def person_sends_voice(self, who: str, media_id: str) -> str:
        return await self.person_sends(who, payloads.media("audio", media_id, "audio/ogg; codecs=opus", voice=True))

    async def person_sends_location(self, who: str, latitude: float, longitude: float) -> str:
        return await self.person_sends(who, payloads.location(latitude, longitude))

    async def person_reacts(self, who: str, target: str, emoji: str) -> str:
        """React to a message of ours; an empty emoji takes it back. A reaction does not open the window."""
        return await self.person_sends(who, payloads.reaction(target, emoji), opens_window=False)

    async def person_sends_unsupported(self, who: str, kind: str = "poll") -> str:
        return await self.person_sends(who, payloads.unsupported(kind))

    async def person_sends(
        self,
        who: str,
        content: Json,
        *,
        name: str = "",
        at: datetime | None = None,
        external_id: str = "",
        quoted: str = "",
        opens_window: bool = True,
    ) -> str:
        """Let somebody send anything: `content` is its `type` and what stands under it. Return its wamid."""
        await trio.lowlevel.checkpoint()
        person = self.person(who)
        person.name = name or person.name
        sent_at = at or self.now()
        wamid = external_id or self.wamid("In")
        self.heard[wamid] = person
        if content.get("type") == "reaction":
            self.reactions.add(wamid)
        if opens_window:
            person.wrote_at = max(sent_at, person.wrote_at or sent_at)
        self.post(
            self.account.messages(person, messages=[payloads.message(person, wamid, sent_at, content, quoted=quoted)])
        )
        return wamid

    # --- webhooks ----------------------------------------------------------------------------------

    def post(self, payload: Json, *, after: float = 0.0) -> None:
        """Send any payload to Ivy, signed."""
        self.post_bytes(payloads.as_bytes(payload), after=after)

    def post_bytes(self, body: bytes, headers: dict[str, str] | None = None, *, after: float = 0.0) -> None:
        """Send any bytes to Ivy, signed unless `headers` says otherwise."""
        self.deliveries.add(body, payloads.signed(body, self.signs_with) if headers is None else headers, after=after)

    def tell_status(self, accepted: Accepted, state: str, *, after: float = 0.0) -> None:
        """Tell Ivy of one more state of a message: a person may read it days later."""
        price = {"pricing": self.price_of(accepted)} if state == "sent" else {}
        told = payloads.status(accepted.person, accepted.wamid, state, self.now(), our_id=accepted.our_id, **price)
        self.post(self.account.messages(accepted.person, statuses=[told]), after=after)

    def price_of(self, _accepted: Accepted) -> Json:
        """Return what a status says of a message's price."""
        return payloads.service_price(free=self._is_free())

    def _is_free(self) -> bool:
        month = (self.now().year, self.now().month)
        self._priced[month] += 1
        return self._priced[month] <= FREE_A_MONTH
