"""What an upgrade does beside the releases: the service's own files follow, and a note tells the doctor what was cut off."""

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from msgspec.structs import replace

from ivy.cli import doctor_upgrade
from ivy.cli.findings import State
from ivy.cli.frame import Setup
from ivy.cli.upgrade_hands import Hands, StepFailed
from ivy.cli.upgrade_place import Place
from ivy.cli.upgrade_service import UNIT, ServiceFiles
from ivy.cli.upgrade_switch import NotBack, Switch
from ivy.config import Config, ServerSection, ServiceSection
from ivy.daemon import lock
from ivy.domain import releases
from ivy.domain.upgrading import HalfDone, Step

WRAPPER, CADDY = "usr/local/bin/ivy", "etc/caddy/Caddyfile"
WRITES = """#!/bin/sh
[ "$*" = "init --service --into $4" ] || exit 1
mkdir -p "$4/etc/systemd/system" "$4/usr/local/bin" "$4/etc/caddy"
echo "unit of {name}" > "$4/{unit}"
echo "wrapper of all" > "$4/usr/local/bin/ivy"; chmod 755 "$4/usr/local/bin/ivy"
echo "caddy of {name}" > "$4/etc/caddy/Caddyfile"
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two releases, each of which writes a unit of its own, and one that knows of no service."""
    place = Place(tmp_path / "opt")
    for name in ("old", "new", "mute"):
        program = place.program(name)
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\nexit 2\n" if name == "mute" else WRITES.format(name=name, unit=UNIT))
        program.chmod(0o755)
        (place.folder(name) / releases.MARK).write_text(name)
    place.point("old")
    return place


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    held = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    yield Hands(tmp_path / "log", dict(os.environ), None, held)
    os.close(held)


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that writes down what it is told, and fails once `refuses` is there."""
    record = tmp_path / "told"
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >> {record}\n[ ! -e {tmp_path}/refuses ]\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return record


def machine(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / {"unit": UNIT, "wrapper": WRAPPER, "caddy": CADDY}[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


# --- the service's files -----------------------------------------------------------------------------


def test_what_a_release_wrote_follows_the_other_one_and_comes_back_with_it(
    place: Place, hands: Hands, systemctl: Path, tmp_path: Path
) -> None:
    into = machine(tmp_path / "machine", unit="unit of old\n", wrapper="wrapper of all\n")
    files = ServiceFiles(place, hands, into)
    assert files.follow("new", other="old") == f"renewed {UNIT}"
    assert (into / UNIT).read_text() == "unit of new\n"
    assert systemctl.read_text() == "daemon-reload\n"
    assert files.follow("new", other="old") == ""
    assert ServiceFiles(place, hands, into).follow("old", other="new") == f"renewed {UNIT}"  # after a crash
    assert (into / UNIT).read_text() == "unit of old\n" and (into / UNIT).stat().st_mode & 0o777 == 0o644
    assert not list(into.rglob(".*.new")) and not (into / CADDY).exists()
    assert not place.scratch.exists() or not list(place.scratch.iterdir())


def test_what_somebody_changed_stays_and_is_named(place: Place, hands: Hands, systemctl: Path, tmp_path: Path) -> None:
    into = machine(tmp_path / "machine", unit="unit of mine\n", wrapper="mine, too\n", caddy="caddy of old\n")
    said = ServiceFiles(place, hands, into).follow("new", other="old")
    assert UNIT in said and CADDY in said and WRAPPER not in said  # of the wrapper there is nothing new
    assert "`ivy init --service --into /` shows it" in said and "\n" not in said
    assert (into / UNIT).read_text() == "unit of mine\n" and (into / CADDY).read_text() == "caddy of old\n"
    assert not systemctl.exists()


def test_a_release_that_writes_none_changes_none(place: Place, hands: Hands, systemctl: Path, tmp_path: Path) -> None:
    into = machine(tmp_path / "machine", unit="unit of old\n")
    assert ServiceFiles(place, hands, into).follow("mute", other="old") == ""
    assert "stays" in ServiceFiles(place, hands, into).follow("new", other="mute")
    assert (into / UNIT).read_text() == "unit of old\n" and not systemctl.exists()


def test_a_systemd_that_does_not_take_the_unit_is_a_reason_to_go_back(
    place: Place, hands: Hands, systemctl: Path, tmp_path: Path
) -> None:
    into = machine(tmp_path / "machine", unit="unit of old\n")
    (tmp_path / "refuses").touch()
    with pytest.raises(StepFailed, match="systemctl daemon-reload"):
        ServiceFiles(place, hands, into).follow("new", other="old")


def tell_nobody(_step: str, _seconds: float, _said: str) -> None: ...


# --- the note ------------------------------------------------------------------------------------------


@contextmanager
def alive_and_not_ready() -> Generator[int]:
    """A daemon that is alive, and has too much to do."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/livez" else 503)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_probe_that_a_release_has_to_pass_outlives_a_crash(place: Place, hands: Hands, database: Path) -> None:
    with alive_and_not_ready() as port:
        service = ServiceSection(root=str(place.root), start="true", stop="false", health_seconds=0.5)
        where = Setup(
            database.parent / "ivy.toml",
            Config(server=ServerSection(ops_port=port), service=service),
            database.parent,
            database,
        )
        half = HalfDone(Step.REHEARSING, "old", "new", "20261123070000")
        with lock.hold(database), pytest.raises(NotBack):  # it cannot even be stopped
            Switch(where, place, hands, half, tell_nobody).forward()
    left = place.half_done()
    assert left is not None and (left.step, left.probe) == (Step.RETURNING, "/livez")
    with lock.hold(database), pytest.raises(NotBack):  # now that nobody answers, too
        Switch(where, place, hands, replace(left, step=Step.MIGRATING), tell_nobody).mend()
    again = place.half_done()
    assert again is not None and again.probe == "/livez"


def test_the_note_of_an_upgrade_is_for_who_upgrades_and_for_the_services_group(place: Place) -> None:
    note, half = place.root / "upgrade.json", HalfDone(Step.MIGRATING, "old", "new", "20261123070000")
    before = os.umask(0)
    try:
        place.remember(half)
        assert note.stat().st_mode & 0o777 == 0o600
        theirs = 64994 if os.geteuid() == 0 else os.getegid()  # only root gives a file to a group it is not in
        Place(place.root, readers=theirs).remember(half)
    finally:
        os.umask(before)
    found = note.stat()
    assert (found.st_mode & 0o777, found.st_uid, found.st_gid) == (0o640, os.geteuid(), theirs)
    assert place.half_done() == half and [each.name for each in place.root.glob("upgrade*")] == ["upgrade.json"]


def test_doctor_says_what_stands_of_an_upgrade_and_what_to_type(place: Place) -> None:
    config = Config(service=ServiceSection(root=str(place.root)))
    assert doctor_upgrade.half_done(config, running=True) == []
    for step, reason, running, state, words in (
        (Step.REHEARSING, "", False, State.LOOK, "nothing was touched"),
        (Step.MIGRATING, "", False, State.MISSING, "cut off while migrating; old is the current one"),
        (Step.STARTING, "", True, State.LOOK, "cut off while starting; old is the current one"),
        (Step.RETURNING, "it was not well", False, State.MISSING, "returning (it was not well); old is"),
    ):
        place.remember(HalfDone(step, "old", "new", "20261123070000", reason=reason))
        [found] = doctor_upgrade.half_done(config, running=running)
        assert (found.state, words in found.found, "ivy upgrade" in found.mend) == (state, True, True), found
    with place.alone():
        [found] = doctor_upgrade.half_done(config, running=False)
        assert found.state is State.OK and "under way" in found.found
    (place.root / "upgrade.json").write_text("{")
    [found] = doctor_upgrade.half_done(config, running=False)
    assert found.state is State.LOOK and "cannot be understood" in found.found
