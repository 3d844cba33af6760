"""Tables as CSV that every spreadsheet opens and none obeys. May import: the standard library.

Sources: RFC 4180; OWASP, "CSV Injection". The mark at the beginning tells Excel that the letters are UTF-8.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
# Where commas are decimal points a spreadsheet splits at semicolons: what follows one may begin a cell, too.
_FORMULA = re.compile(r"""((?:^|[\n;,|])[\s"]*)([=+\-@＝＋－＠])""")


def inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, however it splits the line; an apostrophe says so to it."""
    return _FORMULA.sub(r"\1'\2", _CONTROLS.sub(" ", text))


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as a file: UTF-8 with its mark, lines that end in CRLF, quotes only where they are needed."""
    out = io.StringIO(newline="")
    out.write(MARK)
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
