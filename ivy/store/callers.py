"""Whose a number is that rings, whatever chat they write in. May import: people, scope, binding."""

from datetime import datetime

from ivy.store import people
from ivy.store.binding import Connection
from ivy.store.scope import Scope


def of_number(connection: Connection, number: str) -> str | None:
    """Return who gave this number (E.164) as theirs, or whose it is by the operator's word; None if it is nobody's."""
    row = connection.execute("SELECT id FROM users WHERE phone = ?", (number,)).fetchone() if number else None
    return row and row["id"]


def keep(scope: Scope, number: str, *, now: datetime) -> bool:
    """Let a number be the person's in place of the one before, also where they write from it; return False if it is another's."""
    owner, before = people.meaning(scope.connection, people.CHAT, number), people.load(scope).phone or ""
    if {owner, of_number(scope.connection, number)} - {None, scope.user_id} or not people.set_phone(scope, number):
        return False
    if before != number and people.meaning(scope.connection, people.CHAT, before) == scope.user_id:
        people.rename(scope.connection, people.CHAT, before, number, now=now)
    elif owner is None:
        people.alias(scope.connection, scope.user_id, people.CHAT, "phone", number, now=now)
    return True
