"""A file from before a plan had a place and a text before a workout had to be wished for: who had them keeps them as they were."""

from datetime import UTC, date, datetime
from pathlib import Path

from ivy.domain.if_then import IfThen
from ivy.store import if_then, migrate, nudges, people
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

BEFORE = 28
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
OF = ("active", "en-US", "America/New_York", "USD")
TODAY = date(2026, 11, 23)


def test_who_was_here_keeps_plans_and_texts_and_who_comes_now_is_asked(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "ivy.db", throwaway=True)
    migrate.migrate(connection, migrate.shipped()[:BEFORE])
    for user_id, said in (("ana", None), ("ben", 0), ("eva", 15)):
        people.add(connection, NewPerson(user_id, user_id.title(), *OF), now=NOW)
        if said is not None:
            nudges.set_minutes(within(connection, user_id), said, source="text", now=NOW)
    connection.execute(
        "INSERT INTO if_then_plans (id, user_id, day, cue, workout, source, changed_at_ms)"
        " VALUES ('p', 'ana', '2026-11-23', 'I am in the park', 'run', 'call', 1)"
    )
    migrate.migrate(connection)
    assert if_then.of_day(within(connection, "ana"), TODAY) == IfThen(TODAY, "run", "I am in the park")
    people.add(connection, NewPerson("new", "New", *OF), now=NOW)
    known = {
        user_id: nudges.lead(within(connection, user_id), {}, day=TODAY, now=NOW)
        for user_id in ("ana", "ben", "eva", "new")
    }
    assert known == {"ana": nudges.USUAL_MINUTES, "ben": 0, "eva": 15, "new": 0}
    connection.close()
