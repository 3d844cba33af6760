"""A message template of ours: its definition, the values put into it, and what Meta lists of it. May import: the domain.

A template is approved word for word by Meta before it can be sent, and is the only thing that may be sent outside the
24-hour window. Source: Cloud API, "Template components", "Named parameters", "Template time-to-live"; limits of 2026-11.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from ivy.domain.contents import LONGEST_BODY, Template, Unbuildable, short
from ivy.domain.invisible import strip_invisible

UTILITY, MARKETING, AUTHENTICATION = "UTILITY", "MARKETING", "AUTHENTICATION"
SHORTEST_TTL, LONGEST_TTL = 30, 43_200
"""Seconds for which Meta keeps a utility template for a person who is offline."""
LONGEST_VALUE = 400
"""Characters of one value: a reminder is a line or two, and the template's own words must be seen too."""
FALLBACK_LANGUAGE = "en"

VARIABLE = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")


class LinkButton(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A button that opens an address. It opens no window: only a message or a tap on a quick reply does."""

    text: str
    url: str


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One template in one language, as it is submitted. `{{name}}` in the body is a variable.

    `buttons` are its quick replies, in order. `ttl_seconds` is how long Meta tries to deliver it: 30 to 43,200, -1 for
    30 days. `purpose` says what the person asked for: it is for us, and is not submitted.
    """

    name: str
    language: str
    purpose: str
    body: str
    examples: dict[str, str] = {}
    footer: str = ""
    buttons: tuple[str, ...] = ()
    link: LinkButton | None = None
    ttl_seconds: int = 0
    category: str = UTILITY

    @property
    def variables(self) -> tuple[str, ...]:
        """The names in the body, each once, in order."""
        return tuple(dict.fromkeys(VARIABLE.findall(self.body)))


class Listed(msgspec.Struct, frozen=True):
    """A template as Meta lists it. An empty word is one that Meta did not give; `ttl_seconds` is then 0.

    `category` is the one that Meta assigned, whatever was asked for; it sets the price.
    """

    vendor_id: str
    name: str
    language: str
    status: str
    category: str
    quality: str = ""
    rejected_reason: str = ""
    previous_category: str = ""
    ttl_seconds: int = 0
    body: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()
    link: LinkButton | None = None
    other_parts: tuple[str, ...] = ()
    """Components that no definition of ours has, such as HEADER."""


def same_words(definition: Definition, listed: Listed) -> bool:
    """Say whether what Meta lists is what we would submit now."""
    ours = (definition.body, definition.footer, definition.buttons, definition.link, ())
    theirs = (listed.body, listed.footer, listed.buttons, listed.link, listed.other_parts)
    same_ttl = listed.ttl_seconds in (0, definition.ttl_seconds)  # 0: not every answer of Meta's tells it
    return ours == theirs and same_ttl


def digest(definition: Definition) -> str:
    """Return what tells two submissions apart: a hash of everything that Meta is given."""
    submitted = msgspec.structs.replace(definition, purpose="")
    return hashlib.sha256(msgspec.json.encode(submitted, order="deterministic")).hexdigest()


def digests(definitions: Sequence[Definition]) -> dict[tuple[str, str], str]:
    """Return the digest of each by its name and its language as Meta spells it."""
    return {(each.name, language_code(each.language)): digest(each) for each in definitions}


def language_code(language: str) -> str:
    """Return a language as Meta's requests spell it: es-co, es_CO and es-CO are es_CO."""
    first, _, region = language.strip().replace("-", "_").partition("_")
    return f"{first.lower()}_{region.upper()}" if region else first.lower()


def languages_for(language: str) -> tuple[str, ...]:
    """Return what to look for, in order, when writing to somebody: es-CO is es_CO, es, en."""
    code = language_code(language)
    return tuple(dict.fromkeys(each for each in (code, code.partition("_")[0], FALLBACK_LANGUAGE) if each))


def find(definitions: Sequence[Definition], name: str, language: str) -> Definition | None:
    """Return a template in a language, or in the nearest that there is."""
    by_language = {language_code(each.language): each for each in definitions if each.name == name}
    return next((by_language[code] for code in languages_for(language) if code in by_language), None)


# --- putting values in -------------------------------------------------------------------------------


def fill(definition: Definition, values: Mapping[str, str], *, actions: Sequence[str] = ()) -> Template:
    """Return the template with its values, cleaned and cut to fit. `actions` come back from its quick replies, in order.

    Meta refuses line breaks, tabs and runs of spaces in a value, and a text that gets too long with its values. Raises:
    Unbuildable when a value is missing, unknown or empty, and when there are actions, but not one for each button.
    """
    needed = definition.variables
    if unknown := sorted(values.keys() - set(needed)):
        raise Unbuildable(f"{definition.name} has no variable {unknown[0]!r}")
    if missing := [name for name in needed if name not in values]:
        raise Unbuildable(f"{definition.name} lacks a value for {missing[0]!r}")
    if actions and len(actions) != len(definition.buttons):
        raise Unbuildable(f"{definition.name} has {len(definition.buttons)} buttons, and {len(actions)} actions came")
    cleaned = {name: _cleaned(values[name]) for name in needed}
    if empty := [name for name, value in cleaned.items() if not value]:
        raise Unbuildable(f"the value for {empty[0]!r} of {definition.name} is empty")
    fitting = _fitting(definition.body, cleaned)
    # One pass: a value that looks like a variable stays what it is.
    text = VARIABLE.sub(lambda found: fitting[found[1]], definition.body)
    return Template(
        name=definition.name,
        language=language_code(definition.language),
        values=fitting,
        text=text,
        actions=tuple(actions),
    )


def _cleaned(value: str) -> str:
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return short(_CONTROLS.sub(" ", strip_invisible(whole)), LONGEST_VALUE)


def _fitting(body: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return values that leave the body within its limit: the longest give way first, down to the same length."""
    places = VARIABLE.findall(body)
    room = LONGEST_BODY - len(VARIABLE.sub("", body))

    def needs(longest: int) -> int:
        return sum(min(len(values[name]), longest) for name in places)

    longest = next((size for size in range(LONGEST_VALUE, 0, -1) if needs(size) <= room), 0)
    if longest == 0 and places:
        raise Unbuildable("the template's own words leave no room for its values")
    return {name: short(value, longest) for name, value in values.items()}
