"""Tells somebody their week: the store counts, a cheap model may write two sentences around it. May import: the agent and below."""

from ivy.agent import checkins, summing_up, weekly_prose
from ivy.agent.weekly_prose import Ask
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.domain import weekly
from ivy.domain.schedule import local_date, to_wall
from ivy.domain.topics import WEEKLY_WORKOUTS
from ivy.domain.weekly import Numbers
from ivy.store import people, prewritten, summaries, switches, topics, weekly_numbers
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.people import Person
from ivy.store.scope import Scope, for_user, within


async def handle(job: Job, context: Context) -> Outcome:
    """Send the summary of the week that this slot is about, once."""
    return await sum_up(job, context, context.cheap)


async def sum_up(job: Job, context: Context, ask: Ask | None) -> Outcome:
    """Do so with the sentences of whoever answers `ask`; None: with fixed ones."""
    if job.user_id is None:
        return Dropped("It is nobody's week.")
    user_id, due_at = job.user_id, unstamp(int(job.payload["at_ms"]))

    def count(scope: Scope) -> tuple[Person, Numbers, str]:
        person = people.load(scope)
        week = weekly.week_told_at(to_wall(due_at, person.zone))
        numbers = weekly_numbers.of_week(scope, week, today=local_date(context.clock.now(), person.zone))
        return person, numbers, _why_not(scope, person, numbers, context)

    person, numbers, why_not = await for_user(context.store, user_id).read(count)
    if why_not:
        return Dropped(why_not)
    prose = await for_user(context.store, user_id).read(_of_the_night, numbers)
    prose = prose or await weekly_prose.write(ask, person, numbers, call_id=context.new_id(), trace_id=job.trace_id)

    def write(connection: Connection) -> None:
        scope = within(connection, user_id)
        person, now_counted, why_not = count(scope)
        if why_not:
            return
        # What they told while the model wrote is counted; its sentences are about the numbers of before.
        words = prose if now_counted == numbers else weekly.fixed_prose(now_counted, person.locale)
        summing_up.send(scope, person, now_counted, words, context.desk(job))
        summaries.ensure(scope, person, context.new_id, context.clock.now())

    return write


def _of_the_night(scope: Scope, numbers: Numbers) -> str:
    """Return the sentences that were made in the night for these very numbers; "" if there are none."""
    return prewritten.prose_for(scope, WEEKLY_WORKOUTS, numbers.week, numbers)


def _why_not(scope: Scope, person: Person, numbers: Numbers, context: Context) -> str:
    """Return why there is nothing to send, or ""."""
    if not checkins.may_begin(person, context.clock.now()):
        return "They are not to be written to unasked now."
    if switches.value(scope.connection, "proactive") == "off":
        return "The switch proactive is off."
    if topics.is_off(scope, WEEKLY_WORKOUTS):
        return "They called it off."
    if summaries.of_week(scope, numbers.week) is not None:
        return "That week was told."
    return "Nothing happened in that week that could be told." if numbers.is_empty else ""
