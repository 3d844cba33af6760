"""Reminders at a time, once or again and again. May import: the store and below.

A reminder comes at the person's wall clock, wherever they are then; "when I get home" is no time, and is refused as that.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Annotated

import msgspec

from ivy.domain.plain_words import words_of
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.taint import Touch
from ivy.domain.when import When, describe_when
from ivy.errors import ToolFailed
from ivy.store import reminders, repeats
from ivy.store.reminders import Reminder, Timing
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import AskAgain, Effect, ScopedRead, ScopedWrite, TurnContext, tool

MOST_WAITING = 200
MOST_SHOWN = 20
USUAL_HOUR = time(9)
"""When a reminder for a day comes if no hour is named."""
USUAL_SNOOZE = "10 minutes"
STILL_RINGING = timedelta(hours=24)
_NO_TIME = re.compile(
    r"(?:when|whenever|once|if|as soon as|until|unless|after|before|while"
    r"|cuando|si|apenas|en cuanto|tan pronto|al|hasta que|despues de|antes de|mientras)\b(?!.*\d)"
)

Which = Annotated[
    str, msgspec.Meta(description="Words of the reminder's text, as the person calls it: 'the call John one'.")
]
When_ = Annotated[
    str,
    msgspec.Meta(
        description="When, in the person's own words: 'at 9am', 'tomorrow at 7', 'in 20 minutes', 'every monday at 8am',"
        " 'mañana a las 7', 'en media hora'. Or YYYY-MM-DDTHH:MM."
    ),
]


# --- setting and listing -----------------------------------------------------------------------------


class SetReminder(msgspec.Struct, frozen=True):
    text: Annotated[str, msgspec.Meta(description="What to remind them of, without the time: 'call John'.")]
    when: When_


@tool(
    effect=Effect.LOCAL,
    undo="delete_reminder",
    examples={
        "remind me at 9am to call John": {"when": "9am", "text": "call John"},
        "remind me tomorrow at 7pm to water the plants": {"when": "tomorrow at 7pm", "text": "water the plants"},
        "remind me in 20 minutes to check the oven": {"when": "in 20 minutes", "text": "check the oven"},
        "remind me every day at 8am to take my vitamins": {"when": "every day at 8am", "text": "take my vitamins"},
        "recuérdame mañana a las 7 am llamar a Juan": {"when": "mañana a las 7 am", "text": "llamar a Juan"},
        "recuérdame a las 9 pm sacar la basura": {"when": "a las 9 pm", "text": "sacar la basura"},
        "recuérdame en 15 minutos apagar el horno": {"when": "en 15 minutos", "text": "apagar el horno"},
        "recuérdame cada lunes a las 8 am pagar el arriendo": {
            "when": "cada lunes a las 8 am",
            "text": "pagar el arriendo",
        },
    },
)
def set_reminder(args: SetReminder, turn: TurnContext) -> ScopedWrite:
    """Send the person a message at a time, once or repeatedly. Only times work, not events such as 'when I get home'."""

    def write(scope: Scope) -> str:
        text = said.text(turn, args.text, missing=("What should I remind you of?", "¿Qué recuerdo?"))
        timing = _timing(turn, _time(turn, args.when))
        if reminders.count(scope) >= MOST_WAITING:
            raise said.refuse(
                turn,
                f"There are {MOST_WAITING} reminders waiting already. Delete one first.",
                f"Ya hay {MOST_WAITING} recordatorios pendientes. Borra alguno primero.",
            )
        if turn.asks_again and (before := repeats.set_before(scope, text, timing)) is not None:
            return _set_already(scope, turn, text, *before)
        made = reminders.add(scope, turn.new_id(), text, timing, now=turn.now)
        return said.tell(turn, f"I'll remind you: {_say(made, turn)}.", f"Anotado, lo recuerdo: {_say(made, turn)}.")

    return write


def _set_already(scope: Scope, turn: TurnContext, text: str, reminder_id: str, at: datetime) -> str:
    """Say that the very same waits: whoever asks for it on another day wants it once. Raises: AskAgain."""
    there = reminders.load(scope, reminder_id)
    if there is None or at >= turn.now - said.A_MOMENT:
        raise AskAgain(text)
    return said.tell(turn, f"It is set already: {_say(there, turn)}.", f"Ya está puesto: {_say(there, turn)}.")


class ListReminders(msgspec.Struct, frozen=True):
    period: Annotated[
        str, msgspec.Meta(description="Only those of a day or days, in the person's words: 'today'. Empty: all.")
    ] = ""


@tool(
    effect=Effect.READ,
    examples={
        "what reminders do I have": {},
        "list my reminders": {},
        "show my reminders for tomorrow": {"period": "tomorrow"},
        "qué recordatorios tengo": {},
        "muéstrame mis recordatorios de mañana": {"period": "mañana"},
    },
)
def list_reminders(args: ListReminders, turn: TurnContext) -> ScopedRead:
    """Tell which reminders are waiting."""

    def read(scope: Scope) -> str:
        found = reminders.waiting(scope)
        if args.period.strip():
            days = said.period(turn, args.period, future=True)
            found = [each for each in found if days.first <= _wall(each, turn).date() <= days.last]
        if not found:
            return said.tell(turn, "No reminders are waiting.", "No hay recordatorios pendientes.")
        lines = "\n".join(_say(each, turn) for each in found[:MOST_SHOWN])
        more = said.say_more(turn, len(found) - MOST_SHOWN)
        return said.tell(turn, f"Your reminders:\n{lines}{more}", f"Recordatorios:\n{lines}{more}")

    return read


# --- changing ----------------------------------------------------------------------------------------


class ChangeReminder(msgspec.Struct, frozen=True):
    which: Which
    when: Annotated[
        str,
        msgspec.Meta(description="The new time, in the person's words: 'tomorrow at 8'; just an hour keeps the day."),
    ] = ""
    text: Annotated[str, msgspec.Meta(description="The new text, only if it changes.")] = ""
    at: Annotated[str, msgspec.Meta(description="Its time now, if several have the same text.")] = ""


@tool(
    effect=Effect.LOCAL,
    undo="change_reminder",
    examples={
        "change the reminder call John to 10am": {"which": "call John", "when": "10am"},
        "move my call John reminder to tomorrow at 5pm": {"which": "call John", "when": "tomorrow at 5pm"},
        "change the text of the reminder call John to call Maria": {"which": "call John", "text": "call Maria"},
        "cambia el recordatorio de sacar la basura a las 10 pm": {"which": "sacar la basura", "when": "a las 10 pm"},
        "pasa el recordatorio de sacar la basura para mañana a las 8 am": {
            "which": "sacar la basura", "when": "mañana a las 8 am",
        },
    },
)  # fmt: skip
def change_reminder(args: ChangeReminder, turn: TurnContext) -> ScopedWrite:
    """Give a waiting reminder another time or another text."""

    def write(scope: Scope) -> str:
        reminder = _find(turn, args.which, reminders.waiting(scope), at=args.at)
        if not args.when.strip() and not args.text.strip():
            raise said.refuse(turn, "What should change: the time or the text?", "¿Qué cambio: la hora o el texto?")
        if args.text.strip():
            text = said.text(turn, args.text, missing=("What should it say?", "¿Qué debe decir?"))
            reminders.reword(scope, reminder.id, text)
        if args.when.strip():
            reminders.retime(scope, reminder.id, _new_timing(turn, reminder, args.when), now=turn.now)
        changed = reminders.load(scope, reminder.id) or reminder
        return said.tell(turn, f"Changed: {_say(changed, turn)}.", f"Cambiado: {_say(changed, turn)}.")

    return write


def _new_timing(turn: TurnContext, reminder: Reminder, words: str) -> Timing:
    """Return the new time: an hour alone keeps the day, or of one that repeats its rhythm."""
    if said.hour_alone(turn, words) is None:
        return _timing(turn, _time(turn, words, usual=_wall(reminder, turn).time()))
    if reminder.cron:
        return Timing(turn.new_id(), turn.person.zone, cron=said.rhythm_at(turn, reminder.cron, words))
    day = max(_wall(reminder, turn).date(), said.today(turn))
    try:
        return _timing(turn, said.span_moving(turn, words, day)[0])
    except ToolFailed:  # that hour of the day has passed: its next one
        return _timing(turn, said.when(turn, words))


class DeleteReminder(msgspec.Struct, frozen=True):
    which: Which
    at: Annotated[str, msgspec.Meta(description="Its time, if several have the same text.")] = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.DELETES,
    undo="set_reminder",
    examples={
        "delete the reminder call John": {"which": "call John"},
        "cancel my reminder to call John": {"which": "call John"},
        "forget the call John reminder": {"which": "call John"},
        "borra el recordatorio de sacar la basura": {"which": "sacar la basura"},
        "quita el recordatorio de sacar la basura": {"which": "sacar la basura"},
    },
)
def delete_reminder(args: DeleteReminder, turn: TurnContext) -> ScopedWrite:
    """Delete a waiting reminder; one that repeats comes no more."""

    def write(scope: Scope) -> str:
        reminder = _find(turn, args.which, reminders.waiting(scope), at=args.at)
        reminders.delete(scope, reminder.id)
        return said.tell(turn, f"Deleted: {_say(reminder, turn)}.", f"Borrado: {_say(reminder, turn)}.")

    return write


class SnoozeReminder(msgspec.Struct, frozen=True):
    until: Annotated[
        str,
        msgspec.Meta(
            description="How long, or until when: '10 minutes', 'tomorrow at 8', 'media hora'. Empty: 10 minutes."
        ),
    ] = ""
    which: Annotated[str, msgspec.Meta(description="Words of the reminder's text. Empty: the one that came last.")] = ""


@tool(
    effect=Effect.LOCAL,
    undo="change_reminder",
    examples={
        "snooze 10 minutes": {"until": "10 minutes"},
        "snooze it for half an hour": {"until": "half an hour"},
        "snooze call John until 5pm": {"which": "call John", "until": "5pm"},
        "posponlo 15 minutos": {"until": "15 minutos"},
        "aplázalo hasta las 8 pm": {"until": "las 8 pm"},
        "pospón sacar la basura una hora": {"which": "sacar la basura", "until": "una hora"},
    },
)
def snooze_reminder(args: SnoozeReminder, turn: TurnContext) -> ScopedWrite:
    """Let a reminder come again a little later; the rhythm of one that repeats stays as it is."""

    def write(scope: Scope) -> str:
        rang = reminders.fired_since(scope, turn.now - STILL_RINGING)
        if args.which.strip():
            waiting = reminders.waiting(scope)
            known = {each.id for each in waiting}
            reminder = _find(turn, args.which, [*waiting, *(each for each in rang if each.id not in known)])
        elif rang:
            reminder = rang[0]
        else:
            reminder = _find(turn, "", reminders.waiting(scope))
        timing = _timing(turn, _later(turn, args.until.strip() or USUAL_SNOOZE))
        if reminder.cron and reminders.count(scope) >= MOST_WAITING:
            raise said.refuse(turn, "Too many reminders are waiting.", "Hay demasiados recordatorios pendientes.")
        again = reminders.snooze(scope, reminder, timing, new_id=turn.new_id(), now=turn.now)
        return said.tell(turn, f"Snoozed: {_say(again, turn)}.", f"Pospuesto: {_say(again, turn)}.")

    return write


def _later(turn: TurnContext, words: str) -> When:
    """Read "10 minutes" as from now, and all else as a time."""
    try:
        at = turn.now.replace(microsecond=0) + said.duration(words)
    except ToolFailed:
        return _time(turn, re.sub(r"^\s*(?:until|till|hasta)\s+", "", words))
    return When(to_wall(at, turn.person.zone), at)


# --- times -------------------------------------------------------------------------------------------


def _time(turn: TurnContext, words: str, *, usual: time = USUAL_HOUR) -> When:
    """Read a time to come; a day alone is at its usual hour. Raises: ToolFailed, which says so if it is no time at all."""
    try:
        when = said.when(turn, words)
    except ToolFailed:
        if _NO_TIME.match(" ".join(words_of(words))):
            raise said.refuse(
                turn,
                "I can remind you at a time, but I can't notice when something happens. At what day and time should it be?",
                "Puedo recordar algo a una hora, pero no puedo notar cuándo pasa. ¿Qué día y a qué hora lo recuerdo?",
            ) from None
        raise
    if not when.all_day or when.repeat:
        return when
    wall = datetime.combine(when.day, usual)
    at = to_instant(wall, turn.person.zone)
    if at <= turn.now:
        raise said.refuse(turn, "At what time?", "¿A qué hora?")
    return replace(when, wall=wall, instant=at, all_day=False)


def _timing(turn: TurnContext, when: When) -> Timing:
    """Return the schedule of a time: the wall clock is the intent, unless the clock shows that hour twice."""
    zone = turn.person.zone
    if not when.repeat and to_instant(when.wall, zone) != when.instant:
        return Timing(turn.new_id(), "UTC", wall=to_wall(when.instant, "UTC"))
    return Timing(turn.new_id(), zone, wall=when.wall, cron=when.repeat)


def _wall(reminder: Reminder, turn: TurnContext) -> datetime:
    return to_wall(reminder.at, turn.person.zone) if reminder.at else reminder.wall


def _find(turn: TurnContext, which: str, among: Sequence[Reminder], *, at: str = "") -> Reminder:
    if at.strip() and len(among) > 1:
        among = [each for each in among if _is_at(turn, each, at)] or among
    return said.pick(
        turn,
        which,
        among,
        names=lambda each: each.text,
        shows=lambda each: f"{each.text} ({_say_when(each, turn)})",
        id_of=lambda each: each.id,
        none=("No reminders are waiting.", "No hay recordatorios pendientes."),
    )


def _is_at(turn: TurnContext, reminder: Reminder, words: str) -> bool:
    """Say whether a reminder's next time fits the words, by its hour, its day, or both."""
    wall = _wall(reminder, turn)
    hour = said.hour_alone(turn, words)
    if hour is not None:
        return wall.time() == hour
    when = said.when(turn, words)
    return wall.date() == when.day if when.all_day else wall == when.wall


def _say_when(reminder: Reminder, turn: TurnContext) -> str:
    wall = _wall(reminder, turn)
    if reminder.cron:
        return describe_when(When(wall, reminder.at or turn.now, repeat=reminder.cron), turn.person.locale)
    return f"{said.say_day(turn, wall.date())}, {said.say_clock(turn, wall)}"


def _say(reminder: Reminder, turn: TurnContext) -> str:
    return f"{reminder.text}, {_say_when(reminder, turn)}"


TOOLS = (set_reminder, list_reminders, change_reminder, delete_reminder, snooze_reminder)
