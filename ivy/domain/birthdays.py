"""Somebody's birthday: a month and a day, never a year, so that no age is known. May import: facts, facts_said, the words of time.

It is a fact like any other, in a slot of its own: it is corrected, told and forgotten as they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ivy.domain.facts import Claim, Kind
from ivy.domain.facts_said import BIRTHDAY, ROLES
from ivy.domain.facts_said import read as facts_in
from ivy.domain.numbers_said import TEENS, TENS, UNITS
from ivy.domain.plain_words import words_of
from ivy.domain.said import language, region
from ivy.domain.time_words import DAY_WORDS, MONTHS

ALSO = "birthday cumpleaños"
"""By which it is found in either language, whichever they said it in."""
_KEPT = re.compile(r"(\d\d)-(\d\d)")
_ISO = re.compile(r"(?<!\d)\d{4}[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,2})[/.-](\d{1,2})(?:[/.-]\d{2,4})?(?![\d/-])")
_MONTH_FIRST = ("US", "PH")
_OTHERS = re.compile(rf"\b(?:(?:{ROLES})s?|his|her|hers|their|theirs|our|su|sus)\b")
_NAMES_ONE = re.compile(r"\b(?:birthdays?|bday|born|cumple\w*|naci\w*)\b")
"""Whose it is has to be understood then: "Ana's birthday is May 4" is not theirs, and a bare date is what was asked for."""
_MINE = re.compile(
    r"\b(?:my (?:birth\w*|bday)|i was born|mi (?:cumple\w*|nacimiento|fecha de nacimiento)|naci|cumplo)\b"
)
_NOT_SO = re.compile(r"\b(?:is not|no es|wish|ojala|if)\b")
_LEAP = 2028
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|ro|o)?")
_COUNTED = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS = _COUNTED.split()
_WORDS_OF_A_DAY = (3, 2, 1)
"""At most "treinta y uno"; the most words come first."""
_IN_WORDS = {
    **UNITS,
    **TEENS,
    **TENS,
    **{word: number for number, word in enumerate(_ORDINALS, 1)},
    "thirtieth": 30,
    "primero": 1,
    **{f"{ten} {word}": TENS[ten] + n for ten in ("twenty", "thirty") for n, word in enumerate(_ORDINALS[:9], 1)},
    **{f"{ten} {word}": TENS[ten] + n for ten in ("twenty", "thirty") for word, n in UNITS.items()},
    **{f"treinta y {word}": 30 + number for word, number in UNITS.items()},
}
_MONTH_NAMES = {
    "en": "January February March April May June July August September October November December".split(),  # noqa: SIM905
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),  # noqa: SIM905
}


@dataclass(frozen=True)
class Birthday:
    month: int
    day: int

    @property
    def value(self) -> str:
        """How it is kept: 05-04."""
        return f"{self.month:02}-{self.day:02}"

    def in_year(self, year: int) -> date:
        """Return its date in a year: that of 29 February is the 28th where there is no other."""
        if (self.month, self.day) == (2, 29):
            return date(year, 3, 1) - timedelta(days=1)
        return date(year, self.month, self.day)


def of_value(value: str) -> Birthday | None:
    """Return what is kept as 05-04; None for anything else."""
    found = _KEPT.fullmatch(value)
    return _birthday(int(found[1]), int(found[2])) if found else None


def plain(claim: Claim, locale: str, today: date) -> Claim | None:
    """Return a claim as it may be kept: of a birthday only the month and the day, in words that name no year and no age.

    `today` is the local date on which it was said. None: it is about their birthday and does not tell the day. What is
    about somebody else's stays as it is, and beside their own.
    """
    said, is_theirs = " ".join(words_of(claim.text)), {each.subject for each in facts_in(claim.text)} == {BIRTHDAY}
    if claim.subject != BIRTHDAY and not is_theirs:
        return claim
    if _OTHERS.search(said) or (_NAMES_ONE.search(said) and not (is_theirs or _MINE.search(said))):
        return replace(claim, subject="") if claim.subject == BIRTHDAY else claim
    found = read(claim.text, locale, today) or read(claim.value, locale, today)
    if found is None:
        return None
    text = sentence(found, locale)
    return replace(claim, kind=Kind.FACT, subject=BIRTHDAY, value=found.value, text=text, quote=text)


def sentence(birthday: Birthday, locale: str) -> str:
    """Return it as they would say it: "My birthday is 4 May", "My birthday is May 4" (en-US), "Mi cumpleaños es el 4 de mayo"."""
    month = _MONTH_NAMES[language(locale)][birthday.month - 1]
    if language(locale) == "es":
        return f"Mi cumpleaños es el {birthday.day} de {month}"
    shown = f"{month} {birthday.day}" if _says_month_first(locale) else f"{birthday.day} {month}"
    return f"My birthday is {shown}"


def _says_month_first(locale: str) -> bool:
    return language(locale) == "en" and region(locale) in _MONTH_FIRST


# --- reading -----------------------------------------------------------------------------------------


def read(words: str, locale: str, today: date) -> Birthday | None:
    """Return the one day that words name: "May 4th, 1990", "el cuatro de mayo", "5/4" by their country, "today"."""
    spoken = words_of(words)
    if _NOT_SO.search(" ".join(spoken)):
        return None
    found = set(_named(spoken)) or set(_in_figures(words, locale)) or set(_near(spoken, today))
    return found.pop() if len(found) == 1 else None


def _named(words: Sequence[str]) -> Iterator[Birthday]:
    """Read the dates that name their month: the day before it, or else after it."""
    for at, word in enumerate(words):
        if word in MONTHS:
            before = words[: at - 1] if at and words[at - 1] in ("of", "de") else words[:at]
            after = words[at + 2 :] if words[at + 1 : at + 2] in (("the",), ("el",)) else words[at + 1 :]
            days = [_day(before[-n:]) for n in _WORDS_OF_A_DAY], [_day(after[:n]) for n in _WORDS_OF_A_DAY]
            day = next((each for side in days for each in side if each), 0)
            if found := _birthday(MONTHS[word], day):
                yield found


def _day(words: Sequence[str]) -> int:
    """Return the number that all of these words say, or 0."""
    said = " ".join(words)
    figure = _ORDINAL.fullmatch(said)
    return int(figure[1]) if figure else _IN_WORDS.get(said, 0)


def _in_figures(words: str, locale: str) -> Iterator[Birthday]:
    for iso in _ISO.finditer(words):
        if found := _birthday(int(iso[1]), int(iso[2])):
            yield found
    for numeric in _NUMERIC.finditer(_ISO.sub("", words)):
        first, second = int(numeric[1]), int(numeric[2])
        month, day = (first, second) if _says_month_first(locale) else (second, first)
        if found := _birthday(month, day) or _birthday(day, month):
            yield found


def _near(words: Sequence[str], today: date) -> Iterator[Birthday]:
    """Read "today is my birthday", "mañana cumplo años"."""
    spoken = f" {' '.join(words)} "
    said = [phrase for phrase in DAY_WORDS if f" {phrase} " in spoken]
    for phrase in said:
        if not any(phrase != other and phrase in other for other in said):
            day = today + timedelta(days=DAY_WORDS[phrase])
            yield Birthday(day.month, day.day)


def _birthday(month: int, day: int) -> Birthday | None:
    try:
        date(_LEAP, month, day)
    except ValueError:
        return None
    return Birthday(month, day)
