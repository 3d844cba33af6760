"""One commit moves the workout, the streak and the gift; the ledger is one chain; a day closes in the person's favour."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.config import CharitySection, GivingSection
from ivy.domain import chain, giving
from ivy.domain.giving import Gift, PartialGives, Used, Wallet
from ivy.domain.streaks import Outcome
from ivy.domain.workouts import IllegalChange, WorkoutState
from ivy.store import donations, people, streaks, wallets, workouts
from ivy.store.binding import Connection, IntegrityError, connect
from ivy.store.database import Store
from ivy.store.migrate import migrate
from ivy.store.scope import PersonStore, Scope
from ivy.store.workouts import Change, Word, Workout

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SECTION = GivingSection(charities={"water": CharitySection(name="Clean Water")})
WALLET = Wallet("water", 100, "USD", 200, 500)
DONE, PARTIAL, SKIPPED, PLANNED = WorkoutState.DONE, WorkoutState.PARTIAL, WorkoutState.SKIPPED, WorkoutState.PLANNED


@dataclass
class Life:
    """A person's words about workouts, one a day, said at a moment that the test sets."""

    scope: Scope
    now: datetime = NOW
    section: GivingSection = SECTION
    source: str = "text"
    names: "count[int]" = field(default_factory=count)
    fails_at: int = -1

    def new_id(self) -> str:
        number = next(self.names)
        if number == self.fails_at:
            raise RuntimeError("killed here")
        return f"{self.scope.user_id}-{number}"

    @property
    def word(self) -> Word:
        return Word(people.load(self.scope), self.source, self.now, self.new_id, self.section)

    def plan(self, name: str, day: date = TODAY) -> None:
        workouts.plan(self.scope, Workout(name, day, "run"), source="text", now=self.now)

    def say(self, name: str, to: WorkoutState, minutes: int | None = None) -> Change:
        workout = workouts.load(self.scope, name)
        assert workout is not None
        return workouts.finish(self.scope, workout, to, self.word, minutes=minutes)

    def undo(self, name: str) -> Change:
        workout = workouts.load(self.scope, name)
        assert workout is not None
        return workouts.undo(self.scope, workout, self.word)

    def close(self, day: date, *, fault: bool = False, unsure: bool = False) -> Outcome | None:
        return workouts.close(self.scope, day, replace(self.word, source="day_close"), fault=fault, unsure=unsure)

    def rows(self) -> list[tuple[Any, ...]]:
        rows = self.scope.execute("SELECT kind, amount_minor, day FROM donations WHERE user_id = :user ORDER BY n")
        return [tuple(row) for row in rows]

    def net(self, name: str) -> int:
        return sum(each.amount_minor for each in donations.standing(self.scope, name))


async def lives(rows: PersonStore, play: Callable[[Life], Any], **values: Any) -> Any:
    def write(scope: Scope) -> Any:
        return play(Life(scope, **values))

    return await rows.write(write)


def start(life: Life) -> None:
    wallets.save(life.scope, WALLET, now=NOW)
    life.plan("w1")


# --- one commit -------------------------------------------------------------------------------------


async def test_done_moves_the_workout_the_streak_and_the_gift(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        start(life)
        change = life.say("w1", DONE)
        assert (change.workout.state, change.after.current) == (DONE, 1)
        assert change.gift == Gift("Clean Water", 100, "USD")
        assert life.say("w1", DONE).gift is None
        assert life.say("w1", DONE, minutes=30).gift is None
        assert life.rows() == [("gift", 100, "2026-11-23")]
        assert life.undo("w1").gift == Gift("Clean Water", -100, "USD")
        assert life.undo("w1").gift is None
        assert life.rows() == [("gift", 100, "2026-11-23"), ("reversal", -100, "2026-11-23")]

    await lives(ben, play)


async def test_what_was_not_planned_gives_too_and_gives_back_when_it_is_gone(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        wallets.save(life.scope, WALLET, now=NOW)
        change = workouts.record(life.scope, Workout("w1", TODAY, "swim", DONE), life.word)
        assert change.gift == Gift("Clean Water", 100, "USD")
        assert life.undo("w1").gift == Gift("Clean Water", -100, "USD")
        assert workouts.load(life.scope, "w1") is None

    await lives(ben, play)


@pytest.mark.parametrize("killed_at", [0, 1])
async def test_killed_between_nothing_has_moved(ben: PersonStore, store: Store, killed_at: int) -> None:
    """The ids of the two rows of a comeback are drawn last: dying there must leave workout, streak and gift as they were."""

    def prepare(life: Life) -> None:
        start(life)
        life.plan("w0", TODAY - timedelta(days=1))
        life.say("w0", SKIPPED)

    await lives(ben, prepare)
    before = await store.read(everything)
    with pytest.raises(RuntimeError, match="killed here"):
        await lives(ben, lambda life: life.say("w1", DONE), fails_at=killed_at)
    assert await store.read(everything) == before
    change = await lives(ben, lambda life: life.say("w1", DONE))
    assert (change.after.current, change.gift) == (1, Gift("Clean Water", 150, "USD", 50))


def everything(connection: Connection) -> list[list[tuple[Any, ...]]]:
    tables = ("workouts", "streak_events", "donations")
    return [[tuple(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in tables]


async def test_nobody_gives_for_anothers_workout(ana: PersonStore, ben: PersonStore) -> None:
    await lives(ana, start)
    mine = await ana.read(workouts.load, "w1")
    assert mine is not None

    def play(life: Life) -> Change:
        wallets.save(life.scope, WALLET, now=NOW)
        return workouts.finish(life.scope, mine, DONE, life.word)

    change = await lives(ben, play)
    assert change.gift is None
    assert await ana.read(donations.standing, "w1") == []


# --- how much ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gives", "amount"), [("none", 0), ("pro_rata", 50), ("full", 0)])
async def test_a_part_gives_what_the_person_chose(ben: PersonStore, gives: str, amount: int) -> None:
    def play(life: Life) -> None:
        start(life)
        wallets.set_partial(life.scope, PartialGives(gives))
        life.say("w1", PARTIAL, minutes=5)
        assert life.net("w1") == amount
        life.say("w1", PARTIAL, minutes=12)
        assert life.net("w1") == (0 if gives == "none" else 100)
        wallets.set_partial(life.scope, PartialGives.NONE)
        life.say("w1", SKIPPED)
        assert life.net("w1") == 0  # taken back by what stands, whatever the settings say meanwhile

    await lives(ben, play)


async def test_without_a_wallet_or_without_its_charity_there_is_no_gift(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        life.plan("w1")
        assert life.say("w1", DONE).gift is None
        wallets.save(life.scope, WALLET, now=NOW)
        assert wallets.load(life.scope) == WALLET
        life.section = GivingSection()
        life.plan("w2")
        assert life.say("w2", DONE).gift is None
        life.section = SECTION
        life.plan("w3")
        assert life.say("w3", DONE).gift is not None
        wallets.remove(life.scope)
        life.section = GivingSection()
        assert life.undo("w3").gift == Gift("water", -100, "USD")
        assert wallets.load(life.scope) is None

    await lives(ben, play)


async def test_caps_are_counted_in_the_persons_own_calendar(ben: PersonStore) -> None:
    """Ben lives in New York: at four in the morning of the 1st in UTC it is still the 30th, and November."""

    def play(life: Life) -> None:
        wallets.save(life.scope, WALLET, now=NOW)
        for number in range(3):
            life.plan(f"w{number}")
            life.now = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
            life.say(f"w{number}", DONE)
        assert [life.net(f"w{number}") for number in range(3)] == [100, 100, 0]
        assert donations.used(life.scope, "USD", date(2026, 11, 30)) == Used(200, 200)
        life.now += timedelta(hours=2)
        life.plan("w3")
        life.say("w3", DONE)
        assert donations.used(life.scope, "USD", date(2026, 12, 1)) == Used(100, 100)
        assert donations.used(life.scope, "EUR", date(2026, 12, 1)) == Used()
        (pledged,) = donations.pledged(life.scope, date(2026, 12, 1))
        assert (pledged.month_minor, pledged.all_minor) == (100, 300)

    await lives(ben, play)


# --- coming back ------------------------------------------------------------------------------------


async def test_coming_back_after_a_skip_gives_more_once(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        wallets.save(life.scope, replace(WALLET, daily_cap_minor=1000, monthly_cap_minor=1000), now=NOW)
        for name, offset in (("w0", -1), ("w1", 0), ("w2", 0), ("w3", 1)):
            life.plan(name, TODAY + timedelta(days=offset))
        life.say("w0", SKIPPED)
        assert life.say("w1", DONE).gift == Gift("Clean Water", 150, "USD", 50)
        assert life.say("w2", DONE).gift == Gift("Clean Water", 100, "USD")
        assert life.say("w3", DONE).gift == Gift("Clean Water", 100, "USD")
        assert life.undo("w1").gift == Gift("Clean Water", -150, "USD")
        assert life.say("w1", DONE).gift == Gift("Clean Water", 150, "USD", 50)

    await lives(ben, play)


async def test_a_part_that_does_not_keep_the_day_is_no_return(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        start(life)
        wallets.set_partial(life.scope, PartialGives.PRO_RATA)
        life.plan("w0", TODAY - timedelta(days=1))
        life.say("w0", SKIPPED)
        assert life.say("w1", PARTIAL, minutes=5).gift == Gift("Clean Water", 50, "USD")

    await lives(ben, play)


async def test_a_return_before_the_miss_was_known_gets_its_bonus_when_the_day_is_closed(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        start(life)
        for name, offset in (("w2", 1), ("w3", 1)):
            life.plan(name, TODAY + timedelta(days=offset))
        life.now += timedelta(days=1)
        for name in ("w2", "w3"):
            assert life.say(name, DONE).gift == Gift("Clean Water", 100, "USD")
        life.now += timedelta(days=1)
        assert life.close(TODAY) is Outcome.MISSED
        assert [life.net(name) for name in ("w1", "w2", "w3")] == [0, 150, 100]
        assert life.close(TODAY) is None
        assert life.net("w2") == 150

    await lives(ben, play)


async def test_nothing_is_added_where_nothing_was_given(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        life.plan("w1")
        life.plan("w2", TODAY + timedelta(days=1))
        life.say("w2", DONE)
        assert life.close(TODAY) is Outcome.MISSED
        assert life.rows() == []

    await lives(ben, play)


# --- closing ----------------------------------------------------------------------------------------


async def test_a_day_without_a_word_is_missed_and_a_later_word_still_counts(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        start(life)
        assert life.close(TODAY - timedelta(days=1)) is None  # nothing was planned
        assert life.close(TODAY) is Outcome.MISSED
        assert workouts.open_of(life.scope, TODAY) != []
        assert life.say("w1", DONE).after.current == 1
        assert life.close(TODAY) is None

    await lives(ben, play)


async def test_a_fault_and_an_unsure_day_cost_nothing(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        for number in range(4):
            life.plan(f"w{number}", TODAY + timedelta(days=number))
        life.say("w0", DONE)
        assert life.close(TODAY + timedelta(days=1), fault=True) is Outcome.EXCUSED
        assert life.close(TODAY + timedelta(days=2), unsure=True) is Outcome.EXCUSED
        assert (streaks.current(life.scope).current, streaks.current(life.scope).reserve_used) == (1, ())

    await lives(ben, play)


async def test_that_is_wrong_is_believed_twice_a_month_and_then_noted(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        for number in range(4):
            life.plan(f"w{number}", TODAY + timedelta(days=number))
            life.close(TODAY + timedelta(days=number))
        days = [TODAY + timedelta(days=number) for number in range(4)]
        month = date(2026, 11, 28)

        def appeal(day: date, today: date) -> bool:
            return streaks.appeal(life.scope, day, today=today, source="text", now=NOW)

        assert [appeal(day, month) for day in days[:3]] == [True, True, False]
        assert appeal(days[0], month)  # heard again, it is the same appeal
        assert appeal(days[3], date(2026, 12, 1))
        assert appeal(days[2], date(2026, 12, 2))
        assert not appeal(TODAY - timedelta(days=9), date(2026, 12, 3))
        assert [streaks.of_day(life.scope, day) for day in days] == [Outcome.EXCUSED] * 4

    await lives(ben, play)


async def test_an_appeal_does_not_undo_what_the_person_said(ben: PersonStore) -> None:
    def play(life: Life) -> None:
        life.plan("w1")
        life.say("w1", SKIPPED)
        assert streaks.appeal(life.scope, TODAY, today=TODAY, source="text", now=NOW)
        assert streaks.of_day(life.scope, TODAY) is Outcome.SKIPPED

    await lives(ben, play)


# --- the ledger -------------------------------------------------------------------------------------


async def test_two_people_share_one_chain_and_each_has_a_receipt(
    ana: PersonStore, ben: PersonStore, store: Store
) -> None:
    for rows in (ana, ben):

        def play(life: Life) -> None:
            wallets.save(life.scope, WALLET, now=NOW)
            for number in range(2):
                name = f"{life.scope.user_id}{number}"
                life.plan(name)
                life.say(name, DONE)
                life.undo(name)

        await lives(rows, play)
    whole = await store.read(lambda connection: list(donations.links(connection)))
    assert [row["n"] for row in whole] == list(range(1, 9))
    assert chain.check(whole, whole=True).bad == ""
    receipt = await store.read(lambda connection: list(donations.links(connection, "ben")))
    assert (len(receipt), chain.check(receipt, whole=False).bad) == (4, "")


async def test_the_ledger_is_never_edited_or_cut(ben: PersonStore, store: Store) -> None:
    def play(life: Life) -> None:
        start(life)
        life.say("w1", DONE)

    await lives(ben, play)
    with pytest.raises(IntegrityError, match="append-only"):
        await store.write(lambda connection: connection.execute("UPDATE donations SET amount_minor = 1"))
    with pytest.raises(IntegrityError, match="append-only"):
        await store.write(lambda connection: connection.execute("DELETE FROM donations"))


async def test_what_is_owed_for_a_month_is_the_sum_of_its_rows(
    ana: PersonStore, ben: PersonStore, store: Store
) -> None:
    def play(life: Life) -> None:
        start_as(life)
        life.now = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)
        life.undo(f"{life.scope.user_id}-w")

    def start_as(life: Life) -> None:
        wallets.save(life.scope, WALLET, now=NOW)
        life.plan(f"{life.scope.user_id}-w")
        life.say(f"{life.scope.user_id}-w", DONE)

    await lives(ana, start_as)
    await lives(ben, play)
    (november,) = await store.read(donations.of_month, "2026-11")
    assert (november.people, november.gifts, november.taken_back, november.pledged_minor) == (2, 2, 0, 200)
    (december,) = await store.read(donations.of_month, "2026-12")
    assert (december.people, december.gifts, december.taken_back, december.pledged_minor) == (1, 0, 1, -100)
    assert await store.read(donations.of_month, "2026-10") == []


# --- any interleaving -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def memory() -> Iterator[Connection]:
    connection = connect("file::memory:")
    migrate(connection)
    connection.execute(
        "INSERT INTO users (id, name, status, locale, zone, currency, created_at_ms, partial_gives)"
        " VALUES ('u', 'U', 'active', 'en-US', 'America/New_York', 'USD', 0, 'pro_rata')"
    )
    yield connection
    connection.close()


@contextmanager
def nobody_said_anything(connection: Connection) -> Generator[Life]:
    connection.execute("BEGIN")
    try:
        yield Life(Scope(connection, "u"))
    finally:
        connection.execute("ROLLBACK")


MOVES = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from([DONE, PARTIAL, SKIPPED, PLANNED, "undo", "close"]), st.integers(0, 20),
        st.integers(0, 30),
    ),
    max_size=30,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(moves=MOVES, daily=st.sampled_from([150, 10**6]))
def test_whatever_is_said_over_days_rows_fit_states_and_no_cap_is_exceeded(
    memory: Connection, moves: list[tuple[int, WorkoutState | str, int, int]], daily: int
) -> None:
    wallet = Wallet("water", 100, "USD", daily, daily * 3)
    with nobody_said_anything(memory) as life:
        wallets.save(life.scope, wallet, now=NOW)
        for number in range(6):
            life.plan(f"w{number}", TODAY + timedelta(days=number // 2))
        for number, to, minutes, hours in moves:
            life.now += timedelta(hours=hours)
            workout = workouts.load(life.scope, f"w{number}")
            if workout is None:
                continue
            try:
                if to == "close":
                    life.close(workout.day)
                elif to == "undo":
                    life.undo(workout.id)
                else:
                    life.say(workout.id, WorkoutState(to), minutes)
            except IllegalChange:
                continue
            used = donations.used(life.scope, "USD", life.word.today)
            assert used.day_minor <= wallet.daily_cap_minor
            assert used.month_minor <= wallet.monthly_cap_minor
        for number in range(6):
            name = f"w{number}"
            workout, stands = workouts.load(life.scope, name), donations.standing(life.scope, name)
            deserved = 0
            if workout is not None:
                deserved = int(
                    100
                    * giving.share(workout.state, workout.minutes, minimum_minutes=10, partial=PartialGives.PRO_RATA)
                )
            gifts = sum(each.amount_minor for each in stands if each.kind is giving.Kind.GIFT)
            assert gifts <= deserved if daily == 150 else gifts == deserved
            assert deserved or not stands
            rows = life.scope.execute(
                "SELECT sum(amount_minor) AS net FROM donations WHERE user_id = :user AND workout_id = :name", name=name
            ).fetchone()
            assert (rows["net"] or 0) == sum(each.amount_minor for each in stands)
        rows = list(donations.links(memory, "u"))
        assert chain.check(rows, whole=True).bad == ""
        assert sum(each.all_minor for each in donations.pledged(life.scope, TODAY)) == sum(
            row["amount_minor"] for row in rows
        )
