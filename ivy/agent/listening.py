"""What words do before any model: danger, stop, an answer, a quick reply, a wish for a human; the rest is a turn's.

May import: the store and below.
"""

from datetime import timedelta

from ivy.agent import (
    addressing,
    allowance_asked,
    answers,
    calls_said,
    care,
    complaining,
    foreign,
    handover,
    misjudged,
    onboarding,
    questions,
    quick,
    rating,
    rescue,
    reviewing,
    stopping,
    topic_words,
)
from ivy.agent.desk import Desk
from ivy.agent.next_turn import enqueue_turn
from ivy.agent.questions import Heard
from ivy.domain.bot_asked import asks_what_you_are
from ivy.domain.sentences import Say, say
from ivy.store import messages
from ivy.store.people import Person
from ivy.store.scope import Scope

ONE_SENTENCE_PER = timedelta(minutes=1)


def listen(scope: Scope, person: Person, heard: Heard, desk: Desk, *, chosen: bool = False) -> None:
    """Act on a person's words, or see that a turn answers them.

    `chosen`: they were tapped under a question of the model's, which alone knows what they mean there.
    """
    others = foreign.is_by_others(scope, heard.message_id)  # what somebody else wrote stops, answers and undoes nothing
    handed_over = person.handed_over_at is not None
    if (
        care.heard(scope, person, heard.words, heard.message_id, desk)
        or (handed_over if others else _their_own(scope, person, heard, desk, chosen=chosen))
        or _too_fast(scope, person, desk)
    ):
        messages.needs_no_answer(scope, heard.message_id)
    else:
        if not others:
            reviewing.note_life(scope, person, heard, desk)
        enqueue_turn(scope, heard.message_id, desk)


def _their_own(scope: Scope, person: Person, heard: Heard, desk: Desk, *, chosen: bool) -> bool:
    return (
        topic_words.heard(scope, person, heard, desk)
        or stopping.heard(scope, person, heard.words, desk)
        or handover.heard(scope, person, heard.words, desk)
        or (not chosen and _without_a_model(scope, person, heard, desk))
    )


def _without_a_model(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Take words as the answer to what was asked last; only words that answer nothing may be a quick reply."""
    if asks_what_you_are(heard.words):
        desk.tell(scope, person, Say.I_AM_AN_AI)
        return True
    told = (addressing.heard, misjudged.heard, calls_said.heard)
    if any(each(scope, person, heard, desk) for each in told):
        return True
    found = questions.worded(scope, heard, desk)
    if found is not None:
        return answers.take(scope, person, *found, heard, desk)
    return (
        allowance_asked.heard(scope, person, heard, desk)
        or quick.heard(scope, person, heard, desk)
        or rescue.heard(scope, person, heard, desk)
        or onboarding.heard(scope, person, heard, desk)
        or rating.why_heard(scope, person, heard, desk)
        or complaining.heard(scope, person, heard, desk)
    )


def _too_fast(scope: Scope, person: Person, desk: Desk) -> bool:
    """Say once a minute that it is too much at once; what was written is kept, and not answered."""
    settings = desk.config.turns
    lately = messages.received_since(scope, desk.now - timedelta(minutes=1))
    today = messages.received_since(scope, desk.now - timedelta(days=1))
    if lately <= settings.messages_per_minute and today <= settings.messages_per_day:
        return False
    say_once(scope, person, Say.TOO_FAST, desk)
    return True


def say_once(scope: Scope, person: Person, key: Say, desk: Desk) -> None:
    if not messages.said_lately(scope, say(key, person.speech), since=desk.now - ONE_SENTENCE_PER):
        desk.tell(scope, person, key)
