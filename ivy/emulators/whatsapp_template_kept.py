"""A template as Meta keeps it: how it is listed, and which values a message must give it. May import: the domain and below."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from ivy.emulators.whatsapp_payloads import Json as Payload
from ivy.emulators.whatsapp_shapes import Json, Refusal
from ivy.emulators.whatsapp_template_forms import component, variables_of


@dataclass
class Kept:
    """One template in one language."""

    id: int
    name: str
    language: str
    category: str
    components: list[Payload]
    ttl: int
    positional: bool
    status: str = "PENDING"
    quality: str = "UNKNOWN"
    previous_category: str = ""
    rejected_reason: str = "NONE"
    pauses: int = 0
    edits: list[datetime] = field(default_factory=list[datetime])


def shown(kept: Kept) -> Payload:
    """Return an element of the list of templates, with all its fields."""
    return {
        "id": str(kept.id),
        "name": kept.name,
        "language": kept.language,
        "status": kept.status,
        "category": kept.category,
        "previous_category": kept.previous_category or None,
        "quality_score": {"score": kept.quality, "date": 0},
        "rejected_reason": kept.rejected_reason,
        "parameter_format": "POSITIONAL" if kept.positional else "NAMED",
        "components": kept.components,
        **({"message_send_ttl_seconds": kept.ttl} if kept.ttl != -1 else {}),
    }


def check_values(kept: Kept, template: Json) -> None:
    """Raise Meta's refusal unless the `template` of a message gives a kept one what its words need, and nothing else."""
    parts = cast(list[Json], template.get("components", list[Json]()))
    body = component(kept.components, "BODY")["text"]
    variables = list(dict.fromkeys(variables_of(body)))
    given = cast(list[Json], next((each["parameters"] for each in parts if each["type"] == "body"), list[Json]()))
    if any(each["type"] == "header" for each in parts) and not component(kept.components, "HEADER"):
        raise Refusal(132000, "The template has no header.")
    if len(given) != len(variables):
        raise Refusal(132000, f"body: number of localizable_params ({len(given)}) is not {len(variables)}.")
    if not kept.positional and {str(each.get("parameter_name")) for each in given} != set(variables):
        raise Refusal(132012, f"body: the parameters are named {', '.join(variables)}.")
    texts = {variable: str(each.get("text", "")) for variable, each in zip(variables, given, strict=True)}
    if not kept.positional:
        texts = {str(each["parameter_name"]): str(each.get("text", "")) for each in given}
    if len(re.sub(r"\{\{(.*?)\}\}", lambda found: texts[found[1]], body)) > 1024:
        raise Refusal(132005, "Translated text too long.")
    buttons = cast(list[Json], component(kept.components, "BUTTONS").get("buttons", list[Json]()))
    for part in parts:
        if part["type"] == "button":
            _check_button(buttons, part)


def _check_button(buttons: list[Json], part: Json) -> None:
    index = int(str(part["index"]))
    if index >= len(buttons):
        raise Refusal(132000, f"There is no button {index}.")
    if str(buttons[index]["type"]).lower() != str(part["sub_type"]).lower():
        raise Refusal(132012, f"Button {index} is of type {buttons[index]['type']}.")
    if part["sub_type"] == "url" and not variables_of(str(buttons[index]["url"])):
        raise Refusal(132000, f"Button {index} takes no parameter.")
