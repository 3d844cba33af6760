"""The daemon's process: what it imports before it listens."""

import subprocess
import sys
from pathlib import Path

LATER = {
    "ivy.daemon.main",
    "ivy.daemon.handlers",
    "ivy.agent.turn",
    "ivy.tools.registry",
    "anthropic",
    "openai",
    "httpcore2",
}


def test_what_only_works_is_not_imported_before_it_listens() -> None:
    code = "import sys, ivy.daemon.process; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert "ivy.daemon.web" in done.stdout.split()
    assert not LATER & set(done.stdout.split())
