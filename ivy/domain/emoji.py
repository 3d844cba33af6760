"""What is one emoji, and a text without any. May import: invisible.

Good enough for labels and reactions: it knows skins, flags, keycaps and joined figures, not every sequence there is.
"""

import re

from ivy.domain.invisible import EMOJI

_SKIN, _FLAG, _TAGS = "\U0001f3fb-\U0001f3ff", "\U0001f1e6-\U0001f1ff", "\U000e0020-\U000e007f"
_FIGURE = f"[{EMOJI}][\ufe0f{_SKIN}]?"
_ONE = re.compile(f"[{_FLAG}]{{2}}|[0-9#*]\ufe0f?\u20e3|{_FIGURE}[{_TAGS}]*(?:\u200d{_FIGURE})*")
_ANY = re.compile(f"[0-9#*]\ufe0f?\u20e3|[{EMOJI}\u200d\ufe0e\ufe0f{_TAGS}]")


def is_one_emoji(text: str) -> bool:
    """Say whether a text is one emoji and nothing else."""
    return bool(_ONE.fullmatch(text))


def has_emoji(text: str) -> bool:
    return bool(_ANY.search(text))


def without_emoji(text: str) -> str:
    """Return a text on one line without its emoji; "" if there was nothing else."""
    return " ".join(_ANY.sub(" ", text).split())
