"""What people said, turned into amounts, times, texts and things that are there, or a plain refusal.

May import: the store and below. Every family of tools uses these, so that the same words mean the same everywhere.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from ivy.domain.invisible import strip_invisible
from ivy.domain.money import Money, format_money, parse_money
from ivy.domain.periods import Period, parse_period
from ivy.domain.plain_words import one_slip, words_of
from ivy.domain.said import word_set
from ivy.domain.schedule import local_date
from ivy.domain.times import parse_day, parse_duration, parse_span, parse_when
from ivy.domain.when import When, describe_clock, describe_day
from ivy.errors import IvyError, ToolFailed
from ivy.tools.registry import TurnContext

T = TypeVar("T")
LONGEST_TEXT = 200
A_MOMENT = timedelta(minutes=10)
"""The very same within this time is asked about before it is there twice."""
MOST_NAMED = 4
"""How many things a question names."""


def tell(turn: TurnContext, english: str, spanish: str) -> str:
    """Return the sentence in the person's language."""
    return spanish if turn.person.language == "es" else english


def refuse(turn: TurnContext, english: str, spanish: str) -> ToolFailed:
    """Return a failure that says why in the person's language."""
    return ToolFailed(tell(turn, english, spanish))


# --- amounts and times -------------------------------------------------------------------------------


def money(turn: TurnContext, words: str) -> Money:
    """Read an amount in the person's locale and currency. Raises: ToolFailed."""
    return _read(lambda: parse_money(words, locale=turn.person.locale, currency=turn.person.currency))


def when(turn: TurnContext, words: str) -> When:
    """Read a time to come in the person's zone. Raises: ToolFailed."""
    return _read(lambda: parse_when(words, now=turn.now, zone=turn.person.zone, locale=turn.person.locale))


def span(turn: TurnContext, words: str) -> tuple[When, When | None]:
    """Read a time to come with its end, if it names one: "tomorrow 2pm to 3pm". Raises: ToolFailed."""
    return _read(lambda: parse_span(words, now=turn.now, zone=turn.person.zone, locale=turn.person.locale))


def span_moving(turn: TurnContext, words: str, from_day: date) -> tuple[When, When | None]:
    """Read a new time for something of a day: words that name only an hour stay on it. Raises: ToolFailed."""
    return span(turn, words if hour_alone(turn, words) is None else f"{words} on {from_day.isoformat()}")


def hour_alone(turn: TurnContext, words: str) -> time | None:
    """Return the time of day if that is all the words name, or None."""
    # What names a day of its own cannot be of two days in a row.
    hours = {_hour_on(turn, words, today(turn) + timedelta(days=days)) for days in (200, 201)}
    return hours.pop() if len(hours) == 1 else None


def _hour_on(turn: TurnContext, words: str, day: date) -> time | None:
    try:
        start, _ = span(turn, f"{words} on {day.isoformat()}")
    except ToolFailed:
        return None
    return None if start.all_day or start.repeat or start.day != day else start.wall.time()


def rhythm_at(turn: TurnContext, cron: str, words: str) -> str:
    """Return a cron line moved to another time of day. Raises: ToolFailed if the words name more, or less, than that."""
    minute_hour, rest = cron.split()[:2], cron.split()[2:]
    clock = hour_alone(turn, words)
    if clock is None or not all(field.isdigit() for field in minute_hour):
        raise refuse(
            turn,
            "That one repeats. Say how it should repeat from now on, such as 'every Tuesday at 7 am'.",
            "Eso se repite. ¿Cómo debe repetirse desde ahora? Por ejemplo «cada martes a las 7 am».",
        )
    return " ".join([str(clock.minute), str(clock.hour), *rest])


def day(turn: TurnContext, words: str, *, future: bool = False) -> date:
    """Read a day; without a year it lies behind today, or ahead of it if `future`. No words: today. Raises: ToolFailed."""
    if not words.strip():
        return today(turn)
    found = _read(
        lambda: parse_day(words, now=turn.now, zone=turn.person.zone, locale=turn.person.locale, future=future)
    )
    return _near(turn, found)


def period(turn: TurnContext, words: str, *, future: bool = False) -> Period:
    """Read a span of days. Raises: ToolFailed."""
    found = _read(
        lambda: parse_period(words, now=turn.now, zone=turn.person.zone, locale=turn.person.locale, future=future)
    )
    if not found.is_ever:
        _near(turn, found.first)
        _near(turn, found.last)
    return found


def _near(turn: TurnContext, which: date) -> date:
    """Return the day if it is one that people speak of: calendars end, and so do the rules of time zones."""
    if not 1900 <= which.year <= 2200:
        raise refuse(turn, "That day is too far away.", "Ese día queda demasiado lejos.")
    return which


def duration(words: str) -> timedelta:
    """Read a length of time. Raises: ToolFailed."""
    return _read(lambda: parse_duration(words))


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except IvyError as error:  # a phrase without one sure meaning; its sentence is for the person
        raise ToolFailed(strip_invisible(str(error))) from error
    except (ValueError, OverflowError) as error:  # out of every calendar
        raise ToolFailed("That cannot be read as one amount or one time. Write it another way.") from error


def today(turn: TurnContext) -> date:
    """Return the person's own date."""
    return local_date(turn.now, turn.person.zone)


# --- texts -----------------------------------------------------------------------------------------


def text(turn: TurnContext, words: str, *, missing: tuple[str, str], longest: int = LONGEST_TEXT) -> str:
    """Return a person's words on one line, without what nobody sees.

    Raises: ToolFailed with `missing` (English, Spanish) if nothing is left, or if it is too long.
    """
    clean = optional_text(turn, words, longest=longest)
    if not clean:
        raise refuse(turn, *missing)
    return clean


def optional_text(turn: TurnContext, words: str, *, longest: int = LONGEST_TEXT) -> str:
    """Return the same of words that need not be there. Raises: ToolFailed if they are too long."""
    clean = " ".join(strip_invisible(words).split())
    if len(clean) > longest:
        raise refuse(
            turn,
            f"That is too long to keep: at most {longest} characters.",
            f"Es demasiado largo: como mucho {longest} caracteres.",
        )
    return clean


def shown(words: str) -> str:
    """Return the beginning of any words, fit to be said back."""
    return " ".join(strip_invisible(words).split())[:60]


# --- saying it back --------------------------------------------------------------------------------


def say_money(turn: TurnContext, amount: Money) -> str:
    return format_money(amount, turn.person.locale)


def say_day(turn: TurnContext, which: date) -> str:
    """Say a day, with its year if that is not this one: "Tue 24 Nov", "vie 1 ene 2027"."""
    year = "" if which.year == today(turn).year else f" {which.year}"
    return describe_day(which, turn.person.locale) + year


def say_clock(turn: TurnContext, at: datetime) -> str:
    return describe_clock(at.time(), turn.person.locale)


def say_period(turn: TurnContext, days: Period) -> str:
    """Say a span of days so that it can be checked: "23 Nov to 29 Nov" with the days of the week."""
    if days.is_ever:
        return tell(turn, "all time", "todo el tiempo")
    if days.first == days.last:
        return say_day(turn, days.first)
    return tell(turn, "{} to {}", "{} a {}").format(say_day(turn, days.first), say_day(turn, days.last))


def say_list(turn: TurnContext, items: Sequence[str], joint: tuple[str, str] = ("and", "y")) -> str:
    """Return "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {tell(turn, *joint)} {items[-1]}"


def say_more(turn: TurnContext, left_out: int) -> str:
    """Return the line that ends a list of which not all was told, or nothing."""
    return tell(turn, f"\nand {left_out} more", f"\ny {left_out} más") if left_out > 0 else ""


# --- which of several --------------------------------------------------------------------------------

_SMALL = word_set(
    "a an the my our this that these those one ones about to of for with on at in please it i "
    "el la los las un una mi mis lo ese esa este esta de del al a para por con en que y se me "
    "reminder reminders event events appointment appointments recordatorio recordatorios evento eventos"
)
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]{2,28}")


def pick(
    turn: TurnContext,
    which: str,
    things: Sequence[T],
    *,
    names: Callable[[T], str],
    shows: Callable[[T], str],
    id_of: Callable[[T], str],
    none: tuple[str, str],
) -> T:
    """Return the one thing that the words mean: by the start of its id, or by most of its own words.

    `names` is the thing's own text, `shows` how a question tells it apart. Raises: ToolFailed naming those that fit, or,
    if there is nothing at all, saying `none`.
    """
    if not things:
        raise refuse(turn, *none)
    plain = which.strip().lower()
    found = [thing for thing in things if id_of(thing).startswith(plain)] if _ID.fullmatch(plain) else []
    found = found or matching(which, things, names)
    if len(found) == 1:
        return found[0]
    options = say_list(turn, [shows(thing) for thing in (found or things)[:MOST_NAMED]], ("or", "o"))
    if found:
        raise refuse(turn, f"Which one do you mean: {options}?", f"¿Cuál es: {options}?")
    wanted = shown(which)
    raise refuse(
        turn,
        f'Nothing there is called "{wanted}". There is: {options}.',
        f'No hay nada que se llame "{wanted}". Hay: {options}.',
    )


def matching(which: str, things: Sequence[T], names: Callable[[T], str]) -> list[T]:
    """Return the things that share most words with `which`, in their order; no words that count mean all of them."""
    words = _content(which)
    if not words:
        return list(things) if not which.strip() or len(things) == 1 else _same_words(words_of(which), things, names)
    scores = [sum(_likeness(word, _content(names(thing))) for word in words) for thing in things]
    best = max(scores, default=0)
    found = [thing for thing, score in zip(things, scores, strict=True) if score == best and best > 0]
    # "call John" is the reminder of just these words rather than "call John about the rent".
    exact = [thing for thing in found if set(_content(names(thing))) == set(words)]
    return exact or found


def _same_words(words: Sequence[str], things: Sequence[T], names: Callable[[T], str]) -> list[T]:
    return [thing for thing in things if words and tuple(words_of(names(thing))) == tuple(words)] or list(things)


def _content(said: str) -> list[str]:
    return [word for word in words_of(said) if word not in _SMALL]


def _likeness(word: str, among: Sequence[str]) -> int:
    """Return 2 for the very word, 1 for one that begins so or is one slip of the keys away, else 0."""
    if word in among:
        return 2
    near = len(word) >= 4 and any(
        len(other) >= 4 and (other.startswith(word) or word.startswith(other) or one_slip(word, other))
        for other in among
    )
    return 1 if near else 0
