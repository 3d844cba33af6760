"""How many tokens a request is: estimated without a vocabulary, and put right by what each model's answers have counted.

May import: the store and below.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ivy.clock import Clock
from ivy.domain import picture_tokens
from ivy.domain.picture_tokens import PictureTokens
from ivy.domain.tokens import MESSAGE_OVERHEAD, calibrated, estimate, family_factor
from ivy.ports import AssistantWords, ChatMessage, Image, ModelRequest, ToolResults, Usage, UserWords
from ivy.store import token_factors
from ivy.store.database import Store

WORTH_KEEPING = 0.01
"""A factor that moved by less than this share of itself is not written down again: usually nothing is."""


@dataclass
class _Learnt:
    """A model's factor; `kept` is what the file has, `answers` how many came since."""

    factor: float
    kept: float
    answers: int = 0


class TokenCounter:
    """Estimates for all models; one for the whole daemon."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._learnt: dict[str, _Learnt] | None = None
        self._prefixes: dict[str, tuple[ModelRequest, int]] = {}
        """By model: the last prefix, and its tokens by the family's factor."""

    async def factor(self, model: str) -> float:
        """Return by what the plain count of a text is multiplied for a model."""
        return (await self._of(model)).factor

    async def tokens(self, request: ModelRequest, model: str) -> int:
        """Return about how many tokens a request is."""
        learnt = await self._of(model)
        return math.ceil(self._words(request, model) * learnt.factor / family_factor(model)) + shown_tokens(
            request.messages, [model]
        )

    async def learn(self, request: ModelRequest, model: str, usage: Usage) -> None:
        """Let a model's own count of a request move its factor. Pictures are counted otherwise, and teach nothing."""
        if pictures_in(request.messages) or usage.input <= 0:
            return
        learnt = await self._of(model)
        estimated = await self.tokens(request, model)
        learnt.factor = calibrated(learnt.factor, estimated=estimated, actual=usage.input)
        learnt.answers += 1
        if abs(learnt.factor - learnt.kept) > WORTH_KEEPING * learnt.kept:
            answers, learnt.answers, learnt.kept = learnt.answers, 0, learnt.factor
            await self._store.write(token_factors.learn, model, learnt.factor, answers=answers, now=self._clock.now())

    async def _of(self, model: str) -> _Learnt:
        if self._learnt is None:
            kept = await self._store.read(token_factors.known)
            self._learnt = {name: _Learnt(factor, factor) for name, factor in kept.items()}
        return self._learnt.setdefault(model, _Learnt(family_factor(model), family_factor(model)))

    def _words(self, request: ModelRequest, model: str) -> int:
        """Count words by the family's factor; the prefix is long and stays the same from call to call: it is counted once."""
        known = self._prefixes.get(model)
        if known is None or known[0].system is not request.system or known[0].tools is not request.tools:
            prefix = ModelRequest(request.system, (), request.tools)
            known = self._prefixes[model] = (prefix, request_tokens(prefix, model))
        return known[1] + text_tokens(map(message_text, request.messages), model)


def request_tokens(request: ModelRequest, model: str) -> int:
    """Estimate the tokens of a whole request for a model's family."""
    tools = [f"{tool.name} {tool.description} {tool.parameters}" for tool in request.tools]
    words = text_tokens([request.system, *tools, *map(message_text, request.messages)], model)
    return words + shown_tokens(request.messages, [model])


def shown_tokens(messages: Iterable[ChatMessage], models: Sequence[str]) -> int:
    """Return the tokens of a dialogue's pictures, for the dearest of these models."""
    return sum(image_tokens(image, models) for image in pictures_in(messages))


def pictures_in(messages: Iterable[ChatMessage]) -> list[Image]:
    """Return the pictures that a dialogue shows."""
    return [image for message in messages if isinstance(message, UserWords) for image in message.images]


def image_tokens(image: Image, models: Sequence[str]) -> int:
    """Return what one picture costs the dearest of these models."""
    return _formulas().of(image.width, image.height, models)


@cache
def _formulas() -> PictureTokens:
    return picture_tokens.load(files("ivy").joinpath("data", picture_tokens.FILE).read_text(encoding="utf-8"))


def text_tokens(texts: Iterable[str], model: str, factor: float | None = None) -> int:
    """Estimate the tokens of messages, by what the model has taught (`factor`) or else by its family."""
    factor = family_factor(model) if factor is None else factor
    return sum(estimate(text, factor) + MESSAGE_OVERHEAD for text in texts)


def message_text(message: ChatMessage) -> str:
    """Return all that a message costs tokens for."""
    match message:
        case UserWords(text):
            return text
        case AssistantWords(text, calls):
            return "\n".join([text, *(f"{call.tool} {call.arguments}" for call in calls)])
        case ToolResults(results):
            return "\n".join(result.content for result in results)
