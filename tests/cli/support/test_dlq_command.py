"""`ivy dlq list|show|discard`: what was given up on, and ending it with a reason."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivy.ports import Address
from ivy.store import inbox, outbox, people

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


def fates(ivy: "Ivy", *words: str) -> dict[str, str]:
    return {letter["id"]: letter["fate"] for letter in ivy("dlq", "list", "--json", *words).json()}


def test_each_letter_says_what_a_replay_would_do(ivy: "Ivy", seeded: "Seeded") -> None:
    assert fates(ivy) == {
        seeded.sends[0]: "again",
        seeded.sends[1]: "again",
        seeded.poison: "again",
        seeded.reminder: "too_late",
        seeded.opted_out: "opted_out",
        seeded.arrived: "arrived",
        seeded.broken: "again",
    }


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--kind", "turn"), 1),
        (("--error", "keyerror"), 1),
        (("--error", "did not answer in time"), 4),
        (("--user", "cleo-003"), 2),
        (("--fate", "too_late"), 1),
        (("--since", "1h"), 7),
        (("--since", "2999-01-01"), 0),
        (("--limit", "3"), 3),
    ],
)
def test_filters_narrow(ivy: "Ivy", seeded: "Seeded", words: tuple[str, ...], count: int) -> None:
    assert len(fates(ivy, *words)) == count


def test_the_list_for_people_marks_poison(ivy: "Ivy", seeded: "Seeded") -> None:
    lines = {line.split()[0]: line for line in ivy("dlq", "list").out.splitlines() if line.strip()}
    assert "KeyError (poison)" in lines[seeded.poison]
    assert "poison" not in lines[seeded.sends[0]]
    assert "nothing: too late to be of use" in lines[seeded.reminder]


def test_a_letter_is_shown_with_what_it_was_and_what_to_type(ivy: "Ivy", seeded: "Seeded") -> None:
    document = ivy("dlq", "show", seeded.reminder, "--json").json()
    assert document["letter"]["fate"] == "too_late" and document["job"]["payload"]["ref"] == "r-1"
    typed = ivy("dlq", "show", seeded.poison)
    assert "(poison)" in typed.out and f"ivy dlq replay {seeded.poison}" in typed.err


def test_a_job_that_lives_is_no_letter(ivy: "Ivy", seeded: "Seeded") -> None:
    assert "is no dead letter: it is done" in str(ivy("dlq", "show", seeded.turn_job).error)


def test_discarding_needs_a_reason_a_choice_and_a_yes(ivy: "Ivy", seeded: "Seeded") -> None:
    assert ivy("dlq", "discard", seeded.reminder, "--yes").code == 2
    assert "--reason is empty" in str(ivy("dlq", "discard", seeded.reminder, "--reason", " ", "--yes").error)
    assert "Say which" in str(ivy("dlq", "discard", "--reason", "old", "--yes").error)
    assert "Nobody is here to be asked" in str(ivy("dlq", "discard", seeded.reminder, "--reason", "old").error)
    assert len(fates(ivy)) == 7


def test_what_is_discarded_is_gone_with_its_reason_kept(ivy: "Ivy", seeded: "Seeded") -> None:
    words = ("dlq", "discard", "--fate", "too_late", "--reason", "a day old", "--yes", "--json")
    assert ivy(*words).json() == {"discarded": [seeded.reminder], "reason": "a day old"}
    assert ivy(*words).json()["discarded"] == []
    job = ivy("jobs", "show", seeded.reminder, "--json").json()
    assert job["state"] == "cancelled" and job["errors"][-1]["reason"] == "discarded: a day old"
    row = seeded.connection.execute("SELECT * FROM audit_log WHERE details LIKE '%' || ? || '%'", (seeded.reminder,))
    assert [(each["action"], each["reason"]) for each in row] == [("dlq discard", "a day old")]


def test_a_message_nobody_heard_of_is_marked_as_perhaps_sent(ivy: "Ivy", seeded: "Seeded") -> None:
    hands = seeded.hands
    message_id, job_id = hands.message("cleo-003", "did you get this?")
    address = Address(phone="+15550102031")
    assert outbox.begin_sending(seeded.connection, message_id, address, kind="text", resend=False, now=hands.now)
    outbox.mark_unknown(seeded.connection, message_id, now=hands.now)
    assert outbox.begin_sending(seeded.connection, message_id, address, kind="text", resend=True, now=hands.now)
    hands.bury(job_id, reason="whatsapp: nothing was heard of either", error="ivy.errors.VendorRefused@ivy.x:handle")
    outbox.set_state(seeded.connection, message_id, "failed", now=hands.now, reason="nothing was heard")
    assert fates(ivy)[job_id] == "maybe_twice"
    assert "though the first may have arrived" in ivy("dlq", "show", job_id).out


def test_a_webhook_whose_bytes_are_forgotten_cannot_be_read_again(ivy: "Ivy", seeded: "Seeded") -> None:
    inbox.empty(seeded.connection, before=seeded.hands.now + timedelta(days=1))
    assert fates(ivy)[seeded.broken] == "lost"
    lines = ivy("replay-dlq", "--dry-run", "--json").json()["lines"]
    assert {line["what"] for line in lines if line["job_id"] == seeded.broken} == {"lost"}


def test_what_a_paused_person_did_not_ask_for_is_left(ivy: "Ivy", seeded: "Seeded") -> None:
    people.set_status(seeded.hands.scope("cleo-003"), "paused")
    _, unasked = seeded.hands.message("cleo-003", "good night", asked_for=False)
    seeded.hands.bury(unasked, reason="whatsapp: refused", error="ivy.errors.VendorRefused@ivy.x:send")
    found = fates(ivy)
    assert (found[unasked], found[seeded.sends[1]]) == ("opted_out", "again")
