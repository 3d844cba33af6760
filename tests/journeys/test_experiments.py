"""Two people in two arms miss a day and come back: each gets the bonus of their arm, and keeps it when the arms change."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from trio.testing import MockClock

from ivy.config import CharitySection, Config, ExperimentSection, GivingSection
from ivy.domain.experiments import arm_of
from ivy.domain.giving import Wallet
from ivy.store import day_closes, people, wallets
from ivy.store.scope import Scope
from tests.journeys.play import ANA, BEN, Lives, Play

GIVING = GivingSection(charities={"water": CharitySection(name="Clean Water")})
ARMS = {"usual": 0.5, "double": 1.0}
OTHER_ARMS = {"none": 0.0, "all": 2.0}
PLEDGED = {
    "usual": "$1.50 pledged to Clean Water, a little extra for coming back included.",
    "double": "$2.00 pledged to Clean Water, a little extra for coming back included.",
}


def configured(name: str, arms: Mapping[str, float]) -> Config:
    return trying(name, "comeback_share", arms)


def trying(name: str, setting: str, arms: Mapping[str, float]) -> Config:
    section = ExperimentSection(setting, dict(arms), date(2026, 11, 1), date(2026, 12, 31))
    return Config(giving=GIVING, experiments={name: section})


def apart(ana: str, ben: str) -> str:
    """Return a name of an experiment that puts Ana into `usual` and Ben into `double`."""
    names = (f"bonus{number}" for number in range(99))
    return next(each for each in names if (arm_of(each, ana, ARMS), arm_of(each, ben, ARMS)) == ("usual", "double"))


async def give(play: Play, who: str) -> None:
    def write(scope: Scope) -> None:
        wallets.save(scope, Wallet("water", 100, "USD", 300, 4000), now=play.now)
        day_closes.ensure(scope, people.load(scope), play.world.daemon.context.new_id, play.now)

    await play.knows(who)
    await play.rows_of(who).write(write)


async def comes_back(play: Play, who: str) -> str:
    """Let somebody keep a run today; return what they hear of it last: a question that waited for them comes first."""
    for words in ("plan a run today", "done"):
        await play.says(words, who)
        await play.quiet()
    return play.heard(who)[-1]


def at(day: int) -> datetime:
    """Return nine in New York on a day of November."""
    return datetime(2026, 11, day, 14, 0, tzinfo=UTC)


async def test_two_arms_give_differently_and_a_change_of_arms_in_between_moves_nobody(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=Config(giving=GIVING)) as play:
        for who in (ANA, BEN):
            await give(play, who)
            await play.talk("plan a run today", who)
        name = apart(play.ids[ANA], play.ids[BEN])

    async with lives(at(25) - timedelta(hours=10, minutes=5), config=configured(name, ARMS)) as play:
        await play.until(at(25))  # Monday was closed on Tuesday evening: nobody said what became of it
        assert await play.one("SELECT count(*) FROM streak_events WHERE outcome = 'missed' AND day = '2026-11-23'") == 2
        assert await play.one("SELECT count(*) FROM experiment_arms") == 0
        assert (await comes_back(play, ANA)).endswith(PLEDGED["usual"])
        assert (await comes_back(play, BEN)).endswith(PLEDGED["double"])
        await play.quiet()
        arms = await play.rows("SELECT user_id, arm, value, day FROM experiment_arms")
        kept = {row["user_id"]: (row["arm"], row["value"], row["day"]) for row in arms}
        assert kept == {
            play.ids[ANA]: ("usual", 0.5, "2026-11-25"),
            play.ids[BEN]: ("double", 1.0, "2026-11-25"),
        }

        for who in (ANA, BEN):
            await play.talk("plan a run tomorrow", who)
            await play.talk("skip the workout tomorrow", who)

    async with lives(at(27), config=configured(name, OTHER_ARMS)) as play:
        assert (await comes_back(play, ANA)).endswith(PLEDGED["usual"])
        assert (await comes_back(play, BEN)).endswith(PLEDGED["double"])
        assert await play.one("SELECT count(*) FROM experiment_arms") == 2


async def test_the_reminder_before_a_workout_comes_by_the_arm_and_is_told_of_as_it_comes(
    lives: Lives, autojump_clock: MockClock
) -> None:
    arms = {"soon": 15, "early": 90}
    async with lives(config=trying("reminder", "workout_reminder_minutes", arms)) as play:
        await play.knows()
        await play.talk("send me a text before each workout")
        await play.talk("plan a run tomorrow at 7am")
        minutes = arms[arm_of("reminder", play.ids[ANA], arms)]
        due = (datetime(2026, 11, 24, 7, tzinfo=UTC) - timedelta(minutes=minutes)).replace(
            tzinfo=None
        )  # their own clock
        assert await play.one("SELECT next_wall FROM schedules WHERE kind = 'nudge'") == due.isoformat()
        assert f"({minutes} minutes before each workout with a time)" in await play.talk("what do you send me?")
        assert await play.one("SELECT value FROM experiment_arms") == minutes
