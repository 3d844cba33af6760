"""Every command in the runbook of support can be typed as it stands, in the order in which the page has them."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivy.domain.safety import Risk
from ivy.store import people, reviews

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook"
PAGES = sorted(path.stem for path in RUNBOOK.glob("*.md"))
ASKS_OTHERS = (
    "doctor",
    "voice probe",
    "call ",
    "whatsapp probe",
    "whatsapp templates s",
    "whatsapp flows push",
    "whatsapp flows key",
)
"""What needs Meta, or ends with 1 where something is missing: their own tests type them."""


def commands(page: str) -> list[str]:
    lines = (RUNBOOK / f"{page}.md").read_text().splitlines()
    typed = [line.strip() for line in lines if line.strip().startswith("ivy ") and line.startswith("    ")]
    return [line for line in typed if not line.removeprefix("ivy ").startswith(ASKS_OTHERS)]


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_a_page_works(ivy: "Ivy", seeded: "Seeded", page: str) -> None:
    ana, review_id = seeded.hands.scope("ana-0001"), seeded.hands.new_id()
    people.hand_over(ana, seeded.hands.now)
    reviews.open_review(ana, review_id, Risk.ABUSE, source="chat", ref="m", words="help", now=seeded.hands.now)
    ana.execute(
        "INSERT INTO streak_events (user_id, day, outcome, source, at_ms) VALUES (:user, '2026-11-23', 'missed', 'day_close', 1)"
    )
    typed = commands(page)
    assert typed or page == "security"
    means = {"ID": review_id if page == "somebody-in-danger" else seeded.poison, "WHO": "Ana"}
    for line in typed:
        done = ivy(*(means.get(word, word) for word in shlex.split(line)[1:]))
        assert (done.code, done.error) == (0, None), line


def test_the_runbook_names_every_fate() -> None:
    from ivy.domain.replay import Fate, in_words

    page = (RUNBOOK / "dead-letters.md").read_text()
    for what in Fate:
        assert in_words(what, "send") in page or in_words(what, "turn") in page
