"""The steps by which somebody and Ivy get to know each other, and how short answers are read. May import: the domain, msgspec.

Nothing here knows who asks or when. What is told is told once: the next step is always worked out from what is known, so
that somebody may leave at any step, tell two things at once, or answer days later.
"""

import re
from enum import StrEnum

import msgspec

from ivy.domain.numbers_said import TEENS, UNITS
from ivy.domain.plain_words import is_emoji, word_set, words_of
from ivy.domain.quick_replies import QuickReply, quick_reply
from ivy.domain.slots import Mode


class Step(StrEnum):
    """What is asked. Without the first three nothing can be booked; the rest comes one a day."""

    ZONE = "zone"
    CONTACT = "contact"
    PHONE = "phone"
    HEALTH = "health"
    TRACK = "track"
    GOAL = "goal"
    WEEK = "week"
    WEEK_SURE = "week_sure"
    CHARITY = "charity"
    AMOUNT = "amount"
    EVENING = "evening"
    WEEKLY = "weekly"


BOOKING = (Step.ZONE, Step.CONTACT, Step.PHONE)
FOLLOWS = {Step.WEEK: Step.WEEK_SURE, Step.CHARITY: Step.AMOUNT}
"""What is asked in the same breath as the answer before it."""
MOST_ASKED = 3
"""How often Ivy asks by itself; after that it waits to be told."""
MOST_MISSED = 2
"""Asked again with an example, then with more to tap; what cannot be read after that is left to a conversation."""
_SHARE = 0.6
"""Of what people promise themselves in a week, about this much comes true at first."""


class Progress(msgspec.Struct, frozen=True):
    """How far somebody is. `done` are steps that were answered, declined or do not apply."""

    done: tuple[Step, ...] = ()
    zones: tuple[str, ...] = ()
    """Where they may be, the likeliest first."""
    mode: str = ""
    at: str = ""
    days: str = "*"
    words: str = ""
    """In which they chose how and when."""
    promised: int = 0
    charity: str = ""
    summed_up: bool = False
    """Whether the question of when said that their weeks are summed up: who was asked before Ivy said so was not told."""
    booked: bool = False
    missed: int = 0
    """How often in a row an answer to the open step could not be read."""
    asked: dict[str, int] = {}
    """How often each step was asked."""

    def times_asked(self, step: Step) -> int:
        return self.asked.get(step.value, 0)


def next_step(progress: Progress, *, has_phone: bool) -> Step | None:
    """Return what is to be known next, or None when all of it is."""
    open_steps = (step for step in Step if step not in progress.done and _applies(step, progress, has_phone=has_phone))
    return next(open_steps, None)


def _applies(step: Step, progress: Progress, *, has_phone: bool) -> bool:
    match step:
        case Step.PHONE:
            return progress.mode in (Mode.VOICE, Mode.MIXED) and not has_phone
        case Step.WEEK_SURE:
            return progress.promised > 0
        case Step.AMOUNT:
            return bool(progress.charity)
        case _:
            return True


def can_book(progress: Progress, *, has_phone: bool) -> bool:
    """Say whether all is known that the first contact needs."""
    return next_step(progress, has_phone=has_phone) not in BOOKING


def after(progress: Progress, step: Step, **told: object) -> Progress:
    """Return the progress with a step behind it."""
    done = progress.done if step in progress.done else (*progress.done, step)
    return msgspec.structs.replace(progress, done=done, missed=0, **told)


def learnt(progress: Progress, **told: object) -> Progress:
    """Return the progress with something known that does not end a step yet."""
    return msgspec.structs.replace(progress, missed=0, **told)


def missed(progress: Progress) -> Progress:
    """Return the progress with an answer that could not be read."""
    return msgspec.structs.replace(progress, missed=progress.missed + 1)


def counted(progress: Progress, step: Step) -> Progress:
    """Return the progress with a step asked once more."""
    tells = step is Step.CONTACT and not progress.missed
    asked = {**progress.asked, step.value: progress.times_asked(step) + 1}
    return msgspec.structs.replace(progress, asked=asked, summed_up=progress.summed_up or tells)


def realistic(promised: int) -> int:
    """Return the week to begin with: three fifths of what somebody promises, and never nothing."""
    return max(1, int(promised * _SHARE + 0.5)) if promised > 0 else 0


# --- reading -----------------------------------------------------------------------------------------

_GREETINGS = word_set(
    "hola hi hello hey buenas buenos dias tardes noches good morning afternoon evening ivy there que tal"
)
_KEYWORDS = frozenset(
    ["start", "join", "begin", "empezar", "comenzar", "quiero empezar", "alta", "i want to start", "sign me up", "lets start",
     "get started", "quiero unirme", "inscribirme", "test", "info"]
)  # fmt: skip
_GO_ON = frozenset(
    ["continue", "go on", "carry on", "next", "next question", "continuar", "continua", "sigamos", "seguir", "seguimos",
     "siguiente", "siguiente pregunta", "lets continue", "keep going"]
)  # fmt: skip
_BEGIN = _KEYWORDS - {"start", "begin", "alta", "test", "info", "join"}
_LATER = frozenset(
    [
        "another time",
        "some other time",
        "tomorrow",
        "manana",
        "otro dia",
        "en otro momento",
        "otra vez sera",
        "maybe later",
    ]
)
_SPANISH = word_set(
    "hola buenas buenos dias tardes noches quiero empezar comenzar alta mi codigo soy me llamo gracias por favor que como el la "
    "los una con para si vale estoy necesito ayuda invitacion"
)
_ENGLISH = word_set(
    "hi hello hey good morning evening i my is am want start join begin thanks please what how the with you"
)
_NAME = re.compile(
    r"(?:call me|my name is|i am called|me llamo|ll[aá]mame|mi nombre es|dime|puedes llamarme)\s+(.+)", re.IGNORECASE
)
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]{0,39}")
_NO_NAME = word_set(
    "at a las la every each by on in tomorrow today daily later now when please cada por en manana hoy luego ya cuando solo "
    "para tomorrow before after around antes despues todos back again"
)


def language_of(text: str) -> str:
    """Return "es" or "en" where the words are plainly of one of them, else ""."""
    words = set(words_of(text))
    if re.search("[ñ¿¡]", text) or words & _SPANISH:
        return "es"
    return "en" if words & _ENGLISH else ""


def is_greeting(text: str) -> bool:
    """Say whether a message only says hello, or asks to begin: the welcome answers it."""
    said = [word for word in words_of(text) if not is_emoji(word)]
    rest = [word for word in said if word not in _GREETINGS]
    return not rest or " ".join(rest) in _KEYWORDS or " ".join(said) in _KEYWORDS


def asks_to_begin(text: str) -> bool:
    """Say whether somebody who is known already asks to be asked."""
    return " ".join(words_of(text)) in _BEGIN


def wants_on(text: str) -> bool:
    """Say whether somebody asks for the next question."""
    return " ".join(words_of(text)) in _GO_ON


def wants_later(text: str) -> bool:
    """Say whether somebody puts a question off."""
    return quick_reply(text) is QuickReply.LATER or " ".join(words_of(text)) in _LATER


def read_name(text: str) -> str:
    """Return what somebody says they are called, or "": "call me Ana", not "call me at 7"."""
    found = _NAME.fullmatch(text.strip().rstrip(".! "))
    if found is None:
        return ""
    names = found[1].split()
    is_name = 1 <= len(names) <= 3 and all(_NAME_WORD.fullmatch(name) for name in names)
    return " ".join(names) if is_name and _NO_NAME.isdisjoint(words_of(found[1])) else ""


def parts(text: str) -> tuple[str, str]:
    """Return what comes before and after the first break of a message: "yes" and "call me at 7"."""
    first, *rest = re.split(r"[,;.!\n]+|\s+(?:and|y)\s+", text.strip(), maxsplit=1)
    return first, " ".join(rest)


def read_count(text: str) -> int:
    """Return how many times a week somebody says, 1 to 14; 0 if they name no such number."""
    names = {**UNITS, **TEENS, "twice": 2, "once": 1, "daily": 7, "diario": 7}
    numbers = {int(word) if word.isdecimal() else names.get(word, 0) for word in words_of(text)}
    fitting = [number for number in numbers if 1 <= number <= 14]
    return fitting[0] if len(fitting) == 1 and len(words_of(text)) <= 6 else 0


_BUSINESS = re.compile(
    r"[?$€£%]|\b(?:remind|spent|paid|log|plan|book|skip|recu[eé]rda|gast[eé]|pagu[eé]|anota|agenda|planea|borra)"
)
"""Words of somebody who wants something else of Ivy."""
_GOAL_STARTS = re.compile(
    r"(?:i (?:want|would like|'d like|wish|hope) |i'd (?:like|love) |to |be |get |run |lose |feel |sleep |walk |climb |move |"
    r"have more |quiero |quisiera |me gustar[ií]a |correr|bajar|perder|sentirme|dormir|tener m[aá]s |estar |poder |moverme|caminar|"
    r"subir|ponerme|ser )",
    re.IGNORECASE,
)
LONGEST_GOAL = 160


def read_goal(text: str) -> str:
    """Return a goal in somebody's own words, or "" where the words are no wish of that kind."""
    words = " ".join(text.split())
    is_goal = 2 <= len(words) <= LONGEST_GOAL and not _BUSINESS.search(words.casefold())
    return words if is_goal and _GOAL_STARTS.match(words) else ""


_TRIES: dict[Step, tuple[int, str]] = {
    Step.ZONE: (5, ""),
    Step.CONTACT: (6, r"\d|morning|mañana|temprano|early|late|tarde|noche|night|call|llam|text|escr"),
    Step.WEEK: (5, r"^(?:about |maybe |unas |como )?\d{1,2}\b.{0,12}$|times|veces"),
    Step.AMOUNT: (4, r"\d"),
    Step.EVENING: (6, r"\d|evening|night|noche|tarde"),
    Step.WEEKLY: (6, r"\d|sunday|domingo|morning|evening|mañana|tarde"),
}  # fmt: skip


def looks_like_try(step: Step, text: str) -> bool:
    """Say whether words that could not be read were meant as an answer; others are left to a conversation."""
    if step not in _TRIES or _BUSINESS.search(text.casefold()):
        return False
    longest, pattern = _TRIES[step]
    return len(words_of(text)) <= longest and re.search(pattern, text.casefold()) is not None
