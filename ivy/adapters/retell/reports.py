"""What Retell tells of a call, read leniently into a `Report`. May import: ports and below.

Fields and events come new without notice, so only what is needed is read, and what does not fit counts as not told. Nothing
secret of a call (a browser call's `access_token`) is taken over. Source: Retell, "Get call", "Webhook overview";
reference voice.md 2 and 3.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from ivy.adapters.lenient import (
    Malformed,
    Object,
    as_object,
    ident,
    number,
    objects,
    prose,
    raw,
    read_object,
    word,
)
from ivy.adapters.lenient import instant as instant_of
from ivy.adapters.retell.reasons import UNKNOWN, VOICEMAIL_REACHED, verdict_of
from ivy.domain.calls import Report, Spoken, Verdict
from ivy.domain.invisible import strip_invisible
from ivy.errors import Unreadable

VENDOR = "retell"
STARTED, ENDED, ANALYSED = "started", "ended", "analysed"
EVENTS = {"call_started": STARTED, "call_ended": ENDED, "call_analyzed": ANALYSED}
OUR_ID, USER_ID, MAILBOX = "ivy_call_id", "ivy_user_id", "ivy_mailbox"
"""Keys of the metadata that come back with everything told of a call. The last one: "message" if a mailbox gets one."""
MESSAGE, HANG_UP = "message", "hang_up"
NEVER_CONNECTED = frozenset({"error", "not_connected"})
_MICROS_PER_CENT = 10_000
_LARGEST = 2**53
_SPEAKERS = {"agent": "agent", "user": "person"}
_TRANSCRIPTS = ("transcript_object", "transcript_with_tool_calls", "scrubbed_transcript_with_tool_calls")
"""Where the turns are, the best first: a call that is kept without names has only the last."""
_WRITTEN = {"Agent: ": "agent", "User: ": "person"}


def parse(body: bytes) -> tuple[Report, ...]:
    """Return the report of a verified webhook; none for an event that means nothing to Ivy. Raises: Unreadable."""
    told = read_object(body)
    event = word(told, "event")
    if not event:
        raise Unreadable("a webhook without an event")
    if event not in EVENTS:
        return ()
    call = as_object(told.get("call"))
    if not ident(call, "call_id"):
        raise Unreadable(f"{event} without a call")
    return (_report(call, (EVENTS[event],), over=EVENTS[event] != STARTED),)


def report_of(call: Object) -> Report:
    """Return what Retell has of a call when it is asked: what was `seen` is what its fields show. Raises: Unreadable."""
    if not ident(call, "call_id"):
        raise Unreadable("a call without an id")
    status = word(call, "call_status")
    over = bool(word(call, "disconnection_reason")) or status in NEVER_CONNECTED
    seen = {
        STARTED: status == "ongoing" or _time(call, "start_timestamp") is not None,
        # "ended" alone is not the end: the reason, which decides what follows, may be written a moment later.
        ENDED: over,
        ANALYSED: over and bool(as_object(call.get("call_analysis"))),
    }
    return _report(call, tuple(event for event, was in seen.items() if was), over=over)


def _report(call: Object, seen: tuple[str, ...], *, over: bool) -> Report:
    metadata, analysis = as_object(call.get("metadata")), as_object(call.get("call_analysis"))
    reason, direction = word(call, "disconnection_reason"), word(call, "direction")
    return Report(
        provider=VENDOR,
        provider_call_id=ident(call, "call_id"),
        our_id=ident(metadata, OUR_ID),
        direction=direction if direction in ("inbound", "outbound") else "",
        from_number=word(call, "from_number"),
        to_number=word(call, "to_number"),
        seen=seen,
        reason=reason,
        verdict=_verdict(call, reason, over),
        in_voicemail=_flag(analysis, "in_voicemail"),
        voicemail_left=_voicemail_left(metadata, reason),
        started_at=_time(call, "start_timestamp"),
        ended_at=_time(call, "end_timestamp"),
        duration_seconds=_scaled(call, "duration_ms", per=1000),
        spoken=tuple(turns_of(call)),
        summary=prose(analysis, "call_summary").strip(),
        sentiment=_sentiment(analysis),
        extracted=dict(_extracted(as_object(analysis.get("custom_analysis_data")))),
        recording_url=word(call, "recording_url") or word(call, "scrubbed_recording_url"),
        cost_micros=_whole(_scaled(as_object(call.get("call_cost")), "combined_cost", times=_MICROS_PER_CENT)),
        latency_ms=_whole(_scaled(as_object(as_object(call.get("latency")).get("e2e")), "p50")),
    )


def _verdict(call: Object, reason: str, over: bool) -> Verdict | None:
    """The event and the reason tell that a call is over; the status alone does not (it lags, and a mailbox is "ended")."""
    if reason:
        return verdict_of(reason)
    return UNKNOWN if over or word(call, "call_status") in NEVER_CONNECTED else None


def _voicemail_left(metadata: Object, reason: str) -> bool | None:
    return word(metadata, MAILBOX) == MESSAGE if reason == VOICEMAIL_REACHED and MAILBOX in metadata else None


def _sentiment(analysis: Object) -> str:
    told = word(analysis, "user_sentiment").lower()
    return told if told in ("positive", "neutral", "negative") else ""


# --- what was said -----------------------------------------------------------------------------------


def turns_of(call: Object) -> Iterator[Spoken]:
    """Yield what the agent and the person said, in order; a third party that a call was handed to is neither."""
    kept = [found for key in _TRANSCRIPTS if (found := objects(call, key))]
    told = kept[0] if kept else []
    if not told:
        yield from _written_turns(word(call, "transcript"))
    for turn in told:
        by, text = _SPEAKERS.get(word(turn, "role"), ""), prose(turn, "content").strip()
        if by and text:
            words = objects(turn, "words")
            start = _scaled(words[0], "start") if words else None
            yield Spoken(by, text, start, _scaled(words[-1], "end") if words else None)


def _written_turns(transcript: str) -> Iterator[Spoken]:
    """Read the transcript as text, for calls whose turns were not kept: whether somebody spoke decides what a call was."""
    for line in strip_invisible(transcript).splitlines():
        for opening, by in _WRITTEN.items():
            if line.startswith(opening) and (text := line.removeprefix(opening).strip()):
                yield Spoken(by, text)


# --- what was found in it ------------------------------------------------------------------------------


def _extracted(data: Object) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if (name := strip_invisible(key)) and (text := _as_text(value)):
            yield name, text


def _as_text(value: Any) -> str:
    """Return a finding as text: yes and no in words of JSON, a whole number without its point, "" for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return strip_invisible(value).strip()
        case float() if value.is_integer() and abs(value) < _LARGEST:
            return str(int(value))
        case int() | float():
            return str(value)
        case list() | dict():
            return raw(value) if cast("list[Any] | dict[str, Any]", value) else ""
        case _:
            return ""


# --- numbers and times ---------------------------------------------------------------------------------


def _flag(holder: Object, key: str) -> bool | None:
    value = holder.get(key)
    return value if isinstance(value, bool) else None


def _time(call: Object, key: str) -> datetime | None:
    try:
        return instant_of(call, key) if number(call, key) > 0 else None
    except Malformed:
        return None


def _scaled(holder: Object, key: str, *, times: int = 1, per: int = 1) -> float | None:
    """Return a number of at least 0 in Ivy's unit, or None."""
    try:
        found = number(holder, key) * times / per
    except Malformed:
        return None
    return found if math.isfinite(found) and 0 <= found < _LARGEST else None


def _whole(found: float | None) -> int | None:
    return None if found is None else round(found)
