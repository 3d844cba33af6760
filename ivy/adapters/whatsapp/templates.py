"""The templates of a WhatsApp Business account: listed, submitted, edited, deleted. May import: ports and below.

Source: Cloud API, "Template management" (`/{WABA}/message_templates`), "Template components". An account may make 100
templates an hour and 200 management calls.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from ivy.adapters.whatsapp.errors import VENDOR
from ivy.adapters.whatsapp.graph import Graph, check_done, read
from ivy.domain.templates import Definition, LinkButton, Listed, language_code
from ivy.errors import ConfigError, OutcomeUnknown

PAGE = 200
FIELDS = "id,name,language,status,category,previous_category,quality_score,rejected_reason,components,message_send_ttl_seconds"


@dataclass(frozen=True)
class Submitted:
    """What Meta answered: `category` is the one it assigned, which may be dearer than the one asked for."""

    vendor_id: str
    status: str
    category: str


class TemplateLibrary:
    """One account's templates. Methods raise what `Graph` raises; deadlines are the caller's."""

    def __init__(self, graph: Graph, waba_id: str) -> None:
        if not waba_id.isascii() or not waba_id.isdigit():
            raise ConfigError("whatsapp.waba_id must be the digits of the WhatsApp Business Account ID")
        self._graph = graph
        self._path = f"{waba_id}/message_templates"

    async def all(self) -> list[Listed]:
        """Return every template of the account, also those that are not ours."""
        found = await self._graph.get_list(self._path, {"fields": FIELDS, "limit": str(PAGE)}, _Template)
        return [_listed(each) for each in found]

    async def create(self, definition: Definition) -> Submitted:
        """Submit a new template, or a new language of one. After `OutcomeUnknown` look into `all` before trying again."""
        made = read(await self._graph.post_json(self._path, create_body(definition)), _Made)
        if not made.id:
            raise OutcomeUnknown(VENDOR, "the answer names no template; it may have been made")
        return Submitted(str(made.id), (made.status or "").upper(), (made.category or "").upper())

    async def edit(self, vendor_id: str, definition: Definition) -> None:
        """Replace the words of a template, which is reviewed again: an approved one cannot be sent until then."""
        check_done(await self._graph.post_json(_segment(vendor_id), edit_body(definition)))

    async def delete(self, name: str) -> None:
        """Delete a template in all its languages; Meta keeps its name blocked for 30 days."""
        check_done(await self._graph.delete(self._path, {"name": name}))


def create_body(definition: Definition) -> dict[str, Any]:
    """Return the request that makes a template."""
    return {
        "name": definition.name,
        "language": language_code(definition.language),
        "category": definition.category,
        "parameter_format": "NAMED",
        **edit_body(definition),
    }


def edit_body(definition: Definition) -> dict[str, Any]:
    """Return the request that replaces a template's words; the category of an approved one is fixed."""
    ttl = {"message_send_ttl_seconds": definition.ttl_seconds} if definition.ttl_seconds else {}
    return {**ttl, "components": list(_components(definition))}


def _components(definition: Definition) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"type": "BODY", "text": definition.body}
    if definition.variables:
        examples = [{"param_name": name, "example": definition.examples[name]} for name in definition.variables]
        body["example"] = {"body_text_named_params": examples}
    parts = [body]
    if definition.footer:
        parts.append({"type": "FOOTER", "text": definition.footer})
    # Quick replies stand together and first: Meta refuses them mixed with others, and a tap is known by its place.
    buttons: list[dict[str, Any]] = [{"type": "QUICK_REPLY", "text": label} for label in definition.buttons]
    if definition.link:
        buttons.append({"type": "URL", "text": definition.link.text, "url": definition.link.url})
    return [*parts, {"type": "BUTTONS", "buttons": buttons}] if buttons else parts


def _segment(vendor_id: str) -> str:
    return quote(vendor_id, safe="")


# --- answers -----------------------------------------------------------------------------------------


class _Made(msgspec.Struct, frozen=True):
    id: str | int = ""
    status: str | None = None
    category: str | None = None


class _Score(msgspec.Struct, frozen=True):
    score: str | None = None


class _Button(msgspec.Struct, frozen=True):
    type: str | None = None
    text: str | None = None
    url: str | None = None


class _Component(msgspec.Struct, frozen=True):
    type: str | None = None
    text: str | None = None
    buttons: list[_Button] | None = None


class _Template(msgspec.Struct, frozen=True):
    """One of many: what somebody else made in the account must not make the whole list unreadable."""

    id: str | int
    name: str
    language: str
    status: str | None = None
    category: str | None = None
    previous_category: str | None = None
    quality_score: _Score | None = None
    rejected_reason: str | None = None
    message_send_ttl_seconds: int | None = None
    components: list[_Component] | None = None


def _listed(found: _Template) -> Listed:
    parts = {(each.type or "").upper(): each for each in found.components or []}
    body, footer, rows = (parts.get(name, _Component()) for name in ("BODY", "FOOTER", "BUTTONS"))
    buttons = [((each.type or "").upper(), each) for each in rows.buttons or []]
    links = [LinkButton(each.text or "", each.url or "") for kind, each in buttons if kind == "URL"]
    others = [
        *(name for name in parts if name not in ("BODY", "FOOTER", "BUTTONS")),
        *(kind for kind, _button in buttons if kind not in ("QUICK_REPLY", "URL")),
        *("URL" for _link in links[1:]),
    ]
    return Listed(
        vendor_id=str(found.id),
        name=found.name,
        language=language_code(found.language),
        status=(found.status or "").upper(),
        category=(found.category or "").upper(),
        quality=((found.quality_score or _Score()).score or "").upper(),
        rejected_reason=found.rejected_reason or "",
        previous_category=(found.previous_category or "").upper(),
        ttl_seconds=found.message_send_ttl_seconds or 0,
        body=body.text or "",
        footer=footer.text or "",
        buttons=tuple(each.text or "" for kind, each in buttons if kind == "QUICK_REPLY"),
        link=links[0] if links else None,
        other_parts=tuple(others),
    )
