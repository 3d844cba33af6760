"""What goes into a mail: addresses nobody can smuggle a header through, a subject, plain text. May import: the ground.

Ivy's mails are plain text and nothing else. Every program shows it well on any screen, links can be tapped, nothing is
fetched from elsewhere, and a short personal text without HTML is what filters trust most.
"""

import re
import unicodedata

from ivy.errors import IvyError

LONGEST_ADDRESS, LONGEST_LOCAL, LONGEST_DOMAIN = 254, 64, 253
"""Source: RFC 5321, 4.5.3.1, with the erratum on RFC 3696: a path has 256 characters with its brackets."""
LONGEST_SUBJECT = 70
"""What a list of mails shows on a wide screen; a phone shows half of it."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TWO_WAYS = frozenset("ßςẞ")
"""Letters that old and new rules for international names turn into different domains."""

_LINE_END = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ufffe\uffff\ue000]")
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of writing: in a subject they can make a text read as another."""
_LINK = re.compile(r"https?://\S*[^\s*_~`.,;:!?)\]}>\"'»”]")
_KEPT = "\ue000"
"""Stands for a link while markup is taken away around it."""
_BLOCK = re.compile(r"```(.*?)```", re.DOTALL)
_MARKS = tuple(
    # As WhatsApp reads it: a mark opens before and closes after something seen, and never inside a word.
    re.compile(rf"(?<![^\W_])(?<!{mark}){mark}(?=\S)([^{mark}\n]+)(?<=\S){mark}(?!{mark})(?![^\W_])")
    for mark in (r"\*", "_", "~", "`")
)
_BLANK_LINES = re.compile(r"\n[ \t]*(\n[ \t]*){2,}")


class NotAnAddress(IvyError):
    """What was given is not an e-mail address that Ivy can write to."""


def address(text: str) -> str:
    """Return an e-mail address a person typed, its domain in lower case and ASCII (punycode).

    What is left has no space, quote, bracket or control character in it. Raises: NotAnAddress, saying what is wrong.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise NotAnAddress(f"not an e-mail address: {text!r}")
    if not local.isascii():
        raise NotAnAddress(f"an address with letters beyond ASCII before the @ cannot be written to yet: {text!r}")
    if not _LOCAL.fullmatch(local) or len(local) > LONGEST_LOCAL:
        raise NotAnAddress(f"not an e-mail address: {text!r}")
    found = f"{local}@{_ascii_domain(domain, text)}"
    if len(found) > LONGEST_ADDRESS:
        raise NotAnAddress(f"an e-mail address has at most {LONGEST_ADDRESS} characters: {text!r}")
    return found


def _ascii_domain(domain: str, text: str) -> str:
    if any(letter in _TWO_WAYS or unicodedata.category(letter) == "Cf" for letter in domain):
        raise NotAnAddress(f"this domain can be read in two ways; write it in its ASCII form (xn--…): {text!r}")
    try:
        # Python's own codec knows the rules of 2003; where those of 2008 differ, the letters were refused above.
        plain = domain.encode("idna").decode().lower()
    except UnicodeError:
        raise NotAnAddress(f"no such domain: {text!r}") from None
    labels = plain.split(".")
    if len(plain) > LONGEST_DOMAIN or len(labels) < 2 or labels[-1].isdecimal():
        raise NotAnAddress(f"no such domain: {text!r}")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise NotAnAddress(f"no such domain: {text!r}")
    return plain


def plain(text: str) -> str:
    """Return a text in WhatsApp's markup as plain text: *bold* is bold. Links, lists and quotes stay as they are."""
    lines = _UNSEEN.sub("", _LINE_END.sub("\n", text))
    links: list[str] = []

    def keep(link: re.Match[str]) -> str:
        links.append(link[0])
        return _KEPT

    bare = _BLOCK.sub(r"\1", _LINK.sub(keep, lines))
    for mark in _MARKS:
        bare = mark.sub(r"\1", bare)
    first, *rest = bare.split(_KEPT)
    whole = first + "".join(link + after for link, after in zip(links, rest, strict=True))
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in whole.split("\n"))).strip()


def subject(text: str) -> str:
    """Return a subject for a text in WhatsApp's markup: its first line, cut between words; empty if it has none."""
    line = _DIRECTION.sub("", plain(text)).strip().partition("\n")[0]
    words = " ".join(line.split())
    if len(words) <= LONGEST_SUBJECT:
        return words
    cut = words[:LONGEST_SUBJECT]
    whole_words = cut if words[LONGEST_SUBJECT] == " " else cut.rpartition(" ")[0]
    # One long word (a link) is cut where it must be.
    kept = whole_words if len(whole_words) > LONGEST_SUBJECT // 2 else cut[:-1]
    return f"{kept.rstrip(' ,;:.-–—(')}…"
