"""A word about an earlier day: the streak is what all words make, and a good one never ends it."""

from datetime import UTC, date, datetime, timedelta

from ivy.domain.streaks import Outcome
from ivy.store import streaks
from ivy.store.scope import PersonStore, Scope

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
FIRST = date(2026, 11, 1)
K, M = Outcome.KEPT, Outcome.MISSED


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
