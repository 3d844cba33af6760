import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.emulators.retell_line import AGENT, BEN, LLM, NUMBER, Line, custom


@pytest.fixture
async def line(autojump_clock: MockClock, nursery: trio.Nursery) -> AsyncIterator[Line]:
    line = Line()
    nursery.start_soon(line.retell.run)
    async with line.http:
        await line.provision()
        yield line


async def get(line: Line, path: str, **query: Any) -> Any:
    return await line.post(path, method="GET", **query)


async def test_agents_are_found_by_name_and_names_are_not_unique(autojump_clock: MockClock, line: Line) -> None:
    await line.provision()
    await line.provision(agent={"agent_name": "other"})
    wanted = {"filter_criteria": {"query": "IVY-EN"}}
    page = await line.post("/v2/list-agents", wanted)
    assert [each["agent_name"] for each in page["items"]] == ["ivy-en", "ivy-en"]
    assert not page["has_more"]
    first = await line.post("/v2/list-agents", {}, limit=2)
    assert (len(first["items"]), first["has_more"]) == (2, True)
    rest = await line.post("/v2/list-agents", {}, limit=2, pagination_key=first["pagination_key"])
    assert [each["agent_name"] for each in rest["items"]] == ["other"]


async def test_a_published_version_is_never_changed(autojump_clock: MockClock, line: Line) -> None:
    path = f"/update-agent/{line.agent_id}"
    assert (await line.http.patch(path, json={"volume": 1})).status_code == 400
    assert (await line.http.patch(f"{path}?version=0", json={"volume": 1})).status_code == 400
    engine = (await get(line, f"/get-agent/{line.agent_id}"))["response_engine"]
    assert engine["version"] == 0
    model = f"/update-retell-llm/{engine['llm_id']}"
    assert (await line.http.patch(model, json={"general_prompt": "x"})).status_code == 400


async def test_a_new_version_is_a_draft_with_a_model_of_its_own(autojump_clock: MockClock, line: Line) -> None:
    draft = await line.post(f"/create-agent-version/{line.agent_id}", {"base_version": 0})
    assert (draft["version"], draft["is_published"], draft["base_version"]) == (1, False, 0)
    llm = draft["response_engine"]["llm_id"]
    assert draft["response_engine"]["version"] == 1
    await line.post(f"/update-retell-llm/{llm}", {"general_prompt": "new"}, method="PATCH", version=1)
    await line.post(f"/update-agent/{line.agent_id}", {"volume": 1.5}, method="PATCH")
    assert (await get(line, f"/get-retell-llm/{llm}", version=0))["general_prompt"] == LLM["general_prompt"]
    assert "volume" not in await get(line, f"/get-agent/{line.agent_id}", version=0)
    await line.post(f"/publish-agent-version/{line.agent_id}", {"version": 1})
    latest = await get(line, f"/get-agent/{line.agent_id}", version="latest_published")
    assert (latest["version"], latest["volume"], latest["is_published"]) == (1, 1.5, True)
    versions = (await get(line, f"/list-agent-versions/{line.agent_id}"))["items"]
    assert [(each["version"], each["is_published"]) for each in versions] == [(1, True), (0, True)]
    again = await line.http.post(f"/publish-agent-version/{line.agent_id}", json={"version": 1})
    assert again.status_code == 400


async def test_a_call_keeps_the_words_it_was_asked_with(autojump_clock: MockClock, line: Line) -> None:
    line.retell.manners.pinned_only = False
    await line.post(f"/create-agent-version/{line.agent_id}", {"base_version": 0})
    name = (await line.create(override_agent_version="latest")).json()["call_id"]
    await line.post(f"/update-agent/{line.agent_id}", {"language": "es-ES"}, method="PATCH")
    assert line.retell.calls[name].engine.agent["language"] == "en-US"


async def test_a_tag_names_a_version(autojump_clock: MockClock, line: Line) -> None:
    line.retell.shelf.agents[line.agent_id].tags["prod"] = 0
    await line.post(f"/create-agent-version/{line.agent_id}", {"base_version": 0})
    assert (await line.create(override_agent_version="prod")).json()["agent_version"] == 0


async def test_versions_agents_and_models_are_deleted(autojump_clock: MockClock, line: Line) -> None:
    path = f"/delete-agent-version/{line.agent_id}"
    assert (await line.http.delete(f"{path}?version=0")).status_code == 400
    await line.post(f"/create-agent-version/{line.agent_id}", {"base_version": 0})
    assert (await line.http.delete(f"{path}?version=1")).status_code == 204
    [llm] = (await get(line, "/v2/list-retell-llms"))["items"]
    assert (await line.http.delete(f"/delete-agent/{line.agent_id}")).status_code == 204
    assert (await line.http.delete(f"/delete-retell-llm/{llm['llm_id']}")).status_code == 204
    for gone in (f"/get-agent/{line.agent_id}", f"/get-retell-llm/{llm['llm_id']}", "/get-phone-number/+15550000000"):
        assert (await line.http.get(gone)).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"voice_id": None},
        {"response_engine": None},
        {"agent_nam": "x"},
        {"language": "english"},
        {"language": ["en-US", 3]},
        {"timezone": "Bogota"},
        {"webhook_url": "ivy.example.test"},
        {"webhook_events": ["call_inbound"]},
        {"max_call_duration_ms": 59_999},
        {"max_call_duration_ms": 7_200_001},
        {"max_call_duration_ms": 60_000.5},
        {"end_call_after_silence_ms": 9_999},
        {"ring_duration_ms": 300_001},
        {"interruption_sensitivity": 1.1},
        {"voice_speed": "1"},
        {"data_storage_setting": "nothing"},
        {"data_storage_retention_days": 0},
        {"enable_dnc_detection": "true"},
        {"voicemail_option": {"action": {"type": "leave"}}},
        {"voicemail_option": {"action": {"type": "static_text"}}},
        {"voicemail_option": {}},
        {"ivr_option": {"action": {"type": "static_text", "text": "x"}}},
        {"call_screening_option": {"agent_identity": 3}},
        {"contact_memory_config": {"enable_read": "no"}},
        {"post_call_analysis_data": [{"type": "text", "name": "a", "description": "b"}]},
        {"post_call_analysis_data": [{"type": "enum", "name": "a", "description": "b"}]},
        {"post_call_analysis_data": [{"type": "string", "name": "a"}]},
        {"post_call_analysis_data": [{"type": "system-presets", "name": "a"}]},
        {"response_engine": {"type": "custom-llm", "llm_websocket_url": "wss://x"}},
        {"response_engine": {"type": "retell-llm"}},
        {"response_engine": {"type": "retell-llm", "llm_id": "llm_x"}},
    ],
)
async def test_an_agent_that_retell_refuses_is_refused(
    autojump_clock: MockClock, line: Line, change: dict[str, Any]
) -> None:
    [llm] = (await get(line, "/v2/list-retell-llms"))["items"]
    engine = {"type": "retell-llm", "llm_id": llm["llm_id"]}
    body = {**AGENT, "response_engine": engine, **change}
    answer = await line.http.post("/create-agent", json={key: each for key, each in body.items() if each is not None})
    assert answer.status_code in (400, 422)
    assert len(line.retell.shelf.agents) == 1


ITEM: dict[str, Any] = {"type": "object", "properties": {}}
NESTED: dict[str, Any] = {"type": "object", "properties": {"list": {"type": "array", "items": ITEM}}}


@pytest.mark.parametrize("parameters", [None, {"type": "object", "properties": {}}, NESTED])
async def test_a_tool_may_have_any_plain_schema(autojump_clock: MockClock, line: Line, parameters: Any) -> None:
    tool = {**custom("x"), "parameters": parameters}
    assert (await line.http.post("/create-retell-llm", json={**LLM, "general_tools": [tool]})).status_code == 201


def schema(**change: Any) -> dict[str, Any]:
    return {**custom("x", "a"), "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, **change}}


@pytest.mark.parametrize(
    "change",
    [
        {"start_speaker": None},
        {"start_speaker": "ivy"},
        {"prompt": "x"},
        {"begin_message": 3},
        {"begin_after_user_silence_ms": -1},
        {"default_dynamic_variables": {"n": 3}},
        {"model": "gpt-3"},
        {"model_config": {"primary": {"model": "gpt-3"}}},
        {"model_config": {"type": "s2s"}},
        {"model_config": {"temperature": 2}},
        {"states": [{"name": "a"}]},
        {"general_tools": [custom("x" * 65)]},
        {"general_tools": [custom("plan workout")]},
        {"general_tools": [custom("x"), custom("x")]},
        {"general_tools": [{"type": "custom", "name": "x"}]},
        {"general_tools": [{"type": "webhook", "name": "x"}]},
        {"general_tools": [custom("x", url="/tools/x")]},
        {"general_tools": [custom("x", timeout_ms=999)]},
        {"general_tools": [custom("x", max_retry=6)]},
        {"general_tools": [custom("x", headers={"a": 1})]},
        {"general_tools": [custom("x", method="GET")]},
        {"general_tools": [custom("x", timeout=5)]},
        {"general_tools": [schema(type="array")]},
        {"general_tools": [schema(properties=None)]},
        {"general_tools": [schema(required=["b"])]},
        {"general_tools": [schema(properties={"a": {"anyOf": []}})]},
        {"general_tools": [schema(properties={"a": {"type": "date"}})]},
        {"general_tools": [schema(properties={"a": {"type": "array"}})]},
        {"general_tools": [schema(properties={"a": {"type": "object"}})]},
    ],
)
async def test_a_model_that_retell_refuses_is_refused(
    autojump_clock: MockClock, line: Line, change: dict[str, Any]
) -> None:
    body = {key: each for key, each in {**LLM, **change}.items() if each is not None}
    assert (await line.http.post("/create-retell-llm", json=body)).status_code in (400, 422)
    assert len(line.retell.shelf.llms) == 1


# --- numbers ------------------------------------------------------------------------------------------


async def test_a_number_is_imported_bound_and_let_go(autojump_clock: MockClock, line: Line) -> None:
    body = {"phone_number": BEN, "termination_uri": "ivy.pstn.twilio.com", "sip_trunk_auth_password": "secret"}
    made = await line.post("/import-phone-number", body)
    assert (made["phone_number_type"], "sip_trunk_auth_password" in made) == ("custom", False)
    assert (await line.http.post("/import-phone-number", json=body)).status_code == 400
    listed = (await get(line, "/v2/list-phone-numbers"))["items"]
    assert [each["phone_number"] for each in listed] == [NUMBER, BEN]
    bound = [{"agent_id": line.agent_id, "agent_version": "latest_published", "weight": 1}]
    await line.post(f"/update-phone-number/{NUMBER}", {"outbound_agents": bound}, method="PATCH")
    assert (await get(line, f"/get-phone-number/{NUMBER}"))["outbound_agents"] == bound
    assert (await line.create(override_agent_id=None, override_agent_version=None)).json()["agent_version"] == 0
    assert (await line.http.delete(f"/delete-phone-number/{BEN}")).status_code == 204
    assert (await line.http.get(f"/get-phone-number/{BEN}")).status_code == 422


async def test_calls_go_to_agents_by_weight(autojump_clock: MockClock, line: Line) -> None:
    one, other = line.agent_id, await line.provision()
    bound = [{"agent_id": name, "agent_version": 0, "weight": 0.5} for name in (one, other)]
    await line.post(f"/update-phone-number/{NUMBER}", {"outbound_agents": bound}, method="PATCH")
    asked = {"override_agent_id": None, "override_agent_version": None}
    assert {(await line.create(**asked)).json()["agent_id"] for _call in range(12)} == {one, other}


@pytest.mark.parametrize(
    "change",
    [
        {"inbound_agent_id": "agent_x"},
        {"inbound_webhook_url": "x"},
        {"inbound_agents": [{"agent_id": "agent_x", "weight": 1}]},
        {"inbound_agents": [{"agent_id": "ME", "weight": 0.5}]},
        {"inbound_agents": [{"agent_id": "ME"}]},
        {"outbound_agents": [{"agent_id": "ME", "agent_version": 7, "weight": 1}]},
    ],
)
async def test_a_binding_that_retell_refuses_is_refused(
    autojump_clock: MockClock, line: Line, change: dict[str, Any]
) -> None:
    body = json.loads(json.dumps(change).replace("ME", line.agent_id))
    assert (await line.http.patch(f"/update-phone-number/{NUMBER}", json=body)).status_code in (400, 422)
