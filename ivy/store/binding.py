"""The one place that chooses SQLite's library. May import: the ground.

Nothing else of Ivy imports `sqlite3`, `pysqlite3` or `apsw`, or opens the file by itself: two libraries (or a
plain `open()`) on one file in one process drop each other's locks, and acknowledged rows vanish.

A statement with a plain `LIMIT ?` is planned anew each time it runs, since SQLite looks at the value; so is one that compares
a column of a partial index's condition with a plain `?`. Where that happens often it stands as `+?`.
"""

import importlib
import os
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ivy.errors import StoreError

if TYPE_CHECKING:
    import sqlite3

OLDEST = (3, 40, 0)
SAFE_WITH_A_REPLICA = (3, 51, 3)
"""Below this a second checkpointer can corrupt the WAL; the daemon must be the only one."""

CHOICE = "IVY_SQLITE"
"""Environment: `interpreter` insists on Python's own module, `pysqlite3` on the wheel; unset takes the best there is."""


def _loads_extensions(module: Any) -> bool:
    connection = module.connect(":memory:")
    try:
        connection.enable_load_extension(True)
    except (AttributeError, module.Error):
        return False
    finally:
        connection.close()
    return True


def _choose(wish: str) -> ModuleType:
    names = {"": ("pysqlite3", "sqlite3"), "pysqlite3": ("pysqlite3",), "interpreter": ("sqlite3",)}.get(wish)
    if names is None:
        raise StoreError(f"{CHOICE}={wish!r} is not known; use pysqlite3, interpreter, or leave it unset.")
    for name in names:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if module.sqlite_version_info >= OLDEST and _loads_extensions(module):
            return module
    raise StoreError(
        "No SQLite here can load extensions. Mend it with `pip install pysqlite3`,"
        " or use a Python whose sqlite3 can (Debian's /usr/bin/python3 does)."
    )


if not TYPE_CHECKING:
    sqlite3 = _choose(os.environ.get(CHOICE, ""))

LIBRARY = f"{sqlite3.__name__.split('.')[0]} {sqlite3.sqlite_version}"
Error = sqlite3.Error
OperationalError = sqlite3.OperationalError
DatabaseError = sqlite3.DatabaseError
IntegrityError = sqlite3.IntegrityError
is_complete = sqlite3.complete_statement
Row = sqlite3.Row


class Connection(sqlite3.Connection):
    """A connection that remembers which queues its transaction gave work to, so that their workers are woken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.touched: dict[str, int] = {}
        """What got work, and from when on (UTC milliseconds; 0: now)."""

    def touch(self, name: str, at_ms: int = 0) -> None:
        """Remember that a queue got work that may run at an instant."""
        self.touched[name] = min(at_ms, self.touched.get(name, at_ms))


def connect(uri: str) -> Connection:
    """Open a connection in autocommit mode (transactions are ours), usable from any thread, with sqlite-vec loaded."""
    import sqlite_vec

    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512, factory=Connection
    )
    connection.row_factory = sqlite3.Row
    connection.enable_load_extension(True)
    sqlite_vec.load(connection)
    connection.enable_load_extension(False)
    return connection
