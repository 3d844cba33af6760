"""Day 0 with one key: no public address, no business account, no webhook. All over the agent platform's emulator."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, SoloSection, WhatsAppSection
from ivy.emulators.faults import Answer, Refuse, ResetAfter, gateway_page
from ivy.emulators.sample_files import ogg_opus
from ivy.emulators.whatsapp_solo import SoloEmulator
from tests.journeys.play import Lives, Play

SOLO = Config(whatsapp=WhatsAppSection(enabled=False), solo=SoloSection(enabled=True))


class Solo:
    """A life of Ivy's in which the agent's maker is all there is."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.vendor: SoloEmulator = play.world.vendors.solo

    async def talk(self, words: str, **more: Any) -> str:
        before = len(self.vendor.got)
        await self.vendor.person_says(words, **more)
        with trio.fail_after(180):
            return (await self.vendor.wait_for(before + 1))[before].body

    async def known(self) -> None:
        await self.play.knows(phone=None, name="Ana", locale="es-CO", zone="America/Bogota", currency="COP")
        await self.play.rows_of().write(_bind, self.vendor.maker, now=self.play.now)


def _bind(scope: Any, value: str, *, now: Any) -> None:
    from ivy.store import people

    people.alias(scope.connection, scope.user_id, "solo", "id", value, now=now)


@asynccontextmanager
async def solo(lives: Lives, **more: Any) -> AsyncGenerator[Solo]:
    async with lives(config=SOLO, **more) as play:
        yield Solo(play)


async def test_hola_is_welcomed_an_answer_comes_and_the_reminder_fires(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        welcome = await day.talk("hola")
        assert "Ivy" in welcome
        assert await day.play.one("SELECT count(*) FROM users WHERE status = 'active'") == 1
        assert await day.play.one("SELECT locale FROM users") == "es-CO"
        asked = await day.talk("Ana")
        assert asked != welcome
        said = await day.talk("recuérdame en 20 minutos tomar agua")
        assert "agua" in said.lower() or "20" in said
        before = len(day.vendor.got)
        began = day.play.now
        with trio.fail_after(3600):
            while not any("agua" in text.lower() for text in day.vendor.texts()[before:]):
                await day.vendor.wait_for(len(day.vendor.got) + 1)
        assert timedelta(minutes=18) < day.play.now - began < timedelta(minutes=22)
        await day.play.quiet(60)
        assert await day.play.dead() == []
        states = {row["state"] for row in await day.play.outbox() if row["state"] != "cancelled"}
        assert states <= {"delivered", "read", "accepted"}
        assert day.vendor.ticks


async def test_a_button_is_a_word_and_a_voice_note_is_heard(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await day.known()
        await day.vendor.person_sends_file("audio", ogg_opus(), voice=True)
        with trio.fail_after(180):
            await day.vendor.wait_for(1)
        assert await day.play.one("SELECT count(*) FROM media WHERE sha256 IS NOT NULL") == 1


async def test_what_was_written_while_ivy_was_away_is_answered_once(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await day.known()
        await day.vendor.person_says("gasté 20 mil en almuerzo", wamid="wamid.same")
        await day.vendor.person_says("gasté 20 mil en almuerzo", wamid="wamid.same")
        await day.play.quiet()
        assert await day.play.one("SELECT count(*) FROM expenses") == 1
        cursor = await day.play.one("SELECT next_offset FROM poll_cursors")
        assert cursor > 9_007_199_254_740_993
    async with solo(lives) as day:  # the platform gives out again what is newer than the offset that was kept
        assert await day.play.one("SELECT next_offset FROM poll_cursors") == cursor


@pytest.mark.parametrize("fault", [ResetAfter(), gateway_page(502)])
async def test_a_message_of_which_nothing_was_heard_is_known_by_its_tick_and_not_sent_twice(
    autojump_clock: MockClock, lives: Lives, fault: Any
) -> None:
    async with solo(lives) as day:
        await day.known()
        day.play.world.vendors.faults["solo"].add(fault, path="/messages")
        await day.play.queues("uno", channel="solo")
        await day.play.quiet(400)
        assert day.vendor.texts() == ["uno"]
        [row] = await day.play.outbox()
        assert (row["state"], row["resends"]) == ("delivered", 0)


async def test_a_repeat_that_was_not_heard_leaves_the_first_to_be_known_by_its_tick(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with solo(lives) as day:
        await day.known()
        faults: Any = day.play.world.vendors.faults["solo"]
        faults.add(ResetAfter(), path="/messages")
        faults.add(Refuse(), path="/messages", times=2)
        day.vendor.manners.statuses = ()
        await day.play.queues("uno", channel="solo")
        await day.play.quiet(100)
        assert [row["state"] for row in await day.play.outbox()] == ["unknown"]
        day.vendor.tell_status(day.vendor.got[0].wamid, "delivered")
        await day.play.quiet(400)
        assert day.vendor.texts() == ["uno"]
        assert [(row["state"], row["resends"]) for row in await day.play.outbox()] == [("delivered", 0)]


async def test_a_message_that_never_left_is_sent_once_more(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await day.known()
        day.play.world.vendors.faults["solo"].add(Answer(500, b"{}"), path="/messages")
        await day.play.queues("uno", channel="solo")
        await day.play.quiet(400)
        assert day.vendor.texts() == ["uno"]


async def test_more_than_a_minute_takes_goes_out_in_order(autojump_clock: MockClock, lives: Lives) -> None:
    async with solo(lives) as day:
        await day.known()
        texts = [f"mensaje {number}" for number in range(20)]
        await day.play.queues(*texts, channel="solo")
        await day.play.quiet(600)
        assert day.vendor.texts() == texts
