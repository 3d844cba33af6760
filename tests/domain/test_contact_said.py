"""How people say when and how they want to be contacted, in English and Spanish."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.contact_said import Wish, days_of, read_clock, read_wish
from ivy.domain.slots import Mode, SlotKind, clock_of

V, T, M = Mode.VOICE, Mode.TEXT, Mode.MIXED


@pytest.mark.parametrize(
    ("text", "locale", "mode", "at", "days"),
    [
        ("call me at 6:30", "en-US", V, "06:30", "*"),
        ("7", "en-US", None, "07:00", "*"),
        ("7 am, call", "en-US", V, "07:00", "*"),
        ("yes, call me at 5", "en-US", V, "05:00", "*"),
        ("call me at 2", "en-US", V, "14:00", "*"),
        ("half past six, text", "en-US", T, "06:30", "*"),
        ("don't call, text me at 8pm", "en-US", T, "20:00", "*"),
        ("both, weekdays at 7", "en-US", M, "07:00", "1-5"),
        ("text me every monday and thursday at 7", "en-US", T, "07:00", "1,4"),
        ("call me", "en-US", V, "", "*"),
        ("call me in the morning", "en-US", V, "", "*"),
        ("llámame a las 7", "es-CO", V, "07:00", "*"),
        ("mejor por escrito a las 8", "es-CO", T, "08:00", "*"),
        ("no me llames, escríbeme a las 9", "es-CO", T, "09:00", "*"),
        ("a las 6 y media", "es-CO", None, "06:30", "*"),
        ("a las 12", "es-CO", None, "12:00", "*"),
        ("mejor en la noche a las 8", "es-CO", None, "20:00", "*"),
        ("escríbeme a las 7:30 am de lunes a viernes", "es-CO", T, "07:30", "1-5"),
        ("las dos, a las 7", "es-CO", M, "07:00", "*"),
        ("19:30", "en-GB", None, "19:30", "*"),
    ],
)
def test_a_wish_is_read(text: str, locale: str, mode: Mode | None, at: str, days: str) -> None:
    assert read_wish(text, locale) == Wish(mode, at, days)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whatever",
        "thanks",
        "remind me to text Bob at 7",
        "call my mother",
        "I spent $7 on coffee",
        "25:99",
        "every 3 hours",
    ],
)
def test_what_is_no_wish_of_theirs_is_none(text: str) -> None:
    assert read_wish(text, "en-US") == Wish()


@pytest.mark.parametrize(
    ("text", "at", "days"),
    [
        ("at 9", "21:00", "0"),
        ("21:30", "21:30", "0"),
        ("saturday at 6", "18:00", "6"),
        ("every saturday at 10am", "10:00", "6"),
    ],
)
def test_of_an_evening_a_bare_hour_is_late_and_a_week_has_its_day(text: str, at: str, days: str) -> None:
    wish = read_wish(text, "en-US", evening=True)
    assert wish.at == at
    assert days_of(SlotKind.WEEKLY, wish) == days


def test_a_daily_slot_keeps_the_days_that_were_said() -> None:
    assert days_of(SlotKind.MORNING, read_wish("weekdays at 7", "en-US")) == "1-5"
    assert days_of(SlotKind.MORNING, read_wish("at 7", "en-US")) == "*"


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("it's 3:30 pm", [time(15, 30)]),
        ("no, son las 4:10", [time(4, 10), time(16, 10)]),
        ("16:10", [time(16, 10)]),
        ("Madrid", []),
        ("tomorrow", []),
        ("every day at 7", []),
    ],
)
def test_a_clock_on_the_wall_is_read(text: str, times: list[time]) -> None:
    assert read_clock(text, "en-US") == times


@given(st.text(max_size=60), st.sampled_from(["en-US", "es-CO"]), st.booleans())
def test_no_words_break_the_reading(text: str, locale: str, evening: bool) -> None:
    wish = read_wish(text, locale, evening=evening)
    assert not wish.at or clock_of(wish.at)
    read_clock(text, locale)


@given(st.integers(4, 11), st.integers(0, 59))
def test_a_bare_hour_is_one_of_the_morning_or_of_the_evening(hour: int, minute: int) -> None:
    said = f"at {hour}:{minute:02}"
    assert read_wish(said, "en-US").at == f"{hour:02}:{minute:02}"
    assert read_wish(said, "en-US", evening=True).at == f"{hour + 12:02}:{minute:02}"
