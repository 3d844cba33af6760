"""What seals a backup and opens it again: a key or a passphrase, from a file, the configuration or the terminal.

May import: frame, archives, the configuration.
"""

import stat
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from ivy.cli import frame
from ivy.config import BackupSection
from ivy.errors import ConfigError, UsageError
from ivy.store.archives import Lock, check_passphrase, keys_of

PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="PATH", help="A file whose first line is the passphrase.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="PATH", help="A file with the key, 64 hex digits; default: [backup]."),
]
Passphrase = Annotated[bool, typer.Option("--passphrase", help="Ask for a passphrase, whatever [backup] says.")]

HOW = "set backup.key_file (`openssl rand -hex 32` makes a key), or give --passphrase-file, or --passphrase"


def to_seal(section: BackupSection | None, passphrase_file: Path | None, key_file: Path | None, *, ask: bool) -> Lock:
    """Return what a new backup is sealed with. Raises: UsageError, ConfigError."""
    lock = _given(section, passphrase_file, key_file, ask=ask, twice=True)
    if lock is None and frame.can_ask():
        lock = Lock(passphrase=_typed(twice=True))
    if lock is None:
        raise UsageError(f"A backup is always sealed: {HOW}.")
    if lock.passphrase:
        check_passphrase(lock.passphrase)
    return lock


def to_open(
    section: BackupSection | None, passphrase_file: Path | None, key_file: Path | None, *, ask: bool, way: str
) -> Lock:
    """Return what opens a backup that was sealed in a `way`, key or passphrase. Raises: UsageError, ConfigError."""
    lock = _given(section if way == "key" else None, passphrase_file, key_file, ask=ask, twice=False)
    if lock is None and way == "passphrase" and frame.can_ask():
        lock = Lock(passphrase=_typed(twice=False))
    if lock is None:
        mend = "--key-file, or backup.key_file" if way == "key" else "--passphrase-file, or type it on a terminal"
        raise UsageError(f"It was sealed with a {way}: give {mend}.")
    return lock


def _given(
    section: BackupSection | None, passphrase_file: Path | None, key_file: Path | None, *, ask: bool, twice: bool
) -> Lock | None:
    if passphrase_file is not None:
        lines = _private(passphrase_file).splitlines()
        return Lock(passphrase=lines[0] if lines else "")
    if ask:
        if not frame.can_ask():
            raise UsageError("--passphrase asks on a terminal, and there is none; --passphrase-file names a file.")
        return Lock(passphrase=_typed(twice=twice))
    if key_file is not None:
        return Lock(keys=keys_of(_private(key_file)))
    if section is not None and section.key:
        return Lock(keys=keys_of(section.key.reveal()))
    return None


def _typed(*, twice: bool) -> str:
    words = getpass("Passphrase: ")
    if twice and getpass("Once more: ") != words:
        raise UsageError("The two passphrases differ; nothing was done.")
    return words


def _private(path: Path) -> str:
    """Read a secret of somebody's. Raises: ConfigError if others can read it too."""
    try:
        if stat.S_ISREG(path.stat().st_mode) and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"Others can read {path}; mend it with `chmod 600 {path}`.")
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error.__class__.__name__}.") from None
