"""Putting a backup back: whole or not at all, nothing lost that was there, and nothing of the gap done twice."""

import errno
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ivy.clock import stamp
from ivy.daemon.preparing import prepare
from ivy.domain.calls import CallKind
from ivy.domain.contents import Emoji, Words
from ivy.domain.jobs import CALL_SLOT, EMBED, NUDGE, REMINDER, TURN
from ivy.errors import StoreError, UsageError
from ivy.ports import Address
from ivy.store import (
    backups,
    calls,
    in_place,
    jobs,
    messages,
    migrate,
    outbox,
    reminders,
    restored,
    restoring,
    schedules,
    tool_executions,
    turns,
)
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.files import NoRoom, place_of
from ivy.store.jobs import NewJob
from ivy.store.outbox import NewMessage
from ivy.store.reminders import Timing
from ivy.store.restored import Settled
from ivy.store.scope import within
from ivy.store.settings import open_writer
from ivy.store.tool_executions import Execution
from ivy.store.turns import Step
from tests.store.backup_ground import (
    NOW,
    at_once,
    back_up,
    contents,
    fill,
    in_a_process,
    little_room,
    names_in,
    restore_order,
    rows,
)

AFTER = NOW + timedelta(hours=1)
NEW_YORK = "America/New_York"


@pytest.fixture
def backup(database: Path, tmp_path: Path) -> Path:
    fill(database)
    return back_up(database, tmp_path / "backups").path


def too_early(taken_at: datetime) -> datetime:
    return taken_at - timedelta(seconds=1)


def too_late(taken_at: datetime) -> datetime:
    return taken_at + timedelta(days=2)


# --- in its place ------------------------------------------------------------------------------------


def test_a_database_that_is_there_is_kept_with_its_log_and_its_files(
    backup: Path, database: Path, tmp_path: Path
) -> None:
    connection = open_writer(database)  # still open: its log is not in the file yet
    connection.execute("INSERT INTO switches VALUES ('spend', 'block', 1, 'ana')")
    copy = tmp_path / "as it was"
    shutil.copytree(database.parent, copy)
    connection.close()
    with pytest.raises(StoreError, match="--replace puts it aside"):
        restoring.put_back(restore_order(backup, copy))
    done = restoring.put_back(restore_order(backup, copy, replace=True))
    assert done.replaced is not None
    assert done.media_replaced is not None
    assert rows(copy / "ivy.db", "switches", "name") == []
    assert [row[0] for row in rows(done.replaced, "switches", "name")] == ["spend"]
    assert names_in(done.media_replaced) == names_in(copy / "media")


def test_a_log_without_its_database_is_not_read_into_the_new_one(backup: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "ivy.db-wal").write_bytes(b"of another database")
    restoring.put_back(restore_order(backup, there))
    assert not (there / "ivy.db-wal").exists()
    assert len(rows(there / "ivy.db", "users")) == 1


def test_files_on_a_disk_of_their_own_are_joined(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "there"
    kept = place_of(there / "media", "f" * 64)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"of before")
    plain = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path == there / "media":
            raise OSError(16, "Device or resource busy")
        if restoring.WORK in str(path) and "media" in str(path):
            raise OSError(18, "Invalid cross-device link")
        return plain(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    done = restoring.put_back(restore_order(backup, there))
    assert done.media_replaced is None
    assert kept.read_bytes() == b"of before"
    assert done.found.manifest is not None
    assert all(place_of(there / "media", each).is_file() for each in done.found.manifest.media)


def test_killed_at_any_moment_there_is_the_old_one_or_the_new_one(
    backup: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    restoring.put_back(restore_order(backup, tmp_path / "first", tell=said.append))
    for at in range(len(said)):
        there = tmp_path / str(at)
        shutil.copytree(database.parent, there)
        seen: list[str] = []

        def dies(line: str, at: int = at, seen: list[str] = seen) -> None:
            seen.append(line)
            if len(seen) > at:
                os.kill(os.getpid(), signal.SIGKILL)

        killed = in_a_process(
            lambda there=there, dies=dies: restoring.put_back(restore_order(backup, there, replace=True, tell=dies))
        )
        assert killed == -signal.SIGKILL
        assert len(rows(there / "ivy.db", "users")) == 1
        restoring.put_back(restore_order(backup, there, replace=True))
        assert not list(there.glob(f"{restoring.WORK}*"))


def test_killed_while_it_is_put_in_place_the_next_start_ends_it(
    backup: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL before each change of a name, from the one by which it is decided to the last, and while it is ended too."""
    restoring.put_back(restore_order(backup, tmp_path / "first", worked_until=at_once))
    whole, files = list(contents(tmp_path / "first/ivy.db")), names_in(*(tmp_path / "first/media").iterdir())
    with closing(open_writer(database)) as connection:
        connection.execute("INSERT INTO switches VALUES ('spend', 'block', 1, 'ana')")
    left, plain = 0, {name: getattr(Path, name) for name in ("rename", "unlink", "mkdir")}

    def counted(name: str) -> Any:
        def change(path: Path, *rest: Any, **more: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return plain[name](path, *rest, **more)

        return change

    def killed(at: int, function: Callable[[], object]) -> bool:
        nonlocal left
        left = at
        with monkeypatch.context() as patched:
            for name in plain:
                patched.setattr(Path, name, counted(name))
            ended = in_a_process(function)
        assert ended in (0, -signal.SIGKILL)
        return ended != 0

    decided = 0
    for at in range(1, 99):
        there = tmp_path / f"at-{at}"
        shutil.copytree(database.parent, there)
        order = restore_order(backup, there, replace=True, worked_until=at_once)
        if not killed(at, lambda order=order: restoring.put_back(order)):
            break
        if in_place.decided(there / "ivy.db") is None and not list(there.glob("*.replaced-*")):
            assert [row[0] for row in rows(there / "ivy.db", "switches", "name")] == ["spend"]
            continue
        decided += 1
        killed(1 + at % 3, lambda there=there: prepare(there / "ivy.db"))
        prepare(there / "ivy.db")
        assert list(contents(there / "ivy.db")) == whole
        assert names_in(*(there / "media").iterdir()) == files
        [aside] = there.glob("ivy.db.replaced-*Z")
        assert [row[0] for row in rows(aside, "switches", "name")] == ["spend"]
        assert in_place.decided(there / "ivy.db") is None
        assert not list(there.glob("*-wal.replaced*")) + list(there.glob(in_place.READY + "/ivy.db"))
    assert decided >= 7, decided


def test_a_full_disk_of_peoples_files_gives_back_what_was_there_or_leaves_it_pending(
    backup: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files' folder is on a disk of its own, which is full after the first of them."""
    there = tmp_path / "there"
    shutil.copytree(database.parent, there)
    before, files = (there / "ivy.db").read_bytes(), names_in(*(there / "media").iterdir())
    plain_rename, plain_copy, room = Path.rename, shutil.copyfileobj, 1

    def rename(path: Path, target: Path) -> Path:
        if "media" in path.parts and any(name in path.parts for name in (restoring.WORK, in_place.READY)):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return plain_rename(path, target)

    def copy(source: Any, to: Any) -> None:
        nonlocal room
        room -= 1
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        plain_copy(source, to)

    order = restore_order(backup, there, replace=True, worked_until=at_once)
    with monkeypatch.context() as full:
        full.setattr(Path, "rename", rename)
        full.setattr(in_place.shutil, "copyfileobj", copy)
        with pytest.raises(NoRoom, match="disk is full"):
            restoring.put_back(order)
        assert (there / "ivy.db").read_bytes() == before and names_in(*(there / "media").iterdir()) == files
        assert in_place.decided(there / "ivy.db") is None and not list(there.glob("*replaced*"))
    with monkeypatch.context() as cut_off:
        cut_off.setattr(Path, "rename", _dies_at_the_files)
        assert in_a_process(lambda: restoring.put_back(order)) == -signal.SIGKILL
    with monkeypatch.context() as full:
        full.setattr(Path, "rename", rename)
        full.setattr(in_place.shutil, "copyfileobj", copy)
        for has_room in (1, 0):
            room = has_room
            with pytest.raises(NoRoom, match="Make room; it goes on then"):
                prepare(there / "ivy.db")
            assert in_place.decided(there / "ivy.db") is not None
            assert (there / "ivy.db").read_bytes() == before
        room = 99
        prepare(there / "ivy.db")
    assert in_place.decided(there / "ivy.db") is None
    assert (there / "ivy.db").read_bytes() != before and names_in(*(there / "media").iterdir()) == files


def _dies_at_the_files(path: Path, target: Path) -> Path:
    if path.name == "media":
        os.kill(os.getpid(), signal.SIGKILL)
    return path.replace(target)


def test_one_that_was_cut_off_is_ended_before_another_begins(backup: Path, database: Path, tmp_path: Path) -> None:
    there, work = tmp_path / "there", tmp_path / "there" / restoring.WORK
    work.mkdir(parents=True)
    shutil.copy(database, work / "ivy.db")
    (work / in_place.PLAN).write_bytes(msgspec.json.encode(in_place.Plan("ivy.db", ".replaced-x", there=False)))
    work.rename(there / in_place.READY)
    assert in_place.decided(there / "another.db") is None
    with pytest.raises(StoreError, match=r"cut off has been ended now.*--replace"):
        restoring.put_back(restore_order(backup, there))
    assert rows(there / "ivy.db", "users") == rows(database, "users")


def test_what_is_left_of_one_that_was_ended_is_in_nobodys_way(backup: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / in_place.READY / "media").mkdir(parents=True)
    (there / in_place.READY / "media/file").write_bytes(b"half gone")
    restoring.put_back(restore_order(backup, there))
    assert (there / "ivy.db").exists() and not (there / in_place.READY).exists()


def test_a_restore_of_another_database_that_was_cut_off_is_not_thrown_away(backup: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    ready = there / in_place.READY
    ready.mkdir(parents=True)
    (ready / in_place.PLAN).write_bytes(msgspec.json.encode(in_place.Plan("other.db", ".replaced-x", there=False)))
    with pytest.raises(StoreError, match="of another database"):
        restoring.put_back(restore_order(backup, there))
    assert (ready / in_place.PLAN).exists() and not (there / "ivy.db").exists()


def test_a_database_made_since_is_not_written_over(database: Path, tmp_path: Path) -> None:
    ready = database.parent / in_place.READY
    ready.mkdir()
    shutil.copy(database, ready / "ivy.db")
    (ready / in_place.PLAN).write_bytes(msgspec.json.encode(in_place.Plan("ivy.db", ".replaced-x", there=True)))
    shutil.copy(database, database.with_name("ivy.db.replaced-x"))
    with pytest.raises(StoreError, match="move one of them away"):
        prepare(database)
    assert database.exists() and (ready / "ivy.db").exists()


def test_one_that_cannot_be_put_back_changes_nothing(
    backup: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = database.read_bytes()
    wrong: list[tuple[type[Exception], dict[str, Any]]] = [
        (NoRoom, {"free": little_room}),
        (UsageError, {"worked_until": too_early}),
        (UsageError, {"worked_until": too_late}),
    ]
    for error, how in wrong:
        with pytest.raises(error):
            restoring.put_back(restore_order(backup, database.parent, replace=True, **how))
    shipped = migrate.shipped()[:-3]
    monkeypatch.setattr(migrate, "shipped", lambda: shipped)  # as an older program
    monkeypatch.setattr(migrate, "check", _strict)
    with pytest.raises(StoreError, match="newer than this program"):
        restoring.put_back(restore_order(backup, database.parent, replace=True))
    assert database.read_bytes() == before
    assert not list(database.parent.glob("*replaced*"))
    assert not list(database.parent.glob(f"{restoring.WORK}*"))


def _strict(connection: Connection, migrations: list[migrate.Migration]) -> None:
    """As if what is newer did more than add: `test_migrate` has what may be added."""
    if migrate.version(connection) > migrations[-1].number:
        raise StoreError("This database is newer than this program.")


def test_a_bare_database_is_taken_too_and_its_gap_begins_with_its_last_row(
    database: Path, tmp_path: Path, migrated: Path
) -> None:
    fill(database)
    with closing(open_writer(database)) as connection:
        jobs.enqueue(connection, NewJob("j", EMBED, "j", NOW, {}), now=NOW)
    done = restoring.put_back(restore_order(database, tmp_path / "there"))
    assert done.found.taken_at == NOW
    assert done.worked_until == AFTER
    assert done.found.manifest is None
    assert not (tmp_path / "there" / "media").exists()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear Ana")
    with pytest.raises(StoreError, match="no backup of Ivy's"):
        restoring.check(restore_order(tmp_path / "letter", tmp_path / "there"))
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.execute("PRAGMA application_id = 7")
    with pytest.raises(StoreError, match="another program"):
        restoring.check(restore_order(tmp_path / "other.db", tmp_path / "there"))


# --- how long the other one worked -------------------------------------------------------------------


def test_the_gap_ends_when_the_database_that_is_replaced_was_last_written(backup: Path, database: Path) -> None:
    with closing(open_writer(database)) as connection:
        jobs.enqueue(connection, NewJob("j", EMBED, "j", NOW, {}), now=NOW + timedelta(minutes=5))
    last = stamp(NOW + timedelta(minutes=7)) / 1000
    for path in database.parent.glob("ivy.db*"):
        os.utime(path, (last, last))
    done = restoring.put_back(restore_order(backup, database.parent, replace=True))
    assert done.worked_until == NOW + timedelta(minutes=7)


def test_there_is_no_gap_when_nothing_was_done_since(backup: Path, database: Path) -> None:
    done = restoring.put_back(restore_order(backup, database.parent, replace=True))
    assert done.worked_until == done.found.taken_at
    assert done.settled == Settled()


def test_a_damaged_one_is_judged_by_its_time(backup: Path, database: Path) -> None:
    database.write_bytes(b"x" * 9000)
    last = stamp(NOW + timedelta(minutes=9)) / 1000
    os.utime(database, (last, last))
    for log in database.parent.glob("ivy.db-*"):
        if log.name != "ivy.db.backup-lock":
            log.unlink(missing_ok=True)
    done = restoring.put_back(restore_order(backup, database.parent, replace=True))
    assert done.worked_until == NOW + timedelta(minutes=9)


def test_nobody_knows_of_an_empty_machine_how_long_it_was(backup: Path, tmp_path: Path) -> None:
    assert restoring.put_back(restore_order(backup, tmp_path / "there")).worked_until == AFTER


def test_an_empty_database_as_init_makes_it_says_nothing_of_when_the_other_one_ended(
    backup: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "there" / "ivy.db"
    fresh.parent.mkdir()
    with closing(open_writer(fresh)) as connection:
        migrate.migrate(connection)
    last = stamp(AFTER) / 1000
    os.utime(fresh, (last, last))
    done = restoring.put_back(restore_order(backup, fresh.parent, replace=True))
    assert done.worked_until == AFTER


def test_a_backup_of_a_time_to_come_is_refused(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="clock"):
        restoring.put_back(restore_order(backup, tmp_path / "there", now=NOW - timedelta(days=1)))


# --- nothing twice -----------------------------------------------------------------------------------


def settle(connection: Connection, until: datetime = AFTER) -> Settled:
    connection.execute("BEGIN")
    settled = restored.settle(
        connection, taken_at=NOW, worked_until=until, now=AFTER, file="a", actor="ana: ivy restore"
    )
    connection.execute("COMMIT")
    return settled


@pytest.fixture
def connection(database: Path) -> Any:
    fill(database, files=0)
    with closing(open_writer(database, throwaway=True)) as opened:
        yield opened


def say(connection: Connection, message_id: str, state: str, **more: Any) -> None:
    message = NewMessage(
        message_id, f"{message_id}.job", "ana", more.pop("channel", "whatsapp"), more.pop("content", Words("hello")),
        Address(), "t", **more,
    )  # fmt: skip
    outbox.queue(connection, message, now=NOW)
    connection.execute("UPDATE messages_v2 SET state = ? WHERE id = ?", (state, message_id))


def state_of(connection: Connection, message_id: str) -> tuple[str, str]:
    return tuple(
        connection.execute(
            "SELECT m.state, jobs.state FROM messages_v2 m JOIN jobs ON jobs.key = 'send:' || m.id WHERE m.id = ?",
            (message_id,),
        ).fetchone()
    )  # pyright: ignore[reportReturnType]


def test_what_was_to_be_sent_is_perhaps_sent_and_waits_for_the_operator(connection: Connection) -> None:
    for state in ("queued", "held", "sending", "unknown"):
        say(connection, state, state)
    say(connection, "accepted", "accepted")
    say(connection, "tick", "queued", content=Emoji("wamid", "✅"))
    say(connection, "by call", "queued", channel="call")
    assert settle(connection).asked == 4
    for state in ("queued", "held", "sending", "unknown"):
        assert state_of(connection, state) == ("unknown", "dead")
    assert state_of(connection, "accepted") == ("accepted", "cancelled")
    assert state_of(connection, "tick") == ("cancelled", "cancelled")
    assert state_of(connection, "by call") == ("cancelled", "cancelled")
    assert [row["reason"] for row in connection.execute("SELECT reason FROM messages_v2 WHERE id = 'held'")] == [
        "Restored from a backup of 2026-11-23 07:00 UTC: it may have been done since."
    ]


def test_the_replay_says_of_it_that_the_first_may_have_arrived(connection: Connection) -> None:
    from ivy.store import dead_letters

    say(connection, "m", "queued")
    settle(connection)
    [letter] = dead_letters.find(connection, dead_letters.Wanted(), now=AFTER)
    assert letter.fate.value == "maybe_twice"


def test_what_a_turn_did_stands_and_what_it_only_read_is_read_anew(connection: Connection) -> None:
    ana = within(connection, "ana")
    for name in ("read", "done"):
        connection.execute(
            "INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, needs_answer, at_ms, state_at_ms)"
            " VALUES (?1, 'ana', 'whatsapp', 'in', ?1, 'received', 1, 1, 1)",
            (name,),
        )
        turn = turns.open_turn(ana, f"turn of {name}", f"turn:{name}", prompt="p", trace_id="t", now=NOW)
        messages.read_by(ana, [name], turn.id)
        turns.append(ana, turn.id, Step(0, "context", {}), now=NOW)
        jobs.enqueue(connection, NewJob(name, TURN, turn.key, NOW, {"channel": "whatsapp"}, user_id="ana"), now=NOW)
    execution = Execution("x", "turn of done", "add_expense", "{}", "key")
    tool_executions.record(ana, execution, "done", "Logged: $50.00", at_ms=1)
    assert settle(connection).asked == 2
    assert [row["id"] for row in messages.unanswered(ana)] == ["read"]
    assert not turns.steps(ana, "turn of read")
    assert [row["body"] for row in messages.last_words(ana, limit=9)] == ["Logged: $50.00", "done"]
    assert turns.steps(ana, "turn of done")


def test_lanes_are_free_for_what_comes(connection: Connection) -> None:
    say(connection, "m", "queued")
    [held] = jobs.claim(connection, "outbox", 5, now=NOW)
    say(connection, "after it", "queued")
    settle(connection)
    assert connection.execute("SELECT count(*) FROM lanes").fetchone()[0] == 0
    say(connection, "new", "queued")
    assert [job.payload["message"] for job in jobs.claim(connection, "outbox", 5, now=AFTER)] == ["new"]
    with pytest.raises(jobs.LostLease):
        jobs.finish(connection, held, now=AFTER)


def test_no_call_of_the_gap_is_dialled_and_none_costs_a_streak(connection: Connection) -> None:
    ana, day = within(connection, "ana"), date(2026, 11, 23)
    due = {"due": 0, "queued": 10, "dialing": 0, "live": 0, "later": 61}
    for number, (name, minutes) in enumerate(due.items()):
        at = NOW + timedelta(minutes=minutes)
        call = Call(name, "ana", CallKind.MORNING, day + timedelta(days=number), at, slot=name)
        calls.ask(ana, call, now=NOW)
        state = "due" if name == "later" else name
        connection.execute("UPDATE calls SET state = ? WHERE id = ?", (state, name))
    assert settle(connection).calls == 4
    found = {each.id: each for each in calls.recent(ana)}
    assert {name: call.state.value for name, call in found.items()} == {
        "due": "abandoned", "queued": "abandoned", "dialing": "failed", "live": "failed", "later": "due",
    }  # fmt: skip
    assert [job.payload["call"] for job in jobs.claim(connection, "calls", 9, now=AFTER + timedelta(hours=1))] == [
        "later"
    ]
    assert all(calls.failed_by_fault(ana, found[name].day) for name in due if name != "later")


def test_reminders_of_the_gap_count_as_said_and_the_others_are_kept(connection: Connection) -> None:
    ana = within(connection, "ana")

    def remind(name: str, minutes: int, cron: str = "") -> None:
        wall = (NOW + timedelta(minutes=minutes)).replace(tzinfo=None)
        reminders.add(ana, name, name, Timing(f"s.{name}", "UTC", wall, cron), now=NOW)

    remind("in the gap", 30)
    remind("after it", 61)
    remind("daily", 30, "30 7 * * *")
    remind("under way", 0)
    taken = schedules.take_due(connection, now=NOW)
    job = NewJob("r", REMINDER, taken[0].job_key, NOW, {"ref": "under way"}, user_id="ana")
    jobs.enqueue(connection, job, now=NOW)
    settled = settle(connection)
    assert (settled.reminders, settled.over) == (2, 1)
    waiting = {each.id: each.at for each in reminders.waiting(ana)}
    assert waiting == {"after it": NOW + timedelta(minutes=61), "daily": NOW + timedelta(days=1, minutes=30)}


def test_what_came_due_after_the_end_of_the_other_one_is_done_as_late_as_it_is(connection: Connection) -> None:
    schedules.add(connection, schedule_id="s", kind=CALL_SLOT, user_id="ana", zone="UTC", cron="30 7 * * *", now=NOW)
    until = NOW + timedelta(minutes=29)
    assert settle(connection, until).slots == 0
    [slot] = schedules.take_due(connection, now=AFTER)
    assert slot.at == NOW + timedelta(minutes=30)


def test_what_harms_nobody_goes_on_and_what_was_timely_is_over(connection: Connection) -> None:
    for kind, at in ((EMBED, NOW), (NUDGE, NOW), (NUDGE, AFTER + timedelta(minutes=1))):
        name = f"{kind.name} {at:%H:%M}"
        jobs.enqueue(connection, NewJob(name, kind, name, at, {}, user_id="ana"), now=NOW)
    assert settle(connection).over == 1
    ready = {row["id"] for row in connection.execute("SELECT id FROM jobs WHERE state = 'ready'")}
    assert ready == {"embed 07:00", "nudge 08:01"}


def test_without_a_gap_all_goes_on_as_it_was(connection: Connection) -> None:
    say(connection, "m", "queued")
    calls.ask(within(connection, "ana"), Call("c", "ana", CallKind.MORNING, date(2026, 11, 23), NOW, slot="c"), now=NOW)
    tables = ("jobs", "lanes", "calls", "messages_v2")
    before = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
    assert settle(connection, NOW) == Settled()
    assert {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables} == before
    assert connection.execute("SELECT action FROM audit_log").fetchone()[0] == "restore"


def test_days_of_the_gap_are_judged_by_nobody(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO restores (at_ms, taken_at_ms, worked_until_ms, file) VALUES (1, ?, ?, 'a')",
        (stamp(NOW), stamp(NOW + timedelta(days=2))),
    )
    lost = [day for day in range(18, 30) if backups.lost_day(connection, date(2026, 11, day), NEW_YORK)]
    assert lost == [22, 23, 24, 25]  # what was said of the 22nd may have been said on the 23rd


def test_restoring_with_no_gap_loses_no_day(connection: Connection) -> None:
    settle(connection, NOW)
    assert not any(backups.lost_day(connection, date(2026, 11, day), NEW_YORK) for day in range(18, 30))
