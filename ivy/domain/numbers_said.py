"""Numbers in words and figures, English and Spanish: "twenty-five", "medio millón", "2 mil 500".

May import: the standard library and the reading of phrases.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from ivy.domain.said import Words

Figure = Callable[[str, bool], Decimal]
"""What a numeral as typed stands for; the flag says that a word such as "thousand" follows."""


def _counted(words: str, first: int = 0, step: int = 1) -> dict[str, int]:
    """Number groups of synonyms (joined by "/") in order."""
    return {word: first + at * step for at, group in enumerate(words.split()) for word in group.split("/")}


UNITS = _counted(
    "zero/cero one/uno/un/una two/dos three/tres four/cuatro five/cinco six/seis seven/siete eight/ocho nine/nueve"
)
TEENS = _counted(
    "ten/diez eleven/once twelve/doce thirteen/trece fourteen/catorce fifteen/quince sixteen/dieciseis "
    "seventeen/diecisiete eighteen/dieciocho nineteen/diecinueve veinte veintiuno/veintiun/veintiuna veintidos "
    "veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
    first=10,
)
TENS = _counted(
    "twenty thirty/treinta forty/cuarenta fifty/cincuenta sixty/sesenta seventy/setenta eighty/ochenta ninety/noventa",
    first=20,
    step=10,
)
HUNDREDS = _counted(
    "cien/ciento doscientos/doscientas trescientos/trescientas cuatrocientos/cuatrocientas quinientos/quinientas "
    "seiscientos/seiscientas setecientos/setecientas ochocientos/ochocientas novecientos/novecientas",
    first=100,
    step=100,
)
SCALES: dict[str, int] = {
    **dict.fromkeys(("k", "mil", "thousand", "grand"), 1_000),
    **dict.fromkeys(("million", "millions", "mill", "mio", "millon", "millones"), 1_000_000),
}
HALVES = ("half", "medio", "media")
ONES = ("a", "an", "un", "una", "one")


def is_figure(word: str) -> bool:
    return word[:1].isdigit() or (word[:1] in {".", ","} and word[1:2].isdigit())


def read_number(words: Words, figure: Figure, scales: Mapping[str, int] = SCALES) -> Decimal | None:
    """Step over one number and return it, or return None and stay. What follows it is the caller's to judge."""
    start = words.at
    value = _half_of_scale(words, scales)
    if value is None:
        value = _Sum(words, figure, scales).read()
    if value is None:
        words.at = start
    return value


def read_small(words: Words) -> int | None:
    """Step over a whole number below 100, in words or at most two figures, and return it; or return None and stay."""
    word = words.peek()
    if word.isdigit() and len(word) <= 2:
        return int(words.next())
    if word in TENS:
        tens = TENS[words.next()]
        if words.peek() in UNITS and UNITS[words.peek()]:
            return tens + UNITS[words.next()]
        if words.peek() == "y" and UNITS.get(words.peek(1)) and words.peek(1) not in {"un", "una"}:
            words.next()
            return tens + UNITS[words.next()]
        return tens
    if word in TEENS or word in UNITS:
        words.next()
        return TEENS[word] if word in TEENS else UNITS[word]
    return None


def _half_of_scale(words: Words, scales: Mapping[str, int]) -> Decimal | None:
    """Read "half a million", "medio millón", or a half on its own before "a dollar"."""
    if not words.phrase("half a", "half an", "a half", *HALVES):
        return None
    scale = scales[words.next()] if words.peek() in scales else 1
    return Decimal(scale) / 2


class _Sum:
    """One number, read from its largest part down; `group` is the part not yet multiplied by thousand or million."""

    def __init__(self, words: Words, figure: Figure, scales: Mapping[str, int]) -> None:
        self.words, self.figure, self.scales = words, figure, scales
        self.total = Decimal(0)
        self.group: Decimal | None = None
        self.closed = False  # a group in figures takes no more words: "50 five" is two numbers
        self.last = 0

    def read(self) -> Decimal | None:
        while self.words and self._part():
            pass
        if self.group is None and not self.last:
            return None
        return self.total + (self.group or 0)

    def _part(self) -> bool:
        """Step over one more part of the number if the next word is one."""
        word = self.words.peek()
        if word in {"and", "y"}:
            return self._joined()
        if word in self.scales:
            return self._scale(self.scales[word])
        if self.group is None and is_figure(word):
            return self._figure(word)
        if self.closed and word != "hundred":
            return False
        if self.group is None and word in ONES and not self.last:
            return self._add(1, fits=True)
        return self._word(word)

    def _word(self, word: str) -> bool:
        below_100 = (self.group or 0) % 100
        if word == "hundred" and (self.group is None or 0 < self.group < 100):
            self.words.next()
            self.group = (self.group or Decimal(1)) * 100
            self.closed = False
            return True
        if word in HUNDREDS:
            return self._add(HUNDREDS[word], fits=self.group is None)
        if word in TENS or word in TEENS:
            return self._add(TENS.get(word) or TEENS[word], fits=below_100 == 0)
        if word in UNITS:
            after_tens = below_100 == 0 or (below_100 >= 20 and below_100 % 10 == 0)
            return self._add(UNITS[word], fits=self.group is None or (after_tens and UNITS[word] > 0))
        return False

    def _add(self, value: int, *, fits: bool) -> bool:
        if not fits or (self.last and value >= self.last):
            return False
        self.words.next()
        self.group = (self.group or Decimal(0)) + value
        return True

    def _figure(self, word: str) -> bool:
        value = self.figure(word, self.words.peek(1) in self.scales or self.words.peek(1) == "hundred")
        if self.last and value >= self.last:
            return False
        self.words.next()
        self.group, self.closed = value, True
        return True

    def _scale(self, scale: int) -> bool:
        if self.group is None and self.last and scale <= self.last:
            return False
        self.words.next()
        if self.last and scale > self.last:  # "dos mil millones"
            self.total = (self.total + (self.group or 0)) * scale
        else:
            self.total += (1 if self.group is None else self.group) * scale
        self.group, self.closed, self.last = None, False, scale
        return True

    def _joined(self) -> bool:
        """Step over "and" if the number goes on after it: "a hundred and five", "millón y medio"."""
        if self.group is None and not self.last:
            return False
        before = self.words.at
        self.words.next()
        if self.words.phrase("a half", "half", "medio", "media"):
            # The half is of what was named last: half a million after "millón", a half of one after "two".
            named = self.last if self.group is None and self.last else 1
            self.group = (self.group or 0) + Decimal(named) / 2
            self.closed = True
            return named == 1 and self.words.peek() in self.scales  # "two and a half million" goes on
        if not is_figure(self.words.peek()) and self.words.peek() not in self.scales and self._part():
            return True
        self.words.at = before
        return False
