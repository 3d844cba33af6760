"""What Meta takes of interactive messages: buttons, lists, links, forms and requests. May import: the domain and below.

Source: Cloud API reference, "Messages" > "Interactive"; WhatsApp Flows, "Sending a Flow"; limits of 2026-11.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ivy.domain.emoji import has_emoji
from ivy.emulators.whatsapp_shapes import (
    Json,
    Refusal,
    check_keys,
    check_text,
    check_unique,
    check_word,
    object_at,
    objects_at,
)

_SCREEN = re.compile(r"[A-Za-z_]+", re.ASCII)
_WORDS, _PICTURES = ("text",), ("text", "image", "video", "document")
LONGEST_URL, LONGEST_CTA, LONGEST_TOKEN = 2000, 20, 1024


def check_interactive(interactive: Json) -> None:
    kind = interactive.get("type")
    rule = RULES.get(kind) if isinstance(kind, str) else None
    if rule is None:
        raise Refusal(131009, f"Interactive type {kind!r} is not valid.")
    may = (*(("header",) if rule.headers else ()), *(("footer",) if rule.footer else ()))
    check_keys(interactive, "interactive", need=("type", "body", "action"), may=may)
    check_keys(object_at(interactive, "body"), "body", need=("text",))
    check_text(object_at(interactive, "body"), "text", rule.longest_body)
    if "footer" in interactive:
        check_keys(object_at(interactive, "footer"), "footer", need=("text",))
        check_text(object_at(interactive, "footer"), "text", 60)
    if "header" in interactive:
        _check_header(object_at(interactive, "header"), rule.headers)
    rule.check(object_at(interactive, "action"))


def _check_header(header: Json, allowed: tuple[str, ...]) -> None:
    check_word(header, "type", *allowed)
    kind = header["type"]
    check_keys(header, "header", need=("type", kind))
    if kind == "text":
        check_text(header, "text", 60)
        return
    media = object_at(header, kind)
    check_keys(media, f"header.{kind}", may=("id", "link", *(("filename",) if kind == "document" else ())))
    if ("id" in media) == ("link" in media):
        raise Refusal(131008, "Exactly one of id and link is required.")


# --- actions -----------------------------------------------------------------------------------------


def _buttons(action: Json) -> None:
    check_keys(action, "action", need=("buttons",))
    replies: list[Json] = []
    for button in objects_at(action, "buttons", most=3):
        check_keys(button, "button", need=("type", "reply"))
        check_word(button, "type", "reply")
        reply = object_at(button, "reply")
        check_keys(reply, "reply", need=("id", "title"))
        check_text(reply, "title", 20)
        check_text(reply, "id", 256)
        replies.append(reply)
    check_unique([reply["id"] for reply in replies], "Ids of buttons")
    check_unique([reply["title"] for reply in replies], "Titles of buttons")


def _list(action: Json) -> None:
    check_keys(action, "action", need=("button", "sections"))
    check_text(action, "button", 20)
    sections = objects_at(action, "sections", most=10)
    for section in sections:
        check_keys(section, "section", need=("rows",), may=("title",))
        check_text(section, "title", 24, needed=len(sections) > 1)
    rows = [row for section in sections for row in objects_at(section, "rows", most=10)]
    if len(rows) > 10:
        raise Refusal(131009, "A list has at most 10 rows in total.")
    for row in rows:
        check_keys(row, "row", need=("id", "title"), may=("description",))
        check_text(row, "id", 200)
        check_text(row, "title", 24)
        check_text(row, "description", 72, needed=False)
    check_unique([row["id"] for row in rows], "Ids of rows")


def _cta_url(action: Json) -> None:
    parameters = _parameters(action, "cta_url")
    check_keys(parameters, "parameters", need=("display_text", "url"))
    check_text(parameters, "display_text", 20)
    check_text(parameters, "url", LONGEST_URL)
    try:
        parts = urlsplit(str(parameters["url"]))
    except ValueError as error:
        raise Refusal(131009, "url is not a URL.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", parameters["url"]):
        raise Refusal(131009, "url must be a http or https URL.")


def _flow(action: Json) -> None:
    flow = _parameters(action, "flow")
    opened = "flow_action_payload"
    may = ("flow_id", "flow_name", "mode", "flow_action", opened)
    check_keys(flow, "parameters", need=("flow_message_version", "flow_token", "flow_cta"), may=may)
    check_word(flow, "flow_message_version", "3")
    if ("flow_id" in flow) == ("flow_name" in flow):
        raise Refusal(131008, "Exactly one of flow_id and flow_name is required.")
    check_text(flow, "flow_id" if "flow_id" in flow else "flow_name", 256)
    check_text(flow, "flow_token", LONGEST_TOKEN)
    check_text(flow, "flow_cta", LONGEST_CTA)
    if has_emoji(flow["flow_cta"]):
        raise Refusal(131009, "flow_cta must have no emoji.")
    _check_mode(flow)
    if flow.get("flow_action", "navigate") == "data_exchange":
        if opened in flow:
            raise Refusal(131009, f"{opened} is not allowed when the endpoint opens the flow.")
    elif opened in flow:
        _check_opening(object_at(flow, opened))
    else:
        raise Refusal(131008, f"Required parameter {opened} is missing for navigate.")


def _check_mode(flow: Json) -> None:
    if "mode" in flow:
        check_word(flow, "mode", "published", "draft")
    if "flow_action" in flow:
        check_word(flow, "flow_action", "navigate", "data_exchange")


def _check_opening(payload: Json) -> None:
    """Check where a flow opens; what a screen is shown is left out or is not empty."""
    check_keys(payload, "flow_action_payload", need=("screen",), may=("data",))
    screen = payload["screen"]
    if not isinstance(screen, str) or not _SCREEN.fullmatch(screen) or screen == "SUCCESS":
        raise Refusal(131009, "screen must be the name of a screen: letters and underscores.")
    if "data" in payload and not object_at(payload, "data"):
        raise Refusal(131009, "data must not be empty: leave it out.")


def _voice_call(action: Json) -> None:
    check_keys(action, "action", need=("name",), may=("parameters",))
    check_word(action, "name", "voice_call")
    if "parameters" not in action:
        return
    parameters = object_at(action, "parameters")
    check_keys(parameters, "parameters", may=("display_text", "ttl_minutes", "payload"))
    check_text(parameters, "display_text", 20, needed=False)
    check_text(parameters, "payload", 512, needed=False)
    minutes: Any = parameters.get("ttl_minutes", 1)
    if not isinstance(minutes, int) or not 1 <= minutes <= 43_200:
        raise Refusal(131009, "ttl_minutes must be 1 to 43200.")


def _parameters(action: Json, name: str) -> Json:
    check_keys(action, "action", need=("name", "parameters"))
    check_word(action, "name", name)
    return object_at(action, "parameters")


def _named(name: str) -> Callable[[Json], None]:
    def check(action: Json) -> None:
        check_keys(action, "action", need=("name",))
        check_word(action, "name", name)

    return check


@dataclass(frozen=True)
class Rule:
    """One kind of interactive message: how its action is checked, and what may stand around it."""

    check: Callable[[Json], None]
    headers: tuple[str, ...] = ()
    footer: bool = False
    longest_body: int = 1024


RULES: dict[str, Rule] = {
    "button": Rule(_buttons, _PICTURES, footer=True),
    "list": Rule(_list, _WORDS, footer=True, longest_body=4096),
    "cta_url": Rule(_cta_url, _PICTURES, footer=True),
    "flow": Rule(_flow, _PICTURES, footer=True),
    "location_request_message": Rule(_named("send_location")),
    "request_contact_info": Rule(_named("request_contact_info")),
    "call_permission_request": Rule(_named("call_permission_request")),
    "voice_call": Rule(_voice_call),
}
