"""`ivy verify`: checks the ledger of pledges. May import: the store, the domain, frame."""

from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

from ivy.cli import frame
from ivy.domain import chain
from ivy.domain.chain import Checked, Link
from ivy.errors import UsageError
from ivy.store import donations

LIVE = "the database"


def command(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="What `ivy giving export` printed; the database if not given."),
    ] = None,
    as_json: frame.Json = False,
) -> None:
    """Check that no pledge was changed, added in between or taken out; exit 1 and name the first row if one was.

    A file with the whole ledger is checked like the database, a receipt row by row.
    """
    checked = in_database() if file is None else in_file(file)
    source = LIVE if file is None else str(file)
    if as_json:
        frame.print_json({"source": source, "ok": not checked.bad, "checked": checked})
    elif checked.bad:
        frame.note(f"{source}: row {checked.bad} is wrong: {checked.why}. {checked.rows} rows before it are right.")
    else:
        frame.say(f"{source}: {checked.rows} rows are right; the last hash is {checked.head}.")
    raise typer.Exit(1 if checked.bad else 0)


def in_database() -> Checked:
    """Check the whole ledger of the configured database. Raises: StoreError."""
    setup = frame.setup()
    frame.check_database(setup.database)
    with frame.look_into(setup.database) as connection:
        return chain.check(donations.links(connection), whole=True)


def in_file(path: Path) -> Checked:
    """Check an exported ledger or receipt. Raises: UsageError for what is neither, OSError."""
    document = _read(path)
    rows = document.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in cast("list[Any]", rows)):
        raise UsageError(f"{path} is no ledger: it has no list of rows.")
    checked = chain.check(cast("list[Link]", rows), whole=document.get("whole") is True)
    head = document.get("head", checked.head)
    if not checked.bad and head != checked.head:
        return Checked(
            checked.rows, checked.head, "after the last", "rows are missing: the file names another last hash"
        )
    return checked


def _read(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is no ledger: {error}.") from None
