"""A person's memory: kept once, found by word and vector, forgotten whole, and nobody else's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivy.store import expenses, jobs, memories, memory_search, memory_vectors, people, people_data, switches
from ivy.store.binding import Connection, IntegrityError
from ivy.store.memory_vectors import Meaning, Space, packed
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def connection(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    opened = open_writer(tmp_path_factory.mktemp("memory") / "ivy.db", throwaway=True)
    migrate(opened)
    for name in ("ana", "ben"):
        people.add(opened, NewPerson(name, name, "active", "en-US", "America/New_York", "USD"), now=NOW)
    return opened


@pytest.fixture
def ana(connection: Connection) -> Scope:
    return within(connection, "ana")


@pytest.fixture
def ben(connection: Connection) -> Scope:
    return within(connection, "ben")


@pytest.fixture
def space(connection: Connection) -> Space:
    return memory_vectors.want(connection, "m", 3, now=NOW)


def say(scope: Scope, ref: str, text: str, *, kind: str = "message") -> None:
    assert memories.keep(scope, kind=kind, ref=ref, text=text, at=NOW)


def embed(scope: Scope, space: Space, vectors: Sequence[Sequence[float]]) -> None:
    """Give the texts that wait for one a vector, the oldest first."""
    left = sorted(memory_vectors.missing(scope, space, limit=100), key=lambda each: each.memory_ids)
    assert len(left) == len(vectors)
    made = {
        memory: (each.digest, packed(vector))
        for each, vector in zip(left, vectors, strict=True)
        for memory in each.memory_ids
    }
    assert memory_vectors.put(scope, space, made, now=NOW) == len(made)


def found(scope: Scope, text: str, meaning: Meaning | None = None) -> list[str]:
    return [each.memory.ref for each in memory_search.search(scope, text, meaning, now=NOW, limit=5)]


def waiting(connection: Connection) -> list[str]:
    return [row["lane"] for row in connection.execute("SELECT lane FROM jobs WHERE kind = 'embed' AND state = 'ready'")]


def test_what_is_kept_is_found_by_its_words_at_once(ana: Scope) -> None:
    say(ana, "1", "My knee hurts after running")
    say(ana, "2", "The dentist is on Friday")
    assert found(ana, "which knee was it?") == ["1"]
    assert found(ana, "what about my boat?") == []


def test_keeping_again_replaces_and_forgetting_leaves_nothing(ana: Scope, space: Space) -> None:
    say(ana, "1", "My knee hurts")
    embed(ana, space, [[1, 0, 0]])
    say(ana, "1", "My ankle hurts")
    assert (found(ana, "knee"), found(ana, "ankle")) == ([], ["1"])
    assert [each.text for each in memory_vectors.missing(ana, space, limit=9)] == ["My ankle hurts"]
    embed(ana, space, [[0, 1, 0]])
    assert memory_vectors.nearest(ana, space, packed([0, 1, 0]), limit=5) == {1: pytest.approx(1)}
    assert memories.forget(ana, "message", "1")
    assert not memories.forget(ana, "message", "1")
    assert memory_vectors.nearest(ana, space, packed([0, 1, 0]), limit=5) == {}
    for table in ("user_memory", "memory_words", "memory_embeddings", f"{space.table}_rowids"):
        assert ana.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table


def test_what_says_nothing_is_not_kept(ana: Scope) -> None:
    assert not memories.keep(ana, kind="fact", ref="1", text="the of a", at=NOW)
    assert memories.count(ana) == 0


def test_a_memory_with_a_vector_cannot_go_without_it(ana: Scope, space: Space) -> None:
    say(ana, "1", "My knee hurts")
    embed(ana, space, [[1, 0, 0]])
    with pytest.raises(IntegrityError):
        ana.execute("DELETE FROM user_memory WHERE user_id = :user")


def test_a_burst_asks_once_for_its_vectors_and_nobody_is_asked_without_a_model(
    connection: Connection, ana: Scope, ben: Scope
) -> None:
    say(ana, "1", "My knee hurts")
    assert waiting(connection) == []
    memory_vectors.want(connection, "m", 3, now=NOW)
    say(ana, "2", "My ankle hurts")
    say(ana, "3", "My hip hurts")
    say(ben, "1", "I bought a kayak")
    assert sorted(waiting(connection)) == ["embed:ana", "embed:ben"]
    assert memory_vectors.people_behind(connection, limit=9) == ["ana", "ben"]


def test_asking_at_the_same_instant_again_is_another_job_once_the_first_is_done(
    connection: Connection, ana: Scope, space: Space
) -> None:
    say(ana, "1", "My knee hurts")
    (job,) = jobs.claim(connection, "upkeep", 5, now=NOW + timedelta(minutes=1))
    jobs.finish(connection, job, now=NOW + timedelta(minutes=1))
    say(ana, "2", "My ankle hurts")
    assert waiting(connection) == ["embed:ana"]


def test_the_same_text_twice_shares_its_vector_and_is_told_once(ana: Scope, space: Space) -> None:
    say(ana, "1", "My knee hurts")
    say(ana, "2", "My knee hurts")
    embed(ana, space, [[1, 0, 0]])
    assert len(memory_vectors.nearest(ana, space, packed([1, 0, 0]), limit=5)) == 2
    assert found(ana, "knee", Meaning(space, packed([1, 0, 0]))) == ["2"]
    say(ana, "3", "My knee hurts")
    (left,) = memory_vectors.missing(ana, space, limit=5)
    assert memory_vectors.known(ana, space, [left.digest]).keys() == {left.digest}


def test_a_change_of_model_keeps_the_old_vectors_until_all_is_done(
    connection: Connection, ana: Scope, space: Space
) -> None:
    say(ana, "1", "My knee hurts")
    embed(ana, space, [[1, 0, 0]])
    new = memory_vectors.want(connection, "better", 2, now=NOW + timedelta(days=1))
    assert [each.model for each in memory_vectors.spaces(connection)] == ["better", "m"]
    assert memory_vectors.retire(connection) == []
    assert memory_vectors.nearest(ana, space, packed([1, 0, 0]), limit=5)
    embed(ana, new, [[0, 1]])
    assert memory_vectors.retire(connection) == ["m"]
    assert memory_vectors.spaces(connection) == [new]
    kept = connection.execute("SELECT model, dimension FROM memory_embeddings").fetchall()
    assert [tuple(row) for row in kept] == [("better", 2)]


def test_going_back_to_a_model_takes_up_what_it_had(connection: Connection, ana: Scope, space: Space) -> None:
    say(ana, "1", "My knee hurts")
    embed(ana, space, [[1, 0, 0]])
    memory_vectors.want(connection, "better", 2, now=NOW + timedelta(days=1))
    assert memory_vectors.want(connection, "m", 3, now=NOW + timedelta(days=2)) == space
    assert memory_vectors.is_complete(ana, space)


def test_a_vector_that_comes_too_late_is_not_kept(ana: Scope, space: Space) -> None:
    say(ana, "1", "My knee hurts")
    (left,) = memory_vectors.missing(ana, space, limit=5)
    say(ana, "1", "My ankle hurts")
    assert memory_vectors.put(ana, space, {left.memory_ids[0]: (left.digest, packed([1, 0, 0]))}, now=NOW) == 0


def test_another_persons_vector_cannot_be_put_or_read(ana: Scope, ben: Scope, space: Space) -> None:
    say(ana, "1", "My knee hurts")
    (left,) = memory_vectors.missing(ana, space, limit=5)
    assert memory_vectors.put(ben, space, {left.memory_ids[0]: (left.digest, packed([1, 0, 0]))}, now=NOW) == 0
    embed(ana, space, [[1, 0, 0]])
    assert memory_vectors.closeness(ben, space, packed([1, 0, 0]), left.memory_ids) == {}
    assert memories.by_id(ben, left.memory_ids) == {}
    memory_vectors.forget(ben, left.memory_ids)
    assert memory_vectors.nearest(ana, space, packed([1, 0, 0]), limit=5)


def test_the_words_of_expenses_are_remembered_and_taken_back(ana: Scope) -> None:
    spent = expenses.Expense("x1", expenses.Money(450, "USD"), "flat white", "food", NOW.date())
    expenses.add(ana, spent, now=NOW)
    assert found(ana, "flat white") == ["x1"]
    expenses.take_back(ana, "x1", now=NOW)
    assert found(ana, "flat white") == []


def test_an_erasure_leaves_no_vector(connection: Connection, ana: Scope, ben: Scope, space: Space) -> None:
    for scope in (ana, ben):
        say(scope, "1", "My knee hurts")
        embed(scope, space, [[1, 0, 0]])
    assert people_data.erase(ana).left == {}
    assert connection.execute(f"SELECT DISTINCT user_id FROM {space.table}").fetchone()[0] == "ben"
    assert memory_vectors.nearest(ben, space, packed([1, 0, 0]), limit=5)


def test_messages_are_not_kept_while_memory_is_off(connection: Connection, ana: Scope) -> None:
    from ivy.store.said_memories import keep_message

    assert keep_message(ana, "1", "My knee hurts", at=NOW)
    switches.set_value(connection, "memory", "off", by="ops", now=NOW)
    assert not keep_message(ana, "2", "My ankle hurts", at=NOW)


steps = st.lists(
    st.tuples(
        st.sampled_from(["ana", "ben"]),
        st.sampled_from(["keep", "forget", "embed"]),
        st.integers(0, 4),
        st.sampled_from(["knee hurts", "boat sails", "tea and cake"]),
    ),
    max_size=25,
)


@given(steps)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_two_people_never_find_each_others_memories(
    connection: Connection, taken: list[tuple[str, str, int, str]]
) -> None:
    connection.execute("BEGIN")
    try:
        space = memory_vectors.want(connection, "m", 3, now=NOW)
        for name, what, number, text in taken:
            scope, ref = within(connection, name), f"{name}{number}"
            if what == "keep":
                memories.keep(scope, kind="message", ref=ref, text=f"{text} {name}", at=NOW)
            elif what == "forget":
                memories.forget(scope, "message", ref)
            else:
                left = memory_vectors.missing(scope, space, limit=9)
                made = {m: (each.digest, packed([1, number, 0])) for each in left for m in each.memory_ids}
                memory_vectors.put(scope, space, made, now=NOW)
        for name in ("ana", "ben"):
            scope = within(connection, name)
            meaning = Meaning(space, packed([1, 1, 0]), threshold=0.01)
            told = memory_search.search(scope, "knee boat tea ana ben", meaning, now=NOW, limit=50)
            assert {each.memory.ref[:3] for each in told} <= {name}
            exact = memory_vectors.nearest(scope, space, meaning.vector, limit=50)
            assert len(exact) == memory_vectors.embedded(scope, space)
    finally:
        connection.execute("ROLLBACK")
