"""What Ivy has cost, in one sentence: today, this month, what is left and what then happens."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ivy.domain.spend_caps import NO_CAPS, Sums
from ivy.store import people, spending
from ivy.store.binding import Connection
from ivy.store.scope import PersonStore, Scope
from ivy.tools import usage
from ivy.tools.registry import TurnContext

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def told(person: PersonStore, caps: Sums, language: str = "en") -> str:
    ana = replace(await person.read(people.load), locale="es-CO" if language == "es" else "en-US")
    turn = TurnContext(ana, NOW, lambda: "id", "trace", caps=caps)

    def read(scope: Scope) -> str:
        return usage.sentence(scope, turn)

    return await person.read(read)


async def spends(person: PersonStore, micros: int, day: datetime = NOW) -> None:
    def write(connection: Connection) -> None:
        spending.charge(
            connection, f"{day}", kind="model", provider="x", user_id=person.user_id, micros=micros, now=day
        )

    await person.store.write(write)


@pytest.mark.parametrize(
    ("caps", "language", "sentence"),
    [
        (
            Sums(person_day=2_000_000),
            "en",
            "You've used $0.50 of me today and $1.75 this month; $1.50 is left today, and when it is used up I rest until"
            " tomorrow, while reminders and quick replies still work.",
        ),
        (
            Sums(person_day=2_000_000, month=2_000_000),
            "es",
            "Hoy has usado US$0,50 de Ivy y este mes US$1,75; quedan US$0,25 este mes, y cuando se acaben descanso hasta"
            " el día 1, pero los recordatorios y las respuestas rápidas siguen.",
        ),
        (
            Sums(person_day=500_000),
            "en",
            "You've used $0.50 of me today and $1.75 this month; that is all there is until tomorrow, and reminders and"
            " quick replies still work.",
        ),
        (
            Sums(person_month=1_000_000),
            "es",
            "Hoy has usado US$0,50 de Ivy y este mes US$1,75; eso es todo hasta el día 1, y los recordatorios y las"
            " respuestas rápidas siguen.",
        ),
        (NO_CAPS, "en", "You've used $0.50 of me today and $1.75 this month; there is no limit."),
    ],
)
async def test_it_is_one_sentence_with_what_is_left(
    person: PersonStore, caps: Sums, language: str, sentence: str
) -> None:
    await spends(person, 500_000)
    await spends(person, 1_250_000, NOW.replace(day=2))
    await spends(person, 9_000_000, NOW.replace(month=10))
    assert await told(person, caps, language) == sentence
    assert sentence.count(". ") == 0


async def test_a_little_is_never_nothing(person: PersonStore) -> None:
    await spends(person, 1)
    assert "less than $0.01 of me today" in await told(person, NO_CAPS)
    assert "menos de US$0,01" in await told(person, NO_CAPS, "es")
