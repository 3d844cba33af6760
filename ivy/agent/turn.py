"""One turn: the person's words in, models and tools in between, one reply out. May import: tools and below.

Every finished step is a row before the next begins, so a turn that was cut off goes on from its last row: no answer is
paid for twice and no tool runs twice. What the person adds meanwhile joins at the next call to a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import trio

from ivy import log
from ivy.agent import context, prompts, recollections
from ivy.agent.fitting import Room
from ivy.agent.journal import Journal, answer_words, plain, read_words, write_results, write_step
from ivy.agent.pictures import Sight
from ivy.agent.router import Caller, Router
from ivy.agent.token_counting import request_tokens, shown_tokens
from ivy.clock import Clock, unstamp
from ivy.config import TurnsSection
from ivy.domain.sentences import Say, say
from ivy.domain.turns import Limits, Spent, limit_reached, repeats_too_often
from ivy.errors import ConfigError
from ivy.ports import (
    AssistantWords,
    ModelAnswer,
    ModelRequest,
    ToolCall,
    ToolResult,
    ToolResults,
    ToolSpec,
)
from ivy.store import messages, spending, turns
from ivy.store.scope import PersonStore, Scope
from ivy.store.turns import Step
from ivy.tools.executor import Place, execute
from ivy.tools.registry import Registry, TurnContext

logger = log.get(__name__)


ANSWERED, NOTHING, LIMIT, CAP = "answered", "nothing", "limit", "cap"


@dataclass(frozen=True)
class Reply:
    """How a turn ends: the text for the person; empty when there is nothing (more) to say."""

    turn_id: str
    text: str
    already_done: bool = False
    ending: str = ANSWERED
    """Why it is over: it was answered, there was nothing to answer, or a limit or a cap was reached."""


class Agent:
    """Answers people. One for the whole daemon."""

    def __init__(
        self,
        router: Router,
        registry: Registry,
        clock: Clock,
        settings: TurnsSection,
        *,
        scope: str = "",
    ) -> None:
        self._router = router
        self.registry = registry
        self._clock = clock
        self._settings = settings
        self._limits = Limits(
            settings.model_calls, settings.tool_calls, settings.seconds, round(settings.cost_usd * 1_000_000)
        )
        self._system = prompts.coach(scope)
        self._tools = registry.specs()
        for name in router.names:
            check_prefix(self._system, self._tools, name, settings.prefix_tokens)

    async def answer(self, person: PersonStore, *, key: str, new_turn: TurnContext) -> Reply:
        """Bring the turn of this key to its end and return what to say.

        Raises: AllModelsDown (the turn waits), VendorRefused.
        """
        turn = await person.write(
            turns.open_turn, new_turn.new_id(), key, prompt=prompts.COACH, trace_id=new_turn.trace_id, now=new_turn.now
        )
        journal = Journal(turn.id, [])
        for step in turn.steps:
            journal.steps.append(step)
            journal.take(step)
        if turn.state == "done":
            return Reply(turn.id, "", already_done=True)
        new_turn = replace(new_turn, turn_id=turn.id, new_id=journal.drawing(new_turn.new_id))
        began = unstamp(turn.started_at_ms)
        try:
            reply = await self._loop(person, journal, new_turn)
        except spending.CapReached as error:
            logger.warning("turn %s: no model was called: %s", turn.id, error)
            reply = Reply(turn.id, await person.read(_once_a_day, error.span, new_turn), ending=f"{CAP}:{error.span}")
        logger.info("turn %s took %s", turn.id, self._clock.now() - began)
        return reply

    async def _loop(self, person: PersonStore, journal: Journal, turn: TurnContext) -> Reply:
        journal.deadline = deadline = trio.current_time() + self._limits.seconds
        while True:
            await self._take_words(person, journal, turn)
            if not journal.transcript or not await person.read(turns.is_open, journal.turn_id):
                return Reply(journal.turn_id, "", ending=NOTHING)  # or the person said stop meanwhile
            if (last := journal.transcript[-1]) and isinstance(last, AssistantWords):
                if not last.calls:
                    return Reply(journal.turn_id, journal.final(turn.person.speech))
                await self._run_tools(person, journal, last.calls, turn)
                continue
            stop = await self._limit(person, journal, deadline)
            if stop in ("model_calls", "seconds", "cost_micros"):
                logger.warning("turn %s reached its limit of %s", journal.turn_id, stop)
                return Reply(journal.turn_id, say(Say.LIMIT_REACHED, turn.person.speech), ending=f"{LIMIT}:{stop}")
            await self._ask(person, journal, turn, may_call_tools=stop is None)

    async def _take_words(self, person: PersonStore, journal: Journal, turn: TurnContext) -> None:
        """Read what the person wrote and no turn has read, and journal that this one did."""
        if journal.transcript and isinstance(journal.transcript[-1], AssistantWords):
            return  # an answer stands last: its calls come first, or it is final and what came later is another turn
        memories = ()
        if not journal.steps:
            memories = await person.read(recollections.of_new_words, turn.person, now=self._clock.now())
        room, sight = await self._room(journal), self._sight(journal)
        await self._journal(person, journal, read_words, turn.person, room, sight, memories)

    async def _room(self, journal: Journal) -> Room:
        """Return the turn's room, reckoned by whoever of those that may answer makes most tokens of a text."""
        if journal.room is not None:
            return journal.room
        factors = {name: await self._router.counter.factor(name) for name in self._router.names}
        name = max(factors, key=lambda each: factors[each])
        return Room(self._settings.context_tokens, name, factors[name])

    def _sight(self, journal: Journal) -> Sight:
        names = self._router.names
        return Sight(self._settings.picture_tokens - shown_tokens(journal.transcript, names), names)

    async def _limit(self, person: PersonStore, journal: Journal, deadline: float) -> str | None:
        """Return the limit that is reached. The last model call allowed, or a loop, gets no tools, so that it speaks."""
        spent = Spent(
            model_calls=journal.answers,
            tool_calls=0,
            seconds=self._limits.seconds - (deadline - trio.current_time()),
            cost_micros=await person.store.read(spending.spent_by_turn, journal.turn_id),
        )
        if reached := limit_reached(self._limits, spent):
            return reached
        if journal.answers == self._limits.model_calls - 1:
            return "last_call"
        if len(journal.calls) >= self._limits.tool_calls or repeats_too_often(journal.calls):
            return "tool_calls"
        return None

    async def _ask(self, person: PersonStore, journal: Journal, turn: TurnContext, *, may_call_tools: bool) -> None:
        fitted = journal.fitted()
        may_call_tools = may_call_tools and not fitted.is_last
        if fitted.dropped:
            logger.info("turn %s: left out of its next call: %s", journal.turn_id, ", ".join(fitted.dropped))
        request = ModelRequest(
            self._system,
            fitted.messages,
            self._tools,
            may_call_tools=may_call_tools,
            max_tokens=self._settings.answer_tokens,
        )
        caller = Caller(person.user_id, journal.turn_id, turn.trace_id, journal.deadline)
        answer, role, asked = await self._complete(request, caller, journal, turn)
        message = answer_words(
            answer, self._router.vendor(role), may_call_tools=may_call_tools, speech=turn.person.speech
        )
        payload = {
            "message": plain(message),
            "role": role,
            "call": answer.call_id,
            "may_call_tools": may_call_tools,
            "max_tokens": asked.max_tokens,
            "ids": journal.take_drawn(),
            **({"dropped": list(fitted.dropped)} if fitted.dropped else {}),
        }
        await self._journal(person, journal, write_step, "answer", payload)

    async def _complete(
        self, request: ModelRequest, caller: Caller, journal: Journal, turn: TurnContext
    ) -> tuple[ModelAnswer, str, ModelRequest]:
        answer, role = await self._router.complete(request, caller, call_id=turn.new_id(), first=journal.role)
        if answer.stop == "length" and not answer.text and not answer.calls:  # it thought too long: more room, once
            request = replace(request, max_tokens=request.max_tokens * 4)
            answer, role = await self._router.complete(request, caller, call_id=turn.new_id(), first=role)
        return answer, role, request

    async def _run_tools(
        self, person: PersonStore, journal: Journal, calls: Sequence[ToolCall], turn: TurnContext
    ) -> None:
        step = len(journal.steps)
        turn = replace(turn, read=journal.read)
        left = self._limits.tool_calls - (len(journal.calls) - len(calls))
        results: list[ToolResult] = []
        for ordinal, call in enumerate(calls):
            if ordinal >= left:
                results.append(ToolResult(call.call_id, "Too many calls at once; this one was not run.", failed=True))
                continue
            results.append(await execute(person, self.registry, call, Place(journal.turn_id, step, ordinal), turn))
        room = await self._room(journal)
        fitted = context.fit_results(
            results, journal.transcript, budget=room.tokens, model=room.model, factor=room.factor
        )
        untrusted = not self.registry.untrusted.isdisjoint(call.tool for call in calls)
        more = {"room": [room.tokens, room.model, room.factor], "ids": journal.take_drawn()}
        await self._journal(person, journal, write_results, ToolResults(fitted), untrusted, more)

    async def _journal(self, person: PersonStore, journal: Journal, write: Any, *args: Any) -> None:
        step: Step | None = await person.write(write, journal.turn_id, len(journal.steps), *args, now=self._clock.now())
        if step is not None:
            journal.steps.append(step)
            journal.take(step)


def _once_a_day(scope: Scope, span: str, turn: TurnContext) -> str:
    """Return the sentence that the money is spent, or "" if they have heard it today (UTC)."""
    key = Say.MONTHLY_CAP if span.endswith("month") else Say.DAILY_CAP
    text = say(key, turn.person.speech)
    midnight = turn.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return "" if messages.said_lately(scope, text, since=midnight) else text


def check_prefix(system: str, tools: Sequence[ToolSpec], model: str, cap: int) -> None:
    """Raise ConfigError if the system's words and the tools are over their cap of tokens."""
    size = request_tokens(ModelRequest(system, (), tuple(tools)), model)
    if size > cap:
        raise ConfigError(
            f"The system's words and the tools are about {size} tokens, over turns.prefix_tokens = {cap}:"
            " switch tools off in [tools] disabled, or raise the cap."
        )
