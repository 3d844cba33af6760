"""`ivy status --watch`: the same screen, drawn over itself every two seconds. May import: status, frame.

Each frame goes out in one write, line over line, on the terminal's other screen: nothing flickers, also over ssh, and what was
there before is there again afterwards.
"""

import io
import shutil
import signal
import sys
from collections.abc import AsyncIterator

import trio

from ivy.cli import frame, status, status_screen
from ivy.cli.status_screen import Line
from ivy.clock import SystemClock

EVERY = 2.0
OTHER_SCREEN, OLD_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
BEGIN, END = "\x1b[?2026h\x1b[H", "\x1b[J\x1b[?2026l"
"""What is between is shown at once, by terminals that know how."""
CLEAR_REST = "\x1b[K"
FOOT = "every 2 s · Ctrl-C ends this"


async def run() -> None:
    """Draw until Ctrl-C, or SIGTERM. Everybody's rows are opened once, and the audit log says so once."""
    setup = frame.setup()
    rates = status.card(setup)
    async with frame.operator(setup, action="status --watch") as operator:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as ended:
            _write(OTHER_SCREEN)
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_until, ended, nursery.cancel_scope)
                    while True:
                        now = await operator.read(status.look, setup, rates, SystemClock().now())
                        columns, rows = shutil.get_terminal_size()
                        _write(drawn(status_screen.lines(now, columns), columns, rows))
                        await trio.sleep(EVERY)
            finally:
                _write(OLD_SCREEN)


async def _until(ended: AsyncIterator[int], scope: trio.CancelScope) -> None:
    async for _signal in ended:
        scope.cancel()


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def drawn(lines: list[Line], columns: int, rows: int) -> str:
    """Return one frame: what fits into the terminal, each line to its end, and the foot in the last."""
    from rich.console import Console
    from rich.text import Text

    paper = io.StringIO()
    console = Console(
        file=paper, force_terminal=True, highlight=False, soft_wrap=True, width=max(columns, 1), legacy_windows=False
    )
    shown = (
        lines
        if len(lines) < rows
        else [*lines[: max(rows - 2, 0)], Line("… the terminal is too low for the rest", "dim")]
    )
    for each in [*shown, Line(FOOT, "dim")]:
        console.print(Text(frame.clean(each.text)[:columns], each.style), end="\n")
    return BEGIN + f"{CLEAR_REST}\r\n".join(paper.getvalue().rstrip("\n").split("\n")) + CLEAR_REST + END
