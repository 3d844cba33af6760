"""One turn: the person's words in, models and tools in between, one reply out. May import: tools and below.

Every finished step is a row before the next begins, so a turn that was cut off goes on from its last row: no answer is
paid for twice and no tool runs twice. What the person adds meanwhile joins at the next call to a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import trio

from ivy import log
from ivy.agent import context, pictures, prompts
from ivy.agent.router import Caller, Router, request_tokens
from ivy.clock import Clock, unstamp
from ivy.config import TurnsSection
from ivy.domain.media import Type
from ivy.domain.sentences import Say, say
from ivy.domain.splitting import to_whatsapp
from ivy.domain.turns import Limits, Spent, call_hash, limit_reached, repeats_too_often
from ivy.errors import ConfigError
from ivy.ports import (
    AssistantWords,
    ChatMessage,
    Image,
    ModelAnswer,
    ModelRequest,
    ToolCall,
    ToolResult,
    ToolResults,
    ToolSpec,
    UserWords,
)
from ivy.store import media, messages, spending, turns
from ivy.store.binding import Row
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from ivy.store.turns import Step
from ivy.tools.executor import Place, execute
from ivy.tools.registry import Registry, TurnContext

logger = log.get(__name__)
MEDIA = "media"
MOST_PICTURES = 3
HISTORY = 30
"""Earlier messages that are looked at; the budget decides how many are told."""


@dataclass(frozen=True)
class Reply:
    """How a turn ends: the text for the person; empty when there is nothing (more) to say."""

    turn_id: str
    text: str
    already_done: bool = False


@dataclass
class _Journal:
    """What is known of the turn under way: its rows, and the dialogue they make."""

    turn_id: str
    steps: list[Step]
    transcript: list[ChatMessage] = field(default_factory=list[ChatMessage])
    role: str = "primary"
    answers: int = 0
    said: str = ""
    """What the model last said in this turn: beside a call, too."""
    calls: list[str] = field(default_factory=list[str])

    def take(self, step: Step) -> None:
        """Let a finished step be part of the dialogue."""
        payload = step.payload
        match step.kind:
            case "context":
                self.transcript += [_message(each) for each in payload["messages"]]
            case "words":
                shown = msgspec.convert(payload.get("images", []), tuple[Image, ...])
                self.transcript.append(UserWords(payload["text"], shown))
            case "answer":
                answer = _message(payload["message"])
                self.transcript.append(answer)
                self.role = payload["role"]
                self.answers += 1
                if isinstance(answer, AssistantWords):
                    self.said = answer.text.strip() or self.said
                    self.calls += [call_hash(call.tool, call.arguments) for call in answer.calls]
            case "results":
                self.transcript.append(_message(payload["message"]))
            case _:
                return


class Agent:
    """Answers people. One for the whole daemon."""

    def __init__(
        self, router: Router, registry: Registry, clock: Clock, settings: TurnsSection, *, model_name: str
    ) -> None:
        self._router = router
        self.registry = registry
        self._clock = clock
        self._settings = settings
        self._model_name = model_name
        self._limits = Limits(
            settings.model_calls, settings.tool_calls, settings.seconds, round(settings.cost_usd * 1_000_000)
        )
        self._system = prompts.words(prompts.COACH)
        self._tools = registry.specs()
        check_prefix(self._system, self._tools, model_name, settings.prefix_tokens)

    async def answer(self, person: PersonStore, *, key: str, new_turn: TurnContext) -> Reply:
        """Bring the turn of this key to its end and return what to say.

        Raises: AllModelsDown (the turn waits), VendorRefused.
        """
        turn = await person.write(
            turns.open_turn, new_turn.new_id(), key, prompt=prompts.COACH, trace_id=new_turn.trace_id, now=new_turn.now
        )
        journal = _Journal(turn.id, [])
        for step in turn.steps:
            journal.steps.append(step)
            journal.take(step)
        if turn.state == "done":
            return Reply(turn.id, "", already_done=True)
        new_turn = replace(new_turn, turn_id=turn.id)
        began = unstamp(turn.started_at_ms)
        try:
            text = await self._loop(person, journal, new_turn)
        except spending.CapReached:
            logger.warning("turn %s: the daily cap is reached, no model was called", turn.id)
            text = say(Say.DAILY_CAP, new_turn.person.language)
        logger.info("turn %s took %s", turn.id, self._clock.now() - began)
        return Reply(turn.id, text)

    async def _loop(self, person: PersonStore, journal: _Journal, turn: TurnContext) -> str:
        deadline = trio.current_time() + self._limits.seconds
        while True:
            await self._take_words(person, journal, turn)
            if not journal.transcript or not await person.read(turns.is_open, journal.turn_id):
                return ""  # nothing to answer, or the person said stop meanwhile
            if (last := journal.transcript[-1]) and isinstance(last, AssistantWords):
                if not last.calls:
                    return self._final(journal, turn.person)
                await self._run_tools(person, journal, last.calls, turn)
                continue
            stop = await self._limit(person, journal, deadline)
            if stop in ("model_calls", "seconds", "cost_micros"):
                logger.warning("turn %s reached its limit of %s", journal.turn_id, stop)
                return say(Say.LIMIT_REACHED, turn.person.language)
            await self._ask(person, journal, turn, may_call_tools=stop is None)

    async def _take_words(self, person: PersonStore, journal: _Journal, turn: TurnContext) -> None:
        """Read what the person wrote and no turn has read, and journal that this one did."""
        if journal.transcript and isinstance(journal.transcript[-1], AssistantWords):
            return  # an answer stands last: its calls come first, or it is final and what came later is another turn
        await self._journal(person, journal, _read_words, turn.person, self._settings.context_tokens, self._model_name)

    async def _limit(self, person: PersonStore, journal: _Journal, deadline: float) -> str | None:
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

    async def _ask(self, person: PersonStore, journal: _Journal, turn: TurnContext, *, may_call_tools: bool) -> None:
        request = ModelRequest(
            self._system,
            tuple(journal.transcript),
            self._tools,
            may_call_tools=may_call_tools,
            max_tokens=self._settings.answer_tokens,
        )
        caller = Caller(person.user_id, journal.turn_id, turn.trace_id)
        answer, role = await self._complete(request, caller, journal, turn)
        if not may_call_tools and answer.calls:
            answer = replace(answer, calls=())
        message = AssistantWords(answer.text, answer.calls, self._vendor(role), answer.model, answer.raw)
        if answer.stop == "refusal" and not answer.text:
            message = replace(message, text=say(Say.REFUSED, turn.person.language), raw="")
        await self._journal(person, journal, _write_step, "answer", {"message": _plain(message), "role": role})

    async def _complete(
        self, request: ModelRequest, caller: Caller, journal: _Journal, turn: TurnContext
    ) -> tuple[ModelAnswer, str]:
        answer, role = await self._router.complete(request, caller, call_id=turn.new_id(), first=journal.role)
        if answer.stop == "length" and not answer.text and not answer.calls:  # it thought too long: more room, once
            request = replace(request, max_tokens=request.max_tokens * 4)
            answer, role = await self._router.complete(request, caller, call_id=turn.new_id(), first=role)
        return answer, role

    def _vendor(self, role: str) -> str:
        return self._router.vendor(role)

    async def _run_tools(
        self, person: PersonStore, journal: _Journal, calls: Sequence[ToolCall], turn: TurnContext
    ) -> None:
        step = len(journal.steps)
        left = self._limits.tool_calls - (len(journal.calls) - len(calls))
        results: list[ToolResult] = []
        for ordinal, call in enumerate(calls):
            if ordinal >= left:
                results.append(ToolResult(call.call_id, "Too many calls at once; this one was not run.", failed=True))
                continue
            results.append(await execute(person, self.registry, call, Place(journal.turn_id, step, ordinal), turn))
        await self._journal(person, journal, _write_step, "results", {"message": _plain(ToolResults(tuple(results)))})

    async def _journal(self, person: PersonStore, journal: _Journal, write: Any, *args: Any) -> None:
        step: Step | None = await person.write(write, journal.turn_id, len(journal.steps), *args, now=self._clock.now())
        if step is not None:
            journal.steps.append(step)
            journal.take(step)

    def _final(self, journal: _Journal, person: Person) -> str:
        # Some say all they have to say beside their last call, and then nothing.
        return to_whatsapp(journal.said).strip() or say(Say.TURN_FAILED, person.language)


def _write_step(scope: Scope, turn_id: str, n: int, kind: str, payload: dict[str, Any], *, now: datetime) -> Step:
    step = Step(n, kind, payload)
    turns.append(scope, turn_id, step, now=now)
    return step


def _read_words(
    scope: Scope, turn_id: str, n: int, person: Person, budget: int, model: str, *, now: datetime
) -> Step | None:
    """Take unread messages into the turn: as its context if it has none yet, else as words that were added."""
    unread = messages.unanswered(scope) if turns.is_open(scope, turn_id) else []
    if not unread:
        return None
    messages.read_by(scope, [row["id"] for row in unread], turn_id)
    ids = [row["id"] for row in unread]
    shown = _pictures(scope, unread)
    said = [context.words_of(row, unseen=_is_unseen(scope, row)) for row in unread]
    if n > 0:
        words = {"text": context.more_words(said), "images": msgspec.to_builtins(shown), "messages": ids}
        return _write_step(scope, turn_id, n, "words", words, now=now)
    earlier = [row for row in messages.last_words(scope, limit=HISTORY + len(unread)) if row["id"] not in ids]
    moment = context.read_moment(scope, person, earlier[:HISTORY], now=now)
    assembled = context.assemble(said, moment, budget=budget, model=model)
    if assembled.dropped:
        logger.info("turn %s: left out of the context: %s", turn_id, ", ".join(assembled.dropped))
    *before, last = assembled.messages
    if isinstance(last, UserWords) and shown:
        last = replace(last, images=shown)
    payload = {
        "messages": [_plain(message) for message in (*before, last)],
        "read": ids,
        "dropped": list(assembled.dropped),
        "locale": person.locale,
    }
    return _write_step(scope, turn_id, n, "context", payload, now=now)


def _pictures(scope: Scope, unread: Sequence[Row]) -> tuple[Image, ...]:
    """Return the pictures among new messages, if their owner lets a model see them."""
    if not any(row["kind"] == MEDIA for row in unread) or not pictures.may_be_shown(scope):
        return ()
    found = (media.image_of(scope, row["id"]) for row in unread if row["kind"] == MEDIA)
    return tuple(image for image in found if image is not None)[-MOST_PICTURES:]


def _is_unseen(scope: Scope, row: Row) -> bool:
    """Say whether a message came with a file of which the model is told nothing."""
    item = media.of_message(scope, row["id"]) if row["kind"] == MEDIA else None
    if item is None or item.type is Type.AUDIO:
        return False
    return media.image_of(scope, row["id"]) is None or not pictures.may_be_shown(scope)


def check_prefix(system: str, tools: Sequence[ToolSpec], model: str, cap: int) -> None:
    """Raise ConfigError if the system's words and the tools are over their cap of tokens."""
    size = request_tokens(ModelRequest(system, (), tuple(tools)), model)
    if size > cap:
        raise ConfigError(
            f"The system's words and the tools are about {size} tokens, over turns.prefix_tokens = {cap}:"
            " switch tools off in [tools] disabled, or raise the cap."
        )


# --- the dialogue as JSON rows --------------------------------------------------------------------

_KINDS: dict[str, type[Any]] = {"user": UserWords, "assistant": AssistantWords, "results": ToolResults}


def _plain(message: ChatMessage) -> dict[str, Any]:
    kind = next(name for name, each in _KINDS.items() if isinstance(message, each))
    return {"kind": kind, **msgspec.to_builtins(message)}


def _message(payload: dict[str, Any]) -> ChatMessage:
    values = {name: value for name, value in payload.items() if name != "kind"}
    return msgspec.convert(values, _KINDS[payload["kind"]])
