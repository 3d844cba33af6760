"""Switches: as usual until somebody sets them, and never anything but what is known."""

from datetime import UTC, datetime

import pytest

from ivy.errors import UsageError
from ivy.store import switches
from ivy.store.binding import Connection
from ivy.store.database import Store

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", switches.KNOWN)
async def test_each_is_as_usual_until_it_is_set_and_again_when_set_back(store: Store, name: str) -> None:
    known = switches.KNOWN[name]
    assert known.default in known.values
    assert await store.read(switches.value, name) == known.default
    for value in (*known.values, known.default):
        await store.write(switches.set_value, name, value, by="sam", now=NOW)
        assert await store.read(switches.value, name) == value


async def test_setting_returns_what_it_was_and_keeps_who(store: Store) -> None:
    assert await store.write(switches.set_value, "spend", "block", by="sam", now=NOW) == "on"
    assert await store.write(switches.set_value, "spend", "on", by="kim", now=NOW) == "block"
    spend = next(each for each in await store.read(switches.all_values) if each.name == "spend")
    assert (spend.value, spend.set_by, spend.set_at) == ("on", "kim", NOW)


async def test_a_value_of_another_version_counts_as_unset(store: Store) -> None:
    def older(connection: Connection) -> None:
        connection.execute("INSERT INTO switches VALUES ('spend', 'whisper', 0, 'sam')")

    await store.write(older)
    assert await store.read(switches.value, "spend") == "on"


async def test_what_is_not_known_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="on or block"):
        await store.write(switches.set_value, "spend", "maybe", by="sam", now=NOW)
    with pytest.raises(UsageError, match="No switch is called"):
        await store.read(switches.value, "nonsense")
