"""What was understood of a recording: how sure that is, how long the recording is, what hearing it costs.

May import: the standard library.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

MOST_WORDS_A_SECOND = 7.0
"""Nobody speaks faster: more words than that were made up."""
LONGEST_LOOP = 6
"""A word said more often than this in a row is a model that got stuck."""
CREDITS = frozenset(
    {
        "subtitles by the amara.org community",
        "subtítulos realizados por la comunidad de amara.org",
        "subtítulos por la comunidad de amara.org",
        "thanks for watching",
        "thank you for watching",
        "gracias por ver el video",
        "gracias por ver el vídeo",
    }
)
"""What speech models trained on films write down where there is only silence or noise."""

OPUS_SAMPLES_A_SECOND = 48_000
"""Ogg counts Opus in these, whatever the recording was made at. Source: RFC 7845, 4."""
_USUAL_BYTES_A_SECOND = 2_000
"""Of a WhatsApp voice note: Opus at about 16 kbit/s."""
_MOST_BYTES_A_SECOND = 64_000
"""Opus at its highest rate, 510 kbit/s."""
_PAGE = b"OggS"
_HEAD = b"OpusHead"


@dataclass(frozen=True)
class Heard:
    """What a transcriber made of a recording. `confidence` is 0 to 1, None where the vendor tells none.

    `seconds` is what the vendor bills or measured, None if it did not say; tokens, where it bills by those.
    """

    text: str
    confidence: float | None = None
    seconds: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0


class Certainty(Enum):
    """What to do with a transcript: act on it, quote it back first, or say that nothing was understood."""

    SURE = "sure"
    UNSURE = "unsure"
    LATE = "late"
    """Heard surely, but long after it was said: they may have written it meanwhile, so it is asked about first."""
    NOTHING = "nothing"


def certainty(heard: Heard, unsure_below: float) -> Certainty:
    """Say how far a transcript is to be trusted; `unsure_below` (0 to 1) is a threshold for the vendor's own figure.

    A vendor without one is believed, unless the words are more than anybody can say in that time, or one word for ever.
    """
    words = heard.text.split()
    if not any(map(str.isalnum, heard.text)) or _bare(heard.text) in CREDITS:
        return Certainty.NOTHING
    doubtful = heard.confidence is not None and heard.confidence < unsure_below
    too_fast = heard.seconds is not None and len(words) > 2 + MOST_WORDS_A_SECOND * max(heard.seconds, 0)
    return Certainty.UNSURE if doubtful or too_fast or _loops(words) else Certainty.SURE


def _bare(text: str) -> str:
    return text.strip(" \n.,!¡?¿…\"'“”").lower()


def _loops(words: Sequence[str]) -> bool:
    return any(len(list(same)) > LONGEST_LOOP for _, same in groupby(_bare(word) for word in words))


# --- how long, and what it costs --------------------------------------------------------------------


def seconds_of(head: bytes, tail: bytes, size: int) -> float:
    """Return about how long a recording of `size` bytes is, from its first and last bytes (64 KB hold any Ogg page).

    The last page of an Ogg file counts its samples. Without one, it is taken for a voice note of the usual rate.
    """
    told = _told_by_ogg(head, tail)
    return max(size / _USUAL_BYTES_A_SECOND if told is None else told, size / _MOST_BYTES_A_SECOND)


def _told_by_ogg(head: bytes, tail: bytes) -> float | None:
    place, last = head.find(_HEAD), tail.rfind(_PAGE)
    if not head.startswith(_PAGE) or place < 0 or last < 0 or len(tail) < last + 14 or len(head) < place + 12:
        return None
    (skipped,) = struct.unpack_from("<H", head, place + 10)
    (samples,) = struct.unpack_from("<q", tail, last + 6)
    return (samples - skipped) / OPUS_SAMPLES_A_SECOND if samples >= skipped else None


def cost_micros(seconds: float, micros_per_minute: int) -> int:
    """Return what hearing a recording costs in micro-dollars, rounded up."""
    return -int(-max(seconds, 0.0) * max(micros_per_minute, 0) // 60)
