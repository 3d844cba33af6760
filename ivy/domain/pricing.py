"""What a model call costs, exact to the micro-dollar. May import: the standard library.

Rates are whole micro-dollars per million tokens, so a price is one integer division, rounded up once.
"""

from typing import Protocol

_MILLION = 1_000_000


class Tokens(Protocol):
    """Tokens of one call: `input` is the whole prompt, its cached parts inside."""

    @property
    def input(self) -> int: ...
    @property
    def output(self) -> int: ...
    @property
    def cache_read(self) -> int: ...
    @property
    def cache_write(self) -> int: ...


class Rates(Protocol):
    """Micro-dollars per million tokens."""

    @property
    def input(self) -> int: ...
    @property
    def output(self) -> int: ...
    @property
    def cache_read(self) -> int: ...
    @property
    def cache_write(self) -> int: ...


def cost_micros(usage: Tokens, prices: Rates) -> int:
    """Return what a call cost in micro-dollars, rounded up; counts and rates below zero are taken as zero."""
    read, write = max(usage.cache_read, 0), max(usage.cache_write, 0)
    # A vendor that reports more cached than there was in all still billed the cached parts.
    fresh = max(usage.input - read - write, 0)
    return _rounded_up(
        fresh * max(prices.input, 0)
        + read * max(prices.cache_read, 0)
        + write * max(prices.cache_write, 0)
        + max(usage.output, 0) * max(prices.output, 0)
    )


def estimate_micros(input_tokens: int, output_tokens: int, prices: Rates) -> int:
    """Return the most a call can cost whose prompt and answer stay within these tokens: what to reserve for it.

    Every token of the prompt is counted at its dearest: it may be read from a cache, written to one, or neither.
    """
    dearest = max(prices.input, prices.cache_read, prices.cache_write, 0)
    return _rounded_up(max(input_tokens, 0) * dearest + max(output_tokens, 0) * max(prices.output, 0))


def _rounded_up(micros_times_million: int) -> int:
    return -(-micros_times_million // _MILLION)
