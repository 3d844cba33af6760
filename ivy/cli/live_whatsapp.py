"""WhatsApp's rows of `ivy init --live`: what Meta says of us, one message there and back, and the templates' reviews.

May import: the probe's hops, live_list, frame, the store, the adapters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy.adapters.whatsapp import webhook
from ivy.adapters.whatsapp.errors import VENDOR
from ivy.cli import frame, whatsapp_hops
from ivy.cli.doctor_whatsapp import REVIEW_TAKES, SUBMIT
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.live_list import Item, Mark, Part, done, first_wrong, item_of, not_needed, note, part, plain, waits, wrong
from ivy.cli.whatsapp_fields import fields
from ivy.cli.whatsapp_probe import META
from ivy.cli.whatsapp_templates import rows
from ivy.cli.whatsapp_walk import Walk, within
from ivy.clock import unstamp
from ivy.domain.inbound import PersonMessage
from ivy.domain.turned_away import HANDSHAKE, signature_of
from ivy.errors import StoreError, Unreadable
from ivy.ports import Address
from ivy.store import arrivals, first_answers, inbox, people
from ivy.store import templates as registry
from ivy.store.binding import Connection
from ivy.store.sealing import Sealer

NAME, TEMPLATES = "WhatsApp", "Templates"
SHORT = {"token": "token", "number": "number", "subscription": "app subscribed", "webhook form": "handshake seen"}
"""What is said of a hop that is in order; the others of them are no item of their own."""
LATEST = 200
"""How far back in the inbox messages are looked for."""
ANSWER_WITHIN, DELIVERY_WITHIN = timedelta(seconds=45), timedelta(seconds=90)
SENT, ARRIVED = ("accepted", "sent", "delivered", "read"), ("delivered", "read")
OVER = ("failed", "cancelled", "lapsed")
_OTHER_SECRET = f"{whatsapp_hops.SHOW_IN_BASIC}, and restart `ivy daemon`"


async def at_meta(walk: Walk, turned_away: Mapping[str, int], *, running: bool, heard: bool = False) -> list[Item]:
    """Ask Meta, hop by hop, up to the one to mend first. `heard`: somebody's message came in with a good signature."""
    if not walk.section.enabled:
        return [not_needed("whatsapp.enabled is false")]
    told = [each for each in await fields(walk) if each.what != "server.public_url"]
    if lacking := [item_of(each) for each in told if each.state is State.MISSING]:
        return lacking
    items: list[Item] = []
    for name, hop in META.items():
        found = await within(hop, name, walk)
        items += [item for each in found if (item := _item(each)) is not None]
        if first_wrong(found):
            return items
    if not running:
        return [*items, waits("handshake, once the daemon runs")]
    return [*items, *_form(walk, await within(whatsapp_hops.form, "webhook form", walk), turned_away, heard=heard)]


def _item(finding: Finding) -> Item | None:
    if finding.state is not State.OK:
        # A token of the dashboard lives for a day: all that turns green with it turns red tomorrow.
        ends_soon = finding.what == "token" and whatsapp_hops.ENDS in finding.found
        if ends_soon and finding.state is State.LOOK:
            return wrong(f"token, temporary: {_when(finding.found)}", finding.mend)
        return item_of(finding)
    if finding.what == "token" and whatsapp_hops.ENDS in finding.found:
        return done(f"token, {_when(finding.found)}")
    if finding.what == "token":
        return done("token, permanent")
    return done(SHORT[finding.what]) if finding.what in SHORT else None


def _when(found: str) -> str:
    return f"{whatsapp_hops.ENDS} {found.rpartition(whatsapp_hops.ENDS)[2].strip()}"


def _form(walk: Walk, found: Sequence[Finding], turned_away: Mapping[str, int], *, heard: bool) -> list[Item]:
    """Say whether Meta has greeted us, with what the daemon knows of greetings and webhooks that it turned away."""
    items = [item for each in found if (item := _item(each)) is not None]
    if knocks := turned_away.get(HANDSHAKE, 0):
        told = f"{_times(knocks)} somebody greeted us with another verify token"
        mend = f"type the words of {walk.where.config.whatsapp.verify_token_file or 'whatsapp.verify_token'} into Meta's form"
        items.append(wrong(told, mend) if first_wrong(found) else note(told))
    if forged := turned_away.get(signature_of(VENDOR), 0):
        told = f"{_times(forged)} a webhook was refused for its signature"
        # Anybody can post one; while nothing of Meta's was ever believed, it is most likely Meta's own.
        why = f"{told}: it was signed with another app secret"
        items.append(note(told, _OTHER_SECRET) if heard else wrong(why, _OTHER_SECRET))
    return items


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


# --- a message there and back --------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """The newest message of a person's: whose, when it was sent by Meta's clock, and when it came in."""

    sender: Address
    message_id: str
    sent_at: datetime
    received_at: datetime


class Ear:
    """Looks through what WhatsApp sent; each webhook is opened once."""

    def __init__(self, where: Setup) -> None:
        self._where = where
        self._sealer = Sealer(where.config.store.seal_key.reveal().split())
        self._position: int | None = None
        self._heard: Heard | None = None

    @property
    def has_heard(self) -> bool:
        return self._heard is not None

    def listen(self, connection: Connection) -> Heard | None:
        """Return the newest message there is."""
        if self._position is None:
            self._position = max(arrivals.last_position(connection) - LATEST, 0)
        for kept in arrivals.after(connection, VENDOR, self._position):
            self._position = kept.position
            self._heard = self._read(kept) or self._heard
        return self._heard

    def _read(self, kept: arrivals.Kept) -> Heard | None:
        if not kept.sealed:
            return None
        try:
            body = self._sealer.open(kept.sealed, inbox.place(kept.id))
            events = webhook.parse(body, phone_number_id=self._where.config.whatsapp.phone_number_id)
        except (StoreError, Unreadable):
            return None
        for event in events:
            if isinstance(event, PersonMessage):
                sender = Address(event.sender.external_id, event.sender.phone)
                return Heard(sender, event.external_id, event.sent_at, unstamp(kept.received_at_ms))
        return None


def there_and_back(walk: Walk, connection: Connection, heard: Heard | None, now: datetime) -> list[Item]:
    """Return the line of one message: written, heard, answered, delivered."""
    asked = plain(f'write "hola" to {walk.phone or "our number"} …')
    if heard is None:
        return [asked, waits("nothing heard yet")]
    took = max(timedelta(0), heard.received_at - heard.sent_at)
    line = [asked, done(f"heard after {took.total_seconds():.0f} s")]
    names = (heard.sender.external_id, heard.sender.phone)
    known = next(filter(None, (people.meaning(connection, VENDOR, name) for name in names if name)), None)
    answer = first_answers.answer_to(connection, VENDOR, heard.sender, known, since=heard.received_at)
    if answer is None or answer.state not in (*SENT, *OVER):
        late = now - heard.received_at > ANSWER_WITHIN
        why = f": {answer.reason}" if answer and answer.reason else ""
        told = "not answered yet"
        return [*line, wrong(f"{told}{why}", "ivy status says what is in the way") if late else waits(f"{told}{why}")]
    if answer.state in OVER:
        return [*line, wrong(f"the answer {answer.state}: {answer.reason}", f"ivy why {answer.id}")]
    line.append(done("answered"))
    if answer.state in ARRIVED:
        return [*line, done("delivered")]
    if now - heard.received_at > DELIVERY_WITHIN:
        return [*line, note("not delivered yet: their phone may be off", f"ivy why {answer.id}")]
    return [*line, waits("delivered")]


def whatsapp(items: Sequence[Item], line: Sequence[Item]) -> Part:
    return part(NAME, items, line)


# --- templates -----------------------------------------------------------------------------------------


def templates(where: Setup, now: datetime) -> Part:
    """Count the pack as Meta judged it, by the registry that webhooks keep current."""
    if not where.config.whatsapp.enabled:
        return part(TEMPLATES, [not_needed("whatsapp.enabled is false")])
    with frame.look_into(where.database) as connection:
        pack = [row for row in rows(registry.all_known(connection, VENDOR), now) if row.in_pack]
    submitted = [row for row in pack if row.status != "not submitted"]
    approved, review = sum(row.can_be_sent for row in pack), sum(row.status == "PENDING" for row in pack)
    if not submitted:
        return part(TEMPLATES, [wrong("none is submitted: Ivy can only answer", SUBMIT, takes=REVIEW_TAKES)])
    items = [done(f"{len(submitted)} submitted"), _of(approved, len(pack), "approved")]
    if review:
        items.append(Item(Mark.NOTE, f"{review} in review", takes=REVIEW_TAKES))
    if lacking := [row for row in pack if not row.can_be_sent and row.status != "PENDING"]:
        mend = SUBMIT if any(SUBMIT in row.advice for row in lacking) else "ivy whatsapp templates list"
        items.append(wrong(f"{len(lacking)} to be mended", mend))
    return part(TEMPLATES, items)


def _of(number: int, all_of_them: int, what: str) -> Item:
    return done(f"{number} {what}") if number == all_of_them else note(f"{number} {what}")
