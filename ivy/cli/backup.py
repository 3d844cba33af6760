"""`ivy backup`: one sealed file with everything, checked before it is called done. May import: the store, frame."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ivy import __version__
from ivy.cli import backup_lock, frame
from ivy.cli.frame import Setup
from ivy.domain import backups as rules
from ivy.errors import StoreError, UsageError
from ivy.store import backups, migrate
from ivy.store.archives import Lock, keys_of, seal_key_ids
from ivy.store.backup_files import Busy, Made, Order, make
from ivy.store.backups import Backup


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]", help="A new file, or a folder: then it is named by its time. Default: [backup]."
        ),
    ] = "",
    passphrase_file: backup_lock.PassphraseFile = None,
    key_file: backup_lock.KeyFile = None,
    passphrase: backup_lock.Passphrase = False,
    as_json: frame.Json = False,
) -> None:
    """Put the database, people's files and ivy.toml into one sealed file, while the daemon works, and read it again.

    Secrets are not in it: keep the files that ivy.toml names somewhere else, the seal key above all.
    """
    where = frame.setup()
    path = target_of(where, target)
    lock = backup_lock.to_seal(where.config.backup, passphrase_file, key_file, ask=passphrase)
    made = back_up(where, path, lock)
    report = _report(made, lock)
    if as_json:
        frame.print_json(report)
    else:
        _print(made, lock)


def target_of(where: Setup, typed: str) -> Path:
    """Return the new file's path. Raises: UsageError."""
    if typed == "-":
        raise UsageError("A backup is read again after it is written, which no pipe can: give a file or a folder.")
    if not typed and not where.config.backup.folder:
        raise UsageError("Say where to: `ivy backup FILE`, or a folder; or set backup.folder.")
    path = Path(typed) if typed else where.folder / where.config.backup.folder
    return path / rules.name_of(datetime.now(UTC)) if path.is_dir() or not typed else path


def back_up(where: Setup, path: Path, lock: Lock) -> Made:
    """Make a backup, and write down in the database what became of it. Raises: StoreError."""
    if not where.database.exists():
        raise StoreError(f"There is no database at {where.database}; `ivy init` makes one.")
    began = datetime.now(UTC)
    try:
        made = make(
            Order(
                where.database,
                where.config.media_folder(where.folder),
                path,
                lock,
                __version__,
                configuration=where.path,
                seal_keys=tuple(seal_key_ids(keys_of(where.config.store.seal_key.reveal()))),
                at_rest=not frame.daemon_is_running(where),
                tell=_tell,
            )
        )
    except Busy:  # another one is being made, and may well succeed
        raise
    except StoreError as error:
        _note(where, Backup(began, str(path), 0, 0.0, verified=False, error=str(error)))
        raise
    _note(where, Backup(made.taken_at, str(made.path), made.bytes, made.seconds, verified=True, error=""))
    return made


def _tell(line: str) -> None:
    if os.isatty(2):
        frame.note(f"… {line}")


def _note(where: Setup, backup: Backup) -> None:
    """Keep it in the database beside the daemon; one of an older version knows of none, and nothing is changed in it."""
    with frame.look_into(where.database) as connection:
        shipped = migrate.shipped()
        if not backups.can_be_kept(connection) or migrate.pending(connection, shipped):
            return
    frame.run(_keep, where, backup)


async def _keep(where: Setup, backup: Backup) -> None:
    async with frame.operator(where, action="backup") as operator:
        await operator.write(backups.keep, backup)


def _report(made: Made, lock: Lock) -> dict[str, Any]:
    manifest = made.manifest
    return {
        "file": str(made.path),
        "taken_at": made.taken_at,
        "bytes": made.bytes,
        "seconds": round(made.seconds, 1),
        "verified": True,
        "sealed_with": "passphrase" if lock.passphrase else "key",
        "database": {"schema": manifest.facts.schema, "bytes": manifest.database_bytes, "rows": manifest.facts.counts},
        "files": len(manifest.media),
        "files_lost": manifest.lost,
        "at_rest": manifest.at_rest,
        "seal_keys_not_inside": manifest.seal_keys,
    }


def _print(made: Made, lock: Lock) -> None:
    manifest = made.manifest
    rows = sum(manifest.facts.counts.values())
    frame.say(f"{made.path}: {rules.size(made.bytes)} in {made.seconds:.1f} s, sealed and read again.")
    frame.say(
        f"Inside: {rows} rows of {len(manifest.facts.counts)} tables (version {manifest.facts.schema}), a ledger of"
        f" {manifest.facts.ledger_rows} gifts, {len(manifest.media)} files, ivy.toml."
    )
    if manifest.lost:
        frame.say(f"Not inside: {len(manifest.lost)} files that the disk does not have any more, or not unharmed.")
    keys = " ".join(manifest.seal_keys) or "none"
    frame.say(f"Not inside: secrets. Keep them elsewhere, above all the seal key ({keys}; store.seal_key_file).")
    what = "the passphrase" if lock.passphrase else "the key of backup.key_file"
    frame.note(f"Without {what} nobody can read it. `ivy restore --check {made.path}` proves it again.")
