"""Pictures in requests to emulated models: held to the vendors' rules, and counted by their size. May import: the domain.

Sources: Anthropic, "Vision"; OpenAI, "Images and vision"; November 2026.
"""

import base64
import binascii
import re
from functools import cache
from importlib.resources import files
from typing import Any, cast

from ivy.domain import file_kinds, picture_tokens
from ivy.domain.media import LONGEST_EDGE, SEEN
from ivy.domain.picture_tokens import PictureTokens

MOST_PICTURES = 100
LONGEST_BASE64 = 5 * 1024 * 1024
_DATA = re.compile(r"data:(?P<mime>[a-z/+.-]+);base64,(?P<data>.*)", re.DOTALL)


def complaint_of(mime: Any, data: Any) -> str:
    """Return what is wrong with a picture in base64, or nothing."""
    if mime not in SEEN:
        return f"media_type must be one of {sorted(SEEN)}"
    if not isinstance(data, str) or not data:
        return "data is required"
    if len(data) > LONGEST_BASE64:
        return f"image exceeds 5 MB maximum: {len(data)} bytes > {LONGEST_BASE64} bytes"
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return "data is no base64"
    if mime not in file_kinds.kinds_of(content):
        return f"the image does not appear to be {mime}"
    if max(file_kinds.size_of(content) or (0, 0)) > LONGEST_EDGE:
        return f"image dimensions exceed {LONGEST_EDGE} pixels"
    return ""


def of_url(url: Any) -> tuple[str, str] | None:
    """Return the type and base64 of a data URL, or None for another address."""
    found = _DATA.fullmatch(url) if isinstance(url, str) else None
    return (found["mime"], found["data"]) if found else None


@cache
def _formulas() -> PictureTokens:
    return picture_tokens.load(files("ivy").joinpath("data", picture_tokens.FILE).read_text(encoding="utf-8"))


def tokens_of(data: str, model: str) -> int:
    """Return what a picture in base64 costs."""
    head = base64.b64decode(data[: file_kinds.HEAD * 4 // 3 // 4 * 4])
    return _formulas().of(*(file_kinds.size_of(head) or (0, 0)), [model])


def without(value: Any, model: str) -> tuple[Any, int]:
    """Return a part of a request without its pictures' bytes, which are no words, and what those pictures cost."""
    match value:
        case {"type": "image", "source": {"type": "base64", "data": str(data)}}:
            return {"type": "image"}, tokens_of(data, model)
        case {"type": "image_url", "image_url": {"url": url}}:
            picture = of_url(url)
            return {"type": "image_url"}, tokens_of(picture[1] if picture else "", model)
        case dict():
            found = {name: without(one, model) for name, one in cast("dict[str, Any]", value).items()}
            return {name: one for name, (one, _) in found.items()}, sum(cost for _, cost in found.values())
        case list():
            parts = [without(one, model) for one in cast("list[Any]", value)]
            return [one for one, _ in parts], sum(cost for _, cost in parts)
        case _:
            return value, 0
