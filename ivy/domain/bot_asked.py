"""Whether somebody asks what they talk to: a human or a machine. May import: the domain.

Answered truthfully and without a model, so that it is true on every day. Only a whole message counts.
"""

import re

from ivy.domain.plain_words import is_emoji, word_set, words_of

LONGEST = 14
_POLITE = word_set(
    "hey hi hello ivy please so wait but ok okay sorry just actually really honestly seriously lol haha and "
    "oye hola perdon disculpa "
    "bueno pero y entonces ivy sinceramente en serio de verdad acaso por favor"
)
_THING = (
    r"(?:(?:an? |the |un |una |el |la )?(?:real |actual |live |really an? )*(?:bot|chatbot|robot|machine|"
    r"computer|program|ai|a i|llm|chatgpt|gpt|"
    r"human(?: being)?|person|real|maquina|computadora|ordenador|programa|ia|i a|inteligencia artificial|"
    r"artificial intelligence|"
    r"(?:ser )?human[oa]|persona(?: (?:real|humana))?|real|algoritmo|grabacion|recording)(?: de verdad)?)"
)
_OR = rf"(?: (?:or|o|u) (?:{_THING}|not|no|what|que))?"
_ASKS = re.compile(
    rf"(?:(?:are|r) (?:you|u)|is this|am i (?:talking|speaking|chatting|texting) (?:to|with)|i am talking to|"
    rf"do i (?:talk|speak) (?:to|with)|"
    rf"is (?:there|it)|youre|you are|eres|es usted|es esto|esto es|estoy hablando con|hablo con|usted es|"
    rf"sera que eres|seras) {_THING}{_OR}"
    r"|(?:who|what) (?:are|r) (?:you|u)|quien eres|que eres|quien es usted|who is this|quien (?:me )?(?:habla|"
    r"escribe)"
    r"|are you human or not|eres de verdad"
)


def asks_what_you_are(text: str) -> bool:
    """Say whether a whole message asks if a human or a machine writes, in English or Spanish."""
    if "?" not in text and "¿" not in text and len(text) > 60:
        return False
    words = [word for word in words_of(text) if not is_emoji(word)]
    bare = " ".join(word for word in words if word not in _POLITE)
    return 0 < len(words) <= LONGEST and (
        _ASKS.fullmatch(bare) is not None or _ASKS.fullmatch(" ".join(words)) is not None
    )
