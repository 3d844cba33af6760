"""A person's text made plain: no case, accents, invisible characters or punctuation. May import: the standard library."""

import re
import unicodedata
from functools import lru_cache

_LONGEST = 4096
"""What one WhatsApp text may hold; the rest of a longer one is not looked at."""

_REMEMBERED = 256
"""Texts whose words are kept for a moment: each of a dozen rules asks for them anew when a message comes."""

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´′＇"))
_BLANKS = dict.fromkeys(map(ord, "\u00ad\u115f\u1160\u2800\u3164\uffa0"), "")
"""Characters that show nothing and that Unicode does not call invisible."""

_UNSEEN = {"Mn", "Me", "Cf", "Sk", "Cn", "Co", "Cs"}
"""Accents, enclosing marks, zero-width characters, skin tones."""

_CLAUSE_END = re.compile(r"[.,:]+(?=\s|$)|[;!?\n\r()\"“”«»¡¿]+|\s[-–—]+\s")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")


@lru_cache(_REMEMBERED)
def clauses_of(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the plain words of each clause; an emoji is a word. "Stop, PLEASE! 🛑" is ((stop), (please), (🛑))."""
    clauses = (_words(clause) for clause in _CLAUSE_END.split(_plain(text)))
    return tuple(words for words in clauses if words)


@lru_cache(_REMEMBERED)
def words_of(text: str) -> tuple[str, ...]:
    """Return the plain words of the whole text, in order."""
    return tuple(word for clause in clauses_of(text) for word in clause)


def word_set(spaced: str) -> frozenset[str]:
    """Return the words of a plain line, for tables of words that read as text."""
    return frozenset(spaced.split())


def is_emoji(word: str) -> bool:
    return not word[0].isalnum()


def one_slip(typed: str, meant: str) -> bool:
    """Say whether one slip at most (a letter lost, added, changed, or two swapped) lies between the words."""
    if len(typed) > len(meant):
        typed, meant = meant, typed
    at = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), len(typed))
    if len(typed) < len(meant):
        return typed[at:] == meant[at + 1 :]
    swapped = typed[at : at + 2] == meant[at : at + 2][::-1] and typed[at + 2 :] == meant[at + 2 :]
    return swapped or typed[at + 1 :] == meant[at + 1 :]


def _plain(text: str) -> str:
    shown = text[:_LONGEST].translate(_APOSTROPHES).translate(_BLANKS)
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", shown).casefold())
    seen = "".join(letter for letter in letters if unicodedata.category(letter) not in _UNSEEN)
    return _STRETCHED.sub(r"\1", seen)


def _words(clause: str) -> tuple[str, ...]:
    spaced = (c if c.isalnum() else f" {c} " if unicodedata.category(c) == "So" else " " for c in clause)
    return tuple("".join(spaced).split())
