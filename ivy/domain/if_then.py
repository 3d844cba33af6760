"""The one sentence a morning ends with: if this, then that; and what to do if something comes between.

May import: invisible. The words are the person's own; they are kept as fields and read back in the evening.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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
    """What a person means to do on a local date. `cue` is a time or a place, `small_version` the two-minute one."""

    day: date
    workout: str
    cue: str = ""
    barrier: str = ""
    small_version: str = ""
    workout_id: str | None = None


def field(words: str) -> str:
    """Return a person's words as a part of the sentence: without "if" and "then", which the sentence has itself."""
    plain = " ".join(strip_invisible(words).split()).strip(_ENDS)
    bare = _LEADS.sub("", plain).strip(_ENDS) or plain
    return bare if len(bare) <= LONGEST else bare[: LONGEST - 2].rstrip() + " …"


def sentence(plan: IfThen, language: str) -> str:
    """Return "If it is six, then run; if it rains, then ten minutes of stairs", as much of it as there is."""
    first, second = ("si", "entonces") if language == "es" else ("if", "then")
    parts = [f"{first} {plan.cue}, {second} {plan.workout}" if plan.cue else plan.workout]
    small = plan.small_version or SMALL["es" if language == "es" else "en"]
    if plan.barrier:
        parts.append(f"{first} {plan.barrier}, {second} {small}")
    elif plan.small_version:
        parts.append(f"{'o al menos' if language == 'es' else 'or at least'} {small}")
    whole = "; ".join(parts)
    return f"{whole[:1].upper()}{whole[1:]}."


_THEN = {"en": r"(?:,? then|,)(?: i(?:'ll| will| do| go for| go)?)?", "es": r"(?:,? entonces|,)(?: yo)?"}
_IF = {"en": r"(?:if|when)", "es": r"(?:si|cuando)"}
_SAID = {
    language: re.compile(
        rf"\b{_IF[language]} (?P<cue>[^;.!?]{{2,120}}?){_THEN[language]} (?P<workout>[^;.!?]{{2,120}}?)"
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
    return IfThen(day, parts["workout"], parts["cue"], parts["barrier"], parts["small"])
