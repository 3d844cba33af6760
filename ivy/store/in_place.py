"""A restored database and its files, put in their place: once that is decided, it is done to its end, whoever does it.

May import: files, packing, errors. What is to be done lies beside the new database, in a folder whose name says that all of it
is whole. Killed at any step, whatever opens the database next (`prepare`, or another restore) ends it.
"""

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ivy.errors import StoreError
from ivy.store.files import NoRoom, place_of
from ivy.store.packing import CONFIGURATION, DATABASE, created, sync

READY = ".restored"
PLAN = "plan.json"
BESIDES = ("", "-wal", "-shm")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Plan(msgspec.Struct, frozen=True):
    """What goes where. `aside` is the ending of what was there; `there` and `media_there`: whether anything was."""

    database: str
    aside: str
    there: bool
    media: str = ""
    """The folder of people's files; empty: none came."""
    media_there: bool = False
    configuration: str = ""
    """Where ivy.toml goes; empty: nowhere."""


@dataclass(frozen=True)
class Put:
    """Where what was there lies now: the database, and people's files unless they stay among the new ones."""

    replaced: Path | None
    media_replaced: Path | None


def files_of(database: Path) -> list[Path]:
    return [database.with_name(database.name + ending) for ending in BESIDES]


def put(work: Path, database: Path, plan: Plan) -> Put:
    """Put what a folder holds, a whole database and its files, in their place. The caller holds the database's lock.

    Raises: OSError where people's files find no room; then all is as it was before.
    """
    with (work / DATABASE).open("rb") as copy:
        os.fsync(copy.fileno())
    with created(work / PLAN) as file:
        file.write(msgspec.json.encode(plan))
        file.flush()
        os.fsync(file.fileno())
    sync(work)
    ready = database.parent / READY
    if (ready / PLAN).exists():
        raise StoreError(f"{ready} holds the restore of another database, which was cut off: end that one first.")
    shutil.rmtree(ready, ignore_errors=True)  # what is left of one that was ended
    work.rename(ready)
    sync(database.parent)
    try:
        return _go_on(database, plan)
    except OSError:
        if (ready / DATABASE).exists() and not aside_of(database, plan).exists():  # nothing is changed but files
            _give_files_back(plan)
            _remove(ready)
        raise


def decided(database: Path) -> Plan | None:
    """Return what is still to be done for a database, if a restore of it was cut off at its end."""
    try:
        plan = msgspec.json.decode((database.parent / READY / PLAN).read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError):
        return None
    return plan if plan.database == database.name else None


def finish(database: Path) -> bool:
    """End a restore that was cut off while it was put in place; return whether one was.

    Raises: StoreError, OSError; then it waits to be ended as before, and what is in place by then stays there.
    """
    plan = decided(database)
    if plan is None:
        return False
    try:
        _go_on(database, plan)
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = f" or {plan.media}" if plan.media else ""
        raise NoRoom(
            f"The disk of {database.parent}{where} is full: a restore that was cut off could not be ended."
            " Make room; it goes on then."
        ) from None
    return True


def _go_on(database: Path, plan: Plan) -> Put:
    work = database.parent / READY
    moved = _put_files(Path(plan.media), work, plan) if plan.media else None
    if plan.configuration:
        _put_configuration(Path(plan.configuration), work / CONFIGURATION)
    if (work / DATABASE).exists():
        for path in files_of(database):  # with its log, which belongs to no other
            if path.exists():
                _put_aside(path, aside_of(database, plan, path.name.removeprefix(database.name)))
        (work / DATABASE).rename(database)
        sync(database.parent)
    _remove(work)
    return Put(aside_of(database, plan) if plan.there else None, moved)


def aside_of(database: Path, plan: Plan, ending: str = "") -> Path:
    return database.with_name(f"{database.name}{plan.aside}{ending}")


def _remove(work: Path) -> None:
    (work / PLAN).unlink()  # half gone, it is no plan any more
    shutil.rmtree(work, ignore_errors=True)


def _put_aside(path: Path, aside: Path) -> None:
    if aside.exists():
        raise StoreError(
            f"{path} was made after a restore was cut off, and {aside} is the one from before: move one of them away."
        )
    path.rename(aside)


def _put_files(media: Path, work: Path, plan: Plan) -> Path | None:
    """Put people's files in their place; return where those that were there lie now, None if they stay among the new ones."""
    old = media.with_name(media.name + plan.aside)
    try:
        if plan.media_there and not old.exists() and media.exists():
            media.rename(old)
    except OSError:  # it is a disk of its own
        pass
    moved = old if old.exists() else None
    media.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (work / "media").glob("??/*"):
        _put_file(path, place_of(media, path.name))
    return moved


def _give_files_back(plan: Plan) -> None:
    """Let people's files that were there lie where they lay; what came among those of another disk harms nobody."""
    media = Path(plan.media)
    old = media.with_name(media.name + plan.aside)
    if plan.media and old.exists():
        shutil.rmtree(media, ignore_errors=True)
        old.rename(media)


def _put_file(path: Path, target: Path) -> None:
    """Put one file in its place, whole or not at all, on whichever disk that is."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f"{target.name}.part")
        part.unlink(missing_ok=True)
        try:
            with path.open("rb") as source, created(part) as file:
                shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    sync(target.parent)


def _put_configuration(target: Path, found: Path) -> None:
    if target.exists() or not found.exists():
        return
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    with created(part) as file:
        file.write(found.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    sync(target.parent)
