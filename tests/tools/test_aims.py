"""What somebody trains for, and who Ivy is from, are theirs to change after onboarding too."""

from ivy.domain.onboarding import LONGEST_GOAL
from ivy.store import people
from tests.tools.diary import Diary


async def aims(diary: Diary) -> tuple[str, str]:
    person = await diary.rows.read(people.load)
    return person.goal, person.track


async def test_a_goal_is_changed_in_their_own_words(ben: Diary, ana: Diary) -> None:
    _goal, track = await aims(ben)
    assert await ben("change_goal", goal="  running   10 km ") == "Your goal from now on: running 10 km."
    assert await aims(ben) == ("running 10 km", track)
    assert await ana("change_goal", goal="dormir mejor") == "Objetivo desde ahora: dormir mejor."
    assert (await aims(ben))[0] == "running 10 km"
    assert (await ben("show_commitment")).startswith("- the goal: running 10 km\n")


async def test_who_ivy_is_from_is_changed_and_says_what_an_employer_sees(ben: Diary, ana: Diary) -> None:
    said = await ben("change_goal", track="company")
    assert said == "Noted: through your employer, who sees numbers of groups only, never a person's."
    assert (await aims(ben))[1] == "company"
    said = await ben("change_goal", track="individual", goal="a hike")
    assert said == "Your goal from now on: a hike. Noted: you are here on your own."
    assert await aims(ben) == ("a hike", "individual")
    assert "grupos" in await ana("change_goal", track="company")


async def test_a_goal_of_nothing_or_without_end_is_one_plain_line(ben: Diary) -> None:
    before = await aims(ben)
    assert await ben.fails("change_goal") == "What do you train for from now on?"
    assert await ben.fails("change_goal", goal=" ") == "What do you train for from now on?"
    assert str(LONGEST_GOAL) in await ben.fails("change_goal", goal="a" * (LONGEST_GOAL + 1))
    assert await aims(ben) == before
