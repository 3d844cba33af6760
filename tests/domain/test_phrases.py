"""What people really type, read as they mean it: the corpus of money and time phrases, and rules true of all phrases."""

import csv
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.currencies import CODES, NO_CENTS_SAID, exponent
from ivy.domain.money import LARGEST_MINOR, Money, Unclear, format_money, parse_money
from ivy.domain.said import word_set
from ivy.domain.schedule import next_wall, to_instant, to_wall
from ivy.domain.time_words import CONNECTORS, DAY_WORDS, EVERY, MONTHS, PARTS, WEEKDAYS
from ivy.domain.times import When, describe_when, parse_day, parse_duration, parse_span, parse_when
from tests.cases import each_case

with (Path(__file__).parent / "phrases.tsv").open(encoding="utf-8", newline="") as _file:
    CORPUS = [tuple(row) for row in csv.reader(_file, delimiter="\t", quoting=csv.QUOTE_NONE)][1:]

NOW = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
LOCALES = ("en-US", "en-GB", "es-CO", "es-ES", "es-MX")
ZONES = ("America/New_York", "America/Bogota", "Europe/Madrid", "Australia/Lord_Howe", "Asia/Kathmandu")
nows = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


def written(when: When) -> str:
    moment = when.day.isoformat() if when.all_day else when.wall.isoformat(timespec="minutes")
    return f"{when.repeat} from {moment}" if when.repeat else moment


def answer(kind: str, locale: str, place: str, now_text: str, phrase: str) -> str:
    """Return what Ivy reads, in the corpus's notation."""
    now = NOW if now_text == "-" else datetime.fromisoformat(now_text)
    try:
        if kind == "money":
            money = parse_money(phrase, locale=locale, currency=place)
            return f"{money.amount_minor} {money.currency}"
        if kind == "length":
            return str(round(parse_duration(phrase).total_seconds() / 60))
        if kind == "day":
            return parse_day(phrase, now=now, zone=place, locale=locale).isoformat()
        if kind == "when":
            return written(parse_when(phrase, now=now, zone=place, locale=locale))
        start, end = parse_span(phrase, now=now, zone=place, locale=locale)
        return "/".join(written(one) for one in (start, end) if one)
    except Unclear as error:
        assert str(error).endswith((".", "?")), "a plain sentence"
        return "unclear"


@each_case(("kind", "locale", "place", "now", "phrase", "expected"), CORPUS)
def test_a_phrase_is_read_as_it_is_meant(
    kind: str, locale: str, place: str, now: str, phrase: str, expected: str
) -> None:
    assert answer(kind, locale, place, now, phrase) == expected


def test_the_corpus_is_large_and_speaks_both_languages() -> None:
    assert len(CORPUS) >= 170
    assert {row[1] for row in CORPUS} >= set(LOCALES)
    assert len({row[:5] for row in CORPUS}) == len(CORPUS)


# --- money -----------------------------------------------------------------------------------------


@given(
    st.sampled_from(sorted(CODES)),
    st.integers(1, LARGEST_MINOR),
    st.sampled_from([*LOCALES, "es-CL", "de-DE", "en-IN"]),
)
def test_an_amount_that_ivy_writes_is_read_back(currency: str, minor: int, locale: str) -> None:
    if currency in NO_CENTS_SAID:  # and below a hundred pesos are said in thousands
        minor = max(minor // 10 ** exponent(currency), 100) * 10 ** exponent(currency)
    money = Money(minor, currency)
    assert parse_money(format_money(money, locale), locale=locale, currency=currency) == money


AMOUNT_WORDS = sorted(
    word_set("$ € 5 50.000 1,5 mil k and y medio half con p c usd a un 0 . - x lucas millones twenty")
)


@given(st.text(max_size=40) | st.lists(st.sampled_from(AMOUNT_WORDS)).map(" ".join))
def test_any_text_is_money_or_a_plain_sentence(text: str) -> None:
    for locale, currency in (("en-US", "USD"), ("es-CO", "COP"), ("es-CL", "CLP"), ("ar-KW", "KWD")):
        try:
            money = parse_money(text, locale=locale, currency=currency)
        except Unclear:
            continue
        assert 0 < money.amount_minor <= LARGEST_MINOR
        assert exponent(money.currency) in {0, 2, 3}


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money(5000, "USD"), "en-US", "$50.00"),
        (Money(5_000_000, "COP"), "es-CO", "$ 50.000"),
        (Money(1250, "EUR"), "es-ES", "€12,50"),
        (Money(400, "GBP"), "en-GB", "£4"),
        (Money(2000, "USD"), "es-CO", "US$20,00"),
        (Money(125_075, "MXN"), "es-MX", "$1,250.75"),
        (Money(12_990, "CLP"), "es-CL", "$12.990"),
        (Money(1500, "JPY"), "en-US", "¥1,500"),
        (Money(-5, "USD"), "en-US", "-$0.05"),
        (Money(1, "KWD"), "en-US", "KWD 0.001"),
    ],
)
def test_money_is_written_as_its_people_do(money: Money, locale: str, text: str) -> None:
    assert format_money(money, locale) == text


def test_the_question_shows_both_readings() -> None:
    with pytest.raises(Unclear, match=r"\$1\.50 or \$1,500\.00\?"):
        parse_money("$1.500", locale="es-MX", currency="MXN")


def test_an_unknown_currency_is_refused_in_plain_words() -> None:
    with pytest.raises(Unclear, match="three letters"):
        parse_money("5", locale="en-US", currency="XYZ")


# --- times -----------------------------------------------------------------------------------------


@given(
    nows,
    st.sampled_from(ZONES),
    st.sampled_from(LOCALES),
    st.integers(1, 300),
    st.integers(0, 24 * 60 - 1),
    st.booleans(),
)
def test_a_time_that_ivy_says_is_read_back(
    now: datetime, zone: str, locale: str, days: int, minutes: int, all_day: bool
) -> None:
    midnight = (to_wall(now, zone) + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    instant = to_instant(midnight if all_day else midnight + timedelta(minutes=minutes), zone)
    when = When(to_wall(instant, zone) if not all_day else midnight, instant, all_day)
    assert parse_when(describe_when(when, locale), now=now, zone=zone, locale=locale) == when


REPEATS = st.sampled_from(
    (
        *("0 8 * * *", "30 6 * * 1,4", "15 7 * * 1-5", "0 9 * * 0,6", "0 8,20 * * *", "5 9 1 * *", "0 9 28 * *"),
        *("0 18 L * *", "0 9 3 12 *", "0 0 * * *", "45 23 * * 2"),
    )
)


@given(nows, st.sampled_from(ZONES), st.sampled_from(LOCALES), REPEATS)
def test_a_repeat_that_ivy_says_is_read_back_and_its_first_time_is_the_crons(
    now: datetime, zone: str, locale: str, cron: str
) -> None:
    said = describe_when(When(to_wall(now, zone), now, repeat=cron), locale)
    when = parse_when(said, now=now, zone=zone, locale=locale)
    assert when.repeat == cron
    first = next_wall(cron, to_wall(now, zone))
    while to_instant(first, zone) <= now:  # the second pass of an hour that comes twice
        first = next_wall(cron, first)
    assert when.instant == to_instant(first, zone)


PIECES = word_set(
    "7 7:30 19 31 3rd am pm at a las next el proximo in en 20 min hours half media every cada starting - 2026-12-04 3/12"
)
WORDS = sorted({*CONNECTORS, *DAY_WORDS, *EVERY, *PARTS, *WEEKDAYS, *MONTHS, *PIECES})


@given(st.text(max_size=30) | st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join), nows, st.sampled_from(ZONES))
def test_any_text_is_a_time_ahead_or_a_plain_sentence(text: str, now: datetime, zone: str) -> None:
    for locale in ("en-US", "es-CO"):
        try:
            when = parse_when(text, now=now, zone=zone, locale=locale)
        except Unclear:
            continue
        assert when.all_day or when.instant > now
        assert when.day >= to_wall(now, zone).date()
        assert when.instant - now <= timedelta(days=366) or when.repeat


@given(st.text(max_size=30) | st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join), nows, st.booleans())
def test_any_text_is_a_day_a_span_a_length_or_a_plain_sentence(text: str, now: datetime, future: bool) -> None:
    for locale in ("en-US", "es-CO"):
        with suppress(Unclear):
            parse_day(text, now=now, zone="Asia/Kathmandu", locale=locale, future=future)
        with suppress(Unclear):
            start, end = parse_span(text, now=now, zone="Asia/Kathmandu", locale=locale)
            assert end is None or end.instant > start.instant
    with suppress(Unclear):
        assert timedelta(0) < parse_duration(text) <= timedelta(days=366)


def test_in_twenty_minutes_is_exact_while_an_hour_comes_twice() -> None:
    now = datetime(2026, 11, 1, 5, 50, tzinfo=UTC)  # 1:50 in New York, and ten minutes later it is 1:00 again
    when = parse_when("in 20 minutes", now=now, zone="America/New_York", locale="en-US")
    assert when.instant == now + timedelta(minutes=20)
    assert (when.wall.hour, when.wall.minute) == (1, 10)


def test_a_question_names_the_days_to_choose_from() -> None:
    monday = datetime(2026, 11, 23, 14, tzinfo=UTC)
    with pytest.raises(Unclear, match="Is that Fri 27 Nov or Fri 4 Dec"):
        parse_when("next friday", now=monday, zone="America/New_York", locale="en-US")
    with pytest.raises(Unclear, match="Is that lun 23 nov or lun 30 nov"):
        parse_when("el lunes a las 6", now=monday, zone="America/Bogota", locale="es-CO")


def test_a_word_that_is_not_understood_is_named() -> None:
    with pytest.raises(Unclear, match='"john"'):
        parse_when("tomorrow at 9 john", now=NOW, zone="America/Bogota", locale="en-US")


def test_the_digits_of_other_scripts_count() -> None:
    assert parse_when("٢٠:٣٠", now=NOW - timedelta(hours=9), zone="UTC", locale="en-GB").wall.hour == 20
    assert parse_money("５０", locale="en-US", currency="USD") == Money(5000, "USD")
