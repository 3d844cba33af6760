"""The one sentence a morning ends with: if this, then that; and what to do if something comes between.

May import: invisible. The words are the person's own; they are kept as fields and read back in the evening.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from ivy.domain.invisible import strip_invisible

LONGEST = 120
"""Characters of each field."""
SMALL: Mapping[str, str] = {
    "en": "two minutes of it, at your own pace",
    "es": "dos minutos, con calma",
}
"""The small version of somebody who named none."""

_LEADS = re.compile(
    r"^(?:and |but |y |pero )?(?:if|when|whenever|in case|then|si|cuando|apenas|en caso de que|entonces)\b[\s,:]*", re.I
)
_ENDS = " \t\n,;:.!¡¿?…"


@dataclass(frozen=True)
class IfThen:
    """What a person means to do on a local date, in their words: `time` is a clock or an event, `small_version` two minutes."""

    day: date
    workout: str
    time: str = ""
    barrier: str = ""
    small_version: str = ""
    workout_id: str | None = None
    place: str = ""


def field(words: str) -> str:
    """Return a person's words as a part of the sentence: without "if" and "then", which the sentence has itself."""
    plain = " ".join(strip_invisible(words).split()).strip(_ENDS)
    bare = _LEADS.sub("", plain).strip(_ENDS) or plain
    return bare if len(bare) <= LONGEST else bare[: LONGEST - 2].rstrip() + " …"


def sentence(plan: IfThen, language: str) -> str:
    """Return "If it is six, then run in the park; if it rains, then ten minutes of stairs", as much as there is of it."""
    first, second = ("si", "entonces") if language == "es" else ("if", "then")
    what = _with_place(plan, language)
    parts = [f"{first} {_clause(plan.time, language)}, {second} {what}" if plan.time else what]
    small = plan.small_version or SMALL["es" if language == "es" else "en"]
    if plan.barrier:
        parts.append(f"{first} {plan.barrier}, {second} {small}")
    elif plan.small_version:
        parts.append(f"{'o al menos' if language == 'es' else 'or at least'} {small}")
    whole = "; ".join(parts)
    return f"{whole[:1].upper()}{whole[1:]}."


_HOUR = r"\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.? ?m\.?)?"
_BARE_HOURS = {
    "en": ((rf"(?:at )?({_HOUR}|noon|midday)", r"it is \1"),),
    "es": (
        (r"(?:a la )?(1(?:[:.]\d\d)?(?: ?[ap]\.? ?m\.?)?)", r"es la \1"),
        (rf"(?:a las )?({_HOUR})", r"son las \1"),
    ),
}
"""An hour with nothing around it, and how an if says it: models shorten."""
_IN = {
    "en": r"(?:at|in|on|by|near|along|around|inside|behind|under|next to|outside|outdoors|indoors|upstairs|downstairs|here|there)",
    "es": r"(?:en|por|cerca|junto|sobre|bajo|frente|alrededor|al|afuera|fuera|adentro|dentro|aquí|acá|allá|allí|arriba|abajo)",
}
"""How the words of a place begin that need nothing before them."""


def _clause(time: str, language: str) -> str:
    for bare, whole in _BARE_HOURS["es" if language == "es" else "en"]:
        if found := re.fullmatch(bare, time, re.IGNORECASE):
            return found.expand(whole)
    return time


def _with_place(plan: IfThen, language: str) -> str:
    """Return the workout and where it is; a place that the time or the workout names already is not said twice."""
    tongue = "es" if language == "es" else "en"
    if not plan.place or plan.place.lower() in f"{plan.time} {plan.workout}".lower():
        return plan.workout
    before = "" if re.match(rf"{_IN[tongue]}\b", plan.place, re.IGNORECASE) else ("en " if tongue == "es" else "at ")
    return f"{plan.workout} {before}{plan.place}"


_ROOMS = {
    "en": r"(?:(?:the|my|our) )?(?:park|gym|house|office|garden|yard|beach|pool|track|woods|stadium|living room|hotel|home)",
    "es": r"(?:(?:el|la|mi|nuestro|nuestra) )?(?:parque|gimnasio|gym|casa|oficina|jardín|patio|playa|piscina|pista|bosque|estadio"
    r"|sala|hotel)",
}
_WHERE_ENDS = {
    "en": (
        rf" and i(?:'m| am) (?P<place>(?:(?:at|in) )?{_ROOMS['en']})$",
        rf" (?P<place>(?:at|in|around|near) {_ROOMS['en']})$",
    ),
    "es": (
        rf" y (?:ya )?est(?:oy|é) (?P<place>en {_ROOMS['es']})$",
        rf" (?P<place>(?:en|por|cerca de) {_ROOMS['es']})$",
    ),
}
"""How a time ends that names the place too, and a workout that does."""


def parted(plan: IfThen, language: str) -> IfThen:
    """Return a plan whose place stands apart, where its time or its workout was said together with it."""
    of_time, of_workout = _WHERE_ENDS["es" if language == "es" else "en"]
    if not plan.place and (found := re.search(of_time, plan.time, re.IGNORECASE)):
        return replace(plan, time=plan.time[: found.start()], place=found["place"])
    if not plan.place and (found := re.search(of_workout, plan.workout, re.IGNORECASE)):
        return replace(plan, workout=plan.workout[: found.start()], place=found["place"])
    return plan


_THEN = {"en": r"(?:,? then|,)(?: i(?:'ll| will| do| go for| go)?)?", "es": r"(?:,? entonces|,)(?: yo)?"}
_IF = {"en": r"(?:if|when)", "es": r"(?:si|cuando)"}
_SAID = {
    language: re.compile(
        rf"\b{_IF[language]} (?P<time>[^;.!?]{{2,120}}?){_THEN[language]} (?P<workout>[^;.!?]{{2,120}}?)"
        rf"(?:[;,.]? (?:and |but |y |pero )?{_IF[language]} (?P<barrier>[^;.!?]{{2,120}}?){_THEN[language]}"
        rf" (?P<small>[^;.!?]{{2,120}}))?[.!]?$",
        re.IGNORECASE,
    )
    for language in ("en", "es")
}


def said_in(text: str, day: date, language: str) -> IfThen | None:
    """Read such a sentence where somebody said one in so many words; None if they did not."""
    found = _SAID["es" if language == "es" else "en"].search(" ".join(text.split()))
    if found is None:
        return None
    parts = {name: field(value or "") for name, value in found.groupdict().items()}
    if not parts["workout"]:
        return None
    return parted(IfThen(day, parts["workout"], parts["time"], parts["barrier"], parts["small"]), language)
