"""Somebody addressed as usted never reads a tú: in the table, in tools, forms, templates and pages."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from ivy.domain.plain_words import clauses_of, word_set
from ivy.domain.sentences import ENGLISH, SPANISH, USTED, Say, placeholders, say
from tests.cases import each_case

SOURCES = Path(__file__).parents[2] / "ivy"
TU = word_set(
    # pronouns, and forms of verbs that are nothing else
    "tu tus ti tuyo tuya tuyos tuyas contigo te tuteamos di dime dimelo haz hazlo ponte "
    "eres tienes quieres puedes prefieres necesitas sabes vas ves haces dices cuentas refieres debes crees escribes "
    "repites mandas pides eliges tocas vuelves usas apoyas programas quieras puedas prefieras necesites digas hagas mandes "
    "cambies vuelvas tengas vayas hayas escribas toques elijas escribeme escribemelo escribelo cuentame cuentamelo mandame "
    "mandamelo pideme pidemelo pidelo pidele preguntale llamame hablame guardalo cambialo quitalos siguelos disfrutalo "
    "avisame deshaz deshazlo abrelo acompaname dame perdona disculpa"
)
COMMANDS = word_set(
    "escribe cuenta toca elige responde manda pide pregunta guarda sigue mira disfruta repite vuelve abre avisa usa prueba "
    "intenta cancela agrega recuerda llama habla cambia quita ven ve sal"
)
"""Told to a tú where a clause begins with one; elsewhere somebody else may do it."""
TU_ENDINGS = re.compile(r"[a-zñ]+(?:aste|iste)|[a-zñ]*[^p\W][aei]rte|[a-zñ]+ndote")
"""Preterites (hiciste), and te at the end of a verb (llamarte)."""
NO_TU = word_set("existe viste parte suerte fuerte muerte arte aparte reparte comparte consiste triste")
OF_PERSONS_MOUTH = re.compile(r"«[^»]*»|'[^']*'")
"""What they may type to Ivy, who is a tú."""


def tu_in(sentence: str) -> set[str]:
    """Return the words of a sentence that address somebody as tú."""
    clauses = clauses_of(OF_PERSONS_MOUTH.sub(" ", re.sub(r"\{[^{}]*\}", " x ", sentence)))
    told = {clause[0] for clause in clauses if clause[0] in COMMANDS}
    words = {word for clause in clauses for word in clause}
    return told | {word for word in words - NO_TU if word in TU or TU_ENDINGS.fullmatch(word)}


def test_the_list_finds_a_tu_and_lets_other_words_be() -> None:
    for sentence in ("¿Lo hiciste?", "Puedo llamarte", "Dime cuándo", "Tu racha", "Va contigo", "Guárdalo", "oírte"):
        assert tu_in(sentence), sentence
    for sentence in ("Anotado, en parte.", "Le llamo mañana", "Descansar es parte del plan", "Escriba «cuéntame»"):
        assert not tu_in(sentence), sentence


@each_case("key", Say)
def test_whoever_is_usted_never_reads_a_tu(key: Say) -> None:
    polite = USTED.get(key, SPANISH[key])
    assert not tu_in(polite), f"{key} needs a sentence in sentences_es_usted.py"
    assert placeholders(polite) == placeholders(SPANISH[key])
    if key in USTED:
        assert 0 < len(polite) <= len(SPANISH[key]) + 20 and polite == polite.strip() and "\n" not in polite
        assert polite != SPANISH[key]


def test_tu_and_usted_are_chosen_by_how_they_are_spoken_to() -> None:
    assert say(Say.IT_IS_YOU, "es-CO") == say(Say.IT_IS_YOU, "es") == SPANISH[Say.IT_IS_YOU]
    assert say(Say.IT_IS_YOU, "es-CO-x-usted") == say(Say.IT_IS_YOU, "es-x-usted") == USTED[Say.IT_IS_YOU]
    assert say(Say.OPTION_DONE, "es-CO-x-usted") == SPANISH[Say.OPTION_DONE]
    assert say(Say.IT_IS_YOU, "en-US-x-usted") == ENGLISH[Say.IT_IS_YOU]


# --- the rest of what is fixed is said so that it fits both ---------------------------------------------


def _words_in(node: ast.AST) -> str:
    return "".join(
        each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


def _spanish_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the Spanish of `tell`, `refuse` and `Both`, and of pairs of an English and a Spanish sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            place = {"tell": 2, "refuse": 2, "Both": 1}.get(name, 0)
            if place and len(node.args) > place:
                yield node.lineno, _words_in(node.args[place])
        elif (
            isinstance(node, ast.Tuple)
            and len(node.elts) == 2
            and re.search("[áéíóúñ¿¡]", words := _words_in(node.elts[1]))
        ):
            yield node.lineno, words


SAID_ELSEWHERE = (
    *sorted((SOURCES / "tools").glob("*.py")),
    *(SOURCES / name for name in ("agent/forms.py", "agent/form_answers.py", "domain/form_definitions.py")),
)
TO_THE_MODEL = ("Pídele que lo mande", "energía, su ánimo y su confianza? Pregúntalo", "pídele que toque")
AS_THE_PERSON = (" Puedes llamarme: ",)


def test_what_tools_and_forms_say_fits_tu_and_usted() -> None:
    found = [
        f"{path.name}:{line}: {words}"
        for path in SAID_ELSEWHERE
        for line, words in _spanish_of(ast.parse(path.read_text(encoding="utf-8")))
        if tu_in(words) and not any(each in words for each in (*TO_THE_MODEL, *AS_THE_PERSON))
    ]
    assert found == []


def test_templates_fit_tu_and_usted() -> None:
    for path in sorted((SOURCES / "adapters/whatsapp/pack").glob("*.toml")):
        spanish = tomllib.loads(path.read_text(encoding="utf-8"))["languages"]["es"]
        said = " ".join([spanish["body"], spanish.get("footer", ""), *spanish["buttons"]])
        assert not tu_in(said.replace("{{", "{").replace("}}", "}")), f"{path.name}: {tu_in(said)}"


def test_every_sentence_is_said_as_the_person_is_spoken_to() -> None:
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and len(node.args) > 1:
                by = node.args[1]
                assert not (isinstance(by, ast.Attribute) and by.attr in ("language", "locale")), (
                    f"{path.name}:{node.lineno}"
                )
