"""The emulator's rules for Flow JSON: each mistake has its fault, as Meta lists them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ivy.emulators.whatsapp_flow_rules import faults_of

Json = dict[str, Any]


def simple() -> Json:
    """A Flow of two screens without fault."""
    name = {"type": "TextInput", "name": "name", "label": "Name", "required": True}
    onward = {"name": "navigate", "next": {"type": "screen", "name": "TWO"}, "payload": {"name": "${form.name}"}}
    done = {
        "name": "complete",
        "payload": {"name": "${data.name}", "first": "${screen.ONE.form.name}", "mood": "${form.mood}"},
    }
    moods = [{"id": "1", "title": "Good"}, {"id": "2", "title": "Bad"}]
    return {
        "version": "7.3",
        "screens": [
            screen("ONE", [name, footer(onward)]),
            screen(
                "TWO",
                [
                    {"type": "RadioButtonsGroup", "name": "mood", "label": "Mood", "data-source": moods},
                    footer(done),
                ],
                data={"name": {"type": "string", "__example__": "Ana"}},
                terminal=True,
                success=True,
            ),
        ],
    }


def screen(id: str, children: list[Json], **more: Any) -> Json:
    layout = {"type": "SingleColumnLayout", "children": children}
    return {"id": id, "title": id, "data": {}, "layout": layout, **more}


def footer(action: Json) -> Json:
    return {"type": "Footer", "label": "Next", "on-click-action": action}


def first(flow: Json) -> Json:
    return flow["screens"][0]["layout"]["children"][0]


def last(flow: Json) -> Json:
    return flow["screens"][1]["layout"]["children"][0]


def add(flow: Json, component: Json) -> None:
    flow["screens"][0]["layout"]["children"].insert(0, component)


def live(flow: Json, routes: Any, version: str = "4.0") -> None:
    flow.update(data_api_version=version, routing_model=routes)


EXCHANGE: Json = {"name": "data_exchange", "payload": {}}
MISTAKES: list[tuple[str, Callable[[Json], object]]] = [
    ("INVALID_PROPERTY_VALUE", lambda flow: flow.update(version="4.0")),
    ("INVALID_PROPERTY_VALUE", lambda flow: flow.update(screens=[])),
    ("INVALID_PROPERTY", lambda flow: flow.update(data_channel_uri="https://x")),
    ("DUPLICATE_SCREEN_ID", lambda flow: flow["screens"][1].update(id="ONE")),
    ("INVALID_PROPERTY_VALUE", lambda flow: flow["screens"][0].update(id="SUCCESS")),
    ("INVALID_PROPERTY_VALUE", lambda flow: flow["screens"][0].update(id="ONE1")),
    ("INVALID_PROPERTY_VALUE", lambda flow: flow["screens"][0].update(title="")),
    ("INVALID_PROPERTY_VALUE", lambda flow: flow["screens"][0].update(refresh_on_back=True)),
    ("MISSING_TERMINAL_SCREEN", lambda flow: flow["screens"][1].pop("terminal")),
    ("MISSING_FOOTER", lambda flow: flow["screens"][1]["layout"]["children"].pop()),
    ("INVALID_ACTION", lambda flow: flow["screens"][1].pop("terminal")),
    ("MISSING_EXAMPLE", lambda flow: flow["screens"][1]["data"]["name"].pop("__example__")),
    ("INVALID_PROPERTY_TYPE", lambda flow: flow["screens"][1]["data"]["name"].update(__example__=7)),
    ("INVALID_PROPERTY_VALUE", lambda flow: flow["screens"][1]["data"]["name"].update(type="text")),
    ("INVALID_COMPONENT_TYPE", lambda flow: first(flow).update(type="TimePicker")),
    ("MISSING_PROPERTY", lambda flow: first(flow).pop("label")),
    ("INVALID_PROPERTY", lambda flow: first(flow).update({"initial-text": "x"})),
    ("INVALID_PROPERTY_VALUE", lambda flow: first(flow).update(label="x" * 21)),
    ("INVALID_PROPERTY_VALUE", lambda flow: first(flow).update({"helper-text": "x" * 81})),
    ("INVALID_PROPERTY_VALUE", lambda flow: first(flow).update(label=" ")),
    ("INVALID_PROPERTY_TYPE", lambda flow: first(flow).update(required="yes")),
    ("INVALID_PROPERTY_TYPE", lambda flow: first(flow).update({"max-chars": "7"})),
    ("MISSING_DYNAMIC_DATA", lambda flow: first(flow).update({"init-value": "${data.nobody}"})),
    ("INVALID_PROPERTY_VALUE", lambda flow: first(flow).update({"init-value": "Hi ${data.name}"})),
    ("INVALID_PROPERTY_VALUE", lambda flow: first(flow).update(name="${data.name}")),
    ("INVALID_PROPERTY_VALUE", lambda flow: last(flow).update({"data-source": []})),
    ("INVALID_PROPERTY_VALUE", lambda flow: last(flow)["data-source"][0].update(title="x" * 31)),
    ("INVALID_PROPERTY_VALUE", lambda flow: last(flow)["data-source"][0].update(id="2")),
    ("INVALID_PROPERTY", lambda flow: last(flow)["data-source"][0].update(colour="red")),
    ("INVALID_PROPERTY_VALUE", lambda flow: last(flow).update(
        {"data-source": [{"id": str(each), "title": str(each)} for each in range(21)]})),
    ("DUPLICATE_COMPONENT_NAME", lambda flow: add(flow, dict(first(flow)))),
    ("INVALID_PROPERTY_VALUE", lambda flow: add(flow, footer(EXCHANGE))),
    ("INVALID_PROPERTY_VALUE", lambda flow: [add(flow, {"type": "OptIn", "name": f"o{each}", "label": "?"}) for each in range(6)]),
    ("INVALID_PROPERTY_VALUE", lambda flow: [add(flow, {"type": "TextBody", "text": "x"}) for _ in range(50)]),
    ("INVALID_PROPERTY_VALUE", lambda flow: add(flow, {"type": "TextHeading", "text": "x" * 81})),
    ("INVALID_PROPERTY_VALUE", lambda flow: add(flow, {"type": "DatePicker", "name": "d", "label": "D", "min-date": "1.1.26"})),
    ("INVALID_ACTION", lambda flow: flow["screens"][0]["layout"]["children"][1].update({"on-click-action": EXCHANGE})),
    ("INVALID_ACTION", lambda flow: flow["screens"][0]["layout"]["children"][1]["on-click-action"].update(name="jump")),
    ("INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME",
     lambda flow: flow["screens"][0]["layout"]["children"][1]["on-click-action"]["next"].update(name="THREE")),
    ("MISSING_DYNAMIC_DATA", lambda flow: flow["screens"][0]["layout"]["children"][1]["on-click-action"].update(payload={})),
    ("INVALID_ROUTING_MODEL", lambda flow: flow.update(routing_model={"ONE": ["TWO"], "TWO": []})),
    ("INVALID_ROUTING_MODEL", lambda flow: flow.update(data_api_version="4.0")),
    ("INVALID_PROPERTY_VALUE", lambda flow: live(flow, {"ONE": ["TWO"], "TWO": []}, "9.0")),
    ("INVALID_ROUTING_MODEL", lambda flow: live(flow, {"ONE": ["TWO"]})),
    ("INVALID_ROUTING_MODEL", lambda flow: live(flow, {"ONE": ["TWO", "THREE"], "TWO": []})),
    ("INVALID_ROUTING_MODEL", lambda flow: live(flow, {"ONE": ["ONE", "TWO"], "TWO": []})),
    ("INVALID_ROUTING_MODEL", lambda flow: live(flow, {"ONE": ["TWO"], "TWO": ["ONE"]})),
    ("INVALID_ROUTING_MODEL", lambda flow: live(flow, {"ONE": [], "TWO": []})),
]  # fmt: skip


def test_a_flow_without_fault_has_none() -> None:
    assert faults_of(simple()) == []
    flow = simple()
    live(flow, {"ONE": ["TWO"], "TWO": []})
    flow["screens"][1]["refresh_on_back"] = True
    assert faults_of(flow) == []


@pytest.mark.parametrize(("fault", "make"), MISTAKES)
def test_each_mistake_has_its_fault(fault: str, make: Callable[[Json], object]) -> None:
    flow = json.loads(json.dumps(simple()))
    make(flow)
    assert fault in {each["error"] for each in faults_of(flow)}


NO_FLOWS: list[Any] = [None, [], "text", 7, {}, {"screens": 7}, {"screens": [7]}, {"screens": [{"layout": []}]}]


@pytest.mark.parametrize("flow", NO_FLOWS)
def test_what_is_no_flow_at_all_is_at_fault_and_breaks_nothing(flow: Any) -> None:
    assert faults_of(flow)
