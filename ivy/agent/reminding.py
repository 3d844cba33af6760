"""A reminder that goes out, with its buttons, and what a tap on them does. May import: the store and below."""

from datetime import datetime, time, timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.contents import BUTTONS, LONGEST_BODY
from ivy.domain.jobs import REMINDER
from ivy.domain.routing import For
from ivy.domain.schedule import occurrences_between, to_instant, to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.splitting import split_text
from ivy.domain.when import describe_clock
from ivy.store import reminders
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.reminders import Reminder, Timing
from ivy.store.scope import Scope

QUESTION = "reminder"
LASTS = timedelta(days=2)
TEMPLATE = "reminder_due"
DONE, HOUR, TOMORROW = "done", "hour", "tomorrow"
_TITLES = ((DONE, Say.OPTION_DONE), (HOUR, Say.OPTION_HOUR), (TOMORROW, Say.OPTION_TOMORROW))


def remind(scope: Scope, person: Person, reminder: Reminder, text: str, due_at: datetime, desk: Desk) -> None:
    """Send a reminder: with buttons, and outside the window by a template with the same ones."""
    options = tuple((name, say(title, person.speech)) for name, title in _TITLES)[:BUTTONS]
    *before, last = split_text(text, LONGEST_BODY)
    clock = f"{to_wall(due_at, person.zone):%H:%M}"
    payload = {"reminder": reminder.id, "clock": clock}
    asking = Asking(QUESTION, last, options, LASTS, payload, up=DONE, beside_others=True)
    pending, content = questions.put(scope, person, asking, desk)
    values = {"time": clock, "task": reminder.text}
    template = questions.with_template(pending, desk, TEMPLATE, values, (DONE, HOUR))
    more = {"patience": REMINDER.patience, "purpose": For.REMINDER}
    desk.send(scope, *before, **more)
    desk.send(scope, content, action_id=pending.id, template=template, **more)


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Done needs no words; later brings the reminder back once."""
    if option == DONE:
        desk.react(scope, heard.external_id, "✅")
        return True
    if person.status == "stopped":  # nothing would come: they hear the way back
        desk.tell(scope, person, Say.STOPPED)
        return True
    reminder = reminders.load(scope, str(pending.payload["reminder"]))
    if reminder is None:
        desk.tell(scope, person, Say.REMINDER_GONE)
        return True
    at = _later(option, str(pending.payload["clock"]), person.zone, desk.now)
    if not _comes_anyway(reminder, at, desk.now):
        timing = _timing(desk.new_id(), person.zone, at)
        reminders.snooze(scope, reminder, timing, new_id=desk.new_id(), now=desk.now)
    desk.tell(scope, person, Say.SNOOZED, time=_said(to_wall(at, person.zone), option, person))
    return True


def _later(option: str, clock: str, zone: str, now: datetime) -> datetime:
    """Return when it comes again: an hour from now whatever the clocks do, or tomorrow at the time it rang at."""
    if option == HOUR:
        return (now + timedelta(hours=1)).replace(second=0, microsecond=0)
    tomorrow = to_wall(now, zone).date() + timedelta(days=1)
    return to_instant(datetime.combine(tomorrow, time.fromisoformat(clock)), zone)


def _comes_anyway(reminder: Reminder, at: datetime, now: datetime) -> bool:
    """Say whether its own rhythm brings it at that moment: nobody wants it twice."""
    if not reminder.cron or at <= now:
        return False
    return any(due.instant == at for due in occurrences_between(reminder.cron, reminder.zone, now, at))


def _timing(schedule_id: str, zone: str, at: datetime) -> Timing:
    """Return the schedule of an instant: by the person's clock, unless that shows this hour twice."""
    wall = to_wall(at, zone)
    if to_instant(wall, zone) != at:
        return Timing(schedule_id, "UTC", wall=to_wall(at, "UTC"))
    return Timing(schedule_id, zone, wall=wall)


def _said(wall: datetime, option: str, person: Person) -> str:
    clock = describe_clock(wall.time(), person.locale)
    if person.language == "es":
        at = "a la" if wall.hour == 1 else "a las"
        return f"mañana {at} {clock}" if option == TOMORROW else f"{at} {clock}"
    return f"tomorrow at {clock}" if option == TOMORROW else f"at {clock}"
