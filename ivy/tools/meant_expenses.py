"""Which expenses somebody means by "on food", "on taxis", "on coffee". May import: the store and below."""

from collections.abc import Sequence
from dataclasses import replace

from ivy.domain.expense_kinds import is_meant, says
from ivy.domain.expenses import NAMES, category_named
from ivy.domain.periods import Period
from ivy.store import expenses, memories, memory_vectors
from ivy.store.expenses import Expense, Which
from ivy.store.memory_vectors import Meaning
from ivy.store.scope import Scope

COMPARED = 5000
"""Expenses of one span that are looked at one by one; the newest."""


def meant(scope: Scope, days: Period, on: str, meaning: Meaning | None = None) -> Which:
    """Return what is meant by "on food" (a category of Ivy's) or "on coffee" (that, by any name, and their own category)."""
    span = Which(days.first, days.last)
    if not on.strip():
        return span
    category = category_named(on)
    if category in NAMES:
        return replace(span, category=category)
    known = expenses.listed(scope, span, limit=COMPARED)
    near = _nearness(scope, known, meaning)
    model = meaning.space.model if meaning else ""
    found = [
        each for each in known if each.category == category or is_meant(on, each.description, near.get(each.id), model)
    ]
    if found and all(each.category == category for each in found):
        return replace(span, category=category)
    return replace(span, ids=tuple(each.id for each in found))


def looked_for(on: str) -> str:
    """Return the text whose meaning is looked for, as expenses are embedded; "" if all are meant."""
    return memories.embedded_as(expenses.MEMORY, on.strip()) if on.strip() else ""


def by_another_name(found: Sequence[Expense], on: str) -> bool:
    """Say whether something was found that says what was asked for neither itself nor by its category: it must be shown."""
    category = category_named(on)
    return any(each.category != category and not says(on, each.description) for each in found)


def _nearness(scope: Scope, known: Sequence[Expense], meaning: Meaning | None) -> dict[str, float]:
    """Return how near expenses are to what is looked for, by their ids."""
    if meaning is None:
        return {}
    ids = memories.ids_of(scope, expenses.MEMORY, [each.id for each in known])
    near = memory_vectors.closeness(scope, meaning.space, meaning.vector, list(ids.values()))
    return {expense: near[memory] for expense, memory in ids.items() if memory in near}
