"""The last rows of `ivy init --live`: the model that answers, SMS, and when Ivy contacts somebody next.

May import: live_list, frame, the doctor's questions, the store.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ivy.cli import frame
from ivy.cli.doctor_live import ask_model, ask_sms
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.live_list import Item, Part, done, item_of, note, part, plain, waits, wrong
from ivy.domain.schedule import to_wall
from ivy.domain.slots import By
from ivy.store import call_slots, people
from ivy.store.call_slots import Slot
from ivy.store.people import Person

if TYPE_CHECKING:
    import httpx2

NAME, MODEL, SMS = "Next", "Model", "SMS"
CALLED, WRITTEN = "call", "message"


async def model(where: Setup, http: "httpx2.AsyncClient") -> Part:
    """Say whether the model that answers people knows our key."""
    section = where.config.models.primary
    if not section.vendor or not section.model:
        return part(MODEL, [wrong("models.primary has no vendor or model", "set models.primary")])
    if not section.api_key and section.vendor == "anthropic":
        return part(MODEL, [wrong(f"{section.model}: no key", "ivy init asks for it")])
    return part(MODEL, [_asked(await ask_model(MODEL, section, http))])


async def sms(where: Setup, http: "httpx2.AsyncClient") -> Part | None:
    """Say whether Twilio knows us; nothing where no SMS are sent."""
    section = where.config.sms
    if not section.enabled:
        return None
    if not (section.account_sid and section.auth_token and section.sender):
        return part(SMS, [wrong("account, token or sender is missing", "ivy doctor names it")])
    return part(SMS, [_asked(await ask_sms(where.config, http)), done(f"from {section.sender}")])


def _asked(finding: Finding) -> Item:
    return item_of(finding) if finding.state is State.MISSING else done(finding.found)


def upcoming(where: Setup, now: datetime) -> Part:
    """Say when Ivy contacts somebody next, by their own clock."""
    with frame.look_into(where.database) as connection:
        everybody = {each.id: each for each in people.everyone(connection) if each.status == "active"}
        slots = [slot for slot in call_slots.everyone(connection) if slot.user_id in everybody]
    if not everybody:
        return part(NAME, [waits("nobody is let in yet", "ivy onboard")])
    coming = [(slot.next_at, slot) for slot in slots if slot.next_at is not None and slot.next_at > now]
    if not coming:
        return part(NAME, [note("nobody has chosen a time", "ivy onboard --phone … --morning 07:00")])
    at, slot = min(coming, key=lambda each: each[0])
    return part(NAME, [plain(_said(slot, at, everybody[slot.user_id], now, alone=len(everybody) == 1))])


def _said(slot: Slot, at: datetime, person: Person, now: datetime, *, alone: bool) -> str:
    there, today = to_wall(at, person.zone), to_wall(now, person.zone).date()
    days = (there.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{there:%A}" if days < 7 else f"on {there:%Y-%m-%d}")
    what = CALLED if slot.by is By.VOICE else WRITTEN
    whose = "your" if alone else f"{person.name}'s"
    return f"{day} {there:%H:%M} (in {in_hours(at - now)}): {whose} {slot.kind.value} {what}"


def in_hours(span: timedelta) -> str:
    """Return how long that is: 8 h 12 min, 12 min, 2 d 3 h."""
    minutes = max(0, int(span.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"
