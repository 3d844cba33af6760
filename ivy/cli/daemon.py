"""`ivy daemon`: runs Ivy until SIGTERM. May import: everything; the daemon itself only when it starts."""

from ivy import log
from ivy.cli import frame
from ivy.errors import ConfigError

LEVELS = ("debug", "info", "warning", "error")


def command() -> None:
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
    from ivy.daemon.main import run

    frame.run(run, where.config, where.folder)
