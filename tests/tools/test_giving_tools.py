"""What the person hears of their streak and their gifts, in both languages."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from ivy.config import CharitySection, GivingSection
from ivy.domain.giving import Wallet
from ivy.domain.sentences import Say, say
from ivy.domain.streaks import Outcome
from ivy.ports import ToolCall, ToolResult
from ivy.store import people, streaks, wallets
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, for_user
from ivy.tools import giving, workouts
from ivy.tools.executor import Place, execute
from ivy.tools.registry import Registry, TurnContext
from tests.tools.diary import ANA, BEN, MONDAY, Diary

TODAY = date(2026, 11, 23)
REGISTRY = Registry((*workouts.TOOLS, *giving.TOOLS))
SECTION = GivingSection(
    charities={"water": CharitySection(name="Clean Water"), "agua": CharitySection(name="Agua para Todos")}
)


@dataclass(frozen=True)
class GivingTurn(TurnContext):
    """A turn that knows what the operator lets people give."""

    giving: GivingSection = SECTION


@dataclass
class Giver(Diary):
    """A person's tools where giving is set up."""

    section: GivingSection = field(default_factory=lambda: SECTION)

    async def call(self, tool: str, arguments: str, *, place: Place | None = None) -> ToolResult:
        self.turns += 1
        turn = GivingTurn(self.person, self.now, self.new_id, "trace", giving=self.section)
        where = place or Place(f"{self.person.id}-{self.turns}", 1, 0)
        return await execute(self.rows, self.registry, ToolCall("c1", tool, arguments), where, turn)

    async def gives(self, charity: str, minor: int, currency: str) -> None:
        wallet = Wallet(charity, minor, currency, minor * 2, minor * 40)
        await self.rows.write(wallets.save, wallet, now=self.now)


async def giver(store: Store, new: NewPerson) -> Giver:
    await store.write(people.add, new, now=MONDAY)
    rows = for_user(store, new.id)
    numbers = iter(range(10_000))
    return Giver(rows, await rows.read(people.load), REGISTRY, lambda: f"{new.id}-{next(numbers)}")


@pytest.fixture
async def ben(store: Store) -> Giver:
    return await giver(store, BEN)


@pytest.fixture
async def ana(store: Store) -> Giver:
    return await giver(store, ANA)


async def had(diary: Giver, *outcomes: Outcome | None) -> None:
    """Let days up to yesterday have had these outcomes, told day by day."""

    def write(scope: Scope) -> None:
        for number, outcome in zip(range(len(outcomes), 0, -1), outcomes, strict=True):
            if outcome is not None:
                streaks.record(scope, TODAY - timedelta(days=number), outcome, source="text", now=MONDAY)

    await diary.rows.write(write)


K, M = Outcome.KEPT, Outcome.MISSED


# --- one message about all of it ----------------------------------------------------------------------


async def test_workout_streak_and_gift_are_one_message(ben: Giver, ana: Giver) -> None:
    await ben.gives("water", 100, "USD")
    said = await ben("log_workout", kind="run")
    assert said == (
        "Logged: run, Mon 23 Nov, done. 💪 That's day 1 of your streak. Well done! $1.00 pledged to Clean Water."
    )
    await ana.gives("agua", 500_000, "COP")
    assert (await ana("log_workout", kind="carrera")).endswith("$ 5.000 prometidos a Agua para Todos.")


async def test_coming_back_is_welcomed_and_never_begins_at_one(ben: Giver) -> None:
    await ben.gives("water", 100, "USD")
    await had(ben, K, K, M, M, M)
    ben.section = GivingSection(charities=SECTION.charities, comeback="0.50")
    said = await ben("log_workout", kind="run")
    assert said.endswith(
        f"{say(Say.STREAK_BACK, 'en')} $1.50 pledged to Clean Water, a little extra for coming back included."
    )
    assert "day 1" not in said


async def test_what_is_taken_back_is_said_in_the_same_breath(ben: Giver) -> None:
    await ben.gives("water", 100, "USD")
    await ben("log_workout", kind="run")
    assert (await ben("undo_workout")).endswith("The pledge of $1.00 to Clean Water is taken back.")


async def test_without_a_charity_nobody_speaks_of_giving(ben: Giver) -> None:
    ben.section = GivingSection()
    await ben.gives("water", 100, "USD")
    assert "pledge" not in await ben("log_workout", kind="run")
    assert "ledge" not in await ben("show_stats")


async def test_a_cap_that_leaves_nothing_is_not_spoken_of(ben: Giver) -> None:
    await ben.gives("water", 100, "USD")
    said = [await ben("log_workout", kind=kind) for kind in ("run", "swim", "yoga")]
    assert ["pledged" in each for each in said] == [True, True, False]


# --- stats ------------------------------------------------------------------------------------------


async def test_stats_say_streak_days_week_and_pledges(ben: Giver, ana: Giver) -> None:
    await had(ben, *[K] * 6, M, *[K] * 6, M, *[K] * 5, M)
    await ben.gives("water", 100, "USD")
    await ben("log_workout", kind="run")
    await ben("plan_workout", kind="yoga", when="tomorrow")
    assert await ben("show_stats") == (
        "Streak: 1 day; 18 of the last 21 planned days; your longest streak: 17 days.\n"
        "Reserve days left: 1.\n"
        "This week: 1 done, 1 still planned.\n"
        "Pledged to Clean Water: $1.50 this month, $1.50 in all."
    )
    await ana.gives("agua", 500_000, "COP")
    await ana("log_workout", kind="carrera")
    assert await ana("show_stats") == (
        "Racha: 1 día.\nDías de reserva que quedan: 2.\n"
        "Esta semana: 1 hecho.\nPrometido a Agua para Todos: $ 5.000 este mes, $ 5.000 en total."
    )


async def test_after_a_break_what_was_kept_stands_first(ben: Giver, ana: Giver) -> None:
    await had(ben, *[K] * 10, M, M, M)
    assert await ben("show_stats") == "10 of the last 13 planned days; your longest streak: 10 days."
    await had(ana, K, *[None] * 25, M, M, M)
    assert await ana("show_stats") == "La mejor racha: 1 día."


async def test_who_has_just_begun_hears_no_zero(ben: Giver) -> None:
    said = await ben("show_stats")
    assert said == "Your first workout starts your streak."
    assert "0" not in said


async def test_pledges_of_charities_that_are_gone_are_still_told(ben: Giver) -> None:
    await ben.gives("water", 100, "USD")
    await ben("log_workout", kind="run")
    ben.now += timedelta(days=30)
    ben.section = GivingSection()
    assert "Pledged to water: $0.00 this month, $1.00 in all." in await ben("show_stats")


# --- what is given -----------------------------------------------------------------------------------


async def test_giving_is_set_and_said_back_with_its_caps(ben: Giver, ana: Giver) -> None:
    assert await ben("set_giving", charity="clean water") == (
        "Each kept workout pledges $1.00 to Clean Water, at most $2.00 a day and $40.00 a month."
    )
    assert "$3.00 to Clean Water, at most $6.00 a day and $120.00 a month" in await ben("set_giving", amount="$3")
    assert "at most $5.00 a day and $20.00 a month" in await ben("set_giving", daily_cap="$5", monthly_cap="$20")
    assert "$3.00 to Agua para Todos, at most $5.00 a day" in await ben("set_giving", charity="agua")
    said = await ana("set_giving", charity="agua", amount="5000 pesos")
    assert said == (
        "Cada entrenamiento cumplido promete $ 5.000 a Agua para Todos, como mucho $ 10.000 al día y $ 200.000 al mes."
    )
    assert await ana.rows.read(wallets.load) == Wallet("agua", 500_000, "COP", 1_000_000, 20_000_000)
    assert "€4" in await ana("set_giving", amount="4 euros")


async def test_giving_is_switched_off_and_what_is_pledged_stays(ben: Giver) -> None:
    assert "give nothing as it is" in await ben("set_giving", off=True)
    await ben("set_giving", charity="water")
    await ben("log_workout", kind="run")
    assert "stays pledged" in await ben("set_giving", off=True)
    assert await ben.rows.read(wallets.load) is None
    assert "$1.00 in all" in await ben("show_stats")


async def test_what_is_unclear_is_asked(ben: Giver) -> None:
    assert "Agua para Todos or Clean Water" in await ben.fails("set_giving", amount="$2")
    assert "Nothing there is called" in await ben.fails("set_giving", charity="whales")
    await ben("set_giving", charity="water")
    assert "in USD" in await ben.fails("set_giving", daily_cap="5 euros")
    assert await ben.fails("set_giving", amount="a lot")


async def test_where_there_is_one_charity_it_is_meant(ben: Giver) -> None:
    ben.section = GivingSection(charities={"water": CharitySection()})
    assert "to water" in await ben("set_giving", amount="$2")


async def test_where_there_is_none_that_is_said(ben: Giver) -> None:
    ben.section = GivingSection()
    assert "not set up" in await ben("set_giving", amount="$2")
    assert await ben.rows.read(wallets.load) is None


async def test_who_gives_anothers_money_chooses_the_charity_only(ben: Giver) -> None:
    wallet = Wallet("water", 100, "USD", 200, 4000, "employer")
    await ben.rows.write(wallets.save, wallet, now=MONDAY)
    assert "theirs to set" in await ben.fails("set_giving", amount="$9")
    await ben("set_giving", charity="agua")
    assert await ben.rows.read(wallets.load) == replace(wallet, charity="agua")


EXAMPLES = [(each.name, phrase, arguments) for each in giving.TOOLS for phrase, arguments in each.examples.items()]


@pytest.mark.parametrize(("tool", "phrase", "arguments"), EXAMPLES, ids=[phrase for _, phrase, _ in EXAMPLES])
async def test_every_example_is_understood_with_charities_and_without(
    ben: Giver, ana: Giver, tool: str, phrase: str, arguments: dict[str, str]
) -> None:
    diary = ana if {"mis", "qué", "cuánto"} & set(phrase.split()) else ben
    await diary.gives("agua", 100, diary.person.currency)
    assert await diary(tool, **arguments)
    diary.section = GivingSection()
    assert await diary(tool, **arguments)
