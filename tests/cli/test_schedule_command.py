"""`ivy onboard` with how somebody is coached, and `ivy schedule`: who is contacted when, and what stands in the way."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

ANA = ("--name", "Ana", "--phone", "+57 300 123 4567", "--zone", "bogota", "--locale", "es_co", "--currency", "cop")
AGREED = ("--consent", "Sí, quiero que Ivy me escriba")
COACHED = (
    *("--track", "company", "--address", "usted", "--tier", "elite", "--goal", "correr 5 km", "--sessions", "4"),
    *("--mode", "mixed", "--consent-calls", "Sí, que me llame una IA", "--morning", "6:30", "--evening", "20:30"),
    *("--weekly", "18", "--nudge", "10", "--charity", "trees", "--amount", "5000"),
)
VOICE = {"IVY_VOICE__ENABLED": "true", "IVY_VOICE__NUMBER": "+15550102040", "IVY_VOICE__API_KEY": "key"}


@pytest.fixture
def giving(ready: Any) -> Any:
    """A configuration with somebody to give to."""
    path = ready.folder / "ivy.toml"
    path.write_text(path.read_text() + '\n[giving.charities.trees]\nname = "Trees for All"\n')
    return ready


def rows(program: Any, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(program.folder / "data/ivy.db")) as connection, connection:
        return connection.execute(sql).fetchall()


def test_all_flags_say_how_somebody_is_coached_and_nothing_is_asked(giving: Any) -> None:
    done = giving("onboard", *ANA, *AGREED, *COACHED, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    person = told["person"]
    kept = {name: person[name] for name in ("track", "address", "tier", "goal", "sessions_per_week", "mode")}
    assert kept == {
        "track": "company",
        "address": "usted",
        "tier": "elite",
        "goal": "correr 5 km",
        "sessions_per_week": 4,
        "mode": "mixed",
    }
    slots = [(slot["kind"], slot["by"], slot["at"], slot["nudge_minutes"]) for slot in told["slots"]]
    assert slots == [
        ("morning", "voice", "06:30", 10),
        ("evening", "text", "20:30", 0),
        ("weekly", "voice", "18:00", 10),
        ("monthly", "text", "18:30", 0),
    ]
    purposes = "SELECT s.kind, c.purpose FROM call_slots s JOIN consents c ON c.id = s.consent_id ORDER BY s.kind"
    assert rows(giving, purposes) == [
        ("evening", "messages"),
        ("monthly", "messages"),
        ("morning", "calls"),
        ("weekly", "calls"),
    ]
    assert rows(giving, "SELECT charity, amount_minor, currency, payer FROM impact_wallets") == [
        ("trees", 500000, "COP", "employer")
    ]


def test_the_first_call_is_said_and_what_stands_in_its_way(giving: Any) -> None:
    words = ("onboard", *ANA, *AGREED, "--mode", "voice", "--morning", "6:30")
    said = giving(*words, env=VOICE).stdout
    assert "The first text is on" in said and "06:30 in America/Bogota" in said
    assert "have not agreed to calls" in said
    assert "do not reach CO" in said
    imported = giving(*words, "--consent-calls", "sí", env={**VOICE, "IVY_VOICE__NUMBER_IS_IMPORTED": "true"}).stdout
    assert "But" not in imported and "The first call is on" in imported
    out_of_reach = giving(*words, "--consent-calls", "sí", env=VOICE).stdout
    assert "do not reach CO" in out_of_reach and "The first text is on" in out_of_reach
    nothing_agreed = giving(
        "onboard", "--name", "Ben", "--phone", "+573001112233", "--zone", "America/Bogota", "--mode", "voice",
        "--morning", "6:30", env=VOICE,
    ).stdout  # fmt: skip
    assert "first call" not in nothing_agreed and "once they agree" in nothing_agreed
    assert "neither calls nor writes" in nothing_agreed and "they are written to" not in nothing_agreed
    assert "pledges" not in nothing_agreed
    given = giving(*words, "--charity", "trees", "--amount", "5000", env=VOICE).stdout
    assert "pledges COP 5,000 to" in given
    capped = giving(*words, env={**VOICE, "IVY_CALLS__MINUTES_PER_PERSON_MONTH": "60"}).stdout
    assert "60 are allowed" in capped


def test_typed_again_what_is_not_named_stays_and_none_ends_a_slot(giving: Any) -> None:
    giving("onboard", *ANA, *AGREED, *COACHED)
    giving("onboard", *ANA, "--evening", "none", "--goal", "nadar")
    assert sorted(rows(giving, "SELECT kind, at, state FROM call_slots")) == [
        ("evening", "20:30", "off"),
        ("monthly", "18:30", "on"),
        ("morning", "06:30", "on"),
        ("weekly", "18:00", "on"),
    ]
    assert rows(giving, "SELECT goal, mode, tier FROM users") == [("nadar", "mixed", "elite")]
    planned = rows(giving, "SELECT kind FROM schedules ORDER BY kind")
    assert planned == [*[("call_slot",)] * 3, ("day_close",), *[("nudge",)] * 2, ("prewrite",), ("weekly_summary",)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--track", "family"), "individual or company"),
        (("--address", "vos"), "tu or usted"),
        (("--tier", "gold"), "elite"),
        (("--sessions", "20"), "14 a week"),
        (("--mode", "pigeon"), "voice"),
        (("--morning", "25:00"), "HH:MM"),
        (("--nudge", "500"), "120 minutes"),
        (("--charity", "cats"), "trees"),
        (("--amount", "5"), "--charity"),
        (("--charity", "trees", "--amount", "lots"), "--amount"),
        (("--consent-calls", "  "), "proves nothing"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_the_mend_and_nothing_is_kept(
    giving: Any, changed: tuple[str, ...], said: str
) -> None:
    done = giving("onboard", *ANA, *changed)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert rows(giving, "SELECT * FROM users") == []


def test_who_takes_the_usual_amount_gives_about_a_dollar_in_their_own_money(
    giving: Any, terminal: Callable[..., Any]
) -> None:
    asked = terminal(
        "onboard", *ANA, *AGREED, "--quiet-from", "22", "--quiet-to", "7", *COACHED[:COACHED.index("--charity")],
        "--before-workouts", "0",
    )  # fmt: skip
    for question, answer in [("(trees, none) [none]: ", "trees"), ("[COP 5,000]: ", "")]:
        asked.expect(question)
        asked.type(f"{answer}\n")
    assert asked.end() == 0, asked.shown
    caps = "SELECT amount_minor, daily_cap_minor, monthly_cap_minor, currency FROM impact_wallets"
    assert rows(giving, caps) == [(500_000, 1_000_000, 20_000_000, "COP")]


def test_the_schedule_is_listed_with_whose_word_it_stands_on(giving: Any) -> None:
    giving("onboard", *ANA, *AGREED, *COACHED)
    giving("onboard", "--name", "Ben", "--phone", "+12025550144", "--zone", "America/New_York", "--morning", "7")
    listed = json.loads(giving("schedule", "list", "--json").stdout)["slots"]
    assert [slot["next_at"] for slot in listed] == sorted(slot["next_at"] for slot in listed)
    assert len(listed) == 5
    (mine,) = json.loads(giving("schedule", "list", "--user", "Ben", "--json").stdout)["slots"]
    assert (mine["kind"], mine["by"], mine["zone"], mine["consent_id"]) == ("morning", "text", "America/New_York", None)
    shown = giving("schedule", "list").stdout
    assert all(word in shown for word in ("5 slots", "their word", "no consent", "on day 1", "Sun", "10 min before"))
    assert giving("schedule", "list", "--user", "Zoe").returncode == 2
