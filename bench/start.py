"""How soon `ivy --help` answers beside an empty Typer app, and how soon the daemon listens. May import: everything.

Beside each time stands the CPU that the process used for it, best of all runs: what else the machine does adds least to that.
"""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from _figures import Bench, main, quantile, wait_until

from ivy.daemon.preparing import prepare
from ivy.store.sealing import new_key

IVY = "from ivy.cli.app import main; main()"
EMPTY = """
import typer
app = typer.Typer()
@app.command()
def hello() -> None:
    "Say hello."
app()
"""
CONFIGURATION = """\
[store]
path = "ivy.db"
seal_key_file = "seal_key"
[server]
port = {port}
ops_port = {ops_port}
[whatsapp]
base_url = "http://127.0.0.1:{nobody}"
phone_number_id = "106540352242922"
token_file = "word"
app_secrets_file = "word"
verify_token_file = "word"
[models.primary]
vendor = "anthropic"
model = "claude-sonnet-5-5"
base_url = "http://127.0.0.1:{nobody}"
api_key_file = "word"
[log]
level = "error"
"""


@dataclass(frozen=True)
class Size:
    pairs: int
    starts: int


@dataclass(frozen=True)
class Took:
    """One run: what passed, and what its process used; both in seconds."""

    seconds: float
    cpu: float


FULL = Size(pairs=40, starts=15)
SHORT = Size(pairs=3, starts=1)


def run(bench: Bench, folder: Path) -> None:
    size = SHORT if bench.short else FULL
    help_beside_an_empty_app(bench, size)
    listening(bench, folder, size)


def help_beside_an_empty_app(bench: Bench, size: Size) -> None:
    for program in (IVY, EMPTY):
        time_of_help(program)  # the first run compiles
    ours: list[Took] = []
    empty: list[Took] = []
    for _number in range(size.pairs):
        empty.append(time_of_help(EMPTY))
        ours.append(time_of_help(IVY))
    over = median(a.seconds - b.seconds for a, b in zip(ours, empty, strict=True)) * 1000
    for name, times in (("an empty Typer app's --help", empty), ("ivy --help", ours)):
        bench.tell(name, median(each.seconds for each in times) * 1000, "ms", n=size.pairs, cpu_ms=best_cpu_ms(times))
    bench.tell(
        "ivy --help over an empty app's", over, "ms", promise="<= 40 ms", met=over <= 40, n=size.pairs,
        cpu_ms=round(best_cpu_ms(ours) - best_cpu_ms(empty), 1),
    )  # fmt: skip


def time_of_help(program: str) -> Took:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program, "--help"], check=True, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def best_cpu_ms(times: Sequence[Took]) -> float:
    return round(min(each.cpu for each in times) * 1000, 1)


def listening(bench: Bench, folder: Path, size: Size) -> None:
    """Time the daemon from its process's start to its first 200, on a migrated database and without a network."""
    port, ops_port, nobody = free_ports(3)
    prepare(folder / "ivy.db")
    for name, words in {"seal_key": new_key(), "word": "emulated-for-a-benchmark"}.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(words)
    (folder / "ivy.toml").write_text(CONFIGURATION.format(port=port, ops_port=ops_port, nobody=nobody))
    time_to_listen(folder, ops_port)  # the first run compiles
    times = [time_to_listen(folder, ops_port) for _number in range(size.starts)]
    seconds = [each.seconds for each in times]
    middle = median(seconds)
    bench.tell(
        "the daemon listens after", middle, "s", promise="<= 1 s", met=middle <= 1, n=size.starts,
        best=round(min(seconds), 3), p90=round(quantile(seconds, 0.9), 3), cpu_ms=best_cpu_ms(times),
    )  # fmt: skip


def time_to_listen(folder: Path, ops_port: int) -> Took:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ivy", "--config", str(folder / "ivy.toml"), "daemon"],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: is_alive(ops_port) or process.poll() is not None, seconds=60, what="/livez")
        took = Took(time.perf_counter() - began, cpu_of(process.pid))
        assert process.poll() is None, f"the daemon ended with {process.returncode}"
        return took
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process has used; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_alive(ops_port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ops_port}/livez", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _number in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


if __name__ == "__main__":
    main("start", run)
