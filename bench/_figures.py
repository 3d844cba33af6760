"""What benchmarks share: two modes, one JSON line per figure, a folder for files. May import: the standard library."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Bench:
    """One run of one benchmark. `short` is a run that shows only that it works: its numbers mean nothing."""

    name: str
    short: bool

    def tell(
        self, figure: str, value: float, unit: str, *, n: int, promise: str = "", met: bool | None = None, **more: Any
    ) -> None:
        """Print one figure. `met` is None where nothing is promised: a floor, a peer, an explanation."""
        line = {
            "bench": self.name, "figure": figure, "value": round(value, 4), "unit": unit,
            "promise": promise, "met": met, "n": n, "short": self.short, **more,
        }  # fmt: skip
        print(json.dumps(line), flush=True)

    def note(self, text: str) -> None:
        """Say on stderr what is being done: a full run takes minutes."""
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)


def main(name: str, run: Callable[[Bench, Path], None]) -> None:
    """Run a benchmark in a folder that is deleted afterwards. A promise that is not met is printed, and is no failure."""
    parser = argparse.ArgumentParser(prog=f"bench/{name}.py")
    parser.add_argument(
        "--short", action="store_true", help="seconds instead of minutes: shows that it runs, not how fast"
    )
    parser.add_argument("--folder", type=Path, help="where the databases are made: the disk that is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=f"ivy-bench-{name}-", dir=options.folder) as folder:
        run(Bench(name, options.short), Path(folder))


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value that `part` of all (0 to 1) do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of runs that stood side by side: what else the machine does cancels out."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def wait_until(true: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Look every few milliseconds. Raises: TimeoutError, saying `what` did not come."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.01)
