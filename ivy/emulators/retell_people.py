"""People, and machines, that a phone call may reach. May import: the domain and below.

A talker is asked with each thing the agent said. One talker may be in many calls: what it has to remember is in the call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, Protocol

import trio

from ivy.emulators.retell_calls import Call
from ivy.emulators.retell_reasons import ENDS


@dataclass(frozen=True)
class Pickup:
    """What comes of the ringing: after `seconds`, somebody answers, or the call ends for `reason`."""

    seconds: float = 4.0
    reason: str = ""


@dataclass(frozen=True)
class Silence:
    """Nobody says anything for so long; then the talker is asked again."""

    seconds: float = inf


@dataclass(frozen=True)
class HangUp:
    """They hang up, after last words if they have any."""

    words: str = ""
    after: float = 0.5


@dataclass(frozen=True)
class Interrupts:
    """They cut in after so many of the agent's words; the rest was not heard."""

    text: str
    words: int = 3


@dataclass(frozen=True)
class Ends:
    """The call ends here for a reason of its own: a fault of the vendor's, a transfer."""

    reason: str


Reply = str | Silence | HangUp | Interrupts | Ends


class Talker(Protocol):
    """Whoever is at the other end. `machine` is "", voicemail, ivr or screening; `greeting` is what is said first."""

    @property
    def pickup(self) -> Pickup: ...

    @property
    def machine(self) -> str: ...

    @property
    def greeting(self) -> str: ...

    async def reply(self, said: str, call: Call) -> Reply:
        """Answer what the agent said last; "" if it has said nothing since the last answer."""
        ...


Answers = Callable[[str, Mapping[str, str], Mapping[str, Any], datetime], Talker]
"""Decides who answers a call: phone, variables, metadata and the time."""


@dataclass(frozen=True)
class Person:
    """What most talkers share: they pick up after a few seconds and say hello."""

    pickup: Pickup = Pickup()
    machine: str = ""
    greeting: str = "Hello?"

    async def reply(self, said: str, call: Call) -> Reply:
        await trio.lowlevel.checkpoint()
        return self.answer(said, call.step(self))

    def answer(self, _said: str, _step: int) -> Reply:
        """Return the answer to what was said; `step` counts from 0."""
        return Silence()


@dataclass(frozen=True)
class Scripted(Person):
    """Says its lines one after the other, whatever it is asked, and then hangs up."""

    lines: Sequence[Reply] = ()
    then: Reply = HangUp()

    def answer(self, _said: str, _step: int) -> Reply:
        return self.lines[_step] if _step < len(self.lines) else self.then


def scripted(*lines: Reply, then: Reply = HangUp(), greeting: str = "Hello?") -> Scripted:
    return Scripted(greeting=greeting, lines=lines, then=then)


@dataclass(frozen=True)
class NoAnswer(Person):
    """Lets it ring."""

    pickup: Pickup = Pickup(inf)


@dataclass(frozen=True)
class Declines(Person):
    pickup: Pickup = Pickup(5.0, "user_declined")


@dataclass(frozen=True)
class Busy(Person):
    pickup: Pickup = Pickup(1.0, "dial_busy")


@dataclass(frozen=True)
class Silent(Person):
    """Picks up and says nothing at all."""

    greeting: str = ""


@dataclass(frozen=True)
class HangsUp(Person):
    """Says "OK." so many times, and hangs up. 0: at once."""

    after: int = 0
    greeting: str = ""

    def answer(self, _said: str, _step: int) -> Reply:
        return "OK." if _step < self.after else HangUp()


@dataclass(frozen=True)
class Voicemail(Person):
    """An answering machine that records for a minute. Not `detected`, it is taken for a person."""

    pickup: Pickup = Pickup(20.0)
    machine: str = "voicemail"
    greeting: str = "I can't come to the phone right now. Please leave a message after the tone."
    detected: bool = True
    records_seconds: float = 60.0

    def answer(self, _said: str, _step: int) -> Reply:
        return HangUp(after=self.records_seconds)


@dataclass(frozen=True)
class Ivr(Person):
    """A menu that is read three times."""

    pickup: Pickup = Pickup(2.0)
    machine: str = "ivr"
    greeting: str = "Welcome. For sales, press one. For support, press two."
    readings: int = 3

    def answer(self, _said: str, _step: int) -> Reply:
        return self.greeting if _step + 1 < self.readings else HangUp()


@dataclass(frozen=True)
class Screened:
    """A phone that asks who calls and why before it rings. It lets through what `needs` names (in any case), or all."""

    then: Talker
    needs: tuple[str, ...] = ()
    pickup: Pickup = Pickup(1.0)
    machine: str = "screening"
    greeting: str = (
        "Hi, the person you are calling is using a screening service. Say your name and why you are calling."
    )
    looks_seconds: float = 5.0

    async def reply(self, said: str, call: Call) -> Reply:
        if call.step(self):
            return await self.then.reply(said, call)
        await trio.sleep(self.looks_seconds)
        heard = said.casefold()
        if not heard or any(word.casefold() not in heard for word in self.needs):
            return HangUp()
        return self.then.greeting or await self.then.reply(said, call)


@dataclass(frozen=True)
class EndsWith(Person):
    """Ends for any of Retell's reasons; where that is one of a call that connected, after so many answers."""

    reason: str = "error_unknown"
    after: int = 1

    def __post_init__(self) -> None:
        if not ENDS[self.reason].connected:
            object.__setattr__(self, "pickup", Pickup(self.pickup.seconds, self.reason))

    def answer(self, _said: str, _step: int) -> Reply:
        return "OK." if _step < self.after else Ends(self.reason)


class FromQueue:
    """Somebody who types: `show` gets each line of the agent's, what they answer comes out of the channel.

    The end of the channel hangs up.
    """

    def __init__(
        self,
        replies: trio.MemoryReceiveChannel[Reply],
        show: Callable[[str], None],
        *,
        pickup: Pickup = Pickup(1.0),
        greeting: str = "",
    ) -> None:
        self.pickup = pickup
        self.machine = ""
        self.greeting = greeting
        self._replies = replies
        self._show = show

    async def reply(self, said: str, call: Call) -> Reply:  # noqa: ARG002 - as every talker
        if said:
            self._show(said)
        try:
            return await self._replies.receive()
        except trio.EndOfChannel:
            return HangUp()
