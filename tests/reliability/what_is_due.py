"""What became of everybody who wrote while releases took each other's place: exactly what was due, as the file and they have it."""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ivy.emulators.whatsapp_payloads import Accepted
from ivy.store.settings import open_reader

ANSWER = "Logged: $5.00"
DUE = re.compile(r"Logged: \$5\.00 for taxi \(transport\), \w{3} \d{1,2} \w{3}\.")
"""All that somebody who wrote gets, once, where nothing disturbs."""


def phone_of(number: int) -> str:
    """Return the phone of `person-<number>`."""
    return f"+1202555{number:04}"


def jobs_left(database: Path) -> int:
    """Return how many jobs have not ended."""
    with closing(open_reader(database)) as connection:
        return connection.execute("SELECT count(*) FROM jobs WHERE state IN ('ready', 'leased')").fetchone()[0]


def sums(database: Path) -> dict[str, int]:
    """Return what is in the file."""
    with closing(open_reader(database)) as connection:

        def count(sql: str) -> int:
            return connection.execute(sql).fetchone()[0]

        return {
            "heard": count("SELECT count(*) FROM messages_v2 WHERE direction = 'in'"),
            "heard_of": count("SELECT count(DISTINCT user_id) FROM messages_v2 WHERE direction = 'in'"),
            "expenses": count("SELECT count(*) FROM expenses"),
            "said": count("SELECT count(*) FROM messages_v2 WHERE direction = 'out'"),
            "said_to": count("SELECT count(DISTINCT user_id) FROM messages_v2 WHERE direction = 'out'"),
            "dead": count("SELECT count(*) FROM dead_letters"),
            "version": count("PRAGMA user_version"),
        }


def check(database: Path, wrote: Sequence[str], sent: Sequence[Accepted]) -> None:
    """Everybody who wrote is in the file once and got one message, the one that is due; nobody got anything else."""
    _check_the_file(database, len(wrote))
    assert sorted(_got(sent)) == sorted((phone, True) for phone in wrote)


def check_with_asides(database: Path, wrote: Sequence[str], sent: Sequence[Accepted]) -> None:
    """The same after a way back by its snapshot: once more was told only what a file that was set aside told.

    What that told, and of which the vendor's word came into the file that is kept, was not told again.
    """
    _check_the_file(database, len(wrote))
    got, sure, perhaps = Counter(_got(sent)), Counter(wrote), Counter[str]()
    sure.subtract(_not_sent_by(database))
    kept = {(message, at) for message, at, _user, _state in _left(database)}
    for aside in database.parent.glob("*.set-aside-*[0-9]"):
        for message, at, user_id, state in _left(aside):
            if (message, at) not in kept:
                times = perhaps if state in ("sending", "unknown") else sure
                times[phone_of(int(user_id.removeprefix("person-")))] += 1
    assert set(got) == {(phone, True) for phone in wrote}
    for (phone, _due), times in got.items():
        assert sure[phone] <= times <= sure[phone] + perhaps[phone], (phone, times, sure[phone], perhaps[phone])


def _check_the_file(database: Path, people: int) -> None:
    found = sums(database)
    for what in ("heard", "heard_of", "expenses", "said", "said_to"):
        assert found[what] == people, (what, people, found)
    assert found["dead"] == 0, found


def _got(sent: Sequence[Accepted]) -> list[tuple[str, bool]]:
    """Return everything that anybody got: who, and whether it is what is due."""
    return [(each.person.phone, each.type == "text" and DUE.fullmatch(each.text) is not None) for each in sent]


def _not_sent_by(path: Path) -> list[str]:
    """Return whose message a file never sent itself: it was heard of as delivered, so another life of it had sent it."""
    with closing(open_reader(path)) as connection:
        rows = connection.execute(
            "SELECT user_id FROM messages_v2 WHERE direction = 'out' AND sent_at_ms IS NULL AND state IN ('delivered', 'read')"
        )
        return [phone_of(int(row["user_id"].removeprefix("person-"))) for row in rows]


def _left(path: Path) -> list[tuple[str, int, str, str]]:
    """Return the messages whose request left, as a file has them: id, when it left, to whom, and their state."""
    with closing(open_reader(path)) as connection:
        return [
            (row["id"], row["sent_at_ms"], row["user_id"], row["state"])
            for row in connection.execute(
                "SELECT * FROM messages_v2 WHERE direction = 'out' AND sent_at_ms IS NOT NULL"
            )
        ]
