"""Appointments in the person's own calendar. May import: the store and below.

Times are the person's words, read in their zone; what was booked is said back with day, date and time.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Annotated

import msgspec

from ivy.domain.periods import Period
from ivy.domain.schedule import to_instant
from ivy.domain.taint import Touch
from ivy.domain.when import When, describe_when
from ivy.store import calendar, repeats
from ivy.store.calendar import NewEvent, Slot
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import AskAgain, Effect, ScopedRead, ScopedWrite, TurnContext, tool

MOST_AHEAD = 2000
MOST_RECURRING = 50
MOST_SHOWN = 20
LONGEST_LIST = timedelta(days=92)
USUAL_LENGTH = timedelta(hours=1)
_DAY = timedelta(days=1)
_NO_TITLE = ("What should I call it?", "¿Cómo se llama el evento?")

Words = Annotated[str, msgspec.Meta(description="Words of the event's title, as the person calls it: 'the dentist'.")]
On = Annotated[
    str,
    msgspec.Meta(description="The day the event is on now, if the person says it or several have that title."),
]
Despite = Annotated[
    bool, msgspec.Meta(description="True only after the person agreed to have two things at the same time.")
]


# --- listing -----------------------------------------------------------------------------------------


class ListEvents(msgspec.Struct, frozen=True):
    period: Annotated[
        str,
        msgspec.Meta(
            description="Day or days, in the person's words: 'tomorrow', 'next week'. Empty: the next 7 days."
        ),
    ] = ""


@tool(
    effect=Effect.READ,
    examples={
        "what's on my calendar tomorrow": {"period": "tomorrow"},
        "show my calendar for next week": {"period": "next week"},
        "what's on my agenda": {},
        "qué tengo en la agenda mañana": {"period": "mañana"},
        "qué tengo mañana": {"period": "mañana"},
        "muéstrame mi calendario de esta semana": {"period": "esta semana"},
        "qué hay en mi agenda el viernes": {"period": "el viernes"},
    },
)
def list_events(args: ListEvents, turn: TurnContext) -> ScopedRead:
    """Tell what is in the person's calendar on a day or days."""

    def read(scope: Scope) -> str:
        days = _shown_days(turn, args.period)
        first, last = days.first, days.last
        since, until = (_midnight(each, turn) for each in (first, last + _DAY))
        slots = calendar.listed(scope, since if args.period.strip() else max(since, turn.now), until)
        span = said.say_day(turn, first) + (
            "" if first == last else said.tell(turn, " to ", " a ") + said.say_day(turn, last)
        )
        if not slots:
            return said.tell(turn, f"Nothing in your calendar: {span}.", f"No hay nada en la agenda: {span}.")
        lines = [f"{said.say_day(turn, slot.starts.date())}: {_hours(slot, turn)} {slot.event.title}" for slot in slots]
        shown = "\n".join(lines[:MOST_SHOWN]) + said.say_more(turn, len(lines) - MOST_SHOWN)
        return said.tell(turn, f"Your calendar, {span}:\n{shown}", f"Agenda, {span}:\n{shown}")

    return read


def _shown_days(turn: TurnContext, words: str) -> Period:
    """Return the days to tell of: the next seven, or those that were named, up to three months of them."""
    today = said.today(turn)
    if not words.strip():
        return Period(today, today + 6 * _DAY)
    days = said.period(turn, words, future=True)
    first = today if days.is_ever else days.first
    return Period(first, min(days.last, first + LONGEST_LIST))


# --- booking -----------------------------------------------------------------------------------------


class BookEvent(msgspec.Struct, frozen=True):
    title: Annotated[str, msgspec.Meta(description="What it is, in a few words, without the time: 'dentist'.")]
    when: Annotated[
        str,
        msgspec.Meta(
            description="When, in the person's own words, with the end if they say one: 'tomorrow 2pm', 'friday 3 to 4pm',"
            " 'every monday at 7am', 'mañana a las 7'. Only a day: it lasts all day. Or YYYY-MM-DDTHH:MM."
        ),
    ]
    duration: Annotated[
        str, msgspec.Meta(description="How long, if the person says so: '90 min', '2 horas'. Empty: one hour.")
    ] = ""
    despite_conflict: Despite = False


@tool(
    effect=Effect.LOCAL,
    undo="cancel_event",
    examples={
        "book appointment tomorrow 2pm": {"title": "appointment", "when": "tomorrow 2pm"},
        "book dentist on friday at 10am": {"title": "dentist", "when": "friday at 10am"},
        "put lunch with Ana in my calendar tomorrow at 1pm": {"title": "lunch with Ana", "when": "tomorrow at 1pm"},
        "book haircut tomorrow 4pm for 30 minutes": {
            "title": "haircut", "when": "tomorrow 4pm", "duration": "30 minutes",
        },
        "schedule a meeting with Tom every monday at 9am": {"title": "meeting with Tom", "when": "every monday at 9am"},
        "agéndame cita con el odontólogo mañana a las 3 pm": {
            "title": "cita con el odontólogo", "when": "mañana a las 3 pm",
        },
        "agenda reunión con Pedro el viernes a las 8 am": {"title": "reunión con Pedro", "when": "el viernes a las 8 am"},
        "programa almuerzo con mi mamá pasado mañana a las 12:30": {
            "title": "almuerzo con mi mamá", "when": "pasado mañana a las 12:30",
        },
    },
)  # fmt: skip
def book_event(args: BookEvent, turn: TurnContext) -> ScopedWrite:
    """Put an appointment or event into the person's calendar. Fails if something else is booked then."""

    def write(scope: Scope) -> str:
        title = said.text(turn, args.title, missing=_NO_TITLE, longest=calendar.LONGEST_TITLE)
        event = _timed(turn, turn.new_id(), title, *said.span(turn, args.when), args.duration)
        return _book_once(scope, turn, event, despite=args.despite_conflict)

    return write


def _book_once(scope: Scope, turn: TurnContext, event: NewEvent, *, despite: bool = False) -> str:
    """Book an event and say so. Raises: ToolFailed if the calendar is full, or something else is booked then."""
    _check_caps(scope, turn, event)
    if turn.asks_again and not despite and repeats.is_booked(scope, event, since=turn.now - said.A_MOMENT):
        raise AskAgain(event.title)
    _check_conflicts(scope, turn, event, despite=despite or turn.again)
    slot = calendar.book(scope, event, now=turn.now)
    return said.tell(turn, f"Booked: {_full(slot, turn)}.", f"Agendado: {_full(slot, turn)}.")


def _timed(turn: TurnContext, event_id: str, title: str, start: When, end: When | None, duration: str) -> NewEvent:
    """Return the event of a time, with the end or length that was named, or the usual one."""
    length = said.duration(duration) if duration.strip() else None
    if start.all_day:
        days = 1 if length is None else max(1, -(-length // _DAY))
        if length is not None and length < _DAY:
            raise said.refuse(turn, "At what time does it start?", "¿A qué hora empieza?")
        return NewEvent(event_id, title, start.wall, start.wall + days * _DAY, turn.person.zone, True, start.repeat)
    wall = end.wall if end and length is None else start.wall + (length or USUAL_LENGTH)
    if wall <= start.wall:
        raise said.refuse(turn, "It has to end after it starts.", "Tiene que terminar después de empezar.")
    return NewEvent(event_id, title, start.wall, wall, turn.person.zone, False, start.repeat)


def _check_caps(scope: Scope, turn: TurnContext, event: NewEvent) -> None:
    ahead, recurring = calendar.counts(scope, turn.now)
    if ahead >= MOST_AHEAD or (event.cron and recurring >= MOST_RECURRING):
        raise said.refuse(
            turn,
            f"The calendar is full: {ahead} events, {recurring} of them repeat. Cancel one first.",
            f"La agenda está llena: {ahead} eventos, {recurring} se repiten. Hay que cancelar alguno primero.",
        )


def _check_conflicts(scope: Scope, turn: TurnContext, event: NewEvent, *, despite: bool) -> None:
    found = [] if despite else calendar.conflicts(scope, event)
    if found:
        others = said.say_list(turn, [_single(slot, turn) for slot in found[:2]])
        raise said.refuse(
            turn,
            f"There is already {others}. Should I book it all the same?",
            f"Ya hay algo ahí: {others}. ¿Lo agendo de todos modos?",
        )


# --- changing ----------------------------------------------------------------------------------------


class ChangeEvent(msgspec.Struct, frozen=True):
    which: Words
    when: Annotated[
        str,
        msgspec.Meta(description="The new time, in the person's words: 'friday 3pm'; just an hour keeps the day."),
    ] = ""
    title: Annotated[str, msgspec.Meta(description="The new title, only if it changes.")] = ""
    duration: Annotated[str, msgspec.Meta(description="The new length, only if it changes: '90 min'.")] = ""
    on: On = ""
    despite_conflict: Despite = False


@tool(
    effect=Effect.LOCAL,
    undo="change_event",
    examples={
        "move the dentist to tomorrow 5pm": {"which": "dentist", "when": "tomorrow 5pm"},
        "reschedule dentist to friday at 11am": {"which": "dentist", "when": "friday at 11am"},
        "rename the event dentist to checkup": {"which": "dentist", "title": "checkup"},
        "mueve la reunión para mañana a las 4 pm": {"which": "reunión", "when": "mañana a las 4 pm"},
        "cambia la cita de reunión al viernes a las 10 am": {"which": "reunión", "when": "viernes a las 10 am"},
    },
)
def change_event(args: ChangeEvent, turn: TurnContext) -> ScopedWrite:
    """Move, rename, shorten or lengthen an event that is in the person's calendar."""

    def write(scope: Scope) -> str:
        event = _find(scope, turn, args.which, args.on)
        changed = _moved(turn, event, args)
        if args.title.strip():
            changed = replace(changed, title=said.text(turn, args.title, missing=_NO_TITLE))
        if changed == event:
            raise said.refuse(turn, "What should change: the time or the title?", "¿Qué cambio: la hora o el título?")
        if changed.cron and not event.cron:
            _check_caps(scope, turn, changed)
        if (changed.starts, changed.ends, changed.cron) != (event.starts, event.ends, event.cron):
            _check_conflicts(scope, turn, changed, despite=args.despite_conflict)
        slot = calendar.update(scope, changed)
        return said.tell(turn, f"Changed: {_full(slot, turn)}.", f"Cambiado: {_full(slot, turn)}.")

    return write


def _moved(turn: TurnContext, event: NewEvent, args: ChangeEvent) -> NewEvent:
    """Return the event at the time that was said; what was not said of it stays."""
    length = event.ends - event.starts
    if not args.when.strip():
        if not args.duration.strip():
            return event
        length = said.duration(args.duration)
        return replace(event, ends=event.starts + (max(1, -(-length // _DAY)) * _DAY if event.all_day else length))
    start, end = said.span_moving(turn, args.when, event.starts.date())
    if event.cron and not start.repeat:
        cron = said.rhythm_at(turn, event.cron, args.when)
        start = replace(start, wall=datetime.combine(event.starts.date(), start.wall.time()), repeat=cron)
    if start.all_day and not event.all_day:
        wall = datetime.combine(start.day, event.starts.time())
        if to_instant(wall, event.zone) <= turn.now:
            raise said.refuse(turn, "That time has passed. At what time?", "Esa hora ya pasó. ¿A qué hora?")
        start = replace(start, wall=wall, all_day=False)
    moved = _timed(turn, event.id, event.title, start, end, args.duration)
    if end is None and not args.duration.strip() and event.all_day == start.all_day:
        moved = replace(moved, ends=moved.starts + length)
    return moved


class CancelEvent(msgspec.Struct, frozen=True):
    which: Words
    on: On = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.DELETES,
    undo="book_event",
    examples={
        "cancel the dentist": {"which": "dentist"},
        "cancel my dentist appointment": {"which": "dentist"},
        "delete the dentist from my calendar": {"which": "dentist"},
        "cancela la reunión": {"which": "reunión"},
        "cancélame la cita de reunión": {"which": "reunión"},
        "borra reunión de mi agenda": {"which": "reunión"},
    },
)
def cancel_event(args: CancelEvent, turn: TurnContext) -> ScopedWrite:
    """Take an event off the person's calendar; of one that repeats, all its dates."""

    def write(scope: Scope) -> str:
        event = _find(scope, turn, args.which, args.on)
        calendar.cancel(scope, event.id)
        full = _full(calendar.first_slot(event), turn)
        return said.tell(turn, f"Cancelled: {full}.", f"Cancelado: {full}.")

    return write


def _find(scope: Scope, turn: TurnContext, which: str, on: str) -> NewEvent:
    slots = calendar.upcoming(scope, turn.now)
    if on.strip():
        day = said.day(turn, on, future=True)
        since = _midnight(day, turn)
        slots = [slot for slot in calendar.listed(scope, since, since + _DAY) if slot.ends_at > turn.now]
    return said.pick(
        turn,
        which,
        slots,
        names=lambda slot: slot.event.title,
        shows=lambda slot: _single(slot, turn),
        id_of=lambda slot: slot.event.id,
        none=("There is nothing like that in your calendar.", "No hay nada así en la agenda."),
    ).event


# --- saying it back --------------------------------------------------------------------------------


def _midnight(day: date, turn: TurnContext) -> datetime:
    return to_instant(datetime.combine(day, time()), turn.person.zone)


def _hours(slot: Slot, turn: TurnContext) -> str:
    """Say from when to when: "2:00 pm to 3:00 pm", "all day"."""
    if slot.event.all_day:
        return said.tell(turn, "all day", "todo el día")
    ends = said.say_clock(turn, slot.ends)
    if slot.ends.date() != slot.starts.date():
        ends = f"{said.say_day(turn, slot.ends.date())}, {ends}"
    return said.say_clock(turn, slot.starts) + said.tell(turn, " to ", " a ") + ends


def _single(slot: Slot, turn: TurnContext) -> str:
    """Say one occurrence: "dentist, Tue 24 Nov, 2:00 pm to 3:00 pm"."""
    day = said.say_day(turn, slot.starts.date())
    last = (slot.ends - timedelta(seconds=1)).date()
    if slot.event.all_day and last != slot.starts.date():
        day += said.tell(turn, " to ", " a ") + said.say_day(turn, last)
    return f"{slot.event.title}, {day}, {_hours(slot, turn)}"


def _full(slot: Slot, turn: TurnContext) -> str:
    """Say an event: of one that repeats its rhythm, its length and its first date."""
    if not slot.event.cron:
        return _single(slot, turn)
    rhythm = describe_when(When(slot.starts, slot.starts_at, slot.event.all_day, slot.event.cron), turn.person.locale)
    first = said.say_day(turn, slot.starts.date())
    until = said.say_clock(turn, slot.ends)
    return said.tell(
        turn,
        f"{slot.event.title}, {rhythm} to {until}, first on {first}",
        f"{slot.event.title}, {rhythm} a {until}, desde el {first}",
    )


TOOLS = (list_events, book_event, change_event, cancel_event)
