"""Every fixed sentence that Ivy says to a person, in English and Spanish. May import: the domain.

One bubble each: short, warm, never about what was lost. What depends on the moment is written by the model instead.
"""

from collections.abc import Sequence
from string import Formatter

from ivy.domain.sentence_keys import Say
from ivy.domain.sentences_en import ENGLISH
from ivy.domain.sentences_es import SPANISH
from ivy.domain.sentences_es_usted import USTED

__all__ = ["ENGLISH", "POLITE", "SPANISH", "USTED", "Say", "one_of", "placeholders", "say"]

POLITE = "x-usted"
"""The private part of a language tag (RFC 5646) that says usted."""
_BY_SPEECH = {"en": ENGLISH, "es": SPANISH, "usted": {**SPANISH, **USTED}}


def say(key: Say, speech: str, **facts: str | int) -> str:
    """Return the sentence in a language such as "es" or "es-CO"; in English where Ivy does not speak it.

    `speech` is a `Person.speech`: "es-CO-x-usted" addresses them as usted. Raises TypeError unless `facts` are exactly
    the names in the sentence.
    """
    sentence = _BY_SPEECH.get(_spoken(speech), ENGLISH)[key]
    if placeholders(sentence) != set(facts):
        raise TypeError(f"{key.value} takes {sorted(placeholders(sentence))}, not {sorted(facts)}")
    return sentence.format(**facts)


def placeholders(sentence: str) -> set[str]:
    """Return the names of the facts that a sentence takes."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def one_of(options: Sequence[str], language: str) -> str:
    """Return "the run, yoga or swimming" for `Say.WHICH_WORKOUT`; Spanish "o" becomes "u" before the sound of o."""
    if len(options) < 2:
        return "".join(options)
    word = "or"
    if _base(language) == "es":
        word = "u" if options[-1].lower().startswith(("o", "ho", "ó", "hó", "8", "11")) else "o"
    return f"{', '.join(options[:-1])} {word} {options[-1]}"


def _spoken(speech: str) -> str:
    return "usted" if _base(speech) == "es" and speech.endswith(f"-{POLITE}") else _base(speech)


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
