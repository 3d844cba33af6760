"""`ivy replay TURN`: goes through a turn again without a vendor, and says whether it is the same. May import: everything below."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ivy.agent import replay
from ivy.agent.replay import DIFFERENT, SAME, UNKNOWN, Replay
from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.clock import unstamp
from ivy.daemon.wiring_models import wire_of
from ivy.errors import UsageError
from ivy.ports import Pictures, Wire
from ivy.store import recorded, stories
from ivy.store.binding import Connection
from ivy.store.files import Files
from ivy.store.recorded import Recorded
from ivy.store.sealing import Sealer
from ivy.threads import PooledThreads

MARKS = {SAME: "✓", DIFFERENT: "✗", UNKNOWN: "?"}


def command(
    thing: Annotated[
        str, typer.Argument(metavar="TURN", help="The id, or its beginning, of a turn or of a message of it.")
    ] = "",
    with_file: Annotated[
        Path | None,
        typer.Option("--with", metavar="FILE", help="Ask the primary model anew, with these words of the system's."),
    ] = None,
    last: Annotated[
        int | None, typer.Option(metavar="DAYS", min=1, help="With --with: the turns of so many days, newest first.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="With --last: at most so many turns.")] = 20,
    yes: frame.Yes = False,
    as_json: frame.Json = False,
) -> None:
    """Go through a turn again from its journal: no vendor is asked, nothing is done. Ends with 1 if something is different.

    With --with FILE the primary model is asked again what it was asked first, after its price was shown: its words and tools
    of then and now stand side by side. No tool is run, nothing is sent, and only the cost is kept.
    """
    if with_file is not None:
        from ivy.cli import replay_with

        replay_with.run(replay_with.Wish(thing, with_file, last, limit, yes, as_json), find)
        return
    if last is not None:
        raise UsageError("--last needs --with FILE.")
    if not thing:
        raise UsageError("Which turn? Give its id, or that of a message of it.")
    told = frame.run(_replay, thing)
    if as_json:
        frame.print_json(told)
    else:
        show(told)
    if not told.is_equal:
        raise typer.Exit(1)


def show(told: Replay) -> None:
    """Print what was gone through, a line for each thing, and the verdict."""
    frame.say(f"Turn {told.turn_id} of {told.person} ({told.prompt}), {shown(unstamp(told.started_at_ms))} UTC")
    for check in told.checks:
        frame.say(f"{MARKS[check.verdict]} step {check.step:<2} {check.what:<8} {check.words}")
    wrong = [check for check in told.checks if check.verdict == DIFFERENT]
    unknown = sum(check.verdict == UNKNOWN for check in told.checks)
    cannot = f" {unknown} could not be compared." if unknown else ""
    if wrong:
        frame.say(f"Different, first at step {wrong[0].step}: {wrong[0].words}{cannot}")
    else:
        frame.say(f"The same in all that could be compared.{cannot}" if unknown else "The same, in everything.")


async def _replay(thing: str) -> Replay:
    setup = frame.setup()
    sealer = Sealer(setup.config.store.seal_key.reveal().split())
    files = Files(setup.config.media_folder(setup.folder), PooledThreads())
    async with frame.operator(setup, action="replay", subject=thing) as operator:
        turn = await operator.read(find, thing)
    return await go_through(turn, sealer, files)


async def go_through(turn: Recorded, sealer: Sealer, pictures: Pictures) -> Replay:
    """Go through a turn with the wires of this program."""

    def wire(vendor: str, model: str, dialect: Any) -> Wire:
        return wire_of(vendor, model, dialect, pictures)

    return await replay.replay(turn, wire, sealer, pictures)


def find(connection: Connection, thing: str) -> Recorded:
    """Return the turn that an id means, or that its message, tool or model is part of. Raises: UsageError."""
    anchor = stories.find(connection, thing)
    turn_id = anchor.id if anchor.kind == "turn" else recorded.turn_of(connection, anchor.kind, anchor.id)
    if turn_id is None:
        raise UsageError(f"The {anchor.kind} {anchor.id} was decided without a model; `ivy why` tells of it.")
    return recorded.load(connection, turn_id)
