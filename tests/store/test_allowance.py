"""What is counted of messages and their statuses, at its boundaries; and that counting walks over nothing."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivy.clock import stamp
from ivy.domain.messaging_limit import UNLIMITED
from ivy.store import alerts, allowance, category_changes, delivery_health, notices, people, spending
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
MONTH = datetime(2026, 11, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Hand:
    """Writes messages and statuses as they would stand in the database."""

    connection: Connection
    numbers: Iterator[int]

    def sent(
        self, user: str | None = "ana", *, at: datetime = NOW, kind: str = "text", state: str = "accepted",
        category: str = "", price_type: str = "", outside: bool = False,
    ) -> str:  # fmt: skip
        """Put in a message that left; return the vendor's id for it."""
        external = f"wamid.{next(self.numbers)}"
        self.connection.execute(
            "INSERT INTO messages_v2 (id, user_id, channel, direction, kind, external_id, body, state, price_category,"
            " price_type, at_ms, state_at_ms, sent_at_ms, window_open)"
            " VALUES (?1, ?2, 'whatsapp', 'out', ?3, ?4, '', ?5, ?6, ?7, ?8, ?8, ?8, ?9)",
            (f"m{external}", user, kind, external, state, category, price_type, stamp(at), int(not outside)),
        )
        return external

    def heard(self, external: str, state: str, *, at: datetime = NOW) -> None:
        self.connection.execute(
            "INSERT INTO message_statuses (channel, external_id, state, at_ms) VALUES ('whatsapp', ?, ?, ?)",
            (external, state, stamp(at)),
        )

    def delivered(self, *, at: datetime = NOW, kind: str = "text", category: str = "", price_type: str = "") -> str:
        external = self.sent(at=at, kind=kind, state="delivered", category=category, price_type=price_type)
        self.heard(external, "delivered", at=at)
        return external


@pytest.fixture
def hand(database: Path) -> Iterator[Hand]:
    connection = open_writer(database, throwaway=True)
    for user in ("ana", "ben", "cleo"):
        people.add(connection, NewPerson(user, user, "active", "en-US", "UTC", "USD"), now=NOW)
        connection.execute(
            "INSERT INTO channel_identities (user_id, channel, kind, value, valid_from_ms) VALUES (?1, 'whatsapp', 'id', ?1, 0)",
            (user,),
        )
    yield Hand(connection, count())
    connection.close()


def free(hand: Hand, now: datetime = NOW) -> int:
    return allowance.free_replies(hand.connection, "whatsapp", now=now)


def test_a_reply_counts_once_when_it_is_delivered(hand: Hand) -> None:
    external = hand.sent()
    assert free(hand) == 0
    hand.heard(external, "sent")
    assert free(hand) == 0
    hand.heard(external, "delivered")
    hand.heard(external, "read")
    assert free(hand) == 1
    hand.heard(hand.sent(), "read")  # `delivered` may be skipped
    assert free(hand) == 2


def test_the_month_is_that_of_delivery_in_utc(hand: Hand) -> None:
    for at in (MONTH - SECOND, MONTH):
        hand.delivered(at=at)
    late = hand.sent(at=MONTH - SECOND)
    hand.heard(late, "delivered", at=MONTH + SECOND)
    october = hand.sent(at=MONTH - SECOND)
    hand.heard(october, "delivered", at=MONTH - SECOND)
    hand.heard(october, "read", at=MONTH + timedelta(days=3))
    assert free(hand) == 2
    assert free(hand, MONTH - SECOND) == 2
    assert allowance.month_of(datetime.fromisoformat("2026-11-30T23:30:00-03:00")) == datetime(2026, 12, 1, tzinfo=UTC)


def test_templates_and_what_follows_an_ad_use_nothing_up(hand: Hand) -> None:
    hand.delivered(kind="template")
    hand.delivered(category="utility")
    hand.delivered(price_type="free_entry_point")
    hand.heard(hand.sent(outside=True), "delivered")
    assert free(hand) == 0
    hand.delivered(category="service", price_type="free_customer_service")
    hand.delivered(category="service", price_type="regular")
    assert free(hand) == 2


def test_counting_stops_where_it_is_told_to(hand: Hand) -> None:
    for _ in range(5):
        hand.delivered()
    counted = [allowance.free_replies(hand.connection, "whatsapp", now=NOW, up_to=limit) for limit in (0, 3, 5, 9)]
    assert counted == [0, 3, 5, 5]


def outside(hand: Hand, now: datetime = NOW) -> int:
    return allowance.people_outside(hand.connection, "whatsapp", now=now)


def test_people_are_counted_once_and_only_outside_their_windows(hand: Hand) -> None:
    for _ in range(2):
        hand.sent("ana", outside=True)
    hand.sent("ben", kind="template")
    hand.sent("cleo")
    hand.sent(None, outside=True)
    assert outside(hand) == 1
    assert [
        allowance.was_reached_outside(within(hand.connection, user), "whatsapp", now=NOW) for user in ("ana", "ben")
    ] == [True, False]


def test_a_person_counts_for_24_hours(hand: Hand) -> None:
    hand.sent("ben", outside=True, at=NOW - allowance.TIER_SPAN)
    hand.sent("cleo", outside=True, at=NOW - allowance.TIER_SPAN + SECOND)
    assert (outside(hand), outside(hand, NOW + SECOND)) == (1, 0)
    assert not allowance.was_reached_outside(within(hand.connection, "ben"), "whatsapp", now=NOW)


def test_a_template_that_failed_reached_nobody(hand: Hand) -> None:
    hand.sent("ana", outside=True, state="failed")
    assert outside(hand) == 0


def test_one_more_person_may_be_reached_when_the_oldest_is_a_day_old(hand: Hand) -> None:
    def free_at() -> datetime | None:
        return allowance.tier_free_at(hand.connection, "whatsapp", now=NOW)

    for user, hours in (("ana", 20), ("ana", 10), ("ben", 5), ("cleo", 15)):
        hand.sent(user, outside=True, at=NOW - timedelta(hours=hours))
    assert free_at() is None
    frees = {4: None, 3: NOW + timedelta(hours=9), 2: NOW + timedelta(hours=14), 1: NOW + timedelta(hours=19)}
    for tier, expected in frees.items():
        allowance.remember_limit(hand.connection, "whatsapp", allowance.TIER, tier, at=NOW)
        assert free_at() == expected
        if expected is not None:
            assert outside(hand, expected - SECOND) >= tier > outside(hand, expected)


def test_the_newest_word_of_a_limit_counts(hand: Hand) -> None:
    for value, at in ((250, NOW), (2_000, NOW + SECOND), (10_000, NOW)):
        allowance.remember_limit(hand.connection, "whatsapp", allowance.TIER, value, at=at)
    assert allowance.limit(hand.connection, "whatsapp") == 2_000
    assert allowance.limit(hand.connection, "sms") is None
    allowance.remember_limit(hand.connection, "whatsapp", allowance.TIER, UNLIMITED, at=NOW + SECOND)
    assert allowance.limit(hand.connection, "whatsapp") == UNLIMITED
    assert allowance.tier(hand.connection, "whatsapp") is None


def test_the_months_cost_is_by_category_and_type(hand: Hand) -> None:
    for category, micros, at in (
        ("utility", 800, NOW),
        ("utility", 800, MONTH),
        ("service", 0, NOW),
        ("utility", 9, MONTH - SECOND),
    ):
        external = hand.sent(at=at, category=category, price_type="regular")
        spending.charge(
            hand.connection, f"m{external}", kind="message", provider="whatsapp", user_id="ana", micros=micros, now=at
        )
    spending.charge(hand.connection, "call", kind="call", provider="retell", user_id="ana", micros=5, now=NOW)
    found = [
        (each.category, each.type, each.messages, each.micros)
        for each in allowance.month_prices(hand.connection, now=NOW)
    ]
    assert found == [("utility", "regular", 2, 1_600), ("service", "regular", 1, 0)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(["text", "template"]), st.integers(-40, 0), st.booleans()), max_size=15),
    st.integers(0, 9),
)
def test_the_count_is_that_of_the_delivered_replies_of_the_month(
    hand: Hand, sent: list[tuple[str, int, bool]], up_to: int
) -> None:
    hand.connection.execute("DELETE FROM messages_v2")
    hand.connection.execute("DELETE FROM message_statuses")
    expected = 0
    for kind, days, delivered in sent:
        at = NOW + timedelta(days=days)
        external = hand.sent(at=at, kind=kind)
        if delivered:
            hand.heard(external, "delivered", at=at)
            expected += kind == "text" and at >= MONTH
    assert free(hand) == expected
    assert allowance.free_replies(hand.connection, "whatsapp", now=NOW, up_to=up_to) == min(expected, up_to)
    assert allowance.delivered(hand.connection, "whatsapp", now=NOW, up_to=up_to) >= min(expected, up_to)


# --- what is heard ---------------------------------------------------------------------------------


def test_a_message_is_heard_of_by_its_state_or_by_a_status_that_was_kept(hand: Hand) -> None:
    hand.sent("ana", at=NOW - 5 * SECOND)
    hand.sent("ana", at=NOW - 4 * SECOND, state="sent")
    hand.heard(hand.sent("ben", at=NOW - 3 * SECOND), "sent")
    hand.heard(hand.sent(None, at=NOW - 2 * SECOND), "failed")
    hand.sent("ben", at=NOW - timedelta(hours=2))
    found = delivery_health.sendings(hand.connection, "whatsapp", now=NOW)
    assert [(each.person, each.heard) for each in found] == [("{}", True), ("ben", True), ("ana", True), ("ana", False)]


def test_those_who_stopped_are_nobody_to_write_to(hand: Hand) -> None:
    assert delivery_health.people(hand.connection, "whatsapp") == 2
    hand.connection.execute("UPDATE users SET status = 'stopped' WHERE id <> 'ana'")
    assert delivery_health.people(hand.connection, "whatsapp") == 1
    assert delivery_health.people(hand.connection, "sms") == 0


def test_only_what_left_after_a_fault_shows_that_it_is_over(hand: Hand) -> None:
    before = hand.sent(at=NOW - SECOND)
    hand.heard(before, "delivered", at=NOW + 5 * SECOND)
    assert not delivery_health.delivered_since(hand.connection, "whatsapp", NOW)
    hand.heard(hand.sent(at=NOW + SECOND / 2), "delivered", at=NOW)  # a vendor's seconds are cut off
    assert delivery_health.delivered_since(hand.connection, "whatsapp", NOW)


def test_of_each_template_the_newest_notice_counts(hand: Hand) -> None:
    for name, category, minutes in (
        ("a", "UTILITY", 1),
        ("b", "MARKETING", 2),
        ("a", "MARKETING", 3),
        ("c", "MARKETING", -9),
    ):
        details = {"message_template_name": name, "message_template_language": "en", "new_category": category}
        at_ms = stamp(NOW + timedelta(minutes=minutes))
        notices.keep(hand.connection, "whatsapp", category_changes.FIELD, category, details, at_ms=at_ms)
    found = category_changes.newest(hand.connection, "whatsapp", since=NOW)
    assert [(each.details["message_template_name"], each.details["new_category"]) for each in found] == [
        ("a", "MARKETING"), ("b", "MARKETING"),
    ]  # fmt: skip


# --- plans -----------------------------------------------------------------------------------------

WALK = re.compile(
    r"SCAN (m|s|theirs|earlier|messages_v2|message_statuses|channel_notices|cost_ledger|alerts)\b(?! USING)"
)
READS: dict[str, Callable[[Connection], object]] = {
    "free_replies": lambda c: allowance.free_replies(c, "whatsapp", now=NOW),
    "delivered": lambda c: allowance.delivered(c, "whatsapp", now=NOW),
    "people_outside": lambda c: allowance.people_outside(c, "whatsapp", now=NOW),
    "was_reached_outside": lambda c: allowance.was_reached_outside(within(c, "ana"), "whatsapp", now=NOW),
    "tier_free_at": lambda c: allowance.tier_free_at(c, "whatsapp", now=NOW),
    "month_prices": lambda c: allowance.month_prices(c, now=NOW),
    "sendings": lambda c: delivery_health.sendings(c, "whatsapp", now=NOW),
    "delivered_since": lambda c: delivery_health.delivered_since(c, "whatsapp", NOW),
    "newest": lambda c: category_changes.newest(c, "whatsapp", since=NOW),
    "open_alerts": alerts.open_alerts,
    "lapse": lambda c: alerts.lapse(c, now=NOW),
    "resolve": lambda c: alerts.resolve(c, "k", at=NOW, now=NOW),
}


@pytest.mark.parametrize("analyzed", [False, True], ids=["without statistics", "with statistics"])
@pytest.mark.parametrize("name", READS)
def test_no_counter_walks_over_everything_ever_said(hand: Hand, name: str, analyzed: bool) -> None:
    for n in range(300):
        external = hand.delivered(at=NOW - timedelta(days=n % 90))
        if n % 3 == 0:
            hand.heard(external, "read", at=NOW)
    if analyzed:
        hand.connection.execute("ANALYZE")
    ran: list[str] = []
    hand.connection.set_trace_callback(ran.append)
    READS[name](hand.connection)
    hand.connection.set_trace_callback(None)
    assert ran
    for sql in ran:
        steps = [row["detail"] for row in hand.connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in steps if WALK.search(step)], steps
        assert not [step for step in steps if "SEARCH earlier" in step and "external_id=?" not in step], steps
