"""What Meta would refuse of a template, or make dear, said before it is submitted. May import: the domain.

Stricter than Meta where a refusal costs a day of review. Sources: Cloud API, "Template components", "Common rejection
reasons", "Template categorization"; where Meta gives no figure, what others measured on the live API (each is named).
"""

import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from ivy.domain.contents import LONGEST_ACTION, LONGEST_BODY, LONGEST_FOOTER
from ivy.domain.emoji import has_emoji
from ivy.domain.marketing_words import marketing_in, only_greets, says_it_was_asked_for
from ivy.domain.plain_words import word_set
from ivy.domain.templates import (
    AUTHENTICATION,
    FALLBACK_LANGUAGE,
    LONGEST_TTL,
    LONGEST_VALUE,
    MARKETING,
    SHORTEST_TTL,
    UTILITY,
    VARIABLE,
    Definition,
    language_code,
)

LONGEST_NAME, BUTTONS, LONGEST_BUTTON, LONGEST_URL = 512, 10, 25, 2000
MOST_IN_ACCOUNT = 250
"""Templates of an account that is not verified; a translation counts."""
WORDS_PER_VARIABLE = 7
"""Meta keeps its ratio to itself. On the live API 15 words with 2 variables were refused, 16 for each were taken (2026-08)."""
ROOM_PER_VARIABLE = 60
"""Characters that must be left for each value, so that a usual one is not cut."""

_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Z]{2})?", re.ASCII)
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_ADJACENT = re.compile(r"\}\}\s*\{\{")
_WORD = re.compile(r"[^\W_]+")
_SHOUTED = re.compile(r"\b[^\W\d_]{3,}\b")
_KEYWORDS = word_set("STOP START BAJA ALTA")
"""Words that may be shouted: they are typed like that."""
_SHORTENERS = frozenset({"bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "wa.me", "api.whatsapp.com"})
"""Hosts that hide where a link leads, or lead back into WhatsApp: refused in buttons."""


def lint(definition: Definition) -> list[str]:
    """Return what is wrong with a template, each in one plain sentence; nothing if it may be submitted."""
    return [
        *_names(definition),
        *_body(definition),
        *_variables(definition),
        *_examples(definition),
        *_footer(definition),
        *_buttons(definition),
        *_lifetime(definition),
        *_category(definition),
        *_tone(definition),
    ]


def lint_pack(definitions: Sequence[Definition]) -> list[str]:
    """Return what is wrong with templates beside each other: doubles, and translations that do not fit together."""
    said: list[str] = []
    places = Counter((each.name, language_code(each.language)) for each in definitions)
    said += [f"{name} ({language}) is there {times} times." for (name, language), times in places.items() if times > 1]
    bodies = Counter((language_code(each.language), each.body) for each in definitions)
    twins = [each for each in definitions if bodies[language_code(each.language), each.body] > 1]
    said += [f"{each.name} ({each.language}) has the same words as another: Meta refuses doubles." for each in twins]
    for name in dict.fromkeys(each.name for each in definitions):
        said += _translations([each for each in definitions if each.name == name])
    if len(definitions) > MOST_IN_ACCOUNT:
        said.append(f"There are {len(definitions)} templates; an account may have {MOST_IN_ACCOUNT}.")
    return said


def _translations(versions: Sequence[Definition]) -> list[str]:
    name, first = versions[0].name, versions[0]
    said = [] if any(each.language == FALLBACK_LANGUAGE for each in versions) else [f"{name} has no English version."]
    for each in versions[1:]:
        if set(each.variables) != set(first.variables):
            said.append(f"{name} ({each.language}) has other variables than {first.language}.")
        if len(each.buttons) != len(first.buttons) or (each.link is None) != (first.link is None):
            said.append(f"{name} ({each.language}) has other buttons than {first.language}.")
        if each.category != first.category:
            said.append(f"{name} ({each.language}) has another category than {first.language}.")
    return said


def _names(definition: Definition) -> list[str]:
    said: list[str] = []
    if not _NAME.fullmatch(definition.name):
        said.append("The name may have only lower-case letters, digits and underscores.")
    if len(definition.name) > LONGEST_NAME:
        said.append(f"The name is longer than {LONGEST_NAME}.")
    if not _LANGUAGE.fullmatch(definition.language):
        said.append(f"{definition.language!r} is no language code as Meta spells it: en, es, es_CO.")
    if not definition.purpose.strip():
        said.append("The purpose is empty: say what the person asked for.")
    return said


def _body(definition: Definition) -> list[str]:
    body = definition.body
    if not body.strip():
        return ["The body is empty."]
    said: list[str] = []
    own = len(VARIABLE.sub("", body))
    if len(body) > LONGEST_BODY:
        said.append(f"The body has {len(body)} characters, more than {LONGEST_BODY}.")
    elif own + ROOM_PER_VARIABLE * len(definition.variables) > LONGEST_BODY:
        said.append("The body leaves too little room for its values.")
    if body != body.strip():
        said.append("The body begins or ends with a blank.")
    if "\t" in body or "    " in body:
        said.append("The body has a tab or four spaces in a row.")
    if "\n\n\n" in body or "\r" in body:
        said.append("The body has more than one empty line in a row.")
    return said


def _variables(definition: Definition) -> list[str]:
    body, said = definition.body, list[str]()
    for inside in _BRACES.findall(body):
        if inside.strip().isdigit():
            said.append(f"{{{{{inside}}}}} is numbered: variables have names.")
        elif not VARIABLE.fullmatch(f"{{{{{inside}}}}}"):
            said.append(f"{{{{{inside}}}}} is no variable: names have lower-case letters, digits and underscores.")
    if body.count("{") != 2 * len(_BRACES.findall(body)) or body.count("}") != 2 * len(_BRACES.findall(body)):
        said.append("A brace stands alone: variables are written {{name}}.")
    said += [f"{{{{{name}}}}} is there twice." for name, times in Counter(VARIABLE.findall(body)).items() if times > 1]
    parts = VARIABLE.split(body)
    # A full stop is no text to Meta: after the last variable there must be a word.
    if definition.variables and not _WORD.search(parts[0]):
        said.append("A variable stands at the beginning: put a word before it.")
    if definition.variables and not _WORD.search(parts[-1]):
        said.append("A variable stands at the end: put a word after it.")
    if _ADJACENT.search(body):
        said.append("Two variables stand next to each other: put a word or a mark between them.")
    words, variables = len(_WORD.findall(VARIABLE.sub(" ", body))), len(definition.variables)
    if variables and words < WORDS_PER_VARIABLE * variables:
        said.append(f"Too many variables for {words} words: {WORDS_PER_VARIABLE * variables} are needed.")
    return said


def _examples(definition: Definition) -> list[str]:
    variables, said = set(definition.variables), list[str]()
    said += [f"{{{{{name}}}}} has no example." for name in sorted(variables - definition.examples.keys())]
    said += [f"The example {name!r} belongs to no variable." for name in sorted(definition.examples.keys() - variables)]
    for name, example in definition.examples.items():
        if not example.strip() or example != " ".join(example.split()):
            said.append(f"The example of {name} is empty, or has line breaks, tabs or runs of spaces.")
        if len(example) > LONGEST_VALUE:
            said.append(f"The example of {name} is longer than {LONGEST_VALUE}.")
        if "{{" in example or "@" in example or "+" in example:
            said.append(f"The example of {name} has a variable, an address or a number: Meta wants made-up ones.")
    return said


def _footer(definition: Definition) -> list[str]:
    footer, said = definition.footer, list[str]()
    if len(footer) > LONGEST_FOOTER:
        said.append(f"The footer has {len(footer)} characters, more than {LONGEST_FOOTER}.")
    if "{{" in footer:
        said.append("The footer has a variable.")
    if "\n" in footer or has_emoji(footer) or footer != footer.strip():
        said.append("The footer has a line break, an emoji or a blank around it.")
    return said


def _buttons(definition: Definition) -> list[str]:
    labels = [*definition.buttons, *([definition.link.text] if definition.link else [])]
    said: list[str] = []
    if len(labels) > BUTTONS:
        said.append(f"There are {len(labels)} buttons, more than {BUTTONS}.")
    if not definition.buttons:
        said.append("There is no quick reply: a tap on one is what opens the window.")
    for label in labels:
        if not label.strip() or label != label.strip():
            said.append(f"The button {label!r} is empty, or has a blank around it.")
        if len(label) > min(LONGEST_BUTTON, LONGEST_ACTION):
            said.append(f"The button {label!r} is longer than {LONGEST_BUTTON}.")
        if "{{" in label or "\n" in label or has_emoji(label):
            said.append(f"The button {label!r} has a variable, a line break or an emoji.")
    said += [f"Two buttons say {label!r}." for label, times in Counter(map(str.casefold, labels)).items() if times > 1]
    return [*said, *(_link(definition.link.url) if definition.link else [])]


def _link(url: str) -> list[str]:
    said: list[str] = []
    host = urlsplit(url).hostname or ""
    if not url.startswith("https://") or not host or any(map(str.isspace, url)) or len(url) > LONGEST_URL:
        said.append(f"{url!r} is no https address of up to {LONGEST_URL} characters.")
    if "{{" in url:
        said.append("The button's address has a variable: ours are filled in the body only.")
    if host.removeprefix("www.") in _SHORTENERS:
        said.append(f"{host} hides where the button leads, or leads back into WhatsApp: Meta refuses it.")
    return said


def _lifetime(definition: Definition) -> list[str]:
    ttl = definition.ttl_seconds
    if ttl == 0:
        return ["There is no ttl_seconds: Meta would deliver it up to 30 days late."]
    if ttl != -1 and not SHORTEST_TTL <= ttl <= LONGEST_TTL:
        return [f"ttl_seconds must be {SHORTEST_TTL} to {LONGEST_TTL}, or -1 for 30 days."]
    return []


def _category(definition: Definition) -> list[str]:
    match definition.category:
        case "UTILITY":
            return []
        case "MARKETING":
            return [f"{MARKETING} costs up to 15 times as much as {UTILITY}, and is not delivered to the USA."]
        case "AUTHENTICATION":
            return [f"{AUTHENTICATION} is for one-time codes, which Ivy does not send."]
        case other:
            return [f"{other!r} is no category of templates; there is {UTILITY}."]


def _tone(definition: Definition) -> list[str]:
    """Say what would make Meta take it for marketing."""
    words = VARIABLE.sub(" ", definition.body)
    shown = [words, definition.footer, *definition.buttons, *([definition.link.text] if definition.link else [])]
    whole = "\n".join(shown)
    said = [f"{phrase!r} {reason}." for phrase, reason in marketing_in(whole)]
    if only_greets(words):
        said.append("It only greets: a text without a request behind it is marketing.")
    if not says_it_was_asked_for(words):
        said.append("It does not say that the person asked for it (you asked, you scheduled, your request).")
    if whole.count("!") > 1:
        said.append("It has more than one exclamation mark: that reads as advertising.")
    if has_emoji(words):
        said.append("The body has an emoji: that reads as advertising.")
    shouted = [word for word in _SHOUTED.findall(whole) if word.isupper() and word not in _KEYWORDS]
    if shouted:
        said.append(f"{shouted[0]!r} is shouted.")
    return said
