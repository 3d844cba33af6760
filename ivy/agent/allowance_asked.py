"""What is said of Ivy's own cost without a model: to a slash command always, to plain words when none may be asked.

May import: tools and below.
"""

from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain import spend_caps
from ivy.domain.plain_words import words_of
from ivy.domain.spend_caps import Stage
from ivy.store import spending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools import usage
from ivy.tools.registry import TurnContext

COMMANDS = frozenset({"/allowance", "/usage", "/saldo", "/consumo"})


def heard(scope: Scope, person: Person, said: Heard, desk: Desk) -> bool:
    """Answer a question about what Ivy costs; return False if it is none, or one that a turn can answer."""
    words = said.words.strip().lower()
    caps = spending.caps_of(desk.config.spend)
    if words not in COMMANDS:
        if words_of(words) not in ASKED:
            return False
        spent = spending.spent(scope.connection, scope.user_id, now=desk.now)
        if spend_caps.stage(caps, spent) is not Stage.NOTHING:
            return False
    turn = TurnContext(person, desk.now, desk.new_id, desk.trace_id, caps=caps)
    desk.write(scope, usage.sentence(scope, turn))
    return True


ASKED = frozenset(map(words_of, usage.show_usage.examples))
"""The plain words of the tool's own examples."""
