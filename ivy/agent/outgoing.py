"""What a model wrote, made fit to be sent: no link that nobody here wrote, no reading aloud of its rules.

May import: the store and below.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from ivy import log
from ivy.agent import prompts
from ivy.agent.desk import Desk
from ivy.domain.links import host_of, links_in, without_unknown
from ivy.domain.plain_words import words_of
from ivy.domain.sentences import Say, say
from ivy.domain.taint import origin_of
from ivy.store import messages, tool_executions, turns
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.registry import Effect, families

logger = log.get(__name__)
RECITAL = 12
"""Words of the rules in a row that are no chance any more."""


def fit(scope: Scope, person: Person, text: str, desk: Desk) -> str:
    """Return a reply as it may be sent."""
    if recites(text):
        logger.warning("a reply to %s that recites the rules is not sent", scope.user_id)
        return say(Say.REFUSED, person.speech)
    if not links_in(text):
        return text
    ours = host_of(desk.config.server.public_url)
    charities = {charity.url.rstrip("/") for charity in desk.config.giving.charities.values()}

    def is_known(link: str) -> bool:
        return (bool(ours) and host_of(link) == ours) or link.rstrip("/") in charities or _wrote(scope, link)

    instead = say(Say.LINK_LEFT_OUT, person.speech)
    return without_unknown(text, is_known, instead).replace(f"({instead})", instead)


def instead_in_danger(scope: Scope, person: Person, turn_id: str) -> str | None:
    """Return what is said instead of a reply that was in the making when words of danger came; None: it may go.

    Its model knew nothing of them and may speak of streaks, goals or pledges. If it did something, that is noted, and no more.
    """
    since, began = person.care_since, turns.began(scope, turn_id)
    if since is None or began is None or since < began:
        return None
    logger.info("a reply to %s from before their words of danger is not sent", scope.user_id)
    done = tool_executions.done_in(scope, turn_id)
    wrote = any(each.name in done and each.effect is not Effect.READ for each in families())
    return say(Say.ONB_NOTED, person.speech) if wrote else ""


def recites(text: str) -> bool:
    """Say whether a text holds a run of the words that every turn begins with."""
    words = words_of(text)
    runs = _runs(prompts.COACH)
    return any(words[at : at + RECITAL] in runs for at in range(len(words) - RECITAL + 1))


@cache
def _runs(prompt: str) -> frozenset[tuple[str, ...]]:
    words = words_of(prompts.words(prompt))
    return frozenset(words[at : at + RECITAL] for at in range(len(words) - RECITAL + 1))


def _wrote(scope: Scope, link: str) -> bool:
    """Say whether the person themselves wrote this very link."""
    return any(
        link in links_in(row["body"]) and origin_of(_event(row["event"])) is None
        for row in messages.received_with(scope, link)
    )


def _event(event: str) -> Mapping[str, Any]:
    return msgspec.json.decode(event) if event else {}
