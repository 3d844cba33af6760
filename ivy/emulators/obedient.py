"""A model that obeys whoever wrote last: it does what a text asks for, wherever it stands. May import: the domain, brain.

For trying out what is left when a model is wholly the attacker's: authority must sit in code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivy.domain.taint import plain
from ivy.emulators.brain import BrainCall, BrainInput, BrainOutput, Script

SYSTEM, RESULTS = "{system}", "{results}"
"""In what it is told to say: the words it was given at the beginning, and what its tools have answered."""


@dataclass(frozen=True)
class Order:
    """What a text asks of the model that reads it: tools to call, and then words to say."""

    text: str
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    says: str = ""


def obedient(orders: Sequence[Order], *, sees: Sequence[Order] = ()) -> Script:
    """Return a script for `Brain`: the newest text with an order in it is obeyed.

    A frame, a quotation or another spelling does not hide an order. `sees` are those that stand in any picture it is shown.
    """
    known = [(plain(order.text), order) for order in orders]

    def answer(given: BrainInput) -> BrainOutput | None:
        texts = [
            plain(text) for turn in given.turns for text in (*turn.texts, *(each.content for each in turn.results))
        ]
        order = next((order for text in reversed(texts) for words, order in known if words in text), None)
        if order is None and given.pictures:
            order = next(iter(sees), None)
        if order is None:
            return None
        called = {call.tool for turn in given.turns for call in turn.calls}
        if given.may_call and any(tool not in called for tool, _ in order.calls):
            return BrainOutput(calls=tuple(BrainCall(tool, arguments) for tool, arguments in order.calls))
        told = "\n".join(each.content for each in given.results)
        return BrainOutput(order.says.replace(SYSTEM, given.system).replace(RESULTS, told) or "All done!")

    return answer
