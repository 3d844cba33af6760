"""Imports point one way: each shelf knows only what lies below it."""

import ast
from collections.abc import Iterator
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


def modules() -> list[tuple[str, ast.Module]]:
    found: list[tuple[str, ast.Module]] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found.append((name, ast.parse(path.read_text())))
    return found


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = modules()


@each_case(("name", "tree"), MODULES)
def test_imports_point_down(name: str, tree: ast.Module) -> None:
    here = shelf(name)
    for imported in imports(tree):
        if imported in ("ivy", "ivy.__version__") or not imported.startswith("ivy."):
            continue
        there = shelf(imported)
        if there == here:
            continue
        if name == "ivy.daemon.context" and imported.startswith("ivy.agent"):
            continue
        assert there in BELOW[here], f"{name} ({here}) imports {imported} ({there})"


@each_case(("name", "tree"), MODULES)
def test_one_module_chooses_sqlite_and_nothing_uses_asyncio(name: str, tree: ast.Module) -> None:
    tops = {imported.split(".")[0] for imported in imports(tree)}
    assert "asyncio" not in tops
    if name != "ivy.store.binding":
        assert not tops & SQLITE


@each_case(("name", "tree"), [each for each in MODULES if shelf(each[0]) == "domain"])
def test_rules_know_no_network_no_store_and_no_trio(name: str, tree: ast.Module) -> None:
    import sys

    foreign = {imported.split(".")[0] for imported in imports(tree)} - {"ivy"} - set(sys.stdlib_module_names)
    assert foreign <= DOMAIN_LIBRARIES, f"{name} imports {foreign - DOMAIN_LIBRARIES}"


def test_only_wiring_names_adapters_of_vendors() -> None:
    allowed = {f"ivy.daemon.{each}" for each in ("wiring", "wiring_channels", "wiring_models", "main", "rehearsal")}
    for name, tree in MODULES:
        if shelf(name) in ("adapters", "cli") or name in allowed:
            continue
        assert not [each for each in imports(tree) if each.startswith("ivy.adapters")], name


def test_sdks_are_imported_only_by_their_adapters() -> None:
    for name, tree in MODULES:
        tops = {imported.split(".")[0] for imported in imports(tree)}
        if name not in ("ivy.adapters.anthropic", "ivy.adapters.openai"):
            assert not tops & {"anthropic", "openai"}, name


def test_threads_are_started_in_two_places_only() -> None:
    for name, tree in MODULES:
        if name in ("ivy.threads", "ivy.store.database"):
            continue
        text = ast.unparse(tree)
        assert "to_thread" not in text, name
        assert "import threading" not in text, name
