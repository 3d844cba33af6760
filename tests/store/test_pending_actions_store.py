"""Questions in the file: whose they are, until when, and that each is answered once."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ivy.domain.actions import is_genuine, token
from ivy.store import pending_actions
from ivy.store.binding import IntegrityError
from ivy.store.database import Store
from ivy.store.pending_actions import Pending
from ivy.store.scope import PersonStore, Scope, within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, 0, 123_456, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
YES_OR_NO = (("yes", "Sí, claro"), ("no", "No"))


def ask(
    scope: Scope, name: str, kind: str = "reminder", *, beside_others: bool = False, at: datetime = NOW, turn: str = ""
) -> Pending:
    payload = {"reminder": "r1", "turn": turn}
    return pending_actions.ask(
        scope,
        name,
        kind,
        payload,
        until=at + timedelta(hours=2),
        now=at,
        options=YES_OR_NO,
        beside_others=beside_others,
    )


async def is_open(person: PersonStore, name: str, now: datetime = NOW) -> bool:
    pending = await person.read(pending_actions.load, name)
    return pending is not None and pending.is_open(now)


async def test_a_question_comes_back_as_it_was_asked(ana: PersonStore) -> None:
    asked = await ana.write(ask, "q1")
    assert await ana.read(pending_actions.load, "q1") == asked
    assert asked.options == YES_OR_NO
    assert asked.payload["reminder"] == "r1"
    assert await ana.read(pending_actions.load, "q2") is None


async def test_a_button_signed_when_asked_is_known_by_what_the_file_says_later(ana: PersonStore) -> None:
    asked = await ana.write(ask, "q1")
    kept = await ana.read(pending_actions.load, "q1")
    assert kept is not None and kept.bound == asked.bound  # the file keeps milliseconds, and so does the signature
    assert is_genuine((b"secret",), kept.bound, token(b"secret", asked.bound, "yes"))


async def test_a_question_is_open_up_to_its_end(ana: PersonStore) -> None:
    asked = await ana.write(ask, "q1")
    assert asked.is_open(asked.expires_at - timedelta(milliseconds=1))
    assert not asked.is_open(asked.expires_at)
    assert (
        await ana.read(pending_actions.open_one, "reminder", now=asked.expires_at - timedelta(milliseconds=1)) == asked
    )
    assert await ana.read(pending_actions.open_one, "reminder", now=asked.expires_at) is None


async def test_asking_again_ends_the_question_of_that_kind_before_it_unless_they_stand_side_by_side(
    ana: PersonStore,
) -> None:
    await ana.write(ask, "q1")
    await ana.write(ask, "other", "stop_question")
    await ana.write(ask, "q2")
    await ana.write(ask, "q3", beside_others=True)
    assert [await is_open(ana, name) for name in ("q1", "q2", "q3", "other")] == [False, True, True, True]
    newest = await ana.read(pending_actions.open_one, "reminder", now=NOW)
    assert newest is not None and newest.id == "q3"


async def test_nobody_reads_or_settles_anothers_question(ana: PersonStore, ben: PersonStore) -> None:
    await ana.write(ask, "q1", turn="t1")
    assert await ben.read(pending_actions.load, "q1") is None
    assert await ben.read(pending_actions.open_one, "reminder", now=NOW) is None
    assert await ben.read(pending_actions.of_turn, "t1", "choice", "form", now=NOW) is None
    assert not await ben.write(pending_actions.settle_one, "q1", "yes", now=NOW)
    await ben.write(pending_actions.settle, "reminder", now=NOW)
    await ben.write(ask, "q2")
    assert await is_open(ana, "q1")


async def test_a_form_finds_its_question_by_its_id_alone_and_with_it_whose_it_is(
    diary_store: Store, ana: PersonStore
) -> None:
    asked = await ana.write(ask, "q1", "form")
    found = await diary_store.read(pending_actions.owner_of, "q1")
    assert found is not None and found == asked
    assert found.user_id == "ana"
    await ana.write(pending_actions.settle_one, "q1", "", now=NOW)
    over = await diary_store.read(pending_actions.owner_of, "q1")
    assert over is not None and over.done
    assert await diary_store.read(pending_actions.owner_of, "q2") is None


async def test_an_id_is_asked_once(ana: PersonStore, ben: PersonStore) -> None:
    await ana.write(ask, "q1")
    try:
        await ben.write(ask, "q1")
    except IntegrityError:
        assert await is_open(ana, "q1")
        return
    raise AssertionError("two people have the same question")


async def test_a_turns_question_is_its_newest_open_one(ana: PersonStore) -> None:
    await ana.write(ask, "q1", "choice", turn="t1")
    await ana.write(ask, "q2", "form", turn="t1", beside_others=True)
    await ana.write(ask, "q3", "reminder", turn="t2")
    found = await ana.read(pending_actions.of_turn, "t1", "choice", "form", now=NOW)
    assert found is not None and found.id == "q2"
    await ana.write(pending_actions.settle_one, "q2", "", now=NOW)
    found = await ana.read(pending_actions.of_turn, "t1", "choice", "form", now=NOW)
    assert found is not None and found.id == "q1"
    assert await ana.read(pending_actions.of_turn, "t1", "choice", "form", now=LATER) is None
    assert await ana.read(pending_actions.of_turn, "t1", "reminder", now=NOW) is None
    assert await ana.read(pending_actions.of_turn, "t9", "choice", "form", now=NOW) is None


async def test_an_answer_acts_once_and_in_time(ana: PersonStore) -> None:
    asked = await ana.write(ask, "q1")
    assert not await ana.write(pending_actions.settle_one, "q1", "yes", now=asked.expires_at)
    assert await ana.write(pending_actions.settle_one, "q1", "yes", now=NOW)
    assert not await ana.write(pending_actions.settle_one, "q1", "no", now=NOW)
    assert not await ana.write(pending_actions.settle_one, "q9", "yes", now=NOW)

    def answer(scope: Scope) -> str:
        return scope.execute("SELECT answer FROM pending_actions WHERE user_id = :user AND id = 'q1'").fetchone()[0]

    assert await ana.read(answer) == "yes"


async def test_a_tap_that_comes_over_two_connections_at_once_acts_once(database: Path, ana: PersonStore) -> None:
    for name in ("q0", "q1", "q2", "q3", "q4"):
        await ana.write(ask, name, beside_others=True)
        assert sorted(tapped_at_once(database, name, ("yes", "no"))) == [False, True]


def tapped_at_once(database: Path, name: str, answers: Sequence[str]) -> list[bool]:
    """Settle one question from as many connections of their own as there are answers, all at the same moment."""
    together, acted = threading.Barrier(len(answers)), list[bool]()

    def tap(answer: str) -> None:
        connection = open_writer(database, throwaway=True, guest=True)
        try:
            together.wait(10)
            connection.execute("BEGIN IMMEDIATE")
            acted.append(pending_actions.settle_one(within(connection, "ana"), name, answer, now=NOW))
            connection.execute("COMMIT")
        finally:
            connection.close()

    threads = [threading.Thread(target=tap, args=(answer,)) for answer in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return acted
