"""Messages in which something that was forgotten still sounds, in other words. May import: memories, scope, the domain.

A question or an order is no memory: "search for my sister Zenobia" would bring back by the history what is gone elsewhere.
"""

from collections.abc import Iterable

from ivy.domain.memory_words import content_words
from ivy.store import memories
from ivy.store.scope import Scope

MOST_LOOKED_AT = 500
"""Messages that are looked at, the newest first."""


def of(scope: Scope, texts: Iterable[str]) -> set[str]:
    """Return the messages, both ways, that have most words of a text, and one of them that is in no memory any more.

    Called when the texts' own memories are gone: a word that is left in another one was said otherwise too, and stays.
    """
    wanted = [(words, words - memories.having(scope, sorted(words)).keys()) for words in map(_words, texts)]
    lost = [(words, alone) for words, alone in wanted if alone]
    if not lost:
        return set()
    rows = scope.execute(
        "SELECT id, body FROM messages_v2 WHERE user_id = :user AND body <> '' ORDER BY rowid DESC LIMIT +:most",
        most=MOST_LOOKED_AT,
    ).fetchall()
    said = [(row["id"], _words(row["body"])) for row in rows]
    return {
        name
        for name, has in said
        if any(not alone.isdisjoint(has) and 2 * len(words & has) > len(words) for words, alone in lost)
    }


def _words(text: str) -> set[str]:
    return set(content_words(text))
