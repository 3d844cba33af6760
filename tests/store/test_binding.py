"""Which SQLite is used is decided once per process, so each case is a process of its own."""

import os
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASK = """
import sqlite3
sqlite3.connect(":memory:").enable_load_extension(True)
print(sqlite3.sqlite_version_info >= (3, 40))
"""
USE = """
import sys, trio
from functools import partial
from pathlib import Path
from ivy.store import binding
from ivy.store.database import open_store
from ivy.store.migrate import migrate
from ivy.store.upkeep import keep_crash
from ivy.threads import InlineThreads, PooledThreads

def look(connection):
    vector = connection.execute("SELECT vec_length(vec_f32('[1, 2, 3]'))").fetchone()[0]
    return vector, connection.execute("SELECT count(*) FROM task_crashes").fetchone()[0]

async def use(threads):
    async with open_store(Path(sys.argv[1]), threads=threads) as store:
        await store.write(migrate)
        await store.write(keep_crash, "task", "error", 1)
        try:
            await store.write(lambda connection: connection.execute("INSERT INTO task_crashes VALUES (1, '', '', 1)"))
        except binding.IntegrityError:
            pass
        return await store.read(look)

assert trio.run(use, PooledThreads()) == (3, 1)
assert trio.run(use, InlineThreads()) == (3, 2)
print(binding.LIBRARY)
"""


def run(interpreter: str, wish: str, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of our own version that has our libraries, with a wish for a SQLite."""
    libraries = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    environment = {**os.environ, "IVY_SQLITE": wish, "PYTHONPATH": libraries, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [interpreter, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@cache
def loads_extensions(interpreter: str) -> bool:
    answer = run(interpreter, "", f"import sys; assert sys.version_info[:2] == {sys.version_info[:2]}\n{ASK}")
    return answer.stdout == "True\n"


def test_the_wheel_is_used_where_there_is_one(tmp_path: Path) -> None:
    pytest.importorskip("pysqlite3")
    done = run(sys.executable, "pysqlite3", USE, str(tmp_path / "ivy.db"))
    assert done.stdout.startswith("pysqlite3 3."), done.stderr


def test_the_interpreters_own_library_carries_the_whole_store_where_it_loads_extensions(tmp_path: Path) -> None:
    able = [each for each in (sys.executable, "/usr/bin/python3") if Path(each).exists() and loads_extensions(each)]
    if not able:
        pytest.skip("no interpreter of this version here has a sqlite3 that loads extensions")
    done = run(able[0], "interpreter", USE, str(tmp_path / "ivy.db"))
    assert done.stdout.startswith("sqlite3 3."), done.stderr


@pytest.mark.skipif(loads_extensions(sys.executable), reason="this interpreter's sqlite3 loads extensions")
def test_a_library_that_cannot_load_extensions_is_refused_with_its_mend() -> None:
    done = run(sys.executable, "interpreter", "import ivy.store.binding")
    assert done.returncode != 0
    assert "StoreError" in done.stderr and "pip install pysqlite3" in done.stderr


def test_a_misspelt_wish_is_named() -> None:
    done = run(sys.executable, "postgres", "import ivy.store.binding")
    assert "IVY_SQLITE='postgres' is not known" in done.stderr


def test_nothing_else_of_ivy_imports_a_sqlite() -> None:
    names = ("import sqlite3", "import pysqlite3", "import apsw", "from sqlite3", "from pysqlite3", "from apsw")
    for path in (ROOT / "ivy").rglob("*.py"):
        if path.name != "binding.py":
            lines = [line.strip() for line in path.read_text().splitlines()]
            assert not [line for line in lines if line.startswith(names)], path
