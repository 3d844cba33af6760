"""Whether what is known of a person can be trusted: each fact against its source, its chain and the memory index.

May import: scope, facts, the domain.
"""

from dataclasses import dataclass

from ivy.domain.facts import Ended, Fact, is_within
from ivy.domain.memory_words import content_words
from ivy.domain.plain_words import words_of
from ivy.store import facts, messages
from ivy.store.scope import Scope


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be; `fact` is its id."""

    fact: str
    words: str


def problems(scope: Scope) -> list[Problem]:
    """Return what is wrong with a person's facts; nothing, unless somebody edited the file or a bug did."""
    every = facts.every(scope)
    ids = {fact.id for fact in every}
    remembered = _remembered(scope)
    found = [Problem(fact.id, words) for fact in every for words in _wrong(scope, fact, ids, remembered)]
    found += [Problem(ref, "is remembered, and there is no such fact") for ref in sorted(remembered - ids)]
    return found


def _wrong(scope: Scope, fact: Fact, ids: set[str], remembered: set[str]) -> list[str]:
    wrong: list[str] = []
    if fact.holds and fact.id not in remembered and _is_searchable(fact):
        wrong.append("holds, and is not among the memories")
    if not fact.holds and fact.id in remembered:
        wrong.append("holds no more, and is still among the memories")
    if fact.ended is Ended.SUPERSEDED and fact.replaced_by not in ids:
        wrong.append("was replaced by a fact that is not there")
    if fact.message_id and not is_within(words_of(fact.quote), words_of(messages.words_of(scope, fact.message_id))):
        wrong.append("quotes what its message does not say")
    return wrong


def _remembered(scope: Scope) -> set[str]:
    rows = scope.execute("SELECT ref FROM user_memory WHERE user_id = :user AND kind = :kind", kind=facts.MEMORY)
    return {row["ref"] for row in rows}


def _is_searchable(fact: Fact) -> bool:
    """Say whether a text has any word that memory counts; one of small words alone is not kept there."""
    return bool(content_words(fact.text))
