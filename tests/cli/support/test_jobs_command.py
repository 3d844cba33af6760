"""`ivy jobs`: listed by every filter, shown with every failure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


def test_the_list_narrows_by_state_kind_person_and_number(ivy: "Ivy", seeded: "Seeded") -> None:
    everything = ivy("jobs", "list", "--json").json()
    assert {job["state"] for job in everything} >= {"ready", "done", "dead"}
    assert {job["state"] for job in ivy("jobs", "list", "--state", "dead", "--json").json()} == {"dead"}
    assert {job["kind"] for job in ivy("jobs", "list", "--kind", "turn", "--json").json()} == {"turn"}
    assert {job["person"] for job in ivy("jobs", "list", "--user", "Cleo", "--json").json()} == {"Cleo"}
    assert len(ivy("jobs", "list", "--limit", "2", "--json").json()) == 2
    assert [job["created_at"] for job in everything] == sorted((job["created_at"] for job in everything), reverse=True)


def test_the_list_for_people_names_whose_and_why(ivy: "Ivy", seeded: "Seeded") -> None:
    typed = ivy("jobs", "list", "--state", "dead", "--kind", "turn")
    assert typed.code == 0
    assert "Cleo" in typed.out and "The same failure three times" in typed.out and seeded.poison in typed.out


def test_an_empty_list_is_still_a_document(ivy: "Ivy", seeded: "Seeded") -> None:
    assert ivy("jobs", "list", "--kind", "nothing", "--json").json() == []
    assert ivy("jobs", "list", "--kind", "nothing").err == "No job fits.\n"


def test_a_job_is_shown_with_each_failure_and_its_time(ivy: "Ivy", seeded: "Seeded") -> None:
    job = ivy("jobs", "show", seeded.poison, "--json").json()
    assert (job["state"], job["attempts"], job["claims"]) == ("dead", 3, 3)
    assert [error["claim"] for error in job["errors"]] == [1, 2, 3]
    assert job["lane"] == "turn:cleo-003" and job["payload"] == {"channel": "whatsapp"}
    text = ivy("jobs", "show", seeded.poison).out
    assert text.count("builtins.KeyError@ivy.agent.context:assemble") == 3
    assert "payload.channel" in text and "turn:cleo-003" in text and "3 failed" in text


def test_the_beginning_of_an_id_will_do_if_it_is_only_one_s(ivy: "Ivy", seeded: "Seeded") -> None:
    assert ivy("jobs", "show", seeded.poison[:-4], "--json").json()["id"] == seeded.poison
    refused = ivy("jobs", "show", seeded.poison[:8])
    assert "Several jobs begin with" in str(refused.error)


def test_what_does_not_exist_is_said_plainly(ivy: "Ivy", seeded: "Seeded") -> None:
    assert "There is no job nonsense" in str(ivy("jobs", "show", "nonsense").error)
    assert "--state is one of" in str(ivy("jobs", "list", "--state", "lost").error)
    assert "Nobody is known as 'Zoe'" in str(ivy("jobs", "list", "--user", "Zoe").error)


def test_reading_everybodys_jobs_is_audited(ivy: "Ivy", seeded: "Seeded") -> None:
    ivy("jobs", "show", seeded.poison)
    row = seeded.connection.execute("SELECT * FROM audit_log ORDER BY id DESC LIMIT 1").fetchone()
    assert (row["action"], row["subject"]) == ("jobs show", f"job {seeded.poison}")
