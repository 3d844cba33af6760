"""Amounts of money as people type them, and back. May import: the standard library, currencies, numbers, said.

What has two readings is asked, never guessed: "$50.000" is fifty thousand in Bogotá and a slip of the keys in Boston.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from ivy.domain.currencies import (
    CODES,
    LIKE_ENGLISH_OR_SPANISH,
    MENTIONS,
    NO_CENTS_SAID,
    SLANG_SCALES,
    Mention,
    exponent,
    marks,
    sign,
)
from ivy.domain.numbers_said import SCALES, is_figure, read_number, read_small
from ivy.domain.said import Unclear as Unclear
from ivy.domain.said import Words, fold, word_set

LARGEST_MINOR = 10**12
_TOKEN = re.compile(r"[0-9]+(?:[.,'][0-9]+)*|[.,][0-9]+|[a-z]{1,3}\$|u\$[sd]|s/|[^\W\d_]+|\S")
_HYPHENED = re.compile(r"(?<=[a-z])-(?=[a-z])")
_SPACED_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?: [0-9]{3})+(?![0-9])")
_CENTS = word_set("c ¢ ct cts cent cents centavo centavos centimo centimos penny pence pennies p")
_ADDING = ("and", "con", "y", "with")
_NEGATIVE = ("-", "minus", "menos", "negative", "(")
_POINTLESS = {".", ",", "!", "?", ";", ":"}
_SLANG = frozenset(word for scales in SLANG_SCALES.values() for word in scales)


@dataclass(frozen=True)
class Money:
    """An amount in minor units by ISO 4217 (COP has cents in the books, though nobody says them) and its currency."""

    amount_minor: int
    currency: str


def parse_money(text: str, *, locale: str, currency: str) -> Money:
    """Read one amount; `locale` says how its marks are meant, `currency` what "$" and a bare number are.

    Raises: Unclear, with a question or an example of what to write.
    """
    exponent(currency)
    words = Words(_words(text))
    if not words or all(word in _POINTLESS for word in words.all):
        raise Unclear(f"How much is it? Write an amount such as {_example(currency, locale)}.")
    meant = _currency(words, text, own=currency)
    names = frozenset(word for word in words.all if _mention(word, text, currency))
    value = _Amount(words, names, locale=locale, currency=meant).read()
    return Money(_minor(value, meant, locale), meant)


def format_money(money: Money, locale: str) -> str:
    """Write an amount as the people of a locale do: "$50.00", "$ 50.000" (es-CO), "€12,50", "£4", "US$20.00".

    Cents are left out where nobody says them, and where there are none, except in dollars.
    """
    places = exponent(money.currency)
    decimal_mark, group_mark = marks(locale)
    whole, rest = divmod(abs(money.amount_minor), 10**places)
    shown = f"{whole:,}".replace(",", group_mark)
    symbol = sign(money.currency, locale)
    if rest or (symbol.endswith("$") and money.currency not in NO_CENTS_SAID and places):
        shown += f"{decimal_mark}{rest:0{places}d}"
    space = " " if symbol[-1].isalpha() or (money.currency == "COP" and symbol == "$") else ""
    return f"{'-' if money.amount_minor < 0 else ''}{symbol}{space}{shown}"


def _words(text: str) -> list[str]:
    folded = _HYPHENED.sub(" ", fold(text))
    joined = _SPACED_THOUSANDS.sub(lambda found: found.group().replace(" ", ""), folded)
    words: list[str] = _TOKEN.findall(joined)
    while words and words[-1] in _POINTLESS:
        words.pop()
    return words


def _example(currency: str, locale: str) -> str:
    return format_money(Money(50_000_00 if currency == "COP" else 20 * 10 ** exponent(currency), currency), locale)


# --- which currency --------------------------------------------------------------------------------


def _currency(words: Words, text: str, *, own: str) -> str:
    """Return the one currency that all names and signs in the phrase agree on."""
    mentions = [mention for word in words.all if (mention := _mention(word, text, own))]
    left = frozenset(CODES)
    for mention in mentions:
        left &= mention.codes
    if not left:
        raise Unclear("Two currencies are named there. Write the amount with just one.")
    if own in left:
        return own
    named = [mention.otherwise for mention in mentions if mention.otherwise in left]
    if len(left) == 1 or named:
        return named[0] if named else next(iter(left))
    some = ", ".join(
        sorted(left & {"USD", "AUD", "CAD", "MXN", "COP", "ARS", "CLP", "JPY", "CNY", "BOB", "VES"}) or left
    )
    raise Unclear(f"Which currency is that? Write its three letters with the amount, such as {some}.")


def _mention(word: str, text: str, own: str) -> Mention | None:
    code = word.upper()
    if code in CODES and (code == own or code not in LIKE_ENGLISH_OR_SPANISH or re.search(rf"\b{code}\b", text)):
        return Mention(frozenset({code}), code)
    mention = MENTIONS.get(word)
    if mention and word.isascii() and word.isalpha() and len(word) == 1 and own not in mention.codes:
        return None  # "20 p" is pence to the British only
    return mention


# --- which amount ----------------------------------------------------------------------------------


class _Amount:
    """The grammar: currency, number, currency, and what is added to it ("and 50 cents", "con 50")."""

    def __init__(self, words: Words, names: frozenset[str], *, locale: str, currency: str) -> None:
        self.words, self.names, self.locale, self.currency = words, names, locale, currency
        self.scales = SCALES | SLANG_SCALES.get(currency, {})

    def read(self) -> Decimal:
        signed = self._skip_currency()
        self._refuse_negative()
        signed |= self._skip_currency()
        first = self.words.peek()
        self._guard_slang()
        value = read_number(self.words, self._figure, self.scales)
        if value is None:
            raise self._unclear()
        bare = is_figure(first) and self.words.at == len(self.words.all)
        if self._cents_follow():
            self.words.next()
            value = self._as_cents(value)
        else:
            named = self._skip_currency()
            value += self._added(value, named=named)
            self._skip_currency()
            self._guard_short(value, first, bare=bare, signed=signed)
        if self.words:
            raise self._unclear()
        return value

    def _skip_currency(self) -> bool:
        """Step over the names and signs of money that stand next; say whether there were any."""
        start = self.words.at
        while self.words:
            before = self.words.at
            self.words.take("de", "of", "in", "en")
            if self.words.peek() in self.names:
                self.words.next()
                self.words.take(".")
                continue
            self.words.at = before
            break
        return self.words.at > start

    def _refuse_negative(self) -> None:
        if self.words.take(*_NEGATIVE):
            raise Unclear("An amount has to be more than zero. Write it without the minus.")

    def _guard_slang(self) -> None:
        slang = next((word for word in self.words.all if word in _SLANG and word not in self.scales), "")
        if slang or self.words.peek(1) in {"m", "b", "bn"}:
            said = slang or self.words.peek(1)
            raise Unclear(f'How much is "{said}" there? Write the amount in full, such as {self._example()}.')

    def _cents_follow(self) -> bool:
        word = self.words.peek()
        return word in _CENTS and not (word == "p" and self.currency != "GBP")

    def _as_cents(self, value: Decimal) -> Decimal:
        if exponent(self.currency) != 2:
            raise Unclear(f"{self.currency} has no cents. Write the amount such as {self._example()}.")
        if value != int(value):
            raise Unclear("A part of a cent cannot be written down. Write whole cents.")
        self._skip_currency()
        return value / 100

    def _added(self, value: Decimal, *, named: bool) -> Decimal:
        """Read the cents of "12 con 50", "4 pounds 50", "5 dollars and 25 cents"."""
        start, scaled = self.words.at, self.words.peek(-1) in self.scales
        joined = self.words.take(*_ADDING)
        figures = self.words.peek()
        cents = read_small(self.words)
        if cents is None or not (joined or named):
            self.words.at = start
            return Decimal(0)
        said = bool(self._cents_follow() and self.words.next())
        if value != int(value) or exponent(self.currency) != 2 or not 0 < cents < 100:
            raise self._unclear()
        sure = named or (joined in {"con", "with"} and not scaled)  # "2k and 50" is not two thousand and a half
        if not said and (not sure or self.currency in NO_CENTS_SAID or (figures.isdigit() and len(figures) < 2)):
            raise self._unclear()
        return Decimal(cents) / 100

    def _guard_short(self, value: Decimal, first: str, *, bare: bool, signed: bool) -> None:
        """Ask about "50" in Colombia: it is said for fifty thousand, and fifty pesos buy nothing."""
        named = any(word.startswith(("peso", "cop")) for word in self.words.all)
        if self.currency == "COP" and bare and first.isdigit() and not named and 0 < value < (100 if signed else 1000):
            pesos, thousands = (format_money(Money(int(value) * by, "COP"), self.locale) for by in (100, 100_000))
            raise Unclear(f"Is that {thousands} or {pesos}? Write it in full, such as {int(value)} mil.")

    def _example(self) -> str:
        return _example(self.currency, self.locale)

    def _unclear(self) -> Unclear:
        return Unclear(f"That does not read as one amount. Write it such as {self._example()}.")

    def _figure(self, figure: str, scaled: bool) -> Decimal:
        return read_figure(figure, locale=self.locale, currency=self.currency, scaled=scaled)


def read_figure(figure: str, *, locale: str, currency: str, scaled: bool = False) -> Decimal:
    """Read a numeral with its marks; `scaled` says that "thousand" or the like follows. Raises: Unclear."""
    figure = figure.replace("'", "")
    if figure.isdigit():
        return Decimal(figure)
    used = [mark for mark in ".," if mark in figure]
    if len(used) == 2:
        group_mark, decimal_mark = sorted(used, key=figure.rindex)
        return _split(figure, decimal_mark, group_mark, currency)
    mark = used[0]
    lead, _, tail = figure.partition(mark)
    if figure.count(mark) > 1:
        return _split(figure, "", mark, currency)
    if scaled and (len(tail) < 3 or mark == marks(locale)[0]):
        return Decimal(f"{lead or 0}.{tail}")
    if len(tail) != 3 or lead in {"", "0"}:
        return _decimal(figure, lead, tail, locale, currency)
    if mark == marks(locale)[1] or (currency in NO_CENTS_SAID and len(lead) <= 3):
        return _split(figure, "", mark, currency)
    if exponent(currency) == 3:
        return Decimal(f"{lead}.{tail}")
    raise _which(lead, tail, locale, currency)


def _decimal(figure: str, lead: str, tail: str, locale: str, currency: str) -> Decimal:
    """Read one mark that cannot be of thousands: "12.50", "12,5", ".5"."""
    places = exponent(currency)
    if len(tail.rstrip("0")) > max(places, 2):
        raise Unclear(
            f'"{figure}" has too many figures behind the mark. Write it such as {_example(currency, locale)}.'
        )
    if currency in NO_CENTS_SAID:
        raise _which(lead or "0", tail, locale, currency)
    return Decimal(f"{lead or 0}.{tail}")


def _which(lead: str, tail: str, locale: str, currency: str) -> Unclear:
    """Return the question between the two readings of a mark."""
    unit = 10 ** exponent(currency)
    small = format_money(Money(int(Decimal(f"{lead}.{tail}") * unit), currency), locale)
    large = format_money(Money(int(lead + tail.ljust(3, "0")) * unit, currency), locale)
    return Unclear(f"Is that {small} or {large}? Write it that way.")


def _split(figure: str, decimal_mark: str, group_mark: str, currency: str) -> Decimal:
    """Read a numeral with marks of thousands, each of which must stand before three figures."""
    whole, _, tail = figure.rpartition(decimal_mark) if decimal_mark else (figure, "", "")
    groups = whole.split(group_mark)
    by_three = all(len(group) == 3 for group in groups[1:])
    indian = (
        currency in {"INR", "PKR", "NPR", "LKR"} and len(groups[-1]) == 3 and all(len(g) == 2 for g in groups[1:-1])
    )
    if not 1 <= len(groups[0]) <= 3 or not (by_three or indian) or len(tail) > exponent(currency) or figure[0] == "0":
        raise Unclear(f'"{figure}" does not read as one number. Write it without marks, such as 1250.')
    return Decimal(f"{''.join(groups)}.{tail or 0}")


def _minor(value: Decimal, currency: str, locale: str) -> int:
    minor = value * 10 ** exponent(currency)
    if minor != int(minor):
        raise Unclear(f"There is no coin that small in {currency}. Write it such as {_example(currency, locale)}.")
    if minor <= 0:
        raise Unclear("An amount has to be more than zero.")
    if minor > LARGEST_MINOR:
        raise Unclear("That is more money than Ivy can take down. Is there a zero too many?")
    return int(minor)
