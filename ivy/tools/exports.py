"""What the person may take along as a file. May import: the store and below.

A tool cannot write files: it notes which rows are wanted, and the turn makes the file and sends it as its reply.
"""

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec

from ivy.domain.periods import Period
from ivy.domain.taint import Touch
from ivy.store import expenses, pending_actions
from ivy.store.expenses import Which
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.expenses import On, count_of
from ivy.tools.meant_expenses import meant
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool

DOCUMENT = "document"
"""The kind under which a turn finds what it is to make."""
LASTS = timedelta(days=1)


class ExportExpenses(msgspec.Struct, frozen=True):
    period: Annotated[
        str, msgspec.Meta(description="Which days, in the person's words: 'last month', 'todo'. Empty: this month.")
    ] = ""
    on: On = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.REVEALS,
    asked_by=("export", "file", "spreadsheet", "csv", "archivo", "hoja", "excel"),
    voice=False,
    examples={
        "export my expenses": {},
        "send me my expenses of this month as a file": {"period": "this month"},
        "give me a spreadsheet of my food expenses from this week": {"on": "food", "period": "this week"},
        "exporta mis gastos": {},
        "mándame un archivo con mis gastos de este mes": {"period": "este mes"},
    },
)
def export_expenses(args: ExportExpenses, turn: TurnContext) -> ScopedWrite:
    """Send the person's expenses as a file for a spreadsheet (CSV). It comes with your next reply, which says what it holds."""

    def write(scope: Scope) -> str:
        days = said.period(turn, args.period or "this month")
        which = meant(scope, days, args.on)
        totals, span = expenses.totals(scope, which), said.say_period(turn, days)
        if not totals:
            return said.tell(turn, f"No expenses: {span}.", f"No hay gastos: {span}.")
        if turn.turn_id and pending_actions.of_turn(scope, turn.turn_id, DOCUMENT, now=turn.now):
            raise said.refuse(turn, "One file at a time, please.", "Un archivo a la vez, por favor.")
        payload = {"turn": turn.turn_id, "which": _as_words(which), "filename": _filename(turn, days)}
        pending_actions.ask(scope, turn.new_id(), DOCUMENT, payload, until=turn.now + LASTS, now=turn.now)
        count = count_of(turn, totals)
        return said.tell(
            turn,
            f"Here is the file with your expenses: {span} ({count}).",
            f"Aquí está el archivo de los gastos: {span} ({count}).",
        )

    return write


def which_of(payload: dict[str, Any]) -> Which:
    """Return the expenses that were asked for."""
    which: dict[str, Any] = payload["which"]
    since, until = (date.fromisoformat(which[name]) if which[name] else None for name in ("since", "until"))
    ids = which.get("ids")
    return Which(since, until, which["category"], tuple(which["words"]), None if ids is None else tuple(ids))


def _as_words(which: Which) -> dict[str, Any]:
    since, until = (day.isoformat() if day else "" for day in (which.since, which.until))
    return {"since": since, "until": until, "category": which.category, "words": list(which.words), "ids": which.ids}


def _filename(turn: TurnContext, days: Period) -> str:
    name = said.tell(turn, "expenses", "gastos")
    if days.is_ever:
        return f"{name}.csv"
    return f"{name}-{days.first}.csv" if days.first == days.last else f"{name}-{days.first}-{days.last}.csv"


TOOLS = (export_expenses,)
