"""Pictures reach a model only with their owner's consent, asked once and taken back at will. May import: the store and below.

Several pictures sent at once are here in any order, and more may come while the question is open: a yes is about all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.next_turn import enqueue_turn
from ivy.agent.questions import Asking, Heard
from ivy.agent.token_counting import image_tokens
from ivy.domain.consent import Purpose
from ivy.domain.sentences import Say, say
from ivy.ports import Image
from ivy.store import consents, media, messages, pending_actions
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "picture_consent"
LASTS = timedelta(days=7)
YES, NO = "yes", "no"
MOST = 3
"""Pictures that are shown at once."""


@dataclass(frozen=True)
class Sight:
    """How many tokens of pictures a turn may show yet, as the dearest of the `models` that may answer counts them."""

    tokens: int
    models: tuple[str, ...]

    def holds(self, pictures: Mapping[str, Image]) -> dict[str, Image]:
        """Return those of some pictures, oldest first, that there is room for: the newest are looked at first."""
        left, shown = self.tokens, dict[str, Image]()
        for name, image in reversed(list(pictures.items())):
            size = image_tokens(image, self.models)
            if size <= left and len(shown) < MOST:
                shown[name] = image
                left -= size
        return dict(reversed(list(shown.items())))


def may_be_shown(scope: Scope) -> bool:
    return Purpose.IMAGES in consents.current(scope)


def were_declined(scope: Scope) -> bool:
    """Say whether the person was asked, and does not want it."""
    return not may_be_shown(scope) and consents.was_asked(scope, Purpose.IMAGES)


def ask(scope: Scope, person: Person, message_id: str, desk: Desk) -> None:
    """Ask whether pictures may be shown to the model, unless that is being asked."""
    if pending_actions.open_one(scope, QUESTION, now=desk.now) is not None:
        return
    options = ((YES, say(Say.OPTION_YES, person.speech)), (NO, say(Say.OPTION_NO, person.speech)))
    text = say(Say.PICTURE_CONSENT, person.speech)
    questions.ask(scope, person, Asking(QUESTION, text, options, LASTS, {"message": message_id}, up=YES, down=NO), desk)


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Keep the answer with its proof; after a yes a turn looks at those of the last days that nobody looked at."""
    consents.record(scope, Purpose.IMAGES, granted=option == YES, proof=desk.proof(heard.words), now=desk.now)
    if option == NO:
        desk.tell(scope, person, Say.PICTURE_NO)
        return True
    unseen = media.unseen_pictures(scope, since=pending.expires_at - 2 * LASTS)
    for message_id in unseen:
        messages.learn_words(scope, message_id, messages.words_of(scope, message_id), needs_answer=True)
    if unseen:
        enqueue_turn(scope, unseen[0], desk)
    else:  # its words were answered meanwhile, without it
        desk.tell(scope, person, Say.PICTURE_YES)
    return True
