"""Forms as data: screens, fields, and their words in English and Spanish. May import: the domain's contents.

A form that some channel would refuse cannot be made. The limits are WhatsApp's, the strictest of our channels; where its
pages and its clients disagree, the shorter one. Source: Flows "Components" and "Flow JSON", 2026-11.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Literal

from ivy.domain.contents import Unbuildable

LONGEST_SHORT_LABEL, LONGEST_CHOICE_LABEL, LONGEST_DATE_LABEL, LONGEST_OPT_IN = 20, 30, 40, 120
LONGEST_HINT, LONGEST_OPTION, LONGEST_DESCRIPTION = 80, 30, 300
LONGEST_SHORT_TEXT, LONGEST_LONG_TEXT = 80, 600
LONGEST_TITLE, LONGEST_INTRO, LONGEST_SUBMIT = 30, 4096, 35
RADIOS, DROPDOWN, OPT_INS, COMPONENTS, SCREENS = 20, 200, 5, 50, 10
RESERVED_SCREENS = frozenset({"SUCCESS"})
RESERVED_NAMES = frozenset({"flow_token", "error", "error_message", "error_key", "screen", "action", "data", "version"})
"""What a channel itself puts beside the answers."""
_NAME = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)
_SCREEN = re.compile(r"[A-Z][A-Z_]{0,39}", re.ASCII)
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:+/-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Both:
    """The same words in the two languages Ivy speaks."""

    en: str
    es: str

    def said(self, language: str) -> str:
        return self.es if language == "es" else self.en


@dataclass(frozen=True)
class Choice:
    """One thing to choose; `id` is what comes back."""

    id: str
    title: Both
    description: Both | None = None

    def __post_init__(self) -> None:
        if not _OPTION.fullmatch(self.id):
            raise Unbuildable(f"{self.id!r} cannot be an option's id")
        check_words(self.title, LONGEST_OPTION, f"the option {self.id}")
        check_words(self.description, LONGEST_DESCRIPTION, f"the description of {self.id}")


# --- fields ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Field:
    """What every field has. `name` is its answer's key; `hint` stands under it."""

    name: str
    label: Both
    required: bool = True
    hint: Both | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in RESERVED_NAMES:
            raise Unbuildable(f"{self.name!r} cannot be a field's name")
        check_words(self.label, self.longest_label, f"the label of {self.name}")
        check_words(self.hint, LONGEST_HINT, f"the hint of {self.name}")
        self.check()

    @property
    def longest_label(self) -> int:
        return LONGEST_SHORT_LABEL

    def check(self) -> None:
        """Raise Unbuildable for what is wrong with this kind of field."""


@dataclass(frozen=True, kw_only=True)
class ShortText(Field):
    """One line. `prefilled`: whoever opens the form may put words into it."""

    longest: int = LONGEST_SHORT_TEXT
    prefilled: bool = False

    def check(self) -> None:
        _check_between(self.longest, 1, LONGEST_SHORT_TEXT, f"the length of {self.name}")


@dataclass(frozen=True, kw_only=True)
class LongText(Field):
    """A few sentences."""

    longest: int = LONGEST_LONG_TEXT

    def check(self) -> None:
        _check_between(self.longest, 1, LONGEST_LONG_TEXT, f"the length of {self.name}")


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A whole number within bounds."""

    least: int
    most: int

    def check(self) -> None:
        if not 0 <= self.least < self.most <= 10**9:
            raise Unbuildable(f"{self.name} has no number between {self.least} and {self.most}")


@dataclass(frozen=True, kw_only=True)
class OneOf(Field):
    """One of several, as radio buttons or, for many, as a list to pull down. `usual` is chosen already."""

    options: tuple[Choice, ...]
    dropdown: bool = False
    usual: str = ""

    @property
    def longest_label(self) -> int:
        return LONGEST_SHORT_LABEL if self.dropdown else LONGEST_CHOICE_LABEL

    def check(self) -> None:
        _check_options(self.name, self.options, DROPDOWN if self.dropdown else RADIOS)
        if self.hint:
            raise Unbuildable(f"{self.name} is chosen from a list, which has no place for a hint")
        if self.usual and self.usual not in {option.id for option in self.options}:
            raise Unbuildable(f"{self.name} has no option {self.usual!r}")


@dataclass(frozen=True, kw_only=True)
class SeveralOf(Field):
    """Any number of several; at least one where it is required."""

    options: tuple[Choice, ...]

    @property
    def longest_label(self) -> int:
        return LONGEST_CHOICE_LABEL

    def check(self) -> None:
        _check_options(self.name, self.options, RADIOS)
        if self.hint:
            raise Unbuildable(f"{self.name} is chosen from a list, which has no place for a hint")


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    """A date from today on, at most `ahead` days away."""

    ahead: int = 365

    @property
    def longest_label(self) -> int:
        return LONGEST_DATE_LABEL

    def check(self) -> None:
        _check_between(self.ahead, 1, 3660, f"the days of {self.name}")


@dataclass(frozen=True, kw_only=True)
class ClockTime(Field):
    """A time of day, every `step` minutes from `first` to `last`."""

    first: time = time(5)
    last: time = time(22)
    step: int = 30

    def check(self) -> None:
        if self.hint:
            raise Unbuildable(f"{self.name} is chosen from a list, which has no place for a hint")
        if self.step < 1 or not 1 <= len(self.times) <= DROPDOWN:
            raise Unbuildable(f"{self.name} must offer 1 to {DROPDOWN} times of day")

    @property
    def times(self) -> tuple[time, ...]:
        minutes = range(_minutes(self.first), _minutes(self.last) + 1, self.step)
        return tuple(time(*divmod(minute, 60)) for minute in minutes)


@dataclass(frozen=True, kw_only=True)
class OptIn(Field):
    """A box to tick: yes or no, and where it is required, yes."""

    @property
    def longest_label(self) -> int:
        return LONGEST_OPT_IN

    def check(self) -> None:
        if self.hint:
            raise Unbuildable(f"{self.name} is a box to tick, which has no place for a hint")


AnyField = ShortText | LongText | Number | OneOf | SeveralOf | Day | ClockTime | OptIn


# --- forms -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Screen:
    """What is asked at once. `submit` is the button that leads on."""

    id: str
    title: Both
    fields: tuple[AnyField, ...]
    submit: Both
    intro: Both | None = None

    def __post_init__(self) -> None:
        if not _SCREEN.fullmatch(self.id) or self.id in RESERVED_SCREENS:
            raise Unbuildable(f"{self.id!r} cannot be a screen's name")
        check_words(self.title, LONGEST_TITLE, f"the title of {self.id}")
        check_words(self.submit, LONGEST_SUBMIT, f"the button of {self.id}")
        check_words(self.intro, LONGEST_INTRO, f"the introduction of {self.id}")
        if not 1 <= len(self.fields) <= COMPONENTS - 2:  # its introduction and its button count too
            raise Unbuildable(f"{self.id} has 1 to {COMPONENTS - 2} fields, not {len(self.fields)}")
        if sum(isinstance(each, OptIn) for each in self.fields) > OPT_INS:
            raise Unbuildable(f"{self.id} has more than {OPT_INS} boxes to tick")


Purpose = Literal["booking", "sign_up", "survey"]


@dataclass(frozen=True)
class FormDefinition:
    """A form. `words` are parts of the sentence that its answers make; one whose {field} has no answer is left out."""

    name: str
    purpose: Purpose
    screens: tuple[Screen, ...]
    words: tuple[Both, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Unbuildable(f"{self.name!r} cannot be a form's name")
        if not 1 <= len(self.screens) <= SCREENS:
            raise Unbuildable(f"{self.name} has 1 to {SCREENS} screens, not {len(self.screens)}")
        _check_distinct(f"the screens of {self.name}", [screen.id for screen in self.screens])
        _check_distinct(f"the fields of {self.name}", [each.name for each in self.fields])
        for each in (each for screen in self.screens[1:] for each in screen.fields):
            # What a form is opened with reaches its first screen only.
            if isinstance(each, Day) or (isinstance(each, ShortText) and each.prefilled):
                raise Unbuildable(f"{each.name} must be on the first screen of {self.name}")
        for named in {name for part in self.words for text in (part.en, part.es) for name in placeholders(text)}:
            self.field(named)

    @property
    def fields(self) -> tuple[AnyField, ...]:
        return tuple(each for screen in self.screens for each in screen.fields)

    def field(self, name: str) -> AnyField:
        """Return a field. Raises: Unbuildable."""
        for each in self.fields:
            if each.name == name:
                return each
        raise Unbuildable(f"{self.name} has no field {name!r}")


@dataclass(frozen=True)
class Opening:
    """What a form is opened with: its first screen, and what that screen is told."""

    screen: str
    data: dict[str, str]


def opening(form: FormDefinition, *, today: date, filled: Mapping[str, str] | None = None) -> Opening:
    """Return how to open a form on the person's own date, with words put into fields that are `prefilled`.

    Words that a field cannot hold are cut. What is told is empty for a form that asks for nothing of the kind.
    """
    first, data = form.screens[0], dict[str, str]()
    for each in first.fields:
        if isinstance(each, Day):
            data |= {first_day_key(each): today.isoformat()}
            data |= {last_day_key(each): (today + timedelta(days=each.ahead)).isoformat()}
        elif isinstance(each, ShortText) and each.prefilled:
            data[each.name] = " ".join((filled or {}).get(each.name, "").split())[: each.longest]
    return Opening(first.id, data)


def first_day_key(day: Day) -> str:
    return f"{day.name}_from"


def last_day_key(day: Day) -> str:
    return f"{day.name}_to"


def placeholders(text: str) -> Iterator[str]:
    """Yield the {names} in a part of a form's sentence."""
    yield from re.findall(r"\{(\w+)\}", text, re.ASCII)


# --- checks ------------------------------------------------------------------------------------------


def check_words(words: Both | None, longest: int, what: str) -> None:
    """Raise Unbuildable unless both languages have words, and none too many."""
    if words is None:
        return
    for text in (words.en, words.es):
        if not text.strip():
            raise Unbuildable(f"{what} is empty in one language")
        if len(text) > longest:
            raise Unbuildable(f"{what} ({text!r}) has {len(text)} characters, more than {longest}")


def _check_between(number: int, least: int, most: int, what: str) -> None:
    if not least <= number <= most:
        raise Unbuildable(f"{what} must be {least} to {most}, not {number}")


def _check_distinct(what: str, names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise Unbuildable(f"{what} are not all different")


def _check_options(name: str, options: tuple[Choice, ...], most: int) -> None:
    if not 1 <= len(options) <= most:
        raise Unbuildable(f"{name} has 1 to {most} options, not {len(options)}")
    _check_distinct(f"the options of {name}", [option.id for option in options])
    for language in ("en", "es"):
        _check_distinct(f"the titles of {name}", [option.title.said(language) for option in options])


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
