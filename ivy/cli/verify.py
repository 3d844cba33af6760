"""`ivy verify`: checks the ledger of pledges and the audit log. May import: the store, the domain, frame."""

from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

from ivy.cli import frame
from ivy.domain import chain
from ivy.domain.chain import Checked, Link
from ivy.errors import UsageError
from ivy.store import chains

LIVE = "the database"
WHAT = ("the ledger of gifts", "the audit log")


def command(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="What `ivy giving export` printed; the database if not given."),
    ] = None,
    as_json: frame.Json = False,
) -> None:
    """Check that no pledge was changed, added in between, taken out or cut off; exit 1 and name the first row if one was.

    In the database the audit log is checked as well. A file with the whole ledger is checked like the database, a receipt
    row by row. What no chain can prove is told in docs/how-it-works.md.
    """
    ledger, audit = in_database() if file is None else (in_file(file), None)
    source = LIVE if file is None else str(file)
    found = [each for each in (ledger, audit) if each is not None]
    is_ok = not any(each.bad for each in found)
    if as_json:
        frame.print_json({"source": source, "ok": is_ok, "checked": ledger, "audit": audit})
    else:
        for what, checked in zip(WHAT, found, strict=False):
            _tell(source if audit is None else f"{source}, {what}", checked)
    raise typer.Exit(0 if is_ok else 1)


def _tell(source: str, checked: Checked) -> None:
    if checked.bad:
        frame.note(f"{source}: row {checked.bad} is wrong: {checked.why}. {checked.rows} rows before it are right.")
    else:
        frame.say(f"{source}: {checked.rows} rows are right; the last hash is {checked.head}.")


def in_database() -> tuple[Checked, Checked]:
    """Check the whole ledger and the audit log of the configured database. Raises: StoreError."""
    setup = frame.setup()
    frame.check_database(setup.database)
    with frame.look_into(setup.database) as connection:
        connection.execute("BEGIN")  # rows and ends of one moment: the daemon may add to both meanwhile
        return chains.check_ledger(connection), chains.check_audit(connection)


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
