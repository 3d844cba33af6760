"""A voice note not heard for sure, or late: what was understood is read back before anything is done.

May import: the store and below.
"""

from datetime import timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.next_turn import enqueue_turn
from ivy.agent.questions import Asking, Heard
from ivy.domain.contents import short
from ivy.domain.heard import Certainty
from ivy.domain.sentences import Say, say
from ivy.store import messages
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "transcript"
LASTS = timedelta(hours=12)
YES, NO = "yes", "no"
LONGEST_QUOTE = 600


def read_back(scope: Scope, person: Person, message_id: str, text: str, sure: Certainty, desk: Desk) -> None:
    """Quote what was heard, and ask whether it is that, or whether it still counts."""
    options = ((YES, say(Say.OPTION_YES, person.speech)), (NO, say(Say.OPTION_NO, person.speech)))
    quote = say(
        Say.VOICE_LATE if sure is Certainty.LATE else Say.VOICE_UNSURE, person.speech, text=short(text, LONGEST_QUOTE)
    )
    asking = Asking(QUESTION, quote, options, LASTS, {"message": message_id, "text": text}, up=YES, down=NO)
    questions.ask(scope, person, asking, desk)


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Yes: the words are theirs, and a turn answers them. No: they may say it again."""
    if option == NO:
        desk.tell(scope, person, Say.VOICE_AGAIN)
        return True
    message_id = str(pending.payload["message"])
    if messages.learn_words(scope, message_id, str(pending.payload["text"]), needs_answer=True):
        enqueue_turn(scope, message_id, desk)
    return True
