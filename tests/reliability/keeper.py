"""What systemd is to a real machine: `python keeper.py start|stop FOLDER` for the daemon of FOLDER/current.

`stop` returns when it has ended. Nothing here starts a daemon again that ended by itself.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 30.0


def lives(number: int) -> bool:
    """Say whether a process runs; one that ended and was not fetched yet does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def start(root: Path) -> None:
    if (number := kept(root)) and lives(number):
        return
    with (root / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [root / "current/bin/ivy", "daemon"], cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "IVY_CONFIG": str(root / "ivy.toml")}, start_new_session=True,
        )  # fmt: skip
    (root / "pid").write_text(str(process.pid))


def stop(root: Path) -> None:
    number = kept(root)
    if not number or not lives(number):
        return
    os.kill(number, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    while lives(number):
        if time.monotonic() > until:
            sys.exit(1)
        time.sleep(0.02)


def kept(root: Path) -> int:
    return int((root / "pid").read_text()) if (root / "pid").exists() else 0


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](Path(sys.argv[2]))
