"""What is cut off the end of a chain of hashes is missed, whatever is written after it and whoever wrote before."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.clock import stamp
from ivy.domain import audit_chain
from ivy.domain.chain import BEGINNING, Checked, End
from ivy.domain.giving import Kind, Move
from ivy.errors import StoreError
from ivy.store import chains, donations, people, snapshots
from ivy.store.binding import Connection, IntegrityError
from ivy.store.migrate import migrate, shipped
from ivy.store.people import NewPerson
from ivy.store.scope import audit, within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BEFORE_ENDS = 29
"""The newest migration that knows no ends of chains."""


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    with closing(open_writer(database, throwaway=True)) as opened:
        people.add(opened, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD"), now=NOW)
        yield opened


def give(connection: Connection, name: str) -> None:
    gift = Move(Kind.GIFT, "water", 100, "USD", "self")
    donations.add(
        within(connection, "ana"), (gift,), workout_id=name, day=date(2026, 11, 23), new_id=lambda: name, now=NOW
    )


def log(connection: Connection, action: str) -> None:
    audit(connection, at_ms=stamp(NOW), actor="sam", action=action, reason="test", subject="ana", details={"n": 1})


def log_as_of_old(connection: Connection, action: str) -> None:
    """Write as an Ivy did that knew nothing of hashes."""
    connection.execute(
        "INSERT INTO audit_log (at_ms, actor, action, reason) VALUES (?, 'sam', ?, 'test')", (stamp(NOW), action)
    )


def unlocked(connection: Connection) -> None:
    """Take away what keeps honest programs from changing what only grows."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('donations', 'audit_log', 'chain_heads')"
    ).fetchall()
    for row in rows:
        connection.execute(f"DROP TRIGGER {row['name']}")


def checked(connection: Connection) -> tuple[str, str]:
    """Return the first row of the ledger and of the audit log that is wrong, "" for none."""
    return chains.check_ledger(connection).bad, chains.check_audit(connection).bad


def filled(connection: Connection) -> None:
    for number in range(4):
        give(connection, f"g{number}")
        log(connection, f"a{number}")


def test_what_was_written_is_right(connection: Connection) -> None:
    assert checked(connection) == ("", "")
    filled(connection)
    assert checked(connection) == ("", "")
    assert (chains.check_ledger(connection).rows, chains.check_audit(connection).rows) == (4, 4)


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("DELETE FROM donations WHERE n = 4", ("4", "")),
        ("DELETE FROM donations WHERE n > 1", ("2", "")),
        ("DELETE FROM audit_log WHERE id = 4", ("", "4")),
        ("DELETE FROM audit_log", ("", "1")),
        ("DELETE FROM audit_log WHERE id = 2", ("", "3")),
        ("UPDATE audit_log SET reason = 'another' WHERE id = 4", ("", "4")),
        ("UPDATE audit_log SET details = '{}' WHERE id = 2", ("", "2")),
        ("UPDATE audit_log SET hash = NULL, actor = 'nobody'", ("", "4")),
        ("DELETE FROM chain_heads", ("after the last", "after the last")),
    ],
)
def test_what_is_cut_off_or_changed_is_named_and_stays_so_when_work_goes_on(
    connection: Connection, tmp_path: Path, statement: str, wrong: tuple[str, str]
) -> None:
    filled(connection)
    unlocked(connection)
    connection.execute(statement)
    assert checked(connection) == wrong
    give(connection, "later")
    log(connection, "later")
    later = checked(connection)
    assert [bool(each) for each in later] == [bool(each) for each in wrong]
    with closing(open_writer(tmp_path / "copy.db", throwaway=True)) as copy:
        connection.backup(copy)
    with pytest.raises(StoreError, match=r"The (ledger of gifts|audit log) is wrong from row "):
        snapshots.examine(tmp_path / "copy.db")


def test_the_end_that_is_kept_neither_goes_back_nor_away(connection: Connection) -> None:
    filled(connection)
    for statement in (
        "UPDATE chain_heads SET n = 3 WHERE chain = 'donations'",
        "UPDATE chain_heads SET hash = 'another' WHERE chain = 'audit_log'",
        "DELETE FROM chain_heads",
    ):
        with pytest.raises(IntegrityError, match="only grows"):
            connection.execute(statement)


def test_a_row_and_the_end_of_its_chain_are_one_commit(connection: Connection) -> None:
    filled(connection)
    connection.execute("BEGIN")
    give(connection, "g9")
    log(connection, "a9")
    connection.execute("ROLLBACK")
    assert (chains.end_of(connection, chains.LEDGER) or End()).n == 4
    assert checked(connection) == ("", "")


@pytest.fixture
def of_before(tmp_path: Path) -> Iterator[Connection]:
    """A database of an Ivy that knew no ends, with two gifts and two lines."""
    path = tmp_path / "old.db"
    with closing(open_writer(path, throwaway=True)) as opened:
        migrate(opened, [each for each in shipped() if each.number <= BEFORE_ENDS])
        people.add(opened, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD"), now=NOW)
        for number in (1, 2):
            _give_as_of_old(opened, number)
            log_as_of_old(opened, f"old {number}")
        yield opened


def _give_as_of_old(connection: Connection, number: int) -> None:
    from ivy.domain.chain import FIELDS, link_hash

    last = connection.execute("SELECT hash FROM donations ORDER BY n DESC LIMIT 1").fetchone()
    link: dict[str, Any] = dict.fromkeys(FIELDS, "x") | {
        "n": number, "id": f"old-{number}", "user_id": "ana", "kind": "gift", "reverses": None, "amount_minor": 5,
        "at_ms": 1, "before": last["hash"] if last else BEGINNING,
    }  # fmt: skip
    connection.execute(
        f"INSERT INTO donations ({', '.join(FIELDS)}, hash) VALUES ({', '.join('?' * len(FIELDS))}, ?)",
        (*(link[name] for name in FIELDS), link_hash(link)),
    )


def test_a_database_from_before_is_taken_as_it_is_and_its_end_is_kept_from_then_on(of_before: Connection) -> None:
    assert chains.check_audit(of_before) == Checked(0, BEGINNING)  # nothing can be said of it
    assert chains.check_ledger(of_before).rows == 2
    migrate(of_before)
    assert checked(of_before) == ("", "")
    unlocked(of_before)
    of_before.execute("SAVEPOINT cut")
    of_before.execute("DELETE FROM donations WHERE n = 2")
    of_before.execute("DELETE FROM audit_log WHERE id = 2")
    assert checked(of_before) == ("2", "2")
    of_before.execute("ROLLBACK TO cut")
    give(of_before, "new")
    log(of_before, "new")
    assert checked(of_before) == ("", "")
    of_before.execute("UPDATE audit_log SET actor = 'nobody' WHERE id = 1")  # the first new line covers all before it
    assert checked(of_before) == ("", "3")


def test_what_an_older_ivy_adds_on_the_way_back_is_no_break_and_is_covered_later(connection: Connection) -> None:
    filled(connection)
    for number in (5, 6):
        _give_as_of_old(connection, number)
        log_as_of_old(connection, f"old {number}")
    assert checked(connection) == ("", "")
    give(connection, "forward again")
    log(connection, "forward again")
    assert checked(connection) == ("", "")
    unlocked(connection)
    connection.execute("DELETE FROM audit_log WHERE id = 6")
    connection.execute("DELETE FROM donations WHERE n = 6")
    assert checked(connection) == ("7 (forward again)", "7")


said = st.tuples(st.text(max_size=5), st.booleans())


@given(st.lists(said, min_size=1, max_size=8), st.data())
def test_no_line_can_be_changed_or_left_out_unseen(lines: list[tuple[str, bool]], data: st.DataObject) -> None:
    written: list[dict[str, Any]] = []
    end = kept = End()
    for number, (words, has_hash) in enumerate(lines, start=1):
        line: dict[str, Any] = dict.fromkeys(audit_chain.FIELDS, words) | {"id": number}
        end = audit_chain.roll([line], end)
        written.append(line | {"hash": end.hash if has_hash else None})
        kept = end if has_hash else kept
    assert audit_chain.check(written, kept) == Checked(len(lines), end.hash)
    covered = kept.n
    if covered == 0:
        return
    which = data.draw(st.integers(0, covered - 1))
    changed = [*written]
    if data.draw(st.booleans()):
        del changed[which]
    else:
        changed[which] = written[which] | {"actor": written[which]["actor"] + "x"}
    assert audit_chain.check(changed, kept).bad
    assert audit_chain.check(written[:which], kept).bad
