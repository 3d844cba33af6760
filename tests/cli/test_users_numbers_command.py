"""`ivy users retention` and `ivy users experiments`: numbers with how sure they are, and nothing of fewer than five."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ivy.cli import options, users
from ivy.domain.giving import Wallet
from ivy.domain.streaks import Outcome
from ivy.errors import UsageError
from ivy.store import people, streaks, wallets
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEGAN = date(2026, 1, 5)
CONFIGURATION = """
[store]
path = "data/ivy.db"

[experiments.bonus]
setting = "comeback_share"
begins = 2026-01-01
ends = 2026-03-31
arms = {usual = 0.5, double = 1.0}
"""


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Path:
    """Eleven people who began in January, six of whom stayed, in one arm; and three who began in March, in the other."""
    (tmp_path / "ivy.toml").write_text(CONFIGURATION)
    connection = open_writer(database, throwaway=True)
    try:
        connection.execute("BEGIN")
        for number in range(14):
            name, in_march = f"person{number}", number >= 11
            people.add(connection, NewPerson(name, name, "active", "en-US", "UTC", "USD"), now=NOW)
            scope, first = within(connection, name), date(2026, 3, 2) if in_march else BEGAN
            days = (0, 30) if number < 6 else (0,)
            for day in days:
                streaks.record(scope, first + timedelta(days=day), Outcome.KEPT, source="text", now=NOW)
            scope.execute(
                "INSERT INTO experiment_arms (user_id, experiment, setting, arm, value, day, at_ms)"
                " VALUES (:user, 'bonus', 'comeback_share', :arm, :value, :day, 1)",
                arm="double" if in_march else "usual",
                value=1.0 if in_march else 0.5,
                day=first.isoformat(),
            )
        connection.execute("COMMIT")
    finally:
        connection.close()
    options.given_config.set(str(tmp_path / "ivy.toml"))
    return tmp_path


def run(*words: str) -> str:
    """Run a command as `ivy` would; what it raises comes out."""
    alone = typer.Typer()
    alone.add_typer(users.command, name="users")
    done = CliRunner().invoke(alone, ["users", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_retention_is_a_count_a_share_and_an_interval(folder: Path) -> None:
    text = run("retention")
    assert "6 of 14, 43 % (21 to 67)" in text
    assert "0 of 14, 0 % (0 to 22)" in text
    assert "within 3 days of it" in text
    told: dict[str, Any] = json.loads(run("retention", "--json"))
    assert [each["day"] for each in told["horizons"]] == [30, 90, 180]
    everybody = told["horizons"][0]["everybody"]
    assert (everybody["people"], everybody["retained"]) == (14, 6)
    assert everybody["share"]["low"] < everybody["share"]["share"] < everybody["share"]["high"]
    assert told["horizons"][0]["givers"] == []


def test_three_people_are_neither_shown_nor_to_be_found_by_subtraction(folder: Path) -> None:
    january, march = json.loads(run("retention", "--json"))["horizons"][0]["months"]
    assert (march["group"], march["people"], march["hidden"]) == ("2026-03", None, "few")
    assert (january["people"], january["share"], january["hidden"]) == (None, None, "beside")
    text = run("retention")
    assert "fewer than 5" in text
    assert "hidden beside it" in text
    assert (
        json.loads(run("retention", "--since", "2026-03-01", "--json"))["horizons"][0]["everybody"]["hidden"] == "few"
    )
    since = json.loads(run("retention", "--since", "2026-04-01", "--json"))
    assert since["horizons"][0]["everybody"]["people"] == 0
    assert "nobody yet" in run("retention", "--since", "2026-04-01")


def test_who_gives_is_told_apart_where_it_is_not_the_people_themselves(folder: Path) -> None:
    connection = open_writer(folder / "data" / "ivy.db", throwaway=True)
    for number in range(6):
        wallet = Wallet("water", 100, "USD", 200, 4000, "employer")
        wallets.save(within(connection, f"person{number}"), wallet, now=NOW)
    connection.close()
    lines = run("retention").splitlines()
    assert ["6 of 6, 100 % (61 to 100)" in each for each in lines if "their employer gives" in each] == [True]
    assert ["0 of 8, 0 % (0 to 32)" in each for each in lines if "nobody gives" in each] == [True]


def test_what_is_no_date_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="is no day"):
        run("retention", "--since", "yesterday")


def test_arms_are_shown_with_the_one_sentence_that_may_be_said(folder: Path) -> None:
    text = run("experiments")
    assert "bonus: comeback_share, 2026-01-01 to 2026-03-31, over" in text
    assert "usual (0.5)" in text
    assert "17 of 17, 100 %" in text
    assert "6 of 11, 55 %" in text
    assert "double (1)" in text
    assert "fewer than 5" in text
    assert "Too few to tell" in text
    (told,) = json.loads(run("experiments", "bonus", "--json"))["experiments"]
    double, usual = told["arms"]
    assert double == {"arm": "double", "value": 1.0, "people": None, "days": None, "comebacks": None, "retention": None}
    assert (usual["people"], usual["days"]["all"], usual["retention"]["retained"]) == (11, 17, 6)


def test_an_unknown_experiment_is_named_and_none_at_all_is_said(folder: Path) -> None:
    with pytest.raises(UsageError, match="there are bonus"):
        run("experiments", "bonsu")
    connection = open_writer(folder / "data" / "ivy.db", throwaway=True)
    connection.execute("DELETE FROM experiment_arms")
    connection.close()
    (folder / "ivy.toml").write_text('[store]\npath = "data/ivy.db"\n')
    assert "No experiment is configured" in run("experiments")
    with pytest.raises(UsageError, match="there is none"):
        run("experiments", "bonus")
