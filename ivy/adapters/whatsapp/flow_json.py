"""Forms as Meta's Flow JSON 7.3, one asset for each form and language. May import: the domain.

A `navigate` Flow needs no endpoint of ours: it is told what it must know when it is sent. The live booking asks our
endpoint for days and times that are free. Source: Flows "Flow JSON", "Components", versions of 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec

from ivy.domain.form_definitions import BOOKING, FORMS, LIVE_BOOKING, LIVE_CONFIRM, LIVE_DAY, LIVE_TIME
from ivy.domain.forms import (
    AnyField,
    Both,
    ClockTime,
    Day,
    FormDefinition,
    LongText,
    Number,
    OneOf,
    Opening,
    OptIn,
    Screen,
    SeveralOf,
    ShortText,
    first_day_key,
    last_day_key,
    opening,
)

Json = dict[str, Any]

VERSION, DATA_API_VERSION = "7.3", "4.0"
LANGUAGES = ("en", "es")
CATEGORIES: Mapping[str, str] = {"booking": "APPOINTMENT_BOOKING", "sign_up": "SIGN_UP", "survey": "SURVEY"}
_EXAMPLE_DAY = date(2026, 11, 24)
_EXAMPLE_WORDS = {"title": "dentist", "name": "Ana"}


@dataclass(frozen=True)
class Asset:
    """One Flow as it is uploaded. `live` ones need an endpoint."""

    name: str
    language: str
    category: str
    content: bytes
    live: bool = False

    @property
    def title(self) -> str:
        """The Flow's name at Meta, unique within the account."""
        return f"ivy_{self.name}_{self.language}"

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


def assets(*, live: bool) -> tuple[Asset, ...]:
    """Return every Flow of Ivy's; `live` ones too if there is an endpoint."""
    found = [
        Asset(form.name, language, CATEGORIES[form.purpose], _written(flow(form, language)))
        for form in FORMS.values()
        for language in LANGUAGES
    ]
    if live:
        category = CATEGORIES[BOOKING.purpose]
        found += [
            Asset(LIVE_BOOKING, language, category, _written(live_booking(language)), live=True)
            for language in LANGUAGES
        ]
    return tuple(found)


def _written(flow: Json) -> bytes:
    return msgspec.json.format(msgspec.json.encode(flow), indent=1)


# --- a form that needs no endpoint ------------------------------------------------------------------


def flow(form: FormDefinition, language: str) -> Json:
    """Return a form in one language, from its first screen to the answers of all."""
    screens = [_screen(form, number, language) for number in range(len(form.screens))]
    return {"version": VERSION, "screens": screens}


def _screen(form: FormDefinition, number: int, language: str) -> Json:
    screen, last = form.screens[number], number == len(form.screens) - 1
    # The example of what it is opened with must not change with the day, or every push would upload it anew.
    told = opening(form, today=_EXAMPLE_DAY, filled=_EXAMPLE_WORDS) if number == 0 else Opening(screen.id, {})
    action: Json = {"name": "complete", "payload": _all_answers(form, screen)}
    if not last:
        action = {"name": "navigate", "next": {"type": "screen", "name": form.screens[number + 1].id}, "payload": {}}
    intro = [{"type": "TextBody", "text": screen.intro.said(language)}] if screen.intro else []
    children = [*intro, *(component(each, language) for each in screen.fields)]
    return _layout(
        screen.id,
        screen.title.said(language),
        [*children, _footer(screen.submit.said(language), action)],
        data={key: {"type": "string", "__example__": example} for key, example in told.data.items()},
        terminal=last,
    )


def _all_answers(form: FormDefinition, last: Screen) -> Json:
    """Return the answers of every screen; those of earlier ones are named with their screen."""
    return {
        each.name: f"${{form.{each.name}}}" if screen is last else f"${{screen.{screen.id}.form.{each.name}}}"
        for screen in form.screens
        for each in screen.fields
    }


def component(field: AnyField, language: str) -> Json:
    """Return one field as a component."""
    hint = {"helper-text": field.hint.said(language)} if field.hint else {}
    common: Json = {"name": field.name, "label": field.label.said(language), "required": field.required}
    match field:
        case ShortText():
            filled = {"init-value": f"${{data.{field.name}}}"} if field.prefilled else {}
            return {"type": "TextInput", "input-type": "text", **common, "max-chars": field.longest, **hint, **filled}
        case LongText():
            return {"type": "TextArea", **common, "max-length": field.longest, **hint}
        case Number():
            digits = len(str(field.most))
            return {"type": "TextInput", "input-type": "number", **common, "max-chars": digits, **hint}
        case OneOf():
            usual = {"init-value": field.usual} if field.usual else {}
            kind = "Dropdown" if field.dropdown else "RadioButtonsGroup"
            return {"type": kind, **common, "data-source": _options(field, language), **usual}
        case SeveralOf():
            return {"type": "CheckboxGroup", **common, "data-source": _options(field, language)}
        case Day():
            bounds = {
                "min-date": f"${{data.{first_day_key(field)}}}",
                "max-date": f"${{data.{last_day_key(field)}}}",
            }
            return {"type": "DatePicker", **common, **bounds, **hint}
        case ClockTime():  # Flows have no component for a time of day
            times = [f"{each:%H:%M}" for each in field.times]
            return {"type": "Dropdown", **common, "data-source": [{"id": each, "title": each} for each in times]}
        case OptIn():
            return {"type": "OptIn", **common}


def _options(field: OneOf | SeveralOf, language: str) -> list[Json]:
    return [
        {
            "id": option.id,
            "title": option.title.said(language),
            **({"description": option.description.said(language)} if option.description else {}),
        }
        for option in field.options
    ]


# --- the booking that knows what is free -------------------------------------------------------------


def live_booking(language: str) -> Json:
    """Return the booking that asks our endpoint at each step: days, then the times of one, then what to confirm."""
    names = {name: component(BOOKING.field(name), language) for name in ("title", "minutes", "note")}

    def say(en: str, es: str) -> str:
        return Both(en, es).said(language)

    day = _layout(
        LIVE_DAY,
        say("New appointment", "Nueva cita"),
        [
            names["title"],
            names["minutes"],
            _dropdown("date", say("Day", "Día"), "${data.days}"),
            _footer(say("See free times", "Ver horas libres"), _exchange(title="form", minutes="form", date="form")),
        ],
        data={"title": _text("dentist"), "days": _list("2026-11-24", say("Tue 24 Nov", "mar 24 nov"))},
    )
    chosen = {"title": _text("dentist"), "minutes": _text("60"), "date": _text("2026-11-24")}
    free = _layout(
        LIVE_TIME,
        say("Free times", "Horas libres"),
        [
            {"type": "TextSubheading", "text": "${data.chosen}"},
            _dropdown("time", say("Time", "Hora"), "${data.times}"),
            _footer(say("Next", "Siguiente"), _exchange(title="data", minutes="data", date="data", time="form")),
        ],
        data={**chosen, "chosen": _text(say("Tue 24 Nov", "mar 24 nov")), "times": _list("14:00", "14:00")},
        # Going back from here asks us again: the days may have filled up meanwhile.
        refresh_on_back=True,
    )
    everything = _exchange(title="data", minutes="data", date="data", time="data", note="form")
    confirm = _layout(
        LIVE_CONFIRM,
        say("All right?", "¿Está bien?"),
        [
            {"type": "TextBody", "text": "${data.summary}"},
            names["note"],
            _footer(say("Book it", "Agendar"), everything),
        ],
        data={**chosen, "time": _text("14:00"), "summary": _text(say("dentist, Tue 24 Nov", "dentista, mar 24 nov"))},
        terminal=True,
    )
    return {
        "version": VERSION,
        "data_api_version": DATA_API_VERSION,
        "routing_model": {LIVE_DAY: [LIVE_TIME], LIVE_TIME: [LIVE_CONFIRM], LIVE_CONFIRM: []},
        "screens": [day, free, confirm],
    }


# --- parts -------------------------------------------------------------------------------------------


def _layout(id: str, title: str, children: list[Json], *, data: Json, terminal: bool = False, **more: Any) -> Json:
    ends: Json = {"terminal": True, "success": True} if terminal else {}
    layout = {"type": "SingleColumnLayout", "children": children}
    return {"id": id, "title": title, **ends, **more, "data": data, "layout": layout}


def _footer(label: str, action: Json) -> Json:
    return {"type": "Footer", "label": label, "on-click-action": action}


def _exchange(**sources: str) -> Json:
    """Return the action that asks our endpoint, with each value from the screen's `form` or its `data`."""
    return {"name": "data_exchange", "payload": {name: f"${{{source}.{name}}}" for name, source in sources.items()}}


def _dropdown(name: str, label: str, source: str) -> Json:
    return {"type": "Dropdown", "name": name, "label": label, "required": True, "data-source": source}


def _text(example: str) -> Json:
    return {"type": "string", "__example__": example}


def _list(id: str, title: str) -> Json:
    properties = {"id": {"type": "string"}, "title": {"type": "string"}}
    return {
        "type": "array",
        "items": {"type": "object", "properties": properties},
        "__example__": [{"id": id, "title": title}],
    }
