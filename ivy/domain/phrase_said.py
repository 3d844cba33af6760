"""The grammar of time phrases: what was said, word by word, not yet placed in a calendar. May import: the words of time.

Every word must be understood: one that is not is an error, never skipped.
"""

from collections.abc import Sequence

from ivy.domain.clock_said import LEADS, Clock, read_clock
from ivy.domain.dates_said import ORDINAL, DateGrammar, Said
from ivy.domain.lengths_said import Length, read_length
from ivy.domain.numbers_said import ONES, is_figure
from ivy.domain.said import Unclear, Words
from ivy.domain.time_words import (
    CONNECTORS,
    DAY_AND_PART,
    DAY_WORDS,
    EVERY,
    EVERY_PART,
    EVERY_SPAN,
    LAST_OF_MONTH,
    NOT_OFFERED,
    PARTS,
    PLURAL_WEEKDAYS,
    WEEKDAYS,
    without_slip,
)

REPEATS_OFFERED = (
    'Ivy can repeat something every day, on days of the week, or on a day of the month. Write it such as "every Monday '
    'and Thursday at 7:30 am".'
)
_WEEKS = {
    **dict.fromkeys(("next week", "proxima semana", "semana que viene", "semana proxima", "semana entrante"), 1),
    **dict.fromkeys(("this week", "esta semana"), 0),
    **dict.fromkeys(("last week", "semana pasada", "pasada semana"), -1),
}
_NEXT_MONTH = ("next month", "proximo mes", "mes que viene", "mes proximo", "mes entrante")
_BEFORE_WEEKDAY = {
    "next": "next", "this coming": "coming", "coming": "coming", "this": "this", "last": "last", "past": "last",
    "el proximo": "coming", "proximo": "coming", "el pasado": "last", "pasado": "last", "este": "this",
}  # fmt: skip
_AFTER_WEEKDAY = {
    "que viene": "coming", "proximo": "coming", "entrante": "coming", "pasado": "last", "que paso": "last",
}  # fmt: skip
_STARTING = (
    "starting from", "starting", "beginning", "from", "a partir de", "a partir del", "desde", "empezando", "comenzando",
)  # fmt: skip
_EVERY = ("every", "each", "cada", "todos los", "todas las", "los")


def read_phrase(words: Sequence[str], locale: str) -> Said:
    """Read the words of a whole phrase. Raises: Unclear if one is unknown or two parts of one kind are named."""
    return _Grammar(Words(words), locale).read()


class _Grammar(DateGrammar):
    def read(self) -> Said:
        if not self.words:
            raise Unclear('When is that? Write it such as "tomorrow at 7 am".')
        rules = (self._ahead, self._repeat, self._day, self._date, self._weekdays, self._clock, self._part, self._start)
        while self.words:
            if not any(rule() for rule in rules) and not self._connector():
                self._mend_or_refuse()
        if not self.said.clocks and self._nothing_named():
            raise Unclear('When is that? Write it such as "tomorrow at 7 am".')
        return self.said

    def _nothing_named(self) -> bool:
        return self.said == Said(starting=self.said.starting)

    def _connector(self) -> bool:
        return bool(self.words.phrase("of the month", "of this month", "del mes", "de este mes", *CONNECTORS))

    def _mend_or_refuse(self) -> None:
        word = self.words.peek()
        if right := without_slip(word):
            self.words.all = [*self.words.all[: self.words.at], right, *self.words.all[self.words.at + 1 :]]
            return
        if word in {"weekend", "finde"} or self.words.phrase("fin de semana", "este fin de semana"):
            raise Unclear("Saturday or Sunday? Write the day and the time.")
        if word in {"now", "ahora", "ya"}:
            raise Unclear('That is right now. For later, write it such as "in 20 minutes" or "today at 6 pm".')
        start = self.words.at
        if read_length(self.words) is not None:
            span = " ".join(self.words.all[start : self.words.at])
            raise Unclear(f'Is that how long from now? Then write "in {span}".')
        raise Unclear(f'The word "{word}" does not say when. Write just the time, such as "tomorrow at 7 am".')

    # --- how long from now ---------------------------------------------------------------------------

    def _ahead(self) -> bool:
        """Read "in 20 minutes", "dentro de 2 horas", "3 days ago", "hace 3 días", "an hour from now"."""
        start = self.words.at
        lead = self.words.phrase("in", "en", "dentro de", "de aqui a", "hace")
        length = read_length(self.words)
        after = self.words.phrase("from now", "from today", "ago", "atras", "later", "mas tarde") if length else ""
        if length is None or not (lead or after):
            self.words.at = start
            return False
        if lead == "hace" or after in {"ago", "atras"}:
            length = Length(-length.months, -length.days, -length.elapsed)
        self._only_once(self.said.ahead is not None)
        self.said.ahead = length
        return True

    # --- repeats ---------------------------------------------------------------------------------------

    def _repeat(self) -> bool:
        said, words = self.said, self.words
        if words.phrase(*NOT_OFFERED):
            raise Unclear(REPEATS_OFFERED)
        if phrase := words.phrase(*EVERY_SPAN):
            said.weekdays, said.many = [*said.weekdays, *EVERY_SPAN[phrase]], True
            return True
        if phrase := words.phrase(*EVERY_PART):
            said.every, said.part = said.every or "day", EVERY_PART[phrase]
            return True
        if phrase := words.phrase(*EVERY):
            said.every = EVERY[phrase]
            if (
                phrase in {"cada dia", "todos los dias"}
                and words.peek().isdigit()
                and words.peek(1) not in {"am", "pm"}
            ):
                said.every = "month"  # "cada día 15"
                return self._day_of_month(words.peek())
            return True
        if words.phrase(*LAST_OF_MONTH):
            said.last_of_month = True
            return True
        return self._every_weekday_or_date()

    def _every_weekday_or_date(self) -> bool:
        """Read the "every" of "every Monday", "todos los lunes", "every 15th", "cada día 15"."""
        start = self.words.at
        every = self.words.phrase(*_EVERY)
        if not every:
            return False
        if self.words.peek() in WEEKDAYS:
            self.said.many = True
            return self._weekdays()
        if every != "los" and (ORDINAL.fullmatch(self.words.peek()) or self.words.take("dia")):
            self.said.every = "month"
            return self._day_of_month(self.words.peek())
        if every != "los" and (is_figure(self.words.peek()) or self.words.peek() in {"dos", "tres", "two", "three"}):
            raise Unclear(REPEATS_OFFERED)
        self.words.at = start
        return False

    # --- days ------------------------------------------------------------------------------------------

    def _day(self) -> bool:
        said, words = self.said, self.words
        if phrase := words.phrase(*DAY_AND_PART):
            self._only_once(said.offset is not None)
            said.offset, said.part = DAY_AND_PART[phrase]
            return True
        if not (words.peek() == "manana" and words.peek(-1) == "la") and (phrase := words.phrase(*DAY_WORDS)):
            self._only_once(said.offset is not None)
            said.offset = DAY_WORDS[phrase]
            return True
        if phrase := words.phrase(*_WEEKS):
            said.week = _WEEKS[phrase]
            return True
        if words.phrase(*_NEXT_MONTH):
            said.months_on = 1
            return True
        return False

    def _weekdays(self) -> bool:
        """Read a day of the week, or several: "next Tuesday", "mon, wed and fri", "lunes a viernes"."""
        said, words = self.said, self.words
        start = words.at
        mode = _BEFORE_WEEKDAY.get(words.phrase(*_BEFORE_WEEKDAY), "")
        if not self._is_weekday():
            words.at = start
            return False
        while self._is_weekday():
            said.many |= words.peek() in PLURAL_WEEKDAYS
            said.weekdays.append(WEEKDAYS[words.next()])
            self._range_of_weekdays()
            self._to_next_weekday()
        said.many |= len(said.weekdays) > 2
        said.weekday_mode = mode or _AFTER_WEEKDAY.get(words.phrase(*_AFTER_WEEKDAY), "") or said.weekday_mode
        return True

    def _range_of_weekdays(self) -> None:
        if self.words.peek() in {"-", "to", "through", "thru", "a"} and self.words.peek(1) in WEEKDAYS:
            self.words.next()
            first, last = self.said.weekdays[-1], WEEKDAYS[self.words.next()]
            self.said.weekdays += [(first + step) % 7 for step in range(1, (last - first) % 7 + 1)]
            self.said.many = True

    def _to_next_weekday(self) -> None:
        """Step over what joins days of the week, if another one follows."""
        start = self.words.at
        slash = self.words.take("/", "&")
        self.words.take(",", ".")
        self.words.take("and", "y", "e")
        self.words.take("on", "el", "los")
        if not self._is_weekday():
            self.words.at = start
        elif slash:
            self.said.many = True

    # --- times of day ----------------------------------------------------------------------------------

    def _clock(self) -> bool:
        start = self.words.at
        lead = self.words.phrase(*LEADS)
        clock = read_clock(self.words, announced=bool(lead)) or (None if lead else self._bare_hour())
        if clock is None:
            self.words.at = start
            return False
        self.said.clocks.append(clock)
        return True

    def _bare_hour(self) -> Clock | None:
        """Read "tomorrow 7", "lunes 19": a number that nothing else could be."""
        word, before, after = self.words.peek(), self.words.peek(-1), self.words.peek(1)
        if self.said.clocks or after in {"-", "/", ":"} or before in {"for", "por"} or word in {*ONES, "uno"}:
            return None
        start = self.words.at
        is_length = read_length(self.words) is not None  # "for 2 hours" is not two o'clock
        self.words.at = start
        return None if is_length else read_clock(self.words, announced=True)

    def _part(self) -> bool:
        phrase = self.words.phrase(*PARTS)
        if phrase:
            self._only_once(bool(self.said.part) and self.said.part != PARTS[phrase])
            self.said.part = PARTS[phrase]
        return bool(phrase)

    def _start(self) -> bool:
        if self.words.phrase(*_STARTING):
            self.said.starting = True
            return True
        return False
