"""Whether words of Ivy's are kind: no shame, no talk of loss, no medical claims, no orders, no zero first.

May import: patterns, plain words. Rules over plain words in English and Spanish; prompts and fixed sentences must pass them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ivy.domain.patterns import Pattern
from ivy.domain.plain_words import clauses_of


class Rule(Enum):
    SHAME = "shame"
    """Guilt, blame, belittling, disappointment."""
    LOSS = "loss"
    """What somebody lost, broke or stands to lose: gains are spoken of instead."""
    MEDICAL = "medical"
    """Diagnoses, cures, promises about an illness, advice against a doctor's."""
    ORDER = "order"
    """A command that leaves no choice."""
    ZERO = "zero"
    """A streak of nothing, or starting over from nothing."""


@dataclass(frozen=True)
class Fault:
    """Which rule a text breaks, and the words that do."""

    rule: Rule
    words: str


_ILLNESS_EN = (
    "(?:diabetes|depression|anxiety|cancer|hypertension|blood pressure|cholesterol|arthritis|insomnia|asthma|injury|"
    "disease|illness|pain|heart disease|back pain|obesity|migraines?)"
)
_ILLNESS_ES = (
    "(?:diabetes|depresion|ansiedad|cancer|hipertension|presion arterial|presion|tension|colesterol|artritis|insomnio|"
    "asma|lesion|enfermedad|enfermedades|dolor|dolores|obesidad|migranas?)"
)
_TRAIN_EN = "(?:train|work ?out|exercise|run|move|do it|go|push|try|stop|start|finish|get up|keep going|be stronger)"

_ENGLISH: Mapping[Rule, str] = {
    Rule.SHAME: (
        "lazy|laziness|ashamed|shame on you|shame|shameful|embarrassing|pathetic|guilt|guilty|"
        "(?:i am|im|we are|so) disappointed|disappoint(?:ing|ed|s)?|(?:no|your|another|any)(?: more)? excuses?|excuses|"
        "you(?: have| ve| just| really| always)* failed|failure|you failed|you(?: always| never| keep)* (?:quit|give up)|"
        "giving up again|weak|loser|letting (?:me|us|yourself|everyone) down|let (?:me|us|yourself|everyone) down|"
        "what is wrong with you|whats wrong with you|why didnt you|why havent you|you(?: have| ve)? missed|you promised|"
        "you said you would|not good enough|you never|you always skip|everyone else|other people (?:manage|can)|"
        "cant even|so hard for you|again you|is that all|only that"
    ),
    Rule.LOSS: (
        "you(?: have| ve| just| already)* (?:lost|broken|broke|ruined|wasted|blown|thrown away)|"
        "you(?: will| ll| could| might) lose|(?:dont|do not|or you|before you|not) lose|losing (?:your|the|it)|lose your|"
        "(?:your )?streak(?: is| was| has been| gets?)? (?:broken|lost|gone|over|dead|ruined|reset)|"
        "(?:broke|break|breaks|breaking|broken)(?: your| the)? (?:streak|chain)|forfeit|penalty|punish(?:ed|ment)?|"
        "at stake|it will cost you|wont get (?:it|them) back|nobody gets"
    ),
    Rule.MEDICAL: (
        "(?:cures?|heals?|treats?|prevents?|fix(?:es)?|reverses?|lowers?|reduces?|gets? rid of|helps?(?: with| against)?|"
        f"good for|protects? (?:you )?(?:against|from))(?: your| the| any| all)? {_ILLNESS_EN}|cure|diagnos[a-z]+|"
        f"you(?: probably| may| might| clearly)? have {_ILLNESS_EN}|medically proven|clinically proven|"
        "doctors? (?:say|recommend|agree)[a-z]*|"
        "instead of (?:your |a |the )?(?:doctor|medication|medicine|pills|therapy)|"
        "(?:stop|skip|change|take) (?:taking )?(?:your |more |less )?(?:medication|medicine|pills|insulin)|live longer|"
        "you will lose \\d+ (?:kilos|pounds|kg)|burns? fat|train through the pain|no pain no gain|i prescribe"
    ),
    Rule.ORDER: (
        "you (?:must|have to|ve got to|got to|gotta|should|need to|ought to|are going to have to|had better|better) "
        "(?!ask|stop me|choose)[a-z]+|you shouldnt|you are not allowed|not an option|no choice|non ?negotiable|"
        f"just do it|(?:get|stand) up now|(?:{_TRAIN_EN}) now|no matter what|whatever it takes|you owe (?:me|us|it)|"
        "i expect you|i need you to|i want you to|i order"
    ),
    Rule.ZERO: (
        "streak(?: is| of| at| now| stands at| back to)*(?: only| just)? (?:0|zero|nothing)|"
        "(?:0|zero|no) days? (?:in a row|streak|of streak)|"
        "(?:back to|from|start(?:ing)? (?:over|again) (?:at|from)) (?:0|zero|nothing|scratch|square one)|0 of|"
        "none of the last|(?:0|zero) workouts?"
    ),
}
_SPANISH: Mapping[Rule, str] = {
    Rule.SHAME: (
        "perez(?:a|oso|osa)|vag[oa]s?|floj[oa]s?|verguenza|vergonzos[oa]|patetic[oa]|culpa|culpable|"
        "decepcion(?:ad[oa]|ante|aste)?|(?:sin|tus|mas|otra|las|basta de)(?: mas)? excusas?|excusas|fallaste|has fallado|"
        "me fallaste|fracas[a-z]+|debil|perdedor[a]?|siempre (?:abandonas|te rindes|lo dejas)|"
        "nunca (?:cumples|terminas|lo haces)|te rendiste|otra vez no|que te pasa|"
        "por que no (?:lo hiciste|fuiste|entrenaste|cumpliste)|prometiste|dijiste que|no es suficiente|los demas|"
        "ni siquiera|solo eso|eso es todo lo que|has faltado|faltaste|usted fallo|incumpliste|incumplio"
    ),
    Rule.LOSS: (
        "perdiste|has perdido|perdio su|pierdes|pierde su|perderas|perdera|vas a perder|va a perder|no pierdas|no pierda|"
        "perder(?: tu| la| su)? racha|"
        "(?:tu|la|su) racha (?:se )?(?:rompio|perdio|acabo|termino|esta rota|ha terminado|se ha roto)|"
        "romp(?:iste|es|er|as|io)(?: tu| la| su)? (?:racha|cadena)|racha rota|desperdiciaste|arruinaste|penalizacion|"
        "castigo|multa|te costara|en juego|nadie recibe|tiraste"
    ),
    Rule.MEDICAL: (
        "(?:cura|sana|trata|previene|revierte|baja|reduce|elimina|quita|combate|ayuda (?:con|contra)|es bueno para|bueno "
        f"para)(?: la| el| tu| su| las| los| tus| sus)? {_ILLNESS_ES}|cura|curar(?:a|te)?|diagnost[a-z]+|"
        f"(?:tienes|padeces|tiene|padece|seguro tienes) {_ILLNESS_ES}|clinicamente (?:probado|comprobado)|"
        "medicamente (?:probado|comprobado)|los medicos (?:dicen|recomiendan)|"
        "en (?:lugar|vez) de(?: tu| su| el| la| ir al)? (?:medico|medicamento|medicina|pastillas|terapia)|"
        "(?:deja|suspende|cambia|toma)(?: de tomar)?(?: tu| su| la| el| las| tus| sus) (?:medicamento|medicina|"
        "medicacion|pastillas|insulina)|viviras mas|vivira mas|quema grasa|entrena con dolor|sin dolor no hay"
    ),
    Rule.ORDER: (
        "(?:tienes|tiene|tendras|tendra) que [a-z]+|(?:debes|debe|deberias|deberia) (?!haber)[a-z]+|hay que [a-z]+|"
        "necesitas [a-z]+r|no puedes [a-z]+|no te queda|no hay opcion|no es opcional|sin falta|pase lo que pase|"
        "cueste lo que cueste|como sea|me debes|te ordeno|exijo|levantate ya|"
        "(?:entrena|corre|hazlo|muevete|levantate) ya|solo hazlo|quiero que (?:entrenes|hagas|corras|vayas)|necesito que"
    ),
    Rule.ZERO: (
        "racha(?: es| esta| de| va| en| vuelve a| actual| a)*(?: solo)? (?:0|cero|nada)|"
        "(?:0|cero|ningun) dias?(?: seguidos| de racha)|(?:desde|de|a|en|empezar de|empezamos de|vuelves a) (?:0|cero)|"
        "0 de|ninguno de los ultimos|(?:0|cero) entrenamientos?"
    ),
}
_RULES = {
    language: {rule: Pattern(rf"(?<!\S)(?:{words})(?!\S)") for rule, words in rules.items()}
    for language, rules in (("en", _ENGLISH), ("es", _SPANISH))
}
_FREED = re.compile(
    r"(?<!\S)(?:no|not|never|without|nothing|isnt|arent|nunca|sin|jamas|ni|nada)"
    r"(?: (?:any|a|your|of|es|hay|de|la|el|una|tu|su|about))*$"
)
_CAN_BE_FREED = {Rule.SHAME, Rule.MEDICAL}
"""Rules whose words are fine when they are said not to be: "never shame", "no diagnosis"."""


def judge(text: str, language: str) -> tuple[Fault, ...]:
    """Return what is unkind in a text of Ivy's, clause by clause; () if it may be said. Spanish for "es", else English."""
    rules = _RULES["es" if language.lower().startswith("es") else "en"]
    found: list[Fault] = []
    for clause in clauses_of(text):
        plain = " ".join(clause)
        for rule, pattern in rules.items():
            found += [Fault(rule, hit[0]) for hit in pattern.finditer(plain) if not _is_freed(rule, plain, hit)]
    return tuple(found)


def _is_freed(rule: Rule, plain: str, hit: re.Match[str]) -> bool:
    return rule in _CAN_BE_FREED and _FREED.search(plain[: hit.start()].rstrip()) is not None
