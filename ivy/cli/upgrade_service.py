"""The service's own files when one release takes another's place: unit, wrapper, user and folders.

May import: upgrade_hands, upgrade_place. What stands exactly as the one release writes it becomes what the other one writes,
before that one is started, and back with it; what somebody changed stays as it is, and is named.
"""

import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivy.cli.upgrade_hands import Hands, StepFailed
from ivy.cli.upgrade_place import Place

UNIT, USERS, FOLDERS = "etc/systemd/system/ivy.service", "usr/lib/sysusers.d/ivy.conf", "usr/lib/tmpfiles.d/ivy.conf"
OURS = (UNIT, USERS, FOLDERS, "usr/local/bin/ivy")
"""Caddy's file is another program's: it is named where it differs, and never changed."""
SECONDS = 60.0


@dataclass
class ServiceFiles:
    """The files of one machine; `into` is its root. A release is asked once what it writes."""

    place: Place
    hands: Hands
    into: Path = Path("/")
    written: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict[str, dict[str, tuple[str, int]]])

    def ask(self, release: str) -> dict[str, tuple[str, int]]:
        """Return text and mode of each file that a release writes for this configuration; nothing if it writes none."""
        if release not in self.written:
            folder = self.place.scratch / "service"
            shutil.rmtree(folder, ignore_errors=True)
            try:
                folder.mkdir(mode=0o700, parents=True)
                self.written[release] = self._made_in(folder, release)
            except OSError:  # a full disk must not keep the service down
                return {}
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        return self.written[release]

    def _made_in(self, folder: Path, release: str) -> dict[str, tuple[str, int]]:
        words = [self.place.program(release), "init", "--service", "--into", folder]
        if self.hands.ours(words, seconds=SECONDS, configured=True).code:
            return {}
        return {
            str(path.relative_to(folder)): (path.read_text(), stat.S_IMODE(path.stat().st_mode))
            for path in folder.rglob("*")
            if path.is_file()
        }

    def follow(self, release: str, *, other: str) -> str:
        """Let the files be this release's; return what is to be said of it, or nothing. Raises: StepFailed."""
        wanted, before = self.ask(release), self.ask(other)
        renewed, stays = list[str](), list[str]()
        for name, (text, mode) in wanted.items():
            path = self.into / name
            there = path.read_text(errors="replace") if path.is_file() else None
            if there in (None, text) or before.get(name, ("", 0))[0] == text:
                continue
            ours = name in OURS and not path.is_symlink() and there == before.get(name, ("", 0))[0]
            (renewed if ours and _replace(path, text, mode) else stays).append(name)
        self._tell_the_machine(renewed)
        said = f"renewed {', '.join(renewed)}" if renewed else ""
        if stays:
            line = (
                f"{', '.join(stays)} is not as {release} writes it, and stays: `ivy init --service --into /` shows it"
            )
            said = "; ".join(filter(None, (said, line)))
        return said

    def _tell_the_machine(self, renewed: Sequence[str]) -> None:
        for name, words in (
            (USERS, ["systemd-sysusers", str(self.into / USERS)]),
            (FOLDERS, ["systemd-tmpfiles", "--create", str(self.into / FOLDERS)]),
            (UNIT, ["systemctl", "daemon-reload"]),
        ):
            if name in renewed and self.hands.control(words, seconds=SECONDS):
                raise StepFailed(f"`{' '.join(words)}` failed")


def _replace(path: Path, text: str, mode: int) -> bool:
    """Write a file anew in one rename; return whether that could be done."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text)
        new.chmod(mode)
        new.replace(path)
    except OSError:  # a machine whose /usr nobody writes to
        return False
    return True
