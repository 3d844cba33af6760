"""How many tokens a text is, near enough, without a vocabulary or a network. May import: patterns.

Letters, digits, marks and other scripts are counted by class. Measured against a real tokenizer (`tests/data/token_counts.tsv`)
no kind of text comes out more than 6 % short, where a quarter of the characters is half short for JSON, dates and emoji.
"""

import math
import re
from functools import lru_cache

from ivy.domain.patterns import Pattern

MESSAGE_OVERHEAD = 4
"""Tokens that a message costs beside its text."""
MARGIN = 1.15
"""What to multiply an estimate by before money is reserved on it."""

# Anthropic's tokenizers since Claude 4.7 make about a third more tokens of the same text.
_FAMILIES = (("claude", 1.35),)
_LOWEST, _HIGHEST = 0.7, 2.5
# A token is up to six letters, three digits or eight blanks of a run, or a mark; a single space belongs to the word after it,
# and to no digits: "at 6:30" has one token more than "at six".
_BLANK = r" \t\n\r\f\v"
_TOKENS = Pattern(
    rf"[A-Za-z]{{1,6}}|[0-9]{{1,3}}|[{_BLANK}]{{2,8}}|[\t\n\r\f\v]|(?<=[{_BLANK}]) | (?=[0-9])"
    rf"|[^A-Za-z0-9{_BLANK}\u0080-\U0010ffff]"
)
_ALONE = re.compile(rf"\n(?<=[^{_BLANK}]\n)(?=[^{_BLANK}])")
"""The end of a line between two words: a token of its own, over which no other one reaches."""
_OTHER_SCRIPTS = (
    (Pattern(r"[\u0080-\u07ff]"), 2),
    (Pattern(r"[\u0800-\uffff]"), 3),
    (Pattern(r"[\U00010000-\U0010ffff]"), 8),
)
"""Classes of other characters, and the quarters of a token that each counts."""


def estimate(text: str, factor: float = 1.0) -> int:
    """Return about how many tokens `text` is: 0 only if it is empty. `factor` is the model's, see `family_factor`."""
    return max(math.ceil(_quarters(text) * factor / 4), 1) if text else 0


def family_factor(model: str) -> float:
    """Return the factor to begin with for a model's family, before `calibrated` has learned better."""
    return next((factor for family, factor in _FAMILIES if family in model.lower()), 1.0)


def calibrated(factor: float, *, estimated: int, actual: int, weight: float = 0.2) -> float:
    """Return `factor` moved by `weight` (0 to 1) toward what would have made `estimated`, counted with it, `actual`.

    The factor of one model, kept from call to call; it stays within 0.7 and 2.5, so that one odd answer cannot ruin it.
    """
    if estimated <= 0 or actual <= 0:
        return factor
    moved = factor * (1 + weight * (actual / estimated - 1))
    return min(max(moved, _LOWEST), _HIGHEST)


def with_margin(estimated: int) -> int:
    """Return the tokens to reserve for an estimate."""
    return math.ceil(estimated * MARGIN)


@lru_cache(maxsize=256)
def _quarters(text: str) -> int:
    """Return four times the tokens, in whole numbers: some characters count a half or three quarters."""
    lines = _ALONE.split(text)
    return sum(map(_quarters_of_line, lines)) + 4 * (len(lines) - 1)


@lru_cache(maxsize=1024)
def _quarters_of_line(text: str) -> int:
    """A prompt comes again with a few lines changed: the others are not counted anew."""
    total = 4 * len(_TOKENS.compiled.findall(text))
    if not text.isascii():
        total += sum(quarters * len(each.compiled.findall(text)) for each, quarters in _OTHER_SCRIPTS)
    return total
