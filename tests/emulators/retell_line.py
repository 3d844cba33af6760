"""An emulated Retell with one published agent, and a small Ivy that only takes down what it hears."""

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Any

import httpx2
import trio

from ivy.clock import VirtualClock
from ivy.domain.examples import Example
from ivy.emulators.brain import Brain
from ivy.emulators.in_process import in_process
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_calls import Call

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
KEY, BADGE, NUMBER, ANA, BEN = "key_api", "key_badge", "+15005550006", "+573001112233", "+447700900123"
ORIGIN = "https://ivy.example.test"
WEBHOOK, INBOUND, TOOLS = f"{ORIGIN}/webhook", f"{ORIGIN}/inbound", f"{ORIGIN}/tools"

EXAMPLES = (
    Example("plan_workout", "plan a run tomorrow at 7am", {"kind": "run", "when": "tomorrow at 7am"}),
    Example("log_workout", "log a run of 45 minutes", {"duration": "45 minutes", "kind": "run"}),
)


def custom(name: str, *properties: str, **more: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {each: {"type": "string"} for each in properties},
        "required": [],
    }
    tool: dict[str, Any] = {
        "type": "custom",
        "name": name,
        "url": f"{TOOLS}/{name}",
        "parameters": schema,
        "speak_after_execution": True,
    }
    return {**tool, "timeout_ms": 5000, **more}


END_CALL = {"type": "end_call", "name": "end_call", "description": "Hang up."}
LLM: dict[str, Any] = {
    "start_speaker": "agent",
    "general_prompt": "Say {{ivy_opener}} and ask {{ivy_questions}}. At the end say {{ivy_closing}}.",
    "general_tools": [custom("plan_workout", "kind", "when"), custom("log_workout", "kind", "duration"), END_CALL],
}
AGENT: dict[str, Any] = {
    "agent_name": "ivy-en",
    "voice_id": "11labs-Adrian",
    "language": "en-US",
    "webhook_url": WEBHOOK,
    "enable_dnc_detection": True,
    "end_call_after_silence_ms": 45_000,
    "voicemail_option": {"action": {"type": "static_text", "text": "Hi {{ivy_name}}, I will write."}},
    "ivr_option": {"action": {"type": "hangup"}},
}
VARIABLES = {
    "ivy_name": "Ana",
    "ivy_opener": "Hi Ana, it's Ivy.",
    "ivy_questions": "What will you do?\nAnything else?",
    "ivy_closing": "Have a good day!",
}


class Line:
    """Everything a test of a call needs. `heard` are webhooks in order of arrival, `asked` the functions."""

    def __init__(self, *, limit: int = 20, seed: int = 1, brain: Brain | None = None) -> None:
        self.clock = VirtualClock(START)
        self.heard: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.rung: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.statuses: list[int] = []
        """What the next webhooks are answered; then 204."""
        self.answers: list[tuple[int, bytes]] = []
        """What the next functions are answered; then 200 and "Noted."."""
        self.inbound: tuple[int, Any] = (200, {})
        self.slow: list[float] = []
        """How many seconds the next answers take."""
        self.retell = RetellEmulator(
            api_key=KEY,
            webhook_key=BADGE,
            number=NUMBER,
            webhook_url=f"{ORIGIN}/account",
            deliver=self._take,
            now=self.clock.now,
            chance=Random(seed),
            brain=brain or Brain(EXAMPLES),
            limit=limit,
        )
        self.http = httpx2.AsyncClient(
            transport=in_process(self.retell.app),
            base_url="https://retell.test",
            headers={"Authorization": f"Bearer {KEY}"},
        )
        self.agent_id = ""

    async def _take(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        stamp, digest = headers["X-Retell-Signature"].removeprefix("v=").split(",d=")
        expected = hmac.new(BADGE.encode(), body + stamp.encode(), sha256).hexdigest()
        assert digest == expected
        assert int(stamp) == round(self.clock.now().timestamp() * 1000)
        self.urls.append(url)
        await trio.sleep(self.slow.pop(0) if self.slow else 0)
        told = json.loads(body)
        if url.startswith(TOOLS):
            self.asked.append(told)
            return self.answers.pop(0) if self.answers else (200, b'{"result": "Noted."}')
        if url == INBOUND:
            self.rung.append(told)
            status, answer = self.inbound
            return status, json.dumps(answer).encode()
        self.heard.append(told)
        return (self.statuses.pop(0) if self.statuses else 204), b""

    async def post(self, path: str, body: Any = None, *, method: str = "POST", **query: Any) -> Any:
        answer = await self.http.request(method, path, json=body, params=query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def provision(self, agent: dict[str, Any] | None = None, llm: dict[str, Any] | None = None) -> str:
        """Make and publish an agent, version 0; return its id."""
        made = await self.post("/create-retell-llm", {**LLM, **(llm or {})})
        engine = {"type": "retell-llm", "llm_id": made["llm_id"]}
        told = await self.post("/create-agent", {**AGENT, **(agent or {}), "response_engine": engine})
        self.agent_id = told["agent_id"]
        await self.post(f"/publish-agent-version/{self.agent_id}", {"version": 0})
        return self.agent_id

    def body(self, **change: Any) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "from_number": NUMBER,
            "to_number": ANA,
            "override_agent_id": self.agent_id,
            "override_agent_version": 0,
            "metadata": {"ivy_call_id": "c1", "ivy_user_id": "u1"},
            "retell_llm_dynamic_variables": VARIABLES,
            **change,
        }
        return {name: value for name, value in asked.items() if value is not None}

    async def create(self, **change: Any) -> httpx2.Response:
        return await self.http.post("/v2/create-phone-call", json=self.body(**change))

    async def call(self, **change: Any) -> Call:
        """Place a call; return it when it is over and everything was told."""
        answer = await self.create(**change)
        assert answer.status_code == 201, answer.text
        await self.retell.settled()
        return self.retell.calls[answer.json()["call_id"]]

    def events(self) -> list[str]:
        return [told["event"] for told in self.heard]


def said(call: Call, role: str = "agent") -> Sequence[str]:
    return [turn.content for turn in call.turns if turn.role == role]
