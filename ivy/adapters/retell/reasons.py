"""Why a call ended, in Retell's words, and what each means. May import: the domain.

All 39 of `disconnection_reason` (retell-sdk 6.2.13) are here; Retell adds new ones without notice, and what nobody knows is
a fault of the provider's, never the person's. Source: Retell, "Debug call disconnection"; reference voice.md 2.3.
"""

from collections.abc import Mapping

from ivy.domain.calls import Again, CallOutcome, Verdict

VOICEMAIL_REACHED = "voicemail_reached"
"""The mailbox was noticed, and what the call had for one (a message, or hanging up) was done."""

UNKNOWN = Verdict(CallOutcome.FAILED, Again.FAULT, known=False)
_SPOKE = Verdict(CallOutcome.COMPLETED, needs_words=True)
_HUNG_UP = Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=True)
_FELL_SILENT = Verdict(CallOutcome.COMPLETED, needs_words=True, by_silence=True)
_MISSED = Verdict(CallOutcome.MISSED, Again.LADDER)
_MAILBOX = Verdict(CallOutcome.VOICEMAIL, Again.LADDER)
_FAULT = Verdict(CallOutcome.FAILED, Again.FAULT)
_MEND = Verdict(CallOutcome.FAILED, Again.MEND)

REASONS: Mapping[str, Verdict] = {
    # They spoke, or could have: only their words tell (a screener and a recogniser that hears nothing look the same).
    "user_hangup": _HUNG_UP,
    "agent_hangup": _SPOKE,
    "inactivity": _FELL_SILENT,
    "max_duration_reached": _SPOKE,
    "call_transfer": _SPOKE,
    "transfer_bridged": _SPOKE,
    "transfer_cancelled": _SPOKE,
    "call_take_over": _SPOKE,
    "user_requested_callback": Verdict(CallOutcome.COMPLETED, Again.AT_WISH),
    "user_requested_dnc": Verdict(CallOutcome.OPTED_OUT, Again.NEVER),
    "manual_stopped": Verdict(CallOutcome.CANCELLED),
    # Nobody was there.
    VOICEMAIL_REACHED: _MAILBOX,
    "ivr_reached": _MAILBOX,
    "dial_no_answer": _MISSED,
    "dial_busy": _MISSED,
    "error_user_not_joined": Verdict(CallOutcome.MISSED),
    "user_declined": Verdict(CallOutcome.DECLINED),
    # It never rang, by a fault that passes.
    "dial_failed": _FAULT,
    "telephony_provider_unavailable": _FAULT,
    "sip_routing_error": _FAULT,
    "concurrency_limit_reached": _FAULT,
    "error_llm_websocket_open": _FAULT,
    "error_llm_websocket_lost_connection": _FAULT,
    "error_llm_websocket_runtime": _FAULT,
    "error_llm_websocket_corrupt_payload": _FAULT,
    "error_no_audio_received": _FAULT,
    "error_asr": _FAULT,
    "error_retell": _FAULT,
    "error_unknown": _FAULT,
    # Somebody else was to take it up: an overflow's number, our own telephony.
    "no_concurrency_fallback": Verdict(CallOutcome.FAILED),
    "registered_call_timeout": Verdict(CallOutcome.FAILED),
    # Nothing will work before the operator did something: about money, the trunk, or our number's name.
    "telephony_provider_permission_denied": _MEND,
    "marked_as_spam": _MEND,
    "network_blocked": _MEND,
    "no_valid_payment": _MEND,
    "credit_exhausted": _MEND,
    "budget_reached": _MEND,
    "scam_detected": _MEND,
    "invalid_destination": Verdict(CallOutcome.FAILED, Again.NEVER),
}


def verdict_of(reason: str) -> Verdict:
    """Return what a reason means; one that nobody knows, and none at all, is a fault."""
    return REASONS.get(reason, UNKNOWN)
