"""A template that says an answer waits: its button opens the window, and the answer follows. May import: the store and below."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.routing import For, TemplateChoice
from ivy.domain.schedule import to_wall
from ivy.ports import TemplatePack
from ivy.store import messages, outbox, pending_actions, people
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "door"
TEMPLATE = "answer_ready"
LASTS = timedelta(days=7)
"""One knock is enough for everything that waits behind the door."""
_DAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}


def is_knocked(scope: Scope, *, now: datetime) -> bool:
    """Say whether the person was told that something waits, and has not written since."""
    return shuts_at(scope, now=now) is not None


def shuts_at(scope: Scope, *, now: datetime) -> datetime | None:
    """Return until when a tap on the template they got lets out what waits; None if they got none."""
    pending = pending_actions.open_one(scope, QUESTION, now=now)
    return pending and pending.expires_at


def knock(scope: Scope, template: TemplateChoice, pack: TemplatePack, desk: Desk) -> None:
    """Tell the person once that an answer waits for them."""
    if is_knocked(scope, now=desk.now):
        return
    person = people.load(scope)
    pending = pending_actions.ask(
        scope, desk.new_id(), QUESTION, {}, until=desk.now + LASTS, now=desk.now, options=(("open", "open"),)
    )
    own = questions.with_template(pending, desk, TEMPLATE, {"sent": _when(scope, person, desk)}, ("open",))
    content = pack.fill(TEMPLATE, template.language, own.values, own.actions)
    outbox.say(
        scope,
        [content],
        channel=desk.channel,
        new_id=desk.new_id,
        trace_id=desk.trace_id,
        now=desk.now,
        purpose=For.NOTICE,
        action_id=pending.id,
        asked_for=False,  # they asked a day ago: it comes in no quiet hours, and never after STOP
    )


def _when(scope: Scope, person: Person, desk: Desk) -> str:
    """Say when the person last wrote, in their own time: "Monday at 9:40"."""
    wall = to_wall(messages.last_heard_at(scope) or desk.now, person.zone)
    at = "a las" if person.language == "es" else "at"
    return f"{_DAYS[person.language][wall.weekday()]} {at} {wall.hour}:{wall:%M}"


def opened(_scope: Scope, _person: Person, _pending: Pending, _option: str, _heard: Heard, _desk: Desk) -> bool:
    """The tap itself opened the window, and what was held is on its way: nothing is left to say."""
    return True
