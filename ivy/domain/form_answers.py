"""What came back from a form: read as a stranger's input, and said again as one sentence. May import: the domain."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from ivy.domain.forms import (
    AnyField,
    Both,
    ClockTime,
    Day,
    FormDefinition,
    LongText,
    Number,
    OneOf,
    OptIn,
    SeveralOf,
    ShortText,
    placeholders,
)
from ivy.domain.invisible import strip_invisible

Value = str | int | bool | date | time | tuple[str, ...]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,10}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class WrongAnswer(ValueError):
    """An answer that its form cannot have; `said` tells the person in one sentence what to change."""

    def __init__(self, field: str, said: Both) -> None:
        super().__init__(said.en)
        self.field = field
        self.said = said


@dataclass(frozen=True)
class FormAnswers:
    """A form's answers, checked; what was left out is not in `values`."""

    form: str
    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """Return words, or the id of what was chosen; empty if left out."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        return value if isinstance(value, date) else None

    def clock(self, name: str) -> time | None:
        value = self.values.get(name)
        return value if isinstance(value, time) else None

    def several(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) else ()

    def agreed(self, name: str) -> bool:
        return self.values.get(name) is True


def read_answers(
    form: FormDefinition,
    answers: Mapping[str, Any],
    *,
    today: date | None = None,
    only: Collection[str] | None = None,
) -> FormAnswers:
    """Return checked answers; keys that the form does not have are passed over. Raises: WrongAnswer.

    With `today` (the person's own date) days must lie ahead of it; `only` reads some fields: those of one screen.
    """
    values: dict[str, Value] = {}
    for each in form.fields:
        if only is not None and each.name not in only:
            continue
        given = answers.get(each.name)
        value = None if given is None or given in ("", [], ()) else _read(each, given, today)
        if value is None or (isinstance(each, OptIn) and each.required and value is not True):
            if each.required:
                raise _wrong(each, "is missing", "falta")
        else:
            values[each.name] = value
    return FormAnswers(form.name, values)


def _read(each: AnyField, given: Any, today: date | None) -> Value | None:
    """Return the value of one answer, or None for one that is empty after all. Raises: WrongAnswer."""
    match each:
        case ShortText() | LongText():
            return _read_text(each, given)
        case Number():
            return _read_number(each, given)
        case OneOf():
            return _read_choice(each, given)
        case SeveralOf():
            return _read_several(each, given)
        case Day():
            return _read_day(each, given, today)
        case ClockTime():
            return _read_clock(each, given)
        case OptIn():
            if not isinstance(given, bool) and given not in ("true", "false"):
                raise _wrong(each, "needs a yes or a no", "necesita un sí o un no")
            return given is True or given == "true"


def _read_text(each: ShortText | LongText, given: Any) -> str | None:
    if not isinstance(given, str):
        raise _wrong(each, "needs words", "necesita palabras")
    seen = _CONTROLS.sub("", strip_invisible(given).replace("\r\n", "\n"))
    text = " ".join(seen.split()) if isinstance(each, ShortText) else seen.strip()
    if len(text) > each.longest:
        raise _wrong(
            each, f"is too long: at most {each.longest} characters", f"es muy largo: máximo {each.longest} caracteres"
        )
    return text or None


def _read_number(each: Number, given: Any) -> int:
    number = _whole(given)
    if number is None or not each.least <= number <= each.most:
        raise _wrong(
            each,
            f"needs a whole number from {each.least} to {each.most}",
            f"necesita un número entero de {each.least} a {each.most}",
        )
    return number


def _whole(given: Any) -> int | None:
    """Return a whole number as phones send it: a text of digits, now and then a number."""
    match given:
        case str() if _WHOLE.fullmatch(given.strip()):
            return int(given)
        case bool():
            return None
        case int():
            return given
        case float() if given.is_integer():
            return int(given)
        case _:
            return None


def _read_choice(each: OneOf, given: Any) -> str:
    if not isinstance(given, str) or given not in {option.id for option in each.options}:
        raise _wrong(each, "needs one of its options", "necesita una de sus opciones")
    return given


def _read_several(each: SeveralOf, given: Any) -> tuple[str, ...]:
    known = [option.id for option in each.options]
    listed = cast(list[Any], given) if isinstance(given, list) else []
    if not listed or not all(isinstance(one, str) and one in known for one in listed):
        raise _wrong(each, "needs some of its options", "necesita algunas de sus opciones")
    return tuple(one for one in known if one in listed)


def _read_day(each: Day, given: Any, today: date | None) -> date:
    try:
        day = date.fromisoformat(given) if isinstance(given, str) and _DATE.fullmatch(given) else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2200:
        raise _wrong(each, "needs a date such as 2026-11-24", "necesita una fecha como 2026-11-24")
    if today is not None and not today <= day <= today + timedelta(days=each.ahead):
        raise _wrong(
            each,
            f"needs a day from today on, at most {each.ahead} days ahead",
            f"necesita un día desde hoy, máximo a {each.ahead} días",
        )
    return day


def _read_clock(each: ClockTime, given: Any) -> time:
    clock: time | None = None
    if isinstance(given, str) and _CLOCK.fullmatch(given):
        try:
            clock = datetime.strptime(given, "%H:%M").time()  # noqa: DTZ007 - a time of day, not an instant
        except ValueError:
            clock = None
    if clock is None or clock not in each.times:
        raise _wrong(each, "needs one of the times offered", "necesita una de las horas ofrecidas")
    return clock


def _wrong(each: AnyField, en: str, es: str) -> WrongAnswer:
    return WrongAnswer(each.name, Both(f"“{each.label.en}” {en}.", f"«{each.label.es}» {es}."))


# --- as a sentence -----------------------------------------------------------------------------------


def in_words(form: FormDefinition, answers: FormAnswers, language: str) -> str:
    """Return the answers as the sentence the person would have written: "Book dentist on 2026-11-24 at 14:00 …"."""
    shown = {
        each.name: _shown(each, answers.values[each.name], language)
        for each in form.fields
        if each.name in answers.values
    }
    parts: list[str] = []
    for part in form.words:
        text = part.said(language)
        names = list(placeholders(text))
        if all(shown.get(name) for name in names):
            parts.append(_filled(text, shown))
    return "".join(parts)


def _filled(text: str, shown: Mapping[str, str]) -> str:
    # Replaced in one pass: an answer that holds a {name} of its own stays as it was written.
    return re.sub(r"\{(\w+)\}", lambda found: shown[found[1]], text)


def _shown(each: AnyField, value: Value, language: str) -> str:
    """Return a value as words; of a box that is not ticked, none."""
    match each, value:
        case ((OneOf() | SeveralOf()), _):
            chosen = value if isinstance(value, tuple) else (value,)
            return ", ".join(option.title.said(language) for option in each.options if option.id in chosen)
        case OptIn(), _:
            return ("sí" if language == "es" else "yes") if value is True else ""
        case _, date():
            return value.isoformat()
        case _, time():
            return value.strftime("%H:%M")
        case _:
            return " ".join(str(value).split()).rstrip(" .")  # the sentence has a full stop of its own
