"""`ivy memory audit`: what is known, where it is from, and what is wrong with it."""

import json
import sqlite3
from contextlib import closing
from typing import Any

ANA = ("--name", "Ana", "--phone", "+57 300 123 4567", "--zone", "bogota", "--locale", "es_co", "--currency", "cop")
AGREED = ("--consent", "Sí, quiero que Ivy me escriba")
MESSAGE = (
    "INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, at_ms, state_at_ms)"
    " SELECT 'm1', id, 'whatsapp', 'in', 'Hola, me duele la rodilla', 'received', 1, 1 FROM users"
)
FACT = (
    "INSERT INTO facts (id, user_id, kind, subject, text, quote, message_id, way, confidence, since_ms, last_said_ms, until_ms,"
    " ended, replaced_by) SELECT ?, id, 'constraint', 'pain rodilla', ?, ?, 'm1', 'noticed', 0.9, 1, 1, ?, ?, ? FROM users"
)
MEMORY = (
    "INSERT INTO user_memory (user_id, kind, ref, text, digest, length, at_ms)"
    " SELECT id, 'fact', 'f2', 'me duele la rodilla', 'x', 2, 1 FROM users"
)


def write(program: Any, *statements: tuple[str, tuple[Any, ...]]) -> None:
    with closing(sqlite3.connect(program.folder / "data/ivy.db")) as connection, connection:
        for sql, values in statements:
            connection.execute(sql, values)


def test_what_is_known_is_listed_with_its_source_and_found_right(ready: Any, here: Any) -> None:
    here("onboard", *ANA, *AGREED)
    words = "me duele la rodilla"
    earlier = (FACT, ("f1", "me duele un poco la rodilla", words, 2, "superseded", "f2"))
    write(ready, (MESSAGE, ()), earlier, (FACT, ("f2", words, words, None, "", "")), (MEMORY, ()))
    done = ready("memory", "audit")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ana: 1 hold, 1 no more" in done.stdout
    assert "“me duele la rodilla”" in done.stdout
    assert "un poco" not in done.stdout
    assert "un poco" in here("memory", "audit", "--all", "--user", "Ana").stdout
    told = json.loads(here("memory", "audit", "--json").stdout)
    (ana,) = told["people"]
    assert [(line["state"], line["replaced_by"], line["source"]) for line in ana["facts"]] == [
        ("superseded", "f2", "m1"),
        ("holds", "", "m1"),
    ]


def test_what_is_wrong_is_named_and_fails(here: Any) -> None:
    here("onboard", *ANA, *AGREED)
    write(
        here,
        (MESSAGE, ()),
        (FACT, ("f1", "me duele el codo", "me duele el codo", 2, "superseded", "nowhere")),
        (FACT, ("f3", "me duele", "duele la rodilla", None, "", "")),
        (MEMORY, ()),
    )
    done = here("memory", "audit")
    assert done.returncode == 1
    for words in (
        "f1: was replaced by a fact that is not there",
        "f1: quotes what its message does not say",
        "f2: is remembered, and there is no such fact",
        "f3: holds, and is not among the memories",
    ):
        assert words in done.stdout
