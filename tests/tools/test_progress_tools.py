"""Trends in chat and on the phone: what there is, on how much it stands, in the person's language."""

from datetime import timedelta

import msgspec
import pytest

from ivy.ports import ToolCall
from ivy.store import scores
from ivy.store.scores import Marker, Score
from ivy.tools import progress
from ivy.tools.executor import Place, execute
from ivy.tools.registry import Effect, Registry, TurnContext
from tests.tools.diary import REGISTRY, Diary

OWN = Registry(progress.TOOLS)
TODAY = "2026-11-23"


async def trends(diary: Diary, turn: int = 1) -> str:
    context = TurnContext(diary.person, diary.now, diary.new_id, "trace")
    place = Place(f"{diary.person.id}-trends-{turn}", 1, 0)
    result = await execute(diary.rows, OWN, ToolCall("c1", "show_trends", "{}"), place, context)
    assert not result.failed, result.content
    return result.content


async def score(diary: Diary, measure: str, *values: int, every: int = 7) -> None:
    """Give scores, the last today, the others `every` days apart."""
    today = diary.now.date()
    for ago, value in enumerate(reversed(values)):
        given = Score(today - timedelta(days=ago * every), measure, value)
        await diary.rows.write(scores.record, given, score_id=diary.new_id(), now=diary.now)


async def test_without_scores_it_says_where_they_come_from(ben: Diary, ana: Diary) -> None:
    assert "no scores yet" in await trends(ben)
    assert "Todavía no hay puntajes" in await trends(ana)


async def test_each_measure_has_both_spans_with_their_n(ben: Diary) -> None:
    await score(ben, "energy", 3, 4, 5, 6, 7, 8)
    assert await trends(ben) == (
        "Energy 8/10. 4 weeks: going up, +1.0 a week (n=4); 12 weeks: going up, +1.0 a week (n=6)."
    )


async def test_under_four_scores_nothing_is_claimed(ana: Diary) -> None:
    await score(ana, "mood", 5, 9, 2)
    said = await trends(ana)
    assert said.count("muy pronto para decir (n=3, hacen falta 4)") == 2
    assert "subiendo" not in said and "bajando" not in said


async def test_down_and_steady_are_said_as_plainly(ana: Diary) -> None:
    await score(ana, "mood", 8, 6, 4, 2)
    await score(ana, "confidence", 5, 5, 5, 5)
    said = await trends(ana)
    assert "Ánimo 2/10. 4 semanas: bajando, -2.0 por semana (n=4)" in said
    assert "Confianza 5/10. 4 semanas: estable" in said


async def test_changes_are_counted_by_what_they_are_about(ben: Diary) -> None:
    for number, tag in enumerate(["sleep", "sleep", "relationships"]):
        marker = Marker(ben.now.date(), tag, f"words {number}")
        await ben.rows.write(scores.note, marker, marker_id=ben.new_id(), now=ben.now)
    old = Marker(ben.now.date() - timedelta(days=100), "work", "long ago")
    await ben.rows.write(scores.note, old, marker_id=ben.new_id(), now=ben.now)
    assert await trends(ben) == "Changes you told me of: sleep (2), people (1)."


async def test_nobody_sees_anothers(ben: Diary, ana: Diary) -> None:
    await score(ana, "energy", 1, 2, 3, 4)
    assert "no scores yet" in await trends(ben)


@pytest.mark.parametrize("phrase", list(progress.show_trends.examples))
def test_no_other_tool_has_its_phrases(phrase: str) -> None:
    others = [each for each in REGISTRY.tools.values() if each.name != progress.show_trends.name]
    assert all(phrase not in each.examples for each in others)


def test_it_reads_only_and_speaks_on_the_phone_too() -> None:
    tool = progress.show_trends
    assert (tool.effect, tool.text, tool.voice) == (Effect.READ, True, True)
    assert msgspec.json.decode(msgspec.json.encode(tool.spec.parameters))["properties"] == {}
