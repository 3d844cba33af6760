"""What Meta finds wrong in a Flow's JSON before it lets it be published. May import: the domain and below.

Source: Flows "Flow JSON" and "Components", version 7.3. As strict as Meta or a little stricter: what is not in the table
is a fault.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

Json = Mapping[str, Any]

VERSIONS = frozenset({"5.1", "6.0", "6.1", "6.2", "6.3", "7.0", "7.1", "7.2", "7.3"})
DATA_API_VERSIONS = frozenset({"3.0", "4.0"})
_SCREEN = re.compile(r"[A-Za-z_]+", re.ASCII)
_REFERENCE = re.compile(r"\$\{(?:(data|form)|screen\.([A-Za-z_]+)\.(data|form))\.([A-Za-z0-9_]+)\}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PYTHON_TYPES = {"string": str, "number": (int, float), "boolean": bool, "array": list, "object": dict}


@dataclass(frozen=True)
class Kind:
    """One component: keys it must and may have, how long its words may be, and how many options it may offer."""

    need: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    longest: Mapping[str, int] = field(default_factory=dict[str, int])
    options: tuple[int, int] | None = None
    most: int = 50

    @property
    def answers(self) -> bool:
        return "name" in self.need


_COMMON = ("required", "visible", "enabled")
KINDS: Mapping[str, Kind] = {
    "TextHeading": Kind(("text",), ("visible",), {"text": 80}),
    "TextSubheading": Kind(("text",), ("visible",), {"text": 80}),
    "TextBody": Kind(("text",), ("visible", "font-weight", "strikethrough", "markdown"), {"text": 4096}),
    "TextCaption": Kind(("text",), ("visible", "font-weight", "strikethrough", "markdown"), {"text": 409}),
    "TextInput": Kind(
        ("name", "label"),
        (*_COMMON, "input-type", "min-chars", "max-chars", "helper-text", "init-value", "error-message", "pattern"),
        {"label": 20, "helper-text": 80, "error-message": 30},
    ),
    "TextArea": Kind(
        ("name", "label"),
        (*_COMMON, "max-length", "helper-text", "init-value", "error-message"),
        {"label": 20, "helper-text": 80},
    ),
    "RadioButtonsGroup": Kind(
        ("name", "label", "data-source"),
        (*_COMMON, "description", "init-value", "on-select-action"),
        {"label": 30, "description": 300},
        (1, 20),
    ),
    "CheckboxGroup": Kind(
        ("name", "label", "data-source"),
        (*_COMMON, "description", "init-value", "min-selected-items", "max-selected-items", "on-select-action"),
        {"label": 30, "description": 300},
        (1, 20),
    ),
    "Dropdown": Kind(
        ("name", "label", "data-source"), (*_COMMON, "init-value", "on-select-action"), {"label": 20}, (1, 200)
    ),
    "DatePicker": Kind(
        ("name", "label"),
        (*_COMMON, "min-date", "max-date", "unavailable-dates", "helper-text", "init-value", "on-select-action"),
        {"label": 40, "helper-text": 80},
    ),
    "OptIn": Kind(("name", "label"), ("required", "visible", "init-value", "on-click-action"), {"label": 120}, most=5),
    "EmbeddedLink": Kind(("text", "on-click-action"), ("visible",), {"text": 25}, most=2),
    "Footer": Kind(("label", "on-click-action"), ("enabled",), {"label": 35}, most=1),
}
_DYNAMIC = frozenset({
    "text", "label", "helper-text", "init-value", "data-source", "min-date", "max-date", "unavailable-dates", "required",
    "visible", "enabled", "description", "error-message",
})  # fmt: skip
"""Keys whose value may be a reference."""


def faults_of(flow: Any) -> list[dict[str, Any]]:
    """Return what is wrong with a Flow's JSON, as Meta lists it; nothing when it may be published."""
    return [
        {"error": error, "error_type": "FLOW_JSON_ERROR", "message": message, "line_start": 1, "line_end": 1}
        for error, message in _Check(flow).run()
    ]


def reference(value: Any) -> tuple[str, str, str] | None:
    """Return what `${data.x}` or `${screen.S.form.x}` names: screen ("" for the same), source, name; or None."""
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return found and (found[2] or "", found[1] or found[3], found[4])


def children_of(screen: Json) -> list[Json]:
    """Return the components of a screen."""
    return as_objects(as_object(screen.get("layout")).get("children"))


def fields_of(screen: Json) -> dict[str, Json]:
    """Return the components of a screen that hold an answer, by name."""
    return {str(each["name"]): each for each in children_of(screen) if "name" in each}


def as_object(value: Any) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[Json]:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [as_object(each) for each in listed]


Fault = tuple[str, str]


class _Check:
    """One look at one Flow."""

    def __init__(self, flow: Any) -> None:
        self._flow = as_object(flow)
        self._list = as_objects(self._flow.get("screens"))
        self._screens = {str(screen.get("id")): screen for screen in self._list}
        self._has_endpoint = "data_api_version" in self._flow

    def run(self) -> Iterator[Fault]:
        yield from _keys(self._flow, "$root", ("version", "screens"), ("data_api_version", "routing_model"))
        if self._flow.get("version") not in VERSIONS:
            yield "INVALID_PROPERTY_VALUE", f"version {self._flow.get('version')!r} cannot be published."
        if not self._list:
            yield "INVALID_PROPERTY_VALUE", "screens must be a list of at least one screen."
        if len(self._screens) < len(self._list):
            yield "DUPLICATE_SCREEN_ID", "Two screens have the same id."
        if self._list and not any(screen.get("terminal") is True for screen in self._list):
            yield "MISSING_TERMINAL_SCREEN", "No screen is terminal."
        yield from self._endpoint()
        for screen in self._list:
            yield from self._screen(screen)

    # --- routes --------------------------------------------------------------------------------------

    def _endpoint(self) -> Iterator[Fault]:
        routes = self._flow.get("routing_model")
        if self._has_endpoint != (routes is not None):
            yield "INVALID_ROUTING_MODEL", "data_api_version and routing_model belong together: both need an endpoint."
            return
        if routes is None:
            return
        if self._flow["data_api_version"] not in DATA_API_VERSIONS:
            yield "INVALID_PROPERTY_VALUE", f"data_api_version {self._flow['data_api_version']!r} is not known."
        yield from self._routes({key: list(targets) for key, targets in as_object(routes).items()})

    def _routes(self, routes: dict[str, list[Any]]) -> Iterator[Fault]:
        if set(routes) != set(self._screens):
            yield "INVALID_ROUTING_MODEL", "routing_model must name every screen."
        for screen, targets in routes.items():
            if screen in targets or any(target not in self._screens for target in targets) or len(targets) > 10:
                yield "INVALID_ROUTING_MODEL", f"The routes of {screen} must be at most 10 other screens."
        reached = {target for targets in routes.values() for target in targets}
        if routes and not set(routes) - reached:
            yield "INVALID_ROUTING_MODEL", "routing_model has no entry screen."
        if _has_circle(routes):
            yield "INVALID_ROUTING_MODEL", "routing_model leads backward."

    # --- screens -------------------------------------------------------------------------------------

    def _screen(self, screen: Json) -> Iterator[Fault]:
        where = f"screen {screen.get('id')}"
        may = ("title", "terminal", "success", "data", "refresh_on_back", "sensitive")
        yield from _keys(screen, where, ("id", "layout"), may)
        if not _SCREEN.fullmatch(str(screen.get("id"))) or screen.get("id") == "SUCCESS":
            yield "INVALID_PROPERTY_VALUE", f"{where}: id must be letters and underscores, and not SUCCESS."
        if not isinstance(screen.get("title", "?"), str) or not str(screen.get("title", "?")).strip():
            yield "INVALID_PROPERTY_VALUE", f"{where}: title must not be empty."
        if screen.get("refresh_on_back") and not self._has_endpoint:
            yield "INVALID_PROPERTY_VALUE", f"{where}: refresh_on_back needs an endpoint."
        for name, declared in as_object(screen.get("data")).items():
            yield from _declaration(name, as_object(declared), where)
        children = children_of(screen)
        if as_object(screen.get("layout")).get("type") != "SingleColumnLayout" or not 1 <= len(children) <= 50:
            yield "INVALID_PROPERTY_VALUE", f"{where}: layout must be a SingleColumnLayout of 1 to 50 components."
        yield from self._counts(screen, children, where)
        for child in children:
            yield from self._component(screen, child, where)

    def _counts(self, screen: Json, children: list[Json], where: str) -> Iterator[Fault]:
        kinds = [str(child.get("type")) for child in children]
        for kind in sorted(set(kinds) & set(KINDS)):
            if kinds.count(kind) > KINDS[kind].most:
                yield "INVALID_PROPERTY_VALUE", f"{where}: more than {KINDS[kind].most} of {kind}."
        if screen.get("terminal") is True and "Footer" not in kinds:
            yield "MISSING_FOOTER", f"{where}: a terminal screen needs a Footer."
        names = [child["name"] for child in children if isinstance(child.get("name"), str)]
        if len(set(names)) < len(names):
            yield "DUPLICATE_COMPONENT_NAME", f"{where}: two components have the same name."

    def _component(self, screen: Json, child: Json, where: str) -> Iterator[Fault]:
        kind = KINDS.get(str(child.get("type")))
        if kind is None:
            yield "INVALID_COMPONENT_TYPE", f"{where}: there is no component {child.get('type')!r}."
            return
        where = f"{where}, {child['type']} {child.get('name', '')}".rstrip()
        yield from _keys(child, where, ("type", *kind.need), kind.may)
        for key, value in child.items():
            yield from self._value(screen, kind, key, value, where)
        if kind.options and isinstance(child.get("data-source"), list):
            yield from _options(as_objects(child["data-source"]), kind.options, where)
        for key in ("on-click-action", "on-select-action"):
            if key in child:
                yield from self._action(screen, as_object(child[key]), where)

    def _value(self, screen: Json, kind: Kind, key: str, value: Any, where: str) -> Iterator[Fault]:
        if isinstance(value, str) and "${" in value:
            if key not in _DYNAMIC:
                yield "INVALID_PROPERTY_VALUE", f"{where}: {key} cannot be dynamic."
            yield from self._reference(screen, value, where)
        elif key in kind.longest or key == "name":
            longest = kind.longest.get(key, 200)
            if not isinstance(value, str) or not value.strip() or len(value) > longest:
                yield "INVALID_PROPERTY_VALUE", f"{where}: {key} must have 1 to {longest} characters."
        elif key in ("min-date", "max-date") and not (isinstance(value, str) and _DATE.fullmatch(value)):
            yield "INVALID_PROPERTY_VALUE", f"{where}: {key} must be YYYY-MM-DD."
        elif key in ("required", "visible", "enabled") and not isinstance(value, bool):
            yield "INVALID_PROPERTY_TYPE", f"{where}: {key} must be a boolean."
        elif key in ("max-chars", "min-chars", "max-length") and (
            isinstance(value, bool) or not isinstance(value, int)
        ):
            yield "INVALID_PROPERTY_TYPE", f"{where}: {key} must be a number."

    def _reference(self, screen: Json, value: str, where: str) -> Iterator[Fault]:
        named = reference(value)
        if named is None:
            yield "INVALID_PROPERTY_VALUE", f"{where}: {value!r} mixes words with a reference, or names nothing."
            return
        other, source, name = named
        holder = self._screens.get(other) if other else screen
        known = fields_of(holder or {}) if source == "form" else as_object((holder or {}).get("data"))
        if name not in known:
            yield "MISSING_DYNAMIC_DATA", f"{where}: {value} is not declared."

    def _action(self, screen: Json, action: Json, where: str) -> Iterator[Fault]:
        name, payload = action.get("name"), as_object(action.get("payload"))
        for value in payload.values():
            if isinstance(value, str) and "${" in value:
                yield from self._reference(screen, value, where)
        if name == "data_exchange":
            if not self._has_endpoint:
                yield "INVALID_ACTION", f"{where}: data_exchange needs an endpoint."
        elif name == "complete":
            if screen.get("terminal") is not True:
                yield "INVALID_ACTION", f"{where}: only a terminal screen completes."
        elif name == "navigate":
            yield from self._navigation(screen, as_object(action.get("next")), payload, where)
        else:
            yield "INVALID_ACTION", f"{where}: there is no action {name!r}."

    def _navigation(self, screen: Json, following: Json, payload: Json, where: str) -> Iterator[Fault]:
        target = self._screens.get(str(following.get("name")))
        if following.get("type") != "screen" or target is None or target is screen:
            yield "INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME", f"{where}: there is no such other screen."
            return
        routes = as_object(self._flow.get("routing_model"))
        if self._has_endpoint and target.get("id") not in routes.get(str(screen.get("id")), ()):
            yield "INVALID_ROUTING_MODEL", f"{where}: the routes do not lead there."
        if set(payload) != set(as_object(target.get("data"))):
            yield "MISSING_DYNAMIC_DATA", f"{where}: the payload is not what {target.get('id')} declares."


def _keys(holder: Json, where: str, need: tuple[str, ...], may: tuple[str, ...]) -> Iterator[Fault]:
    for key in need:
        if key not in holder:
            yield "MISSING_PROPERTY", f"{where}: the property {key!r} is missing."
    for key in sorted(holder.keys() - {*need, *may}):
        yield "INVALID_PROPERTY", f"{where}: the property {key!r} cannot be specified."


def _declaration(name: str, declared: Json, where: str) -> Iterator[Fault]:
    kind = _PYTHON_TYPES.get(str(declared.get("type")))
    if kind is None:
        yield "INVALID_PROPERTY_VALUE", f"{where}: data.{name} has no known type."
    elif "__example__" not in declared:
        yield "MISSING_EXAMPLE", f"{where}: data.{name} has no __example__."
    elif not isinstance(declared["__example__"], kind):
        yield "INVALID_PROPERTY_TYPE", f"{where}: the __example__ of data.{name} is not of its type."
    elif declared["type"] == "array" and "items" not in declared:
        yield "MISSING_PROPERTY", f"{where}: data.{name} does not say what its items are."


def _options(options: list[Json], bounds: tuple[int, int], where: str) -> Iterator[Fault]:
    least, most = bounds
    if not least <= len(options) <= most:
        yield "INVALID_PROPERTY_VALUE", f"{where}: data-source must have {least} to {most} items."
    yield from (fault for option in options for fault in _option(option, where))
    if len({option.get("id") for option in options}) < len(options):
        yield "INVALID_PROPERTY_VALUE", f"{where}: two items have the same id."


def _option(option: Json, where: str) -> Iterator[Fault]:
    yield from _keys(option, where, ("id", "title"), ("description", "metadata", "enabled"))
    for key, longest in {"title": 30, "description": 300, "metadata": 20}.items():
        words = option.get(key, "?")
        if not isinstance(words, str) or not 1 <= len(words) <= longest:
            yield "INVALID_PROPERTY_VALUE", f"{where}: an item's {key} must have 1 to {longest} characters."


def _has_circle(routes: Mapping[str, list[Any]]) -> bool:
    left = {screen: {target for target in targets if target in routes} for screen, targets in routes.items()}
    while ends := {screen for screen, targets in left.items() if not targets}:
        left = {screen: targets - ends for screen, targets in left.items() if screen not in ends}
    return bool(left)
