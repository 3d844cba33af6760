"""What a backup holds: the database, people's files, ivy.toml and a list of it all; put in, and proved when it is read.

May import: archives, snapshots, files, the domain. Inside the seal is a tar: `ivy.toml`, `ivy.db`, `media/<digest>` …, and last
`manifest.json`. What is read is proved against that list; only these names are ever written, never one from the file.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

from ivy.domain.media import is_digest
from ivy.store.archives import Damaged, Header, Lock, Opened, Sealing, read_header
from ivy.store.files import place_of
from ivy.store.snapshots import Facts, Stop, Stopped, never

DATABASE, CONFIGURATION, MANIFEST, MEDIA = "ivy.db", "ivy.toml", "manifest.json", "media/"
PIECE = 1 << 20
BLOCK = 1 << 16
"""Of the tar's own buffer, which it copies at each step: larger is slower."""
LONGEST_MANIFEST = 64 << 20


class Manifest(msgspec.Struct, frozen=True):
    """The list of what a backup holds. `media`: bytes by digest; `lost`: files that rows name and nobody could read."""

    facts: Facts
    database_bytes: int
    database_sha256: str
    media: dict[str, int]
    lost: tuple[str, ...]
    seal_keys: tuple[str, ...]
    """How the keys of [store] are called, without which webhooks kept in it cannot be opened; they are not in it."""
    at_rest: bool
    """No daemon ran meanwhile."""
    configuration_sha256: str = ""


@dataclass(frozen=True)
class Parts:
    """What is to be packed. `snapshot`: a copy that nobody writes to; `named`: the digests of the files that it names."""

    snapshot: Path
    media: Path
    named: Collection[str]
    configuration: Path | None = None
    seal_keys: tuple[str, ...] = ()
    at_rest: bool = False


# --- packing -----------------------------------------------------------------------------------------


def pack(seal: Sealing, parts: Parts, facts: Facts, *, stop: Stop = never) -> Manifest:
    """Put everything into a seal, and last the list of it; return that. Raises: Stopped, OSError."""
    kept: dict[str, int] = {}
    lost: list[str] = []
    configuration = ""
    with tarfile.open(fileobj=cast("IO[bytes]", seal), mode="w|", bufsize=BLOCK, format=tarfile.PAX_FORMAT) as tar:
        if parts.configuration is not None:
            content = parts.configuration.read_bytes()
            configuration = hashlib.sha256(content).hexdigest()
            _add_bytes(tar, CONFIGURATION, content)
        size = parts.snapshot.stat().st_size
        with parts.snapshot.open("rb") as file:
            digest = _add(tar, DATABASE, file, size, stop)
        for sha256 in sorted(parts.named):
            found = _whole(parts.media, sha256, stop)
            if found is None:
                lost.append(sha256)
                continue
            with found as file:
                kept[sha256] = os.fstat(file.fileno()).st_size
                _add(tar, MEDIA + sha256, file, kept[sha256], stop)
        manifest = Manifest(facts, size, digest, kept, tuple(lost), parts.seal_keys, parts.at_rest, configuration)
        _add_bytes(tar, MANIFEST, msgspec.json.encode(manifest))
    return manifest


def _whole(folder: Path, sha256: str, stop: Stop) -> IO[bytes] | None:
    """Open one of people's files if it is what its name says."""
    if not is_digest(sha256):
        return None
    try:
        file = place_of(folder, sha256).open("rb")
    except OSError:  # it was let go of since the copy was made, or its disk is ill
        return None
    try:
        if _digest_of(file, stop) == sha256:
            file.seek(0)
            return file
    except OSError:  # an ill disk: no better than a file that is not what its name says
        pass
    except BaseException:
        file.close()
        raise
    file.close()
    return None


class _Hashed:
    """A file that is hashed as it is read, and can be stopped."""

    def __init__(self, file: IO[bytes], stop: Stop) -> None:
        self.hash = hashlib.sha256()
        self._file = file
        self._stop = stop

    def read(self, length: int = -1, /) -> bytes:
        if self._stop():
            raise Stopped("The backup was stopped.")
        data = self._file.read(length)
        self.hash.update(data)
        return data


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes], size: int, stop: Stop) -> str:
    hashed = _Hashed(file, stop)
    tar.addfile(_entry(name, size), cast("IO[bytes]", hashed))
    return hashed.hash.hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_entry(name, len(content)), io.BytesIO(content))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o600
    return entry


def _digest_of(file: IO[bytes], stop: Stop) -> str:
    hashed = _Hashed(file, stop)
    while hashed.read(PIECE):
        pass
    return hashed.hash.hexdigest()


# --- reading -----------------------------------------------------------------------------------------


def header_of(path: Path) -> Header:
    """Return what stands in front of a backup, unproved. Raises: Damaged, OSError."""
    with path.open("rb") as file:
        return read_header(file)[0]


def read(path: Path, lock: Lock, *, into: Path | None = None, stop: Stop = never) -> Manifest:
    """Read a whole backup and prove all of it against its list; with `into`, an empty folder, put its files there.

    Raises: Damaged, WrongKey, Stopped, OSError. Until it returns nothing in `into` is proved.
    """
    seen: dict[str, tuple[int, str]] = {}
    content = b""
    with path.open("rb") as file:
        opened = Opened(file, lock)
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", opened), mode="r|", bufsize=BLOCK) as tar:
                for entry in tar:
                    part = tar.extractfile(entry)
                    if part is None or not _is_known(entry.name) or entry.name in seen or content:
                        raise Damaged(f"The backup holds {entry.name!r}, which it should not.")
                    if entry.name == MANIFEST:
                        content = part.read(LONGEST_MANIFEST)
                        continue
                    target = None if into is None else _place(into, entry.name)
                    seen[entry.name] = _copy(part, target, stop)
        except tarfile.TarError as error:
            raise Damaged(f"The backup is damaged: {error}.") from None
        opened.finish()
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError:
        raise Damaged("The backup has no list of what it holds.") from None
    if seen != _expected(manifest, seen):
        raise Damaged("The backup does not hold what its list says.")
    return manifest


def _expected(manifest: Manifest, seen: Mapping[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    expected = {DATABASE: (manifest.database_bytes, manifest.database_sha256)}
    expected |= {MEDIA + sha256: (size, sha256) for sha256, size in manifest.media.items()}
    if manifest.configuration_sha256:
        expected[CONFIGURATION] = (seen.get(CONFIGURATION, (0, ""))[0], manifest.configuration_sha256)
    return expected


def _is_known(name: str) -> bool:
    return name in (DATABASE, CONFIGURATION, MANIFEST) or (
        name.startswith(MEDIA) and is_digest(name.removeprefix(MEDIA))
    )


def _place(into: Path, name: str) -> Path:
    return place_of(into / "media", name.removeprefix(MEDIA)) if name.startswith(MEDIA) else into / name


def _copy(part: IO[bytes], target: Path | None, stop: Stop) -> tuple[int, str]:
    """Read one file out of a backup, into another if that is named; return its size and digest."""
    hashed, size = _Hashed(part, stop), 0
    if target is None:
        while piece := hashed.read(PIECE):
            size += len(piece)
        return size, hashed.hash.hexdigest()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with created(target) as file:
        while piece := hashed.read(PIECE):
            file.write(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return size, hashed.hash.hexdigest()


@contextmanager
def created(path: Path) -> Generator[IO[bytes]]:
    """Open a new file that only its owner reads."""
    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "wb") as file:
        yield file


def sync(folder: Path) -> None:
    """See that a new name in a folder survives a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
