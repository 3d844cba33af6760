"""How the emulated Retell shows a call: its object, its price, its analysis. May import: the domain and below.

Source: retell-sdk 6.2.13, "Get call"; prices of voice.md 6.3.
"""

import re
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from ivy.clock import stamp
from ivy.emulators.retell_calls import Call, Turn
from ivy.emulators.retell_rules import Json

CENTS_A_MINUTE = {"retell_voice_engine": 5.5, "retell_platform_tts": 1.5, "gpt_5_4_mini": 3.0}
TELEPHONY_CENTS = {"+1": 1.5, "+44": 10.0, "+91": 15.0}
"""Per minute, by the prefix of the number that is called."""
OTHER_TELEPHONY_CENTS = 10.0
SHORTEST_BILLED = 10
"""Seconds, when the opening is made up and not a fixed `begin_message`."""


def shown(call: Call, *, listed: bool = False, webhook: bool = False) -> Json:
    """Return the call object. A list has no words; `webhook`s tell words that are not stored."""
    private = call.stored == "basic_attributes_only" and not webhook
    agent = call.engine.agent
    told: Json = {
        "call_id": call.call_id,
        "call_type": "phone_call",
        "agent_id": agent["agent_id"],
        "agent_version": agent["version"],
        "agent_name": agent.get("agent_name") or "",
        "call_status": call.status,
        "from_number": call.from_number,
        "to_number": call.to_number,
        "direction": call.direction,
        "data_storage_setting": call.stored,
    }
    if call.metadata is not None:
        told["metadata"] = call.metadata
    if call.given is not None:
        told["retell_llm_dynamic_variables"] = call.given
    if call.sip_headers:
        told["custom_sip_headers"] = call.sip_headers
    if call.started_at is not None:
        told["start_timestamp"] = stamp(call.started_at)
    if not listed and not private:
        told |= _words(call)
    if call.reason:
        told |= _outcome(call, private=private)
    if call.analysis is not None:
        told["call_analysis"] = call.analysis
    return told


def _words(call: Call) -> Json:
    return {
        "transcript": call.transcript,
        "transcript_object": [turn.raw for turn in call.turns],
        "transcript_with_tool_calls": [entry.raw if isinstance(entry, Turn) else entry for entry in call.entries],
    }


def _outcome(call: Call, *, private: bool) -> Json:
    told: Json = {"disconnection_reason": call.reason, "call_cost": _cost(call), "duration_ms": 0}
    if call.started_at is None or call.ended_at is None:
        return told
    told |= {
        "end_timestamp": stamp(call.ended_at),
        "duration_ms": stamp(call.ended_at) - stamp(call.started_at),
        "collected_dynamic_variables": {},
        "telephony_identifier": {"twilio_call_sid": f"CA{call.call_id[-28:]:0>32}"},
        "latency": {"e2e": _spread(call.latencies)} if call.latencies else {},
        "llm_token_usage": _usage(len(call.latencies) + len(call.functions)),
    }
    if call.reason == "call_transfer":
        told["transfer_destination"] = "+15550100"
    if not private:
        told["recording_url"] = f"https://recordings.retell.test/{call.call_id}/recording.wav"
        told["public_log_url"] = f"https://recordings.retell.test/{call.call_id}/public.log"
    return told


def _cost(call: Call) -> Json:
    """Return the price in cents; a call that never connected has the sum alone."""
    if call.started_at is None:
        return {"combined_cost": 0}
    made_up = call.engine.llm.get("begin_message") is None
    billed = max(ceil(call.seconds), SHORTEST_BILLED if made_up else 0)
    prices = dict(CENTS_A_MINUTE)
    if not call.imported:
        known = (cents for prefix, cents in TELEPHONY_CENTS.items() if call.phone.startswith(prefix))
        prices["us_telephony" if call.phone.startswith("+1") else "intl_telephony"] = next(known, OTHER_TELEPHONY_CENTS)
    lines = [
        {"product": name, "unit_price": round(cents / 60, 7), "cost": round(cents / 60 * billed, 4)}
        for name, cents in prices.items()
    ]
    return {
        "combined_cost": round(sum(prices.values()) / 60 * billed, 4),
        "product_costs": lines,
        "total_duration_seconds": billed,
        "total_duration_unit_price": round(sum(prices.values()) / 60, 7),
    }


def analyse(call: Call, finds: Callable[[Call], Mapping[str, Any]] | None = None) -> Json:
    """Return what Retell makes of a call that is over; what was asked to be found is in the functions' arguments."""
    talked = call.started_at is not None and any(turn.role == "user" for turn in call.turns)
    found = {**_extracted(call), **(finds(call) if finds else {})} if talked and not call.in_voicemail else {}
    asked: list[Json] = call.engine.agent.get("post_call_analysis_data") or []
    lacking = [each["name"] for each in asked if each.get("required") and each["name"] not in found]
    worked = call.reason in ("agent_hangup", "user_hangup", "call_transfer") and not lacking
    analysis: Json = {
        "call_summary": _summary(call) if talked else "",
        "user_sentiment": "Neutral" if talked and not call.in_voicemail else "Unknown",
        "call_successful": bool(talked and not call.in_voicemail and worked),
        "custom_analysis_data": found,
    }
    if call.started_at is not None:
        analysis["in_voicemail"] = call.in_voicemail
    return analysis


def _summary(call: Call) -> str:
    said = next((turn.content for turn in call.turns if turn.role == "user"), "")
    used = ", ".join(dict.fromkeys(each.name for each in call.functions)) or "nothing"
    return f"The agent and the user spoke for {call.seconds:.0f} seconds. The user said: {said} Used: {used}."


def _extracted(call: Call) -> Json:
    found: Json = {}
    wanted: list[Json] = call.engine.agent.get("post_call_analysis_data") or []
    for asked in wanted:
        name = asked["name"]
        if asked["type"] == "system-presets":
            continue
        values = [each.arguments[name] for each in call.functions if each.succeeded and name in each.arguments]
        used = any(each.succeeded and each.name == name for each in call.functions)
        value = _fitted(asked, values[-1] if values else used or None)
        if value is not None:
            found[name] = value
    return found


def _fitted(asked: Json, value: Any) -> Any:
    match asked["type"]:
        case "boolean":
            return bool(value)
        case "number":
            number = re.search(r"-?\d+(?:\.\d+)?", str(value)) if value is not True else None
            return float(number[0]) if number else None
        case "enum":
            return value if value in asked["choices"] else None
        case _:
            return None if value is None or value is True else str(value)


def _spread(values: list[int]) -> Json:
    ordered = sorted(values)

    def at(share: float) -> int:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return {
        "p50": at(0.5),
        "p90": at(0.9),
        "p95": at(0.95),
        "p99": at(0.99),
        "max": ordered[-1],
        "min": ordered[0],
        "num": len(ordered),
        "values": values,
    }


def _usage(requests: int) -> Json:
    values = [1500 + 60 * at for at in range(requests)]
    return {"values": values, "average": sum(values) / max(1, requests), "num_requests": requests}
