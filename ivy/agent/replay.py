"""Goes through a turn again from its journal, without a vendor and without writing. May import: the store and below.

Each request is built anew and its digest compared with that of the bytes that left; the bytes that came are read anew; tool
calls are named anew and their results made fit anew; the reply is composed anew. What a live turn does with them is done by
the same functions here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ivy.agent import context, outgoing
from ivy.agent.journal import Journal, answer_words, message_of
from ivy.agent.turn import ANSWERED, CAP, LIMIT, NOTHING
from ivy.domain.links import links_in
from ivy.domain.sentences import Say, say
from ivy.domain.sms import plain
from ivy.domain.turns import canonical_json, tool_key
from ivy.errors import StoreError, VendorError
from ivy.ports import (
    AssistantWords,
    Image,
    ModelAnswer,
    ModelRequest,
    Pictures,
    ToolCall,
    ToolResult,
    ToolResults,
    UserWords,
    Wire,
)
from ivy.store import exchanges
from ivy.store.binding import Row
from ivy.store.exchanges import Kept
from ivy.store.recorded import Recorded
from ivy.store.sealing import Sealer
from ivy.store.turns import Step
from ivy.tools.executor import shortened

SAME, DIFFERENT, UNKNOWN = "same", "different", "unknown"
LONGEST_SEEN = 10 * 1024 * 1024
FORGOTTEN = "forgotten since, as the person asked"
_QUOTED = 80

WireOf = Callable[[str, str, Mapping[str, Any]], Wire]
"""Of vendor, model and dialect: how that model was spoken to."""


@dataclass(frozen=True)
class Check:
    """One thing that was gone through: `verdict` is same, different or unknown, which `words` explain."""

    step: int
    what: str
    verdict: str
    words: str


@dataclass(frozen=True)
class Replay:
    """A whole turn, gone through again."""

    turn_id: str
    user_id: str
    person: str
    prompt: str
    started_at_ms: int
    checks: tuple[Check, ...]

    @property
    def is_equal(self) -> bool:
        return all(check.verdict != DIFFERENT for check in self.checks)


async def replay(turn: Recorded, wire_of: WireOf, sealer: Sealer, pictures: Pictures) -> Replay:
    """Go through a turn step by step."""
    journal = Journal(turn.turn_id, [])
    player = _Player(turn, wire_of, sealer, pictures)
    checks: list[Check] = []
    for step in turn.steps:
        checks += await player.check(step, journal)
        journal.steps.append(step)
        journal.take(step)
    checks += player.rest()
    return Replay(turn.turn_id, turn.user_id, turn.person, turn.prompt, turn.started_at_ms, tuple(checks))


class _Player:
    """Goes through the steps of one turn; remembers which tool calls it met."""

    def __init__(self, turn: Recorded, wire_of: WireOf, sealer: Sealer, pictures: Pictures) -> None:
        self._turn = turn
        self._wire_of = wire_of
        self._sealer = sealer
        self._pictures = pictures
        self._met: set[str] = set()
        self._speech = next((str(step.payload["speech"]) for step in turn.steps if "speech" in step.payload), "en-US")

    async def check(self, step: Step, journal: Journal) -> list[Check]:
        match step.kind:
            case "context" | "words":
                read: list[str] = step.payload["read"] if step.kind == "context" else step.payload["messages"]
                words = f"It read {_count(len(read), 'message')}; they are taken from the journal as they were."
                return [Check(step.n, "read", SAME, words)]
            case "answer":
                return await self._answer(step, journal)
            case "results":
                return list(self._results(step, journal))
            case _:
                return list(self._reply(step, journal))

    def rest(self) -> Iterator[Check]:
        """Yield what the journal should have had, and has not."""
        last = len(self._turn.steps)
        for key, row in self._turn.ran.items():
            if key not in self._met:
                cut_off = self._turn.state != "done"
                words = f"{row['tool']} was done, and the journal has no result of it"
                yield Check(last, "tool", UNKNOWN if cut_off else DIFFERENT, f"{words}{_CUT if cut_off else '.'}")
        if not self._turn.steps or self._turn.steps[-1].kind != "reply":
            words = f"The turn is {self._turn.state}; how it ended is not in its journal, so its reply is not compared."
            yield Check(last, "reply", UNKNOWN, words)

    # --- models --------------------------------------------------------------------------------------

    async def _answer(self, step: Step, journal: Journal) -> list[Check]:
        kept = self._turn.kept.get(str(step.payload.get("call")))
        if kept is None:
            return [Check(step.n, "model", UNKNOWN, "What was said to this model is not kept: only that it answered.")]
        wire = self._wire_of(kept.vendor, kept.model, kept.dialect)
        return [await self._asked(step, journal, kept, wire), self._came(step, kept, wire)]

    async def _asked(self, step: Step, journal: Journal, kept: Kept, wire: Wire) -> Check:
        request = ModelRequest(
            kept.system,
            journal.fitted().messages,
            kept.tools,
            may_call_tools=bool(step.payload["may_call_tools"]),
            max_tokens=int(step.payload["max_tokens"]),
        )
        body = await wire.encode(request)
        name = f"{kept.model} of {kept.vendor} ({kept.role})"
        digest = exchanges.digest(body)
        if digest == kept.asked_sha256:
            words = f"{name} would be asked the very same {len(body)} bytes ({digest[:12]}…)."
            return Check(step.n, "request", SAME, words)
        if await self._lacks_picture(journal):
            words = f"{name} was shown a picture that is kept no more: its request cannot be built again."
            return Check(step.n, "request", UNKNOWN, words)
        words = (
            f"{name} would be asked otherwise: {len(body)} bytes with digest {digest[:12]}…, where {kept.asked_sha256[:12]}… left."
            " System words and tools are the kept ones, so the dialogue or the way it is written has changed."
        )
        return Check(step.n, "request", DIFFERENT, words)

    async def _lacks_picture(self, journal: Journal) -> bool:
        shown: list[Image] = [
            image for each in journal.transcript if isinstance(each, UserWords) for image in each.images
        ]
        return any([await self._pictures.read(each.sha256, longest=LONGEST_SEEN) is None for each in shown])

    def _came(self, step: Step, kept: Kept, wire: Wire) -> Check:
        if kept.came is None:
            why = f"what was said there was {FORGOTTEN}" if kept.forgotten else "store.keep_raw_days"
            return Check(step.n, "answer", UNKNOWN, f"The bytes of its answer are kept no more ({why}).")
        try:
            came = exchanges.unseal(self._sealer, kept.call_id, kept.came)
            answer = wire.decode(came)
        except StoreError as error:
            return Check(step.n, "answer", UNKNOWN, f"The bytes of its answer cannot be opened: {error}")
        except VendorError as error:
            return Check(step.n, "answer", DIFFERENT, f"The bytes of its answer cannot be read any more: {error}")
        now = answer_words(
            answer, kept.vendor, may_call_tools=bool(step.payload["may_call_tools"]), speech=self._speech
        )
        then = message_of(step.payload["message"])
        if difference := _difference(then, now) or self._usage(kept, answer):
            return Check(step.n, "answer", DIFFERENT, difference)
        asks = ", ".join(call.tool for call in now.calls)
        said = f"asks for {asks}" if asks else "speaks"
        return Check(step.n, "answer", SAME, f"The {len(came)} bytes that came read the same: it {said}.")

    def _usage(self, kept: Kept, answer: ModelAnswer) -> str:
        row, used = self._turn.used.get(kept.call_id), answer.usage
        if row is None or used is None or (row["input_tokens"], row["output_tokens"]) == (used.input, used.output):
            return ""
        return (
            f"The answer counts {used.input} tokens in and {used.output} out; the books have {row['input_tokens']} and"
            f" {row['output_tokens']}."
        )

    # --- tools -----------------------------------------------------------------------------------------

    def _results(self, step: Step, journal: Journal) -> Iterator[Check]:
        last = journal.transcript[-1] if journal.transcript else None
        asked = last.calls if isinstance(last, AssistantWords) else ()
        told = message_of(step.payload["message"])
        if not isinstance(told, ToolResults) or len(told.results) != len(asked):
            yield Check(step.n, "tools", DIFFERENT, "There are not as many results as calls.")
            return
        again: list[ToolResult] = []
        for ordinal, (call, result) in enumerate(zip(asked, told.results, strict=True)):
            check, expected = self._call(step, ordinal, call, result)
            again.append(expected)
            yield check
        if "room" in step.payload:
            tokens, model, factor = step.payload["room"]
            fitted = context.fit_results(again, journal.transcript, budget=tokens, model=model, factor=factor)
            for then, now in zip(told.results, fitted, strict=True):
                if then != now:
                    words = f"A model was told {_quote(then.content)}; now it would be told {_quote(now.content)}."
                    yield Check(step.n, "result", DIFFERENT, words)

    def _call(self, step: Step, ordinal: int, call: ToolCall, result: ToolResult) -> tuple[Check, ToolResult]:
        key = tool_key(self._turn.turn_id, step.n, ordinal, call.tool, call.arguments)
        row = self._turn.ran.get(key)
        if row is None:
            verdict = SAME if result.failed else DIFFERENT
            why = f"was not run: {_quote(result.content)}" if result.failed else "has a result, and was never run"
            return Check(step.n, "tool", verdict, f"{call.tool} {why}."), result
        self._met.add(key)
        if row["result"] == "" and row["arguments"] == "{}" and result.content:
            words = f"{call.tool} was run once ({row['status']}); what it was about was {FORGOTTEN}."
            return Check(step.n, "tool", UNKNOWN, words), result
        expected = ToolResult(call.call_id, shortened(row["result"]), failed=row["status"] == "failed")
        for name, then, now in (
            ("tool", row["tool"], call.tool),
            ("arguments", row["arguments"], canonical_json(call.arguments)),
            ("outcome", "failed" if result.failed else "not failed", "failed" if expected.failed else "not failed"),
        ):
            if then != now:
                words = f"{call.tool}: its {name} were {_quote(then)}, and are now {_quote(now)}."
                return Check(step.n, "tool", DIFFERENT, words), expected
        words = f"{call.tool} {row['arguments']} was run once ({row['status']}), under the same key: {_quote(row['result'])}."
        return Check(step.n, "tool", SAME, words), expected

    # --- the reply -------------------------------------------------------------------------------------

    def _reply(self, step: Step, journal: Journal) -> Iterator[Check]:
        text, fitted = str(step.payload["text"]), str(step.payload["fitted"])
        wanted = self._texts(str(step.payload["ending"]), journal)
        if text not in wanted:
            yield Check(step.n, "reply", DIFFERENT, f"It said {_quote(text)}; now it would say {_quote(wanted[0])}.")
        elif step.payload.get("danger"):
            yield Check(step.n, "reply", SAME, "It was held back: words of danger came while it was in the making.")
        elif fitted != text and not (links_in(text) or outgoing.recites(text)):
            yield Check(step.n, "reply", DIFFERENT, f"{_quote(text)} was sent as {_quote(fitted)}, for no reason.")
        else:
            how = "" if fitted == text else "; a link or a recital of its rules was left out"
            yield Check(step.n, "reply", SAME, f"The turn ends the same ({step.payload['ending']}){how}.")
        yield self._sent(step, fitted)

    def _texts(self, ending: str, journal: Journal) -> Sequence[str]:
        kind, _, which = ending.partition(":")
        if kind == CAP:  # said once a day
            return (say(Say.MONTHLY_CAP if which.endswith("month") else Say.DAILY_CAP, self._speech), "")
        return ({ANSWERED: journal.final, LIMIT: _limit, NOTHING: _nothing}[kind](self._speech),)

    def _sent(self, step: Step, fitted: str) -> Check:
        ids: list[str] = step.payload["messages"]
        rows = [row for each in ids if (row := self._turn.sent.get(each)) is not None]
        if len(rows) < len(ids):
            return Check(step.n, "message", UNKNOWN, "What went out is kept no more.")
        if step.payload["file"]:
            return Check(step.n, "message", SAME, "It went out with a file.")
        if not rows:
            return Check(step.n, "message", DIFFERENT if fitted else SAME, "Nothing went out.")
        if _letters(_as_sent(fitted, rows[0])) not in _letters(*(row["body"] for row in rows)):
            words = f"{_quote(fitted)} was to go out; {_quote(' '.join(row['body'] for row in rows))} did."
            return Check(step.n, "message", DIFFERENT, words)
        return Check(step.n, "message", SAME, f"That is what went out in message {', '.join(ids)}.")


_CUT = ": it was cut off there."


def _nothing(_speech: str) -> str:
    return ""


def _limit(speech: str) -> str:
    return say(Say.LIMIT_REACHED, speech)


def _as_sent(text: str, row: Row) -> str:
    return plain(text) if row["channel"] == "sms" else text


def _letters(*texts: str) -> str:
    """Return texts without blanks: where they were split does not matter."""
    return "".join("".join(text.split()) for text in texts)


def _difference(then: object, now: AssistantWords) -> str:
    """Name the first thing that differs, or nothing."""
    for each in fields(now):
        old, new = getattr(then, each.name, None), getattr(now, each.name)
        if old != new:
            return f"Its {each.name} was {_quote(str(old))}, and reads now as {_quote(str(new))}."
    return ""


def _quote(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= _QUOTED else flat[:_QUOTED] + '…'}”"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
