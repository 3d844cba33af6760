"""A model's answer made fit for a chat: WhatsApp's marks for markdown's, parts that read well. May import: the standard library.

WhatsApp shows *bold*, _italic_, ~strike~, `code`, ```blocks```, - lists, 1. lists and > quotes; it shows **, #, tables
and links as they are typed. Format first, split second: links grow when they are written out.
"""

import re
import unicodedata
from collections.abc import Callable

LIMIT = 3900
"""WhatsApp takes 4,096 characters; how it counts an emoji is not known, so a margin stays."""

# --- parts -----------------------------------------------------------------------------------------

# From the best place to cut to the worst, each with the part of `limit` it must leave: a good place far too early is a
# bad one, for it would send a heading alone.
_PLACES = (
    (re.compile(r"(?=\n[^\S\n]*\n)"), 1 / 3),  # paragraphs
    (re.compile(r"(?=\n)"), 1 / 3),  # lines
    (re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？][”’）」』]*"), 1 / 4),  # sentences
    (re.compile(r"(?=\s)"), 0.0),  # words
)
_JOINER = "\u200d"
_VIRAMA = 9
"""Unicode's combining class of the sign that binds two consonants of an Indic script into one."""


def split_text(text: str, limit: int = LIMIT) -> list[str]:
    """Return `text` in parts of at most `limit` characters, none empty; only white space at the cuts is lost.

    Raises: ValueError if `limit` is below 1.
    """
    if limit < 1:
        raise ValueError("a part needs at least one character")
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, limit: int) -> int:
    """Return where to cut: the last place of the best kind that leaves a part of a fair size."""
    for place, share in _PLACES:
        fair = max(1, int(limit * share))
        # A part may end right where white space begins, so two characters more than fit are looked at.
        cuts = [found.end() for found in place.finditer(text, 0, limit + 2) if fair <= found.end() <= limit]
        if cuts:
            return cuts[-1]
    return next((at for at in range(limit, 0, -1) if not _inside_letter(text, at)), limit)


def _inside_letter(text: str, at: int) -> bool:
    """Say whether a cut would go through one visible letter: an accent, a flag, a family, a syllable."""
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after).startswith("M"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # a skin tone; the letters of a flag such as that of Wales
    if "\u1160" <= after <= "\u11ff":
        return True  # the later letters of a Korean syllable
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(after) == "Lo":
        return True
    return _is_flag_letter(after) and _flag_letters_before(text, at) % 2 == 1


def _is_flag_letter(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _flag_letters_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag_letter(text[at - 1 - count]):
        count += 1
    return count


# --- marks -----------------------------------------------------------------------------------------

_FENCE = re.compile(r"^[^\S\n]*```[^\n`]*\n((?:(?!```).)*?)^[^\S\n]*```[^\S\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_RULER = re.compile(r"[^\S\n]*\|?[^\S\n]*:?-+:?[^\S\n]*(?:\|[^\S\n]*:?-+:?[^\S\n]*)*\|?[^\S\n]*")
_CELL_EDGE = re.compile(r"(?<!\\)\|")


def to_whatsapp(text: str) -> str:
    """Return markdown as WhatsApp shows it best; code is left alone, and so is a text in WhatsApp's own marks."""
    fenced = _FENCE.sub(r"```\n\1```", text)  # the name of the language would be shown
    pieces: list[str] = []
    end = 0
    for code in _CODE.finditer(fenced):
        pieces += [_prose(fenced[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*pieces, _prose(fenced[end:])])


def _prose(text: str) -> str:
    text = _tables(text) if "|" in text else text
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def _tables(text: str) -> str:
    """Return `text` with each table as a bold line of its heads and one list item a row."""
    written: list[str] = []
    in_table = False
    lines = text.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if in_table and "|" in line:
            if not _RULER.fullmatch(line):
                written.append(f"- {_cells(line)}")
        elif "|" in line and "|" in following and _RULER.fullmatch(following):
            in_table = True
            written.append(f"*{_cells(line).replace('*', '')}*")
        else:
            in_table = False
            written.append(line)
    return "\n".join(written)


def _cells(row: str) -> str:
    cells = [cell.strip().replace("\\|", "|") for cell in _CELL_EDGE.split(row.strip())]
    return " · ".join(cell for cell in cells if cell)


def _heading(found: re.Match[str]) -> str:
    words = found[1].replace("*", "").strip()
    return f"*{words}*" if words else ""


def _bold(found: re.Match[str]) -> str:
    inner = _INNER_ITALIC.sub(r"_\1_", found[1])
    return f"*{inner.replace('*', '')}*"


def _link(found: re.Match[str]) -> str:
    words, address = found[1].strip(), found[2]
    return address if not words or words == address else f"{words} ({address})"


_INNER_ITALIC = re.compile(r"\*(\S(?:[^*\n]*\S)?)\*")
_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"<br[^\S\n]*/?>", "\n"),
        (r"^[^\S\n]*(?:(?:-[^\S\n]*){3,}|(?:\*[^\S\n]*){3,}|(?:_[^\S\n]*){3,})$", ""),
        (r"!?\[([^\[\]\n]*)\]\(<?([^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:[^\S\n]+\"[^\"\n]*\")?\)", _link),
        (r"<((?:https?://|mailto:)[^\s<>]+)>", r"\1"),
        (r"^[^\S\n]{0,3}#{1,6}[^\S\n]+([^\n]*?)[^\S\n]*#*[^\S\n]*$", _heading),
        (r"^([^\S\n]*)[*+•][^\S\n]+", r"\1- "),
        (r"^([^\S\n]*)- \[ \][^\S\n]+", r"\1- ☐ "),
        (r"^([^\S\n]*)- \[[xX]\][^\S\n]+", r"\1- ☑ "),
        (r"(?<!\*)\*\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*\*(?!\*)", r"*_\1_*"),
        (r"(?<!\*)\*\*(?=[^\s*])((?:[^*\n]|\*(?!\*))+?)(?<=\S)\*\*(?!\*)", _bold),
        (r"(?<![\w_])__(?=[^\s_])([^\n]+?)(?<=[^\s_])__(?![\w_])", r"*\1*"),
        (r"(?<!~)~~(?=\S)([^~\n]+?)(?<=\S)~~(?!~)", r"~\1~"),
        (r"\\([*_~`#$])", r"\1"),
    )
)
