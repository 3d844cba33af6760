"""Names for rows of our own, in order of time. May import: the standard library."""

import random
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_VERSION_AND_VARIANT = (7 << 76) | (0b10 << 62)


def uuid7(now: datetime, chance: random.Random) -> str:
    """Return a UUIDv7, 36 characters: ids of later microseconds sort after. Source: RFC 9562, 5.7 and 6.2 method 3.

    48 bits of milliseconds, 12 of their fraction, 62 of chance. `now` is aware.
    """
    milliseconds, rest = divmod((now - _EPOCH) // _MICROSECOND, 1000)
    value = (milliseconds << 80) | _VERSION_AND_VARIANT | ((rest * 4096 // 1000) << 64) | chance.getrandbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
