"""What is answered while somebody speaks with Ivy: functions of the call, and who it is that rings.

May import: the agent and below. All of it happens in the request, through the same tools as in the chat: the person is
the call's, never an argument's. Words of danger come before any tool.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeVar

import msgspec
import trio

from ivy import log
from ivy.agent import call_doors, care, foreign, routes
from ivy.daemon.context import Context
from ivy.domain.calls import CallState
from ivy.domain.taint import Read, texts_in
from ivy.errors import BadSignature, StoreBusy, Unreadable
from ivy.ports import InCall, Ringing, ToolCall, Voice
from ivy.store import callers, calls, people, spending, switches
from ivy.store.binding import Connection
from ivy.store.binding import Error as DatabaseError
from ivy.store.calls import Call
from ivy.store.scope import PersonStore, Scope, for_user, within
from ivy.tools.executor import Place, execute
from ivy.tools.registry import TurnContext

logger = log.get(__name__)
ANSWER_SECONDS = 5.0
STILL_HEARD = timedelta(minutes=2)
"""A function that was on its way when the call ended is still run: the person asked for it."""
_OK, _BAD, _NOT_SIGNED, _BUSY = 200, 400, 401, 503
NOT_NOW = "That did not work just now. Say so, and that they can write it in the chat."
NO_CALL = "This call is not known, so nothing can be looked up or changed in it."

Answer = tuple[int, bytes]
"""Status and JSON body."""
Asked = TypeVar("Asked")


class CallEndpoint:
    """Answers a provider of calls while one of them goes on."""

    def __init__(self, context: Context, voice: Voice) -> None:
        self._context = context
        self._voice = voice

    async def function(self, tool: str, body: bytes, headers: Mapping[str, str], repeated: frozenset[str]) -> Answer:
        """Run one function of the agent's, once however often it is asked for. It never raises for what comes in."""
        asked = self._read(
            lambda: self._voice.read_function(body, tool), "a function of a call", body, headers, repeated
        )
        if isinstance(asked, int):
            return asked, b""
        try:
            with trio.fail_after(ANSWER_SECONDS):
                return _OK, msgspec.json.encode({"result": await self._run(asked)})
        except (trio.TooSlowError, StoreBusy, DatabaseError) as error:
            logger.error("a function of a call could not be run: %s", type(error).__name__)
            return _OK, msgspec.json.encode({"result": NOT_NOW})

    def _read(
        self, read: Callable[[], Asked], what: str, body: bytes, headers: Mapping[str, str], repeated: frozenset[str]
    ) -> Asked | int:
        """Return what a signed request asks, or the status that refuses it; nothing of it is read before it is verified."""
        try:
            self._voice.verify(body, headers, repeated=repeated)
            return read()
        except BadSignature as error:
            logger.warning("%s was refused: %s", what, error)
            return _NOT_SIGNED
        except Unreadable as error:
            logger.warning("%s cannot be read: %s", what, error)
            return _BAD

    async def _run(self, asked: InCall) -> str:
        context = self._context
        call = await context.store.read(_call_of, self._voice.name, asked)
        now = context.clock.now()
        if call is None or (call.ended_at is not None and now > call.ended_at + STILL_HEARD):
            return NO_CALL
        person = for_user(context.store, call.user_id)
        danger, may_run = await self._danger(person, call, asked)
        if not may_run:
            return danger
        if call.direction == "in" and call.proved_at is None:
            return danger or call_doors.NOT_PROVED[call.language or "en"]
        turn = TurnContext(
            await person.read(people.load),
            now,
            context.new_id,
            call.trace_id,
            source="call",
            turn_id=f"call:{call.id}",
            giving=context.config.giving,
            experiments=context.config.experiments,
            caps=spending.caps_of(context.config.spend),
            minutes_of_calls=context.config.calls.minutes_per_person_month,
            minutes_a_day=context.config.calls.minutes_per_day,
            gets_to=partial(routes.gets_to, context.config.voice),
            recall=context.recall(person, call.trace_id),
            scope=context.config.people.scope_sentence,
            read=Read(foreign=await person.read(_foreign_in, call)),
        )
        place = Place(f"call:{call.id}", asked.utterance, 0)
        wanted = ToolCall(asked.provider_call_id, asked.tool, asked.arguments)
        first = await person.read(call_doors.introduction, call, asked.tool, now=now)
        result = await execute(person, context.agent.registry, wanted, place, turn)
        return f"{danger}{first}{result.content}"

    async def _danger(self, person: PersonStore, call: Call, asked: InCall) -> tuple[str, bool]:
        """Look for danger in what is passed on and in what was said so far; see `care.heard_meanwhile`."""
        passed_on = _texts_of(asked.arguments)
        if care.danger_in((*passed_on, *asked.spoken)) is None:
            return "", True
        desk = self._context.desk_at(self._context.chat, call.trace_id)
        told, may_run = await person.write(care.heard_meanwhile, call.id, passed_on, asked.spoken, desk)
        return f"{told}\n\n" if told and may_run else told, may_run

    async def ringing(self, body: bytes, headers: Mapping[str, str], repeated: frozenset[str]) -> Answer:
        """Say who may speak with a caller: a stranger is told nothing that is anybody's."""
        ringing = self._read(lambda: self._voice.read_ringing(body), "a caller", body, headers, repeated)
        if isinstance(ringing, int):
            return ringing, b""
        try:
            with trio.fail_after(ANSWER_SECONDS):
                return _OK, await self._greet(ringing)
        except (trio.TooSlowError, StoreBusy, DatabaseError) as error:
            logger.error("a caller could not be looked up: %s", type(error).__name__)
            return _BUSY, b""

    async def _greet(self, ringing: Ringing) -> bytes:
        context = self._context
        user_id = await context.store.read(_who, ringing.from_number)
        if user_id is None:
            language = context.config.people.locale[:2]
            return self._voice.take("", "", language, call_doors.for_strangers(language))
        call = await context.store.write(self._answer, user_id, ringing)
        return self._voice.take(call.id, user_id, call.language, call.snapshot)

    def _answer(self, connection: Connection, user_id: str, ringing: Ringing) -> Call:
        desk = self._context.desk_at(self._context.chat, self._context.new_id())
        return call_doors.answer(within(connection, user_id), ringing, self._voice.name, desk)


def _call_of(connection: Connection, provider: str, asked: InCall) -> Call | None:
    call = calls.find(connection, asked.our_id) if asked.our_id else None
    if call is not None and call.provider_call_id not in ("", asked.provider_call_id):
        return None
    if call is None:
        call = calls.of_provider(connection, provider, asked.provider_call_id)
    return None if call is None or call.state in (CallState.DUE, CallState.QUEUED) else call


def _texts_of(arguments: str) -> list[str]:
    try:
        return texts_in(msgspec.json.decode(arguments or "{}"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [arguments]


def _foreign_in(scope: Scope, call: Call) -> frozenset[str]:
    """Return where text by others came from in what the agent knows of the person."""
    told = foreign.origins_of_results(scope, call.snapshot.values(), untrusted=False)
    return frozenset(origin.value for origin in told)


def _who(connection: Connection, number: str) -> str | None:
    """Return whose number this is; nobody's where calls are switched off."""
    if switches.value(connection, "voice") != "on":
        return None
    return people.meaning(connection, people.CHAT, number) or callers.of_number(connection, number)
