"""Being phoned when one wants it. May import: the store and below.

Nothing is dialled here: a call is asked for, and the rule decides at the moment of dialling.
"""

from datetime import timedelta
from typing import Annotated

import msgspec

from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.taint import Touch
from ivy.domain.when import describe_clock
from ivy.store import calls, consents, messages, switches, workouts
from ivy.store.calls import Call
from ivy.store.scope import Scope
from ivy.tools import call_room, said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool

AHEAD = timedelta(days=7)
NOW_LASTS = timedelta(minutes=20)
"""A wish for a call "now" that is heard later than this, after an outage, is asked about instead."""
NOON, EVENING = 12, 17
_A_HUMAN_FIRST = (
    "I can't phone just now, because a human of the team looks first. I'm here in writing.",
    "Ahora no puedo llamar, porque primero mira una persona del equipo. Aquí sigo, por escrito.",
)
_NO_NUMBER = (
    "I have no number of theirs yet. Ask them to send it with the country code, such as +1 202 555 0143.",
    "Todavía no tengo su número. Pídele que lo mande con el código de país, por ejemplo +57 300 123 4567.",
)


class CallMe(msgspec.Struct, frozen=True):
    when: Annotated[
        str, msgspec.Meta(description="When, in their words: 'at 6pm', 'in an hour', 'mañana a las 7'. Empty: now.")
    ] = ""


@tool(
    effect=Effect.CALLS,
    touch=Touch.CONTACT,
    asked_by=("call", "phone", "ring", "llam", "telefon", "marca"),
    voice=False,
    examples={
        "call me": {},
        "call me now": {},
        "can you call me": {},
        "call me at 6pm": {"when": "6pm"},
        "call me in an hour": {"when": "in an hour"},
        "llámame": {},
        "llámame ahora": {},
        "me puedes llamar": {},
        "llámame a las 6 pm": {"when": "a las 6 pm"},
        "llámame en una hora": {"when": "en una hora"},
    },
)
def call_me(args: CallMe, turn: TurnContext) -> ScopedWrite:
    """Phone the person themself once, now or at a time they name: nobody else, however they ask.

    A call every day is their schedule instead.
    """

    def write(scope: Scope) -> str:
        if turn.person.coach_is_quiet:  # it would not be dialled
            raise said.refuse(turn, *_A_HUMAN_FIRST)
        if not turn.phones or switches.value(scope.connection, "voice") != "on":
            raise said.refuse(
                turn,
                "Calls are switched off at the moment; we can write.",
                "Las llamadas están apagadas por ahora; escribamos.",
            )
        if not turn.person.phone:
            raise call_room.no_number(turn, *_NO_NUMBER)
        at = turn.now
        heard_at = messages.last_heard_at(scope)
        if not args.when.strip() and heard_at is not None and turn.now > heard_at + NOW_LASTS:
            raise said.refuse(
                turn,
                "You asked for a call a while ago, and I only read it now. Say “call me” if you still want it.",
                "Leo solo ahora lo de la llamada, que era de hace un rato. Con otro «llámame» sale enseguida.",
            )
        if args.when.strip() and (when := said.when(turn, args.when)) and not when.all_day:
            at = to_instant(when.wall, turn.person.zone)
        if at > turn.now + AHEAD:
            raise said.refuse(
                turn, "That is far ahead: within a week is best.", "Eso está lejos: mejor dentro de una semana."
            )
        _agree(scope, turn)
        call = Call(
            turn.new_id(),
            scope.user_id,
            _kind(scope, turn),
            to_wall(at, turn.person.zone).date(),
            at,
            chosen=True,
            asked_by="person",
            trace_id=turn.trace_id,
        )
        calls.ask(scope, call, now=turn.now)
        if at == turn.now:
            return said.tell(turn, "I'm calling you now.", "La llamada sale ahora.")
        clock = describe_clock(to_wall(at, turn.person.zone).time(), turn.person.locale)
        day = said.say_day(turn, call.day)
        return said.tell(turn, f"I'll call you: {day}, {clock}.", f"Llamada agendada: {day}, {clock}.")

    return write


def _agree(scope: Scope, turn: TurnContext) -> None:
    """Whoever asks for a call agrees to it: kept with its proof, if they had not agreed before."""
    if Purpose.CALLS not in consents.current(scope):
        proof = f"they asked to be phoned, in turn {turn.turn_id or '-'} (trace {turn.trace_id})"
        consents.record(scope, Purpose.CALLS, granted=True, proof=proof, now=turn.now)


def _kind(scope: Scope, turn: TurnContext) -> CallKind:
    """Return what such a call is about, by the hour and by what is planned."""
    wall = to_wall(turn.now, turn.person.zone)
    if wall.hour < NOON:
        return CallKind.MORNING
    if wall.hour >= EVENING and workouts.open_of(scope, wall.date()):
        return CallKind.EVENING
    return CallKind.RESCUE


TOOLS = (call_me,)
