"""A day of many people, told anew by each seed: whatever chance brings, what must never happen does not (C-launch-7)."""

import os
from datetime import UTC, datetime

import pytest

from ivy.cli import simulate_week

SEEDS = range(1, 101) if os.environ.get("IVY_FULL") == "1" else range(1, 4)
PEOPLE = 12
SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)
"""A day on which weeks are planned and summed up too."""


@pytest.mark.drill
def test_twenty_four_hours_go_well_whatever_chance_brings() -> None:
    days = {seed: simulate_week.run(PEOPLE, 1, seed, begins=SUNDAY).report for seed in SEEDS}
    assert {seed: day.never for seed, day in days.items() if not day.never.is_empty} == {}
    assert len({day.transcript for day in days.values()}) == len(SEEDS)
