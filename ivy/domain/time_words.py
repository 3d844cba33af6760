"""The words of time, English and Spanish, as they are after folding. May import: the standard library, said."""

import re

from ivy.domain.said import fold, word_set


def _numbered(text: str, first: int = 0) -> dict[str, int]:
    """Number lines of synonyms in order."""
    return {word: at for at, line in enumerate(text.strip().splitlines(), first) for word in line.split()}


WEEKDAYS = _numbered(
    """
    monday mondays mon lunes lun
    tuesday tuesdays tue tues martes mar
    wednesday wednesdays wed weds miercoles mie mier
    thursday thursdays thu thur thurs jueves jue
    friday fridays fri viernes vie
    saturday saturdays sat sabado sabados sab
    sunday sundays sun domingo domingos dom
    """
)
PLURAL_WEEKDAYS = word_set("mondays tuesdays wednesdays thursdays fridays saturdays sundays sabados domingos")
MONTHS = _numbered(
    """
    january jan enero ene
    february feb febrero
    march mar marzo
    april apr abril abr
    may mayo
    june jun junio
    july jul julio
    august aug agosto ago
    september sep sept septiembre setiembre set
    october oct octubre
    november nov noviembre
    december dec diciembre dic
    """,
    first=1,
)
SHORT_WEEKDAYS = {
    "en": "Mon Tue Wed Thu Fri Sat Sun".split(),  # noqa: SIM905
    "es": "lun mar mié jue vie sáb dom".split(),  # noqa: SIM905
}
SHORT_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),  # noqa: SIM905
    "es": "ene feb mar abr may jun jul ago sep oct nov dic".split(),  # noqa: SIM905
}

DAY_WORDS: dict[str, int] = {
    **dict.fromkeys(("the day before yesterday", "day before yesterday", "anteayer", "antier", "antes de ayer"), -2),
    **dict.fromkeys(("yesterday", "ayer"), -1),
    **dict.fromkeys(("de hoy en ocho", "hoy en ocho", "today week"), 7),
    **dict.fromkeys(("today", "hoy dia", "hoy"), 0),
    **dict.fromkeys(("the day after tomorrow", "day after tomorrow", "pasado manana"), 2),
    **dict.fromkeys(("tomorrow", "manana"), 1),
}
DAY_AND_PART: dict[str, tuple[int, str]] = {
    **dict.fromkeys(("tonight", "this night", "esta noche"), (0, "night")),
    **dict.fromkeys(("last night", "anoche"), (-1, "night")),
    **dict.fromkeys(("this morning", "esta manana"), (0, "morning")),
    **dict.fromkeys(("this afternoon", "esta tarde"), (0, "afternoon")),
    "this evening": (0, "evening"),
}
PARTS: dict[str, str] = {
    **{f"{lead} la {noun}": part
       for noun, part in (("manana", "morning"), ("tarde", "afternoon"), ("noche", "night"), ("madrugada", "small"))
       for lead in ("de", "por", "en", "a")},
    "in the morning": "morning", "in the afternoon": "afternoon", "in the evening": "evening", "at night": "night",
    "de madrugada": "small", "de dia": "morning",
    "morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "night",
    "tarde": "afternoon", "noche": "night",
}  # fmt: skip
EVERY_PART: dict[str, str] = {
    **{f"{every} {noun}": noun for every in ("every", "each") for noun in ("morning", "afternoon", "evening", "night")},
    **{f"{every} {noun}": part
       for every in ("cada", "todas las")
       for noun, part in (("manana", "morning"), ("mananas", "morning"), ("tarde", "afternoon"), ("tardes", "afternoon"),
                          ("noche", "night"), ("noches", "night"))},
    "mornings": "morning", "evenings": "evening", "por las mananas": "morning", "por las noches": "night",
}  # fmt: skip
USUAL_HOUR = {"morning": 9, "afternoon": 15, "evening": 19, "night": 21}
"""What "tomorrow morning" is when no hour is named; Ivy repeats the time before it acts."""

EVERY: dict[str, str] = {
    **dict.fromkeys(
        (
            "every day",
            "each day",
            "everyday",
            "daily",
            "cada dia",
            "todos los dias",
            "a diario",
            "diariamente",
            "diario",
        ),
        "day",
    ),
    **dict.fromkeys(("every week", "each week", "weekly", "cada semana", "todas las semanas", "semanalmente"), "week"),
    **dict.fromkeys(
        ("every month", "each month", "monthly", "cada mes", "todos los meses", "mensualmente", "mensual"), "month"
    ),
    **dict.fromkeys(
        ("every year", "each year", "yearly", "annually", "cada ano", "todos los anos", "anualmente"), "year"
    ),
}
EVERY_SPAN: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        ("every weekday", "each weekday", "weekdays", "on weekdays", "every workday", "every working day", "workdays",
         "entre semana", "todos los dias habiles", "cada dia habil", "los dias de semana"),
        (0, 1, 2, 3, 4),
    ),
    **dict.fromkeys(
        ("every weekend", "each weekend", "weekends", "on weekends", "cada fin de semana", "todos los fines de semana",
         "los fines de semana", "fines de semana"),
        (5, 6),
    ),
}  # fmt: skip
NOT_OFFERED = (
    "every other", "every second", "every few", "biweekly", "bi weekly", "fortnightly", "quincenal", "hourly",
    "every hour", "every minute", "cada hora", "cada minuto", "cada otro", "twice", "dos veces", "tres veces",
    "cada quincena", "dia por medio", "un dia si y un dia no",
)  # fmt: skip
LAST_OF_MONTH = ("last day", "the last day", "el ultimo dia", "ultimo dia", "fin de mes", "a fin de mes")
CONNECTORS = word_set("on the of el la los las de del para por a al for this dia , . and y")

_SLIPS: dict[str, str] = {
    **dict.fromkeys(
        word_set("tmrw tmr tmw tmrrw tomo tomoz tomorro tomorow tommorow tommorrow tomorroww tmorrow tomoro"),
        "tomorrow",
    ),
    **dict.fromkeys(word_set("tonite tonigth"), "tonight"),
    **dict.fromkeys(word_set("tdy todya"), "today"),
    **dict.fromkeys(word_set("maniana mannana manna mnana"), "manana"),
    **dict.fromkeys(word_set("wensday wednsday wednesady wendsday wensdays"), "wednesday"),
    **dict.fromkeys(word_set("thrusday thursady thirsday"), "thursday"),
    **dict.fromkeys(word_set("teusday tusday tuesady"), "tuesday"),
    **dict.fromkeys(word_set("satuday saterday"), "saturday"),
    **dict.fromkeys(word_set("firday"), "friday"),
    **dict.fromkeys(word_set("miercols miercole"), "miercoles"),
}
_OFTEN_MISSPELT = word_set(
    "tomorrow tonight tuesday wednesday thursday saturday february september october november december "
    "miercoles septiembre noviembre diciembre"
)

_HALF_OF_DAY = re.compile(r"(?<![a-z])([ap])(?:\.\s?|\s)?m(?![a-z])\.?|(?<=[0-9])([ap])(?![a-z'])")
_YEAR_FIRST = re.compile(r"(?<![0-9])([0-9]{4})/([0-9]{2})/([0-9]{2})(?![0-9])")
_TEXTED_TO = re.compile(r"\b2(?=mor|nit|nig)")
_TOKEN = re.compile(
    r"""
      [0-9]{4}-[0-9]{2}-[0-9]{2}(?:[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:z|[+-][0-9]{2}:?[0-9]{2})?)?(?![0-9])
    | [0-9]{1,2}([/.-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})(?![0-9])
    | [0-9]{1,2}/[0-9]{1,2}(?![0-9/])
    | [0-9]{1,2}[:.][0-9]{2}(?::00)?(?![0-9])
    | [0-9]+(?:st|nd|rd|th|ro|er|do|to|o)(?![a-z])
    | [0-9]+[.,][0-9]+
    | [0-9]+
    | [^\W\d_]+
    | \S
    """,
    re.VERBOSE,
)


def time_words(text: str) -> list[str]:
    """Return the words of a phrase of time, with slips of the keys that leave no doubt set right. Raises: Unclear."""
    folded = fold(text).replace("o'clock", "oclock").replace("o clock", "oclock")
    folded = _HALF_OF_DAY.sub(lambda found: f" {found.group(1) or found.group(2)}m ", folded)
    folded = _YEAR_FIRST.sub(r"\1-\2-\3", _TEXTED_TO.sub("to", folded))
    return [_SLIPS.get(found.group(), found.group()) for found in _TOKEN.finditer(folded)]


def without_slip(word: str) -> str:
    """Return the word that was meant if one letter is missing, doubled or swapped in a long word of time, else ""."""
    meant = [right for right in _OFTEN_MISSPELT if word[:1] == right[0] and _one_slip(word, right)]
    return meant[0] if len(meant) == 1 else ""


def _one_slip(word: str, right: str) -> bool:
    if len(word) == len(right):
        return any(word[:at] + word[at + 1] + word[at] + word[at + 2 :] == right for at in range(len(word) - 1))
    short, long = sorted((word, right), key=len)
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
