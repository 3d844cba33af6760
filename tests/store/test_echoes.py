"""What still says what was forgotten is found; what only shares some of its words is left alone."""

from datetime import UTC, datetime

from ivy.clock import stamp
from ivy.store import echoes, memories
from ivy.store.scope import PersonStore, Scope

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def said(scope: Scope, *bodies: str) -> None:
    for body in bodies:
        scope.execute(
            "INSERT INTO messages_v2 (id, user_id, channel, direction, external_id, body, state, at_ms, state_at_ms)"
            " VALUES (:body, :user, 'whatsapp', 'in', :body, :body, 'received', :at, :at)",
            body=body,
            at=stamp(NOW),
        )


async def test_most_of_the_words_with_one_that_is_said_nowhere_else(person: PersonStore) -> None:
    gone = "my sister is called Zenobia"
    echo, other, plain = (
        "search my memory for my sister Zenobia",
        "my sister is called Ana",
        "when does my sister come?",
    )
    await person.write(said, echo, other, plain)
    await person.write(memories.keep, kind="message", ref="m", text="my sister is called Ana", at=NOW)
    assert await person.read(echoes.of, [gone]) == {echo}


async def test_what_another_memory_says_too_hides_nothing(person: PersonStore) -> None:
    await person.write(said, "plan a run on Monday", "I run on Mondays")
    await person.write(memories.keep, kind="message", ref="m", text="I run on Mondays with the club", at=NOW)
    assert await person.read(echoes.of, ["I run on Mondays"]) == set()


async def test_nobody_elses_messages_and_no_text_without_words(person: PersonStore) -> None:
    await person.write(said, "the one and only")
    assert await person.read(echoes.of, ["", "it is so"]) == set()
