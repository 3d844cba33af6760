"""Whether prose has a number in it that nobody counted. May import: the reading of phrases.

Numbers in figures, in words of English and Spanish, and as parts or multiples ("half", "el doble") are all found. What
cannot be read for sure counts as invented: the prose is then left out, which costs nothing.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation

from ivy.domain.numbers_said import HALVES, SCALES, is_figure, read_number
from ivy.domain.said import Words, word_set

_TOKEN = re.compile(r"[0-9]+(?:[.,:/'][0-9]+)*|[^\W\d_]+|[^\w\s-]")
_ARTICLES = word_set("a an un una")
_SCALES = frozenset({*SCALES, "hundred"})
_VAGUE = word_set(
    "half halves halved twice thrice double doubled triple tripled dozen dozens couple percent percentage fraction quarter "
    "mitad medio media doble dobles triple docena docenas duplicaste duplicado par porcentaje porciento tercio fraccion ciento "
    "hundreds thousands millions cientos miles millon millones"
)
"""Quantities that are no number of ours."""
_ORDINALS = {
    word: number
    for number, words in enumerate(
        (
            "first primero primera primer",
            "second segundo segunda",
            "third tercero tercera tercer",
            "fourth cuarto cuarta",
            "fifth quinto quinta",
            "sixth sexto sexta",
            "seventh septimo septima",
            "eighth octavo octava",
            "ninth noveno novena",
            "tenth decimo decima",
        ),
        start=1,
    )
    for word in words.split()
}


def check(prose: str, numbers: Collection[Decimal]) -> bool:
    """Say whether every number in a text is one of these. False too for what may be a number and cannot be read."""
    given = frozenset(numbers)
    return all(not found.isdisjoint(given) for found in _found(prose))


def names_one(prose: str, numbers: Collection[Decimal]) -> bool:
    """Say whether a text has at least one of these numbers in it: it is about them, and not about something else."""
    given = frozenset(numbers)
    return any(not found.isdisjoint(given) for found in _found(prose))


def _found(prose: str) -> Iterator[frozenset[Decimal]]:
    """Yield what each number in a text may stand for; nothing at all for one that cannot be read."""
    if any(_is_odd(letter) for letter in prose):
        yield frozenset()
    words = Words(_TOKEN.findall(_plain(prose)))
    while words:
        word = words.peek()
        if word in _VAGUE or word in HALVES or word == "%":
            words.next()
            yield frozenset()
        elif word in _ORDINALS:
            words.next()
            yield frozenset({Decimal(_ORDINALS[word])})
        elif word in _ARTICLES and words.peek(1) not in _SCALES:
            words.next()
        elif is_figure(word) and words.peek(1) not in _SCALES:
            yield _readings(words.next())
        elif (value := read_number(words, _figure)) is not None:
            yield frozenset({value})
        else:
            words.next()


def _plain(text: str) -> str:
    """Return a text in lower case, without accents, with figures of every script as 0 to 9."""
    bare = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in bare).lower()


def _is_odd(letter: str) -> bool:
    """Say whether a character is a number by itself, such as ½, ², Ⅳ or 三."""
    return not letter.isdecimal() and unicodedata.numeric(letter, None) is not None


def _figure(word: str, _scaled: bool) -> Decimal:
    """Read a figure before "thousand" and the like, where a mark parts decimals: "2.5 million"."""
    try:
        return Decimal(word.replace(",", "."))
    except InvalidOperation:  # a time of day, a date
        return Decimal(-1)


def _readings(figure: str) -> frozenset[Decimal]:
    """Return what a figure may mean: "1.500" is one and a half to some, and fifteen hundred to others."""
    if not set(figure) <= set("0123456789.,"):
        return frozenset()  # a time of day, a date
    found = {Decimal(figure)} if figure.isdecimal() else set[Decimal]()
    for mark, group in ((".", ","), (",", ".")):
        whole, _, rest = figure.partition(mark)
        groups = whole.split(group)
        if mark in rest or group in rest or not all(groups) or any(len(each) != 3 for each in groups[1:]):
            continue
        found.add(Decimal("".join(groups) + (f".{rest}" if rest else "")))
    return frozenset(found)
