"""The real `ivy daemon` in a process of its own, and the emulated vendors on ports beside it. May import: everything."""

import os
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import trio
from _figures import wait_until

from ivy import log
from ivy.cli.world import APP_SECRET, KEY, PNID, TOKEN, VERIFY, WABA, make_brain
from ivy.daemon.server import bind, serve
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.openai import OpenAIEmulator
from ivy.emulators.transcription import Said, TranscriptionEmulator

SPOKEN = "I spent $5 on taxi"
"""What is heard in every voice note."""
START_SECONDS = 60


@dataclass(frozen=True)
class Ports:
    """Where everybody listens on loopback."""

    ivy: int
    ops: int
    whatsapp: int
    anthropic: int
    openai: int
    transcription: int
    empty: int

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that nobody uses, all looked for at once so that they differ."""
        names = cls.__dataclass_fields__
        held = {name: socket.socket() for name in names}
        for each in held.values():
            each.bind(("127.0.0.1", 0))
        found: dict[str, int] = {name: each.getsockname()[1] for name, each in held.items()}
        for each in held.values():
            each.close()
        return cls(**found)


def origin(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def environment(ports: Ports, **more: str) -> dict[str, str]:
    """Return what makes a daemon talk to these vendors and to nobody else."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IVY_")}
    settings = {
        "SERVER__PORT": str(ports.ivy),
        "SERVER__OPS_PORT": str(ports.ops),
        "STORE__SEAL_KEY": "00" * 32,
        "WHATSAPP__BASE_URL": origin(ports.whatsapp),
        "WHATSAPP__PHONE_NUMBER_ID": PNID,
        "WHATSAPP__WABA_ID": WABA,
        "WHATSAPP__TOKEN": TOKEN,
        "WHATSAPP__APP_SECRETS": APP_SECRET,
        "WHATSAPP__VERIFY_TOKEN": VERIFY,
        "MODELS__PRIMARY__BASE_URL": origin(ports.anthropic),
        "MODELS__PRIMARY__API_KEY": KEY,
        "MODELS__FALLBACK__BASE_URL": f"{origin(ports.openai)}/v1",
        "MODELS__FALLBACK__API_KEY": KEY,
        "TRANSCRIPTION__BASE_URL": f"{origin(ports.transcription)}/v1",
        "TRANSCRIPTION__API_KEY": KEY,
        "LOG__LEVEL": "warning",
        **more,
    }
    return inherited | {f"IVY_{name}": value for name, value in settings.items()}


@contextmanager
def process(
    words: list[str], port: int, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Generator["subprocess.Popen[bytes]"]:
    """Run a server until the block ends; what is inside begins when it listens."""
    running = subprocess.Popen([sys.executable, *words], cwd=cwd, env=env)
    try:
        wait_until(
            lambda: running.poll() is None and listens(port), seconds=START_SECONDS, what=f"the server on port {port}"
        )
        yield running
    finally:
        running.terminate()
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def daemon(folder: Path, ports: Ports, **more: str) -> Any:
    """Run the real `ivy daemon` on the database in `folder`."""
    (folder / "ivy.toml").touch()
    root = str(Path(__file__).parents[1])
    settings = {**environment(ports, **more), "PYTHONPATH": root}
    return process(["-m", "ivy", "daemon"], ports.ivy, cwd=folder, env=settings)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


async def be_models(ports: Ports, model_seconds: float) -> None:
    """Be everybody who thinks or listens, until killed; each answer takes a while, as it does in life."""
    log.start("critical", plain=True)
    brain = make_brain()
    apps: Mapping[int, Any] = {
        ports.anthropic: AnthropicEmulator(brain).app,
        ports.openai: OpenAIEmulator(brain).app,
        ports.transcription: TranscriptionEmulator(keys={KEY}, otherwise=Said(SPOKEN)).app,
    }
    async with trio.open_nursery() as nursery:
        for port, app in apps.items():
            slow = partial(_later, app, model_seconds)
            nursery.start_soon(partial(serve, slow, bind("127.0.0.1", port), stop=trio.Event(), grace=1))


async def _later(app: Any, seconds: float, scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await trio.sleep(seconds)
    await app(scope, receive, send)


@dataclass(frozen=True)
class Used:
    """What a process has taken so far: processor seconds, and the most memory at once."""

    cpu_seconds: float
    peak_megabytes: float


def used_by(pid: int) -> Used:
    """Read what Linux knows of a process; zeros elsewhere."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return Used(0.0, 0.0)
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return Used((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), peak / 1024)
