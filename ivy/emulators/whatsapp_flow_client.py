"""The phone that shows a Flow: it fills in, asks the endpoint, checks what it says, and sends the finished form.

May import: the domain and below. It shows nothing that its screen did not declare, and tells the endpoint what failed.
"""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

from ivy.emulators.whatsapp_flow_envelopes import Answered, BadAnswer, PostBack, exchange
from ivy.emulators.whatsapp_flow_rules import Json as ReadJson
from ivy.emulators.whatsapp_flow_rules import as_object, as_objects, children_of, fields_of, reference
from ivy.emulators.whatsapp_flows import FlowShelf
from ivy.emulators.whatsapp_payloads import Json

DATA_API = "3.0"
OTHER_KEY, OVER = 421, 427


class FormBroken(Exception):
    """What a person sees as "Something went wrong": the form cannot be shown, or not be filled in like that."""


class FormOver(Exception):
    """The form closed, and this is why, in the endpoint's words."""


@dataclass
class OpenForm:
    """One form on the screen. `answers` are those of the screen that is shown; `said` is the last error that was."""

    flow: ReadJson
    token: str
    message_id: str
    screen: str
    data: Json
    answers: Json = field(default_factory=dict[str, Any])
    said: str = ""
    finished: Json | None = None
    """The content of the message that the finished form became."""
    past: list[tuple[str, Json, Json]] = field(default_factory=list[tuple[str, Json, Json]])

    @property
    def shown(self) -> ReadJson:
        return next(each for each in as_objects(self.flow["screens"]) if each["id"] == self.screen)

    def value(self, written: Any) -> Any:
        """Return what a value of the JSON stands for on this screen; None for what has none."""
        named = reference(written)
        if named is None:
            return written
        other, source, name = named
        if not other or other == self.screen:
            return (self.answers if source == "form" else self.data).get(name)
        for screen, data, answers in self.past:
            if screen == other:
                return (answers if source == "form" else data).get(name)
        return None

    def options(self, name: str) -> list[ReadJson]:
        """Return what there is to choose in a field."""
        return as_objects(self.value(fields_of(self.shown)[name].get("data-source")))

    def fill(self, **answers: Any) -> None:
        """Fill in fields of this screen. Raises: FormBroken for what the phone would not let be typed."""
        for name, given in answers.items():
            if name not in fields_of(self.shown):
                raise FormBroken(f"{self.screen} has no field {name}")
            if wrong := self._wrong(fields_of(self.shown)[name], given):
                raise FormBroken(f"{name}: {wrong}")
            self.answers[name] = given

    def _wrong(self, component: ReadJson, given: Any) -> str:
        kind, ids = component["type"], {option["id"] for option in as_objects(self.value(component.get("data-source")))}
        longest = component.get("max-chars", component.get("max-length", 80 if kind == "TextInput" else 600))
        match kind:
            case "TextInput" | "TextArea" if not isinstance(given, str) or len(given) > longest:
                return f"at most {longest} characters"
            case "TextInput" if component.get("input-type") == "number" and not given.isdigit():
                return "digits only"
            case "RadioButtonsGroup" | "Dropdown" if given not in ids:
                return "no such option"
            case "CheckboxGroup" if not isinstance(given, list) or not set(cast("list[Any]", given)) <= ids:
                return "no such options"
            case "DatePicker" if not self._in_bounds(component, given):
                return "a day that cannot be chosen"
            case "OptIn" if not isinstance(given, bool):
                return "ticked or not"
            case _:
                return ""

    def _in_bounds(self, component: ReadJson, given: Any) -> bool:
        first = self.value(component.get("min-date")) or "0000-00-00"
        last = self.value(component.get("max-date")) or "9999-99-99"
        return first <= given <= last

    def show(self, screen: str, data: Json) -> None:
        """Go to a screen with what it is told. Raises: FormBroken."""
        shown = next((each for each in as_objects(self.flow["screens"]) if each["id"] == screen), None)
        if shown is None:
            raise FormBroken(f"there is no screen {screen!r}")
        self.data, self.screen, self.answers = _declared(shown, data), screen, {}
        for name, component in fields_of(self.shown).items():
            if (first := self.value(component.get("init-value"))) not in (None, ""):
                self.answers[name] = first

    def payload(self, action: ReadJson) -> Json:
        """Return an action's payload, filled in. What was left out is empty words, an empty list, or not there."""
        missing = [
            name
            for name, each in fields_of(self.shown).items()
            if self.value(each.get("required", False)) and self.answers.get(name) in (None, "", [], False)
        ]
        if missing:
            raise FormBroken(f"{self.screen}: {', '.join(missing)} must be filled in")
        return {key: value for key, written in as_object(action.get("payload")).items()
                if (value := self._sent(written)) is not None}  # fmt: skip

    def _sent(self, written: Any) -> Any:
        value, named = self.value(written), reference(written)
        if value is not None or named is None or named[1] == "data":
            return value
        screens = as_objects(self.flow["screens"])
        holder = next(each for each in screens if each["id"] == (named[0] or self.screen))
        empty: dict[str, Any] = {"TextInput": "", "TextArea": "", "CheckboxGroup": [], "OptIn": False}
        return empty.get(fields_of(holder)[named[2]]["type"])


class FlowClient:
    """A phone with an account's Flows. `post` reaches Ivy's endpoint; the public key is fetched once, and after a 421."""

    def __init__(self, shelf: FlowShelf, *, app_secret: str, post: PostBack, chance: Random) -> None:
        self._shelf, self._app_secret, self._post, self._chance = shelf, app_secret, post, chance
        self._public_pem = ""

    async def open(self, sent: Json, *, message_id: str = "") -> OpenForm:
        """Tap the button of a message that was sent with a Flow. Raises: FormBroken, FormOver."""
        parameters = as_object(as_object(as_object(sent.get("interactive")).get("action")).get("parameters"))
        shelved = self._shelf.flows.get(str(parameters.get("flow_id")))
        flow = shelved and (shelved.draft if parameters.get("mode") == "draft" else shelved.live)
        if shelved is None or flow is None or shelved.status in ("BLOCKED", "DEPRECATED"):
            raise FormBroken("this form cannot be opened")
        first = as_object(parameters.get("flow_action_payload"))
        form = OpenForm(flow, str(parameters.get("flow_token", "")), message_id, "", {})
        if parameters.get("flow_action") == "data_exchange":
            await self._ask(form, "INIT", {})
            return form
        form.show(str(first.get("screen")), dict(as_object(first.get("data"))))
        return form

    async def tap(self, form: OpenForm) -> None:
        """Tap the button at the foot of the screen. Raises: FormBroken, FormOver."""
        footer = next(each for each in children_of(form.shown) if each["type"] == "Footer")
        action = as_object(footer["on-click-action"])
        payload, form.said = form.payload(action), ""
        match action["name"]:
            case "complete":
                self._finish(form, payload)
            case "navigate":
                form.past.append((form.screen, form.data, form.answers))
                form.show(str(as_object(action["next"])["name"]), payload)
            case _:
                await self._ask(form, "data_exchange", payload)

    async def back(self, form: OpenForm) -> None:
        """Go back by the arrow at the top: the screen before is shown as it was, unless this one says to ask anew."""
        if not form.past:
            raise FormBroken("there is no screen before")
        if form.shown.get("refresh_on_back"):
            asked_from, form.past = form.past, form.past[:-1]
            await self._ask(form, "BACK", {}, allowed={screen for screen, _, _ in asked_from})
        else:
            form.screen, form.data, form.answers = form.past.pop()

    async def report(self, form: OpenForm, error: str) -> Answered:
        """Tell the endpoint what failed here, and return its answer."""
        data = {"error": error, "error_message": f"{error} on {form.screen or 'opening'}"}
        return await self._exchange(form, "data_exchange", data)

    # --- the endpoint --------------------------------------------------------------------------------

    async def _ask(self, form: OpenForm, action: str, data: Json, allowed: set[str] | None = None) -> None:
        answer = await self._exchange(form, action, data)
        if answer.status == OVER:
            raise FormOver(str(answer.said.get("error_msg", "")))
        if answer.status != 200:
            raise FormBroken(f"the endpoint answered {answer.status}")
        try:
            self._follow(form, action, answer.said, allowed)
        except FormBroken as broken:
            await self.report(form, "INVALID_SCREEN_TRANSITION")
            raise broken from None

    def _follow(self, form: OpenForm, action: str, said: Json, allowed: set[str] | None) -> None:
        """Show what the endpoint says. Raises: FormBroken for a screen or data that the Flow does not allow."""
        if said.get("version") != DATA_API:
            raise FormBroken("the answer has another version than the request")
        screen, data = str(said.get("screen")), dict(as_object(said.get("data")))
        if screen == "SUCCESS":
            params = as_object(as_object(data.get("extension_message_response")).get("params"))
            if action != "data_exchange" or params.get("flow_token") != form.token:
                raise FormBroken("the last answer does not name the form's token")
            self._finish(form, dict(params))
            return
        routes = as_object(form.flow.get("routing_model"))
        reached = {target for targets in routes.values() for target in targets}
        following = {*routes.get(form.screen, ()), form.screen} if form.screen else set(routes) - reached
        if screen not in (following if allowed is None else allowed):
            raise FormBroken(f"no route leads from {form.screen or 'the beginning'} to {screen}")
        before = (form.screen, form.data, form.answers)
        form.said = str(data.pop("error_message", ""))
        form.show(screen, data)
        if screen == before[0]:  # the same screen again, with an error or fresh data: what was typed stays
            form.answers |= before[2]
        elif before[0] and allowed is None:
            form.past.append(before)

    async def _exchange(self, form: OpenForm, action: str, data: Json) -> Answered:
        asked: Json = {"version": DATA_API, "action": action, "flow_token": form.token, "data": data}
        if action == "data_exchange":
            asked["screen"] = form.screen
        self._public_pem = self._public_pem or self._shelf.public_pem
        answer = await self._send(asked)
        if answer.status == OTHER_KEY:
            self._public_pem = self._shelf.public_pem
            answer = await self._send(asked)
        return answer

    async def _send(self, asked: Json) -> Answered:
        try:
            return await exchange(self._post, self._public_pem, self._app_secret, asked, self._chance)
        except BadAnswer as error:
            raise FormBroken(str(error)) from error

    def _finish(self, form: OpenForm, answers: Json) -> None:
        response = json.dumps({**answers, "flow_token": form.token})
        reply = {"name": "flow", "body": "Sent", "response_json": response}
        form.finished = {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": reply}}


def _declared(screen: ReadJson, data: Json) -> Json:
    """Return what a screen declares of the data it is told; the rest is dropped. Raises: FormBroken for what lacks."""
    kinds: dict[str, Any] = {"string": str, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    declared = as_object(screen.get("data"))
    for name, shape in declared.items():
        if not isinstance(data.get(name), kinds[shape["type"]]) or data[name] == []:
            raise FormBroken(f"{screen['id']} was not told its {name}, or not as a {shape['type']}")
    return {name: data[name] for name in declared}
