"""`ivy status`: what an operator should look at comes first."""

from pathlib import Path
from typing import TYPE_CHECKING

from ivy.cli import measures_view
from ivy.clock import stamp
from ivy.daemon import lock
from ivy.domain import messaging_limit
from ivy.domain.advice import Advice, Severity
from ivy.domain.calls import CallKind, CallOutcome, Report, Spoken, Verdict
from ivy.domain.runbook import Key
from ivy.store import alerts, allowance, calls
from ivy.store.calls import Call
from tests.models import FALLBACK, PRIMARY

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


def test_the_document_has_everything(ivy: "Ivy", seeded: "Seeded") -> None:
    status = ivy("status", "--json").json()
    now = status["now"]
    queues = {queue["queue"]: queue for queue in now["queues"]}
    assert list(queues) == ["inbox", "agent", "calls", "outbox", "upkeep"]
    assert (queues["outbox"]["dead"], queues["outbox"]["later"]) == (4, 1)
    assert queues["inbox"]["dead"] == 1 and queues["agent"]["dead"] == 1 and queues["upkeep"]["dead"] == 1
    assert [(pause["queue"], pause["reason"]) for pause in now["pauses"]] == [
        ("agent", "anthropic: the key is not valid (401)")
    ]
    assert [(held["rule"], held["messages"]) for held in now["held"]] == [("quiet hours", 1)]
    assert now["held"][0]["lifts_at"] is not None
    assert [(crash["task"], crash["crashes"]) for crash in now["crashes"]] == [("scheduler", 1)]
    assert [(each["role"], each["error"]) for each in now["models"]] == [("primary", "anthropic: overloaded (529)")]
    assert now["people"] == {"active": 2, "stopped": 1}
    assert (now["spent_micros"], status["cap_micros"]) == (5_515, 50_000)
    assert (now["latency"]["answered"], now["latency"]["p50_ms"], now["latency"]["p95_ms"]) == (1, 5_000, 5_000)
    assert status["database_bytes"] > 0 and status["daemon_is_running"] is False


def test_concerns_come_with_the_next_step(ivy: "Ivy", seeded: "Seeded") -> None:
    typed = ivy("status")
    assert typed.code == 0
    for words in (
        "✗ The daemon is not running",
        "✗ Queue agent is paused until",
        "`ivy switch queue.agent on`",
        "! Dead letters: 7.",
        "`ivy replay-dlq` shows",
        "! Task scheduler crashed in the last day (1 ×): ZeroDivisionError",
        f"! The primary model {PRIMARY} failed",
        "1 held for 1 person: quiet hours, until",
        "$0.01 of $0.05",
        " 11%",
        "2 active, 1 stopped · 1 wrote today",
        "answers left after 5.0 s (half)",
        "Switches   all as usual",
    ):
        assert words in typed.out, words
    assert len(typed.out.splitlines()) < 60
    assert "\x1b" not in typed.out


def test_a_daemon_that_holds_the_lock_is_running(ivy: "Ivy", seeded: "Seeded", folder: Path) -> None:
    with lock.hold(folder / "data" / "ivy.db"):
        assert ivy("status", "--json").json()["daemon_is_running"] is True


def test_a_switch_away_from_its_usual_value_is_a_concern(ivy: "Ivy", seeded: "Seeded") -> None:
    ivy("switch", "spend", "block")
    concerns = {each["what"]: each["do"] for each in ivy("status", "--json").json()["concerns"]}
    assert concerns["The switch spend is block."] == "`ivy switch spend on` puts it back."


def test_open_alerts_come_with_their_advice_the_worst_first(ivy: "Ivy", seeded: "Seeded") -> None:
    now = seeded.hands.now
    for severity, key in (
        (Severity.INFO, "c"),
        (Severity.WARNING, "b"),
        (Severity.CRITICAL, "a"),
        (Severity.CRITICAL, "a"),
    ):
        advice = Advice(severity, Key(key), f"Fault {key} is there.", f"Mend {key}.")
        alerts.raise_alert(seeded.connection, advice, at=now, now=now)
    alerts.resolve(seeded.connection, "none", at=now, now=now)
    status = ivy("status", "--json").json()
    assert [(each["key"], each["severity"], each["count"]) for each in status["now"]["alerts"]] == [
        ("a", "critical", 2), ("b", "warning", 1), ("c", "info", 1),
    ]  # fmt: skip
    said = [f"{each['what']} {each['do']}" for each in status["concerns"] if "Fault" in each["what"]]
    assert said == ["Fault a is there. Mend a.", "Fault b is there. Mend b."]
    shown = ivy("status").out
    assert "✗ Fault a is there. (2 times in " in shown and "  → Mend a.\n" in shown and "· Fault c is there.\n" in shown


def test_what_is_used_of_the_allowance_and_the_limit_is_shown(ivy: "Ivy", seeded: "Seeded") -> None:
    connection, now = seeded.connection, seeded.hands.now
    assert "0 people outside a window (24 h), limit not known" in ivy("status").out
    seeded.connection.execute("UPDATE messages_v2 SET window_open = 0 WHERE external_id = 'wamid.OUT1'")
    allowance.remember_limit(connection, "whatsapp", allowance.TIER, 2_000, at=now)
    status = ivy("status", "--json").json()
    use, free = status["now"]["use"], status["free_replies"]
    assert (use["channel"], use["people_reached"], use["people_limit"]) == ("whatsapp", 1, 2_000)
    assert [each["micros"] for each in use["month"]] == [3_400]
    line = next(line for line in ivy("status").out.splitlines() if line.strip().startswith("whatsapp: "))
    assert f"of {free:,} free replies" in line or not free
    assert line.endswith(" · 1 of 2,000 people outside a window (24 h) · $0.0034 this month")
    allowance.remember_limit(connection, "whatsapp", allowance.TIER, messaging_limit.UNLIMITED, at=now)
    assert "1 people outside a window (24 h), no limit" in ivy("status").out


def test_latencies_and_tools_are_held_against_the_targets(ivy: "Ivy", seeded: "Seeded") -> None:
    found = ivy("status", "--json").json()["measures"]
    (role,) = found["roles"]
    assert (role["role"], role["replies"], role["reply_p95_ms"]) == ("fallback", 1, 5_000)
    assert role["p95_ms"] > 0
    assert found["tools"]["faults"] == 0
    typed = ivy("status").out
    assert "(targets 5 / 3 / 2 s)" in typed
    assert f"well: whatsapp, anthropic/{PRIMARY}, openai/{FALLBACK}" in typed
    assert "(targets 90% / 95% / 98%)" in typed
    assert (
        measures_view.met(1_999) == "2 s" and measures_view.met(2_000) == "3 s" and measures_view.met(5_000) == "none"
    )


def test_how_calls_sounded_is_summed(ivy: "Ivy", seeded: "Seeded") -> None:
    assert "hung up early" not in ivy("status").out
    connection, now = seeded.connection, seeded.hands.now
    verdict = Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=True)
    spoken = (Spoken("agent", "Hi.", 0.5, 1.0), Spoken("person", "I'll run at six.", 1.5, 3.0))
    for name, seconds in (("one", 6.0), ("two", 60.0)):
        calls.ask(seeded.hands.scope("ana-0001"), Call(name, "ana-0001", CallKind.TEST, now.date(), now), now=now)
        connection.execute("UPDATE calls SET state = 'dialing', placed_at_ms = ? WHERE id = ?", (stamp(now), name))
        report = Report(
            "retell", f"call_{name}", name, seen=("ended",), verdict=verdict, duration_seconds=seconds, spoken=spoken,
            latency_ms=1200,
        )  # fmt: skip
        calls.hear(connection, report, at=now)
    assert ivy("status", "--json").json()["voice"] == {"calls": 2, "early": 1, "p50_ms": 1200, "p95_ms": 1200}
    told = "2 calls in 7 days, 50% hung up early, answers after 1.2 s (half) and 1.2 s (19 of 20)"
    assert told in " ".join(ivy("status").out.split())
