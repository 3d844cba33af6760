"""Times of day as people say them: "7", "7:30pm", "las 7 y media", "quarter to 8". May import: said, numbers.

A bare hour from 1 to 12 may be either half of the day; who reads it decides, with the day and the waking hours in hand.
"""

import re
from dataclasses import dataclass
from datetime import time

from ivy.domain.numbers_said import TEENS, TENS, UNITS, read_small
from ivy.domain.said import Unclear, Words

WAKING = (time(6), time(22))
_NOON = ("12 noon", "12 midday", "12 del mediodia", "12 del dia", "12 m", "noon", "midday", "mediodia", "medio dia")
_MIDNIGHT = ("12 midnight", "midnight", "medianoche", "media noche")
_WITH_MINUTES = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::00)?")
_TOGETHER = re.compile(r"([0-9]{1,2})([0-5][0-9])")
_PAST, _TO = ("past", "after"), ("to", "till", "til", "before", "para las", "para la", "pa las")
_QUARTERS = {"quarter": 15, "a quarter": 15, "cuarto": 15, "un cuarto": 15, "half": 30}
_EXACTLY = ("oclock", "en punto", "sharp", "on the dot")
_HOUR_WORDS = ("h", "hs", "hr", "hrs", "hours", "horas")
LEADS = (
    "a eso de las", "a eso de la", "como a las", "como a la", "sobre las", "sobre la", "tipo", "para las", "para la",
    "a las", "a la", "las", "la", "at about", "at around", "at", "@", "about", "around", "by",
)  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """A time of day; unless `sure`, its hour (1 to 12) may be either half. `ends_day`: the midnight after, as 0:00."""

    hour: int
    minute: int = 0
    sure: bool = False
    ends_day: bool = False

    def choices(self, part: str, *, spanish: bool) -> list[tuple[int, time]]:
        """Return the times it may be in a part of the day ("" for any), each with the days to go on (1: after midnight).

        Raises: Unclear if the two contradict each other.
        """
        if self.ends_day:
            return [(1, time(0))]
        if self.sure:
            hours = [self.hour]
        else:
            hours = [self.hour % 12, self.hour % 12 + 12]
        if part:
            hours = [hour for hour in hours if hour in _HOURS_OF[part]]
            if part == "morning" and spanish and self.hour == 12:
                hours = [12]  # "las 12 de la mañana" is noon
        if not hours:
            raise Unclear("The hour and the part of the day do not go together. Write it such as 7:30 am or 19:30.")
        return [(1 if part == "night" and hour < 6 else 0, time(hour, self.minute)) for hour in hours]

    def usual(self, part: str, *, spanish: bool) -> list[tuple[int, time]]:
        """Return its choices, those within the waking hours first."""
        return sorted(self.choices(part, spanish=spanish), key=lambda choice: not is_waking(choice[1]))


_HOURS_OF = {
    "morning": range(1, 12),
    "small": range(7),
    "afternoon": range(12, 21),
    "evening": range(16, 24),
    "night": (18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4),
}


def is_waking(clock: time) -> bool:
    return WAKING[0] <= clock <= WAKING[1]


def read_clock(words: Words, *, announced: bool) -> Clock | None:
    """Step over a time of day and return it, or return None and stay. A bare number is one only if `announced`."""
    start = words.at
    found = _named(words) or _counted_from_hour(words, announced=announced)
    if found is None:
        words.at = start
        found = _hour(words, announced=announced)
    if found is None:
        words.at = start
    elif not found.sure and not found.ends_day:
        words.phrase(*_EXACTLY)
    return found


def read_hour(words: Words) -> Clock | None:
    """Step over one end of a span of hours ("from 10 to 12"), where "10 to 12" is not ten minutes to noon."""
    words.phrase(*LEADS)
    return _named(words) or _hour(words, announced=True)


def _named(words: Words) -> Clock | None:
    if words.phrase(*_MIDNIGHT):
        return Clock(0, sure=True, ends_day=True)
    return Clock(12, sure=True) if words.phrase(*_NOON) else None


def _counted_from_hour(words: Words, *, announced: bool) -> Clock | None:
    """Read "half past 7", "half 7", "quarter to 8", "ten past 7", "cuarto para las 8"."""
    quarter = words.phrase("a quarter", "un cuarto", "quarter", "cuarto", "half")
    first = words.peek()
    minutes = _QUARTERS[quarter] if quarter else read_small(words)
    if minutes is None:
        return None
    said = words.take("minutes", "minute", "mins", "min", "minutos")
    word = words.phrase(*_PAST, *_TO, "of")
    if not word and quarter != "half":
        return None
    # "10 to 8" alone may be a span of hours.
    doubtful = first.isdigit() and minutes <= 12 and not said and word in {"to", "till", "til"} and not announced
    hour = read_small(words)
    if hour is None or not 1 <= hour <= 12 or minutes > 30 or doubtful or (word == "of" and quarter == "half"):
        return None
    back = word in _TO or word == "of"
    return _with_half(words, Clock((hour - 2) % 12 + 1 if back else hour, (60 - minutes) % 60 if back else minutes))


def _hour(words: Words, *, announced: bool) -> Clock | None:
    figure = words.peek()
    if with_minutes := _WITH_MINUTES.fullmatch(figure):
        words.next()
        words.take(*_HOUR_WORDS)
        padded = figure[0] == "0" or int(with_minutes[1]) > 12
        return _with_half(words, _checked(int(with_minutes[1]), int(with_minutes[2]), sure=padded))
    if (together := _TOGETHER.fullmatch(figure)) and _stands_for_time(words, announced=announced):
        words.next()
        sure = words.take(*_HOUR_WORDS) != "" or figure[0] == "0" or len(figure) == 4
        return _with_half(words, _checked(int(together[1]), int(together[2]), sure=sure and int(together[1]) != 12))
    hour = read_small(words)
    if hour is None:
        return None
    return _after_hour(words, hour, padded=figure.startswith("0") and len(figure) == 2, announced=announced)


def _stands_for_time(words: Words, *, announced: bool) -> bool:
    figure = words.peek()
    return (
        words.peek(1) in {"am", "pm", *_HOUR_WORDS}
        or (announced and len(figure) >= 3)
        or (figure[0] == "0" and len(figure) == 4)
    )


def _after_hour(words: Words, hour: int, *, padded: bool, announced: bool) -> Clock | None:
    """Read what follows an hour; unless something shows that it is one, it must have been announced."""
    minute, shown = 0, bool(words.phrase(*_EXACTLY))
    if words.peek() in _HOUR_WORDS and (announced or words.peek() == "h" or hour > 12):
        words.next()
        minute, shown = _bare_minutes(words) or 0, True
    elif words.take("menos"):
        off = 15 if words.phrase("un cuarto", "cuarto") else read_small(words)
        if off is None or not 0 < off <= 30:
            return None
        hour, minute, shown = (hour - 2) % 12 + 1, 60 - off, True
    elif (said := _spanish_minutes(words)) is not None or (said := _bare_minutes(words)) is not None:
        minute, shown = said, True
    halved = words.peek() in {"am", "pm"}
    if not (announced or shown or halved):
        return None
    return _with_half(words, _checked(hour, minute, sure=padded or hour > 12 or hour == 0))


def _spanish_minutes(words: Words) -> int | None:
    """Read "y media", "y cuarto", "y 20"; "y" may also go on to another day or time."""
    if words.phrase("y media", "con media"):
        return 30
    if words.phrase("y cuarto", "y un cuarto", "con cuarto"):
        return 15
    before = words.at
    if words.take("y", "con"):
        minutes = read_small(words)
        words.take("minutos")
        if minutes is not None and 0 < minutes < 60 and words.peek() != ":":
            return minutes
    words.at = before
    return None


def _bare_minutes(words: Words) -> int | None:
    """Read the minutes of "7 30", "seven thirty", "siete quince", "siete cero cinco"."""
    before, figure = words.at, words.peek()
    if figure.isdigit():
        return int(words.next()) if len(figure) == 2 and int(figure) < 60 else None
    zero = words.take("oh", "cero")
    minutes = read_small(words) if figure in TENS or figure in TEENS or (zero and words.peek() in UNITS) else None
    if minutes is None or minutes > 59:
        words.at = before
        return None
    return minutes


def _with_half(words: Words, clock: Clock) -> Clock:
    """Read "am" or "pm" after a time."""
    half = words.take("am", "pm")
    if not half:
        return clock
    if clock.hour > 12 or clock.hour == 0:
        if (half == "pm") == (clock.hour > 12):
            return clock
        raise Unclear(f"{clock.hour}:{clock.minute:02d} {half} is not a time. Write it such as 7:30 am or 19:30.")
    return Clock(clock.hour % 12 + (12 if half == "pm" else 0), clock.minute, sure=True)


def _checked(hour: int, minute: int, *, sure: bool) -> Clock:
    if hour == 24 and minute == 0:
        return Clock(0, sure=True, ends_day=True)
    if hour > 23 or minute > 59:
        raise Unclear(f"{hour}:{minute:02d} is not a time of day. Write it such as 7:30 am or 19:30.")
    return Clock(hour, minute, sure=sure or hour == 0)
