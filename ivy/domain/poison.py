"""Which job fails the same way each time, and so is not worth another try. May import: the standard library."""

from collections.abc import Sequence
from types import TracebackType
from typing import cast

THIRD_TIME = 3


def fingerprint(error: BaseException) -> str:
    """Return the error's type and the innermost function of Ivy it passed: "builtins.KeyError@ivy.agent.turn:run".

    Neither message nor line is part of it: both change while the fault stays. A group is known by its leaves.
    """
    return "+".join(sorted(set(_leaves(error))))


def is_poison(fingerprints: Sequence[str]) -> bool:
    """Say whether the latest three of a job's failures, oldest first, were the same."""
    latest = fingerprints[-THIRD_TIME:]
    return len(latest) == THIRD_TIME and len(set(latest)) == 1


def _leaves(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return [leaf for member in group.exceptions for leaf in _leaves(member)]
    kind = type(error)
    return [f"{kind.__module__}.{kind.__qualname__}@{_place(error.__traceback__)}"]


def _place(traceback: TracebackType | None) -> str:
    place = "elsewhere"
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if module == "ivy" or module.startswith("ivy."):
            place = f"{module}:{traceback.tb_frame.f_code.co_qualname}"
        traceback = traceback.tb_next
    return place
