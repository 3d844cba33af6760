from datetime import UTC, datetime

from ivy.store import preferences
from ivy.store.scope import PersonStore

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


async def test_the_newest_word_wins_and_is_ones_own(ana: PersonStore, ben: PersonStore) -> None:
    for value in ("gentle", "strict"):
        await ana.write(preferences.remember, "tone", value, source="text", now=NOW)
    await ana.write(preferences.remember, "tone_of_calls", "gentle", source="text", now=NOW)
    await ben.write(preferences.remember, "tone", "calm", source="text", now=NOW)
    assert await ana.read(preferences.recall, "tone") == "strict"
    assert await ana.read(preferences.beginning, "tone") == {"tone": "strict", "tone_of_calls": "gentle"}
    assert await ana.read(preferences.beginning, "tone_") == {"tone_of_calls": "gentle"}
    await ana.write(preferences.forget, "tone")
    assert await ana.read(preferences.recall, "tone") is None
    assert await ben.read(preferences.recall, "tone") == "calm"
