"""What waits to be said late, by an operator's plan, is said with the answer that comes first. May import: the store and below."""

from collections.abc import Sequence

from ivy.agent.desk import Desk
from ivy.domain.contents import LONGEST_TEXT, AnyContent, Emoji, File, Template, Words
from ivy.domain.replay_plan import GAP, join
from ivy.store import jobs, outbox, replay_running
from ivy.store.scope import Scope

CANNOT_JOIN = File | Template | Emoji


def take_in(scope: Scope, parts: Sequence[str | AnyContent], desk: Desk) -> tuple[list[str | AnyContent], list[str]]:
    """Return an answer's parts with what waits in front of the first, and the ids of the messages that it has taken in."""
    waiting = replay_running.unsaid(scope, desk.channel) if parts else []
    if not waiting:
        return list(parts), []
    late = [outbox.outgoing(scope.connection, message_id).content for message_id in waiting]
    first, *rest = parts
    answer = Words(first) if isinstance(first, str) else first
    contents = [*late, answer]
    length = sum(len(content.in_words()) + len(GAP) for content in contents)
    if length > LONGEST_TEXT or any(isinstance(content, CANNOT_JOIN) for content in contents):
        return list(parts), []
    joined, can_be_tapped = join(contents)
    if not can_be_tapped and not isinstance(answer, Words):
        return list(parts), []  # its buttons are worth more than one bubble less
    return [joined, *rest], waiting


def taken(scope: Scope, message_ids: Sequence[str], into: str, desk: Desk) -> None:
    """Say of messages that an answer says them: they are never sent by themselves."""
    for message_id in message_ids:
        outbox.set_state(scope.connection, message_id, "cancelled", now=desk.now, reason=f"said in message {into}")
        jobs.cancel_key(scope.connection, outbox.send_key(message_id), now=desk.now)
        replay_running.carried_by(scope, message_id, into)
