"""What the emulated Meta refuses of each kind of message: the edges of the reference, one step outside."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ivy.emulators.whatsapp_rules import Refusal, check_message

Json = dict[str, Any]


def message(kind: str, content: Any, **more: Any) -> Json:
    return {"messaging_product": "whatsapp", "to": "+573001112233", "type": kind, kind: content, **more}


def interactive(kind: str, action: Json, **more: Any) -> Json:
    return message("interactive", {"type": kind, "body": {"text": "?"}, "action": action, **more})


def reply(number: int) -> Json:
    return {"type": "reply", "reply": {"id": f"a{number}", "title": f"A {number}"}}


def row(number: int) -> Json:
    return {"id": f"r{number}", "title": f"R {number}"}


def listed(*sections: Json) -> Json:
    return {"button": "Choose", "sections": list(sections)}


BUTTONS = interactive("button", {"buttons": [reply(1), reply(2)]}, header={"type": "text", "text": "h"})
LIST = interactive("list", listed({"title": "a", "rows": [row(1)]}, {"title": "b", "rows": [row(2)]}))
LINK = interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://x.example"}})
FLOW = interactive(
    "flow",
    {
        "name": "flow",
        "parameters": {
            "flow_message_version": "3",
            "flow_id": "1",
            "flow_cta": "Book",
            "mode": "published",
            "flow_token": "t",
            "flow_action": "navigate",
            "flow_action_payload": {"screen": "DAY", "data": {"a": 1}},
        },
    },
)
PLACE = interactive("location_request_message", {"name": "send_location"})
NUMBER = interactive("request_contact_info", {"name": "request_contact_info"})
CALL = interactive("voice_call", {"name": "voice_call", "parameters": {"display_text": "Call", "ttl_minutes": 60}})
TEMPLATE = message(
    "template",
    {
        "name": "checkin",
        "language": {"code": "es_CO"},
        "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]},
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "first", "text": "Ana"},
                    {"type": "text", "parameter_name": "second", "text": "run"},
                ],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "a"}],
            },
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "r/81"}]},
            {
                "type": "button",
                "sub_type": "flow",
                "index": "2",
                "parameters": [{"type": "action", "action": {"flow_token": "t"}}],
            },
        ],
    },
)
CONTACTS = message("contacts", [{"name": {"formatted_name": "Ana B", "first_name": "Ana"}}])
RIGHT = {
    "buttons": BUTTONS,
    "list": LIST,
    "link": LINK,
    "flow": FLOW,
    "place": PLACE,
    "number": NUMBER,
    "call": CALL,
    "template": TEMPLATE,
    "contacts": CONTACTS,
    "location": message("location", {"latitude": 4.6, "longitude": -74, "name": "Home"}),
    "voice": message("audio", {"id": "1", "voice": True}),
    "link to an image": message("image", {"link": "https://x.example/a.png", "caption": "c"}),
    "reaction taken back": message("reaction", {"message_id": "w", "emoji": ""}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_the_reference_shows_is_taken(name: str) -> None:
    assert check_message(RIGHT[name]) == RIGHT[name]["type"]


def test_a_flow_may_ask_its_endpoint_to_open_it() -> None:
    flow = copy.deepcopy(FLOW)
    parameters = flow["interactive"]["action"]["parameters"]
    del parameters["flow_action_payload"]
    parameters["flow_action"] = "data_exchange"
    assert check_message(flow) == "interactive"


def at(holder: Any, *path: str | int) -> Any:
    for step in path:
        holder = holder[step]
    return holder


def put(*path: str | int, value: Any) -> Callable[[Json], None]:
    """Return a change that puts a value at a path."""

    def change(request: Json) -> None:
        at(request, *path[:-1])[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[Json], None]:
    def change(request: Json) -> None:
        del at(request, *path[:-1])[path[-1]]

    return change


BUTTON = ("interactive", "action", "buttons")
SECTIONS = ("interactive", "action", "sections")
PARAMETERS = ("interactive", "action", "parameters")
COMPONENTS = ("template", "components")


@pytest.mark.parametrize(
    ("right", "change", "code"),
    [
        # buttons
        (BUTTONS, put(*BUTTON, value=[reply(n) for n in range(4)]), 131009),
        (BUTTONS, put(*BUTTON, value=[]), 131009),
        (BUTTONS, put(*BUTTON, 0, "reply", "title", value="x" * 21), 100),
        (BUTTONS, put(*BUTTON, 0, "reply", "title", value=" "), 131008),
        (BUTTONS, put(*BUTTON, 0, "reply", "id", value="x" * 257), 100),
        (BUTTONS, put(*BUTTON, 0, "reply", "id", value="a2"), 131009),
        (BUTTONS, put(*BUTTON, 0, "reply", "title", value="A 2"), 131009),
        (BUTTONS, put(*BUTTON, 0, "type", value="url"), 131009),
        (BUTTONS, put("interactive", "body", "text", value="x" * 1025), 100),
        (BUTTONS, put("interactive", "body", value={}), 131008),
        (BUTTONS, put("interactive", "header", value={"type": "text", "text": "x" * 61}), 100),
        (BUTTONS, put("interactive", "header", value={"type": "text", "text": ""}), 131008),
        (BUTTONS, put("interactive", "header", value={"type": "audio", "audio": {"id": "1"}}), 131009),
        (BUTTONS, put("interactive", "header", value={"type": "image", "image": {}}), 131008),
        (BUTTONS, put("interactive", "footer", value={"text": "x" * 61}), 100),
        (BUTTONS, put("interactive", "footer", value={"text": ""}), 131008),
        # lists
        (LIST, put(*SECTIONS, value=[{"title": "s", "rows": [row(n)]} for n in range(11)]), 131009),
        (LIST, put(*SECTIONS, 0, "rows", value=[row(n) for n in range(3, 13)]), 131009),
        (LIST, drop(*SECTIONS, 0, "title"), 131008),
        (LIST, put(*SECTIONS, 0, "title", value="x" * 25), 100),
        (LIST, put(*SECTIONS, 0, "rows", value=[]), 131009),
        (LIST, put(*SECTIONS, 0, "rows", 0, "id", value="r2"), 131009),
        (LIST, put(*SECTIONS, 0, "rows", 0, "id", value="x" * 201), 100),
        (LIST, put(*SECTIONS, 0, "rows", 0, "title", value="x" * 25), 100),
        (LIST, put(*SECTIONS, 0, "rows", 0, "description", value=""), 131008),
        (LIST, put(*SECTIONS, 0, "rows", 0, "description", value="x" * 73), 100),
        (LIST, put("interactive", "action", "button", value="x" * 21), 100),
        (LIST, put("interactive", "body", "text", value="x" * 4097), 100),
        (LIST, put("interactive", "header", value={"type": "image", "image": {"id": "1"}}), 131009),
        # links and requests
        (LINK, put(*PARAMETERS, "display_text", value="x" * 21), 100),
        (LINK, put(*PARAMETERS, "url", value="ivy.example.org"), 131009),
        (LINK, put(*PARAMETERS, "url", value="https://"), 131009),
        (LINK, put(*PARAMETERS, "url", value="https://[x"), 131009),
        (LINK, put(*PARAMETERS, "url", value="ftp://x.example"), 131009),
        (LINK, put("interactive", "action", "name", value="url"), 131009),
        (PLACE, put("interactive", "action", "name", value="location"), 131009),
        (PLACE, put("interactive", "footer", value={"text": "f"}), 100),
        (NUMBER, put("interactive", "header", value={"type": "text", "text": "h"}), 100),
        (NUMBER, put("interactive", "action", "parameters", value={}), 100),
        (CALL, put(*PARAMETERS, "ttl_minutes", value=43_201), 131009),
        (CALL, put(*PARAMETERS, "payload", value="x" * 513), 100),
        # forms
        (FLOW, put(*PARAMETERS, "flow_cta", value="Book 📅"), 131009),
        (FLOW, put(*PARAMETERS, "flow_cta", value="x" * 21), 100),
        (FLOW, put(*PARAMETERS, "flow_token", value=""), 131008),
        (FLOW, put(*PARAMETERS, "flow_message_version", value=3), 131009),
        (FLOW, put(*PARAMETERS, "mode", value="test"), 131009),
        (FLOW, put(*PARAMETERS, "flow_name", value="booking"), 131008),
        (FLOW, drop(*PARAMETERS, "flow_id"), 131008),
        (FLOW, put(*PARAMETERS, "flow_action", value="open"), 131009),
        (FLOW, put(*PARAMETERS, "flow_action", value="data_exchange"), 131009),
        (FLOW, drop(*PARAMETERS, "flow_action_payload"), 131008),
        (FLOW, put(*PARAMETERS, "flow_action_payload", "data", value={}), 131009),
        (FLOW, put(*PARAMETERS, "flow_action_payload", "screen", value="DAY 1"), 131009),
        (FLOW, put(*PARAMETERS, "flow_action_payload", "screen", value="SUCCESS"), 131009),
        # templates
        (TEMPLATE, put("template", "name", value="Check In"), 132001),
        (TEMPLATE, put("template", "language", "code", value="Spanish (CO)"), 132001),
        (TEMPLATE, put("template", "language", "policy", value="fallback"), 131009),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "text", value="a\nb"), 132018),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "text", value="a\tb"), 132018),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "text", value="a     b"), 132018),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "text", value=""), 131008),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "text", value="x" * 1022), 132005),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "type", value="payload"), 132012),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "parameter_name", value="second"), 132012),
        (TEMPLATE, put(*COMPONENTS, 1, "parameters", 0, "parameter_name", value="First Name"), 132012),
        (TEMPLATE, drop(*COMPONENTS, 1, "parameters", 0, "parameter_name"), 132012),
        (TEMPLATE, put(*COMPONENTS, 0, "type", value="body"), 132012),
        (TEMPLATE, put(*COMPONENTS, 0, "type", value="footer"), 131009),
        (TEMPLATE, put(*COMPONENTS, 2, "index", value="1"), 131009),
        (TEMPLATE, put(*COMPONENTS, 2, "index", value="10"), 131009),
        (TEMPLATE, put(*COMPONENTS, 2, "sub_type", value="voice"), 131009),
        (TEMPLATE, put(*COMPONENTS, 2, "parameters", 0, "type", value="text"), 132012),
        (TEMPLATE, put(*COMPONENTS, 2, "parameters", 0, "payload", value="x" * 257), 100),
        (TEMPLATE, drop(*COMPONENTS, 2, "parameters"), 131008),
        (TEMPLATE, put(*COMPONENTS, 4, "parameters", 0, "action", value={"token": "t"}), 100),
        # the others
        (RIGHT["location"], put("location", "latitude", value=91), 131009),
        (RIGHT["location"], put("location", "longitude", value="4"), 131009),
        (RIGHT["voice"], put("audio", "voice", value="yes"), 131009),
        (RIGHT["voice"], put("audio", "caption", value="c"), 100),
        (RIGHT["voice"], put("audio", "id", value=""), 131008),
        (RIGHT["link to an image"], put("image", "link", value="x.example/a.png"), 131009),
        (RIGHT["link to an image"], put("image", "filename", value="a.png"), 100),
        (RIGHT["reaction taken back"], put("reaction", "emoji", value="ok"), 131009),
        (RIGHT["reaction taken back"], put("reaction", "emoji", value="👍👍"), 131009),
        (RIGHT["reaction taken back"], put("context", value={"message_id": "w"}), 131009),
        (CONTACTS, put("contacts", value={}), 131009),
        (CONTACTS, put("contacts", 0, "name", value={"formatted_name": "Ana"}), 131008),
        (CONTACTS, put("context", value={"message_id": ""}), 131008),
        (CONTACTS, put("category", value="utility"), 100),
    ],
)
def test_one_step_outside_is_refused(right: Json, change: Callable[[Json], None], code: int) -> None:
    request = copy.deepcopy(right)
    change(request)
    with pytest.raises(Refusal) as refused:
        check_message(request)
    assert refused.value.code == code, refused.value
