"""Every command in the runbook can be typed as it stands, in the order in which its page has them.

What asks a vendor, or the daemon, is typed in `test_runbook_asks.py`, where there are both.
"""

import shlex
from typing import TYPE_CHECKING

import pytest

from ivy.domain.safety import Risk
from ivy.store import people, reviews
from tests.cli.runbook_commands import PAGES, RUNBOOK, asks_others, commands_of

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_a_page_works(ivy: "Ivy", seeded: "Seeded", page: str) -> None:
    ana, review_id = seeded.hands.scope("ana-0001"), seeded.hands.new_id()
    people.hand_over(ana, seeded.hands.now)
    reviews.open_review(ana, review_id, Risk.ABUSE, source="chat", ref="m", words="help", now=seeded.hands.now)
    ana.execute(
        "INSERT INTO streak_events (user_id, day, outcome, source, at_ms) VALUES (:user, '2026-11-23', 'missed', 'day_close', 1)"
    )
    typed = [each for each in commands_of(page) if not asks_others(each)]
    means = {"ID": review_id if page == "somebody-in-danger" else seeded.poison, "WHO": "Ana"}
    for line in typed:
        done = ivy(*(means.get(word, word) for word in shlex.split(line)))
        assert (done.code, done.error) == (0, None), line


def test_every_page_has_something_to_type_and_nothing_is_left_out() -> None:
    assert all(commands_of(page) for page in PAGES)
    left_out = {each for page in PAGES for each in commands_of(page) if asks_others(each)}
    assert left_out and not any(each.startswith(("status", "switch", "dlq", "jobs", "users")) for each in left_out)


def test_the_runbook_names_every_fate() -> None:
    from ivy.domain.replay import Fate, in_words

    page = (RUNBOOK / "dead-letters.md").read_text()
    for what in Fate:
        assert in_words(what, "send") in page or in_words(what, "turn") in page
