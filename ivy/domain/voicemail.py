"""Which calls leave a message on an answering machine: one a day, or none. May import: domain.calls, the ground."""

from collections.abc import Iterable

from ivy.domain.calls import CallKind
from ivy.errors import ConfigError

MAY = frozenset(CallKind) - {CallKind.INBOUND, CallKind.TEST}
"""Kinds for which a message makes sense: nobody's machine answers a call that came in, and a test has nothing to say."""


def leaves_message(kind: CallKind, configured: Iterable[str], already_left_today: bool) -> bool:
    """Say whether a call leaves a message if a machine answers; otherwise it hangs up without a word.

    `configured` are the kinds that may; a second message on one day of the person's says nothing new, except a NOTICE: its
    text is left once, since each message has one call.
    """
    says_something_new = kind is CallKind.NOTICE or not already_left_today
    return kind in MAY and kind.value in set(configured) and says_something_new


def check(configured: Iterable[str]) -> None:
    """Raise ConfigError for a kind of call that does not exist, or that can leave no message."""
    allowed = sorted(kind.value for kind in MAY)
    for name in configured:
        if name not in allowed:
            raise ConfigError(f'calls.voicemail: "{name}" leaves no messages; possible are {", ".join(allowed)}.')
