"""Numbers in a webhook: as they are, and beyond 64 bits as their digits, however the parser is chosen."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivy.adapters.lenient import read_object

DIGITS = "123456789012345678"


def read(number: str) -> Any:
    return read_object(f'{{"id": "call_3e1", "parts": [{{"end":0.5}}, {number}], "last": -1.25}}'.encode())["parts"][1]


def test_what_does_not_fit_64_bits_stays_exact_as_its_digits() -> None:
    fits = {
        "0": 0,
        "-7": -7,
        DIGITS: int(DIGITS),
        f"-{DIGITS[:17]}": -int(DIGITS[:17]),
        "1e3": 1000.0,
        "-2.5E-1": -0.25,
    }
    too_large = [f"{DIGITS}9", f"-{DIGITS}", "1e999", "-1.5E+400", f"{'9' * 400}.0", f"{DIGITS[:17]}.{DIGITS[:17]}e999"]
    assert {text: read(text) for text in fits} == fits
    assert [read(text) for text in too_large] == too_large


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**17) + 1, 10**18 - 1))
def test_a_number_is_read_as_it_was_written(number: float) -> None:
    written = json.dumps(number)
    assert read(written) == number and type(read(written)) is type(number)
