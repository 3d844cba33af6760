"""A file somebody sent: noted with its message, fetched by a job, and what is done once it is here.

May import: the store and below.
"""

from collections.abc import Mapping

from ivy.agent import care, hearing, pictures
from ivy.agent.desk import Desk
from ivy.agent.listening import listen, say_once
from ivy.agent.questions import Heard
from ivy.domain.consent import Purpose, StopMeaning, stop_meaning
from ivy.domain.heard import Certainty
from ivy.domain.inbound import Media
from ivy.domain.jobs import MEDIA
from ivy.domain.media import Reason, Type
from ivy.domain.safety import risk_of
from ivy.domain.sentences import Say
from ivy.store import consents, jobs, media, media_wanted, messages, people
from ivy.store.jobs import NewJob
from ivy.store.media import Item
from ivy.store.scope import Scope


def want(scope: Scope, event: Media, message_id: str, desk: Desk) -> None:
    """See that a file is fetched soon: its channel keeps it for a week at most, and its address for minutes."""
    keep_days = desk.config.media.keep_days
    if not media.want(scope, desk.new_id(), message_id, event, keep_days=keep_days, now=desk.now):
        return
    job = NewJob(
        id=desk.new_id(),
        kind=MEDIA,
        key=media_wanted.job_key(message_id),
        due_at=desk.now,
        payload={"message": message_id, "channel": desk.channel},
        user_id=scope.user_id,
        trace_id=desk.trace_id,
    )
    jobs.enqueue(scope.connection, job, now=desk.now)


class FileAnswers:
    """What becomes of a message once its file is here, or is known not to come."""

    def heard(self, scope: Scope, message_id: str, text: str, sure: Certainty, desk: Desk) -> None:
        """Take a transcript as the message's own words; what was not heard surely is read back first."""
        person, means = people.load(scope), stop_meaning(text)
        # Who said stop after this wants silence still, even where this asked for the contrary.
        asks_no_stop = means in (StopMeaning.NONE, StopMeaning.START)
        if _is_set_aside(scope, message_id) and (asks_no_stop or _stopped_all(scope, message_id)):
            messages.learn_words(scope, message_id, text, needs_answer=False)
            care.heard(scope, person, text, message_id, desk)  # a stop sets no cry aside
            return
        must_act = means is not StopMeaning.NONE or risk_of(text) is not None
        if sure is not Certainty.SURE and not must_act:  # a stop, or a cry, is never asked about twice
            messages.learn_words(scope, message_id, text, needs_answer=False)
            if person.handed_over_at is None:
                hearing.read_back(scope, person, message_id, text, sure, desk)
            return
        if messages.learn_words(scope, message_id, text, needs_answer=True):
            listen(scope, person, Heard(text, message_id, messages.external_id_of(scope, message_id)), desk)

    def kept(self, scope: Scope, message_id: str, item: Item, desk: Desk) -> None:
        """Go on with a picture, a film, a document or a sticker."""
        person, caption = people.load(scope), messages.words_of(scope, message_id)
        in_danger = care.heard(scope, person, caption, message_id, desk)
        if _is_set_aside(scope, message_id):
            return
        heard = Heard(caption, message_id, messages.external_id_of(scope, message_id))
        is_picture = item.kind.can_be_seen and item.type is Type.IMAGE
        may_be_shown = is_picture and pictures.may_be_shown(scope)
        if caption.strip() or may_be_shown:  # words need no consent: they are answered, with the picture or without
            if messages.learn_words(scope, message_id, caption, needs_answer=True):
                listen(scope, person, heard, desk)
        elif person.handed_over_at is None and (not is_picture or pictures.were_declined(scope)):
            say_once(scope, person, KEPT.get(item.type, Say.FILE_KEPT), desk)
        may_ask = person.handed_over_at is None and not in_danger
        if is_picture and may_ask and not (may_be_shown or pictures.were_declined(scope)):
            pictures.ask(scope, person, message_id, desk)

    def waits(self, scope: Scope, message_id: str, item: Item, desk: Desk) -> None:
        """Say that a file takes longer than it should, and is not forgotten."""
        person = people.load(scope)
        if person.handed_over_at is None and not _is_set_aside(scope, message_id):
            say_once(scope, person, Say.VOICE_WAITS if item.state == "kept" else Say.MEDIA_WAITS, desk)

    def refused(self, scope: Scope, message_id: str, reason: Reason, desk: Desk) -> None:
        """Say one plain sentence about a file that is not here, or was not understood; its caption counts all the same."""
        person, caption = people.load(scope), messages.words_of(scope, message_id)
        care.heard(scope, person, caption, message_id, desk)
        if _is_set_aside(scope, message_id):
            return
        if person.handed_over_at is None:
            say_once(scope, person, SENTENCES[reason], desk)
        if caption.strip() and messages.learn_words(scope, message_id, caption, needs_answer=True):
            listen(scope, person, Heard(caption, message_id, messages.external_id_of(scope, message_id)), desk)


def _is_set_aside(scope: Scope, message_id: str) -> bool:
    """Say whether the person said stop after they sent this: then nothing is said to it any more."""
    return consents.withdrawn_since(scope, Purpose.MESSAGES, messages.taken_in_at_ms(scope, message_id))


def _stopped_all(scope: Scope, message_id: str) -> bool:
    """Say whether a stop of everything came after this: an older wish for silence adds nothing to it, and undoes no START."""
    since = messages.taken_in_at_ms(scope, message_id)
    return all(consents.withdrawn_since(scope, purpose, since) for purpose in Purpose)


KEPT: Mapping[Type, Say] = {Type.STICKER: Say.STICKER, Type.IMAGE: Say.PICTURE_KEPT}
"""What is said of a file that is here and stays unseen."""
SENTENCES: Mapping[Reason, Say] = {
    Reason.TOO_LARGE: Say.MEDIA_TOO_LARGE,
    Reason.EMPTY: Say.MEDIA_REFUSED,
    Reason.UNKNOWN: Say.MEDIA_REFUSED,
    Reason.LYING: Say.MEDIA_REFUSED,
    Reason.NOT_TAKEN: Say.MEDIA_REFUSED,
    Reason.DAMAGED: Say.MEDIA_LOST,
    Reason.GONE: Say.MEDIA_LOST,
    Reason.UNSAFE: Say.MEDIA_LOST,
    Reason.UNREACHABLE: Say.MEDIA_LOST,
    Reason.TOO_LONG: Say.VOICE_TOO_LONG,
    Reason.UNHEARD: Say.VOICE_NOT_HEARD,
    Reason.UNHEARABLE: Say.VOICE_NO_EARS,
}
