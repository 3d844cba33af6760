"""A person's arm: kept when it first matters, moved by nothing, and free where nothing is tried."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from ivy.cli.users_experiments import report
from ivy.config import CharitySection, ExperimentSection, GivingSection
from ivy.domain.experiments import Experiments, Setting, arm_of
from ivy.domain.giving import Wallet
from ivy.domain.streaks import Outcome
from ivy.domain.workouts import WorkoutState
from ivy.errors import UsageError
from ivy.store import donations, experiments, nudges, people, streaks, wallets, workouts
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, within
from ivy.store.workouts import Word, Workout

DAY = date(2026, 12, 1)
NOON = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
BONUS = ExperimentSection("comeback_share", {"usual": 0.5, "double": 1.0}, DAY, DAY + timedelta(days=60))
REMINDER = ExperimentSection("workout_reminder_minutes", {"soon": 15, "early": 60}, DAY, DAY + timedelta(days=60))
SECTION = GivingSection(charities={"water": CharitySection(name="Clean Water")})


def asked(scope: Scope, known: Experiments, day: date = DAY) -> Any:
    return experiments.value(scope, known, Setting.COMEBACK_SHARE, "as configured", day=day, now=NOON)


def rows(scope: Scope) -> list[tuple[Any, ...]]:
    found = scope.execute("SELECT experiment, arm, value, day FROM experiment_arms WHERE user_id = :user ORDER BY 1")
    return [tuple(row) for row in found]


def statements(connection: Connection, do: Callable[[], object]) -> list[str]:
    """Return what SQLite is asked while something is done."""
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    try:
        do()
    finally:
        connection.set_trace_callback(None)
    return seen


async def test_the_first_asking_keeps_the_arm_with_its_value_and_day(ana: PersonStore) -> None:
    def play(scope: Scope) -> None:
        arm = arm_of("bonus", "ana", BONUS.arms)
        assert asked(scope, {"bonus": BONUS}) == BONUS.arms[arm]
        assert asked(scope, {"bonus": BONUS}, DAY + timedelta(days=9)) == BONUS.arms[arm]
        assert rows(scope) == [("bonus", arm, BONUS.arms[arm], "2026-12-01")]

    await ana.write(play)


@pytest.mark.parametrize(
    "arms",
    [{"usual": 0.6, "double": 1.1}, {"other": 0.1, "more": 0.2}, {"a": 0.1, "b": 0.2, "usual": 0.3, "double": 2}],
)
async def test_a_later_change_of_arms_moves_nobody(ana: PersonStore, arms: dict[str, float]) -> None:
    def play(scope: Scope) -> None:
        before = asked(scope, {"bonus": BONUS})
        kept = rows(scope)
        assert asked(scope, {"bonus": replace_arms(arms)}) == before
        assert rows(scope) == kept

    await ana.write(play)


def replace_arms(arms: dict[str, float]) -> ExperimentSection:
    return ExperimentSection(BONUS.setting, arms, BONUS.begins, BONUS.ends)


async def test_outside_of_its_days_everybody_has_what_is_configured(ana: PersonStore) -> None:
    def play(scope: Scope) -> None:
        assert BONUS.ends is not None
        for day in (DAY - timedelta(days=1), BONUS.ends + timedelta(days=1)):
            assert asked(scope, {"bonus": BONUS}, day) == "as configured"
        assert rows(scope) == []
        assert asked(scope, {"bonus": BONUS}, BONUS.ends) in BONUS.arms.values()

    await ana.write(play)


async def test_what_varied_another_setting_under_this_name_says_nothing_of_this_one(ana: PersonStore) -> None:
    def play(scope: Scope) -> None:
        minutes = experiments.value(scope, {"x": REMINDER}, Setting.WORKOUT_REMINDER, 30, day=DAY, now=NOON)
        assert minutes in (15, 60)
        assert asked(scope, {"x": BONUS}) == "as configured"
        assert len(rows(scope)) == 1

    await ana.write(play)


async def test_where_nothing_is_tried_the_database_is_not_asked(ana: PersonStore) -> None:
    def play(scope: Scope) -> None:
        assert statements(scope.connection, lambda: asked(scope, {})) == []
        assert statements(scope.connection, lambda: asked(scope, {"x": REMINDER})) == []
        assert statements(scope.connection, lambda: asked(scope, {"bonus": BONUS}, date(2026, 1, 1))) == []
        assert len(statements(scope.connection, lambda: asked(scope, {"bonus": BONUS}))) == 2

    await ana.write(play)


# --- where it is used --------------------------------------------------------------------------------


def life(scope: Scope, known: Experiments, wallet: Wallet) -> Callable[[int, WorkoutState], list[int]]:
    """Return what lets a person say what became of a day; it returns what stands for it: gift and bonus."""
    wallets.save(scope, wallet, now=NOON)
    names = count()

    def say(days: int, state: WorkoutState) -> list[int]:
        word = Word(
            people.load(scope), "text", NOON + timedelta(days=days), lambda: f"id-{next(names)}", SECTION, known
        )
        workout = Workout(f"w{days}", DAY + timedelta(days=days), "run", state=state)
        workouts.record(scope, workout, word)
        return [each.amount_minor for each in donations.standing(scope, workout.id)]

    return say


@pytest.mark.parametrize(("arm", "extra"), [("usual", 100), ("double", 200)])
async def test_the_bonus_is_the_arms_part_of_the_usual_gift(ben: PersonStore, arm: str, extra: int) -> None:
    known = {name_for(arm): BONUS}

    def play(scope: Scope) -> None:
        say = life(scope, known, Wallet("water", 200, "USD", 1000, 9000))
        assert say(0, WorkoutState.SKIPPED) == []
        assert rows(scope) == []  # nothing has mattered so far
        assert say(1, WorkoutState.DONE) == [200, extra]
        assert rows(scope) == [(name_for(arm), arm, BONUS.arms[arm], "2026-12-02")]

    await ben.write(play)


def name_for(arm: str, user_id: str = "ben", section: ExperimentSection = BONUS) -> str:
    """Return a name under which an experiment puts a person into an arm."""
    return next(name for n in range(99) if arm_of(name := f"bonus{n}", user_id, section.arms) == arm)


async def test_caps_hold_whatever_an_arm_says(ben: PersonStore) -> None:
    def play(scope: Scope) -> None:
        say = life(scope, {name_for("double"): BONUS}, Wallet("water", 200, "USD", 250, 300))
        say(0, WorkoutState.SKIPPED)
        assert say(1, WorkoutState.DONE) == [200, 50]  # a day gives 250 at most
        say(2, WorkoutState.SKIPPED)
        assert say(3, WorkoutState.DONE) == [50]  # and the month 300

    await ben.write(play)


async def test_a_reminder_comes_by_the_arm_only_for_who_never_said_how_long_before(ben: PersonStore) -> None:
    known = {name_for("early", section=REMINDER): REMINDER}

    def play(scope: Scope) -> None:
        assert nudges.lead_seen(scope, known, day=DAY) == nudges.lead(scope, known, day=DAY, now=NOON) == 0
        scope.execute("INSERT INTO reminded_unasked (user_id) VALUES (:user)")  # as one who was here before
        assert nudges.lead_seen(scope, known, day=DAY) == nudges.USUAL_MINUTES
        assert rows(scope) == []  # to be told of it is no use of it
        assert nudges.lead(scope, known, day=DAY, now=NOON) == 60
        assert nudges.lead_seen(scope, known, day=DAY) == 60
        nudges.set_minutes(scope, 20, source="text", now=NOON)
        assert nudges.lead(scope, known, day=DAY, now=NOON) == nudges.lead_seen(scope, known, day=DAY) == 20

    await ben.write(play)


async def test_who_wishes_for_a_reminder_gets_the_arms_and_who_said_how_long_gets_that(ben: PersonStore) -> None:
    known = {name_for("early", section=REMINDER): REMINDER}

    def play(scope: Scope) -> None:
        assert nudges.lead_wished(scope, known, day=DAY, now=NOON) == 60
        nudges.set_minutes(scope, 20, source="text", now=NOON)
        assert nudges.lead_wished(scope, known, day=DAY, now=NOON) == 20
        nudges.set_minutes(scope, 0, source="text", now=NOON)  # called off, and wished for again
        assert nudges.lead_wished(scope, known, day=DAY, now=NOON) == 60

    await ben.write(play)


# --- the report --------------------------------------------------------------------------------------


def enrol(connection: Connection, name: str, arm: str, value: float, outcomes: str) -> None:
    """Let somebody have an arm from DAY on; of `outcomes` each letter is a day: k kept, m missed, - nothing planned."""
    people.add(connection, NewPerson(name, name, "active", "en-US", "UTC", "USD"), now=NOON)
    scope = within(connection, name)
    scope.execute(
        "INSERT INTO experiment_arms (user_id, experiment, setting, arm, value, day, at_ms)"
        " VALUES (:user, 'bonus', 'comeback_share', :arm, :value, '2026-12-01', 1)",
        arm=arm,
        value=value,
    )
    streaks.record(scope, DAY - timedelta(days=1), Outcome.MISSED, source="text", now=NOON)  # before: it does not count
    for number, letter in enumerate(outcomes):
        if letter != "-":
            outcome = Outcome.KEPT if letter == "k" else Outcome.MISSED
            streaks.record(scope, DAY + timedelta(days=number), outcome, source="text", now=NOON)


async def test_arms_are_compared_by_what_came_after_and_small_ones_are_hidden(store: Store) -> None:
    def play(connection: Connection) -> None:
        for number in range(6):
            enrol(connection, f"usual {number}", "usual", 0.5, "kkm--m-k" + "-" * 20 + "kk")
            enrol(connection, f"double {number}", "double", 1.0, "kkk--mk-" + "m" * number)
        enrol(connection, "before", "double", 0.8, "k")

    await store.write(play)
    now = NOON + timedelta(days=40)
    (found,) = (await store.read(report, {"bonus": BONUS}, None, now=now)).experiments
    assert (found.name, found.state) == ("bonus", "running")
    old, double, usual = found.arms
    assert (old.arm, old.value, old.people, old.days) == ("double", 0.8, None, None)
    assert double.people == usual.people == 6
    assert usual.days is not None
    assert (usual.days.of_them, usual.days.all) == (6 * 5, 6 * 7)
    assert usual.comebacks is not None
    assert (usual.comebacks.of_them, usual.comebacks.all) == (6, 12)
    assert double.days is not None
    assert (double.days.of_them, double.days.all) == (6 * 4, 6 * 5 + 15)
    assert usual.retention is not None
    assert (usual.retention.retained, usual.retention.people) == (6, 6)
    assert double.retention is not None
    assert double.retention.retained == 0
    assert found.verdict == "Too few to tell: the intervals of the days kept overlap."


async def test_days_that_are_not_closed_or_lie_after_the_end_do_not_count(store: Store) -> None:
    def play(connection: Connection) -> None:
        for number in range(5):
            enrol(connection, f"usual {number}", "usual", 0.5, "k" * 10)

    await store.write(play)
    short = ExperimentSection(BONUS.setting, BONUS.arms, DAY, DAY + timedelta(days=3))
    for known, days, counted in ((BONUS, 5, 4), (BONUS, 30, 10), (short, 30, 4)):
        (found,) = (await store.read(report, {"bonus": known}, "bonus", now=NOON + timedelta(days=days))).experiments
        usual = found.arms[-1]
        assert usual.days is not None
        assert usual.days.all == 5 * counted


async def test_an_experiment_is_told_of_before_it_began_and_after_it_left_the_configuration(store: Store) -> None:
    assert (await store.read(report, {}, None, now=NOON)).experiments == ()
    (coming,) = (await store.read(report, {"bonus": BONUS}, None, now=NOON - timedelta(days=5))).experiments
    assert coming.state == "to come"
    assert [(each.arm, each.people) for each in coming.arms] == [("double", 0), ("usual", 0)]
    with pytest.raises(UsageError, match="No experiment is called 'bonsu'; there are bonus"):
        await store.read(report, {"bonus": BONUS}, "bonsu", now=NOON)
    await store.write(enrol, "ana", "usual", 0.5, "k")
    (gone,) = (await store.read(report, {}, "bonus", now=NOON)).experiments
    assert (gone.state, gone.arms[0].people) == ("not configured", None)
