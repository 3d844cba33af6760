"""`ivy giving` and `ivy verify`: what is owed, in honest words, and a ledger that cannot be changed unseen."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ivy.cli import giving, options, verify
from ivy.domain.giving import Kind, Move
from ivy.errors import StoreError, UsageError
from ivy.store import donations, people
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
CONFIGURATION = """
[store]
path = "data/ivy.db"

[giving.charities.water]
name = "Clean Water"
country = "KE"
url = "https://example.org"

[giving.charities.trees]
"""
SAID = "donated"


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Path:
    """A configuration beside a database in which two people gave."""
    (tmp_path / "ivy.toml").write_text(CONFIGURATION)
    connection = open_writer(database, throwaway=True)
    names = count(1)
    try:
        connection.execute("BEGIN")
        for user_id, currency, payer in (("ana", "JPY", "self"), ("ben", "USD", "employer")):
            people.add(connection, NewPerson(user_id, user_id, "active", "en-US", "UTC", currency), now=NOW)
            give = Move(Kind.GIFT, "water", 150, currency, payer)
            extra = Move(Kind.COMEBACK, "water", 50, currency, payer)
            scope = within(connection, user_id)
            for moves, day in (((give, extra), date(2026, 11, 23)), ((give,), date(2026, 12, 1))):
                donations.add(
                    scope, moves, workout_id=f"{user_id}-w", day=day, new_id=lambda: f"d{next(names)}", now=NOW
                )
        (last,) = [each for each in donations.standing(within(connection, "ben"), "ben-w") if each.day.month == 12]
        for back in (
            Move(Kind.REVERSAL, "water", -150, "USD", "employer", last.id),
            Move(Kind.REVERSAL, "water", -150, "USD", "employer", "d4"),
        ):
            donations.add(
                within(connection, "ben"), (back,), workout_id="ben-w", day=date(2026, 12, 2),
                new_id=lambda: f"d{next(names)}", now=NOW,
            )  # fmt: skip
        connection.execute("COMMIT")
    finally:
        connection.close()
    options.given_config.set(str(tmp_path / "ivy.toml"))
    return tmp_path


def run(*words: str) -> Any:
    """Run a command as `ivy` would; what it raises comes out."""
    alone = typer.Typer()
    alone.command("verify")(verify.command)
    alone.add_typer(giving.command, name="giving")
    done = CliRunner().invoke(alone, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_charities_are_those_of_the_configuration(folder: Path) -> None:
    assert json.loads(run("giving", "charities", "--json").stdout)["charities"] == [
        {"short": "water", "name": "Clean Water", "country": "KE", "url": "https://example.org"},
        {"short": "trees", "name": "trees", "country": "", "url": ""},
    ]
    assert "Clean Water" in run("giving", "charities").stdout
    (folder / "ivy.toml").write_text('[store]\npath = "data/ivy.db"\n')
    assert "No charity is configured" in run("giving", "charities").stdout


def test_a_months_worksheet_adds_up_and_says_that_nothing_is_paid(folder: Path) -> None:
    told = json.loads(run("giving", "payouts", "--month", "2026-11", "--json").stdout)
    assert [(line["currency"], line["payer"], line["gifts"], line["pledged"]) for line in told["payouts"]] == [
        ("JPY", "self", 2, "200"),
        ("USD", "employer", 2, "2.00"),
    ]
    text = run("giving", "payouts", "--month", "2026-11").stdout
    assert "pledged until it is paid" in text
    assert "Clean Water" in text
    assert SAID not in text.lower()
    assert "Nothing is pledged for 2020-01" in run("giving", "payouts", "--month", "2020-01").stdout


def test_a_month_that_took_back_more_than_it_gave_is_negative(folder: Path) -> None:
    december = json.loads(run("giving", "payouts", "--month", "2026-12", "--json").stdout)["payouts"]
    assert [(line["currency"], line["taken_back"], line["pledged"]) for line in december] == [
        ("JPY", 0, "150"),
        ("USD", 2, "-1.50"),
    ]


def test_the_worksheet_opens_in_a_spreadsheet(folder: Path) -> None:
    done = run("giving", "payouts", "--month", "2026-12", "--csv")
    names, *rows = csv.reader(io.StringIO(done.stdout_bytes.decode("utf-8-sig")))
    assert [dict(zip(names, row, strict=True))["pledged"] for row in rows] == ["150", "-1.50"]
    assert {dict(zip(names, row, strict=True))["status"] for row in rows} == {"pledged until it is paid"}


@pytest.mark.parametrize("month", ["2026", "2026-13", "november", "2026-1"])
def test_what_is_no_month_is_refused(folder: Path, month: str) -> None:
    with pytest.raises(UsageError, match="is no month"):
        run("giving", "payouts", "--month", month)
    assert run("giving", "payouts").exit_code == 0


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [(1250, "USD", "12.50"), (5, "USD", "0.05"), (-5, "KWD", "-0.005"), (7, "JPY", "7")],
)
def test_amounts_are_plain_decimals(minor: int, currency: str, expected: str) -> None:
    assert giving.decimal(minor, currency) == expected


def test_a_right_ledger_is_right_and_so_is_what_is_exported_of_it(folder: Path) -> None:
    done = run("verify")
    assert (done.exit_code, "8 rows are right" in done.stdout) == (0, True)
    for who, rows in ((), 8), (("--user", "ben"), 5):
        (folder / "ledger.json").write_text(run("giving", "export", *who).stdout)
        told = json.loads(run("verify", str(folder / "ledger.json"), "--json").stdout)
        assert (told["ok"], told["checked"]["rows"]) == (True, rows)


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for trigger in ("donations_are_not_edited", "donations_are_not_cut"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE donations SET amount_minor = 1 WHERE n = 3", "3 (d3)"),
        ("DELETE FROM donations WHERE n = 2", "3 (d3)"),
        ("UPDATE donations SET charity = 'mine'", "1 (d1)"),
        ("UPDATE donations SET n = n + 10 WHERE n = 8", "18 (d8)"),
        ("DELETE FROM donations WHERE n = 8", "8"),
        ("DELETE FROM donations WHERE n > 5", "6"),
        ("DELETE FROM donations", "1"),
    ],
)
def test_whoever_changes_the_file_behind_ivys_back_is_found_out(
    folder: Path, database: Path, statement: str, row: str
) -> None:
    tamper(database, statement)
    done = run("verify")
    assert done.exit_code == 1
    assert f"row {row} is wrong" in done.stderr
    told = run("verify", "--json")
    assert (told.exit_code, json.loads(told.stdout)["ok"]) == (1, False)


def test_an_exported_file_that_was_cut_or_is_none_is_found_out(folder: Path) -> None:
    path = folder / "ledger.json"
    document = json.loads(run("giving", "export").stdout)
    path.write_text(json.dumps(document | {"rows": document["rows"][:-1]}))
    done = run("verify", str(path))
    assert (done.exit_code, "names another last hash" in done.stderr) == (1, True)
    for text in ("{", "[]", "{}", '{"rows": [1]}'):
        path.write_text(text)
        with pytest.raises(UsageError, match="no ledger"):
            run("verify", str(path))


def test_an_empty_ledger_is_right_and_a_missing_database_is_said(tmp_path: Path, database: Path) -> None:
    (tmp_path / "ivy.toml").write_text(CONFIGURATION)
    options.given_config.set(str(tmp_path / "ivy.toml"))
    done = run("verify")
    assert (done.exit_code, done.stdout.count("0 rows are right")) == (0, 2)
    assert json.loads(run("giving", "export").stdout)["rows"] == []
    for path in database.parent.iterdir():
        path.unlink()
    with pytest.raises(StoreError, match="no database"):
        run("verify")
