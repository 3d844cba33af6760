"""Characters that people cannot see and models can: stripped from what is written to Ivy. May import: the standard library.

Hidden text (tag characters, runs of variation selectors, zero-width letters) carries instructions past a person's eyes.
"""

import re

EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u20e3\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
UNSEEN = "\u0000\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef"
# One emoji variation selector may follow an emoji, or make a keycap of a digit; it is kept with what it follows.
_HIDDEN = re.compile(f"(?P<kept>[{EMOJI}]\ufe0f|[0-9#*]\ufe0f(?=\u20e3))|[{UNSEEN}]")


def strip_invisible(text: str) -> str:
    """Return `text` without NUL, zero-width characters, tag characters and stray variation selectors."""
    if text.isascii():  # most is, and none of it is hidden but NUL
        return text.replace("\0", "")
    return _HIDDEN.sub(lambda found: found["kept"] or "", text)
