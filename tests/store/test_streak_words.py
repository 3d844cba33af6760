"""A word about an earlier day: the streak is what all words make, and a good one never ends it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.streaks import Outcome
from ivy.store import people, streaks
from ivy.store.binding import connect
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, within

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
FIRST = date(2026, 11, 1)
K, M, S = Outcome.KEPT, Outcome.MISSED, Outcome.SKIPPED


def tell(scope: Scope, *words: tuple[int, Outcome]) -> list[int]:
    """Record what was said of so many days after FIRST; return the streak after each word."""
    counted: list[int] = []
    for number, outcome in words:
        streaks.record(scope, FIRST + timedelta(days=number), outcome, source="test", now=NOW)
        counted.append(streaks.current(scope).current)
    return counted


async def test_who_says_late_that_they_did_it_keeps_the_streak_that_they_have(ana: PersonStore) -> None:
    week = [(number, outcome) for number, outcome in enumerate((M, K, K, K, M, M, K), start=1)]
    assert (await ana.write(tell, *week))[-1] == 4
    assert await ana.write(tell, (0, K)) == [5]
    assert await ana.read(streaks.of_day, FIRST + timedelta(days=6)) is Outcome.EXCUSED
    assert await ana.write(tell, (0, K)) == [5]  # heard again, nothing is added


async def test_a_word_about_today_excuses_nothing(ana: PersonStore) -> None:
    assert await ana.write(tell, (0, K), (1, M), (2, M), (3, M)) == [1, 1, 1, 0]
    assert await ana.read(streaks.of_day, FIRST + timedelta(days=3)) is M


# --- a word that is taken back ---------------------------------------------------------------------------


def say(scope: Scope, number: int, outcome: Outcome) -> None:
    day = FIRST + timedelta(days=number)
    streaks.record(scope, day, outcome, workout_id=f"w{number}", source="text", now=NOW)


LATE = [(number, outcome) for number, outcome in enumerate((M, K, K, K, M, M, K), start=2)]
"""The first miss has nothing to protect, unless something before it was kept: then the last one would end what went on."""
LAST_MISS = FIRST + timedelta(days=7)


async def test_the_days_that_a_good_word_excused_come_back_with_it(ana: PersonStore) -> None:
    await ana.write(tell, *LATE)
    before = await ana.read(streaks.events)
    await ana.write(say, 0, K)
    assert (await ana.read(streaks.current)).current == 5
    assert await ana.read(streaks.of_day, LAST_MISS) is Outcome.EXCUSED
    await ana.write(streaks.take_back, FIRST, now=NOW)
    assert await ana.read(streaks.events) == before
    assert (await ana.read(streaks.current)).current == 4
    await ana.write(say, 0, K)  # and again, as often as they like
    assert await ana.read(streaks.of_day, LAST_MISS) is Outcome.EXCUSED
    await ana.write(say, 0, S)  # another word in its place
    assert await ana.read(streaks.events) == [(FIRST, S), *before]


async def test_what_another_good_word_excuses_stays_excused(ana: PersonStore) -> None:
    await ana.write(tell, *LATE)
    before = await ana.read(streaks.events)
    for number in (0, 1):
        await ana.write(say, number, K)
    await ana.write(streaks.take_back, FIRST, now=NOW)
    assert await ana.read(streaks.of_day, LAST_MISS) is Outcome.EXCUSED
    await ana.write(streaks.take_back, FIRST + timedelta(days=1), now=NOW)
    assert await ana.read(streaks.events) == before


async def test_what_they_said_of_an_excused_day_themselves_stands(ana: PersonStore) -> None:
    await ana.write(tell, *LATE)
    await ana.write(say, 0, K)
    await ana.write(say, 7, K)
    await ana.write(streaks.take_back, LAST_MISS, now=NOW)
    assert await ana.read(streaks.of_day, LAST_MISS) is Outcome.EXCUSED  # by the word about the first day
    await ana.write(say, 7, K)
    await ana.write(streaks.take_back, FIRST, now=NOW)
    assert await ana.read(streaks.of_day, LAST_MISS) is K
    await ana.write(streaks.take_back, LAST_MISS, now=NOW)
    assert await ana.read(streaks.of_day, LAST_MISS) is M


async def test_of_a_day_of_which_nothing_was_said_nothing_is_taken_back(ana: PersonStore) -> None:
    await ana.write(tell, (0, K))
    await ana.write(streaks.take_back, FIRST + timedelta(days=1), now=NOW)
    rows = await ana.read(lambda scope: scope.execute("SELECT day FROM streak_events WHERE user_id = :user").fetchall())
    assert len(rows) == 1


@pytest.fixture(scope="module")
def scope() -> Iterator[Scope]:
    connection = connect("file::memory:")
    try:
        migrate(connection)
        people.add(connection, NewPerson("ana", "Ana", "active", "en-US", "America/New_York", "USD"), now=NOW)
        yield within(connection, "ana")
    finally:
        connection.close()


@settings(deadline=None)
@given(
    verdicts=st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(sorted(set(Outcome) - {Outcome.RESERVE}, key=str))),
        max_size=20,
        unique_by=lambda each: each[0],
    ),
    words=st.lists(st.tuples(st.integers(0, 20), st.sampled_from([K, Outcome.REST])), min_size=1, max_size=3),
)
def test_undoing_every_word_leaves_every_day_as_it_was(
    scope: Scope, verdicts: list[tuple[int, Outcome]], words: list[tuple[int, Outcome]]
) -> None:
    scope.execute("DELETE FROM streak_events WHERE user_id = :user")
    tell(scope, *verdicts)
    before = streaks.events(scope)
    for number, outcome in words:
        say(scope, number, outcome)
    for number, _outcome in words:
        streaks.take_back(scope, FIRST + timedelta(days=number), now=NOW)
    assert streaks.events(scope) == before
