"""`ivy whatsapp flows`: the forms at Meta, listed and pushed, and the key their answers travel under.

May import: the store, adapters, frame.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import trio
import typer

from ivy.cli import frame
from ivy.cli.first_configuration import FOLDER
from ivy.cli.flow_pushing import CHANNEL, SECONDS, Line, Push, endpoint_of, open_library
from ivy.cli.frame import Setup
from ivy.cli.moments import shown
from ivy.clock import SystemClock
from ivy.domain.form_definitions import LIVE_BOOKING
from ivy.errors import OutcomeUnknown, UsageError
from ivy.store import flows as registry
from ivy.store.flows import StoredFlow

if TYPE_CHECKING:
    from ivy.adapters.whatsapp.flows import FlowLibrary

flows = typer.Typer(no_args_is_help=True, help="Forms that open inside the chat: as Meta has them, and their key.")

WAITS = "not uploaded"
KEY_FILE = f"{FOLDER}/whatsapp_flow_key"
NO_ENDPOINT = f"{LIVE_BOOKING} waits for server.public_url and for a key: `ivy whatsapp flows key` makes one."


@dataclass(frozen=True)
class Row:
    """One form in one language, as it stands."""

    name: str
    language: str
    state: str
    up_to_date: bool
    can_be_sent: bool
    vendor_id: str
    updated_at: str


@flows.command("list")
def list_flows(as_json: frame.Json = False) -> None:
    """List the forms and how each stands at Meta. Reads the registry, which webhooks keep current."""
    found, endpoint = frame.run(_rows)
    if as_json:
        frame.print_json({"flows": found, "endpoint": endpoint})
        return
    table = [[each.name, each.language, each.state, _words(each), each.vendor_id, each.updated_at] for each in found]
    frame.table("Forms (times in UTC)", ["form", "language", "state", "to do", "id", "changed"], table)
    if not endpoint:
        frame.note(NO_ENDPOINT)


def _words(row: Row) -> str:
    if row.state == "BLOCKED":
        return "the endpoint failed too often: see the log"
    return "" if row.up_to_date and row.can_be_sent else "ivy whatsapp flows push"


async def _rows() -> tuple[list[Row], str]:
    from ivy.adapters.whatsapp.flow_json import assets

    setup = frame.setup()
    endpoint = endpoint_of(setup.config)
    async with frame.operator(setup, action="whatsapp flows list") as operator:
        kept = {(each.name, each.language): each for each in await operator.read(registry.all_flows)}
    ours = assets(live=bool(endpoint))
    rows = [_row(each.name, each.language, each.digest, kept.pop((each.name, each.language), None)) for each in ours]
    return [*rows, *(_row(each.name, each.language, each.digest, each) for each in kept.values())], endpoint


def _row(name: str, language: str, digest: str, kept: StoredFlow | None) -> Row:
    if kept is None:
        return Row(name, language, "not pushed", False, False, "", "")
    can_be_sent = kept.state in registry.SENDABLE
    return Row(name, language, kept.state, kept.digest == digest, can_be_sent, kept.vendor_id, shown(kept.updated_at))


# --- push --------------------------------------------------------------------------------------------


@flows.command("push")
def push(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    as_json: frame.Json = False,
) -> None:
    """Make, upload and publish what Meta lacks or what changed; leave the rest. Safe to repeat.

    Exit code 1 when something could not be done.
    """
    lines, endpoint = frame.run(_push, dry_run)
    failed = sum(line.failed for line in lines)
    if as_json:
        frame.print_json({"ok": not failed, "dry_run": dry_run, "endpoint": endpoint, "lines": lines})
    else:
        columns = ["form", "language", "step", "why", "result", "id"]
        table = [[each.name, each.language, each.do, each.why, each.result, each.vendor_id] for each in lines]
        frame.table("The plan; nothing was done" if dry_run else "Pushed", columns, table)
        if not endpoint:
            frame.note(NO_ENDPOINT)
        if failed:
            frame.note(f"{failed} could not be done; `ivy whatsapp flows push` goes on where it stopped.")
    raise typer.Exit(1 if failed else 0)


async def _push(dry_run: bool) -> tuple[list[Line], str]:
    setup = frame.setup()
    endpoint = endpoint_of(setup.config)
    subject = "plan" if dry_run else "forms"
    async with (
        open_library(setup.config.whatsapp) as library,
        frame.operator(setup, action="whatsapp flows push", subject=subject) as operator,
    ):
        return await Push(library, operator, SystemClock(), endpoint).run(dry_run=dry_run), endpoint


# --- the key -----------------------------------------------------------------------------------------


@flows.command("key")
def key(
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new key; the one before stays, for phones that still hold it.")
    ] = False,
    as_json: frame.Json = False,
) -> None:
    """Make the key of forms that ask Ivy as they go, if there is none, and give Meta its public half.

    The private half stays in a file that only its owner reads. A running daemon takes a new key when it is started again.
    """
    document = frame.run(_key, rotate)
    if as_json:
        frame.print_json(document)
        return
    frame.say(f"{document['file']}: {'a new key' if document['made'] else 'the key that was there'}.")
    if document["status"] == WAITS:
        frame.say("Meta has the old one still: the daemon that runs does not know the new one.")
        frame.note("Start the daemon again, then run `ivy whatsapp flows key`.")
        return
    frame.say(f"Meta has its public half ({document['status']}).")
    if document["line"]:
        frame.say(f"Put this into ivy.toml, under [whatsapp]: {document['line']}")
    if document["made"]:
        frame.note("Start the daemon again, so that it knows the key; then `ivy whatsapp flows push`.")


async def _key(rotate: bool) -> dict[str, Any]:
    from ivy.adapters.whatsapp.flow_crypto import FlowKeys

    setup = frame.setup()
    section = setup.config.whatsapp
    path = setup.folder / (section.flow_key_file or KEY_FILE)
    pems = section.flow_key.reveal() or (path.read_text() if path.exists() else "")
    if rotate and section.flow_key and not path.exists():
        raise UsageError("The key comes from the environment: put the new one there, in front of the old.")
    # What is there must be a key before a new one is put in front of it.
    keys = FlowKeys.parse(pems) if pems else None
    made = keys is None or rotate
    async with open_library(section) as library, frame.operator(setup, action="whatsapp flows key"):
        if made:
            keys = FlowKeys.parse(_write_new(path, pems))
        assert keys is not None  # noqa: S101 - made just now where there was none
        try:
            with trio.fail_after(SECONDS):
                # A key that the daemon does not know yet would close every form that is open.
                waits = rotate and frame.daemon_is_running(setup)
                status = WAITS if waits else await _upload(library, keys.current.public_pem)
        except trio.TooSlowError:
            raise OutcomeUnknown(CHANNEL, f"no answer in {SECONDS} s: run this again") from None
    in_file = path.exists()
    return {
        "file": str(path) if in_file else "the environment",
        "made": made,
        "status": status,
        "line": _line(setup, path) if in_file and not section.flow_key else "",
    }


async def _upload(library: "FlowLibrary", public_pem: str) -> str:
    """Give Meta the public key unless it has it; return what Meta says of it."""
    theirs = await library.key()
    if theirs.pem.split() != public_pem.split() or theirs.status != "VALID":
        await library.upload_key(public_pem)
        theirs = await library.key()
    return theirs.status or "uploaded"


def _write_new(path: Path, before: str) -> str:
    """Put a new private key in front of those that are there; return all. The file is whole at every moment."""
    from ivy.adapters.whatsapp.flow_crypto import generate_key

    private, _public = generate_key()
    pems = f"{private}{before.strip()}\n" if before.strip() else private
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(pems)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return pems


def _line(setup: Setup, path: Path) -> str:
    return f'flow_key_file = "{path.relative_to(setup.folder)}"'
