"""The one screen, committed as it is seen: when all is well, and on the worst night; and how it is drawn again and again."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivy.cli import frame, options, status, status_screen, status_watch
from ivy.cli.status import Status
from ivy.clock import stamp
from ivy.daemon import beat_file, lock
from ivy.domain.advice import Advice, Severity
from ivy.domain.breaker import CLOSED, BreakerPolicy, after_failure
from ivy.domain.calls import CallKind
from ivy.domain.inbound import Sender, Text
from ivy.domain.jobs import INBOUND, SEND
from ivy.domain.runbook import AlertKind, Key
from ivy.domain.spend_caps import Sums
from ivy.ports import Address, UnitPrices, Usage
from ivy.store import (
    alerts,
    allowance,
    breakers,
    calls,
    jobs,
    messages,
    outbox,
    people,
    spending,
    switches,
    turns,
)
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.jobs import NewJob
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer
from ivy.store.spending import Reservation
from tests.models import FALLBACK, PRIMARY

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy

GOLDEN = Path(__file__).parents[1] / "golden"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PRICES = UnitPrices(3_000_000, 15_000_000, 300_000, 3_750_000, "test")
WIDTHS = (100, 80)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.fixture
def connection(folder: Path, migrated: Path) -> Iterator[Connection]:
    path = folder / "data" / "ivy.db"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(migrated.read_bytes())
    opened = open_writer(path, throwaway=True)
    a_good_day(opened)
    yield opened
    opened.close()


def a_good_day(connection: Connection) -> None:
    """Twelve people, eight of whom wrote and were answered, some calls, some money."""
    for number in range(12):
        new = NewPerson(f"p{number:02}", f"P{number}", "active" if number < 10 else "paused", "en-US", "UTC", "USD")
        people.add(connection, replace(new, phone=f"+120255501{number:02}"), now=ago(600))
    for number in range(8):
        _talk(connection, f"p{number:02}", number)
    for number, (state, outcome) in enumerate(
        [("analysed", "completed")] * 4 + [("ended", "missed"), ("failed", "failed"), ("live", ""), ("due", "")]
    ):
        user = f"p{number:02}"
        calls.ask(within(connection, user), Call(f"c{number}", user, CallKind.MORNING, NOW.date(), ago(120)), now=NOW)
        connection.execute("UPDATE calls SET state = ?, outcome = ? WHERE id = ?", (state, outcome, f"c{number}"))
    connection.execute("UPDATE jobs SET state = 'done', ended_at_ms = 1 WHERE kind = 'call'")
    connection.execute(
        "INSERT INTO schedules (id, kind, user_id, cron, zone, next_wall, next_at_ms, created_at_ms)"
        " VALUES ('s', 'call_slot', 'p09', '30 10 * * *', 'UTC', '2026-11-23T10:30', ?, 1)",
        (stamp(NOW + timedelta(minutes=30)),),
    )
    jobs.enqueue(connection, NewJob("soon", SEND, "soon", NOW + timedelta(hours=1), {}), now=NOW)
    allowance.remember_limit(connection, "whatsapp", allowance.TIER, 2_000, at=ago(60))


def _talk(connection: Connection, user: str, number: int) -> None:
    scope, at, trace = within(connection, user), ago(90 - number), f"t{number}"
    event = Text(Sender("whatsapp", phone=f"+120255501{number:02}"), f"in{number}", at, "I spent $5")
    messages.receive(connection, f"m{number}", user, event, event.body, needs_answer=True, trace_id=trace, now=at)
    turn = turns.open_turn(scope, f"turn{number}", f"turn:m{number}", prompt="coach@1", trace_id=trace, now=at)
    messages.read_by(scope, [f"m{number}"], turn.id)
    call = Reservation(f"a{number}", user, turn.id, "primary", "anthropic", PRIMARY, PRICES, 20_000, trace)
    spending.reserve(connection, call, caps=Sums(day=90_000_000), now=at)
    spending.settle(
        connection, call.id, Usage(input=9_000, output=60), micros=27_900, latency_ms=900 + 90 * number, request_id="r"
    )
    (reply,) = outbox.say(
        scope,
        ["Wrote down $5."],
        channel="whatsapp",
        new_id=lambda: f"r{number}",
        trace_id=trace,
        now=at,
        turn_id=turn.id,
    )
    turns.close(scope, turn.id, "done", now=at)
    job = jobs.claim(connection, "outbox", 1, now=at)[0]
    sent = at + timedelta(milliseconds=1_600 + 150 * number)
    outbox.begin_sending(connection, reply, Address(phone="+1"), kind="text", resend=False, now=sent)
    outbox.accepted(connection, reply, f"out{number}", now=sent)
    jobs.finish(connection, job, now=sent)


def a_bad_night(connection: Connection) -> None:
    """WhatsApp is away, a key is wrong, letters die, money runs out, the disk fills up."""
    before, reason = breakers.load(connection, "whatsapp"), "the service is overloaded (131016)"
    failed = after_failure(before, BreakerPolicy(), reason, ago(40), rest=timedelta(minutes=45))
    breakers.save(connection, "whatsapp", failed, now=ago(40))
    jobs.pause(
        connection,
        "agent",
        until=NOW + timedelta(minutes=4),
        reason="anthropic: the key is not valid (401)",
        now=ago(21),
    )
    for minutes, reason in ((95, "overloaded (529)"), (90, ""), (75, "it did not answer in time"), (70, "")):
        flapped = after_failure(CLOSED, BreakerPolicy(1), reason, ago(minutes)) if reason else CLOSED
        breakers.save(connection, f"openai/{FALLBACK}", flapped, now=ago(minutes))
    for number in range(37):
        new = NewJob(f"dead{number}", INBOUND, f"dead{number}", ago(30), {}, user_id=f"p{number % 9:02}")
        jobs.bury_at_once(connection, new, reason="away", error="Busy", now=ago(30))
    jobs.enqueue(connection, NewJob("old", SEND, "old", ago(23), {}), now=ago(23))
    reserved = Reservation("dear", "p00", "turn0", "primary", "anthropic", PRIMARY, PRICES, 8_400_000, "t")
    spending.reserve(connection, reserved, caps=Sums(day=90_000_000), now=ago(5))
    for severity, key, title, do, since in (
        (Severity.CRITICAL, "channel:whatsapp", "whatsapp fails and is left alone: the service is overloaded (131016).",
         "Mend what it names, then `ivy switch channel.whatsapp on`: messages wait meanwhile, or go another way.", 35),
        (Severity.CRITICAL, "dead:letters", "37 dead letters of 9 people in the last 24 hours.",
         "Mend the cause, then `ivy replay-dlq` shows, person by person, what a replay would do, and asks.", 28),
        (Severity.WARNING, "disk", "Only 301 MB of disk are free.",
         "Make room on the disk that holds the database and people's files, or shorten media.keep_days.", 700),
        (Severity.INFO, "number:1555:throughput", "The number may send 80 messages a second.", "", 50),
    ):  # fmt: skip
        alerts.raise_alert(connection, Advice(severity, Key(key), title, do), at=ago(since), now=ago(since))
    switches.set_value(connection, "flows", "off", by="ops", now=ago(30))


@pytest.fixture
def looked(folder: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Status]:
    """Looks at the database as `ivy status` does, at a moment of the test's own."""

    def look(*, running: bool = True) -> Status:
        (folder / "ivy.toml").write_text(
            '[voice]\nenabled = true\n[memory]\nembedder = "openai"\nbase_url = "http://localhost:11434/v1"\n'
        )
        token = options.given_config.set(str(folder / "ivy.toml"))
        setup = frame.setup()
        options.given_config.reset(token)
        if running:
            with lock.hold(setup.database):
                found = status.look(connection, setup, status.card(setup), NOW)
        else:
            found = status.look(connection, setup, status.card(setup), NOW)
        return replace(found, database="/var/lib/ivy/ivy.db", database_bytes=1_363_149, wal_bytes=0, version="1.0")

    return look


def seen(found: Status, width: int) -> str:
    return "".join(f"{line.text.rstrip()}\n" for line in status_screen.lines(found, width))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("day", ["well", "trouble"])
def test_the_screen_is_the_one_that_is_committed(
    looked: Callable[..., Status], connection: Connection, day: str, width: int
) -> None:
    if day == "trouble":
        a_bad_night(connection)
    screen, path = seen(looked(running=day == "well"), width), GOLDEN / f"status-{day}-{width}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(screen)
    assert screen == path.read_text()


@pytest.mark.parametrize("width", [40, 80, 100, 300])
def test_no_line_is_longer_than_the_terminal_and_a_good_day_is_short(
    looked: Callable[..., Status], connection: Connection, width: int
) -> None:
    good = status_screen.lines(looked(), width)
    assert len(good) <= 40
    a_bad_night(connection)
    bad = status_screen.lines(looked(running=False), width)
    fits = min(max(width, status_screen.NARROWEST), status_screen.WIDEST)
    assert max(len(line.text) for line in (*good, *bad)) <= fits


def test_the_worst_comes_first_and_a_fault_is_said_once(looked: Callable[..., Status], connection: Connection) -> None:
    a_bad_night(connection)
    found = looked(running=False).concerns
    assert [each.severity.rank for each in found] == sorted((each.severity.rank for each in found), reverse=True)
    assert found[0].what.startswith("The daemon is not running")
    keys = [each.key for each in found if each.key]
    assert len(keys) == len(set(keys)) and keys.count("channel:whatsapp") == 1
    assert all(each.do for each in found)


def test_a_daemon_that_hangs_is_the_first_thing_to_look_at(
    looked: Callable[..., Status], connection: Connection, folder: Path
) -> None:
    beat = beat_file.beat_path(folder / "data" / "ivy.db")
    beat.touch()
    for minutes, hangs in ((2, False), (4, True)):
        os.utime(beat, (ago(minutes).timestamp(), ago(minutes).timestamp()))
        found = looked().concerns
        assert any(each.what == "The daemon hangs: its last sign of life is 4 min old." for each in found) is hangs


# --- drawn again and again ---------------------------------------------------------------------------


def test_a_frame_fills_the_terminal_and_no_more(looked: Callable[..., Status], connection: Connection) -> None:
    a_bad_night(connection)
    lines = status_screen.lines(looked(running=False), 80)
    for rows in (10, 24, 200):
        frame_ = status_watch.drawn(lines, 80, rows)
        assert frame_.startswith(status_watch.BEGIN) and frame_.endswith(status_watch.END)
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame_).split("\r\n")
        assert len(shown) <= rows and max(map(len, shown)) <= 80
        assert shown[-1] == status_watch.FOOT
        assert "\n" not in frame_.replace("\r\n", "")


def test_what_strangers_wrote_cannot_steer_the_terminal(looked: Callable[..., Status], connection: Connection) -> None:
    advice = Advice(Severity.CRITICAL, AlertKind.HANDOVER.of("x"), "\x1b]0;owned\x07 asks for a human.", "Answer.")
    alerts.raise_alert(connection, advice, at=NOW, now=NOW)
    frame_ = status_watch.drawn(status_screen.lines(looked(), 100), 100, 60)
    assert "\x07" not in frame_ and "\x1b]" not in frame_


def test_a_pipe_is_refused_politely(ivy: "Ivy", connection: Connection) -> None:
    for words in (("status", "--watch"), ("status", "--watch", "--json")):
        refused = ivy(*words)
        assert "draws on a terminal" in str(refused.error) and refused.out == ""
