"""How the list of `ivy init --live` is shown: redrawn in its place on a terminal, as lines that changed into a pipe.

May import: live_list, frame. Rich is imported only where something is drawn.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ivy.cli import frame
from ivy.cli.live_list import NAME_WIDTH, Mark, Part, in_pieces, text_lines

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

COLOURS = {Mark.DONE: "green", Mark.WRONG: "red", Mark.WAITS: "yellow"}


class Drawing(Protocol):
    """Shows the list; `pause` leaves the screen to a question until the next `show`."""

    def show(self, parts: Sequence[Part]) -> None: ...

    def pause(self) -> None: ...


class Silence:
    """Shows nothing: a document follows at the end."""

    def show(self, parts: Sequence[Part]) -> None:
        pass

    def pause(self) -> None:
        pass


class Lines:
    """Prints each part when it is first known, and again when it changed."""

    def __init__(self) -> None:
        self._before: dict[str, list[str]] = {}

    def show(self, parts: Sequence[Part]) -> None:
        for each in parts:
            lines = text_lines(each)
            if self._before.get(each.name) != lines:
                self._before[each.name] = lines
                for line in lines:
                    frame.say(line)
        sys.stdout.flush()

    def pause(self) -> None:
        pass


class Screen:
    """Draws the whole list, in its place, whenever something changed."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console: Console = Console(highlight=False)
        self._live: Live | None = None
        self._before: Sequence[Part] = ()

    def show(self, parts: Sequence[Part]) -> None:
        if self._live is not None and parts == self._before:
            return
        self._before = parts
        drawn = _drawn(parts)
        if self._live is None:
            from rich.live import Live

            self._live = Live(drawn, console=self._console, auto_refresh=False, vertical_overflow="visible")
            self._live.start(refresh=True)
        else:
            self._live.update(drawn, refresh=True)

    def pause(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _drawn(parts: Sequence[Part]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(min_width=NAME_WIDTH - 1)
    table.add_column(overflow="fold")
    for each in parts:
        for number, line in enumerate(each.lines):
            words = Text.assemble(*((frame.clean(piece), COLOURS.get(mark, "")) for piece, mark in in_pieces(line)))
            table.add_row(Text(each.name if number == 0 else "", "bold"), words)
    return table


def drawing(*, as_json: bool) -> Drawing:
    """Return how to show the list to whoever is there."""
    if as_json:
        return Silence()
    return Screen() if sys.stdout.isatty() else Lines()
