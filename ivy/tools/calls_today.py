"""A day without calls, in the person's own words: everything else stays as it is. May import: the store and below."""

from datetime import datetime
from typing import Annotated

import msgspec

from ivy.domain.calls import CallState
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say, say
from ivy.domain.taint import Touch
from ivy.store import calls, calls_off
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool


class NoCallsToday(msgspec.Struct, frozen=True):
    after_all: Annotated[
        bool, msgspec.Meta(description="True if they take that back: they may be called today after all.")
    ] = False


@tool(
    effect=Effect.LOCAL,
    touch=Touch.CONTACT,
    undo="no_calls_today",
    examples={
        "I can't take calls today": {},
        "leave out today's calls": {},
        "today's calls are fine after all": {"after_all": True},
        "hoy no puedo recibir llamadas": {},
        "deja por fuera las llamadas de hoy": {},
        "las llamadas de hoy sí van después de todo": {"after_all": True},
    },
)
def no_calls_today(args: NoCallsToday, turn: TurnContext) -> ScopedWrite:
    """Do not phone the person any more today, and tomorrow as usual. Not for stopping calls or messages for good."""

    def write(scope: Scope) -> str:
        if args.after_all:
            calls_off.let_back_in(scope)
            return said.tell(
                turn,
                "Good, the calls of your schedule come today. One that you asked for besides, ask for again.",
                "Bien, hoy van las llamadas del horario. Una que se pidió aparte hay que pedirla otra vez.",
            )
        leave_out(scope, turn.person, source=turn.source, now=turn.now)
        return say(Say.NO_CALLS_TODAY, turn.person.speech)

    return write


def leave_out(scope: Scope, person: Person, *, source: str, now: datetime) -> None:
    """Phone them no more on this local date: what is planned is refused when its time comes, what they asked for is off."""
    today = local_date(now, person.zone)
    calls_off.leave_out(scope, today, source=source, now=now)
    for call in calls.of_day(scope, today):
        if call.asked_by == "person" and call.state in calls.NOT_YET:
            calls.move(scope.connection, call, CallState.ABANDONED, "they want no calls today", now=now)


TOOLS = (no_calls_today,)
