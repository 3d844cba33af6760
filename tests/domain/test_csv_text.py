"""CSV that spreadsheets open, with whatever people wrote in it, and never run."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivy.domain import file_kinds
from ivy.domain.csv_text import MARK, as_csv, inert

TRIGGERS = "=+-@＝＋－＠"
HOSTILE = st.text(alphabet=st.sampled_from(list("=+-@＝ ,;|\t\r\n\"'a1\x00\x7f\u2028é💸")), max_size=30)


def read(content: bytes, *, delimiter: str = ",") -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", " =1", '"=1', "a;=cmd|'/C calc'!A0", "a\n=1", "＝1"]
)
def test_a_formula_becomes_text(formula: str) -> None:
    assert "'" in inert(formula)
    assert inert(inert(formula)).replace("'", "") == inert(formula).replace("'", "")


@pytest.mark.parametrize(
    "harmless", ["lunch", "coffee, black", "5-a-side", "a+b", "me@home", "café 💸", "", "'quoted'"]
)
def test_what_is_harmless_stays_as_it_is(harmless: str) -> None:
    assert inert(harmless) == harmless


@given(
    st.lists(
        st.lists(
            st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=2, max_size=4
        ),
        max_size=5,
    )
)
def test_every_cell_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    assert read(as_csv(rows)) == rows


@given(HOSTILE, HOSTILE)
@example('a";=1', "x")
def test_no_cell_begins_as_a_formula_however_a_line_is_split(first: str, second: str) -> None:
    content = as_csv([["day", "what"], [inert(first), inert(second)]])
    for delimiter in ",;|":
        for cell in (cell for row in read(content, delimiter=delimiter) for cell in row):
            assert not cell.strip(' \t\r\n"').startswith(tuple(TRIGGERS)), (delimiter, cell)


@given(HOSTILE)
def test_the_file_is_text_to_whoever_looks_at_its_bytes(words: str) -> None:
    content = as_csv([["day"], [inert(words)]])
    assert file_kinds.TEXT in file_kinds.kinds_of(content)
    assert content.decode().startswith(MARK)
    assert content.endswith(b"\r\n")
