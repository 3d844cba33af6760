"""A preference that would change how Ivy behaves is asked about once, in one line, before it does. May import: tools and below."""

from datetime import timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.facts import Acts, Behaviour, Fact, behaviour_of
from ivy.domain.sentences import Say, say
from ivy.errors import ToolFailed
from ivy.store import facts, people
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools import behaving
from ivy.tools.registry import TurnContext

QUESTION = "behave"
LASTS = timedelta(days=2)
YES, NO = "yes", "no"
_ASKS = {
    (Behaviour.CONTACT_WAY, "text"): Say.FACT_TEXT,
    (Behaviour.CONTACT_WAY, "voice"): Say.FACT_VOICE,
    (Behaviour.CONTACT_WAY, "mixed"): Say.FACT_MIXED,
    (Behaviour.LANGUAGE, "en"): Say.FACT_ENGLISH,
    (Behaviour.LANGUAGE, "es"): Say.FACT_SPANISH,
    (Behaviour.TONE, "brief"): Say.FACT_BRIEF,
    (Behaviour.TONE, "warm"): Say.FACT_WARM,
    (Behaviour.UNITS, "metric"): Say.FACT_METRIC,
    (Behaviour.UNITS, "imperial"): Say.FACT_IMPERIAL,
}


def ask_next(scope: Scope, person: Person, desk: Desk) -> bool:
    """Ask about the newest preference that was not asked about yet; what is so already needs no question.

    One at a time: the answer to it asks about the next. Return whether something was asked.
    """
    for fact in facts.to_ask(scope):
        behaviour = behaviour_of(fact)
        if behaviour is None:
            facts.set_acts(scope, fact.id, Acts.NOT)
        elif behaving.is_so(scope, person, behaviour, fact.value):
            facts.set_acts(scope, fact.id, Acts.YES)
        elif may_ask(person):
            _ask(scope, person, fact, behaviour, desk)
            return True
    return False


def may_ask(person: Person) -> bool:
    """Say whether Ivy may ask somebody something now: not while a human answers, nor after a stop."""
    return person.status == "active" and person.handed_over_at is None


def _ask(scope: Scope, person: Person, fact: Fact, behaviour: Behaviour, desk: Desk) -> None:
    if behaviour is Behaviour.CALL_TIME:
        text = say(Say.FACT_CALLS, person.speech, time=behaving.call_of(scope, fact.value).clock(person))
    else:
        text = say(_ASKS[behaviour, fact.value], person.speech)
    options = ((YES, say(Say.OPTION_YES, person.speech)), (NO, say(Say.OPTION_NO, person.speech)))
    asking = Asking(QUESTION, text, options, LASTS, {"fact": fact.id}, up=YES, down=NO)
    questions.ask(scope, person, asking, desk)
    facts.set_acts(scope, fact.id, Acts.ASKED)


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Yes: it is so from now on. No: it stays known, and nothing changes."""
    fact = facts.load(scope, str(pending.payload["fact"]))
    behaviour = behaviour_of(fact) if fact is not None and fact.holds else None
    if fact is None or behaviour is None:  # said otherwise since, or forgotten
        desk.tell(scope, person, Say.TAP_OVER)
        return True
    if option == NO:
        facts.set_acts(scope, fact.id, Acts.NO)
        desk.tell(scope, person, Say.FACT_STAYS)
    else:
        turn = TurnContext(person, desk.now, desk.new_id, desk.trace_id)
        try:
            told = behaving.behave(scope, behaviour, fact.value, turn)
        except ToolFailed as error:
            desk.write(scope, str(error))
            return True
        facts.set_acts(scope, fact.id, Acts.YES)
        desk.write(scope, told)
    ask_next(scope, people.load(scope), desk)
    return True
