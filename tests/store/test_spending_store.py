"""The ledger: what is set aside, settled and refused; days that add up; messages, silent ones among them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivy.config import SpendSection
from ivy.domain.spend_caps import NO_CAPS, Sums
from ivy.store import costs, message_costs, spending, switches
from ivy.store.binding import Connection
from ivy.store.migrate import migrate
from ivy.store.settings import open_writer
from ivy.store.spending import CapReached

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = ("ana", "ben", None)
KINDS = ("model", "message", "call", "transcription", "embedding")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    opened = open_writer(tmp_path_factory.mktemp("ledger") / "ivy.db", throwaway=True)
    migrate(opened)
    return opened


@pytest.fixture(autouse=True)
def empty(connection: Connection) -> None:
    clear(connection)


def clear(connection: Connection) -> None:
    for table in ("cost_ledger", "spend_days", "switches"):
        connection.execute(f"DELETE FROM {table}")


def aside(connection: Connection, entry: str, micros: int, **more: object) -> None:
    values: dict[str, object] = {"kind": "model", "provider": "x", "user_id": "ana", "caps": NO_CAPS, "now": NOW}
    spending.set_aside(connection, entry, micros=micros, **(values | more))  # pyright: ignore[reportArgumentType]


def row(connection: Connection, entry: str) -> tuple[int, str, int]:
    found = connection.execute(
        "SELECT amount_micros, state, requests FROM cost_ledger WHERE id = ?", (entry,)
    ).fetchone()
    return tuple(found)


def days(connection: Connection) -> dict[tuple[str, str], int]:
    rows = connection.execute("SELECT day, user_id, micros FROM spend_days WHERE micros <> 0")
    return {(each["day"], each["user_id"]): each["micros"] for each in rows}


# --- adding up --------------------------------------------------------------------------------------------

step = st.tuples(
    st.sampled_from(["aside", "close", "release", "charge", "delete", "nameless"]),
    st.integers(0, 5),
    st.sampled_from(KINDS),
    st.sampled_from(PEOPLE),
    st.integers(0, 1000),
    st.integers(0, 2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(step, max_size=30))
def test_days_always_add_up_to_the_rows(
    connection: Connection, steps: list[tuple[str, int, str, str | None, int, int]]
) -> None:
    clear(connection)
    for what, number, kind, user_id, micros, day in steps:
        entry, now = f"e{number}", NOW + timedelta(days=day)
        match what:
            case "aside":
                aside(connection, entry, micros, kind=kind, user_id=user_id, now=now)
            case "close":
                spending.close(connection, entry, micros)
            case "release":
                spending.release(connection, entry)
            case "charge":
                spending.charge(connection, entry, kind=kind, provider="x", user_id=user_id, micros=micros, now=now)
            case "delete":
                connection.execute("DELETE FROM cost_ledger WHERE id = ?", (entry,))
            case _:
                connection.execute("UPDATE cost_ledger SET user_id = NULL WHERE id = ?", (entry,))
    expected: dict[tuple[str, str], int] = {}
    for each in connection.execute("SELECT day, user_id, amount_micros FROM cost_ledger WHERE kind <> 'call'"):
        for who in {"", each["user_id"] or ""}:
            key = (each["day"], who)
            expected[key] = expected.get(key, 0) + each["amount_micros"]
    assert days(connection) == {key: micros for key, micros in expected.items() if micros}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.builds(Sums, st.integers(0, 900), st.integers(0, 900), st.integers(0, 900), st.integers(0, 900)),
    st.lists(st.tuples(st.sampled_from(["ana", "ben"]), st.integers(1, 200), st.floats(0, 1)), max_size=40),
)
def test_no_order_of_reservations_passes_a_cap(
    connection: Connection, caps: Sums, asks: list[tuple[str, int, float]]
) -> None:
    clear(connection)
    for number, (who, micros, part) in enumerate(asks):
        try:
            aside(connection, f"e{number}", micros, user_id=who, caps=caps)
        except CapReached as refused:
            assert refused.until is not None
        if number % 3 == 2:
            spending.close(connection, f"e{number - 2}", int(asks[number - 2][1] * part))
        for each in ("ana", "ben"):
            spent = spending.spent(connection, each, now=NOW).by_span()
            assert all(not cap or spent[span] <= cap for span, cap in caps.by_span().items())


# --- one by one -------------------------------------------------------------------------------------------


def test_a_second_request_of_the_same_thing_is_counted_with_the_first(connection: Connection) -> None:
    aside(connection, "m", 10)
    spending.release(connection, "m")
    aside(connection, "m", 12)
    assert row(connection, "m") == (12, "reserved", 2)
    spending.close(connection, "m", 7)
    assert row(connection, "m") == (7, "settled", 2)
    spending.release(connection, "m")  # what is settled is spent
    assert row(connection, "m") == (7, "settled", 2)


def test_a_month_has_its_days_and_a_person_theirs(connection: Connection) -> None:
    aside(connection, "a", 5)
    aside(connection, "b", 7, user_id="ben", now=NOW - timedelta(days=3))
    aside(connection, "c", 11, now=NOW - timedelta(days=30))
    aside(connection, "d", 99, kind="call")
    assert spending.spent(connection, "ana", now=NOW) == Sums(5, 12, 5, 5)
    assert spending.spent(connection, None, now=NOW) == Sums(5, 12, 0, 0)
    assert spending.heavy(connection, Sums(person_day=10), now=NOW) == ["ana"]
    assert spending.heavy(connection, Sums(person_month=14), now=NOW) == ["ben"]
    assert spending.heavy(connection, NO_CAPS, now=NOW) == []


def test_a_refusal_names_the_cap_and_when_it_is_over(connection: Connection) -> None:
    aside(connection, "a", 5)
    with pytest.raises(CapReached, match=r"monthly cap of one person of \$0\.00") as refused:
        aside(connection, "b", 6, caps=Sums(person_month=10))
    assert (refused.value.span, refused.value.until) == ("person_month", datetime(2026, 12, 1, tzinfo=UTC))
    switches.set_value(connection, "spend", "block", by="test", now=NOW)
    with pytest.raises(CapReached, match="blocked"):
        aside(connection, "b", 0)
    aside(connection, "b", 6, caps=None)  # what no cap stops


def test_caps_are_what_configuration_says(connection: Connection) -> None:
    section = SpendSection(daily_cap_usd=1.5, monthly_cap_usd=0, person_daily_cap_usd=0.25, person_monthly_cap_usd=-1)
    assert spending.caps_of(section) == Sums(1_500_000, 0, 250_000, 0)


def bill(connection: Connection, micros: int, *, is_told: bool = False, channel: str = "whatsapp") -> None:
    message_costs.bill(connection, "m", channel=channel, user_id="ana", micros=micros, is_told=is_told, now=NOW)


def test_the_vendors_word_on_a_price_wins_over_an_estimate_and_not_the_other_way(connection: Connection) -> None:
    message_costs.reserve(connection, "m", channel="whatsapp", user_id="ana", micros=3_400, now=NOW)
    bill(connection, 3_400)
    bill(connection, 800)  # another estimate changes nothing
    assert row(connection, "m") == (3_400, "settled", 1)
    bill(connection, 0, is_told=True)
    assert row(connection, "m") == (0, "settled", 1)


def test_a_message_of_an_older_version_is_billed_without_a_reservation(connection: Connection) -> None:
    bill(connection, 800)
    assert row(connection, "m") == (800, "settled", 1)


def test_messages_of_which_nothing_more_is_heard_are_settled_after_a_month(connection: Connection) -> None:
    for entry, channel, age in (("w", "whatsapp", 40), ("s", "sms", 40), ("new", "whatsapp", 3)):
        at = NOW - timedelta(days=age)
        message_costs.reserve(connection, entry, channel=channel, user_id="ana", micros=9, now=at)
    assert message_costs.settle_silent(connection, now=NOW) == 2
    assert row(connection, "w") == (0, "settled", 1)
    assert row(connection, "s") == (9, "settled", 1)
    assert row(connection, "new") == (9, "reserved", 1)
    assert message_costs.sent_this_month(connection, now=NOW, up_to=5) == 1


def test_after_a_crash_messages_and_calls_wait_for_their_own_word(connection: Connection) -> None:
    for kind in KINDS:
        aside(connection, kind, 4, kind=kind)
    assert spending.expire_reservations(connection) == 3
    assert {kind: row(connection, kind)[1] for kind in KINDS} == {
        "model": "settled", "embedding": "settled", "transcription": "settled", "message": "reserved", "call": "reserved",
    }  # fmt: skip


def test_what_was_spent_on_idle_days_is_shown_row_by_row(connection: Connection) -> None:
    connection.execute("DELETE FROM messages_v2")
    connection.execute(
        "INSERT INTO messages_v2 (id, channel, direction, body, state, at_ms, state_at_ms)"
        " VALUES ('m', 'whatsapp', 'in', 'hello', 'received', unixepoch('2026-11-23 23:59:50') * 1000, 1)"
    )
    for day, micros in ((22, 5), (23, 7), (24, 9), (25, 0)):
        aside(connection, f"d{day}", micros, model="m", now=NOW.replace(day=day))
    found = costs.idle(connection, since="2026-11-21", until="2026-11-25")
    assert (found.days, found.micros) == (3, 5)
    assert [(each.day, each.name, each.micros) for each in found.rows] == [("2026-11-22", "m", 5)]
