"""What Meta takes of a template message, whatever the template says. May import: the domain and below.

Whether there is such a template, and whether the values are as many as its variables, only the account knows.
Source: Cloud API reference, "Messages" > "Template messages", "Error codes"; limits of 2026-11.
"""

import re
from typing import Any

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

_NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Za-z]{2,4})?", re.ASCII)
_INDEX = re.compile(r"[0-9]", re.ASCII)
_BREAKS = re.compile(r"[\n\r\t\v\f\x85\u2028\u2029]| {5}")
_MEDIA = ("image", "video", "document")
_LONGEST = {"header": 60, "body": 1024}
_IN_HEADER, _IN_BODY = ("text", *_MEDIA, "location"), ("text", "currency", "date_time")
_OF_BUTTON = {"quick_reply": "payload", "url": "text", "copy_code": "coupon_code", "flow": "action"}
LONGEST_PAYLOAD = 256


def check_template(template: Json) -> None:
    check_keys(template, "template", need=("name", "language"), may=("components",))
    check_text(template, "name", 512)
    language = object_at(template, "language")
    check_keys(language, "language", need=("code",), may=("policy",))
    for text, shape in ((template["name"], _NAME), (language["code"], _LANGUAGE)):
        if not isinstance(text, str) or not shape.fullmatch(text):
            raise Refusal(132001, "Template name does not exist in the translation", status=404)
    if "policy" in language:
        check_word(language, "policy", "deterministic")
    components = objects_at(template, "components", most=12) if "components" in template else []
    for component in components:
        check_word(component, "type", "header", "body", "button")
        if component["type"] == "button":
            _check_button(component)
        else:
            _check_text_component(component)
    check_unique([f"{each['type']} {each.get('index', '')}" for each in components], "Components")


def _check_text_component(component: Json) -> None:
    kind = component["type"]
    check_keys(component, "component", need=("type", "parameters"))
    parameters = objects_at(component, "parameters", most=1 if kind == "header" else 64)
    for parameter in parameters:
        _check_parameter(parameter, _IN_HEADER if kind == "header" else _IN_BODY)
    names = [parameter["parameter_name"] for parameter in parameters if "parameter_name" in parameter]
    if names and len(names) != len(parameters):
        raise Refusal(132012, "Either every parameter has a name, or none.")
    if len(set(names)) != len(names):
        raise Refusal(132012, "Names of parameters must be unique.")
    if sum(len(str(parameter.get("text", ""))) for parameter in parameters) > _LONGEST[kind]:
        raise Refusal(132005, f"The {kind} is too long with its parameters.")


def _check_parameter(parameter: Json, allowed: tuple[str, ...]) -> None:
    kind = parameter.get("type")
    if kind not in allowed:
        raise Refusal(132012, f"A parameter here must be of type {' or '.join(allowed)}.")
    check_keys(parameter, "parameter", need=("type", kind), may=("parameter_name",))
    if "parameter_name" in parameter:
        name: Any = parameter["parameter_name"]
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Refusal(132012, "parameter_name has lower case letters, digits and underscores.")
    if kind == "text":
        _check_words(parameter)
    else:
        object_at(parameter, kind)


def _check_words(parameter: Json) -> None:
    words: Any = parameter["text"]
    if not isinstance(words, str) or not words.strip():
        raise Refusal(131008, "Parameter text is missing or empty.")
    if _BREAKS.search(words):
        raise Refusal(132018, "A text parameter has a newline, a tab or more than 4 spaces in a row.")


def _check_button(button: Json) -> None:
    check_keys(button, "button", need=("type", "sub_type", "index", "parameters"))
    check_word(button, "sub_type", *_OF_BUTTON)
    if not _INDEX.fullmatch(str(button["index"])):
        raise Refusal(131009, "index must be 0 to 9.")
    [parameter] = objects_at(button, "parameters", most=1)
    kind = _OF_BUTTON[button["sub_type"]]
    if parameter.get("type") != kind:
        raise Refusal(132012, f"The parameter of a {button['sub_type']} button must be of type {kind}.")
    check_keys(parameter, "parameter", need=("type", kind))
    match kind:
        case "text":
            _check_words(parameter)
        case "action":
            check_keys(object_at(parameter, "action"), "action", may=("flow_token", "flow_action_data"))
        case _:
            check_text(parameter, kind, LONGEST_PAYLOAD)
