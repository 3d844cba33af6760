"""What is remembered of talks: the day's sentence, scores, changes, transcripts; each person's own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ivy.domain import if_then as if_then_rule
from ivy.domain.calls import Spoken
from ivy.domain.if_then import IfThen
from ivy.store import if_then, scores, transcripts, workouts
from ivy.store.binding import Connection, IntegrityError
from ivy.store.scope import PersonStore, Scope
from ivy.store.scores import Marker, Score
from ivy.store.workouts import Workout

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
RUN = IfThen(TODAY, "run", "it is six", "it rains", "stairs", "w1")


def save(scope: Scope, plan: IfThen, number: int = 1, at: datetime = NOW) -> None:
    if_then.save(scope, plan, plan_id=f"{scope.user_id}-p{number}", source="call", now=at)


async def test_a_day_has_one_sentence_and_the_last_word_counts(ana: PersonStore, ben: PersonStore) -> None:
    await ana.write(save, RUN)
    assert await ana.read(if_then.of_day, TODAY) == RUN
    later = IfThen(TODAY, "yoga", "I am home")
    await ana.write(save, later, 2, NOW + timedelta(minutes=5))
    assert await ana.read(if_then.of_day, TODAY) == later
    assert await ana.read(if_then.last_changed, NOW) == (later, NOW + timedelta(minutes=5))
    assert await ana.read(if_then.last_changed, NOW + timedelta(hours=1)) is None
    assert await ben.read(if_then.of_day, TODAY) is None
    await ben.write(if_then.forget, TODAY)
    await ana.write(if_then.forget, TODAY)
    assert await ana.read(if_then.of_day, TODAY) is None


@pytest.mark.parametrize(
    ("cue", "language", "said"),
    [
        ("it is six", "en", "If it is six, then run; if it rains, then stairs."),
        ("I am in the park", "en", "If I am in the park, then run; if it rains, then stairs."),
        ("llego a casa", "es", "Si llego a casa, entonces run; si it rains, entonces stairs."),
    ],
)
async def test_a_sentence_from_before_there_was_a_place_reads_as_it_did(
    ana: PersonStore, cue: str, language: str, said: str
) -> None:
    def written_by_the_previous_program(scope: Scope) -> None:
        scope.execute(
            "INSERT INTO if_then_plans (id, user_id, day, workout_id, cue, workout, barrier, small_version, source, changed_at_ms)"
            " VALUES ('old', :user, '2026-11-23', NULL, :cue, 'run', 'it rains', 'stairs', 'call', 0)",
            cue=cue,
        )

    await ana.write(written_by_the_previous_program)
    kept = await ana.read(if_then.of_day, TODAY)
    assert kept is not None
    assert kept == IfThen(TODAY, "run", cue, "it rains", "stairs", place="")
    assert if_then_rule.sentence(kept, language) == said


async def test_time_and_place_are_columns_apart(ana: PersonStore) -> None:
    plan = replace(RUN, place="in the park")
    await ana.write(save, plan)
    assert await ana.read(if_then.of_day, TODAY) == plan
    await ana.write(save, RUN, 2)  # a new sentence without a place forgets the old one's
    assert await ana.read(if_then.of_day, TODAY) == RUN


async def test_earlier_sentences_come_newest_first(ana: PersonStore) -> None:
    for back in range(7):
        await ana.write(save, IfThen(TODAY - timedelta(days=back), f"run {back}"), back)
    assert [plan.workout for plan in await ana.read(if_then.before, TODAY, 3)] == ["run 1", "run 2", "run 3"]


@pytest.mark.parametrize(("minutes", "own"), [(0, True), (1, False)])
async def test_a_workout_is_the_sentences_own_if_it_came_with_it(ana: PersonStore, minutes: int, own: bool) -> None:
    await ana.write(workouts.plan, Workout("w1", TODAY, "run"), source="call", now=NOW - timedelta(minutes=minutes))
    await ana.write(save, RUN)
    assert await ana.read(if_then.brought_its_workout, TODAY) is own


async def test_scores_of_a_day_are_replaced_and_told_in_order(ana: PersonStore, ben: PersonStore) -> None:
    said = [Score(TODAY, "mood", 4), Score(TODAY, "energy", 7), Score(TODAY, "mood", 8, "call")]
    for number, score in enumerate(said):
        await ana.write(scores.record, score, score_id=f"s{number}", now=NOW)
    week = (TODAY - timedelta(days=6), TODAY)
    assert await ana.read(scores.between, *week) == [Score(TODAY, "energy", 7), Score(TODAY, "mood", 8, "call")]
    assert (await ana.read(scores.latest))["mood"].score == 8
    assert await ben.read(scores.between, *week) == []
    assert await ana.read(scores.last_scored, NOW) == NOW
    await ana.write(scores.forget_scores, NOW)
    assert await ana.read(scores.latest) == {}


@pytest.mark.parametrize("score", [0, 11])
async def test_the_database_refuses_what_is_no_score(ana: PersonStore, score: int) -> None:
    with pytest.raises(IntegrityError):
        await ana.write(scores.record, Score(TODAY, "mood", score), score_id="s1", now=NOW)


async def test_a_change_said_twice_is_one(ana: PersonStore, ben: PersonStore) -> None:
    marker = Marker(TODAY, "sleep", "I wake up rested", "call")
    for number in range(2):
        await ana.write(scores.note, marker, marker_id=f"m{number}", now=NOW)
    await ana.write(scores.note, Marker(TODAY, "stairs", "easy"), marker_id="m9", now=NOW + timedelta(minutes=1))
    both = [marker, Marker(TODAY, "stairs", "easy")]
    assert await ana.read(scores.markers, TODAY, TODAY) == both
    assert await ben.read(scores.markers, TODAY, TODAY) == []
    last = await ana.read(scores.last_noted, NOW)
    assert last is not None
    assert last == NOW + timedelta(minutes=1)
    await ana.write(scores.forget_marker, last)
    assert await ana.read(scores.markers, TODAY, TODAY) == both[:1]


def add_call(connection: Connection, call_id: str, user_id: str, outcome: str = "") -> None:
    connection.execute(
        "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, due_at_ms)"
        " VALUES (?1, ?2, 'morning', ?1, '2026-11-23', 'ended', ?3, 0)",
        (call_id, user_id, outcome),
    )


async def test_a_fuller_account_replaces_a_shorter_one_and_never_the_other_way(ana: PersonStore) -> None:
    await ana.store.write(add_call, "c1", "ana")
    short, full = (Spoken("agent", "Hi"),), (Spoken("agent", "Hi", 0.5, 1.0), Spoken("person", "Hi", 1.5))
    for turns in (short, full, short, ()):
        await ana.write(transcripts.keep, "c1", turns, now=NOW)
    kept = await ana.read(transcripts.of_call, "c1")
    assert kept is not None
    assert (kept.turns, kept.at) == (full, NOW)


async def test_people_read_and_delete_their_own_and_old_ones_go(ana: PersonStore, ben: PersonStore) -> None:
    for number, whose in ((1, ana), (2, ana), (3, ben)):
        await ana.store.write(add_call, f"c{number}", whose.user_id)
        await whose.write(transcripts.keep, f"c{number}", (Spoken("person", "x"),), now=NOW + timedelta(days=number))
    assert [each.call_id for each in await ana.read(transcripts.recent)] == ["c2", "c1"]
    assert await ben.read(transcripts.of_call, "c1") is None
    assert not await ben.write(transcripts.delete, "c1")
    assert await ana.write(transcripts.delete, "c2")
    assert await ana.store.write(transcripts.forget_before, NOW + timedelta(days=2)) == 1
    assert await ana.read(transcripts.recent) == []
    assert len(await ben.read(transcripts.recent)) == 1


async def test_the_first_talk_is_known(ana: PersonStore, ben: PersonStore) -> None:
    await ana.store.write(add_call, "c1", "ana", "missed")
    assert not await ana.read(transcripts.have_spoken)
    await ana.store.write(add_call, "c2", "ana", "completed")
    assert await ana.read(transcripts.have_spoken)
    assert not await ben.read(transcripts.have_spoken)
