"""In which chat somebody is to be found now: they may have two, of which one is shut. May import: the store and below."""

from dataclasses import replace

from ivy.agent.desk import Desk
from ivy.domain.jobs import send_lane
from ivy.domain.routing import CALL, CHANNELS
from ivy.domain.windows import window_open
from ivy.store import blocked, breakers, jobs, people, windows
from ivy.store.scope import Scope


def where_open(scope: Scope, desk: Desk) -> Desk | None:
    """Return the desk at the chat in use where they may be written to freely, the one they wrote on last; None: nowhere."""
    in_use = {"whatsapp": desk.config.whatsapp.enabled, "solo": desk.config.solo.enabled}
    found = [name for name, ends in windows.latest_first(scope) if in_use.get(name) and window_open(ends, desk.now)]
    channel = next((name for name in found if _works(scope, name, desk)), next(iter(found), None))
    return None if channel is None else replace(desk, channel=channel)


def _works(scope: Scope, channel: str, desk: Desk) -> bool:
    to = people.address(scope, channel)
    is_blocked = blocked.is_blocked(scope.connection, channel, to.external_id or to.phone)
    return not is_blocked and breakers.standing(scope.connection, channel, desk.now).until is None


def where_heard(scope: Scope, desk: Desk) -> Desk:
    """Return the desk at the chat where they wrote last, if it is open; the same desk otherwise."""
    return where_open(scope, desk) or desk


def wake(scope: Scope, desk: Desk) -> None:
    """Let what waits for the person, on whichever channel, be looked at again: what held it is over."""
    for channel in CHANNELS:
        if channel != CALL:
            jobs.wake_lane(scope.connection, send_lane(scope.user_id, channel), now=desk.now)
