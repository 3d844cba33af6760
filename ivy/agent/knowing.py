"""What is known of the person, as lines for a model: what must be minded comes first. May import: tools and below."""

from dataclasses import dataclass

from ivy.domain.facts import Acts, Fact, Kind, behaviour_of
from ivy.domain.schedule import to_wall
from ivy.store import facts, preferences
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.behaving import TONE, UNITS

_TONES = {
    "brief": "They want short answers: one sentence where that does.",
    "warm": "They like a little more warmth and words.",
}
_UNITS = {"metric": "Units: kilometres, kilos.", "imperial": "Units: miles, pounds."}


@dataclass(frozen=True)
class Known:
    """Lines in order of importance, the newest first."""

    minded: tuple[str, ...]
    preferences: tuple[str, ...]
    others: tuple[str, ...]


def read(scope: Scope, person: Person, *, most: int) -> Known:
    """Return what holds now; `most` bounds what is neither to be minded nor a preference. In care goals are left out."""
    holding = facts.holding(scope)[::-1]
    minded = [fact for fact in holding if fact.kind is Kind.CONSTRAINT]
    wanted = [fact for fact in holding if fact.kind is Kind.PREFERENCE and not _is_settled(fact)]
    apart = (Kind.CONSTRAINT, Kind.PREFERENCE, *([Kind.GOAL] if person.is_cared_for else []))
    others = [fact for fact in holding if fact.kind not in apart][:most]
    manner = [_TONES.get(preferences.recall(scope, TONE) or ""), _UNITS.get(preferences.recall(scope, UNITS) or "")]
    return Known(
        tuple(_line("Mind", fact, person) for fact in minded),
        (*(line for line in manner if line), *(_line("Preference", fact, person) for fact in wanted)),
        tuple(_line("Known", fact, person) for fact in others),
    )


def _is_settled(fact: Fact) -> bool:
    """Say whether Ivy behaves by it already: the schedule, the locale or a line of its own says so."""
    return behaviour_of(fact) is not None and fact.acts is Acts.YES


def _line(what: str, fact: Fact, person: Person) -> str:
    day = to_wall(fact.last_said, person.zone).date()
    return f"{what} (they said on {day:%Y-%m-%d}): {fact.text}"
