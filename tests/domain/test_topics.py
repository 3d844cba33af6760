"""What is told by itself: at most once a week, less to who never reacts, and called off in a person's own words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import topics
from ivy.domain.backing_off import ASK_AFTER, HALVE_AFTER, SLACK, WEEK
from ivy.domain.topics import FORTNIGHT, MONTH, WEEKLY_EXPENSES, WEEKLY_WORKOUTS, Decision, Told, decide, gap

NOW = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
TOLD = st.builds(
    Told,
    st.integers(0, 20),
    st.none() | st.integers(0, 60 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
    st.booleans(),
)


@given(TOLD)
def test_never_sooner_than_its_gap_and_asked_once(told: Told) -> None:
    decision = decide(told, NOW)
    if told.last_at is not None and NOW - told.last_at < WEEK - SLACK:
        assert decision is Decision.LEAVE_OUT
    if told.last_at is None or NOW - told.last_at >= MONTH:
        assert decision is not Decision.LEAVE_OUT
    if decision is Decision.ASK:
        assert told.unanswered >= ASK_AFTER and not told.asked


@given(st.integers(0, 20), st.booleans())
def test_who_ignores_more_never_hears_more_often(unanswered: int, asked: bool) -> None:
    assert gap(Told(unanswered, asked=asked)) <= gap(Told(unanswered + 1, asked=asked))


def test_somebody_who_never_reacts_hears_less_and_less_of_it() -> None:
    sundays = [NOW + week * WEEK for week in range(40)]
    told, said = Told(), list[tuple[int, Decision]]()
    for week, now in enumerate(sundays):
        decision = decide(told, now)
        if decision is not Decision.LEAVE_OUT:
            said.append((week, decision))
            told = Told(told.unanswered + 1, now, told.asked or decision is Decision.ASK)
    weeks = [week for week, _decision in said]
    assert weeks == [0, 1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 36]
    assert [week for week, decision in said if decision is Decision.ASK] == [12]


def test_the_steps_are_a_week_a_fortnight_and_four_weeks() -> None:
    assert gap(Told(HALVE_AFTER - 1)) == WEEK
    assert gap(Told(HALVE_AFTER)) == gap(Told(ASK_AFTER)) == FORTNIGHT
    assert gap(Told(ASK_AFTER, asked=True)) == MONTH


def test_the_night_before_is_the_early_hours_of_the_day() -> None:
    assert topics.in_the_night("0 18 * * 0", minute=7) == "7 3 * * 0"
    assert topics.in_the_night("30 2 * * 1", minute=7) == ""


@pytest.mark.parametrize(
    ("cron", "weekly"),
    [
        ("0 18 * * 0", True),
        ("30 7 * * 5", True),
        ("0 18 * * *", False),
        ("0 18 * * 1-5", False),
        ("0 9 1 * *", False),
        ("", False),
    ],
)
def test_weekly_is_one_day_of_the_week(cron: str, weekly: bool) -> None:
    assert topics.is_weekly(cron) is weekly


CALLED_OFF = """
stop the spending summary | e
please stop sending me the spending summary | e
unsubscribe me from the expense report | e
I don't want the summary of my spending any more | e
no more spending summaries, thanks | e
can you turn off the weekly expenses summary? | e
cancel the summary of my expenses | e
don't send me the expense summary | e
enough of the spending reports | e
deja de mandarme el resumen de gastos | e
no quiero más el resumen de mis gastos | e
no me mandes más el resumen de gastos | e
por favor quita el resumen semanal de gastos | e
ya no quiero el informe de gastos | e
para el resumen de gastos | e
cancela el resumen de lo que gasto | e
no me envíe más el resumen de gastos | e
dame de baja del resumen de gastos | e
stop the workout summary | w
no quiero el resumen de entrenamientos | w
stop the weekly summary | e w
cancela el resumen semanal | e w
don't stop the spending summary | -
no canceles el resumen de gastos | -
why did you stop the spending summary? | -
¿por qué no me mandas el resumen de gastos? | -
send me a summary of my spending every Sunday | -
mándame un resumen para mis gastos | -
stop | -
no | -
I spent $50 on a summary of lunch | -
cancel the dentist | -
how much did I spend this week | -
"""
NAMES = {"e": WEEKLY_EXPENSES, "w": WEEKLY_WORKOUTS}


def test_a_topic_is_called_off_in_many_words_and_by_no_others() -> None:
    for line in CALLED_OFF.strip().splitlines():
        words, _, meant = line.partition(" | ")
        assert topics.called_off(words) == {NAMES[each] for each in meant.split() if each in NAMES}, words


def test_this_is_called_off_where_it_stands() -> None:
    for words in (
        "no more of these",
        "stop sending me this",
        "no me mandes más esto",
        "deja de mandar estos",
        "I don't want these",
    ):
        assert topics.calls_off_this(words), words
    for words in ("stop", "thanks for this", "don't stop these", "why do you send this?", "this " * 20 + "stop"):
        assert not topics.calls_off_this(words), words


@given(st.text(max_size=80))
def test_any_words_are_read_without_an_error(words: str) -> None:
    assert topics.called_off(words) <= {WEEKLY_EXPENSES, WEEKLY_WORKOUTS}
    assert topics.calls_off_this(words) in (True, False)
    assert topics.called_off(words + " and so on" * 20) == frozenset()


def test_any_no_beside_the_summary_leaves_it_out() -> None:
    for words in (
        "a las 7 sin resúmenes",
        "a las 7, nada de resumen",
        "llámame a las 7, no quiero resumen",
        "call me at 7 and leave out the summary",
        "at 7, I don't want a summary",
        "7 am, no Sunday summary",
    ):
        assert topics.declines_summary(words), words


def test_an_answer_may_leave_the_summary_out() -> None:
    for words in (
        "at 7, no summary",
        "sin resumen",
        "call me at 7 without the weekly summary",
        "a las 7. Ningún resumen",
    ):
        assert topics.declines_summary(words), words
        assert "resum" not in topics.without_declining(words) and "summ" not in topics.without_declining(words)
    for words in (
        "call me at 7",
        "yes, the summary too",
        "a las 7 y con resumen",
        "no, at 8",
        "stop the spending summary",
    ):
        assert not topics.declines_summary(words), words
