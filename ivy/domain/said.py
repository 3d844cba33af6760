"""Reading short phrases that people type: one spelling for all, a cursor over words, a plain refusal.

May import: the standard library and the errors.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from ivy.errors import IvyError

LONGEST = 160
_SAME_AS = str.maketrans(
    {"’": "'", "‘": "'", "´": "'", "`": "'", "–": "-", "—": "-", "−": "-", "‑": "-", "\xa0": " ", "\u202f": " "}
)


class Unclear(IvyError, ValueError):
    """A phrase without one sure meaning; the message is a sentence for the person: what to write, or what to answer."""


def language(locale: str) -> str:
    """Return "es" or "en" for a tag such as "es-CO"; every other language is read and answered as English."""
    return "es" if re.split("[-_]", locale.lower())[0] == "es" else "en"


def region(locale: str) -> str:
    """Return the country or area of a tag such as "es-CO", "es_419" or "zh-Hant-TW"; "US" for bare English, or ""."""
    parts = re.split("[-_]", locale.upper())
    areas = [part for part in parts[1:] if len(part) == 2 or part.isdigit()]
    return areas[0] if areas else "US" if parts[0] == "EN" else ""


def fold(text: str) -> str:
    """Return a phrase in lower case, without accents, with plain quotes, dashes and spaces. Raises: Unclear."""
    if len(text) > LONGEST:
        raise Unclear("That is too long to read as one amount or one time. Write just that part.")
    plain = unicodedata.normalize("NFKD", text.translate(_SAME_AS)).translate(_SAME_AS)
    bare = "".join(
        str(unicodedata.digit(letter)) if letter.isdigit() else letter  # the digits of every script
        for letter in plain
        if not unicodedata.combining(letter)
    )
    return " ".join(bare.lower().split())


def word_set(words: str) -> frozenset[str]:
    """Return the set of words listed in a text: shorter to read than as many literals."""
    return frozenset(words.split())


class Words:
    """A cursor over the words of a phrase; what is past the end reads as ""."""

    def __init__(self, words: Sequence[str]) -> None:
        self.all = words
        self.end = len(words)
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < self.end

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.all[at] if 0 <= at < self.end else ""

    def next(self) -> str:
        self.at += 1
        return self.all[self.at - 1]

    def take(self, *options: str) -> str:
        """Step over the next word and return it if it is one of these, else return ""."""
        return self.next() if self and self.peek() in options else ""

    def phrase(self, *phrases: str) -> str:
        """Step over the first of these phrases that stands next and return it, else return ""."""
        for phrase, words in _by_first_word(phrases).get(self.peek(), ()):
            if len(words) == 1 or tuple(self.all[self.at : self.at + len(words)]) == words:
                self.at += len(words)
                return phrase
        return ""


@cache
def _by_first_word(phrases: tuple[str, ...]) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Return the phrases with their words, under the first of them, in their order: most words begin none."""
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for phrase in phrases:
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append((phrase, words))
    return found
