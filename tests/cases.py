"""Many small cases in one test: to begin a test takes pytest longer than such a case takes. Every case that fails is named."""

from collections.abc import Callable, Iterable
from typing import Any


def each_case(
    names: str | tuple[str, ...], cases: Iterable[Any]
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Run a test with each of many arguments, like `pytest.mark.parametrize`, as one test. It takes no fixtures.

    Raises: an ExceptionGroup of all failures, each with its case.
    """
    words, known = (names,) if isinstance(names, str) else names, list(cases)
    assert known, "there are no cases"

    def make(test: Callable[..., None]) -> Callable[[], None]:
        def run() -> None:
            failures: list[Exception] = []
            for case in known:
                try:
                    test(**dict(zip(words, (case,) if len(words) == 1 else case, strict=True)))
                except Exception as failure:  # the others are looked at all the same
                    failure.add_note(f"in the case {case!r}"[:500])
                    failures.append(failure)
            if failures:
                raise ExceptionGroup(f"{len(failures)} of {len(known)} cases", failures)

        run.__name__ = run.__qualname__ = test.__name__
        run.__doc__ = test.__doc__
        run.__module__ = test.__module__
        return run

    return make
