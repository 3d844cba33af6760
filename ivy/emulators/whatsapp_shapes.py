"""How Meta refuses, and the shapes of what it reads: keys, objects, lists and lengths. May import: the domain and below.

Unknown keys are refused too: the API ignores some of them, and a key that is ignored is a mistake of ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

Json = Mapping[str, Any]


class Refusal(Exception):
    """One of Meta's error answers."""

    def __init__(
        self, code: int, details: str, *, status: int = 400, subcode: int = 0, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"({code}) {details}")
        self.code = code
        self.status = status
        self.headers = dict(headers or {})
        self._details = details
        self._subcode = subcode

    def answer(self) -> dict[str, Any]:
        """Return Meta's error object."""
        error: dict[str, Any] = {"message": f"(#{self.code}) {self._details}", "type": "OAuthException"}
        error |= {"code": self.code, "fbtrace_id": "AEmulatedTraceId"}
        error["error_data"] = {"messaging_product": "whatsapp", "details": self._details}
        return {"error": {**error, "error_subcode": self._subcode} if self._subcode else error}


def check_keys(holder: Json, where: str, *, need: tuple[str, ...] = (), may: tuple[str, ...] = ()) -> None:
    for key in need:
        if key not in holder:
            raise Refusal(131008, f"Required parameter {key} is missing in {where}.")
    if unknown := sorted(holder.keys() - {*need, *may}):
        raise Refusal(100, f"Unexpected key {unknown[0]!r} in {where}.")


def object_at(holder: Json, key: str) -> Json:
    value: Any = holder.get(key)
    if not isinstance(value, dict):
        raise Refusal(100, f"{key} must be an object.")
    return cast(Json, value)


def objects_at(holder: Json, key: str, *, most: int) -> list[Json]:
    value: Any = holder.get(key)
    listed = cast(list[Any], value) if isinstance(value, list) else []
    if not 1 <= len(listed) <= most or not all(isinstance(item, dict) for item in listed):
        raise Refusal(131009, f"{key} must be a list of 1 to {most} objects.")
    return listed


def check_text(holder: Json, key: str, most: int, *, needed: bool = True) -> None:
    """Check a text of 1 to `most` characters that is not blank."""
    if key not in holder and not needed:
        return
    value = holder.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Refusal(131008, f"Required parameter {key} is missing or empty.")
    if len(value) > most:
        raise Refusal(100, f"Param {key} must be at most {most} characters long.")


def check_word(holder: Json, key: str, *allowed: str) -> None:
    """Check a text that is one of a few."""
    if holder.get(key) not in allowed:
        raise Refusal(131009, f"{key} must be {' or '.join(allowed)}.")


def check_flag(holder: Json, key: str) -> None:
    if not isinstance(holder.get(key, False), bool):
        raise Refusal(131009, f"{key} must be a boolean.")


def check_unique(values: Sequence[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise Refusal(131009, f"{what} must be unique.")
