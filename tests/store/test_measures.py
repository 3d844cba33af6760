"""Latencies by role and the tools' success: what counts, and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivy.cli import measures_view
from ivy.clock import stamp
from ivy.store import measures
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.measures import RoleLatency, ToolSuccess, percentile
from ivy.store.scope import PersonStore
from ivy.tools.registry import families

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def call(
    connection: Connection, number: int, role: str, latency_ms: int, *, status: str = "done", turn: str = ""
) -> None:
    connection.execute(
        "INSERT INTO ai_usage (id, user_id, turn_id, role, vendor, model, status, input_price, output_price,"
        " cache_read_price, cache_write_price, price_source, latency_ms, trace_id, at_ms)"
        " VALUES (?, 'ana', ?, ?, 'v', 'm', ?, 0, 0, 0, 0, '', ?, '', ?)",
        (f"call-{number}", turn, role, status, latency_ms, stamp(NOW) + number),
    )


def message(
    connection: Connection, number: int, turn: str, direction: str, at: float, sent: float | None = None
) -> None:
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, kind, body, turn_id, at_ms, sent_at_ms, trace_id, state,"
        " state_at_ms) VALUES (?, 'ana', 'whatsapp', ?, 'text', 'x', ?, ?, ?, '', ?, 0)",
        (
            f"m-{number}",
            direction,
            turn,
            stamp(NOW + timedelta(seconds=at)),
            None if sent is None else stamp(NOW + timedelta(seconds=sent)),
            "received" if direction == "in" else "sent",
        ),
    )


async def test_a_reply_counts_from_the_first_message_it_answers_and_for_the_role_that_spoke_last(
    store: Store, person: PersonStore
) -> None:
    def rows(connection: Connection) -> None:
        for turn in ("t1", "t2"):
            connection.execute(
                "INSERT INTO turns (id, user_id, key, prompt, trace_id, started_at_ms) VALUES (?, 'ana', ?, '', '', 0)",
                (turn, turn),
            )
        call(connection, 1, "primary", 100, turn="t1")
        call(connection, 2, "fallback", 900, turn="t1")
        call(connection, 3, "primary", 300, turn="t2")
        call(connection, 4, "primary", 9999, status="failed", turn="t2")
        message(connection, 1, "t1", "in", 0)
        message(connection, 2, "t1", "in", 3)
        message(connection, 3, "t1", "out", 5, sent=6)
        message(connection, 4, "t1", "out", 5, sent=8)
        message(connection, 5, "t2", "in", 10)
        message(connection, 6, "t2", "out", 11)  # it never left

    await store.write(rows)
    found = await store.read(measures.measures, since=NOW)
    assert found.roles == (
        RoleLatency("primary", 2, 100, 300, 0, None, None),
        RoleLatency("fallback", 1, 900, 900, 1, 6000, 6000),
    )
    assert (await store.read(measures.measures, since=NOW + timedelta(minutes=1))).roles == ()


async def test_what_a_tool_says_no_to_is_not_what_breaks(store: Store, person: PersonStore) -> None:
    def rows(connection: Connection) -> None:
        for number, status in enumerate(["done"] * 97 + ["failed"] * 20 + ["refused"]):
            connection.execute(
                "INSERT INTO tool_executions (id, user_id, turn_id, tool, arguments, key, status, result, at_ms)"
                " VALUES (?, 'ana', 't', 'x', '{}', ?, ?, '', ?)",
                (str(number), str(number), status, stamp(NOW)),
            )
        for _fault in range(3):
            connection.execute("INSERT INTO tool_faults (user_id, turn_id, tool, error, at_ms) VALUES ('ana', 't', 'x', 'e', ?)",
                               (stamp(NOW),))  # fmt: skip

    await store.write(rows)
    found = (await store.read(measures.measures, since=NOW)).tools
    assert found == ToolSuccess(97, 21, 3)
    assert found.rate == pytest.approx(0.97)
    assert ToolSuccess(0, 5, 0).rate is None


async def test_what_ivy_is_not_for_is_counted_however_it_ended(store: Store, person: PersonStore) -> None:
    def rows(connection: Connection) -> None:
        for number, tool in enumerate(["out_of_scope", "out_of_scope", "add_expense"]):
            connection.execute(
                "INSERT INTO tool_executions (id, user_id, turn_id, tool, arguments, key, status, result, at_ms)"
                " VALUES (?, 'ana', 't', ?, '{}', ?, 'done', '', ?)",
                (str(number), tool, str(number), stamp(NOW + timedelta(days=number))),
            )

    await store.write(rows)
    assert (await store.read(measures.measures, since=NOW)).out_of_scope == 2
    later = await store.read(measures.measures, since=NOW + timedelta(hours=1))
    assert later.out_of_scope == 1
    assert [line for line in measures_view.in_lines(later) if "1 ×, each told so" in line]
    assert not [line for line in measures_view.in_lines(replace(later, out_of_scope=0)) if "each told so" in line]


def test_the_tool_that_is_counted_is_there() -> None:
    assert measures.OUT_OF_SCOPE in {each.name for each in families()}


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile(range(1, 101), part) for part in (0.5, 0.95, 1.0)] == [50, 95, 100]
    assert percentile([7], 0.95) == 7
    assert percentile([], 0.5) is None
