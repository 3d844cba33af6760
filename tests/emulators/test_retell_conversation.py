from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from ivy.domain.examples import Example
from ivy.emulators.brain import Brain
from ivy.emulators.retell_agent import asks_for_no_more_calls
from ivy.emulators.retell_people import (
    Busy,
    Declines,
    EndsWith,
    FromQueue,
    HangsUp,
    HangUp,
    Interrupts,
    Ivr,
    NoAnswer,
    Pickup,
    Reply,
    Screened,
    Silence,
    Silent,
    Talker,
    Voicemail,
    scripted,
)
from ivy.emulators.retell_reasons import ENDS
from tests.emulators.retell_line import ANA, LLM, START, TOOLS, VARIABLES, Line, custom, said


@pytest.fixture
async def line(autojump_clock: MockClock, nursery: trio.Nursery) -> AsyncIterator[Line]:
    line = Line()
    nursery.start_soon(line.retell.run)
    async with line.http:
        await line.provision()
        yield line


async def test_a_call_opens_uses_a_function_and_asks_on(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted("plan a run tomorrow at 7am", "no, that's it"))
    call = await line.call()
    assert said(call) == ["Hi Ana, it's Ivy.", "Noted. What will you do?", "Anything else?"]
    assert call.reason == "user_hangup"


async def test_an_agent_that_has_asked_everything_says_goodbye_and_hangs_up(
    autojump_clock: MockClock, line: Line
) -> None:
    line.retell.person_answers(ANA, scripted("good", "plan a run tomorrow at 7am", "nothing"))
    call = await line.call()
    assert said(call) == ["Hi Ana, it's Ivy.", "What will you do?", "Noted. Anything else?", "Have a good day!"]
    assert said(call, "user") == ["good", "plan a run tomorrow at 7am", "nothing"]
    assert call.reason == "agent_hangup"
    assert [entry["name"] for entry in call.entries if isinstance(entry, dict) and "name" in entry] == [
        "plan_workout",
        "end_call",
    ]


async def test_a_function_gets_the_call_so_far_and_whose_it_is(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted("good", "log a swim of 30 minutes"))
    call = await line.call()
    [asked] = line.asked
    assert line.urls[1] == f"{TOOLS}/log_workout"
    assert asked["name"] == "log_workout"
    assert asked["args"] == {"duration": "30 minutes", "kind": "swim"}
    told = asked["call"]
    assert told["call_id"] == call.call_id
    assert told["call_status"] == "ongoing"
    assert told["metadata"] == {"ivy_call_id": "c1", "ivy_user_id": "u1"}
    assert told["retell_llm_dynamic_variables"] == VARIABLES
    assert told["transcript"] == (
        "Agent: Hi Ana, it's Ivy.\nUser: good\nAgent: What will you do?\nUser: log a swim of 30 minutes\n"
    )
    assert told["transcript_with_tool_calls"][-1]["role"] == "tool_call_invocation"
    assert "disconnection_reason" not in told


async def test_words_take_their_time(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted("one two three four five", greeting=""))
    call = await line.call()
    opener, answer = call.turns[0], call.turns[1]
    assert (opener.end - opener.start, answer.end - answer.start) == (pytest.approx(1.6), pytest.approx(2.0))
    words = (await line.post(f"/v2/get-call/{call.call_id}", method="GET"))["transcript_object"][1]["words"]
    assert [word["word"].strip() for word in words] == answer.content.split()
    assert words[0]["start"] == answer.start
    assert words[-1]["end"] == answer.end
    assert all(one["end"] <= other["start"] for one, other in pairwise(words))


@pytest.mark.parametrize(
    ("answer", "spoken"),
    [
        ((200, b'{"result": "Planned.", "ok": true}'), "Planned. What will you do?"),
        ((200, b'"Planned."'), "Planned. What will you do?"),
        ((200, b"Planned."), "Planned. What will you do?"),
        ((500, b"Which day?"), "Sorry, that did not work: Which day? What will you do?"),
    ],
)
async def test_the_agent_says_what_a_function_answers(
    autojump_clock: MockClock, line: Line, answer: tuple[int, bytes], spoken: str
) -> None:
    line.answers = [answer]
    line.retell.person_answers(ANA, scripted("plan a run tomorrow at 7am"))
    assert said(await line.call())[1] == spoken


async def test_a_function_that_does_not_answer_in_time_has_failed(autojump_clock: MockClock, line: Line) -> None:
    line.slow = [0.0, 60.0]  # the first is call_started
    line.retell.person_answers(ANA, scripted("plan a run tomorrow at 7am"))
    call = await line.call()
    assert [(each.status, each.succeeded) for each in call.functions] == [(0, False)]
    assert said(call)[1].startswith("Sorry, that did not work: no answer in time")


async def test_a_function_is_tried_again_as_often_as_its_tool_says(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(llm={"general_tools": [custom("plan_workout", "kind", "when", max_retry=2)]})
    line.answers = [(500, b""), (503, b"")]
    line.retell.person_answers(ANA, scripted("plan a run tomorrow at 7am"))
    call = await line.call()
    assert len(line.asked) == 3
    assert [each.status for each in call.functions] == [200]


async def test_a_long_answer_is_cut_and_one_that_is_not_to_be_spoken_is_not(
    autojump_clock: MockClock, line: Line
) -> None:
    tools = [custom("plan_workout", "kind", "when", speak_after_execution=False)]
    await line.provision(llm={"general_tools": tools})
    line.answers = [(200, b"x" * 20_000)]
    line.retell.person_answers(ANA, scripted("plan a run tomorrow at 7am"))
    call = await line.call()
    assert len(call.functions[0].content) == 15_000
    assert said(call)[1] == "What will you do?"


async def test_headers_addresses_and_constants_of_a_function_are_filled_in(
    autojump_clock: MockClock, line: Line
) -> None:
    tool = custom("plan_workout", "kind", "when", url=f"{TOOLS}/{{{{ivy_name}}}}", speak_during_execution=True)
    tool["parameters"]["properties"]["source"] = {"type": "string", "const": "call"}
    await line.provision(llm={"general_tools": [tool]})
    line.retell.person_answers(ANA, scripted("plan a run tomorrow at 7am"))
    call = await line.call()
    assert line.urls[1] == f"{TOOLS}/Ana"
    assert line.asked[0]["args"] == {"kind": "run", "when": "tomorrow at 7am", "source": "call"}
    assert said(call)[1] == "One moment."


# --- variables --------------------------------------------------------------------------------------


async def test_a_variable_without_a_value_is_spoken_with_its_braces(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(llm={"begin_message": "Hi {{ivy_name}}, {{ivy_forgotten}}!"})
    line.retell.person_answers(ANA, HangsUp())
    assert said(await line.call()) == ["Hi Ana, {{ivy_forgotten}}!"]
    without = {name: value for name, value in VARIABLES.items() if name != "ivy_closing"}
    line.retell.person_answers(ANA, scripted("a", "b", "c"))
    assert said(await line.call(retell_llm_dynamic_variables=without))[-1] == "{{ivy_closing}}"


async def test_a_call_without_a_value_falls_back_to_the_default(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(llm={"begin_message": "Hi {{ivy_name}}!", "default_dynamic_variables": {"ivy_name": "you"}})
    line.retell.person_answers(ANA, HangsUp())
    assert said(await line.call(retell_llm_dynamic_variables=None)) == ["Hi you!"]
    assert said(await line.call(retell_llm_dynamic_variables={"ivy_name": ""})) == ["Hi !"]


# --- who opens ---------------------------------------------------------------------------------------


async def test_an_agent_that_lets_the_person_speak_first_waits_for_hello(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(llm={"start_speaker": "user", "begin_after_user_silence_ms": 10_000})
    line.retell.person_answers(ANA, scripted("good"))
    call = await line.call()
    assert [turn.content for turn in call.turns][:2] == ["Hello?", "Hi Ana, it's Ivy."]
    line.retell.person_answers(ANA, scripted("good", greeting=""))
    silent = await line.call()
    assert silent.turns[0].content == "Hi Ana, it's Ivy."
    assert silent.turns[0].start > 10


async def test_an_agent_that_never_speaks_first_gives_up_on_silence(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(llm={"begin_message": ""})
    line.retell.person_answers(ANA, Silent())
    call = await line.call()
    assert (call.reason, call.turns, call.seconds) == ("inactivity", [], 45)


# --- what becomes of the ringing --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("talker", "reason", "seconds"),
    [
        (NoAnswer(), "dial_no_answer", 30),
        (Declines(), "user_declined", 5),
        (Busy(), "dial_busy", 1),
    ],
)
async def test_a_call_that_nobody_takes_never_connects(
    autojump_clock: MockClock, line: Line, talker: Talker, reason: str, seconds: float
) -> None:
    line.retell.person_answers(ANA, talker)
    call = await line.call()
    assert (call.reason, call.status, call.started_at) == (reason, "not_connected", None)
    assert call.ended_at is not None
    assert (call.ended_at - START).total_seconds() == seconds
    assert line.events() == ["call_ended", "call_analyzed"]
    told = line.heard[0]["call"]
    assert "start_timestamp" not in told
    assert (told["duration_ms"], told["transcript"], told["call_cost"]) == (0, "", {"combined_cost": 0})
    assert line.heard[1]["call"]["call_analysis"]["call_successful"] is False
    assert "in_voicemail" not in line.heard[1]["call"]["call_analysis"]


@pytest.mark.parametrize("reason", sorted(ENDS))
async def test_every_reason_can_be_played(autojump_clock: MockClock, line: Line, reason: str) -> None:
    line.retell.person_answers(ANA, EndsWith(reason=reason))
    call = await line.call()
    assert (call.reason, call.status) == (reason, ENDS[reason].status)
    assert ("call_started" in line.events()) == ENDS[reason].connected
    assert line.events()[-2:] == ["call_ended", "call_analyzed"]
    assert line.heard[-1]["call"]["disconnection_reason"] == reason


def test_there_are_39_reasons() -> None:
    assert len(ENDS) == 39


# --- machines -----------------------------------------------------------------------------------------


async def test_an_answering_machine_gets_the_message(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, Voicemail())
    call = await line.call()
    assert (call.reason, call.status, said(call)) == ("voicemail_reached", "ended", ["Hi Ana, I will write."])
    analysis = line.heard[-1]["call"]["call_analysis"]
    assert (analysis["in_voicemail"], analysis["call_successful"]) == (True, False)


async def test_an_answering_machine_is_hung_up_on_where_the_call_says_so(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, Voicemail())
    override = {"agent": {"voicemail_option": {"action": {"type": "hangup"}}}}
    call = await line.call(agent_override=override)
    assert (call.reason, said(call)) == ("voicemail_reached", [])


async def test_a_machine_that_is_not_noticed_looks_like_a_person_until_the_analysis(
    autojump_clock: MockClock, line: Line
) -> None:
    line.retell.person_answers(ANA, Voicemail(detected=False))
    call = await line.call()
    assert call.reason == "inactivity"
    assert said(call, "user") == [Voicemail().greeting]
    assert line.heard[-1]["call"]["call_analysis"]["in_voicemail"] is True


async def test_a_menu_is_left_or_listened_to(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, Ivr())
    assert (await line.call()).reason == "ivr_reached"
    call = await line.call(agent_override={"agent": {"ivr_option": None}})
    assert call.reason == "user_hangup"
    assert len(said(call, "user")) == 3


async def test_a_screened_phone_lets_through_who_says_their_name(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, Screened(scripted("good"), needs=("ivy",)))
    call = await line.call()
    assert said(call)[:2] == ["Hi Ana, it's Ivy.", "What will you do?"]
    assert said(call, "user")[1:] == ["Hello?", "good"]
    line.retell.person_answers(ANA, Screened(scripted("good"), needs=("mother",)))
    assert (await line.call()).reason == "user_hangup"
    told = {"call_screening_option": {"agent_identity": "Your mother.", "call_purpose": "A call for {{ivy_name}}."}}
    assert said(await line.call(agent_override={"agent": told}))[:2] == [
        "Your mother. A call for Ana.",
        "Hi Ana, it's Ivy.",
    ]


# --- what people do -----------------------------------------------------------------------------------


async def test_somebody_silent_is_asked_once_and_then_left(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, Silent())
    call = await line.call()
    assert said(call) == ["Hi Ana, it's Ivy.", "Are you still there?"]
    assert call.reason == "inactivity"
    opened = call.turns[0].end
    assert (call.turns[1].start - opened, call.seconds - opened) == (pytest.approx(11, abs=1), pytest.approx(45, abs=2))


async def test_a_pause_is_no_end(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted(Silence(8), "good"))
    call = await line.call()
    assert said(call)[:2] == ["Hi Ana, it's Ivy.", "What will you do?"]
    assert call.turns[1].start - call.turns[0].end == pytest.approx(8, abs=0.01)


async def test_what_was_not_heard_is_not_in_the_transcript(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted(Interrupts("wait", words=2)))
    call = await line.call()
    assert [turn.content for turn in call.turns][:2] == ["Hi Ana,", "wait"]
    deaf = await line.call(agent_override={"agent": {"interruption_sensitivity": 0}})
    assert [turn.content for turn in deaf.turns][:2] == ["Hi Ana, it's Ivy.", "wait"]


@pytest.mark.parametrize(("after", "answers"), [(0, 0), (2, 2)])
async def test_somebody_hangs_up(autojump_clock: MockClock, line: Line, after: int, answers: int) -> None:
    line.retell.person_answers(ANA, HangsUp(after=after))
    call = await line.call()
    assert (call.reason, len(said(call, "user"))) == ("user_hangup", answers)


async def test_last_words_are_heard(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted(HangUp("I have to go")))
    assert said(await line.call(), "user") == ["I have to go"]


@pytest.mark.parametrize("words", ["Please stop calling me.", "No me llames más", "don't ever call me again!"])
async def test_somebody_who_wants_no_more_calls_is_let_go(autojump_clock: MockClock, line: Line, words: str) -> None:
    line.retell.person_answers(ANA, scripted(words))
    call = await line.call()
    assert call.reason == "user_requested_dnc"
    assert said(call)[-1].startswith("I understand.")
    refused = await line.create(honor_internal_dnc=True)
    assert refused.status_code == 400
    assert (await line.create()).status_code == 201
    await line.retell.settled()
    deaf = await line.call(agent_override={"agent": {"enable_dnc_detection": False}})
    assert deaf.reason == "user_hangup"


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("stop calling me", True),
        ("take me off your list", True),
        ("deja de llamarme", True),
        ("No me llame nunca", True),
        ("don't call me today", False),
        ("no me llames hoy", False),
        ("stop calling me today", False),
        ("cancela la cita", False),
        ("I never call my mother", False),
    ],
)
def test_no_more_calls_is_not_no_call_today(words: str, asks: bool) -> None:
    assert asks_for_no_more_calls(words) is asks


async def test_without_questions_the_agent_listens_until_goodbye(autojump_clock: MockClock, line: Line) -> None:
    variables = {**VARIABLES, "ivy_questions": ""}
    line.retell.person_answers(ANA, scripted("hello", "log a run of 20 minutes", "thanks", "bye"))
    call = await line.call(retell_llm_dynamic_variables=variables)
    assert said(call) == [
        "Hi Ana, it's Ivy.",
        "Hello! What can I do for you?",
        "Noted.",
        "You're welcome!",
        "Have a good day!",
    ]
    assert call.reason == "agent_hangup"


async def test_an_agent_that_cannot_hang_up_waits(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(llm={"general_tools": LLM["general_tools"][:2]})
    line.retell.person_answers(ANA, scripted("a", "b", "c", then=Silence()))
    call = await line.call()
    assert call.reason == "inactivity"
    assert said(call)[-2:] == ["Have a good day!", "Are you still there?"]


async def test_a_call_is_no_longer_than_it_may_be(autojump_clock: MockClock, line: Line) -> None:
    line.retell.person_answers(ANA, scripted(*["well " * 100] * 5))
    call = await line.call(agent_override={"agent": {"max_call_duration_ms": 60_000}})
    assert (call.reason, call.seconds) == ("max_duration_reached", 60)


async def test_a_spanish_agent_speaks_spanish(autojump_clock: MockClock, line: Line) -> None:
    await line.provision(agent={"language": "es-419"})
    line.retell.person_answers(ANA, Silent())
    assert said(await line.call())[-1] == "¿Hola? Aquí sigo."


async def test_somebody_who_types_is_shown_what_is_said(autojump_clock: MockClock, line: Line) -> None:
    send, receive = trio.open_memory_channel[Reply](10)
    shown: list[str] = []
    line.retell.person_answers(ANA, FromQueue(receive, shown.append))
    for words in ("good", "nothing"):
        await send.send(words)
    await send.aclose()
    call = await line.call()
    assert shown == ["Hi Ana, it's Ivy.", "What will you do?", "Anything else?"]
    assert (said(call, "user"), call.reason) == (["good", "nothing"], "user_hangup")


async def test_who_answers_may_depend_on_the_call(autojump_clock: MockClock, line: Line) -> None:
    seen: list[tuple[str, str, str]] = []

    def answers(phone: str, variables: Mapping[str, str], metadata: Mapping[str, str], at: datetime) -> Talker:
        assert at == START
        seen.append((phone, variables["ivy_name"], metadata["ivy_call_id"]))
        return Busy(pickup=Pickup(2.0, "dial_busy"))

    line.retell.person_answers(ANA, answers)
    assert (await line.call()).reason == "dial_busy"
    assert seen == [(ANA, "Ana", "c1")]


async def test_the_same_seed_makes_the_same_call(autojump_clock: MockClock) -> None:
    told: list[list[dict[str, str]]] = []
    for _run in range(2):
        line = Line(seed=7, brain=Brain([Example("plan_workout", "plan a run", {"kind": "run"})]))
        async with trio.open_nursery() as nursery, line.http:
            nursery.start_soon(line.retell.run)
            await line.provision()
            line.retell.person_answers(ANA, scripted("plan a swim", "bye"))
            await line.call()
            nursery.cancel_scope.cancel()
        told.append([each["call"] for each in line.heard])
    assert told[0] == told[1]
    assert told[0][-1]["transcript"].endswith("User: bye\nAgent: Anything else?\n")
