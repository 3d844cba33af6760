"""Letting a person in: all that is asked of them, in one commit, as often as it is asked.

May import: people, consents, schedules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivy.domain.consent import Purpose
from ivy.store import consents, people, schedules
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within


@dataclass(frozen=True)
class Entry:
    """What an operator was told; `proof` says who, when and in which words the `purposes` were agreed to."""

    person: NewPerson
    quiet_from: str
    quiet_to: str
    purposes: Sequence[Purpose] = ()
    proof: str = ""
    email: str = ""


def known(connection: Connection, phone: str) -> str | None:
    """Return whom a number means already."""
    return people.meaning(connection, "whatsapp", phone)


def let_in(connection: Connection, entry: Entry, *, now: datetime) -> str:
    """Add a person, or bring one with this phone up to date; return their id. Raises: UsageError if the mail is another's.

    What they agreed to is added. Somebody who said stop stays stopped: only they can take it back. What they are to be
    reminded of stays at its time of day when they move.
    """
    new = entry.person
    user_id = known(connection, new.phone) if new.phone else None
    if user_id is None:
        user_id = new.id
        people.add(connection, new, now=now)
    scope = within(connection, user_id)
    move(scope, new.zone, now=now)
    scope.execute(
        "UPDATE users SET name = :name, locale = :locale, currency = :currency, quiet_from = :quiet_from,"
        " quiet_to = :quiet_to WHERE id = :user",
        name=new.name,
        locale=new.locale,
        currency=new.currency,
        quiet_from=entry.quiet_from,
        quiet_to=entry.quiet_to,
    )
    if entry.email:
        people.write_to(scope, "mail", entry.email, now=now)
    for purpose in entry.purposes:
        consents.record(scope, purpose, granted=True, proof=entry.proof, now=now)
    if new.status == "active":
        scope.execute("UPDATE users SET status = 'active' WHERE id = :user AND status = 'invited'")
    return user_id


def move(scope: Scope, zone: str, *, now: datetime) -> int:
    """Let a person live by another zone: what they are to be reminded of keeps its time of day. Return how many changed."""
    if people.load(scope).zone == zone:
        return 0
    people.set_zone(scope, zone)
    return schedules.move_to_zone(scope, zone, now=now)
