"""`ivy migrate`: brings the database to this program's schema. May import: everything; the daemon only when it acts."""

from pathlib import Path
from typing import Annotated

import typer

from ivy.cli import frame
from ivy.daemon import lock
from ivy.store import migrate


def command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be applied.")] = False,
    copy: Annotated[bool, typer.Option("--copy/--no-copy", help="Keep a copy of the database as it was.")] = True,
    as_json: frame.Json = False,
) -> None:
    """Bring the database to this version of Ivy, after a copy beside it. The daemon must not run.

    `ivy daemon` does the same when it starts. Doing it twice changes nothing.
    """
    path = frame.setup().database
    names = would_apply(path) if dry_run else apply(path, copy_first=copy)
    if as_json:
        frame.print_json({"database": str(path), "dry_run": dry_run, "migrations": names})
        return
    for name in names:
        frame.say(f"{'would apply' if dry_run else 'applied'} {name}")
    if not names:
        frame.say("The database is up to date.")


def would_apply(path: Path) -> list[str]:
    """Return the migrations that the database lacks; all of them if it does not exist. Raises: StoreError."""
    shipped = migrate.shipped()
    if not path.exists():
        return [migration.name for migration in shipped]
    with frame.look_into(path) as connection:
        migrate.check(connection, shipped)
        return [migration.name for migration in migrate.pending(connection, shipped)]


def apply(path: Path, *, copy_first: bool = True) -> list[str]:
    """Bring the database, or a new one, to this version; return what was applied. Raises: StoreError."""
    would_apply(path)  # refuses another program's file before anything is opened for writing
    from ivy.daemon.preparing import prepare

    with lock.hold(path):
        return prepare(path, copy_first=copy_first)
