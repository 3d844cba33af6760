"""An agent of one's own beside a business number, calls and files: what goes where, and what is said where nothing can."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from ivy.agent import handover, questions
from ivy.agent.questions import Asking, Heard
from ivy.cli.users_human import _queue  # pyright: ignore[reportPrivateUsage]
from ivy.config import Config, SoloSection, VoiceSection, WhatsAppSection
from ivy.domain.sentences import SPANISH, Say
from ivy.emulators.faults import Refuse
from ivy.emulators.retell_people import scripted
from ivy.emulators.whatsapp_solo import SoloEmulator
from ivy.store import blocked, callers, people
from ivy.store.binding import Connection
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives, Play

NO_BUSINESS = WhatsAppSection(enabled=False)
BOTH = Config(solo=SoloSection(enabled=True))
SOLO = Config(whatsapp=NO_BUSINESS, solo=SoloSection(enabled=True))
VOICE = VoiceSection(enabled=True)
PHONED = Config(whatsapp=NO_BUSINESS, solo=SoloSection(enabled=True), voice=VOICE)
REACHED = Config(whatsapp=NO_BUSINESS, solo=SoloSection(enabled=True, phone=ANA), voice=VOICE)


class Agent:
    """A life of Ivy's in which somebody has an agent of their own."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.vendor: SoloEmulator = play.world.vendors.solo

    async def knows(self, **values: Any) -> None:
        told: dict[str, Any] = {
            "phone": None,
            "name": "Ana",
            "locale": "es-CO",
            "zone": "America/Bogota",
            "currency": "COP",
        }
        await self.play.knows(**{**told, **values})
        await self.play.rows_of().write(_bind, self.vendor.maker, now=self.play.now)

    async def talk(self, words: str, *, seconds: float = 60) -> list[str]:
        """Let them write to the agent; return what they hear within a while."""
        before = len(self.vendor.got)
        await self.vendor.person_says(words)
        await self.play.quiet(seconds)
        return [got.body for got in self.vendor.got[before:]]

    async def operator_says(self, words: str) -> None:
        """Do what `ivy users say` does."""
        context = self.play.world.daemon.context
        await self.play.rows_of().write(_queue, words, context.desk_at(context.chat, context.new_id()))
        await self.play.quiet(30)

    async def release(self) -> None:
        """Do what `ivy users release` does."""
        context = self.play.world.daemon.context
        assert await self.play.rows_of().write(handover.hand_back, context.desk_at(context.chat, context.new_id()))
        await self.play.quiet(30)


def _bind(scope: Scope, value: str, *, now: Any) -> None:
    people.alias(scope.connection, scope.user_id, people.SOLO, "id", value, now=now)


@asynccontextmanager
async def agent(lives: Lives, config: Config, **more: Any) -> AsyncGenerator[Agent]:
    async with lives(config=config, **more) as play:
        yield Agent(play)


# --- beside a business number -------------------------------------------------------------------------


async def test_what_a_human_and_a_job_say_comes_where_the_person_talks(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, BOTH) as day:
        await day.knows()
        await day.operator_says("Soy Marta, del equipo.")
        assert day.vendor.texts() == ["Soy Marta, del equipo."]  # they never wrote: their ladder leads there
        await day.talk("agente")
        assert day.vendor.texts()[1:] == [SPANISH[Say.HANDED_OVER]]
        await day.operator_says("¿Qué pasó?")
        assert day.vendor.texts()[2:] == ["¿Qué pasó?"]
        await day.play.queues("Buenos días", channel="solo", asked_for=False)
        await day.play.queues("Una cosa más", asked_for=False)
        await day.play.quiet(120)
        assert len(day.vendor.texts()) == 3  # a human talks with them
        await day.release()
        assert sorted(day.vendor.texts()[3:]) == sorted(["Buenos días", "Una cosa más", SPANISH[Say.HANDED_BACK]])
        assert day.play.messages() == []
        assert await day.play.dead() == []


async def test_of_two_open_chats_it_is_the_one_where_they_wrote_last(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, BOTH) as day:
        await day.knows(phone=ANA)
        await day.talk("hola")
        await day.play.talk("hola")
        await day.operator_says("aquí")
        assert day.play.heard()[-1] == "aquí"
        heard = len(day.play.heard())
        await day.talk("hola otra vez")
        await day.operator_says("y allá")
        assert (day.vendor.texts()[-1], len(day.play.heard())) == ("y allá", heard)


async def test_nothing_is_paid_for_a_template_while_their_agent_can_be_written_to(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with agent(lives, BOTH) as day:
        await day.knows(phone=ANA)
        await day.play.submits_templates()
        await day.talk("recuérdame en 20 minutos tomar agua", seconds=1500)
        assert "agua" in day.vendor.texts()[-1]
        assert day.play.messages() == []
        day.play.world.vendors.faults["solo"].add(Refuse(), path="/messages", times=99)
        await day.talk("recuérdame en 20 minutos comer algo", seconds=300)
        await day.play.quiet(1800)
        assert [sent.type for sent in day.play.messages()] == ["template"]  # once it fails, the number has its turn


async def test_onboarding_goes_on_where_a_window_is_open(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, BOTH) as day:
        for words in ("hola", "Bogotá", "por escrito a las 7"):
            await day.talk(words)
        assert await day.play.one("SELECT count(*) FROM call_slots") == 1
        assert await day.play.one("SELECT answers ->> '$.asked.health' FROM onboardings") is None
        await day.play.quiet(86_400 * 1.5)
        assert await day.play.one("SELECT answers ->> '$.asked.health' FROM onboardings") == 1
        assert any("salud" in text for text in day.vendor.texts())
        assert day.play.messages() == []
        assert await day.play.dead() == []


# --- calls --------------------------------------------------------------------------------------------


async def test_without_a_number_calls_are_texts_and_it_is_said_what_they_need(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with agent(lives, PHONED) as day:
        await day.talk("hola")
        [asked] = await day.talk("Bogotá")
        assert "llam" not in asked.lower()  # what cannot be had is not offered
        [booked] = await day.talk("llámame a las 7")
        assert booked.startswith(SPANISH[Say.CALLS_NEED_NUMBER])
        assert await day.play.rows("SELECT by, at FROM call_slots") == [{"by": "text", "at": "07:00"}]
        for words in ("llámame ahora", "desde hoy prefiero llamadas", "pídeme mi número con un botón"):
            [heard] = await day.talk(words)
            assert SPANISH[Say.CALLS_NEED_NUMBER] in heard
        [heard] = await day.talk("pídeme mi ubicación con un botón")
        assert "will stand under" not in heard
        assert await day.play.one("SELECT count(*) FROM calls") == 0
        assert await day.play.dead() == []


async def test_where_nobody_is_phoned_no_number_is_spoken_of(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, SOLO) as day:
        for words in ("hola", "Bogotá", "llámame a las 7", "llámame ahora"):
            await day.talk(words)
        assert not any("solo.phone" in text for text in day.vendor.texts())
        assert await day.play.rows("SELECT by, at FROM call_slots") == [{"by": "text", "at": "07:00"}]


async def test_later_times_by_phone_are_texts_too(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, PHONED) as day:
        for words in ("hola", "Bogotá", "llámame a las 7"):
            await day.talk(words)
        for _step in range(12):
            if "noche" in (asked := (await day.talk("sigamos"))[-1]) and "?" in asked:
                break
            await day.talk("1")
        else:
            raise AssertionError("the evening was never asked about")
        heard = await day.talk("llámame a las 8 pm")
        assert SPANISH[Say.CALLS_NEED_NUMBER] in heard[0]
        assert await day.play.rows("SELECT DISTINCT by FROM call_slots") == [{"by": "text"}]


async def test_with_a_number_onboarding_books_calls(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, REACHED) as day:
        for words in ("hola", "Nueva York", "llámame a las 7"):
            await day.talk(words)
        assert await day.play.rows("SELECT by, at FROM call_slots") == [{"by": "voice", "at": "07:00"}]
        assert await day.play.one("SELECT phone FROM users") == ANA
        await day.play.quiet(86_400)
        assert set((await day.play.rows("SELECT DISTINCT kind, state FROM calls"))[0].values()) == {
            "morning",
            "analysed",
        }


async def test_a_number_that_the_operator_says_later_is_learnt_and_known_when_it_rings(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with agent(lives, REACHED) as day:
        await day.knows()
        who = await day.play.one("SELECT id FROM users")
        assert await day.play.world.store.read(callers.of_number, ANA) is None
        await day.talk("hola")
        assert await day.play.one("SELECT phone FROM users") == ANA
        assert await day.play.world.store.read(callers.of_number, ANA) == who
        assert await day.play.world.store.read(people.meaning, people.CHAT, ANA) == who
        retell = day.play.world.vendors.retell
        assert retell is not None
        await retell.person_calls(ANA, scripted("bye"))
        await day.play.quiet(300)
        assert day.vendor.texts()[-1].startswith(SPANISH[Say.IS_IT_YOU])
        assert await day.play.rows("SELECT user_id, direction FROM calls") == [{"user_id": who, "direction": "in"}]
        await day.talk("llámame ahora", seconds=300)
        assert await day.play.one("SELECT count(*) FROM calls WHERE direction = 'out'") == 1
        assert await day.play.dead() == []


# --- files and lists ----------------------------------------------------------------------------------


async def test_a_file_that_is_asked_for_comes(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, SOLO) as day:
        await day.knows()
        await day.talk("gasté 20 mil en almuerzo")
        await day.talk("exporta mis gastos")
        sent = day.vendor.got[-1].request
        assert sent["type"] == "document"
        assert sent["document"]["filename"].endswith(".csv")
        assert await day.play.dead() == []


@pytest.mark.parametrize("config", [SOLO, BOTH])
async def test_of_a_long_list_all_is_shown_and_the_number_typed_is_the_option_shown(
    autojump_clock: MockClock, lives: Lives, config: Config
) -> None:
    titles = [f"Opción {chr(65 + number)}" for number in range(12)]
    async with agent(lives, config) as day:
        await day.knows()
        context = day.play.world.daemon.context

        def ask(scope: Scope) -> None:  # with both on it is asked on WhatsApp, and diverted
            options = tuple((str(number), title) for number, title in enumerate(titles))
            asking = Asking("choice", "¿Cuál?", options, timedelta(days=1), {})
            questions.ask(scope, people.load(scope), asking, context.desk_at(context.chat, context.new_id()))

        await day.play.rows_of().write(ask)
        with trio.fail_after(180):
            await day.vendor.wait_for(1)
        lines = day.vendor.texts()[-1].splitlines()
        assert lines == ["¿Cuál?", *(f"{number}. {title}" for number, title in enumerate(titles, start=1))]
        for line in lines[1:]:
            number, _, title = line.partition(". ")
            for words in (number, title):
                found = await day.play.rows_of().read(
                    questions.worded, Heard(words, "x", ""), context.desk_at("solo", context.new_id())
                )
                assert found is not None and titles[int(found[1])] == title


async def test_a_chat_that_is_blocked_is_passed_over_for_the_other_that_is_open(
    autojump_clock: MockClock, lives: Lives
) -> None:
    async with agent(lives, BOTH) as day:
        await day.knows(phone=ANA)
        await day.play.talk("hola")
        await day.talk("hola")
        await day.play.world.store.write(blocked.block, "solo", day.vendor.maker, "gone", now=day.play.now)
        await day.operator_says("Soy Marta, del equipo.")
        assert "Soy Marta, del equipo." in day.play.heard()


async def test_a_number_that_the_operator_mends_takes_the_place_of_the_wrong_one(
    autojump_clock: MockClock, lives: Lives
) -> None:
    wrong = "+573001234567"
    async with agent(lives, REACHED) as day:
        await day.talk("hola")
        await day.play.world.store.write(_was_wrong, wrong)
        await day.talk("hola otra vez")
        assert await day.play.one("SELECT phone FROM users") == ANA
        named = await day.play.rows("SELECT value FROM channel_identities WHERE kind = 'phone' AND valid_to_ms IS NULL")
        assert [row["value"] for row in named] == [ANA]


def _was_wrong(connection: Connection, wrong: str) -> None:
    connection.execute("UPDATE users SET phone = ?", (wrong,))
    connection.execute("UPDATE channel_identities SET value = ? WHERE kind = 'phone'", (wrong,))


async def test_a_number_that_was_given_by_a_card_is_the_makers_too(autojump_clock: MockClock, lives: Lives) -> None:
    async with agent(lives, Config(solo=SoloSection(enabled=True, phone=ANA))) as day:
        await day.play.knows(phone=None, name="Ana")
        await day.play.rows_of().write(people.set_phone, ANA)
        await day.talk("hola")
        assert await day.play.one("SELECT count(*) FROM users") == 1
