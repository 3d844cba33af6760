"""Somebody calls Ivy: greeted by their first name, and nothing more until they tap in the chat. May import: the store and below.

A number can be forged; the chat cannot.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ivy.agent import call_scripts, call_snapshot, chats, questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.calls import CallKind
from ivy.domain.schedule import to_wall
from ivy.domain.sentences import Say, say
from ivy.ports import Ringing
from ivy.store import calls, people, tool_executions
from ivy.store.calls import Call
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "is_it_you"
LASTS = timedelta(minutes=15)
YES, NO = "yes", "no"
NOT_PROVED: Mapping[str, str] = {
    "en": "I may not look at or change anything yet: ask them to tap 'Yes, it is me' in the message that I just sent"
    " them on WhatsApp, and then ask again.",
    "es": "Todavía no puedo ver ni cambiar nada: pídele que toque 'Sí, soy yo' en el mensaje que le acabo de enviar por"
    " WhatsApp, y luego vuelve a preguntar.",
}

PROVED: Mapping[str, str] = {
    "en": "It is them: they tapped. What you may know of them now:\n{context}\n\nWhat you asked for: ",
    "es": "Es quien dice ser: ya tocó el botón. Lo que ahora puedes saber:\n{context}\n\nLo que preguntaste: ",
}
"""The agent was given no context when the phone rang, and cannot be given any later except by an answer to it."""


def for_strangers(language: str) -> dict[str, str]:
    """Return what the agent knows when nobody of ours calls: who it is, and how to be let in."""
    script = call_scripts.script(CallKind.INBOUND, "stranger", language, "usted")
    return {**call_scripts.VARIABLES, **script.variables}


def answer(scope: Scope, ringing: Ringing, provider: str, desk: Desk) -> Call:
    """Write the call down once, and ask in the chat whether it is they who call."""
    if (known := calls.of_provider(scope.connection, provider, ringing.provider_call_id)) is not None:
        return known
    person = people.load(scope)
    script = call_scripts.script(CallKind.INBOUND, person.track, person.language, person.address)
    call = Call(
        desk.new_id(),
        scope.user_id,
        CallKind.INBOUND,
        to_wall(desk.now, person.zone).date(),
        desk.now,
        provider_call_id=ringing.provider_call_id,
        to_number=ringing.from_number,
        language=person.language,
        prompt=script.name,
        snapshot={**call_scripts.VARIABLES, **script.variables, "ivy_name": first_name(person.name)},
        reserved_seconds=desk.config.calls.longest_seconds,
        trace_id=desk.trace_id,
    )
    calls.answer(scope, call, provider, now=desk.now)
    options = ((YES, say(Say.OPTION_IT_IS_ME, person.speech)), (NO, say(Say.OPTION_NOT_ME, person.speech)))
    text = say(Say.IS_IT_YOU, person.speech)
    asking = Asking(QUESTION, text, options, LASTS, {"call": call.id}, up=YES, down=NO)
    questions.ask(scope, person, asking, chats.where_heard(scope, desk))
    return call


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """A tap in the chat proves the caller; a no is taken seriously."""
    if option == NO:
        desk.tell(scope, person, Say.NOT_YOU)
    elif calls.prove(scope, str(pending.payload["call"]), now=desk.now):
        desk.tell(scope, person, Say.IT_IS_YOU)
    else:
        desk.tell(scope, person, Say.CALL_IS_OVER)
    return True


def introduction(scope: Scope, call: Call, tool: str, *, now: datetime) -> str:
    """Return what comes before the first answer of a tool after a caller has tapped: who they are; "" for all later ones.

    An answer that is asked for twice brings it twice.
    """
    is_first = tool_executions.done_in(scope, f"call:{call.id}") <= {tool}
    if call.direction != "in" or call.proved_at is None or not is_first:
        return ""
    person = people.load(scope)
    known = call_snapshot.build(scope, person, call.kind, now=now, call_day=call.day, proven=True)
    context = known.variables["ivy_context"]
    return PROVED[person.language].format(context=context) if context else ""


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else ""
