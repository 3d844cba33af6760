"""Common ways to say something about oneself, in English and Spanish. May import: facts, patterns, plain_words.

Enough for "remember that …" without a model, for the emulated one, and to see which messages are worth asking a real one
about: what has no word of any of this costs nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ivy.domain.facts import LONGEST_SUBJECT, Behaviour, Kind
from ivy.domain.patterns import Pattern
from ivy.domain.plain_words import words_of


@dataclass(frozen=True)
class Reading:
    """What one clause says of the person: the clause as they wrote it, without "remember that"."""

    kind: Kind
    subject: str
    value: str
    text: str


_MOST = 2000
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_CLAUSES = re.compile(
    r"(?:,\s*|\s+)(?:and|but|y|e|pero)\s+(?=(?:i|i['’]?m|i['’]?d|my|please|soy|no|mi|me|tengo|vivo|prefiero|odio|trabajo)\b)",
    re.IGNORECASE,
)
_LEAD = Pattern(
    r"^\W*(?:(?:ivy|hey|hi|hello|ok|okay|please|also|and|but|so|well|by the way|btw|just so you know|fyi|oh|no"
    r"|remember(?: that)?|note that|don['’]?t forget(?: that)?|keep in mind(?: that)?"
    r"|hola|oye|por favor|también|además|pero|por cierto|recuerda(?: que)?|ten en cuenta(?: que)?|apunta(?: que)?"
    r"|no olvides(?: que)?|que sepas que|para que sepas)[\s,:]+)+",
    re.IGNORECASE,
)
_COMMANDS = Pattern(
    r"(?:remind|book|schedule|plan|log|add|cancel|delete|move|change|show|list|open|send|what|when|where|who|why|how|do|does"
    r"|did|can|could|will|would|is|are|recuerdame|agenda|reserva|programa|anota|borra|cancela|mueve|cambia|muestra|que|cuando"
    r"|donde|quien|como|cuanto|puedes|podrias|pon|dime)\b"
)
"""How a sentence begins that asks for something rather than tells something."""

_BODY = (
    "knee knees back shoulder shoulders ankle wrist hip neck elbow foot leg hamstring calf achilles heel head stomach "
    "rodilla rodillas espalda hombro hombros tobillo muneca cadera cuello codo pie pierna gemelo talon cabeza lumbar"
)
_ONE = (
    "mother|mom|mum|father|dad|wife|husband|partner|girlfriend|boyfriend|boss|coach|doctor|madre|mama|padre|papa|esposa|esposo"
    "|mujer|marido|pareja|novia|novio|jefe|jefa|medico|medica|doctora"
)
_MANY = (
    "sister|brother|son|daughter|kid|child|dog|cat|friend|colleague|trainer|cousin|uncle|aunt|grandmother|grandfather"
    "|hermana|hermano|hijo|hija|perro|perra|gato|gata|amigo|amiga|colega|prima|primo|tio|tia|abuela|abuelo|entrenador"
)
ROLES = f"{_ONE}|{_MANY}"
"""Who somebody may be to the person, in plain words."""
BIRTHDAY = "birthday"  # the subject of the fact when theirs is
_ROLE = rf"(?P<role>{ROLES})"
_MORNING = r"mornings?|por la manana|en la manana|las mananas|de manana|temprano|early"
_AFTERNOON = r"afternoons?|por la tarde|en la tarde|las tardes"
_EVENING = r"evenings?|nights?|por la noche|en la noche|las noches|de noche|late"
_PARTS_OF_DAY = ((_MORNING, "morning"), (_AFTERNOON, "afternoon"), (_EVENING, "evening"))
_WISH = (
    r"prefer|would rather|id rather|rather|like|love|better|best|works? better|suits?|please|from now on"
    r"|prefiero|preferiria|mejor|me gusta|me va|me viene|conviene|quiero"
)
_CALLS = r"calls?|called|call me|phone|ring|llam\w+|llamada|llamadas"
_TEXTS = r"text|texts|messages?|writing|write to me|chat|mensajes?|escrito|escribas|escribeme|escriban|textos?"

Made = tuple[Kind, str, str]
"""Kind, subject, value."""
Make = Callable[[re.Match[str], str], Made | None]
"""Takes what was found, and the whole clause in plain words."""
Rule = tuple[Pattern, Make]


def _part(group: str) -> str:
    return rf"(?:left |right |lower |upper )?(?P<{group}>{'|'.join(_BODY.split())})(?: izquierd[oa]| derech[oa])?"


def read(text: str) -> list[Reading]:
    """Return what a person's words say about them, clause by clause; questions and commands say nothing."""
    found: list[Reading] = []
    for clause in _clauses(text[:_MOST]):
        plain = " ".join(words_of(clause))
        made = next((made for rule, make in _RULES if (hit := rule.search(plain)) and (made := make(hit, plain))), None)
        if made is not None:
            kind, subject, value = made
            found.append(Reading(kind, subject[:LONGEST_SUBJECT], value[:LONGEST_SUBJECT], clause))
    return found


def may_hold_something(text: str) -> bool:
    """Say whether it is worth a model's while to look for something to remember in these words."""
    cues = any(_CUES.search(" ".join(words_of(clause))) for clause in _clauses(text[:_MOST]))
    return cues or bool(read(text))


def _clauses(text: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(text):
        bare = _LEAD.sub("", sentence.strip())
        if not bare or bare.rstrip(" \"'”»)").endswith("?") or "¿" in bare:
            continue
        for clause in _CLAUSES.split(bare):
            told = _LEAD.sub("", clause.strip()).strip(" .,;:!¡-–—\"'“”«»")
            if told and not _COMMANDS.match(" ".join(words_of(told))):
                yield told


# --- what the clauses mean ---------------------------------------------------------------------------


def _call_time(_hit: re.Match[str], plain: str) -> Made | None:
    if re.search(r"\b(?:not|dont|never|no)\b", plain):
        return None
    value = _clock(plain) or next(
        (value for words, value in _PARTS_OF_DAY if re.search(rf"\b(?:{words})\b", plain)), ""
    )
    return (Kind.PREFERENCE, Behaviour.CALL_TIME.value, value) if value else None


def _clock(plain: str) -> str:
    found = re.search(
        r"\b(?:at|a las?) (\d{1,2})(?: (\d{2}))?(?: (?:de la|in the))? ?(am|pm|a m|p m|manana|morning|tarde|noche|evening)?\b",
        plain,
    )
    if found is None:
        return ""
    hour, minute = int(found[1]), int(found[2] or 0)
    if (found[3] or "")[:1] in ("p", "t", "n", "e") and hour < 12:
        hour += 12
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


def _contact_way(hit: re.Match[str], _plain: str) -> Made:
    return Kind.PREFERENCE, Behaviour.CONTACT_WAY.value, "text" if hit["text"] else "voice"


def _language(hit: re.Match[str], _plain: str) -> Made:
    return Kind.PREFERENCE, Behaviour.LANGUAGE.value, "en" if hit["tongue"] in ("english", "ingles") else "es"


def _tone(hit: re.Match[str], _plain: str) -> Made:
    return Kind.PREFERENCE, Behaviour.TONE.value, "brief" if hit["brief"] else "warm"


def _units(hit: re.Match[str], _plain: str) -> Made:
    return Kind.PREFERENCE, Behaviour.UNITS.value, "imperial" if hit["imperial"] else "metric"


def _about(kind: Kind, subject: str, group: str = "") -> Make:
    """Return what reads a clause as one about a subject; its value is what `group` found."""
    return lambda hit, _plain: (kind, subject, hit[group] if group else "")


def _pain(value: str) -> Make:
    return lambda hit, _plain: (Kind.CONSTRAINT, f"pain {hit['one'] or hit['two'] or hit['three']}", value)


def _allergy(hit: re.Match[str], _plain: str) -> Made:
    return Kind.CONSTRAINT, f"allergy {hit['what']}", ""


def _relation(hit: re.Match[str], _plain: str) -> Made:
    """Read who somebody is: of a mother there is one, of sisters there may be more, each with a slot of her own."""
    role, name = hit["role"] or hit["rol"], hit["name"] or hit["nombre"]
    return Kind.RELATION, role if re.fullmatch(_ONE, role) else f"{role} {name}", name


def _birthday(hit: re.Match[str], _plain: str) -> Made:
    return Kind.FACT, BIRTHDAY, next(filter(None, hit.groupdict().values()))


def _taste(hit: re.Match[str], _plain: str) -> Made:
    return Kind.PREFERENCE, hit["what"], "dislike" if hit["no"] else "like"


_NOT_THINGS = r"(?!(?:it|that|this|to|how|when|you|eso|esto|asi|que|la idea|lo)\b)"
_THAN = r"\b.* (?:than|to|rather|over|instead|not|que|no|en vez|a)\b.*\b"
_I_AM = r"\b(?:im|i am|soy|estoy)\b(?: \w+)?"
_TO_THE = r"(?:a la|a las|a los|al|a)"


def _rule(make: Make, *either: str) -> Rule:
    return Pattern("|".join(either)), make


_RULES: tuple[Rule, ...] = (
    _rule(
        _contact_way,
        rf"^(?=.*\b(?:{_WISH})\b).*\b(?:(?P<text>{_TEXTS}){_THAN}(?:{_CALLS})|(?P<voice>{_CALLS}){_THAN}(?:{_TEXTS}))\b",
    ),
    _rule(_call_time, rf"^(?=.*\b(?:{_WISH})\b)(?=.*\b(?:{_CALLS})\b)"),
    _rule(
        _language,
        r"\b(?:speak|talk|write|answer|reply|prefer|use|switch to|hablame|escribeme|respondeme|contestame|habla|prefiero"
        r"|hablemos)\b.*\b(?P<tongue>english|spanish|ingles|espanol|castellano)\b",
    ),
    _rule(
        _tone,
        r"\b(?P<brief>keep it (?:brief|short)|be (?:brief|short|concise)|less chatty|se (?:mas )?breve|mas breve|mas corto"
        r"|(?:brief|short|shorter|concise) (?:messages|answers|replies|texts)"
        r"|(?:mensajes|respuestas) (?:mas )?(?:cortos|cortas|breves))\b",
        r"\b(?:be (?:warmer|warm|kinder)|warmer|more warmth|mas (?:calid[oa]|carinos[oa]|cercan[oa]))\b",
    ),
    _rule(
        _units,
        r"\b(?:use|prefer|speak|think|talk|usa|prefiero|pienso|hablame)\b.*\b(?:"
        r"(?P<imperial>miles|pounds|lbs?|imperial|millas|libras)"
        r"|kilometers|kilometres|kilometros|km|kilos|kg|metric|metrico|metricas)\b",
    ),
    _rule(
        _allergy,
        r"\b(?:im|i am|soy|tengo)\b(?: \w+){0,2}? (?:allergic to|intolerant to"
        rf"|alergic[oa] {_TO_THE}|alergia {_TO_THE}|intolerante {_TO_THE}) (?P<what>\w+(?: \w+)?)",
    ),
    _rule(
        _about(Kind.CONSTRAINT, "diet", "what"),
        rf"{_I_AM} (?P<what>vegan|vegetarian|pescatarian|celiac|coeliac|vegan[oa]|vegetarian[oa]|celiac[oa])\b",
    ),
    _rule(
        _about(Kind.CONSTRAINT, "health", "what"),
        rf"{_I_AM} (?P<what>diabetic|asthmatic|pregnant|diabetic[oa]|asmatic[oa]|embarazada)\b",
    ),
    _rule(
        _pain("well"),
        rf"\bmy {_part('one')} (?:is|feels|doesnt|does not)(?: \w+)?? (?:fine|better|healed|well|good|okay|ok|hurt|recovered)\b",
        rf"\bya no me duele\w* (?:la |el |las |los )?{_part('two')}\b",
        rf"\bmi {_part('three')} (?:ya )?(?:esta bien|esta mejor|se curo|se recupero)\b",
    ),
    _rule(
        _pain("hurts"),
        rf"\b(?:my|an?|a bad|the) {_part('one')} (?:\w+ )?"
        r"(?:hurts?|aches?|injury|pain|is (?:\w+ )?(?:sore|injured|bad|weak|hurting))\b",
        rf"\bme duelen? (?:mucho )?(?:la |el |las |los )?{_part('two')}\b",
        r"\b(?:i hurt|i injured|ive hurt|i have (?:a )?bad|me lesione|me lastime|me torci|tengo mal|tengo lesionad[oa])"
        rf"(?: my| la| el)? {_part('three')}\b",
    ),
    _rule(
        _relation,
        rf"\bmy {_ROLE}(?: is called|s name is| is named|s called) (?P<name>\w+)",
        rf"\bmi (?P<rol>{_ONE}|{_MANY}) se llama (?P<nombre>\w+)",
    ),
    _rule(
        _about(Kind.GOAL, "goal", "what"),
        r"\b(?:my goal is(?: to)?|im training for|i am training for|i want to get in shape for|mi (?:meta|objetivo) es"
        r"|(?:me )?(?:estoy )?entren(?:o|ando) para) (?P<what>.+)",
    ),
    _rule(_about(Kind.FACT, "home", "what"), r"\b(?:i live in|im living in|vivo en) (?P<what>.+)"),
    _rule(
        _about(Kind.SCHEDULE, "work", "what"),
        r"\b(?:i work|trabajo) (?P<what>(?:nights|from|until|on|desde|hasta|de noche|de \d|los|las)\b.*)",
    ),
    _rule(
        _about(Kind.FACT, "work", "what"),
        r"\b(?:i work (?:as|at|in|for)|trabajo (?:como|de|en)) (?P<what>\w+(?: \w+){0,3})",
    ),
    _rule(
        _birthday,
        r"\b(?:my (?:birthday|bday) is(?: on)?|i was born on|mi cumple(?:anos)? es(?: el)?|naci el"
        r"|cumplo (?:\w+ ){0,3}anos el) (?P<what>.+)",
        r"\b(?P<near>today|tomorrow) is my (?:birthday|bday)$|\bits my (?:birthday|bday) (?P<then>today|tomorrow)$",
        r"\b(?P<cuando>hoy|manana) (?:es mi cumple(?:anos)?|cumplo (?:\w+ ){0,3}anos)$",
    ),
    _rule(
        _taste,
        rf"\bi (?:(?:really|absolutely) )?(?:(?P<no>hate|dislike|cant stand|dont like|do not like)|love|like|enjoy) {_NOT_THINGS}"
        r"(?P<what>\w+(?: \w+)?)",
    ),
    _rule(
        _taste,
        r"\b(?:(?P<no>odio|detesto|no soporto|no me gustan?)|me gustan?(?: mucho)?|me encantan?) (?:el |la |los |las )?"
        rf"{_NOT_THINGS}(?P<what>\w+(?: \w+)?)",
    ),
    _rule(_about(Kind.PREFERENCE, ""), r"\b(?:i prefer|id rather|prefiero) \w+"),
)
"""The first that fits a clause reads it."""


_CUES = Pattern(
    r"\b(?:i prefer|id rather|would rather|rather be called|prefiero|preferiria|favou?rite|favorit[oa]"
    r"|allerg\w+|alergi\w+|intoleran\w+|vegan\w*|vegetarian\w*|pescatarian|c?o?eliac\w*|celiac\w*|diabet\w+|asthma\w*|asma\w*"
    r"|pregnan\w+|embarazad[oa]|injur\w+|lesion\w*|surgery|operad[oa]|hurts?|aches?|sore|doctor says|duelen?|me torci|me lastime"
    r"|my (?:\w+ )?(?:knees?|back|shoulders?|ankle|wrist|hip|neck)|mi (?:rodilla|espalda|hombro|tobillo|cadera|cuello)"
    rf"|my (?:{_ONE}|{_MANY})s?|mi (?:{_ONE}|{_MANY})"
    r"|i (?:really )?(?:love|hate|dislike|enjoy|cant stand)|i (?:dont|do not) (?:like|eat|drink)|me encantan?|no me gustan?|odio"
    r"|detesto|no soporto|no como|no bebo|no tomo|me gustan?"
    r"|i live in|im living in|vivo en|i work (?:nights|from|until|on|as|at|in|for)|trabajo (?:de|en|como|desde|hasta|los|las)"
    r"|my goal|training for|mi meta|mi objetivo|entren(?:o|ando) para|my (?:birthday|bday)|i was born|mi cumple(?:anos)?|naci el"
    r"|cumplo (?:\w+ ){0,3}anos"
    r"|(?:speak|talk|write|answer|reply|hablame|escribeme|respondeme|hablemos)\b.*\b(?:english|spanish|ingles|espanol)"
    r"|(?:brief|short|shorter|concise) (?:messages|answers|replies|texts)|keep it (?:brief|short)|be (?:brief|warmer|concise)"
    r"|se (?:mas )?breve|mas (?:breve|corto)|(?:respuestas|mensajes) (?:mas )?(?:cort[oa]s|breves)"
    r"|(?:use|usa|prefer|prefiero) (?:\w+ )?(?:miles|pounds|millas|libras|kilometers|kilometros|kilos|km|kg|metric)"
    rf"|(?:{_CALLS})\b.*\b(?:mornings?|afternoons?|evenings?|por la (?:manana|tarde|noche)))\b"
)
"""Words that people use of what lasts. A sentence of commands, answers or small talk has none."""
