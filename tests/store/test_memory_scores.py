"""Memory answers Ivy's own set of questions no worse than the scores that are committed (bench/README.md)."""

from pathlib import Path

import pytest

from bench import memory_scores
from bench.memory_scores import EMULATED, emulated, questions, read, score
from ivy.adapters import minilm

SLACK = 0.005
"""Less than one question."""


def test_the_set_is_large_enough_and_refers_to_itself() -> None:
    ids = [row[0] for row in read("memory_set.tsv")]
    assert len(ids) == len(set(ids)) >= 150
    asked = questions()
    assert len(asked) >= 150
    assert sum(1 for each in asked if not each.wanted) >= 25
    assert {one for each in asked for one in each.wanted} <= set(ids)
    spanish = sum(1 for each in asked if each.text.startswith("¿"))
    assert spanish >= 40
    assert len(asked) - spanish >= 40


def test_words_alone_do_not_get_worse(tmp_path: Path) -> None:
    found = score(tmp_path, None)
    assert found.recall_at_1 >= 0.291 - SLACK
    assert found.recall_at_5 >= 0.361 - SLACK
    assert found.abstention >= 0.633 - SLACK


def test_the_emulated_embedder_does_not_get_worse(tmp_path: Path) -> None:
    found = score(tmp_path, emulated, *EMULATED)
    assert found.recall_at_1 >= 0.41 - SLACK
    assert found.recall_at_5 >= 0.61 - SLACK
    assert found.abstention >= 0.43 - SLACK


@pytest.mark.skipif(bool(minilm.missing()), reason="ivy[local] is not installed")
def test_the_local_model_does_not_get_worse(tmp_path: Path) -> None:
    found = score(tmp_path, memory_scores.local(None), minilm.NAME, minilm.DIMENSIONS)
    assert found.recall_at_1 >= 0.65 - SLACK
    assert found.recall_at_5 >= 0.73 - SLACK
    assert found.abstention >= 0.63 - SLACK
