"""Whatever a model sends as arguments: the call ends in a result, and a wrong one in a failed result in plain words."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.store.binding import Connection
from ivy.store.database import Store
from tests.tools.diary import REGISTRY, TABLES, Diary

TOOLS = sorted(REGISTRY.tools)
STRINGS = (
    "", " ", "\x00", "a\x00b", "\n\r\t", "\u200b\ufeff", "'; DROP TABLE expenses; --", '" OR 1=1 --', "%", "_", "\\",
    ":user", "?1", "${x}", "{0.__class__}", "%s%n", "../../etc/passwd", "<script>", "x" * 100_000, "9" * 5000, "-1", "NaN",
    "1e999", "2026-02-30", "0000-00-00T00:00", "9999-12-31T23:59:59.999", "in 99999999999 years", "99999 days ago",
    "every 0 seconds", "🏃‍♀️" * 50, "\u202etxt", "mañana " * 500, "((((((((((", "0/0/0", "25:99", "12345678-1234",
)  # fmt: skip
WRONG = ("[]", "null", "1", '"text"', "{", "", "{}{}", '{"x":1}', '{"which":1}', '{"when":null}', '{"title":["a"]}', "\x00",
         '{"amount":1e999}', '{"amount":{"$ref":"#"}}', '{"when":"\\ud800"}', "[" * 5000, "{'a': 1}")  # fmt: skip

UNKNOWN = {
    "": set[str](), '{"amount":1e999}': {"amount"}, '{"x":1}': set[str](), '{"which":1}': {"which"}, '{"when":null}': {"when"},
    '{"title":["a"]}': {"title"},
    '{"amount":{"$ref":"#"}}': {"amount"},
}  # fmt: skip
"""The fields of those that are well-formed: tools that do not have them, and need none, ignore them."""


def tables(connection: Connection) -> int:
    names = ", ".join(f"'{name}'" for name in TABLES)
    return connection.execute(
        f"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ({names})"
    ).fetchone()[0]


@pytest.mark.uncounted
@pytest.mark.parametrize("tool", TOOLS)
async def test_no_text_breaks_a_tool(store: Store, ben: Diary, tool: str) -> None:
    await ben.prepare()
    fields = REGISTRY.tools[tool].spec.parameters["properties"]
    usual = {
        "title": "x",
        "text": "x",
        "when": "tomorrow 2pm",
        "amount": "$5",
        "kind": "x",
        "category": "x",
        "which": "taxi",
    }
    for field, schema in fields.items():
        if schema["type"] != "string":
            continue
        for text in STRINGS:
            arguments = {name: usual[name] for name in fields if name in usual} | {field: text}
            result = await ben.call(tool, msgspec.json.encode(arguments).decode())
            assert result.content.strip(), (field, text[:40])
            assert "\x00" not in result.content
            assert len(result.content) < 1600
    assert await store.read(tables) == len(TABLES)


@pytest.mark.parametrize("tool", TOOLS)
async def test_what_is_not_the_schemas_is_a_failed_result(ben: Diary, tool: str) -> None:
    properties = REGISTRY.tools[tool].spec.parameters["properties"].keys()
    for arguments in WRONG:
        result = await ben.call(tool, arguments)
        assert result.content
        fits = arguments in UNKNOWN and not UNKNOWN[arguments] & properties
        assert result.failed or (fits and not REGISTRY.tools[tool].spec.parameters["required"]), arguments


@pytest.mark.parametrize("arguments", ['{"a":' * 5000, '{"which": "\ud800"}'], ids=["deep", "half a character"])
async def test_text_that_cannot_be_json_is_a_failed_result(ben: Diary, arguments: str) -> None:
    result = await ben.call("list_events", arguments)
    assert result.failed
    assert "not right" in result.content


async def test_a_tool_that_is_not_there_is_said_so(ben: Diary) -> None:
    result = await ben.call("drop_tables", "{}")
    assert (result.failed, result.content) == (True, "There is no tool called drop_tables.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted({name for tool in REGISTRY.tools.values() for name in tool.spec.parameters["properties"]})


@pytest.mark.uncounted
@settings(deadline=None, max_examples=150)
@given(tool=st.sampled_from(TOOLS), arguments=st.dictionaries(st.sampled_from(NAMES), JSON | st.text(max_size=60)))
def test_no_json_breaks_the_arguments(tool: str, arguments: dict[str, Any]) -> None:
    text = msgspec.json.encode(arguments)
    try:
        decoded = msgspec.json.decode(text, type=REGISTRY.tools[tool].arguments)
    except msgspec.ValidationError as error:
        assert str(error)
    else:
        assert all(isinstance(getattr(decoded, name), str | bool) for name in decoded.__struct_fields__)
