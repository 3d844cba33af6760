"""A new release tried on a copy of the database, and the old one on what becomes of it. May import: upgrade_hands, upgrade_place.

Nothing of the running service is touched: the copy lies in a folder of its own beside the database, and is removed.
"""

import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ivy.cli.upgrade_hands import Done, Hands, StepFailed
from ivy.cli.upgrade_place import Place
from ivy.domain.upgrading import room_needed
from ivy.errors import StoreError

FOLDER = "rehearsal"
COPY_SECONDS, MIGRATE_SECONDS, LOOK_SECONDS = 3600.0, 3600.0, 300.0
FILES = "ivy.cli.upgrade_files"
ANY_PORT = "0"


@dataclass(frozen=True)
class Rehearsed:
    """What was seen: the migrations, whether the old release can go on with their result, and what is worth a look."""

    migrations: list[str]
    old_reads_it: bool
    notes: list[str]


def rehearse(place: Place, hands: Hands, database: Path, *, old: str, new: str) -> Rehearsed:
    """Migrate a copy, look it over and start on it with the new release; then start the old one on it.

    Raises: StepFailed for what would go wrong for real, StoreError when there is no room.
    """
    check_room(database)
    with _private_copy(hands, database) as copy:
        trial = _Trial(place, hands, copy)
        done = trial.run(new, "migrate", "--no-copy", "--json", seconds=MIGRATE_SECONDS)
        migrations = msgspec.json.decode(hands.must("migrating a copy", done))["migrations"]
        notes = trial.new_faults(old, new, database)
        hands.must(f"{new} on a copy", trial.run(new, "daemon", "--rehearse", seconds=LOOK_SECONDS))
        back = trial.run(old, "daemon", "--rehearse", seconds=LOOK_SECONDS)
        if back.code:
            notes.append(f"{old} cannot go on with the migrated database: {back.said}")
        return Rehearsed(migrations, not back.code, notes)


@dataclass(frozen=True)
class _Trial:
    place: Place
    hands: Hands
    copy: Path

    def run(self, release: str, *words: str, seconds: float = LOOK_SECONDS, database: Path | None = None) -> Done:
        return self.hands.service(
            [self.place.program(release), *words],
            seconds=seconds,
            STORE__PATH=str(database or self.copy),
            SERVER__PORT=ANY_PORT,
            SERVER__OPS_PORT=ANY_PORT,
        )

    def new_faults(self, old: str, new: str, database: Path) -> list[str]:
        """Return what both releases find wrong. Raises: StepFailed for what only the new one does."""
        known: list[str] = []
        for words, faults_in in ((("doctor", "--json"), _missing), (("verify", "--json"), _broken)):
            found = self.run(new, *words)
            if not found.code:
                continue
            before = set(faults_in(self.run(old, *words, database=database)))
            faults = faults_in(found)
            if new_ones := [text for what, text in faults.items() if what not in before]:
                raise StepFailed(f"`ivy {words[0]}` of {new} on a copy: {'; '.join(new_ones)}")
            known += [f"as before, `ivy {words[0]}`: {text}" for text in faults.values()]
        return known


def _missing(done: Done) -> dict[str, str]:
    """Return what a doctor calls missing."""
    findings = _document(done).get("findings") or [{"what": "doctor", "state": "missing", "found": done.said}]
    return {each["what"]: f"{each['what']}: {each['found']}" for each in findings if each["state"] == "missing"}


def _broken(done: Done) -> dict[str, str]:
    checked = _document(done).get("checked") or {"bad": done.said, "why": ""}
    return {str(checked["bad"]): f"{checked['bad']} {checked['why']}".strip()} if checked["bad"] else {}


def _document(done: Done) -> dict[str, Any]:
    try:
        return msgspec.json.decode(done.out, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def check_room(database: Path) -> None:
    """Raise StoreError unless a copy of the database, migrated, has room beside it."""
    files = (database, database.with_name(f"{database.name}-wal"))
    needed = room_needed(sum(file.stat().st_size for file in files if file.exists()))
    free = shutil.disk_usage(database.parent).free
    if free < needed:
        raise StoreError(f"{needed >> 20} MB are needed at {database.parent}, and {free >> 20} MB are free.")


@contextmanager
def _private_copy(hands: Hands, database: Path) -> Generator[Path]:
    folder = database.parent / FOLDER
    clear(database)
    folder.mkdir(mode=0o700)
    try:
        if hands.owner:
            os.chown(folder, *hands.owner, follow_symlinks=False)
        copy = folder / database.name
        copy_database(hands, database, copy)
        yield copy
    finally:
        clear(database)


def clear(database: Path) -> None:
    """Remove what a rehearsal that was cut off left."""
    shutil.rmtree(database.parent / FOLDER, ignore_errors=True)


def copy_database(hands: Hands, database: Path, to: Path) -> None:
    """Copy the database as its owner. Raises: StepFailed."""
    words = [sys.executable, "-P", "-m", FILES, "copy", database, to]
    hands.must("copying the database", hands.service(words, seconds=COPY_SECONDS))
