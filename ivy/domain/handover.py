"""When a person asks for a human: the policy of WhatsApp wants a direct way to one. May import: the domain.

Only a whole message counts, since Ivy is quiet from then on: "my agent called" is a sentence for the model, and so is "are
you human?". What is heard is a wish ("can I talk to", "pásame con") and who is wished for; a wish for "someone" or for "the
team" is one only when it is to talk to them.
"""

from ivy.domain.patterns import Pattern
from ivy.domain.plain_words import is_emoji, word_set, words_of

LONGEST = 14
"""In words, polite ones aside."""

_POLITE = word_set(
    "please pls plz por favor porfa porfavor thanks thank gracias hi hello hey hola buenas ivy sorry excuse perdon perdona "
    "perdone disculpa disculpe ok okay now just already ahora ya mismo instead directly bueno pues"
)

_WISH = (
    "i (?:want|need|prefer)|i ?d (?:like|rather|prefer)|i would (?:like|rather|prefer)|i wanna|want|need|"
    "quiero|necesito|quisiera|deseo|prefiero|me gustaria"
)
_MAY = (
    "can i|could i|may i|let me|how (?:can|do) i|is it possible|wanna|"
    "puedo|podria|se puede|es posible|como (?:puedo|hago para)|dejame|dejeme|quiero|necesito"
)
_TALK = "(?:to )?(?:talk|speak|chat) (?:to|with)|hablar con|chatear con|contactar con|comunicarme con|escribir a"
_HAND_ON = (
    "(?:(?:can|could|will|would) you )?(?:connect|transfer|pass|put|switch|hand) me (?:over |through )?(?:to|with)|"
    "(?:me )?(?:(?:puedes?|podrias?) )?(?:pasa|comunica|conecta|transfiere|transferi|pon|pone|contacta)(?:r|s)?(?:me)? "
    "(?:con|a)"
)
_GIVE = "get me|give me|find me|dame|deme|me das"

_REAL = "real|live|actual|human"
_HUMAN = (
    f"(?:(?:an?|the|your|some) )?(?:(?:{_REAL}) )*(?:human(?: being)?|agent|operator|representative|rep)|"
    f"(?:an? |the )?(?:{_REAL}) person|(?:someone|somebody) real|"
    "(?:una? |algun |alguna |el |la )?(?:ser humano|humano|humana|agente(?: humano)?|operadora?|asesora?|representante)|"
    "(?:una |alguna )?persona (?:real|humana|de verdad)|alguien (?:real|de verdad)"
)
"""Enough by itself."""
_PERSON = "an? person|una persona|alguna persona"
"""Wished for, it is meant; alone it may be the answer to anything."""
_SOMEONE = (
    "(?:someone|somebody|anyone|anybody)(?: (?:from|in|on) (?:the|your) team)?|person|people|"
    "(?:the|your) (?:team|manager)|a manager|(?:customer )?support|customer service|"
    "alguien(?: (?:del|de tu) equipo)?|persona|(?:el|tu) equipo|soporte|(?:el )?(?:encargado|supervisor)|un supervisor|"
    "(?:servicio|atencion) al cliente"
)
"""Only to be talked to: "support" alone may be about anything."""
_HELP = (
    "human (?:help|support|assistance)|help from (?:a human|a person|a real person)|customer (?:service|support)|"
    "(?:ayuda|atencion) humana|ayuda de (?:una persona|un humano|alguien real)|(?:servicio|atencion) al cliente"
)
_THERE = (
    f"is there (?:{_HUMAN}|{_PERSON})(?: (?:here|there|available|i can (?:talk|speak) to))?|"
    "is there (?:anyone|someone|anybody|somebody) i can (?:talk|speak) to|"
    f"hay (?:{_HUMAN})(?: (?:ahi|aqui|disponible))?|"
    f"hay (?:{_HUMAN}|{_PERSON}|alguien) (?:con quien|con el que|con la que) (?:pueda |puedo )?hablar"
)
_SERVED = (
    f"can (?:{_HUMAN}|{_PERSON}) (?:help|answer)(?: me)?|"
    f"(?:quiero )?que me (?:atienda|conteste|responda) (?:{_HUMAN}|{_PERSON}|alguien)"
)
_BOT = "(?:an? |una? )?(?:bot|chatbot|robot|machine|computer|ai|maquina|ia)"
_RATHER_THAN = f"(?: (?:and |y )?(?:not|no|instead of|en vez de|en lugar de|of) (?:to |with |con )?{_BOT})?"

_ASKS = Pattern(
    f"(?:{_HUMAN}|{_HELP}|{_THERE}|{_SERVED}"
    f"|(?:{_WISH}|{_GIVE}) (?:{_HUMAN}|{_PERSON}|{_HELP})"
    f"|(?:(?:{_WISH}|{_MAY}) )?(?:{_TALK}) (?:{_HUMAN}|{_PERSON}|{_SOMEONE})"
    f"|(?:{_HAND_ON}) (?:{_HUMAN}|{_PERSON}|{_SOMEONE})){_RATHER_THAN}"
)


def asks_for_a_human(text: str) -> bool:
    """Say whether a whole message asks to be passed on to a human, in English or Spanish."""
    words = [word for word in words_of(text) if not is_emoji(word) and word not in _POLITE]
    return 0 < len(words) <= LONGEST and _ASKS.fullmatch(" ".join(words)) is not None
