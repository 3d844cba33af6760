"""What Retell takes as an agent, and as a number. May import: the domain and below.

Source: retell-sdk 6.2.13, "Create agent", "Update phone number", 2026-11.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ivy.domain.plain_words import word_set
from ivy.emulators.retell_rules import (
    E164,
    STRICTER,
    Json,
    Refusal,
    as_flag,
    as_list,
    as_number,
    as_object,
    as_strings,
    as_text,
    as_version,
    as_whole,
    known_only,
    one_of,
    required,
)

_LOCALE = re.compile(r"[a-z]{2,3}-(?:[A-Z]{2}|[0-9]{3})|multi", re.ASCII)
_VOICE = re.compile(r"[A-Za-z0-9_]+-[A-Za-z0-9 ._-]+", re.ASCII)
FOR_EVER = 10**9

EVENTS = ("call_started", "call_ended", "call_analyzed")
"""What an agent's webhook tells of unless it says otherwise."""

# --- agents ----------------------------------------------------------------------------------------

_WHOLE: Mapping[str, tuple[int, int]] = {
    "begin_message_delay_ms": (0, 5_000),
    "data_storage_retention_days": (1, 730),
    "end_call_after_silence_ms": (10_000, FOR_EVER),
    "max_call_duration_ms": (60_000, 7_200_000),
    "reminder_max_count": (0, 100),
    "reminder_trigger_ms": (1, FOR_EVER),
    "ring_duration_ms": (5_000, 300_000),
    "signed_url_expiration_ms": (1, FOR_EVER),
    "webhook_timeout_ms": (1, FOR_EVER),
}
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "ambient_sound_volume": (0, 2),
    "backchannel_frequency": (0, 1),
    "denoising_enhancement_level": (0, 1),
    "interruption_sensitivity": (0, 1),
    "responsiveness": (0, 1),
    "voice_speed": (0.5, 2),
    "voice_temperature": (0, 2),
    "volume": (0, 2),
}
_FLAGS = word_set(
    "allow_dtmf_interruption allow_user_dtmf enable_backchannel enable_dnc_detection enable_dynamic_responsiveness "
    "enable_dynamic_voice_speed enable_expressive_mode is_transfer_agent opt_in_signed_url"
)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "data_storage_setting": STRICTER,
    "stt_mode": ("fast", "accurate", "custom"),
    "vocab_specialization": ("general", "medical"),
}
_FREE = word_set(
    "agent_name ambient_sound backchannel_words boosted_keywords custom_stt_config denoising_mode "
    "expressive_emotion_tags expressive_mode_prompt fallback_voice_ids guardrail_config handbook_config pii_config "
    "post_call_analysis_model post_session_tools pre_session_tools pronunciation_dictionary user_dtmf_options "
    "version_description version_title voice_model"
)
"""Taken as they come: the emulated agent has no use for them."""
_LOOKED_AT = word_set(
    "call_screening_option contact_memory_config ivr_option language post_call_analysis_data response_engine timezone "
    "voice_id voicemail_option webhook_events webhook_url"
)
_NOT_OVERRIDDEN = frozenset({"agent_name", "is_transfer_agent", "version_description", "version_title"})


def check_agent(asked: Json, *, new: bool = False, override: bool = False) -> Json:
    """Check an agent, or the fields of one that are changed for good or for one call. Raises: Refusal."""
    known = {*_WHOLE, *_NUMBERS, *_FLAGS, *_CHOICES, *_FREE, *_LOOKED_AT}
    known_only(asked, known - _NOT_OVERRIDDEN if override else known, "agent")
    if new:
        required(asked, "response_engine", "voice_id", name="agent")
    for name, value in asked.items():
        if value is not None:
            _check_field(name, value)
    return asked


def _check_field(name: str, value: Any) -> None:
    if name in _WHOLE:
        as_whole(value, name, *_WHOLE[name])
    elif name in _NUMBERS:
        as_number(value, name, *_NUMBERS[name])
    elif name in _FLAGS:
        as_flag(value, name)
    elif name in _CHOICES:
        one_of(value, name, _CHOICES[name])
    elif name in _LOOKED_AT:
        _check_looked_at(name, value)


def _check_looked_at(name: str, value: Any) -> None:
    match name:
        case "response_engine":
            _check_engine(as_object(value, name))
        case "voice_id":
            if not _VOICE.fullmatch(as_text(value, name)):
                raise Refusal(422, f"voice_id {value} not found")
        case "language":
            for each in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
                if not _LOCALE.fullmatch(as_text(each, name)):
                    raise Refusal(400, f"language must be a locale: {each}")
        case "timezone":
            check_zone(as_text(value, name))
        case "webhook_url":
            check_url(as_text(value, name), name)
        case "webhook_events":
            for each in as_list(value, name):
                one_of(each, name, (*EVENTS, "transcript_updated"))
        case "voicemail_option" | "ivr_option":
            _check_machine(as_object(value, name), name)
        case "call_screening_option":
            known_only(as_object(value, name), ("agent_identity", "call_purpose"), name)
            as_strings(value, name)
        case "contact_memory_config":
            known_only(as_object(value, name), ("enable_read", "enable_update"), name)
            for key, each in value.items():
                as_flag(each, f"{name}/{key}")
        case _:
            for each in as_list(value, name):
                _check_extracted(as_object(each, name))


def check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise Refusal(400, f"timezone {zone} is not a valid IANA time zone") from error


def check_url(url: str, name: str) -> None:
    parts = urlsplit(url.replace("{{", "").replace("}}", ""))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal(400, f"{name} must be a valid URL: {url}")


def _check_engine(engine: Json) -> None:
    kind = one_of(engine.get("type"), "response_engine/type", ("retell-llm", "conversation-flow", "custom-llm"))
    if kind != "retell-llm":
        raise Refusal(422, f"the emulated Retell has no {kind}")
    known_only(engine, ("type", "llm_id", "version"), "response_engine")
    required(engine, "llm_id", name="response_engine")


def _check_machine(option: Json, name: str) -> None:
    known_only(option, ("action", "detection_prompt"), name)
    required(option, "action", name=name)
    action = as_object(option["action"], f"{name}/action")
    kinds = ("hangup",) if name == "ivr_option" else ("hangup", "static_text", "prompt", "bridge_transfer")
    if one_of(action.get("type"), f"{name}/action/type", kinds) in ("static_text", "prompt"):
        required(action, "text", name=f"{name}/action")
        as_text(action["text"], f"{name}/action/text")


def _check_extracted(item: Json) -> None:
    known_only(
        item,
        ("type", "name", "description", "examples", "choices", "required", "conditional_prompt"),
        "post_call_analysis_data",
    )
    kinds = ("string", "enum", "boolean", "number", "system-presets")
    kind = one_of(item.get("type"), "post_call_analysis_data/type", kinds)
    required(item, "name", name="post_call_analysis_data")
    if kind == "system-presets":
        presets = ("call_summary", "call_successful", "user_sentiment")
        one_of(item["name"], "post_call_analysis_data/name", presets)
        return
    required(item, "description", *(["choices"] if kind == "enum" else []), name="post_call_analysis_data")


# --- numbers ---------------------------------------------------------------------------------------

_NUMBER_FIELDS = word_set(
    "allowed_inbound_country_list allowed_outbound_country_list auth_password auth_username codecs fallback_number "
    "inbound_agents inbound_sms_agents inbound_sms_webhook_url inbound_webhook_url nickname outbound_agents "
    "outbound_sms_agents termination_uri transport"
)
_IMPORT_FIELDS = word_set(
    "phone_number termination_uri allowed_inbound_country_list allowed_outbound_country_list codecs "
    "ignore_e164_validation inbound_agents inbound_webhook_url nickname outbound_agents sip_trunk_auth_password "
    "sip_trunk_auth_username transport"
)


def check_number(asked: Json, *, new: bool = False) -> Json:
    """Check a number that is imported, or what is changed about one. Raises: Refusal."""
    known_only(asked, _IMPORT_FIELDS if new else _NUMBER_FIELDS)
    if new:
        required(asked, "phone_number", "termination_uri")
        if not E164.fullmatch(as_text(asked["phone_number"], "phone_number")):
            raise Refusal(400, f"phone_number is not a valid E.164 number: {asked['phone_number']}")
    if asked.get("inbound_webhook_url") is not None:
        check_url(as_text(asked["inbound_webhook_url"], "inbound_webhook_url"), "inbound_webhook_url")
    for name in ("inbound_agents", "outbound_agents"):
        bound = [as_object(each, name) for each in as_list(asked.get(name) or [], name)]
        for each in bound:
            known_only(each, ("agent_id", "agent_version", "weight"), name)
            required(each, "agent_id", "weight", name=name)
            as_version(each.get("agent_version"), f"{name}/agent_version")
        if bound and abs(sum(as_number(each["weight"], f"{name}/weight", 0, 1) for each in bound) - 1) > 1e-6:
            raise Refusal(400, f"{name}: the weights must add up to 1")
    return asked
