"""From what the channel says, and does not say, to what an operator is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ivy.clock import stamp
from ivy.daemon import rate_card
from ivy.daemon.handlers import health
from ivy.domain.inbound import AccountNotice, DeliveryError
from ivy.store import alerts, allowance, category_changes, notices, people
from ivy.store.alerts import Alert
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
RATES = rate_card.load("", Path())
TOKEN = DeliveryError(190, "Malformed access token")
PLAN: dict[str, Any] = {"message_template_name": "weekly_plan", "message_template_language": "en_US"}
numbers = count()


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = open_writer(database, throwaway=True)
    for user in ("ana", "ben"):
        people.add(opened, NewPerson(user, user, "active", "en-US", "UTC", "USD"), now=NOW)
        opened.execute(
            "INSERT INTO channel_identities (user_id, channel, kind, value, valid_from_ms) VALUES (?1, 'whatsapp', 'id', ?1, 0)",
            (user,),
        )
    yield opened
    opened.close()


def notice(
    connection: Connection, field: str, event: str, minutes: float = 0, *, now: float | None = None, **details: Any
) -> None:
    told = AccountNotice("whatsapp", field, event, at(minutes), details)
    health.take_notice(connection, told, at(minutes if now is None else now))


def watch(connection: Connection, minutes: float = 0, listening: float | None = None) -> None:
    since = None if listening is None else at(listening)
    health.watch(connection, at(minutes), listening_since=since)
    health.watch_limits(connection, at(minutes), RATES)


def send(connection: Connection, user: str, minutes: float, *states: str, outside: bool = False) -> str:
    """Put in a message that left, and what was heard of it a second later."""
    external = f"wamid.{next(numbers)}"
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, external_id, body, state, at_ms, state_at_ms, sent_at_ms,"
        " window_open) VALUES (?1, ?2, 'whatsapp', 'out', ?1, '', 'accepted', ?3, ?3, ?3, ?4)",
        (external, user, stamp(at(minutes)), int(not outside)),
    )
    for state in states:
        heard(connection, external, state, minutes)
    return external


def heard(connection: Connection, external: str, state: str, minutes: float) -> None:
    connection.execute(
        "INSERT INTO message_statuses (channel, external_id, state, at_ms) VALUES ('whatsapp', ?, ?, ?)",
        (external, state, stamp(at(minutes)) + 1000),
    )


def matters(connection: Connection) -> list[tuple[str, str]]:
    return [(alert.key, alert.severity.value) for alert in alerts.open_alerts(connection)]


def only(connection: Connection) -> Alert:
    (alert,) = alerts.open_alerts(connection)
    return alert


# --- what the channel says -------------------------------------------------------------------------


def test_a_flag_is_one_alert_until_it_is_taken_back(connection: Connection) -> None:
    for minute in range(9):
        notice(connection, "phone_number_quality_update", "FLAGGED", minute, display_phone_number="15550783881")
    assert only(connection).count == 9
    notice(connection, "phone_number_quality_update", "UNFLAGGED", 20, display_phone_number="+1 555 078 3881")
    assert matters(connection) == []


def test_a_webhook_that_meta_repeats_late_does_not_bring_a_ban_back(connection: Connection) -> None:
    notice(connection, "account_update", "DISABLED_UPDATE", 0, ban_info={"waba_ban_state": "DISABLE"})
    notice(connection, "account_update", "DISABLED_UPDATE", 60, ban_info={"waba_ban_state": "REINSTATE"})
    notice(connection, "account_update", "DISABLED_UPDATE", 0, now=90, ban_info={"waba_ban_state": "DISABLE"})
    assert matters(connection) == []


def test_a_restriction_ends_by_itself(connection: Connection) -> None:
    blocked = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": round(at(60).timestamp())}]
    notice(connection, "account_update", "ACCOUNT_RESTRICTION", restriction_info=blocked)
    watch(connection, 59)
    assert matters(connection) == [("account:restriction", "critical")]
    watch(connection, 60)
    assert matters(connection) == []


def test_a_limit_is_remembered_and_a_lower_one_is_an_alert_until_it_rises(connection: Connection) -> None:
    for minute, limit in enumerate(("TIER_2K", "TIER_250", "TIER_250")):
        notice(connection, "business_capability_update", limit, minute, max_daily_conversations_per_business=limit)
    assert allowance.tier(connection, "whatsapp") == 250
    assert (only(connection).key, only(connection).severity.value) == ("account:limit", "warning")
    assert "from 2,000 people a day to 250 people a day" in only(connection).title
    notice(connection, "business_capability_update", "10000", 5, max_daily_conversations_per_business=10_000)
    assert matters(connection) == []
    notice(
        connection, "business_capability_update", "TIER_250", 3, now=9, max_daily_conversations_per_business="TIER_250"
    )
    assert (allowance.tier(connection, "whatsapp"), matters(connection)) == (10_000, [])


def test_one_downgrade_is_one_alert_that_counts_once(connection: Connection) -> None:
    notice(connection, "business_capability_update", "2000", 0, max_daily_conversations_per_business=2_000)
    notice(connection, "phone_number_quality_update", "DOWNGRADE", 1, current_limit="TIER_250")
    notice(connection, "business_capability_update", "250", 2, max_daily_conversations_per_business=250)
    assert (only(connection).severity.value, allowance.tier(connection, "whatsapp")) == ("warning", 250)


def test_a_flag_tells_the_limit_too(connection: Connection) -> None:
    notice(connection, "phone_number_quality_update", "FLAGGED", display_phone_number="1", current_limit="TIER_2K")
    assert allowance.tier(connection, "whatsapp") == 2_000
    assert ("number:1:quality", "critical") in matters(connection)


@pytest.mark.parametrize("minutes", [-(10**7) * 3, 10**6])
def test_a_time_that_cannot_be_is_taken_for_now(connection: Connection, minutes: float) -> None:
    told = AccountNotice(
        "whatsapp", "security", "PIN_CHANGED", datetime.fromtimestamp(0, UTC) if minutes < 0 else at(minutes), {}
    )
    health.take_notice(connection, told, NOW)
    assert only(connection).first_at == NOW


def test_what_is_no_fault_leaves_nothing(connection: Connection) -> None:
    notice(connection, "message_template_status_update", "APPROVED", **PLAN)
    notice(connection, "user_preferences", "marketing_messages")
    assert matters(connection) == alerts.untold(connection, "mail", now=at(1)) == []


# --- messages that fail ----------------------------------------------------------------------------


def test_a_storm_of_refused_messages_is_one_alert(connection: Connection) -> None:
    for second in range(200):
        health.take_failure(connection, [TOKEN, DeliveryError(131026, "undeliverable")], at(second / 60))
    alert = only(connection)
    assert (alert.key, alert.count, len(alerts.untold(connection, "mail", now=at(9)))) == ("sending:token", 200, 1)


def test_a_fault_of_all_messages_is_over_when_one_is_delivered_and_it_stays_away(connection: Connection) -> None:
    health.take_failure(connection, [TOKEN], at(0))
    send(connection, "ana", -1, "delivered")
    watch(connection, 70)
    assert matters(connection) == [("sending:token", "critical")]  # what left before shows nothing
    send(connection, "ana", 65, "delivered")
    health.take_failure(connection, [TOKEN], at(30))
    watch(connection, 80)
    assert matters(connection) == [("sending:token", "critical")]  # it was heard of within the hour
    watch(connection, 91)
    assert matters(connection) == []


# --- silence ---------------------------------------------------------------------------------------


def test_a_number_that_stops_delivering_is_noticed_and_its_recovery_too(connection: Connection) -> None:
    send(connection, "ana", -30, "sent", "delivered")
    for minute, user in enumerate(("ana", "ben", "ana")):
        send(connection, user, minute)
    watch(connection, 3)
    assert matters(connection) == []
    for minute in (4, 4.5, 5):
        watch(connection, minute)
    assert (matters(connection), only(connection).count) == ([("silence:whatsapp", "critical")], 1)
    watch(connection, 200)
    assert matters(connection) == [("silence:whatsapp", "critical")]  # nothing more was sent: nothing more is known
    send(connection, "ben", 201, "sent", "delivered")
    watch(connection, 201.5)
    assert matters(connection) == []


def test_people_whose_phones_are_off_raise_nothing(connection: Connection) -> None:
    for minute in range(8):
        send(connection, "ana" if minute % 2 else "ben", minute, "sent")
    watch(connection, 30)
    assert matters(connection) == []


def test_what_left_before_a_restart_is_not_held_against_the_number(connection: Connection) -> None:
    for minute, user in enumerate(("ana", "ben", "ana")):
        send(connection, user, minute)
    watch(connection, 30, listening=20)
    assert matters(connection) == []
    watch(connection, 30)
    assert matters(connection) == [("silence:whatsapp", "critical")]


# --- what is used up -------------------------------------------------------------------------------


def test_the_free_replies_are_told_of_at_80_percent_and_when_they_are_gone(connection: Connection) -> None:
    connection.execute("BEGIN")
    for n in range(1, 1_001):
        send(connection, "ana" if n % 2 else "ben", -600 + n / 10, "delivered")
        if n == 799:
            watch(connection, 0)
            assert matters(connection) == []
        elif n == 800:
            watch(connection, 0)
            assert matters(connection) == [("allowance:replies", "info")]
            assert "80% of this month's 1,000" in only(connection).title
    watch(connection, 1)
    assert matters(connection) == [("allowance:replies", "warning")]
    assert "payment method" in only(connection).advice
    watch(connection, 60 * 24 * 9)
    assert matters(connection) == []  # a new month


def test_the_tier_is_told_of_at_80_and_100_percent_and_a_wavering_count_is_one_alert(connection: Connection) -> None:
    allowance.remember_limit(connection, "whatsapp", allowance.TIER, 10, at=NOW)
    for n in range(10):
        people.add(connection, NewPerson(f"p{n}", "P", "active", "en-US", "UTC", "USD"), now=NOW)
        send(connection, f"p{n}", n, "delivered", outside=True)
        watch(connection, n + 0.5)
        expected = [] if n < 7 else [("allowance:tier", "warning" if n < 9 else "critical")]
        assert matters(connection) == expected
    day = 24 * 60
    for gone, expected in ((1, "warning"), (2, "warning"), (3, "warning"), (4, None)):
        watch(connection, day + gone - 0.5)
        assert matters(connection) == ([("allowance:tier", expected)] if expected else [])
    assert connection.execute("SELECT count(*) FROM alerts").fetchone()[0] == 1


def test_without_a_limit_nobody_is_too_many(connection: Connection) -> None:
    notice(
        connection,
        "business_capability_update",
        "TIER_UNLIMITED",
        max_daily_conversations_per_business="TIER_UNLIMITED",
    )
    send(connection, "ana", 0, outside=True)
    watch(connection, 1)
    assert "allowance:tier" not in dict(matters(connection))


# --- categories ------------------------------------------------------------------------------------


def category(connection: Connection, minutes: float, **details: Any) -> None:
    """Keep and take in a notice, as the inbound handler does."""
    details = {**PLAN, **details}
    notices.keep(connection, "whatsapp", category_changes.FIELD, "", details, at_ms=stamp(at(minutes)))
    notice(connection, category_changes.FIELD, "", minutes, now=minutes + 1, **details)


def test_a_template_that_will_be_marketing_is_told_of_before_and_when_it_is(connection: Connection) -> None:
    planned = round(at(24 * 60).timestamp())
    category(connection, 0, correct_category="MARKETING", category_update_timestamp=planned)
    watch(connection, 10)
    assert "becomes marketing on 2026-11-24 07:00 UTC" in only(connection).title
    watch(connection, 24 * 60 + 1)  # the second notice was lost
    assert "has become marketing" in only(connection).title
    assert only(connection).count == 1


def test_a_review_that_was_won_ends_it_for_good(connection: Connection) -> None:
    category(connection, 0, correct_category="MARKETING", category_update_timestamp=round(at(1440).timestamp()))
    watch(connection, 30)
    category(connection, 29, previous_category="MARKETING", new_category="UTILITY")
    assert matters(connection) == []
    watch(connection, 1_500)
    assert matters(connection) == []


def test_a_quiet_database_is_looked_at_without_a_word(connection: Connection) -> None:
    before = connection.total_changes
    watch(connection)
    assert (matters(connection), connection.total_changes) == ([], before)
