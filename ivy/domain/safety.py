"""Words that must not wait for a model: danger to somebody's life or body. May import: the domain.

Deterministic, in English and Spanish; the corpus of `tests/domain/risk_corpus.tsv` holds it. What is found is answered with fixed
words and the number of a human, and looked at by one.
"""

from enum import StrEnum

from ivy.domain import risk_phrases as said
from ivy.domain.plain_words import is_emoji, words_of


class Risk(StrEnum):
    """What somebody may be in danger of. The first that is found, in the order of `_FOUND_BY`, counts."""

    EMERGENCY = "emergency"
    """The body needs help now."""
    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    EATING = "eating"


_FOUND_BY = {
    Risk.ABUSE: said.anywhere(said.ABUSE_EN, said.ABUSE_ES),
    Risk.SELF_HARM: said.anywhere(said.SELF_HARM_EN, said.SELF_HARM_ES),
    Risk.EMERGENCY: said.anywhere(said.EMERGENCY_EN, said.EMERGENCY_ES),
    Risk.EATING: said.anywhere(said.EATING_EN, said.EATING_ES),
}


def risk_of(text: str) -> Risk | None:
    """Return what a person's words tell of danger, or None. Long input is read up to the length of one message."""
    spoken = " ".join(word for word in words_of(text) if not is_emoji(word))
    if not spoken:
        return None
    meant = said.IDIOMS.sub(" ", spoken)
    return next((risk for risk, pattern in _FOUND_BY.items() if pattern.search(meant)), None)
