"""Trio's own chance, seeded: under a virtual clock the same run has the same course, task by task. May import: trio.

Trio runs the tasks that are ready in an order of its own choosing, so that nobody comes to count on one. Its hook for
tests, the one that Hypothesis uses, makes that choice follow a seed.
"""

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_HOOK, _CHANCE = "_ALLOW_DETERMINISTIC_SCHEDULING", "_r"
_TRIO: Any = import_module("trio._core._run")  # trio has no public name for it


@contextmanager
def same_chance(seed: int) -> Generator[None]:
    """Let every `trio.run` in the block schedule its tasks as the seed has it; afterwards trio is as it was.

    A trio without the hook runs as ever, and the same seed then need not mean the same course.
    """
    if not hasattr(_TRIO, _HOOK) or not hasattr(_TRIO, _CHANCE):
        yield
        return
    before, state = getattr(_TRIO, _HOOK), getattr(_TRIO, _CHANCE).getstate()
    setattr(_TRIO, _HOOK, True)
    getattr(_TRIO, _CHANCE).seed(seed)
    try:
        yield
    finally:
        setattr(_TRIO, _HOOK, before)
        getattr(_TRIO, _CHANCE).setstate(state)
