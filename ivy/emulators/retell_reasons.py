"""Why a Retell call is over: all 39 reasons, and what each leaves behind. May import: the standard library.

Source: retell-sdk 6.2.13, `disconnection_reason`; statuses from "Debug call disconnection", 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class End:
    """`status` is what `call_status` says afterwards; a call that never connected has no times, words or `call_started`."""

    status: str
    connected: bool


_CONNECTED = End("ended", connected=True)
_UNREACHED = End("not_connected", connected=False)
_BROKEN = End("error", connected=True)
_REFUSED = End("error", connected=False)

_REASONS: Mapping[End, str] = {
    _CONNECTED: "user_hangup agent_hangup inactivity max_duration_reached call_transfer transfer_bridged "
    "transfer_cancelled call_take_over manual_stopped user_requested_dnc user_requested_callback voicemail_reached "
    "ivr_reached",
    _UNREACHED: "dial_no_answer dial_busy user_declined dial_failed invalid_destination "
    "telephony_provider_permission_denied telephony_provider_unavailable sip_routing_error marked_as_spam network_blocked",
    _BROKEN: "error_llm_websocket_open error_llm_websocket_lost_connection error_llm_websocket_runtime "
    "error_llm_websocket_corrupt_payload error_no_audio_received error_asr error_retell error_unknown",
    _REFUSED: "concurrency_limit_reached no_valid_payment credit_exhausted budget_reached scam_detected "
    "error_user_not_joined registered_call_timeout",
    End("ended", connected=False): "no_concurrency_fallback",
}

ENDS: Mapping[str, End] = {reason: end for end, reasons in _REASONS.items() for reason in reasons.split()}
