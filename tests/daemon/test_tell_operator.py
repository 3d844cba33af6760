"""Alerts reach the operator by mail: gathered, once, and never lost."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from ivy.cli.world import World, open_world
from ivy.clock import VirtualClock
from ivy.config import Config, MailSection, OperatorSection
from ivy.daemon import alert_words
from ivy.domain.advice import Advice, Severity
from ivy.domain.contents import LONGEST_TEXT
from ivy.domain.runbook import Key
from ivy.emulators.mailbox import Answers, Drops, Letter
from ivy.store import alerts, jobs
from ivy.store.alerts import Alert
from ivy.store.binding import Connection
from ivy.threads import InlineThreads

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
OPERATOR = "ops@example.org"
CONFIG = Config(mail=MailSection(enabled=True), operator=OperatorSection(mail=OPERATOR))
A_WHILE = 120.0
"""Seconds in which the sweeper has looked."""
DAY = 24 * 3600.0


@dataclass
class Watch:
    """A daemon that only watches, and its operator's mailbox."""

    world: World

    @property
    def letters(self) -> list[Letter]:
        return self.world.vendors.mail.letters

    async def fault(self, key: str, severity: Severity = Severity.CRITICAL) -> None:
        advice = Advice(severity, Key(key), f"Fault {key}.", f"Mend {key}.")
        now = self.world.clock.now()
        await self.world.store.write(lambda c: alerts.raise_alert(c, advice, at=now, now=now))

    async def over(self, key: str) -> None:
        now = self.world.clock.now()
        assert await self.world.store.write(lambda c: alerts.resolve(c, key, at=now, now=now))

    async def open(self) -> list[str]:
        return [alert.key for alert in await self.world.store.read(alerts.open_alerts)]

    async def jobs(self) -> list[str]:
        def read(connection: Connection) -> list[str]:
            rows = connection.execute("SELECT state FROM jobs WHERE kind = 'tell_operator' ORDER BY rowid")
            return [row["state"] for row in rows]

        return await self.world.store.read(read)


@asynccontextmanager
async def watching(folder: Path, config: Config = CONFIG, start: datetime = NOW) -> AsyncGenerator[Watch]:
    async with open_world(folder, clock=VirtualClock(start), threads=InlineThreads(), config=config) as world:
        yield Watch(world)


def subjects(letters: list[Letter]) -> list[str]:
    return [str(letter.message["Subject"]) for letter in letters]


async def test_a_storm_is_one_mail_with_the_worst_first(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with watching(tmp_path) as watch:
        for number in range(20):
            await watch.fault(f"template:t{number}:en:status", Severity.WARNING)
        await watch.fault("sending:payment")
        await trio.sleep(A_WHILE)
        [letter] = watch.letters
        assert (letter.recipient, subjects([letter])) == (OPERATOR, ["Ivy: 20 more, and Fault sending:payment."])
        assert letter.text.index("Fault sending:payment.") < letter.text.index("Fault template:t0:en:status.")
        assert "Mend sending:payment.\nMore: docs/runbook/payment-method.md" in letter.text
        assert letter.message["List-Unsubscribe"] is None
        await trio.sleep(3600)
        assert len(watch.letters) == 1


async def test_a_storm_that_goes_on_is_gathered(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with watching(tmp_path) as watch:
        for number in range(60):
            await watch.fault(f"code:{number}", Severity.WARNING)
            await trio.sleep(30)
        assert len(watch.letters) <= 1 + 30 * 60 / 300
        await trio.sleep(600)
        told = "\n".join(letter.text for letter in watch.letters)
        assert all(f"Fault code:{number}.\n" in told for number in range(60))


async def test_the_end_of_what_was_told_is_told(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with watching(tmp_path) as watch:
        await watch.fault("sending:locked")
        await trio.sleep(A_WHILE)
        await watch.over("sending:locked")
        await trio.sleep(600)
        assert subjects(watch.letters) == ["Ivy: Fault sending:locked.", "Ivy, over: Fault sending:locked."]
        assert "OVER at 2026-11-23 07:02 UTC: Fault sending:locked." in watch.letters[1].text


async def test_what_came_and_went_before_it_was_told_is_not_told(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with watching(tmp_path) as watch:
        await trio.sleep(5)
        await watch.fault("sending:locked")
        await watch.over("sending:locked")
        await trio.sleep(3600)
        assert watch.letters == []


async def test_a_critical_fault_is_told_again_each_day_and_a_lesser_one_is_not(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watching(tmp_path) as watch:
        await watch.fault("sending:locked")
        await watch.fault("template:t:en:status", Severity.WARNING)
        await trio.sleep(2 * DAY + 3600)
        assert len(watch.letters) == 3
        assert "CRITICAL, still open since 2026-11-23 07:00 UTC" in watch.letters[1].text
        assert "template:t:en" not in watch.letters[1].text


async def test_what_is_for_the_record_goes_along_and_asks_for_no_mail_of_its_own(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watching(tmp_path) as watch:
        await watch.fault("number:1555:throughput", Severity.INFO)
        await trio.sleep(3600)
        assert watch.letters == []
        await watch.fault("template:t:en:status", Severity.WARNING)
        await trio.sleep(A_WHILE)
        [letter] = watch.letters
        assert "Fault number:1555:throughput." in letter.text


FAILURES = [Drops(), Answers(450, "4.2.1 busy"), Answers(535, "5.7.8 wrong password"), Answers(550, "5.1.1 nobody")]


@pytest.mark.parametrize("fault", FAILURES, ids=lambda fault: type(fault).__name__ + str(getattr(fault, "code", "")))
async def test_mail_that_is_down_loses_nothing_and_stops_nothing(
    tmp_path: Path, autojump_clock: MockClock, fault: Answers | Drops
) -> None:
    async with watching(tmp_path) as watch:
        watch.world.vendors.mail.faults.add(fault, path="RCPT", times=30)
        await watch.fault("sending:locked")
        await trio.sleep(3600)
        await watch.fault("sending:payment")
        assert watch.letters == []
        assert await watch.open() == ["sending:locked", "sending:payment", "operator:mail"]
        await trio.sleep(3 * 3600)
        [letter] = watch.letters
        assert "Fault sending:locked." in letter.text
        assert "Fault sending:payment." in letter.text
        assert "cannot be mailed" not in letter.text
        assert "operator:mail" not in await watch.open()
        assert await watch.jobs() == ["done"]
        assert await watch.world.store.read(jobs.kinds) == ["tell_operator"]


async def test_a_mail_that_may_have_left_comes_again_as_the_same_mail(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watching(tmp_path) as watch:
        watch.world.vendors.mail.faults.add(Drops(done=True), path=".")
        await watch.fault("sending:locked")
        await trio.sleep(900)
        first, second = watch.letters
        assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_what_a_dead_daemon_had_not_told_the_next_one_tells(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with watching(tmp_path) as watch:
        watch.world.vendors.mail.faults.add(Drops(), path="RCPT", times=100)
        await watch.fault("sending:locked")
        await trio.sleep(A_WHILE)
    async with watching(tmp_path, start=NOW + timedelta(hours=8)) as watch:
        await trio.sleep(A_WHILE)
        assert subjects(watch.letters) == ["Ivy: Fault sending:locked."]


@pytest.mark.parametrize(
    "config",
    [
        Config(operator=OperatorSection(mail=OPERATOR)),
        Config(mail=MailSection(enabled=True)),
    ],
    ids=["no mail", "no operator"],
)
async def test_without_mail_or_an_operator_nothing_is_put_in(
    tmp_path: Path, autojump_clock: MockClock, config: Config
) -> None:
    async with watching(tmp_path, config) as watch:
        await watch.fault("sending:locked")
        await trio.sleep(3600)
        assert (await watch.jobs(), watch.letters) == ([], [])


async def test_somebody_who_asks_for_a_human_is_told_within_two_minutes(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watching(tmp_path) as watch:
        user = await watch.world.add_person("+12025550143")
        await watch.world.vendors.whatsapp.person_says("+12025550143", "human")
        await trio.sleep(A_WHILE)
        [letter] = watch.letters
        assert subjects([letter]) == ["Ivy: Ana asks for a human."]
        assert f"ivy users release {user}" in letter.text
        assert "docs/runbook/asks-for-a-human.md" in letter.text


def test_the_longest_storm_fits_into_one_mail() -> None:
    title = "x" * 400
    storm = [Alert(n, f"code:{n}", Severity.WARNING, title, title, NOW, NOW, 1, None, None) for n in range(500)]
    text = alert_words.in_words(storm)
    assert len(text) <= LONGEST_TEXT
    assert "\n\nAnd 49" in text
    assert text.endswith(alert_words.LAST_LINE)
