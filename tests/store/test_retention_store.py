"""Retention from the rows: by people's own dates, without those who said stop, and quick for ten thousand people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ivy.cli.users_retention import count
from ivy.clock import stamp
from ivy.domain.consent import Purpose
from ivy.domain.giving import Wallet
from ivy.domain.retention import HORIZONS
from ivy.domain.schedule import to_instant
from ivy.domain.streaks import Outcome
from ivy.store import consents, people, retention, streaks, wallets
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import within

DAY_0 = date(2026, 1, 5)
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BOGOTA, AUCKLAND = "America/Bogota", "Pacific/Auckland"


@dataclass
class Life:
    """One person's rows, written at wall times of theirs."""

    connection: Connection
    name: str
    zone: str = BOGOTA

    def __post_init__(self) -> None:
        person = NewPerson(self.name, self.name, "active", "es-CO", self.zone, "COP")
        people.add(self.connection, person, now=NOW)

    def at_ms(self, day: date, wall: time = time(12)) -> int:
        return stamp(to_instant(datetime.combine(day, wall), self.zone))

    def wrote(self, day: date, wall: time = time(12), *, direction: str = "in") -> "Life":
        at = self.at_ms(day, wall)
        self.connection.execute(
            "INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, at_ms, state_at_ms)"
            " VALUES (?, ?, 'whatsapp', ?, 'x', ?, ?, ?)",
            (f"{self.name}-{at}", self.name, direction, "received" if direction == "in" else "sent", at, at),
        )
        return self

    def spoke(self, day: date, *, kind: str = "morning", outcome: str = "completed") -> "Life":
        name = f"{self.name}:{kind}:{day}"
        self.connection.execute(
            "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, due_at_ms)"
            " VALUES (?, ?, ?, ?, ?, 'ended', ?, ?)",
            (name, self.name, kind, name, day.isoformat(), outcome, self.at_ms(day, time(7))),
        )
        return self

    def heard(self, day: date, outcome: Outcome) -> "Life":
        streaks.record(within(self.connection, self.name), day, outcome, source="text", now=NOW)
        return self

    def stopped(self, day: date, *, back: date | None = None) -> "Life":
        for when, granted in ((day, False), (back, True)):
            if when is not None:
                at = to_instant(datetime.combine(when, time(13)), self.zone)
                scope = within(self.connection, self.name)
                consents.record(scope, Purpose.MESSAGES, granted=granted, proof="x", now=at)
        return self


def there(connection: Connection) -> dict[str, list[bool]]:
    """Return by person whether they were there around each horizon."""
    began = retention.began(connection)
    asked = [(who, day) for who in began for day in HORIZONS]
    found: dict[str, list[bool]] = {}
    for (who, _), is_there in zip(asked, retention.stayed(connection, asked), strict=True):
        found.setdefault(who.user_id, []).append(is_there)
    return found


def on(days: int) -> date:
    return DAY_0 + timedelta(days=days)


async def test_a_workout_a_call_or_a_message_within_three_days_keeps_somebody(store: Store) -> None:
    def play(connection: Connection) -> dict[str, list[bool]]:
        Life(connection, "writes").wrote(on(0)).wrote(on(27)).wrote(on(93))
        Life(connection, "speaks").spoke(on(0)).spoke(on(33)).spoke(on(90), outcome="missed").spoke(on(180))
        Life(connection, "trains").heard(on(0), Outcome.KEPT).heard(on(30), Outcome.KEPT).heard(on(90), Outcome.SKIPPED)
        Life(connection, "too early, too late").wrote(on(0)).wrote(on(26)).wrote(on(34)).wrote(on(86)).wrote(on(94))
        Life(connection, "is only written to").wrote(on(0)).wrote(on(30), direction="out").spoke(on(90), kind="notice")
        Life(connection, "was taken back").wrote(on(0)).heard(on(30), Outcome.KEPT).heard(on(30), Outcome.MISSED)
        Life(connection, "never began").spoke(on(1), kind="test").wrote(on(3), direction="out")
        return there(connection)

    assert await store.write(play) == {
        "writes": [True, True, False],
        "speaks": [True, False, True],
        "trains": [True, False, False],
        "too early, too late": [False, False, False],
        "is only written to": [False, False, False],
        "was taken back": [False, False, False],
    }


async def test_days_are_the_persons_own(store: Store) -> None:
    late, early = time(23, 59), time(0, 1)

    def play(connection: Connection) -> dict[str, list[bool]]:
        for zone in (BOGOTA, AUCKLAND):
            Life(connection, f"inside {zone}", zone).wrote(on(0), late).wrote(on(33), late).wrote(on(87), early)
            Life(connection, f"outside {zone}", zone).wrote(on(0), early).wrote(on(34), early).wrote(on(86), late)
        return there(connection)

    found = await store.write(play)
    for zone in (BOGOTA, AUCKLAND):
        assert found[f"inside {zone}"] == [True, True, False]
        assert found[f"outside {zone}"] == [False, False, False]


async def test_the_first_of_all_that_somebody_did_is_their_day_0(store: Store) -> None:
    def play(connection: Connection) -> list[retention.Began]:
        Life(connection, "ana").wrote(on(3)).spoke(on(2)).heard(on(1), Outcome.KEPT).heard(on(0), Outcome.MISSED)
        Life(connection, "ben").wrote(on(40)).wrote(on(41))
        return retention.began(connection, since=on(1))

    found = await store.write(play)
    assert {each.user_id: each.day for each in found} == {"ana": on(1), "ben": on(40)}


async def test_who_said_stop_is_gone_until_they_come_back(store: Store) -> None:
    def play(connection: Connection) -> dict[str, list[bool]]:
        Life(connection, "gone").wrote(on(0)).wrote(on(30)).stopped(on(30))
        Life(connection, "gone later").wrote(on(0)).wrote(on(30)).stopped(on(40))
        Life(connection, "back").wrote(on(0)).wrote(on(30)).wrote(on(90)).stopped(on(28), back=on(80))
        return there(connection)

    assert await store.write(play) == {
        "gone": [False, False, False],
        "gone later": [True, False, False],
        "back": [False, True, False],
    }


async def test_the_report_counts_who_is_due_and_hides_the_few(store: Store) -> None:
    def play(connection: Connection) -> None:
        for number in range(8):
            life = Life(connection, f"january {number}").wrote(on(0))
            if number < 6:
                life.wrote(on(30))
            if number < 5:
                wallet = Wallet("water", 100, "COP", 200, 4000, "employer")
                wallets.save(within(connection, life.name), wallet, now=NOW)
        for number in range(3):
            Life(connection, f"march {number}").wrote(date(2026, 3, 9))
        Life(connection, "not due").wrote(NOW.date() - timedelta(days=33))

    await store.write(play)
    found = await store.read(count, since=None, now=NOW)
    month, *_ = found.horizons
    assert (month.everybody.people, month.everybody.retained) == (11, 6)
    # Three alone would be found by taking eight from eleven.
    assert [(each.group, each.people, each.hidden) for each in month.months] == [
        ("2026-01", None, "beside"),
        ("2026-03", None, "few"),
    ]
    assert {each.group: (each.people, each.retained) for each in month.givers} == {
        "employer": (5, 5),
        "nobody": (6, 1),
    }
    later = await store.read(count, since=date(2026, 2, 1), now=NOW)
    assert [each.everybody.hidden for each in later.horizons] == ["few"] * 3
    assert later.horizons[0].givers == ()


async def test_everybody_is_counted_in_two_statements_that_read_no_table_whole_but_people(
    store: Store,
) -> None:
    def play(connection: Connection) -> None:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            " INSERT INTO users (id, name, status, locale, zone, currency, created_at_ms)"
            " SELECT 'u' || i, 'x', 'active', 'en-US', 'UTC', 'USD', 1 FROM n"
        )
        connection.execute(
            "INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, at_ms, state_at_ms)"
            " SELECT u.id || ':' || value, u.id, 'whatsapp', 'in', 'x', 'received', ? + value * 86400000, 1"
            " FROM users u, json_each('[0, 10, 30, 89, 180]')",
            (stamp(datetime(2026, 1, 5, tzinfo=UTC)),),
        )

    await store.write(play)
    found = await store.read(count, since=None, now=NOW)
    assert [each.everybody.retained for each in found.horizons] == [2000, 2000, 2000]

    def plans(connection: Connection) -> list[str]:
        rows = [*connection.execute(f"EXPLAIN QUERY PLAN {retention.BEGAN}")]
        rows += [*connection.execute(f"EXPLAIN QUERY PLAN {retention.STAYED}", ("[]",))]
        return [row["detail"] for row in rows]

    lines = await store.read(plans)
    for index in ("messages_of_user", "calls_of_user", "streak_events_of_user", "consents_of_user"):
        assert any(index in line for line in lines), index
    assert [line for line in lines if line.startswith("SCAN")] == [
        "SCAN u",
        "SCAN json_each VIRTUAL TABLE INDEX 1:",
        "SCAN asked",
    ]
