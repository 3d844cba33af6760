"""`ivy alerts`: what is open, who was told, a test by each way, and an exit code for whoever looks from outside."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio

from ivy.adapters.whatsapp.pack import pack
from ivy.cli import doctor_operator
from ivy.cli.world import World, open_world
from ivy.clock import SystemClock
from ivy.config import Config, MailSection, OperatorSection, Secret
from ivy.daemon import beat_file, lock
from ivy.domain.advice import Advice, Severity
from ivy.domain.runbook import Key
from ivy.emulators.mailbox import Answers
from ivy.store import alerts, templates
from ivy.store.binding import Connection
from ivy.store.settings import open_writer
from ivy.threads import PooledThreads

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded, Typed

PHONE = "+12025550199"
OPERATOR = f"""
[mail]
enabled = true
[operator]
mail = "ops@example.org"
whatsapp = "{PHONE}"
webhook_url = "https://ops.example.org/ivy"
"""
CONFIG = Config(
    mail=MailSection(enabled=True),
    operator=OperatorSection(
        mail="ops@example.org", whatsapp=PHONE, webhook_url="https://ops.example.org/ivy", webhook_secret=Secret("s")
    ),
)


def fault(connection: Connection, key: str, severity: Severity, at: datetime) -> None:
    alerts.raise_alert(connection, Advice(severity, Key(key), f"Fault {key}.", f"Mend {key}."), at=at, now=at)


def test_a_list_says_what_is_open_what_to_do_and_who_was_told(ivy: "Ivy", seeded: "Seeded") -> None:
    assert ivy("alerts", "list").out == ""
    connection, now = seeded.connection, seeded.hands.now
    fault(connection, "disk", Severity.WARNING, now - timedelta(hours=3))
    fault(connection, "sending:payment", Severity.CRITICAL, now - timedelta(minutes=3))
    alerts.mark_told(connection, alerts.untold(connection, "mail", now=now), "mail", now=now)
    shown = ivy("alerts", "list").out.splitlines()
    assert shown[0] == "critical Fault sending:payment."
    assert shown[1] == "         → Mend sending:payment."
    assert "sending:payment · for 3 min · told: mail 20" in shown[2]
    assert shown[2].endswith("docs/runbook/payment-method.md")
    listed = ivy("alerts", "list", "--json").json()
    assert [(each["alert"]["key"], list(each["told"])) for each in listed] == [
        ("sending:payment", ["mail"]), ("disk", ["mail"]),
    ]  # fmt: skip


def test_what_is_over_is_listed_when_asked_for(ivy: "Ivy", seeded: "Seeded") -> None:
    connection, now = seeded.connection, seeded.hands.now
    fault(connection, "disk", Severity.WARNING, now - timedelta(hours=3))
    alerts.resolve(connection, "disk", at=now, now=now)
    assert ivy("alerts", "list").out == ""
    shown = ivy("alerts", "list", "--all").out
    assert "warning  Fault disk." in shown and "over since 20" in shown and "→" not in shown


def test_a_check_fails_while_nobody_is_there_or_something_critical_is_open(
    ivy: "Ivy", seeded: "Seeded", folder: Path
) -> None:
    path = folder / "data" / "ivy.db"
    dead = ivy("alerts", "check")
    assert (dead.code, dead.out.startswith("The daemon is not running")) == (1, True)
    with lock.hold(path):
        assert (ivy("alerts", "check").code, ivy("alerts", "check").out) == (0, "All is well.\n")
        fault(seeded.connection, "disk", Severity.WARNING, seeded.hands.now)
        assert (ivy("alerts", "check").code, ivy("alerts", "check", "--warnings").code) == (0, 1)
        fault(seeded.connection, "disk", Severity.CRITICAL, seeded.hands.now)
        found = ivy("alerts", "check", "--json")
        assert found.code == 1 and found.json()["wrong"][0].endswith("Fault disk. Mend disk.")


def test_a_daemon_that_gives_no_sign_of_life_hangs(ivy: "Ivy", seeded: "Seeded", folder: Path) -> None:
    path = folder / "data" / "ivy.db"
    beat = beat_file.beat_path(path)
    with lock.hold(path):
        beat.touch()
        assert ivy("alerts", "check").code == 0
        old = (datetime.now(UTC) - timedelta(minutes=9)).timestamp()
        os.utime(beat, (old, old))
        hangs = ivy("alerts", "check")
        assert hangs.code == 1 and "its last sign of life is 9 min old" in hangs.out


def test_a_check_leaves_no_trace(ivy: "Ivy", seeded: "Seeded") -> None:
    def kept() -> int:
        return seeded.connection.execute("SELECT count(*) FROM audit_log").fetchone()[0]

    before = kept()
    ivy("alerts", "check")
    ivy("alerts", "list")
    assert kept() == before


# --- a test by each way ------------------------------------------------------------------------------


def test_without_a_way_or_a_daemon_nothing_is_sent(ivy: "Ivy", seeded: "Seeded", folder: Path) -> None:
    assert "names nobody to tell" in str(ivy("alerts", "test").error)
    (folder / "ivy.toml").write_text('[operator]\nmail = "ops@example.org"\n')
    assert "The daemon is not running" in str(ivy("alerts", "test").error)


def approve(connection: Connection) -> None:
    for each in (each for each in pack() if each.name == "alert_raised"):
        templates.submitted(
            connection, "whatsapp", each, before=None, vendor_id=each.language, status="APPROVED", category="UTILITY",
            now=datetime.now(UTC),
        )  # fmt: skip


async def with_a_daemon(ivy: "Ivy", folder: Path, *, approved: bool, refuses: bool) -> tuple["Typed", World]:
    """Type `ivy alerts test` beside a daemon that works on the machine's own clock."""
    (folder / "ivy.toml").write_text(OPERATOR)
    path = folder / "data" / "ivy.db"
    async with open_world(folder, clock=SystemClock(), threads=PooledThreads(), config=CONFIG) as world:
        if approved:
            await world.store.write(approve)
        world.vendors.whatsapp.manners.templates = frozenset({("alert_raised", "en")})
        if refuses:
            world.vendors.mail.faults.add(Answers(535, "5.7.8 wrong password"), path="RCPT")
            world.vendors.operator.answers.append(401)
        with lock.hold(path), trio.fail_after(60):
            typed = await trio.to_thread.run_sync(lambda: ivy("alerts", "test", "--json"))
        return typed, world


async def test_a_test_goes_by_each_way_and_says_that_it_arrived(
    ivy: "Ivy", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVY_OPERATOR__WEBHOOK_SECRET", "s")
    typed, world = await with_a_daemon(ivy, folder, approved=True, refuses=False)
    assert [(each["way"], each["works"]) for each in typed.json()] == [
        ("mail", True), ("whatsapp", True), ("webhook", True),
    ], typed.out  # fmt: skip
    assert typed.code == 0
    (letter,) = world.vendors.mail.letters
    assert str(letter.message["Subject"]) == "Ivy: this is a test: this way to you works."
    assert [each.states for each in world.vendors.operator.posts] == [[("operator:test", "open")]]
    assert [each.type for each in world.vendors.whatsapp.got(PHONE)] == ["template"]


async def test_a_test_says_of_each_way_why_it_does_not_work(
    ivy: "Ivy", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVY_OPERATOR__WEBHOOK_SECRET", "s")
    typed, world = await with_a_daemon(ivy, folder, approved=False, refuses=True)
    said = {each["way"]: (each["works"], each["said"]) for each in typed.json()}
    assert typed.code == 1 and [works for works, _ in said.values()] == [False] * 3
    assert said["webhook"][1] == "it answers 401"
    assert said["whatsapp"][1] == "the template alert_raised is not approved yet"
    assert "535" in said["mail"][1] or "sign" in said["mail"][1]
    connection = open_writer(world.store.path, throwaway=True)
    assert connection.execute("SELECT count(*) FROM queue_pauses").fetchone()[0] == 0
    connection.close()


# --- what doctor says --------------------------------------------------------------------------------


def test_doctor_says_who_is_told_and_whether_a_phone_can_be(seeded: "Seeded") -> None:
    connection, now = seeded.connection, seeded.hands.now
    assert [each.what for each in doctor_operator.ways(Config())] == ["alerts", "operator.heartbeat_url"]
    assert [each.what for each in doctor_operator.ways(CONFIG)] == ["operator.webhook_url", "operator.heartbeat_url"]
    (before,) = doctor_operator.template(CONFIG, connection, now)
    assert (before.state.value, before.mend) == ("look", "ivy whatsapp templates submit")
    assert "mail and webhook go on" in before.found
    approve(connection)
    (after,) = doctor_operator.template(CONFIG, connection, now + timedelta(minutes=1))
    assert after.state.value == "ok"
    assert doctor_operator.template(Config(), connection, now) == []
