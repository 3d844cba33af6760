"""Links in what a model wrote: only those stay that the person wrote themselves, or that are the operator's own.

May import: plain_words. A link carries what its address says to whoever owns the place, at a tap or before it.
"""

import re
from collections.abc import Callable

from ivy.domain.plain_words import word_set

_SCHEME = r"[a-z][a-z0-9+.-]*://"
_DOT = r"[.\u3002\uff0e\uff61]"
"""A point, and what browsers read as one."""
_HOST = rf"(?:[\w-]+{_DOT})+(?:xn--[a-z0-9-]{{1,59}}|[^\W\d_]{{2,24}})"
_REST = r"(?:[/?#\\][^\s<>]*)?"
_NUMBERS = r"(?:[\w-]+\.)*\d{1,3}(?:\.\d{1,3}){3}(?=[:/?#\\])"
_LINK = re.compile(rf"(?:{_SCHEME}|mailto:)[^\s<>]+|(?<![@\w.-])(?:{_HOST}|{_NUMBERS})(?::\d+)?{_REST}", re.IGNORECASE)
_ENDINGS = word_set(
    "com net org io co me app dev info biz xyz link site online top shop live ai gg ly to cc tv es mx ar cl pe uy ve ec bo"
    " us uk de fr it pt br ru cn in eu ca au nl ch gl page click"
)
"""What a name of one point must end with to be a link without a path; any other carries nothing to anybody."""
_FILES = word_set("csv pdf txt jpg jpeg png gif webp doc docx xls xlsx ppt pptx mp3 mp4 ogg wav")
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
    if "://" in link or link.lower().startswith(("www.", "mailto:")) or re.search(r"[/?#\\]", link):
        return True
    *names, ending = re.split(_DOT, link.partition(":")[0].lower())
    if ending in _ENDINGS or ending.startswith("xn--"):
        return True
    # A name before the name of a place tells its owner something: "lunch-at-ten.steal.ninja". "3 p.m.Then" is prose.
    return len(names) > 1 and ending not in _FILES and any(len(each) > 1 for each in names)
