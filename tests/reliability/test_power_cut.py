"""What was acknowledged is on the disk when the power goes, and this test would notice if it were not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("power_cut.py")
GROUPS = 600 if os.environ.get("IVY_FULL") else 150


def cut_power(folder: Path, synchronous: str, seed: int = 5) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), synchronous, str(seed), str(GROUPS)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, int] = json.loads(done.stdout)
    assert result["cuts"] > GROUPS and result["acknowledged"] >= GROUPS and result["writes"] > GROUPS
    return result


@pytest.mark.drill
def test_no_acknowledged_row_is_lost_with_the_stores_own_settings(tmp_path: Path) -> None:
    result = cut_power(tmp_path, "as shipped")
    assert (result["lost"], result["damaged"]) == (0, 0), result


@pytest.mark.drill
def test_rows_are_lost_without_the_sync_of_each_commit(tmp_path: Path) -> None:
    """Proves the test above: the same run with synchronous = NORMAL must lose rows."""
    result = cut_power(tmp_path, "NORMAL")
    assert result["lost"] > 0, result
    assert result["damaged"] == 0, result
