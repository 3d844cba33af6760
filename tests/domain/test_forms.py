"""Forms: nothing that a channel refuses can be defined, and each field is checked in both languages."""

from collections.abc import Callable
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivy.domain import forms
from ivy.domain.contents import Unbuildable
from ivy.domain.form_definitions import BOOKING, FORMS, ONBOARDING, OTHER_ZONE, WEEKLY_CHECKIN
from ivy.domain.forms import (
    Both,
    Choice,
    ClockTime,
    Day,
    FormDefinition,
    LongText,
    Number,
    OneOf,
    OptIn,
    Screen,
    SeveralOf,
    ShortText,
    opening,
)

LABEL = Both("Label", "Rótulo")


def both(length: int) -> Both:
    return Both("e" * length, "s" * length)


def choices(count: int) -> tuple[Choice, ...]:
    return tuple(Choice(str(each), Both(f"e{each}", f"s{each}")) for each in range(count))


def screen(*fields: forms.AnyField, id: str = "ONE", **change: Any) -> Screen:
    known: dict[str, Any] = {"title": LABEL, "submit": LABEL, **change}
    return Screen(id, known["title"], fields or (text(),), known["submit"], known.get("intro"))


def text(name: str = "note", **change: Any) -> ShortText:
    known: dict[str, Any] = {"name": name, "label": LABEL, **change}
    return ShortText(**known)


def form(*screens: Screen, words: tuple[Both, ...] = ()) -> FormDefinition:
    return FormDefinition("test", "survey", screens, words)


@pytest.mark.parametrize(
    "build",
    [
        lambda: text(label=both(21)),
        lambda: text(label=Both("ok", " ")),
        lambda: text(label=Both("ok", "s" * 21)),
        lambda: text(hint=both(81)),
        lambda: text(longest=81),
        lambda: text(longest=0),
        lambda: text(name="Two words"),
        lambda: text(name="año"),
        lambda: text(name="flow_token"),
        lambda: text(name="error_message"),
        lambda: LongText(name="a", label=both(21)),
        lambda: LongText(name="a", label=LABEL, longest=601),
        lambda: Number(name="a", label=LABEL, least=5, most=5),
        lambda: Number(name="a", label=LABEL, least=-1, most=5),
        lambda: OneOf(name="a", label=LABEL, options=()),
        lambda: OneOf(name="a", label=LABEL, options=choices(21)),
        lambda: OneOf(name="a", label=both(31), options=choices(2)),
        lambda: OneOf(name="a", label=both(21), options=choices(2), dropdown=True),
        lambda: OneOf(name="a", label=LABEL, options=choices(201), dropdown=True),
        lambda: OneOf(name="a", label=LABEL, options=choices(2), usual="7"),
        lambda: OneOf(name="a", label=LABEL, options=choices(2), hint=LABEL),
        lambda: OneOf(name="a", label=LABEL, options=(*choices(1), *choices(1))),
        lambda: OneOf(name="a", label=LABEL, options=(Choice("1", LABEL), Choice("2", Both("Other", "Rótulo")))),
        lambda: SeveralOf(name="a", label=LABEL, options=choices(21)),
        lambda: Choice("1", both(31)),
        lambda: Choice("1", LABEL, both(301)),
        lambda: Choice("", LABEL),
        lambda: Choice("a b", LABEL),
        lambda: Day(name="a", label=both(41)),
        lambda: Day(name="a", label=LABEL, ahead=0),
        lambda: ClockTime(name="a", label=LABEL, step=0),
        lambda: ClockTime(name="a", label=LABEL, first=time(0), last=time(23, 59), step=5),
        lambda: ClockTime(name="a", label=LABEL, first=time(9), last=time(8)),
        lambda: OptIn(name="a", label=both(121)),
        lambda: screen(id="SUCCESS"),
        lambda: screen(id="ONE2"),
        lambda: screen(id="one"),
        lambda: screen(title=both(31)),
        lambda: screen(submit=both(36)),
        lambda: screen(intro=both(4097)),
        lambda: screen(*(OptIn(name=f"a{'b' * each}", label=LABEL) for each in range(6))),
        lambda: screen(*(text(f"a{'b' * each}") for each in range(39)), *(text(f"c{'b' * each}") for each in range(10))),
        lambda: form(),
        lambda: form(screen(), screen()),
        lambda: form(screen(), screen(id="TWO")),
        lambda: form(screen(), screen(Day(name="a", label=LABEL), id="TWO")),
        lambda: form(screen(), screen(text("title", prefilled=True), id="TWO")),
        lambda: form(screen(), words=(Both("{nobody}", "{nobody}"),)),
        lambda: FormDefinition("Bad name", "survey", (screen(),), ()),
    ],
)  # fmt: skip
def test_what_a_channel_would_refuse_cannot_be_made(build: Callable[[], object]) -> None:
    with pytest.raises(Unbuildable):
        build()


def test_what_is_just_within_the_limits_can() -> None:
    fields = (
        text(label=both(20), hint=both(80)),
        OneOf(name="a", label=both(30), options=choices(20)),
        OneOf(name="b", label=both(20), options=choices(200), dropdown=True),
        OptIn(name="c", label=both(120)),
        Day(name="d", label=both(40)),
        ClockTime(name="e", label=both(20), first=time(0), last=time(23, 45), step=15),
    )
    assert len(form(screen(*fields, title=both(30), submit=both(35))).fields) == 6


def test_ivy_has_its_three_forms() -> None:
    assert set(FORMS) == {"booking", "onboarding", "weekly_checkin"}
    assert [each.name for each in BOOKING.fields] == ["title", "date", "time", "minutes", "note"]
    assert {"name", "goal", "track", "days", "hour", "zone"} <= {each.name for each in ONBOARDING.fields}
    confidence = WEEKLY_CHECKIN.field("confidence")
    assert isinstance(confidence, OneOf) and [each.id for each in confidence.options] == [str(n) for n in range(1, 11)]


def test_every_zone_that_is_offered_exists() -> None:
    zones = ONBOARDING.field("zone")
    assert isinstance(zones, OneOf)
    for each in zones.options:
        assert each.id == OTHER_ZONE or ZoneInfo(each.id)


def test_a_form_is_opened_with_what_its_first_screen_must_know() -> None:
    today = date(2026, 11, 23)
    opened = opening(BOOKING, today=today, filled={"title": "  the  dentist ", "nobody": "asks"})
    assert opened.screen == "BOOK"
    assert opened.data == {"title": "the dentist", "date_from": "2026-11-23", "date_to": "2027-11-23"}
    assert opening(BOOKING, today=today, filled={"title": "x" * 500}).data["title"] == "x" * 80
    assert opening(WEEKLY_CHECKIN, today=today).data == {}
