"""What Ivy itself has cost for a person, what is left, and what happens then. May import: the store and below."""

from datetime import UTC, datetime, time

import msgspec

from ivy.domain import spend_caps
from ivy.domain.spend_caps import Sums
from ivy.store import calls, spending
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedRead, TurnContext, tool

CENT = 10_000
"""Micro-dollars."""


class ShowUsage(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.READ,
    examples={
        "how much have I used?": {},
        "how much have I used of Ivy this month": {},
        "what's my allowance": {},
        "how much do you cost me": {},
        "¿cuánto he gastado de Ivy?": {},
        "cuánto he usado de Ivy": {},
        "¿cuánto me queda de Ivy hoy?": {},
    },
)
def show_usage(args: ShowUsage, turn: TurnContext) -> ScopedRead:  # noqa: ARG001 - tools have their arguments
    """Tell in one sentence what Ivy itself (models, messages, calls) cost for this person today and this month, what is left, and what happens then. Not their own expenses."""  # noqa: E501 - the model reads it as one

    def read(scope: Scope) -> str:
        return sentence(scope, turn)

    return read


def sentence(scope: Scope, turn: TurnContext) -> str:
    """Return what was used and what is left, in one sentence in the person's language."""
    spent, caps = spending.spent(scope.connection, scope.user_id, now=turn.now), turn.caps
    month = datetime.combine(turn.now.astimezone(UTC).date().replace(day=1), time(), UTC)
    minutes = -(-calls.seconds_of_person(scope, month) // 60)
    by_phone = said.tell(
        turn, f", with {minutes} minutes of calls beside it", f", además de {minutes} minutos de llamadas"
    )
    used = said.tell(
        turn,
        f"You've used {_dollars(turn, spent.person_day)} of me today and {_dollars(turn, spent.person_month)} this month",
        f"Hoy has usado {_dollars(turn, spent.person_day)} de Ivy y este mes {_dollars(turn, spent.person_month)}",
    )
    return f"{used}{by_phone if minutes else ''}; {_what_is_left(turn, caps, spent)}"


def _what_is_left(turn: TurnContext, caps: Sums, spent: Sums) -> str:
    left = spend_caps.left(caps, spent)
    if left is None:
        return said.tell(turn, "there is no limit.", "no hay límite.")
    first = spend_caps.nearest(caps, spent)
    monthly = first.endswith("month")
    again = said.tell(turn, "the 1st", "el 1") if monthly else said.tell(turn, "tomorrow", "mañana")
    if left == 0:
        return said.tell(
            turn,
            f"that is all there is until {again}, and reminders and quick replies still work.",
            f"eso es todo hasta {'el día 1' if monthly else again}, y los recordatorios y las respuestas rápidas siguen.",
        )
    span = said.tell(turn, "this month", "este mes") if monthly else said.tell(turn, "today", "hoy")
    return said.tell(
        turn,
        f"{_dollars(turn, left)} is left {span}, and when it is used up I rest until {again},"
        " while reminders and quick replies still work.",
        f"quedan {_dollars(turn, left)} {span}, y cuando se acaben descanso hasta {'el día 1' if monthly else again},"
        " pero los recordatorios y las respuestas rápidas siguen.",
    )


def _dollars(turn: TurnContext, micros: int) -> str:
    """Return an amount to the cent, never a small one as nothing."""
    if 0 < micros < CENT:
        return said.tell(turn, "less than $0.01", "menos de US$0,01")
    amount = f"{micros / 1_000_000:,.2f}"
    return said.tell(turn, f"${amount}", f"US${amount.translate(str.maketrans(',.', '.,'))}")


TOOLS = (show_usage,)
