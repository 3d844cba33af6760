"""Imports point one way: each shelf knows only what lies below it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.cases import each_case

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ivy"
GROUND = {"clock", "config", "errors", "log", "threads", "__init__"}

BELOW = {
    "ground": set[str](),
    "domain": {"ground"},
    "ports": {"domain", "ground"},
    "store": {"ports", "domain", "ground"},
    "adapters": {"ports", "domain", "ground"},
    "emulators": {"domain", "ground"},
    "tools": {"store", "adapters", "ports", "domain", "ground"},
    "agent": {"tools", "store", "adapters", "ports", "domain", "ground"},
    "daemon": {"agent", "tools", "store", "adapters", "ports", "domain", "ground"},
    "cli": {"daemon", "agent", "tools", "store", "adapters", "emulators", "ports", "domain", "ground"},
}
DOMAIN_LIBRARIES = {"croniter", "msgspec", "phonenumbers"}
"""What the rules may import beside the standard library."""

SQLITE = {"sqlite3", "pysqlite3", "apsw"}


def shelf(module: str) -> str:
    first = module.split(".")[1] if "." in module else "__init__"
    if first == "__main__":
        return "cli"
    return "ground" if first in GROUND else first


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(name: str) -> tuple[str, ...]:
    """What a module imports, looked up once: not while tests are collected, which each worker does."""
    return tuple(imported(ast.parse(MODULES[name].read_text())))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@each_case("name", MODULES)
def test_imports_point_down(name: str) -> None:
    here = shelf(name)
    for each in imports(name):
        if each in ("ivy", "ivy.__version__") or not each.startswith("ivy."):
            continue
        there = shelf(each)
        if there == here:
            continue
        if name == "ivy.daemon.context" and each.startswith("ivy.agent"):
            continue
        assert there in BELOW[here], f"{name} ({here}) imports {each} ({there})"


@each_case("name", MODULES)
def test_one_module_chooses_sqlite_and_nothing_uses_asyncio(name: str) -> None:
    tops = {each.split(".")[0] for each in imports(name)}
    assert "asyncio" not in tops
    if name != "ivy.store.binding":
        assert not tops & SQLITE


@each_case("name", [each for each in MODULES if shelf(each) == "domain"])
def test_rules_know_no_network_no_store_and_no_trio(name: str) -> None:
    import sys

    foreign = {each.split(".")[0] for each in imports(name)} - {"ivy"} - set(sys.stdlib_module_names)
    assert foreign <= DOMAIN_LIBRARIES, f"{name} imports {foreign - DOMAIN_LIBRARIES}"


def test_only_wiring_names_adapters_of_vendors() -> None:
    allowed = {f"ivy.daemon.{each}" for each in ("wiring", "wiring_channels", "wiring_models", "process", "rehearsal")}
    for name in MODULES:
        if shelf(name) in ("adapters", "cli") or name in allowed:
            continue
        assert not [each for each in imports(name) if each.startswith("ivy.adapters")], name


def test_sdks_are_imported_only_by_their_adapters() -> None:
    for name in MODULES:
        tops = {each.split(".")[0] for each in imports(name)}
        if name not in ("ivy.adapters.anthropic", "ivy.adapters.openai"):
            assert not tops & {"anthropic", "openai"}, name


def test_threads_are_started_in_two_places_only() -> None:
    for name in MODULES:
        if name in ("ivy.threads", "ivy.store.database"):
            continue
        text = MODULES[name].read_text()
        assert "to_thread" not in text, name
        assert "import threading" not in text, name
