"""What the tools note of a file that is wanted, and of pictures that may be looked at."""

from datetime import timedelta

import pytest

from ivy.domain.consent import Purpose
from ivy.store import consents, expenses, pending_actions
from ivy.store.pending_actions import Pending
from ivy.store.scope import Scope
from ivy.tools.exports import DOCUMENT, which_of
from tests.tools.diary import Diary

MONTH = "Sun 1 Nov to Mon 30 Nov"


async def wanted(diary: Diary) -> Pending | None:
    def read(scope: Scope) -> Pending | None:
        return pending_actions.of_turn(scope, "", DOCUMENT, now=diary.now)

    return await diary.rows.read(read)


async def test_an_export_says_what_the_file_holds(ben: Diary) -> None:
    await ben("add_expense", amount="$50", description="lunch")
    await ben("add_expense", amount="$7", description="taxi", day="yesterday")
    assert await ben("export_expenses") == f"Here is the file with your expenses: {MONTH} (2 expenses)."
    pending = await wanted(ben)
    assert pending is not None
    assert pending.payload["filename"] == "expenses-2026-11-01-2026-11-30.csv"
    assert pending.expires_at - ben.now == timedelta(days=1)


@pytest.mark.parametrize(
    ("period", "on", "found", "filename"),
    [
        ("", "", ["taxi", "lunch"], "expenses-2026-11-01-2026-11-30.csv"),
        ("today", "", ["lunch"], "expenses-2026-11-23.csv"),
        ("all", "", ["rent", "taxi", "lunch"], "expenses.csv"),
        ("all", "taxis", ["taxi"], "expenses.csv"),
        ("this month", "food", ["lunch"], "expenses-2026-11-01-2026-11-30.csv"),
    ],
)
async def test_the_file_holds_what_was_asked_for(
    ben: Diary, period: str, on: str, found: list[str], filename: str
) -> None:
    await ben("add_expense", amount="$50", description="lunch")
    await ben("add_expense", amount="$7", description="taxi", day="yesterday")
    await ben("add_expense", amount="$900", description="rent", day="2026-10-01")
    await ben("export_expenses", period=period, on=on)
    pending = await wanted(ben)
    assert pending is not None
    rows = await ben.rows.read(lambda scope: list(expenses.csv_rows(scope, which_of(pending.payload))))
    assert [row[4] for row in rows[1:]] == found
    assert pending.payload["filename"] == filename


async def test_in_spanish_the_file_speaks_spanish(ana: Diary) -> None:
    await ana("add_expense", amount="50 mil", description="almuerzo")
    assert (await ana("export_expenses")).startswith("Aquí está el archivo de los gastos: ")
    rows = await ana.rows.read(lambda scope: list(expenses.csv_rows(scope, language="es")))
    assert rows == [
        ("día", "importe", "moneda", "categoría", "descripción"),
        ("2026-11-23", "50000.00", "COP", "comida", "almuerzo"),
    ]


async def test_with_nothing_spent_no_file_is_wanted(ben: Diary) -> None:
    assert await ben("export_expenses", period="last month") == "No expenses: Thu 1 Oct to Sat 31 Oct."
    assert await wanted(ben) is None


async def test_a_period_that_is_none_is_refused(ben: Diary) -> None:
    await ben.fails("export_expenses", period="when it rains")
    assert await wanted(ben) is None


async def test_pictures_are_allowed_and_not_and_both_are_kept_with_proof(ben: Diary) -> None:
    for allowed in (True, False, True):
        await ben("allow_pictures", allowed=allowed)
        assert (Purpose.IMAGES in await ben.rows.read(consents.current)) is allowed

    def proofs(scope: Scope) -> list[str]:
        return [row["proof"] for row in scope.execute("SELECT proof FROM consents WHERE user_id = :user")]

    kept = await ben.rows.read(proofs)
    assert len(kept) == 3
    assert all("the person, by text" in proof for proof in kept)
