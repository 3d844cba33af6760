"""`ivy replay-dlq`: a plan in people before the act, kept, and carried out once."""

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ivy.clock import stamp
from ivy.ports import Address
from ivy.store import outbox, people, replay_running

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


def dead(seeded: "Seeded") -> set[str]:
    return {row["id"] for row in seeded.connection.execute("SELECT id FROM dead_letters")}


def planned(document: Any) -> dict[str, str]:
    return {line["job_id"]: line["what"] for line in document["lines"]}


def lines(seeded: "Seeded", plan: str) -> dict[str, Any]:
    return {
        row["job_id"]: dict(row)
        for row in seeded.connection.execute("SELECT * FROM replay_plan_lines WHERE plan_id = ?", (plan,))
    }


@pytest.fixture
def by_day(seeded: "Seeded") -> "Seeded":
    """Nobody sleeps, whatever the hour at which the test runs, and everybody wrote today."""
    connection = seeded.connection
    connection.execute("UPDATE users SET quiet_from = '00:00', quiet_to = '00:00'")
    for user in ("ana-0001", "ben-0002", "cleo-003"):
        _reachable(seeded, user)
    return seeded


def _reachable(seeded: "Seeded", user: str) -> None:
    now_ms = stamp(seeded.hands.now)
    seeded.connection.execute(
        "INSERT INTO channel_identities (user_id, channel, kind, value, valid_from_ms) VALUES (?, 'whatsapp', 'id', ?, ?)",
        (user, f"bsuid-{user}", now_ms),
    )
    seeded.connection.execute(
        "INSERT OR REPLACE INTO conversation_windows (user_id, channel, expires_at_ms) VALUES (?, 'whatsapp', ?)",
        (user, now_ms + 20 * 3_600_000),
    )


def test_the_plan_says_of_each_letter_what_becomes_of_it(ivy: "Ivy", by_day: "Seeded") -> None:
    plan = ivy("replay-dlq", "--dry-run", "--json").json()
    assert planned(plan) == {
        by_day.sends[0]: "now",
        by_day.sends[1]: "now",
        by_day.broken: "now",
        by_day.poison: "poison",
        by_day.reminder: "too_late",
        by_day.opted_out: "opted_out",
        by_day.arrived: "arrived",
    }
    assert (plan["letters"], plan["people"], plan["runs"], plan["messages"]) == (7, 3, 3, 3)
    assert plan["poison"] == [by_day.poison]
    assert plan["outcome"] is None and plan["daemon_is_running"] is False and plan["dials"] == 0
    (busy,) = [each for each in plan["causes"] if each["cause"] == "whatsapp: it did not answer in time"]
    assert busy["letters"] == 4


def test_the_plan_reads_well(ivy: "Ivy", by_day: "Seeded") -> None:
    typed = ivy("replay-dlq", "--dry-run")
    assert typed.code == 0
    assert typed.out.startswith("7 dead letters · 3 people · ")
    for words in (
        "send now 3 (awake by their clock) · too late 1 (reminders over 2 h) · opted out 1 · arrived after all 1 ·"
        " poison, left out 1 (KeyError)",
        "about $0.00 · nothing is dialled · first 1, then 10, then 2 a second; stops on a new kind of error",
        "The daemon is not running: they would be queued until it is.",
        "whatsapp: it did not answer in time, ",
    ):
        assert words in typed.out
    assert re.search(r"^plan [0-9a-f-]{36}$", typed.out, re.MULTILINE)


def test_a_dry_run_changes_no_letter(ivy: "Ivy", by_day: "Seeded") -> None:
    before = dead(by_day)
    ivy("replay-dlq", "--dry-run")
    ivy("dlq", "replay", "--dry-run", "--json")
    assert dead(by_day) == before
    assert by_day.connection.execute("SELECT DISTINCT state FROM replay_plans").fetchall()[0]["state"] == "draft"


@pytest.mark.parametrize("words", [(), ("--json",), ("--plan", "ID")])
def test_off_a_terminal_it_wants_a_yes(ivy: "Ivy", by_day: "Seeded", words: tuple[str, ...]) -> None:
    before = dead(by_day)
    assert "give --yes to replay, or --dry-run" in str(ivy("replay-dlq", *words).error)
    assert dead(by_day) == before


def test_the_plan_that_was_shown_is_the_plan_that_runs(ivy: "Ivy", by_day: "Seeded") -> None:
    shown = ivy("replay-dlq", "--dry-run", "--json").json()
    _, later = by_day.hands.dead_send("cleo-003", "what came after the plan")
    begun = ivy("replay-dlq", "--plan", shown["plan"][:-1], "--yes", "--json").json()
    assert begun["state"] == "running" and planned(begun) == planned(shown)
    job = by_day.connection.execute("SELECT * FROM jobs WHERE kind = 'replay'").fetchone()
    assert (job["state"], msgspec.json.decode(job["payload"])) == ("ready", {"plan": shown["plan"]})
    assert later in dead(by_day)


def test_without_a_daemon_it_is_queued_and_says_so(ivy: "Ivy", by_day: "Seeded") -> None:
    typed = ivy("replay-dlq", "--yes", "--rate", "0.5", "--kind", "send")
    assert "is queued: the daemon is not running, and begins with it when it does." in typed.out
    assert len(dead(by_day)) == 7
    row = by_day.connection.execute("SELECT rate, state FROM replay_plans").fetchone()
    assert (row["rate"], row["state"]) == (0.5, "running")


def test_two_at_once_are_one(ivy: "Ivy", by_day: "Seeded") -> None:
    first = ivy("replay-dlq", by_day.sends[0], "--yes", "--json").json()["plan"]
    refused = ivy("replay-dlq", "--yes")
    assert refused.error is not None and refused.code != 0
    assert f"Another replay runs now, plan {first}" in str(refused.error)
    again = ivy("replay-dlq", "--plan", first, "--yes")
    assert again.code == 0 and "It runs already." in again.out
    assert by_day.connection.execute("SELECT count(*) FROM jobs WHERE kind = 'replay'").fetchone()[0] == 1


def test_what_waits_in_a_plan_that_runs_is_left_to_it(ivy: "Ivy", by_day: "Seeded") -> None:
    first = ivy("replay-dlq", "--yes", "--json").json()
    again = ivy("replay-dlq", "--yes")
    assert (again.code, again.error) == (0, None)
    assert f"Plan {first['plan']} runs, with {first['runs']} of these letters" in again.out
    named = ivy("replay-dlq", *by_day.sends, "--yes")
    assert named.code == 0 and "No other dead letters fit: there is nothing to replay." in named.out


def test_a_plan_can_be_stopped_and_gone_on_with(ivy: "Ivy", by_day: "Seeded") -> None:
    plan = ivy("replay-dlq", "--yes", "--json").json()["plan"]
    stopped = ivy("replay-dlq", "--plan", plan, "--stop")
    assert f"Plan {plan} is stopped; 3 letters are left as they were." in stopped.out
    assert "does not run: it is stopped" in ivy("replay-dlq", "--plan", plan, "--stop").out
    assert "stopped by " in ivy("replay-dlq", "--plan", plan, "--dry-run").out
    assert ivy("replay-dlq", "--plan", plan, "--yes", "--json").json()["state"] == "running"


def test_what_is_typed_wrongly_is_said(ivy: "Ivy", by_day: "Seeded") -> None:
    assert "There is no plan 'nonsense'" in str(ivy("replay-dlq", "--plan", "nonsense", "--yes").error)
    assert "leave ids and filters out" in str(ivy("replay-dlq", by_day.poison, "--plan", "x", "--yes").error)
    assert "--stop needs --plan" in str(ivy("replay-dlq", "--stop").error)
    assert "There is no job nonsense" in str(ivy("replay-dlq", by_day.sends[0], "nonsense", "--yes").error)
    assert len(dead(by_day)) == 7


def test_ids_and_filters_narrow_it(ivy: "Ivy", by_day: "Seeded") -> None:
    assert set(planned(ivy("replay-dlq", by_day.sends[1], "--dry-run", "--json").json())) == {by_day.sends[1]}
    by_error = ivy("dlq", "replay", "--error", "keyerror", "--dry-run", "--json").json()
    assert planned(by_error) == {by_day.poison: "poison"}
    assert ivy("replay-dlq", "--kind", "nothing", "--yes").out == "No dead letters fit: there is nothing to replay.\n"
    assert ivy("replay-dlq", "--kind", "nothing", "--dry-run", "--json").json()["plan"] is None


def test_poison_goes_back_only_when_it_is_named(ivy: "Ivy", by_day: "Seeded") -> None:
    named = ivy("replay-dlq", by_day.poison, "--dry-run", "--json").json()
    assert planned(named)[by_day.poison] == "now"
    asked = ivy("replay-dlq", "--poison", "--dry-run", "--json").json()
    assert planned(asked)[by_day.poison] in ("now", "next")


def test_several_letters_of_one_person_are_one_message(ivy: "Ivy", by_day: "Seeded") -> None:
    hands = by_day.hands
    more = [hands.dead_send("cleo-003", words)[1] for words in ("second", "third")]
    plan = ivy("replay-dlq", "--user", "cleo-003", "--kind", "send", "--dry-run", "--json").json()
    of_cleo = {line["job_id"]: line["bundle"] for line in plan["lines"] if line["what"] == "now"}
    assert len(of_cleo) == 3 and set(more) < set(of_cleo) and len(set(of_cleo.values())) == 1
    typed = ivy("replay-dlq", "--user", "cleo-003", "--kind", "send", "--dry-run")
    assert "send now 3 → 1 message, one each (awake by their clock)" in typed.out


def test_who_sleeps_hears_of_it_in_the_morning(ivy: "Ivy", by_day: "Seeded") -> None:
    by_day.connection.execute("UPDATE users SET quiet_from = '00:00', quiet_to = '23:59:59', zone = 'UTC'")
    by_day.connection.execute(
        "UPDATE conversation_windows SET expires_at_ms = expires_at_ms + 86400000"
    )  # open then, too
    people.set_status(by_day.hands.scope("ana-0001"), "active")
    plan = ivy("replay-dlq", *by_day.sends, "--dry-run", "--json").json()
    assert {line["what"] for line in plan["lines"]} == {"later"}
    assert {line["wall"] for line in plan["lines"]} == {"23:59"}
    assert "from 23:59 2" in ivy("replay-dlq", *by_day.sends, "--dry-run").out


def test_a_closed_window_needs_a_template_or_waits(ivy: "Ivy", by_day: "Seeded") -> None:
    by_day.connection.execute("UPDATE conversation_windows SET expires_at_ms = 0")
    assert "until they write 2" in ivy("replay-dlq", *by_day.sends, "--dry-run").out


def test_a_message_that_was_to_be_read_out_is_written(ivy: "Ivy", by_day: "Seeded") -> None:
    message_id, job_id = by_day.hands.dead_send("cleo-003", "call your mother")
    by_day.connection.execute("UPDATE messages_v2 SET channel = 'call', purpose = 'notice' WHERE id = ?", (message_id,))
    assert outbox.outgoing(by_day.connection, message_id).channel == "call"
    plan = ivy("replay-dlq", job_id, "--dry-run", "--json").json()
    assert planned(plan) == {job_id: "now"}
    by_day.connection.execute("UPDATE jobs SET kind = 'call' WHERE id = ?", (job_id,))
    assert planned(ivy("replay-dlq", job_id, "--dry-run", "--json").json()) == {job_id: "too_late"}
    assert "too late 1 (calls)" in ivy("replay-dlq", job_id, "--dry-run").out


def test_the_plan_knows_how_its_channel_does_since(ivy: "Ivy", by_day: "Seeded") -> None:
    connection, hands = by_day.connection, by_day.hands
    connection.execute("UPDATE jobs SET ended_at_ms = ended_at_ms - 600000 WHERE state = 'dead'")
    first = ivy("replay-dlq", *by_day.sends, "--dry-run").out
    assert "whatsapp healthy since " in first or "not tried by whatsapp since" in first
    message_id, _job = hands.message("cleo-003", "hello")
    outbox.begin_sending(
        connection, message_id, Address(phone="+15550102031"), kind="text", resend=False, now=hands.now
    )
    outbox.accepted(connection, message_id, "wamid.GOOD", now=hands.now)
    connection.execute("UPDATE messages_v2 SET state = 'delivered' WHERE id = ?", (message_id,))
    assert re.search(
        r"whatsapp healthy since \d\d:\d\d UTC \(\d+ of \d+ sends?\)", ivy("replay-dlq", *by_day.sends, "--dry-run").out
    )
    connection.execute(
        "INSERT INTO breakers (name, failures, opened_at_ms, until_ms, reason) VALUES ('whatsapp', 3, ?, ?, 'no answer')",
        (stamp(hands.now), stamp(hands.now) + 3_600_000),
    )
    assert "whatsapp is not healthy: no answer" in ivy("replay-dlq", *by_day.sends, "--dry-run").out


def test_a_letter_that_may_have_arrived_is_said_to(ivy: "Ivy", by_day: "Seeded") -> None:
    message_id, job_id = by_day.hands.dead_send("cleo-003", "did you get this?")
    by_day.connection.execute("UPDATE messages_v2 SET resends = 1 WHERE id = ?", (message_id,))
    assert (
        "Of 1 letter nothing was ever heard: the first may have arrived." in ivy("replay-dlq", job_id, "--dry-run").out
    )


def test_a_plan_whose_own_job_died_is_taken_up_by_its_id(ivy: "Ivy", by_day: "Seeded") -> None:
    plan = ivy("replay-dlq", "--yes", "--json").json()["plan"]
    by_day.connection.execute("UPDATE jobs SET state = 'dead', ended_at_ms = 1 WHERE kind = 'replay'")
    assert "It runs already." in ivy("replay-dlq", "--plan", plan, "--yes").out
    assert by_day.connection.execute("SELECT state FROM jobs WHERE kind = 'replay'").fetchone()["state"] == "ready"


def test_drafts_of_yesterday_are_forgotten(ivy: "Ivy", by_day: "Seeded") -> None:
    old = ivy("replay-dlq", "--dry-run", "--json").json()["plan"]
    by_day.connection.execute("UPDATE replay_plans SET made_at_ms = made_at_ms - 90000000")
    ivy("replay-dlq", "--dry-run")
    assert not lines(by_day, old)
    assert by_day.connection.execute("SELECT count(*) FROM replay_plans").fetchone()[0] == 1


def test_the_database_itself_keeps_one_running_plan_and_one_message_a_person(ivy: "Ivy", by_day: "Seeded") -> None:
    plan = ivy("replay-dlq", "--yes", "--json").json()["plan"]
    assert replay_running.running(by_day.connection) == plan
    ivy("replay-dlq", "--dry-run")
    with pytest.raises(Exception, match="UNIQUE"):
        by_day.connection.execute("UPDATE replay_plans SET state = 'running', begun_at_ms = 1 WHERE state = 'draft'")
    spoken = next(line for line in lines(by_day, plan).values() if line["speaks"])
    with pytest.raises(Exception, match="UNIQUE"):
        by_day.connection.execute(
            "UPDATE replay_plan_lines SET speaks = 1, user_id = ? WHERE plan_id = ? AND job_id <> ? AND what <> 'now'",
            (spoken["user_id"], plan, spoken["job_id"]),
        )
