"""A search for calls at Retell: its filters, and which calls pass them. May import: the domain and below.

Source: retell-sdk 6.2.13, "List calls", 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivy.emulators.retell_rules import (
    Json,
    Refusal,
    as_flag,
    as_list,
    as_number,
    as_object,
    as_text,
    as_whole,
    known_only,
    one_of,
    required,
)

MOST_LISTED = 1000
USUALLY_LISTED = 50

_OPS: Mapping[str, tuple[str, ...]] = {
    "string": ("eq", "ne", "sw", "ew", "co"),
    "number": ("eq", "ne", "gt", "ge", "lt", "le"),
    "range": ("bt",),
    "enum": ("in",),
    "boolean": ("eq",),
    "present": ("pr", "np"),
}
_NUMBER = ("number", "range")
_FILTERS: Mapping[str, tuple[str, ...]] = {
    "call_id": ("string",),
    "call_status": ("enum",),
    "call_type": ("enum",),
    "direction": ("enum",),
    "disconnection_reason": ("enum",),
    "from_number": ("string",),
    "to_number": ("string",),
    "start_timestamp": _NUMBER,
    "end_timestamp": _NUMBER,
    "duration_ms": _NUMBER,
}
"""Filters on one field; those of the real one that no adapter of ours could use are left out."""
_KEYED = {"metadata": "metadata", "dynamic_variables": "retell_llm_dynamic_variables"}
_STATUSES = ("ongoing", "ended", "not_connected", "error")


@dataclass(frozen=True)
class Wanted:
    """One page of calls: `skip` from the first that matches, at most `limit`."""

    filters: Json
    limit: int
    newest_first: bool
    skip: int
    with_total: bool


def check_list(asked: Json) -> Wanted:
    """Check the body of a search for calls. Raises: Refusal."""
    known_only(asked, ("filter_criteria", "limit", "sort_order", "pagination_key", "skip", "include_total"))
    filters = as_object(asked.get("filter_criteria", {}), "filter_criteria")
    known_only(filters, (*_FILTERS, *_KEYED, "agent"), "filter_criteria")
    for name, given in filters.items():
        if name == "agent":
            for each in as_list(given, name):
                required(as_object(each, name), "agent_id", name=name)
        elif name in _KEYED:
            for each in as_list(given, name):
                required(as_object(each, name), "key", name=name)
                _check_filter(as_object(each, name), name, tuple(_OPS))
        else:
            _check_filter(as_object(given, name), name, _FILTERS[name])
    if filters.get("call_status") and set(filters["call_status"]["value"]) - set(_STATUSES):
        raise Refusal(400, f"filter_criteria/call_status must be of: {', '.join(_STATUSES)}")
    page = as_text(asked.get("pagination_key", ""), "pagination_key")
    if page and not page.isdecimal():
        raise Refusal(400, "pagination_key is not one of ours")
    return Wanted(
        filters=filters,
        limit=as_whole(asked.get("limit", USUALLY_LISTED), "limit", 1, MOST_LISTED),
        newest_first=one_of(asked.get("sort_order", "descending"), "sort_order", ("ascending", "descending"))
        == "descending",
        skip=int(page) if page else as_whole(asked.get("skip", 0), "skip", 0, 1_000_000),
        with_total=as_flag(asked.get("include_total", False), "include_total"),
    )


def _check_filter(given: Json, name: str, types: tuple[str, ...]) -> None:
    known_only(given, ("type", "op", "value", "key"), f"filter_criteria/{name}")
    kind = one_of(given.get("type"), f"filter_criteria/{name}/type", types)
    one_of(given.get("op"), f"filter_criteria/{name}/op", _OPS[kind])
    value = given.get("value")
    match kind:
        case "range":
            if len(as_list(value, name)) != 2:
                raise Refusal(400, f"filter_criteria/{name} must have a lower and an upper bound")
        case "enum":
            as_list(value, name)
        case "boolean":
            as_flag(value, name)
        case "string":
            as_text(value, name)
        case "number":
            as_number(value, name, float("-inf"), float("inf"))
        case _:
            pass


def is_wanted(call: Json, wanted: Wanted) -> bool:
    """Say whether a call (as `get-call` shows it) passes all filters. One without a field passes no filter on it."""
    for name, given in wanted.filters.items():
        if name == "agent":
            if not any(each["agent_id"] == call["agent_id"] for each in given):
                return False
        elif name in _KEYED:
            held: Json = call.get(_KEYED[name]) or {}
            if not all(_passes(held.get(each["key"]), each) for each in given):
                return False
        elif not _passes(call.get(name), given):
            return False
    return True


def _passes(value: Any, given: Json) -> bool:
    wanted: Any = given.get("value")
    op = given["op"]
    if op in ("pr", "np"):
        return (value is not None) == (op == "pr")
    if value is None:
        return False
    kinds: Mapping[str, Any] = {"string": str, "number": int | float, "range": int | float, "boolean": bool}
    if not isinstance(value, kinds.get(given["type"], object)):
        return False
    tests: dict[str, bool] = {"eq": value == wanted, "ne": value != wanted}
    match given["type"]:
        case "string":
            tests |= {"sw": value.startswith(wanted), "ew": value.endswith(wanted), "co": wanted in value}
        case "number":
            tests |= {"gt": value > wanted, "ge": value >= wanted, "lt": value < wanted, "le": value <= wanted}
        case "range":
            tests["bt"] = wanted[0] <= value <= wanted[1]
        case "enum":
            tests["in"] = value in wanted
        case _:
            pass
    return tests[op]
