"""Agents at Retell are brought to Ivy's words and tools, published whole, and left alone when nothing changed."""

import json
from typing import Any

import pytest
import trio

from ivy.adapters.retell.agents import Agents, Do, Number
from ivy.adapters.retell.directory import find
from ivy.adapters.retell.script import Script
from ivy.emulators.faults import Answer, Fault, Refuse, ResetAfter
from ivy.errors import VendorBusy, VendorMisconfigured, VendorRefused
from ivy.ports import ToolSpec
from tests.adapters.retell_ground import (
    NUMBER,
    PROMPT,
    PUBLIC,
    SAVE_PLAN,
    SCRIPTS,
    RetellGround,
    api_of,
    retell,
    wanted,
)

pytestmark = pytest.mark.usefixtures("clock")
SKIP = ToolSpec("skip_workout", "Skip it.", {"type": "object", "properties": {}, "required": []})


def desk_of(ground: RetellGround) -> Agents:
    return Agents(api_of(ground.http))


def shelf(ground: RetellGround) -> str:
    """Everything that Retell has, as text."""
    kept = ground.retell.shelf
    return json.dumps([{name: each.by_number for name, each in some.items()} for some in (kept.agents, kept.llms)])


def live(ground: RetellGround, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a call would run: the newest published version of an agent, and its model."""
    (agent_id,) = (key for key, each in ground.retell.shelf.agents.items() if each.by_number[0]["agent_name"] == name)
    engine = ground.retell.shelf.engine(agent_id, "latest_published")
    assert engine.agent["is_published"] and engine.llm["is_published"]
    return engine.agent, engine.llm


# --- sync ------------------------------------------------------------------------------------------------


async def test_agents_are_made_published_and_then_left_alone() -> None:
    async with retell(synced=False) as ground:
        desk = desk_of(ground)
        made = await desk.sync(SCRIPTS)
        assert [(line.name, line.do, line.version, line.result) for line in made] == [
            ("ivy-en", Do.MAKE, 0, "published"),
            ("ivy-es", Do.MAKE, 0, "published"),
        ]
        before = shelf(ground)
        again = await desk.sync(SCRIPTS)
        assert shelf(ground) == before
        assert [(line.do, line.version, line.agent_id) for line in again] == [
            (Do.NOTHING, 0, line.agent_id) for line in made
        ]
        assert await desk.behind(SCRIPTS) == []
        agent, llm = live(ground, "ivy-es")
        assert agent["language"] == "es-419" and agent["voice_id"] == "11labs-Lucia"
        assert llm["general_prompt"] == PROMPT


async def test_who_waits_at_a_terminal_is_let_through_once_it_is_their_turn() -> None:
    """Retell counts what came in the last ten seconds: nothing is lost, and without patience it is said at once."""
    async with retell(synced=False) as ground:
        ground.retell.manners.rate_limits = True
        for _ask in range(30):
            await find(api_of(ground.http), "nobody")
        with pytest.raises(VendorBusy, match="Rate limit exceeded"):
            await desk_of(ground).sync(SCRIPTS)
        began = trio.current_time()
        made = await Agents(api_of(ground.http, patience=20)).sync(SCRIPTS)
        assert [line.result for line in made] == ["published", "published"]
        assert 8 <= trio.current_time() - began <= 14
        ground.retell.refuse(429, "Rate limit exceeded", retry_after=21)
        began = trio.current_time()
        with pytest.raises(VendorBusy):
            await Agents(api_of(ground.http, patience=20)).sync(SCRIPTS)
        assert trio.current_time() == pytest.approx(began, abs=1), "who is told to come later than that hears it now"


async def test_a_plan_changes_nothing() -> None:
    async with retell(synced=False) as ground:
        planned = await desk_of(ground).sync(SCRIPTS, dry_run=True)
        assert [(line.do, line.result, line.version) for line in planned] == [(Do.MAKE, "", None)] * 2
        assert ground.retell.shelf.agents == ground.retell.shelf.llms == {}


@pytest.mark.parametrize(
    "changed",
    [
        wanted("en", prompt="You are Ivy, and brief."),
        wanted("en", tools=(SAVE_PLAN, SKIP)),
        wanted("en", public_url="https://elsewhere.example"),
        wanted("en", longest_seconds=120),
        wanted("en", retention_days=7),
        wanted("en", voices={"en": "11labs-Another"}),
        wanted("en", model="gpt-5.4"),
    ],
)
async def test_whatever_changes_is_published_as_a_new_version_and_the_old_one_stays(changed: Script) -> None:
    async with retell() as ground:
        desk = desk_of(ground)
        old = {name: each.by_number[0].copy() for name, each in ground.retell.shelf.agents.items()}
        assert [line.why for line in await desk.behind([changed])] == ["its words or tools changed"]
        (line,) = await desk.sync([changed])
        assert (line.do, line.version, line.result) == (Do.PUBLISH, 1, "published")
        assert {name: each.by_number[0] for name, each in ground.retell.shelf.agents.items()} == old
        agent, llm = live(ground, "ivy-en")
        told = {**changed.agent, "response_engine": agent["response_engine"]}
        assert told.items() <= agent.items() and changed.llm.items() <= llm.items()
        assert (await desk.sync([changed]))[0].do is Do.NOTHING
        assert await desk.behind([SCRIPTS[1]]) == []


async def test_a_version_that_others_published_is_replaced() -> None:
    async with retell() as ground:
        desk, api = desk_of(ground), api_of(ground.http)
        (line, _other) = await desk.sync(SCRIPTS)
        draft = await api.post(f"/create-agent-version/{line.agent_id}", {"base_version": 0})
        changed = {"max_call_duration_ms": 3_600_000, "version_description": "my own"}
        await api.patch(f"/update-agent/{line.agent_id}", changed, {"version": str(draft["version"])})
        await api.post(f"/publish-agent-version/{line.agent_id}", {"version": draft["version"]})
        assert [each.why for each in await desk.behind(SCRIPTS)] == ["it was published by others"]
        (mended, _other) = await desk.sync(SCRIPTS)
        assert mended.version == 2
        assert live(ground, "ivy-en")[0]["max_call_duration_ms"] == 600_000


async def test_a_draft_that_somebody_left_is_written_over() -> None:
    async with retell() as ground:
        desk, api = desk_of(ground), api_of(ground.http)
        (line, _other) = await desk.sync(SCRIPTS)
        await api.post(f"/create-agent-version/{line.agent_id}", {"base_version": 0})
        await api.patch(f"/update-agent/{line.agent_id}", {"timezone": "America/Los_Angeles"}, {"version": "1"})
        assert (await desk.sync(SCRIPTS))[0].do is Do.NOTHING, "a draft is nobody's voice"
        (mended,) = await desk.sync([wanted("en", prompt="New.")])
        assert mended.version == 1 and live(ground, "ivy-en")[0]["timezone"] == "UTC"


async def test_a_model_that_cannot_be_edited_is_replaced() -> None:
    async with retell() as ground:
        ground.faults.add(Answer(400, b'{"status":"error","message":"published"}'), path="/update-retell-llm")
        (line,) = await desk_of(ground).sync([wanted("en", prompt="New.")])
        assert line.result == "published"
        assert live(ground, "ivy-en")[1]["general_prompt"] == "New."
        assert len(ground.retell.shelf.llms) == 3


async def test_two_agents_of_one_name_stop_everything() -> None:
    async with retell() as ground:
        api = api_of(ground.http)
        agent = next(iter(ground.retell.shelf.agents.values())).by_number[0]
        kept = ("agent_name", "voice_id", "response_engine")
        await api.post("/create-agent", {key: agent[key] for key in kept})
        before = shelf(ground)
        with pytest.raises(
            VendorMisconfigured, match=r"2 agents are called ivy-en \(agent_.*, agent_.*\): delete or rename"
        ):
            await desk_of(ground).sync(SCRIPTS)
        assert shelf(ground) == before


async def test_an_agent_with_a_longer_name_is_another() -> None:
    async with retell() as ground:
        lines = await desk_of(ground).sync([wanted("en", prefix="my-ivy"), *SCRIPTS])
        assert [line.do for line in lines] == [Do.MAKE, Do.NOTHING, Do.NOTHING]


STEPS = ("/create-retell-llm", "/create-agent", "/publish-agent-version")
CHANGES = ("/create-agent-version", "/update-retell-llm", "/update-agent", "/publish-agent-version")


@pytest.mark.parametrize("fault", [Refuse(), ResetAfter(), Answer(500), Answer(400, b'{"message":"no"}')], ids=str)
@pytest.mark.parametrize("path", STEPS)
async def test_making_agents_goes_on_where_it_stopped(path: str, fault: Fault) -> None:
    async with retell(synced=False) as ground:
        desk = desk_of(ground)
        ground.faults.add(fault, path=path)
        first, second = await desk.sync(SCRIPTS)
        assert first.failed and first.result and not second.failed
        again = await desk.sync(SCRIPTS)
        assert [line.result for line in again] == ["published", "published"]
        assert len(ground.retell.shelf.agents) == 2
        assert await desk.behind(SCRIPTS) == []


@pytest.mark.parametrize("fault", [Refuse(), ResetAfter(), Answer(500)], ids=str)
@pytest.mark.parametrize("path", CHANGES)
async def test_changing_agents_goes_on_where_it_stopped(path: str, fault: Fault) -> None:
    async with retell() as ground:
        desk, changed = desk_of(ground), wanted("en", prompt="New.")
        ground.faults.add(fault, path=path)
        (first,) = await desk.sync([changed])
        assert first.failed
        await desk.sync([changed])
        assert await desk.behind([changed]) == []
        assert live(ground, "ivy-en")[1]["general_prompt"] == "New."
        assert len(ground.retell.shelf.agents) == 2


async def test_when_retell_cannot_be_asked_nothing_is_made() -> None:
    async with retell(synced=False) as ground:
        for fault in (Answer(500), Answer(200, b"{}"), Answer(200, b'{"items":null}'), Answer(200, b"<html>")):
            ground.faults.add(fault, path="/v2/list-agents")
            with pytest.raises(VendorBusy):
                await desk_of(ground).sync(SCRIPTS)
        assert ground.retell.shelf.agents == {}


async def test_lists_are_read_to_their_end() -> None:
    async with retell() as ground:
        desk = desk_of(ground)
        for number in range(3):
            await desk.sync([wanted("en", prompt=f"Words {number}.")])
        pages = [
            {"items": [{"version": 0, "is_published": True}], "has_more": True, "pagination_key": "a"},
            {"items": [{"version": 3, "is_published": True}], "has_more": True, "pagination_key": "a"},
        ]
        for each in pages:
            ground.faults.add(Answer(200, json.dumps(each).encode()), path="/list-agent-versions")
        (line,) = await desk.sync([wanted("en", prompt="Words 2.")])
        assert line.version == 3


# --- the number ------------------------------------------------------------------------------------------


async def test_our_number_is_bound_so_that_callers_are_asked_about() -> None:
    async with retell() as ground:
        desk = desk_of(ground)
        (line, _other) = await desk.sync(SCRIPTS)
        assert await desk.number(NUMBER) == Number(NUMBER, "retell-twilio", (), "", ())
        await desk.bind(NUMBER, line.agent_id, f"{PUBLIC}/")
        assert await desk.number(NUMBER) == Number(
            NUMBER, "retell-twilio", (line.agent_id,), f"{PUBLIC}/api/retell/inbound", ()
        )
        with pytest.raises(VendorRefused):
            await desk.number("+15550199999")
