"""The agent's side of an emulated call: it opens, asks its questions, uses its functions, closes. May import: domain and below.

Variables that it reads: `ivy_opener` (where the model has no `begin_message`), `ivy_questions` (one a line), `ivy_closing`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from math import inf
from typing import Any, Protocol, cast

import trio

from ivy.domain.plain_words import words_of
from ivy.emulators.brain import BrainCall, BrainResult
from ivy.emulators.retell_calls import Call, Turn, seconds_to_say, substitute
from ivy.emulators.retell_functions import Mind, invoke, spoken_of, use
from ivy.emulators.retell_people import Ends, HangUp, Interrupts, Reply, Silence, Talker
from ivy.emulators.retell_rules import Json

SLOWEST_ANSWER, FASTEST_ANSWER = 1400, 600
"""Milliseconds between the end of what a person says and the agent's answer."""
USUAL_SILENCE_MS, USUAL_REMINDER_MS = 600_000, 10_000

_SAYINGS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "there": "Are you still there?",
        "moment": "One moment.",
        "stopped": "I understand. I will not call you again. Goodbye.",
    },
    "es": {
        "there": "¿Hola? Aquí sigo.",
        "moment": "Un momento.",
        "stopped": "Entendido, no vuelvo a llamar. Adiós.",
    },
}
_NO_MORE_CALLS = re.compile(
    r"\b(?:(?:stop|quit) (?:calling|phoning|ringing)(?: me)?+|"
    r"(?:dont|do not|never) (?:ever )?(?:call|phone|ring) me (?:again|any ?more|ever)|never (?:call|phone|ring) me|"
    r"(?:take|remove) me (?:off|from) (?:your|the|this) list|"
    r"no me (?:llames|llame|llamen|llameis) (?:mas|nunca|otra vez|de nuevo|jamas)|nunca mas me llam\w+|"
    r"deja(?:d|r)? de llamar(?:me|nos)?+|deje(?:n|s)? de llamar(?:me|nos)?+)\b(?! (?:today|now|tonight|hoy|ahora|esta))"
)
_SAYS_GOODBYE = re.compile(
    r"\b(?:good ?bye|bye|that'?s (?:all|it)|adi[oó]s|chao|hasta (?:luego|mañana)|eso es todo)\b", re.IGNORECASE
)


@lru_cache(4096)
def asks_for_no_more_calls(words: str) -> bool:
    """Say whether somebody wants no more calls: not today, but ever."""
    return _NO_MORE_CALLS.search(" ".join(words_of(words))) is not None


class Line(Protocol):
    """What a conversation needs of the vendor around it."""

    def now(self) -> datetime: ...

    @property
    def pace(self) -> float:
        """How many times faster than people the call goes."""
        ...

    def spoke(self, call: Call) -> None:
        """Hear that a turn was added."""
        ...

    async def ask(
        self, url: str, body: bytes, *, patience: float, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Post to a function of Ivy's."""
        ...


class Over(Exception):
    """The conversation has ended, for one of Retell's reasons."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Conversation:
    """One call from the moment somebody picks up."""

    def __init__(self, call: Call, talker: Talker, line: Line, mind: Mind) -> None:
        self._call, self._talker, self._line, self._mind = call, talker, line, mind
        self._agent, self._llm = call.engine.agent, call.engine.llm
        self._said = ""
        self._quiet_since = 0.0
        self._reminders = 0
        tools: list[Json] = self._llm.get("general_tools") or []
        self._functions = {each["name"]: each for each in tools if each["type"] == "custom"}
        self._hang_up = next((each["name"] for each in tools if each["type"] == "end_call"), "")
        language: Any = self._agent.get("language") or "en-US"
        first = cast("list[str]", language)[0] if isinstance(language, list) else str(language)
        self._says = _SAYINGS["es" if first.startswith("es") else "en"]
        opening = self._llm.get("begin_message")
        self._opener = self._own("ivy_opener") if opening is None else self._filled(opening)
        self._questions = [line.strip() for line in self._own("ivy_questions").splitlines() if line.strip()]
        self._leads = bool(self._questions)
        """Without questions of its own it answers whatever comes, until the person says goodbye."""
        self._closing = self._own("ivy_closing")

    async def hold(self) -> str:
        """Talk until the call is over; return the reason."""
        self._quiet_since = trio.current_time()
        try:
            await self._meet()
            await self._say(self._opener)
            while True:
                await self._answer(await self._listen())
        except Over as over:
            return over.reason

    # --- the first words -----------------------------------------------------------------------------

    async def _meet(self) -> None:
        """Hear who or what answers, and wait for the agent's turn."""
        if self._talker.machine:
            await self._hear(self._talker.greeting)
            await self._meet_machine()
        elif self._llm["start_speaker"] == "user" or self._llm.get("begin_message") == "":
            if self._talker.greeting:
                await self._pause(1.0)
                await self._hear(self._talker.greeting)
            else:
                after = self._llm.get("begin_after_user_silence_ms")
                with trio.move_on_at(self._silence_ends()):
                    await self._pause(inf if after is None else after / 1000)
                    return
                raise Over("inactivity")
        else:
            await self._pause((self._agent.get("begin_message_delay_ms") or 0) / 1000)

    async def _meet_machine(self) -> None:
        match self._talker.machine:
            case "voicemail":
                self._call.in_voicemail = True
                option = self._agent.get("voicemail_option")
                if option and getattr(self._talker, "detected", True):
                    message = self._filled(option["action"].get("text", ""))
                    await self._say(message)
                    raise Over("voicemail_reached")
            case "ivr" if self._agent.get("ivr_option"):
                raise Over("ivr_reached")
            case "screening" if option := self._agent.get("call_screening_option"):
                await self._say(self._filled(f"{option['agent_identity']} {option['call_purpose']}"))
                await self._listen()
            case _:
                pass

    # --- listening -----------------------------------------------------------------------------------

    async def _listen(self) -> str:
        """Return what the person says next; ask whether they are there if they say nothing, and give up in the end."""
        while True:
            reply = await self._reply()
            if reply is not None:
                return await self._take(reply)
            if trio.current_time() >= self._silence_ends():
                raise Over("inactivity")
            self._reminders += 1
            await self._say(self._says["there"], quietly=True)

    async def _reply(self) -> Reply | None:
        """Return what the person does, or None when it is the agent's turn to say something about their silence."""
        with trio.move_on_at(min(self._silence_ends(), self._reminder_due())):
            while True:
                said, self._said = self._said, ""
                reply = await self._talker.reply(said, self._call)
                if isinstance(reply, HangUp):
                    await self._pause(reply.after)
                if not isinstance(reply, Silence):
                    return reply
                await self._pause(reply.seconds)
        return None

    async def _take(self, reply: Reply) -> str:
        match reply:
            case HangUp(words=words):
                await self._hear(words)
                raise Over("user_hangup")
            case Ends(reason=reason):
                raise Over(reason)
            case Interrupts(text=text, words=words):
                self._cut(words)
                return await self._hear(text)
            case Silence():
                return ""
            case words:
                return await self._hear(words)

    async def _pause(self, seconds: float) -> None:
        await trio.sleep(seconds / self._line.pace)

    def _silence_ends(self) -> float:
        after = self._agent.get("end_call_after_silence_ms") or USUAL_SILENCE_MS
        return self._quiet_since + after / 1000 / self._line.pace

    def _reminder_due(self) -> float:
        most = self._agent.get("reminder_max_count")
        if self._reminders >= (1 if most is None else most):
            return inf
        after = self._agent.get("reminder_trigger_ms") or USUAL_REMINDER_MS
        return self._quiet_since + after / 1000 * (self._reminders + 1) / self._line.pace

    async def _hear(self, words: str) -> str:
        """Let the other end say something, in its time: nobody is silent who speaks."""
        if words:
            start = self._line.now()
            await self._pause(seconds_to_say(words))
            self._add("user", words, start)
            self._reminders = 0
            self._quiet_since = trio.current_time()
        return words

    def _cut(self, words: int) -> None:
        last = next((at for at in reversed(range(len(self._call.entries))) if self._is_agents(at)), None)
        if last is not None and self._agent.get("interruption_sensitivity", 1) > 0:
            turn = cast(Turn, self._call.entries[last])
            self._call.entries[last] = turn.cut(words)

    def _is_agents(self, at: int) -> bool:
        entry = self._call.entries[at]
        return isinstance(entry, Turn) and entry.role == "agent"

    # --- speaking ------------------------------------------------------------------------------------

    async def _answer(self, words: str) -> None:
        """Do what was asked for, tell of it, and go on to the next question, or to the end."""
        if self._agent.get("enable_dnc_detection") and asks_for_no_more_calls(words):
            await self._say(self._says["stopped"])
            raise Over("user_requested_dnc")
        understood = self._mind.read(words, self._call.engine, self._functions)
        told = [await self._use(words, wanted) for wanted in understood.calls]
        closes = not self._questions if self._leads else _SAYS_GOODBYE.search(words) is not None
        if not self._leads and not told and not closes:
            told = [understood.text]
        following = self._closing if closes else self._questions.pop(0) if self._questions else ""
        await self._say(" ".join(part for part in (*told, following) if part))
        if closes:
            self._closing = ""
            if self._hang_up:
                invoke(self._call, self._hang_up, {}, "end_call")
                raise Over("agent_hangup")

    async def _say(self, text: str, *, quietly: bool = False) -> None:
        """Say something after the time that thinking takes. Said `quietly`, it does not end the person's silence."""
        latency = self._call.chance.randint(FASTEST_ANSWER, SLOWEST_ANSWER)
        await self._pause(latency / 1000)
        self._said = text
        if text:
            self._call.latencies.append(latency)
            start = self._line.now()
            await self._pause(seconds_to_say(text))
            self._add("agent", text, start)
        if not quietly:
            self._quiet_since = trio.current_time()

    def _add(self, role: str, words: str, start: datetime) -> None:
        call = self._call
        call.entries.append(Turn(role, words, round(call.second(start), 3), round(call.second(self._line.now()), 3)))
        self._line.spoke(call)

    def _own(self, name: str) -> str:
        """Return a variable's value; one that the prompt counts on and that is not set is read out as it stands."""
        mentioned = f"{{{{{name}}}}}"
        value = self._call.variables.get(name)
        if value is not None:
            return value
        return mentioned if mentioned in (self._llm.get("general_prompt") or "") else ""

    def _filled(self, text: str) -> str:
        return substitute(text, self._call.variables)

    async def _use(self, words: str, wanted: BrainCall) -> str:
        """Call a function of Ivy's; return what there is to say about it."""
        tool = self._functions[wanted.tool]
        name = invoke(self._call, wanted.tool, wanted.arguments, "custom")
        if tool.get("speak_during_execution"):
            fixed = tool.get("execution_message_type") == "static_text"
            await self._say(tool.get("execution_message_description", "") if fixed else self._says["moment"])
        done = await use(self._call, tool, name, wanted.arguments, self._line.ask)
        if not tool.get("speak_after_execution"):
            return ""
        return self._mind.tell(words, wanted, BrainResult(spoken_of(done.content), failed=not done.succeeded))
