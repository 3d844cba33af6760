"""Files of people, each kept once under its own digest; nobody's file name ever becomes a path. May import: domain.media, threads.

A file is written beside its place, synced, and only then renamed into it: a crash leaves it whole or not at all. `media`
says whose it is; who takes one in, or removes one, holds `lock` over the file and its row together.
"""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

import trio

from ivy import log
from ivy.domain.file_kinds import HEAD
from ivy.domain.media import MEGABYTE, is_digest
from ivy.errors import StoreError
from ivy.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")

logger = log.get(__name__)
INCOMING = "incoming"
SHELF = 2
"""Characters of a digest that name the folder its file is in."""
PIECE = 256 * 1024
"""Bytes that are gathered before a thread writes them."""
RESERVE = 64 * MEGABYTE
"""What must stay free on the disk: the database lives there too, and matters more."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoRoom(StoreError):
    """The disk is full: nothing of the file is kept, and it may be fetched again when there is room."""


class TooLarge(StoreError):
    """A file went on after its cap."""


class Incoming:
    """A file that is being written. `head` is its beginning, `size` its length so far."""

    def __init__(
        self, threads: Threads, file: IO[bytes], path: Path, cap: int, *, folder: Path, free: Callable[[Path], int]
    ) -> None:
        self.head = b""
        self.size = 0
        self._threads = threads
        self._folder = folder
        self._free = free
        self._file = file
        self._path = path
        self._cap = cap
        self._gathered = bytearray()
        self._hash = hashlib.sha256()

    async def write(self, chunk: bytes) -> None:
        """Add the next bytes. Raises: TooLarge, NoRoom."""
        self.size += len(chunk)
        if self.size > self._cap:
            raise TooLarge(f"The file is larger than {self._cap} bytes.")
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        self._gathered += chunk
        if len(self._gathered) >= PIECE:
            await self._flush()

    async def digest(self) -> str:
        """Return the SHA-256, in hex, of all that was written so far."""
        await self._flush()
        return self._hash.hexdigest()

    async def keep(self) -> str:
        """Put the file in its place, safe from a power cut; return its digest. Raises: NoRoom."""
        digest = await self.digest()
        await _run(self._threads, self._settle, place_of(self._folder, digest))
        return digest

    async def _flush(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, bytearray()
            await _run(self._threads, self._put, gathered)

    def _put(self, piece: bytearray) -> None:
        if self._free(self._folder) < RESERVE:
            raise OSError(errno.ENOSPC, "less is free than must stay so")
        self._file.write(piece)
        self._hash.update(piece)

    def _settle(self, place: Path) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        _make_folder(place.parent)
        self._path.replace(place)
        _sync_folder(place.parent)

    def discard(self) -> None:
        """Close the file, and forget it unless it was kept."""
        try:
            self._file.close()
        except OSError as error:  # what was buffered no longer fits on the disk; it is not wanted any more
            logger.info("a file that is given up could not be closed well: %s", error.strerror)
        self._path.unlink(missing_ok=True)


class Files:
    """The folder of files. `free` returns how many bytes a disk still has."""

    def __init__(self, folder: Path, threads: Threads, *, free: Callable[[Path], int] | None = None) -> None:
        self.folder = folder
        self._free = free or _free
        self.lock = trio.Lock()
        """Held over a file and its row, so that none is removed which another message has just named."""
        self._threads = threads

    async def prepare(self) -> int:
        """Make the folder, readable by nobody else, and remove what a crash left half written; return how much."""
        return await self._work(self._prepare)

    def _prepare(self) -> int:
        _make_folder(self.folder)
        _make_folder(self.folder / INCOMING)
        left = list((self.folder / INCOMING).iterdir())
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    @asynccontextmanager
    async def incoming(self, cap: int) -> AsyncGenerator[Incoming]:
        """Take a file of at most `cap` bytes in: write to what is given, then `keep` it, or nothing of it stays."""
        file, path = await self._work(self._create)
        sink = Incoming(self._threads, file, path, cap, folder=self.folder, free=self._free)
        try:
            yield sink
        finally:
            with trio.CancelScope(shield=True):
                await self._work(sink.discard)

    def _create(self) -> tuple[IO[bytes], Path]:
        _make_folder(self.folder / INCOMING)
        number, name = tempfile.mkstemp(dir=self.folder / INCOMING)  # 0600 from its first moment
        return os.fdopen(number, "wb"), Path(name)

    async def room(self) -> int:
        """Return how many bytes the disk of these files still has."""
        return await self._work(self._room)

    def _room(self) -> int:
        for folder in (self.folder, *self.folder.parents):
            try:
                return self._free(folder)
            except (FileNotFoundError, NotADirectoryError):  # it is made with its first file
                continue
        return 0

    def path(self, sha256: str) -> Path:
        """Return where a file is, or would be. Raises ValueError for what is no digest."""
        return place_of(self.folder, sha256)

    async def has(self, sha256: str) -> bool:
        return await self._work(self.path(sha256).is_file)

    async def read(self, sha256: str, *, longest: int) -> bytes | None:
        """Return a file's bytes; None if it is kept no more, or is longer than that."""
        return await self._work(_read, self.path(sha256), longest)

    async def ends(self, sha256: str) -> tuple[bytes, bytes, int]:
        """Return a file's first and last bytes, up to `HEAD` of each, and its size. Raises: FileNotFoundError."""
        return await self._work(_ends, self.path(sha256))

    async def remove(self, sha256: str) -> bool:
        """Forget a file; return False if there was none."""
        return await self._work(_remove, self.path(sha256))

    async def digests(self, *, before: datetime) -> list[str]:
        """Return what was put here before an instant, by the machine's own clock."""
        return await self._work(self._digests, before.timestamp())

    def _digests(self, before: float) -> list[str]:
        folders = [folder.path for folder in _entries(self.folder) if len(folder.name) == SHELF]
        found = (file for folder in folders for file in _entries(folder) if is_digest(file.name))
        return sorted(file.name for file in found if file.stat().st_mtime < before)

    async def _work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._threads, function, *args, **kwargs)


async def _run(threads: Threads, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do some work on the disk in a thread. Raises: NoRoom."""
    try:
        return await threads.run(function, *args, **kwargs)
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom("The disk is full: free some space, or no file can be taken in.") from error
        raise


def place_of(folder: Path, sha256: str) -> Path:
    """Return where in a folder a file is, or would be. Raises ValueError for what is no digest."""
    if not is_digest(sha256):
        raise ValueError("that is no digest, and must not become a path")
    return folder / sha256[:SHELF] / sha256


# --- in the thread -----------------------------------------------------------------------------------


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    """See that a new name in a folder survives a power cut, where systems can."""
    if hasattr(os, "O_DIRECTORY"):
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _read(path: Path, longest: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(longest + 1)
    except FileNotFoundError:
        return None
    return content if len(content) <= longest else None


def _ends(path: Path) -> tuple[bytes, bytes, int]:
    with path.open("rb") as file:
        head = file.read(HEAD)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - HEAD, 0))
        return head, file.read(HEAD), size


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
