"""A reserve day, taken when the person asks for it. May import: the store and below."""

import msgspec

from ivy.domain.streaks import Outcome
from ivy.domain.taint import Touch
from ivy.domain.workouts import WorkoutState
from ivy.store import streaks, workouts
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool
from ivy.tools.workouts import word_of

_KEEPS = (Outcome.KEPT, Outcome.REST, Outcome.EXCUSED)
"""What a day may be already so that a reserve day would be spent for nothing."""


class UseReserve(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="undo_workout",
    examples={
        "use a reserve day today": {},
        "take one of my reserve days": {},
        "spend a reserve day": {},
        "usa un día de reserva": {},
        "gasta uno de mis días de reserva": {},
    },
)
def use_reserve(args: UseReserve, turn: TurnContext) -> ScopedWrite:  # noqa: ARG001 - tools have their arguments
    """Spend one of the person's two reserve days on today: what is planned today is excused, and the streak stays."""

    def write(scope: Scope) -> str:
        today = said.today(turn)
        planned = workouts.of_day(scope, today)
        if turn.person.is_cared_for:
            return _freed(scope, turn, planned)
        if streaks.of_day(scope, today) is not Outcome.RESERVE:
            _check(scope, turn, planned)
            for each in planned:
                workouts.finish(scope, each, WorkoutState.REST, word_of(turn))
            streaks.record(scope, today, Outcome.RESERVE, source=turn.source, now=turn.now)
        return f"{_covered(scope, turn)} {reserve_line(turn, streaks.reserve_left(scope, today))}"

    return write


def _freed(scope: Scope, turn: TurnContext, planned: list[workouts.Workout]) -> str:
    """Let what is open today rest, without a word of the streak and without spending a day: no day of care costs any."""
    for each in planned:
        if each.state is WorkoutState.PLANNED:
            workouts.finish(scope, each, WorkoutState.REST, word_of(turn))
    return said.tell(turn, "Today is free, and it costs you nothing.", "Hoy queda libre, y no cuesta nada.")


def _check(scope: Scope, turn: TurnContext, planned: list[workouts.Workout]) -> None:
    """Raises: ToolFailed where today needs no reserve day, or there is none."""
    today = said.today(turn)
    done = any(each.state in (WorkoutState.DONE, WorkoutState.PARTIAL) for each in planned)
    if not planned or done or streaks.of_day(scope, today) in _KEEPS:
        raise said.refuse(
            turn,
            "Today costs your streak nothing as it is, so no reserve day is spent.",
            "Hoy no le cuesta nada a la racha así como está, así que no se gasta ningún día de reserva.",
        )
    if streaks.reserve_left(scope, today, without_today=True) == 0:
        raise said.refuse(
            turn,
            "Both reserve days are spent. Seven kept days give one back, and so do fourteen days. A rest day you plan"
            " ahead costs nothing.",
            "Los dos días de reserva ya se gastaron. Siete días cumplidos devuelven uno, y catorce días también. Un día de"
            " descanso planeado con tiempo no cuesta nada.",
        )


def _covered(scope: Scope, turn: TurnContext) -> str:
    days = streaks.current(scope).current
    if not days:
        return said.tell(
            turn,
            "Today is free. There is no streak to protect yet, so no reserve day was needed.",
            "Hoy queda libre. Todavía no hay racha que proteger, así que no hizo falta ningún día de reserva.",
        )
    return said.tell(
        turn,
        f"Today is covered by a reserve day, and your streak stays at {days}.",
        f"Hoy queda cubierto con un día de reserva, y la racha sigue en {days}.",
    )


def reserve_line(turn: TurnContext, number: int) -> str:
    """Say how many reserve days are left."""
    return said.tell(turn, f"Reserve days left: {number}.", f"Días de reserva que quedan: {number}.")


TOOLS = (use_reserve,)
