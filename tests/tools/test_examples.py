"""Every example of every tool: what it asks for stands in its phrase, and the real tool does it on a prepared diary."""

from collections import Counter

import msgspec
import pytest

from ivy.domain.examples import Example
from ivy.domain.plain_words import words_of
from ivy.domain.said import word_set
from tests.cases import each_case
from tests.tools.diary import REGISTRY, Diary

EXAMPLES = REGISTRY.examples()
SPANISH = word_set(
    "mañana ayer hoy qué cuánto gasté pagué anota gasto gastos borra elimina deshaz corrige cambia pon recuérdame cada cita"
    " agenda programa mueve cancela posponlo aplázalo pospón planea hice entrené registra salto domingo recordatorio"
    " recordatorios fotos botones botón formulario llámame llamar puedes"
    " olvida sacaste sacas sabes recuerda reserva cumplo cumpleaños"
)


def is_spanish(phrase: str) -> bool:
    return not SPANISH.isdisjoint(phrase.lower().split())


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.phrase for example in EXAMPLES])
async def test_every_example_does_what_it_says(ana: Diary, ben: Diary, example: Example) -> None:
    diary = ana if is_spanish(example.phrase) else ben
    await diary.prepare(str(example.arguments.get("kind", "run")))
    result = await diary.call(example.tool, msgspec.json.encode(example.arguments).decode())
    assert not result.failed, result.content
    assert result.content


@each_case("example", EXAMPLES)
def test_the_texts_of_an_example_stand_in_its_phrase(example: Example) -> None:
    fields = REGISTRY.tools[example.tool].spec.parameters["properties"]
    for name, value in example.arguments.items():
        if isinstance(value, str) and "enum" not in fields[name]:  # one of a few names is ours to know
            assert value in example.phrase


def test_every_tool_has_examples_in_both_languages() -> None:
    spanish = Counter(example.tool for example in EXAMPLES if is_spanish(example.phrase))
    every = Counter(example.tool for example in EXAMPLES)
    for name in REGISTRY.tools:
        assert every[name] >= 4, name
        assert 1 <= spanish[name] < every[name], name


def test_no_phrase_asks_for_two_things() -> None:
    phrases = [words_of(example.phrase) for example in EXAMPLES]
    assert len(set(phrases)) == len(phrases)
