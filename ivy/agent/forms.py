"""What a form that asks as it goes is answered: the days and times at which a person is free. May import: the store and below.

A phone tells what was chosen so far with each request, and we keep nothing of it: every step is checked anew, and
nothing is booked before the finished form arrives as a message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast

import msgspec

from ivy.domain.form_answers import FormAnswers, WrongAnswer, read_answers
from ivy.domain.form_definitions import BOOKING, LIVE_BOOKING, LIVE_CONFIRM, LIVE_DAY, LIVE_TIME
from ivy.domain.forms import Both, ShortText
from ivy.domain.free_times import Calendar, free_days, free_times, is_free
from ivy.domain.schedule import local_date
from ivy.domain.when import describe_clock, describe_day
from ivy.store import calendar, people
from ivy.store.people import Person
from ivy.store.scope import Scope

Json = dict[str, Any]

AHEAD = 60
"""Days that a form offers."""
SHORTEST = timedelta(minutes=15)
"""A day with room for this is offered; whether it has room for more shows on the next screen."""

GONE = Both(
    "That time was just taken. Please choose another.",
    "Esa hora se acaba de ocupar. Hay otras para elegir.",
)
TAKEN = Both(
    "That time was just taken. Go back and choose another.",
    "Esa hora se acaba de ocupar. Un paso atrás hay otras.",
)
FULL = Both(
    "That day has no free time of that length. Please choose another.",
    "Ese día no tiene un espacio libre de esa duración. Otro día puede tenerlo.",
)
FILLED_UP = Both(
    "That day has just filled up. Go back and choose another.",
    "Ese día se acaba de llenar. Un paso atrás hay otros.",
)
NO_ROOM = Both(
    "I see no free time in the next weeks. Write to me in the chat and we will find one.",
    "No veo espacio libre en las próximas semanas. Lo buscamos en el chat.",
)
SENT_ALREADY = Both(
    "This form was sent already. Write to me in the chat if something should change.",
    "Este formulario ya se envió. Si algo debe cambiar, lo vemos en el chat.",
)
TOO_OLD = Both(
    "This form has expired. Write to me in the chat and I'll send a new one.",
    "Este formulario venció. En el chat pido uno nuevo enseguida.",
)
NOT_VALID = Both(
    "This form is not valid any more. Just write to me in the chat.",
    "Este formulario ya no es válido. Seguimos en el chat.",
)
SWITCHED_OFF = Both(
    "Forms are switched off at the moment. Just write it to me in the chat and I'll do it.",
    "Los formularios están desactivados por ahora. Por el chat lo hago igual.",
)


_NOTHING = {"id": "none", "title": "—"}


class Exchange(msgspec.Struct, frozen=True):
    """What a phone asks: `action` is ping, INIT, BACK, data_exchange, or what failed on the phone."""

    action: str = ""
    version: str = ""
    screen: str | None = ""
    data: Any = None
    flow_token: str | None = ""

    @property
    def given(self) -> Mapping[str, Any]:
        return cast("dict[str, Any]", self.data) if isinstance(self.data, dict) else {}

    @property
    def is_ping(self) -> bool:
        return self.action.lower() == "ping"

    @property
    def failure(self) -> str:
        """Return what the phone says went wrong, or nothing. It may name a field; it holds no answers."""
        told = [self.given.get(key) for key in ("error", "error_key", "error_message")]
        return ": ".join(text[:200] for text in told if isinstance(text, str) and text)


@dataclass(frozen=True)
class FormQuestion:
    """What a form's token stands for, once it is known to be ours: whose question it is, and whether it still waits."""

    user_id: str
    form: str
    state: Literal["waiting", "done", "expired"] = "waiting"
    title: str = ""
    """What the person called it before the form was opened."""


class NotValid(Exception):
    """The form is over for the person, who reads `said`."""

    def __init__(self, said: Both, language: str) -> None:
        super().__init__(said.en)
        self.said = said.said(language)


def read_exchange(request: Json) -> Exchange:
    """Return what a phone asks. Raises: msgspec.ValidationError."""
    return msgspec.convert(request, Exchange)


def pong(request: Exchange) -> Json:
    return {"version": request.version, "data": {"status": "active"}}


def acknowledge(request: Exchange) -> Json:
    """Return the answer to a phone that reports a failure."""
    return {"version": request.version, "data": {"acknowledged": True}}


def answer(scope: Scope, question: FormQuestion, request: Exchange, *, now: datetime) -> Json:
    """Return the next screen of a live booking, for the person of this scope. Raises: NotValid."""
    person = people.load(scope)
    if question.state != "waiting":
        raise NotValid(SENT_ALREADY if question.state == "done" else TOO_OLD, person.language)
    if question.form != LIVE_BOOKING:
        raise NotValid(NOT_VALID, person.language)
    step = _Step(person, _calendar(scope, person, now), question, request)
    after = {LIVE_DAY: step.after_day, LIVE_TIME: step.after_time, LIVE_CONFIRM: step.after_confirm}
    # INIT, and BACK, which may name no screen, begin with the days.
    return after.get(request.screen or "", step.days)() if request.action == "data_exchange" else step.days()


def _calendar(scope: Scope, person: Person, now: datetime) -> Calendar:
    until = now + timedelta(days=AHEAD + 2)
    slots = [slot for slot in calendar.listed(scope, now, until) if not slot.event.all_day]
    return Calendar([(slot.starts_at, slot.ends_at) for slot in slots], person.zone, now)


@dataclass(frozen=True)
class _Step:
    person: Person
    calendar: Calendar
    question: FormQuestion
    request: Exchange

    # --- the screens ---------------------------------------------------------------------------------

    def days(self, said: Both | None = None) -> Json:
        days = free_days(self.calendar, AHEAD, SHORTEST)
        if not days:
            raise NotValid(NO_ROOM, self.person.language)
        title = self.request.given.get("title")
        given = title if isinstance(title, str) else self.question.title
        field = BOOKING.field("title")
        longest = field.longest if isinstance(field, ShortText) else 0
        return self._screen(
            LIVE_DAY,
            {"title": " ".join(given.split())[:longest], "days": [self._option(day) for day in days]},
            said,
        )

    def times(self, chosen: FormAnswers, said: Both | None = None) -> Json:
        day, length = self._day_of(chosen), _length(chosen)
        times = free_times(self.calendar, day, length)
        listed = [{"id": f"{each:%H:%M}", "title": describe_clock(each, self.person.locale)} for each in times]
        if not times and self.request.screen == LIVE_DAY:
            return self.days(FULL)
        if not times:  # nobody can be led back but by their own hand, and a list may not be empty
            listed, said = [_NOTHING], FILLED_UP
        heading = f"{describe_day(day, self.person.locale)}, {self._minutes(chosen)}"
        return self._screen(LIVE_TIME, {**_carried(chosen), "chosen": heading, "times": listed}, said)

    def confirm(self, chosen: FormAnswers, said: Both | None = None) -> Json:
        clock = chosen.clock("time")
        assert clock is not None  # noqa: S101 - a required field of what was read
        when = f"{describe_day(self._day_of(chosen), self.person.locale)}, {describe_clock(clock, self.person.locale)}"
        summary = f"{chosen.text('title')}\n{when}, {self._minutes(chosen)}"
        return self._screen(LIVE_CONFIRM, {**_carried(chosen), "time": f"{clock:%H:%M}", "summary": summary}, said)

    # --- what follows a screen -----------------------------------------------------------------------

    def after_day(self) -> Json:
        try:
            chosen = self._read("title", "minutes", "date")
        except WrongAnswer as wrong:
            return self.days(wrong.said)
        return self.times(chosen)

    def after_time(self) -> Json:
        try:
            chosen = self._read("title", "minutes", "date", "time")
        except WrongAnswer as wrong:
            return self.times(self._read_earlier("title", "minutes", "date"), wrong.said)
        return self.confirm(chosen) if self._still_free(chosen) else self.times(chosen, GONE)

    def after_confirm(self) -> Json:
        try:
            chosen = self._read("title", "minutes", "date", "time", "note")
        except WrongAnswer as wrong:
            return self.confirm(self._read_earlier("title", "minutes", "date", "time"), wrong.said)
        if not self._still_free(chosen):
            return self.confirm(chosen, TAKEN)
        params = {**_carried(chosen), "time": f"{chosen.clock('time'):%H:%M}", "note": chosen.text("note")}
        finished = {"extension_message_response": {"params": {"flow_token": self.request.flow_token, **params}}}
        return {"version": self.request.version, "screen": "SUCCESS", "data": finished}

    def _read_earlier(self, *names: str) -> FormAnswers:
        """Return what earlier screens gave, which was right then: a form left open past its day, or a forged one."""
        try:
            return self._read(*names)
        except WrongAnswer:
            raise NotValid(TOO_OLD, self.person.language) from None

    def _read(self, *names: str) -> FormAnswers:
        today = local_date(self.calendar.now, self.calendar.zone)
        return read_answers(BOOKING, self.request.given, today=today, only=names)

    def _still_free(self, chosen: FormAnswers) -> bool:
        clock = chosen.clock("time")
        return clock is not None and is_free(self.calendar, self._day_of(chosen), clock, _length(chosen))

    def _day_of(self, chosen: FormAnswers) -> date:
        day = chosen.day("date")
        assert day is not None  # noqa: S101 - a required field of what was read
        return day

    def _minutes(self, chosen: FormAnswers) -> str:
        return f"{chosen.text('minutes')} min"

    def _option(self, day: date) -> Json:
        return {"id": day.isoformat(), "title": describe_day(day, self.person.locale)}

    def _screen(self, screen: str, data: Json, said: Both | None) -> Json:
        """Return a screen with all its data, and what was wrong, if anything was."""
        told = {**data, "error_message": said.said(self.person.language)} if said else data
        return {"version": self.request.version, "screen": screen, "data": told}


def _length(chosen: FormAnswers) -> timedelta:
    return timedelta(minutes=int(chosen.text("minutes")))


def _carried(chosen: FormAnswers) -> Json:
    """Return what each later screen is told again, since we keep nothing between them."""
    day = chosen.day("date")
    return {
        "title": chosen.text("title"),
        "minutes": chosen.text("minutes"),
        "date": day.isoformat() if day else "",
    }
