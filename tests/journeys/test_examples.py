"""What a tool says of itself is what happens: each example's words become exactly its call."""

import pytest

from ivy.cli.world import make_brain
from ivy.domain.examples import Example
from ivy.emulators.brain import MARKER, BrainInput, BrainTurn
from ivy.tools.registry import Registry, families

REGISTRY = Registry(families())
OFFERED = {spec.name: spec.parameters for spec in REGISTRY.specs()}


@pytest.mark.parametrize("example", REGISTRY.examples(), ids=lambda each: each.phrase)
def test_an_examples_words_become_its_call(example: Example) -> None:
    said = BrainTurn("user", (f"<facts>\nNow: Monday.\n</facts>\n{MARKER}\n{example.phrase}",))
    (call,) = make_brain().answer(BrainInput((said,), OFFERED)).calls
    assert (call.tool, call.arguments) == (example.tool, example.arguments)
