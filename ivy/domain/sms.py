"""How long a text is as SMS, what it is billed as, and how it is cut. May import: splitting.

A text of GSM-7 letters alone has 160 to a segment, any other 70 (UCS-2): one emoji, or one Spanish á, more than doubles
its price. Source: 3GPP TS 23.038 (alphabet) and 23.040 (joined messages); Twilio's limits as of 2026-11.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ivy.domain.splitting import split_text

LONGEST = 1600
"""What Twilio takes as one message, counted here in UTF-16 units, the stricter way."""
MOST_SEGMENTS = 6

# --- counting --------------------------------------------------------------------------------------

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""These take two septets, an escape and a letter, which are never parted."""
_GSM_ALONE, _GSM_JOINED = 160, 153
_UCS_ALONE, _UCS_JOINED = 70, 67


@dataclass(frozen=True)
class Count:
    """`units` are septets of GSM-7, or UTF-16 units of UCS-2."""

    gsm: bool
    units: int
    segments: int


def count(text: str) -> Count:
    """Measure a text that is sent as it is; an empty one has no segment."""
    gsm = all(letter in BASIC or letter in EXTENDED for letter in text)
    if gsm:
        sizes, alone, joined = [2 if letter in EXTENDED else 1 for letter in text], _GSM_ALONE, _GSM_JOINED
    else:
        sizes, alone, joined = [2 if letter > "\uffff" else 1 for letter in text], _UCS_ALONE, _UCS_JOINED
    units = sum(sizes)
    return Count(gsm, units, min(units, 1) if units <= alone else _filled(sizes, joined))


def cost_segments(text: str) -> int:
    """Return how many segments a text is billed as."""
    return count(text).segments


def _filled(sizes: Iterable[int], room: int) -> int:
    """Return how many segments are filled one after the other, when no letter may lie in two."""
    segments, left = 1, room
    for size in sizes:
        if size > left:
            segments, left = segments + 1, room
        left -= size
    return segments


def utf16_units(text: str) -> int:
    return len(text) + sum(letter > "\uffff" for letter in text)


# --- plain words -------------------------------------------------------------------------------------

_SWAPS = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″\u02ba", '"'),
        **dict.fromkeys("‘’‚‛‹›′´\u02b9\u02bb\u02bc\u02bd\u02c8", "'"),
        **dict.fromkeys("‐‑‒–—―−⁃•‣", "-"),
        **dict.fromkeys("\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f", " "),
        **dict.fromkeys("\v\u0085\u2028\u2029", "\n"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff"),
        **dict.fromkeys(map(chr, [*range(9), *range(14, 32), 127])),
        "…": "...",
        "⁄": "/",
        "×": "x",
        "→": "->",
        "←": "<-",
        "≤": "<=",
        "≥": ">=",
    }
)  # fmt: skip
_DASH_BETWEEN_WORDS = re.compile(r"(?<=\w)[—―](?=\w)")
_DOT_BETWEEN_WORDS = re.compile(r"(?<= )·(?= )")
# A mark opens before a word and closes after one, so that 2*3*4, snake_case_names and addresses are left alone.
_MARKS = tuple(
    re.compile(rf"(?<![^\W_]){edge}{mark}(?=\S)([^{mark}\n]+)(?<=\S){mark}(?![^\W_]|{mark})")
    for mark, edge in ((r"\*", r"(?<!\*)"), ("_", "(?<!_)"))
)
_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ADDRESS = re.compile(r"((?:https?://|www\.)\S+)")


def plain(text: str) -> str:
    """Return a text without WhatsApp's marks, its typography in GSM-7 letters where that loses nothing.

    Accents and emoji stay, whatever they cost. Doing it twice changes nothing.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _DASH_BETWEEN_WORDS.sub(" - ", _DOT_BETWEEN_WORDS.sub("-", text)).translate(_SWAPS)
    text = unicodedata.normalize("NFC", text)
    text = _CODE.sub(r"\1", _FENCE.sub(r"\1", text)).replace("`", "'")
    pieces = _ADDRESS.split(text)  # every second one is an address
    return "".join(piece if number % 2 else _unmarked(piece) for number, piece in enumerate(pieces))


def _unmarked(text: str) -> str:
    before = ""
    while text != before:  # marks lie in one another, and each round takes at least two letters away
        before = text
        for mark in _MARKS:
            text = mark.sub(r"\1", text)
    return text


# --- cutting -----------------------------------------------------------------------------------------


def split_sms(text: str, most_segments: int = MOST_SEGMENTS) -> list[str]:
    """Return `text` in messages of at most `most_segments` segments and 1,600 characters, cut where one would pause.

    Several are numbered at their end, "(1/3)": SMS arrive in any order, and one that breaks off looks like a mistake.
    Only white space at the cuts is lost. Give it `plain` text. Raises: ValueError if `most_segments` is below 1.
    """
    if most_segments < 1:
        raise ValueError("a message needs at least one segment")
    whole = text.strip()
    if not whole or _fits(whole, most_segments):
        return [whole] if whole else []
    digits = 1
    while len(parts := _cut(whole, _number("9" * digits, "9" * digits), most_segments)) >= 10**digits:
        digits += 1
    return [part + _number(at, len(parts)) for at, part in enumerate(parts, start=1)]


def _number(at: int | str, total: int | str) -> str:
    return f" ({at}/{total})"


def _cut(rest: str, number: str, most_segments: int) -> list[str]:
    parts: list[str] = []
    while rest:
        room = _longest_that_fits(rest, number, most_segments)
        # Two letters more than fit are shown, so that a part may end right where white space begins.
        part = rest if room == len(rest) else split_text(rest[: room + 2], room)[0]
        parts.append(part.rstrip())
        rest = rest[len(part) :].lstrip()
    return parts


def _longest_that_fits(text: str, number: str, most_segments: int) -> int:
    """Return how many letters of `text` fit with the number behind them: never fewer with more segments or less text."""
    least, most = 1, min(len(text), LONGEST, most_segments * _GSM_ALONE)
    while least < most:
        middle = (least + most + 1) // 2
        if _fits(text[:middle] + number, most_segments):
            least = middle
        else:
            most = middle - 1
    return least


def _fits(text: str, most_segments: int) -> bool:
    return utf16_units(text) <= LONGEST and cost_segments(text) <= most_segments
