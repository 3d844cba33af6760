"""Which of its openers a call begins with: the one after that of the last call. May import: the standard library.

Source: E2 (an automated system lost its effect by month six): what begins with the same words each day is not heard any more.
"""

MARK = "#"
"""Between a script's name and the number of the opener it was used with: morning.en.v1#2. The first has neither."""


def following(last: str, several: int) -> int:
    """Return the number of the opener after that of `last`, the name kept with the last call; "" if there was none.

    Of several openers each comes once before any comes again, and the first call begins with the first.
    """
    return (number_of(last) + 1) % several if last else 0


def number_of(name: str) -> int:
    """Return the number in a name: 0 where it has none, as in the names of calls from before there were several."""
    number = name.rpartition(MARK)[2] if MARK in name else ""
    return int(number) if number.isdecimal() else 0


def numbered(name: str, number: int) -> str:
    """Return a script's name with the number of its opener."""
    return f"{name}{MARK}{number}" if number else name
