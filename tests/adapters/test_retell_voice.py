"""What is Retell's own in its adapter: the request for a call, the agents it finds, the answers it does not trust."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import trio

from ivy.adapters.client import open_client
from ivy.adapters.retell.agents import Agents
from ivy.adapters.retell.directory import FRESH
from ivy.clock import VirtualClock
from ivy.emulators.faults import Answer, Fault, FaultyTransport, Script, gateway_page
from ivy.errors import ConfigError, OutcomeUnknown, VendorBusy, VendorMisconfigured, VendorRefused
from ivy.ports import Dial, Lines
from tests.adapters.retell_ground import KEY, NOW, NUMBER, SAID, SCRIPTS, RetellGround, api_of, retell, voice_of, wanted
from tests.adapters.voice_contract import ANA

pytestmark = pytest.mark.usefixtures("clock")
CREATE, AGENTS = "/v2/create-phone-call", "/v2/list-agents"


def a_call(our_id: str = "0193f2aa", **more: Any) -> Dial:
    usual: dict[str, Any] = {
        "user_id": "u7",
        "to": ANA,
        "language": "en",
        "variables": SAID,
        "longest_seconds": 300,
    }
    return Dial(our_id, **{**usual, **more})


class Heard:
    """A transport that keeps the requests, in front of another, and may answer in its place."""

    def __init__(self, ground: RetellGround) -> None:
        self.requests: list[httpx2.Request] = []
        self.faults = Script[Fault]()
        self._inner = FaultyTransport(ground.transport, self.faults)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return await self._inner.handle_async_request(request)

    async def __aenter__(self) -> "Heard":
        return self

    async def __aexit__(self, *_error: object) -> None: ...

    async def aclose(self) -> None: ...

    def asked(self, path: str) -> list[Any]:
        return [json.loads(each.content or b"null") for each in self.requests if each.url.path.startswith(path)]


# --- the request for a call --------------------------------------------------------------------------------


async def test_a_call_is_asked_for_with_a_pinned_agent_and_everything_that_would_hurt_set() -> None:
    async with retell() as ground:
        heard = Heard(ground)
        async with open_client(transport=heard) as http:  # type: ignore[arg-type]
            await voice_of(http, ground.clock).dial(a_call(voicemail="Hi, it's Ivy."))
        (line, _other) = await Agents(api_of(ground.http)).sync(SCRIPTS)
    assert heard.asked(CREATE) == [
        {
            "from_number": NUMBER,
            "to_number": ANA,
            "idempotency_key": "0193f2aa",
            "override_agent_id": line.agent_id,
            "override_agent_version": 0,
            "metadata": {"ivy_call_id": "0193f2aa", "ivy_user_id": "u7", "ivy_mailbox": "message"},
            "retell_llm_dynamic_variables": SAID,
            "agent_override": {
                "agent": {
                    "max_call_duration_ms": 300_000,
                    "voicemail_option": {"action": {"type": "static_text", "text": "Hi, it's Ivy."}},
                    "data_storage_setting": "everything_except_pii",
                }
            },
        }
    ]
    assert heard.requests[-1].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(("seconds", "asked"), [(30, 60_000), (60, 60_000), (7200, 7_200_000), (9999, 7_200_000)])
async def test_a_call_is_as_long_as_retell_allows(seconds: int, asked: int) -> None:
    async with retell() as ground:
        heard = Heard(ground)
        async with open_client(transport=heard) as http:  # type: ignore[arg-type]
            await voice_of(http, ground.clock).dial(a_call(longest_seconds=seconds))
    (body,) = heard.asked(CREATE)
    assert body["agent_override"]["agent"]["max_call_duration_ms"] == asked
    assert body["agent_override"]["agent"]["voicemail_option"] == {"action": {"type": "hangup"}}
    assert body["metadata"]["ivy_mailbox"] == "hang_up"


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": ""},
        {"number": "15550100200"},
        {"store": "some"},
        {"api_key": ""},
        {"api_key": "key with a space"},
        {"api_key": "kéy"},
    ],
)
async def test_a_configuration_that_cannot_work_is_told_at_once(wrong: dict[str, str]) -> None:
    async with open_client() as http:
        with pytest.raises(ConfigError) as caught:
            voice_of(http, VirtualClock(NOW), **wrong)
    assert not any(value and value in str(caught.value) for key, value in wrong.items() if key == "api_key")


async def test_without_a_key_for_webhooks_nothing_is_believed() -> None:
    async with retell() as ground:
        body = ground.another_event()
        headers = ground.sign(body, at=ground.now())
        ground.voice.verify(body, headers)
        with pytest.raises(Exception, match="wrong"):
            voice_of(ground.http, ground.clock, webhook_keys=("",)).verify(body, headers)


# --- what an answer means ----------------------------------------------------------------------------------

ERROR = b'{"status":"error","message":"by script"}'


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, ERROR, VendorRefused),
        (400, b'{"status":"error"}', VendorRefused),
        (400, b"", OutcomeUnknown),
        (401, b"", VendorMisconfigured),
        (402, b"", VendorMisconfigured),
        (403, ERROR, VendorMisconfigured),
        (404, ERROR, VendorRefused),
        (404, b"<html>", OutcomeUnknown),
        (408, ERROR, OutcomeUnknown),
        (409, ERROR, OutcomeUnknown),
        (422, ERROR, VendorRefused),
        (429, b"", VendorBusy),
        (429, ERROR, VendorBusy),
        (301, b"", VendorMisconfigured),
        (500, ERROR, OutcomeUnknown),
        (503, b"", OutcomeUnknown),
        (201, b"", OutcomeUnknown),
        (201, b"{}", OutcomeUnknown),
        (201, b'{"call_id":null}', OutcomeUnknown),
        (201, b'{"call_id":', OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
    ],
)
async def test_what_an_answer_to_a_call_means(status: int, body: bytes, kind: type[Exception]) -> None:
    async with retell() as ground:
        ground.break_off(Answer(status, body))
        with pytest.raises((VendorRefused, VendorBusy, VendorMisconfigured, OutcomeUnknown)) as caught:
            await ground.voice.dial(a_call())
        assert type(caught.value) is kind
        assert caught.value.vendor == "retell"
        if isinstance(caught.value, VendorRefused):
            assert caught.value.code == str(status)


async def test_a_call_that_nobody_answers_in_time_may_have_been_placed() -> None:
    async with retell() as ground:
        started = ground.now()

        async def slowly(_call: object) -> None:
            await trio.sleep(600)

        ground.retell.on_accept = slowly
        with pytest.raises(OutcomeUnknown, match="no answer in 20 s"):
            await ground.voice.dial(a_call())
        assert ground.now() - started == timedelta(seconds=20)


# --- which agent speaks ------------------------------------------------------------------------------------


async def test_agents_are_looked_up_once_and_again_after_a_while() -> None:
    async with retell() as ground:
        heard = Heard(ground)
        async with open_client(transport=heard) as http, trio.open_nursery() as nursery:  # type: ignore[arg-type]
            voice = voice_of(http, ground.clock)
            for number in range(5):
                nursery.start_soon(voice.dial, a_call(f"0193f2-{number}"))
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.deadline = trio.current_time() + 30
            await trio.sleep(20)
            assert len(heard.asked(CREATE)) == 5
            assert len(heard.asked(AGENTS)) == 1
            await Agents(api_of(ground.http)).sync([wanted("en", prompt="Another.")])
            await voice.dial(a_call("0193f2-5"))
            assert heard.asked(CREATE)[-1]["override_agent_version"] == 0
            nursery.cancel_scope.deadline = trio.current_time() + 10_000
            await trio.sleep(FRESH.total_seconds())
            await voice.dial(a_call("0193f2-6"))
            assert heard.asked(CREATE)[-1]["override_agent_version"] == 1
            await trio.sleep(FRESH.total_seconds())
            heard.faults.add(Answer(500), path=AGENTS)
            await voice.dial(a_call("0193f2-7"))
            assert heard.asked(CREATE)[-1]["override_agent_version"] == 1


async def test_without_an_agent_no_call_is_placed_and_the_mend_is_named() -> None:
    async with retell(synced=False) as ground:
        with pytest.raises(VendorMisconfigured, match="there is no agent ivy-en: `ivy voice agents sync`"):
            await ground.voice.dial(a_call())
        api = api_of(ground.http)
        llm = await api.post("/create-retell-llm", {"start_speaker": "user"})
        engine = {"type": "retell-llm", "llm_id": llm["llm_id"]}
        body = {"agent_name": "ivy-en", "voice_id": "11labs-Adrian", "response_engine": engine}
        await api.post("/create-agent", body)
        with pytest.raises(VendorMisconfigured, match="ivy-en was never published"):
            await ground.voice.dial(a_call())
        await api.post("/create-agent", body)
        with pytest.raises(VendorMisconfigured, match="2 agents are called ivy-en"):
            await ground.voice.dial(a_call())
        assert ground.placed() == 0


async def test_agents_that_cannot_be_looked_up_cost_no_call() -> None:
    async with retell() as ground:
        cases: tuple[tuple[Fault, type[Exception]], ...] = (
            (Answer(500, ERROR), VendorBusy),
            (gateway_page(200, done=False), VendorBusy),
            (Answer(200, b"{}"), VendorBusy),
            (Answer(400, ERROR), VendorMisconfigured),
        )
        for fault, kind in cases:
            voice = voice_of(ground.http, ground.clock)
            ground.faults.add(fault, path=AGENTS)
            with pytest.raises((VendorBusy, VendorMisconfigured)) as caught:
                await voice.dial(a_call())
            assert type(caught.value) is kind
            await voice.dial(a_call())


async def test_an_agent_that_is_gone_is_looked_up_again() -> None:
    async with retell() as ground:
        await ground.voice.dial(a_call())
        ground.retell.shelf.agents.clear()
        with pytest.raises(VendorRefused):
            await ground.voice.dial(a_call("0193f2bb"))
        await Agents(api_of(ground.http)).sync(SCRIPTS)
        await ground.voice.dial(a_call("0193f2cc"))


async def test_before_agents_are_known_a_caller_gets_the_one_that_the_number_is_bound_to() -> None:
    async with retell() as ground:
        voice = voice_of(ground.http, ground.clock)
        cold = json.loads(voice.take("0193f2aa", "u7", "es", SAID))["call_inbound"]
        assert "override_agent_id" not in cold
        assert cold["metadata"] == {"ivy_call_id": "0193f2aa", "ivy_user_id": "u7"}
        ground.faults.add(Answer(500), path=AGENTS)
        await voice.warm()
        await voice.warm()
        warm = json.loads(voice.take("0193f2aa", "u7", "es", SAID))["call_inbound"]
        assert warm["override_agent_version"] == 0
        assert "override_agent_id" not in json.loads(voice.take("0193f2aa", "u7", "fr", SAID))["call_inbound"]


# --- answers that are not trusted ----------------------------------------------------------------------------


def answering(path: str, body: Any, status: int = 200) -> Callable[[RetellGround], None]:
    return lambda ground: ground.faults.add(Answer(status, json.dumps(body).encode()), path=path)


@pytest.mark.parametrize(
    "prepare",
    [
        answering("/v3/list-calls", {}),
        answering("/v3/list-calls", {"items": "none"}),
        answering("/v3/list-calls", {"items": [{"call_id": "call_9", "metadata": {"ivy_call_id": "another"}}]}),
        answering("/v3/list-calls", {"items": [{"call_id": "call_9"}]}),
        answering("/v3/list-calls", {"message": "No."}, 500),
    ],
)
async def test_a_list_that_was_not_searched_never_says_that_a_call_is_not_there(
    prepare: Callable[[RetellGround], None],
) -> None:
    async with retell() as ground:
        await ground.voice.dial(a_call())
        prepare(ground)
        with pytest.raises(VendorBusy):
            await ground.voice.look_up("0193f2aa")


async def test_of_two_calls_with_one_id_the_one_that_connected_first_counts() -> None:
    async with retell() as ground:
        listed = [
            {"call_id": f"call_{number}", "metadata": {"ivy_call_id": "0193f2aa"}}
            | ({"start_timestamp": at} if at else {})
            for number, at in enumerate((0, 200, 100))
        ]
        answering("/v3/list-calls", {"items": listed})(ground)
        found = await ground.voice.look_up("0193f2aa")
        assert found is not None and found.provider_call_id == "call_2"


async def test_a_number_of_lines_that_is_not_told_is_not_none() -> None:
    async with retell() as ground:
        answering("/get-concurrency", {"current_concurrency": 3})(ground)
        with pytest.raises(VendorBusy):
            await ground.voice.lines()
        answering("/get-concurrency", {"current_concurrency": 3, "concurrency_limit": 20, "new": None})(ground)
        assert await ground.voice.lines() == Lines(3, 20)


async def test_a_call_that_goes_on_and_cannot_be_ended_is_told() -> None:
    async with retell() as ground:
        provider_call_id = await ground.voice.dial(a_call())
        ground.retell.refuse(400, "not now", path="/v2/stop-call")
        with pytest.raises(VendorRefused, match="not now"):
            await ground.voice.hang_up(provider_call_id)


@pytest.mark.parametrize("name", ["a/b", "../get-concurrency", "a?b=c", "a#b", "ñ"])
async def test_an_id_cannot_lead_elsewhere(name: str) -> None:
    async with retell() as ground:
        heard = Heard(ground)
        heard.faults.add(Answer(422, ERROR))
        async with open_client(transport=heard) as http:  # type: ignore[arg-type]
            assert await voice_of(http, ground.clock).get(name) is None
    path = heard.requests[0].url.raw_path.decode()
    assert path.startswith("/v2/get-call/") and path.count("/") == 3 and "?" not in path
