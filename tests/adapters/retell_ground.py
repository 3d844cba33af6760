"""Retell for the tests of its adapter: the emulator, agents that were synced to it, and somebody with a phone."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx2
import trio

from ivy.adapters.client import open_client
from ivy.adapters.retell import signature
from ivy.adapters.retell.agents import Agents
from ivy.adapters.retell.api import Api
from ivy.adapters.retell.script import Script, Terms, script
from ivy.adapters.retell.voice import RetellVoice
from ivy.clock import VirtualClock
from ivy.domain.public_paths import RETELL as WEBHOOK
from ivy.domain.public_paths import RINGING as INBOUND
from ivy.emulators.faults import Fault, FaultyTransport
from ivy.emulators.faults import Script as Faults
from ivy.emulators.in_process import in_process
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_people import Busy, Declines, EndsWith, NoAnswer, Silent, Talker, Voicemail, scripted
from ivy.ports import ToolSpec
from tests.adapters.voice_contract import ANA, WAIT, Answers, Greeted, Plays, Posted

KEY, BADGE, NUMBER = "key_emulated_0123456789", "key_badge_0123456789", "+15550100200"
PUBLIC = "https://ivy.example.test"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
VARIABLES = {"ivy_name": "", "ivy_purpose": "Ivy", "ivy_opener": "Hi, it's Ivy.", "ivy_context": ""}
SAID = {"ivy_name": "Anamaria", "ivy_purpose": "Planning", "ivy_opener": "Good morning, it's Ivy.", "ivy_context": "-"}
PROMPT = "You are Ivy. You call {{ivy_name}} about {{ivy_purpose}}. {{ivy_context}} Begin with: {{ivy_opener}}"
SAVE_PLAN = ToolSpec(
    "save_plan",
    "Write down a plan.",
    {"type": "object", "properties": {"workout": {"type": "string"}}, "required": [], "additionalProperties": False},
)
TERMS = Terms(
    prefix="ivy",
    public_url=PUBLIC,
    model="gpt-5.4-mini",
    voices={"en": "11labs-Adrian", "es": "11labs-Lucia"},
    store="everything_except_pii",
    retention_days=30,
    ring_seconds=30,
    longest_seconds=600,
)
TALKERS: Mapping[Plays, Talker] = {
    Plays.TALKS: scripted("Yes, good morning.", "A run at seven."),
    Plays.SAYS_NOTHING: Silent(),
    Plays.DOES_NOT_ANSWER: NoAnswer(),
    Plays.IS_BUSY: Busy(),
    Plays.DECLINES: Declines(),
    Plays.IS_A_MAILBOX: Voicemail(),
    Plays.WANTS_NO_CALLS: EndsWith(reason="user_requested_dnc"),
    Plays.IS_CUT_OFF: EndsWith(reason="error_retell"),
}


def wanted(language: str, *, tools: tuple[ToolSpec, ...] = (SAVE_PLAN,), prompt: str = PROMPT, **terms: Any) -> Script:
    return script(language, replace(TERMS, **terms), prompt=prompt, variables=VARIABLES, tools=tools)


SCRIPTS = (wanted("en"), wanted("es"))


def api_of(http: httpx2.AsyncClient, key: str = KEY, *, patience: float = 0) -> Api:
    return Api(http, base_url="https://retell.test", api_key=key, timeout_seconds=20, patience=patience)


def voice_of(http: httpx2.AsyncClient, clock: VirtualClock, **more: Any) -> RetellVoice:
    usual: dict[str, Any] = {
        "base_url": "https://retell.test",
        "api_key": KEY,
        "webhook_keys": (BADGE,),
        "number": NUMBER,
        "prefix": "ivy",
        "store": "everything_except_pii",
        "timeout_seconds": 20,
        "clock": clock,
        "needs": VARIABLES,
    }
    return RetellVoice(http, **{**usual, **more})


@dataclass
class RetellGround:
    """A `Ground` of the contract, on the emulated Retell."""

    clock: VirtualClock
    faults: Faults[Fault] = field(default_factory=lambda: Faults[Fault]())
    posted: list[Posted] = field(default_factory=list[Posted])
    key: str = KEY

    def __post_init__(self) -> None:
        self.retell = RetellEmulator(
            api_key=KEY,
            webhook_key=BADGE,
            number=NUMBER,
            webhook_url="",
            deliver=self._deliver,
            now=self.clock.now,
            chance=Random(1),
        )
        self.retell.manners.rate_limits = False
        self.transport = FaultyTransport(in_process(self.retell.app), self.faults)
        self._answer: Callable[[bytes], bytes] = lambda _body: b""

    def open(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.voice = voice_of(http, self.clock)

    async def _deliver(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        await trio.lowlevel.checkpoint()
        lowered = {name.lower(): value for name, value in headers.items()}
        if url == f"{PUBLIC}{INBOUND}":
            self.voice.verify(body, lowered)
            return 200, self._answer(body)
        if url == f"{PUBLIC}{WEBHOOK}":
            self.posted.append(Posted(body, lowered))
            return 204, b""
        return 404, b""

    def now(self) -> datetime:
        return self.clock.now()

    def variables(self) -> dict[str, str]:
        return dict(SAID)

    def sign(self, body: bytes, *, at: datetime) -> dict[str, str]:
        return {signature.HEADER: signature.sign(body, BADGE, at=at)}

    def answer(self, what: Answers) -> None:
        wait = round(WAIT.total_seconds())
        match what:
            case Answers.TOO_MANY:
                self._refuse(429, "Rate limit exceeded", retry_after=wait)
            case Answers.UNPAID:
                self._refuse(402, f"No payment method for {KEY}")
            case Answers.WRONG_KEY:
                self._refuse(401, f"API key {KEY} is wrong")
            case Answers.NOT_THIS_CALL:
                self._refuse(400, f"to_number {ANA} is not a number")
            case Answers.BROKEN:
                self._refuse(500, f"Something broke about {ANA}")

    def _refuse(self, status: int, message: str, *, retry_after: int | None = None) -> None:
        self.retell.refuse(status, message, retry_after=retry_after)

    def break_off(self, fault: Fault) -> None:
        self.faults.add(fault, path="/v2/create-phone-call")

    def person(self, phone: str, plays: Plays) -> None:
        self.retell.person_answers(phone, TALKERS[plays])

    async def over(self) -> tuple[Posted, ...]:
        await self.retell.settled()
        return tuple(self.posted)

    async def somebody_calls(self, phone: str, answer: Callable[[bytes], bytes]) -> Greeted | None:
        self._answer = answer
        agents = Agents(api_of(self.http))
        line = await agents.plan(SCRIPTS[0])
        await agents.bind(NUMBER, line.agent_id, PUBLIC)
        call = await self.retell.person_calls(phone, TALKERS[Plays.TALKS])
        if call is None:
            return None
        await self.retell.settled()
        report = await self.voice.get(call.call_id)
        assert report is not None
        return Greeted(call.engine.agent["language"][:2], call.variables, report)

    def placed(self) -> int:
        return len(self.retell.placed)

    def function(self, our_id: str, tool: str, arguments: Mapping[str, Any], person_turns: int) -> bytes:
        turns = [{"role": role, "content": "Yes."} for _turn in range(person_turns) for role in ("agent", "user")]
        call = {"call_id": "call_1", "metadata": {"ivy_call_id": our_id}, "transcript_object": turns}
        return json.dumps({"name": tool, "args": arguments, "call": call}).encode()

    def unheard_of(self, body: bytes) -> bytes:
        told = json.loads(body)
        told["call"]["disconnection_reason"] = "solar_flare"
        return json.dumps(told).encode()

    def another_event(self) -> bytes:
        return json.dumps({"event": "solar_flare", "call": {"call_id": "call_1"}}).encode()


@asynccontextmanager
async def retell(*, synced: bool = True) -> AsyncGenerator[RetellGround]:
    """Open the emulated Retell, with its agents and with calls that go on."""
    ground = RetellGround(VirtualClock(NOW))
    async with open_client(transport=ground.transport) as http, trio.open_nursery() as nursery:
        ground.open(http)
        nursery.start_soon(ground.retell.run)
        if synced:
            lines = await Agents(api_of(http)).sync(SCRIPTS)
            assert not any(line.failed for line in lines), lines
            await ground.voice.warm()
        yield ground
        nursery.cancel_scope.cancel()
