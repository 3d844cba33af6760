"""What Meta takes of a template that is submitted or edited, and with which codes it refuses. May import: the domain and below.

Written apart from our own lint, so that each checks the other. Meta answers with code 100 and its sub-code. Source: Cloud
API, "Template components", "Error codes"; sub-codes as threads report them, November 2026.
"""

import re
from itertools import pairwise
from typing import Any, cast

from ivy.domain.emoji import has_emoji
from ivy.emulators.whatsapp_shapes import Json, Refusal

TOO_LONG, BAD_HEADER, BAD_BODY, BAD_FOOTER = 2388040, 2388047, 2388072, 2388073
TOO_MANY_VARIABLES, AT_AN_END, NO_EXAMPLE = 2388293, 2388299, 2388043
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
WORDS_PER_VARIABLE = 3
"""Meta's own figure is not published; 2 words a variable were refused by the live API, and sometimes 7."""

_NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Z]{2})?", re.ASCII)
_NAMED = re.compile(r"[a-z0-9_]+", re.ASCII)
_BRACES = re.compile(r"\{\{(.*?)\}\}")


def check_create(request: Json) -> None:
    """Check a new template."""
    need, may = ("name", "language", "category", "components"), ("parameter_format", "message_send_ttl_seconds")
    _check_keys(request, "template", need, may)
    if not isinstance(request["name"], str) or not _NAME.fullmatch(request["name"]):
        raise Refusal(100, "The name may have lower case letters, numbers and underscores.")
    if not isinstance(request["language"], str) or not _LANGUAGE.fullmatch(request["language"]):
        raise Refusal(100, "The language is not supported.")
    if request["category"] not in CATEGORIES:
        raise Refusal(100, f"category must be one of {', '.join(CATEGORIES)}.")
    if request["category"] == "AUTHENTICATION":
        raise Refusal(100, "Authentication templates have components of their own.")
    if str(request.get("parameter_format", "POSITIONAL")).upper() not in ("NAMED", "POSITIONAL"):
        raise Refusal(100, "parameter_format must be named or positional.")
    _check_parts(request)


def check_edit(request: Json) -> None:
    """Check the new words of a template; its name and language cannot change."""
    _check_keys(request, "template", (), ("components", "category", "message_send_ttl_seconds"))
    if not request:
        raise Refusal(100, "There is nothing to edit.")
    if "components" in request:
        _check_parts(request)


def variables_of(text: str) -> list[str]:
    """Return what stands between double braces, each time."""
    return _BRACES.findall(text)


def component(components: Any, kind: str) -> Json:
    """Return a component of a kept template, or an empty one."""
    found = (each for each in cast(list[Json], components) if str(each.get("type")).upper() == kind)
    return next(found, dict[str, Any]())


def _check_parts(request: Json) -> None:
    ttl = request.get("message_send_ttl_seconds", -1)
    if not isinstance(ttl, int) or isinstance(ttl, bool) or (ttl != -1 and not 30 <= ttl <= 43_200):
        raise Refusal(100, "message_send_ttl_seconds must be 30 to 43200, or -1.")
    parts: Any = request["components"]
    if not isinstance(parts, list) or not all(isinstance(each, dict) for each in cast(list[Any], parts)):
        raise Refusal(100, "components must be a list of objects.")
    kinds = [str(each.get("type")).upper() for each in cast(list[Json], parts)]
    if "BODY" not in kinds or len(set(kinds)) < len(kinds) or not set(kinds) <= {"HEADER", "BODY", "FOOTER", "BUTTONS"}:
        raise Refusal(100, "A template has one BODY, and at most one HEADER, FOOTER and BUTTONS.")
    _check_header(component(parts, "HEADER"))
    _check_body(component(parts, "BODY"))
    _check_footer(component(parts, "FOOTER"))
    if "BUTTONS" in kinds:
        _check_buttons(component(parts, "BUTTONS"))


def _check_header(header: Json) -> None:
    if not header:
        return
    text = header.get("text")
    if header.get("format") != "TEXT" or not isinstance(text, str) or "\n" in text or has_emoji(text):
        raise _refusal(BAD_HEADER, "Message header format is incorrect.")
    _check_length(text, 60, "HEADER")
    if len(variables_of(text)) > 1:
        raise _refusal(BAD_HEADER, "A header has one variable at most.")


def _check_body(body: Json) -> None:
    _check_keys(body, "BODY", ("type", "text"), ("example",))
    text = body["text"]
    if not isinstance(text, str) or not text.strip() or "\t" in text or "     " in text or "\n\n\n" in text:
        raise _refusal(BAD_BODY, "Message body format is incorrect.")
    _check_length(text, 1024, "BODY")
    variables = variables_of(text)
    if not variables:
        return
    if not all(_NAMED.fullmatch(name) for name in variables) or "{{{" in text:
        raise _refusal(BAD_BODY, "Variables have lower case letters, numbers and underscores between two braces.")
    if len({name.isdigit() for name in variables}) > 1:
        raise _refusal(BAD_BODY, "Named and numbered variables cannot be mixed.")
    around = _BRACES.split(text)[::2]
    if not re.search(r"\w", around[0]) or not re.search(r"\w", around[-1]):
        raise _refusal(AT_AN_END, "Leading or trailing params not allowed.")
    if any(not between.strip() for between in around[1:-1]):
        raise _refusal(BAD_BODY, "Parameters are placed next to each other.")
    if len(re.findall(r"\w+", " ".join(around))) < WORDS_PER_VARIABLE * len(variables) + 1:
        raise _refusal(TOO_MANY_VARIABLES, "Params words ratio exceeds limit.")
    _check_examples(body, variables)


def _check_examples(body: Json, variables: list[str]) -> None:
    match body.get("example"):
        case {"body_text_named_params": [*given]} if all(
            isinstance(each, dict) and set(cast(Json, each)) == {"param_name", "example"} for each in given
        ):
            named = cast(list[Json], given)
            names = [str(each["param_name"]) for each in named]
            filled = all(isinstance(each["example"], str) and each["example"].strip() for each in named)
            if sorted(names) != sorted(set(variables)) or not filled:
                raise _refusal(NO_EXAMPLE, "Every variable needs an example, and only they.")
        case {"body_text": [[*given]]} if len(given) == len(set(variables)) and variables[0].isdigit():
            return
        case _:
            raise _refusal(NO_EXAMPLE, "component of type BODY is missing expected field(s) (example).")


def _check_footer(footer: Json) -> None:
    if not footer:
        return
    _check_keys(footer, "FOOTER", ("type", "text"), ())
    text = footer["text"]
    if not isinstance(text, str) or not text.strip() or "\n" in text or has_emoji(text) or variables_of(text):
        raise _refusal(BAD_FOOTER, "Message footer format is incorrect.")
    _check_length(text, 60, "FOOTER")


def _check_buttons(part: Json) -> None:
    _check_keys(part, "BUTTONS", ("type", "buttons"), ())
    listed: Any = part["buttons"]
    buttons = cast(list[Json], listed) if isinstance(listed, list) else []
    if not 1 <= len(buttons) <= 10 or not all(isinstance(cast(Any, each), dict) for each in buttons):
        raise Refusal(100, "A template has 1 to 10 buttons.")
    kinds = [str(each.get("type")) for each in buttons]
    for button in buttons:
        keys = {"QUICK_REPLY": ("type", "text"), "URL": ("type", "text", "url")}.get(str(button.get("type")))
        if keys is None:
            raise Refusal(100, f"The button type {button.get('type')!r} is not known here.")
        _check_keys(button, "button", keys, ("example",) if "url" in keys else ())
        text = button["text"]
        if not isinstance(text, str) or not text.strip() or "\n" in text or variables_of(text) or has_emoji(text):
            raise Refusal(100, "Buttons can't have any variables, newlines, emojis or formatting characters.")
        _check_length(text, 25, "button")
        if "url" in keys and not str(button["url"]).startswith(("https://", "http://")):
            raise Refusal(100, "The URL of a button is not valid.")
    if sum(before != after for before, after in pairwise(kinds)) > 1 or kinds.count("URL") > 2:
        raise Refusal(100, "Quick replies and other buttons must be grouped; there are 2 URL buttons at most.")
    if len({str(each["text"]) for each in buttons}) < len(buttons):
        raise Refusal(100, "Buttons must have different texts.")


def _check_keys(holder: Json, where: str, need: tuple[str, ...], may: tuple[str, ...]) -> None:
    for key in need:
        if key not in holder:
            raise Refusal(100, f"The parameter {key} of {where} is required.")
    if unknown := sorted(holder.keys() - {*need, *may}):
        raise Refusal(100, f"Unexpected key {unknown[0]!r} in {where}.")


def _check_length(text: str, most: int, where: str) -> None:
    if len(text) > most:
        raise _refusal(TOO_LONG, f"Character limit exceeded in {where}: {len(text)} of {most}.")


def _refusal(subcode: int, details: str) -> Refusal:
    return Refusal(100, details, subcode=subcode)
