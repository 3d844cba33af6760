"""Releases beside each other: their names, which stay, what a new one asks of the operator. May import: the standard library."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile

MARK = ".ivy-release"
"""A file in a release's folder that holds its name; written last, so that a folder without it is half made."""
RAN = ".ivy-ran"
"""A file beside it, once the release was in place and well: one that never was is no way back."""
HEADER = "ivy-release"
"""Of the probes' answers: the release that answers."""
KEPT = 3
_VERSION = re.compile(r'^__version__ = "([^"]+)"', re.MULTILINE)
_HEADING = re.compile(r"^## ", re.MULTILINE)
_ASKED = "What you must do:"


def name_of(source: str, commit: str) -> str:
    """Return what a commit's release is called, of the text of its `ivy/__init__.py`."""
    found = _VERSION.search(source)
    return f"{found[1] if found else '0'}-{commit[:12]}"


def to_remove(newest_first: Sequence[str], ran: Collection[str], needed: Iterable[str]) -> list[str]:
    """Return the releases that may go: all but the last three that ran, and never one that is needed."""
    kept = {*[name for name in newest_first if name in ran][:KEPT], *needed}
    return [name for name in newest_first if name not in kept]


def asked(before: str, after: str) -> list[str]:
    """Return what a newer CHANGELOG asks of the operator and the older one did not, an entry each, in its order."""
    old = set(_tasks(before))
    return [task for task in _tasks(after) if task not in old]


def _tasks(changelog: str) -> list[str]:
    """Return the entries under each version's "What you must do", unwrapped."""
    found: list[str] = []
    for section in _HEADING.split(changelog)[1:]:
        rest = section.partition(_ASKED)[2].strip()
        if rest.startswith("- "):
            lines = takewhile(lambda line: not line or line.startswith(("- ", "  ")), rest.splitlines())
            entries = "\n".join(lines).removeprefix("- ").split("\n- ")
        else:
            entries = rest.split("\n\n")[:1]
        found += [" ".join(entry.split()) for entry in entries if entry.strip()]
    return found
