"""What systemd is told: ready, stopping, and alive only while the writer commits."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from ivy.daemon import notify
from ivy.daemon.notify import Systemd, systemd_of
from ivy.store.database import Store


def listener(address: str) -> socket.socket:
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(address)
    heard.settimeout(5)
    return heard


@pytest.mark.parametrize("abstract", [False, True])
async def test_a_state_reaches_the_socket_that_the_environment_names(tmp_path: Path, abstract: bool) -> None:
    name = f"ivy-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with listener(f"\0{name}" if abstract else name) as heard:
        await systemd_of({"NOTIFY_SOCKET": f"@{name}" if abstract else name}).tell(notify.READY)
        assert heard.recv(100) == b"READY=1"


async def test_nobody_who_listens_is_no_trouble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with trio.fail_after(5):
        await systemd_of({}).tell(notify.READY)
        assert not caplog.records
        await Systemd(str(tmp_path / "nowhere")).tell(notify.READY)
    assert "READY=1" in caplog.text


async def test_a_socket_that_is_full_does_not_hold_the_daemon_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notify, "PATIENCE", 0.05)
    with listener(str(tmp_path / "notify")), trio.fail_after(20):
        while not caplog.records:
            await Systemd(str(tmp_path / "notify")).tell("x" * 10_000)
    assert "TooSlowError" in caplog.text


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, 0),
        ({"WATCHDOG_USEC": "60000000"}, 60),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, 0),
        ({"WATCHDOG_USEC": "soon"}, 0),
    ],
)
def test_the_watchdog_is_heeded_if_it_means_this_process(environment: dict[str, str], seconds: float) -> None:
    assert systemd_of(environment).watchdog_seconds == seconds


@dataclass(frozen=True)
class Told(Systemd):
    """Keeps what would be sent."""

    words: list[str] = field(default_factory=list[str])

    async def tell(self, words: str) -> None:
        self.words.append(words)


async def test_it_is_alive_while_the_writer_is_and_no_longer(autojump_clock: MockClock, store: Store) -> None:
    systemd = Told("somewhere", 60.0)
    for silent, heard in ((0, 3), (notify.OLDEST_BEAT + 1, 0), (0, 3)):
        store.beat = time.monotonic() - silent
        with trio.move_on_after(70):
            await systemd.keep_alive(store)
        assert systemd.words == [notify.ALIVE] * heard
        systemd.words.clear()


@pytest.mark.parametrize("systemd", [Systemd(), Systemd("", 0.01), Systemd("somewhere", 0.0)])
async def test_without_a_watchdog_nothing_keeps_running(systemd: Systemd, threaded_store: Store) -> None:
    with trio.fail_after(1):
        await systemd.keep_alive(threaded_store)


@pytest.mark.shell
def test_the_daemon_says_ready_alive_and_stopping(tmp_path: Path, database: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("IVY_")}
    ours = {
        "IVY_SERVER__PORT": str(free_port()),
        "IVY_SERVER__OPS_PORT": str(free_port()),
        "IVY_WHATSAPP__ENABLED": "false",
        "IVY_MODELS__PRIMARY__API_KEY": "sk-ant-never-used",
        "IVY_STORE__PATH": str(database),
        "IVY_STORE__SEAL_KEY": "0" * 64,
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "100000",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    (tmp_path / "ivy.toml").touch()
    with listener(str(tmp_path / "notify")) as heard:
        heard.settimeout(30)
        with subprocess.Popen(
            [sys.executable, "-m", "ivy", "daemon"], cwd=tmp_path, env=own | ours, stderr=subprocess.DEVNULL
        ) as daemon:
            assert heard.recv(100) == b"READY=1"
            assert heard.recv(100) == b"WATCHDOG=1"
            daemon.terminate()
            while (words := heard.recv(100)) == b"WATCHDOG=1":
                pass
            assert words == b"STOPPING=1"
            assert daemon.wait(30) == 0


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]
