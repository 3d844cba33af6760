"""Retell keeps what every provider of phone calls promises Ivy."""

from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from trio.testing import MockClock

from tests.adapters.retell_ground import retell
from tests.adapters.voice_contract import CONTRACT, Ground


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda promise: promise.__name__)
async def test_retell(promise: Callable[[Ground], Awaitable[None]], autojump_clock: MockClock) -> None:
    async with retell() as ground:
        await promise(cast(Ground, ground))
