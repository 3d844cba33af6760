"""Pictures on their way to a model: their bytes are read when a request is built, and at no other time.

May import: adapters/transcript, ports, the domain.
"""

import base64
from collections.abc import Mapping, Sequence

from ivy.adapters.transcript import PersonTurn, Turn
from ivy.domain.media import LONGEST_SEEN, MEGABYTE, SEEN
from ivy.ports import Pictures

NOT_SHOWN = "(The person sent a picture here. It cannot be shown to you.)"
"""What a model reads in place of a picture that is kept no more, or that it may not or cannot see."""
MOST_SHOWN = 20
"""Pictures of one request; beyond it Anthropic asks for smaller ones. Source: "Vision", 2026-11."""
MOST_BYTES = 20 * MEGABYTE
"""Of all pictures of one request, in base64: both vendors take 32 MB with everything else."""

Shown = Mapping[str, str]
"""Pictures in base64, by digest."""


async def load(turns: Sequence[Turn], pictures: Pictures | None) -> Shown:
    """Read the pictures of a conversation, the latest first, as many as fit; the others are `NOT_SHOWN`."""
    wanted = [image for turn in turns if isinstance(turn, PersonTurn) for image in turn.images if image.mime in SEEN]
    shown: dict[str, str] = {}
    left = MOST_BYTES
    for image in reversed(wanted):
        if pictures is None or len(shown) == MOST_SHOWN:
            break
        if image.sha256 in shown:
            continue
        content = await pictures.read(image.sha256, longest=min(LONGEST_SEEN, left * 3 // 4))
        if content:
            shown[image.sha256] = base64.b64encode(content).decode()
            left -= len(shown[image.sha256])
    return shown
