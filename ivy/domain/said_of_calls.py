"""What people write about being called: that they were there, that calls may come back, that today none should.

May import: the domain. Only a whole message counts; anything longer is a turn's.
"""

import re

from ivy.domain.patterns import Pattern
from ivy.domain.plain_words import clauses_of, is_emoji

LONGEST = 14
"""In words."""

_LEAD = (
    r"(?:(?:hey|hi|ivy|but|wait|sorry|actually|what|ok|okay|so|well|please|yes|"
    r"oye|hola|pero|perdon|perdona|perdone|espera|espere|vale|bueno|por favor|porfa|si|oiga) )*"
)
_TAIL = (
    r"(?: (?:please|thanks|thank you|ivy|though|ok|okay|por favor|porfa|gracias|vale|im sick|i am sick|im busy|i am busy|"
    r"estoy enferm[oa]|estoy ocupad[oa]))*"
)
_THE_CALL = (
    r"(?: (?:it|you|the (?:phone|call)|your call|(?:el|al) telefono|(?:la|su|tu) llamada|a (?:la|su|tu) llamada))?"
)


def _whole(*cores: str) -> Pattern:
    return Pattern(f"{_LEAD}(?:{'|'.join(cores)}){_TAIL}")


_WAS_THERE = _whole(
    r"i was (?:really |right )?(?:there|here|home|on the (?:phone|line))",
    rf"i (?:did|really did|do) (?:answer|pick up|respond){_THE_CALL}",
    rf"i (?:answered|picked up){_THE_CALL}",
    r"you (?:hung up|cut me off)(?: on me)?",
    r"(?:that|it) (?:wasnt|was not|isnt|is not) (?:my |a |an )?(?:voicemail|answering machine|machine)",
    r"(?:that|it) was me(?: and not (?:my |a )?voicemail)?",
    r"(?:yo )?si (?:estaba|estuve)",
    r"(?:yo )?(?:si )?(?:estaba|estuve) (?:ahi|alli|aqui|en casa|en la linea|al telefono)",
    rf"(?:yo )?(?:si )?(?:te |le |lo )?(?:conteste|atendi|respondi|cogi){_THE_CALL}",
    r"me (?:colgaste|colgo|has colgado|cortaste)",
    r"no era (?:el |mi |un )?(?:buzon|contestador)(?: de voz| automatico)?",
)
_AGAIN = _whole(
    r"(?:you (?:can|may) )?call me again(?: from now on)?",
    r"you (?:can|may) (?:phone|ring|call) me(?: again)?",
    r"(?:i )?(?:want|would like|id like) (?:your |the )?calls(?: again| back)",
    r"(?:ya )?(?:me )?(?:puedes|puede) (?:volver a )?(?:llamarme|llamar)(?: otra vez| de nuevo)?",
    r"(?:vuelve|vuelva) a llamarme|(?:llamame|llameme) (?:otra vez|de nuevo)",
    r"quiero (?:las |tus |sus )?llamadas (?:otra vez|de nuevo)|quiero que (?:me )?(?:vuelvas|vuelva) a llamar(?:me)?",
)
_TODAY_EN, _TODAY_ES = (
    r"(?:today|for today|tonight|any ?more today|again today)",
    r"(?:hoy|por hoy|mas hoy|mas por hoy|esta noche)",
)
_NOT_TODAY = _whole(
    rf"(?:(?:just|only) )?(?:dont|do not) (?:call|phone|ring)(?: me)? {_TODAY_EN}",
    rf"(?:(?:just|only) )?no (?:more )?(?:calls|phone calls|call) {_TODAY_EN}",
    rf"{_TODAY_EN} (?:no (?:more )?calls|dont (?:call|phone|ring) me|do not (?:call|phone|ring) me)",
    r"(?:you )?(?:dont need|neednt|do not need) to call(?: me)? today",
    rf"(?:(?:solo|ya) )?no (?:me )?(?:llames|llame|llamen) {_TODAY_ES}",
    rf"{_TODAY_ES} (?:ya )?no (?:me )?(?:llames|llame|llamen)",
    rf"(?:no (?:mas )?|sin |nada de )llamadas {_TODAY_ES}|{_TODAY_ES} (?:no (?:quiero )?|sin |nada de )llamadas",
    r"no hace falta que (?:me )?(?:llames|llame) hoy|hoy no hace falta que (?:me )?(?:llames|llame)",
    r"no quiero (?:llamadas|que me (?:llames|llame)) hoy|hoy no quiero que me (?:llames|llame)",
)

_SENTENCE = re.compile(r"[.!?;…]+\s*")


def says_they_were_there(text: str) -> bool:
    """Say whether a person protests that they did answer a call."""
    return _is(_WAS_THERE, text)


def wants_calls_again(text: str) -> bool:
    """Say whether a person lets Ivy phone them; what it means for somebody who is phoned anyway is the caller's to know."""
    return _is(_AGAIN, text)


def wants_no_calls_today(text: str) -> bool:
    """Say whether a person wants no call today: a day's peace, which is no STOP."""
    return _is(_NOT_TODAY, text)


def speaks_of_no_calls_today(spoken: str) -> bool:
    """Say the same of what a person said on the phone, where a wish is one sentence among others."""
    return any(wants_no_calls_today(sentence) for sentence in _SENTENCE.split(spoken))


def _is(pattern: Pattern, text: str) -> bool:
    clauses = [clause for clause in clauses_of(text) if clause != ("no",)]  # "no, I was there" says what follows
    words = [word for clause in clauses for word in clause if not is_emoji(word)]
    return len(words) <= LONGEST and pattern.fullmatch(" ".join(words)) is not None
