"""`ivy verify` beside a daemon that gives: rows and ends of one moment are compared, and nothing is wrong."""

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ivy.cli import verify
from ivy.domain import chain
from ivy.store import chains
from ivy.store.settings import open_writer

ROWS = 300


def give(database: Path) -> None:
    """Add rows to the ledger, each in a commit of its own."""
    with closing(open_writer(database)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        before = chain.BEGINNING
        for n in range(1, ROWS + 1):
            link: dict[str, Any] = {
                "n": n, "id": f"d{n}", "user_id": "u", "kind": "gift", "workout_id": "w", "reverses": None,
                "day": "2026-01-01", "charity": "c", "amount_minor": 1, "currency": "EUR", "payer": "p", "at_ms": 1,
                "before": before,
            }  # fmt: skip
            before = chain.link_hash(link)  # pyright: ignore[reportArgumentType]
            columns, values = ", ".join(chain.FIELDS), [link[name] for name in chain.FIELDS]
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                f"INSERT INTO donations ({columns}, hash) VALUES ({'?, ' * len(values)}?)", (*values, before)
            )
            chains.move(connection, chains.LEDGER, chains.End(n, before))
            connection.execute("COMMIT")


def test_nothing_is_wrong_while_the_daemon_gives(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ready.folder)
    giving = threading.Thread(target=give, args=(ready.folder / "data/ivy.db",))
    giving.start()
    found = [verify.in_database()]
    while giving.is_alive():
        found.append(verify.in_database())
    giving.join()
    found.append(verify.in_database())
    assert [each.why for pair in found for each in pair if each.bad] == []
    assert found[-1][0].rows == ROWS
