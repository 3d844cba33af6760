"""Facts in the file: one holds, sources stay, and what is forgotten is nowhere that anybody looks."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from ivy.domain.facts import Acts, Claim, Ended, Kind, Way
from ivy.store import facts, memories, people, people_data
from ivy.store.binding import Connection, IntegrityError
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, for_user

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBERS = count(1)


def claim(text: str, *, subject: str = "", value: str = "", days: int = 0, kind: Kind = Kind.PREFERENCE) -> Claim:
    return Claim(kind, subject, value, text, text, "", Way.TOLD, 1.0, MONDAY + timedelta(days=days))


def say(scope: Scope, said: Claim) -> str:
    return facts.say(scope, said, new_id=f"fact-{next(NUMBERS):04d}", now=said.said_at).fact.id


async def test_what_contradicts_takes_the_place_and_the_memory_of_what_was(person: PersonStore) -> None:
    first = await person.write(say, claim("I like mornings for talking", subject="call time", value="morning"))
    second = await person.write(say, claim("I like evenings for talking", subject="call time", value="evening", days=3))
    (holds,) = await person.read(facts.holding)
    assert holds.id == second
    before = await person.read(facts.load, first)
    assert before is not None
    assert (before.ended, before.replaced_by, before.until) == (Ended.SUPERSEDED, second, MONDAY + timedelta(days=3))
    assert [each.ref for each in await person.read(memories.newest, "fact", limit=5)] == [second]


async def test_the_file_itself_refuses_two_that_hold_of_one_subject(person: PersonStore) -> None:
    await person.write(say, claim("at home", subject="home", kind=Kind.FACT))

    def force(scope: Scope) -> None:
        scope.execute(
            "INSERT INTO facts (id, user_id, kind, subject, text, way, confidence, since_ms, last_said_ms)"
            " VALUES ('x', :user, 'fact', 'home', 'elsewhere', 'told', 1, 0, 0)"
        )

    with pytest.raises(IntegrityError):
        await person.write(force)


async def test_what_would_change_ivy_is_to_be_asked_about_once(person: PersonStore) -> None:
    fact = await person.write(say, claim("mornings please", subject="call time", value="morning"))
    await person.write(say, claim("I like tea"))
    assert [each.id for each in await person.read(facts.to_ask)] == [fact]
    await person.write(facts.set_acts, fact, Acts.NO)
    await person.write(say, claim("mornings, as I said", subject="call time", value="morning", days=1))
    assert await person.read(facts.to_ask) == []


async def test_forgetting_takes_all_of_a_subject_everywhere_and_leaves_a_row_without_words(person: PersonStore) -> None:
    await person.write(say, claim("I live in Zanzibar", subject="home", kind=Kind.FACT))
    await person.write(say, claim("I live in Timbuktu", subject="home", kind=Kind.FACT, days=1))
    await person.write(say, claim("I love kayaking", subject="kayaking", value="like"))
    (home,) = [fact for fact in await person.read(facts.holding) if fact.subject == "home"]
    await person.write(facts.forget, home, now=MONDAY + timedelta(days=2))
    assert await person.store.read(places_with, "Zanzibar") == set()
    assert await person.store.read(places_with, "Timbuktu") == set()
    assert await person.store.read(places_with, "kayaking") != set()
    gone = [fact for fact in await person.read(facts.every) if fact.ended is Ended.FORGOTTEN]
    assert len(gone) == 2
    await person.write(say, claim("I live in Lima", subject="home", kind=Kind.FACT, days=3))
    assert {fact.text for fact in await person.read(facts.holding)} == {"I love kayaking", "I live in Lima"}


def places_with(connection: Connection, word: str) -> set[str]:
    """Return the tables in which a word stands."""
    tables = [
        row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    ]
    found: set[str] = set()
    for table in tables:
        if not table.startswith("memory_vectors"):
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            found |= {table for row in rows if word.casefold() in repr(tuple(row)).casefold()}
    return found


async def test_an_export_has_the_facts_and_an_erasure_leaves_none(store: Store, person: PersonStore) -> None:
    await store.write(people.add, NewPerson("ben", "Ben", "active", "en-US", "UTC", "USD"), now=MONDAY)
    ben = for_user(store, "ben")
    for who in (person, ben):
        await who.write(say, claim("I live in Zanzibar", subject="home", kind=Kind.FACT))
    assert (await person.read(people_data.counts))["facts"] == 1
    erased = await person.write(people_data.erase)
    assert erased.deleted["facts"] == 1
    assert erased.left == {}
    assert len(await ben.read(facts.holding)) == 1
