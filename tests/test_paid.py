"""Nothing that costs is asked for but through one door, which money is set aside for: read off the program itself."""

import ast
import inspect
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pytest

from ivy import ports
from ivy.agent import paid
from ivy.ports import Outbound
from ivy.store.spending import Reserved

IVY = Path(ports.__file__).parent
COSTLY = {"Model": "complete", "Channel": "send", "Voice": "dial", "Transcriber": "transcribe", "Embedder": "embed"}
"""The ports that cost, and the method of each that does."""
FREE = {
    "TemplatePack": "words of ours",
    "AlertPost": "the operator's own server",
    "Polling": "the agent platform asks no money",
    "Pulse": "the operator's own server",
    "FormReply": "a calculation",
    "FormKeys": "a calculation",
    "Prices": "a table",
    "Wire": "a calculation",
    "Pictures": "files of ours",
    "Sink": "files of ours",
    "Fetcher": "files of messages that were paid for",
}
ADAPTERS = {
    "adapters/anthropic.py": "complete",
    "adapters/openai.py": "complete",
    "adapters/whatsapp/channel.py": "send",
    "adapters/whatsapp_solo/channel.py": "send",
    "adapters/twilio/channel.py": "send",
    "adapters/smtp.py": "send",
    "adapters/retell/voice.py": "dial",
    "adapters/transcription.py": "transcribe",
}
"""Every adapter that costs; embedders are those that the next table lists beside them."""
DOORS = {
    ("agent/paid.py", "model.complete"),
    ("agent/paid.py", "channel.send"),
    ("agent/paid.py", "voice.dial"),
    ("agent/paid.py", "transcriber.transcribe"),
    ("agent/paid.py", "embedder.embed"),
    (
        "daemon/wiring_models.py",
        "model.complete",
    ),  # a model that is loaded when it is first asked: it is asked by the door
}
PASSED_ON = {"paid", "self._router", "router", "self._embedder", "embedder"}
"""Names of what asks the door in turn: the door itself, the router, a `PaidEmbedder`."""


@lru_cache(maxsize=1)
def modules() -> tuple[tuple[str, tuple[ast.AST, ...]], ...]:
    """Return every module of the program but the emulators, and all its nodes."""
    paths = {path.relative_to(IVY).as_posix(): path for path in sorted(IVY.rglob("*.py"))}
    return tuple(
        (name, tuple(ast.walk(ast.parse(path.read_text()))))
        for name, path in paths.items()
        if not name.startswith("emulators/")
    )


def asked(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    """Return each use of a costly method that can reach a vendor: awaited, or handed on to be called elsewhere."""
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    awaited = {
        id(node.value.func) for node in nodes if isinstance(node, ast.Await) and isinstance(node.value, ast.Call)
    }
    for node in nodes:
        is_costly = isinstance(node, ast.Attribute) and node.attr in COSTLY.values()
        if is_costly and (id(node) in awaited or id(node) not in called):
            yield ast.unparse(node)


def test_every_port_is_known_to_cost_or_not() -> None:
    found = {
        name for name, each in inspect.getmembers(ports, inspect.isclass) if getattr(each, "_is_protocol", False)
    } - {"Protocol"}
    assert found == COSTLY.keys() | FREE.keys()
    for name, method in COSTLY.items():
        assert inspect.iscoroutinefunction(getattr(getattr(ports, name), method))


def test_every_adapter_that_costs_is_in_the_table() -> None:
    found = {
        (name, node.name)
        for name, nodes in modules()
        if name.startswith("adapters/")
        for node in nodes
        if isinstance(node, ast.AsyncFunctionDef) and node.name in COSTLY.values()
    }
    assert {each for each in found if each[1] != "embed"} == set(ADAPTERS.items())


def test_no_other_path_asks_for_what_costs() -> None:
    found = {(name, use) for name, nodes in modules() for use in asked(nodes)}
    outside = {
        (name, use) for name, use in found if (name, use) not in DOORS and use.rpartition(".")[0] not in PASSED_ON
    }
    assert outside == set()
    assert found >= DOORS


def test_only_a_paid_embedder_is_called_like_the_port() -> None:
    """`embedder.embed` outside the door takes the name of who pays, which the port does not."""
    for name, nodes in modules():
        if name == "agent/paid.py":
            continue
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "embed":
                named = {each.arg for each in node.keywords}
                assert "user_id" in named or ast.unparse(node.func) == "paid.embed", (name, ast.unparse(node))


def test_only_the_ledger_makes_a_reservation() -> None:
    makers = {
        name
        for name, nodes in modules()
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reserved"
    }
    assert makers == {"store/spending.py"}


def test_only_the_store_writes_the_ledger() -> None:
    for name, nodes in modules():
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "INTO cost_ledger" in node.value:
                assert name == "store/spending.py"


async def test_without_a_reservation_of_its_own_nothing_is_asked() -> None:
    message = Outbound("m1", ports.Address(), cast(Any, None))
    for wrong in (None, Reserved("m2", 0)):
        with pytest.raises(TypeError, match="No money"):
            await paid.send(cast(Any, None), message, cast(Any, wrong))
    with pytest.raises(TypeError, match="No money"):
        await paid.complete(cast(Any, None), cast(Any, None), cast(Any, True))
    with pytest.raises(TypeError, match="No money"):
        await paid.dial(cast(Any, None), ports.Dial("c1", "", "", "", {}, 1), Reserved("c2", 0))
    with pytest.raises(TypeError, match="No money"):
        await paid.transcribe(cast(Any, None), Path(), cast(Any, None), mime="")
    with pytest.raises(TypeError, match="No money"):
        await paid.embed(cast(Any, None), [], cast(Any, None))
