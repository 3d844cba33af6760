"""The file's own care: its pulse, its freed pages, and the crashes of tasks. May import: binding."""

from ivy.store.binding import Connection


def ping(connection: Connection) -> None:
    """Do nothing in a transaction: how long that takes is how well the writer is."""
    connection.execute("SELECT 1").fetchone()


def give_back_pages(connection: Connection) -> None:
    """Return some of the file's free pages to the disk."""
    connection.execute("PRAGMA incremental_vacuum(256)").fetchall()


def keep_crash(connection: Connection, task: str, error: str, at_ms: int) -> None:
    """Record that a long-running task crashed."""
    connection.execute("INSERT INTO task_crashes (task, error, at_ms) VALUES (?, ?, ?)", (task, error, at_ms))
