"""Telling somebody what they asked to be told: the summary of seven days of spending. May import: the store and below.

Counted when it is told; the sentences of the night stand only beside their own numbers. Who never reacts hears of it less often,
and is asked once whether they want it at all.
"""

from datetime import datetime, timedelta

from ivy.agent import checkins, questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import spending_week, topics
from ivy.domain.backing_off import HALVE_AFTER
from ivy.domain.contents import LONGEST_BODY, short
from ivy.domain.money import format_money
from ivy.domain.routing import For
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say, say
from ivy.domain.spending_week import SpendingWeek
from ivy.domain.topics import Decision
from ivy.domain.when import describe_day
from ivy.store import expenses, people, preferences, prewritten, spending_weeks, switches
from ivy.store import topics as kept_topics
from ivy.store.expenses import Which
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.topics import Wish

QUESTION, KEEP_QUESTION = "spending_week", "topic_keep"
SHOW, ALL = "show", "all"
KEEP, LESS, STOP = "keep", "less", "stop"
LASTS, KEEP_LASTS = timedelta(days=6), timedelta(days=28)
PATIENCE = timedelta(hours=20)
"""What was held for longer is left out: two tellings never come on one day."""
TEMPLATE = "weekly_summary_ready"
BY, MAIL = "digest_channel", "mail"
MOST_SHOWN = 60
LONGEST_NAME = 60
_OPTIONS = ((KEEP, Say.OPTION_KEEP), (LESS, Say.OPTION_LESS), (STOP, Say.OPTION_STOP_NUDGES))


def due(scope: Scope, person: Person, topic: str, at: datetime, now: datetime) -> SpendingWeek | str:
    """Return what a topic that was due `at` tells, or why it tells nothing."""
    if not kept_topics.is_on(scope, topic):
        return "They called it off."
    if not checkins.may_begin(person, now):
        return "They are not to be written to unasked now."
    if switches.value(scope.connection, "proactive") == "off":
        return "The switch proactive is off."
    week = spending_weeks.of_days(scope, spending_week.first_day(local_date(at, person.zone)))
    if spending_weeks.told(scope, week.first) is not None:
        return "These days were told."
    return "Nothing was written down in these days." if week.is_empty else week


def tell(scope: Scope, person: Person, topic: str, week: SpendingWeek, desk: Desk) -> Decision:
    """Tell it, ask whether it is wanted, or leave it out; return which."""
    decision = topics.decide(kept_topics.told(scope, topic), desk.now)
    if decision is Decision.TELL:
        prose = prewritten.prose_for(scope, topic, week.first, week) or spending_week.fixed_prose(person.speech)
        message_id = _send(scope, person, week, prose, desk)
        spending_weeks.keep(scope, week, prose, message_id, now=desk.now)
    elif decision is Decision.ASK:
        message_id = _ask(scope, person, topic, desk)
    else:
        return decision
    kept_topics.note_told(scope, topic, message_id, asked=decision is Decision.ASK, now=desk.now)
    return decision


def _send(scope: Scope, person: Person, week: SpendingWeek, prose: str, desk: Desk) -> str:
    text = short_enough(spending_week.summary(week, prose, person.speech))
    more = {"purpose": For.DIGEST, "asked_for": False, "patience": PATIENCE}
    if _by_mail(scope):
        return desk.send(scope, text, channel=MAIL, **more)[-1]
    pending, content = questions.put(scope, person, _asking(person, week, text), desk)
    own = None
    if desk.config.proactive.paid:
        values = {"week": spending_week.span(week, person.locale)}
        own = questions.with_template(pending, desk, TEMPLATE, values, (SHOW,))
    return desk.send(scope, content, action_id=pending.id, template=own, **more)[-1]


def short_enough(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[: LONGEST_BODY - 1]}…"


def _asking(person: Person, week: SpendingWeek, text: str) -> Asking:
    options = ((ALL, say(Say.OPTION_SHOW_ALL, person.speech)),)
    return Asking(QUESTION, text, options, LASTS, {"first": week.first.isoformat()}, beside_others=True)


def _by_mail(scope: Scope) -> bool:
    return preferences.recall(scope, BY) == MAIL and bool(people.address(scope, MAIL).external_id)


def _ask(scope: Scope, person: Person, topic: str, desk: Desk) -> str:
    title = say(topics.TOPICS[topic].title, person.speech)
    options = tuple((name, say(option, person.speech)) for name, option in _OPTIONS)
    text = say(Say.TOPIC_QUESTION, person.speech, topic=title)
    asking = Asking(KEEP_QUESTION, text, options, KEEP_LASTS, {"topic": topic}, up=KEEP, down=STOP)
    pending, content = questions.put(scope, person, asking, desk)
    more = {"purpose": For.DIGEST, "asked_for": False, "patience": PATIENCE}
    return desk.send(scope, content, action_id=pending.id, **more)[-1]


# --- answers ---------------------------------------------------------------------------------------


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Show every expense of the days, or the summary that a template announced."""
    first = datetime.fromisoformat(str(pending.payload["first"])).date()
    found = spending_weeks.told(scope, first)
    if option == SHOW and found is not None:
        text = short_enough(spending_week.summary(*found, person.speech))
        questions.ask(scope, person, _asking(person, found[0], text), desk)
        return True
    week = SpendingWeek(first)
    listed = expenses.listed(scope, Which(week.first, week.last), limit=MOST_SHOWN)
    lines = [say(Say.SPENDING_ALL, person.speech, span=spending_week.span(week, person.locale))]
    for each in listed:
        name = f" {short(each.description, LONGEST_NAME)}" if each.description else ""
        lines.append(f"{describe_day(each.day, person.locale)}: {format_money(each.money, person.locale)}{name}")
    desk.write(scope, "\n".join(lines))
    return True


def keep_answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Keep it, half as often, or no more."""
    topic = str(pending.payload["topic"])
    if option == STOP:
        call_off(scope, person, topic, heard, desk)
    elif option == LESS:
        kept_topics.settle(scope, topic, floor=HALVE_AFTER, now=desk.now)
        desk.tell(scope, person, Say.TOPIC_LESS)
    else:
        kept_topics.settle(scope, topic, floor=0, now=desk.now)
        desk.tell(scope, person, Say.TOPIC_KEPT)
    return True


def call_off(scope: Scope, person: Person, topic: str, heard: Heard, desk: Desk) -> None:
    """Tell somebody a topic no more, and say so."""
    kept_topics.stop(scope, topic, Wish(heard.words, "text", desk.now))
    desk.tell(scope, person, Say.TOPIC_OFF, topic=say(topics.TOPICS[topic].title, person.speech))
