"""What an example teaches: which of its words are fixed and which stand for an argument. May import: domain, phrase_grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, TypeGuard, cast

from ivy.domain.examples import Example
from ivy.emulators.phrase_grammar import (
    AMOUNT,
    COURTESY,
    DETERMINERS,
    FILLER,
    FUNCTION_WORDS,
    GAP,
    NEGATIONS,
    SPAN,
    TIME,
    compose,
    fold,
    words_in,
)
from ivy.emulators.phrase_values import (
    Path,
    choices_of,
    copy_of,
    fitted,
    leaves_of,
    number_in,
    put_at,
    says_something,
    value_at,
)

Kind = Literal["amount", "span", "time", "text"]

_LONGEST = 600
_EDGES = " \t,;:.!?¡¿\"“”'…-–—"
_SHAPES: dict[Kind, str] = {"amount": AMOUNT, "span": SPAN, "time": TIME, "text": r"(?<!\w)\S.*?(?!\w)"}
_HOURS = frozenset({"at", "las"})
_STARTS = frozenset({"in", "en"})
_LEADING = {
    "at",
    "on",
    "by",
    "in",
    "to",
    "for",
    "the",
    "a",
    "an",
    "that",
    "la",
    "las",
    "el",
    "en",
    "para",
    "de",
    "por",
    "que",
}
"""Words that belong to what follows them, and move with it."""


@dataclass(frozen=True)
class Fixed:
    word: str
    needed: bool


@dataclass(frozen=True)
class Slot:
    kind: Kind
    paths: tuple[Path, ...]
    number: int


Item = Fixed | Slot


@dataclass(frozen=True)
class Found:
    """One reading of a sentence; the greatest `rank` is the best."""

    tool: str
    arguments: dict[str, Any]
    rank: tuple[int, ...]
    pattern: Pattern


class Pattern:
    """One example, or the same with two of its parts swapped."""

    def __init__(self, example: Example, items: Sequence[Item], order: int) -> None:
        self.example = example
        self._items = tuple(items)
        self._order = order
        self._needed = frozenset(item.word for item in items if isinstance(item, Fixed) and item.needed)
        self._slots = [item for item in items if isinstance(item, Slot)]

    # Made when first needed: together they take seconds, and most examples are never tried.
    @cached_property
    def _whole(self) -> re.Pattern[str]:
        body = _body(self._items, loose=False)
        return re.compile(rf"{GAP}(?:{FILLER}{GAP})*{body}(?:{GAP}{COURTESY})*{GAP}$", re.DOTALL)

    @cached_property
    def _inside(self) -> re.Pattern[str]:
        return re.compile(_body(self._items, loose=not self._slots) + rf"(?:{GAP}{COURTESY})*{GAP}$", re.DOTALL)

    @cached_property
    def _anywhere(self) -> re.Pattern[str]:
        return re.compile(_body(self._items, loose=True), re.DOTALL)

    def read(self, sentence: str, folded: str, words: frozenset[str], schema: Mapping[str, Any]) -> Found | None:
        """Return the sentence read by this example, or None if it says something else."""
        if not self._needed <= words:
            return None
        found = self._whole.match(folded)
        stray = 0
        if found is None:
            found = self._loosely(folded)
            if found is None:
                return None
            outside = f"{folded[: found.start()]} {folded[found.end() :]}"
            stray = sum(word not in FUNCTION_WORDS for word in words_in(outside))
        arguments = self._filled(found, sentence, schema)
        if arguments is None:
            return None
        literals = len(self._needed) + sum(
            group is not None for name, group in found.groupdict().items() if name.startswith("f")
        )
        loose = sum(len(found[f"s{slot.number}"]) for slot in self._slots if slot.kind == "text")
        rank = (int(stray == 0), literals, len(self._slots), -stray, -loose, -self._order)
        return Found(self.example.tool, arguments, rank, self)

    def _loosely(self, folded: str) -> re.Match[str] | None:
        """Look for the example inside a longer sentence, as long as most of what is said is the example."""
        if self._needed <= FUNCTION_WORDS:
            return None
        found = self._inside.search(folded) if self._slots else self._anywhere.search(folded)
        if found is None or NEGATIONS.search(folded[: found.start()]):
            return None
        said = [word for word in words_in(folded) if word not in FUNCTION_WORDS]
        known = len(self._needed) + sum(len(words_in(found[f"s{slot.number}"])) for slot in self._slots)
        return found if len(said) <= 2 * known else None

    def _filled(self, found: re.Match[str], sentence: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        arguments = cast("dict[str, Any]", copy_of(self.example.arguments))
        for slot in self._slots:
            start, end = found.span(f"s{slot.number}")
            text = sentence[start:end].strip(_EDGES if slot.kind != "amount" else " ")
            if slot.kind == "text" and not says_something(fold(text)):
                return None
            for path in slot.paths:
                value = fitted(text, value_at(arguments, path), choices_of(schema, path))
                if value is None:
                    return None
                put_at(arguments, path, value)
        return arguments


class Phrasebook:
    """All that the examples teach."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._patterns: list[Pattern] = []
        for example in examples:
            items = _learn(example)
            for variant in (items, *_swapped(items)):
                self._patterns.append(Pattern(example, variant, len(self._patterns)))

    def read(self, words: str, offered: Mapping[str, Mapping[str, Any]]) -> list[Found]:
        """Return what each line, or each sentence of it, asks for; tools that are not offered are not there."""
        lines = (line.strip().lstrip("-*•").strip() for line in words.splitlines())
        return [found for line in lines if line for found in self._line(line[:_LONGEST], offered)]

    def _line(self, line: str, offered: Mapping[str, Mapping[str, Any]]) -> list[Found]:
        whole = self._best(line, offered)
        sentences = re.split(r"(?<=[.!?])\s+(?=\S)", line)
        each = [self._best(sentence, offered) for sentence in sentences]
        found = [one for one in each if one is not None]
        # "Note: buy milk. Eggs too." is one note: what follows belongs to its free text.
        if whole is not None and (len(found) < 1 or (len(found) == 1 and found[0].pattern is whole.pattern)):
            return [whole]
        return found

    def _best(self, sentence: str, offered: Mapping[str, Mapping[str, Any]]) -> Found | None:
        sentence = compose(sentence)
        folded = fold(sentence)
        words = frozenset(word.replace("'", "") for word in words_in(folded)) | frozenset(words_in(folded))
        readings = (
            pattern.read(sentence, folded, words, offered[pattern.example.tool])
            for pattern in self._patterns
            if pattern.example.tool in offered
        )
        return max((one for one in readings if one is not None), key=lambda one: one.rank, default=None)


# --- learning --------------------------------------------------------------------------------------


def _learn(example: Example) -> list[Item]:
    """Split a phrase into fixed words and slots: places where an argument stands as it is."""
    phrase = compose(example.phrase).strip()
    folded = fold(phrase)
    spans: dict[tuple[int, int], list[Path]] = {}
    leaves = sorted(leaves_of(example.arguments), key=lambda leaf: -len(str(leaf[1])))
    for path, value in leaves:
        span = _place(value, folded, [span for span in spans if spans[span]])
        if span is not None:
            spans.setdefault(span, []).append(path)
    items: list[Item] = []
    end = 0
    for number, (span, paths) in enumerate(sorted(spans.items())):
        items += _literals(folded[end : span[0]])
        items.append(Slot(_kind(folded[slice(*span)], items), tuple(paths), number))
        end = span[1]
    items = _parted([*items, *_literals(folded[end:])])
    if not spans:  # "call me" is not "call John": nothing else of it says for whom
        items = [replace(one, needed=True) if isinstance(one, Fixed) and one.word == "me" else one for one in items]
    if _is_anchored(items):
        return items
    # Nothing of its own to know the phrase by: its free text is taken as fixed, or it would match everything.
    texts = {number: folded[slice(*span)] for number, span in enumerate(sorted(spans))}
    items = [one for item in items for one in (_literals(texts[item.number]) if _is_text(item) else [item])]
    return items if _is_anchored(items) else [Fixed(i.word, needed=True) if isinstance(i, Fixed) else i for i in items]


def _parted(items: list[Item]) -> list[Item]:
    """Make small words needed that alone stand between two free texts: nothing else tells where one ends."""
    slots = [place for place, item in enumerate(items) if isinstance(item, Slot)]
    parted = list(items)
    for place, later in pairwise(slots):
        between = items[place + 1 : later]
        if _is_text(items[place]) and _is_text(items[later]) and not _is_anchored(between):
            parted[place + 1 : later] = [replace(one, needed=True) for one in between if isinstance(one, Fixed)]
    return _held(parted)


def _held(items: list[Item]) -> list[Item]:
    """Make the word right before a first free text needed if no other is: "I'm in Lisbon now" is not "anything now"."""
    first = next((place for place, item in enumerate(items) if _is_text(item)), 0)
    before = items[first - 1] if first else None
    if isinstance(before, Fixed) and _is_anchored(items) and not _is_anchored(items[:first]):
        return [*items[: first - 1], replace(before, needed=True), *items[first:]]
    return items


def _is_anchored(items: Sequence[Item]) -> bool:
    return any(isinstance(item, Fixed) and item.needed for item in items)


def _is_text(item: Item) -> TypeGuard[Slot]:
    return isinstance(item, Slot) and item.kind == "text"


def _literals(text: str) -> list[Item]:
    words = [word.replace("'", "") for word in words_in(text)]
    return [Fixed(word, needed=word not in FUNCTION_WORDS) for word in words]


def _place(value: str | int | float, folded: str, taken: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Return where a value stands in the phrase on its own, away from what is taken (or exactly there)."""
    if isinstance(value, str):
        wanted = fold(compose(value.strip()))
        if not wanted or wanted in FUNCTION_WORDS:
            return None
        places = re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded)
    else:
        places = (found for found in re.finditer(AMOUNT, folded) if number_in(found[0]) == value)
    for found in places:
        if found.span() in taken or all(found.end() <= start or end <= found.start() for start, end in taken):
            return found.span()
    return None


def _kind(value: str, before: Sequence[Item]) -> Kind:
    last = before[-1] if before else None
    word = last.word if isinstance(last, Fixed) else ""
    if word not in _HOURS and re.fullmatch(AMOUNT, value):
        return "amount"
    if word not in _STARTS and re.fullmatch(SPAN, value):
        return "span"
    return "time" if re.fullmatch(TIME, value) else "text"


def _swapped(items: list[Item]) -> Iterator[list[Item]]:
    """A time may stand before or after the free text: "at 9 to call John", "to call John at 9"."""
    for place, item in enumerate(items):
        later = next((at for at in range(place + 1, len(items)) if isinstance(items[at], Slot)), None)
        if not isinstance(item, Slot) or later is None:
            continue
        other = items[later]
        if not isinstance(other, Slot) or {item.kind, other.kind} != {"time", "text"}:
            continue
        between = items[place + 1 : later]
        if any(isinstance(one, Fixed) and one.needed for one in between):
            continue
        start = place
        while start and isinstance(before := items[start - 1], Fixed) and before.word in _LEADING:
            start -= 1
        yield [*items[:start], *between, other, *items[start : place + 1], *items[later + 1 :]]


# --- matching --------------------------------------------------------------------------------------


def _body(items: Sequence[Item], *, loose: bool) -> str:
    """Return the expression for the items in their order; `loose` lets other words stand between the fixed ones."""
    parts: list[str] = []
    for place, item in enumerate(items):
        gap = GAP if place + 1 < len(items) else ""
        match item:
            case Slot():
                lead = r"(?:(?:at|on|by)\s+)?" if item.kind == "time" else ""
                parts.append(f"{lead}(?P<s{item.number}>{_SHAPES[item.kind]}){gap}")
            case Fixed(needed=True):
                between = gap if not gap or isinstance(items[place + 1], Slot) else rf"{gap}(?:{DETERMINERS}{gap})?"
                parts.append(rf"\b{_spelt(item.word)}\b" + (r".*?" if loose and gap else between))
            case Fixed():
                parts.append(rf"(?:(?P<f{place}>\b{_spelt(item.word)}\b){gap})?")
    return "".join(parts)


def _spelt(word: str) -> str:
    return "'?".join(map(re.escape, word))
