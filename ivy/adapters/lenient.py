"""Reading JSON that may be anything: what is there and fits, or nothing; never a surprise. May import: ports and below.

The standard library's parser and not msgspec's: Meta cuts names in the middle of an emoji, and half an emoji
(a lone surrogate) would cost the whole delivery with a strict one.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, cast

from ivy.domain.invisible import strip_invisible
from ivy.errors import Unreadable

DEEPEST = 100
"""Meta nests about 12 levels; what nests deeper was made to exhaust a parser."""
NO_TIME = datetime.fromtimestamp(0, UTC)
"""Stands where the vendor gave no time and none is needed to act."""
_MILLISECONDS_FROM = 100_000_000_000
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
"""How half a character is written: only so can one come through UTF-8."""
_SHAPES = bytes.maketrans(b"123456789E", b"000000000e")
_LONG = b"0" * 18
_POWER = re.compile(rb"0e[-+0]")
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NUMBER_WITH_POWER = re.compile(rb"[\s:,\[]-?0+(?:\.0+)?e[-+0]\Z")


class Malformed(Exception):
    """This part cannot be read; others may."""


Object = Mapping[str, Any]
NOTHING: Object = {}


def read_object(body: bytes) -> Object:
    """Return the JSON object in `body`: numbers beyond 64 bits as their digits, halves of characters as U+FFFD.

    Raises: Unreadable.
    """
    try:
        tree: Any = (_EXACT if _has_odd_numbers(body) else _QUICK).decode(body.decode())
        # Seldom, since it is slow: a call's transcript has thousands of parts.
        if _HALF_CHARACTER.search(body) or _nests_deep(body):
            tree = _whole_characters(tree, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from error
    if not isinstance(tree, dict):
        raise Unreadable("not a JSON object")
    return cast(Object, tree)


def _nests_deep(body: bytes) -> bool:
    """Say whether something nests too deep in what is JSON: brackets that hold none are taken away, level by level."""
    if body.count(b"{") + body.count(b"[") <= DEEPEST:
        return False
    outside_texts = body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    brackets, levels = b"".join(outside_texts).translate(_ONE_KIND, _NO_BRACKETS), 0
    while brackets and levels < DEEPEST:
        brackets, levels = brackets.replace(b"[]", b""), levels + 1
    return bool(brackets)


def _has_odd_numbers(body: bytes) -> bool:
    """Say whether a number may be beyond 64 bits: a look costs less than a call for each number of a transcript."""
    shapes = body.translate(_SHAPES)
    return _LONG in shapes or any(
        _NUMBER_WITH_POWER.search(shapes, max(0, power.start() - 2 * len(_LONG) - 2), power.end())
        for power in _POWER.finditer(shapes)
    )


def _whole(digits: str) -> int | str:
    # Up to 18 digits fit every 64-bit reader of ours; an id that came as a longer number stays exact as text.
    return int(digits) if len(digits) <= 18 else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_QUICK = json.JSONDecoder(parse_constant=_refuse_constant)
_EXACT = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_refuse_constant)


def _whole_characters(value: Any, depth: int) -> Any:
    if depth < 0:
        raise ValueError(f"nested deeper than {DEEPEST}")
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_whole_characters(item, depth - 1) for item in cast(list[Any], value)]
        case dict():
            pairs = cast(dict[str, Any], value).items()
            return {_whole_characters(key, depth): _whole_characters(item, depth - 1) for key, item in pairs}
        case _:
            return value


def as_object(value: Any) -> Object:
    """Return an object, or an empty one for anything else."""
    return cast(Object, value) if isinstance(value, dict) else NOTHING


def need_object(value: Any, what: str) -> Object:
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not an object")
    return cast(Object, value)


def objects(holder: Object, key: str) -> list[Object]:
    """Return the objects of a list that may be missing; what is no object is left out."""
    value: Any = holder.get(key)
    return (
        [as_object(item) for item in cast(list[Any], value) if isinstance(item, dict)]
        if isinstance(value, list)
        else []
    )


def ident(holder: Object, key: str) -> str:
    """Return an id, opaque: text as it is, a whole number as its digits, "" for anything else."""
    value = holder.get(key)
    if isinstance(value, bool):
        return ""
    return str(value).strip() if isinstance(value, str | int) else ""


def need_ident(holder: Object, key: str) -> str:
    if not (found := ident(holder, key)):
        raise Malformed(f"no {key}")
    return found


def word(holder: Object, key: str) -> str:
    """Return a text of the vendor's own making, or ""."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def prose(holder: Object, key: str) -> str:
    """Return what a person wrote, without what nobody can see, or ""."""
    return strip_invisible(word(holder, key))


def number(holder: Object, key: str) -> float:
    """Return a finite number, also from text. Raises: Malformed."""
    value = holder.get(key)
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise Malformed(f"{key} is not a number")
    return found


def whole_number(holder: Object, key: str) -> int:
    """Return a whole number, also from text, or 0."""
    try:
        found = number(holder, key)
    except Malformed:
        return 0
    return int(found) if abs(found) < 2**53 else 0


def instant(holder: Object, key: str) -> datetime:
    """Return unix seconds (or milliseconds), text or number, as an instant in UTC. Raises: Malformed."""
    seconds = number(holder, key)
    if abs(seconds) >= _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed(f"{key} is not a time") from error


def instant_or(holder: Object, key: str, default: datetime) -> datetime:
    try:
        return instant(holder, key)
    except Malformed:
        return default


def raw(value: Any) -> str:
    """Return a part as JSON again, for keeping."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
