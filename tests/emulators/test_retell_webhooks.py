from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from ivy.emulators.faults import Delay, Drop, Duplicate, Swap, WebhookFault
from ivy.emulators.retell_people import Talker, scripted
from ivy.emulators.retell_webhooks import signature
from tests.conftest import run_jumping
from tests.emulators.retell_line import ANA, ORIGIN, START, WEBHOOK, Line

SIGNED = "v=1795305600123,d=187c3814a176604a4172b9fcdb61b10124bf39c5a796238af04e47d4cdd484b7"
USUAL = ["call_started", "call_ended", "call_analyzed"]


@pytest.fixture
async def line(autojump_clock: MockClock, nursery: trio.Nursery) -> AsyncIterator[Line]:
    line = Line()
    nursery.start_soon(line.retell.run)
    line.retell.person_answers(ANA, scripted("good"))
    async with line.http:
        await line.provision()
        yield line


def test_the_signature_is_retells() -> None:
    # Made with retell-sdk 6.2.13: make_secure_webhooks(...)["sign"](body, key, timestamp).
    at = datetime(2026, 11, 22, 0, 0, tzinfo=UTC) + timedelta(milliseconds=123)
    body = '{"event":"call_ended","said":"más"}'.encode()
    assert signature("key_0123", body, at) == SIGNED


async def test_a_call_is_told_in_order_with_what_is_known_then(autojump_clock: MockClock, line: Line) -> None:
    call = await line.call()
    assert line.events() == USUAL
    started, ended, analysed = (told["call"] for told in line.heard)
    assert (started["call_status"], started["transcript"]) == ("ongoing", "")
    assert "end_timestamp" not in started
    assert ended["transcript"] == call.transcript
    assert ended["disconnection_reason"] == "user_hangup"
    assert "call_analysis" not in ended
    assert analysed == {**ended, "call_analysis": call.analysis}
    gap = (line.heard[2]["event_timestamp"] - line.heard[1]["event_timestamp"]) / 1000
    assert 2 <= gap <= 8
    assert line.heard[1]["event_timestamp"] == ended["end_timestamp"]
    assert set(line.urls) == {WEBHOOK}


async def test_an_agent_without_a_webhook_tells_the_account(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(agent={"webhook_url": None})
    await line.call()
    assert set(line.urls) == {f"{ORIGIN}/account"}


async def test_a_webhook_is_tried_four_times_and_is_then_lost(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted("well " * 50))  # it lasts longer than the tries
    line.statuses = [500, 0, 302]
    await line.call()
    assert line.events() == ["call_started"] * 4 + USUAL[1:]
    assert line.retell.outgoing.lost == []
    line.heard.clear()
    line.statuses = [500] * 4
    await line.call()
    assert line.events() == ["call_started"] * 4 + USUAL[1:]
    assert [(lost.event, lost.answers) for lost in line.retell.outgoing.lost] == [("call_started", [500] * 4)]


async def test_a_webhook_that_is_not_answered_in_time_comes_again(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(agent={"webhook_timeout_ms": 3000})
    line.slow = [60.0]
    await line.call()
    assert line.events() == USUAL  # the first was never taken down
    assert len(line.urls) == 4


async def test_a_webhook_that_is_late_holds_up_no_other(autojump_clock: MockClock, line: Line) -> None:
    line.statuses = [500, 500]
    line.retell.manners.analysis_seconds = (0.5, 0.5)
    line.retell.outgoing.faults.add(Delay(15), path="call_started")
    await line.call()
    assert line.events() == ["call_ended", "call_analyzed", "call_ended", "call_analyzed", "call_started"]


@pytest.mark.parametrize(
    ("fault", "event", "told"),
    [
        (Drop(), "call_ended", ["call_started", "call_analyzed"]),
        (Drop(), "call_analyzed", ["call_started", "call_ended"]),
        (Duplicate(3), "call_ended", ["call_started", "call_ended", "call_ended", "call_ended", "call_analyzed"]),
        (Delay(60), "call_started", ["call_ended", "call_analyzed", "call_started"]),
        (Delay(60), "call_ended", ["call_started", "call_analyzed", "call_ended"]),
        (Swap(), "call_started", ["call_ended", "call_started", "call_analyzed"]),
        (Swap(), "call_ended", ["call_started", "call_analyzed", "call_ended"]),
    ],
)
async def test_webhooks_are_lost_doubled_late_and_swapped(
    autojump_clock: MockClock, line: Line, fault: WebhookFault, event: str, told: list[str]
) -> None:
    line.retell.outgoing.faults.add(fault, path=event)
    await line.call()
    assert line.events() == told


async def test_a_swapped_webhook_does_not_wait_for_ever(autojump_clock: MockClock, line: Line) -> None:
    line.retell.outgoing.faults.add(Swap(), path="call_analyzed")
    await line.call()
    assert line.events() == USUAL


async def test_a_fault_can_be_meant_for_one_call(autojump_clock: MockClock, line: Line) -> None:
    first = (await line.create()).json()["call_id"]
    second = (await line.create()).json()["call_id"]
    line.retell.outgoing.faults.add(Drop(), path=f"call_ended {second}")
    await line.retell.settled()
    ended = [told["call"]["call_id"] for told in line.heard if told["event"] == "call_ended"]
    assert ended == [first]


async def test_an_analysis_may_never_be_made(autojump_clock: MockClock, line: Line) -> None:
    line.retell.manners.analyses = False
    call = await line.call()
    assert line.events() == USUAL[:2]
    assert call.analysis is None


async def test_with_jitter_webhooks_of_different_calls_overtake(autojump_clock: MockClock, line: Line) -> None:
    line.retell.limit = 50
    line.retell.outgoing.jitter = 120.0
    names = [(await line.create()).json()["call_id"] for _call in range(50)]
    await line.retell.settled()
    assert len(line.heard) == 150
    assert [told["call"]["call_id"] for told in line.heard if told["event"] == "call_ended"] != names
    assert line.events() != sorted(line.events(), key=USUAL.index)


FAULTS = st.sampled_from([None, Drop(), Duplicate(2), Delay(30), Swap()])


@given(st.lists(FAULTS, min_size=3, max_size=3), st.lists(st.sampled_from([204, 500]), max_size=3))
@settings(max_examples=25)
def test_whatever_happens_on_the_way_only_what_was_dropped_never_arrives(
    faults: list[WebhookFault | None], statuses: list[int]
) -> None:
    async def play() -> None:
        line = Line()
        line.statuses = list(statuses)
        talker: Talker = scripted("good")
        line.retell.person_answers(ANA, talker)
        for event, fault in zip(USUAL, faults, strict=True):
            if fault is not None:
                line.retell.outgoing.faults.add(fault, path=event)
        async with line.http, trio.open_nursery() as nursery:
            nursery.start_soon(line.retell.run)
            await line.provision()
            call = await line.call()
            nursery.cancel_scope.cancel()
        arrived = {event for event, _call in line.retell.outgoing.delivered}
        assert arrived == {event for event, fault in zip(USUAL, faults, strict=True) if not isinstance(fault, Drop)}
        assert call.started_at == START + timedelta(seconds=4)

    run_jumping(play)
