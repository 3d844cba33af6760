"""`ivy costs project` against what then happened: a simulated month of people, projected from the four weeks before it.

IVY_FULL: eight weeks of 20 people, to 5 %. Usually: that the path from a lived file to a projection holds, on two days.
"""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ivy.cli import week_life, week_towns
from ivy.daemon import rate_card
from ivy.domain import projection
from ivy.emulators import personas
from ivy.store import costs, past_costs
from ivy.store.settings import open_reader

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
FULL = bool(os.environ.get("IVY_FULL"))
PEOPLE, DAYS, SEED = (20, 56, 5) if FULL else (3, 2, 5)


def test_the_days_that_follow_cost_what_was_projected(tmp_path: Path) -> None:
    config = week_life.week_config()
    who = personas.people(PEOPLE, SEED, only=("keen", "text_only", "traveller"))
    [town] = week_towns.plans(who, DAYS, SEED, MONDAY, config, tmp_path, most=PEOPLE)
    week_towns.live(town, lambda _part: None)
    first: date = MONDAY.date()
    half = DAYS // 2
    rates = rate_card.load(config.whatsapp.rates_file, town.folder)
    reader = open_reader(config.database(town.folder))
    try:
        before = past_costs.past(reader, rates, since=first, until=first + timedelta(half - 1))
        actual = costs.costs(
            reader,
            "kind",
            since=str(first + timedelta(half)),
            until=str(first + timedelta(DAYS - 1)),
            today=str(first),
            cap_micros=0,
        ).total_micros
        mix = past_costs.mix(reader, since=first, until=first + timedelta(DAYS - 1))
    finally:
        reader.close()
    found = projection.from_past(before, days=half)
    assert actual > 0
    assert mix.turn_micros is not None
    assert sum(mix.call_seconds.values()) > 0
    assert found.total.likely > 0
    assert sum(line.likely for line in found.lines) == pytest.approx(found.total.likely, abs=len(found.lines))
    if FULL:
        assert found.total.likely == pytest.approx(actual, rel=0.05)
        assert found.total.low <= actual <= found.total.high
