"""`ivy init --service`: files that systemd and Debian's tools take, made from the configuration, and never over what is there."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.cli import ownership, service_files
from ivy.cli.doctor_site import pages
from ivy.cli.findings import State
from ivy.cli.init_service import put, write_service
from ivy.cli.service_files import ServiceFile
from ivy.config import Config, ServerSection, ServiceSection, SiteSection
from ivy.errors import ConfigError

MOST_EXPOSED = 2.0
PUBLIC = Config(server=ServerSection(public_url="https://ivy.example.org"))
systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")


def changed(section: str, **values: object) -> Config:
    config = Config()
    return msgspec.structs.replace(config, **{section: msgspec.structs.replace(getattr(config, section), **values)})


def text_of(config: Config, place: str) -> str:
    return next(each.text for each in service_files.service_files(config) if each.place.endswith(place))


def unit(folder: Path, config: Config) -> Path:
    """Write the unit where systemd's own tools find what it runs."""
    program = folder / "opt/current/bin/ivy"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch(mode=0o755)
    config = msgspec.structs.replace(config, service=ServiceSection(root=str(folder / "opt")))
    path = folder / "ivy.service"
    path.write_text(text_of(config, "ivy.service"))
    return path


# --- the unit ----------------------------------------------------------------------------------------


@systemd
@pytest.mark.parametrize("config", [Config(), changed("backup", folder="/srv/copies")], ids=["usual", "with a folder"])
def test_systemd_finds_nothing_wrong_with_the_unit_and_little_exposed(config: Config, tmp_path: Path) -> None:
    path = str(unit(tmp_path, config))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, [line for line in checked.stderr.splitlines() if "ivy.service" in line]) == (0, [])
    words = ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED * 10:.0f}", path]
    judged = subprocess.run(words, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout
    level = float(judged.stdout.rpartition("exposure level for ivy.service: ")[2].split()[0])
    assert level <= MOST_EXPOSED


def test_the_unit_follows_the_configuration() -> None:
    text = text_of(changed("server", port=9000, ops_port=9001, drain_seconds=12.5), "ivy.service")
    assert text.count("tcp:9000") == text.count("tcp:9001") == 2
    assert "TimeoutStopSec=43s" in text
    assert "ExecStart=/opt/ivy/current/bin/ivy daemon\n" in text and "IVY_STORE__PATH=/var/lib/ivy/ivy.db" in text
    assert "ReadWritePaths" not in text


def test_folders_elsewhere_may_be_written_to_and_no_others() -> None:
    for config, places in (
        (changed("backup", folder="/srv/copies"), ["/srv/copies"]),
        (changed("backup", folder="copies"), []),
        (changed("media", folder="/var/lib/ivy/media"), []),
        (changed("store", path="/srv/ivy/ivy.db"), ["/srv/ivy"]),
        (changed("store", path="somewhere/mine.db"), []),
    ):
        text = text_of(config, "ivy.service")
        assert [line.partition("=-")[2] for line in text.splitlines() if line.startswith("ReadWritePaths=")] == places
    assert "IVY_STORE__PATH=/srv/ivy/ivy.db" in text_of(changed("store", path="/srv/ivy/ivy.db"), "ivy.service")
    assert "/var/lib/ivy/mine.db" in text_of(changed("store", path="somewhere/mine.db"), "bin/ivy")


@given(st.sampled_from(["service.root", "store.path", "backup.folder", "media.folder"]), st.text(max_size=20))
def test_a_path_that_would_need_quotes_is_refused_by_its_key(key: str, odd: str) -> None:
    section, _, name = key.partition(".")
    for path in (f"/srv/a b{odd}", f"/srv/{odd};rm", "/srv/$HOME", "/srv/%h", "/srv/a\nUser=root"):
        with pytest.raises(ConfigError, match=key):
            service_files.service_files(changed(section, **{name: path}))


def test_no_word_of_a_template_is_left_open() -> None:
    for file in service_files.service_files(PUBLIC):
        assert not re.findall("@[A-Z_]+@", file.text), file.place
        assert file.text.endswith("\n") and not [line for line in file.text.splitlines() if line != line.rstrip()]


@systemd
def test_the_user_and_the_folders_are_made_as_they_are_written(tmp_path: Path) -> None:
    for name, program in (("sysusers.d", "systemd-sysusers"), ("tmpfiles.d", "systemd-tmpfiles")):
        path = tmp_path / "usr/lib" / name / "ivy.conf"
        path.parent.mkdir(parents=True)
        path.write_text(text_of(Config(), f"{name}/ivy.conf"))
        if os.geteuid() != 0 or shutil.which(program) is None:
            continue
        (tmp_path / "etc/ivy").mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc/ivy/ivy.toml").touch(mode=0o600)
        done = subprocess.run(
            [program, *(["--create"] if name == "tmpfiles.d" else []), f"--root={tmp_path}", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    if os.geteuid() == 0:
        assert "ivy:" in (tmp_path / "etc/passwd").read_text()
        modes = {
            place: stat.S_IMODE((tmp_path / place).stat().st_mode)
            for place in ("etc/ivy", "etc/ivy/secrets", "var/lib/ivy")
        }
        assert modes == {"etc/ivy": 0o750, "etc/ivy/secrets": 0o700, "var/lib/ivy": 0o700}
        assert stat.S_IMODE((tmp_path / "etc/ivy/ivy.toml").stat().st_mode) == 0o640


# --- Caddy's file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "port", "seen"),
    [
        ("127.0.0.1", 8710, "127.0.0.1:8710"),
        ("0.0.0.0", 80, "127.0.0.1:80"),  # noqa: S104
        ("::", 80, "[::1]:80"),
        ("::1", 8710, "[::1]:8710"),
        ("10.0.0.2", 8710, "10.0.0.2:8710"),
    ],
)
def test_caddy_asks_ivy_where_it_listens(host: str, port: int, seen: str) -> None:
    config = Config(server=ServerSection(host=host, port=port, public_url="https://ivy.example.org"))
    text = text_of(config, "Caddyfile")
    assert f"reverse_proxy {seen} {{" in text and "ivy.example.org {" in text and "8711" not in text


def test_without_a_public_address_there_is_no_file_for_caddy() -> None:
    assert not [each for each in service_files.service_files(Config()) if "caddy" in each.place]
    for url in ("http://ivy.example.org", "ivy.example.org", "https://ivy.example.org/ivy", "https://"):
        with pytest.raises(ConfigError, match=r"server\.public_url"):
            service_files.service_files(changed("server", public_url=url))


# --- writing them ----------------------------------------------------------------------------------------


def test_what_is_there_is_never_written_over_and_the_difference_is_shown(program: Any, tmp_path: Path) -> None:
    (tmp_path / "ivy.toml").write_text('[server]\npublic_url = "https://ivy.example.org"\n')
    assert program("init", "--service", "--into", "out").returncode == 0
    place = tmp_path / "out/etc/systemd/system/ivy.service"
    mine = place.read_text().replace("RestartSec=5s", "RestartSec=9s")
    place.write_text(mine)
    again = program("init", "--service", "--into", "out")
    assert again.returncode == 0 and place.read_text() == mine
    assert "-RestartSec=9s" in again.stdout and "+RestartSec=5s" in again.stdout
    assert again.stdout.count("is there already") == 4
    assert not (tmp_path / "data").exists()


def test_off_a_terminal_it_says_where_it_wrote_and_what_is_missing(program: Any, tmp_path: Path) -> None:
    done = program("init", "--service")
    assert done.returncode == 0
    assert "Wrote ivy-service/usr/local/bin/ivy." in done.stdout
    assert "server.public_url" in done.stderr and not (tmp_path / "ivy-service/etc/caddy").exists()


def test_modes_do_not_hang_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        put(tmp_path, ServiceFile("usr/local/bin/ivy", 0o755, "x"))
    finally:
        os.umask(before)
    for place in ("usr", "usr/local", "usr/local/bin", "usr/local/bin/ivy"):
        assert stat.S_IMODE((tmp_path / place).stat().st_mode) == 0o755, place


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/x").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="x"):
        put(tmp_path, ServiceFile("etc/x", 0o644, "text"))
    assert not (tmp_path / "elsewhere").exists()


def test_for_one_person_alone_no_address_is_asked_for_and_no_proxy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_service(tmp_path / "first", solo=True)
    (tmp_path / "ivy.toml").write_text("[solo]\nenabled = true\n[whatsapp]\nenabled = false\n")
    write_service(tmp_path / "later")
    said = capsys.readouterr().err
    assert "public_url" not in said
    assert "ivy init --solo --service --into /" in said
    assert not list(tmp_path.rglob("Caddyfile"))
    (tmp_path / "ivy.toml").write_text("[solo]\nenabled = true\n[whatsapp]\nenabled = false\n[voice]\nenabled = true\n")
    write_service(tmp_path / "phoned")
    assert "public_url" in capsys.readouterr().err  # those who carry calls have to reach it


# --- what root makes for ivy -----------------------------------------------------------------------------


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others reach; those above a test's own are closed."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_what_root_makes_beside_the_database_is_its_owners(open_folder: Path) -> None:
    folder = open_folder / "state"
    folder.mkdir(mode=0o700)
    os.chown(folder, 64994, 64995)
    with ownership.as_owner_of(folder / "data"):
        (folder / "data").mkdir()
        (folder / "data/ivy.db").touch()
    for path in (folder / "data", folder / "data/ivy.db"):
        assert (path.stat().st_uid, path.stat().st_gid) == (64994, 64995)
    assert os.geteuid() == os.getegid() == 0
    (folder / "ivy.toml").touch(mode=0o600)
    ownership.let_group_read(folder / "ivy.toml")
    found = (folder / "ivy.toml").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, 64995, 0o640)


def test_in_a_folder_of_ones_own_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "ivy.toml").touch(mode=0o600)
    before = os.geteuid(), os.getegid()
    with ownership.as_owner_of(tmp_path / "not/there/yet"):
        assert (os.geteuid(), os.getegid()) == before
    if tmp_path.stat().st_gid == 0:
        ownership.let_group_read(tmp_path / "ivy.toml")
    assert stat.S_IMODE((tmp_path / "ivy.toml").stat().st_mode) == 0o600


# --- what doctor says of the pages ------------------------------------------------------------------------


def test_doctor_asks_for_the_pages_where_meta_does(tmp_path: Path) -> None:
    named = SiteSection(name="Ana", mail="ana@example.org", address="Calle 1", country="Colombia")
    emulated = changed("whatsapp", base_url="http://127.0.0.1:9")
    for config, state, words in (
        (Config(), State.LOOK, "site.name and site.mail not set"),
        (Config(site=SiteSection(name="Ana")), State.LOOK, "site.mail not set"),
        (emulated, State.NOT_NEEDED, "[site]"),
        (Config(site=SiteSection(name="Ana", mail="nonsense")), State.MISSING, "nonsense"),
        (Config(site=SiteSection(name="Ana", mail="ana@example.org")), State.LOOK, "/privacy and /terms name Ana"),
        (Config(site=named), State.OK, "in Ivy's words"),
        (Config(site=msgspec.structs.replace(named, terms_file="nowhere")), State.MISSING, "site.terms_file"),
    ):
        [found] = pages(config, tmp_path)
        assert (found.state, words in found.found) == (state, True), found
