"""`ivy daemon`: runs Ivy until SIGTERM. May import: everything; the daemon itself only when it starts."""

from typing import Annotated

import typer

from ivy import log
from ivy.cli import frame
from ivy.errors import ConfigError, StoreError

LEVELS = ("debug", "info", "warning", "error")


def command(
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Only start, answer the own probes and end; no job runs, nothing is sent."),
    ] = False,
) -> None:
    """Run Ivy until SIGTERM or Ctrl-C, which let what runs finish; a second daemon on the same database refuses.

    The log goes to stderr; [log] in ivy.toml says how much and in which form.
    """
    where = frame.setup()
    wanted = where.config.log
    if wanted.level not in LEVELS:
        raise ConfigError(f"log.level is {wanted.level!r}; use {', '.join(LEVELS)}.")
    log.start(wanted.level, plain=wanted.plain)
    if where.database.exists():
        with frame.look_into(where.database) as connection:
            connection.execute("PRAGMA user_version")
    if rehearse:
        _rehearse(where)
        return
    from ivy.daemon.process import run

    frame.run(run, where.config, where.folder)


def _rehearse(where: frame.Setup) -> None:
    from ivy.daemon.rehearsal import rehearse

    if wrong := frame.run(rehearse, where.config, where.folder):
        raise StoreError(f"It starts, and is not well: {'; '.join(wrong)}.")
    frame.say("It starts and is well; no job was run, nothing was sent.")
