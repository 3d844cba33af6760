"""`ivy switch`: listed, shown, set, and a paused queue let go on."""

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivy.domain.breaker import CLOSED, Breaker
from ivy.store import breakers
from tests.models import PRIMARY

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


def test_the_list_says_what_each_does_and_which_queues_rest(ivy: "Ivy", seeded: "Seeded") -> None:
    document = ivy("switch", "--json").json()
    assert {each["name"]: each["value"] for each in document["switches"]} == {
        "spend": "on",
        "typing": "on",
        "read_receipts": "on",
        "flows": "on",
        "voice": "on",
        "providers": "auto",
        "memory": "semantic",
        "proactive": "on",
    }
    queues = {each["name"]: each for each in document["queues"]}
    assert queues["queue.agent"]["value"] == "paused" and "401" in queues["queue.agent"]["reason"]
    assert queues["queue.outbox"]["value"] == "on"
    assert "no model is called" in ivy("switch").out


def test_setting_is_kept_with_who_and_why(ivy: "Ivy", seeded: "Seeded") -> None:
    assert ivy("switch", "spend", "block", "--reason", "runaway").out == "spend is block; it was on.\n"
    assert ivy("switch", "spend").out == "block\n"
    assert ivy("switch", "spend", "--json").json() == {"name": "spend", "value": "block"}
    row = seeded.connection.execute("SELECT * FROM switches").fetchone()
    assert (row["name"], row["value"]) == ("spend", "block") and row["set_by"]
    audited = seeded.connection.execute("SELECT * FROM audit_log WHERE subject = 'spend=block'").fetchone()
    assert (audited["action"], audited["reason"]) == ("switch", "runaway")


def test_a_paused_queue_is_let_go_on(ivy: "Ivy", seeded: "Seeded") -> None:
    first = ivy("switch", "queue.agent", "on", "--json").json()
    assert first == {"name": "queue.agent", "value": "on", "before": "paused"}
    assert ivy("switch", "queue.agent", "on", "--json").json()["before"] == "on"
    assert seeded.connection.execute("SELECT count(*) FROM queue_pauses").fetchone()[0] == 0


def test_a_channel_that_is_left_alone_is_shown_and_let_go_on(ivy: "Ivy", seeded: "Seeded") -> None:
    now = seeded.hands.now
    down = Breaker(3, now, now + timedelta(seconds=30), "no connection (ConnectError)")
    breakers.save(seeded.connection, "whatsapp", down, now=now)
    breakers.save(seeded.connection, "sms", Breaker(1, reason="no connection (ConnectError)"), now=now)  # not open
    channels = {each["name"]: each for each in ivy("switch", "--json").json()["channels"]}
    assert channels["channel.whatsapp"]["value"] == "left alone"
    assert "no connection" in channels["channel.whatsapp"]["reason"]
    assert {channels[name]["value"] for name in ("channel.sms", "channel.mail")} == {"on"}
    assert ivy("switch", "channel.whatsapp").out == "left alone\n"
    (shown,) = ivy("status", "--json").json()["now"]["breakers"]
    assert (shown["name"], shown["reason"]) == ("whatsapp", "no connection (ConnectError)")
    assert shown["since"] < shown["until"]
    assert "✗ whatsapp fails and is left alone; " in (typed := ivy("status").out)
    assert "no connection (ConnectError)." in typed and "Mend it, then `ivy switch channel.whatsapp on`." in typed
    assert ivy("switch", "channel.whatsapp", "on").out == "channel.whatsapp is on; it was left alone.\n"
    assert ivy("switch", "channel.whatsapp", "on", "--json").json()["before"] == "on"
    assert ivy("status", "--json").json()["now"]["breakers"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("spend", "maybe"), "spend can be on or block"),
        (("nonsense", "on"), "No switch is called 'nonsense'"),
        (("nonsense",), "No switch is called 'nonsense'"),
        (("queue.nonsense", "on"), "There is no queue 'nonsense'"),
        (("queue.agent", "off"), "A queue can only be let go on"),
        (("channel.pigeon", "on"), "There is no channel 'pigeon'"),
        (("channel.sms", "off"), "A channel can only be let go on"),
        (("providers", "nobody"), "providers can be auto or primary-only or fallback-only or cheap-only"),
        (("breaker:pigeon", "open"), "There is no breaker 'pigeon'"),
        (("breaker:pigeon",), "There is no breaker 'pigeon'"),
        (("breaker:sms", "off"), "breaker:sms can be auto or closed or open"),
    ],
)
def test_what_is_not_known_is_refused_and_not_audited(
    ivy: "Ivy", seeded: "Seeded", words: tuple[str, ...], said: str
) -> None:
    assert said in str(ivy("switch", *words).error)
    assert seeded.connection.execute("SELECT count(*) FROM audit_log WHERE subject <> ''").fetchone()[0] == 0


def test_a_breaker_is_held_by_hand_shown_and_let_go(ivy: "Ivy", seeded: "Seeded") -> None:
    model = f"anthropic/{PRIMARY}"
    assert (
        ivy("switch", "breaker:primary", "open", "--reason", "it flaps").out
        == "breaker:primary is open; it was auto.\n"
    )
    held = ivy("switch", "breaker:primary").out
    assert ivy("switch", f"breaker:{model}").out == held and held.startswith("held open\nLately (times in UTC)\n")
    assert re.search(r"\d +closed +held open +it flaps +\S+", held)
    assert ivy("switch", "breaker:whatsapp", "closed", "--json").json()["before"] == "auto"
    found = {each["name"]: each for each in ivy("switch", "--json").json()["breakers"]}
    assert found[model]["state"] == "held open" and found["whatsapp"]["state"] == "held closed"
    assert f"breaker:{model}" in ivy("switch").out
    audited = seeded.connection.execute("SELECT * FROM audit_log WHERE subject = 'breaker:primary=open'").fetchone()
    assert (audited["action"], audited["reason"]) == ("switch", "it flaps")
    status = ivy("status", "--json").json()
    assert f"{model} is held open by" in " ".join(each["what"] for each in status["concerns"])
    shown = {each["name"]: each for each in status["dependencies"]}
    assert [change["state"] for change in shown[model]["changes"]] == ["held open"]
    assert shown["transcription"]["state"] == "closed"
    assert ivy("switch", "breaker:primary", "auto").out == "breaker:primary is auto; it was open.\n"
    assert ivy("switch", "breaker:primary").out.startswith("closed\nLately")
    assert ivy("switch", "breaker:retell").out == "closed\n"


def test_what_became_of_a_breaker_is_told_with_why_and_by_whom(ivy: "Ivy", seeded: "Seeded") -> None:
    now, connection = seeded.hands.now, seeded.connection
    open_, minute = Breaker(3, now, now + timedelta(seconds=30), "overloaded (529)"), timedelta(minutes=1)
    for number in range(7):  # more in a day than the five that are shown of older ones
        breakers.save(connection, "retell", open_, now=now - (20 - 2 * number) * minute)
        breakers.save(connection, "retell", CLOSED, now=now - (19 - 2 * number) * minute)
    breakers.hold(connection, "retell", "closed", by="sam", now=now - 2 * minute, reason="no: it is well")
    breakers.hold(connection, "retell", "auto", by="sam", now=now - minute)
    shown = ivy("switch", "breaker:retell", "--json").json()
    assert (shown["name"], shown["value"], len(shown["changes"])) == ("breaker:retell", "closed", 16)
    told = [[each[key] for key in ("before", "state", "reason", "by")] for each in shown["changes"]]
    assert told[:4] == [
        ["held closed", "by itself", "", "sam"],
        ["closed", "held closed", "no: it is well", "sam"],
        ["open", "closed", "", ""],
        ["closed", "open", "overloaded (529)", ""],
    ]
    breakers.save(connection, "retell", open_, now=now)
    assert re.search(r"\d +closed +open +overloaded \(529\) +itself\n", ivy("switch", "breaker:retell").out)
    assert "retell: open since " in (screen := " ".join(ivy("status").out.split()))
    assert re.search(r"retell: open since .*; opened 8 times since \S.*, last ", screen)
    breakers.hold(connection, "retell", "auto", by="sam", now=now)
    assert breakers.changes(connection, "retell", limit=1)[0].by == "sam"  # an open one was let go by hand


@pytest.mark.parametrize(("embedder", "is_used"), [("none", False), ("openai", True)])
def test_the_embedder_is_leaned_on_where_there_is_one(
    ivy: "Ivy", seeded: "Seeded", folder: Path, embedder: str, is_used: bool
) -> None:
    (folder / "ivy.toml").write_text(
        f'[memory]\nembedder = "{embedder}"\n'
    )  # without a key it is asked for all the same
    shown = {each["name"] for each in ivy("switch", "--json").json()["breakers"]}
    assert ("embedder" in shown) is is_used
    assert ivy("switch", "breaker:embedder").out == "closed\n"


def test_turns_that_wait_for_a_model_are_tried_when_another_one_may_answer(ivy: "Ivy", seeded: "Seeded") -> None:
    waits = "SELECT run_at_ms FROM jobs WHERE kind = 'turn' AND state = 'ready' AND attempts > 0"
    later = "UPDATE jobs SET state = 'ready', attempts = 1, run_at_ms = 9000000000000 WHERE kind = 'turn' AND state <> 'done'"
    assert seeded.connection.execute(later).rowcount
    assert ivy("switch", "providers", "fallback-only").out == "providers is fallback-only; it was auto.\n"
    assert all(row["run_at_ms"] < 9_000_000_000_000 for row in seeded.connection.execute(waits))
