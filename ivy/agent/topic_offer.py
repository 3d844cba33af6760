"""Offers the weekly summary of expenses once, under an answer and never by itself. May import: the store and below."""

from collections.abc import Sequence
from datetime import timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import topics
from ivy.domain.contents import LONGEST_BODY, AnyContent
from ivy.domain.schedule import next_occurrence
from ivy.domain.sentences import Say, say
from ivy.domain.topics import OFFERED_AFTER, TOPICS, State
from ivy.domain.when import When, describe_when
from ivy.store import expenses, switches, tool_executions
from ivy.store import topics as kept_topics
from ivy.store.expenses import Which
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.topics import Wish

QUESTION = "topic_offer"
YES, NO = "yes", "no"
LASTS = timedelta(days=7)
WRITES_DOWN = "add_expense"


def attach(
    scope: Scope, person: Person, turn_id: str, parts: Sequence[str | AnyContent], action_id: str, desk: Desk
) -> tuple[Sequence[str | AnyContent], str]:
    """Return a reply with the offer under it, if this is the moment for it, and the question that it asks then."""
    if action_id or not parts or not isinstance(last := parts[-1], str) or not _is_moment(scope, person, turn_id):
        return parts, action_id
    when = say_when(TOPICS[topics.WEEKLY_EXPENSES].cron, person, desk)
    text = f"{last}\n\n{say(Say.TOPIC_OFFER, person.speech, when=when)}"
    if len(text) > LONGEST_BODY or not kept_topics.offer(scope, topics.WEEKLY_EXPENSES, now=desk.now):
        return parts, action_id
    options = ((YES, say(Say.OPTION_YES, person.speech)), (NO, say(Say.OPTION_NO, person.speech)))
    asking = Asking(QUESTION, text, options, LASTS, {"topic": topics.WEEKLY_EXPENSES}, up=YES, down=NO)
    pending, content = questions.put(scope, person, asking, desk)
    return [*parts[:-1], content], pending.id


def _is_moment(scope: Scope, person: Person, turn_id: str) -> bool:
    if person.status != "active" or person.coach_is_quiet or switches.value(scope.connection, "proactive") == "off":
        return False
    if WRITES_DOWN not in tool_executions.done_in(scope, turn_id):
        return False
    if kept_topics.load(scope, topics.WEEKLY_EXPENSES) is not None:
        return False
    return sum(total.count for total in expenses.totals(scope, Which())) >= OFFERED_AFTER


def say_when(cron: str, person: Person, desk: Desk) -> str:
    """Say "every Sun, 6:00 pm" as the person's country does."""
    first = next_occurrence(cron, person.zone, desk.now)
    return describe_when(When(first.wall, first.instant, repeat=cron), person.locale)


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Yes: from the next one on. No: never offered again."""
    topic = str(pending.payload["topic"])
    wish = Wish(heard.words, "tap", desk.now)
    kept = kept_topics.load(scope, topic)
    if kept is not None and kept.state is not State.ASKED:  # they said so in other words meanwhile
        desk.tell(scope, person, Say.TAP_OVER)
    elif option == NO:
        kept_topics.stop(scope, topic, wish)
        desk.tell(scope, person, Say.TOPIC_OFFER_NO)
    else:
        cron = TOPICS[topic].cron
        kept_topics.start(scope, person, topic, cron, wish, desk.new_id)
        title = say(TOPICS[topic].title, person.speech)
        desk.tell(scope, person, Say.TOPIC_ON, topic=title, when=say_when(cron, person, desk))
    return True
