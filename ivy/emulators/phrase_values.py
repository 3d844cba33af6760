"""What the words in a place mean: numbers, choices, and where in the arguments they go. May import: phrase_grammar."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ivy.emulators.phrase_grammar import FUNCTION_WORDS, TIME, compose, fold, words_in

Path = tuple[str | int, ...]
"""The way to one value inside a tool's arguments."""

_FACTORS = {
    **dict.fromkeys(("k", "mil", "lucas", "thousand", "grand"), 1_000),
    **dict.fromkeys(("million", "millions", "millon", "millones"), 1_000_000),
}
_NUMBER = re.compile(rf"(?P<digits>\d+(?:[.,]\d+)*)\s?(?:(?P<factor>{'|'.join(_FACTORS)})\b)?")


def leaves_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, str | int | float]]:
    """Return every text and number inside arguments, with its path; truths are not said in so many words."""
    if isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            yield from leaves_of(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(cast("list[Any]", value)):
            yield from leaves_of(inner, (*path, place))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, value


def says_something(folded: str) -> bool:
    """Tell free text from left-over small words, and from a time that some other example would know what to do with."""
    return not all(word in FUNCTION_WORDS for word in words_in(folded)) and not re.fullmatch(TIME, folded)


def number_in(text: str) -> float | None:
    """Return the number in a text, in either way of writing fractions; `k`, `mil` and the like are thousands."""
    found = _NUMBER.search(text.lower())
    if found is None:
        return None
    digits = found["digits"]
    # The last separator divides units from fractions, unless three digits follow: 1,200 and 1.200 are thousands.
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        digits = re.sub("[.,]", "", digits)
    whole, _, fraction = digits.replace(",", ".").rpartition(".")
    value = float(f"{whole.replace('.', '')}.{fraction}") if whole else float(fraction)
    return value * _FACTORS.get(found["factor"] or "", 1)


def fitted(text: str, example: Any, choices: Sequence[str]) -> Any:
    """Return what was said in the example's type, or None if the schema has no such choice."""
    if choices and isinstance(example, str):
        return next((choice for choice in choices if fold(compose(choice)) == fold(compose(text))), None)
    if isinstance(example, str):
        return text
    value = number_in(text)
    return int(value) if value is not None and isinstance(example, int) and value.is_integer() else value


def choices_of(schema: Mapping[str, Any], path: Path) -> Sequence[str]:
    """Return the texts an argument of the top level may have, if the schema lists them."""
    if len(path) != 1:
        return ()
    field: Any = schema.get("properties", {}).get(path[0], {})
    if isinstance(reference := field.get("$ref"), str):
        field = schema.get("$defs", {}).get(reference.rsplit("/", 1)[-1], {})
    return [choice for choice in field.get("enum", ()) if isinstance(choice, str)]


def copy_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: copy_of(inner) for name, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [copy_of(inner) for inner in cast("list[Any]", value)]
    return value


def value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def put_at(arguments: Any, path: Path, value: Any) -> None:
    value_at(arguments, path[:-1])[path[-1]] = value
