"""Text into BERT's pieces of words, without a package for it. May import: the standard library.

As the reference tokenizer of all-MiniLM-L6-v2 does it: clean, blanks around Chinese, lower case without accents, punctuation
by itself, then greedily the longest piece. Source: google-research/bert, tokenization.py.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

VOCABULARY = Path(__file__).parents[1] / "data" / "minilm" / "vocab.txt"
LONGEST_WORD = 100
_CHINESE = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """A vocabulary, one piece a line, by the number of its line."""

    def __init__(self, vocabulary: Path = VOCABULARY) -> None:
        pieces = vocabulary.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        self._ids: Mapping[str, int] = {piece: number for number, piece in enumerate(pieces)}
        self._start, self._end, self._unknown = (self._ids[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    def ids(self, text: str, *, longest: int) -> list[int]:
        """Return the numbers of a text's pieces, its start and end among them, `longest` at most."""
        found = [piece for word in words(text) for piece in self._pieces(word)]
        return [self._start, *found[: longest - 2], self._end]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                if (piece := self._ids.get(prefix + word[start:end])) is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                return [self._unknown]
        return found


def words(text: str) -> Iterator[str]:
    """Split a text into words and marks, lower case, without accents."""
    for word in "".join(_cleaned(text)).split():
        letters = unicodedata.normalize("NFD", word.lower())
        yield from "".join(
            f" {each} " if _is_mark(each) else each for each in letters if unicodedata.category(each) != "Mn"
        ).split()


def _cleaned(text: str) -> Iterator[str]:
    for letter in text:
        if letter in "\t\n\r" or unicodedata.category(letter) == "Zs":
            yield " "
        elif letter in "\0\ufffd" or unicodedata.category(letter).startswith("C"):
            continue
        elif any(first <= ord(letter) <= last for first, last in _CHINESE):
            yield f" {letter} "
        else:
            yield letter


def _is_mark(letter: str) -> bool:
    ascii_mark = letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
    return ascii_mark or unicodedata.category(letter).startswith("P")
