"""What an agent of ours is, word for word as Retell takes it, and the digest by which a changed one is known.

May import: ports and below. Everything whose default would hurt is said: an hour's call, ten minutes of silence, two
minutes for a function, Los Angeles, data kept for ever. Sources: Retell, "Create agent", "Create Retell LLM";
reference voice.md 1.4 to 1.7.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from ivy.adapters.retell.dialing import longest_ms, voicemail_option
from ivy.adapters.retell.directory import name_of
from ivy.adapters.retell.reports import EVENTS
from ivy.domain import public_paths
from ivy.domain.extraction import FIELDS
from ivy.errors import ConfigError
from ivy.ports import ToolSpec

LOCALES = {"en": "en-US", "es": "es-419"}
TOOL_MS, WEBHOOK_MS = 8_000, 10_000
SILENCE_MS, REMIND_MS = 45_000, 12_000
"""When a silent call ends, and when the agent asks whether somebody is there."""
OPEN_AFTER_MS = 10_000
"""Carriers say "answered" seconds before somebody listens, and screeners speak first: the agent waits this long."""
LINK_MS = 24 * 60 * 60 * 1000
MARK = "ivy "
"""How the description of a version of ours begins; its digest follows."""
PII = (
    *("person_name", "address", "email", "phone_number", "ssn", "passport", "driver_license", "credit_card"),
    *("bank_account", "password", "pin", "medical_id", "date_of_birth", "customer_account_number"),
)
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_RESERVED = re.compile(
    r"current_(time|hour|calendar)(_.+)?|session_(type|duration(_ms)?)|direction|call_id|call_type", re.ASCII
)


@dataclass(frozen=True)
class Terms:
    """What configuration says of all agents. `public_url` is where Retell reaches us; voices are by language."""

    prefix: str
    public_url: str
    model: str
    voices: Mapping[str, str]
    store: str
    retention_days: int
    ring_seconds: int
    longest_seconds: int


@dataclass(frozen=True)
class Screening:
    """What the agent tells a phone that asks, before it rings, who calls and why. May hold {{variables}}."""

    identity: str
    purpose: str


SCREENING: Mapping[str, Screening] = {
    "en": Screening("Ivy, an AI coach", "{{ivy_purpose}}"),
    "es": Screening("Ivy, una entrenadora con IA", "{{ivy_purpose}}"),
}


@dataclass(frozen=True)
class Script:
    """One agent as it should be: `llm` is the body of its language model, `agent` its own but for the model's id."""

    name: str
    language: str
    llm: Mapping[str, Any]
    agent: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Return 16 hex digits that change with any word of it."""
        return sha256(msgspec.json.encode([self.llm, self.agent], order="deterministic")).hexdigest()[:16]

    @property
    def description(self) -> str:
        return f"{MARK}{self.digest}"


def script(
    language: str,
    terms: Terms,
    *,
    prompt: str,
    variables: Mapping[str, str],
    tools: Sequence[ToolSpec],
    screening: Screening | None = None,
) -> Script:
    """Return the agent of a language; `variables` are all that its words have a place for, with their defaults.

    Raises: ConfigError for what Retell would refuse, or would speak aloud.
    """
    if not terms.public_url:
        raise ConfigError("server.public_url is missing: agents call Ivy's tools there")
    if not terms.voices.get(language):
        raise ConfigError(f"voice.voice_{language} is missing")
    llm = _llm(terms, prompt, variables, tools)
    agent = _agent(language, terms, screening or SCREENING[language])
    if strange := sorted(_strange(llm, agent, variables)):
        raise ConfigError(f"the agent {agent['agent_name']} would say {', '.join(strange)} aloud: no such variable")
    return Script(agent["agent_name"], language, llm, agent)


def _llm(terms: Terms, prompt: str, variables: Mapping[str, str], tools: Sequence[ToolSpec]) -> dict[str, Any]:
    return {
        "start_speaker": "user",
        "begin_message": None,  # a fixed one would be said to a screener too
        "begin_after_user_silence_ms": OPEN_AFTER_MS,
        "general_prompt": prompt,
        "general_tools": [*(_custom_tool(each, terms.public_url) for each in tools), _END_CALL],
        "default_dynamic_variables": dict(variables),
        "model_config": {"type": "cascading", "primary": {"model": terms.model}, "temperature": 0},
    }


def _custom_tool(spec: ToolSpec, public_url: str) -> dict[str, Any]:
    if not _TOOL_NAME.fullmatch(spec.name):
        raise ConfigError(f"no tool of a call can be named {spec.name!r}")
    return {
        "type": "custom",
        "name": spec.name,
        "description": spec.description,
        "url": f"{public_url.rstrip('/')}{public_paths.FUNCTIONS}/{spec.name}",
        "method": "POST",
        "parameters": spec.parameters,
        "args_at_root": False,  # the call, and so whose it is, comes beside the arguments
        "timeout_ms": TOOL_MS,
        "max_retry": 0,
        "speak_during_execution": False,
        "speak_after_execution": True,
        "enable_typing_sound": False,
    }


_END_CALL = {
    "type": "end_call",
    "name": "end_call",
    "description": "End the call: the person said goodbye, wants to stop, or everything is said.",
    "speak_during_execution": True,
    "execution_message_type": "prompt",
    "execution_message_description": "One short goodbye in the language of the call.",
}


def _agent(language: str, terms: Terms, screening: Screening) -> dict[str, Any]:
    return {
        "agent_name": name_of(terms.prefix, language),
        "language": LOCALES[language],
        "voice_id": terms.voices[language],
        **_HEARING,
        **_ENDS,
        "max_call_duration_ms": longest_ms(terms.longest_seconds),
        "ring_duration_ms": 1000 * min(max(terms.ring_seconds, 5), 300),
        "call_screening_option": {"agent_identity": screening.identity, "call_purpose": screening.purpose},
        "webhook_url": f"{terms.public_url.rstrip('/')}{public_paths.RETELL}",
        "webhook_events": list(EVENTS),
        "webhook_timeout_ms": WEBHOOK_MS,
        **_storage(terms),
        "post_call_analysis_data": list(FINDINGS),
        "post_call_analysis_model": terms.model,
    }


_HEARING: Mapping[str, Any] = {
    "stt_mode": "accurate",
    "begin_message_delay_ms": 0,
    "reminder_trigger_ms": REMIND_MS,
    "reminder_max_count": 1,
    "allow_user_dtmf": False,
    "timezone": "UTC",  # the person's own time is a variable; Los Angeles is nobody's default
    "handbook_config": {"ai_disclosure": True},
    "contact_memory_config": {"enable_read": False, "enable_update": False},  # Ivy has its own memory
}
_ENDS: Mapping[str, Any] = {
    "end_call_after_silence_ms": SILENCE_MS,
    "voicemail_option": voicemail_option(""),  # each call says for itself whether it leaves a message
    "ivr_option": {"action": {"type": "hangup"}},  # a mailbox that speaks like a menu is filed as one
    "enable_dnc_detection": True,
}


def _storage(terms: Terms) -> dict[str, Any]:
    scrubbed = PII if terms.store == "everything_except_pii" else ()
    return {
        "data_storage_setting": terms.store,
        "data_storage_retention_days": min(max(terms.retention_days, 1), 730),
        "opt_in_signed_url": True,  # else recordings and logs are public to whoever has the link
        "signed_url_expiration_ms": LINK_MS,
        "pii_config": {"mode": "post_call", "categories": list(scrubbed)},
    }


# --- what is looked for in a call when it is over --------------------------------------------------------


FINDINGS: Sequence[Mapping[str, Any]] = tuple(
    # All as text: a number or a yes that nobody said would have to be invented.
    {"type": "string", "name": name, "description": description, "required": False}
    for name, description in FIELDS.items()
)


# --- variables -------------------------------------------------------------------------------------------


def places(value: Any) -> set[str]:
    """Return every {{variable}} that any text within names."""
    return set(_PLACE.findall(msgspec.json.encode(value).decode()))


def _strange(llm: Mapping[str, Any], agent: Mapping[str, Any], variables: Mapping[str, str]) -> set[str]:
    found = (places(llm) | places(agent)) - variables.keys()
    return {name for name in found if not _RESERVED.fullmatch(name)}
