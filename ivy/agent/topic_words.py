"""Calling off a topic in words, without a model: it counts from the next one on. May import: the store and below."""

from ivy.agent import summing_up, telling
from ivy.agent.desk import Desk
from ivy.agent.onboarding_asking import QUESTION as ONBOARDING
from ivy.agent.questions import Heard
from ivy.domain import topics
from ivy.domain.sentences import Say, say
from ivy.store import messages, outbox, pending_actions
from ivy.store import topics as kept_topics
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.topics import Wish

_OF = {
    telling.QUESTION: topics.WEEKLY_EXPENSES,
    telling.KEEP_QUESTION: "",
    summing_up.QUESTION: topics.WEEKLY_WORKOUTS,
}
"""The kinds of questions that stand under a topic; "": the question itself says of which."""


def heard(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Call off what the words name, or what they answer; return False if they call off nothing."""
    named = topics.called_off(heard.words)
    if not named and topics.calls_off_this(heard.words):
        named = _answered(scope, heard, desk)
    if not named:
        return False
    on = sorted(topic for topic in named if kept_topics.is_on(scope, topic))
    for topic in on:
        telling.call_off(scope, person, topic, heard, desk)
    if not on:
        for topic in sorted(named):  # their word counts for what would come one day, too
            kept_topics.stop(scope, topic, Wish(heard.words, "text", desk.now))
        if pending_actions.open_one(scope, ONBOARDING, now=desk.now) is not None:
            return False  # it stands beside an answer, which is still to be taken
        title = say(topics.TOPICS[min(named)].title, person.speech)
        desk.tell(scope, person, Say.TOPIC_NOT_ON, topic=title)
    return True


def _answered(scope: Scope, heard: Heard, desk: Desk) -> frozenset[str]:
    """Return the topic of the message that they quote, or that stands last before theirs."""
    quoted = heard.quoted_id
    action_id = outbox.question_of(scope, desk.channel, quoted) if quoted else messages.last_asked(scope)
    pending = pending_actions.load(scope, action_id) if action_id else None
    if pending is None or pending.kind not in _OF:
        return frozenset()
    return frozenset({_OF[pending.kind] or str(pending.payload["topic"])})
