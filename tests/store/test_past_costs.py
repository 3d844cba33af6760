"""What a projection reads of the past: whole days, the people who are here, and the replies a month has some of for nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from ivy.clock import stamp
from ivy.daemon import rate_card
from ivy.domain import projection
from ivy.domain.rates import Rates
from ivy.domain.slots import By, SlotKind
from ivy.domain.spend_caps import NO_CAPS
from ivy.store import call_slots, past_costs, people, spending
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAST = NOON.date()
DAY = timedelta(days=1)
PHONES = {"ana": "+13105550001", "ben": "+573001234567"}


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = open_writer(database, throwaway=True)
    for name, phone in PHONES.items():
        people.add(opened, NewPerson(name, name, "active", "en-US", "UTC", "USD", phone), now=NOON - 90 * DAY)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Rates:
    return rate_card.load("", tmp_path_factory.mktemp("card"))


def costs(
    connection: Connection, entry: str, micros: int, user: str | None, *, ago: int = 0, kind: str = "call"
) -> None:
    provider = "whatsapp" if kind == "message" else "x"
    spending.set_aside(
        connection, entry, kind=kind, provider=provider, user_id=user, micros=micros, caps=NO_CAPS, now=NOON - ago * DAY
    )


def sends(
    connection: Connection, entry: str, user: str, *, ago: int = 0, micros: int = 0, kind: str = "text",
    state: str = "delivered", price_type: str = "free_customer_service", window_open: int = 1,
) -> None:  # fmt: skip
    costs(connection, entry, micros, user, ago=ago, kind="message")
    at = stamp(NOON - ago * DAY)
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, kind, body, state, recipient, price_type, price_category,"
        " at_ms, state_at_ms, window_open) VALUES (?, ?, 'whatsapp', 'out', ?, '', ?, ?, ?, ?, ?, ?, ?)",
        (entry, user, kind, state, json.dumps({"external_id": "", "phone": PHONES[user]}), price_type,
         "utility" if kind == "template" else "service" if price_type else "", at, at, window_open),
    )  # fmt: skip


def past(connection: Connection, rates: Rates, *, days: int = 3, until: date = LAST) -> projection.Past:
    return past_costs.past(connection, rates, since=until - (days - 1) * DAY, until=until)


def test_past_days_are_whole_also_those_without_a_cent(connection: Connection, rates: Rates) -> None:
    costs(connection, "a", 5, "ana", kind="model")
    costs(connection, "b", 6, None)
    found = past(connection, rates)
    assert [dict(day) for day in found.by_day] == [{}, {}, {"model": 5, "call": 6}]
    assert past_costs.mix(connection, since=LAST - 2 * DAY, until=LAST).turn_micros is None


def test_who_was_invited_long_ago_counts_from_their_first_cost_and_who_costs_nothing_from_the_beginning(
    connection: Connection, rates: Rates
) -> None:
    costs(connection, "a", 5, "ana", ago=1)
    found = past(connection, rates)
    assert (list(found.people_by_day), found.people_now) == ([1, 2, 2], 2)


def test_who_stopped_is_neither_counted_nor_paid_for(connection: Connection, rates: Rates) -> None:
    for ago in range(3):
        costs(connection, f"a{ago}", 100, "ana", ago=ago)
        costs(connection, f"b{ago}", 900, "ben", ago=ago)
        sends(connection, f"mb{ago}", "ben", ago=ago, micros=7)
    people.set_status(within(connection, "ben"), "stopped")
    found = past(connection, rates)
    assert [dict(day) for day in found.by_day] == [{"call": 100}] * 3
    assert found.people_now == 1
    assert found.replies is not None
    assert (sum(found.replies.by_day), found.replies.used) == (0, 3)  # what ben used of the month is used all the same
    assert projection.from_past(found, days=10).total.likely == 1000


def test_calls_of_a_slot_that_is_a_text_now_are_not_paid_for_again(connection: Connection, rates: Rates) -> None:
    scope = within(connection, "ana")
    numbers = count()
    for kind, by in ((SlotKind.MORNING, By.VOICE), (SlotKind.EVENING, By.TEXT)):
        call_slots.set_slot(
            scope, kind, by, "07:00", "*", consent_id=None, new_id=lambda: f"id-{next(numbers)}", now=NOON
        )
    for number, kind in enumerate(("morning", "evening", "weekly", "rescue")):
        costs(connection, f"call-{kind}", 10**number, "ana")
        connection.execute(
            "INSERT INTO calls (id, user_id, kind, slot, day, state, due_at_ms)"
            " VALUES (?1, 'ana', ?2, ?1, '2026-11-23', 'analysed', ?3)",
            (f"call-{kind}", kind, stamp(NOON)),
        )
    assert past(connection, rates).by_day[-1] == {"call": 1001}
    call_slots.off(scope, SlotKind.MORNING, now=NOON)
    assert past(connection, rates).by_day[-1] == {"call": 1000}


def test_the_mix_counts_the_calls_that_cost_something_by_kind_and_by_number(
    connection: Connection, rates: Rates
) -> None:
    for number, (kind, user, micros) in enumerate(
        [("morning", "ana", 70), ("evening", "ana", 50), ("evening", "ben", 30), ("evening", "ben", 0)]
    ):
        costs(connection, f"c{number}", micros, user)
        connection.execute(
            "INSERT INTO calls (id, user_id, kind, slot, day, state, to_number, due_at_ms)"
            " VALUES (?1, ?2, ?3, ?1, '2026-11-23', 'analysed', ?4, ?5)",
            (f"c{number}", user, kind, PHONES[user], stamp(NOON)),
        )
    found = past_costs.mix(connection, since=LAST, until=LAST)
    assert found.calls == {"morning": 1, "evening": 2}
    assert (found.called, found.call_micros) == ({PHONES["ana"]: 2, PHONES["ben"]: 1}, 150)


def test_replies_are_counted_by_what_the_channel_says_of_them(connection: Connection, rates: Rates) -> None:
    sends(connection, "free", "ana", ago=2)
    sends(connection, "charged", "ana", ago=1, micros=3400, price_type="regular")
    sends(connection, "reaction", "ben", ago=1, micros=800, kind="reaction", state="sent", price_type="regular")
    sends(connection, "unlabelled", "ben", price_type="")
    sends(connection, "undelivered", "ben", micros=800, state="sent", price_type="")
    sends(connection, "template", "ben", micros=800, kind="template", price_type="regular", window_open=0)
    sends(connection, "of an ad", "ana", price_type="free_entry_point")
    found = past(connection, rates).replies
    assert found is not None
    assert list(found.by_day) == [1, 2, 1]
    assert list(found.charged_by_day) == [0, 4200, 0]
    assert found.to == {PHONES["ana"]: 2, PHONES["ben"]: 2}
    assert (found.begins, found.used) == (LAST + DAY, 4)


@pytest.mark.parametrize(
    ("until", "used"),
    [(date(2026, 11, 23), 3), (date(2026, 11, 14), 2), (date(2026, 11, 30), 0), (date(2026, 10, 31), 0)],
)
def test_what_is_used_of_a_month_is_of_the_month_in_which_the_days_to_come_begin(
    connection: Connection, rates: Rates, until: date, used: int
) -> None:
    """Also where it began before the days that are looked at; on the first of a month nothing is."""
    for number, ago in enumerate((40, 30, 22, 10, 0)):
        sends(connection, str(number), "ana", ago=ago)
    found = past(connection, rates, until=until).replies
    assert found is not None
    assert found.used == used


def test_free_days_foretell_what_the_rest_of_the_month_costs(connection: Connection, rates: Rates) -> None:
    """1,000 replies are free: 600 of them were sent, so that of 1,050 to come until the end of the month 650 are charged."""
    for ago in range(4):
        for number in range(150):
            sends(connection, f"{ago}-{number}", ("ana", "ben")[number % 2], ago=ago)
    found = projection.from_past(past(connection, rates, days=4), days=7)
    price = sum(rates.price(phone, "service", LAST).micros for phone in PHONES.values()) / 2
    assert (found.replies, found.charged) == (1050, 650)
    assert found.total.likely == round(650 * price)
    assert [line.kind for line in found.lines] == ["message"]
    assert projection.from_past(past(connection, rates, days=4), days=2).total.likely == 0
