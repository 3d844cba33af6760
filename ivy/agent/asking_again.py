"""Asks a model again what a stored turn once asked first, with other words of the system's. May import: the store and below.

No tool is run, nobody is sent anything, and nothing is kept of the person's but what stands there already: only what it cost,
on nobody's account. What a model says varies by chance too: one turn proves little, many do.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import trio

from ivy.agent import paid
from ivy.agent.journal import Journal, answer_words, message_of
from ivy.agent.replay import FORGOTTEN, LONGEST_SEEN
from ivy.agent.token_counting import TokenCounter
from ivy.clock import Clock
from ivy.domain.pricing import cost_micros, estimate_micros
from ivy.domain.spend_caps import Sums
from ivy.domain.tokens import with_margin
from ivy.domain.turns import canonical_json
from ivy.errors import UsageError, VendorBusy, VendorError
from ivy.ports import AssistantWords, Model, ModelRequest, Pictures, Prices, Usage, UserWords
from ivy.store import spending
from ivy.store.database import Store
from ivy.store.recorded import Recorded
from ivy.store.spending import Reservation, Reserved

ROLE = "primary"


class Compared(StrEnum):
    """How an answer stands to the one that was given then."""

    SAME = "same"
    OTHER_TOOLS = "other tools"
    """It asks for other tools, in another order, or with other arguments."""
    OTHER_WORDS = "other words"


@dataclass(frozen=True)
class Said:
    """What a model answered: its words, and each tool it asked for with its arguments as JSON in one form."""

    model: str
    text: str
    calls: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Question:
    """The first question of a turn to a model, as it would be asked now. `most_micros`: what asking it may cost."""

    turn: Recorded
    request: ModelRequest
    then: Said
    speech: str
    estimate: Usage
    most_micros: int


@dataclass(frozen=True)
class Again:
    """What was said then and now. `failed` says why there is no answer now; `now` and `compared` are None then."""

    turn_id: str
    user_id: str
    person: str
    started_at_ms: int
    prompt: str
    then: Said
    now: Said | None
    compared: Compared | None
    cost_micros: int
    failed: str = ""


class Asker:
    """Asks one model on the operator's account, under the operator's caps."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        model: Model,
        prices: Prices,
        pictures: Pictures,
        *,
        caps: Sums,
        seconds: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._model = model
        self._prices = prices.of(model.vendor, model.name)
        self._pictures = pictures
        self._caps = caps
        self._seconds = seconds
        self._counter = TokenCounter(store, clock)

    async def question(self, turn: Recorded, system: str) -> Question:
        """Build a turn's first question with other words of the system's. Raises: UsageError if it cannot be built."""
        journal = Journal(turn.turn_id, [])
        first = next((n for n, step in enumerate(turn.steps) if step.kind == "answer"), None)
        if first is None:
            raise UsageError(f"Turn {turn.turn_id} asked no model.")
        for step in turn.steps[:first]:
            journal.take(step)
        payload = turn.steps[first].payload
        kept = turn.kept.get(str(payload.get("call")))
        if kept is None:
            raise UsageError(f"Turn {turn.turn_id}: what its model was asked is not kept.")
        if kept.forgotten:
            raise UsageError(f"Turn {turn.turn_id}: what was said there was {FORGOTTEN}.")
        request = ModelRequest(
            system,
            journal.fitted().messages,
            kept.tools,
            may_call_tools=bool(payload["may_call_tools"]),
            max_tokens=int(payload["max_tokens"]),
        )
        await self._check_pictures(turn, request)
        speech = next((str(step.payload["speech"]) for step in turn.steps if "speech" in step.payload), "en-US")
        then = _said(message_of(payload["message"]), kept.model)
        tokens = with_margin(await self._counter.tokens(request, self._model.name))
        likely = Usage(input=tokens, output=request.max_tokens)
        most = estimate_micros(likely.input, likely.output, self._prices)
        return Question(turn, request, then, speech, likely, most)

    async def _check_pictures(self, turn: Recorded, request: ModelRequest) -> None:
        for image in (image for each in request.messages if isinstance(each, UserWords) for image in each.images):
            if await self._pictures.read(image.sha256, longest=LONGEST_SEEN) is None:
                raise UsageError(f"Turn {turn.turn_id}: it was shown a picture that is kept no more.")

    async def ask(self, question: Question, *, call_id: str) -> Again:
        """Ask it, once; what the vendor refuses or fails at is told in `failed`. Raises: CapReached."""
        turn, model = question.turn, self._model
        reservation = Reservation(
            call_id, None, None, ROLE, model.vendor, model.name, self._prices, question.most_micros, call_id
        )
        reserved = await self._store.write(spending.reserve, reservation, caps=self._caps, now=self._clock.now())
        message, micros, failed = await self._answered(question, reserved)
        now = message and _said(message, model.name)
        verdict = compare(question.then, now) if now else None
        return Again(
            turn.turn_id, turn.user_id, turn.person, turn.started_at_ms, turn.prompt,
            question.then, now, verdict, micros, failed,
        )  # fmt: skip

    async def _answered(self, question: Question, reserved: Reserved) -> tuple[AssistantWords | None, int, str]:
        """Return the answer, what it cost, and why there is none."""
        began, model = self._clock.now(), self._model
        try:
            with trio.fail_after(self._seconds):
                answer = await paid.complete(model, question.request, reserved)
        except (VendorError, trio.TooSlowError) as error:
            late = isinstance(error, trio.TooSlowError)
            billed = late or (isinstance(error, VendorBusy) and error.unheard)
            words = f"{model.vendor}: it did not answer in time" if late else str(error)
            await self._store.write(
                spending.fail, reserved.entry_id, words, billed=billed, latency_ms=self._since(began)
            )
            return None, reserved.micros if billed else 0, words
        usage = answer.usage or question.estimate
        micros = cost_micros(usage, self._prices)
        await self._store.write(
            spending.settle, reserved.entry_id, usage,
            micros=micros, latency_ms=self._since(began), request_id=answer.request_id,
        )  # fmt: skip
        may = question.request.may_call_tools
        return answer_words(answer, model.vendor, may_call_tools=may, speech=question.speech), micros, ""

    def _since(self, began: datetime) -> int:
        return round((self._clock.now() - began).total_seconds() * 1000)


def compare(then: Said, now: Said) -> Compared:
    """Say how two answers differ: by their tools before their words; blanks are no words."""
    if then.calls != now.calls:
        return Compared.OTHER_TOOLS
    return Compared.SAME if then.text.split() == now.text.split() else Compared.OTHER_WORDS


def _said(message: object, model: str) -> Said:
    if not isinstance(message, AssistantWords):
        return Said(model, "", ())
    return Said(model, message.text, tuple((call.tool, canonical_json(call.arguments)) for call in message.calls))
