"""How and when somebody wants to be contacted, as people say it: "call me at 6:30", "mejor por escrito a las 8".

May import: slots, the words and rules of time.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time

from ivy.domain.numbers_said import TEENS, UNITS
from ivy.domain.plain_words import word_set, words_of
from ivy.domain.slots import USUAL, Mode, SlotKind
from ivy.domain.time_words import WEEKDAYS
from ivy.domain.times import Unclear, When, parse_when


@dataclass(frozen=True)
class Wish:
    """How, when and on which days (cron) somebody wants to be contacted, as far as they say: `at` is HH:MM or "".

    `weekday` is a day they name without saying "every".
    """

    mode: Mode | None = None
    at: str = ""
    days: str = "*"
    weekday: str = ""


_BOTH = re.compile(r"\b(?:both|mixed|mix|either|ambas|ambos|las dos(?! de la)|los dos|mixto|mixta|de las dos)\b")
_TEXT = re.compile(
    r"\b(?:text(?:s|ing)?(?: me)?|writ(?:e|ing|ten)(?: to)?(?: me)?|messages?(?: me)?|whatsapp|chat|in writing|escr[ií]beme|"
    r"por escrito|escrito|mensajes?|textos?|m[aá]ndame|por chat)\b"
)
_VOICE = re.compile(
    r"\b(?:(?:phone |voice )?calls?(?: me)?|phone(?: me)?|ring me|by phone|by voice|voice|ll[aá]mame|llamadas?|por tel[eé]fono|"
    r"tel[eé]fono|voz|por voz|me llame[sn]?|me llamas?)\b"
)
_IDLE = re.compile(
    r"\b(?:no|not|don't|dont|instead of|en vez de|yes|yeah|ok|okay|sure|please|si|sí|vale|claro|por favor|better|instead|rather|"
    r"mejor|prefiero|quiero|que|i prefer|i want|to|me|una?|a|an|with|con|by|and|y|then|could you|can you|puedes|shall we say|"
    r"let's say|lets say|from now on|por|desde ahora)\b"
)
_PARTS = word_set(
    "in the morning mornings every each day manana mananas en la las de cada dia dias todos temprano early"
)
_NUMBERS = frozenset({*UNITS, *TEENS, "noon", "midday", "mediodia", "medianoche", "midnight"})
_SURE = re.compile(
    r"\d\s?[ap]\.?\s?m\b|morning|ma[nñ]ana|tarde|noche|night|evening|afternoon|noon|midday|mediod|midnight|medianoche|"
    r"(?<![:.h\d])(?:1[3-9]|2[0-3]|0\d)(?:[:.h]|\b)"
)
_WEEKDAYS = frozenset(WEEKDAYS) - {"mar", "sat", "sun"}
_EARLIEST = 4
""""At 3" is said of the afternoon, "at 4" in the morning by people who get up then."""
_FOUR = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""A Monday before anybody is up: a bare hour is read as the next one from there on."""


def read_wish(text: str, locale: str, *, evening: bool = False) -> Wish:
    """Read "call me at 6:30", "mejor por escrito a las 8", "both, weekdays at 7"; what is not told stays empty.

    A bare hour is one of the morning, or, where the evening is meant, of the evening.
    """
    plain = " ".join(text.casefold().replace("¿", " ").replace("?", " ").split())
    mode = _mode(plain)
    rest = plain
    for words in (_BOTH, _VOICE, _TEXT):
        rest = words.sub(" ", rest)
    bare = _IDLE.sub(" ", rest)
    for candidate in (rest, bare):
        if found := _time(candidate, locale, evening=evening):
            return Wish(mode, *found)
    left = set(words_of(bare)) - _PARTS
    return Wish() if left else Wish(mode)  # "text Bob at seven" is no wish of theirs


def _mode(plain: str) -> Mode | None:
    voice, text = _VOICE.search(plain), _TEXT.search(plain)
    if _BOTH.search(plain) or (
        voice and text and not re.search(r"\b(?:not|no|don't|dont|instead of|en vez de)\b", plain)
    ):
        return Mode.MIXED
    if voice and text:  # "don't call, text": what is denied comes after the no
        denied = re.search(r"\b(?:not|no|don't|dont|instead of|en vez de)\b(.{0,12})", plain)
        return Mode.TEXT if denied and _VOICE.search(denied[1]) else Mode.VOICE
    return Mode.VOICE if voice else Mode.TEXT if text else None


def _time(plain: str, locale: str, *, evening: bool) -> tuple[str, str, str] | None:
    """Return HH:MM, the days it repeats on and a weekday that is named, all as cron has them."""
    words = " ".join(re.sub(r"[.,;!]+(?=\s|$)", " ", plain).split())
    if not re.search(r"\d", words) and _NUMBERS.isdisjoint(words_of(words)):  # "in the morning" names no time
        return None
    when = _first_read(words, locale)
    if when is None or when.all_day or (when.repeat and not _is_weekly(when.repeat)):
        return None
    clock = when.wall.time() if _SURE.search(words) else _half(when.wall.time(), evening=evening)
    named = not _WEEKDAYS.isdisjoint(words_of(words)) and not when.repeat
    return (
        f"{clock:%H:%M}",
        when.repeat.split()[4] if when.repeat else "*",
        str(when.wall.isoweekday() % 7) if named else "",
    )


def _first_read(words: str, locale: str) -> When | None:
    announced = (f"a las {words}", f"at {words}") if re.match(r"\d", words) else ()
    for phrase in (*announced, words):
        try:
            return parse_when(phrase, now=_FOUR, zone="UTC", locale=locale)
        except (Unclear, ValueError, OverflowError):
            continue
    return None


def _half(clock: time, *, evening: bool) -> time:
    """Return the half of the day that a bare hour means where a morning, or an evening, is spoken of."""
    hour = clock.hour % 12
    is_late = (hour < _EARLIEST or evening) if hour else not evening
    return clock.replace(hour=hour + 12 if is_late else hour)


def _is_weekly(cron: str) -> bool:
    _minute, hours, day, month, _days = cron.split()
    return hours.isdigit() and day == month == "*"


def days_of(kind: SlotKind, wish: Wish) -> str:
    """Return the days that a wish means for a slot."""
    if kind is SlotKind.WEEKLY and wish.days == "*":
        return wish.weekday or USUAL[kind].days
    return wish.days


def read_clock(text: str, locale: str) -> list[time]:
    """Return the times of day that "it's 3:30 pm here" may mean; a bare hour is one of either half."""
    plain = re.sub(r"\b(?:no|it is|it's|its|here|right now|now|son|es|aqui|aquí|ahora|mismo)\b", " ", text.casefold())
    words = " ".join(plain.replace(",", " ").split())
    when = _first_read(words, locale) if re.search(r"\d", words) else None
    if when is None or when.all_day or when.repeat:
        return []
    clock = when.wall.time()
    return (
        [clock]
        if _SURE.search(words)
        else [clock.replace(hour=clock.hour % 12), clock.replace(hour=clock.hour % 12 + 12)]
    )
