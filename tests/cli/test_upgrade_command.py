"""`ivy upgrade`: its folder, its files and how it runs others. The whole of it is played in tests/reliability/test_upgrade.py."""

import os
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ivy.cli import upgrade_files
from ivy.cli.frame import Setup
from ivy.cli.upgrade_hands import Hands, StepFailed, hands_of
from ivy.cli.upgrade_place import Place
from ivy.cli.upgrade_rehearsal import check_room
from ivy.config import Config, Secret, StoreSection, WhatsAppSection
from ivy.domain import releases
from ivy.domain.upgrading import HalfDone, Step
from ivy.errors import ConfigError, StoreError, UsageError
from ivy.store import inbox
from ivy.store.inbox import Arrival
from ivy.store.settings import open_reader, open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NOBODY = 65534


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Five releases that ran, c the current one, e made last and only half."""
    place = Place(tmp_path / "opt")
    for number, name in enumerate("abcde"):
        place.folder(name).mkdir(parents=True)
        place.mark_ran(name)
        if name != "e":
            mark = place.folder(name) / releases.MARK
            mark.write_text(f"{name}\n")
            os.utime(mark, (number, number))
    place.point("c")
    return place


def test_without_an_installation_it_says_what_it_needs(ready: Any) -> None:
    done = ready("upgrade", env={"IVY_SERVICE__ROOT": str(ready.folder)})
    assert done.returncode == 2
    assert "docs/service.md" in done.stderr and done.stderr.count("\n") == 1
    assert ready("upgrade", "--back", "--to", "v1").returncode == 2


def test_current_changes_in_one_rename_and_leads_to_a_folder_beside_it(place: Place) -> None:
    (place.root / "current.new").symlink_to("left/by/a/crash")
    place.point("d")
    assert place.current_name() == "d"
    assert place.current.resolve() == place.folder("d").resolve()
    assert not (place.root / "current.new").is_symlink()


def test_back_leads_to_the_whole_release_made_before_the_current_one(place: Place) -> None:
    assert place.whole() == ["d", "c", "b", "a"]
    assert place.previous() == "b"
    place.point("a")
    with pytest.raises(UsageError, match="No release older than a"):
        place.previous()


def test_a_release_that_never_ran_is_no_way_back_and_goes_first(place: Place) -> None:
    place.point("d")
    for never in "cb":
        (place.folder(never) / releases.RAN).unlink()
    assert place.previous() == "a"
    assert place.prune(place.folder("a")) == ["c", "b"]
    assert place.whole() == ["d", "a"]


def test_pruning_spares_the_current_release_and_the_one_that_runs(place: Place) -> None:
    place.point("a")
    assert place.prune(place.folder("d")) == []
    place.point("d")
    assert place.prune(place.folder("a")) == []
    assert place.prune(place.folder("b")) == ["a"]
    assert not place.folder("a").exists()


def test_one_upgrade_at_a_time(place: Place) -> None:
    with place.alone(), pytest.raises(StoreError, match="Another upgrade"), place.alone():
        pass
    with place.alone():
        pass


def test_the_upgrade_under_way_is_kept_whole(place: Place) -> None:
    assert place.half_done() is None
    half = HalfDone(Step.MIGRATING, "c", "d", "20261123070000", snapshot="ivy.db.before")
    place.remember(half)
    assert place.half_done() == half
    (place.root / "upgrade.json").write_text('{"step":"migrating","old":"c","new":"d","began":"x","of_tomorrow":1}')
    assert place.half_done() == HalfDone(Step.MIGRATING, "c", "d", "x")
    (place.root / "upgrade.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be understood"):
        place.half_done()
    place.forget()
    assert place.half_done() is None


# --- the database's files ---------------------------------------------------------------------------


def arrival(number: int, at: datetime) -> Arrival:
    body = f"sealed {number}".encode()
    return Arrival(f"a{number}", f"j{number}", "whatsapp", inbox.digest(body), body, at)


def arrived(path: Path) -> list[tuple[str, bytes]]:
    with closing(open_reader(path)) as connection:
        return [
            (row["id"], row["body"])
            for row in connection.execute(
                "SELECT webhook_inbox.* FROM webhook_inbox JOIN jobs ON jobs.key = 'inbound:' || webhook_inbox.id"
                " WHERE state = 'ready' ORDER BY received_at_ms"
            )
        ]


def test_a_snapshot_comes_back_with_what_arrived_since_and_twice_is_the_same(database: Path) -> None:
    snapshot, aside = database.with_name("snapshot"), database.with_name("aside")
    with closing(open_writer(database)) as connection:
        inbox.keep(connection, arrival(1, NOW))
        upgrade_files.copy(database, snapshot)
        inbox.keep(connection, arrival(2, NOW))  # in the same millisecond
        inbox.keep(connection, arrival(3, NOW + timedelta(seconds=2)))
        connection.execute("CREATE TABLE of_the_new_release (x)")
    names = {path.name for path in database.parent.iterdir()}
    whole = [(f"a{number}", f"sealed {number}".encode()) for number in (1, 2, 3)]
    assert upgrade_files.restore(snapshot, database, aside) == 2
    assert {path.name for path in database.parent.iterdir()} == names | {"aside"}
    assert arrived(database) == whole
    assert upgrade_files.restore(snapshot, database, aside) == 2
    assert arrived(database) == whole
    for path, has in ((database, False), (aside, True)):
        assert path.stat().st_mode & 0o777 == 0o600
        with closing(open_reader(path)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'of_the_new_release'").fetchone()
        assert (found is not None) is has


def test_a_copy_that_a_crash_left_half_written_is_made_anew(database: Path) -> None:
    to = database.with_name("copy")
    to.with_name("copy.part").write_bytes(b"half")
    upgrade_files.copy(database, to)
    assert arrived(to) == []
    assert not to.with_name("copy.part").exists()


def test_no_room_is_said_with_both_numbers(database: Path) -> None:
    check_room(database)
    with database.open("ab") as file:
        file.truncate(1 << 42)  # sparse
    with pytest.raises(StoreError, match=r"\d+ MB are needed at .*, and \d+ MB are free"):
        check_room(database)


# --- others, run ------------------------------------------------------------------------------------


def setup_of(database: Path) -> Setup:
    config = Config(
        store=StoreSection(seal_key=Secret("00" * 32)), whatsapp=WhatsAppSection(token=Secret("said to nobody"))
    )
    return Setup(database.parent / "ivy.toml", config, database.parent, database)


def hands(database: Path, tmp_path: Path) -> Hands:
    held = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(held, False)
    return hands_of(setup_of(database), tmp_path / "log", held=held)


def test_what_ivy_runs_sees_its_configuration_and_no_other_code(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    ours = hands(database, tmp_path)
    code = "import os; print(os.environ['IVY_CONFIG'], os.environ['IVY_STORE__PATH'], os.environ.get('PYTHONPATH'))"
    done = ours.service([sys.executable, "-c", code], seconds=30, STORE__PATH="/copy")
    assert done.out == f"{database.parent / 'ivy.toml'} /copy None\n"
    assert done.out in (tmp_path / "log").read_text()
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_what_fails_or_takes_too_long_is_its_last_words(database: Path, tmp_path: Path) -> None:
    ours = hands(database, tmp_path)
    failed = ours.service([sys.executable, "-c", "import sys; print('x'); sys.exit('ivy: No room.')"], seconds=30)
    with pytest.raises(StepFailed, match=r"^migrating: No room\.$"):
        ours.must("migrating", failed)
    slow = ours.ours([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.2)
    with pytest.raises(StepFailed, match="it took longer than 0 s"):
        ours.must("building", slow)
    assert ours.control(["/no/such/program"], seconds=5) == 1
    assert ours.control([sys.executable, "-c", "raise SystemExit(3)"], seconds=30) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_root_touches_the_database_as_its_owner_and_hands_the_secrets_over(database: Path, tmp_path: Path) -> None:
    for path in (database.parent, database):
        os.chown(path, NOBODY, NOBODY)
    ours = hands(database, tmp_path)
    assert ours.owner == (NOBODY, NOBODY)
    code = "import os; print(os.getuid(), os.getgid(), os.getgroups(), os.environ['IVY_WHATSAPP__TOKEN'])"
    done = ours.service(["/usr/bin/env", "python3", "-c", code], seconds=30)
    assert done.out == f"{NOBODY} {NOBODY} [] said to nobody\n", done
    assert done.out not in ours.ours(["/usr/bin/env"], seconds=30).out
    assert "said to nobody" not in ours.ours(["/usr/bin/env"], seconds=30).out


def test_without_a_database_there_is_nothing_to_upgrade(tmp_path: Path) -> None:
    where = setup_of(tmp_path / "none" / "ivy.db")
    with pytest.raises(ConfigError, match="There is no database"):
        hands_of(replace(where), tmp_path / "log", held=0)
