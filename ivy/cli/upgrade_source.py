"""Where a new release comes from: the git clone beside the releases. May import: upgrade_place, upgrade_hands, the domain.

The clone's own files stay as they are: a commit is unpacked elsewhere, and its own `scripts/release` makes the release.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ivy.cli.upgrade_hands import Done, Hands, StepFailed
from ivy.cli.upgrade_place import Place
from ivy.daemon import release
from ivy.domain import releases
from ivy.errors import UsageError

GIT_SECONDS, FETCH_SECONDS, BUILD_SECONDS = 60.0, 300.0, 1800.0


@dataclass(frozen=True)
class Wanted:
    """A commit that is to become a release; `told` is what could not be done on the way to it."""

    name: str
    commit: str
    migrations: frozenset[str]
    changelog: str
    told: str = ""


@dataclass(frozen=True)
class Clone:
    place: Place
    hands: Hands

    def find(self, ref: str) -> Wanted:
        """Return what a name stands for, after asking where the clone is from; empty: the newest of its branch.

        Raises: UsageError for a name that git does not know.
        """
        if not (self.place.source / ".git").exists():
            raise UsageError(f"{self.place.source} is no git clone: a new release has nowhere to come from.")
        told = self._fetch()
        names = [f"refs/remotes/origin/{ref}", ref] if ref else ["@{upstream}", "HEAD"]
        found = [done.out.strip() for name in names if not (done := self._resolve(name)).code]
        if not found:
            raise UsageError(f"{self.place.source} knows no {ref!r}.")
        commit = found[0]
        files = self._git("ls-tree", "--name-only", commit, "migrations/").out.split()
        migrations = frozenset(Path(each).stem for each in files if each.endswith(".sql"))
        return Wanted(
            releases.name_of(self._text(commit, "ivy/__init__.py"), commit),
            commit,
            migrations,
            self._text(commit, "CHANGELOG.md"),
            told,
        )

    def build(self, wanted: Wanted) -> bool:
        """Make the release unless it is there already; return whether it was made. Raises: StepFailed."""
        folder = self.place.folder(wanted.name)
        if release.name_in(folder):
            return False
        shutil.rmtree(self.place.scratch, ignore_errors=True)
        self.place.scratch.mkdir(mode=0o700)
        folder.parent.mkdir(exist_ok=True)
        try:
            tree, packed = self.place.scratch / "tree", self.place.scratch / "tree.tar"
            tree.mkdir()
            self.hands.must("unpacking", self._git("archive", "--format=tar", "-o", str(packed), wanted.commit))
            self.hands.must("unpacking", self.hands.ours(["tar", "-xf", packed, "-C", tree], seconds=GIT_SECONDS))
            # The interpreter itself, not the one of the release that runs: that goes, some day.
            words = ["bash", tree / "scripts/release", folder, os.path.realpath(sys.executable)]
            self.hands.must("building", self.hands.ours(words, seconds=BUILD_SECONDS, folder=tree))
        finally:
            shutil.rmtree(self.place.scratch, ignore_errors=True)
        if not release.name_in(folder):
            raise StepFailed(f"building: {folder} is not whole")
        return True

    def _fetch(self) -> str:
        if not self._git("remote").out.strip():
            return ""
        words = ["git", "-C", self.place.source, "fetch", "--quiet", "--tags", "origin"]
        done = self.hands.ours(words, seconds=FETCH_SECONDS)
        return f"what is new could not be fetched: {done.said}" if done.code else ""

    def _resolve(self, name: str) -> Done:
        return self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def _text(self, commit: str, path: str) -> str:
        return self._git("show", f"{commit}:{path}").out

    def _git(self, *words: str) -> Done:
        return self.hands.ours(["git", "-C", self.place.source, *words], seconds=GIT_SECONDS)
