"""`ivy replay-dlq`: a plan before the act, and the act once."""

from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


def dead(seeded: "Seeded") -> set[str]:
    return {row["id"] for row in seeded.connection.execute("SELECT id FROM dead_letters")}


def test_the_plan_counts_letters_people_and_causes(ivy: "Ivy", seeded: "Seeded") -> None:
    plan = ivy("replay-dlq", "--dry-run", "--json").json()
    assert (plan["letters"], plan["people"], plan["runs"]) == (7, 3, 4)
    assert plan["poison"] == [seeded.poison]
    assert plan["paused_queues"] == {"agent": "anthropic: the key is not valid (401)"}
    assert plan["outcome"] is None and plan["daemon_is_running"] is False
    sends = next(group for group in plan["groups"] if group["kind"] == "send" and group["fate"] == "again")
    assert sends["cause"] == "whatsapp: it did not answer in time" and sends["people"] == 2
    assert sorted(sends["ids"]) == sorted(seeded.sends)
    assert {each for group in plan["groups"] for each in group["ids"]} == dead(seeded)


def test_the_plan_reads_well(ivy: "Ivy", seeded: "Seeded") -> None:
    typed = ivy("replay-dlq", "--dry-run")
    assert typed.code == 0
    assert "7 dead letters · 3 people · " in typed.out
    for words in (
        "nothing: the person stopped",
        "nothing: too late to be of use",
        "nothing: it arrived after all",
        "read again",
        "4 letters would go back to work, 2 a second: about 2 s.",
        "3 would stay as they are",
        "1 letter failed the same way three times running (poison)",
        "Queue agent is paused, and letters wait in it: anthropic: the key is not valid (401)",
        "The daemon is not running",
        seeded.poison,
    ):
        assert words in typed.out


def test_a_dry_run_changes_nothing(ivy: "Ivy", seeded: "Seeded") -> None:
    before = dead(seeded)
    ivy("replay-dlq", "--dry-run")
    ivy("dlq", "replay", "--dry-run", "--json")
    assert dead(seeded) == before


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_off_a_terminal_it_wants_a_yes(ivy: "Ivy", seeded: "Seeded", words: tuple[str, ...]) -> None:
    before = dead(seeded)
    assert "give --yes to replay, or --dry-run" in str(ivy("replay-dlq", *words).error)
    assert dead(seeded) == before


def test_what_can_run_goes_back_to_work_under_its_old_key(ivy: "Ivy", seeded: "Seeded") -> None:
    key = ivy("jobs", "show", seeded.sends[0], "--json").json()["key"]
    outcome = ivy("replay-dlq", "--yes", "--json").json()["outcome"]
    assert (outcome["replayed"], outcome["skipped"], outcome["waiting"]) == (4, 0, 4)
    assert dead(seeded) == {seeded.reminder, seeded.opted_out, seeded.arrived}
    job = ivy("jobs", "show", seeded.sends[0], "--json").json()
    assert (job["state"], job["key"], job["replays"], job["attempts"]) == ("ready", key, 1, 0)


def test_a_second_replay_does_nothing(ivy: "Ivy", seeded: "Seeded") -> None:
    ivy("replay-dlq", "--yes")
    again = ivy("replay-dlq", "--yes", "--json").json()
    assert (again["runs"], again["outcome"]) == (0, None)
    named = ivy("replay-dlq", *seeded.sends, "--yes", "--json").json()
    assert (named["letters"], named["outcome"]) == (0, None)


def test_without_a_daemon_they_are_queued_at_the_rate(ivy: "Ivy", seeded: "Seeded") -> None:
    typed = ivy("replay-dlq", "--yes", "--rate", "0.1", "--kind", "send")
    assert "2 letters sent back to work. The daemon is not running" in typed.out
    rows = [
        seeded.connection.execute("SELECT run_at_ms FROM jobs WHERE id = ?", (each,)).fetchone()[0]
        for each in sorted(seeded.sends)
    ]
    assert rows[1] - rows[0] == 10_000


def test_ids_and_filters_narrow_what_is_replayed(ivy: "Ivy", seeded: "Seeded") -> None:
    before = dead(seeded)
    ivy("replay-dlq", seeded.sends[1], "--yes")
    assert dead(seeded) == before - {seeded.sends[1]}
    ivy("dlq", "replay", "--error", "keyerror", "--yes")
    assert dead(seeded) == before - {seeded.sends[1], seeded.poison}


def test_an_unknown_id_is_an_error_before_anything_is_done(ivy: "Ivy", seeded: "Seeded") -> None:
    before = dead(seeded)
    assert "There is no job nonsense" in str(ivy("replay-dlq", seeded.sends[0], "nonsense", "--yes").error)
    assert dead(seeded) == before


def test_who_did_it_why_and_to_which_is_kept(ivy: "Ivy", seeded: "Seeded") -> None:
    ivy("replay-dlq", "--kind", "send", "--yes", "--reason", "Meta is back")
    rows = seeded.connection.execute("SELECT * FROM audit_log WHERE details <> '{}'").fetchall()
    assert [(row["action"], row["reason"], row["subject"]) for row in rows] == [
        ("replay-dlq", "Meta is back", "2 dead letters")
    ]
    assert sorted(msgspec.json.decode(rows[0]["details"])["ids"]) == sorted(seeded.sends)
    assert rows[0]["actor"]


def test_nothing_to_replay_is_said(ivy: "Ivy", seeded: "Seeded") -> None:
    typed = ivy("replay-dlq", "--kind", "nothing", "--yes")
    assert (typed.code, typed.out) == (0, "No dead letters fit: there is nothing to replay.\n")
