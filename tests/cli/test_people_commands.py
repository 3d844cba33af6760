"""`ivy onboard` and `ivy users`: who is let in, with what proof, and what becomes of all that is kept of them."""

import json
import shlex
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.cli import answers
from ivy.clock import stamp
from ivy.domain.jobs import REMINDER
from ivy.errors import UsageError
from ivy.store import blocked, people, schedules
from ivy.store.scope import within
from ivy.store.settings import open_writer

ANA = ("--name", "Ana", "--phone", "+57 300 123 4567", "--zone", "bogota", "--locale", "es_co", "--currency", "cop")
AGREED = ("--consent", "Sí, quiero que Ivy me escriba")


def rows(program: Any, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(program.folder / "data/ivy.db")) as connection, connection:
        return connection.execute(sql).fetchall()


def listed(program: Any) -> list[dict[str, Any]]:
    return json.loads(program("users", "list", "--json").stdout)


# --- onboard -------------------------------------------------------------------------------------


def test_with_all_flags_nothing_is_asked(ready: Any) -> None:
    done = ready("onboard", *ANA, *AGREED, "--quiet-from", "22", "--quiet-to", "7:30", "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["new"] is True
    assert told["agrees_to"] == ["messages"]
    [person] = listed(ready)
    assert told["person"] == person
    assert person | {"id": ""} == {
        "id": "",
        "name": "Ana",
        "status": "active",
        "locale": "es-CO",
        "zone": "America/Bogota",
        "currency": "COP",
        "phone": "+573001234567",
        "quiet_from": "22:00",
        "quiet_to": "07:30",
        "minimum_minutes": 10,
        "suspended_until": None,
        "invite_code": None,
        "handed_over_at": None,
        "track": "individual",
        "goal": "",
        "sessions_per_week": 3,
        "mode": "text",
        "address": "tu",
        "tier": "core",
        "partial_gives": "none",
        "care_since": None,
    }
    assert (told["slots"], told["warnings"]) == ([], [])


def test_a_consent_is_kept_with_who_when_and_which_words(here: Any) -> None:
    here("onboard", *ANA, *AGREED, env={"LOGNAME": "operator"})
    [(purpose, granted, proof)] = rows(here, "SELECT purpose, granted, proof FROM consents")
    assert (purpose, granted) == ("messages", 1)
    assert "operator" in proof
    assert f"{datetime.now(UTC):%Y-}" in proof
    assert proof.endswith(AGREED[1])


def test_without_consent_they_are_invited_and_ivy_does_not_begin(here: Any) -> None:
    assert "never writes first" in here("onboard", *ANA).stdout
    assert listed(here)[0]["status"] == "invited"
    assert rows(here, "SELECT * FROM consents") == []


def test_somebody_with_only_a_username_gets_a_code_to_send(here: Any) -> None:
    done = here("onboard", "--name", "Ben", "--phone", "", "--zone", "Europe/Lisbon", *AGREED)
    [person] = listed(here)
    assert person["status"] == "invited"
    assert person["invite_code"] in done.stdout


def test_where_codes_are_not_taken_it_says_so(here: Any) -> None:
    words = ("onboard", "--name", "Ben", "--phone", "", "--zone", "Europe/Lisbon")
    assert "admission.policy" in here(*words, env={"IVY_ADMISSION__POLICY": "list"}).stdout


def test_typed_again_it_brings_the_person_up_to_date_and_adds_what_they_agreed_to(here: Any) -> None:
    here("onboard", *ANA)
    done = here(
        "onboard",
        "--phone",
        "+573001234567",
        "--zone",
        "Europe/Madrid",
        *AGREED,
        "--agrees-to",
        "calls",
        "--agrees-to",
        "messages",
    )
    assert done.returncode == 0
    [person] = listed(here)
    assert (person["name"], person["zone"], person["locale"], person["status"]) == (
        "Ana",
        "Europe/Madrid",
        "es-CO",
        "active",
    )
    assert sorted(rows(here, "SELECT purpose FROM consents")) == [("calls",), ("messages",)]


def test_somebody_who_said_stop_stays_stopped(here: Any) -> None:
    here("onboard", *ANA)
    with closing(sqlite3.connect(here.folder / "data/ivy.db")) as connection, connection:
        connection.execute("UPDATE users SET status = 'stopped'")
    assert "only they can take that back" in here("onboard", *ANA, *AGREED).stdout
    assert here("users", "resume", "Ana").returncode == 2
    assert here("users", "pause", "Ana").returncode == 2
    assert listed(here)[0]["status"] == "stopped"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--phone", "3001234567"), "country code"),
        (("--phone", "+1234"), "No such telephone number"),
        (("--zone", "Bogotta"), "America/Bogota"),
        (("--zone", "Mars/Olympus"), "no time zone"),
        (("--locale", "spanish"), "es-CO"),
        (("--currency", "pesos"), "three letters"),
        (("--quiet-from", "25:00"), "HH:MM"),
        (("--name", " "), "1 to 80"),
        (("--consent", "  "), "proves nothing"),
        (("--agrees-to", "everything"), "messages"),
        (("--email", "ana"), "ana@example.org"),
        (("--email", "ana@example"), "No such domain"),
        (("--email", "ana@example.org\nBcc: all@example.org"), "ana@example.org"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_the_mend_and_nothing_is_kept(
    here: Any, changed: tuple[str, str], said: str
) -> None:
    done = here("onboard", *ANA, *changed)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert rows(here, "SELECT * FROM users") == []


@pytest.mark.parametrize("missing", ["--name", "--zone"])
def test_off_a_terminal_what_is_missing_is_named(here: Any, missing: str) -> None:
    at = ANA.index(missing)
    done = here("onboard", *ANA[:at], *ANA[at + 2 :])
    assert (done.returncode, missing in done.stderr) == (2, True)


def test_on_a_terminal_it_asks_and_shows_the_zone_as_a_clock(here: Any, terminal: Callable[..., Any]) -> None:
    asked = terminal("onboard")
    for question, answer in [
        ("only a username): ", "300 123"),
        ("country code. Example", None),
        ("only a username): ", "+573001234567"),
        ("Name: ", "Ana"),
        ("Time zone [UTC]: ", "lisbon"),
        ("there now? [Y/n]: ", "n"),
        ("Time zone [UTC]: ", "bogota"),
        (f"Is it {answers.local_time(datetime.now(UTC), 'America/Bogota').split(':')[0]}:", None),
        ("there now? [Y/n]: ", "y"),
        ("Language and country [en-US]: ", "es-CO"),
        ("Currency [COP]: ", "COP"),
        ("Nothing unasked for from [21:00]: ", ""),
        ("until [08:00]: ", ""),
        ("not yet): ", "sí"),
        ("(individual, company) [individual]: ", ""),
        ("(tu, usted) [tu]: ", "usted"),
        ("not yet): ", "dormir mejor"),
        ("that they promise [3]: ", "5"),
        ("Begin with 3? [Y/n]: ", ""),
        ("(voice, text, mixed) [text]: ", ""),
        ("morning at (HH:MM, or none) [07:00]: ", "six"),
        ("no time of day", None),
        ("morning at (HH:MM, or none) [07:00]: ", "6:30"),
        ("evening at (HH:MM, or none) [none]: ", ""),
        ("Sundays at (HH:MM, or none) [none]: ", "18"),
        ("before each workout with a time (0: none) [0]: ", "half an hour"),
        ("Write minutes, up to", None),
        ("before each workout with a time (0: none) [0]: ", "30"),
        ("The first text is on", None),
    ]:
        asked.expect(question)
        if answer is not None:
            asked.type(f"{answer}\n")
    assert asked.end() == 0
    [person] = listed(here)
    kept = {name: person[name] for name in ("zone", "status", "address", "goal", "sessions_per_week", "mode")}
    assert kept == {
        "zone": "America/Bogota",
        "status": "active",
        "address": "usted",
        "goal": "dormir mejor",
        "sessions_per_week": 3,
        "mode": "text",
    }
    assert rows(here, "SELECT value FROM user_preferences WHERE key = 'workout_reminder_minutes'") == [("30",)]
    assert sorted(rows(here, "SELECT kind, by, at FROM call_slots")) == [
        ("monthly", "text", "18:30"),
        ("morning", "text", "06:30"),
        ("weekly", "text", "18:00"),
    ]


@pytest.mark.parametrize(
    ("where", "currency"),
    [
        (("--phone", "+573001234567", "--zone", "Europe/Madrid"), "COP"),
        (("--phone", "", "--zone", "Europe/Madrid"), "EUR"),
        (("--phone", "", "--zone", "UTC"), "USD"),
        (("--phone", "+573001234567", "--zone", "America/Bogota", "--currency", "usd"), "USD"),
    ],
)
def test_the_money_is_that_of_their_number_or_else_of_their_zone(
    ready: Any, where: tuple[str, ...], currency: str
) -> None:
    done = ready("onboard", "--name", "Eva", *where, "--consent", "", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["person"]["currency"] == currency


def test_broken_off_in_the_second_half_it_goes_on_with_what_is_there(here: Any, terminal: Callable[..., Any]) -> None:
    first = terminal("onboard", *ANA, *AGREED, "--quiet-from", "22", "--quiet-to", "7")
    for question, answer in [("(individual, company)", "company"), ("(tu, usted)", ""), ("not yet): ", "correr")]:
        first.expect(question)
        first.type(f"{answer}\n")
    first.expect("that they promise")
    assert first.interrupt() == 130
    again = terminal("onboard", "--phone", "+573001234567")
    for question, answer in [
        ("has this number already", None),
        ("Name [Ana]: ", ""),
        ("Time zone [America/Bogota]: ", ""),
        ("there now? [Y/n]: ", ""),
        ("Language and country [es-CO]: ", ""),
        ("Currency [COP]: ", ""),
        ("unasked for from [22:00]: ", ""),
        ("until [07:00]: ", ""),
        ("not yet): ", ""),
        ("[company]: ", ""),
        ("[tu]: ", ""),
        ("not yet) [correr]: ", ""),
        ("promise [3]: ", "4"),
        ("Begin with 2? [Y/n]: ", "n"),
        ("[text]: ", "voice"),
        ("calls by an AI (Enter: not yet): ", "sí, llámame"),
        ("morning at (HH:MM, or none) [07:00]: ", ""),
        ("evening at (HH:MM, or none) [none]: ", "20:15"),
        ("Sundays at (HH:MM, or none) [none]: ", ""),
        ("(0: none) [0]: ", "15"),
        ("with a time (0: none) [0]: ", ""),
        ("The first text is on", None),
        ("But voice.enabled is false", None),
    ]:
        again.expect(question)
        if answer is not None:
            again.type(f"{answer}\n")
    assert again.end() == 0
    found = "SELECT s.kind, by, at, nudge_minutes, c.purpose FROM call_slots s JOIN consents c ON c.id = consent_id"
    assert sorted(rows(here, found)) == [
        ("evening", "voice", "20:15", 15, "calls"),
        ("morning", "voice", "07:00", 15, "calls"),
    ]


def test_broken_off_nothing_is_half_done_and_nothing_is_asked_twice(here: Any, terminal: Callable[..., Any]) -> None:
    asked = terminal("onboard", *ANA[:4])
    for question, answer in [("Time zone", "bogota"), ("there now? [Y/n]: ", ""), ("Language and country", "es-co")]:
        asked.expect(question)
        asked.type(f"{answer}\n")
    asked.expect("Currency")
    assert asked.interrupt() == 130
    assert rows(here, "SELECT * FROM users") == []
    line = next(each for each in asked.shown.splitlines() if "To go on from here: " in each)
    words = shlex.split(line.partition("To go on from here: ")[2])
    assert words == ["ivy", "onboard", *ANA[:4], "--zone", "America/Bogota", "--locale", "es-CO"]
    again = terminal(*words[1:])
    again.expect("Currency")
    assert again.interrupt() == 130
    assert "Time zone" not in again.shown and "Language" not in again.shown
    assert "To go on" not in again.shown  # nothing new was answered


def test_a_zone_whose_clock_nobody_confirmed_is_asked_for_again(here: Any, terminal: Callable[..., Any]) -> None:
    asked = terminal("onboard", "--name", "Ana")
    for question, answer in [("Phone", "+573001234567"), ("Time zone", "bogota")]:
        asked.expect(question)
        asked.type(f"{answer}\n")
    asked.expect("there now?")
    assert asked.interrupt() == 130
    assert "ivy onboard --name Ana --phone +573001234567" in asked.shown and "--zone" not in asked.shown


def reached(program: Any, who: str = "Ana") -> dict[str, tuple[str, str]]:
    shown = json.loads(program("users", "show", who, "--json").stdout)["reached"]
    return {each["channel"]: (each["address"], each["blocked"]) for each in shown}


def test_mail_and_sms_reach_whoever_gave_an_address_and_a_number(here: Any) -> None:
    assert (
        "Mail reaches them at ana@example.org." in here("onboard", *ANA, *AGREED, "--email", "ana@Example.ORG").stdout
    )
    phone = ("+573001234567", "")
    assert reached(here) == {"whatsapp": phone, "sms": phone, "mail": ("ana@example.org", "")}
    kept = rows(here, "SELECT kind, value FROM channel_identities WHERE channel = 'mail'")
    assert kept == [("id", "ana@example.org")]


def test_a_new_address_takes_the_place_of_the_old_and_the_same_one_changes_nothing(here: Any) -> None:
    for address in ("ana@example.org", "ana@example.org", "ana@example.net", "ana@example.org"):
        assert here("onboard", *ANA, "--email", address).returncode == 0
    assert reached(here)["mail"] == ("ana@example.org", "")
    here("onboard", *ANA)
    assert reached(here)["mail"] == ("ana@example.org", "")
    kept = rows(here, "SELECT value, valid_to_ms IS NULL FROM channel_identities WHERE channel = 'mail' ORDER BY id")
    assert kept == [("ana@example.org", 0), ("ana@example.net", 0), ("ana@example.org", 1)]


def test_an_address_of_somebody_else_is_refused_and_nothing_is_kept(here: Any) -> None:
    here("onboard", *ANA, "--email", "family@example.org")
    ben = ("--name", "Ben", "--phone", "+573001234568", "--zone", "bogota")
    done = here("onboard", *ben, "--email", "family@example.org")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "another person's" in done.stderr
    assert [person["name"] for person in listed(here)] == ["Ana"]


def test_who_moves_by_a_second_onboarding_keeps_the_time_of_day_of_reminders(here: Any) -> None:
    here("onboard", *ANA)
    remind(here, "2036-06-01T09:00:00", "America/Bogota")
    here("onboard", *ANA, "--zone", "Europe/Madrid")
    assert rows(here, "SELECT zone, next_wall, next_at_ms FROM schedules") == [
        ("Europe/Madrid", "2036-06-01T09:00:00", stamp(datetime(2036, 6, 1, 7, tzinfo=UTC)))
    ]


def remind(program: Any, wall: str, zone: str) -> None:
    """Put in a reminder as the daemon would."""
    with closing(open_writer(program.folder / "data/ivy.db")) as connection:
        [person] = people.everyone(connection)
        schedules.add(
            connection,
            schedule_id="s-1",
            kind=REMINDER,
            user_id=person.id,
            zone=zone,
            wall=datetime.fromisoformat(wall),
            ref_id="r-1",
            now=datetime.now(UTC),
        )


# --- what an operator types ----------------------------------------------------------------------


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_reads_back_as_it_is_kept(hour: int, minute: int) -> None:
    kept = f"{hour:02}:{minute:02}"
    assert answers.hour(kept) == answers.hour(f"{hour}:{minute:02}") == kept


@given(st.text(max_size=12))
def test_whatever_is_typed_is_read_or_refused_in_one_sentence(text: str) -> None:
    for read in (
        answers.name,
        answers.phone,
        answers.email,
        answers.zone,
        answers.locale,
        answers.currency,
        answers.hour,
        answers.words,
    ):
        try:
            kept = read(text)
        except UsageError as refused:
            assert str(refused)
        else:
            assert read(kept) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("america/bogota", "America/Bogota"),
        ("New York", "America/New_York"),
        ("lisbon", "Europe/Lisbon"),
        ("UTC", "UTC"),
    ],
)
def test_a_place_is_found_by_its_name(typed: str, kept: str) -> None:
    assert answers.zone(typed) == kept


@pytest.mark.parametrize(("hour", "shown"), [(0, "12:05 am"), (9, "9:05 am"), (12, "12:05 pm"), (15, "3:05 pm")])
def test_the_clock_there_is_said_as_people_say_it(hour: int, shown: str) -> None:
    assert answers.local_time(datetime(2026, 11, 22, hour, 5, tzinfo=UTC), "UTC") == shown


# --- users ---------------------------------------------------------------------------------------


def test_a_person_is_found_by_name_number_and_id(ready: Any, here: Any) -> None:
    here("onboard", *ANA)
    [person] = listed(here)
    for who in (person["id"], "ana", "+573001234567"):
        assert json.loads(here("users", "show", who, "--json").stdout)["person"] == person
    done = ready("users", "show", "nobody")
    assert (done.returncode, done.stderr) == (2, "ivy: Nobody is known as 'nobody'; `ivy users list` shows who is.\n")


def test_a_pause_and_its_end(here: Any) -> None:
    here("onboard", *ANA, *AGREED)
    assert here("users", "pause", "Ana").returncode == 0
    assert listed(here)[0]["status"] == "paused"
    assert here("users", "resume", "Ana").returncode == 0
    assert listed(here)[0]["status"] == "active"
    assert here("users", "resume", "Ana").returncode == 2


def test_a_move_takes_the_reminders_along(ready: Any, here: Any) -> None:
    here("onboard", *ANA)
    remind(here, "2036-06-01T09:00:00", "America/Bogota")
    done = ready("users", "move", "Ana", "madrid")
    assert done.returncode == 0
    assert done.stdout.startswith("Ana lives by Europe/Madrid, where it is ")
    assert done.stdout.endswith("; 1 reminder was moved.\n")
    assert listed(here)[0]["zone"] == "Europe/Madrid"
    assert rows(here, "SELECT zone, next_at_ms FROM schedules") == [
        ("Europe/Madrid", stamp(datetime(2036, 6, 1, 7, tzinfo=UTC)))
    ]
    assert "0 reminders were moved" in here("users", "move", "Ana", "Europe/Madrid").stdout
    assert here("users", "move", "Ana", "Bogotta").returncode == 2
    assert here("users", "move", "nobody", "UTC").returncode == 2


def test_who_is_blocked_and_who_asked_for_a_human_is_shown(here: Any) -> None:
    here("onboard", *ANA, "--email", "ana@example.org")
    assert "a human answers" not in here("users", "show", "Ana").stdout
    now = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    with closing(open_writer(here.folder / "data/ivy.db")) as connection:
        [person] = people.everyone(connection)
        people.hand_over(within(connection, person.id), now)
        blocked.block(connection, "mail", "ana@example.org", "they unsubscribed", now=now)
    shown = here("users", "show", "Ana").stdout
    assert "ana@example.org, blocked: they unsubscribed" in shown
    assert "a human answers   since 2026-11-22 09:30" in shown
    assert reached(here)["mail"] == ("ana@example.org", "they unsubscribed")


def test_an_export_is_one_document_or_a_file_of_the_owners_alone(here: Any, tmp_path: Path) -> None:
    here("onboard", *ANA, *AGREED)
    document = json.loads(here("users", "export", "Ana").stdout)
    assert set(document["tables"]) == {"users", "channel_identities", "consents"}
    assert here("users", "export", "Ana", "--to", "ana.json").returncode == 0
    assert (tmp_path / "ana.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "ana.json").read_text())["tables"] == document["tables"]
    again = here("users", "export", "Ana", "--to", "ana.json")
    assert (again.returncode, again.stderr) == (1, "ivy: File exists: ana.json\n")


def test_off_a_terminal_nobody_is_erased_without_yes(ready: Any, here: Any) -> None:
    here("onboard", *ANA)
    assert ready("users", "erase", "Ana", typed="y\n").returncode == 2
    assert len(listed(here)) == 1


def test_on_a_terminal_no_is_no(here: Any, terminal: Callable[..., Any]) -> None:
    here("onboard", *ANA)
    asked = terminal("users", "erase", "Ana")
    asked.expect("Erase? [y/N]: ")
    asked.type("\n")
    assert asked.end() == 0
    assert len(listed(here)) == 1


def test_an_erasure_is_counted_and_leaves_no_name_or_number_even_in_the_audit_log(here: Any) -> None:
    here("onboard", *ANA, *AGREED)
    [person] = listed(here)
    told = json.loads(here("users", "erase", "Ana", "--yes", "--json").stdout)["erased"]
    assert told["deleted"] == {"channel_identities": 1, "consents": 1, "users": 1}
    assert told["left"] == {}
    audit = rows(here, "SELECT action, subject, actor FROM audit_log ORDER BY id")
    assert audit[-1][:2] == ("users erase", person["id"])
    assert "ivy users erase … --yes --json" in audit[-1][2]
    for part in (here.folder / "data").iterdir():
        kept = part.read_bytes()
        for trace in (b"Ana", b"3001234567", b"quiero que"):
            assert trace not in kept


def test_every_look_at_people_is_in_the_audit_log(ready: Any, here: Any) -> None:
    here("onboard", *ANA, *AGREED)
    for words in (["list"], ["show", "Ana"], ["pause", "Ana"], ["resume", "Ana"], ["export", "Ana"]):
        ready("users", *words)
    actions = [action for (action,) in rows(ready, "SELECT action FROM audit_log ORDER BY id")]
    assert actions == ["onboard", "users list", "users show", "users pause", "users resume", "users export"]
