"""What app and commands both need before anything heavy is imported. May import: the standard library."""

from contextvars import ContextVar
from typing import cast

given_config: ContextVar[str | None] = ContextVar("given_config", default=None)
"""`--config`, or IVY_CONFIG; None when neither was given."""


def alone(error: BaseException) -> BaseException:
    """Return the first error of a nursery's group, or the error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
