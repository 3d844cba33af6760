"""A file is kept whole, once, under its own digest, or not at all."""

import hashlib
import os
import resource
import stat
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio

from ivy.domain.media import MEGABYTE
from ivy.store.files import INCOMING, Files, NoRoom, TooLarge
from ivy.threads import InlineThreads, PooledThreads

HELLO = b"OggS hello"
DIGEST = hashlib.sha256(HELLO).hexdigest()
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
async def files(tmp_path: Path) -> Files:
    made = Files(tmp_path / "media", PooledThreads())
    await made.prepare()
    return made


async def kept(files: Files, *chunks: bytes, cap: int = 100) -> str:
    async with files.incoming(cap) as sink:
        for chunk in chunks:
            await sink.write(chunk)
        return await sink.keep()


def left_over(files: Files) -> list[Path]:
    return list((files.folder / INCOMING).iterdir())


async def test_a_file_lies_under_its_digest_and_only_its_owner_reads_it(files: Files) -> None:
    assert await kept(files, b"OggS ", b"hello") == DIGEST
    path = files.path(DIGEST)
    assert path == files.folder / DIGEST[:2] / DIGEST
    assert path.read_bytes() == HELLO
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (files.folder, path.parent)} == {0o700}
    assert await files.has(DIGEST)
    assert await files.ends(DIGEST) == (HELLO, HELLO, len(HELLO))
    assert left_over(files) == []


async def test_the_same_file_is_kept_once(files: Files) -> None:
    assert await kept(files, HELLO) == await kept(files, HELLO)
    assert await files.digests(before=datetime.now(UTC) + timedelta(minutes=1)) == [DIGEST]


async def test_a_file_that_is_not_wanted_leaves_nothing(files: Files) -> None:
    async with files.incoming(100) as sink:
        await sink.write(HELLO)
        assert (sink.head, sink.size, await sink.digest()) == (HELLO, len(HELLO), DIGEST)
    assert left_over(files) == []
    assert not await files.has(DIGEST)


async def test_what_goes_on_after_its_cap_is_cut_off(files: Files) -> None:
    with pytest.raises(TooLarge):
        await kept(files, b"x" * 10, b"y", cap=10)
    assert len(await kept(files, b"x" * 10, cap=10)) == 64
    assert left_over(files) == []


async def test_a_download_that_is_cancelled_leaves_nothing(files: Files) -> None:
    with trio.move_on_after(0.05):
        async with files.incoming(100) as sink:
            await sink.write(HELLO)
            await trio.sleep_forever()
    assert left_over(files) == []


async def test_what_a_crash_left_is_removed_at_the_next_start(files: Files) -> None:
    (files.folder / INCOMING / "half").write_bytes(b"OggS")
    digest = await kept(files, HELLO)
    assert await Files(files.folder, InlineThreads()).prepare() == 1
    assert left_over(files) == []
    assert await files.has(digest)


async def test_a_full_disk_is_said_plainly_and_nothing_stays(files: Files) -> None:
    def nearly_full(_folder: Path) -> int:
        return 5 * MEGABYTE

    full = Files(files.folder, PooledThreads(), free=nearly_full)
    with pytest.raises(NoRoom, match="disk is full"):
        await kept(full, HELLO)
    assert left_over(files) == []
    assert await files.digests(before=datetime.now(UTC) + timedelta(minutes=1)) == []


async def test_a_disk_that_fills_up_midway_leaves_nothing(files: Files) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, before[1]))  # the kernel's own refusal to write on
        with pytest.raises(NoRoom):
            await kept(files, *[b"x" * 100_000] * 10, cap=MEGABYTE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert left_over(files) == []


@pytest.mark.parametrize("name", ["../../../etc/passwd", "", "a" * 63, "/etc/passwd", "A" * 64, f"{'a' * 62}/b"])
async def test_no_name_but_a_digest_becomes_a_path(files: Files, name: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        files.path(name)


async def test_a_picture_is_read_whole_or_not_at_all(files: Files) -> None:
    digest = await kept(files, HELLO)
    assert await files.read(digest, longest=10) == HELLO
    assert await files.read(digest, longest=9) is None
    assert await files.remove(digest)
    assert not await files.remove(digest)
    assert await files.read(digest, longest=10) is None
    with pytest.raises(FileNotFoundError):
        await files.ends(digest)


async def test_only_what_has_lain_for_long_counts_as_forgotten(files: Files) -> None:
    digest = await kept(files, HELLO)
    os.utime(files.path(digest), (NOW.timestamp(), NOW.timestamp()))
    assert await files.digests(before=NOW) == []
    assert await files.digests(before=NOW + timedelta(seconds=1)) == [digest]


async def test_16_megabytes_pass_through_little_memory(files: Files) -> None:
    piece = bytes(64 * 1024)
    tracemalloc.start()
    try:
        digest = await kept(files, *[piece] * 256, cap=16 * MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert files.path(digest).stat().st_size == 16 * MEGABYTE
    assert peak < 3 * MEGABYTE
