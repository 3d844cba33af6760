"""`ivy backup` and `ivy restore` as they are typed: what they say, what they refuse, beside a daemon and on another machine."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from ivy.cli import doctor_backup
from ivy.cli.app import app
from ivy.config import BackupSection, Config, Secret
from ivy.daemon import lock
from ivy.errors import IvyError, UsageError
from ivy.store import in_place
from ivy.store.backups import Backup, Standing
from tests.store.backup_ground import KEY, NOW


@dataclass(frozen=True)
class Typed:
    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Typist:
    """Types commands in this process, in a folder of its own: a process each would take a second."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: str) -> Typed:
        self.monkeypatch.chdir(self.folder)
        done = CliRunner().invoke(app, words)
        error = None if isinstance(done.exception, SystemExit) else done.exception
        if error is None:
            return Typed(done.exit_code, done.stdout, done.stderr)
        assert isinstance(error, IvyError), repr(error)
        return Typed(2 if isinstance(error, UsageError) else 1, done.stdout, f"{error}\n")


@pytest.fixture
def fresh(database: Path, monkeypatch: pytest.MonkeyPatch) -> Typist:
    """A folder with a configuration that needs no secret, and an empty database."""
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    folder = database.parents[1]
    (folder / "ivy.toml").write_text("[whatsapp]\nenabled = false\n")
    return Typist(folder, monkeypatch)


@pytest.fixture
def keyed(fresh: Typist) -> Typist:
    """The same with a key for backups, and a folder for them."""
    (fresh.folder / "backup_key").write_text(KEY)
    (fresh.folder / "backup_key").chmod(0o600)
    (fresh.folder / "backups").mkdir()
    with (fresh.folder / "ivy.toml").open("a") as file:
        file.write('\n[backup]\nfolder = "backups"\nkey_file = "backup_key"\n')
    return fresh


def test_one_command_backs_up_and_another_proves_it(keyed: Typist) -> None:
    done = keyed("backup")
    [path] = (keyed.folder / "backups").iterdir()
    assert done.returncode == 0, done.stderr
    assert f"backups/{path.name}: " in done.stdout
    assert "sealed and read again" in done.stdout
    assert "Not inside: secrets" in done.stdout
    checked = keyed("restore", "--check", str(path))
    assert checked.returncode == 0
    assert "is whole" in checked.stdout
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    spoilt = keyed("restore", "--check", str(path))
    assert (spoilt.returncode, spoilt.stdout) == (1, "")
    assert "is damaged" in spoilt.stderr
    assert spoilt.stderr.count("\n") == 1


def test_for_programs_it_is_one_document(keyed: Typist) -> None:
    made = json.loads(keyed("backup", "--json", "a.ivybackup").stdout)
    assert (made["verified"], made["sealed_with"], made["at_rest"]) == (True, "key", True)
    assert made["database"]["rows"]["users"] == 0
    whole = json.loads(keyed("restore", "--check", "--json", "a.ivybackup").stdout)
    assert whole["rows"] == made["database"]["rows"]
    done = json.loads(keyed("restore", "--json", "a.ivybackup", "--to", "new").stdout)
    assert done["database"] == "new/ivy.db"
    assert done["not_done_again"] == {"asked": 0, "calls": 0, "reminders": 0, "slots": 0, "over": 0}


def test_beside_a_daemon_it_is_made_and_none_is_put_back(keyed: Typist) -> None:
    with lock.hold(keyed.folder / "data/ivy.db"):
        made = json.loads(keyed("backup", "--json", "a.ivybackup").stdout)
        assert not made["at_rest"]
        refused = keyed("restore", "a.ivybackup", "--replace")
        assert refused.returncode == 1
        assert "A daemon works on" in refused.stderr
        assert keyed("restore", "--check", "a.ivybackup").returncode == 0


def test_over_a_database_only_when_told_and_the_old_one_is_kept(keyed: Typist) -> None:
    keyed("backup", "a.ivybackup")
    keyed("switch", "proactive", "off")
    refused = keyed("restore", "a.ivybackup")
    assert refused.returncode == 1
    assert "--replace puts it aside" in refused.stderr
    done = keyed("restore", "a.ivybackup", "--replace")
    assert done.returncode == 0, done.stderr
    assert "What was there lies at data/ivy.db.replaced-" in done.stdout
    [old] = [path for path in (keyed.folder / "data").glob("ivy.db.replaced-*") if path.name.endswith("Z")]
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT value FROM switches").fetchall() == [("off",)]
    assert "off" not in keyed("switch").stdout.partition("proactive")[2][:20]
    assert keyed("doctor", "--json").returncode in (0, 1)


def test_a_passphrase_opens_it_where_there_is_no_configuration(
    fresh: Typist, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (fresh.folder / "words").write_text("correct horse battery staple\n")
    (fresh.folder / "words").chmod(0o600)
    assert fresh("backup", "a.ivybackup", "--passphrase-file", "words").returncode == 0
    elsewhere = Typist(tmp_path_factory.mktemp("elsewhere"), fresh.monkeypatch)
    for name in ("a.ivybackup", "words"):
        shutil.copy2(fresh.folder / name, elsewhere.folder / name)
    done = elsewhere("restore", "a.ivybackup", "--to", "there", "--passphrase-file", "words")
    assert done.returncode == 0, done.stderr
    assert "there/ivy.toml" in done.stdout
    assert (elsewhere.folder / "there/ivy.toml").read_text() == (fresh.folder / "ivy.toml").read_text()
    (elsewhere.folder / "words").write_text("another one altogether\n")
    wrong = elsewhere("restore", "a.ivybackup", "--to", "other", "--passphrase-file", "words")
    assert wrong.returncode == 1
    assert "passphrase is not the one" in wrong.stderr
    assert not list((elsewhere.folder / "other").glob("ivy.db"))


def test_a_passphrase_is_asked_for_on_a_terminal(ready: Any, terminal: Callable[..., Any]) -> None:
    backing = terminal("backup", "a.ivybackup")
    for asked in ("Passphrase: ", "Once more: "):
        backing.expect(asked)
        backing.type("correct horse battery\n")
    assert backing.end() == 0, backing.shown
    assert "correct" not in backing.shown
    checking = terminal("restore", "--check", "a.ivybackup")
    checking.expect("Passphrase")
    checking.type("correct horse battery\n")
    assert checking.end() == 0, checking.shown


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("backup",), 2, "Say where to"),
        (("backup", "-"), 2, "no pipe"),
        (("backup", "a.ivybackup"), 2, "always sealed"),
        (("backup", "a.ivybackup", "--passphrase"), 2, "on a terminal"),
        (("backup", "a.ivybackup", "--passphrase-file", "short"), 2, "12 letters or more"),
        (("backup", "no/where/a", "--passphrase-file", "long"), 1, "no folder no/where"),
        (("restore", "a.ivybackup"), 2, "no file a.ivybackup"),
        (("restore", "ivy.toml", "--replace"), 1, "no backup of Ivy's"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(fresh: Typist, words: tuple[str, ...], code: int, said: str) -> None:
    (fresh.folder / "long").write_text("correct horse battery")
    (fresh.folder / "long").chmod(0o600)
    (fresh.folder / "short").write_text("secret")
    (fresh.folder / "short").chmod(0o600)
    done = fresh(*words)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


# --- the doctor and the status -----------------------------------------------------------------------


def standing(hours: float | None, error: str = "") -> Standing:
    good = None if hours is None else Backup(NOW - timedelta(hours=hours), "a", 5 << 20, 3.0, verified=True, error="")
    last = Backup(NOW, "b", 0, 0.0, verified=False, error=error) if error else good
    return Standing(good, last, NOW, has_people=True)


@pytest.mark.parametrize(
    ("section", "stands", "states", "line"),
    [
        (BackupSection(), standing(None), ["not needed", "look"], "none: set backup.folder"),
        (BackupSection(), standing(30), ["not needed", "ok"], "the newest is 30 h old, 5.0 MB."),
        (BackupSection(), standing(24 * 8), ["not needed", "look"], "the newest is 8 d old"),
        (BackupSection(folder="b"), standing(3), ["missing", "ok"], "the next comes in 21 h"),
        (BackupSection(folder="b", key=Secret(KEY)), standing(3), ["ok", "look", "ok"], "the next comes in 21 h"),
        (BackupSection(folder="b", key=Secret(KEY)), standing(50), ["ok", "look", "look"], "the next is due"),
        (BackupSection(folder="b", key=Secret(KEY)), standing(3, "The disk is full."), ["ok", "look", "look"], "failed: The disk"),
        (BackupSection(folder="none", key=Secret(KEY)), standing(3), ["missing", "ok"], "the next comes"),
    ],
)  # fmt: skip
def test_the_doctor_and_the_status_say_how_backups_stand(
    tmp_path: Path, section: BackupSection, stands: Standing, states: list[str], line: str
) -> None:
    (tmp_path / "b").mkdir()
    found = doctor_backup.findings(Config(backup=section), tmp_path, tmp_path / "ivy.db", stands, NOW)
    assert [each.state.value for each in found] == states, found
    assert all(each.mend for each in found if each.state.value in ("look", "missing"))
    assert line in doctor_backup.line(section, stands, NOW)


def test_a_restore_that_was_cut_off_is_said_and_ended_by_migrate(fresh: Typist) -> None:
    database = fresh.folder / "data/ivy.db"
    ready = database.with_name(in_place.READY)
    ready.mkdir()
    database.rename(ready / "ivy.db")
    (ready / in_place.PLAN).write_bytes(msgspec.json.encode(in_place.Plan("ivy.db", ".replaced-x", there=False)))
    [found] = [
        each
        for each in json.loads(fresh("doctor", "--json").stdout)["findings"]
        if each["what"] == "database" and each["state"] == "missing"
    ]
    assert "a restore was cut off" in found["found"] and "ivy migrate" in found["mend"]
    status = fresh("status")
    assert status.returncode == 1 and "`ivy migrate` ends it" in status.stderr and status.stderr.count("\n") == 1
    assert fresh("migrate").returncode == 0
    assert database.exists() and not ready.exists()
    assert fresh("status").returncode == 0


def test_a_folder_without_a_key_gets_one_from_init_and_a_lost_one_is_told_what_to_type(fresh: Typist) -> None:
    (fresh.folder / "ivy.toml").write_text('[whatsapp]\nenabled = false\n[backup]\nfolder = "backups"\n')
    (fresh.folder / "backups").mkdir()

    def doctor(what: str) -> dict[str, str]:
        return next(each for each in json.loads(fresh("doctor", "--json").stdout)["findings"] if each["what"] == what)

    assert doctor("configuration")["state"] == "missing"
    assert "ivy init makes one" in doctor("backups' folder")["mend"]
    done = fresh("init", "--no-templates")
    assert 'key_file = "secrets/backup_key"' in done.stdout, done
    key = fresh.folder / "secrets/backup_key"
    assert len(key.read_text().strip()) == 64 and key.stat().st_mode & 0o777 == 0o600
    with (fresh.folder / "ivy.toml").open("a") as file:
        file.write('key_file = "secrets/backup_key"\n')
    assert fresh("backup").returncode == 0
    assert "backup_key" not in fresh("init", "--no-templates").stdout
    key.unlink()
    assert f"openssl rand -hex 32 > {key.relative_to(fresh.folder)}" in doctor("configuration")["mend"]


def test_a_week_long_the_status_says_that_it_was_restored() -> None:
    stands = replace(standing(1), restored_at=NOW - timedelta(hours=5), restored_from=NOW - timedelta(hours=9))
    assert doctor_backup.line(BackupSection(), stands, NOW).endswith(
        " Restored 5 h ago from one of 2026-11-22 22:00 UTC."
    )
    assert "Restored" not in doctor_backup.line(BackupSection(), stands, NOW + timedelta(days=8))


def test_a_replica_needs_a_safe_library_and_somebody_who_moves_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(backup=BackupSection(replica=True))

    def replica() -> str:
        findings = doctor_backup.findings(config, tmp_path, tmp_path / "ivy.db", standing(1), NOW)
        return next(each for each in findings if each.what == "replica").state.value

    monkeypatch.setattr(doctor_backup.binding, "LIBRARY", "sqlite3 3.40.1")
    assert replica() == "missing"
    monkeypatch.setattr(doctor_backup.binding, "LIBRARY", "pysqlite3 3.53.4")
    assert replica() == "ok"
    with (tmp_path / "ivy.db-wal").open("wb") as log:
        log.truncate(doctor_backup.LARGEST_LOG + 1)
    assert replica() == "look"


def test_the_key_of_the_seal_is_no_key_for_backups(tmp_path: Path) -> None:
    config = Config(backup=BackupSection(folder=".", key=Secret(KEY)))
    config = Config(backup=config.backup, store=type(config.store)(seal_key=Secret(KEY)))
    found = doctor_backup.findings(config, tmp_path, tmp_path / "ivy.db", standing(1), NOW)
    assert "seal key" in found[0].found
