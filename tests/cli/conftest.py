"""The real program: as a process with pipes, on a terminal of its own, or in the process of the tests."""

import contextvars
import io
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivy.cli import app

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds; a machine with other work starts a program slowly, and what hangs does so for ever."""


STARTS_PROCESSES = {"program", "initialised", "terminal"}


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The machine's, without what would configure Ivy or colour its output."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("IVY_", "NO_COLOR", "FORCE_"))}
    return plain | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "200"} | dict(more or {})


@dataclass(frozen=True)
class Program:
    """Runs `ivy` in a folder where an ivy.toml may be."""

    folder: Path

    def __call__(
        self, *words: str, env: Mapping[str, str] | None = None, typed: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "ivy", *words],
            cwd=self.folder,
            env=environment(env),
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


class Here(Program):
    """Runs it in this process, from the function that a process of its own would run: a tenth of the time.

    For variations of what is typed, where each command is run as a process of its own by some other test.
    """

    def __call__(
        self, *words: str, env: Mapping[str, str] | None = None, typed: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for name in ("stdout", "stderr")}
        with pytest.MonkeyPatch.context() as patch:
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8"))
            patch.setattr(sys, "argv", ["ivy", *words])
            patch.chdir(self.folder)
            code = contextvars.Context().run(_exit_code, words, environment(env))
        out, err = (_shown(stream) for stream in streams.values())
        return subprocess.CompletedProcess(words, code, out, err)


def _exit_code(words: tuple[str, ...], env: Mapping[str, str]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - env.keys():
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            app.main(words)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def _shown(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


class Terminal:
    """`ivy` with a person before it: what it shows, and what they type."""

    def __init__(self, folder: Path, words: tuple[str, ...], env: Mapping[str, str] | None = None) -> None:
        self._ours, theirs = pty.openpty()
        self.shown = ""
        self._seen = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ivy", *words],
            cwd=folder,
            env=environment(env),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(theirs)

    def expect(self, text: str) -> None:
        """Wait until a text is shown, after what was expected before."""
        until = time.monotonic() + PATIENCE
        while text not in self.shown[self._seen :] and time.monotonic() < until and self._read():
            pass
        assert text in self.shown[self._seen :], f"{text!r} was not shown; this was: {self.shown}"
        self._seen = self.shown.index(text, self._seen) + len(text)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> int:
        """Press Ctrl-C as people do, again if it seems unheard (Python may miss one that comes as it begins to read)."""
        for _ in range(10):
            self.type("\x03")
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                continue
            break
        return self.end()

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self, patience: float = PATIENCE) -> bool:
        ready, _, _ = select.select([self._ours], [], [], patience)
        try:
            data = os.read(self._ours, 65536) if ready else b""
        except OSError:  # the program has gone
            data = b""
        self.shown += data.decode(errors="replace")
        return bool(data)


def _take_terminal() -> None:
    """Make the terminal the process's own, so that Ctrl-C typed there reaches it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background has it ignored
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts processes; `test_program` does too, and stands for the rest on every Python."""
    for item in items:
        if item.path.name != "test_program.py" and STARTS_PROCESSES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.shell)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `ivy init` makes off a terminal."""
    folder = tmp_path_factory.mktemp("initialised")
    assert Program(folder)("init").returncode == 0
    return folder


@pytest.fixture
def ready(program: Program, initialised: Path) -> Program:
    """The program beside a fresh configuration and database."""
    shutil.copytree(initialised, program.folder, dirs_exist_ok=True)
    return program


@pytest.fixture
def here(ready: Program) -> Here:
    """The same in the process of the tests."""
    return Here(ready.folder)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*words: str, env: Mapping[str, str] | None = None) -> Terminal:
        opened.append(Terminal(tmp_path, words, env))
        return opened[-1]

    yield start
    for each in opened:
        each.close()
