"""What `ivy init --live` shows: parts, their lines, and in them items that turn green. May import: findings.

Nothing here is kept: the list is made anew at each look, from what vendors and the database say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ivy.cli.findings import Finding, State

NAME_WIDTH = 17


class Mark(Enum):
    """How an item stands. PLAIN is text between items; WAITS turns green by itself once something happens."""

    DONE = "✓"
    WRONG = "✗"
    WAITS = "…"
    NOTE = "·"
    NOT_NEEDED = "–"
    PLAIN = ""


@dataclass(frozen=True)
class Item:
    """One thing. `mend` is the one thing to do about it; `after`: the mark stands behind the words, as in "ended ✓"."""

    mark: Mark
    text: str
    mend: str = ""
    takes: str = ""
    """How long others need for it."""
    after: bool = False

    def pieces(self) -> list[str]:
        """Return the item as it stands in a line, the mark a piece of its own, the mend behind an arrow."""
        if self.after:
            return [f"{self.text} ", self.mark.value]
        takes = f" ({self.takes})" if self.takes and self.mark is not Mark.DONE else ""
        mend = f" → {self.mend}" if self.mend and self.mark is not Mark.DONE else ""
        text = f"{self.text}{mend}{takes}"
        return [self.mark.value, f" {text}"] if self.mark.value else [text]


@dataclass(frozen=True)
class Part:
    """One row of the list: a name, and lines of items."""

    name: str
    lines: tuple[tuple[Item, ...], ...]

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for line in self.lines for item in line)

    @property
    def is_done(self) -> bool:
        """Say whether nothing of it is open or wrong; notes are no hindrance."""
        return not any(item.mark in (Mark.WRONG, Mark.WAITS) for item in self.items)


def part(name: str, *lines: Iterable[Item]) -> Part:
    """Return a part with those of its lines that hold anything."""
    return Part(name, tuple(filter(None, map(tuple, lines))))


def done(text: str) -> Item:
    return Item(Mark.DONE, text)


def wrong(text: str, mend: str, *, takes: str = "") -> Item:
    return Item(Mark.WRONG, text, mend, takes)


def waits(text: str, mend: str = "", *, takes: str = "") -> Item:
    return Item(Mark.WAITS, text, mend, takes)


def note(text: str, mend: str = "") -> Item:
    return Item(Mark.NOTE, text, mend)


def not_needed(text: str) -> Item:
    return Item(Mark.NOT_NEEDED, f"not needed: {text}")


def plain(text: str) -> Item:
    return Item(Mark.PLAIN, text)


def item_of(finding: Finding) -> Item:
    """Return what a probe or the doctor found as an item: its words say what was looked at."""
    text = f"{finding.what}: {finding.found}"
    match finding.state:
        case State.OK:
            return done(text)
        case State.LOOK:
            return note(text, finding.mend)
        case State.MISSING:
            return wrong(text, finding.mend, takes=finding.takes)
        case State.NOT_NEEDED:
            return not_needed(finding.found)


def first_wrong(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.state is State.MISSING), None)


def text_lines(each: Part) -> list[str]:
    """Return a part as plain lines: its name, and beside it what its lines hold."""
    names = [each.name, *("" for _line in each.lines[1:])]
    return [f"{name:<{NAME_WIDTH}}{in_words(line)}".rstrip() for name, line in zip(names, each.lines, strict=True)]


def in_pieces(line: Sequence[Item]) -> list[tuple[str, Mark]]:
    """Return one line as pieces of text, each with the mark it is, PLAIN for words.

    Items whose marks stand behind them stand close, as the stages of a call do.
    """
    found: list[tuple[str, Mark]] = []
    for number, item in enumerate(line):
        if number:
            found.append((" " if item.after and line[number - 1].after else "   ", Mark.PLAIN))
        found += [(piece, item.mark if piece == item.mark.value else Mark.PLAIN) for piece in item.pieces()]
    return found


def in_words(line: Sequence[Item]) -> str:
    return "".join(piece for piece, _mark in in_pieces(line))
