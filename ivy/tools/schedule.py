"""When and how Ivy contacts the person, and where they live: theirs to change at any moment. May import: the store and below.

Each change is instant, the easier ones too unless they locked their plan. Their words are the consent that a slot stands on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from ivy.domain import places
from ivy.domain.cadence import Booked
from ivy.domain.consent import Purpose
from ivy.domain.contact_said import days_of, read_wish
from ivy.domain.easing import CONTACT, Part
from ivy.domain.schedule import to_wall
from ivy.domain.slots import USUAL, By, Mode, SlotKind, by_of
from ivy.domain.taint import Touch
from ivy.domain.when import When, describe_clock, describe_day, describe_when
from ivy.store import call_slots, consents, counting, nudges, people, reviews
from ivy.store.call_slots import Slot
from ivy.store.onboarding import move
from ivy.store.scope import Scope
from ivy.tools import call_room, contact_facts, easing, said
from ivy.tools.registry import Effect, ScopedRead, ScopedWrite, TurnContext, tool

_LATE = "15:00"
"""A daily contact at this local time or later is the one of the evening."""
_NAMES = {
    SlotKind.MORNING: ("morning", "mañana"),
    SlotKind.EVENING: ("evening", "noche"),
    SlotKind.WEEKLY: ("week", "semana"),
    SlotKind.MONTHLY: ("month", "mes"),
}
_BY = {By.VOICE: ("by phone", "por teléfono"), By.TEXT: ("in writing", "por escrito")}
_WRITTEN = (
    " I can't phone anybody from here at the moment, so I write at those times.",
    " Por ahora desde aquí no hay llamadas: a esas horas escribo.",
)
_NO_PLACE = ("Which city is that, or near which big one?", "¿Qué ciudad es, o cerca de cuál grande?")


class ChangeContactTime(msgspec.Struct, frozen=True):
    when: Annotated[
        str, msgspec.Meta(description="When, in their words: '6:30 am', 'weekdays at 7', 'en la noche a las 8'.")
    ]
    which: Annotated[
        Literal["daily", "morning", "evening", "weekly", "monthly"],
        msgspec.Meta(
            description="daily: morning or evening, by its time; weekly and monthly: planning the week, the month."
        ),
    ] = "daily"
    by: Annotated[
        Literal["as_now", "voice", "text"],
        msgspec.Meta(description="voice if they ask to be called, text if written to."),
    ] = "as_now"
    instead: Annotated[
        bool, msgspec.Meta(description="True if it takes the place of their other daily contact, as 'rather' says.")
    ] = False


@tool(
    effect=Effect.LOCAL,
    touch=Touch.CONTACT,
    undo="change_contact_time",
    examples={
        "from now on call me every day at 6:30 am": {"when": "6:30 am", "by": "voice"},
        "move our morning contact to 7:15 am": {"when": "7:15 am", "which": "morning"},
        "let's plan the week on saturday at 10 am": {"when": "saturday at 10 am", "which": "weekly"},
        "I would rather talk in the evening at 8 pm": {"when": "8 pm", "which": "evening", "instead": True},
        "desde mañana llámame cada día a las 6:30 am": {"when": "6:30 am", "by": "voice"},
        "pasa el contacto de cada mañana a las 7:15 am": {"when": "7:15 am", "which": "morning"},
        "prefiero hablar cada noche a las 8 pm": {"when": "8 pm", "which": "evening", "instead": True},
    },
)
def change_contact_time(args: ChangeContactTime, turn: TurnContext) -> ScopedWrite:
    """Change when you contact the person every day, week or month. Not for one call now, nor for reminders."""

    def write(scope: Scope) -> str:
        def change() -> str:
            slot, told = move_contact(scope, args, turn)
            contact_facts.learn(scope, turn, slot)
            return told

        about = frozenset[Part]() if args.which in ("weekly", "monthly") else CONTACT
        return easing.or_later(scope, turn, "change_contact_time", args, about, change)

    return write


def move_contact(scope: Scope, args: ChangeContactTime, turn: TurnContext) -> tuple[Slot, str]:
    """Move a contact, or begin one; return its slot and what is said of it. Raises: ToolFailed."""
    is_late = args.which in ("evening", "weekly", "monthly")
    wish = read_wish(said.shown(args.when), turn.person.locale, evening=is_late)
    if not wish.at:
        raise said.refuse(turn, "At what time? Say it such as '6:30 am'.", "¿A qué hora? Por ejemplo «6:30 am».")
    daily = SlotKind.EVENING if wish.at >= _LATE else SlotKind.MORNING
    kind = daily if args.which == "daily" else SlotKind(args.which)
    before = call_slots.of_kind(scope, kind)
    mode = Mode(people.load(scope).mode)
    by = By(args.by) if args.by != "as_now" else before.by if before else by_of(mode, kind)
    days = USUAL[kind].days if kind is SlotKind.MONTHLY else days_of(kind, wish)
    if args.instead and kind in (SlotKind.MORNING, SlotKind.EVENING):
        call_slots.off(scope, SlotKind.MORNING if kind is SlotKind.EVENING else SlotKind.EVENING, now=turn.now)
    slot = _set(scope, turn, kind, by, wish.at, days, words=args.when)
    done = said.tell(turn, f"Done: {_full(turn, slot)}.", f"Hecho: {_full(turn, slot)}.")
    return slot, done + _instead(turn, by is By.VOICE)


class ChangeContactWay(msgspec.Struct, frozen=True):
    way: Annotated[
        Literal["voice", "text", "mixed"],
        msgspec.Meta(description="voice: calls; text: messages; mixed: calls in the morning, messages in the evening."),
    ]


@tool(
    effect=Effect.LOCAL,
    touch=Touch.CONTACT,
    undo="change_contact_way",
    examples={
        "contact me by text only from now on": {"way": "text"},
        "write to me instead of calling": {"way": "text"},
        "I'd like calls rather than texts": {"way": "voice"},
        "use both calls and texts with me": {"way": "mixed"},
        "desde hoy escríbeme en vez de llamarme": {"way": "text"},
        "desde hoy prefiero llamadas": {"way": "voice"},
    },
)
def change_contact_way(args: ChangeContactWay, turn: TurnContext) -> ScopedWrite:
    """Change whether you call the person, write to them, or both, at all the times they chose."""

    def write(scope: Scope) -> str:
        return easing.or_later(scope, turn, "change_contact_way", args, CONTACT, lambda: change(scope))

    def change(scope: Scope) -> str:
        wanted = Mode(args.way)
        mode = wanted if turn.phones else Mode.TEXT
        if mode is not Mode.TEXT:
            call_room.check_number(scope, turn)
        people.set_mode(scope, mode.value)
        changed = [
            _set(
                scope,
                turn,
                slot.kind,
                by_of(mode, slot.kind),
                slot.at,
                slot.days,
                words=args.way,
            )
            for slot in call_slots.of(scope)
        ]
        instead = _instead(turn, wanted is not Mode.TEXT)
        if not changed:
            noted = said.tell(turn, "Noted. Nothing is booked so far.", "Anotado. Por ahora no hay nada agendado.")
            return noted + instead
        return said.tell(turn, "Done: ", "Hecho: ") + "; ".join(_full(turn, slot) for slot in changed) + "." + instead

    return write


def arrange(scope: Scope, turn: TurnContext, wanted: Sequence[Booked], *, words: str) -> str:
    """Set several contacts at once, as somebody chose with these words; return what is said of them. Raises: ToolFailed."""
    changed: list[Slot] = []
    for each in wanted:
        changed.append(_set(scope, turn, each.kind, each.by, each.at, each.days, words=words))
    for slot in changed:
        contact_facts.learn(scope, turn, slot)
    return said.tell(turn, "Done: ", "Hecho: ") + "; ".join(_full(turn, slot) for slot in changed) + "."


class ShowSchedule(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.READ,
    examples={
        "show my contact times": {},
        "which contact times are booked": {},
        "qué contactos tengo agendados contigo": {},
        "qué horas de contacto tengo agendadas": {},
    },
)
def show_schedule(args: ShowSchedule, turn: TurnContext) -> ScopedRead:  # noqa: ARG001 - tools have their arguments
    """Tell when and how you contact the person."""

    def read(scope: Scope) -> str:
        slots = call_slots.of(scope)
        if not slots:
            return said.tell(
                turn,
                "Nothing is booked. Say when it should be, such as 'call me every day at 7 am'.",
                "No hay nada agendado. ¿Cuándo? Por ejemplo «llámame cada día a las 7 am».",
            )
        lines = [f"- {_full(turn, slot)}" for slot in slots]
        if people.load(scope).status == "paused":
            lines.append(said.tell(turn, "All of it is paused.", "Todo está en pausa."))
        return "\n".join(lines)

    return read


class PauseContacts(msgspec.Struct, frozen=True):
    until: Annotated[str, msgspec.Meta(description="Until when, if they say so: 'friday', 'el lunes'.")] = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.CONTACT,
    undo="resume_contacts",
    examples={
        "pause all your contacts": {},
        "take a break from contacting me until friday": {"until": "friday"},
        "pausa los contactos desde hoy": {},
        "pausa los contactos desde hoy hasta el viernes": {"until": "viernes"},
    },
)
def pause_contacts(args: PauseContacts, turn: TurnContext) -> ScopedWrite:
    """Begin nothing with the person until they say so or until a day. Their reminders still come, and you answer them."""

    def write(scope: Scope) -> str:
        _check_not_stopped(scope, turn)
        if not args.until.strip():
            people.set_status(scope, "paused")
            return said.tell(
                turn,
                "Okay, I begin nothing until you say resume. Your reminders still come. Write whenever you like; I answer.",
                "Vale, no empiezo nada hasta nuevo aviso. Los recordatorios siguen llegando, y a lo que llegue respondo siempre.",
            )
        until = said.when(turn, args.until)
        if until.repeat or until.instant <= turn.now:
            raise said.refuse(
                turn, "Until which day? Name one to come.", "¿Hasta qué día? Tiene que ser uno que venga."
            )
        people.suspend(scope, until.instant)
        back = (
            describe_day(until.day, turn.person.locale) if until.all_day else describe_when(until, turn.person.locale)
        )
        return said.tell(
            turn,
            f"Okay, I'm quiet until {back}; your reminders still come.",
            f"Vale, me quedo en silencio hasta el {back}; los recordatorios siguen llegando.",
        )

    return write


class ResumeContacts(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.LOCAL,
    touch=Touch.CONTACT,
    undo="pause_contacts",
    examples={
        "resume your contacts": {},
        "you may contact me again": {},
        "retoma los contactos desde hoy": {},
        "desde mañana puedes contactarme otra vez": {},
    },
)
def resume_contacts(args: ResumeContacts, turn: TurnContext) -> ScopedWrite:  # noqa: ARG001 - tools have their arguments
    """End a pause: contact the person at the times they chose."""

    def write(scope: Scope) -> str:
        _check_not_stopped(scope, turn)
        people.set_status(scope, "active")
        people.suspend(scope, None)
        reviews.end_care(scope)
        coming = min((slot.next_at for slot in call_slots.of(scope) if slot.next_at), default=None)
        if coming is None:
            return said.tell(turn, "Good, I'm here again.", "Bien, aquí estoy otra vez.")
        at = _moment(turn, coming)
        return said.tell(turn, f"Good. The next time is {at}.", f"Bien. La próxima vez es {at}.")

    return write


class ChangeZone(msgspec.Struct, frozen=True):
    place: Annotated[
        str, msgspec.Meta(description="The city or the country they are in: 'Madrid', 'Ciudad de México'.")
    ]


@tool(
    effect=Effect.LOCAL,
    touch=Touch.CONTACT,
    undo="change_zone",
    examples={
        "I'm in Madrid now": {"place": "Madrid"},
        "change my time zone to Lisbon": {"place": "Lisbon"},
        "desde hoy estoy en Bogotá": {"place": "Bogotá"},
        "cambia mi zona horaria a Lima": {"place": "Lima"},
    },
)
def change_zone(args: ChangeZone, turn: TurnContext) -> ScopedWrite:
    """Let the person live by the time of another place: what is daily keeps its time of day. Only when they say where they are."""

    def write(scope: Scope) -> str:
        found = places.zones_named(said.shown(args.place))
        if not found:
            raise said.refuse(turn, *_NO_PLACE)
        clocks = places.places(found, turn.now, turn.person.locale)
        if len(clocks) > 1:
            names = said.say_list(
                turn, [f"{each.name} ({each.clock})" for each in clocks[: said.MOST_NAMED]], ("or", "o")
            )
            raise said.refuse(turn, f"Which clock is yours: {names}?", f"¿Cuál es el reloj de ahí: {names}?")
        move(scope, found[0], now=turn.now)
        clock, name = clocks[0].clock, clocks[0].name
        done = said.tell(
            turn,
            f"Your time is now that of {name}, where it is {clock}. Daily things keep their time of day.",
            f"La hora es ahora la de {name}, donde el reloj marca {clock}. Lo diario sigue a su hora.",
        )
        money = counting.follow(scope, found[0])
        return f"{done} {said.tell(turn, 'I count money in', 'El dinero lo cuento en')} {money}." if money else done

    return write


# --- what they share ---------------------------------------------------------------------------------


def _set(scope: Scope, turn: TurnContext, kind: SlotKind, by: By, at: str, days: str, *, words: str) -> Slot:
    """Keep a slot together with the word that chose it. Raises: ToolFailed for a call without a number or minutes."""
    by = by if turn.phones else By.TEXT
    if by is By.VOICE:
        call_room.check_number(scope, turn)
    purpose = Purpose.CALLS if by is By.VOICE else Purpose.MESSAGES
    at_utc = turn.now.isoformat(timespec="seconds")
    told = said.shown(words)
    proof = f"the person, by {turn.source}, {at_utc}: {kind.value} {by.value} {told!r} (turn {turn.turn_id}, trace {turn.trace_id})"
    consents.record(scope, purpose, granted=True, proof=proof, now=turn.now)
    consent_id = call_slots.consent_of(scope, purpose)
    before = call_room.needed(scope, turn)
    nudge = nudges.call_minutes(scope) if by is By.VOICE else 0  # a text needs none before it
    slot = call_slots.set_slot(
        scope, kind, by, at, days, consent_id=consent_id, nudge_minutes=nudge, new_id=turn.new_id, now=turn.now
    )
    if by is By.VOICE:
        call_room.check(scope, turn, before=before)
    return slot


def _instead(turn: TurnContext, wants_calls: bool) -> str:
    """Say that what they want as a call is a text, where nobody is phoned."""
    return said.tell(turn, *_WRITTEN) if wants_calls and not turn.phones else ""


def _check_not_stopped(scope: Scope, turn: TurnContext) -> None:
    if people.load(scope).status == "stopped":
        raise said.refuse(
            turn, "You said stop. Write START if you want me back.", "Eso está parado. Con la palabra ALTA vuelvo."
        )


def _full(turn: TurnContext, slot: Slot) -> str:
    """Say a slot: "morning, by phone: every day, 7:00 am; next Tue 24 Nov"."""
    language = turn.person.language == "es"
    wall = slot.wall or to_wall(turn.now, turn.person.zone)
    rhythm = describe_when(When(wall, slot.next_at or turn.now, repeat=slot.cron), turn.person.locale)
    following = said.tell(turn, "next", "la próxima")
    return (
        f"{_NAMES[slot.kind][language]}, {_BY[slot.by][language]}: {rhythm}; {following} "
        f"{describe_day(wall.date(), turn.person.locale)}"
    )


def _moment(turn: TurnContext, at: datetime) -> str:
    wall = to_wall(at, turn.person.zone)
    return f"{describe_day(wall.date(), turn.person.locale)}, {describe_clock(wall.time(), turn.person.locale)}"


TOOLS = (change_contact_time, change_contact_way, show_schedule, pause_contacts, resume_contacts, change_zone)
