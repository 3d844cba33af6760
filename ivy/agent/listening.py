"""What words do before any model: stop, an answer, a quick reply, a wish for a human; the rest is a turn's.

May import: the store and below.
"""

from datetime import timedelta

from ivy.agent import answers, checkins, handover, onboarding, questions, quick, rescue, stopping
from ivy.agent.desk import Desk
from ivy.agent.next_turn import enqueue_turn
from ivy.agent.questions import Heard
from ivy.domain.sentences import Say, say
from ivy.store import messages
from ivy.store.people import Person
from ivy.store.scope import Scope

ONE_SENTENCE_PER = timedelta(minutes=1)


def listen(scope: Scope, person: Person, heard: Heard, desk: Desk, *, chosen: bool = False) -> None:
    """Act on a person's words, or see that a turn answers them.

    `chosen`: they were tapped under a question of the model's, which alone knows what they mean there.
    """
    if (
        stopping.heard(scope, person, heard.words, desk)
        or handover.heard(scope, person, heard.words, desk)
        or (not chosen and _without_a_model(scope, person, heard, desk))
        or _too_fast(scope, person, desk)
    ):
        messages.needs_no_answer(scope, heard.message_id)
    else:
        checkins.note_life(scope, person, heard, desk)
        enqueue_turn(scope, heard.message_id, desk)


def _without_a_model(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Take words as the answer to what was asked last; only words that answer nothing may be a quick reply."""
    found = questions.worded(scope, heard, desk)
    if found is not None:
        return answers.take(scope, person, *found, heard, desk)
    return (
        quick.heard(scope, person, heard, desk)
        or rescue.heard(scope, person, heard, desk)
        or onboarding.heard(scope, person, heard, desk)
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
    if not messages.said_lately(scope, say(key, person.language), since=desk.now - ONE_SENTENCE_PER):
        desk.tell(scope, person, key)
