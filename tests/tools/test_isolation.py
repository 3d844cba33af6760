"""Whatever two people ask their tools, in whatever order: neither sees or touches anything of the other's."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.store.binding import Connection
from ivy.store.database import open_store
from ivy.store.migrate import migrate
from ivy.threads import InlineThreads
from tests.tools.diary import ANA, BEN, REGISTRY, Diary, diary_of, rows_of

SECRETS = {"ana": ("zafiro", "esmeralda"), "ben": ("walrus", "otter")}
"""Each person's own words: nobody else's answers may hold them."""

TIMES = ("tomorrow 2pm", "2026-11-25T10:00", "every monday at 7am", "mañana", "friday", "in 10 minutes", "")
AMOUNTS = ("$50", "12000 pesos", "20 euros")
PERIODS = ("", "this week", "all", "2026-11", "2026-12")
TOOLS = st.sampled_from(sorted(REGISTRY.tools))


def arguments_of(tool: str, whose: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return any arguments for a tool, with a person's own words and the other's as what is looked for."""
    own = st.sampled_from(SECRETS[whose])
    any_words = st.sampled_from([*SECRETS["ana"], *SECRETS["ben"], "", "ana-0001", "ben-0001"])
    values: dict[str, st.SearchStrategy[Any]] = {
        "title": own, "text": own, "description": own, "kind": own, "category": own, "note": own, "which": any_words,
        "on": any_words, "when": st.sampled_from(TIMES), "until": st.sampled_from(TIMES), "amount": st.sampled_from(AMOUNTS),
        "period": st.sampled_from(PERIODS), "day": st.sampled_from(("", "today", "hoy", "yesterday")),
        "duration": st.sampled_from(("", "30 min")), "at": st.just(""),
    }  # fmt: skip
    schema = REGISTRY.tools[tool].spec.parameters
    required = {name: values.get(name, st.booleans()) for name in schema["required"]}
    optional = {
        name: values.get(name, st.booleans()) for name in schema["properties"] if name not in schema["required"]
    }
    if tool in {"list_events", "cancel_event", "change_event"} and "on" in optional:
        optional["on"] = st.just("")
    return st.fixed_dictionaries(required, optional=optional)


def calls() -> st.SearchStrategy[list[tuple[str, str, dict[str, Any]]]]:
    def one(who: str, tool: str) -> st.SearchStrategy[tuple[str, str, dict[str, Any]]]:
        return arguments_of(tool, who).map(lambda arguments: (who, tool, arguments))

    return st.lists(st.tuples(st.sampled_from(["ana", "ben"]), TOOLS).flatmap(lambda pair: one(*pair)), max_size=14)


def words_of_others(rows: dict[str, list[tuple[Any, ...]]], who: str) -> list[str]:
    text = repr(rows)
    return [word for other, words in SECRETS.items() if other != who for word in words if word in text]


def everything(connection: Connection) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    return {who: rows_of(connection, who) for who in SECRETS}


@settings(deadline=None, max_examples=40)
@given(calls())
def test_nobody_sees_or_touches_what_is_anothers(asked: list[tuple[str, str, dict[str, Any]]]) -> None:
    trio.run(ask_all, asked)


async def ask_all(asked: list[tuple[str, str, dict[str, Any]]]) -> None:
    with TemporaryDirectory() as folder:
        async with open_store(Path(folder) / "ivy.db", threads=InlineThreads(), throwaway=True) as store:
            await store.write(migrate)
            diaries: dict[str, Diary] = {new.id: await diary_of(store, new) for new in (ANA, BEN)}
            for who, tool, arguments in asked:
                other = "ben" if who == "ana" else "ana"
                before = await store.read(everything)
                result = await diaries[who].call(tool, msgspec.json.encode(arguments).decode())
                after = await store.read(everything)
                assert after[other] == before[other]
                assert not words_of_others(after[who], who)
                asked_for = repr(arguments)
                for word in SECRETS[other]:  # an answer may repeat what was asked for, and nothing else of the other's
                    assert word not in result.content or word in asked_for
