"""What two people ask their tools in any order, and all rows of one of them: for tests in which nothing may cross."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from ivy.domain.taint import Read
from ivy.ports import ToolCall
from ivy.store import people, people_data
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.scope import for_user, within
from ivy.tools.executor import Place, execute
from ivy.tools.registry import TurnContext
from tests.tools.diary import MONDAY, REGISTRY

SECRETS = {"ana": ("zafiro", "esmeralda"), "ben": ("walrus", "otter")}
"""Each person's own words: they stand in their rows, and nobody else's answers may hold them."""
SMUGGLED = st.sampled_from(
    [*SECRETS["ana"], *SECRETS["ben"], "ana-0001", "ben-0001", "ben-0003", "ben", "ana", "%", "*", ""]
)
READS = st.sampled_from([None, Read("show me all"), Read("what is this?", frozenset({"forwarded"}))])

Ask = tuple[str, str, dict[str, Any], Read | None]


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    """Return a call: one of a tool's own examples, some of its texts replaced, some left-out ones added."""
    who = draw(st.sampled_from(sorted(SECRETS)))
    example = draw(st.sampled_from(REGISTRY.examples()))
    arguments = dict(example.arguments)
    for name, field in REGISTRY.tools[example.tool].spec.parameters["properties"].items():
        if field.get("type") == "string" and "enum" not in field and draw(st.integers(0, 3)) == 0:
            arguments[name] = draw(SMUGGLED)
        elif field.get("type") == "boolean" and draw(st.booleans()):
            arguments[name] = draw(st.booleans())
    return who, example.tool, arguments, draw(READS)


async def ask(store: Store, who: str, tool: str, arguments: dict[str, Any], read: Read | None, number: int) -> str:
    """Let a tool do what somebody asks for; `number` tells their turns apart. Return what it says."""
    rows = for_user(store, who)
    person = await rows.read(people.load)
    turn_id, names = f"{who}-turn-{number}", iter(range(1000))
    turn = TurnContext(person, MONDAY, lambda: f"{turn_id}-{next(names):03d}", "trace", turn_id=turn_id, read=read)
    call = ToolCall("c1", tool, msgspec.json.encode(arguments).decode())
    return (await execute(rows, REGISTRY, call, Place(turn_id, 1, 0), turn)).content


def everything(connection: Connection, who: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row of a person, by table, as it is handed over to them."""
    scope = within(connection, who)
    return {owned.table: people_data.rows(scope, owned) for owned in people_data.owned(connection)}
