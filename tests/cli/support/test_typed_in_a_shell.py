"""The support commands as a shell runs them: exit codes, one line for an error, JSON and nothing else."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from tests.cli.support.conftest import Seeded

ROOT = Path(__file__).parents[3]


def shell(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "IVY_CONFIG": str(folder / "ivy.toml"), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "ivy", *words],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    ["jobs list", "dlq list", "replay-dlq --dry-run", "costs", "status", "switch", "tools list", "why wamid.IN1"],
)
def test_json_is_one_document_and_nothing_else(folder: Path, seeded: "Seeded", words: str) -> None:
    done = shell(folder, *words.split(), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    msgspec.json.decode(done.stdout)


def test_a_replay_that_cannot_ask_exits_2_with_one_line(folder: Path, seeded: "Seeded") -> None:
    done = shell(folder, "replay-dlq")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ivy: ") and len(done.stderr.splitlines()) == 1


def test_two_replays_in_a_row_both_end_well(folder: Path, seeded: "Seeded") -> None:
    first, second = shell(folder, "replay-dlq", "--yes"), shell(folder, "dlq", "replay", "--yes")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "is queued: the daemon is not running" in first.stdout
    assert "runs, with " in second.stdout and "send now" not in second.stdout


def test_without_a_database_one_line_says_what_to_do(folder: Path) -> None:
    done = shell(folder, "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert "`ivy init`" in done.stderr and len(done.stderr.splitlines()) == 1
