"""How `ivy upgrade` runs other programs: into its log, with an end, and as the service's user what touches the database.

May import: config, frame, errors. No file beside the database is ever made by root: a daemon that is not root could not open it.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ivy.cli.frame import Setup
from ivy.config import PREFIX, Secret, Section
from ivy.errors import ConfigError, IvyError

STRANGERS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONSTARTUP")
"""Variables that would let one release import another's code."""
LONGEST_SAID = 300


class StepFailed(IvyError):
    """One step of an upgrade did not do what it should; the log has what it said."""


@dataclass(frozen=True)
class Done:
    """How a program ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Its last words, in one line."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return (lines[-1] if lines else f"exit code {self.code}").removeprefix("ivy: ")[:LONGEST_SAID]


@dataclass(frozen=True)
class Hands:
    """Runs programs for one set-up. `owner`: user and group of the database, if we are root and it is somebody else's."""

    log: Path
    environment: Mapping[str, str]
    owner: tuple[int, int] | None
    held: int
    """The file by which there is one upgrade only: whatever outlives us goes on holding it."""

    def service(self, words: Sequence[str | Path], *, seconds: float, **more: str) -> Done:
        """Run a program of Ivy's on its configuration, as the user whom the database belongs to."""
        return self._run(words, self._settings(more), seconds, owner=self.owner, umask=0o077)

    def ours(
        self, words: Sequence[str | Path], *, seconds: float, folder: Path | None = None, configured: bool = False
    ) -> Done:
        """Run a program as who we are: git, a build; `configured`: one of Ivy's, on its configuration."""
        return self._run(words, self.environment if configured else _clean(os.environ), seconds, folder=folder)

    def control(self, words: Sequence[str], *, seconds: float) -> int:
        """Run what starts or stops the service; what it leaves running may keep the log open."""
        self._note(words)
        with self.log.open("ab") as log:
            try:
                return subprocess.run(  # noqa: S603 - the operator's own words
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    timeout=seconds,
                    check=False,
                    start_new_session=True,
                ).returncode
            except (OSError, subprocess.TimeoutExpired) as error:
                log.write(f"{error}\n".encode())
                return 1

    def must(self, what: str, done: Done) -> str:
        """Return what a program wrote. Raises: StepFailed, with its last words, unless it ended well."""
        if done.code:
            raise StepFailed(f"{what}: {done.said}")
        return done.out

    def _settings(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**self.environment, **{PREFIX + name: value for name, value in more.items()}}

    def _run(
        self,
        words: Sequence[str | Path],
        environment: Mapping[str, str],
        seconds: float,
        *,
        owner: tuple[int, int] | None = None,
        umask: int = -1,
        folder: Path | None = None,
    ) -> Done:
        self._note(words)
        user, group = owner or (None, None)
        # A session of its own: Ctrl-C reaches us, and we decide what becomes of it.
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder or "/",
            env=dict(environment),
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=(self.held,),
            user=user,
            group=group,
            extra_groups=None if owner is None else [],
            umask=umask,
        )
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += f"\nit took longer than {seconds:.0f} s"
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        with suppress(OSError), self.log.open("a") as log:  # a full disk must not keep the service down
            log.write(f"{out}{err}[{process.returncode}]\n")
        return Done(process.returncode, out, err)

    def _note(self, words: Sequence[str | Path]) -> None:
        line = f"\n{datetime.now(UTC):%H:%M:%S} $ {' '.join(str(word) for word in words)}\n"
        with suppress(OSError), os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as log:
            log.write(line)


def hands_of(where: Setup, log: Path, *, held: int) -> Hands:
    """Return hands for a set-up. Raises: ConfigError where the database belongs to somebody we cannot be."""
    if not where.database.exists():
        raise ConfigError(f"There is no database at {where.database}.")
    found = where.database.stat()
    environment = _clean(os.environ) | {"IVY_CONFIG": str(where.path.resolve())}
    if found.st_uid == os.geteuid():
        return Hands(log, environment, None, held)
    if os.geteuid():
        raise ConfigError(f"{where.database} belongs to another user: upgrade as root, or as that user.")
    # The daemon has its secrets from systemd; for others they are in files that only root reads.
    environment |= {"HOME": str(where.database.parent), **dict(_secrets(where.config))}
    return Hands(log, environment, (found.st_uid, found.st_gid), held)


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in STRANGERS}


def _secrets(section: Section, prefix: str = PREFIX) -> list[tuple[str, str]]:
    """Return every secret that is set, by the variable that sets it."""
    found: list[tuple[str, str]] = []
    for field in msgspec.structs.fields(section):
        value: Any = getattr(section, field.name)
        name = f"{prefix}{field.name.upper()}"
        if isinstance(value, Section):
            found += _secrets(value, f"{name}__")
        elif isinstance(value, Secret) and value:
            found.append((name, value.reveal()))
    return found
