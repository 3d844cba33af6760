"""Each way to the operator is told once and on its own: mail, WhatsApp, a server of theirs; and when they sleep."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from ivy.cli.world import OPERATOR_SECRET, World, open_world
from ivy.clock import VirtualClock
from ivy.config import Config, MailSection, OperatorSection, PeopleSection, Secret
from ivy.daemon.wiring import check
from ivy.domain.advice import Advice, Severity
from ivy.domain.runbook import Key
from ivy.emulators.mailbox import Drops
from ivy.emulators.whatsapp_payloads import Accepted, tap
from ivy.errors import ConfigError
from ivy.store import alerts, people, templates
from ivy.store.binding import Connection
from ivy.threads import InlineThreads

EVENING = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
PHONE = "+12025550199"
URL = "https://ops.example.org/ivy"
A_WHILE = 120.0
HOUR = 3600.0


def config(**operator: Any) -> Config:
    named = {"mail": "ops@example.org", "whatsapp": PHONE, "webhook_url": URL} | operator
    return Config(mail=MailSection(enabled=True), operator=OperatorSection(webhook_secret=Secret("s"), **named))


@dataclass
class Desk:
    world: World

    @property
    def mails(self) -> list[str]:
        return [str(letter.message["Subject"]) for letter in self.world.vendors.mail.letters]

    @property
    def letters(self) -> list[str]:
        return [letter.text for letter in self.world.vendors.mail.letters]

    @property
    def posts(self) -> list[list[tuple[str, str]]]:
        return [each.states for each in self.world.vendors.operator.posts]

    @property
    def phone(self) -> list[Accepted]:
        return self.world.vendors.whatsapp.got(PHONE)

    async def fault(self, key: str, severity: Severity = Severity.CRITICAL) -> None:
        await self.world.store.write(self._raise, Advice(severity, Key(key), f"Fault {key}.", f"Mend {key}."))

    def _raise(self, connection: Connection, advice: Advice) -> None:
        now = self.world.clock.now()
        alerts.raise_alert(connection, advice, at=now, now=now)

    async def over(self, key: str) -> None:
        now = self.world.clock.now()
        assert await self.world.store.write(lambda c: alerts.resolve(c, key, at=now, now=now))

    async def open(self) -> list[str]:
        return sorted(alert.key for alert in await self.world.store.read(alerts.open_alerts))

    async def approve(self) -> None:
        """Let Meta have approved the template of alerts."""
        self.world.vendors.whatsapp.manners.templates = frozenset({("alert_raised", "en"), ("alert_raised", "es")})
        await self.world.store.write(_approve, self.world)

    async def rows_of_people(self) -> dict[str, int]:
        def count(connection: Connection) -> dict[str, int]:
            tables = ("users", "messages_v2", "conversation_windows", "strangers")
            return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}

        return await self.world.store.read(count)


def _approve(connection: Connection, world: World) -> None:
    from ivy.adapters.whatsapp.pack import pack

    for each in (each for each in pack() if each.name == "alert_raised"):
        templates.submitted(
            connection, "whatsapp", each, before=None, vendor_id=each.language, status="APPROVED", category="UTILITY",
            now=world.clock.now(),
        )  # fmt: skip


@asynccontextmanager
async def desk(folder: Path, given: Config, start: datetime = EVENING) -> AsyncGenerator[Desk]:
    async with open_world(folder, clock=VirtualClock(start), threads=InlineThreads(), config=given) as world:
        yield Desk(world)


async def test_a_storm_is_one_message_by_each_way_and_so_is_its_end(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with desk(tmp_path, config()) as it:
        await it.approve()
        keys = ["sending:payment", *(f"template:t{number}:en:status" for number in range(9))]
        for key in keys:
            await it.fault(key, Severity.CRITICAL if key == keys[0] else Severity.WARNING)
        await trio.sleep(A_WHILE)
        assert it.mails == ["Ivy: 9 more, and Fault sending:payment."]
        assert it.posts == [[(key, "open") for key in keys]]
        (sent,) = it.phone
        assert (sent.type, sent.text) == ("template", "[alert_raised]")
        for key in keys:
            await it.over(key)
        await trio.sleep(HOUR)
        assert it.mails[1:] == ["Ivy: 10 alerts are over"]
        assert it.posts[1:] == [[(key, "over") for key in keys]]
        assert len(it.phone) == 2
        assert it.world.vendors.operator.refused == []
        assert set((await it.rows_of_people()).values()) == {0}


async def test_what_is_posted_says_all_there_is_to_know(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with desk(tmp_path, config(mail="", whatsapp="")) as it:
        await it.fault("sending:payment")
        await trio.sleep(A_WHILE)
        (posted,) = it.world.vendors.operator.posts
        (alert,) = posted.document["alerts"]
        assert (alert["severity"], alert["title"], alert["advice"], alert["page"], alert["over_at"]) == (
            "critical", "Fault sending:payment.", "Mend sending:payment.", "docs/runbook/payment-method.md", None,
        )  # fmt: skip
        assert posted.document["id"] == posted.id and posted.document["text"].startswith("Ivy: Fault sending:payment.")
        await it.over("sending:payment")
        await trio.sleep(2 * HOUR)
        after = it.world.vendors.operator.posts[1].document["alerts"][0]
        assert (after["id"], after["state"], after["over_at"]) == (alert["id"], "over", "2026-11-23T20:02:00Z")


async def test_one_way_that_fails_stops_no_other_and_the_others_tell_of_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with desk(tmp_path, config(whatsapp="")) as it:
        it.world.vendors.mail.faults.add(Drops(), path="RCPT", times=8)
        await it.fault("sending:payment")
        await trio.sleep(900)
        assert it.mails == []
        assert it.posts == [[("sending:payment", "open")], [("operator:mail", "open")]]
        await trio.sleep(2 * HOUR)
        assert it.mails == ["Ivy: Fault sending:payment."]
        assert it.posts[2:] == [[("operator:mail", "over")]]
        assert await it.open() == ["sending:payment"]


@pytest.mark.parametrize("status", [503, 429, 404, 302])
async def test_a_server_that_fails_is_tried_again_and_hears_it_once(
    tmp_path: Path, autojump_clock: MockClock, status: int
) -> None:
    async with desk(tmp_path, config(whatsapp="")) as it:
        server = it.world.vendors.operator
        server.answers.extend([status] * 6)
        await it.fault("sending:payment")
        await trio.sleep(600)
        assert it.posts == [] and await it.open() == ["operator:webhook", "sending:payment"]
        await trio.sleep(HOUR)
        assert it.posts == [[("sending:payment", "open")]]
        assert it.mails[1].startswith("Ivy: The operator cannot be told by webhook: it answers")
        assert it.mails[2:] == [it.mails[1].replace("Ivy: ", "Ivy, over: ")]


async def test_a_template_that_is_not_approved_holds_up_nobody_else_and_goes_once_it_is(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with desk(tmp_path, config(webhook_url="")) as it:
        await it.fault("sending:payment")
        await trio.sleep(900)
        assert it.phone == [] and it.mails[0] == "Ivy: Fault sending:payment."
        assert "the template alert_raised is not approved yet" in it.letters[1]
        await it.approve()
        await trio.sleep(900)
        assert [sent.type for sent in it.phone] == ["template"]
        assert await it.open() == ["sending:payment"]


async def test_a_tap_shows_all_that_is_open_and_what_follows_comes_freely(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with desk(tmp_path, config(mail="", webhook_url="")) as it:
        await it.approve()
        await it.fault("sending:payment")
        await it.fault("spend:day:50", Severity.INFO)
        await trio.sleep(A_WHILE)
        (sent,) = it.phone
        whatsapp = it.world.vendors.whatsapp
        await whatsapp.person_sends(PHONE, tap("operator:alerts", "Show all alerts"), quoted=sent.wamid)
        await trio.sleep(30)
        shown = it.phone[1]
        assert shown.type == "text" and "Mend sending:payment." in shown.text and "Mend spend:day:50." in shown.text
        await it.fault("silence:whatsapp")
        await trio.sleep(900)
        assert [each.type for each in it.phone] == ["template", "text", "text"]
        assert set((await it.rows_of_people()).values()) == {0}


async def test_an_operator_who_is_a_person_too_is_told_beside_their_chat(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with desk(tmp_path, config(mail="", webhook_url="")) as it:
        user = await it.world.add_person(PHONE)
        await it.world.vendors.whatsapp.person_says(PHONE, "hello")
        await trio.sleep(30)
        before = await it.rows_of_people()
        await it.fault("sending:payment")
        await trio.sleep(900)
        assert it.phone[-1].text.startswith("Ivy: Fault sending:payment.")
        assert await it.rows_of_people() == before
        assert (await it.world.store.read(people.find, user)).status == "active"


async def test_what_whatsapp_took_and_did_not_deliver_is_news_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with desk(tmp_path, config(webhook_url="")) as it:
        await it.approve()
        it.world.vendors.whatsapp.fail(131026, "undeliverable")
        await it.fault("sending:payment")
        await trio.sleep(900)
        assert "what was sent did not arrive (131026)" in it.letters[1]
        await trio.sleep(HOUR)
        assert len(it.phone) == 2
        assert await it.open() == ["sending:payment"]


async def test_at_night_only_what_is_critical_wakes_and_the_rest_goes_as_one_in_the_morning(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    quiet = config(whatsapp="", quiet_from="22:00", quiet_until="07:00", zone="Europe/Madrid")
    async with desk(tmp_path, quiet, datetime(2026, 11, 23, 22, 30, tzinfo=UTC)) as it:
        for number in range(3):
            await it.fault(f"template:t{number}:en:status", Severity.WARNING)
            await trio.sleep(HOUR)
        assert it.mails == [] and it.posts == []
        await it.fault("sending:payment")
        await trio.sleep(HOUR)
        await it.over("sending:payment")
        await trio.sleep(HOUR)
        assert it.mails == ["Ivy: Fault sending:payment."]
        await trio.sleep(3 * HOUR)
        assert len(it.mails) == 2 and it.world.clock.now() < datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
        morning = it.posts[1]
        assert morning == [
            *((f"template:t{number}:en:status", "open") for number in range(3)),
            ("sending:payment", "over"),
        ]


async def test_a_critical_fault_of_the_night_is_told_again_in_the_morning_of_the_next_day_not_at_its_hour(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    quiet = config(whatsapp="", webhook_url="", quiet_from="22:00", quiet_until="07:00", zone="UTC")
    async with desk(tmp_path, quiet, datetime(2026, 11, 24, 2, 0, tzinfo=UTC)) as it:
        await it.fault("sending:payment")
        await trio.sleep(28 * HOUR)
        assert len(it.mails) == 1
        await trio.sleep(2 * HOUR)
        assert len(it.mails) == 2


async def test_a_way_that_is_added_later_is_told_what_is_open_and_no_more(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with desk(tmp_path, config(whatsapp="", webhook_url="")) as it:
        await it.fault("sending:payment")
        await it.fault("sending:locked")
        await trio.sleep(A_WHILE)
        await it.over("sending:locked")
        await trio.sleep(900)
    async with desk(tmp_path, config(whatsapp=""), EVENING + timedelta(hours=1)) as it:
        await trio.sleep(A_WHILE)
        assert it.posts == [[("sending:payment", "open")]] and it.mails == []


@pytest.mark.parametrize(
    ("operator", "word"),
    [
        ({"webhook_url": "http://ops.example.org/"}, "https"),
        ({"webhook_url": "ftp://ops.example.org/"}, "https"),
        ({"heartbeat_url": "https://"}, "heartbeat_url"),
        ({"whatsapp": "2025550199"}, "whatsapp"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"quiet_from": "22:00"}, "together"),
        ({"quiet_from": "late", "quiet_until": "07:00"}, "times of the day"),
        ({"webhook_url": URL, "webhook_secret": Secret()}, "webhook_secret_file"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_starts(operator: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        given: dict[str, Any] = {"webhook_secret": Secret(OPERATOR_SECRET), **operator}
        check(Config(operator=OperatorSection(**given)))


def test_a_server_on_this_machine_needs_no_tls() -> None:
    check(Config(operator=OperatorSection(webhook_url="http://127.0.0.1:9000/x", webhook_secret=Secret("s"))))


async def test_the_template_is_of_the_language_that_people_are_let_in_with(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    spanish = config(mail="", webhook_url="")
    given = Config(mail=spanish.mail, operator=spanish.operator, people=PeopleSection(locale="es-CO"))
    async with desk(tmp_path, given) as it:
        await it.approve()
        await it.fault("sending:payment")
        await trio.sleep(A_WHILE)
        assert [sent.request["template"]["language"]["code"] for sent in it.phone] == ["es"]
