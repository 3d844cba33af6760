"""How things go over weeks: energy, mood, confidence, and what changed. May import: the store and below."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from ivy.domain.schedule import local_date
from ivy.domain.trends import FEWEST, SPANS, Direction, Trend, trend
from ivy.store import scores
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedRead, TurnContext, tool

_MEASURES = {
    "energy": ("Energy", "Energía"),
    "mood": ("Mood", "Ánimo"),
    "confidence": ("Confidence", "Confianza"),
}
_DIRECTIONS = {
    Direction.UP: ("going up", "subiendo"),
    Direction.DOWN: ("going down", "bajando"),
    Direction.STEADY: ("steady", "estable"),
}
_TAGS = {
    "sleep": ("sleep", "sueño"),
    "clothes": ("clothes", "ropa"),
    "stairs": ("stairs", "escaleras"),
    "mood": ("mood", "ánimo"),
    "relationships": ("people", "gente"),
    "work": ("work", "trabajo"),
    "other": ("other things", "otras cosas"),
}


class ShowTrends(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.READ,
    examples={
        "show my trends": {},
        "what are my trends over the last weeks": {},
        "is my energy getting better": {},
        "how have my mood and energy developed": {},
        "qué tendencias tengo": {},
        "qué tal evolucionan mi energía y mi ánimo": {},
    },
)
def show_trends(args: ShowTrends, turn: TurnContext) -> ScopedRead:  # noqa: ARG001 - tools have their arguments
    """Tell where the person's energy, mood and confidence go over 4 and 12 weeks, with how many scores that stands on."""

    def read(scope: Scope) -> str:
        lines = [*_score_lines(scope, turn), *_marker_lines(scope, turn)]
        if not lines:
            return said.tell(
                turn,
                "There are no scores yet. They come from the weekly check-in: energy, mood and confidence, 1 to 10.",
                "Todavía no hay puntajes. Vienen de la charla semanal: energía, ánimo y confianza, de 1 a 10.",
            )
        return "\n".join(lines)

    return read


def _score_lines(scope: Scope, turn: TurnContext) -> Iterator[str]:
    today = said.today(turn)
    given = scores.between(scope, today - timedelta(weeks=max(SPANS)), today)
    for measure in scores.MEASURES:
        points = [(each.day, each.score) for each in given if each.measure == measure]
        if points:
            spans = "; ".join(_say_trend(turn, trend(points, today, weeks)) for weeks in SPANS)
            yield f"{said.tell(turn, *_MEASURES[measure])} {points[-1][1]}/{scores.HIGHEST}. {spans}."


def _say_trend(turn: TurnContext, found: Trend) -> str:
    """Say a trend with its n, or that there are too few scores for one."""
    weeks = said.tell(turn, f"{found.weeks} weeks", f"{found.weeks} semanas")
    if found.slope is None:
        return said.tell(
            turn,
            f"{weeks}: too early to say (n={found.n}, needs {FEWEST})",
            f"{weeks}: muy pronto para decir (n={found.n}, hacen falta {FEWEST})",
        )
    direction = said.tell(turn, *_DIRECTIONS[found.direction])
    slope = f"{float(found.slope):+.1f}"
    return said.tell(
        turn,
        f"{weeks}: {direction}, {slope} a week (n={found.n})",
        f"{weeks}: {direction}, {slope} por semana (n={found.n})",
    )


def _marker_lines(scope: Scope, turn: TurnContext) -> Iterator[str]:
    today = local_date(turn.now, turn.person.zone)
    noted = scores.markers(scope, today - timedelta(weeks=max(SPANS)), today)
    if noted:
        counted = Counter(each.tag for each in noted)
        named = ", ".join(f"{said.tell(turn, *_TAGS[tag])} ({n})" for tag, n in counted.most_common())
        yield said.tell(turn, f"Changes you told me of: {named}.", f"Cambios contados: {named}.")


TOOLS = (show_trends,)
