"""Personas living their days in a simulated world: they pick up, write, tap, travel and stop. May import: everything.

What happened is written down from their side: what the emulated vendors took and what people did, not what Ivy says of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32

import trio

from ivy.adapters.retell.reports import OUR_ID
from ivy.cli.world import World
from ivy.clock import sleep_until
from ivy.domain import giving
from ivy.domain.consent import Purpose
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.slots import USUAL, By, SlotKind
from ivy.emulators import sample_files
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.personas import Act, Day, Somebody
from ivy.emulators.retell_people import Talker
from ivy.emulators.whatsapp_payloads import Accepted
from ivy.store import call_slots, consents, onboarding, people, wallets
from ivy.store.scope import PersonStore, Scope, for_user

CHARITY = "water"
PROOF = "simulated"
VOICE_NOTE = "audio/ogg; codecs=opus"


@dataclass(frozen=True)
class Happened:
    """One thing, in the order it came: got, reaction, says, taps, moves, rings, call. `wall` is the person's own time."""

    at: datetime
    wall: datetime
    who: str
    what: str
    text: str = ""
    ref: str = ""
    """Our id of a message, of a call, of what was tapped on."""
    end: datetime | None = None
    """When a call was over."""


@dataclass
class Resident:
    """Somebody in the world, with what only this run knows of them."""

    who: Somebody
    store: PersonStore
    zone: str
    rings: Counter[tuple[Any, str]] = field(default_factory=Counter[tuple[Any, str]])
    asked: Counter[Any] = field(default_factory=Counter[Any])
    offers: list[Accepted] = field(default_factory=list[Accepted])
    changed: trio.Event = field(default_factory=trio.Event)


class Town:
    """All people of a world. `move_in`, then `live` until it is cancelled; `first` is day 0."""

    def __init__(self, world: World, somebodies: Sequence[Somebody], first: date) -> None:
        self.world = world
        self.first = first
        self.happened: list[Happened] = []
        self.residents: dict[str, Resident] = {}
        self._somebodies = somebodies
        self._giving = world.daemon.context.config.giving
        world.vendors.whatsapp.on_accept = self._got

    async def move_in(self) -> None:
        """Let everybody in, with what they agreed to, their slots and their wallets."""
        for who in self._somebodies:
            user_id = await self.world.add_person(
                who.phone, name=who.name, zone=who.home.zone, locale=who.home.locale, currency=who.home.currency
            )
            resident = self.residents[who.phone] = Resident(who, for_user(self.world.store, user_id), who.home.zone)
            await resident.store.write(self._settle, who)
            assert self.world.vendors.retell is not None  # noqa: S101 - a week without a phone is none
            self.world.vendors.retell.person_answers(who.phone, self._answers)

    def _settle(self, scope: Scope, who: Somebody) -> None:
        now, new_id = self.world.clock.now(), self.world.daemon.context.new_id
        people.set_phone(scope, who.phone)
        people.set_mode(scope, who.persona.by.value)
        for purpose in (Purpose.CALLS, Purpose.HEALTH):
            if purpose is not Purpose.CALLS or who.persona.by is By.VOICE:
                consents.record(scope, purpose, granted=True, proof=PROOF, now=now)
        for kind, at, days in slots_of(who):
            purpose = Purpose.CALLS if who.persona.by is By.VOICE else Purpose.MESSAGES
            call_slots.set_slot(
                scope,
                kind,
                who.persona.by,
                at,
                days,
                consent_id=call_slots.consent_of(scope, purpose),
                new_id=new_id,
                now=now,
            )
        gives = giving.minor(who.home.gives, who.home.currency)
        given = giving.wallet_of(self._giving, CHARITY, who.home.currency, amount_minor=gives)
        wallets.save(scope, given, now=now)
        onboarding.see_to_days(scope, new_id=new_id, now=now)

    async def live(self) -> None:
        """Let everybody live, for ever."""
        async with trio.open_nursery() as nursery:
            for resident in self.residents.values():
                nursery.start_soon(self._live, resident)
                nursery.start_soon(self._read, resident)

    # --- their days ----------------------------------------------------------------------------------

    async def _live(self, resident: Resident) -> None:
        lived: set[Any] = set()
        while True:
            today = self._day(resident, self.world.clock.now())
            if today.day not in lived:  # somebody who flies east over the date line has a day twice
                lived.add(today.day)
                for act in today.acts():
                    await self._do(resident, today, act)
            midnight = datetime.combine(today.day + timedelta(days=1), datetime.min.time())
            await sleep_until(self.world.clock, to_instant(midnight, resident.zone))
            await trio.lowlevel.checkpoint()

    async def _do(self, resident: Resident, today: Day, act: Act) -> None:
        at = to_instant(datetime.combine(today.day, act.at), resident.zone)
        if at < self.world.clock.now():  # the day began later for them, or they have moved over that hour
            return
        await sleep_until(self.world.clock, at)
        if act.zone:
            resident.zone = act.zone
            self._note(resident, "moves", act.zone)
            await resident.store.write(onboarding.move, act.zone, now=self.world.clock.now())
        else:
            self._note(resident, "says", act.text)
            await (self._say_aloud if act.aloud else self.world.vendors.whatsapp.person_says)(
                resident.who.phone, act.text
            )

    async def _say_aloud(self, phone: str, text: str) -> None:
        """Send a voice note in which these words are heard."""
        now = self.world.clock.now()
        audio = sample_files.ogg_opus(2 + len(text) // 20, seed=crc32(f"{phone} {now}".encode()))
        self.world.vendors.transcription.say(audio, text)
        shelf = self.world.vendors.whatsapp.media
        told = shelf.content_of("audio", shelf.put(audio, VOICE_NOTE), voice=True)
        await self.world.vendors.whatsapp.person_sends(phone, told)

    async def _read(self, resident: Resident) -> None:
        """Look at each message with something to tap, and tap it or not."""
        while True:
            while not resident.offers:
                await resident.changed.wait()
            accepted = resident.offers.pop(0)
            today = self._day(resident, accepted.at)
            options = self._options(accepted)
            resident.asked[today.day] += 1
            seconds, title = today.taps(resident.asked[today.day], list(options))
            if title:
                await sleep_until(self.world.clock, accepted.at + timedelta(seconds=seconds))
                await self._tap(resident, accepted, title, options[title])

    async def _tap(self, resident: Resident, accepted: Accepted, title: str, action: str) -> None:
        self._note(resident, "taps", title, accepted.our_id)
        if accepted.type == "template":
            content = payloads.template_tap(action, title)
        elif accepted.request["interactive"]["type"] == "list":
            content = payloads.list_tap(action, title)
        else:
            content = payloads.tap(action, title)
        await self.world.vendors.whatsapp.person_sends(resident.who.phone, content, quoted=accepted.wamid)

    def _options(self, accepted: Accepted) -> dict[str, str]:
        """Return what can be tapped in a message: each title's action."""
        if accepted.type == "template":
            return self._replies_of(accepted.request["template"])
        action: Mapping[str, Any] = accepted.request.get("interactive", {}).get("action", {})
        found = [button["reply"] for button in action.get("buttons", ())]
        found += [row for section in action.get("sections", ()) for row in section["rows"]]
        return {each["title"]: each["id"] for each in found}

    def _replies_of(self, template: Mapping[str, Any]) -> dict[str, str]:
        kept = self.world.vendors.whatsapp.templates.kept[template["name"], template["language"]["code"]]
        titles = [each["text"] for part in kept.components if part["type"] == "BUTTONS" for each in part["buttons"]]
        actions = [
            part["parameters"][0]["payload"] for part in template.get("components", ()) if part["type"] == "button"
        ]
        return dict(zip(titles, actions, strict=False))

    # --- what reaches them ---------------------------------------------------------------------------

    async def _got(self, accepted: Accepted) -> None:
        await trio.lowlevel.checkpoint()
        resident = self.residents.get(accepted.person.phone)
        if resident is None:
            return
        self._note(
            resident, "reaction" if accepted.type == "reaction" else "got", read(self.world, accepted), accepted.our_id
        )
        if accepted.type == "template" or self._options(accepted):
            resident.offers.append(accepted)
            resident.changed.set()
            resident.changed = trio.Event()

    def _answers(self, phone: str, variables: Mapping[str, str], metadata: Mapping[str, Any], at: datetime) -> Talker:
        resident, kind = self.residents[phone], variables.get("ivy_kind", "")
        today = self._day(resident, at)
        resident.rings[today.day, kind] += 1
        self._note(resident, "rings", kind, str(metadata.get(OUR_ID, "")))
        return today.answers(kind, resident.rings[today.day, kind])

    def _day(self, resident: Resident, at: datetime) -> Day:
        day = to_wall(at, resident.zone).date()
        return resident.who.on(day, (day - self.first).days)

    def _note(self, resident: Resident, what: str, text: str, ref: str = "") -> None:
        now = self.world.clock.now()
        self.happened.append(Happened(now, to_wall(now, resident.zone), resident.who.name, what, text, ref))


def read(world: World, accepted: Accepted) -> str:
    """Return what a person reads of a message; of a template, its words with the values in them."""
    if accepted.type != "template":
        return accepted.text
    template = accepted.request["template"]
    kept = world.vendors.whatsapp.templates.kept[template["name"], template["language"]["code"]]
    body = next((str(part["text"]) for part in kept.components if part["type"] == "BODY"), accepted.text)
    for part in template.get("components", ()):
        for value in part["parameters"] if part["type"] == "body" else ():
            body = body.replace(f"{{{{{value['parameter_name']}}}}}", value["text"])
    return body


def slots_of(who: Somebody) -> list[tuple[SlotKind, str, str]]:
    """Return the slots that somebody chose: kind, local time, days."""
    persona = who.persona
    slots = [(SlotKind.MORNING, persona.morning, "*"), (SlotKind.EVENING, persona.evening, "*")]
    if persona.weekly:
        slots.append((SlotKind.WEEKLY, USUAL[SlotKind.WEEKLY].at, USUAL[SlotKind.WEEKLY].days))
    return slots
