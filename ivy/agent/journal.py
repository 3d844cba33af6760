"""The journal of one turn: what it read, what was answered, what the tools said, each a row before the next.

May import: the store and below. Text by others is known for what it is from here on, in a turn that was cut off too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from ivy import log
from ivy.agent import context, fitting, foreign, pictures
from ivy.agent.fitting import Fitted, Room
from ivy.agent.pictures import Sight
from ivy.agent.recollections import Recalled
from ivy.domain.media import Type
from ivy.domain.sentences import Say, say
from ivy.domain.splitting import to_whatsapp
from ivy.domain.taint import Origin, Read
from ivy.domain.turns import call_hash
from ivy.ports import AssistantWords, ChatMessage, Image, ModelAnswer, ToolResults, UserWords
from ivy.store import foreign as foreign_texts
from ivy.store import media, messages, turns
from ivy.store.binding import Row
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.turns import Step

logger = log.get(__name__)
MEDIA = "media"
HISTORY = 30
"""Earlier messages that are looked at; the budget decides how many are told."""


@dataclass
class Journal:
    """What is known of the turn under way: its rows, and the dialogue they make."""

    turn_id: str
    steps: list[Step]
    transcript: list[ChatMessage] = field(default_factory=list[ChatMessage])
    role: str = "primary"
    deadline: float = float("inf")
    """Of the whole turn, whoever answers: by trio's clock."""
    answers: int = 0
    said: str = ""
    """What the model last said in this turn: beside a call, too."""
    calls: list[str] = field(default_factory=list[str])
    own: list[str] = field(default_factory=list[str])
    """The person's own new words."""
    lately: str = ""
    foreign: set[str] = field(default_factory=set[str])
    """Where text by others in the dialogue came from."""
    drawn: list[str] = field(default_factory=list[str])
    """Ids that were drawn since the last row."""
    earlier: int = 0
    """How many messages of the dialogue were said before this turn."""
    room: Room | None = None
    """Of all calls of the turn: what answers teach meanwhile does not change it. None: it began before this was kept."""

    @property
    def read(self) -> Read:
        return Read("\n".join(self.own), frozenset(self.foreign), self.lately)

    def drawing(self, new_id: Callable[[], str]) -> Callable[[], str]:
        """Return what draws ids and notes each, for the next row: chance is an input too."""

        def draw() -> str:
            self.drawn.append(new_id())
            return self.drawn[-1]

        return draw

    def take_drawn(self) -> list[str]:
        """Return the ids that were drawn since this was last asked."""
        drawn, self.drawn = self.drawn, []
        return drawn

    def fitted(self) -> Fitted:
        """Return what the next call is told: the dialogue, or as much of it as there is room for."""
        if self.room is None:
            return Fitted(tuple(self.transcript))
        return fitting.fit(self.transcript, earlier=self.earlier, room=self.room)

    def final(self, speech: str) -> str:
        """Return what the person is answered, now that no call is left to be made."""
        # Some say all they have to say beside their last call, and then nothing.
        return to_whatsapp(self.said).strip() or say(Say.TURN_FAILED, speech)

    def take(self, step: Step) -> None:
        """Let a finished step be part of the dialogue."""
        payload = step.payload
        self.foreign |= set(payload.get("foreign", ()))
        self.own += payload.get("own", [])
        self.lately = payload.get("lately", self.lately)
        match step.kind:
            case "context":
                self.transcript += [message_of(each) for each in payload["messages"]]
                self.earlier = len(self.transcript) - 1
                self.room = Room(*payload["room"]) if "room" in payload else None
            case "words":
                shown = msgspec.convert(payload.get("images", []), tuple[Image, ...])
                self.transcript.append(UserWords(payload["text"], shown))
            case "answer":
                answer = message_of(payload["message"])
                self.transcript.append(answer)
                self.role = payload["role"]
                self.answers += 1
                if isinstance(answer, AssistantWords):
                    self.said = answer.text.strip() or self.said
                    self.calls += [call_hash(call.tool, call.arguments) for call in answer.calls]
            case "results":
                self.transcript.append(message_of(payload["message"]))
            case _:
                return


# --- its rows ------------------------------------------------------------------------------------------


def write_step(scope: Scope, turn_id: str, n: int, kind: str, payload: dict[str, Any], *, now: datetime) -> Step:
    step = Step(n, kind, payload)
    turns.append(scope, turn_id, step, now=now)
    return step


def answer_words(answer: ModelAnswer, vendor: str, *, may_call_tools: bool, speech: str) -> AssistantWords:
    """Return what an answer is in the dialogue: calls that were not allowed are none, and a refusal says something."""
    calls = answer.calls if may_call_tools else ()
    if answer.stop == "refusal" and not answer.text:
        return AssistantWords(say(Say.REFUSED, speech), calls, vendor, answer.model)
    return AssistantWords(answer.text, calls, vendor, answer.model, answer.raw)


def write_results(
    scope: Scope, turn_id: str, n: int, results: ToolResults, untrusted: bool, more: Mapping[str, Any], *, now: datetime
) -> Step:
    """Journal what the tools said, and whether text by others is among it."""
    contents = [result.content for result in results.results]
    origins = foreign.origins_of_results(scope, contents, untrusted=untrusted)
    payload: dict[str, Any] = {"message": plain(results), **more}
    return write_step(scope, turn_id, n, "results", payload | _marked(scope, turn_id, origins), now=now)


def _marked(scope: Scope, turn_id: str, origins: Iterable[Origin]) -> dict[str, Any]:
    """Note at the turn, and return for its journal, where text by others came from; nothing if there is none."""
    names = sorted({origin.value for origin in origins})
    if names:
        foreign_texts.mark(scope, turn_id, names)
    return {"foreign": names} if names else {}


def read_words(
    scope: Scope,
    turn_id: str,
    n: int,
    person: Person,
    room: Room,
    sight: Sight,
    memories: Sequence[Recalled],
    *,
    now: datetime,
) -> Step | None:
    """Take unread messages into the turn: as its context if it has none yet, else as words that were added."""
    unread = messages.unanswered(scope) if turns.is_open(scope, turn_id) else []
    if not unread:
        return None
    messages.read_by(scope, [row["id"] for row in unread], turn_id)
    ids = [row["id"] for row in unread]
    seen = _pictures(scope, unread, sight)
    shown = tuple(seen.values())
    told = [foreign.tell(row, unseen=row["id"] not in seen and _is_unheard(scope, row)) for row in unread]
    said = [each.text for each in told]
    origins = {origin for each in told for origin in each.origins} | ({Origin.PICTURE} if shown else set[Origin]())
    own: dict[str, Any] = {"own": [each.own for each in told if each.own]}
    if n > 0:
        words = {"text": context.more_words(said), "images": msgspec.to_builtins(shown), "messages": ids}
        return write_step(scope, turn_id, n, "words", words | own | _marked(scope, turn_id, origins), now=now)
    earlier = [row for row in messages.last_words(scope, limit=HISTORY + len(unread)) if row["id"] not in ids]
    past = foreign.before(scope, earlier[:HISTORY], now=now)
    lines = [each.line for each in memories]
    moment = foreign.clean(scope, context.read_moment(scope, person, past.rows, now=now, memories=lines))
    assembled = context.assemble(said, moment, budget=room.tokens, model=room.model, factor=room.factor)
    if assembled.dropped:
        logger.info("turn %s: left out of the context: %s", turn_id, ", ".join(assembled.dropped))
    *before, last = assembled.messages
    if isinstance(last, UserWords) and shown:
        last = replace(last, images=shown)
    payload = {
        "messages": [plain(message) for message in (*before, last)],
        "read": ids,
        "dropped": list(assembled.dropped),
        "factor": round(room.factor, 4),
        "room": [room.tokens, room.model, room.factor],
        "locale": person.locale,
        "speech": person.speech,
        "lately": past.lately,
        **_recalled(memories, assembled.messages),
    }
    more = own | _marked(scope, turn_id, origins | past.origins)
    return write_step(scope, turn_id, n, "context", payload | more, now=now)


def _recalled(memories: Sequence[Recalled], told: Sequence[ChatMessage]) -> dict[str, Any]:
    """Return which memories were found, and whether there was room to tell each: without its words, which may be forgotten."""
    shown = "\n".join(each.text for each in told if isinstance(each, UserWords))
    found = [{"kind": each.kind, "ref": each.ref, "told": each.line in shown} for each in memories]
    return {"recalled": found} if found else {}


def _pictures(scope: Scope, unread: Sequence[Row], sight: Sight) -> dict[str, Image]:
    """Return the pictures among new messages, by message, if their owner lets a model see them and there is room for them."""
    if not any(row["kind"] == MEDIA for row in unread) or not pictures.may_be_shown(scope):
        return {}
    found = {row["id"]: media.image_of(scope, row["id"]) for row in unread if row["kind"] == MEDIA}
    shown = sight.holds({name: image for name, image in found.items() if image is not None})
    if left_out := sum(image is not None for image in found.values()) - len(shown):
        logger.info("%s of %s's new pictures are not shown: there is no room for them", left_out, scope.user_id)
    return shown


def _is_unheard(scope: Scope, row: Row) -> bool:
    """Say whether a message came with a file that is no recording: the model is told nothing of it unless it sees it."""
    item = media.of_message(scope, row["id"]) if row["kind"] == MEDIA else None
    return item is not None and item.type is not Type.AUDIO


# --- the dialogue as JSON rows --------------------------------------------------------------------

_KINDS: dict[str, type[Any]] = {"user": UserWords, "assistant": AssistantWords, "results": ToolResults}


def plain(message: ChatMessage) -> dict[str, Any]:
    kind = next(name for name, each in _KINDS.items() if isinstance(message, each))
    return {"kind": kind, **msgspec.to_builtins(message)}


def message_of(payload: dict[str, Any]) -> ChatMessage:
    values = {name: value for name, value in payload.items() if name != "kind"}
    return msgspec.convert(values, _KINDS[payload["kind"]])
