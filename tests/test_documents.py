"""Documents say what the code does: what is made from it is current, commands work as written, and each alert has its page."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from ivy.cli.app import COMMANDS, load
from ivy.config import Config, getattr_path
from ivy.domain.runbook import FOLDER, AlertKind, page_of

ROOT = Path(__file__).parents[1]
RUNBOOK = ROOT / FOLDER
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def test_the_pages_made_from_the_code_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/make-docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_has_its_place() -> None:
    page = (ROOT / "docs/commands.md").read_text()
    assert [line.split()[2] for line in page.splitlines() if line.startswith("## ")] == list(COMMANDS)


# --- commands as written -------------------------------------------------------------------------

WRITTEN = re.compile(r"^ {4,}(?:\.venv/bin/)?(ivy [a-z].*)$", re.MULTILINE)
"""A line to be typed, perhaps with a comment behind it."""
MENTIONED = re.compile(r"`(?:\.venv/bin/)?(ivy [a-z][^`]*)`")
ADVICE = ("ivy/domain", "ivy/cli", "ivy/daemon", "ivy/agent", "ivy/store", "ivy/adapters")


def written(text: str) -> Iterator[str]:
    yield from (found[1] for found in WRITTEN.finditer(text))


def mentioned(text: str) -> Iterator[str]:
    return (" ".join(found[1].split()) for found in MENTIONED.finditer(text))


def parse(line: str, *, whole: bool = True) -> None:
    """Let a command line be read, and nothing of it be done; not `whole`: only its command is looked for.

    Raises: TyperException, KeyError, ValueError.
    """
    words = shlex.split(line, comments=True)[1:]
    command = load(words.pop(0))
    while getattr(command, "commands", None):
        if not words:
            return
        if words[0].startswith("-"):  # it does something by itself, too
            break
        command = command.commands[words.pop(0)]
    if whole:
        command.make_context("ivy", words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_to_be_typed_can_be_typed_as_it_stands(document: Path) -> None:
    for line in written(document.read_text()):
        try:
            parse(line)
        except (typer.TyperException, KeyError) as error:
            pytest.fail(f"{line}: {error!r}")


def speaking() -> list[Path]:
    """Whatever tells somebody to type a command: documents, and the words of the program itself."""
    return [*DOCUMENTS, *(path for folder in ADVICE for path in sorted((ROOT / folder).rglob("*.py")))]


def test_every_command_that_is_mentioned_exists() -> None:
    for document in speaking():
        for line in mentioned(document.read_text()):
            try:
                parse(re.split(r"\s*\S*[…{|]", line)[0], whole=not re.search("[…{|]", line))
            except (typer.TyperException, KeyError, ValueError) as error:
                if "Missing" not in type(error).__name__:  # who is meant is left to the reader
                    pytest.fail(f"{document.relative_to(ROOT)}: {line}: {error!r}")


def test_every_key_that_is_named_exists() -> None:
    sections = "|".join(Config.__struct_fields__)
    for document in (each for each in DOCUMENTS if each.name != "CHANGELOG.md"):  # it speaks of what is gone, too
        for found in re.finditer(rf"`((?:{sections})\.[a-z_.]+[a-z])`", document.read_text()):
            if found[1].startswith(("store.write", "store.read")) or found[1].endswith((".py", ".db")):
                continue
            try:
                getattr_path(Config(), found[1])
            except AttributeError:
                pytest.fail(f"{document.relative_to(ROOT)}: {found[1]}")


def test_links_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text()):
            place, _, anchor = target.partition("#")
            path = (document.parent / place) if place else document
            assert path.exists(), f"{document.relative_to(ROOT)}: {target}"
            if anchor and path.suffix == ".md":
                assert anchor in anchors(path), f"{document.relative_to(ROOT)}: {target}"


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_file_that_the_architecture_names_is_there() -> None:
    files = [str(path.relative_to(ROOT)) for path in ROOT.glob("ivy/**/*.py")]
    for name in re.findall(r"`([\w/]+\.py)`", (ROOT / "ARCHITECTURE.md").read_text()):
        assert any(f"/{each}".endswith(f"/{name}") for each in files) or (ROOT / name).exists(), name


# --- a page per alarm ------------------------------------------------------------------------------

PARTS = ("## What people notice", "## What to look at", "## What to do", "## How you know it is over")
OLDER = ("daily-cap", "dead-letters", "paused-queue")
"""Pages about more than an alert."""


def test_every_kind_of_alert_has_a_page_that_speaks_of_it() -> None:
    """A kind that is not in `AlertKind` cannot be raised: `Advice` takes a `Key`, which only `AlertKind.of` makes (pyright)."""
    for fault in AlertKind:
        page = ROOT / page_of(fault)
        assert page.exists(), f"{fault}: {page_of(fault)} is not there"
        assert page.stem == fault.page, f"{fault}: the beginning of another kind hides it"
        assert f"`{fault}" in alerts_of(page), f"{page.name} does not speak of {fault}"
    assert {each.page for each in AlertKind} == {each.stem for each in RUNBOOK.glob("*.md")}, "a page of no alert"


def test_the_page_on_alerts_leads_to_each_page_of_the_runbook() -> None:
    linked = re.findall(r"\]\(runbook/([a-z-]+)\.md\)", (ROOT / "docs/alerts.md").read_text())
    assert set(linked) == {each.page for each in AlertKind}


def test_every_kind_of_alert_is_raised_and_by_no_other_name() -> None:
    sources = {path: path.read_text() for path in ROOT.glob("ivy/**/*.py")}
    raised = set(re.findall(r"\bAlertKind\.([A-Z_]+)\.of\(", "\n".join(sources.values())))
    assert raised == set(AlertKind.__members__), "a page for alerts that nobody raises, or a name that is none"
    for path, text in sources.items():
        if path.name != "runbook.py":
            assert not re.search(r"\bKey\(", text), f"{path}: a key is made past AlertKind.of"


def alerts_of(page: Path) -> str:
    """Return the paragraph of a page that names its alerts."""
    found = re.search(r"^Alerts: .*?(?=\n\n)", page.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{page.name} names no alerts"
    return found[0]


def test_what_a_page_says_it_is_for_leads_to_it() -> None:
    for page in RUNBOOK.glob("*.md"):
        if page.stem in ("daily-cap", "dead-letters"):
            continue
        for key in re.findall(r"`([a-z]+[:a-z-]*)", alerts_of(page)):
            assert page_of(key) == f"{FOLDER}/{page.name}", key


@pytest.mark.parametrize("page", sorted(RUNBOOK.glob("*.md")), ids=lambda path: path.stem)
def test_each_page_says_what_to_do_in_order_and_when_it_is_over(page: Path) -> None:
    text = page.read_text()
    assert "## What to do\n\n1. " in text
    assert len(list(written(text))) >= 2
    if page.stem not in OLDER:
        assert [line for line in text.splitlines() if line.startswith("## ")] == list(PARTS)
