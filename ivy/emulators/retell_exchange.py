"""The lines of the emulated Retell: who picks up, and how a call goes on to its analysis. May import: the domain and below."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import msgspec
import trio

from ivy.clock import stamp
from ivy.emulators.brain import Brain
from ivy.emulators.retell_agent import Conversation
from ivy.emulators.retell_agent_rules import EVENTS
from ivy.emulators.retell_calls import Call, substitute
from ivy.emulators.retell_functions import Mind
from ivy.emulators.retell_people import Answers, NoAnswer, Talker
from ivy.emulators.retell_rules import Json, Refusal, as_object, as_strings, as_version, known_only
from ivy.emulators.retell_shelf import Shelf
from ivy.emulators.retell_shown import analyse, shown
from ivy.emulators.retell_webhooks import RETRIES, USUAL_PATIENCE, Deliver, Outgoing, Webhook

USUAL_RING_MS, USUAL_LONGEST_MS = 30_000, 3_600_000
INBOUND_PATIENCE = 10.0
INBOUND_RINGS = 40.0
"""Seconds that somebody who calls waits for a free line."""


@dataclass
class Manners:
    """How this Retell behaves; may be changed at any time."""

    unpaid: bool = False
    """No payment method: calls are refused with a 402."""
    verified: bool = True
    """False: the account's identity is not checked yet, and no call goes out. Retell documents the rule, not the answer."""
    rate_limits: bool = True
    pinned_only: bool = True
    """Refuse a call to an agent without a version, which would run a half-edited draft. The real one places it."""
    reaches: tuple[str, ...] | None = None
    """Prefixes (+1) that the number can call; None: all."""
    dials_a_second: float | None = None
    """The carrier's pace; it turns away what comes faster. None: any."""
    pace: float = 1.0
    """How many times faster than people everybody speaks, rings and waits: for tests on a real clock."""
    analysis_seconds: tuple[float, float] = (2.0, 8.0)
    """Between the end of a call and its analysis."""
    analyses: bool = True
    """False: no analysis ever comes."""
    finds: Callable[[Call], Mapping[str, Any]] | None = None
    """What the analysis reads from a conversation beside the functions' arguments (`custom_analysis_data`)."""


class Exchange:
    """Everybody who may be phoned, and the calls. `run` must be running for a call to go on and for webhooks to arrive.

    `outgoing.faults` scripts what happens to webhooks on the way; `limit` is how many calls go on at once.
    """

    def __init__(
        self,
        *,
        webhook_key: str,
        number: str,
        webhook_url: str,
        deliver: Deliver,
        now: Callable[[], datetime],
        chance: Random,
        brain: Brain,
        limit: int,
        imported: bool,
    ) -> None:
        self.number = number
        self.webhook_url = webhook_url
        self.limit = limit
        self.now = now
        self.chance = chance
        self.manners = Manners()
        self.calls: dict[str, Call] = {}
        self.active: set[str] = set()
        self.most_active = 0
        """The most calls that went on at once."""
        self.do_not_call: set[str] = set()
        """Numbers whose people asked an agent not to be called."""
        self.shelf = Shelf(number, imported=imported, now=now, chance=chance)
        self.outgoing = Outgoing(deliver, key=webhook_key, now=now, chance=chance)
        self._mind = Mind(brain)
        self._answers: dict[str, Talker | Answers] = {}
        self._waiting: list[tuple[Call, Talker | None]] = []
        self._living = 0
        self._dialled: deque[float] = deque()
        self._nursery: trio.Nursery | None = None

    async def run(self) -> None:
        """Let calls go on and webhooks arrive, for ever."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                for call, talker in self._waiting:
                    self._start(call, talker)
                self._waiting.clear()
                await trio.sleep_forever()
            finally:
                self._nursery = None

    @property
    def pace(self) -> float:
        return self.manners.pace

    async def settled(self) -> None:
        """Wait until no call goes on and no webhook is under way."""
        while self._living or self._waiting or self.outgoing.under_way:
            await self.outgoing.changed.wait()

    # --- what people do ------------------------------------------------------------------------------

    def person_answers(self, phone: str, talker: Talker | Answers) -> None:
        """Set who answers a number: a talker, or a function that decides it call by call. Nobody answers the others."""
        self._answers[phone] = talker

    async def person_calls(self, phone: str, talker: Talker) -> Call | None:
        """Let somebody call us, and wait until they have hung up; None: they were not put through.

        Ivy is asked first, signed, at the number's `inbound_webhook_url`. `phone` may be "anonymous".
        """
        with trio.move_on_after(INBOUND_RINGS):
            while len(self.active) >= self.limit:
                await self.outgoing.changed.wait()
        if len(self.active) >= self.limit:
            return None
        call = await self._put_through(phone)
        if call is not None:
            self.add(call, talker)
            await call.over.wait()
        return call

    async def _put_through(self, phone: str) -> Call | None:
        """Ask Ivy about a caller; return the call that comes of it."""
        name, bound = self._new_id(), self.shelf.bound(self.number, "inbound")
        given: Json | None = {}
        url = self.shelf.numbers[self.number].get("inbound_webhook_url")
        if url:
            asked: Json = {"call_id": name, "from_number": phone, "to_number": self.number}
            if bound is not None:
                asked |= {"agent_id": bound[0]} | ({"agent_version": bound[1]} if bound[1] is not None else {})
            given = await self._ask_about(url, asked)
        chosen = given or {}
        if chosen.get("reject"):
            return None
        agent = chosen.get("override_agent_id") or (bound[0] if bound else "")
        if not agent:
            return None
        version = as_version(chosen.get("override_agent_version"), "override_agent_version")
        if version is None and bound is not None and agent == bound[0]:
            version = bound[1]
        variables = chosen.get("dynamic_variables")
        return self.make_call(
            name=name,
            phone=phone,
            direction="inbound",
            engine=(agent, version, as_object(chosen.get("agent_override") or {}, "agent_override")),
            variables=None if variables is None else as_strings(variables, "dynamic_variables"),
            metadata=chosen.get("metadata"),
        )

    async def _ask_about(self, url: str, asked: Json) -> Json | None:
        """Return what Ivy wants done with a caller, or None if it never said."""
        body = msgspec.json.encode(
            {"event": "call_inbound", "event_timestamp": stamp(self.now()), "call_inbound": asked}
        )
        for _try in range(1 + RETRIES):
            status, answer = await self.outgoing.post(url, body, patience=INBOUND_PATIENCE)
            if 200 <= status <= 299:
                told = as_object(msgspec.json.decode(answer) if answer else {}, "the answer")
                given = as_object(told.get("call_inbound") or {}, "call_inbound")
                known = "dynamic_variables metadata override_agent_id override_agent_version agent_override reject"
                known_only(given, known.split(), "call_inbound")
                return given
        return None

    # --- calls ---------------------------------------------------------------------------------------

    def _new_id(self) -> str:
        return f"call_{self.chance.getrandbits(108):027x}"

    def make_call(
        self,
        *,
        phone: str,
        direction: str,
        engine: tuple[str, str | int | None, Json],
        variables: dict[str, str] | None,
        metadata: Json | None,
        sip_headers: dict[str, str] | None = None,
        name: str = "",
    ) -> Call:
        """Return a call that nobody has heard of yet; `engine` is an agent, its version, and what this call changes."""
        chosen = self.shelf.engine(*engine)
        outbound = direction == "outbound"
        return Call(
            call_id=name or self._new_id(),
            engine=chosen,
            from_number=self.number if outbound else phone,
            to_number=phone if outbound else self.number,
            direction=direction,
            given=variables,
            metadata=metadata,
            at=self.now(),
            chance=Random(self.chance.getrandbits(64)),
            sip_headers=sip_headers or {},
            imported=self.shelf.numbers[self.number]["phone_number_type"] == "custom",
            stored=chosen.agent.get("data_storage_setting") or "everything",
        )

    def add(self, call: Call, talker: Talker | None = None) -> None:
        """Let a call begin. Over the limit it is not dialled, and ends with an error."""
        self.calls[call.call_id] = call
        if len(self.active) >= self.limit:
            call.stop_reason = "concurrency_limit_reached"
        else:
            self.active.add(call.call_id)
            self.most_active = max(self.most_active, len(self.active))
        self._start(call, talker)

    def _start(self, call: Call, talker: Talker | None) -> None:
        if self._nursery is None:
            self._waiting.append((call, talker))
        else:
            self._living += 1
            self._nursery.start_soon(self._live, call, talker)

    async def _live(self, call: Call, talker: Talker | None) -> None:
        """Take one call from dialling to its analysis."""
        reason = call.stop_reason or await self._held(call, talker)
        if reason == "user_requested_dnc":
            self.do_not_call.add(call.phone)
        call.end(reason, self.now())
        self.active.discard(call.call_id)
        self.outgoing.stir()
        self.tell(call, "call_ended")
        if self.manners.analyses:
            await trio.sleep(call.chance.uniform(*self.manners.analysis_seconds) / self.pace)
            call.analysis = analyse(call, self.manners.finds)
            self.tell(call, "call_analyzed")
        self._living -= 1
        self.outgoing.stir()

    async def _held(self, call: Call, talker: Talker | None) -> str:
        with call.scope:
            if call.direction == "outbound":
                talker = self._who(call)
                if reason := await self._ring(call, talker):
                    return reason
            call.status, call.started_at = "ongoing", self.now()
            self.tell(call, "call_started")
            longest = call.engine.agent.get("max_call_duration_ms") or USUAL_LONGEST_MS
            with trio.move_on_after(longest / 1000 / self.pace):
                return await Conversation(call, talker or NoAnswer(), self, self._mind).hold()
            return "max_duration_reached"
        return call.stop_reason

    def _who(self, call: Call) -> Talker:
        found = self._answers.get(call.to_number, NoAnswer())
        return found(call.to_number, call.variables, call.metadata or {}, self.now()) if callable(found) else found

    async def _ring(self, call: Call, talker: Talker) -> str:
        """Return why nobody answered, or "" when somebody did."""
        reached = self.manners.reaches
        if reached is not None and not call.to_number.startswith(reached):
            await trio.lowlevel.checkpoint()
            return "invalid_destination"
        if self._is_too_fast():
            return "telephony_provider_unavailable"
        longest = (call.engine.agent.get("ring_duration_ms") or USUAL_RING_MS) / 1000
        await trio.sleep(min(talker.pickup.seconds, longest) / self.pace)
        return "dial_no_answer" if talker.pickup.seconds > longest else talker.pickup.reason

    def _is_too_fast(self) -> bool:
        pace = self.manners.dials_a_second
        if pace is None:
            return False
        now = trio.current_time()
        while self._dialled and self._dialled[0] <= now - 1:
            self._dialled.popleft()
        if len(self._dialled) >= max(1, pace):
            return True
        self._dialled.append(now)
        return False

    # --- what Ivy hears ------------------------------------------------------------------------------

    def spoke(self, call: Call) -> None:
        """Tell of a turn as it comes, if the agent's webhook asks for that."""
        if "transcript_updated" in (call.engine.agent.get("webhook_events") or ()):
            self.tell(call, "transcript_updated")

    async def ask(
        self, url: str, body: bytes, *, patience: float, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Post to a function of Ivy's."""
        return await self.outgoing.post(url, body, patience=patience, headers=headers)

    def tell(self, call: Call, event: str) -> None:
        """Send one event of a call to its agent's webhook, or else to the account's."""
        agent = call.engine.agent
        url = substitute(agent.get("webhook_url") or self.webhook_url, call.variables)
        if not url or self._nursery is None or event not in (agent.get("webhook_events") or EVENTS):
            return
        told: Any = {"event": event, "call": shown(call, webhook=True), "event_timestamp": stamp(self.now())}
        patience = (agent.get("webhook_timeout_ms") or USUAL_PATIENCE * 1000) / 1000
        self.outgoing.add(self._nursery, Webhook(url, event, call.call_id, msgspec.json.encode(told), patience))

    # --- what the routes ask -------------------------------------------------------------------------

    def find_call(self, name: str) -> Call:
        if name not in self.calls:
            raise Refusal(self.shelf.unknown, f"Item {name} not found from call")
        return self.calls[name]
