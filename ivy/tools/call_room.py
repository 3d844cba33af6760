"""Whether the calls that somebody chooses can be made: their number is within reach, and there are minutes for them.

May import: the store and below.
"""

from collections.abc import Iterable
from datetime import date

from ivy.domain import call_minutes
from ivy.domain.calls import CallKind
from ivy.domain.sentences import Say, say
from ivy.domain.slots import By
from ivy.errors import ToolFailed
from ivy.store import call_slots, people
from ivy.store.call_slots import Slot
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import TurnContext

_NO_NUMBER = (
    "To call you I need your number first. May I ask for it with a button?",
    "Para las llamadas me falta el número. ¿Lo pido con un botón?",
)
_OUT_OF_REACH = (
    "My number can't phone yours in your country: it has to be in writing.",
    "Ese número no recibe llamadas del mío en su país: tiene que ser por escrito.",
)


def check_number(scope: Scope, turn: TurnContext) -> None:
    """Judge a wish to be called. Raises: ToolFailed for somebody without a number, or whose country ours does not get to."""
    phone = people.load(scope).phone
    if not phone:
        raise no_number(turn, *_NO_NUMBER)
    if turn.gets_to is not None and not turn.gets_to(phone):
        raise said.refuse(turn, *_OUT_OF_REACH)


def no_number(turn: TurnContext, english: str, spanish: str) -> ToolFailed:
    """Return why somebody without a number is not phoned: in these words, or, where none can be asked for, who can say it."""
    if turn.hides_number:
        return ToolFailed(say(Say.CALLS_NEED_NUMBER, turn.person.speech))
    return said.refuse(turn, english, spanish)


def needed(scope: Scope, turn: TurnContext) -> int:
    """Return the minutes a month that the person's slots by phone take, as they stand."""
    return _forecast(call_slots.of(scope), said.today(turn)).minutes


def check(scope: Scope, turn: TurnContext, *, before: int) -> None:
    """Judge a change of slots in its own commit; `before` is what they took. Raises: ToolFailed if it is now too much."""
    wanted = needed(scope, turn)
    if turn.minutes_of_calls and wanted > max(turn.minutes_of_calls, before):
        raise said.refuse(
            turn,
            f"Those calls would take about {wanted} minutes a month, and {turn.minutes_of_calls} are there for one person."
            " Shall it be fewer days, or in writing?",
            f"Esas llamadas serían unos {wanted} minutos al mes, y hay {turn.minutes_of_calls} para cada persona."
            " ¿Menos días, o por escrito?",
        )
    if turn.minutes_a_day and wanted > before and busiest_day(scope, said.today(turn)) > turn.minutes_a_day:
        raise said.refuse(
            turn,
            "There are no minutes left for more calls on some of those days. Shall it be fewer days, or in writing?",
            "Algunos de esos días ya no quedan minutos para más llamadas. ¿Menos días, o por escrito?",
        )


def fits(scope: Scope, today: date, *, person_month: int, day: int) -> bool:
    """Say whether the slots of this person, and of all people together, are within the minutes for both."""
    return _forecast(call_slots.of(scope), today).minutes <= person_month and busiest_day(scope, today) <= day


def busiest_day(scope: Scope, today: date) -> int:
    """Return the minutes that everybody's slots by phone take on the busiest day of a month."""
    return _forecast(call_slots.everyone(scope.connection), today).busiest_day_minutes


def _forecast(slots: Iterable[Slot], today: date) -> call_minutes.Forecast:
    phoned = (call_minutes.Slot(CallKind(slot.kind.value), slot.days) for slot in slots if slot.by is By.VOICE)
    return call_minutes.forecast(phoned, today)
