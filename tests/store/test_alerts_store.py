"""One open row a fault, whatever comes and in whatever order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivy.domain.advice import Advice, Severity, over
from ivy.domain.runbook import AlertKind
from ivy.store import alerts
from ivy.store.binding import Connection, IntegrityError
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
BAN = Advice(Severity.CRITICAL, AlertKind.ACCOUNT.of("ban"), "The account is banned.", "Appeal.")
FLAG = Advice(Severity.WARNING, AlertKind.NUMBER.of("quality"), "The number is flagged.", "Send less.")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = open_writer(database, throwaway=True)
    yield opened
    opened.close()


def raised(connection: Connection, advice: Advice, minutes: float) -> bool:
    return alerts.raise_alert(connection, advice, at=at(minutes), now=at(minutes))


def ended(connection: Connection, advice: Advice, minutes: float) -> bool:
    return alerts.resolve(connection, advice.key, at=at(minutes), now=at(minutes))


def test_a_storm_is_one_alert_with_a_count(connection: Connection) -> None:
    news = [raised(connection, FLAG, second / 60) for second in range(500)]
    assert news == [True] + [False] * 499
    (alert,) = alerts.open_alerts(connection)
    assert (alert.count, alert.first_at, alert.last_at) == (500, NOW, at(499 / 60))
    assert [each.key for each in alerts.untold(connection, "mail", now=at(9))] == [FLAG.key]


def test_what_was_told_is_not_told_again_and_its_end_is_told_once(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(1)), "mail", now=at(1))
    raised(connection, FLAG, 2)
    assert alerts.untold(connection, "mail", now=at(3)) == []
    assert ended(connection, FLAG, 4) and not ended(connection, FLAG, 5)
    (end,) = alerts.untold(connection, "mail", now=at(6))
    assert (end.key, end.resolved_at) == (FLAG.key, at(4))
    alerts.mark_told(connection, [end], "mail", now=at(6))
    assert alerts.untold(connection, "mail", now=at(7)) == alerts.open_alerts(connection) == []
    assert raised(connection, FLAG, 8)
    assert [each.count for each in alerts.untold(connection, "mail", now=at(9))] == [1]


def test_a_fault_that_was_over_before_anybody_heard_is_not_told(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    ended(connection, FLAG, 1)
    assert alerts.untold(connection, "mail", now=at(2)) == []


def test_a_recovery_that_is_told_of_late_by_the_vendors_clock_is_still_told(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(10)), "mail", now=at(10))
    assert alerts.resolve(connection, FLAG.key, at=at(5), now=at(11))
    assert [each.resolved_at for each in alerts.untold(connection, "mail", now=at(12))] == [at(5)]


def test_what_got_worse_is_told_again_and_what_got_better_is_not(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(1)), "mail", now=at(1))
    worse = replace(FLAG, severity=Severity.CRITICAL, title="The number is nearly banned.")
    assert raised(connection, worse, 2)
    assert [each.title for each in alerts.untold(connection, "mail", now=at(3))] == [worse.title]
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(3)), "mail", now=at(3))
    assert not raised(connection, FLAG, 4)
    assert alerts.untold(connection, "mail", now=at(5)) == []
    assert [each.severity for each in alerts.open_alerts(connection)] == [Severity.WARNING]


def test_an_alert_that_got_worse_while_it_was_being_told_stays_to_be_told(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    being_told = alerts.untold(connection, "mail", now=at(1))
    raised(connection, replace(FLAG, severity=Severity.CRITICAL), 2)
    alerts.mark_told(connection, being_told, "mail", now=at(3))
    assert [each.severity for each in alerts.untold(connection, "mail", now=at(4))] == [Severity.CRITICAL]


def test_a_critical_fault_is_told_again_every_day_and_a_warning_is_not(connection: Connection) -> None:
    raised(connection, BAN, 0)
    raised(connection, FLAG, 0)
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(1)), "mail", now=at(1))
    day = 24 * 60
    assert alerts.untold(connection, "mail", now=at(day)) == []
    assert [each.key for each in alerts.untold(connection, "mail", now=at(day + 1))] == [BAN.key]
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=at(day + 1)), "mail", now=at(day + 1))
    assert alerts.untold(connection, "mail", now=at(day + 2)) == []


def test_the_worst_comes_first(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    raised(connection, replace(FLAG, key="other", severity=Severity.INFO), 1)
    raised(connection, BAN, 2)
    assert [each.severity.value for each in alerts.open_alerts(connection)] == ["critical", "warning", "info"]


def test_late_words_of_old_events_change_nothing(connection: Connection) -> None:
    raised(connection, BAN, 10)
    assert not alerts.resolve(connection, BAN.key, at=at(5), now=at(11))
    assert not raised(connection, replace(BAN, title="It will be banned."), 4)
    (alert,) = alerts.open_alerts(connection)
    assert (alert.title, alert.count, alert.last_at) == (BAN.title, 2, at(10))
    assert ended(connection, BAN, 20)
    assert not alerts.raise_alert(connection, BAN, at=at(15), now=at(21))
    assert alerts.open_alerts(connection) == []


def test_what_has_an_end_ends_by_itself(connection: Connection) -> None:
    raised(connection, replace(FLAG, until=at(30), lasts=timedelta(days=30)), 0)
    raised(connection, replace(BAN, lasts=timedelta(minutes=40)), 0)
    assert alerts.lapse(connection, now=at(29)) == 0
    assert alerts.lapse(connection, now=at(30)) == 1
    raised(connection, replace(BAN, lasts=timedelta(minutes=40)), 35)
    assert alerts.lapse(connection, now=at(41)) == 0
    assert alerts.lapse(connection, now=at(75)) == 1
    assert alerts.open_alerts(connection) == alerts.untold(connection, "mail", now=at(80)) == []


def test_what_was_over_before_it_was_heard_of_is_not_opened(connection: Connection) -> None:
    late = replace(FLAG, until=at(10))
    assert not alerts.raise_alert(connection, late, at=at(0), now=at(11))
    assert alerts.open_alerts(connection) == []


def test_a_state_that_is_looked_at_over_and_over_counts_once(connection: Connection) -> None:
    for minute in range(5):
        alerts.raise_alert(connection, FLAG, at=at(minute), now=at(minute), again=False)
    assert [each.count for each in alerts.open_alerts(connection)] == [1]


def test_the_end_of_what_never_began_is_nothing(connection: Connection) -> None:
    assert not alerts.take(connection, over(AlertKind.DISK.of(), "It is over."), at=NOW, now=NOW)
    assert alerts.untold(connection, "mail", now=NOW) == []


def test_what_is_over_is_forgotten_in_its_time(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    ended(connection, FLAG, 1)
    raised(connection, BAN, 0)
    assert (alerts.forget(connection, before=at(1)), alerts.forget(connection, before=at(2))) == (0, 1)
    assert len(alerts.open_alerts(connection)) == 1


def test_the_database_itself_refuses_two_open_alerts_of_one_fault(connection: Connection) -> None:
    raised(connection, BAN, 0)
    with pytest.raises(IntegrityError, match=r"UNIQUE constraint failed: alerts\.key"):
        connection.execute(
            "INSERT INTO alerts (key, severity, title, advice, first_at_ms, last_at_ms) VALUES (?, 'info', '', '', 1, 1)",
            (BAN.key,),
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_decide(
    connection: Connection, events: list[tuple[bool, int]], chance: object
) -> None:
    """Of faults and ends at different times, the last by the vendor's clock counts, if each fault's end comes after it."""
    by_time = {minute: fault for fault, minute in events}
    if not by_time:
        return
    connection.execute("DELETE FROM alerts")
    newest = max(by_time)
    arrived = sorted(by_time, key=lambda _minute: chance.random())  # type: ignore[attr-defined]
    arrived.remove(newest)
    for minute in [*arrived, newest]:
        advice = FLAG if by_time[minute] else over(FLAG.key, "It is over.")
        alerts.take(connection, advice, at=at(minute), now=at(30))
    assert bool(alerts.open_alerts(connection)) is by_time[newest]


# --- by which way it was told --------------------------------------------------------------------------


def told(connection: Connection, route: str, minutes: float, sending: str = "") -> list[tuple[str, bool]]:
    """Tell a way its news; return each key, and whether it is over."""
    news = alerts.untold(connection, route, now=at(minutes))
    alerts.mark_told(connection, news, route, now=at(minutes), sending=sending)
    return [(each.key, each.resolved_at is not None) for each in news]


def test_each_way_hears_a_thing_once_and_on_its_own(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    assert told(connection, "mail", 1) == [(FLAG.key, False)]
    assert told(connection, "mail", 2) == []
    ended(connection, FLAG, 3)
    assert told(connection, "webhook", 4) == []
    assert told(connection, "mail", 4) == [(FLAG.key, True)]
    assert told(connection, "mail", 5) == []


def test_what_lapsed_is_told_to_no_way(connection: Connection) -> None:
    raised(connection, replace(FLAG, until=at(10)), 0)
    told(connection, "mail", 1)
    alerts.lapse(connection, now=at(11))
    assert told(connection, "mail", 12) == []


def test_what_a_sending_did_not_bring_is_news_again_be_it_a_beginning_or_an_end(connection: Connection) -> None:
    raised(connection, FLAG, 0)
    raised(connection, BAN, 0)
    told(connection, "whatsapp", 1, sending="one")
    ended(connection, FLAG, 2)
    told(connection, "whatsapp", 3, sending="two")
    assert alerts.take_back(connection, "two") == 1
    assert told(connection, "whatsapp", 4) == [(FLAG.key, True)]
    assert alerts.take_back(connection, "one") == 1
    assert told(connection, "whatsapp", 5) == [(BAN.key, False)]
    assert alerts.take_back(connection, "") == 0


def test_only_new_and_critical_faults_are_urgent(connection: Connection) -> None:
    raised(connection, BAN, 0)
    raised(connection, FLAG, 0)
    assert [each.is_urgent for each in alerts.untold(connection, "mail", now=at(1))] == [True, False]
    told(connection, "mail", 1)
    (still,) = alerts.untold(connection, "mail", now=at(25 * 60))
    assert (still.key, still.is_urgent, still.told_as) == (BAN.key, False, Severity.CRITICAL)
    ended(connection, BAN, 26 * 60)
    assert [each.is_urgent for each in alerts.untold(connection, "mail", now=at(27 * 60))] == [False]


ACTS = st.sampled_from(["warning", "critical", "end", "mail", "webhook"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(ACTS, max_size=20))
def test_a_way_hears_beginning_and_end_in_turn_and_each_end_of_what_it_heard(
    connection: Connection, acts: list[str]
) -> None:
    """Each way is told an end only of what it was told, a fault again only when worse, and all of that in the end."""
    connection.execute("DELETE FROM alerts")
    heard: dict[str, list[bool]] = {"mail": [], "webhook": []}
    for minute, act in enumerate([*acts, "end", "mail", "webhook", "mail", "webhook"]):
        if act == "end":
            ended(connection, FLAG, minute)
        elif act in heard:
            heard[act] += [over for _, over in told(connection, act, minute)]
        else:
            raised(connection, replace(FLAG, severity=Severity(act)), minute)
    for states in heard.values():
        assert not states or (states[0] is False and states[-1] is True)
        assert all(not (before and after) for before, after in pairwise(states))
    assert connection.execute("SELECT count(*) FROM alert_told WHERE over_at_ms IS NULL").fetchone()[0] == 0


def test_a_clock_that_was_ahead_neither_keeps_an_alert_open_nor_swallows_the_next(connection: Connection) -> None:
    assert raised(connection, BAN, 120)  # by a clock two hours ahead
    assert ended(connection, BAN, 5) and not alerts.open_alerts(connection)
    assert raised(connection, BAN, 121) and ended(connection, BAN, 122)
    assert alerts.raise_alert(connection, BAN, at=at(30), now=at(30))
