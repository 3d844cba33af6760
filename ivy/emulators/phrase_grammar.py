"""Shapes of words that stand for something: amounts, times, courtesies. May import: the standard library.

English and Spanish, over folded text (lower case, no diacritics).
"""

import re
import unicodedata

GAP = r"""[\s,;:.!?¡¿"'()…–—-]*"""
"""What may stand between two words that follow each other."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = _words(
    "a an the i i'm im me my mine we our you your it its is are am was be been do did does done have has had to of on in at"
    " by for from with and or so that this these there some any about into up what what's whats how much many when which who please"
    " can could would will should let lets let's want like get give"
    " un una unos unas el la los las lo mi mis tu tus su yo me te se le es son fue era he ha a al de del en con por para y o"
    " que cual cuando como cuanto cuanta este esta esto quiero"
)
"""Words that people leave out or swap; all others of an example must be there."""

DETERMINERS = r"(?:the|my|a|an|this|that|our|el|la|los|las|un|una|mi|mis|me)\b"
"""Words that may come between two fixed ones though the example has another there, or none."""

NEGATIONS = re.compile(r"\b(?:not|never|don'?t|doesn'?t|didn'?t|won'?t|no|nunca|jamas)\b")

FILLER = (  # what may come before the first word
    r"(?:please|pls|hey|hi|hello|hola|oye|ok|okay|ivy|so|well|um|also|and|then|just|oh|now|thanks|thank\s+you|gracias"
    r"|can\s+you|could\s+you|would\s+you|will\s+you|i\s+want\s+you\s+to|i\s+want\s+to|i\s+need\s+you\s+to|i'?d\s+like\s+to"
    r"|i\s+need\s+to|por\s+favor|porfa|puedes|podrias|quiero|tambien|y|bueno)\b"
)

COURTESY = r"(?:please|pls|ivy|thanks|thank\s+you|por\s+favor|porfa|gracias)\b"
"""What may follow the last word without being meant."""

_CURRENCY = r"(?:us|r|mx|ar)?[$€£¥₹]"
_MONEY = r"(?:usd|eur|gbp|cop|mxn|ars|brl|inr|dollars?|dolares|dolar|euros?|pounds?|pesos?|reales|rupees?|bucks|quid)"
_THOUSANDS = r"(?:k|mil|lucas|thousand|grand|millions?|millones|millon)"
_AFTER = rf"(?:\s?{_THOUSANDS}\b)?(?:\s?[$€£¥₹%]|\s?{_MONEY}\b)?(?!\w|[.,]\d)"
AMOUNT = rf"(?<![\w.,$€£¥₹])(?:{_CURRENCY}\s?|{_MONEY}\s)?\d+(?:[.,]\d+)*{_AFTER}"
"""A number, with its currency if it has one."""

_NAMES = (
    r"(?:today|tonight|tomorrow|yesterday|noon|midday|midnight|mornings?|afternoons?|evenings?|nights?|weeks?|weekends?"
    r"|weekdays?|months?|years?|days?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tue|wed|thu|fri|sat|sun"
    r"|january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug"
    r"|sept?|oct|nov|dec|hoy|manana|ayer|noches?|tardes?|mediodia|medianoche|semanas?|meses|mes|anos?|dias?|lunes|martes"
    r"|miercoles|jueves|viernes|sabados?|domingos?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
    r"|noviembre|diciembre)\b"
)
_SPAN = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|h|m|days?|weeks?|months?|segundos?|minutos?|horas?|dias?|semanas?|meses)\b"
_COUNT = r"(?:\d+|half\s+an|an?|one|two|three|four|five|ten|media|una?|dos|tres|cinco|diez)"
_CLOCK = r"\d{1,2}(?:[:.h]\d{2})?(?:\s?(?:a\.?m|p\.?m|hrs?|hs|h|o'?clock)\b\.?|st\b|nd\b|rd\b|th\b)?(?!\w|[.,:]\d)"
_DATE = r"\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2})?|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
_UNIT = rf"(?<!\w)(?:{_DATE}|{_COUNT}\s+{_SPAN}|{_CLOCK}|{_NAMES})"
_LINK = (
    r"(?:at|on|in|the|of|this|next|last|every|each|by|and|after|before|a|al|la|las|el|los|de|del|en|dentro|por|para|este"
    r"|esta|proxim[oa]|pasad[oa]|cada|y)"
)
TIME = rf"(?<!\w)(?:{_LINK}\s+){{0,3}}{_UNIT}(?:,?\s+(?:{_LINK}\s+){{0,3}}{_UNIT})*"
"""An hour, a date, a weekday, a span, or several of these in a row."""

SPAN = rf"(?<!\w){_COUNT}\s?{_SPAN}(?:\s(?:and|y)\s(?:(?:a|an)\s)?(?:half|media|{_COUNT}\s?{_SPAN}))?"
"""How long something takes."""

GREETINGS = _words("hi hello hey hola buenas buenos dias tardes noches good morning afternoon evening ivy there")
THANKS = _words("thanks thank you thx ty gracias muchas many cheers so much ivy")
_SPANISH = _words(
    "hola gracias que qué como cómo cuanto cuánto cuando cuándo el la los las un una unos unas de del en con por para mi mis"
    " tu yo me te se es son hoy mañana ayer quiero puedes gasté gaste recuérdame recuerdame llámame llamame buenas buenos"
    " días dias tardes noches favor he ha hice entrené entrene semana mes día dia está estoy necesito y no sí"
)
_ENGLISH = _words(
    "hi hello hey thanks thank the an what how when who which i my me you your is are was were to of on in at for with and"
    " remind spent today tomorrow yesterday please can could do did done week month day good morning need want yes"
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def compose(text: str) -> str:
    """Return text with one character per letter, and plain apostrophes, so that `fold` keeps every position."""
    return unicodedata.normalize("NFC", text).replace("’", "'")


def fold(text: str) -> str:
    """Return composed text in lower case without diacritics, each character at its place."""
    return "".join(map(_folded, text))


def words_in(text: str) -> list[str]:
    return _WORD.findall(text)


def language_of(text: str) -> str:
    """Return `es` or `en`, by which language's small words are more; `en` where it cannot be told."""
    words = [word.lower() for word in words_in(compose(text))]
    spanish = sum(word in _SPANISH for word in words) + sum(letter in "ñ¿¡" for letter in text.lower())
    return "es" if spanish > sum(word in _ENGLISH for word in words) else "en"


def _folded(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return base if len(base) == 1 else letter
