"""`ivy init --live`: a list that turns green as things become true, until it is, is left, or has waited long enough.

May import: everything. How it stands is asked of vendors and of the database each time, so it can be left and typed again.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import trio
import typer

from ivy.cli import frame
from ivy.cli.frame import Setup
from ivy.cli.live_drawing import Drawing, drawing
from ivy.cli.live_list import Part
from ivy.cli.live_watch import Watch, open_watch
from ivy.clock import SystemClock
from ivy.domain.calls import CallKind

QUICK_ROUNDS = 12
"""How many rounds of questions come quickly; Meta lets an account be asked some hundred times an hour."""
SLOWER = 6
LOOK_EVERY = 0.5
LATER = "`ivy init --live` goes on from here at any time."


@dataclass(frozen=True)
class Patience:
    """`wait`: seconds in which things may become true, 0 for one look; `every`: seconds between questions to vendors."""

    wait: float = 900.0
    every: float = 10.0


def run(patience: Patience, *, as_json: bool) -> bool:
    """Show the list until all of it is green; return whether it is. Ctrl-C ends it politely."""
    shown = drawing(as_json=as_json)
    parts: tuple[Part, ...] = ()
    try:
        parts = frame.run(_run, patience, shown)
    except KeyboardInterrupt:
        shown.pause()
        frame.note(f"\nLeft. {LATER}")
        return False
    is_done = all(each.is_done for each in parts)
    if as_json:
        frame.print_json(document(parts))
    else:
        frame.note("Everything is green." if is_done else f"{_open(parts)} not green yet. {LATER}")
    return is_done


def _open(parts: Sequence[Part]) -> str:
    names = [each.name for each in parts if not each.is_done]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def document(parts: Sequence[Part]) -> dict[str, object]:
    """Return the list as `--json` prints it: `ok`, and of each part its lines of items."""
    rows: list[dict[str, object]] = []
    for each in parts:
        lines = [
            [
                {"mark": item.mark.name.lower(), "text": item.text, "mend": item.mend, "takes": item.takes}
                for item in line
            ]
            for line in each.lines
        ]
        rows.append({"name": each.name, "ok": each.is_done, "lines": lines})
    return {"ok": all(each.is_done for each in parts), "parts": rows}


async def _run(patience: Patience, shown: Drawing) -> tuple[Part, ...]:
    ends, declined = trio.current_time() + patience.wait, set[str]()
    try:
        while True:
            where = frame.setup()  # a configuration that was mended meanwhile is read anew
            stamps = _stamps(where)
            async with open_watch(where, SystemClock(), secrets.token_hex(16)) as watch:
                watch.declined = declined
                parts = await watched(watch, patience, shown, until=ends, stamps=stamps)
            if parts is not None:
                return parts
    finally:
        shown.pause()


async def watched(
    watch: Watch, patience: Patience, shown: Drawing, *, until: float, stamps: Mapping[Path, int]
) -> tuple[Part, ...] | None:
    """Look until all is green or time is up; None when the configuration changed under it."""
    turn = trio.Lock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_ask, watch, patience, turn)
        while True:
            parts = watch.look()
            asked = watch.asked.rounds > 0
            if asked:
                shown.show(parts)
            if asked and (all(each.is_done for each in parts) or trio.current_time() >= until):
                nursery.cancel_scope.cancel()
                return parts
            if _stamps(watch.where) != stamps:
                nursery.cancel_scope.cancel()
                return None
            if asked and patience.wait and frame.can_ask():
                await _offer_call(watch, shown, turn)
            await trio.sleep(LOOK_EVERY)


async def _ask(watch: Watch, patience: Patience, turn: trio.Lock) -> None:
    """Ask the vendors again and again: quickly at first, and then as often as Meta lets an account be asked for hours."""
    while True:
        async with turn:
            await watch.ask()
        pause = patience.every * (1 if watch.asked.rounds < QUICK_ROUNDS else SLOWER)
        with trio.move_on_after(pause):
            await _daemon_changes(watch)


async def _daemon_changes(watch: Watch) -> None:
    """Wait until the daemon begins or ends to run: that changes all answers."""
    before = frame.daemon_is_running(watch.where)
    while frame.daemon_is_running(watch.where) == before:
        await trio.sleep(LOOK_EVERY)


async def _offer_call(watch: Watch, shown: Drawing, turn: trio.Lock) -> None:
    """Ask whether to phone somebody now, and put the call into the queue; nobody is asked a second time about the same."""
    from ivy.cli.call import ask

    if turn.locked():
        return
    async with turn:  # a question to a vendor would run into its deadline while a person thinks
        wish = watch.wishes_to_phone()
        if wish is None:
            return
        question, user_id, before = wish
        shown.pause()
        if typer.confirm(question, default=True, err=True):
            await ask(watch.where, user_id, CallKind.TEST)
        else:
            watch.declined.add(before)


def _stamps(where: Setup) -> dict[Path, int]:
    """Return when the configuration and the secrets beside it were last written."""
    files = [where.path, *sorted((where.folder / "secrets").glob("*"))]
    return {path: path.stat().st_mtime_ns for path in files if path.exists()}
