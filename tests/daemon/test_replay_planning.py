"""The plan of a replay, made from the file by the rule that sends: a partition of the letters, one message each, nobody woken."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivy.adapters.whatsapp.pack import Pack, pack
from ivy.agent import price_cards
from ivy.clock import stamp
from ivy.config import Config
from ivy.daemon import rate_card, replay_planning
from ivy.daemon.deciding import At, Beforehand
from ivy.domain.replay_plan import What
from ivy.domain.windows import QuietHours, quiet_until
from ivy.store import outbox, people
from ivy.store.binding import Connection
from ivy.store.dead_letters import Wanted
from ivy.store.migrate import migrate
from ivy.store.replay_plans import Plan
from ivy.store.settings import open_writer
from tests.cli.support.conftest import BUSY, Hands

DAY = datetime(2026, 11, 23, tzinfo=UTC)
ZONES = ("Europe/Madrid", "America/Bogota", "Asia/Tokyo", "Asia/Kathmandu")
FAILED = "ivy.errors.VendorRefused@ivy.daemon.handlers.send:handle"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    opened = open_writer(tmp_path_factory.mktemp("plans") / "ivy.db", throwaway=True)
    migrate(opened)
    yield opened
    opened.close()


def planned(connection: Connection, now: datetime, *, poison: bool = False) -> Plan:
    context = Beforehand(
        At(now),
        Config(),
        frozenset({"whatsapp"}),
        rate_card.load("", Path()),
        Pack(pack()),
        price_cards.shipped(),
    )
    return replay_planning.make(connection, Wanted(), context, plan_id="plan", rate=2.0, poison=poison)


@dataclass(frozen=True)
class Given:
    """A letter: its kind, how many quarters of an hour ago it was due, and what its message was for."""

    kind: str
    ago: int
    asked_for: bool
    purpose: str


@dataclass(frozen=True)
class Someone:
    """A person and their letters; `window` is in hours from now."""

    zone: str
    quiet: tuple[str, str]
    status: str
    window: int
    letters: tuple[Given, ...]


letters = st.builds(
    Given,
    st.sampled_from(["send", "send", "send", "turn", "reminder", "mark_read", "call", "embed"]),
    st.integers(0, 30),
    st.booleans(),
    st.sampled_from(["reply", "reminder", "checkin", "notice"]),
)
someone = st.builds(
    Someone,
    st.sampled_from(ZONES),
    st.sampled_from([("22:00", "07:00"), ("13:00", "15:30"), ("00:00", "00:00")]),
    st.sampled_from(["active", "active", "active", "paused", "stopped"]),
    st.integers(-5, 20),
    st.lists(letters, max_size=5).map(tuple),
)


SILENT = ("embed", "mark_read")
"""What nobody hears."""


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(someone, max_size=4), st.integers(0, 23))
def test_a_plan_is_a_partition_and_nobody_gets_two_messages_or_is_woken(
    connection: Connection, given_people: list[Someone], hour: int
) -> None:
    now = DAY + timedelta(hours=hour)
    connection.execute("BEGIN")
    try:
        for number, each in enumerate(given_people):
            _keep(connection, f"person-{number}", each, now)
        plan = planned(connection, now)
        dead = [row["id"] for row in connection.execute("SELECT id FROM dead_letters")]
        everyone = {person.id: person for person in people.everyone(connection)}
    finally:
        connection.execute("ROLLBACK")
    assert sorted(line.job_id for line in plan.lines) == sorted(dead)
    assert [line.place for line in plan.lines] == list(range(len(dead)))
    spoken = Counter(line.user_id for line in plan.lines if line.speaks)
    assert all(number == 1 for number in spoken.values())
    for line in plan.going:
        assert line.run_at is not None and line.run_at >= now
        person = everyone[str(line.user_id)]
        if line.kind in SILENT:
            continue
        assert line.user_id in spoken
        assert person.status != "stopped" and line.kind != "call"
        quiet = QuietHours(time.fromisoformat(person.quiet_from), time.fromisoformat(person.quiet_to))
        assert quiet_until(quiet, person.zone, line.run_at) is None
    bundles = {line.user_id: line.bundle for line in plan.lines if line.speaks}
    together = [line for line in plan.going if line.kind not in SILENT]
    assert all(line.bundle == bundles[line.user_id] for line in together)


class Named(Hands):
    """Hands whose ids begin with whose they are: several people's come from the same chance."""

    def __init__(self, connection: Connection, now: datetime, whose: str) -> None:
        super().__init__(connection, now)
        self._whose, self._made = whose, count(1)

    def new_id(self) -> str:
        return f"{self._whose}-{next(self._made):04d}"


def _keep(connection: Connection, user_id: str, someone: Someone, now: datetime) -> None:
    """Keep somebody and their letters."""
    hands = Named(connection, now, user_id)
    hands.person(user_id, user_id, someone.status, phone=f"+1555010{int(user_id[-1]) + 1000}")
    connection.execute(
        "UPDATE users SET zone = ?, quiet_from = ?, quiet_to = ? WHERE id = ?", (someone.zone, *someone.quiet, user_id)
    )
    connection.execute(
        "INSERT INTO conversation_windows (user_id, channel, expires_at_ms) VALUES (?, 'whatsapp', ?)",
        (user_id, stamp(now) + someone.window * 3_600_000),
    )
    for each in someone.letters:
        ago = timedelta(minutes=15 * each.ago)
        _letter(hands, user_id, each.kind, ago, asked_for=each.asked_for, purpose=each.purpose)


def _letter(hands: Hands, user_id: str, kind: str, ago: timedelta, *, asked_for: bool, purpose: str) -> str:
    connection = hands.connection
    if kind != "send":
        job_id = hands.job(kind, user_id, {"ref": "r", "channel": "whatsapp"}, due=hands.now - ago)
        connection.execute("UPDATE jobs SET key = key || id, lane = '' WHERE id = ?", (job_id,))
    else:
        message_id, job_id = hands.message(user_id, f"said {ago} ago", asked_for=asked_for)
        connection.execute("UPDATE messages_v2 SET purpose = ?, state = 'failed' WHERE id = ?", (purpose, message_id))
        connection.execute("UPDATE jobs SET due_at_ms = ? WHERE id = ?", (stamp(hands.now - ago), job_id))
    error = {"at": hands.now.isoformat(), "error": FAILED, "reason": "whatsapp: refused", "claim": 1}
    connection.execute(
        "UPDATE jobs SET state = 'dead', ended_at_ms = ?, errors = json_array(json(?)) WHERE id = ?",
        (stamp(hands.now), msgspec.json.encode(error).decode(), job_id),
    )
    return job_id


@pytest.fixture
def hands(connection: Connection) -> Iterator[Hands]:
    connection.execute("BEGIN")
    made = Hands(connection, DAY.replace(hour=17))
    made.person("ana", "Ana", phone="+15550102030")
    connection.execute("UPDATE users SET zone = 'UTC'")
    connection.execute(
        "INSERT INTO conversation_windows (user_id, channel, expires_at_ms) VALUES ('ana', 'whatsapp', ?)",
        (stamp(made.now) + 3_600_000 * 20,),
    )
    yield made
    connection.execute("ROLLBACK")


def test_a_reminder_is_judged_by_when_it_would_be_said(hands: Hands) -> None:
    hands.connection.execute("UPDATE users SET quiet_from = '16:00', quiet_to = '20:00'")
    reminder = _letter(hands, "ana", "send", timedelta(hours=1), asked_for=True, purpose="reminder")
    reply = _letter(hands, "ana", "send", timedelta(hours=1), asked_for=True, purpose="reply")
    what = {line.job_id: (line.what, line.wall) for line in planned(hands.connection, hands.now).lines}
    assert what == {reminder: (What.TOO_LATE, ""), reply: (What.LATER, "20:00")}


def test_what_nobody_asked_for_keeps_to_its_cap_and_its_switch(hands: Hands) -> None:
    letter = _letter(hands, "ana", "send", timedelta(minutes=5), asked_for=False, purpose="digest")
    assert planned(hands.connection, hands.now).lines[0].what is What.NOW
    hands.connection.execute(
        "INSERT OR REPLACE INTO switches (name, value, set_at_ms, set_by) VALUES ('proactive', 'off', 1, 'sam')"
    )
    (line,) = planned(hands.connection, hands.now).lines
    assert (line.job_id, line.what) == (letter, What.OPTED_OUT)
    assert "proactive is off" in line.note


def test_a_reply_to_a_stranger_of_hours_ago_is_not_sent(hands: Hands) -> None:
    _letter(hands, "ana", "send", timedelta(hours=3), asked_for=True, purpose="reply")
    hands.connection.execute("UPDATE messages_v2 SET user_id = NULL")
    hands.connection.execute("UPDATE jobs SET user_id = NULL")
    assert [line.what for line in planned(hands.connection, hands.now).lines] == [What.TOO_LATE]


def test_who_is_gone_gets_nothing(hands: Hands) -> None:
    job_id = hands.job("turn", "ana", {"channel": "whatsapp"})
    hands.bury(job_id, reason="x", error=BUSY)
    hands.connection.execute("UPDATE jobs SET user_id = 'nobody'")
    (line,) = planned(hands.connection, hands.now).lines
    assert (line.what, line.note) == (What.OPTED_OUT, "erased")


def test_a_fault_of_ours_that_one_letter_proves_is_poison_in_all(hands: Hands) -> None:
    fault = "builtins.KeyError@ivy.agent.context:assemble"
    first = hands.bury(hands.job("turn", "ana", {"channel": "whatsapp"}), reason="KeyError", error=fault, times=3)
    second = hands.bury(hands.job("day_close", "ana", {}), reason="KeyError", error=fault)
    what = {line.job_id: line.what for line in planned(hands.connection, hands.now).lines}
    assert what == {first: What.POISON, second: What.POISON}
    assert {line.what for line in planned(hands.connection, hands.now, poison=True).lines} == {What.NOW, What.NEXT}


def test_the_message_of_a_letter_is_left_as_it_is_by_planning(hands: Hands) -> None:
    _letter(hands, "ana", "send", timedelta(minutes=5), asked_for=True, purpose="reply")
    before = [dict(row) for row in hands.connection.execute("SELECT * FROM messages_v2")]
    plan = planned(hands.connection, hands.now)
    assert [dict(row) for row in hands.connection.execute("SELECT * FROM messages_v2")] == before
    row = hands.connection.execute("SELECT id FROM messages_v2").fetchone()
    assert outbox.outgoing(hands.connection, row["id"]).replayed_by == ""
    assert plan.lines[0].cost_micros == 0
