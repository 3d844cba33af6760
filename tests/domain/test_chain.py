"""The chain of pledges: whatever is changed, added between, taken out or moved, the first wrong row is named."""

import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.chain import BEGINNING, FIELDS, Checked, check, link_hash

Row = dict[str, Any]


def ledger(*moves: tuple[int, int | None]) -> list[Row]:
    """Return a chain of (amount, number of the row it takes back)."""
    rows: list[Row] = []
    before = BEGINNING
    for n, (amount, back) in enumerate(moves, 1):
        row: Row = {
            "n": n, "id": f"d{n}", "user_id": "ana", "kind": "reversal" if back else "gift", "workout_id": "w1",
            "reverses": f"d{back}" if back else None, "day": "2026-11-23", "charity": "water", "amount_minor": amount,
            "currency": "USD", "payer": "self", "at_ms": n, "before": before,
        }  # fmt: skip
        before = row["hash"] = link_hash(row)
        rows.append(row)
    return rows


def again(rows: list[Row]) -> list[Row]:
    """Forge: hash every row anew as it stands."""
    before = BEGINNING
    for row in rows:
        row["before"] = before
        before = row["hash"] = link_hash(row)
    return rows


FOUR = [(100, None), (50, None), (-100, 1), (100, None)]
CHANGES = {"n": 9, "day": "2026-11-24", "amount_minor": 1, "charity": "trees", "hash": "0" * 64, "before": "1" * 64}


def test_a_right_chain_is_right() -> None:
    rows = ledger(*FOUR)
    assert check(rows, whole=True) == Checked(4, rows[-1]["hash"])
    assert check([], whole=True) == Checked(0, BEGINNING)


def test_the_hash_is_what_anybody_can_compute() -> None:
    row = ledger((100, None))[0]
    text = json.dumps({name: row[name] for name in FIELDS}, sort_keys=True, separators=(",", ":"))
    assert row["hash"] == sha256(text.encode()).hexdigest()


def test_the_hash_does_not_depend_on_the_order_of_the_fields() -> None:
    row = ledger((100, None))[0]
    assert link_hash(dict(reversed(row.items()))) == row["hash"]
    assert link_hash(msgspec.json.decode(msgspec.json.encode(row))) == row["hash"]


@given(st.integers(0, 3), st.sampled_from([*FIELDS, "hash"]))
def test_whatever_is_changed_the_first_wrong_row_is_named(at: int, name: str) -> None:
    rows = ledger(*FOUR)
    rows[at][name] = CHANGES.get(name, "somebody else's")
    checked = check(rows, whole=True)
    assert checked.rows == at
    assert checked.bad.startswith(f"{rows[at]['n']} (")
    assert checked.why


@pytest.mark.parametrize("at", range(4))
def test_what_is_taken_out_is_missed(at: int) -> None:
    rows = ledger(*FOUR)
    del rows[at]
    checked = check(rows, whole=True)
    assert (checked.rows, bool(checked.bad)) == (at, at < 3)  # the end alone can be cut unseen: its hash tells


def test_rows_in_another_order_are_wrong() -> None:
    one, two, *rest = ledger(*FOUR)
    assert check([two, one, *rest], whole=True).rows == 0
    assert "after row 2" in check([two, one], whole=False).why


def test_a_row_that_lacks_something_or_holds_no_number_is_wrong() -> None:
    row = ledger((100, None))[0]
    assert "lacks hash" in check([{name: row[name] for name in FIELDS}], whole=True).why
    assert check([{}], whole=False).bad == "? (no id)"
    for name in ("n", "amount_minor"):
        for value in ("1", 1.0, True, None):
            assert "whole number" in check([row | {name: value}], whole=False).why


def test_a_forger_who_hashes_anew_cannot_take_back_what_was_not_given() -> None:
    cases = {
        "is not there": [(100, None), (-100, 7)],
        "second time": [(100, None), (-100, 1), (-100, 1)],
        "just what was given": [(100, None), (-90, 1)],
    }
    for why, moves in cases.items():
        checked = check(ledger(*moves), whole=True)
        assert why in checked.why
        assert checked.rows == len(moves) - 1
    rows = ledger((100, None), (-100, 1))
    rows[1]["user_id"] = "ben"
    assert "just what was given" in check(again(rows), whole=True).why


def test_a_receipt_has_some_rows_and_each_must_be_right() -> None:
    rows = ledger(*FOUR)
    assert check(rows[1:], whole=False).bad == ""  # what it takes back is on another receipt
    assert check([rows[0], rows[3]], whole=False) == Checked(2, rows[3]["hash"])
    stranger = ledger((1, None), (2, None))[1]
    assert "follow from" in check([rows[0], stranger], whole=False).why
    first = rows[0] | {"before": "1" * 64}
    first["hash"] = link_hash(first)
    assert "follow from" in check([first], whole=False).why
