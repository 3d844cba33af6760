"""A backup: consistent under load, proved, sealed, whole or not there at all."""

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ivy.domain import backups as rules
from ivy.errors import StoreError
from ivy.store import backup_files, packing, restoring
from ivy.store.archives import Damaged, Lock, WrongKey
from ivy.store.backup_files import Busy, make
from ivy.store.files import NoRoom, place_of
from ivy.store.settings import open_reader, open_writer
from ivy.store.snapshots import Stopped
from tests.reliability import producers
from tests.store.backup_ground import (
    LOCK,
    at_once,
    back_up,
    contents,
    fill,
    in_a_process,
    little_room,
    names_in,
    order_of,
    restore_order,
    rows,
)

ROOT = Path(__file__).parents[2]
LEFT = ["ivy.db", "ivy.db.backup-lock", "media"]
WRITTEN_BY_A_RESTORE = ("restores", "audit_log", "chain_heads", "backups")
BESIDE = {"ivy.db-shm", "ivy.db-wal"}


def left_beside(database: Path) -> list[str]:
    return [name for name in names_in(database.parent) if name not in BESIDE]


# --- show 4 ------------------------------------------------------------------------------------------


def test_under_load_it_holds_all_that_was_acknowledged_before_and_is_equal_elsewhere(
    database: Path, tmp_path: Path
) -> None:
    fill(database)
    said = tmp_path / "acknowledged"
    with said.open("wb") as file:
        busy = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.producers", str(database), "run"],
            cwd=ROOT,
            stdout=file,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        try:
            wait_for_lines(said, 500)
            before = acknowledged(said)
            made = back_up(database, tmp_path / "backups")
            after = wait_for_lines(said, len(acknowledged(said)) + 1)  # the writer went on all the while
        finally:
            busy.send_signal(signal.SIGKILL)
            busy.wait()
    assert len(after) > len(before) > producers.PRODUCERS
    restored = tmp_path / "elsewhere" / "ivy.db"
    order = restore_order(made.path, restored.parent, worked_until=at_once)
    restoring.put_back(order)
    jobs = rows(restored, "jobs")
    assert set(before) <= {row[0] for row in jobs}
    assert jobs == rows(database, "jobs")[: len(jobs)]  # each row as it is there, and none left out in between
    assert made.manifest.facts.counts["jobs"] == len(jobs)
    for table, found in contents(restored):
        if table not in ("jobs", "lanes", *WRITTEN_BY_A_RESTORE):
            assert found == dict(contents(database))[table], table


def wait_for_lines(file: Path, number: int) -> list[str]:
    until = time.monotonic() + 30
    while len(acknowledged(file)) < number:
        assert time.monotonic() < until, "the writer stands still"
        time.sleep(0.02)
    return acknowledged(file)


def acknowledged(file: Path) -> list[str]:
    return file.read_text().split("\n")[:-1]


def test_it_comes_back_with_every_row_file_and_the_configuration(database: Path, tmp_path: Path) -> None:
    digests = fill(database)
    toml = tmp_path / "ivy.toml"
    toml.write_text('[log]\nlevel = "debug"\n')
    made = back_up(database, tmp_path / "backups", configuration=toml, seal_keys=("12345678",))
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert set(made.manifest.media) == set(digests)
    assert left_beside(database) == LEFT
    there = tmp_path / "there"
    done = restoring.put_back(restore_order(made.path, there, worked_until=at_once, configuration=there / "ivy.toml"))
    assert done.found.manifest == made.manifest
    assert (there / "ivy.toml").read_text() == toml.read_text()
    assert [place_of(there / "media", each).read_bytes() for each in digests] == [
        place_of(database.parent / "media", each).read_bytes() for each in digests
    ]
    assert names_in(there) == ["ivy.db", "ivy.toml", "media"]
    was = dict(contents(database))
    for table, found in contents(there / "ivy.db"):
        assert found == was[table] or table in WRITTEN_BY_A_RESTORE, table


def test_nothing_of_anybody_can_be_read_in_it(database: Path, tmp_path: Path) -> None:
    fill(database)
    data = back_up(database, tmp_path / "backups").path.read_bytes()
    for words in (b"+12025550101", b"SQLite format", b"CREATE TABLE", b"ivy.db", b"ustar"):
        assert words not in data


# --- what is not as it was written -------------------------------------------------------------------


def test_a_flipped_byte_is_found_wherever_it_is(database: Path, tmp_path: Path) -> None:
    fill(database)
    path = back_up(database, tmp_path / "backups").path
    data, chance = path.read_bytes(), Random(3)
    for at in [*range(0, 400, 7), *(chance.randrange(len(data)) for _ in range(60)), len(data) - 1]:
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        with pytest.raises((Damaged, WrongKey)):
            packing.read(path, LOCK)
        with pytest.raises((Damaged, WrongKey)):
            restoring.check(restore_order(path, tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
    path.write_bytes(data)
    assert restoring.check(restore_order(path, tmp_path / "nowhere")).manifest is not None


def test_one_that_is_cut_off_is_found(database: Path, tmp_path: Path) -> None:
    path = back_up(database, tmp_path / "backups").path
    data, chance = path.read_bytes(), Random(4)
    for length in [0, 1, 8, 300, len(data) - 1, *(chance.randrange(len(data)) for _ in range(30))]:
        path.write_bytes(data[:length])
        with pytest.raises(Damaged):
            packing.read(path, LOCK)


def test_another_key_or_a_passphrase_opens_nothing(database: Path, tmp_path: Path) -> None:
    path = back_up(database, tmp_path / "backups").path
    for wrong in (Lock(keys=("cd" * 32,)), Lock(passphrase="correct horse battery")):
        with pytest.raises(WrongKey):
            packing.read(path, wrong)


def test_a_damaged_database_is_no_backup_and_the_old_ones_stay(database: Path, tmp_path: Path) -> None:
    fill(database)
    with closing(open_writer(database)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE messages_v2 SET user_id = 'nobody' WHERE id = 'm1'")
    with pytest.raises(StoreError, match="refers to one of users that is not there"):
        back_up(database, tmp_path / "backups")
    assert names_in(tmp_path / "backups") == []
    assert left_beside(database) == LEFT


def test_a_wrong_ledger_is_found(database: Path, tmp_path: Path) -> None:
    fill(database)
    with closing(open_writer(database)) as connection:
        connection.execute(
            "INSERT INTO donations (n, id, user_id, kind, workout_id, day, charity, amount_minor, currency, payer, at_ms, before,"
            " hash) VALUES (1, 'g', 'ana', 'gift', 'w', '2026-11-23', 'c', 100, 'USD', 'operator', 1, ?1, ?1)",
            ("0" * 64,),
        )
    with pytest.raises(StoreError, match="ledger of gifts is wrong from row 1"):
        back_up(database, tmp_path / "backups")


def test_files_that_are_gone_or_spoilt_are_named_and_the_rest_is_kept(database: Path, tmp_path: Path) -> None:
    gone, spoilt, well = fill(database)
    place_of(database.parent / "media", gone).unlink()
    place_of(database.parent / "media", spoilt).write_bytes(b"x")
    manifest = back_up(database, tmp_path / "backups").manifest
    assert set(manifest.lost) == {gone, spoilt}
    assert set(manifest.media) == {well}


# --- the disk, other backups, the end of a process ---------------------------------------------------


def test_too_little_room_is_said_before_with_numbers(database: Path, tmp_path: Path) -> None:
    with pytest.raises(NoRoom, match=r"needs \d+\.\d MB at .*backups, and 40\.0 MB are free"):
        back_up(database, tmp_path / "backups", free=little_room)
    assert names_in(tmp_path / "backups") == []


def test_a_disk_that_fills_up_leaves_nothing_half_made(database: Path, tmp_path: Path) -> None:
    fill(database)
    folder = tmp_path / "backups"
    folder.mkdir()
    size = back_up(database, tmp_path / "first").bytes
    for limit in (0, 4096, 100_000, size // 2, size - 1):  # in the copy, and in the sealed file

        def fails(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            with pytest.raises(StoreError):
                back_up(database, folder)

        assert in_a_process(fails) == 0, limit
        assert names_in(folder) == [], limit
        assert left_beside(database) == LEFT, limit


def test_killed_at_any_moment_the_next_one_cleans_up_and_is_whole(database: Path, tmp_path: Path) -> None:
    fill(database)
    folder = tmp_path / "backups"
    folder.mkdir()
    asked = [0]

    def count() -> bool:
        asked[0] += 1
        return False

    name = rules.name_of(order_of(database, folder).now())
    make(order_of(database, folder / name, stop=count)).path.unlink()
    left = set[str]()
    for at in sorted({1, 2, asked[0] // 4, asked[0] // 2, 3 * asked[0] // 4, asked[0] - 1}):
        steps = [0]

        def dies(at: int = at, steps: list[int] = steps) -> bool:
            steps[0] += 1
            if steps[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return False

        assert in_a_process(lambda dies=dies: make(order_of(database, folder / name, stop=dies))) == -signal.SIGKILL
        assert not (folder / name).exists()
        left |= {*names_in(folder), *left_beside(database)} - set(LEFT)
    assert any(backup_files.SNAPSHOT in each for each in left)
    assert f"{name}.part" in left
    make(order_of(database, folder / name))
    assert names_in(folder) == [name]
    assert left_beside(database) == LEFT


def test_one_that_is_stopped_leaves_nothing(database: Path, tmp_path: Path) -> None:
    fill(database)
    for after in (0, 2, 4):
        steps = [0]

        def stop(after: int = after, steps: list[int] = steps) -> bool:
            steps[0] += 1
            return steps[0] > after

        with pytest.raises(Stopped):
            back_up(database, tmp_path / "backups", stop=stop)
        assert names_in(tmp_path / "backups") == []
        assert left_beside(database) == LEFT


def test_two_at_once_are_one(database: Path, tmp_path: Path) -> None:
    seen: list[str] = []

    def meanwhile(_line: str) -> None:
        with pytest.raises(Busy, match="is being made"):
            make(order_of(database, tmp_path / "b.ivybackup"))
        seen.append("refused")

    back_up(database, tmp_path / "backups", tell=meanwhile)
    assert seen
    make(order_of(database, tmp_path / "b.ivybackup"))


def test_nothing_is_written_over(database: Path, tmp_path: Path) -> None:
    made = back_up(database, tmp_path / "backups")
    data = made.path.read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        back_up(database, tmp_path / "backups")

    def somebody_else(line: str) -> None:
        if line.startswith("reading"):
            (tmp_path / "c.ivybackup").write_text("mine")

    with pytest.raises(StoreError, match="exists already"):
        make(order_of(database, tmp_path / "c.ivybackup", tell=somebody_else))
    assert made.path.read_bytes() == data
    assert (tmp_path / "c.ivybackup").read_text() == "mine"


def test_the_oldest_go_and_others_files_stay(tmp_path: Path) -> None:
    ours = [f"ivy-2026112{day}T070000Z.ivybackup" for day in range(6)]
    for name in (*ours, "mine.ivybackup", "ivy.db"):
        (tmp_path / name).write_text("")
    assert [path.name for path in backup_files.prune(tmp_path, 2)] == ours[:4]
    assert names_in(tmp_path) == sorted([*ours[4:], "ivy.db", "mine.ivybackup"])


def test_an_unmigrated_database_can_be_backed_up_before_it_is_upgraded(tmp_path: Path) -> None:
    from ivy.store.migrate import migrate, shipped

    old = tmp_path / "data" / "ivy.db"
    connection = open_writer(old)
    migrate(connection, shipped()[:6])
    connection.close()
    made = back_up(old, tmp_path / "backups")
    assert made.manifest.facts.schema == 6
    done = restoring.put_back(restore_order(made.path, tmp_path / "there"))
    assert done.migrated[0].startswith("0007")
    with closing(open_reader(tmp_path / "there" / "ivy.db")) as connection:
        assert connection.execute("SELECT count(*) FROM restores").fetchone()[0] == 1
