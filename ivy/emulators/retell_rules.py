"""What Retell takes as a call, and what it refuses. May import: the domain and below.

Source: retell-sdk 6.2.13, "Create phone call", 2026-11. Unknown fields are refused too: the API ignores
some of them, and a field that is ignored is a mistake of ours.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from ivy.domain.plain_words import word_set

Json = dict[str, Any]

E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
LONGEST_METADATA = 50_000
"""Bytes of JSON."""


class Refusal(Exception):
    """One of Retell's error answers."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"({status}) {message}")
        self.status = status
        self.message = message
        self.headers = dict(headers or {})

    def answer(self) -> Json:
        return {"status": "error", "message": self.message}


# --- pieces that all checks are made of ------------------------------------------------------------


def as_object(value: Any, name: str) -> Json:
    """Return a JSON object. Raises: Refusal."""
    if not isinstance(value, dict):
        raise Refusal(400, f"{name} must be object")
    return cast(Json, value)


def as_list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refusal(400, f"{name} must be array")
    return cast("list[Any]", value)


def as_text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Refusal(400, f"{name} must be string")
    return value


def as_whole(value: Any, name: str, low: int, high: int) -> int:
    """Return a whole number between two bounds, both included. Raises: Refusal."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal(400, f"{name} must be integer")
    if not low <= value <= high:
        raise Refusal(400, f"{name} must be between {low} and {high}")
    return value


def as_number(value: Any, name: str, low: float, high: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refusal(400, f"{name} must be number")
    if not low <= value <= high:
        raise Refusal(400, f"{name} must be between {low} and {high}")
    return value


def as_flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise Refusal(400, f"{name} must be boolean")
    return value


def as_strings(value: Any, name: str) -> dict[str, str]:
    """Return a map from names to strings: numbers and booleans are refused, as Retell does. Raises: Refusal."""
    for key, each in as_object(value, name).items():
        as_text(each, f"{name}/{key}")
    return cast("dict[str, str]", value)


def known_only(asked: Json, known: Iterable[str], name: str = "body") -> None:
    if unknown := sorted(asked.keys() - set(known)):
        raise Refusal(400, f"{name} must NOT have additional properties: {', '.join(unknown)}")


def required(asked: Json, *names: str, name: str = "body") -> None:
    for each in names:
        if asked.get(each) is None:
            raise Refusal(400, f"{name} must have required property '{each}'")


def one_of(value: Any, name: str, choices: Iterable[str]) -> str:
    allowed = sorted(choices)
    if not isinstance(value, str) or value not in allowed:
        raise Refusal(400, f"{name} must be one of: {', '.join(allowed)}")
    return value


def as_metadata(value: Any) -> Json:
    if len(msgspec.json.encode(value)) > LONGEST_METADATA:
        raise Refusal(400, f"metadata must be at most {LONGEST_METADATA} bytes")
    return as_object(value, "metadata")


# --- one call --------------------------------------------------------------------------------------

_CALL_FIELDS = word_set(
    "from_number to_number agent_override custom_sip_headers honor_internal_dnc idempotency_key ignore_e164_validation "
    "metadata override_agent_id override_agent_version retell_llm_dynamic_variables"
)


@dataclass(frozen=True)
class AskedCall:
    """One call as it was asked for; `variables` and `metadata` are None where the request has none."""

    from_number: str
    to_number: str
    key: str
    agent_id: str
    version: str | int | None
    override: Json
    variables: dict[str, str] | None
    metadata: Json | None
    sip_headers: dict[str, str]
    honors_dnc: bool


def check_call(asked: Json) -> AskedCall:
    """Check the form of one outbound call. Raises: Refusal."""
    known_only(asked, _CALL_FIELDS)
    required(asked, "from_number", "to_number")
    numbers = [as_text(asked[name], name) for name in ("from_number", "to_number")]
    for name, number in zip(("from_number", "to_number"), numbers, strict=True):
        if not E164.fullmatch(number):
            raise Refusal(400, f"{name} is not a valid E.164 number: {number}")
    if numbers[0] == numbers[1]:
        raise Refusal(400, "from_number and to_number are the same")
    variables, metadata = asked.get("retell_llm_dynamic_variables"), asked.get("metadata")
    return AskedCall(
        from_number=numbers[0],
        to_number=numbers[1],
        key=as_text(asked.get("idempotency_key", ""), "idempotency_key"),
        agent_id=as_text(asked.get("override_agent_id", ""), "override_agent_id"),
        version=as_version(asked.get("override_agent_version"), "override_agent_version"),
        override=as_object(asked.get("agent_override", {}), "agent_override"),
        variables=None if variables is None else as_strings(variables, "retell_llm_dynamic_variables"),
        metadata=None if metadata is None else as_metadata(metadata),
        sip_headers=as_strings(asked.get("custom_sip_headers", {}), "custom_sip_headers"),
        honors_dnc=as_flag(asked.get("honor_internal_dnc", False), "honor_internal_dnc"),
    )


def as_version(value: Any, name: str) -> str | int | None:
    """Return a version's number, or a tag, latest or latest_published; None where there is none."""
    if value is None:
        return None
    if isinstance(value, str) and value:
        return int(value) if value.isdecimal() else value
    return as_whole(value, name, 0, 1_000_000)


STRICTER = ("everything", "everything_except_pii", "basic_attributes_only")
"""What is kept of a call; an update only ever goes to the right."""


def check_update(asked: Json, stored: str) -> Json:
    """Check a change to a call that is over; `stored` is its storage setting now. Raises: Refusal."""
    known_only(asked, ("metadata", "data_storage_setting", "custom_attributes"))
    if "metadata" in asked:
        as_metadata(asked["metadata"])
    if "custom_attributes" in asked:
        as_object(asked["custom_attributes"], "custom_attributes")
    if "data_storage_setting" in asked:
        wanted = one_of(asked["data_storage_setting"], "data_storage_setting", STRICTER)
        if STRICTER.index(wanted) < STRICTER.index(stored):
            raise Refusal(400, f"data_storage_setting cannot go from {stored} to {wanted}")
    return asked
