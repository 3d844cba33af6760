"""One or two sentences above the numbers of seven days of spending, by a cheap model, if they hold. May import: the store."""

from ivy.agent import prompts
from ivy.agent.weekly_prose import ANSWER_TOKENS, LANGUAGES, LONGEST
from ivy.domain import invented_numbers, rubric, spending_week
from ivy.domain.links import links_in
from ivy.domain.plain_words import word_set, words_of
from ivy.domain.sentences import POLITE
from ivy.domain.spending_week import SpendingWeek
from ivy.ports import ModelRequest, UserWords
from ivy.store.people import Person

PROMPT = "spending.v1"
_COMPARING = word_set("than less fewer more higher lower mas menos mayor menor subio bajo")
"""What was before is not told to the model, so it cannot know."""


def request_for(person: Person, week: SpendingWeek) -> ModelRequest:
    """Return what the model is asked: the numbers by name, and the language; none of the person's own words for an expense."""
    told = "\n".join(f"{_inert(name)}: {value}" for name, value in spending_week.facts(week, person.locale).items())
    manner = ', saying "usted"' if person.speech.endswith(POLITE) else ""
    words = f"<facts>\n{told}\n</facts>\nWrite in {LANGUAGES[person.language]}{manner}."
    return ModelRequest(prompts.words(PROMPT), (UserWords(words),), max_tokens=ANSWER_TOKENS)


def _inert(name: str) -> str:
    """A category may be called as the person likes; it stays a name."""
    return " ".join(name.split()).replace("<", "‹").replace(">", "›")[:40]


def holds(prose: str, week: SpendingWeek, language: str) -> bool:
    """Say whether sentences may be sent: short, about these days' numbers and no others, comparing nothing, kind."""
    given = spending_week.allowed(week)
    return (
        0 < len(prose) <= LONGEST
        and not links_in(prose)
        and _COMPARING.isdisjoint(words_of(prose))
        and invented_numbers.names_one(prose, given)
        and invented_numbers.check(prose, given)
        and not rubric.judge(prose, language)
    )
