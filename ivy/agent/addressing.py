"""Tú or usted: what the person asks for is kept at once, and the answer says it already. May import: the store and below."""

from dataclasses import replace

from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain import address_said
from ivy.domain.sentences import Say
from ivy.store import people
from ivy.store.people import Person
from ivy.store.scope import Scope


def heard(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Act on "trátame de usted" and "puedes tutearme"; return False if the words are neither."""
    address = address_said.wish(heard.words)
    if not address:
        return False
    people.set_address(scope, address)
    desk.tell(scope, replace(person, address=address), Say.ADDRESSED)
    return True


def first_words(scope: Scope, words: str) -> None:
    """Somebody who says usted in their first message is answered so, with no question about it."""
    if address_said.speaks_as_usted(words):
        people.set_address(scope, address_said.USTED)
