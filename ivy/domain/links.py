"""Links in what a model wrote: only those stay that the person wrote themselves, or that are the operator's own.

May import: plain_words. A link carries what its address says to whoever owns the place, at a tap or before it.
"""

import re
from collections.abc import Callable

from ivy.domain.plain_words import word_set

_SCHEME = r"[a-z][a-z0-9+.-]*://"
_HOST = r"(?:[\w-]+\.)+[^\W\d_]{2,24}"
_REST = r"(?:[/?#\\][^\s<>]*)?"
_LINK = re.compile(rf"{_SCHEME}[^\s<>]+|(?<![@\w.-]){_HOST}(?::\d+)?{_REST}", re.IGNORECASE)
_ENDINGS = word_set(
    "com net org io co me app dev info biz xyz link site online top shop live ai gg ly to cc tv es mx ar cl pe uy ve ec bo"
    " us uk de fr it pt br ru cn in eu ca au nl ch gl page click"
)
"""What a name must end with to be a link without a path: "gastos.csv" is a file."""
_AFTER = ".,;:!?)]}'\"»”’*_~"
_HTTP = re.compile(r"https?://([^/?#\\@]+)(?:[/?#][^\\]*)?", re.IGNORECASE)


def links_in(text: str) -> list[str]:
    """Return the links of a text as they stand there, without the marks after them."""
    return [link for found in _LINK.finditer(text) if (link := _trimmed(found[0])) and _is_link(link)]


def without_unknown(text: str, is_known: Callable[[str], bool], instead: str) -> str:
    """Return a text with each link that is not known replaced."""

    def kept(found: re.Match[str]) -> str:
        link = _trimmed(found[0])
        if not _is_link(link) or is_known(link):
            return found[0]
        return instead + found[0][len(link) :]

    return _LINK.sub(kept, text)


def host_of(link: str) -> str:
    """Return whose place a link leads to, in lower case; "" if that is not plain: a name before an @, a backslash."""
    found = _HTTP.fullmatch(link if "://" in link else f"https://{link}")
    return found[1].lower().partition(":")[0].removeprefix("www.") if found else ""


def _trimmed(link: str) -> str:
    return link.rstrip(_AFTER)


def _is_link(link: str) -> bool:
    if "://" in link or link.lower().startswith("www.") or re.search(r"[/?#\\]", link):
        return True
    return link.rpartition(".")[2].partition(":")[0] in _ENDINGS
