"""The list of `ivy init --live`: its words, what is not needed, a message there and back, and calls that cannot be made yet."""

import json
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from trio.testing import MockClock

from ivy.adapters.retell.reasons import verdict_of
from ivy.agent import call_asking
from ivy.agent.desk import Desk
from ivy.cli import frame, live_next, live_public, live_voice, live_whatsapp, switch
from ivy.cli.findings import look, missing, ok
from ivy.cli.frame import Setup
from ivy.cli.live import document
from ivy.cli.live_list import Item, Mark, done, in_words, item_of, note, part, plain, text_lines, waits, wrong
from ivy.cli.live_watch import open_watch
from ivy.cli.world import World, emulated, open_world
from ivy.clock import VirtualClock
from ivy.config import Config, ModelSection, VoiceSection
from ivy.domain.calls import CallKind, CallState, Report
from ivy.domain.turned_away import HANDSHAKE, UNSIGNED, signature_of
from ivy.store import people
from ivy.store.calls import Call
from ivy.store.scope import for_user
from ivy.threads import InlineThreads

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ANA = "+12025550143"
DEAD = ModelSection(vendor="openai", model="local", base_url="http://127.0.0.1:9/v1")


# --- words ---------------------------------------------------------------------------------------------


def test_it_reads_as_the_page_in_the_manual() -> None:
    stages = [Item(Mark.DONE, words, after=True) for words in ("dialling", "answered", "ended", "webhook 0.4 s")]
    parts = [
        part(
            "Public address",
            [done("https://ivy.example.org answers with our own signed probe"), done("TLS valid 89 days")],
        ),
        part(
            "WhatsApp",
            [done("token, permanent"), done("number"), done("app subscribed"), done("handshake seen")],
            [plain('write "hola" to +1 555 010 2030 …'), done("heard after 3 s"), waits("delivered")],
        ),
        part("Templates", [done("8 submitted"), note("5 approved"), note("3 in review")]),
        part(
            "Retell",
            [done("key (webhook badge)"), wrong("KYC pending", "click there", takes="days")],
            [plain("test call:"), *stages],
        ),
    ]
    assert [line for each in parts for line in text_lines(each)] == [
        "Public address   ✓ https://ivy.example.org answers with our own signed probe   ✓ TLS valid 89 days",
        "WhatsApp         ✓ token, permanent   ✓ number   ✓ app subscribed   ✓ handshake seen",
        '                 write "hola" to +1 555 010 2030 …   ✓ heard after 3 s   … delivered',
        "Templates        ✓ 8 submitted   · 5 approved   · 3 in review",
        "Retell           ✓ key (webhook badge)   ✗ KYC pending → click there (days)",
        "                 test call:   dialling ✓ answered ✓ ended ✓ webhook 0.4 s ✓",
    ]
    assert [each.is_done for each in parts] == [True, False, True, False]
    told = document(parts)
    assert told["ok"] is False
    assert told["parts"][3]["lines"][0][1] == {  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
        "mark": "wrong", "text": "KYC pending", "mend": "click there", "takes": "days",
    }  # fmt: skip


@given(st.lists(st.sampled_from(Mark), max_size=6))
def test_a_part_is_green_unless_something_is_open_or_wrong(marks: list[Mark]) -> None:
    found = part("x", [Item(mark, "a thing") for mark in marks])
    assert found.is_done == (not {Mark.WRONG, Mark.WAITS} & set(marks))
    assert in_words(found.items).count("a thing") == len(marks)


def test_what_a_probe_finds_keeps_its_mend() -> None:
    assert in_words([item_of(ok("lines", "0 of 20"))]) == "✓ lines: 0 of 20"
    assert in_words([item_of(look("lines", "few", "buy"))]) == "· lines: few → buy"
    assert in_words([item_of(missing("lines", "none", "buy", takes="a day"))]) == "✗ lines: none → buy (a day)"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(minutes=12, seconds=59), "12 min"),
        (timedelta(hours=8, minutes=12), "8 h 12 min"),
        (timedelta(days=2, hours=3), "2 d 3 h"),
    ],
)
def test_how_long_until_the_next_contact(span: timedelta, said: str) -> None:
    assert live_next.in_hours(span) == said


# --- a set-up that needs no vendor ---------------------------------------------------------------------


def where_of(folder: Path, config: Config) -> Setup:
    return Setup(folder / "ivy.toml", config, folder, config.database(folder))


async def test_what_is_switched_off_is_not_needed_and_not_red(database: Path, tmp_path: Path) -> None:
    config = emulated(Config())
    config = replace(
        config,
        whatsapp=replace(config.whatsapp, enabled=False),
        models=replace(config.models, primary=DEAD),
        voice=VoiceSection(),
    )
    async with open_watch(where_of(tmp_path, config), VirtualClock(NOW), "x") as watch:
        assert not any(each.name == "Public address" and each.is_done for each in watch.look())
        await watch.ask()
        rows = {each.name: each for each in watch.look()}
    assert [name for name, row in rows.items() if row.is_done] == ["Public address", "WhatsApp", "Templates", "Retell"]
    for name in ("Public address", "WhatsApp", "Templates", "Retell"):
        assert rows[name].items[0].text.startswith("not needed: "), rows[name]
    assert rows["Daemon"].items[0].mark is Mark.WAITS
    assert "no connection" in rows["Model"].items[0].text


async def test_without_a_database_the_first_row_says_so(tmp_path: Path) -> None:
    daemon = live_public.daemon(where_of(tmp_path, emulated(Config())))
    assert daemon is not None and daemon.items[0].mark is Mark.WRONG and "ivy init" in daemon.items[0].mend


# --- a message there and back --------------------------------------------------------------------------


class Watched:
    """A world, and the line of its newest message."""

    def __init__(self, world: World, config: Config, folder: Path) -> None:
        self.world, self.where = world, where_of(folder, config)
        self.ear = live_whatsapp.Ear(self.where)
        self.walk: Any = type("Walk", (), {"phone": "+1 555 010 2030"})()

    def line(self) -> str:
        with frame.look_into(self.world.store.path) as connection:
            heard = self.ear.listen(connection)
            return in_words(live_whatsapp.there_and_back(self.walk, connection, heard, self.world.clock.now()))


async def test_a_strangers_hola_is_followed_until_its_answer_is_delivered(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    config = emulated(Config())
    async with open_world(tmp_path, clock=VirtualClock(NOW), threads=InlineThreads(), config=config) as world:
        watched = Watched(world, config, tmp_path)
        world.vendors.whatsapp.manners.statuses = ("sent",)
        assert watched.line() == 'write "hola" to +1 555 010 2030 …   … nothing heard yet'
        await world.vendors.whatsapp.person_says(ANA, "hola")
        await world.vendors.whatsapp.wait_for_reply(ANA)
        await trio.sleep(10)
        assert watched.line().endswith("✓ heard after 0 s   ✓ answered   … delivered")
        [accepted] = world.vendors.whatsapp.got(ANA)
        world.vendors.whatsapp.tell_status(accepted, "delivered")
        await trio.sleep(10)
        assert watched.line().endswith("✓ answered   ✓ delivered")


async def test_an_answer_that_does_not_come_is_said_with_where_to_look(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    config = emulated(Config())
    async with open_world(tmp_path, clock=VirtualClock(NOW), threads=InlineThreads(), config=config) as world:
        await world.add_person(ANA)
        watched = Watched(world, config, tmp_path)
        world.vendors.whatsapp.refuse(190, "Invalid OAuth access token.", times=50)
        await world.vendors.whatsapp.person_says(ANA, "hola")
        await trio.sleep(60)
        assert "✗ not answered yet" in watched.line() and "ivy status" in watched.line()


def test_greetings_and_signatures_that_were_turned_away_are_evidence() -> None:
    config = emulated(Config())
    walk: Any = type("Walk", (), {"where": where_of(Path(), config)})()
    form = live_whatsapp._form  # pyright: ignore[reportPrivateUsage]
    nobody = [missing("webhook form", "nobody has filled it in", "Edit")]
    refused = {HANDSHAKE: 2, signature_of("whatsapp"): 1, UNSIGNED: 7}
    [lacks, knocked, forged] = form(walk, nobody, refused, heard=True)
    assert (lacks.mark, knocked.mark, forged.mark) == (Mark.WRONG, Mark.WRONG, Mark.NOTE)
    assert "2 times somebody greeted us with another verify token" in knocked.text
    assert "App secret" in forged.mend
    forged = form(walk, nobody, refused, heard=False)[-1]
    assert (forged.mark, "another app secret" in forged.text) == (Mark.WRONG, True), "who else would post?"
    [seen, _knocked] = form(walk, [ok("webhook form", "Meta calls us")], {HANDSHAKE: 1}, heard=False)
    assert (seen.text, _knocked.mark) == ("handshake seen", Mark.NOTE)


# --- calls ---------------------------------------------------------------------------------------------

VERDICT = verdict_of("user_hangup")
KNOWN = [ok("key", "ivy, of Emulated"), ok("agent ivy-en", "version 0"), ok("agent ivy-es", "version 0")]


@pytest.mark.parametrize(
    ("verified", "unpaid", "said"), [(False, False, "KYC pending"), (True, True, "no payment method")]
)
async def test_calls_that_retell_does_not_place_yet_are_named(
    autojump_clock: MockClock, tmp_path: Path, verified: bool, unpaid: bool, said: str
) -> None:
    config = emulated(Config())
    config = replace(config, voice=replace(config.voice, enabled=True), operator=replace(config.operator, phone=ANA))
    async with open_world(tmp_path, clock=VirtualClock(NOW), threads=InlineThreads(), config=config) as world:
        assert world.vendors.retell is not None
        world.vendors.retell.manners.verified, world.vendors.retell.manners.unpaid = verified, unpaid
        await ask_for_a_test_call(world, config)
        await trio.sleep(30)
        with frame.look_into(world.store.path) as connection:
            reason = live_voice.in_the_way(connection, world.clock.now())
            call = live_voice.newest_test(connection, world.clock.now())
            assert live_voice.rests(connection, world.clock.now())
            assert live_voice.in_the_way(connection, world.clock.now() + timedelta(minutes=10)) == "", (
                "it may be tried again"
            )
    assert call is not None and said in in_words(live_voice.items(KNOWN, reason, proved=False, mute=""))
    assert "✗ not dialled" in in_words(live_voice.stages(call, live_voice.NOTHING_TOLD))


async def test_once_retell_is_let_go_on_a_call_that_waits_is_dialled_at_once(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    config = emulated(Config())
    config = replace(config, voice=replace(config.voice, enabled=True), operator=replace(config.operator, phone=ANA))
    async with open_world(tmp_path, clock=VirtualClock(NOW), threads=InlineThreads(), config=config) as world:
        assert world.vendors.retell is not None
        world.vendors.retell.manners.verified = False
        await ask_for_a_test_call(world, config)
        await trio.sleep(3)
        assert not world.vendors.retell.placed
        world.vendors.retell.manners.verified = True
        await trio.sleep(3)
        assert not world.vendors.retell.placed, "it waits"
        assert await world.store.write(switch._close, "retell", world.clock.now())  # pyright: ignore[reportPrivateUsage]
        await trio.sleep(3)
        assert [call.to_number for call in world.vendors.retell.placed] == [ANA]


async def ask_for_a_test_call(world: World, config: Config) -> None:
    person = for_user(world.store, await world.add_person(ANA))
    known = await person.read(people.load)
    context = world.daemon.context
    desk = Desk(world.clock.now(), context.new_id, config, "whatsapp", "trace", context.rates)
    await person.write(call_asking.ask_for_call, known, CallKind.TEST.value, desk, asked_by="operator", chosen=False)


def test_a_key_without_the_badge_and_agents_behind_are_named() -> None:
    mute = "webhooks of Retell's are signed with another key (2 refused since the daemon's start)"
    assert "give the webhook badge to this key" in in_words(live_voice.items(KNOWN, "", proved=False, mute=mute))
    assert (
        in_words(live_voice.items(KNOWN, "", proved=True, mute=""))
        == "✓ key (webhook badge)   ✓ agents en, es published"
    )
    behind = [*KNOWN[:2], missing("agent ivy-es", "its words or tools changed", "ivy voice agents sync")]
    assert in_words(live_voice.items(behind, "", proved=False, mute="")) == (
        "✓ key   ✗ agent ivy-es: its words or tools changed → ivy voice agents sync"
    )


def test_each_stage_of_a_call_turns_green() -> None:
    call = Call("c", "u", CallKind.TEST, NOW.date(), NOW)
    assert in_words(live_voice.stages(call, live_voice.NOTHING_TOLD)) == "test call:   … due"
    dialled = changed(call, placed_at=NOW, provider_call_id="call_1", state=CallState.DIALING)
    assert in_words(live_voice.stages(dialled, live_voice.NOTHING_TOLD)).startswith(
        "test call:   dialling ✓ answered …"
    )
    told = live_voice.Told(frozenset({"started", "ended", "analysed"}), timedelta(seconds=0.41))
    over = changed(
        dialled,
        state=CallState.ANALYSED,
        report=Report(started_at=NOW, ended_at=NOW, verdict=VERDICT, reason="user_hangup"),
    )
    assert (
        in_words(live_voice.stages(over, told))
        == "test call:   dialling ✓ answered ✓ ended ✓ webhook 0.4 s ✓ analysed ✓"
    )
    missed = changed(dialled, state=CallState.ENDED, report=Report(verdict=VERDICT, reason="dial_no_answer"))
    assert "✗ not answered (dial_no_answer)" in in_words(live_voice.stages(missed, live_voice.NOTHING_TOLD))
    assert live_voice.failed(missed) and not live_voice.failed(over)
    refused = changed(call, state=CallState.ABANDONED, reason="it is night there")
    assert "✗ not dialled: it is night there → ivy why c" in in_words(
        live_voice.stages(refused, live_voice.NOTHING_TOLD)
    )


# --- as a command --------------------------------------------------------------------------------------


def test_into_a_pipe_it_is_lines_and_one_document_with_json(program: Any) -> None:
    told = json.loads(program("init", "--live", "--wait", "0", "--json").stdout)
    assert told["ok"] is False
    assert [each["name"] for each in told["parts"]][:3] == ["Daemon", "Public address", "WhatsApp"]
    done = program("init", "--live", "--wait", "0")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Daemon           … it does not run → `ivy daemon` in another terminal")
    assert any(line.startswith("Retell           – not needed: voice.enabled is false") for line in lines)
    assert "`ivy init --live` goes on from here at any time." in done.stderr
