"""What the person spends. May import: the store and below.

Amounts are the person's words, read in their locale and currency; sums are the database's and are never made here.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated

import msgspec

from ivy.domain.expenses import LONGEST_CATEGORY, category_named, name_of
from ivy.domain.taint import Touch
from ivy.store import expenses, repeats
from ivy.store.expenses import Expense, Total, Which
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.meant_expenses import by_another_name, looked_for, meant
from ivy.tools.registry import AskAgain, Effect, ScopedRead, ScopedWrite, TurnContext, tool

MOST_SHOWN = 20
LOOKED_THROUGH = 300
"""How many of the newest expenses "the taxi" may mean."""

WhichOne = Annotated[
    str, msgspec.Meta(description="Words of the expense, as the person calls it: 'the taxi'. Empty: the last one.")
]
On = Annotated[
    str,
    msgspec.Meta(description="Only for this: a category or words, as the person says: 'food', 'taxis'. Empty: all."),
]
Category = Annotated[
    str,
    msgspec.Meta(
        description="A category the person named, in their words (food, groceries, transport, home, bills, health, sport,"
        " clothes, fun, travel, education, technology, gifts, pets, work, or their own). Empty: Ivy finds it."
    ),
]
Day = Annotated[str, msgspec.Meta(description="The day it was spent, if not today: 'yesterday', 'el lunes'.")]


# --- writing down ------------------------------------------------------------------------------------


class AddExpense(msgspec.Struct, frozen=True):
    amount: Annotated[
        str, msgspec.Meta(description="The amount exactly as the person said it: '$50', '50 mil', '12,50 euros'.")
    ]
    description: Annotated[str, msgspec.Meta(description="What it was for, in a few words: 'lunch'.")] = ""
    day: Day = ""
    category: Category = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="undo_expense",
    examples={
        "I spent $50 on lunch": {"amount": "$50", "description": "lunch"},
        "spent 20 dollars on taxi yesterday": {"amount": "20 dollars", "description": "taxi", "day": "yesterday"},
        "add an expense of $12.50 for coffee": {"amount": "$12.50", "description": "coffee"},
        "I paid $900 for rent": {"amount": "$900", "description": "rent"},
        "gasté 50 mil en almuerzo": {"amount": "50 mil", "description": "almuerzo"},
        "gasté $20.000 en taxi ayer": {"amount": "$20.000", "description": "taxi", "day": "ayer"},
        "pagué 80 lucas de mercado": {"amount": "80 lucas", "description": "mercado"},
        "anota un gasto de 15 mil pesos en café": {"amount": "15 mil pesos", "description": "café"},
    },
)
def add_expense(args: AddExpense, turn: TurnContext) -> ScopedWrite:
    """Write down money the person spent."""

    def write(scope: Scope) -> str:
        amount, day = said.money(turn, args.amount), _past_day(turn, args.day)
        description = said.optional_text(turn, args.description)
        category = _category(turn, args.category) or expenses.category_for(scope, description)
        expense = Expense(turn.new_id(), amount, description, category, day)
        if turn.asks_again and repeats.is_noted(scope, expense, since=turn.now - said.A_MOMENT):
            raise AskAgain(description)
        expenses.add(scope, expense, now=turn.now)
        return said.tell(turn, f"Logged: {_full(turn, expense)}.", f"Anotado: {_full(turn, expense)}.")

    return write


# --- looking -----------------------------------------------------------------------------------------


class ListExpenses(msgspec.Struct, frozen=True):
    period: Annotated[
        str,
        msgspec.Meta(description="Which days, in the person's words: 'this week', 'ayer'. Empty: the last 30 days."),
    ] = ""
    on: On = ""


@tool(
    effect=Effect.READ,
    examples={
        "list my expenses": {},
        "show my expenses for this week": {"period": "this week"},
        "show my food expenses from yesterday": {"on": "food", "period": "yesterday"},
        "muéstrame mis gastos": {},
        "muéstrame mis gastos de esta semana": {"period": "esta semana"},
        "lista de gastos de ayer": {"period": "ayer"},
    },
    looks_for=lambda args: looked_for(args.on),
)
def list_expenses(args: ListExpenses, turn: TurnContext) -> ScopedRead:
    """Tell what the person spent, one by one, the newest first."""

    def read(scope: Scope) -> str:
        days = said.period(turn, args.period or "last 30 days")
        which = meant(scope, days, args.on, turn.meaning)
        found = expenses.listed(scope, which, limit=MOST_SHOWN)
        span = said.say_period(turn, days)
        if not found:
            return said.tell(turn, f"No expenses: {span}.", f"No hay gastos: {span}.")
        lines = "\n".join(_full(turn, each) for each in found)
        left_out = sum(total.count for total in expenses.totals(scope, which)) - len(found)
        more = said.say_more(turn, left_out)
        return said.tell(turn, f"Your expenses, {span}:\n{lines}{more}", f"Gastos, {span}:\n{lines}{more}")

    return read


class SumExpenses(msgspec.Struct, frozen=True):
    period: Annotated[
        str, msgspec.Meta(description="Which days, in the person's words: 'last month', 'hoy'. Empty: this month.")
    ] = ""
    on: On = ""
    by_category: Annotated[bool, msgspec.Meta(description="True to tell the sum of each category too.")] = False


@tool(
    effect=Effect.READ,
    examples={
        "how much did I spend this month": {"period": "this month"},
        "how much did I spend on food this week": {"on": "food", "period": "this week"},
        "how much did I spend on lunch": {"on": "lunch"},
        "how much did I spend by category this month": {"period": "this month", "by_category": True},
        "cuánto gasté este mes": {"period": "este mes"},
        "cuánto gasté en comida esta semana": {"on": "comida", "period": "esta semana"},
        "cuánto me gasté en taxi": {"on": "taxi"},
        "cuánto llevo gastado hoy": {"period": "hoy"},
    },
    looks_for=lambda args: looked_for(args.on),
)
def sum_expenses(args: SumExpenses, turn: TurnContext) -> ScopedRead:
    """Tell how much the person spent, in all or on something. Always use this instead of adding up."""

    def read(scope: Scope) -> str:
        days = said.period(turn, args.period or "this month")
        which = meant(scope, days, args.on, turn.meaning)
        totals = expenses.totals(scope, which)
        on = _on(turn, which, args.on)
        span = said.say_period(turn, days)
        if not totals:
            return said.tell(turn, f"You spent nothing{on}: {span}.", f"Sin gastos{on}: {span}.")
        amounts = said.say_list(turn, [said.say_money(turn, total.money) for total in totals])
        count = count_of(turn, totals)
        whole = said.tell(
            turn, f"You spent {amounts}{on}: {span} ({count}).", f"Gastos{on}: {amounts}, {span} ({count})."
        )
        shown = _by_other_names(scope, turn, which, args.on)
        return whole + shown + (_by_category(scope, turn, which) if args.by_category else "")

    return read


def _by_other_names(scope: Scope, turn: TurnContext, which: Which, on: str) -> str:
    """Show what was counted if something of it goes by another name: the person can see whether it is right."""
    found = [] if which.ids is None else expenses.listed(scope, which, limit=MOST_SHOWN)
    if not by_another_name(found, on):
        return ""
    lines = "".join(f"\n{_full(turn, each)}" for each in found)
    return lines + said.say_more(turn, len(which.ids or ()) - len(found))


def _by_category(scope: Scope, turn: TurnContext, which: Which) -> str:
    sums = expenses.totals_by_category(scope, which)
    lines = [
        f"\n{name_of(category, turn.person.language)}: {said.say_money(turn, total.money)}" for category, total in sums
    ]
    return "".join(lines[:MOST_SHOWN]) + said.say_more(turn, len(lines) - MOST_SHOWN)


# --- changing ----------------------------------------------------------------------------------------


class CategoriseExpense(msgspec.Struct, frozen=True):
    category: Annotated[str, msgspec.Meta(description="The category, in the person's words: 'work', 'comida'.")]
    which: WhichOne = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="categorise_expense",
    examples={
        "put the taxi expense under work": {"which": "taxi", "category": "work"},
        "change the category of lunch to work": {"which": "lunch", "category": "work"},
        "categorize the last expense as travel": {"category": "travel"},
        "pon el gasto de taxi en la categoría trabajo": {"which": "taxi", "category": "trabajo"},
        "cambia la categoría de almuerzo a trabajo": {"which": "almuerzo", "category": "trabajo"},
    },
)
def categorise_expense(args: CategoriseExpense, turn: TurnContext) -> ScopedWrite:
    """Put an expense into another category, and remember that for expenses of the same words."""

    def write(scope: Scope) -> str:
        category = _category(turn, args.category)
        if not category:
            raise said.refuse(turn, "Which category should it be?", "¿En qué categoría lo pongo?")
        expense = replace(_find(scope, turn, args.which), category=category)
        expenses.categorise(scope, expense, category, source=turn.source, now=turn.now)
        name = name_of(category, turn.person.language)
        return said.tell(
            turn,
            f"Now under {name}: {_full(turn, expense)}. I'll remember that for the next ones.",
            f"Ahora en {name}: {_full(turn, expense)}. Lo recordaré para los próximos.",
        )

    return write


class ChangeExpense(msgspec.Struct, frozen=True):
    which: WhichOne = ""
    amount: Annotated[str, msgspec.Meta(description="The right amount as the person said it, only if it changes.")] = ""
    description: Annotated[str, msgspec.Meta(description="What it was for, only if that changes.")] = ""
    day: Annotated[str, msgspec.Meta(description="The day it was spent, only if that changes.")] = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="change_expense",
    examples={
        "change the lunch expense to $60": {"which": "lunch", "amount": "$60"},
        "correct the last expense to $45": {"amount": "$45"},
        "the taxi expense was yesterday": {"which": "taxi", "day": "yesterday"},
        "corrige el gasto de almuerzo a 60 mil": {"which": "almuerzo", "amount": "60 mil"},
        "cambia el último gasto a 45 mil": {"amount": "45 mil"},
    },
)
def change_expense(args: ChangeExpense, turn: TurnContext) -> ScopedWrite:
    """Correct the amount, the words or the day of an expense."""

    def write(scope: Scope) -> str:
        before = _find(scope, turn, args.which)
        changed = before
        if args.amount.strip():
            changed = replace(changed, money=said.money(turn, args.amount))
        if args.day.strip():
            changed = replace(changed, day=_past_day(turn, args.day))
        if description := said.optional_text(turn, args.description):
            changed = replace(changed, description=description, category=expenses.category_for(scope, description))
        if changed == before:
            raise said.refuse(turn, "What should change, and to what?", "¿Qué cambio, y por qué?")
        expenses.change(scope, changed)
        return said.tell(turn, f"Corrected: {_full(turn, changed)}.", f"Corregido: {_full(turn, changed)}.")

    return write


class UndoExpense(msgspec.Struct, frozen=True):
    which: WhichOne = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.DELETES,
    undo="add_expense",
    examples={
        "undo last expense": {},
        "undo the last expense": {},
        "delete the lunch expense": {"which": "lunch"},
        "borra el último gasto": {},
        "deshaz el último gasto": {},
        "elimina el gasto de taxi": {"which": "taxi"},
    },
)
def undo_expense(args: UndoExpense, turn: TurnContext) -> ScopedWrite:
    """Take back the expense that was written down last, or the one that is named."""

    def write(scope: Scope) -> str:
        expense = _find(scope, turn, args.which)
        expenses.take_back(scope, expense.id, now=turn.now)
        return said.tell(turn, f"Taken back: {_full(turn, expense)}.", f"Borrado: {_full(turn, expense)}.")

    return write


# --- finding and saying ------------------------------------------------------------------------------


def _past_day(turn: TurnContext, words: str) -> date:
    day = said.day(turn, words)
    if day > said.today(turn):
        raise said.refuse(
            turn,
            "That day is still to come. Tell me once it is spent.",
            "Ese día no ha llegado. Lo anoto cuando esté gastado.",
        )
    return day


def _category(turn: TurnContext, words: str) -> str:
    if len(words) > 2 * LONGEST_CATEGORY:
        raise said.refuse(turn, "That is too long for a category.", "Es demasiado largo para una categoría.")
    return category_named(words)


def _find(scope: Scope, turn: TurnContext, which: str) -> Expense:
    """Return the newest expense that is meant. Raises: ToolFailed."""
    if not which.strip():
        last = expenses.last_written(scope)
        if last is None:
            raise said.refuse(turn, "No expenses are written down.", "No hay gastos anotados.")
        return last
    known = expenses.listed(scope, Which(), limit=LOOKED_THROUGH)
    found = said.matching(which, known, lambda each: f"{each.description} {said.say_money(turn, each.money)}")
    return (
        found[0]
        if found
        else said.pick(
            turn,
            which,
            known,
            names=lambda each: each.description,
            shows=lambda each: _short(turn, each),
            id_of=lambda each: each.id,
            none=("No expenses are written down.", "No hay gastos anotados."),
        )
    )


def _on(turn: TurnContext, which: Which, on: str) -> str:
    if not on.strip():
        return ""
    name = name_of(which.category, turn.person.language) if which.category else said.shown(on)
    return said.tell(turn, f" on {name}", f" en {name}")


def count_of(turn: TurnContext, totals: list[Total]) -> str:
    count = sum(total.count for total in totals)
    return said.tell(turn, f"{count} expense{'s' * (count != 1)}", f"{count} gasto{'s' * (count != 1)}")


def _short(turn: TurnContext, expense: Expense) -> str:
    amount = said.say_money(turn, expense.money)
    return (
        said.tell(turn, f"{amount} for {expense.description}", f"{amount} en {expense.description}")
        if expense.description
        else amount
    )


def _full(turn: TurnContext, expense: Expense) -> str:
    """Say an expense so that each part can be checked: "$50.00 for lunch (food), Mon 23 Nov"."""
    category = name_of(expense.category, turn.person.language)
    return f"{_short(turn, expense)} ({category}), {said.say_day(turn, expense.day)}"


TOOLS = (add_expense, list_expenses, sum_expenses, categorise_expense, change_expense, undo_expense)
