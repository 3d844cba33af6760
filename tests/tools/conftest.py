"""Two people with their tools."""

import pytest

from ivy.store.database import Store
from tests.tools.diary import ANA, BEN, Diary, diary_of


@pytest.fixture
async def ben(store: Store) -> Diary:
    """Speaks English, in New York, in dollars."""
    return await diary_of(store, BEN)


@pytest.fixture
async def ana(store: Store) -> Diary:
    """Speaks Spanish, in Bogotá, in pesos."""
    return await diary_of(store, ANA)
