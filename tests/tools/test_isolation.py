"""Whatever two people ask their tools, in whatever order: neither sees or touches anything of the other's.

The table of tools is the registry, what they are asked comes from their own examples, and what must not change is every
table that holds rows of a person: a new tool or table is looked at without being named here.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.taint import texts_in
from ivy.store.database import open_store
from ivy.store.migrate import migrate
from ivy.threads import InlineThreads
from tests.tools.diary import ANA, BEN, REGISTRY, Diary, diary_of
from tests.tools.two_people import SECRETS, Ask, ask, asks, everything


@pytest.fixture(scope="module")
def two_lives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which two people have written down all that tools can, and their secrets; it is only copied."""
    path = tmp_path_factory.mktemp("two") / "ivy.db"

    async def live() -> None:
        async with open_store(path, threads=InlineThreads(), throwaway=True) as store:
            await store.write(migrate)
            for new in (BEN, ANA):
                diary = await diary_of(store, new)
                await diary.prepare()
                for secret in SECRETS[new.id]:
                    await keep(diary, secret)

    trio.run(live)
    return path


async def keep(diary: Diary, secret: str) -> None:
    when = "el viernes a las 3 pm" if diary.person.language == "es" else "friday at 3pm"
    await diary.call(
        "book_event", msgspec.json.encode({"title": secret, "when": when, "despite_conflict": True}).decode()
    )
    await diary("set_reminder", text=secret, when=when)
    await diary("add_expense", amount="12 mil" if diary.person.language == "es" else "$12", description=secret)
    await diary("plan_workout", kind=secret)


@pytest.mark.uncounted
@settings(deadline=None, max_examples=30)
@given(st.lists(asks(), min_size=1, max_size=12))
def test_nobody_sees_or_touches_what_is_anothers(two_lives: Path, asked: list[Ask]) -> None:
    trio.run(ask_all, two_lives, asked)


async def ask_all(file: Path, asked: list[Ask]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy(file, folder))
        async with open_store(path, threads=InlineThreads(), throwaway=True) as store:
            kept = {who: await store.read(everything, who) for who in SECRETS}
            typed: dict[str, str] = dict.fromkeys(SECRETS, "")
            for number, (who, tool, arguments, read) in enumerate(asked):
                other = "ben" if who == "ana" else "ana"
                typed[who] += repr(texts_in(arguments))
                said = await ask(store, who, tool, arguments, read, number)
                assert await store.read(everything, other) == kept[other]
                kept[who] = await store.read(everything, who)
                for word in SECRETS[
                    other
                ]:  # what they wrote themselves may come back to them, and nothing else of the other's
                    assert word in typed[who] or (word not in said and word not in repr(kept[who]))


async def test_every_example_of_every_tool_tells_and_changes_ones_own(two_lives: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(two_lives, tmp_path))
    async with open_store(path, threads=InlineThreads(), throwaway=True) as store:
        for who, other in (("ana", "ben"), ("ben", "ana")):
            before = await store.read(everything, other)
            for number, example in enumerate(REGISTRY.examples()):
                said = await ask(store, who, example.tool, dict(example.arguments), None, number)
                assert not any(word in said for word in SECRETS[other]), example.phrase
            assert await store.read(everything, other) == before
            own = repr(await store.read(everything, who))
            assert not any(word in own for word in SECRETS[other])


async def test_every_tool_is_asked_and_there_is_something_to_find(two_lives: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(two_lives, tmp_path))
    async with open_store(path, threads=InlineThreads(), throwaway=True) as store:
        for who, words in SECRETS.items():
            found = repr(await store.read(everything, who))
            assert [found.count(word) >= 4 for word in words] == [True, True]
            said = await ask(store, who, "list_expenses", {"period": "all"}, None, 0)
            assert words[0] in said
    assert {example.tool for example in REGISTRY.examples()} == set(REGISTRY.tools)
