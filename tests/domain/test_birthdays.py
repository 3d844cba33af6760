"""Birthdays: a month and a day in whatever words, of the person's own, and no year in what is kept."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import birthdays
from ivy.domain.birthdays import Birthday
from ivy.domain.facts import Claim, Kind, Way
from ivy.domain.facts_said import BIRTHDAY
from ivy.domain.facts_said import read as facts_in

TODAY = date(2026, 11, 23)
DAYS = st.integers(0, 365).map(lambda number: date(2028, 1, 1) + timedelta(days=number))
LOCALES = st.sampled_from(["en-US", "en-GB", "es-CO", "es"])
READ = [
    ("en-US", "May 4", "05-04"),
    ("en-US", "May the fourth, 1990", "05-04"),
    ("en-GB", "on the 4th of May", "05-04"),
    ("en-GB", "the twenty-first of May 1984", "05-21"),
    ("en-GB", "May thirty first", "05-31"),
    ("en-GB", "4/5/1990", "05-04"),
    ("en-US", "4/5/1990", "04-05"),
    ("en-US", "13/2", "02-13"),
    ("en-GB", "12.5.1990", "05-12"),
    ("en-US", "1990-05-04", "05-04"),
    ("en-US", "1990/05/04", "05-04"),
    ("en-US", "29 Feb", "02-29"),
    ("es-CO", "el cuatro de mayo del 90", "05-04"),
    ("es-CO", "el treinta y uno de enero", "01-31"),
    ("es-CO", "primero de mayo", "05-01"),
    ("es-CO", "mayo 4", "05-04"),
    ("en-US", "today", "11-23"),
    ("en-US", "the day after tomorrow", "11-25"),
    ("es-CO", "pasado mañana", "11-25"),
]
UNREAD = ("in summer", "1990", "May", "Feb 30", "4 May or 5 May", "31/13", "", "zero May", "May 99", "1990-13-45")
OWN = [
    ("my birthday is May 4", "en-US", "My birthday is May 4"),
    ("I was born on 4 May 1990", "en-GB", "My birthday is 4 May"),
    ("Hey Ivy, my bday is on 5/4", "en-US", "My birthday is May 4"),
    ("today is my birthday", "en-US", "My birthday is November 23"),
    ("It's my birthday tomorrow!", "en-GB", "My birthday is 24 November"),
    ("cumplo años el 4 de mayo", "es-CO", "Mi cumpleaños es el 4 de mayo"),
    ("cumplo treinta y seis años el 4 de mayo", "es-CO", "Mi cumpleaños es el 4 de mayo"),
    ("mi cumple es el tres de mayo", "es-CO", "Mi cumpleaños es el 3 de mayo"),
    ("nací el 4 de mayo de 1990", "es-CO", "Mi cumpleaños es el 4 de mayo"),
    ("hoy cumplo 36 años", "es-CO", "Mi cumpleaños es el 23 de noviembre"),
]
NOT_ONES = ("my sister's birthday is 4 May", "hoy cumplo 5 años en la empresa", "mi hija cumple años el 4 de mayo")


def claim(text: str, subject: str = BIRTHDAY, value: str = "", kind: Kind = Kind.FACT) -> Claim:
    return Claim(kind, subject, value, text, text, "m1", Way.NOTICED, 0.9, datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize(("locale", "words", "value"), READ)
def test_a_day_is_read_however_it_is_said(locale: str, words: str, value: str) -> None:
    found = birthdays.read(words, locale, TODAY)
    assert found is not None and found.value == value
    assert birthdays.of_value(value) == found


def test_what_names_no_one_day_is_none() -> None:
    assert [words for words in UNREAD if birthdays.read(words, "en-US", TODAY)] == []
    assert [value for value in ("", "5-4", "13-01", "02-30", "4 May") if birthdays.of_value(value)] == []


@given(DAYS, LOCALES)
def test_what_is_told_back_means_the_same_day(day: date, locale: str) -> None:
    birthday = Birthday(day.month, day.day)
    said = birthdays.sentence(birthday, locale)
    assert birthdays.read(said, locale, TODAY) == birthdays.of_value(birthday.value) == birthday
    assert [each.subject for each in facts_in(said)] == [BIRTHDAY]


@given(DAYS, st.integers(1900, 2100))
def test_every_birthday_has_one_date_in_every_year(day: date, year: int) -> None:
    found = Birthday(day.month, day.day).in_year(year)
    assert found.year == year
    assert (found.month, found.day) == (day.month, day.day) or (found.month, found.day) == (2, 28)
    assert (found.month, found.day) == (day.month, day.day) or (day.month, day.day) == (2, 29)


@given(st.text(max_size=80), LOCALES)
def test_no_words_break_it(words: str, locale: str) -> None:
    found = birthdays.read(words, locale, TODAY)
    assert found is None or found.in_year(2028)


@pytest.mark.parametrize(("words", "locale", "text"), OWN)
def test_of_a_birthday_only_the_day_is_kept(words: str, locale: str, text: str) -> None:
    (said,) = facts_in(words)
    for told in (claim(said.text, said.subject, said.value), claim(words, "birth date", kind=Kind.SCHEDULE)):
        kept = birthdays.plain(told, locale, TODAY)
        assert kept is not None
        assert (kept.kind, kept.subject, kept.text, kept.quote) == (Kind.FACT, BIRTHDAY, text, text)
        assert not re.search(r"\d{3}", kept.text) and len(kept.value) == 5


def test_one_that_names_no_day_is_not_kept() -> None:
    assert birthdays.plain(claim("I was born in 1990"), "en-US", TODAY) is None
    kept = birthdays.plain(claim("it is my birthday then", value="May 4, 1990"), "en-US", TODAY)
    assert kept is not None and kept.value == "05-04"


def test_what_is_no_birthday_of_theirs_stays_what_it_is() -> None:
    assert [words for words in NOT_ONES if any(each.subject == BIRTHDAY for each in facts_in(words))] == []
    pain = claim("my knee hurts", "pain knee", "hurts", Kind.CONSTRAINT)
    assert birthdays.plain(pain, "en-US", TODAY) == pain
    both = claim("my knee hurts and my birthday is 4 May", "pain knee", "hurts", Kind.CONSTRAINT)
    assert birthdays.plain(both, "en-US", TODAY) == both
    sisters = birthdays.plain(claim("My sister's birthday is 4 May"), "en-US", TODAY)
    assert sisters is not None and (sisters.subject, sisters.text) == ("", "My sister's birthday is 4 May")
    named = claim("mi cumpleaños es el 4 de mayo, el de mi hermana también", "ana", kind=Kind.RELATION)
    assert birthdays.plain(named, "es-CO", TODAY) == named


@pytest.mark.parametrize(
    "words",
    [
        "Ana's birthday is May 4", "Ana was born on May 4", "my nephew's birthday is May 4", "my grandma's birthday: May 4",
        "mi sobrina cumple años el 4 de mayo", "el cumpleaños de Ana es el 4 de mayo",
    ],
)  # fmt: skip
def test_another_persons_is_not_theirs_whatever_a_model_calls_it(words: str) -> None:
    kept = birthdays.plain(claim(words), "en-US", TODAY)
    assert kept is not None and (kept.subject, kept.text) == ("", words)


@pytest.mark.parametrize(
    "words",
    [
        "my birthday is not today",
        "My birthday is not on May 4",
        "I wish today is my birthday",
        "mi cumpleaños no es el 4 de mayo",
    ],
)
def test_what_is_denied_or_wished_names_no_day(words: str) -> None:
    assert birthdays.read(words, "en-US", TODAY) is None
