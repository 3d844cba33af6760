from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import trio
import trio.lowlevel
from trio.testing import MockClock

from ivy.emulators.retell_calls import Call
from ivy.emulators.retell_people import Busy, HangsUp, NoAnswer, Silent, scripted
from tests.emulators.retell_line import ANA, BEN, INBOUND, NUMBER, START, VARIABLES, WEBHOOK, Line, custom, said


@pytest.fixture
async def line(autojump_clock: MockClock, nursery: trio.Nursery) -> AsyncIterator[Line]:
    line = Line()
    nursery.start_soon(line.retell.run)
    line.retell.person_answers(ANA, scripted("good"))
    async with line.http:
        await line.provision()
        yield line


# --- placing a call -----------------------------------------------------------------------------------


async def test_an_accepted_call_has_rung_nobody_yet(autojump_clock: MockClock, line: Line) -> None:
    answer = await line.create()
    assert answer.status_code == 201
    told = answer.json()
    assert (told["call_status"], told["direction"], told["call_type"]) == ("registered", "outbound", "phone_call")
    assert (told["from_number"], told["to_number"]) == (NUMBER, ANA)
    assert (told["agent_id"], told["agent_version"]) == (line.agent_id, 0)
    assert told["metadata"] == {"ivy_call_id": "c1", "ivy_user_id": "u1"}
    assert not {"start_timestamp", "disconnection_reason", "call_cost", "call_analysis"} & told.keys()
    assert line.heard == []


async def test_a_call_that_was_never_given_metadata_has_none(autojump_clock: MockClock, line: Line) -> None:
    told = (await line.create(metadata=None, retell_llm_dynamic_variables=None)).json()
    assert not {"metadata", "retell_llm_dynamic_variables"} & told.keys()


async def test_a_call_is_shown_as_it_goes_on(autojump_clock: MockClock, line: Line) -> None:
    name = (await line.create()).json()["call_id"]
    seen: list[str] = []
    for _look in range(8):
        await trio.sleep(4)
        told = await line.post(f"/v2/get-call/{name}", method="GET")
        seen += [told["call_status"]] if told["call_status"] not in seen else []
        assert ("call_analysis" in told) == ("call_analyzed" in line.events())
    assert seen == ["ongoing", "ended"]


async def test_a_call_that_is_over_tells_what_it_cost(autojump_clock: MockClock, line: Line) -> None:
    call = await line.call(to_number=ANA)
    told = await line.post(f"/v2/get-call/{call.call_id}", method="GET")
    assert told["duration_ms"] == told["end_timestamp"] - told["start_timestamp"] == round(call.seconds * 1000)
    cost = told["call_cost"]
    assert cost["combined_cost"] == pytest.approx(sum(each["cost"] for each in cost["product_costs"]), abs=0.001)
    assert cost["combined_cost"] == pytest.approx(20 / 60 * cost["total_duration_seconds"], abs=0.001)
    assert told["latency"]["e2e"]["num"] == len(told["latency"]["e2e"]["values"])
    assert 600 <= told["latency"]["e2e"]["p50"] <= 1400
    assert told["call_analysis"]["call_successful"] is True
    assert told["call_analysis"]["custom_analysis_data"] == {}


async def test_the_analysis_finds_what_functions_were_called_with(autojump_clock: MockClock, line: Line) -> None:
    wanted = [
        {"type": "string", "name": "kind", "description": "Which."},
        {"type": "number", "name": "duration", "description": "Minutes."},
        {"type": "boolean", "name": "log_workout", "description": "Whether they did it."},
        {"type": "string", "name": "barrier", "description": "What is in the way.", "required": True},
        {"type": "enum", "name": "mood", "description": "How.", "choices": ["good", "bad"]},
    ]
    await line.provision(agent={"post_call_analysis_data": wanted})
    line.retell.person_answers(ANA, scripted("log a swim of 30 minutes"))
    call = await line.call()
    assert call.analysis is not None
    assert call.analysis["custom_analysis_data"] == {"kind": "swim", "duration": 30.0, "log_workout": True}
    assert call.analysis["call_successful"] is False  # the barrier is required
    line.retell.manners.finds = lambda call: {"barrier": f"rain {len(call.turns)}"}
    again = await line.call()
    assert again.analysis is not None
    assert again.analysis["custom_analysis_data"]["barrier"] == f"rain {len(again.turns)}"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"to_number": None}, 400),
        ({"to_number": "3001112233"}, 400),
        ({"to_number": "+0300"}, 400),
        ({"to_number": NUMBER}, 400),
        ({"from_number": "+15005550007"}, 422),
        ({"override_agent_id": "agent_x"}, 422),
        ({"override_agent_id": None}, 400),
        ({"override_agent_version": None}, 400),
        ({"override_agent_version": 1}, 422),
        ({"override_agent_version": "prod"}, 422),
        ({"override_agent_version": 1.5}, 400),
        ({"retell_llm_dynamic_variables": {"ivy_n": 3}}, 400),
        ({"retell_llm_dynamic_variables": {"ivy_n": True}}, 400),
        ({"retell_llm_dynamic_variables": {"ivy_n": None}}, 400),
        ({"metadata": "text"}, 400),
        ({"metadata": {"x": "x" * 50_000}}, 400),
        ({"idempotency_key": 7}, 400),
        ({"honor_internal_dnc": "yes"}, 400),
        ({"idempotencyKey": "x"}, 400),
        ({"agent_override": {"agent": {"ring_duration_ms": 1}}}, 400),
        ({"agent_override": {"agent": {"agent_name": "x"}}}, 400),
        ({"agent_override": {"retell_llm": {"general_prompt": "x"}}}, 400),
        ({"agent_override": {"retell_llm": {"general_tools": []}}}, 400),
        ({"agent_override": {"llm": {}}}, 400),
    ],
)
async def test_what_retell_refuses_is_refused(
    autojump_clock: MockClock, line: Line, change: dict[str, Any], status: int
) -> None:
    answer = await line.create(**change)
    assert answer.status_code == status
    assert answer.json()["status"] == "error"
    assert answer.json()["message"]
    assert line.retell.calls == {}


async def test_what_is_no_json_is_refused(autojump_clock: MockClock, line: Line) -> None:
    for content in (b"{", b"[]", b"\xff"):
        assert (await line.http.post("/v2/create-phone-call", content=content)).status_code == 400


async def test_the_key_is_looked_at_first(autojump_clock: MockClock, line: Line) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer x"}):
        answer = await line.http.post("/v2/create-phone-call", json={}, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (401, "error")


async def test_without_money_no_call_is_placed(autojump_clock: MockClock, line: Line) -> None:
    line.retell.manners.unpaid = True
    assert (await line.create()).status_code == 402
    assert (await line.http.get("/get-concurrency")).status_code == 200


async def test_an_unpinned_call_runs_the_draft_where_that_is_let_through(autojump_clock: MockClock, line: Line) -> None:
    line.retell.manners.pinned_only = False
    await line.post(f"/create-agent-version/{line.agent_id}", {"base_version": 0})
    assert (await line.create(override_agent_version=None)).json()["agent_version"] == 1
    assert (await line.create(override_agent_version="latest_published")).json()["agent_version"] == 0


async def test_scripted_refusals_come_in_order_and_can_wait_for_a_path(autojump_clock: MockClock, line: Line) -> None:
    line.retell.refuse(503, path="get-call")
    line.retell.refuse(429, retry_after=3, times=2)
    answers = [await line.create() for _try in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert answers[0].headers["Retry-After"] == "3"
    path = f"/v2/get-call/{answers[2].json()['call_id']}"
    assert [(await line.http.get(path)).status_code for _try in range(2)] == [503, 200]


async def test_too_many_requests_are_refused_for_a_while(autojump_clock: MockClock, line: Line) -> None:
    statuses = [(await line.http.post("/v3/list-calls", json={})).status_code for _try in range(31)]
    assert statuses == [200] * 30 + [429]
    await trio.sleep(10)
    assert (await line.http.post("/v3/list-calls", json={})).status_code == 200
    bad = [(await line.create(to_number="1")).status_code for _try in range(61)]
    assert bad == [400] * 60 + [429]
    line.retell.manners.rate_limits = False
    assert (await line.create(to_number="1")).status_code == 400


# --- one key, one call --------------------------------------------------------------------------------


async def test_a_key_makes_one_call_for_an_hour(autojump_clock: MockClock, line: Line) -> None:
    first = (await line.create(idempotency_key="c1")).json()["call_id"]
    await line.retell.settled()
    assert (await line.create(idempotency_key="c1")).json()["call_id"] == first
    assert (await line.create(idempotency_key="c1", to_number=BEN)).status_code == 400
    assert (await line.create(idempotency_key="c2")).json()["call_id"] != first
    await trio.sleep(3600)
    assert (await line.create(idempotency_key="c1")).json()["call_id"] != first
    assert len(line.retell.placed) == 3


async def test_a_call_is_made_even_if_its_answer_never_arrives(autojump_clock: MockClock, line: Line) -> None:
    reached: list[Call] = []

    async def crash(call: Call) -> None:
        await trio.lowlevel.checkpoint()
        reached.append(call)
        raise RuntimeError("the process died")

    line.retell.on_accept = crash
    line.retell.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert (await line.create(idempotency_key="c1")).status_code == 500
    line.retell.on_accept = None
    assert (await line.create(idempotency_key="c1")).json()["call_id"] == reached[0].call_id
    assert len(line.retell.placed) == 1


# --- finding calls ------------------------------------------------------------------------------------


async def test_calls_are_found_by_their_metadata(autojump_clock: MockClock, line: Line) -> None:
    for number in range(3):
        await line.call(metadata={"ivy_call_id": f"c{number}"})
    wanted = {"metadata": [{"key": "ivy_call_id", "type": "string", "op": "eq", "value": "c1"}]}
    page = await line.post("/v3/list-calls", {"filter_criteria": wanted, "include_total": True})
    [found] = page["items"]
    assert (found["metadata"], page["has_more"], page["total"]) == ({"ivy_call_id": "c1"}, False, 1)
    assert not {"transcript", "transcript_object", "transcript_with_tool_calls"} & found.keys()
    assert found["disconnection_reason"] == "user_hangup"


async def test_calls_are_listed_page_by_page(autojump_clock: MockClock, line: Line) -> None:
    calls = [(await line.call()).call_id for _call in range(3)]
    body: dict[str, Any] = {"limit": 2, "sort_order": "ascending"}
    first = await line.post("/v3/list-calls", body)
    assert first["has_more"]
    second = await line.post("/v3/list-calls", {**body, "pagination_key": first["pagination_key"]})
    assert [each["call_id"] for each in (*first["items"], *second["items"])] == calls
    assert not second["has_more"]
    newest = await line.post("/v3/list-calls", {"limit": 1})
    assert newest["items"][0]["call_id"] == calls[-1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"call_status": {"type": "enum", "op": "in", "value": ["not_connected"]}}, 1),
        ({"call_status": {"type": "enum", "op": "in", "value": ["ended", "not_connected"]}}, 2),
        ({"disconnection_reason": {"type": "enum", "op": "in", "value": ["dial_busy"]}}, 1),
        ({"start_timestamp": {"type": "range", "op": "bt", "value": [0, 4_000_000_000_000]}}, 1),  # one never started
        ({"duration_ms": {"type": "number", "op": "gt", "value": 1000}}, 1),
        ({"to_number": {"type": "string", "op": "sw", "value": "+57"}}, 1),
        ({"to_number": {"type": "string", "op": "ne", "value": ANA}}, 1),
        ({"call_type": {"type": "enum", "op": "in", "value": ["web_call"]}}, 0),
        ({"metadata": [{"key": "ivy_call_id", "type": "present", "op": "pr"}]}, 2),
        ({"metadata": [{"key": "ivy_call_id", "type": "present", "op": "np"}]}, 0),
        ({"metadata": [{"key": "ivy_call_id", "type": "string", "op": "co", "value": "c"}]}, 2),
        ({"metadata": [{"key": "ivy_call_id", "type": "number", "op": "eq", "value": 1}]}, 0),
        ({"dynamic_variables": [{"key": "ivy_name", "type": "enum", "op": "in", "value": ["Ana", "Ben"]}]}, 2),
        ({"agent": [{"agent_id": "agent_x"}]}, 0),
    ],
)
async def test_filters(autojump_clock: MockClock, line: Line, filters: dict[str, Any], found: int) -> None:
    line.retell.person_answers(BEN, Busy())
    await line.call()
    await line.call(to_number=BEN)
    assert len((await line.post("/v3/list-calls", {"filter_criteria": filters}))["items"]) == found


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": "50"},
        {"sort_order": "newest"},
        {"pagination_key": "x"},
        {"filter": {}},
        {"filter_criteria": {"metadata.ivy_call_id": ["c1"]}},
        {"filter_criteria": {"metadata": {"key": "ivy_call_id"}}},
        {"filter_criteria": {"metadata": [{"type": "string", "op": "eq", "value": "c1"}]}},
        {"filter_criteria": {"metadata": [{"key": "a", "type": "string", "op": "bt", "value": "c1"}]}},
        {"filter_criteria": {"metadata": [{"key": "a", "type": "boolean", "op": "eq", "value": "c1"}]}},
        {"filter_criteria": {"start_timestamp": {"lower_threshold": 1}}},
        {"filter_criteria": {"start_timestamp": {"type": "range", "op": "bt", "value": [1]}}},
        {"filter_criteria": {"call_status": {"type": "enum", "op": "in", "value": ["registered"]}}},
        {"filter_criteria": {"agent": [{"agent_version": 1}]}},
    ],
)
async def test_a_search_that_retell_does_not_know_is_refused(
    autojump_clock: MockClock, line: Line, body: dict[str, Any]
) -> None:
    assert (await line.http.post("/v3/list-calls", json=body)).status_code == 400


# --- changing calls -----------------------------------------------------------------------------------


async def test_a_call_is_stopped_while_it_rings_or_goes_on(autojump_clock: MockClock, line: Line) -> None:
    for wait, status in ((1, "not_connected"), (6, "ended")):
        name = (await line.create()).json()["call_id"]
        await trio.sleep(wait)
        assert (await line.http.post(f"/v2/stop-call/{name}")).status_code == 204
        await line.retell.settled()
        call = line.retell.calls[name]
        assert (call.reason, call.status) == ("manual_stopped", status)
        assert (await line.http.post(f"/v2/stop-call/{name}")).status_code == 400
    assert (await line.http.post("/v2/stop-call/call_x")).status_code == 422


async def test_a_call_is_kept_less_and_never_more(autojump_clock: MockClock, line: Line) -> None:
    call = await line.call()
    path = f"/v2/update-call/{call.call_id}"
    changed = await line.post(
        path, {"data_storage_setting": "basic_attributes_only", "metadata": {"a": 1}}, method="PATCH"
    )
    assert changed["metadata"] == {"a": 1}
    assert not {"transcript", "transcript_object", "recording_url"} & changed.keys()
    for body in ({"data_storage_setting": "everything"}, {"metadata": {"x": "x" * 50_001}}, {"call_status": "ended"}):
        assert (await line.http.patch(path, json=body)).status_code == 400


async def test_a_call_is_deleted_when_it_is_over(autojump_clock: MockClock, line: Line) -> None:
    name = (await line.create()).json()["call_id"]
    path = f"/v2/delete-call/{name}"
    assert (await line.http.delete(path)).status_code == 400
    await line.retell.settled()
    assert (await line.http.delete(path)).status_code == 204
    for unknown in (422, 404):
        line.retell.shelf.unknown = unknown
        assert (await line.http.get(f"/v2/get-call/{name}")).status_code == unknown


# --- lines --------------------------------------------------------------------------------------------


async def test_over_the_limit_a_call_ends_at_once(autojump_clock: MockClock, line: Line) -> None:
    line.retell.limit = 2
    names = [(await line.create()).json()["call_id"] for _call in range(3)]
    lines = await line.post("/get-concurrency", method="GET")
    assert (lines["current_concurrency"], lines["concurrency_limit"]) == (2, 2)
    await line.retell.settled()
    calls = [line.retell.calls[name] for name in names]
    assert [call.reason for call in calls] == ["user_hangup", "user_hangup", "concurrency_limit_reached"]
    assert (calls[2].status, calls[2].ended_at) == ("error", START)
    assert (await line.post("/get-concurrency", method="GET"))["current_concurrency"] == 0
    assert line.retell.most_active == 2
    assert (await line.call()).reason == "user_hangup"


async def test_a_carrier_turns_away_what_comes_too_fast(autojump_clock: MockClock, line: Line) -> None:
    line.retell.manners.dials_a_second = 2
    names = [(await line.create()).json()["call_id"] for _call in range(3)]
    await trio.sleep(1)
    names.append((await line.create()).json()["call_id"])
    await line.retell.settled()
    reasons = [line.retell.calls[name].reason for name in names]
    assert sorted(reasons[:3]) == ["telephony_provider_unavailable", "user_hangup", "user_hangup"]
    assert reasons[3] == "user_hangup"


async def test_a_number_reaches_some_countries_only(autojump_clock: MockClock, line: Line) -> None:
    line.retell.manners.reaches = ("+1", "+44")
    call = await line.call()
    assert (call.reason, call.status) == ("invalid_destination", "not_connected")


async def test_the_key_says_whose_it_is(autojump_clock: MockClock, line: Line) -> None:
    assert (await line.post("/get-api-key-info", method="GET"))["org_id"]


# --- calls from people --------------------------------------------------------------------------------


async def bind(line: Line, *, url: str | None = INBOUND, agent: bool = True) -> None:
    bound = [{"agent_id": line.agent_id, "agent_version": 0, "weight": 1}] if agent else None
    body = {"inbound_agents": bound, "inbound_webhook_url": url}
    await line.post(f"/update-phone-number/{NUMBER}", body, method="PATCH")


async def test_a_caller_is_asked_about_and_spoken_with(autojump_clock: MockClock, line: Line) -> None:
    await bind(line)
    line.inbound = (200, {"call_inbound": {"dynamic_variables": VARIABLES, "metadata": {"ivy_call_id": "in1"}}})
    call = await line.retell.person_calls(ANA, scripted("log a run of 45 minutes"))
    assert call is not None
    await line.retell.settled()
    [rung] = line.rung
    assert rung["event"] == "call_inbound"
    assert rung["call_inbound"] == {
        "call_id": call.call_id,
        "agent_id": line.agent_id,
        "agent_version": 0,
        "from_number": ANA,
        "to_number": NUMBER,
    }
    assert (call.direction, call.from_number, call.to_number) == ("inbound", ANA, NUMBER)
    assert said(call)[0] == VARIABLES["ivy_opener"]
    assert line.asked[0]["call"]["metadata"] == {"ivy_call_id": "in1"}
    assert line.events() == ["call_started", "call_ended", "call_analyzed"]
    assert line.heard[0]["call"]["direction"] == "inbound"


async def test_when_ivy_does_not_answer_the_bound_agent_speaks_without_variables(
    autojump_clock: MockClock, line: Line
) -> None:
    await bind(line)
    line.inbound = (500, {})
    call = await line.retell.person_calls("anonymous", HangsUp())
    assert call is not None
    assert (len(line.rung), call.given, said(call)) == (4, None, ["{{ivy_opener}}"])


async def test_a_caller_may_be_turned_away(autojump_clock: MockClock, line: Line) -> None:
    await bind(line)
    line.inbound = (200, {"call_inbound": {"reject": True}})
    assert await line.retell.person_calls(ANA, Silent()) is None
    await bind(line, agent=False)
    line.inbound = (200, {})
    assert await line.retell.person_calls(ANA, Silent()) is None
    line.inbound = (200, {"call_inbound": {"override_agent_id": line.agent_id, "override_agent_version": 0}})
    assert await line.retell.person_calls(ANA, HangsUp()) is not None
    assert len(line.retell.calls) == 1


async def test_a_caller_waits_for_a_line(autojump_clock: MockClock, line: Line) -> None:
    await bind(line, url=None)
    line.retell.limit = 1
    line.retell.person_answers(ANA, NoAnswer())
    await line.create()
    call = await line.retell.person_calls(BEN, HangsUp())
    assert call is not None
    assert call.started_at == START + timedelta(seconds=30)
    line.retell.person_answers(ANA, Silent())
    await line.create()
    assert await line.retell.person_calls(BEN, HangsUp()) is None


# --- what else is told --------------------------------------------------------------------------------


async def test_what_is_not_stored_is_still_told(autojump_clock: MockClock, line: Line) -> None:
    override = {"agent": {"data_storage_setting": "basic_attributes_only"}}
    call = await line.call(agent_override=override)
    assert line.heard[-1]["call"]["transcript"] == call.transcript != ""
    assert "transcript" not in await line.post(f"/v2/get-call/{call.call_id}", method="GET")


async def test_a_call_before_anything_runs_waits(autojump_clock: MockClock) -> None:
    line = Line()
    line.retell.person_answers(ANA, scripted("good"))
    async with line.http, trio.open_nursery() as nursery:
        await line.provision()
        await line.create()
        await trio.sleep(60)
        assert line.heard == []
        nursery.start_soon(line.retell.run)
        await line.retell.settled()
        assert line.events() == ["call_started", "call_ended", "call_analyzed"]
        nursery.cancel_scope.cancel()


async def test_everything_can_go_faster_than_people_do(autojump_clock: MockClock, line: Line) -> None:
    usual = await line.call()
    line.retell.manners.pace = 100
    fast = await line.call()
    assert said(fast) == said(usual)
    assert fast.seconds == pytest.approx(usual.seconds / 100, rel=0.2)
    line.retell.person_answers(ANA, Silent())
    assert (await line.call()).seconds == pytest.approx(0.46, abs=0.05)


async def test_each_turn_is_told_to_who_asks_for_it(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(agent={"webhook_events": ["transcript_updated", "call_ended"]})
    call = await line.call()
    assert line.events() == ["transcript_updated"] * len(call.turns) + ["call_ended"]
    assert set(line.urls) == {WEBHOOK}


async def test_functions_know_nothing_of_whose_they_are_when_args_are_at_the_root(
    autojump_clock: MockClock, line: Line
) -> None:
    await line.provision(llm={"general_tools": [custom("log_workout", "kind", "duration", args_at_root=True)]})
    line.retell.person_answers(ANA, scripted("log a run of 45 minutes"))
    await line.call()
    assert line.asked == [{"kind": "run", "duration": "45 minutes"}]
