"""What commands share: the set-up they work on, the way into the database, and how they speak to people and programs.

May import: config, clock, the store, the daemon's lock. Rich is imported only where a table is drawn.
"""

import getpass
import io
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, TypeVarTuple, Unpack

import msgspec
import trio
import typer

from ivy import config as configuration
from ivy.cli import options
from ivy.clock import SystemClock, stamp
from ivy.config import Config
from ivy.errors import StoreError

if TYPE_CHECKING:
    from ivy.store.binding import Connection
    from ivy.store.database import Store
    from ivy.store.scope import OperatorStore

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

UNBROKEN = 10_000
"""Columns of a table that goes into a pipe."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dataclass(frozen=True)
class Setup:
    """What a command works on; `folder` is the configuration's, and paths in it are relative to it."""

    path: Path
    config: Config
    folder: Path
    database: Path


def setup() -> Setup:
    """Load the configuration that was named before the command. Raises: ConfigError."""
    path = configuration.config_path(options.given_config.get())
    loaded = configuration.load(path, os.environ)
    return Setup(path, loaded, path.parent, loaded.database(path.parent))


def run(function: Callable[[Unpack[Ts]], Awaitable[T]], *args: *Ts) -> T:
    """Run an async function; a failure inside a nursery comes out as itself."""
    try:
        return trio.run(function, *args)
    except BaseExceptionGroup as group:
        raise options.alone(group) from group


# --- the database ----------------------------------------------------------------------------------


@contextmanager
def look_into(path: Path) -> "Generator[Connection]":
    """Open a database to look at it only. Raises: StoreError, also for what SQLite says while it is open."""
    from ivy.store.binding import Error
    from ivy.store.settings import open_reader

    try:
        connection = open_reader(path)
        try:
            yield connection
        finally:
            connection.close()
    except Error as error:
        raise StoreError(f"{path} cannot be read: {error}.") from None


def check_database(path: Path) -> None:
    """Raise StoreError unless the database is there and of this program's version."""
    from ivy.store import in_place, migrate

    if in_place.decided(path) is not None:
        raise StoreError(
            f"A restore was cut off while it was put at {path}; the daemon's start or `ivy migrate` ends it."
        )
    if not path.exists():
        raise StoreError(f"There is no database at {path}; `ivy init` makes one.")
    with look_into(path) as connection:
        shipped = migrate.shipped()
        migrate.check(connection, shipped)
        if todo := migrate.pending(connection, shipped):
            raise StoreError(f"The database lacks {todo[0].name}; run `ivy migrate`.")


@asynccontextmanager
async def open_database(setup: Setup) -> "AsyncGenerator[Store]":
    """Open the database beside a daemon that may run. Raises: StoreError if it is missing, older or newer."""
    from ivy.store.database import open_store
    from ivy.threads import PooledThreads

    check_database(setup.database)
    async with open_store(setup.database, threads=PooledThreads(), guest=True) as store:
        yield store


@asynccontextmanager
async def operator(
    setup: Setup, *, action: str, reason: str = "cli", subject: str = ""
) -> "AsyncGenerator[OperatorStore]":
    """Open everybody's rows, once the audit log says who did what from this command line."""
    from ivy.store.scope import as_operator

    async with open_database(setup) as store:
        yield await as_operator(
            store, actor=actor(action), reason=reason, action=action, subject=subject, at_ms=stamp(SystemClock().now())
        )


def actor(action: str) -> str:
    """Return the system user and the command line, without values: the audit log outlives the people in it."""
    named = {*action.split(), "ivy"}
    words = [word.partition("=")[0] if word.startswith("-") or word in named else "…" for word in sys.argv[1:]]
    return f"{system_user()}: {' '.join(['ivy', *words])}"


def system_user() -> str:
    """Return who types, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return f"uid {os.getuid()}"


def daemon_is_running(setup: Setup) -> bool:
    from ivy.daemon import lock

    return lock.is_held(setup.database)


# --- speaking --------------------------------------------------------------------------------------


def print_json(document: Any) -> None:
    """Print one JSON document, and nothing else, on stdout; a secret in it prints as stars."""
    typer.echo(msgspec.json.format(msgspec.json.encode(document, enc_hook=str), indent=2).decode())


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table on stdout: fitted to a terminal, unbroken lines into a pipe."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    people = sys.stdout.isatty()
    drawn = Table(box=box.SIMPLE_HEAD if people else None)
    for column in columns:
        drawn.add_column(Text(column), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(clean(cell)) for cell in row))
    if people:
        Console(highlight=False).print(Text(clean(title), "bold"), drawn, sep="\n")
        return
    paper = io.StringIO()
    Console(file=paper, highlight=False, width=UNBROKEN, no_color=True).print(drawn)
    typer.echo(clean(title))
    for line in paper.getvalue().splitlines():
        typer.echo(line.rstrip())


def clean(text: str) -> str:
    """Return text without what could steer a terminal: rows hold what strangers wrote."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


def say(text: str) -> None:
    """Print a line of the answer on stdout."""
    typer.echo(clean(text))


def note(text: str) -> None:
    """Print a line beside the answer, on stderr."""
    typer.echo(clean(text), err=True)


def can_ask() -> bool:
    """Say whether somebody sits at a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, *, default: bool = False) -> bool:
    """Ask on the terminal, where Enter is `default`; off one the answer is no."""
    return can_ask() and typer.confirm(question, default=default, err=True)
