"""`ivy daemon`: a plain line when it cannot start, one daemon per file, and a SIGTERM that ends it well."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivy.daemon import lock

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def whole() -> dict[str, str]:
    """What a daemon needs that never calls anybody."""
    return {
        "IVY_SERVER__PORT": str(free_port()),
        "IVY_SERVER__OPS_PORT": str(free_port()),
        "IVY_WHATSAPP__ENABLED": "false",
        "IVY_MODELS__PRIMARY__API_KEY": "sk-ant-never-used",
    }


@pytest.fixture
def running(ready: Any) -> "Iterator[subprocess.Popen[str]]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IVY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "ivy", "daemon"],
        cwd=ready.folder,
        env={**environment, "PYTHONPATH": str(ROOT), **whole()},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    while (line := process.stderr.readline()) and not line.startswith("Ivy listens"):
        pass
    yield process
    process.kill()
    process.wait()
    process.stderr.close()


def test_it_runs_until_sigterm_and_ends_well(ready: Any, running: "subprocess.Popen[str]") -> None:
    path = ready.folder / "data/ivy.db"
    assert lock.is_held(path)
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0
    assert running.stderr
    assert "Traceback" not in running.stderr.read()
    assert not lock.is_held(path)


def test_a_second_daemon_on_the_file_is_refused(ready: Any, running: "subprocess.Popen[str]") -> None:
    done = ready("daemon", env=whole())
    assert done.returncode == 1
    assert f"(process {running.pid}); stop it first." in done.stderr
    assert done.stderr.count("\n") == 1


def test_commands_work_beside_it(ready: Any, running: "subprocess.Popen[str]") -> None:
    assert ready("onboard", "--name", "Ana", "--phone", "+573001234567", "--zone", "America/Bogota").returncode == 0
    assert "Ana" in ready("users", "list").stdout
    assert ready("migrate").returncode == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"IVY_MODELS__PRIMARY__API_KEY": ""}, "models.primary has no key"),
        ({"IVY_WHATSAPP__ENABLED": "true"}, "whatsapp."),
        ({"IVY_LOG__LEVEL": "loud"}, "log.level is 'loud'; use debug, info, warning, error."),
        ({"IVY_ADMISSION__POLICY": "anybody"}, "admission.policy"),
        ({"IVY_SERVER__PRT": "1"}, "IVY_SERVER__PRT"),
        ({"IVY_TURNS__PREFIX_TOKENS": "10"}, "over turns.prefix_tokens = 10"),  # seen when it listens already
    ],
)
def test_what_keeps_it_from_starting_is_one_plain_line(ready: Any, changes: dict[str, str], said: str) -> None:
    done = ready("daemon", env=whole() | changes)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_one_plain_line(ready: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = ready("daemon", env=whole() | {"IVY_SERVER__PORT": str(taken.getsockname()[1])})
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert done.stderr.count("\n") == 1
