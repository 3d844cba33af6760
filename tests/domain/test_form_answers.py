"""Answers of forms are a stranger's input: read into typed values, or refused with one sentence."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.form_answers import WrongAnswer, in_words, read_answers
from ivy.domain.form_definitions import BOOKING, FORMS, LENGTHS, ONBOARDING, WEEKLY_CHECKIN
from ivy.domain.forms import (
    AnyField,
    ClockTime,
    Day,
    FormDefinition,
    LongText,
    Number,
    OneOf,
    OptIn,
    SeveralOf,
    ShortText,
)
from ivy.domain.times import parse_span

TODAY = date(2026, 11, 23)
BOOKED = {"title": "dentist", "date": "2026-11-24", "time": "14:00", "minutes": "60", "flow_token": "t", "new_key": [1]}
JOINED = {
    "name": "Ana",
    "track": "fitness",
    "goal": "Run 5k\nwithout stopping.",
    "days": ["wed", "mon", "mon"],
    "hour": "06:30",
    "minutes": "30",
    "zone": "America/Bogota",
    "calls": True,
}


def test_a_booking_is_read_into_values() -> None:
    read = read_answers(BOOKING, {**BOOKED, "note": "  bring\r\nthe x-ray "}, today=TODAY)
    assert (read.text("title"), read.day("date"), read.clock("time")) == ("dentist", date(2026, 11, 24), time(14))
    assert read.text("minutes") == "60" and read.text("note") == "bring\nthe x-ray"
    assert "flow_token" not in read.values and read.number("minutes") is None


def test_an_onboarding_is_read_into_values() -> None:
    read = read_answers(ONBOARDING, JOINED)
    assert read.several("days") == ("mon", "wed") and read.number("minutes") == 30
    assert read.agreed("calls") and not read_answers(ONBOARDING, {**JOINED, "calls": False}).agreed("calls")
    assert read.text("charity") == ""


@pytest.mark.parametrize("left_out", [None, "", [], "missing", "   ", "\u200b"])
def test_what_is_left_out_is_missed_only_where_it_is_needed(left_out: Any) -> None:
    change = {} if left_out == "missing" else {"note": left_out}
    if left_out != []:
        assert "note" not in read_answers(BOOKING, {**BOOKED, **change}).values
    with pytest.raises(WrongAnswer, match="is missing") as wrong:
        read_answers(BOOKING, {key: value for key, value in BOOKED.items() if key != "title"} | {"title": ""})
    assert wrong.value.said.es == "«¿Qué es?» falta."


@pytest.mark.parametrize(
    ("form", "change"),
    [
        (BOOKING, {"title": "x" * 81}),
        (BOOKING, {"title": 7}),
        (BOOKING, {"title": {"a": 1}}),
        (BOOKING, {"title": ["a"]}),
        (BOOKING, {"date": "24/11/2026"}),
        (BOOKING, {"date": "2026-02-30"}),
        (BOOKING, {"date": "0000-01-01"}),
        (BOOKING, {"date": "9999-12-31"}),
        (BOOKING, {"date": 1795000000000}),
        (BOOKING, {"date": "2026-11-22"}),
        (BOOKING, {"date": "2027-11-24"}),
        (BOOKING, {"date": "２０２６-11-24"}),
        (BOOKING, {"time": "14:07"}),
        (BOOKING, {"time": "24:00"}),
        (BOOKING, {"time": "14:00:00"}),
        (BOOKING, {"minutes": "61"}),
        (BOOKING, {"minutes": 60}),
        (BOOKING, {"minutes": ["60"]}),
        (BOOKING, {"note": "x" * 301}),
        (ONBOARDING, {"minutes": "4"}),
        (ONBOARDING, {"minutes": "9" * 400}),
        (ONBOARDING, {"minutes": True}),
        (ONBOARDING, {"minutes": "thirty"}),
        (ONBOARDING, {"minutes": 30.5}),
        (ONBOARDING, {"minutes": float("inf")}),
        (ONBOARDING, {"minutes": "٣٠"}),
        (ONBOARDING, {"days": "mon"}),
        (ONBOARDING, {"days": ["mon", "someday"]}),
        (ONBOARDING, {"days": [["mon"]]}),
        (ONBOARDING, {"zone": "Mars/Olympus"}),
        (ONBOARDING, {"calls": "maybe"}),
        (ONBOARDING, {"calls": 2}),
    ],
)
def test_a_wrong_answer_is_told_in_one_sentence(form: FormDefinition, change: dict[str, Any]) -> None:
    answers = {**(BOOKED if form is BOOKING else JOINED), **change}
    with pytest.raises(WrongAnswer) as wrong:
        read_answers(form, answers, today=TODAY)
    field = form.field(next(iter(change)))
    assert wrong.value.field == field.name
    for said, label in ((wrong.value.said.en, field.label.en), (wrong.value.said.es, field.label.es)):
        assert said.endswith(".") and label in said and "\n" not in said and len(said) < 160


def test_hidden_and_control_characters_do_not_reach_the_model() -> None:
    read = read_answers(BOOKING, {**BOOKED, "title": "den\u200btist\x00\ud800 \U000e0041now\nplease"})
    assert read.text("title") == "dentist now please"


def test_the_fields_of_one_screen_can_be_read_alone() -> None:
    assert dict(read_answers(BOOKING, {"title": "a", "time": 9}, only=("title",)).values) == {"title": "a"}


# --- as a sentence -----------------------------------------------------------------------------------


def test_answers_become_the_sentence_that_would_have_been_written() -> None:
    read = read_answers(BOOKING, BOOKED)
    assert in_words(BOOKING, read, "en") == "Book dentist on 2026-11-24 at 14:00 for 60 minutes"
    assert in_words(BOOKING, read, "es") == "Agenda dentist el 2026-11-24 a las 14:00 por 60 minutos"
    joined = read_answers(ONBOARDING, JOINED)
    assert in_words(ONBOARDING, joined, "en") == (
        "My name is Ana. I want to work on: Moving more. My goal: Run 5k without stopping. Days: Monday, Wednesday at"
        " 06:30, 30 minutes each time. My time zone: Bogotá. You may phone me: yes."
    )


def test_an_answer_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    read = read_answers(BOOKING, {**BOOKED, "title": "{note} {date}", "note": "{title}"})
    assert in_words(BOOKING, read, "en").startswith("Book {note} {date} on 2026-11-24")


@given(
    st.dates(date(2026, 11, 24), date(2027, 11, 22)),
    st.integers(0, 95),
    st.sampled_from(LENGTHS),
    st.sampled_from(["en-US", "es-CO"]),
)
def test_the_sentence_of_a_booking_means_the_same_when_ivy_reads_it(
    day: date, quarter: int, minutes: int, locale: str
) -> None:
    clock = time(quarter // 4, quarter % 4 * 15)
    answers = {"title": "dentist", "date": day.isoformat(), "time": f"{clock:%H:%M}", "minutes": str(minutes)}
    words = in_words(BOOKING, read_answers(BOOKING, answers), locale[:2])
    when = words.split(" dentist ")[1]
    start, end = parse_span(when, now=datetime(2026, 11, 23, 12, tzinfo=UTC), zone="America/Bogota", locale=locale)
    assert start.wall == datetime.combine(day, clock)
    assert end is not None and (end.wall - start.wall).total_seconds() == minutes * 60


# --- whatever comes ----------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(FORMS.values())), st.data())
def test_whatever_comes_is_read_or_refused_and_never_breaks(form: FormDefinition, data: st.DataObject) -> None:
    names = st.sampled_from([*(each.name for each in form.fields), "flow_token", "other"])
    answers = data.draw(st.dictionaries(names, JSON | st.sampled_from(["2026-11-24", "14:00", "60", "1", "mon"])))
    try:
        read = read_answers(form, answers)
    except WrongAnswer:
        return
    for language in ("en", "es"):
        assert "\n" not in in_words(form, read, language)


def right(field: AnyField) -> st.SearchStrategy[Any]:
    """Right answers to a field, as a phone sends them."""
    match field:
        case ShortText():
            return st.text("abc é", min_size=1, max_size=field.longest).filter(str.strip)
        case LongText():
            return st.text("abc é\n", min_size=1, max_size=field.longest).filter(str.strip)
        case Number():
            return st.integers(field.least, field.most).map(str)
        case OneOf():
            return st.sampled_from([each.id for each in field.options])
        case SeveralOf():
            return st.lists(st.sampled_from([each.id for each in field.options]), min_size=1, unique=True)
        case Day():
            return st.dates(TODAY, date(2027, 11, 20)).map(date.isoformat)
        case ClockTime():
            return st.sampled_from([f"{each:%H:%M}" for each in field.times])
        case OptIn():
            return st.just(True) if field.required else st.booleans()


@given(st.sampled_from([BOOKING, ONBOARDING, WEEKLY_CHECKIN]), st.data())
def test_every_right_answer_is_read_and_said_in_both_languages(form: FormDefinition, data: st.DataObject) -> None:
    answers = {each.name: data.draw(right(each)) for each in form.fields}
    read = read_answers(form, answers, today=TODAY)
    assert {each.name for each in form.fields} == set(read.values)
    for language in ("en", "es"):
        assert in_words(form, read, language).strip()
