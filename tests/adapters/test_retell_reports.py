"""What Retell tells of a call: every reason has its meaning, everything is read that fits, and nothing breaks the reader."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.adapters.retell.functions import read_function, read_ringing
from ivy.adapters.retell.reasons import REASONS, UNKNOWN, verdict_of
from ivy.adapters.retell.reports import parse, report_of
from ivy.domain.calls import Again, CallOutcome, CallState, Report, Spoken, join, state_after
from ivy.errors import Unreadable

Is, Then = CallOutcome, Again
START, END = 1_795_305_600_123, 1_795_305_663_500
TURNS: list[dict[str, Any]] = [
    {
        "role": "agent",
        "content": "Hi, it's Ivy. Ready to plan?",
        "words": [{"word": "Hi,", "start": 0.4, "end": 0.6}, {"word": "plan?", "start": 1.9, "end": 2.3}],
    },
    {"role": "user", "content": "Yes, a run at seven.", "words": [{"word": "Yes,", "start": 3.1, "end": 3.3}]},
    {"role": "transfer_target", "content": "Front desk.", "words": []},
]
CALL: dict[str, Any] = {
    "call_id": "call_1",
    "call_type": "phone_call",
    "agent_id": "agent_1",
    "agent_version": 3,
    "call_status": "registered",  # as the documented sample of `call_ended` has it
    "from_number": "+15550100",
    "to_number": "+573001112233",
    "direction": "outbound",
    "metadata": {"ivy_call_id": "0193f2", "ivy_user_id": "u7", "ivy_mailbox": "message"},
    "access_token": "eyJhbGciOi-secret",
}
TALKED: dict[str, Any] = {
    **CALL,
    "start_timestamp": START,
    "end_timestamp": END,
    "duration_ms": 63_377,
    "disconnection_reason": "user_hangup",
    "transcript": "Agent: Hi\nUser: Yes\n",
    "transcript_object": TURNS,
    "recording_url": "https://recordings.example/1.wav",
    "call_cost": {"combined_cost": 6.52, "total_duration_seconds": 64},
    "latency": {"e2e": {"p50": 812.4, "p99": 1900}},
    "anything_new": {"deep": [1, 2]},
}
ANALYSIS: dict[str, Any] = {
    "call_summary": "They will run at seven.",
    "in_voicemail": False,
    "user_sentiment": "Positive",
    "call_successful": True,
    "custom_analysis_data": {
        "plan_workout": " a run ",
        "minutes": 20.0,
        "energy": 7,
        "share": 0.5,
        "stop_calls": False,
        "mood": None,
        "barriers": ["rain"],
        "plan_barrier": "",
    },
}


def event(name: str, call: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"event": name, "call": call, "event_timestamp": END, **more}).encode()


def only(body: bytes) -> Report:
    (report,) = parse(body)
    return report


# --- reasons ---------------------------------------------------------------------------------------------

TABLE: dict[str, tuple[CallOutcome, CallOutcome, Again, Again]] = {
    # reason: the outcome if they spoke, and if they did not; whether to try again, likewise
    **dict.fromkeys(
        (
            *("user_hangup", "agent_hangup", "inactivity", "max_duration_reached"),
            *("call_transfer", "transfer_bridged", "transfer_cancelled", "call_take_over"),
        ),
        (Is.COMPLETED, Is.MISSED, Then.NO, Then.LADDER),
    ),
    "user_requested_callback": (Is.COMPLETED, Is.COMPLETED, Then.AT_WISH, Then.AT_WISH),
    "user_requested_dnc": (Is.OPTED_OUT, Is.OPTED_OUT, Then.NEVER, Then.NEVER),
    "manual_stopped": (Is.CANCELLED, Is.CANCELLED, Then.NO, Then.NO),
    "user_declined": (Is.DECLINED, Is.DECLINED, Then.NO, Then.NO),
    **dict.fromkeys(("voicemail_reached", "ivr_reached"), (Is.VOICEMAIL, Is.VOICEMAIL, Then.LADDER, Then.LADDER)),
    **dict.fromkeys(
        ("dial_no_answer", "dial_busy", "error_user_not_joined"), (Is.MISSED, Is.MISSED, Then.LADDER, Then.LADDER)
    ),
    **dict.fromkeys(
        (
            *("dial_failed", "telephony_provider_unavailable", "sip_routing_error", "concurrency_limit_reached"),
            *("error_llm_websocket_open", "error_llm_websocket_lost_connection", "error_llm_websocket_runtime"),
            *("error_llm_websocket_corrupt_payload", "error_no_audio_received", "error_asr", "error_retell"),
            "error_unknown",
        ),
        (Is.FAILED, Is.FAILED, Then.FAULT, Then.FAULT),
    ),
    **dict.fromkeys(("no_concurrency_fallback", "registered_call_timeout"), (Is.FAILED, Is.FAILED, Then.NO, Then.NO)),
    **dict.fromkeys(
        (
            *("telephony_provider_permission_denied", "marked_as_spam", "network_blocked", "no_valid_payment"),
            *("credit_exhausted", "budget_reached", "scam_detected"),
        ),
        (Is.FAILED, Is.FAILED, Then.MEND, Then.MEND),
    ),
    "invalid_destination": (Is.FAILED, Is.FAILED, Then.NEVER, Then.NEVER),
}


def test_all_39_reasons_are_known() -> None:
    assert len(REASONS) == len(TABLE) == 39
    assert REASONS.keys() == TABLE.keys()
    assert all(verdict.known for verdict in REASONS.values())


@pytest.mark.parametrize("reason", sorted(TABLE))
@pytest.mark.parametrize("status", ["registered", "ongoing", "ended", "not_connected", "error", "", "new"])
def test_a_reason_means_the_same_whatever_the_status_says(reason: str, status: str) -> None:
    spoke, silent, again, again_if_silent = TABLE[reason]
    for name in ("call_ended", "call_analyzed"):
        told = {**TALKED, "disconnection_reason": reason, "call_status": status}
        report = only(event(name, told))
        assert (report.outcome, report.again, report.reason) == (spoke, again, reason)
        quiet = only(event(name, {**told, "transcript_object": TURNS[:1], "transcript": ""}))
        assert (quiet.outcome, quiet.again) == (silent, again_if_silent)


@given(st.text(max_size=30))
def test_a_reason_that_nobody_knows_is_a_fault_and_is_kept(reason: str) -> None:
    if reason in REASONS:
        return
    assert verdict_of(reason) == UNKNOWN
    report = only(event("call_ended", {**TALKED, "disconnection_reason": reason}))
    assert (report.outcome, report.again) == (CallOutcome.FAILED, Again.FAULT)
    assert report.verdict is not None and not report.verdict.known
    assert report.reason == reason.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.mark.parametrize("reason", [None, "", 7, [], {"a": 1}])
@pytest.mark.parametrize("status", ["error", "not_connected"])
def test_without_a_reason_a_call_that_never_connected_failed_for_one_that_nobody_knows(
    reason: Any, status: str
) -> None:
    call = {**CALL, "disconnection_reason": reason, "call_status": status}
    for report in (only(event("call_ended", call)), only(event("call_started", call)), report_of(call)):
        assert report.verdict == UNKNOWN


def test_ended_as_a_status_is_not_the_end_before_its_reason_is_there() -> None:
    call = {**TALKED, "call_status": "ended", "disconnection_reason": None}
    assert not report_of(call).is_over
    assert only(event("call_ended", call)).is_over


# --- what is read ----------------------------------------------------------------------------------------


def test_everything_that_is_told_of_a_call() -> None:
    report = only(event("call_analyzed", {**TALKED, "call_analysis": ANALYSIS}))
    assert report == Report(
        provider="retell",
        provider_call_id="call_1",
        our_id="0193f2",
        direction="outbound",
        from_number="+15550100",
        to_number="+573001112233",
        seen=("analysed",),
        reason="user_hangup",
        verdict=REASONS["user_hangup"],
        in_voicemail=False,
        started_at=datetime(2026, 11, 22, 0, 0, 0, 123_000, UTC),
        ended_at=datetime(2026, 11, 22, 0, 1, 3, 500_000, UTC),
        duration_seconds=63.377,
        spoken=(
            Spoken("agent", "Hi, it's Ivy. Ready to plan?", 0.4, 2.3),
            Spoken("person", "Yes, a run at seven.", 3.1, 3.3),
        ),
        summary="They will run at seven.",
        sentiment="positive",
        extracted={
            "plan_workout": "a run",
            "minutes": "20",
            "energy": "7",
            "share": "0.5",
            "stop_calls": "false",
            "barriers": '["rain"]',
        },
        recording_url="https://recordings.example/1.wav",
        cost_micros=65_200,
        latency_ms=812,
    )


@pytest.mark.parametrize(
    ("name", "seen", "state"),
    [
        ("call_started", "started", CallState.LIVE),
        ("call_ended", "ended", CallState.ENDED),
        ("call_analyzed", "analysed", CallState.ANALYSED),
    ],
)
def test_each_event_brings_a_call_to_its_state(name: str, seen: str, state: CallState) -> None:
    call = CALL if name == "call_started" else TALKED
    report = only(event(name, call))
    assert report.seen == (seen,)
    assert state_after(CallState.DIALING, report) is state


def test_every_order_of_the_three_makes_the_same_record() -> None:
    told = [
        only(event("call_started", {**CALL, "start_timestamp": START, "call_status": "ongoing"})),
        only(event("call_ended", TALKED)),
        only(event("call_analyzed", {**TALKED, "call_analysis": ANALYSIS})),
    ]
    whole = join(join(told[0], told[1]), told[2])
    for order in permutations([*told, *told], 6):
        record = order[0]
        for report in order[1:]:
            record = join(record, report)
        assert record == whole


def test_a_call_that_is_asked_for_tells_what_its_events_would() -> None:
    polled = report_of({**TALKED, "call_status": "ended", "call_analysis": ANALYSIS})
    assert polled.seen == ("started", "ended", "analysed")
    events = [
        only(event("call_started", {**CALL, "start_timestamp": START})),
        only(event("call_ended", TALKED)),
        only(event("call_analyzed", {**TALKED, "call_analysis": ANALYSIS})),
    ]
    record = join(join(events[0], events[1]), events[2])
    assert join(record, polled) == record
    assert report_of({**CALL, "call_status": "ongoing"}).seen == ("started",)
    assert report_of(CALL).seen == ()
    assert report_of({**CALL, "disconnection_reason": "dial_busy"}).seen == ("ended",)


@pytest.mark.parametrize(
    ("reason", "mailbox", "left"),
    [
        ("voicemail_reached", "message", True),
        ("voicemail_reached", "hang_up", False),
        ("voicemail_reached", None, None),
        ("user_hangup", "message", None),
        ("ivr_reached", "message", None),
    ],
)
def test_whether_a_message_was_left(reason: str, mailbox: str | None, left: bool | None) -> None:
    metadata = {"ivy_call_id": "0193f2"} | ({"ivy_mailbox": mailbox} if mailbox else {})
    report = only(event("call_ended", {**TALKED, "disconnection_reason": reason, "metadata": metadata}))
    assert report.voicemail_left is left


def test_a_mailbox_that_was_taken_for_a_person_is_one_after_all() -> None:
    ended = only(event("call_ended", TALKED))
    analysed = only(event("call_analyzed", {**TALKED, "call_analysis": {**ANALYSIS, "in_voicemail": True}}))
    assert ended.outcome is CallOutcome.COMPLETED
    assert join(ended, analysed).outcome is CallOutcome.VOICEMAIL


def test_turns_are_found_wherever_they_are_kept() -> None:
    mixed: list[dict[str, Any]] = [
        *TURNS,
        {"role": "tool_call_invocation", "name": "x", "arguments": "{}"},
        {"role": "dtmf", "digit": "1"},
    ]
    kept = only(event("call_ended", TALKED)).spoken
    call = {key: value for key, value in TALKED.items() if key != "transcript_object"}
    for key in ("transcript_with_tool_calls", "scrubbed_transcript_with_tool_calls"):
        assert only(event("call_ended", {**call, key: mixed})).spoken == kept
    said = only(event("call_ended", call)).spoken
    assert said == (Spoken("agent", "Hi"), Spoken("person", "Yes"))


def test_no_secret_of_a_call_is_taken_over() -> None:
    for name in ("call_started", "call_ended", "call_analyzed"):
        assert "secret" not in repr(parse(event(name, {**TALKED, "call_analysis": ANALYSIS})))


@pytest.mark.parametrize(
    "call",
    [
        {"duration_ms": -5, "call_cost": {"combined_cost": -1}, "start_timestamp": 0, "latency": {"e2e": {"p50": -1}}},
        {"duration_ms": "x", "call_cost": 5, "start_timestamp": "soon", "latency": {"e2e": "slow"}},
        {"duration_ms": 1e300, "call_cost": {"combined_cost": 1e300}, "start_timestamp": 1e300, "end_timestamp": -7},
        {"call_analysis": [], "metadata": "x", "transcript_object": {}, "recording_url": 5},
        {"call_analysis": {"custom_analysis_data": 7, "user_sentiment": "Unknown", "in_voicemail": "yes"}},
    ],
)
def test_what_does_not_fit_counts_as_not_told(call: dict[str, Any]) -> None:
    report = only(event("call_started", {"call_id": "call_1", **call}))
    assert report == Report(provider="retell", provider_call_id="call_1", seen=("started",))


@pytest.mark.parametrize(
    "name", ["transcript_updated", "transfer_bridged", "chat_started", "call_inbound", "ivy_probe", "new_event"]
)
def test_an_event_that_means_nothing_to_us_makes_no_report(name: str) -> None:
    assert parse(event(name, TALKED)) == ()
    assert parse(json.dumps({"event": name}).encode()) == ()


# --- nothing breaks the reader -----------------------------------------------------------------------------

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [*TALKED, "call_analysis", "transcript_with_tool_calls", "scrubbed_recording_url", "e2e", "role", "content"]
)
CALLS = st.dictionaries(FIELDS, ANY, max_size=12).map(lambda some: {"call_id": "call_1", **some})
NAMES = st.sampled_from(["call_started", "call_ended", "call_analyzed"])


def read_all(body: bytes) -> None:
    """Read a body as each of the things that Retell posts; only `Unreadable` may come of it."""
    for read in (parse, read_ringing, partial(read_function, tool="save_plan")):
        with suppress(Unreadable):
            read(body)


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_unreadable(body: bytes) -> None:
    read_all(body)


@given(ANY)
def test_any_json_is_read_or_unreadable(document: Any) -> None:
    read_all(json.dumps(document).encode())


@given(NAMES, CALLS, st.dictionaries(st.sampled_from(list(ANALYSIS)), ANY))
def test_any_call_with_an_id_is_read(name: str, call: dict[str, Any], analysis: dict[str, Any]) -> None:
    if (
        not isinstance(call["call_id"], str | int)
        or isinstance(call["call_id"], bool)
        or not str(call["call_id"]).strip()
    ):
        return
    report = only(event(name, {**call, "call_analysis": analysis}))
    assert report.seen and join(report, report) == report
    assert (report.cost_micros or 0) < 2**63
    assert all(isinstance(value, str) for value in report.extracted.values())


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"event":7}', b'{"event":"call_ended"}', b'{"event":"call_ended","call":{}}']
)
def test_what_tells_nothing_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)
