"""Two sentences above the numbers of a week: a cheap model's if they hold, fixed ones if not. May import: the store and below.

No number in them comes from the model: what it wrote is compared with what was counted, and left out if one is not there.
"""

from typing import Protocol

from ivy import log
from ivy.agent import prompts
from ivy.agent.router import Caller
from ivy.domain import invented_numbers, rubric, weekly
from ivy.domain.sentences import POLITE
from ivy.domain.splitting import to_whatsapp
from ivy.domain.weekly import Numbers
from ivy.errors import VendorError
from ivy.ports import ModelAnswer, ModelRequest, UserWords
from ivy.store.people import Person
from ivy.store.spending import CapReached

logger = log.get(__name__)
PROMPT = "weekly.v1"
LONGEST = 320
ANSWER_TOKENS = 400
LANGUAGES = {"en": "English", "es": "Spanish"}


class Ask(Protocol):
    """Asks the cheap model once. Raises: VendorError, CapReached."""

    async def __call__(self, request: ModelRequest, caller: Caller, /, *, call_id: str) -> ModelAnswer: ...


async def write(ask: Ask | None, person: Person, numbers: Numbers, *, call_id: str, trace_id: str) -> str:
    """Return the sentences about a week, in the person's language; always some, whatever the model does."""
    fixed = weekly.fixed_prose(numbers, person.speech)
    if ask is None:
        return fixed
    caller = Caller(person.id, f"weekly:{person.id}:{numbers.week.isoformat()}", trace_id)
    try:
        answer = await ask(request_for(person, numbers), caller, call_id=call_id)
    except (VendorError, CapReached) as error:
        logger.info("the summary of %s is written without a model: %s", person.id, error)
        return fixed
    prose = " ".join(to_whatsapp(answer.text).split())
    if holds(prose, numbers, person.language):
        return prose
    logger.info("the model's sentences on the week of %s do not hold, and are left out", person.id)
    return fixed


def request_for(person: Person, numbers: Numbers) -> ModelRequest:
    """Return what the model is asked: the numbers by name, and the language."""
    facts = "\n".join(f"{name}: {value}" for name, value in weekly.facts(numbers, person.locale).items())
    manner = ', saying "usted"' if person.speech.endswith(POLITE) else ""
    words = f"<facts>\n{facts}\n</facts>\nWrite in {LANGUAGES[person.language]}{manner}."
    return ModelRequest(prompts.words(PROMPT), (UserWords(words),), max_tokens=ANSWER_TOKENS)


def holds(prose: str, numbers: Numbers, language: str) -> bool:
    """Say whether sentences may be sent: short, about this week's numbers and no others, and kind."""
    given = weekly.allowed(numbers)
    return (
        0 < len(prose) <= LONGEST
        and invented_numbers.names_one(prose, given)
        and invented_numbers.check(prose, given)
        and not rubric.judge(prose, language)
    )
