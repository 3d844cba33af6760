"""Where Ivy is installed: its releases, which of them is current, and the upgrade that is under way.

May import: the domain, the daemon's release. Everything here changes in one rename, so that a crash leaves the old or the new.
"""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ivy.daemon import release
from ivy.domain import releases
from ivy.domain.upgrading import HalfDone
from ivy.errors import StoreError, UsageError

LOGS_KEPT = 10


@dataclass(frozen=True)
class Place:
    """The folder that `service.root` names. `readers`: the group of who runs the service, if root upgrades for them."""

    root: Path
    readers: int | None = None

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def scratch(self) -> Path:
        """Where a commit is unpacked to be built."""
        return self.root / "build"

    @property
    def _note(self) -> Path:
        return self.root / "upgrade.json"

    def folder(self, name: str) -> Path:
        return self.root / "releases" / name

    def program(self, name: str) -> Path:
        return self.folder(name) / "bin" / "ivy"

    def current_name(self) -> str:
        """Return the release that `current` leads to. Raises: UsageError if there is none."""
        try:
            target = self.current.readlink()
        except OSError:
            raise UsageError(
                f"There is no {self.current}: `ivy upgrade` needs the set-up of docs/service.md."
            ) from None
        return target.name

    def point(self, name: str) -> None:
        """Let `current` lead to a release."""
        new = self.root / "current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(Path("releases") / name)
        new.replace(self.current)
        _sync(self.root)

    # --- the upgrade under way ---------------------------------------------------------------------

    @contextmanager
    def alone(self) -> Generator[int]:
        """Be the only upgrade here; yield the file that says so. Raises: StoreError while another, or what it started, runs."""
        handle = os.open(self.root / "upgrade.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield handle
        except BlockingIOError:
            raise StoreError(f"Another upgrade of {self.root} runs, or ends just now.") from None
        finally:
            os.close(handle)

    def is_busy(self) -> bool | None:
        """Say whether an upgrade, or what it started, runs; None to who may not look at its lock."""
        try:
            handle = os.open(self.root / "upgrade.lock", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def remember(self, half: HalfDone) -> None:
        new = self._note.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if self.readers is not None:  # `ivy doctor` reads it as the service's user
                os.fchown(file.fileno(), -1, self.readers)
            os.fchmod(file.fileno(), 0o600 if self.readers is None else 0o640)
            file.write(msgspec.json.encode(half))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._note)
        _sync(self.root)

    def half_done(self) -> HalfDone | None:
        """Return the upgrade that ended without saying so, if one did. Raises: StoreError for a note nobody can read."""
        try:
            return msgspec.json.decode(self._note.read_bytes(), type=HalfDone)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise StoreError(f"{self._note} cannot be understood: {error}.") from None

    def forget(self) -> None:
        self._note.unlink(missing_ok=True)
        _sync(self.root)

    # --- what is kept ------------------------------------------------------------------------------

    def whole(self) -> list[str]:
        """Return the releases that are wholly there, the newest first."""
        marks = (self.root / "releases").glob(f"*/{releases.MARK}")
        made = [(mark.stat().st_mtime_ns, mark.parent.name) for mark in marks]
        return [name for _at, name in sorted(made, reverse=True)]

    def mark_ran(self, name: str) -> None:
        """Note that a release was in place and well."""
        with suppress(OSError):  # a full disk must not keep the service down
            (self.folder(name) / releases.RAN).touch()

    def ran(self) -> list[str]:
        """Return the whole releases that were in place once, the newest first."""
        whole = self.whole()
        return [
            name for name in whole if (self.folder(name) / releases.RAN).exists()
        ] or whole  # an older Ivy marked none

    def older(self, name: str) -> list[str]:
        """Return the releases that were made before one, and ran, the newest first."""
        whole, ran = self.whole(), self.ran()
        return [each for each in whole[whole.index(name) + 1 :] if each in ran] if name in whole else []

    def previous(self) -> str:
        """Return the release that ran before the current one was made. Raises: UsageError if none is there."""
        current = self.current_name()
        older = self.older(current)
        if not older:
            raise UsageError(f"No release older than {current} that ever ran is kept in {self.root / 'releases'}.")
        return older[0]

    def prune(self, running: Path) -> list[str]:
        """Remove the oldest releases, and those that never ran; never the current one nor the one this program runs from.

        Return which.
        """
        gone = releases.to_remove(self.whole(), self.ran(), {self.current_name(), release.name_in(running)})
        for name in gone:
            (self.folder(name) / releases.MARK).unlink()  # half gone, it is no release any more
            shutil.rmtree(self.folder(name))
        return gone

    def new_log(self, began: str) -> Path:
        """Return where this upgrade's log goes; older ones make room."""
        folder = self.root / "log"
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in sorted(folder.glob("upgrade-*.log"))[: -LOGS_KEPT + 1]:
            old.unlink()
        return folder / f"upgrade-{began}.log"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
