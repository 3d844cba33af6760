"""Says a reminder when its time has come. May import: the agent and below."""

from ivy import log
from ivy.agent import reminding
from ivy.agent.desk import Desk
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.domain.jobs import REMINDER
from ivy.domain.late import Lateness, lateness
from ivy.domain.schedule import to_wall
from ivy.domain.sentences import Say, say
from ivy.store import people, reminders
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.scope import for_user, within

logger = log.get(__name__)
SILENT = "stopped"
"""A pause is of what nobody asked for; a reminder was asked for."""


async def handle(job: Job, context: Context) -> Outcome:
    """Queue the reminder's text; one that was deleted meanwhile, or whose person stopped, is dropped."""
    if job.user_id is None:
        return Dropped("It is nobody's reminder.")
    user_id, reminder_id = job.user_id, str(job.payload["ref"])
    person = await for_user(context.store, user_id).read(people.load)
    if person.status == SILENT:
        return Dropped(f"The person is {person.status}.")
    due_at = unstamp(int(job.payload["at_ms"]))
    is_late = lateness(REMINDER.late, due_at, context.clock.now()) is Lateness.LATE

    def write(connection: Connection) -> None:
        scope = within(connection, user_id)
        if people.load(scope).status == SILENT:
            return  # they said stop a moment ago
        reminder = reminders.fire(scope, reminder_id, now=context.clock.now())
        if reminder is None:
            return
        if is_late:
            time = f"{to_wall(due_at, person.zone):%H:%M}"
            text = say(Say.REMINDER_LATE, person.speech, text=reminder.text, time=time)
        else:
            text = say(Say.REMINDER, person.speech, text=reminder.text)
        reminding.remind(scope, people.load(scope), reminder, text, due_at, context.desk(job))

    return write


def buried(connection: Connection, job: Job, reason: str, desk: Desk) -> None:
    """A reminder that comes too late to be said has had its time all the same: it does not wait any more."""
    if job.user_id is not None and reminders.fire(
        within(connection, job.user_id), str(job.payload["ref"]), now=desk.now
    ):
        logger.info("reminder %s is not said: %s", job.payload["ref"], reason)
