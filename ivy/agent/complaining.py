""" "That's wrong": thanked for, and kept for a human with what it is about. May import: the store and below."""

from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.complaints import Complaint, complaint
from ivy.domain.sentences import Say
from ivy.store import feedback
from ivy.store.feedback import Kind
from ivy.store.people import Person
from ivy.store.scope import Scope


def heard(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Keep a complaint about an answer; return False if there is none, or if more words are left to a turn."""
    found = complaint(heard.words)
    about = found and feedback.answered_by(scope, desk.channel, heard.quoted_id, heard.message_id)
    if not found or about is None:
        return False
    message_id, turn_id = about
    feedback.keep(
        scope,
        desk.new_id(),
        Kind.WRONG,
        heard.words,
        heard.message_id,
        message_id=message_id,
        turn_id=turn_id,
        now=desk.now,
    )
    if found is Complaint.BEGINS:
        return False
    desk.tell(scope, person, Say.COMPLAINT_KEPT)
    return True
