"""Whether somebody asks to be addressed as tú or as usted: "trátame de usted", "puedes tutearme". May import: the domain.

Only a whole message counts; a wish inside a longer one is a sentence for the model, which has a tool for it.
"""

import re

from ivy.domain.plain_words import is_emoji, word_set, words_of

TU, USTED = "tu", "usted"
LONGEST = 14
"""In words, polite ones aside."""

_POLITE = word_set(
    "por favor porfa gracias please thanks hola buenas buenos dias tardes noches ivy oye oiga mire mira perdon perdona "
    "perdone disculpa disculpe senorita bueno pues mejor siempre ahora ya entonces si no mas y ok vale tranquila"
)
"""Words that change nothing beside the wish; "no" is read before they are dropped."""
_VERB = (
    "tratame|trateme|tratarme|tratar|trates|trate|trata|hablame|hableme|hablarme|hablar|hables|hable|habla|dime|digame|decirme|digas|diga|"
    "llamame|llameme|llamarme|llames|llame|escribeme|escribame|escribirme|escribas|escriba"
)
_LEAD = (
    "(?:me )?(?:puedes|puede|podrias|podria|quiero|quisiera|prefiero|preferiria|me gustaria|me gusta|necesito|te pido|le pido)"
    "(?: que)?(?: me)? "
)
_AS = "(?:de|con(?: el)?|por(?: el)?)"
_TOLD = re.compile(
    rf"(?:{_LEAD})?(?:que )?(?:me )?(?:{_VERB}) {_AS} (tu|usted)|"
    rf"(?:{_LEAD})?(?:el trato )?de (tu|usted)|(?:prefiero|quiero|usa|use) (?:el )?(tu|usted)|"
    r"(?:call me|address me as|address me with|speak to me with|use|say) (tu|usted)(?: (?:with|to) me)?"
)
_FAMILIAR = re.compile(
    rf"(?:{_LEAD})?(?:que )?(?:me |nos )?(?:puedes |puede |podemos )?(?:tuteame|tuteeme|tutearme|tutear|tutees|tutee|tuteemonos|"
    "tuteamos|tuteemos|tutearnos)"
)
_NOT = re.compile(
    r"no (?=(?:me|nos|quiero|hace|hay|uses|use|hables|prefiero)\b)|(?:deja|deje) de |prefiero que no |sin (?:el )?"
)
_NO_NEED = re.compile(
    r"(?:no hace falta|no hay que|no es necesario|deja|deje|sin)(?: usar)? (?:tanto |el |que me (?:trates|hables) de )?usted"
)


def wish(text: str) -> str:
    """Return how the person asks to be addressed: "tu", "usted", or "" if the message asks for neither."""
    words = [word for word in words_of(text) if not is_emoji(word)]
    plain = " ".join(words)
    if not 0 < len(words) <= LONGEST:
        return ""
    if _NO_NEED.fullmatch(_bare(words)) or _NO_NEED.fullmatch(plain):
        return TU
    if (told := _told(_bare(words))) or (told := _told(plain)):
        return told
    # "no me tutees": what stands after the no is what they do not want.
    found = _NOT.search(plain)
    return {TU: USTED, USTED: TU}.get(_told(_bare(plain[found.end() :].split())), "") if found else ""


def speaks_as_usted(text: str) -> bool:
    """Say whether somebody says usted to Ivy in so many words: they are answered alike until they say otherwise."""
    return "usted" in words_of(text) and wish(text) != TU


def _told(plain: str) -> str:
    if _FAMILIAR.fullmatch(plain):
        return TU
    found = _TOLD.fullmatch(plain)
    return next(filter(None, found.groups()), "") if found else ""


def _bare(words: list[str]) -> str:
    """Return the words without the polite ones at either end; a "no" is never dropped from the front."""
    start, end = 0, len(words)
    while start < end and words[start] in _POLITE - {"no"}:
        start += 1
    while end > start and words[end - 1] in _POLITE:
        end -= 1
    return " ".join(words[start:end])
