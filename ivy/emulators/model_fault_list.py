"""Every way in which asking a model goes wrong, by a name: of the line, its vendor, the model itself. May import: its neighbours.

What is tried against models is generated from this list: a fault that is added here is tested with no more words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ivy.emulators.brain import BrainCall, BrainOutput
from ivy.emulators.faults import (
    Answer,
    Crowded,
    Fault,
    Refuse,
    ResetAfter,
    ResetBefore,
    Slow,
    Stalled,
    Truncated,
    Unresolved,
)
from ivy.emulators.model_faults import ModelFault, cut_off, misshapen, overloaded_inside, slow, web_page

NEVER = 100_000.0
"""Seconds that nobody waits."""


class Then(Enum):
    """What a fault asks of whoever meets it. Source: reference/llm.md, table 6.1."""

    FAILED = "counts as a failure: another model is asked"
    UNHEARD = "as FAILED, and it may be billed"
    OURS = "our own connections are at fault, which says nothing of the vendor: another model is asked"
    THROTTLED = "another model is asked, and this one not before its time"
    MEND = "an operator must mend it: another model is asked"
    AGAIN = "the same model is asked once more"
    REFUSED = "our request is at fault: nobody is asked"
    ANSWERED = "it is an answer, and the turn goes on with it"


@dataclass(frozen=True)
class Case:
    """One fault. `fault`: what the line does, what the vendor answers, or what the model says."""

    fault: Fault | ModelFault | BrainOutput
    then: Then

    @property
    def is_heard(self) -> bool:
        """Say whether the vendor hears of the request at all."""
        quiet = isinstance(self.fault, Refuse | Unresolved | Crowded | ResetBefore)
        return not quiet and not (isinstance(self.fault, Answer) and not self.fault.done)


def _error(status: int, then: Then, *, code: str = "", message: str = "an emulated failure", after: str = "") -> Case:
    headers = {"retry-after": after} if after else {}
    return Case(ModelFault(status, code, code, message, headers), then)


EVERY: Mapping[str, Case] = {
    # the line
    "connection refused": Case(Refuse(), Then.FAILED),
    "no such host": Case(Unresolved(), Then.FAILED),
    "no free connection": Case(Crowded(), Then.OURS),
    "reset before an answer": Case(ResetBefore(), Then.UNHEARD),
    "reset after it was done": Case(ResetAfter(), Then.UNHEARD),
    "no answer, ever": Case(Slow(NEVER), Then.UNHEARD),
    "hangs in the body": Case(Stalled(), Then.UNHEARD),
    "stream cut short": Case(Truncated(), Then.UNHEARD),
    "a proxy's page": Case(Answer(502, b"<html>Bad gateway</html>", {"content-type": "text/html"}), Then.FAILED),
    # the vendor
    "400": _error(400, Then.REFUSED),
    "401": _error(401, Then.MEND),
    "402": _error(402, Then.MEND),
    "no credit": _error(400, Then.MEND, message="Your credit balance is too low to access the API."),
    "usage limit": _error(400, Then.MEND, message="You have reached your specified workspace API usage limits."),
    "spend limit": _error(429, Then.MEND, code="enforced_spend_limit_reached"),
    "insufficient quota": _error(429, Then.MEND, code="insufficient_quota"),
    "403": _error(403, Then.MEND),
    "404 of the model": _error(404, Then.MEND),
    "408": _error(408, Then.FAILED),
    "409": _error(409, Then.AGAIN),
    "413": _error(413, Then.REFUSED),
    "422": _error(422, Then.REFUSED),
    "429": _error(429, Then.FAILED),
    "429 with a time": _error(429, Then.THROTTLED, after="20"),
    "500": _error(500, Then.FAILED),
    "502": _error(502, Then.FAILED),
    "503": _error(503, Then.FAILED),
    "504": _error(504, Then.FAILED),
    "529 overloaded": _error(529, Then.FAILED),
    "slow to the end": Case(slow(NEVER), Then.UNHEARD),
    "malformed JSON": Case(ModelFault(body='{"content": ['), Then.UNHEARD),
    "half an answer": Case(cut_off(), Then.UNHEARD),
    "an empty body": Case(ModelFault(body=""), Then.UNHEARD),
    "a page with 200": Case(web_page(), Then.UNHEARD),
    "200 of another shape": Case(misshapen(), Then.UNHEARD),
    "overloaded inside a 200": Case(overloaded_inside(), Then.UNHEARD),
    "another content type": Case(ModelFault(headers={"content-type": "text/plain"}), Then.ANSWERED),
    # the model
    "a refusal": Case(BrainOutput(stop="refusal"), Then.ANSWERED),
    "a refusal in words": Case(BrainOutput("I would rather not.", stop="refusal"), Then.ANSWERED),
    "no words, cut at its length": Case(BrainOutput(stop="length"), Then.ANSWERED),
    "words, cut at their length": Case(BrainOutput("It was a long", stop="length"), Then.ANSWERED),
    "nothing": Case(BrainOutput(), Then.ANSWERED),
    "an unknown ending": Case(BrainOutput("Here I am.", stop="called_away"), Then.ANSWERED),
    "an unknown tool": Case(BrainOutput(calls=(BrainCall("launch_rocket", {"to": "the moon"}),)), Then.ANSWERED),
    "malformed arguments": Case(BrainOutput(calls=(BrainCall("add_expense", '{"amount": "$5", "d'),)), Then.ANSWERED),
    "wrong arguments": Case(BrainOutput(calls=(BrainCall("add_expense", {"amount": []}),)), Then.ANSWERED),
}
