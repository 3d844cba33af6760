"""What was acknowledged is in the file after SIGKILL, whenever it comes. (Power loss: see `test_power_cut.py`.)"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

from ivy.store.settings import open_writer

PROGRAM = Path(__file__).with_name("producers.py")
ROOT = Path(__file__).parents[2]
KILLS = 20 if os.environ.get("IVY_FULL") else 5


def run_and_kill(database: Path, run: str, after: int) -> list[str]:
    """Let the producers work until `after` writes were acknowledged, kill them, and return what they acknowledged."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(database), run], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout is not None
        acknowledged: list[str] = []
        for line in process.stdout:
            acknowledged.append(line)
            if len(acknowledged) == after:
                process.send_signal(signal.SIGKILL)  # what it said before it died still comes down the pipe
        watchdog.cancel()
    assert process.returncode == -signal.SIGKILL and len(acknowledged) >= after
    # The last line may be cut short: nobody heard of that one.
    return [line.rstrip("\n") for line in acknowledged if line.endswith("\n")]


@pytest.mark.drill
def test_every_acknowledged_write_is_there_after_each_of_many_kills(database: Path) -> None:
    chance = Random(3)
    acknowledged: set[str] = set()
    for kill in range(KILLS):
        acknowledged |= set(run_and_kill(database, f"run{kill}", chance.randint(1, 3000)))
        connection = open_writer(database)
        try:
            kept = {row["key"] for row in connection.execute("SELECT key FROM jobs")}
            lanes = connection.execute("SELECT count(*) FROM lanes").fetchone()[0]
            whole = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        finally:
            connection.close()
        assert acknowledged <= kept
        assert whole == ["ok"]
        assert lanes == len({int(key.split("-")[1]) % 9 for key in kept})
    assert len(acknowledged) >= KILLS
