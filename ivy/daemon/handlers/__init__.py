"""One kind of job per file, and the list of them all. May import: the agent and below."""

from collections.abc import Mapping

from ivy.daemon.context import Buried, Handler
from ivy.daemon.handlers import (
    attachment,
    backfill,
    backup,
    call,
    call_check,
    call_over,
    call_slot,
    day_close,
    digest,
    embed,
    inbound,
    mark_read,
    nudge,
    prewrite,
    remember,
    reminder,
    replay,
    send,
    tell_operator,
    turn,
    weekly_summary,
)
from ivy.domain.jobs import (
    BACKFILL,
    BACKUP,
    CALL,
    CALL_CHECK,
    CALL_OVER,
    CALL_SLOT,
    DAY_CLOSE,
    DIGEST,
    EMBED,
    INBOUND,
    MARK_READ,
    MEDIA,
    NUDGE,
    PREWRITE,
    REMEMBER,
    REMINDER,
    REPLAY,
    SEND,
    TELL_OPERATOR,
    TURN,
    WEEKLY_SUMMARY,
)

HANDLERS: Mapping[str, Handler] = {
    INBOUND.name: inbound.handle,
    TURN.name: turn.handle,
    SEND.name: send.handle,
    MARK_READ.name: mark_read.handle,
    REMINDER.name: reminder.handle,
    MEDIA.name: attachment.handle,
    TELL_OPERATOR.name: tell_operator.handle,
    CALL_SLOT.name: call_slot.handle,
    CALL.name: call.handle,
    CALL_CHECK.name: call_check.handle,
    CALL_OVER.name: call_over.handle,
    NUDGE.name: nudge.handle,
    DAY_CLOSE.name: day_close.handle,
    EMBED.name: embed.handle,
    BACKFILL.name: backfill.handle,
    WEEKLY_SUMMARY.name: weekly_summary.handle,
    REMEMBER.name: remember.handle,
    DIGEST.name: digest.handle,
    PREWRITE.name: prewrite.handle,
    BACKUP.name: backup.handle,
    REPLAY.name: replay.handle,
}

BURIED: Mapping[str, Buried] = {
    TURN.name: turn.buried,
    SEND.name: send.buried,
    REMINDER.name: reminder.buried,
    MEDIA.name: attachment.buried,
    CALL.name: call.buried,
}
"""What else happens in the commit that gives up on a job of a kind, as dead or as too late."""
