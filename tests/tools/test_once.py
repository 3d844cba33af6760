"""One intended effect happens once: each call of a turn has its place, and doing it again there does nothing."""

import msgspec
import pytest

from ivy.domain.examples import Example
from ivy.store import expenses
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.expenses import Which
from ivy.store.scope import Scope
from ivy.tools.executor import Place
from ivy.tools.registry import Effect, Registry, ScopedWrite, TurnContext, tool
from tests.tools.diary import REGISTRY, Diary, rows_of


class Nothing(msgspec.Struct, frozen=True):
    """No arguments."""


FIRST = {example.tool: example for example in reversed(REGISTRY.examples())}
PLACE = Place("turn-of-ben", 2, 1)


def executions(connection: Connection, turn_id: str) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT tool, status FROM tool_executions WHERE turn_id = ?", (turn_id,))
    return [(row["tool"], row["status"]) for row in rows]


@pytest.mark.parametrize("example", FIRST.values(), ids=FIRST)
async def test_twice_at_one_place_is_once(store: Store, ben: Diary, example: Example) -> None:
    await ben.prepare(str(example.arguments.get("kind", "run")))
    arguments = msgspec.json.encode(example.arguments).decode()
    first = await ben.call(example.tool, arguments, place=PLACE)
    written = await store.read(rows_of, "ben")
    again = await ben.call(example.tool, msgspec.json.format(arguments, indent=4), place=PLACE)
    assert not first.failed
    assert again == first
    assert await store.read(rows_of, "ben") == written
    assert await store.read(executions, PLACE.turn_id) == [(example.tool, "done")]


async def test_two_places_are_two_effects(store: Store, ben: Diary) -> None:
    arguments = '{"amount": "$5", "description": "coffee"}'
    for place in (PLACE, Place(PLACE.turn_id, 2, 2), Place(PLACE.turn_id, 3, 1)):
        assert not (await ben.call("add_expense", arguments, place=place)).failed
    (total,) = await ben.rows.read(expenses.totals, Which())
    assert (total.money.amount_minor, total.count) == (1500, 3)
    assert len(await store.read(executions, PLACE.turn_id)) == 3


async def test_what_is_refused_leaves_nothing_but_its_row(store: Store, ben: Diary) -> None:
    await ben.prepare()
    before = await store.read(rows_of, "ben")
    # The new text is fine and would be written first; the new time is not.
    arguments = '{"which": "call John", "text": "call Jane", "when": "when it rains"}'
    assert (await ben.call("change_reminder", arguments, place=PLACE)).failed
    assert await store.read(rows_of, "ben") == before
    assert await store.read(executions, PLACE.turn_id) == [("change_reminder", "failed")]


async def test_a_tool_that_breaks_is_counted_as_broken_and_leaves_no_execution(store: Store, ben: Diary) -> None:
    @tool(effect=Effect.LOCAL, examples={"break": {}})
    def break_down(args: Nothing, turn: TurnContext) -> ScopedWrite:
        """Break."""

        def write(scope: Scope) -> str:
            raise KeyError(args)

        return write

    ben.registry = Registry([break_down])
    with pytest.raises(KeyError):
        await ben.call("break_down", "{}", place=PLACE)
    faults = await store.read(lambda connection: connection.execute("SELECT * FROM tool_faults").fetchall())
    assert [(row["user_id"], row["tool"], row["error"].partition("@")[0]) for row in faults] == [
        ("ben", "break_down", "builtins.KeyError")
    ]
    assert await store.read(executions, PLACE.turn_id) == []
