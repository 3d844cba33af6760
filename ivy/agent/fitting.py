"""What a further call of a turn is told, so that it stays within the turn's budget. May import: the store and below.

While all fits nothing is changed: a vendor signs its model's thinking over everything before it, and takes no running loop
of tools in which a word is missing. What does not fit is therefore told anew, as words that begin afresh, to a model that
may call no more tools: it says what is done and what is left. The same journal makes the same words again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ivy.agent.context import CUT, SHORTEST_RESULT, WORDS_MARK
from ivy.agent.token_counting import message_text, text_tokens
from ivy.domain.taint import inline
from ivy.ports import AssistantWords, ChatMessage, ToolResult, ToolResults, UserWords

DONE = (
    "In this turn you have done this already; no more can be done in it. Say what came of it, and what is left to do:"
)
_END_OF_FACTS = f"\n</facts>\n{WORDS_MARK}\n"
_SAID, _CAME, _LAST_SAID, _LAST_CAME, _WORDS = "said", "came", "last said", "last came", "words"
_NAMED = {
    _CAME: "the end of what tools said earlier",
    _SAID: "the end of what it asked for earlier",
    _LAST_CAME: "the end of what tools said",
    _LAST_SAID: "the end of what it asked for",
    _WORDS: "the end of the new messages",
}
"""What is cut, in this order, and how that is named."""


@dataclass(frozen=True)
class Room:
    """How many tokens of a model a turn's words may have, by what its answers had taught when the turn began (`factor`)."""

    tokens: int
    model: str
    factor: float

    def holds(self, messages: Sequence[ChatMessage]) -> bool:
        return text_tokens(map(message_text, messages), self.model, self.factor) <= self.tokens


@dataclass(frozen=True)
class Fitted:
    """What a call is told; `dropped` says in words what it is not told. `is_last`: no tool may be called after it."""

    messages: tuple[ChatMessage, ...]
    dropped: tuple[str, ...] = ()
    is_last: bool = False


@dataclass(frozen=True)
class _Line:
    """One thing that was done: what the model said or asked for, and what came of it."""

    said: str
    came: str
    is_new: bool
    """Of the last round: the model was not told yet what came of it."""


@dataclass(frozen=True)
class _Told:
    """A turn in words: what may be said before, its facts, what was done, and the person's new words. `caps`: in characters."""

    history: tuple[ChatMessage, ...]
    facts: tuple[str, ...]
    done: tuple[_Line, ...]
    words: tuple[str, ...]
    opening: UserWords
    caps: Mapping[str, int] = field(default_factory=dict[str, int])

    def messages(self) -> tuple[ChatMessage, ...]:
        done = [DONE, *map(self._line, self.done)] if self.done else []
        words = [_cut(each, self.caps.get(_WORDS)) for each in self.words]
        text = "\n".join([*self.facts, *done]) + _END_OF_FACTS + "\n".join(words)
        return (*self.history, replace(self.opening, text=text))

    def capped(self, part: str, cap: int) -> "_Told":
        return replace(self, caps={**self.caps, part: cap})

    def texts(self, part: str) -> list[str]:
        """Return the texts of a part, whole."""
        if part == _WORDS:
            return list(self.words)
        lines = [each for each in self.done if each.is_new == (part in (_LAST_SAID, _LAST_CAME))]
        return [each.came if part in (_CAME, _LAST_CAME) else each.said for each in lines]

    def _line(self, line: _Line) -> str:
        said = _cut(line.said, self.caps.get(_LAST_SAID if line.is_new else _SAID))
        came = _cut(line.came, self.caps.get(_LAST_CAME if line.is_new else _CAME))
        return f"- {said}: {came}" if came else f"- {said}"


def fit(transcript: Sequence[ChatMessage], *, earlier: int, room: Room) -> Fitted:
    """Return what a call is told of a turn's dialogue, whose first `earlier` messages were said before the turn.

    What is over the room is told anew: without the oldest history first, then with what tools said earlier cut, then what
    was asked for; facts and the person's new words only after that.
    """
    opening = transcript[earlier]
    if room.holds(transcript) or not isinstance(opening, UserWords):
        return Fitted(tuple(transcript))
    whole = _told(transcript[:earlier], opening, transcript[earlier + 1 :])
    told = whole
    for told in _ever_less(whole):
        if room.holds(told.messages()):
            break
    return Fitted(told.messages(), tuple(_dropped(whole, told)), is_last=bool(whole.done))


def _told(history: Sequence[ChatMessage], opening: UserWords, since: Sequence[ChatMessage]) -> _Told:
    facts, _, words = opening.text.partition(_END_OF_FACTS)
    done: list[_Line] = []
    added: list[str] = []
    last = max((place for place, each in enumerate(since) if isinstance(each, AssistantWords)), default=0)
    for place, message in enumerate(since):
        match message:
            case AssistantWords(text, calls):
                results = since[place + 1] if place + 1 < len(since) else None
                came = [_came(each) for each in results.results] if isinstance(results, ToolResults) else []
                done += [_Line(inline(text), "", place == last)] if text.strip() else []
                for number, call in enumerate(calls):
                    result = came[number] if number < len(came) else ""
                    done.append(_Line(inline(f"{call.tool} {call.arguments}"), result, place == last))
            case UserWords(text):
                added.append(text)
            case ToolResults():
                continue
    shown = tuple(image for each in (opening, *since) if isinstance(each, UserWords) for image in each.images)
    return _Told(tuple(history), tuple(facts.split("\n")), tuple(done), (words, *added), replace(opening, images=shown))


def _came(result: ToolResult) -> str:
    return inline(f"{'it failed: ' if result.failed else ''}{result.content}")


def _ever_less(told: _Told) -> Iterator[_Told]:
    """Yield a turn in ever fewer words, what matters least left out first."""
    yield told
    while told.history:
        told = replace(told, history=_from_the_person(told.history[1:]))
        yield told
    *parts, words = _NAMED
    for part in parts:
        for cap in _caps(told.texts(part), SHORTEST_RESULT):
            told = told.capped(part, cap)
            yield told
    while len(told.facts) > 2:  # the mark of their beginning, and the time and the person
        told = replace(told, facts=told.facts[:-1])
        yield told
    for cap in _caps(told.words, SHORTEST_RESULT):
        told = told.capped(words, cap)
        yield told
    while told.done:
        told = replace(told, done=told.done[1:])
        yield told
    yield from (told.capped(words, cap) for cap in _caps(["." * SHORTEST_RESULT], 0))


def _caps(texts: Sequence[str], floor: int) -> Iterator[int]:
    """Yield ever smaller caps, from that of the longest text: it is cut first."""
    cap = max(map(len, texts), default=0)
    while cap > floor:
        cap = max(cap * 3 // 4, floor)
        yield cap


def _from_the_person(history: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """Return history without what stands before the person's first words: a dialogue begins with them."""
    first = next((place for place, each in enumerate(history) if isinstance(each, UserWords)), len(history))
    return history[first:]


def _cut(text: str, cap: int | None) -> str:
    return text if cap is None or len(text) <= cap + len(CUT) else text[:cap] + CUT


def _dropped(whole: _Told, told: _Told) -> Iterator[str]:
    """Name what is told no more."""
    for name, before, after in (
        ("earlier messages", whole.history, told.history),
        ("lines of facts", whole.facts, told.facts),
        ("things that were done", whole.done, told.done),
    ):
        if len(after) < len(before):
            yield f"{len(before) - len(after)} {name}"
    for part, name in _NAMED.items():
        if any(_cut(text, told.caps.get(part)) != text for text in told.texts(part)):
            yield name
