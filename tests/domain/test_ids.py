"""Our own ids: in order of time, different, and told by a seed."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.ids import uuid7

NOW = datetime(2026, 12, 1, 12, 0, 0, 123456, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_instants = st.timedeltas(timedelta(0), timedelta(days=365 * 8000)).map(lambda span: EPOCH + span)


@given(_instants, st.integers())
def test_an_id_is_a_uuid_of_version_seven_with_the_time_in_front(now: datetime, seed: int) -> None:
    text = uuid7(now, Random(seed))
    parsed = UUID(text)
    assert str(parsed) == text and len(text) == 36
    assert parsed.version == 7 and parsed.variant == RFC_4122
    assert parsed.int >> 80 == (now - EPOCH) // timedelta(milliseconds=1)


@given(_instants, st.integers(1, 10**9), st.integers(), st.integers())
def test_ids_sort_by_the_microsecond_they_were_made_in(now: datetime, later: int, one: int, other: int) -> None:
    assert uuid7(now, Random(one)) < uuid7(now + timedelta(microseconds=later), Random(other))


def test_ids_of_one_instant_differ() -> None:
    chance = Random(1)
    assert len({uuid7(NOW, chance) for _ in range(10_000)}) == 10_000


def test_the_same_seed_gives_the_same_ids() -> None:
    assert [uuid7(NOW, chance) for chance in [Random(7)] * 3] == [uuid7(NOW, chance) for chance in [Random(7)] * 3]


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        uuid7(NOW.replace(tzinfo=None), Random(1))
