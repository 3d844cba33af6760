"""Two people in the database, for the tests of the diary."""

from datetime import UTC, datetime

import pytest

from ivy.store import people
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, for_user

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""10:00 in Bogotá."""


@pytest.fixture
async def diary_store(store: Store) -> Store:
    """The store with Ana and Ben in it."""
    ana = NewPerson("ana", "Ana", "active", "es-CO", "America/Bogota", "COP")
    ben = NewPerson("ben", "Ben", "active", "en-US", "America/New_York", "USD")
    for person in (ana, ben):
        await store.write(people.add, person, now=MONDAY)
    return store


@pytest.fixture
def ana(diary_store: Store) -> PersonStore:
    return for_user(diary_store, "ana")


@pytest.fixture
def ben(diary_store: Store) -> PersonStore:
    return for_user(diary_store, "ben")
