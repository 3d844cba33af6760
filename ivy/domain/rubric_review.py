"""How what the rubric finds compares with what people find who judge the same transcripts blind. May import: the rubric."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ivy.domain.rubric import Fault, Rule, judge

LANGUAGES = ("en", "es")
FEWEST_RATERS = 3
"""With fewer, most of them means nothing."""


@dataclass(frozen=True)
class Rating:
    """What one person marked on one sheet: the rules that something on it broke, and two marks from 1 to 5 (None: none)."""

    rater: str
    sheet: str
    marks: frozenset[Rule]
    kind: int | None = None
    understood: int | None = None


@dataclass(frozen=True)
class Agreement:
    """One rule over all sheets that enough people judged; most of a sheet's raters decide for them."""

    rule: Rule
    both: int = 0
    only_rubric: tuple[str, ...] = ()
    only_people: tuple[str, ...] = ()
    neither: int = 0

    @property
    def share(self) -> float | None:
        """Return on which part of the sheets both say the same; None without any."""
        sheets = self.both + self.neither + len(self.only_rubric) + len(self.only_people)
        return (self.both + self.neither) / sheets if sheets else None


def faults_of(said: Iterable[str]) -> list[Fault]:
    """Return what breaks a rule in lines of Ivy's, each once; both languages are judged, since some people mix them."""
    found = (fault for text in said for language in LANGUAGES for fault in judge(text, language))
    return list(dict.fromkeys(found))


def compare(rubric: Mapping[str, frozenset[Rule]], ratings: Sequence[Rating]) -> list[Agreement]:
    """Return how far both agree, rule by rule. `rubric` has the rules that it finds broken on each sheet, by its name."""
    raters = {sheet: [each for each in ratings if each.sheet == sheet] for sheet in rubric}
    judged = {sheet: by for sheet, by in raters.items() if len(by) >= FEWEST_RATERS}
    return [_agreement(rule, rubric, judged) for rule in Rule]


def _agreement(rule: Rule, rubric: Mapping[str, frozenset[Rule]], judged: Mapping[str, Sequence[Rating]]) -> Agreement:
    by_rubric = {sheet for sheet in judged if rule in rubric[sheet]}
    by_people = {sheet for sheet, by in judged.items() if 2 * sum(rule in each.marks for each in by) > len(by)}
    return Agreement(
        rule,
        both=len(by_rubric & by_people),
        only_rubric=tuple(sorted(by_rubric - by_people)),
        only_people=tuple(sorted(by_people - by_rubric)),
        neither=len(judged.keys() - by_rubric - by_people),
    )
