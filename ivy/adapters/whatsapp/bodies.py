"""Every content of ours as the part of a request that Meta reads it from. May import: ports and below.

Source: Cloud API reference, "Messages", one page per type; limits of 2026-11. `contents` holds all of them; what is
refused here lacks its id at Meta.
"""

from typing import Any

from ivy.adapters.whatsapp.errors import VENDOR
from ivy.domain.contents import (
    WITHOUT_CAPTION,
    AnyContent,
    AskContact,
    AskLocation,
    Buttons,
    Card,
    Choices,
    Emoji,
    File,
    Form,
    Link,
    Option,
    Section,
    Template,
    Words,
)
from ivy.domain.emoji import without_emoji
from ivy.errors import VendorRefused

Body = dict[str, Any]

FLOW_MESSAGE_VERSION = "3"
WITHOUT_LABEL = "»"
"""On the button of a form whose label was nothing but emoji, which Meta does not take there."""


def content_body(content: AnyContent, *, flow_id: str = "", media_id: str = "") -> tuple[str, Any]:
    """Return Meta's type of a content, and what stands under it.

    A form needs the vendor's `flow_id`, a file its `media_id`. Raises: VendorRefused.
    """
    match content:
        case Words(body=body):
            return "text", {"body": body, "preview_url": False}
        case Emoji():
            return "reaction", _reaction(content)
        case File():
            return content.media, _file(content, media_id)
        case Template():
            return "template", _template(content)
        case Card(name=name, phone=phone):
            return "contacts", [_card(name, phone)]
        case _:
            return "interactive", _interactive(content, flow_id)


def _refuse(reason: str) -> VendorRefused:
    return VendorRefused(VENDOR, reason, code="local")


# --- what is tapped --------------------------------------------------------------------------------


def _interactive(content: Buttons | Choices | Link | AskLocation | AskContact | Form, flow_id: str) -> Body:
    match content:
        case Buttons(options=options):
            return _tapped("button", content, {"buttons": [_button(option) for option in options]})
        case Choices(label=label, sections=sections):
            return _tapped("list", content, {"button": label, "sections": [_section(each) for each in sections]})
        case Link(label=label, url=url):
            return _named("cta_url", "cta_url", content.body, {"display_text": label, "url": url})
        case AskLocation(body=body):
            return _named("location_request_message", "send_location", body)
        case AskContact(body=body):
            return _named("request_contact_info", "request_contact_info", body)
        case Form(body=body):
            return _named("flow", "flow", body, _flow(content, flow_id))


def _tapped(kind: str, content: Buttons | Choices, action: Body) -> Body:
    body: Body = {"type": kind, "body": {"text": content.body}, "action": action}
    if content.header.strip():
        body["header"] = {"type": "text", "text": content.header}
    if content.footer.strip():
        body["footer"] = {"text": content.footer}
    return body


def _named(kind: str, name: str, text: str, parameters: Body | None = None) -> Body:
    action: Body = {"name": name} if parameters is None else {"name": name, "parameters": parameters}
    return {"type": kind, "body": {"text": text}, "action": action}


def _button(option: Option) -> Body:
    return {"type": "reply", "reply": {"id": option.action, "title": option.title}}


def _section(section: Section) -> Body:
    return _with({"rows": [_row(row) for row in section.rows]}, title=section.title)


def _row(option: Option) -> Body:
    return _with({"id": option.action, "title": option.title}, description=option.description)


def _flow(form: Form, flow_id: str) -> Body:
    """Return a form's parameters: opened at a screen with what it shows, or by a question to our endpoint."""
    if not flow_id:
        raise _refuse(f"the form {form.form} has no id at WhatsApp: publish it first")
    parameters: Body = {
        "flow_message_version": FLOW_MESSAGE_VERSION,
        "flow_id": flow_id,
        "flow_cta": without_emoji(form.label) or WITHOUT_LABEL,
        "mode": "published",
        "flow_token": form.token,
        "flow_action": "navigate" if form.screen else "data_exchange",
    }
    if not form.screen:
        return parameters
    # An empty object is an error at Meta; left out, the screen opens with nothing.
    payload: Body = {"screen": form.screen, "data": form.data} if form.data else {"screen": form.screen}
    return {**parameters, "flow_action_payload": payload}


# --- the rest --------------------------------------------------------------------------------------


def _card(name: str, phone: str) -> Body:
    return {
        "name": {"formatted_name": name, "first_name": name},
        "phones": [{"phone": phone, "type": "WORK", "wa_id": phone.lstrip("+")}],
    }


def _reaction(emoji: Emoji) -> Body:
    return {"message_id": emoji.target_id, "emoji": emoji.emoji}


def _file(file: File, media_id: str) -> Body:
    if not media_id:
        raise _refuse(f"the {file.media} has no id at WhatsApp: upload it first")
    body: Body = {"id": media_id}
    if file.media not in WITHOUT_CAPTION:
        body = _with(body, caption=file.caption)
    if file.media == "document":
        body = _with(body, filename=file.filename)
    if file.media == "audio" and file.mime.partition(";")[0].strip().lower() == "audio/ogg":
        body["voice"] = True
    return body


def _template(template: Template) -> Body:
    """Return a template with its values by name and its quick replies by position, which comes first among buttons."""
    body: Body = {"name": template.name, "language": {"code": template.language}}
    components: list[Body] = []
    if template.values:
        components.append({"type": "body", "parameters": [_parameter(*pair) for pair in template.values.items()]})
    components += [_quick_reply(number, action) for number, action in enumerate(template.actions)]
    return {**body, "components": components} if components else body


def _parameter(name: str, value: str) -> Body:
    return {"type": "text", "parameter_name": name, "text": _flat(value)}


def _flat(value: str) -> str:
    """Return a value on one line: Meta refuses more kinds of line break than the one we know."""
    return " ".join(value.split())


def _quick_reply(number: int, action: str) -> Body:
    payload = {"type": "payload", "payload": action}
    return {"type": "button", "sub_type": "quick_reply", "index": str(number), "parameters": [payload]}


def _with(body: Body, **texts: str) -> Body:
    """Return `body` with the texts that are not blank: Meta takes no empty ones."""
    return {**body, **{key: text for key, text in texts.items() if text.strip()}}
